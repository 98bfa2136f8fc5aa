//! What the tabs of a session say to each other when the lead is to change hands.

use alloc::borrow::ToOwned;
use alloc::string::String;

use crate::scan;

/// What tabs say to each other. The text form is its own, so that it takes no parser of size.
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
            Self::Refused { to, reason } => ["refused ", to, " ", reason].concat(),
            Self::Yours { to, from } => ["yours ", to, " ", from].concat(),
            Self::Ready { to, from } => ["ready ", to, " ", from].concat(),
            Self::Leading { from } => ["leading ", from].concat(),
        }
    }

    /// Reads what [`to_text`](Self::to_text) writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = scan::split(text, " ")?;
        let (id, more) = scan::split(rest, " ").unwrap_or((rest, ""));
        let (id, more) = (id.to_owned(), more.to_owned());
        Some(match kind {
            "ask" => Self::Ask { from: id },
            "heard" => Self::Heard { to: id },
            "refused" => Self::Refused { to: id, reason: more },
            "yours" => Self::Yours { to: id, from: more },
            "ready" => Self::Ready { to: id, from: more },
            "leading" => Self::Leading { from: id },
            _ => return None,
        })
    }
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
        for text in ["", "ask", "hello world", "ASK a"] {
            assert_eq!(Message::parse(text), None, "{text}");
        }
    }
}
