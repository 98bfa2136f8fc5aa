//! What a log says about one device.

use lotus_crypto_diag::survey::NamedBy;

use crate::series::{Accepted, Series};
use crate::uploads::{FinishedUpload, Outcome};

/// At most this many refused key ids are kept per device.
const MAX_IDS: usize = 100;
const MAX_CLIENTS: usize = 4;
/// Two uploaders of one device take turns at least this often within this time. A restored store that collides again weeks
/// later does not.
const TURNS: usize = 3;
const TURNS_WITHIN_MS: i64 = 6 * 3_600_000;

#[derive(Clone, Debug, Default)]
pub(crate) struct DeviceTally {
    pub(crate) named_by: Option<NamedBy>,
    pub(crate) accepted: Accepted,
    pub(crate) clients: Vec<String>,
    pub(crate) troubles: Option<Box<Troubles>>,
    /// The first and the latest upload that was accepted or refused.
    ends: Option<[DatedOutcome; 2]>,
}

#[derive(Clone, Copy, Debug)]
struct DatedOutcome {
    at: i64,
    is_refused: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Troubles {
    pub(crate) refused: Series,
    pub(crate) ids: Vec<RefusedKey>,
    /// Refused uploads that contained device keys, too.
    pub(crate) with_device_keys: u64,
    pub(crate) turns: Turns,
    pub(crate) too_large: Series,
    pub(crate) failed: Series,
    pub(crate) delayed: Series,
}

/// A refused key id.
#[derive(Clone, Debug)]
pub(crate) struct RefusedKey {
    pub(crate) id: String,
    pub(crate) count: u64,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

/// Refused uploads that came right after an accepted one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns {
    /// The times of the first and the latest ones.
    times: Vec<i64>,
    /// Whether [`TURNS`] of them, each after an earlier refusal, came within [`TURNS_WITHIN_MS`].
    pub(crate) are_dense: bool,
}

impl Turns {
    fn push(&mut self, at: i64, first_refused: i64) {
        self.times.push(at);
        // The very first refusal is no turn.
        let mut latest = self.times.iter().rev().filter(|time| **time > first_refused);
        self.are_dense |= latest.nth(TURNS - 1).is_some_and(|third| (at - third).abs() <= TURNS_WITHIN_MS);
        if self.times.len() > 2 * TURNS {
            self.times.remove(TURNS);
        }
    }
}

impl DeviceTally {
    pub(crate) fn troubles(&mut self) -> &mut Troubles {
        self.troubles.get_or_insert_default()
    }

    pub(crate) fn note_client(&mut self, client: Option<String>) {
        if let Some(client) = client.filter(|client| self.clients.len() < MAX_CLIENTS && !self.clients.contains(client))
        {
            self.clients.push(client);
        }
    }

    pub(crate) fn take(&mut self, done: FinishedUpload) {
        let FinishedUpload { at, named_by, client, outcome, .. } = done;
        self.note_name(named_by);
        self.note_client(client);
        match outcome {
            Outcome::Accepted => {
                self.accepted.add(at);
                self.note_end(DatedOutcome { at, is_refused: false });
            }
            Outcome::Refused { key_id, with_device_keys } => {
                let troubles = self.troubles();
                troubles.refused.add(at, 400);
                troubles.with_device_keys += u64::from(with_device_keys);
                troubles.note_id(&key_id, at);
                self.note_end(DatedOutcome { at, is_refused: true });
            }
            Outcome::TooLarge => self.troubles().too_large.add(at, 400),
            Outcome::Failed(status) => self.troubles().failed.add(at, status),
        }
    }

    /// Sorts by severity: the worst kind of trouble first, then its count.
    pub(crate) fn gravity(&self) -> [u64; 4] {
        let counts = |troubles: &Troubles| {
            [&troubles.refused, &troubles.too_large, &troubles.failed, &troubles.delayed].map(|series| series.count)
        };
        self.troubles.as_deref().map_or([0; 4], counts)
    }

    fn note_name(&mut self, named_by: Option<NamedBy>) {
        self.named_by = [self.named_by, named_by].into_iter().flatten().min();
    }

    fn note_end(&mut self, outcome: DatedOutcome) {
        let before = self.ends.map(|[_, last]| last);
        let is_turn = before.is_some_and(|last| outcome.is_refused && !last.is_refused && outcome.at >= last.at);
        if is_turn && let Some(troubles) = &mut self.troubles {
            troubles.turns.push(outcome.at, troubles.refused.first.unwrap_or(outcome.at));
        }
        self.ends = Some([self.ends.map_or(outcome, |[first, _]| first), outcome]);
    }

    /// Adds a later log's tally, whose clock is `offset_ms` ahead.
    pub(crate) fn merge(&mut self, other: &Self, offset_ms: i64) {
        self.note_name(other.named_by);
        self.accepted.merge(&other.accepted, offset_ms);
        for client in &other.clients {
            self.note_client(Some(client.clone()));
        }
        let shifted = |outcome: DatedOutcome| DatedOutcome { at: outcome.at - offset_ms, ..outcome };
        let ends = other.ends.map(|ends| ends.map(shifted));
        if let Some(troubles) = &other.troubles {
            let all = self.troubles.get_or_insert_default();
            all.merge(troubles, offset_ms);
        }
        if let Some([first, last]) = ends {
            self.note_end(first);
            for turn in other.troubles.iter().flat_map(|troubles| &troubles.turns.times) {
                let troubles = self.troubles();
                troubles.turns.push(turn - offset_ms, troubles.refused.first.unwrap_or(turn - offset_ms));
            }
            if let Some(ends) = &mut self.ends {
                ends[1] = last;
            }
        }
    }
}

impl Troubles {
    fn merge(&mut self, other: &Self, offset_ms: i64) {
        self.refused.merge(&other.refused, offset_ms);
        self.too_large.merge(&other.too_large, offset_ms);
        self.failed.merge(&other.failed, offset_ms);
        self.delayed.merge(&other.delayed, offset_ms);
        self.with_device_keys += other.with_device_keys;
        self.turns.are_dense |= other.turns.are_dense;
        for id in &other.ids {
            self.merge_id(RefusedKey { first: id.first - offset_ms, last: id.last - offset_ms, ..id.clone() });
        }
    }

    fn note_id(&mut self, key_id: &str, at: i64) {
        self.merge_id(RefusedKey { id: key_id.to_owned(), count: 1, first: at, last: at });
    }

    fn merge_id(&mut self, other: RefusedKey) {
        if let Some(key) = self.ids.iter_mut().find(|key| key.id == other.id) {
            key.count += other.count;
            key.first = key.first.min(other.first);
            key.last = key.last.max(other.last);
        } else if self.ids.len() < MAX_IDS {
            self.ids.push(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::DeviceIds;

    fn device(uploads: &[(i64, bool)]) -> DeviceTally {
        let mut device = DeviceTally::default();
        for (at, is_refused) in uploads {
            let outcome = if *is_refused {
                Outcome::Refused { key_id: "AAAA".to_owned(), with_device_keys: false }
            } else {
                Outcome::Accepted
            };
            let device_ids = DeviceIds { user: None, device: None };
            device.take(FinishedUpload { at: *at, device_ids, named_by: None, client: None, outcome });
        }
        device
    }

    fn are_dense(device: &DeviceTally) -> bool {
        device.troubles.as_ref().is_some_and(|troubles| troubles.turns.are_dense)
    }

    const MINUTE: i64 = 60_000;
    const DAY: i64 = 24 * 60 * MINUTE;

    #[test]
    fn two_clients_take_turns_only_if_they_alternate_three_times_within_hours() {
        let uploads = |words: &str, step: i64| -> Vec<(i64, bool)> {
            words.chars().enumerate().map(|(nth, c)| (i64::try_from(nth).unwrap() * step, c == 'R')).collect()
        };
        for (words, step, expected) in [
            ("RARARAR", MINUTE, true),
            ("ARARARAR", MINUTE, true),
            ("ARARAR", MINUTE, false),
            ("RARAR", MINUTE, false),
            ("RARRRRRR", MINUTE, false),
            ("AAAARRRR", MINUTE, false),
            ("RARARAR", DAY, false),
            ("RARARARARARARARARARARARARAR", 5 * 60 * MINUTE, false),
        ] {
            let all = uploads(words, step);
            assert_eq!(are_dense(&device(&all)), expected, "{words}");
            for cut in 0..all.len() {
                let mut merged = device(&all[..cut]);
                merged.merge(&device(&all[cut..]), 0);
                assert_eq!(are_dense(&merged), expected, "{words} cut at {cut}");
            }
        }
    }

    #[test]
    fn dense_turns_among_sparse_ones_are_found_wherever_the_log_is_cut() {
        let mut all: Vec<(i64, bool)> = (0..40).map(|nth| (nth * DAY, nth % 2 == 0)).collect();
        for nth in 0..8 {
            all.push((40 * DAY + nth * MINUTE, nth % 2 == 0));
        }
        all.extend((0..40).map(|nth| (50 * DAY + nth * DAY, nth % 2 == 0)));
        for cut in 0..all.len() {
            let mut merged = device(&all[..cut]);
            merged.merge(&device(&all[cut..]), 0);
            assert!(are_dense(&merged), "cut at {cut}");
        }
    }
}
