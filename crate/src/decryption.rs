//! The grammar of a decryption failure, as the JS SDK words it:
//!
//! ```text
//! Error decrypting event (id=$… type=… sender=@… room=!… ts=…): DecryptionError[msg: <reason>, sender_key: …, session_id: …]
//! ```

use alloc::borrow::ToOwned;
use alloc::string::String;

use crate::entry::{Detail, MalformedCause, TimelineEvent};
use crate::scan;

/// The words that make a line one of these.
pub const SIGNATURE: &str = "DecryptionError";

/// Reads which event could not be decrypted, and whether it is the event that is broken.
pub fn parse_decryption_error(text: &str) -> Detail {
    // The ids before it may hold the word, too.
    let parts = scan::split(text, "): DecryptionError").or_else(|| scan::split(text, SIGNATURE));
    let (head, tail) = parts.unwrap_or((text, ""));
    let event = TimelineEvent {
        event_id: field(head, "(id="),
        room_id: field(head, " room="),
        sender: field(head, " sender="),
    };
    let reason = reason(tail);
    match reason.and_then(malformed_cause) {
        Some(cause) => Detail::Malformed { event, cause, reason: reason.unwrap_or_default().to_owned() },
        None => Detail::Undecryptable { event, reason: reason.map(str::to_owned) },
    }
}

fn field(head: &str, name: &str) -> Option<String> {
    let value = scan::leading(scan::after(head, name)?, |c| !c.is_whitespace() && c != ')')?;
    (value != "undefined" && value != "null").then(|| value.to_owned())
}

fn reason(tail: &str) -> Option<&str> {
    let Some(rest) = tail.strip_prefix("[msg: ") else {
        // Another writer's words: `DecryptionError: <reason>`.
        let rest = scan::first_line(tail.strip_prefix(':')?).trim();
        return (!rest.is_empty()).then_some(rest);
    };
    let end = scan::find(rest, ", sender_key: ").or_else(|| scan::find(rest, "]"));
    Some(rest[..end.unwrap_or(rest.len())].trim_end())
}

/// `None`: an ordinary failure (no key yet, sent before this login, withheld): the event itself may be sound.
fn malformed_cause(reason: &str) -> Option<MalformedCause> {
    // The words of serde, vodozemac and matrix-sdk-crypto; the position is serde_json's and is written for content
    // that could not be read, whatever the field.
    const WORDS: [(&str, MalformedCause); 8] = [
        ("missing field `", MalformedCause::MissingField),
        ("wasn't valid base64", MalformedCause::BadBase64),
        ("unsupported algorithm", MalformedCause::UnsupportedAlgorithm),
        ("invalid type: ", MalformedCause::InvalidType),
        ("invalid value: ", MalformedCause::InvalidType),
        ("unknown variant `", MalformedCause::InvalidType),
        ("didn't contain a valid payload", MalformedCause::Unreadable),
        ("failed to decode Protobuf", MalformedCause::Unreadable),
    ];
    let known = WORDS.into_iter().find_map(|(words, cause)| scan::holds(reason, words).then_some(cause));
    known.or_else(|| {
        let position = scan::after(reason, " at line ")?;
        scan::holds(position, " column ").then_some(MalformedCause::Unreadable)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reason: &str) -> Detail {
        parse_decryption_error(&format!(
            "Error decrypting event (id=$e type=m.room.encrypted sender=@s:hs room=!r:hs ts=2026-11-23T22:50:13.931Z): \
             DecryptionError[msg: {reason}, sender_key: undefined, session_id: undefined]"
        ))
    }

    fn event() -> TimelineEvent {
        let known = |id: &str| Some(id.to_owned());
        TimelineEvent { event_id: known("$e"), room_id: known("!r:hs"), sender: known("@s:hs") }
    }

    #[test]
    fn a_broken_event_is_told_from_a_missing_key() {
        for (reason, expected) in [
            ("missing field `algorithm` at line 1 column 339", MalformedCause::MissingField),
            ("invalid type: null, expected a string at line 1 column 213", MalformedCause::InvalidType),
            ("The message wasn't valid base64: Invalid symbol 33, offset 0. at line 1", MalformedCause::BadBase64),
            (
                "the Encrypted message has been encrypted with a unsupported algorithm.",
                MalformedCause::UnsupportedAlgorithm,
            ),
            ("trailing characters at line 1 column 2", MalformedCause::Unreadable),
        ] {
            let Detail::Malformed { event: read_event, cause, reason: words } = read(reason) else {
                panic!("{reason}")
            };
            assert_eq!((read_event, cause, words.as_str()), (event(), expected, reason));
        }
        for reason in [
            "This message was sent before this device logged in, and key backup is not working.",
            "The sender's device has not sent us the keys for this message.",
            "DomException InvalidStateError (11): The database connection is closing.",
        ] {
            assert_eq!(read(reason), Detail::Undecryptable { event: event(), reason: Some(reason.to_owned()) });
        }
    }

    #[test]
    fn a_line_with_less_in_it_is_read_as_far_as_it_goes() {
        let nothing = TimelineEvent::default();
        for (line, reason) in [
            ("DecryptionError", None),
            ("DecryptionError: no session", Some("no session")),
            ("DecryptionError[msg: cut he", Some("cut he")),
            ("(id=undefined room=null): DecryptionError[msg: x]", Some("x")),
        ] {
            let expected = Detail::Undecryptable { event: nothing.clone(), reason: reason.map(str::to_owned) };
            assert_eq!(parse_decryption_error(line), expected, "{line}");
        }
    }
}
