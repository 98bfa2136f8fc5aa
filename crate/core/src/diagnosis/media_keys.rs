//! The media keys of a call: those that are missing in the call, those that arrived and were decrypted, and to-device
//! messages that could not be decrypted. The call's frame logs the first, the client's window the others; this module
//! combines them.

use super::case::Case;
use super::loads::SeenEntry;
use crate::entry::{Detail, Entry};
use crate::media_key::{CHECKED, user_of};
use crate::structure::own_words;
use crate::timestamp::Timestamp;
use crate::verdict::EvidenceRef;

/// A line further away in time than this belongs to another call.
pub(crate) const AROUND_MS: i64 = 5 * 60_000;

#[derive(Default)]
pub(crate) struct MediaKeys<'a> {
    /// From the call: frames that cannot be decrypted.
    pub(crate) missing: Vec<MissingKey<'a>>,
    /// From the client: to-device messages that could not be decrypted.
    pub(crate) undecrypted: Vec<UndecryptedMessage<'a>>,
    /// From the client: media keys that arrived and were decrypted.
    pub(crate) decrypted: Vec<DecryptedKey<'a>>,
}

pub(crate) struct MissingKey<'a> {
    pub(crate) seen: SeenEntry<'a>,
    /// User id of the participant who sends the media.
    pub(crate) user: Option<&'a str>,
    participant: Option<&'a str>,
    index: Option<u32>,
    /// `LiveKit` gave up on the key and drops its frames silently from then on.
    given_up: Vec<SeenEntry<'a>>,
}

pub(crate) struct UndecryptedMessage<'a> {
    pub(crate) seen: SeenEntry<'a>,
    pub(crate) kind: UndecryptedKind,
    pub(crate) sender: Option<&'a str>,
}

pub(crate) struct DecryptedKey<'a> {
    pub(crate) seen: SeenEntry<'a>,
    pub(crate) sender: Option<&'a str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum UndecryptedKind {
    /// The sender used a one-time key whose secret half this device does not have.
    PreKey,
    /// The crypto library rejected the event as malformed or not allowed.
    Invalid,
    /// The crypto library decrypted the event and then rejected it: the Olm session is fine.
    DecryptedInvalid,
    /// The message is encrypted for an identity key that this device does not have.
    OtherKey,
    /// The two sides have different states of the Olm session.
    Session,
    /// Any other reason.
    Unknown,
}

impl<'a> MediaKeys<'a> {
    pub(crate) fn of(case: &Case<'a>) -> Self {
        let mut keys = Self::default();
        let mut given_up: Vec<MissingKey<'a>> = Vec::new();
        for seen in case.entries() {
            match &seen.entry.detail {
                Detail::MissingKey { participant, index } | Detail::MissingKeySet { participant, index } => {
                    keys.missing.push(MissingKey::new(seen, participant.as_deref(), *index));
                }
                Detail::InvalidKey { participant } => {
                    keys.missing.push(MissingKey::new(seen, participant.as_deref(), None));
                }
                Detail::KeyErrorsSuppressed { participant } => {
                    given_up.push(MissingKey::new(seen, participant.as_deref(), None));
                }
                Detail::KeyMarkedInvalid { participant, index } => {
                    given_up.push(MissingKey::new(seen, participant.as_deref(), *index));
                }
                Detail::ToDeviceUnopened { sender, .. } => {
                    // The reason may quote text from the sender, so only rust-crypto's own words count.
                    let kind = kind_of(&own_words(&seen.entry.message));
                    keys.undecrypted.push(UndecryptedMessage { seen, kind, sender: sender.as_deref() });
                }
                Detail::ToDeviceOpened { sender } => {
                    keys.decrypted.push(DecryptedKey { seen, sender: sender.as_deref() });
                }
                _ => {}
            }
        }
        for mark in given_up {
            match keys.missing.iter_mut().find(|missing| missing.is_of_same_key(&mark)) {
                Some(missing) => missing.given_up.push(mark.seen),
                // The lines that report the missing key itself were not seen.
                None => keys.missing.push(MissingKey { given_up: vec![mark.seen], ..mark }),
            }
        }
        keys
    }

    /// Whether anything went wrong. An unknown reason does not count.
    pub(crate) fn failed(&self) -> bool {
        !self.missing.is_empty() || self.undecrypted.iter().any(|one| one.kind != UndecryptedKind::Unknown)
    }

    pub(crate) fn cite_missing(&self) -> Vec<EvidenceRef> {
        self.missing.iter().flat_map(|missing| missing.cite(self)).collect()
    }

    /// Cites the missing keys that arrived after all.
    pub(crate) fn cite_arrived(&self) -> Vec<EvidenceRef> {
        self.missing.iter().filter_map(|missing| missing.arrived_key(self)).map(DecryptedKey::cite).collect()
    }

    /// Cites messages that use a one-time key which this device does not have.
    pub(crate) fn cite_dead(&self) -> Vec<EvidenceRef> {
        self.undecrypted
            .iter()
            .filter(|one| one.kind == UndecryptedKind::PreKey)
            .map(UndecryptedMessage::cite)
            .collect()
    }

    /// When the latest such message came.
    pub(crate) fn last_dead(&self) -> Option<Timestamp> {
        let dead = self.undecrypted.iter().filter(|one| one.kind == UndecryptedKind::PreKey);
        dead.map(|one| one.seen.entry.last_ts).max()
    }

    pub(crate) fn cite_undecrypted(&self) -> Vec<EvidenceRef> {
        self.undecrypted.iter().map(UndecryptedMessage::cite).collect()
    }
}

impl<'a> MissingKey<'a> {
    fn new(seen: SeenEntry<'a>, participant: Option<&'a str>, index: Option<u32>) -> Self {
        Self { seen, user: participant.map(user_of), participant, index, given_up: Vec::new() }
    }

    /// Whether both are about the same key. `LiveKit` reports a wrong key without its index.
    fn is_of_same_key(&self, mark: &Self) -> bool {
        self.participant.is_some()
            && self.participant == mark.participant
            && (self.index == mark.index || self.index.is_none() || mark.index.is_none())
            && self.seen.is_of_same_page(&mark.seen)
    }

    /// Whether the entry is close enough in time to belong to the missing key.
    pub(crate) fn is_near(&self, entry: &Entry) -> bool {
        entry.last_ts >= self.seen.entry.first_ts.plus_ms(-AROUND_MS)
            && entry.first_ts <= self.last().plus_ms(AROUND_MS)
    }

    /// When the missing key was last reported.
    pub(crate) fn last(&self) -> Timestamp {
        let marks = self.given_up.iter().map(|mark| mark.entry.last_ts);
        marks.fold(self.seen.entry.last_ts, Timestamp::max)
    }

    /// When a key of the participant was decrypted after the last complaint: the trouble had ended by then.
    fn over_by(&self, keys: &MediaKeys<'_>) -> Option<Timestamp> {
        let last = self.last();
        let decrypted = keys.decrypted.iter().filter(|decrypted| decrypted.seen.is_of_same_load(&self.seen));
        let decrypted = decrypted.filter(|decrypted| self.user.is_some() && decrypted.sender == self.user);
        let times = decrypted.flat_map(|decrypted| [decrypted.seen.entry.first_ts, decrypted.seen.entry.last_ts]);
        times.filter(|ts| *ts > last).min()
    }

    pub(crate) fn cite(&self, keys: &MediaKeys<'_>) -> Vec<EvidenceRef> {
        let participant = self.user.unwrap_or("an unnamed participant");
        let over = self.over_by(keys);
        let end = over.map_or(String::new(), |ts| {
            format!(
                "; a key of theirs was decrypted at {ts}, so it was missing until \
                                                     then at most"
            )
        });
        let silence = match over {
            Some(ts) => format!("until it gets another one; a key of theirs was decrypted at {ts}"),
            None => "and the absence of further lines does not mean that it ended".to_owned(),
        };
        let marks = self.given_up.iter().map(|mark| {
            let what = match mark.entry.detail {
                Detail::KeyErrorsSuppressed { .. } => {
                    format!("LiveKit stopped logging that it cannot decrypt media of {participant}")
                }
                _ => format!(
                    "LiveKit gave up on a media key of {participant}: it drops the frames silently from then on"
                ),
            };
            mark.cite(&format!("{what}, {silence}"))
        });
        let is_mark =
            matches!(self.seen.entry.detail, Detail::KeyMarkedInvalid { .. } | Detail::KeyErrorsSuppressed { .. });
        let missing = self.seen.cite(&format!("in the call, a media key of {participant} is missing{end}"));
        (!is_mark).then_some(missing).into_iter().chain(marks).collect()
    }

    /// The participant's key that arrived and was decrypted around that time.
    pub(crate) fn arrived_key<'k>(&self, keys: &'k MediaKeys<'_>) -> Option<&'k DecryptedKey<'k>> {
        self.key_after(keys, self.seen.entry.first_ts.plus_ms(-AROUND_MS))
    }

    /// The same, but only a key that arrived after the first complaint.
    pub(crate) fn late_key<'k>(&self, keys: &'k MediaKeys<'_>) -> Option<&'k DecryptedKey<'k>> {
        self.key_after(keys, self.seen.entry.first_ts)
    }

    /// The same, but only a key that arrived after `began`.
    pub(crate) fn key_after<'k>(&self, keys: &'k MediaKeys<'_>, began: Timestamp) -> Option<&'k DecryptedKey<'k>> {
        let user = self.user?;
        keys.decrypted.iter().find(|decrypted| {
            // A reload starts the call over: keys from before it are gone.
            let is_of_call = decrypted.seen.is_of_same_load(&self.seen) && self.is_near(decrypted.seen.entry);
            decrypted.sender == Some(user) && is_of_call && decrypted.seen.entry.last_ts >= began
        })
    }
}

impl UndecryptedMessage<'_> {
    pub(crate) fn cite(&self) -> EvidenceRef {
        let sender = self.sender.unwrap_or("an unnamed sender");
        let what = match self.kind {
            UndecryptedKind::PreKey => "a message that uses a one-time key which this device does not have, from",
            UndecryptedKind::OtherKey => "a message for an identity key that this device does not have, from",
            UndecryptedKind::Invalid => "a to-device message was rejected as invalid, from",
            UndecryptedKind::DecryptedInvalid => "a to-device message was decrypted and then rejected as invalid, from",
            UndecryptedKind::Unknown => "a to-device message was rejected for an unknown reason, from",
            UndecryptedKind::Session => "an encrypted to-device message could not be decrypted, from",
        };
        self.seen.cite(&format!("{what} {sender}"))
    }
}

impl DecryptedKey<'_> {
    pub(crate) fn cite(&self) -> EvidenceRef {
        let sender = self.sender.unwrap_or("an unnamed sender");
        self.seen.cite(&format!("a media key arrived and was decrypted, from {sender}"))
    }
}

fn kind_of(words: &str) -> UndecryptedKind {
    let says = |any: &[&str]| any.iter().any(|word| words.contains(word));
    // A pre-key message of a known session is decrypted by that session, so its one-time key no longer matters. If a
    // new session fails for another reason, the one-time key was found.
    let is_pre_key = words.contains("pre-key message")
        && !says(&[
            "non-pre-key",
            "with the corresponding session",
            "InboundCreation(",
            "Failed to create a new Olm session",
        ]);
    if says(&["MissingOneTimeKey", "unknown one-time key"]) || is_pre_key {
        UndecryptedKind::PreKey
    } else if words.contains("contain a ciphertext for our key") {
        UndecryptedKind::OtherKey
    } else if says(&[CHECKED, "with sender_device_keys"]) {
        UndecryptedKind::DecryptedInvalid
    } else if says(&[
        "invalid to-device event",
        "invalid encrypted to-device event",
        "Dropping incoming to-device event",
    ]) {
        UndecryptedKind::Invalid
    } else if says(&["pre-key message", "wedged", "InvalidMAC"]) {
        UndecryptedKind::Session
    } else {
        UndecryptedKind::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_one_time_key_is_distinguished_from_a_broken_session() {
        assert!(kind_of("Failed to decrypt a pre-key message with all available sessions") == UndecryptedKind::PreKey);
        assert!(
            kind_of("Failed to decrypt a non-pre-key message with all available sessions") == UndecryptedKind::Session
        );
        assert!(
            kind_of("Failed to decrypt a pre-key message with the corresponding session") == UndecryptedKind::Session
        );
        for broken in ["InboundCreation(Decryption(InvalidMAC(MacError)))", "InboundCreation(SomethingNew)"] {
            let words = format!("Failed to create a new Olm session from a pre-key message: {broken}");
            assert!(kind_of(&words) == UndecryptedKind::Session, "{words}");
        }
        assert!(
            kind_of(
                "Failed to create a new Olm session from a pre-key message: InboundCreation(MissingOneTimeKey(\"x\"))"
            ) == UndecryptedKind::PreKey
        );
        assert!(kind_of(&format!("A to-device message {CHECKED}: x")) == UndecryptedKind::DecryptedInvalid);
        assert!(kind_of("Olm event doesn't contain a ciphertext for our key") == UndecryptedKind::OtherKey);
        assert!(kind_of("Received an invalid to-device event: missing field `algorithm`") == UndecryptedKind::Invalid);
    }
    #[test]
    fn a_senders_words_do_not_change_the_kind_of_an_unopened_message() {
        for words in ["MissingOneTimeKey", "contain a ciphertext for our key", "pre-key message"] {
            let line = "WARN matrix_sdk_crypto::machine: Received an invalid to-device event: unknown variant `";
            let line = [line, words, "`\n    in a::b with event_type=\"m.room.encrypted\" "].concat();
            assert!(kind_of(&own_words(&line)) == UndecryptedKind::Invalid, "{words}");
        }
    }
}
