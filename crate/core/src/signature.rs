//! The signature table: the substrings that identify a line, and the parser for each.
//!
//! The JavaScript prefilter is generated from this table: after a change, run `make bindings`.

use crate::entry::{Detail, Fault};
use crate::otk::{self, refusal_of_line};
use crate::structure::own_words;
use crate::{decryption, media_key, membership, scan, store_trouble};

/// A row of the table.
pub struct Signature {
    /// The substring that the line must contain, case-sensitive; also the `signature` of the entry.
    pub words: &'static str,
    /// A second substring that is required as well, often empty. It may be in another argument of the console call.
    with: &'static str,
    /// The fault that the line indicates.
    pub fault: Fault,
    read: fn(&str) -> Detail,
    /// A real line, shortened.
    #[cfg(test)]
    sample: &'static str,
}

macro_rules! table {
    ($($fault:ident: $words:expr $(=> $with:literal)?, $read:expr, $sample:literal;)*) => {
        [$(Signature {
            words: $words,
            with: concat!("" $(, $with)?),
            fault: Fault::$fault,
            read: $read,
            #[cfg(test)]
            sample: $sample,
        }),*]
    };
}

/// In order of precedence: if several rows match a line, the first one counts.
pub static SIGNATURES: [Signature; 33] = table! {
    Ke1: otk::CLUE, |text| refusal_of_line(text).map_or(Detail::Clue, Detail::Refusal),
        "MatrixError: [400] One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: {}; new key: {}";
    // The SDK logs the type of a request as a number; 0 is the key upload.
    Ke1: "Failed to process outgoing request 0", upload_failed,
        "Failed to process outgoing request 0: M_TOO_LARGE: MatrixError: [400] Uploading 50 more (http://hs/_matrix/client/v3/keys/upload)";
    Ke1: "/keys/upload", upload_failed, "Error: Server returned 502 error (http://hs/_matrix/client/v3/keys/upload)";
    Ke2: "missing key at index", media_key::missing_key, "MissingKey: missing key at index 1 for participant @b:hs:D";
    Ke2: "key set not found", media_key::missing_key_set, "MissingKey: key set not found for alice at index 0";
    Ke2: "valid key missing for participant", media_key::invalid_key,
        "InvalidKey: valid key missing for participant @b:hs:D";
    Ke2: "InvalidKey: Decryption failed", media_key::invalid_key_of_nobody, "InvalidKey: Decryption failed: ";
    Ke2: "InvalidKey: DataCryptor", media_key::invalid_key_of_nobody, "InvalidKey: DataCryptor: Decryption failed: ";
    Ke2: "Suppressing further" => "decryption errors", media_key::suppressed,
        "Suppressing further decryption errors for @b:hs:D";
    Ke2: "is being marked as invalid" => "key for ", media_key::marked_invalid,
        "key for @b:hs:D at index 2 is being marked as invalid";
    Ke2: "MissingKey", |_| Detail::MissingKey { participant: None, index: None }, "CryptorError: MissingKey";
    Ke2: "io.element.call.encryption_keys", media_key::mention,
        "WARN matrix_sdk_crypto::machine: Received an unexpected encrypted to-device event\n    in a::b with event_type=\"io.element.call.encryption_keys\"";
    Ke2: "contain a ciphertext for our key", media_key::undecrypted,
        "WARN matrix_sdk_crypto::olm::account: Olm event doesn't contain a ciphertext for our key";
    Ke2: "pre-key message with", media_key::undecrypted,
        "WARN matrix_sdk_crypto::olm::account: Failed to decrypt a non-pre-key message with all available sessions";
    Ke2: "MissingOneTimeKey", media_key::undecrypted, "WARN matrix_sdk_crypto::olm::account: Failed to create a new Olm session from a pre-key message: \
         InboundCreation(MissingOneTimeKey(\"x\"))";
    Ke2: "Received an invalid to-device event", media_key::undecrypted,
        "WARN matrix_sdk_crypto::machine: Received an invalid to-device event: missing field `algorithm`\n    in a::b with event_type=\"m.room.encrypted\" ";
    Ke2: "Olm session from a pre-key message", media_key::undecrypted,
        "WARN matrix_sdk_crypto::olm::account: Failed to create a new Olm session from a pre-key message: \
         InboundCreation(Decryption(InvalidMAC(MacError)))";
    Ke2: "Received an invalid encrypted to-device event", media_key::undecrypted,
        "WARN matrix_sdk_crypto::machine: Received an invalid encrypted to-device event: missing field `type`";
    Ke2: media_key::CHECKED, media_key::undecrypted,
        "WARN matrix_sdk_crypto::olm::account: A to-device message was successfully decrypted but parsing and checking the \
         event fields failed\n    error=x";
    Ke2: "Received a to-device message with sender_device_keys", media_key::undecrypted,
        "WARN matrix_sdk_crypto::olm::account: Received a to-device message with sender_device_keys with invalid signature: x";
    Ke2: "Dropping incoming to-device event", media_key::undecrypted,
        "WARN matrix_sdk_crypto_wasm::machine: Dropping incoming to-device event with invalid encryption_info: x";
    Ke2: "Error creating Olm session", media_key::session_failed,
        "WARN matrix_sdk_crypto::session_manager::sessions: Error creating Olm session\n    user_id=\"@b:hs\" error=x";
    Ke2: "Unable to verify signature on one-time key", media_key::unsigned_key,
        "Unable to verify signature on one-time key for device @b:hs:D: Error: signature mismatch";
    Ke2: "No targets found for sending key", |_| Detail::NoKeyTargets,
        "[ToDeviceKeyTransport] No targets found for sending key";
    Ke3: decryption::SIGNATURE, decryption::parse_decryption_error,
        "Error decrypting event (id=$e): DecryptionError[msg: The sender's device has not sent us the keys]";
    Ke3: decryption::EVENT, decryption::parse_decryption_error,
        "Error decrypting event (id=$e ts=x): TypeError: undefined is not a function";
    Ke4: "update_delayed_event", delayed_event, "widget action update_delayed_event timed out";
    Ke4: "delayed event", delayed_event, "error updating delayed event:  Error: Server returned 504 error";
    Ke4: "/delayed_events/", delayed_event, "M_UNKNOWN: MatrixError: [500] (http://hs/msc4140/delayed_events/x/restart)";
    Ke4: "error while sending event, " => "retry", membership_line,
        "[MatrixRTCSession !r m.call#ROOM][MembershipManager] Server error while sending event, retrying in 3s (0/10)";
    Ke4: "Missing own membership" => "force re-join", membership_line,
        "[MatrixRTCSession !r m.call#ROOM][MembershipManager] Missing own membership: force re-join";
    Ke4: "The MembershipManager shut down", membership_line,
        "MembershipManager stopped because:  Error: The MembershipManager shut down because of the end condition: x";
    Ke4: "MembershipManager stopped because", membership_line, "MembershipManager stopped because:  TypeError: x";
};

/// Substrings of the signatures: each signature contains at least one. Most lines contain none, and a regular
/// expression of these finds that out in a fifth of the time that the full signatures take. Chosen by benchmark in
/// Chromium, over lines of real clients: rare substrings that V8 searches many bytes at a time.
pub static HINTS: [&str; 27] = [
    "all.e",
    "already e",
    "ayed_ev",
    "e-k",
    "alid",
    "nE",
    "ey at ind",
    "while sen",
    "ey set ",
    "wn",
    "phertext",
    "Key",
    "ayed even",
    "going requ",
    "ys/up",
    "essing fu",
    "-devic",
    "g Olm s",
    "targets f",
    "ting ev",
    "d bec",
    "omEx",
    "ypto st",
    "tore does",
    "pickl",
    "load sess",
    "nature on one",
];

/// All substrings for which a line may matter.
pub fn needles() -> impl Iterator<Item = &'static str> {
    SIGNATURES.iter().map(|row| row.words).chain(store_trouble::WORDS)
}

fn upload_failed(text: &str) -> Detail {
    let errcode = scan::errcode(text).map(str::to_owned);
    Detail::UploadFailed { http_status: scan::http_status(text), errcode }
}

fn delayed_event(text: &str) -> Detail {
    Detail::DelayedEvent(membership::parse_membership(text))
}

fn membership_line(text: &str) -> Detail {
    Detail::Membership(membership::parse_membership(text))
}

/// The classification of a line.
#[derive(Debug, PartialEq, Eq)]
pub struct Classified {
    /// The fault of the runbook.
    pub fault: Fault,
    /// The substring that identified the line.
    pub signature: &'static str,
    /// What could be read from the line.
    pub detail: Detail,
}

impl Signature {
    /// Parses `text`, a line that this row matched.
    pub fn classify(&self, text: &str) -> Classified {
        Classified { fault: self.fault, signature: self.words, detail: (self.read)(text) }
    }
}

/// The row that matches a formatted line; `None` if the line is irrelevant.
pub fn recognise(text: &str) -> Option<&'static Signature> {
    let own = own_words(text);
    SIGNATURES.iter().find(|row| scan::contains(&own, row.words) && scan::contains(&own, row.with))
}

/// Classifies a formatted line and parses it.
///
/// ```
/// use lotus_crypto_diag::entry::Fault;
/// use lotus_crypto_diag::signature::classify;
///
/// let line = classify("MissingKey: missing key at index 1 for participant @b:hs:D").unwrap();
/// assert_eq!((line.fault, line.signature), (Fault::Ke2, "missing key at index"));
/// assert_eq!(classify("The message was sent."), None);
/// ```
pub fn classify(text: &str) -> Option<Classified> {
    recognise(text).map(|row| row.classify(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_matches_its_own_row_and_no_two_rows_share_words() {
        for (index, row) in SIGNATURES.iter().enumerate() {
            let found = classify(row.sample).unwrap_or_else(|| panic!("unrecognised: {}", row.sample));
            assert_eq!((found.signature, found.fault), (row.words, row.fault), "{}", row.sample);
            let shadowed = SIGNATURES[..index].iter().find(|earlier| row.words.contains(earlier.words));
            assert!(shadowed.is_none(), "{} is never reached", row.words);
        }
    }

    #[test]
    fn every_signature_contains_a_hint_and_every_hint_is_needed() {
        for words in needles() {
            assert!(HINTS.iter().any(|hint| words.contains(hint)), "never found: {words}");
        }
        for hint in HINTS {
            let alone = |words: &str| HINTS.iter().all(|other| words.contains(other) == (*other == hint));
            assert!(needles().any(alone), "without {hint}, the others would do");
        }
    }

    #[test]
    fn lines_of_the_membership_manager_are_recognised_with_any_prefix() {
        for words in [
            "Network local timeout error while sending event, immediate retry ((0/10)) AbortError: x",
            "Network connection error while sending event, retrying in 3s (0/10) ConnectionError: x",
            "Server error while sending event, retrying in 3s (0/10) Error: Server returned 504 error",
            "Missing own membership: force re-join",
            "MembershipManager stopped because:  Error: x",
        ] {
            for before in
                ["", "[MembershipManager] ", "[MatrixRTCSession !r:hs m.call#ROOM][MembershipManager] ", "x: "]
            {
                let found = classify(&format!("{before}{words}")).map(|found| found.detail);
                assert!(matches!(found, Some(Detail::Membership(_))), "{before}{words}: {found:?}");
            }
        }
    }

    #[test]
    fn a_row_with_additional_words_needs_them_too() {
        assert_eq!(classify("Error while sending event $x"), None);
        assert_eq!(
            classify("[MembershipManager] Called MembershipManager.leave() even though it is not running"),
            None
        );
    }

    #[test]
    fn a_failing_crypto_store_matches_no_signature() {
        for line in [
            "sync Caught /sync error Error: failed to read or write to the crypto store DomException InvalidStateError (11): \
             Failed to execute 'transaction' on 'IDBDatabase': The database connection is closing.",
            "ERROR matrix_sdk_crypto::machine: Error marking a tracked user as changed\n    \
             error=Backend(DomException { code: 11, name: \"InvalidStateError\", message: \"Failed to execute",
        ] {
            assert!(
                store_trouble::store_trouble(line).is_some() && needles().any(|words| line.contains(words)),
                "{line}"
            );
            assert_eq!(classify(line), None, "no fault of the table: {line}");
        }
    }

    #[test]
    fn a_failed_upload_is_distinguished_from_other_failed_requests() {
        let failed = |text: &str| match classify(text).map(|found| found.detail) {
            Some(Detail::UploadFailed { http_status, errcode }) => Some((http_status, errcode)),
            _ => None,
        };
        let code = |code: &str| Some(code.to_owned());
        for (text, status, errcode) in [
            ("M_TOO_LARGE: MatrixError: [400] Uploading 50 more", Some(400), code("M_TOO_LARGE")),
            ("Unknown error code: MatrixError: [400] Unknown message", Some(400), None),
            ("M_LIMIT_EXCEEDED: MatrixError: [429] Too Many Requests", Some(429), code("M_LIMIT_EXCEEDED")),
            ("Error: Server returned 502 error", Some(502), None),
            ("ConnectionError: fetch failed: Failed to fetch", None, None),
        ] {
            let line = format!("Failed to process outgoing request 0: {text}");
            assert_eq!(failed(&line), Some((status, errcode)), "{line}");
            // Other requests: a key query, a claim, a message.
            assert_eq!(failed(&line.replace("request 0", "request 1")), None, "{line}");
        }
    }

    #[test]
    fn an_ordinary_line_matches_no_signature() {
        assert_eq!(classify("Adding default global override push rule .org.matrix.msc3786"), None);
        assert_eq!(classify(""), None);
    }

    #[test]
    fn the_harmless_subscription_line_is_a_clue_and_no_refusal() {
        let line = "addCustomSubscription: x already exists as a custom subscription, ignoring.";
        let found = classify(line).unwrap();
        assert_eq!((found.fault, found.detail), (Fault::Ke1, Detail::Clue));
    }
}
