//! How fast the homeserver answered, from the browser's own timings of requests.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::request_path::request_path;
use crate::timestamp::Timestamp;

/// One request to the homeserver that has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LatencySample {
    /// When it was made.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub ts: Timestamp,
    /// Its path from `/_matrix/` on, without query, every id in it replaced by `{id}`.
    pub path: String,
    /// From its start to the end of the answer, or to its failure.
    pub duration_ms: f64,
    /// HTTP status; 0: no answer came; `null`: the browser did not tell.
    pub status: Option<u16>,
}

/// The requests to the homeserver that the browser timed. The long poll of `/sync` and downloads of media are left out:
/// how long these last says nothing of the homeserver.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Latency {
    /// Since when requests are timed.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub since: Option<Timestamp>,
    /// How many there were, kept below or not.
    pub seen: u32,
    /// From this time on none is missing; before it, only the slowest are kept.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub complete_since: Option<Timestamp>,
    /// The latest ones and, of those before, the slowest; in the order of time.
    pub samples: Vec<LatencySample>,
}

/// What many requests come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LatencyFigures {
    /// How many.
    pub count: u32,
    /// Half of them were faster than this; `null` where there are none.
    pub p50_ms: Option<f64>,
    /// Nineteen of twenty were faster than this.
    pub p95_ms: Option<f64>,
    /// The slowest.
    pub worst_ms: Option<f64>,
    /// How many had no answer, an error of the server (5xx) or of a proxy before it, or were an upload of keys that was
    /// refused (4xx).
    pub failures: u32,
}

/// The requests to one kind of endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PathLatency {
    /// HTTP method; `null` where it is not known: the browser's timings do not tell, and the path has several.
    pub method: Option<String>,
    /// The path, every id in it replaced by `{id}`.
    pub path: String,
    /// What they come to.
    #[serde(flatten)]
    pub figures: LatencyFigures,
}

/// A span of time in which a fault was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct FaultWindow {
    /// When it begins: a while before the first line.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub from: Timestamp,
    /// When it ends: a while after the last.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub to: Timestamp,
}

/// Whether the homeserver was slow, and whether it was so when the call faltered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LatencySummary {
    /// All requests.
    pub all: LatencyFigures,
    /// Those that were under way in a window of KE-4.
    pub in_fault_windows: LatencyFigures,
    /// Those that were not.
    pub outside: LatencyFigures,
    /// The windows of KE-4.
    pub windows: Vec<FaultWindow>,
    /// By endpoint, the slowest first.
    pub by_path: Vec<PathLatency>,
}

/// So many of the latest are kept …
const LATEST: usize = 400;
/// … and of those before, so many of the slowest.
const SLOWEST: usize = 100;

/// The requests of a page, as they are timed: bounded, whatever comes.
#[derive(Debug, Default)]
pub struct LatencyLog {
    since: Option<Timestamp>,
    is_watched: bool,
    seen: u32,
    latest: VecDeque<LatencySample>,
    slowest: Vec<LatencySample>,
    /// The time of the latest request that may be missing.
    dropped: Option<Timestamp>,
}

impl LatencyLog {
    /// Requests are timed from now on; where they were before, those between are missing.
    pub fn begin(&mut self, now: Timestamp) {
        self.is_watched = true;
        if self.since.is_some() {
            self.dropped = Some(now);
        } else {
            self.since = Some(now);
        }
    }

    /// Requests up to now may be missing: their timings could not be read.
    pub const fn miss(&mut self, now: Timestamp) {
        self.dropped = Some(now);
    }

    /// Requests are timed no more.
    pub const fn end(&mut self) {
        self.is_watched = false;
    }

    /// A request has ended. One that is no request to a homeserver, or whose time says nothing of it, is left out.
    pub fn take(&mut self, url: &str, ts: Timestamp, duration_ms: f64, status: Option<u16>) {
        let Some(path) = request_path(url) else { return };
        self.seen += 1;
        self.latest.push_back(LatencySample { ts, path, duration_ms, status });
        if self.latest.len() <= LATEST {
            return;
        }
        self.slowest.extend(self.latest.pop_front());
        if self.slowest.len() > SLOWEST {
            let durations = self.slowest.iter().map(|sample| sample.duration_ms).enumerate();
            let quickest = durations.min_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(0, |(at, _)| at);
            self.dropped = self.dropped.max(Some(self.slowest.swap_remove(quickest).ts));
        }
    }

    /// `None` where nothing was timed.
    pub fn status(&self, now: Timestamp) -> Option<Latency> {
        let since = self.since?;
        let mut samples: Vec<_> = self.slowest.iter().chain(&self.latest).cloned().collect();
        samples.sort_unstable_by_key(|sample| sample.ts);
        let missing = if self.is_watched { self.dropped } else { Some(now) };
        // Of two requests that began in one millisecond, one may be dropped and the other kept.
        let complete_since = missing.map_or(since, |missing| missing.plus_ms(1));
        Some(Latency { since: Some(since), seen: self.seen, complete_since: Some(complete_since), samples })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_requests_the_latest_stay_and_the_slowest_before_them_and_what_is_missing_is_said() {
        let (mut log, at) = (LatencyLog::default(), |ms: u32| Timestamp::from_ms(f64::from(ms)));
        assert_eq!(log.status(at(0)), None);
        log.begin(at(0));
        for ms in 1..=1000 {
            log.take(
                "/_matrix/client/v3/keys/query",
                at(ms),
                f64::from(if ms < 100 { 5000 - ms } else { ms % 7 }),
                None,
            );
        }
        let status = log.status(at(2000)).unwrap();
        assert_eq!((status.seen, status.samples.len()), (1000, LATEST + SLOWEST));
        assert!(status.samples.is_sorted_by_key(|sample| sample.ts));
        assert!(status.samples[98].duration_ms > 4900.0, "the slowest of the beginning");
        assert!(status.complete_since > Some(at(500)) && status.complete_since <= Some(at(601)));
        log.miss(at(1500));
        assert_eq!(log.status(at(2000)).unwrap().complete_since, Some(at(1501)));
        log.end();
        assert_eq!(log.status(at(2000)).unwrap().complete_since, Some(at(2001)));
        log.begin(at(3000));
        assert_eq!(log.status(at(4000)).unwrap().complete_since, Some(at(3001)));
    }
}
