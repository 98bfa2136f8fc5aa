//! The messages between a session's tabs when another tab takes over.

use crate::scan;

/// The longest message, in UTF-16 units.
pub const MAX_LENGTH: usize = 512;

/// The longest id that is read: ids of real tabs are less than half as long.
const MAX_ID: usize = 64;
/// The part of a reason that is kept, in bytes of UTF-8.
const MAX_REASON: usize = 256;

/// A message between tabs. It has its own text form, which needs no large parser.
///
/// Every script of the origin can write to the channel, so no message has an effect by itself: the leader holds the
/// lock, and its host is asked before it releases the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// `from` asks to lead.
    Ask {
        /// The tab that asks.
        from: String,
    },
    /// The leader received the request of `to` and asks its host.
    Heard {
        /// The tab that asked.
        to: String,
    },
    /// The leader does not yield to `to`.
    Refused {
        /// The tab that asked.
        to: String,
        /// Reason of the leader's host.
        reason: String,
    },
    /// The leader has shut down and offers the lock to `to`.
    Yours {
        /// The tab that asked.
        to: String,
        /// The leader.
        from: String,
    },
    /// `from` is ready to take the lock that `to` offers.
    Ready {
        /// The leader.
        to: String,
        /// The tab that asked.
        from: String,
    },
    /// `from` holds the lock from now on.
    Leading {
        /// The new leader.
        from: String,
    },
}

impl Message {
    /// The message as text.
    pub fn to_text(&self) -> String {
        match self {
            Self::Ask { from } => ["ask ", from].concat(),
            Self::Heard { to } => ["heard ", to].concat(),
            Self::Refused { to, reason } => ["refused ", to, " ", cut(reason)].concat(),
            Self::Yours { to, from } => ["yours ", to, " ", from].concat(),
            Self::Ready { to, from } => ["ready ", to, " ", from].concat(),
            Self::Leading { from } => ["leading ", from].concat(),
        }
    }

    /// Reads the text that [`to_text`](Self::to_text) created; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = scan::split(text, " ")?;
        let (first, more) = scan::split(rest, " ").unwrap_or((rest, ""));
        let one = id(first)?;
        Some(match kind {
            "ask" => Self::Ask { from: one },
            "heard" => Self::Heard { to: one },
            "refused" => Self::Refused { to: one, reason: cut(more).to_owned() },
            "yours" => Self::Yours { to: one, from: id(more)? },
            "ready" => Self::Ready { to: one, from: id(more)? },
            "leading" => Self::Leading { from: one },
            _ => return None,
        })
    }
}

/// An id as tabs create it: not too long, and without blanks.
fn id(text: &str) -> Option<String> {
    let fits = !text.is_empty() && text.len() <= MAX_ID && text.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| text.to_owned())
}

fn cut(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(MAX_REASON)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_read_back_as_it_was_written() {
        let (from, to) = ("a-1".to_owned(), "b-2".to_owned());
        for message in [
            Message::Ask { from: from.clone() },
            Message::Heard { to: to.clone() },
            Message::Refused { to: to.clone(), reason: "in a call: do not disturb".into() },
            Message::Refused { to: to.clone(), reason: String::new() },
            Message::Yours { to: to.clone(), from: from.clone() },
            Message::Ready { to, from: from.clone() },
            Message::Leading { from },
        ] {
            assert_eq!(Message::parse(&message.to_text()), Some(message));
        }
    }

    #[test]
    fn other_text_on_the_channel_is_no_message() {
        for text in
            ["", "ask", "ask ", "hello world", "ASK a", "yours a", "yours a ", "yours a b c", "ask \n", "ready a é"]
        {
            assert_eq!(Message::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_long_message_is_refused_or_cut() {
        let long = "x".repeat(1_000_000);
        for kind in ["ask", "heard", "leading", "refused"] {
            assert_eq!(Message::parse(&[kind, " ", &long].concat()), None, "{kind}");
        }
        assert_eq!(Message::parse(&["yours a ", &long].concat()), None);
        let refused = Message::parse(&["refused a é", &long].concat()).unwrap();
        assert!(refused.to_text().len() < MAX_LENGTH);
        let said = Message::Refused { to: "a".to_owned(), reason: long };
        assert!(said.to_text().len() < MAX_LENGTH, "or no tab reads it");
    }

    #[test]
    fn a_time_in_a_take_over_request_is_ignored() {
        let ask = Message::Ask { from: "a-1".to_owned() };
        for text in ["ask a-1", "ask a-1 0", "ask a-1 1767225600000 12000"] {
            assert_eq!(Message::parse(text), Some(ask.clone()), "{text}");
        }
    }
}
