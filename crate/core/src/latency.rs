//! How fast the homeserver answers, measured by the browser's request timings.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::request_path::request_path;
use crate::timestamp::Timestamp;

/// A completed request to the homeserver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LatencySample {
    /// When the request was made.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub ts: Timestamp,
    /// Path from `/_matrix/` on, without the query, with every id replaced by `{id}`.
    pub path: String,
    /// From the start of the request to the end of the answer, or to its failure.
    pub duration_ms: f64,
    /// HTTP status; 0: no answer came; `null`: the browser did not report it.
    pub status: Option<u16>,
}

/// The requests to the homeserver that the browser measured. The long poll of `/sync` and media downloads are left
/// out, because their duration says nothing about the homeserver.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Latency {
    /// When measuring began.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub since: Option<Timestamp>,
    /// Number of measured requests, including those that are not in `samples`.
    pub seen: u32,
    /// From this time on, all requests are included; before it, only the slowest.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub complete_since: Option<Timestamp>,
    /// The latest requests and the slowest earlier ones, in order of time.
    pub samples: Vec<LatencySample>,
}

/// Statistics of several requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LatencyFigures {
    /// Number of requests.
    pub count: u32,
    /// Median duration; `null`: no requests.
    pub p50_ms: Option<f64>,
    /// 95th percentile of the duration.
    pub p95_ms: Option<f64>,
    /// Longest duration.
    pub worst_ms: Option<f64>,
    /// Number of failed requests: without an answer, with a server error (5xx) of the homeserver or a proxy in front
    /// of it, or refused key uploads (4xx).
    pub failures: u32,
}

/// The requests to one kind of endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PathLatency {
    /// HTTP method; `null`: unknown, because the browser's timings do not contain it and the path has several.
    pub method: Option<String>,
    /// The path, with every id replaced by `{id}`.
    pub path: String,
    /// Statistics of these requests.
    #[serde(flatten)]
    pub figures: LatencyFigures,
}

/// A period in which a fault was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct FaultWindow {
    /// Start: some time before the first line.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub from: Timestamp,
    /// End: some time after the last line.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub to: Timestamp,
}

/// Whether the homeserver was slow, in general and when the call failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LatencySummary {
    /// All requests.
    pub all: LatencyFigures,
    /// Requests that overlap a KE-4 window.
    pub in_fault_windows: LatencyFigures,
    /// All other requests.
    pub outside: LatencyFigures,
    /// The periods in which KE-4 was seen.
    pub windows: Vec<FaultWindow>,
    /// Per endpoint, the slowest first.
    pub by_path: Vec<PathLatency>,
}

/// Number of latest requests to keep.
const LATEST: usize = 400;
/// Number of slowest earlier requests to keep.
const SLOWEST: usize = 100;

/// The measured requests of a page, with bounded memory.
#[derive(Debug, Default)]
pub struct LatencyLog {
    since: Option<Timestamp>,
    is_watched: bool,
    seen: u32,
    latest: VecDeque<LatencySample>,
    slowest: Vec<LatencySample>,
    /// Time of the latest request that may be missing.
    dropped: Option<Timestamp>,
}

impl LatencyLog {
    /// Measuring begins. If it had begun before, requests in between are missing.
    pub fn begin(&mut self, now: Timestamp) {
        self.is_watched = true;
        if self.since.is_some() {
            self.dropped = Some(now);
        } else {
            self.since = Some(now);
        }
    }

    /// Requests until now may be missing, because their timings could not be read.
    pub const fn miss(&mut self, now: Timestamp) {
        self.dropped = Some(now);
    }

    /// Measuring ends.
    pub const fn end(&mut self) {
        self.is_watched = false;
    }

    /// Records a completed request. Ignores requests that do not go to a homeserver, or whose duration says nothing
    /// about it.
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

    /// `None` if measuring never began.
    pub fn status(&self, now: Timestamp) -> Option<Latency> {
        let since = self.since?;
        let mut samples: Vec<_> = self.slowest.iter().chain(&self.latest).cloned().collect();
        samples.sort_unstable_by_key(|sample| sample.ts);
        let missing = if self.is_watched { self.dropped } else { Some(now) };
        // Of two requests that began in the same millisecond, one may have been dropped and the other kept.
        let complete_since = missing.map_or(since, |missing| missing.plus_ms(1));
        Some(Latency { since: Some(since), seen: self.seen, complete_since: Some(complete_since), samples })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_and_the_slowest_requests_are_kept_and_gaps_are_reported() {
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
