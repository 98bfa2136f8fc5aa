//! The lines about media keys of a call: LiveKit's (the frames cannot be opened) and rust-crypto's (the to-device
//! event that carries the key arrived, opened or not).

use alloc::borrow::ToOwned;
use alloc::string::String;

use crate::entry::Detail;
use crate::scan;
use crate::structure::{OPENED, crypto_field, own_words};

/// `MissingKey: missing key at index 1 for participant @bob:hs:DEVICE`
pub(crate) fn missing_key(text: &str) -> Detail {
    let rest = scan::after(text, "missing key at index ").unwrap_or_default();
    Detail::MissingKey { participant: participant(rest, " for participant "), index: scan::number(rest) }
}

/// `MissingKey: key set not found for @bob:hs:DEVICE at index 0`
pub(crate) fn missing_key_set(text: &str) -> Detail {
    let index = scan::after(text, " at index ").and_then(scan::number);
    Detail::MissingKeySet { participant: participant(text, "key set not found for "), index }
}

/// `InvalidKey: valid key missing for participant @bob:hs:DEVICE`
pub(crate) fn invalid_key(text: &str) -> Detail {
    Detail::InvalidKey { participant: participant(text, "valid key missing for participant ") }
}

/// `key for @bob:hs:DEVICE at index 2 is being marked as invalid`
pub(crate) fn marked_invalid(text: &str) -> Detail {
    let index = scan::after(text, " at index ").and_then(scan::number);
    Detail::KeyMarkedInvalid { participant: participant(text, "key for "), index }
}

/// The user of a participant, which a call names `@user:server:DEVICE`.
#[cfg(feature = "diagnosis")]
pub(crate) fn user_of(participant: &str) -> &str {
    let is_with_device = participant.starts_with('@') && participant.matches(':').count() > 1;
    participant.rsplit_once(':').filter(|_| is_with_device).map_or(participant, |(user, _)| user)
}

fn participant(text: &str, marker: &str) -> Option<String> {
    scan::leading(scan::after(text, marker)?, |c| !c.is_whitespace()).map(str::to_owned)
}

/// rust-crypto's "unexpected encrypted to-device event": it logs so **after** it decrypted an event whose type it does
/// not know, so this is the trace of a media key that arrived in good order.
pub(crate) fn mention(text: &str) -> Detail {
    if scan::holds(&own_words(text), OPENED) {
        Detail::ToDeviceOpened { sender: sender(text) }
    } else {
        Detail::MediaKeyMention
    }
}

/// rust-crypto could not open a to-device event. Its inner type is not known: it may or may not have been a media key.
pub(crate) fn unopened(text: &str) -> Detail {
    let words = scan::after(scan::first_line(text), ": ").map(str::to_owned);
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
    fn what_a_line_does_not_give_is_unknown() {
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
    fn a_participant_is_a_user_and_a_device() {
        assert_eq!(user_of("@bob:hs:DEV"), "@bob:hs");
        assert_eq!(user_of("@bob:hs:8448:DEV"), "@bob:hs:8448");
        assert_eq!(user_of("@bob:hs"), "@bob:hs");
        assert_eq!(user_of("alice"), "alice");
    }
}
