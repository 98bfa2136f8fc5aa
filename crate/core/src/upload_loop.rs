//! Uploads of one-time keys that are refused again and again: the detector, and the breaker that stops them. Both work
//! on one client's uploads; see [`crate::upload_clients`].
//!
//! The SDK never marks a refused upload as sent, so it repeats it with every sync: every 30 s when idle, several times
//! a second when busy. A loop is therefore defined by repetition, not by speed: a number of refusals within a time
//! window, with no accepted upload between them, whether or not they name the same key.
//!
//! During a loop, the breaker lets a few uploads through as probes, at growing intervals, and one more when something
//! suggests that the server may accept again. It answers other uploads with the server's own last refusal, but only
//! those that the server would certainly refuse again: from the same device and sender, with the same refused key and
//! value, and with nothing new besides one-time keys. An accepted upload ends the loop.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::entry::Refusal;
use crate::timestamp::Timestamp;
use crate::upload::Upload;
use crate::upload_outcome::{Accepted, KeySurplus, UploadFailures, note_failure};

/// The first interval between probes.
pub const FIRST_PROBE_MS: i64 = 30_000;
/// The longest interval between probes.
pub const LAST_PROBE_MS: i64 = 15 * 60_000;
/// Each probe is delayed by a random part of its interval, at most this fraction, so that many clients do not return
/// at once.
const JITTER: f64 = 0.2;
/// A rate over a shorter time is not reported.
const RATE_MS: i64 = 10_000;
/// How many refused keys are remembered.
const KEY_IDS: usize = 16;
/// How many fields that were sent along with a refused key are remembered.
const CARRIED: usize = 16;
/// Upper limit for `threshold`: the time of each refusal is kept in memory.
const MAX_REFUSALS: u32 = 100;

/// When refusals count as a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopOptions {
    /// Number of refusals without an accepted upload between them, from 1 to 100.
    pub threshold: u32,
    /// The refusals must come within this time.
    pub window_ms: i64,
    /// Whether the breaker holds uploads back during a loop.
    pub breaker: bool,
}

impl Default for LoopOptions {
    fn default() -> Self {
        Self { threshold: 3, window_ms: 10 * 60_000, breaker: true }
    }
}

/// State of the uploads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum LoopState {
    /// No upload was refused, or one was accepted after the few that were.
    #[default]
    Idle,
    /// Some uploads were refused, too few for a loop.
    Suspected,
    /// The same upload is refused again and again.
    Looping,
    /// There was a loop; an upload has been accepted since.
    Recovered,
}

/// Whether the breaker holds uploads back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum Breaker {
    /// Every upload goes to the server.
    #[default]
    Closed,
    /// Only probes go to the server.
    Open,
    /// The breaker does not work: it is switched off, the network is not watched, or the uploads do not show for
    /// certain which device they belong to.
    Off,
}

/// The uploads of one-time keys that this page saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct UploadLoopStatus {
    /// State of the uploads.
    pub state: LoopState,
    /// When this state began.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub since: Option<Timestamp>,
    /// The key that the latest refusal named.
    pub refusal: Option<Refusal>,
    /// Whether client and server hold different keys under that id (`true`: the two have diverged).
    pub diverges: Option<bool>,
    /// The keys refused since the last accepted upload, the latest last; at most 16.
    pub key_ids: Vec<String>,
    /// Refusals by the server since the last accepted upload.
    pub refusals: u32,
    /// When the first of these refusals came.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub first_ts: Option<Timestamp>,
    /// When the latest refusal came.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub last_ts: Option<Timestamp>,
    /// The client's attempts per minute, from the first to the latest; `null`: too few, or too short a time.
    pub per_minute: Option<f64>,
    /// Whether requests are observed, rather than only the console.
    pub watched: bool,
    /// Whether the breaker holds uploads back.
    pub breaker: Breaker,
    /// Requests that were answered locally with the last refusal.
    pub spared: u32,
    /// Requests that were let through as probes.
    pub probes: u32,
    /// When the next probe is due.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub next_probe: Option<Timestamp>,
    /// Number of uploads that the server accepted.
    pub accepted: u32,
    /// Uploads that failed since the last accepted one, for a reason other than "already exists"; `null`: none.
    #[serde(default)]
    pub failing: Option<UploadFailures>,
    /// Set if the server accepted more uploads than a client needs.
    #[serde(default)]
    pub surplus: Option<KeySurplus>,
}

/// What to do with an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Send it to the server.
    Pass,
    /// Answer it with the server's last refusal.
    Answer,
}

/// A refused key, and the upload that contained it.
#[derive(Clone, Debug)]
struct RefusedKey {
    /// The sender of the upload, see [`Upload::sender`].
    sender: u64,
    id: String,
    value: u64,
    /// Hashes of the other fields in the uploads of this key.
    carried: VecDeque<u64>,
}

impl RefusedKey {
    /// Whether the upload contains this key and comes from the same sender.
    fn is_in(&self, upload: &Upload) -> bool {
        self.sender == upload.sender && upload.keys.iter().any(|(id, value)| (id, value) == (&self.id, &self.value))
    }

    /// Whether every other field of the upload was already sent along with this key.
    fn knows_all_of(&self, upload: &Upload) -> bool {
        upload.carried.iter().all(|field| self.carried.contains(field))
    }
}

/// Detector and breaker for the uploads of one client.
#[derive(Clone, Debug, Default)]
pub struct UploadLoop {
    options: LoopOptions,
    status: UploadLoopStatus,
    /// Times of the latest refusals, at most `threshold`.
    recent: VecDeque<Timestamp>,
    /// The client's attempts since the first refusal.
    attempts: u32,
    /// Keys refused since the last accepted upload, as seen on the network; at most 16.
    refused: Vec<RefusedKey>,
    /// When the last probe was let through, or the loop began.
    last_pass: Option<Timestamp>,
    /// Whether [`Self::probe_soon`], rather than the interval, set the time of the next probe.
    is_hinted: bool,
    /// The latest accepted uploads.
    supply: Accepted,
    interval_ms: i64,
    /// Random fraction by which the next probe is delayed.
    random: f64,
}

impl UploadLoop {
    /// Sets whether the network is watched, and the options.
    pub fn watch(&mut self, watched: bool, options: LoopOptions) {
        self.options = LoopOptions { threshold: options.threshold.clamp(1, MAX_REFUSALS), ..options };
        self.status.watched = watched;
        self.set_breaker();
    }

    /// The server refused an upload. `upload` is `None` if the network is not watched and only a line of the SDK
    /// reports it.
    pub fn refused(&mut self, refusal: &Refusal, upload: Option<&Upload>, now: Timestamp) {
        if let Some(upload) = upload {
            self.remember(refusal, upload);
        }
        self.note(refusal, now);
        self.count(now);
        self.set_breaker();
    }

    /// A console line reports a refused upload that was not seen on the network although it is watched. It is
    /// recorded, but does not count towards a loop.
    pub fn refused_in_console(&mut self, refusal: &Refusal, now: Timestamp) {
        self.note(refusal, now);
        self.set_breaker();
    }

    fn note(&mut self, refusal: &Refusal, now: Timestamp) {
        let status = &mut self.status;
        if matches!(status.state, LoopState::Idle | LoopState::Recovered) {
            status.state = LoopState::Suspected;
            status.since = Some(now);
        }
        status.refusals = status.refusals.saturating_add(1);
        status.first_ts.get_or_insert(now);
        status.last_ts = Some(now);
        status.diverges = refusal.diverges();
        status.refusal = Some(refusal.clone());
        status.key_ids.retain(|id| *id != refusal.key_id);
        if status.key_ids.len() >= KEY_IDS {
            status.key_ids.remove(0);
        }
        status.key_ids.push(refusal.key_id.clone());
        self.count_attempt(now);
    }

    fn count(&mut self, now: Timestamp) {
        self.recent.push_back(now);
        let threshold = self.options.threshold as usize;
        while self.recent.len() > threshold {
            self.recent.pop_front();
        }
        let is_full = self.recent.len() == threshold;
        let lasted = self.recent.front().map_or(0, |first| now.ms() - first.ms());
        // If the clock was set back, the elapsed time is meaningless; the number of refusals decides.
        if is_full && lasted <= self.options.window_ms && self.status.state == LoopState::Suspected {
            self.status.state = LoopState::Looping;
            self.status.since = Some(now);
            self.interval_ms = FIRST_PROBE_MS;
            self.last_pass = Some(now);
            self.schedule(now);
        }
    }

    /// Remembers the refused key, but only if the upload contains exactly this id and its device is certain.
    fn remember(&mut self, refusal: &Refusal, upload: &Upload) {
        let Some((id, value)) = upload.keys.iter().find(|(id, _)| *id == refusal.key_id) else { return };
        if upload.device().is_none() {
            return;
        }
        let known = self.refused.iter().position(|refused| refused.id == *id && refused.is_in(upload));
        let new = || RefusedKey { sender: upload.sender, id: id.clone(), value: *value, carried: VecDeque::new() };
        let mut refused = known.map_or_else(new, |at| self.refused.remove(at));
        for field in &upload.carried {
            if !refused.carried.contains(field) {
                refused.carried.push_back(*field);
            }
        }
        while refused.carried.len() > CARRIED {
            refused.carried.pop_front();
        }
        if self.refused.len() >= KEY_IDS {
            self.refused.remove(0);
        }
        self.refused.push(refused);
    }

    /// An upload failed for a reason other than "already exists": it neither ends a loop nor counts towards one.
    pub fn failed(&mut self, http_status: Option<u16>, errcode: Option<&str>, now: Timestamp) {
        note_failure(&mut self.status.failing, http_status, errcode, now);
    }

    /// Records how many keys an accepted upload contained, and how many the server now holds.
    pub fn supplied(&mut self, keys: u32, held: Option<u32>, now: Timestamp) {
        if let Some(surplus) = self.supply.note(keys, held, now) {
            self.status.surplus = Some(surplus);
        }
    }

    /// The server accepted an upload of one-time keys.
    pub fn accepted(&mut self, now: Timestamp) {
        let status = &mut self.status;
        match status.state {
            // The last refusal stays in the report.
            LoopState::Looping => (status.state, status.since) = (LoopState::Recovered, Some(now)),
            LoopState::Recovered => {}
            LoopState::Idle | LoopState::Suspected => {
                (status.state, status.since, status.last_ts) = (LoopState::Idle, None, None);
                (status.refusal, status.diverges) = (None, None);
            }
        }
        status.accepted = status.accepted.saturating_add(1);
        status.failing = None;
        status.refusals = 0;
        status.key_ids.clear();
        status.first_ts = None;
        status.per_minute = None;
        self.recent.clear();
        self.attempts = 0;
        self.refused.clear();
        self.set_breaker();
    }

    /// Decides what to do with an upload. `random` is between 0 and 1.
    pub fn decide(&mut self, upload: &Upload, now: Timestamp, random: f64) -> Verdict {
        self.random = random.clamp(0.0, 1.0);
        let is_known = |refused: &RefusedKey| refused.is_in(upload) && refused.knows_all_of(upload);
        let is_certain = !upload.is_unread && upload.device().is_some();
        if self.status.breaker != Breaker::Open || !is_certain || !self.refused.iter().any(is_known) {
            return Verdict::Pass;
        }
        let due = self.status.next_probe.is_none_or(|due| now >= due);
        if due {
            self.status.probes = self.status.probes.saturating_add(1);
            if !self.is_hinted {
                self.interval_ms = (self.interval_ms * 2).min(LAST_PROBE_MS);
            }
            self.last_pass = Some(now);
            self.schedule(now);
            return Verdict::Pass;
        }
        // A clock that was set back would otherwise delay the probe by the same amount.
        if self.status.next_probe.is_some_and(|due| due.ms() - now.ms() > self.wait(1.0)) {
            self.schedule(now);
        }
        self.status.spared = self.status.spared.saturating_add(1);
        self.count_attempt(now);
        Verdict::Answer
    }

    /// Something suggests that the server may accept again, so the next upload becomes a probe: at once if it was
    /// requested, otherwise no sooner than `FIRST_PROBE_MS` after the last one.
    pub fn probe_soon(&mut self, is_requested: bool, now: Timestamp) {
        if self.status.breaker != Breaker::Open {
            return;
        }
        let rest = self.last_pass.map_or(0, |last| FIRST_PROBE_MS - (now.ms() - last.ms()));
        // If `rest` is more than the whole interval, the clock was set back.
        let due = if is_requested || rest > FIRST_PROBE_MS { now } else { now.plus_ms(rest.max(0)) };
        if self.status.next_probe.is_none_or(|next| due < next) {
            self.status.next_probe = Some(due);
            self.is_hinted = true;
        }
    }

    /// Whether a key of this sender was refused.
    pub fn has_refused(&self, sender: u64) -> bool {
        self.refused.iter().any(|refused| refused.sender == sender)
    }

    /// The current status.
    pub const fn status(&self) -> &UploadLoopStatus {
        &self.status
    }

    fn set_breaker(&mut self) {
        let can_hold = self.options.breaker && self.status.watched;
        self.status.breaker = match self.status.state {
            LoopState::Looping if can_hold && !self.refused.is_empty() => Breaker::Open,
            LoopState::Idle | LoopState::Suspected | LoopState::Recovered if can_hold => Breaker::Closed,
            _ => Breaker::Off,
        };
        if self.status.breaker != Breaker::Open {
            self.status.next_probe = None;
        }
    }

    fn schedule(&mut self, now: Timestamp) {
        self.is_hinted = false;
        self.status.next_probe = Some(now.plus_ms(self.wait(self.random)));
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "milliseconds below an hour")]
    fn wait(&self, random: f64) -> i64 {
        self.interval_ms + (self.interval_ms as f64 * JITTER * random) as i64
    }

    fn count_attempt(&mut self, now: Timestamp) {
        self.attempts = self.attempts.saturating_add(1);
        let lasted = self.status.first_ts.map_or(0, |first| now.ms() - first.ms());
        // Attempts per minute, rounded to tenths.
        let per_minute = (lasted >= RATE_MS && self.attempts > 1)
            .then(|| (i64::from(self.attempts - 1) * 600_000 + lasted / 2) / lasted)
            .map(|tenths| f64::from(u32::try_from(tenths).unwrap_or(u32::MAX)) / 10.0);
        self.status.per_minute = per_minute;
    }
}
