//! The state of this page's capture, and the only state machine that the browser code calls. It has no clock: the
//! caller passes the time.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::capture_session::{CaptureSession, CaptureSessions};
use crate::crypto_store::{CryptoStoreStatus, Device, IdentityKeys, StoredMarker};
use crate::entry::{Detail, Entry, FaultCounts, Level};
use crate::evidence::EvidenceBuffer;
use crate::json::to_json;
use crate::line::{Line, ReadLine, failed_upload};
use crate::otk::dendrite_words;
use crate::recovery::{RecoveryReason, recovery};
use crate::redact::redact;
use crate::refusals::FromMemory;
use crate::repair::RepairStatus;
use crate::stores::CryptoStores;
use crate::tabs::MAX_ENTRIES;
use crate::timestamp::Timestamp;
use crate::upload::Upload;
use crate::upload_answer::{UploadAnswer, UploadFailure};
use crate::upload_clients::UploadClients;
use crate::upload_loop::{LoopOptions, UploadLoopStatus};

pub(crate) mod snapshot;

/// The data that a view needs; rebuilt only when something changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Evidences {
    /// Lines seen per fault.
    pub counts: FaultCounts,
    /// The evidence, the most recent last.
    pub entries: Vec<Entry>,
    /// The crypto store of this page's device; `null`: not checked.
    pub crypto_store: Option<CryptoStoreStatus>,
    /// The uploads of one-time keys.
    pub upload_loop: UploadLoopStatus,
    /// Why the user has to do something to repair the device's encryption; `null`: nothing to do.
    #[serde(default)]
    pub recovery: Option<RecoveryReason>,
    /// The capture session; `null`: none was started yet.
    #[serde(default)]
    pub capture_session: Option<CaptureSession>,
    /// The latest repair of the one-time keys that the user started; `null`: none.
    #[serde(default)]
    pub repair: Option<RepairStatus>,
}

/// Everything seen in this page since it was loaded.
///
/// ```
/// use lotus_crypto_diag::entry::{Fault, Level};
/// use lotus_crypto_diag::line::Line;
/// use lotus_crypto_diag::session::Session;
/// use lotus_crypto_diag::timestamp::Timestamp;
///
/// let mut session = Session::default();
/// let text = "MissingKey: missing key at index 1 for participant @b:hs:D";
/// let line = Line { level: Level::Error, source: "window", text, excerpt: "", truncated: false };
/// assert!(session.observe(line, Timestamp::default()));
/// assert_eq!(session.evidence().counts.get(Fault::Ke2), 1);
/// ```
#[derive(Debug, Default)]
pub struct Session {
    buffer: EvidenceBuffer,
    counts: FaultCounts,
    stores: CryptoStores,
    uploads: UploadClients,
    captures: CaptureSessions,
    repair: Option<RepairStatus>,
}

impl Session {
    /// Reads and records a line that passed the prefilter. Returns `false` if the line is irrelevant.
    pub fn observe(&mut self, line: Line<'_>, now: Timestamp) -> bool {
        line.read().is_some_and(|mut line| self.note(&mut line, now))
    }

    /// Records a line that was already read. The same line may be recorded again. Returns `false` if nothing is kept
    /// of it.
    pub fn note(&mut self, line: &mut ReadLine, now: Timestamp) -> bool {
        if let Some((kind, message)) = &line.store {
            self.stores.note_trouble(*kind, message, now);
        }
        let of_store = line.store.is_some();
        let Some(evidence) = &line.evidence else {
            return of_store;
        };
        // The SDK also logs answers that were seen on the network; these have an entry already.
        let is_new = match &evidence.detail {
            Detail::Refusal(refusal) => self.uploads.refused_in_console(refusal, &evidence.source, now),
            Detail::UploadFailed { http_status, errcode } => {
                self.uploads.failed_in_console(*http_status, errcode.as_deref(), now)
            }
            _ => true,
        };
        if !is_new {
            return of_store;
        }
        if evidence.detail.is_counted() {
            self.counts.add(evidence.fault);
        }
        line.place = Some(self.buffer.add(evidence, line.place, now));
        true
    }

    /// Records what was found of a device's crypto store before the SDK opened it; see [`CryptoStores::found`].
    pub fn store_found(
        &mut self,
        device: Device,
        stored_marker: StoredMarker,
        existed: Option<bool>,
        error: Option<&str>,
        now: Timestamp,
    ) {
        let stored_marker = match stored_marker {
            StoredMarker::Unreadable(reason) => StoredMarker::Unreadable(redact(&reason).into_owned()),
            readable => readable,
        };
        let error = error.map(|error| redact(error).into_owned());
        if self.stores.is_new_login(&device) {
            self.uploads.forget(Some(&device.user_id), None);
        }
        self.stores.found(device, stored_marker, existed, error, now);
    }

    /// Records the current identity keys of a device whose store was checked before.
    pub fn store_keys(&mut self, device: &Device, keys: IdentityKeys, now: Timestamp) {
        self.stores.compare(device, keys, now);
    }

    /// The crypto stores of this page.
    pub const fn stores(&self) -> &CryptoStores {
        &self.stores
    }

    /// The crypto stores of this page, mutable.
    pub const fn stores_mut(&mut self) -> &mut CryptoStores {
        &mut self.stores
    }

    /// Sets whether the network is watched for uploads, and the options.
    pub fn watch_uploads(&mut self, watched: bool, options: LoopOptions) {
        self.uploads.watch(watched, options);
    }

    /// A device was logged out; see [`CryptoStores::retire`]. Its uploads are forgotten.
    pub fn logged_out(&mut self, user_id: Option<&str>, device_id: Option<&str>) {
        self.uploads.forget(user_id, device_id);
        self.stores.retire(user_id, device_id);
    }

    /// A key upload starts. Returns the answer if the upload is held back; `None`: it goes to the server.
    pub fn upload_starts(&mut self, upload: &Upload, now: Timestamp, random: f64) -> Option<FromMemory> {
        self.uploads.answer(upload, now, random)
    }

    /// Something suggests that the server may accept keys again, or a probe was requested.
    pub fn probe_uploads(&mut self, is_requested: bool, now: Timestamp) {
        self.uploads.probe_soon(is_requested, now);
    }

    /// The server answered an upload of one-time keys with an error whose body is still being read.
    pub const fn upload_answered(&mut self, now: Timestamp) {
        self.uploads.answered(now);
    }

    /// The server answered a key upload. Returns `true` if it refused the upload with "already exists".
    pub fn upload_settled(&mut self, upload: &Upload, answer: &UploadAnswer<'_>, now: Timestamp) -> bool {
        if answer.is_accepted() {
            self.uploads.accepted(upload, now);
            self.uploads.supplied(upload, answer.held(), now);
            return false;
        }
        let words = answer.words();
        if answer.status == 400 {
            let text = ["[400] ", dendrite_words(&words).unwrap_or(&words), " (", answer.path(), ")"].concat();
            let line = Line { level: Level::Error, source: "network", text: &text, excerpt: "", truncated: false };
            let evidence = line.read().and_then(|line| line.evidence);
            if let Some(evidence) = evidence
                && let Detail::Refusal(refusal) = &evidence.detail
            {
                self.uploads.refused(upload, refusal, now);
                self.uploads.keep(upload, answer);
                self.counts.add(evidence.fault);
                self.buffer.add(&evidence, None, now);
                return true;
            }
        }
        // An opaque response has no status.
        let status = (answer.status != 0).then_some(answer.status);
        self.note_failed_upload(upload, status, &words, answer.path(), now);
        false
    }

    /// No answer came to a key upload. Returns whether this was recorded: not if the page itself cancelled the upload.
    pub fn upload_failed(&mut self, upload: &Upload, failure: &UploadFailure<'_>, now: Timestamp) -> bool {
        if failure.is_given_up() {
            return false;
        }
        self.note_failed_upload(upload, None, failure.words(), failure.path(), now);
        true
    }

    fn note_failed_upload(&mut self, upload: &Upload, status: Option<u16>, words: &str, path: &str, now: Timestamp) {
        let evidence = failed_upload(status, words, path);
        if let Detail::UploadFailed { errcode, .. } = &evidence.detail {
            self.uploads.failed(upload, status, errcode.as_deref(), now);
        }
        self.buffer.add(&evidence, None, now);
    }

    /// Records whether the browser still lists the database of a device's store. Returns whether anything changed.
    pub fn store_listed(&mut self, device: &Device, listed: bool) -> bool {
        self.stores.set_listed(device, listed)
    }

    /// The capture sessions of the page.
    pub const fn captures_mut(&mut self) -> &mut CaptureSessions {
        &mut self.captures
    }

    /// The uploads of the page's clients.
    pub const fn uploads(&self) -> &UploadClients {
        &self.uploads
    }

    /// The uploads of the page's clients, mutable, for a repair to hold them back.
    pub const fn uploads_mut(&mut self) -> &mut UploadClients {
        &mut self.uploads
    }

    /// The senders of messages that could not be decrypted, without duplicates.
    pub fn unreadable_senders(&self) -> Vec<&str> {
        let entries = self.buffer.entries();
        let senders = entries.iter().filter_map(|entry| match &entry.detail {
            Detail::Undecryptable { event, .. } => event.sender.as_deref(),
            _ => None,
        });
        senders.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Records the state of a repair. Errors of the server or the client may contain secrets, so they are redacted.
    pub fn note_repair(&mut self, mut status: RepairStatus) {
        status.error = status.error.map(|error| redact(&error).into_owned());
        self.repair = Some(status);
    }

    /// The latest repair.
    pub const fn repair(&self) -> Option<&RepairStatus> {
        self.repair.as_ref()
    }

    /// The counts and the latest entries, as sent to the other tabs.
    pub fn latest(&self) -> (FaultCounts, Vec<Entry>) {
        let entries = self.buffer.entries();
        let first = entries.len().saturating_sub(MAX_ENTRIES);
        (self.counts, entries[first..].iter().copied().cloned().collect())
    }

    /// The evidence, the most recent last.
    pub fn entries(&self) -> Vec<&Entry> {
        self.buffer.entries()
    }

    /// [`Self::entries`] as JSON.
    pub fn entries_json(&self) -> String {
        to_json(&self.entries())
    }

    /// [`Self::evidence`] as JSON, without cloning the data.
    pub fn evidence_json(&self) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Shared<'a> {
            counts: FaultCounts,
            entries: Vec<&'a Entry>,
            crypto_store: Option<CryptoStoreStatus>,
            upload_loop: UploadLoopStatus,
            recovery: Option<RecoveryReason>,
            capture_session: Option<&'a CaptureSession>,
            repair: Option<&'a RepairStatus>,
        }

        let (counts, entries) = (self.counts, self.buffer.entries());
        let (crypto_store, upload_loop, recovery) = self.state();
        let (capture_session, repair) = (self.captures.latest(), self.repair.as_ref());
        to_json(&Shared { counts, entries, crypto_store, upload_loop, recovery, capture_session, repair })
    }

    /// All the data that a view needs.
    pub fn evidence(&self) -> Evidences {
        let (counts, entries) = (self.counts, self.buffer.entries().into_iter().cloned().collect());
        let (crypto_store, upload_loop, recovery) = self.state();
        let (capture_session, repair) = (self.captures.latest().cloned(), self.repair.clone());
        Evidences { counts, entries, crypto_store, upload_loop, recovery, capture_session, repair }
    }

    fn state(&self) -> (Option<CryptoStoreStatus>, UploadLoopStatus, Option<RecoveryReason>) {
        let (store, uploads) = (self.stores.status(None, None), self.uploads.status());
        let recovery = recovery(store.as_ref(), self.stores.is_gone(), &uploads);
        (store, uploads, recovery)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Fault;
    use crate::recovery::RecoveryCause;
    use crate::store_marker::{MARKER_SCHEMA, Marker};

    #[test]
    fn the_evidence_json_equals_the_serialised_evidence() {
        let mut session = Session::default();
        let device = Device { user_id: "@a:hs".into(), device_id: "D".into(), database: "x".into() };
        session.watch_uploads(true, LoopOptions::default());
        session.store_found(device, StoredMarker::Nothing, Some(true), None, Timestamp::default());
        let refusal = UploadAnswer { status: 400, body: "One time key a:B already exists.", ..UploadAnswer::default() };
        session.upload_settled(&Upload::default(), &refusal, Timestamp::default());
        session.captures_mut().mark("other", Timestamp::default());
        session.note_repair(RepairStatus::default());
        let evidence = session.evidence();
        assert!(
            evidence.crypto_store.is_some()
                && evidence.capture_session.is_some()
                && evidence.repair.is_some()
                && evidence.upload_loop.watched
                && !evidence.entries.is_empty()
        );
        assert_eq!(session.evidence_json(), serde_json::to_string(&evidence).unwrap());
    }

    #[test]
    fn a_reset_of_a_lost_store_is_due_only_while_the_browser_does_not_list_it() {
        let device = Device { user_id: "@a:hs".into(), device_id: "D".into(), database: "x".into() };
        let (now, lost) = (Timestamp::default(), "InvalidStateError: The database connection is closing.");
        let (at, no_time) = (Some(now), None);
        let keys = ("ed".to_owned(), "curve".to_owned());
        let (since, last_healthy, schema) = (now, now, MARKER_SCHEMA);
        let known = Marker {
            schema,
            ed25519: keys.0,
            curve25519: keys.1,
            since,
            last_healthy,
            database_seen: at,
            lost: no_time,
            changed: no_time,
        };
        // The remembered marker, whether the database existed, and whether the connection was lost; then what the
        // browser answers, whether that is a change, and whether a reset is due.
        for (stored_marker, existed, loss, answers) in [
            (StoredMarker::Nothing, true, None, [(true, false, false), (false, true, false), (true, true, false)]),
            (StoredMarker::Known(known), false, None, [(true, false, false), (false, true, true), (true, true, false)]),
            (StoredMarker::Nothing, true, at, [(true, true, false), (false, true, true), (false, false, true)]),
        ] {
            let mut session = Session::default();
            session.store_found(device.clone(), stored_marker, Some(existed), None, now);
            if let Some(at) = loss {
                session.stores_mut().set_lost(lost, at);
            }
            for (listed, is_news, is_due) in answers {
                assert_eq!(session.store_listed(&device, listed), is_news, "{existed} {loss:?} {listed}");
                let recovery = session.evidence().recovery;
                assert_eq!(recovery.map(|due| due.reason), is_due.then_some(RecoveryCause::StoreLost));
            }
        }
        assert!(!Session::default().store_listed(&device, false), "of a store that nobody asked about");
    }

    #[test]
    fn every_line_is_counted_even_if_it_is_not_kept() {
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
