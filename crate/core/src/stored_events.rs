//! Finds events to compare with the homeserver's copy, which shows whether an event was already sent malformed.

use crate::entry::{Detail, Entry, TimelineEvent};

/// The most events to request.
const MAX_EVENTS: usize = 5;
/// The most characters of an algorithm's name to keep.
const MAX_LETTERS: usize = 100;

/// An event that could not be decrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadEvent {
    /// The event.
    pub event_id: String,
    /// Its room.
    pub room_id: String,
}

/// The latest events that the console reports as malformed, or as not decrypted without a reason.
pub fn unread_events<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<UnreadEvent> {
    let mut found: Vec<UnreadEvent> = Vec::new();
    for entry in entries {
        let (Detail::Malformed { event, .. } | Detail::Undecryptable { event, reason: None }) = &entry.detail else {
            continue;
        };
        let TimelineEvent { event_id: Some(event_id), room_id: Some(room_id), .. } = event else { continue };
        if event_id.is_empty() || room_id.is_empty() {
            continue;
        }
        match found.iter_mut().find(|unread| unread.event_id == *event_id) {
            Some(unread) => unread.room_id.clone_from(room_id),
            None => found.push(UnreadEvent { event_id: event_id.clone(), room_id: room_id.clone() }),
        }
    }
    // The most recent ones come last.
    found.split_off(found.len().saturating_sub(MAX_EVENTS))
}

/// A field of an event's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// A string.
    Text(String),
    /// A value of another type, which is named.
    Other(String),
}

impl Field {
    /// The string, or the type of the value.
    pub fn named(self) -> String {
        match self {
            Self::Text(text) => text.chars().take(MAX_LETTERS).collect(),
            Self::Other(kind) => ["of the type ", &kind].concat(),
        }
    }

    /// Hides the text, but still shows whether it is base64.
    pub fn masked(self) -> String {
        match self {
            Self::Text(text) => text.chars().map(|c| if c.is_ascii_alphanumeric() { 'A' } else { c }).collect(),
            other @ Self::Other(_) => other.named(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Level;
    use crate::line::Line;
    use crate::session::Session;
    use crate::timestamp::Timestamp;

    #[test]
    fn only_the_latest_malformed_events_are_requested_once_each() {
        let mut session = Session::default();
        let mut log = |id: &str, reason: &str| {
            let text = format!(
                "Error decrypting event (id={id} type=m.room.encrypted sender=@b:hs room=!r:hs \
                 ts=2026-11-24T00:00:30.000Z): DecryptionError[msg: {reason}, sender_key: s, session_id: i]"
            );
            let line = Line { level: Level::Warn, source: "window", text: &text, excerpt: "", truncated: false };
            assert!(session.observe(line, Timestamp::default()));
        };
        log("$ordinary", "The sender's device has not sent us the keys for this message.");
        for number in (0..8).chain([7]) {
            log(&format!("$many{number}"), "missing field `algorithm` at line 1 column 339");
        }
        let ids: Vec<_> =
            unread_events(&session.evidence().entries).into_iter().map(|unread| unread.event_id).collect();
        assert_eq!(ids, ["$many3", "$many4", "$many5", "$many6", "$many7"]);
    }

    #[test]
    fn a_masked_field_keeps_only_its_form() {
        assert_eq!(Field::Text("Awg+/é=".into()).masked(), "AAA+/é=");
        assert_eq!(Field::Other("object".into()).masked(), "of the type object");
        assert_eq!(Field::Text("é".repeat(200)).named(), "é".repeat(100));
    }
}
