//! The one state machine that the edge talks to. It has no clock: every call is told what time it is.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::crypto_store::{CryptoStoreStatus, Device, IdentityKeys, Recall};
use crate::entry::{Detail, Entry, FaultCounts, Level};
use crate::evidence::{Evidence, EvidenceBuffer};
use crate::json::to_json;
use crate::redact::redact;
use crate::signature::{Classified, recognise, tells_of_lost_store};
use crate::stores::CryptoStores;
use crate::timestamp::Timestamp;
use crate::upload_clients::UploadClients;
use crate::upload_loop::{LoopOptions, UploadLoopStatus, Verdict};

/// How much of a line is kept, in bytes of UTF-8.
pub const MAX_MESSAGE: usize = 16 * 1024;

/// A formatted line of a console.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The console method.
    pub level: Level,
    /// Where it was logged: `window`, `frame:<path>`.
    pub source: &'a str,
    /// The line, or the beginning of one that is very long.
    pub text: &'a str,
    /// Of a very long line that was recognised behind `text`: the surroundings of the place. Otherwise empty.
    pub excerpt: &'a str,
    /// Whether something of the line is in neither.
    pub truncated: bool,
}

/// What a view needs: small, and rebuilt only when something changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Evidences {
    /// Lines seen of each fault.
    pub counts: FaultCounts,
    /// The evidence, the most recent last.
    pub entries: Vec<Entry>,
    /// The crypto store of this page's device; `null`: it was not asked about.
    pub crypto_store: Option<CryptoStoreStatus>,
    /// The uploads of one-time keys.
    pub upload_loop: UploadLoopStatus,
}

/// What was seen in this page since it was loaded.
#[derive(Debug, Default)]
pub struct Session {
    buffer: EvidenceBuffer,
    counts: FaultCounts,
    stores: CryptoStores,
    uploads: UploadClients,
}

impl Session {
    /// Takes a line that passed the prefilter; `false` when it turned out to be none of our business.
    pub fn observe(&mut self, line: Line<'_>, now: Timestamp) -> bool {
        // The grammars read what is left after the redaction: a detail quotes the line. By a secret that held the words
        // themselves, the line is still recognised.
        let (text, excerpt) = (redact(line.text), redact(line.excerpt));
        let places = [(&*text, &*text), (&excerpt, &excerpt), (line.text, &text), (line.excerpt, &excerpt)];
        let found = places.into_iter().find_map(|(raw, redacted)| recognise(raw).map(|row| row.classify(redacted)));
        let lost = tells_of_lost_store(line.text) || tells_of_lost_store(line.excerpt);
        if lost {
            self.stores.lost(&message(&text, &excerpt, "DomException").0, now);
        }
        let Some(Classified { fault, signature, detail }) = found else {
            return lost;
        };
        if let Detail::Refusal(refusal) = &detail
            && !self.uploads.told(refusal, now)
        {
            // The SDK's line about an answer that was seen on the network, and is an entry already.
            return lost;
        }
        let (message, cut) = message(&text, &excerpt, signature);
        let truncated = cut || line.truncated;
        self.counts.add(fault);
        self.buffer.add(Evidence { level: line.level, fault, signature, message, truncated, detail }, line.source, now);
        true
    }

    /// What was found of a device's crypto store before the SDK opened it; see [`CryptoStores::found`].
    pub fn store_found(
        &mut self,
        device: Device,
        recall: Recall,
        existed: Option<bool>,
        error: Option<&str>,
        now: Timestamp,
    ) {
        let recall = match recall {
            Recall::Unreadable(reason) => Recall::Unreadable(redact(&reason).into_owned()),
            readable => readable,
        };
        let error = error.map(|error| redact(error).into_owned());
        if self.stores.status(None, None).is_some_and(|store| store.device_id.as_ref() != Some(&device.device_id)) {
            self.uploads.reset();
        }
        self.stores.found(device, recall, existed, error, now);
    }

    /// The identity keys that a device has now, of whose store something was found before.
    pub fn store_keys(&mut self, device: &Device, keys: IdentityKeys, now: Timestamp) {
        self.stores.compare(device, keys, now);
    }

    /// The crypto stores of this page.
    pub const fn stores(&self) -> &CryptoStores {
        &self.stores
    }

    /// The same, to take from it what is to be remembered.
    pub const fn stores_mut(&mut self) -> &mut CryptoStores {
        &mut self.stores
    }

    /// The network is watched for uploads from now on, or not any more.
    pub fn watch_uploads(&mut self, watched: bool, options: LoopOptions) {
        self.uploads.watch(watched, options);
    }

    /// The device was logged out: what was seen of its uploads is over.
    pub fn logged_out(&mut self) {
        self.uploads.reset();
    }

    /// What is to be done with a client's upload of one-time keys; `key_ids` separated by blanks. See
    /// [`UploadClients::decide`].
    pub fn upload_starts(&mut self, client: u32, key_ids: &str, now: Timestamp, random: f64) -> Verdict {
        self.uploads.decide(client, key_ids.split(' '), now, random)
    }

    /// The server answered an upload of one-time keys with an error that is still being read.
    pub const fn upload_answered(&mut self, now: Timestamp) {
        self.uploads.answered(now);
    }

    /// The server answered a client's upload of one-time keys, `error` in its words; `true` where it refused the keys.
    pub fn upload_settled(&mut self, client: u32, status: u16, error: &str, path: &str, now: Timestamp) -> bool {
        if (200..300).contains(&status) {
            self.uploads.accepted(client, now);
        }
        if status != 400 {
            return false;
        }
        let text = ["[400] ", error, " (", path, ")"].concat();
        let text = redact(&text);
        let Some(Classified { fault, signature, detail }) = recognise(&text).map(|row| row.classify(&text)) else {
            return false;
        };
        let Detail::Refusal(refusal) = &detail else {
            return false;
        };
        self.uploads.refused(client, refusal, now);
        let (message, truncated) = message(&text, "", signature);
        self.counts.add(fault);
        let level = Level::Error;
        self.buffer.add(Evidence { level, fault, signature, message, truncated, detail }, "network", now);
        true
    }

    /// Counts and entries, as JSON: [`Self::evidence`] without its copies.
    pub fn evidence_json(&self) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Shared<'a> {
            counts: FaultCounts,
            entries: Vec<&'a Entry>,
            crypto_store: Option<CryptoStoreStatus>,
            upload_loop: UploadLoopStatus,
        }

        let (counts, entries) = (self.counts, self.buffer.entries());
        let upload_loop = self.uploads.status();
        to_json(&Shared { counts, entries, crypto_store: self.stores.status(None, None), upload_loop })
    }

    /// Counts and entries.
    pub fn evidence(&self) -> Evidences {
        let (counts, entries) = (self.counts, self.buffer.entries().into_iter().cloned().collect());
        let upload_loop = self.uploads.status();
        Evidences { counts, entries, crypto_store: self.stores.status(None, None), upload_loop }
    }
}

/// What is kept of a line, and whether that is not all of it. It was redacted before, so that no cut can hide the
/// beginning of a secret from the redaction.
fn message(text: &str, excerpt: &str, signature: &str) -> (String, bool) {
    /// How much before the recognised words is kept of an excerpt: the opening of a refusal, a prefix.
    const LEAD: usize = 256;
    const OMISSION: &str = "\n[…]\n";

    if excerpt.is_empty() {
        let kept = cut(text, MAX_MESSAGE);
        return (kept.to_owned(), kept.len() < text.len());
    }
    let lead = excerpt.find(signature).unwrap_or(excerpt.len()).saturating_sub(LEAD);
    let lead = excerpt.ceil_char_boundary(lead);
    let half = (MAX_MESSAGE - OMISSION.len()) / 2;
    ([cut(text, half), OMISSION, cut(&excerpt[lead..], half)].concat(), true)
}

/// The longest beginning of `text` that is whole characters and no more than `limit` bytes.
fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Fault;

    fn observe(text: &str, excerpt: &str) -> Option<Entry> {
        let mut session = Session::default();
        let line = Line { level: Level::Error, source: "window", text, excerpt, truncated: !excerpt.is_empty() };
        session.observe(line, Timestamp::from_ms(1000.0)).then(|| session.evidence().entries.remove(0))
    }

    #[test]
    fn a_line_is_kept_verbatim_but_for_its_secrets() {
        let entry = observe("x already exists (http://hs/?access_token=abc)", "").unwrap();
        assert_eq!(entry.message, "x already exists (http://hs/?access_token=[redacted])");
        assert!(!entry.truncated);
    }

    #[test]
    fn what_is_read_from_a_line_holds_no_secret_either() {
        for line in [
            "(id=$e): DecryptionError[msg: GET /x?access_token=s3cret at line 1 column 2, sender_key: x]",
            "WARN x: Received an invalid to-device event: Bearer s3cret",
            "{\"password\":\"s3cret DecryptionError\"}",
        ] {
            let entry = observe(line, "").unwrap_or_else(|| panic!("lost: {line}"));
            assert!(!format!("{entry:?}").contains("s3cret"), "{entry:?}");
        }
    }

    #[test]
    fn a_long_line_is_cut_between_characters_and_says_so() {
        let entry = observe(&format!("already exists {}", "é".repeat(MAX_MESSAGE)), "").unwrap();
        assert!(entry.truncated && entry.message.len() <= MAX_MESSAGE && entry.message.len() > MAX_MESSAGE - 2);
    }

    #[test]
    fn words_found_far_behind_are_kept_with_their_surroundings() {
        let lead = format!("Bearer {}", "s3cret-".repeat(200));
        let entry = observe(&"x".repeat(MAX_MESSAGE), &format!("{lead} One time key a:B already exists.")).unwrap();
        assert!(entry.message.ends_with("One time key a:B already exists."));
        assert!(!entry.message.contains("s3cret"));
        assert!(entry.truncated && entry.message.len() <= MAX_MESSAGE);
    }

    #[test]
    fn a_line_that_is_none_of_our_business_leaves_no_trace() {
        assert_eq!(observe("hello", ""), None);
    }

    #[test]
    fn every_line_is_counted_kept_or_not() {
        let mut session = Session::default();
        for number in 0..500 {
            let text = format!("{number} already exists");
            let line = Line { level: Level::Warn, source: "window", text: &text, excerpt: "", truncated: false };
            session.observe(line, Timestamp::default());
        }
        let evidence = session.evidence();
        assert_eq!(evidence.counts.get(Fault::Ke1), 500);
        assert_eq!(evidence.counts.get(Fault::Ke4), 0);
        assert_eq!(evidence.entries.len(), 200);
    }
}
