//! What the tabs of a session say to each other when the lead is to change hands.

use crate::scan;

/// No message of a tab is longer, in UTF-16 units.
pub const MAX_LENGTH: usize = 512;

/// The longest id that is read: no tab has one half as long.
const MAX_ID: usize = 64;
/// How much is kept of a reason, in bytes of UTF-8.
const MAX_REASON: usize = 256;

/// What tabs say to each other. The text form is its own, so that it takes no parser of size.
///
/// Every script of the origin can write to the channel. So nothing that is said decides by itself: whoever leads holds the
/// lock, and its host is asked before it lets go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// `from` wants to lead.
    Ask {
        /// Who asks.
        from: String,
    },
    /// The leader heard the question of `to`, and asks its host.
    Heard {
        /// Who asked.
        to: String,
    },
    /// The leader does not yield to `to`.
    Refused {
        /// Who asked.
        to: String,
        /// Why not.
        reason: String,
    },
    /// The leader has shut down, and holds the lock out to `to`.
    Yours {
        /// Who asked.
        to: String,
        /// The leader.
        from: String,
    },
    /// `from` is there to take the lock that `to` holds out.
    Ready {
        /// The leader.
        to: String,
        /// Who asked.
        from: String,
    },
    /// `from` has the lock from now on.
    Leading {
        /// Who leads.
        from: String,
    },
}

impl Message {
    /// The text form.
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

    /// Reads what [`to_text`](Self::to_text) writes; `None` for what is no message.
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

/// An id as tabs have it: it holds no blank, and is not long.
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
    fn whatever_else_is_on_the_channel_is_none() {
        for text in
            ["", "ask", "ask ", "hello world", "ASK a", "yours a", "yours a ", "yours a b c", "ask \n", "ready a é"]
        {
            assert_eq!(Message::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_long_costs_no_memory() {
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
    fn an_ask_has_no_time_in_it_by_which_it_could_decide() {
        let ask = Message::Ask { from: "a-1".to_owned() };
        for text in ["ask a-1", "ask a-1 0", "ask a-1 1767225600000 12000"] {
            assert_eq!(Message::parse(text), Some(ask.clone()), "{text}");
        }
    }
}
