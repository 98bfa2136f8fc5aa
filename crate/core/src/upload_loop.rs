//! Uploads of one-time keys that are refused again and again: the detector, and the breaker that stops them. Both are
//! about one client; see [`crate::upload_clients`].
//!
//! A refused upload is never marked as sent, so the SDK repeats it with every sync: once in 30 s when idle, several times a
//! second when busy. So a loop is judged by repetition, not by speed: some refusals, with no accepted upload between
//! them, within some time, whether or not they name the same key.
//!
//! While the loop lasts, the breaker lets a few uploads through as probes, at a growing interval, and one more when there is
//! a sign that the server may accept again. All others that would certainly be refused are to be answered with the server's
//! own last refusal: those of the same device, sent in the same name, that still carry the refused key, with the same value,
//! and beside one-time keys nothing new. An accepted upload ends the loop.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::entry::Refusal;
use crate::timestamp::Timestamp;
use crate::upload::Upload;
use crate::upload_outcome::{Accepted, KeySurplus, UploadFailures, note_failure};

/// The first interval between probes.
pub const FIRST_PROBE_MS: i64 = 30_000;
/// The interval does not grow beyond this.
pub const LAST_PROBE_MS: i64 = 15 * 60_000;
/// A probe is put off by up to this part of its interval, so that many clients do not come back at once.
const JITTER: f64 = 0.2;
/// A rate over less time says nothing.
const RATE_MS: i64 = 10_000;
/// How many of the refused keys are remembered by their ids.
const KEY_IDS: usize = 16;
/// How many of the fields that were sent along with a refused key are remembered.
const CARRIED: usize = 16;
/// More refusals than that are never waited for: the time of each is kept.
const MOST_REFUSALS: u32 = 100;

/// When refusals are a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopOptions {
    /// So many refusals without an accepted upload between them, from 1 to 100 …
    pub threshold: u32,
    /// … within so many milliseconds.
    pub window_ms: i64,
    /// Whether uploads are held back while it lasts.
    pub breaker: bool,
}

impl Default for LoopOptions {
    fn default() -> Self {
        Self { threshold: 3, window_ms: 10 * 60_000, breaker: true }
    }
}

/// Where the uploads stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum LoopState {
    /// No upload was refused, as far as was seen.
    #[default]
    Idle,
    /// Some were, too few for a loop.
    Suspected,
    /// The same upload is refused again and again.
    Looping,
    /// There was a loop, and an upload was accepted since.
    Recovered,
}

/// Whether uploads are held back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum Breaker {
    /// Every upload goes to the server.
    #[default]
    Closed,
    /// Only probes do.
    Open,
    /// It was switched off, the network is not watched, or the uploads do not tell for certain of which device they are.
    Off,
}

/// The uploads of one-time keys, as far as this page saw them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct UploadLoopStatus {
    /// Where they stand.
    pub state: LoopState,
    /// Since when.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub since: Option<Timestamp>,
    /// What the latest refusal named.
    pub refusal: Option<Refusal>,
    /// Whether client and server hold different keys under that id (`true`: the two have diverged).
    pub diverges: Option<bool>,
    /// The keys that were named since the last accepted upload, the latest last; at most 16.
    pub key_ids: Vec<String>,
    /// Refusals by the server since the last accepted upload.
    pub refusals: u32,
    /// When the first of them came.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub first_ts: Option<Timestamp>,
    /// When the latest came.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub last_ts: Option<Timestamp>,
    /// How often a minute the client tried, by the time between its first try and its latest; `null`: too few to tell.
    pub per_minute: Option<f64>,
    /// Whether the network is watched, not the console alone.
    pub watched: bool,
    /// Whether uploads are held back.
    pub breaker: Breaker,
    /// Requests that were answered from memory, and so spared the server.
    pub spared: u32,
    /// Requests that were let through to see whether the server still refuses.
    pub probes: u32,
    /// When the next of them is due.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub next_probe: Option<Timestamp>,
    /// Uploads that the server accepted.
    pub accepted: u32,
    /// Uploads that failed since then, other than because a key exists; `null`: none.
    #[serde(default)]
    pub failing: Option<UploadFailures>,
    /// More accepted uploads than a client needs; `null`: not so.
    #[serde(default)]
    pub surplus: Option<KeySurplus>,
}

/// What is to be done with an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes to the server.
    Pass,
    /// It is answered with the server's last refusal.
    Answer,
}

/// A key that the server refused, and the upload that it came in.
#[derive(Clone, Debug)]
struct RefusedKey {
    /// In whose name it was sent.
    sender: u64,
    id: String,
    value: u64,
    /// What was sent along with it.
    carried: VecDeque<u64>,
}

impl RefusedKey {
    /// The same key, sent by the same.
    fn is_in(&self, upload: &Upload) -> bool {
        self.sender == upload.sender && upload.keys.iter().any(|(id, value)| (id, value) == (&self.id, &self.value))
    }

    /// All that stands beside the one-time keys came with this key before.
    fn knows_all_of(&self, upload: &Upload) -> bool {
        upload.carried.iter().all(|field| self.carried.contains(field))
    }
}

/// Detector and breaker, for the uploads of one client.
#[derive(Clone, Debug, Default)]
pub struct UploadLoop {
    options: LoopOptions,
    status: UploadLoopStatus,
    /// When the latest refusals came: as many as make a loop.
    recent: VecDeque<Timestamp>,
    /// How often the client tried since the first refusal.
    tries: u32,
    /// The keys that are refused since the last accepted upload, by what is seen on the network; at most 16.
    refused: Vec<RefusedKey>,
    /// When the last upload was let through.
    last_pass: Option<Timestamp>,
    /// The next probe is due to a sign from outside, and not to the time that has passed.
    is_hinted: bool,
    /// The latest accepted uploads.
    supply: Accepted,
    interval_ms: i64,
    /// What the next probe is put off by.
    random: f64,
}

impl UploadLoop {
    /// From now on the network is watched, or it is not any more.
    pub fn watch(&mut self, watched: bool, options: LoopOptions) {
        self.options = LoopOptions { threshold: options.threshold.clamp(1, MOST_REFUSALS), ..options };
        self.status.watched = watched;
        self.set_breaker();
    }

    /// The server refused an upload. `None`: a line that the SDK wrote says so, where the network is not watched.
    pub fn refused(&mut self, refusal: &Refusal, upload: Option<&Upload>, now: Timestamp) {
        if let Some(upload) = upload {
            self.remember(refusal, upload);
        }
        self.note(refusal, now);
        self.count(now);
        self.set_breaker();
    }

    /// A line says that the server refused an upload, which was not seen where it should have been: it is reported, and
    /// makes no loop.
    pub fn told(&mut self, refusal: &Refusal, now: Timestamp) {
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
        self.tried(now);
    }

    fn count(&mut self, now: Timestamp) {
        self.recent.push_back(now);
        let threshold = self.options.threshold as usize;
        while self.recent.len() > threshold {
            self.recent.pop_front();
        }
        let is_full = self.recent.len() == threshold;
        let lasted = self.recent.front().map_or(0, |first| now.ms() - first.ms());
        // A clock that was put back tells no time: repetition decides.
        if is_full && lasted <= self.options.window_ms && self.status.state == LoopState::Suspected {
            self.status.state = LoopState::Looping;
            self.status.since = Some(now);
            self.interval_ms = FIRST_PROBE_MS;
            self.last_pass = Some(now);
            self.schedule(now);
        }
    }

    /// Only of a key that was in the upload, under the very id, and whose device is certain.
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

    /// An upload failed, and not because a key exists: that ends no loop, and makes none.
    pub fn failed(&mut self, http_status: Option<u16>, errcode: Option<&str>, now: Timestamp) {
        note_failure(&mut self.status.failing, http_status, errcode, now);
    }

    /// How many keys were in an accepted upload, and how many the server holds now.
    pub fn supplied(&mut self, keys: u32, held: Option<u32>, now: Timestamp) {
        if let Some(surplus) = self.supply.note(keys, held, now) {
            self.status.surplus = Some(surplus);
        }
    }

    /// The server accepted an upload of one-time keys.
    pub fn accepted(&mut self, now: Timestamp) {
        let status = &mut self.status;
        match status.state {
            // What it was about stays for the report.
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
        self.tries = 0;
        self.refused.clear();
        self.set_breaker();
    }

    /// What is to be done with an upload. `random` is from 0 to 1.
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
        // A clock that was put back would hold the probe off for as long.
        if self.status.next_probe.is_some_and(|due| due.ms() - now.ms() > self.wait(1.0)) {
            self.schedule(now);
        }
        self.status.spared = self.status.spared.saturating_add(1);
        self.tried(now);
        Verdict::Answer
    }

    /// There is a sign that the server may accept again: the next upload is a probe. So is one at somebody's request;
    /// without it, probes stay as far apart as the first ones.
    pub fn probe_soon(&mut self, is_requested: bool, now: Timestamp) {
        if self.status.breaker != Breaker::Open {
            return;
        }
        let rest = self.last_pass.map_or(0, |last| FIRST_PROBE_MS - (now.ms() - last.ms()));
        // More than all of it: the clock was put back.
        let due = if is_requested || rest > FIRST_PROBE_MS { now } else { now.plus_ms(rest.max(0)) };
        if self.status.next_probe.is_none_or(|next| due < next) {
            self.status.next_probe = Some(due);
            self.is_hinted = true;
        }
    }

    /// Whether it is about keys that were sent in the name of this sender.
    pub fn is_of(&self, sender: u64) -> bool {
        self.refused.iter().any(|refused| refused.sender == sender)
    }

    /// What is known.
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

    fn tried(&mut self, now: Timestamp) {
        self.tries = self.tries.saturating_add(1);
        let lasted = self.status.first_ts.map_or(0, |first| now.ms() - first.ms());
        // In tenths, rounded.
        let per_minute = (lasted >= RATE_MS && self.tries > 1)
            .then(|| (i64::from(self.tries - 1) * 600_000 + lasted / 2) / lasted)
            .map(|tenths| f64::from(u32::try_from(tenths).unwrap_or(u32::MAX)) / 10.0);
        self.status.per_minute = per_minute;
    }
}
