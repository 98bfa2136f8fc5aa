//! How often something happened, and when.

use std::collections::BTreeMap;

const HOUR_MS: i64 = 3_600_000;
/// Two months.
const MOST_HOURS: usize = 1500;
/// So many accepted uploads in an hour are more than a device needs.
pub(crate) const STORM: u32 = 20;

/// The hour that a time lies in.
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

    /// Adds what another log says, whose clock is so much ahead.
    pub(crate) fn join(&mut self, other: &Self, offset_ms: i64) {
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
    if hours.len() < MOST_HOURS || hours.contains_key(&hour) {
        let slot = hours.entry(hour).or_default();
        *slot = slot.saturating_add(count);
    }
}

/// Accepted uploads. Of an ordinary device few things are kept, as there are many such devices.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accepted {
    pub(crate) count: u64,
    pub(crate) last: Option<i64>,
    hour: i64,
    in_hour: u32,
    /// The hours with more uploads than a device needs.
    pub(crate) storms: Series,
}

impl Accepted {
    pub(crate) fn add(&mut self, at: i64) {
        self.count += 1;
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        if hour_of(at) != self.hour {
            (self.hour, self.in_hour) = (hour_of(at), 0);
        }
        self.in_hour += 1;
        if self.in_hour >= STORM {
            let before = if self.in_hour == STORM { STORM } else { 1 };
            for _ in 0..before {
                self.storms.add(at, 200);
            }
        }
    }

    pub(crate) fn join(&mut self, other: &Self, offset_ms: i64) {
        self.count += other.count;
        self.last = [self.last, other.last.map(|at| at - offset_ms)].into_iter().flatten().max();
        self.storms.join(&other.storms, offset_ms);
    }
}

/// An hour of the homeserver.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hour {
    pub(crate) requests: u32,
    pub(crate) refused: u32,
    pub(crate) failed: u32,
    pub(crate) delayed: u32,
    pub(crate) slow: u32,
}

impl Hour {
    pub(crate) fn join(&mut self, other: &Self) {
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
    fn a_storm_is_the_hour_that_has_one_and_no_other() {
        let mut accepted = Accepted::default();
        for nth in 0..60 {
            accepted.add(nth * HOUR_MS / 10);
        }
        assert_eq!(accepted.storms.count, 0);
        for nth in 0..30 {
            accepted.add(10 * HOUR_MS + nth * 1000);
        }
        assert_eq!(accepted.storms.count, 30);
        assert_eq!(accepted.storms.hours.into_iter().collect::<Vec<_>>(), [(10 * HOUR_MS, 30)]);
    }
}
