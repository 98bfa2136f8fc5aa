//! What is known of the media keys of a call: those that are missing in the call, those that arrived and were opened, and
//! the to-device messages that could not be opened. The call logs the first in its frame, the client the others in its
//! window: together they are one story.

use super::case::{Case, Seen};
use crate::entry::Detail;
use crate::media_key::user_of;
use crate::verdict::EvidenceRef;

#[derive(Default)]
pub(crate) struct MediaKeys<'a> {
    /// In the call: frames that cannot be opened.
    pub(crate) missing: Vec<MissingKey<'a>>,
    /// In the client: a to-device message that could not be opened.
    pub(crate) unopened: Vec<Unopened<'a>>,
    /// In the client: a media key that arrived and was opened.
    pub(crate) opened: Vec<Opened<'a>>,
}

pub(crate) struct MissingKey<'a> {
    pub(crate) seen: Seen<'a>,
    /// User id of whose media it is.
    pub(crate) user: Option<&'a str>,
}

pub(crate) struct Unopened<'a> {
    pub(crate) seen: Seen<'a>,
    pub(crate) kind: UnopenedKind,
    pub(crate) sender: Option<&'a str>,
}

pub(crate) struct Opened<'a> {
    pub(crate) seen: Seen<'a>,
    pub(crate) sender: Option<&'a str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnopenedKind {
    /// The sender used a one-time key whose secret this device does not have.
    PreKey,
    /// The crypto library turned the event away as malformed or not allowed.
    Invalid,
    /// The message is for another identity key than this device has.
    OtherKey,
    /// An Olm session that the two sides see differently.
    Session,
}

impl<'a> MediaKeys<'a> {
    pub(crate) fn of(case: &Case<'a>) -> Self {
        let mut keys = Self::default();
        for seen in case.entries() {
            match &seen.entry.detail {
                Detail::MissingKey { participant, .. }
                | Detail::MissingKeySet { participant, .. }
                | Detail::InvalidKey { participant, .. }
                | Detail::KeyMarkedInvalid { participant, .. } => {
                    keys.missing.push(MissingKey { seen, user: participant.as_deref().map(user_of) });
                }
                Detail::ToDeviceUnopened { sender, reason } => {
                    let words = reason.as_deref().unwrap_or(&seen.entry.message);
                    keys.unopened.push(Unopened { seen, kind: kind_of(words), sender: sender.as_deref() });
                }
                Detail::ToDeviceOpened { sender } => keys.opened.push(Opened { seen, sender: sender.as_deref() }),
                _ => {}
            }
        }
        keys
    }

    /// Whether anything went wrong with them.
    pub(crate) fn failed(&self) -> bool {
        !self.missing.is_empty() || !self.unopened.is_empty()
    }

    pub(crate) fn cite_missing(&self) -> Vec<EvidenceRef> {
        self.missing.iter().map(MissingKey::cite).collect()
    }

    pub(crate) fn cite_opened(&self) -> Vec<EvidenceRef> {
        self.opened.iter().map(Opened::cite).collect()
    }

    pub(crate) fn cite_unopened(&self) -> Vec<EvidenceRef> {
        self.unopened.iter().map(Unopened::cite).collect()
    }
}

impl MissingKey<'_> {
    pub(crate) fn cite(&self) -> EvidenceRef {
        let whose = self.user.unwrap_or("a participant that is not named");
        self.seen.cite(&format!("in the call, a media key of {whose} is missing"))
    }

    /// Whether a key of this participant arrived and was opened after it was missed first.
    pub(crate) fn came_late<'k>(&self, keys: &'k MediaKeys<'_>) -> Option<&'k Opened<'k>> {
        let user = self.user?;
        keys.opened
            .iter()
            .find(|opened| opened.sender == Some(user) && opened.seen.entry.last_ts >= self.seen.entry.first_ts)
    }

    /// Whether a key of this participant arrived and was opened at all.
    pub(crate) fn came<'k>(&self, keys: &'k MediaKeys<'_>) -> Option<&'k Opened<'k>> {
        let user = self.user?;
        keys.opened.iter().find(|opened| opened.sender == Some(user))
    }
}

impl Unopened<'_> {
    pub(crate) fn cite(&self) -> EvidenceRef {
        let sender = self.sender.unwrap_or("a sender that is not named");
        let what = match self.kind {
            UnopenedKind::PreKey => "a message that uses a one-time key this device does not have, from",
            UnopenedKind::OtherKey => "a message for an identity key that this device does not have, from",
            UnopenedKind::Invalid => "a to-device message was turned away as invalid, from",
            UnopenedKind::Session => "an encrypted to-device message could not be opened, from",
        };
        self.seen.cite(&format!("{what} {sender}"))
    }
}

impl Opened<'_> {
    pub(crate) fn cite(&self) -> EvidenceRef {
        let sender = self.sender.unwrap_or("a sender that is not named");
        self.seen.cite(&format!("a media key arrived and was opened, from {sender}"))
    }
}

fn kind_of(words: &str) -> UnopenedKind {
    // A pre-key message of a session that is known is opened by that session: its one-time key does not matter any more.
    let is_pre_key = words.contains("pre-key message")
        && !words.contains("non-pre-key")
        && !words.contains("with the corresponding session");
    if words.contains("MissingOneTimeKey") || is_pre_key {
        UnopenedKind::PreKey
    } else if words.contains("contain a ciphertext for our key") {
        UnopenedKind::OtherKey
    } else if words.contains("invalid to-device event") {
        UnopenedKind::Invalid
    } else {
        UnopenedKind::Session
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_one_time_key_is_told_from_a_broken_session() {
        assert!(kind_of("Failed to decrypt a pre-key message with all available sessions") == UnopenedKind::PreKey);
        assert!(
            kind_of("Failed to decrypt a non-pre-key message with all available sessions") == UnopenedKind::Session
        );
        assert!(kind_of("Failed to decrypt a pre-key message with the corresponding session") == UnopenedKind::Session);
        assert!(kind_of("Olm event doesn't contain a ciphertext for our key") == UnopenedKind::OtherKey);
        assert!(kind_of("Received an invalid to-device event: missing field `algorithm`") == UnopenedKind::Invalid);
    }
}
