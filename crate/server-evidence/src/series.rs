//! How often something happened, and when.

use std::collections::BTreeMap;

const HOUR_MS: i64 = 3_600_000;
/// Two months.
const MAX_HOURS: usize = 1500;
/// No device needs this many accepted uploads in an hour.
pub(crate) const STORM: u32 = 20;

/// The beginning of the hour that contains `at`.
pub(crate) fn hour_of(at: i64) -> i64 {
    at.div_euclid(HOUR_MS) * HOUR_MS
}

/// Requests of one kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    pub(crate) count: u64,
    pub(crate) first: Option<i64>,
    pub(crate) last: Option<i64>,
    pub(crate) hours: BTreeMap<i64, u32>,
    pub(crate) statuses: BTreeMap<u16, u64>,
}

impl Series {
    pub(crate) fn add(&mut self, at: i64, status: u16) {
        self.count += 1;
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        *self.statuses.entry(status).or_default() += 1;
        add_hour(&mut self.hours, hour_of(at), 1);
    }

    fn add_storm(&mut self, run: Run) {
        if run.count < STORM {
            return;
        }
        self.count += u64::from(run.count);
        self.first = Some(self.first.map_or(run.first, |first| first.min(run.first)));
        self.last = Some(self.last.map_or(run.last, |last| last.max(run.last)));
        *self.statuses.entry(200).or_default() += u64::from(run.count);
        add_hour(&mut self.hours, run.hour, run.count);
    }

    /// Adds another log's series, whose clock is `offset_ms` ahead.
    pub(crate) fn merge(&mut self, other: &Self, offset_ms: i64) {
        self.count += other.count;
        self.first = [self.first, other.first.map(|at| at - offset_ms)].into_iter().flatten().min();
        self.last = [self.last, other.last.map(|at| at - offset_ms)].into_iter().flatten().max();
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        for (hour, count) in &other.hours {
            add_hour(&mut self.hours, hour_of(hour - offset_ms), *count);
        }
    }
}

fn add_hour(hours: &mut BTreeMap<i64, u32>, hour: i64, count: u32) {
    if hours.len() < MAX_HOURS || hours.contains_key(&hour) {
        let slot = hours.entry(hour).or_default();
        *slot = slot.saturating_add(count);
    }
}

/// Uploads in one hour.
#[derive(Clone, Copy, Debug)]
struct Run {
    hour: i64,
    count: u32,
    first: i64,
    last: i64,
}

/// Accepted uploads. Little is kept per device, as most devices are in no trouble.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accepted {
    pub(crate) count: u64,
    pub(crate) last: Option<i64>,
    /// The first and the latest hour with uploads: another log may contain the rest of them.
    ends: [Option<Run>; 2],
    /// The hours in between with more uploads than a device needs.
    storms: Series,
}

impl Accepted {
    pub(crate) fn add(&mut self, at: i64) {
        self.count += 1;
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        self.add_run(Run { hour: hour_of(at), count: 1, first: at, last: at });
    }

    fn add_run(&mut self, run: Run) {
        if let Some(own) = self.ends.iter_mut().flatten().find(|own| own.hour == run.hour) {
            own.count = own.count.saturating_add(run.count);
            own.first = own.first.min(run.first);
            own.last = own.last.max(run.last);
            return;
        }
        if self.ends[0].is_none() {
            self.ends[0] = Some(run);
            return;
        }
        if let Some(over) = self.ends[1].replace(run) {
            self.storms.add_storm(over);
        }
    }

    /// Adds a later log's uploads, whose clock is `offset_ms` ahead.
    pub(crate) fn merge(&mut self, other: &Self, offset_ms: i64) {
        self.count += other.count;
        self.last = [self.last, other.last.map(|at| at - offset_ms)].into_iter().flatten().max();
        for run in other.ends.iter().flatten() {
            let (first, last) = (run.first - offset_ms, run.last - offset_ms);
            self.add_run(Run { hour: hour_of(first), count: run.count, first, last });
        }
        self.storms.merge(&other.storms, offset_ms);
    }

    /// All hours with more uploads than a device needs.
    pub(crate) fn storms(&self) -> Series {
        let mut storms = self.storms.clone();
        self.ends.into_iter().flatten().for_each(|run| storms.add_storm(run));
        storms
    }
}

/// The homeserver's requests in one hour.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hour {
    pub(crate) requests: u32,
    pub(crate) refused: u32,
    pub(crate) failed: u32,
    pub(crate) delayed: u32,
    pub(crate) slow: u32,
}

impl Hour {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.refused = self.refused.saturating_add(other.refused);
        self.failed = self.failed.saturating_add(other.failed);
        self.delayed = self.delayed.saturating_add(other.delayed);
        self.slow = self.slow.saturating_add(other.slow);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hour_with_many_uploads_is_a_storm() {
        let mut accepted = Accepted::default();
        for nth in 0..60 {
            accepted.add(nth * HOUR_MS / 10);
        }
        assert_eq!(accepted.storms().count, 0);
        for nth in 0..30 {
            accepted.add(10 * HOUR_MS + nth * 1000);
        }
        let storms = accepted.storms();
        assert_eq!((storms.count, storms.first), (30, Some(10 * HOUR_MS)));
        assert_eq!(storms.hours.into_iter().collect::<Vec<_>>(), [(10 * HOUR_MS, 30)]);
    }

    #[test]
    fn storms_are_the_same_wherever_the_log_is_cut() {
        let at: Vec<i64> =
            (0..30).map(|nth| nth * 1000).chain((0..90).map(|nth| HOUR_MS + nth * HOUR_MS / 15)).collect();
        let of = |at: &[i64]| {
            let mut accepted = Accepted::default();
            for at in at {
                accepted.add(*at);
            }
            accepted
        };
        let whole = of(&at).storms();
        for cut in 0..at.len() {
            let mut merged = of(&at[..cut]);
            merged.merge(&of(&at[cut..]), 0);
            let storms = merged.storms();
            assert_eq!((storms.count, &storms.hours), (whole.count, &whole.hours), "cut at {cut}");
        }
    }
}
