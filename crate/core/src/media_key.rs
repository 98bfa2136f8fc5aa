//! Parses lines about a call's media keys: LiveKit's (frames cannot be decrypted) and rust-crypto's (the to-device
//! event with the key arrived, decrypted or not).

use crate::entry::Detail;
use crate::scan;
use crate::structure::{DECRYPTED, crypto_field, own_crypto_field, own_words};

/// rust-crypto decrypted a to-device event and then rejected it.
pub(crate) const CHECKED: &str = "to-device message was successfully decrypted but";

/// `MissingKey: missing key at index 1 for participant @bob:hs:DEVICE`
pub(crate) fn missing_key(text: &str) -> Detail {
    let rest = scan::after(text, "missing key at index ").unwrap_or_default();
    Detail::MissingKey { participant: participant(rest, " for participant "), index: scan::number(rest) }
}

/// `MissingKey: key set not found for @bob:hs:DEVICE at index 0`
pub(crate) fn missing_key_set(text: &str) -> Detail {
    let index = index_behind(text);
    Detail::MissingKeySet { participant: participant(text, "key set not found for "), index }
}

/// The last index counts: the device id before it may contain any text.
fn index_behind(text: &str) -> Option<u32> {
    scan::after_last(text, " at index ").and_then(|(_, index)| scan::number(index))
}

/// `InvalidKey: valid key missing for participant @bob:hs:DEVICE`
pub(crate) fn invalid_key(text: &str) -> Detail {
    Detail::InvalidKey { participant: participant(text, "valid key missing for participant ") }
}

/// `key for @bob:hs:DEVICE at index 2 is being marked as invalid`
pub(crate) fn marked_invalid(text: &str) -> Detail {
    let index = index_behind(text);
    Detail::KeyMarkedInvalid { participant: participant(text, "key for "), index }
}

/// `InvalidKey: Decryption failed: …` names no participant.
pub(crate) const fn invalid_key_of_nobody(_: &str) -> Detail {
    Detail::InvalidKey { participant: None }
}

/// `Suppressing further decryption errors for @bob:hs:DEVICE`
pub(crate) fn suppressed(text: &str) -> Detail {
    Detail::KeyErrorsSuppressed { participant: participant(text, " errors for ") }
}

/// rust-crypto could not create an Olm session with a recipient, so the keys in the message do not reach that device.
pub(crate) fn session_failed(text: &str) -> Detail {
    let device_id = own_crypto_field(text, "device_id");
    let reason = scan::after(text, " error=").map(|error| scan::first_line(error).trim().to_owned());
    Detail::OlmSessionFailed { user_id: own_crypto_field(text, "user_id"), device_id, reason }
}

/// The SDK's former crypto library reports the same for a one-time key that it claimed.
pub(crate) fn unsigned_key(text: &str) -> Detail {
    const WORDS: &str = "Unable to verify signature on one-time key";
    let ids = participant(text, " for device ");
    let parts = ids.as_deref().map(|ids| ids.trim_end_matches(':')).and_then(|ids| scan::after_last(ids, ":"));
    let (user_id, device_id) = parts.map(|(user, device)| (user.to_owned(), device.to_owned())).unzip();
    Detail::OlmSessionFailed { user_id, device_id, reason: scan::contains(text, WORDS).then(|| WORDS.to_owned()) }
}

/// The user in a call participant's name, `@user:server:DEVICE`.
pub(crate) fn user_of(participant: &str) -> &str {
    let is_with_device = participant.starts_with('@') && participant.matches(':').count() > 1;
    participant.rsplit_once(':').filter(|_| is_with_device).map_or(participant, |(user, _)| user)
}

fn participant(text: &str, marker: &str) -> Option<String> {
    scan::leading(scan::after(text, marker)?, |c| !c.is_whitespace()).map(str::to_owned)
}

/// rust-crypto's "unexpected encrypted to-device event". It logs this **after** it decrypted an event of a type that
/// it does not know, so this shows that a media key arrived intact.
pub(crate) fn mention(text: &str) -> Detail {
    if scan::contains(&own_words(text), DECRYPTED) {
        Detail::ToDeviceOpened { sender: sender(text) }
    } else {
        Detail::MediaKeyMention
    }
}

/// rust-crypto could not decrypt a to-device event. Its inner type is unknown: it may or may not have been a media
/// key.
pub(crate) fn undecrypted(text: &str) -> Detail {
    let words = scan::after(scan::first_line(text), ": ").map(str::to_owned);
    // For an event that was decrypted and rejected, a field has the error.
    let error = || scan::after(text, "\n    error=").map(scan::first_line);
    let words = match words {
        Some(words) if scan::contains(&words, CHECKED) => Some(error().map_or(words, str::to_owned)),
        words => words,
    };
    Detail::ToDeviceUnopened { sender: sender(text), reason: words }
}

/// From the span fields of rust-crypto's tracing: `sender="@bob:hs"`.
fn sender(text: &str) -> Option<String> {
    crypto_field(text, "sender")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn participant_and_index_are_read() {
        let bob = Some("@bob:hs:DEV".to_owned());
        assert_eq!(
            missing_key("MissingKey: missing key at index 13 for participant @bob:hs:DEV {room: \"x\"}"),
            Detail::MissingKey { participant: bob.clone(), index: Some(13) }
        );
        assert_eq!(
            missing_key_set("MissingKey: key set not found for @bob:hs:DEV at index 0"),
            Detail::MissingKeySet { participant: bob.clone(), index: Some(0) }
        );
        assert_eq!(
            invalid_key("InvalidKey: valid key missing for participant @bob:hs:DEV"),
            Detail::InvalidKey { participant: bob.clone() }
        );
        assert_eq!(
            marked_invalid("key for @bob:hs:DEV at index 2 is being marked as invalid"),
            Detail::KeyMarkedInvalid { participant: bob, index: Some(2) }
        );
    }

    #[test]
    fn the_participant_of_suppressed_errors_is_read() {
        let bob = Some("@bob:hs:DEV".to_owned());
        assert_eq!(
            suppressed("Suppressing further decryption errors for @bob:hs:DEV {room: \"x\"}"),
            Detail::KeyErrorsSuppressed { participant: bob }
        );
        assert_eq!(suppressed("Suppressing further"), Detail::KeyErrorsSuppressed { participant: None });
    }

    #[test]
    fn the_reasons_of_a_rejected_message_and_a_failed_olm_session_are_read() {
        let line = "WARN m::account: A to-device message was successfully decrypted but parsing and checking the event \
                    fields failed\n    error=JsonError(Error(\"duplicate field\", line: 1))\n    at x.rs:1\n    in a::b with \
                    sender=\"@bo:hs\"";
        let Detail::ToDeviceUnopened { sender, reason } = undecrypted(line) else { panic!() };
        assert_eq!(sender.as_deref(), Some("@bo:hs"));
        assert_eq!(reason.as_deref(), Some("JsonError(Error(\"duplicate field\", line: 1))"));
        let line = "WARN m::sessions: Error creating Olm session\n    user_id=\"@bo:hs\" device_id=\"D\" \
                    error=InvalidSignature { one_time_key: SignedKey { key: \"x\" } }\n    at x.rs:1";
        let Detail::OlmSessionFailed { user_id, device_id, reason } = session_failed(line) else { panic!() };
        assert_eq!((user_id.as_deref(), device_id.as_deref()), (Some("@bo:hs"), Some("D")));
        assert!(reason.unwrap().starts_with("InvalidSignature"));
        let line = "Unable to verify signature on one-time key for device @bo:hs:8448:D: Error: x";
        let Detail::OlmSessionFailed { user_id, device_id, .. } = unsigned_key(line) else { panic!() };
        assert_eq!((user_id.as_deref(), device_id.as_deref()), (Some("@bo:hs:8448"), Some("D")));
    }

    #[test]
    fn parts_that_a_line_lacks_are_unknown() {
        assert_eq!(
            missing_key("skipping decryption due to missing key at index 4"),
            Detail::MissingKey { participant: None, index: Some(4) }
        );
        assert_eq!(
            missing_key("missing key at index 99999999999"),
            Detail::MissingKey { participant: None, index: None }
        );
        assert_eq!(missing_key_set("key set not found for "), Detail::MissingKeySet { participant: None, index: None });
    }
    #[test]
    fn the_user_is_read_from_a_participants_identity() {
        assert_eq!(user_of("@bob:hs:DEV"), "@bob:hs");
        assert_eq!(user_of("@bob:hs:8448:DEV"), "@bob:hs:8448");
        assert_eq!(user_of("@bob:hs"), "@bob:hs");
        assert_eq!(user_of("alice"), "alice");
    }
}
