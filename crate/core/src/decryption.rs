//! Parses a decryption failure, as logged by matrix-js-sdk:
//!
//! ```text
//! Error decrypting event (id=$… type=… sender=@… room=!… ts=…): DecryptionError[msg: <reason>, sender_key: …, session_id: …]
//! ```
//!
//! Earlier releases write `session: …` after the reason. Any other error appears with its name and message instead.

use crate::entry::{Detail, MalformedCause, TimelineEvent};
use crate::scan;

/// A line with this word is a decryption failure.
pub(crate) const SIGNATURE: &str = "DecryptionError";

/// Beginning of the line, for any error.
pub(crate) const EVENT: &str = "Error decrypting event";

/// Reads which event could not be decrypted, and whether the event itself is malformed.
pub(crate) fn parse_decryption_error(text: &str) -> Detail {
    let (head, reason) = match structured(text) {
        Some((head, error)) => (head, error.strip_prefix(SIGNATURE).map_or_else(|| other_error(error), reason)),
        None => scan::split(text, SIGNATURE).map_or((text, None), |(head, tail)| (head, reason(tail))),
    };
    let event = TimelineEvent {
        event_id: field(head, "(id="),
        room_id: field(head, " room="),
        sender: field(head, " sender="),
    };
    match reason.and_then(malformed_cause) {
        Some(cause) => Detail::Malformed { event, cause, reason: reason.unwrap_or_default().to_owned() },
        None => Detail::Undecryptable { event, reason: reason.map(str::to_owned) },
    }
}

fn field(head: &str, name: &str) -> Option<String> {
    let value = scan::leading(scan::after(head, name)?, |c| !c.is_whitespace() && c != ')')?;
    (value != "undefined" && value != "null").then(|| value.to_owned())
}

/// Splits the line into the part about the event and the error. The time comes last in the first part, and no id
/// before it contains a blank, so no id can fake the end.
fn structured(text: &str) -> Option<(&str, &str)> {
    let (_, line) = scan::split(text, EVENT)?;
    let Some((head, time)) = scan::split(line, " ts=") else { return scan::split(line, "): ") };
    Some((head, scan::after(time, "): ")?))
}

/// An error that is not a `DecryptionError`: its name and message.
fn other_error(error: &str) -> Option<&str> {
    let error = scan::first_line(error).trim();
    (!error.is_empty()).then_some(error)
}

fn reason(tail: &str) -> Option<&str> {
    let Some(rest) = tail.strip_prefix("[msg: ") else {
        // The form of other programs: `DecryptionError: <reason>`.
        let rest = scan::first_line(tail.strip_prefix(':')?).trim();
        return (!rest.is_empty()).then_some(rest);
    };
    let details = [", sender_key: ", ", session: "].into_iter().filter_map(|words| scan::find(rest, words)).min();
    let end = details.or_else(|| scan::find(rest, "]"));
    Some(rest[..end.unwrap_or(rest.len())].trim_end())
}

/// `None` for an ordinary failure (no key yet, sent before this login, withheld): the event itself may be valid.
fn malformed_cause(reason: &str) -> Option<MalformedCause> {
    // Messages of serde, vodozemac and matrix-sdk-crypto. The position (below) comes from serde_json, for content that
    // could not be read, whatever the field. The last four are from the SDK's former crypto library and libolm.
    const WORDS: [(&str, MalformedCause); 14] = [
        ("missing field `", MalformedCause::MissingField),
        ("wasn't valid base64", MalformedCause::BadBase64),
        ("unsupported algorithm", MalformedCause::UnsupportedAlgorithm),
        ("invalid type: ", MalformedCause::InvalidType),
        ("invalid value: ", MalformedCause::InvalidType),
        ("unknown variant `", MalformedCause::InvalidType),
        ("didn't contain a valid payload", MalformedCause::Unreadable),
        ("failed to decode Protobuf", MalformedCause::Unreadable),
        ("nknown encryption algorithm \"undefined\"", MalformedCause::MissingField),
        ("nknown encryption algorithm", MalformedCause::UnsupportedAlgorithm),
        ("Missing fields in input", MalformedCause::MissingField),
        ("OLM.INVALID_BASE64", MalformedCause::BadBase64),
        ("OLM.BAD_MESSAGE_FORMAT", MalformedCause::Unreadable),
        ("OLM.BAD_MESSAGE_VERSION", MalformedCause::Unreadable),
    ];
    let known = WORDS.into_iter().find_map(|(words, cause)| scan::contains(reason, words).then_some(cause));
    known.or_else(|| {
        let position = scan::after(reason, " at line ")?;
        scan::contains(position, " column ").then_some(MalformedCause::Unreadable)
    })
}

/// Why a valid event could not be decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DecryptionFailure {
    /// The key is missing, for a known and ordinary reason.
    NoKey,
    /// The client refuses: the sender is not verified, unknown, or has a different identity than before.
    Sender,
    /// The crypto store could not be read.
    Store,
    /// The same message was seen before, or in another place.
    Replay,
    /// The key does not fit the message.
    Damaged,
    /// Any other reason.
    Unknown,
}

/// Only listed reasons count as ordinary: the SDK's own, and those given by a sender who withholds a key.
pub(crate) fn decryption_failure(reason: &str) -> DecryptionFailure {
    const WORDS: [(&str, DecryptionFailure); 38] = [
        // First, because a database error may be part of any other message.
        ("DomException", DecryptionFailure::Store),
        ("IDBDatabase", DecryptionFailure::Store),
        ("IndexedDB", DecryptionFailure::Store),
        ("Indexed Database", DecryptionFailure::Store),
        ("crypto store", DecryptionFailure::Store),
        ("InvalidStateError", DecryptionFailure::Store),
        ("QuotaExceededError", DecryptionFailure::Store),
        ("TransactionInactiveError", DecryptionFailure::Store),
        ("sender identity is unverified", DecryptionFailure::Sender),
        ("sender's identity", DecryptionFailure::Sender),
        ("sender identity is not cross-signed", DecryptionFailure::Sender),
        ("sender device is not known", DecryptionFailure::Sender),
        ("sender device was not verified", DecryptionFailure::Sender),
        ("sending device is not", DecryptionFailure::Sender),
        ("sending device was not", DecryptionFailure::Sender),
        ("mismatched identity keys", DecryptionFailure::Sender),
        ("ender of the plaintext doesn't match", DecryptionFailure::Sender),
        ("replay", DecryptionFailure::Replay),
        ("uplicate message index", DecryptionFailure::Replay),
        ("Message intended for room", DecryptionFailure::Replay),
        ("invalid MAC", DecryptionFailure::Damaged),
        ("InvalidMAC", DecryptionFailure::Damaged),
        ("BAD_MESSAGE_MAC", DecryptionFailure::Damaged),
        ("BAD_SIGNATURE", DecryptionFailure::Damaged),
        ("signature", DecryptionFailure::Damaged),
        ("sent before this device logged in", DecryptionFailure::NoKey),
        ("sent when we were not a member", DecryptionFailure::NoKey),
        ("has not sent us the keys for this message", DecryptionFailure::NoKey),
        ("unknown message index", DecryptionFailure::NoKey),
        ("UNKNOWN_MESSAGE_INDEX", DecryptionFailure::NoKey),
        ("Can't find the room key", DecryptionFailure::NoKey),
        ("session to decrypt the message is missing", DecryptionFailure::NoKey),
        ("UNKNOWN_INBOUND_SESSION_ID", DecryptionFailure::NoKey),
        ("disabled encrypting to unverified devices", DecryptionFailure::NoKey),
        ("sender has blocked you", DecryptionFailure::NoKey),
        ("not authorised to read the message", DecryptionFailure::NoKey),
        ("requested key was not found", DecryptionFailure::NoKey),
        ("sender disabled sharing encrypted history", DecryptionFailure::NoKey),
    ];
    WORDS
        .into_iter()
        .find_map(|(words, failure)| scan::contains(reason, words).then_some(failure))
        .unwrap_or(DecryptionFailure::Unknown)
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
    fn a_malformed_event_is_distinguished_from_a_missing_key() {
        for (reason, expected) in [
            ("missing field `algorithm` at line 1 column 339", MalformedCause::MissingField),
            ("invalid type: null, expected a string at line 1 column 213", MalformedCause::InvalidType),
            ("The message wasn't valid base64: Invalid symbol 33, offset 0. at line 1", MalformedCause::BadBase64),
            (
                "the Encrypted message has been encrypted with a unsupported algorithm.",
                MalformedCause::UnsupportedAlgorithm,
            ),
            ("trailing characters at line 1 column 2", MalformedCause::Unreadable),
            ("Unknown encryption algorithm \"undefined\".", MalformedCause::MissingField),
            ("Unknown encryption algorithm \"m.rot13\".", MalformedCause::UnsupportedAlgorithm),
            ("OLM.BAD_MESSAGE_FORMAT", MalformedCause::Unreadable),
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
    fn the_reason_ends_before_the_session_details() {
        for details in [", session: undefined|undefined", ", session: q/AJ|Zh9Z", ", sender_key: x, session_id: y", ""]
        {
            let line = format!("Error decrypting event (id=$e ts=x): DecryptionError[msg: no, for now{details}]");
            let Detail::Undecryptable { reason, .. } = parse_decryption_error(&line) else { panic!("{line}") };
            assert_eq!(reason.as_deref(), Some("no, for now"), "{line}");
        }
    }

    #[test]
    fn any_other_error_is_a_reason_too() {
        let of = |error: &str| {
            parse_decryption_error(&format!(
                "Error decrypting event (id=$e type=m.room.encrypted sender=@s:hs room=!r:hs ts=2026-11-23T22:50:13.931Z): {error}"
            ))
        };
        let reason = "TypeError: Cannot read properties of undefined (reading 'algorithm')";
        assert_eq!(
            of(&format!("{reason}\n    at x")),
            Detail::Undecryptable { event: event(), reason: Some(reason.to_owned()) }
        );
        assert_eq!(of(""), Detail::Undecryptable { event: event(), reason: None });
    }

    #[test]
    fn ordinary_reasons_are_a_closed_list() {
        for (reason, expected) in [
            ("The sender's device has not sent us the keys for this message.", DecryptionFailure::NoKey),
            ("The sender's device has not sent us the keys for this message at this index.", DecryptionFailure::NoKey),
            ("This message was sent when we were not a member of the room.", DecryptionFailure::NoKey),
            ("The sender has disabled encrypting to unverified devices.", DecryptionFailure::NoKey),
            ("OLM.UNKNOWN_MESSAGE_INDEX", DecryptionFailure::NoKey),
            ("The sender identity is unverified, but was previously verified.", DecryptionFailure::Sender),
            ("The sender device is not known.", DecryptionFailure::Sender),
            ("The sender identity is not cross-signed.", DecryptionFailure::Sender),
            ("InvalidStateError: Failed to execute 'transaction' on 'IDBDatabase': x", DecryptionFailure::Store),
            ("DomException UnknownError (0): Connection to Indexed Database server lost.", DecryptionFailure::Store),
            ("Duplicate message index, possible replay attack: abc|1", DecryptionFailure::Replay),
            ("Failed decrypting Megolm message, invalid MAC: MacError", DecryptionFailure::Damaged),
            // The sender withholds the key because it has no session with this device. That is not ordinary: it is
            // what to find out.
            ("Unable to establish a secure channel.", DecryptionFailure::Unknown),
            ("Unknown error", DecryptionFailure::Unknown),
            ("", DecryptionFailure::Unknown),
        ] {
            assert_eq!(decryption_failure(reason), expected, "{reason}");
        }
    }

    #[test]
    fn an_incomplete_line_gives_the_reason_that_it_contains() {
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
