//! Statistics of the homeserver's answers, inside and outside the windows of a fault.

use std::collections::BTreeMap;

use super::case::Case;
use super::loads::Load;
use crate::entry::Fault;
use crate::latency::{FaultWindow, LatencyFigures, LatencySummary, PathLatency};
use crate::timestamp::Timestamp;

/// The SDK logs a failed request up to this time after it was made.
const LEAD_MS: i64 = 15_000;
/// A request made up to this time after the line still counts as simultaneous.
const TAIL_MS: i64 = 5_000;
/// If the lines of an entry are further apart on average, they are not one period of trouble.
const DENSE_MS: i64 = 60_000;

/// A request, from any source of timings.
pub(crate) struct TimedRequest<'a> {
    pub(crate) ts: Timestamp,
    pub(crate) path: &'a str,
    pub(crate) method: Option<&'a str>,
    pub(crate) duration_ms: f64,
    pub(crate) status: Option<u16>,
    /// The log line, which names the user; `None`: this client made the request.
    pub(crate) line: Option<&'a str>,
    /// Path of the request in the report or the added evidence.
    pub(crate) fact: String,
}

impl TimedRequest<'_> {
    /// Whether the request was running during the window.
    pub(crate) fn overlaps(&self, window: &FaultWindow) -> bool {
        #[allow(clippy::cast_possible_truncation, reason = "`as` saturates")]
        let end = self.ts.plus_ms(self.duration_ms.max(0.0) as i64);
        self.ts <= window.to && end >= window.from
    }

    pub(crate) fn is_in(&self, windows: &[FaultWindow]) -> bool {
        windows.iter().any(|window| self.overlaps(window))
    }

    /// Whether there was no answer, a server error, or a refused key upload. For other requests, 4xx is an ordinary
    /// answer: no such profile, no such alias.
    pub(crate) fn failed(&self) -> bool {
        let is_upload = self.path.ends_with("/keys/upload");
        self.status.is_some_and(|status| status == 0 || status >= 500 || (is_upload && status >= 400))
    }
}

/// The requests as timed by the browser, or if there are none, by a HAR.
pub(crate) fn timed<'a>(case: &Case<'a>) -> Vec<TimedRequest<'a>> {
    // No timings are kept for earlier loads.
    let latency = case.report.latency.as_ref().filter(|_| case.loads().any(|load| load == Load::Present));
    let of_page = latency.into_iter().flat_map(|latency| latency.samples.iter().enumerate());
    let of_page: Vec<TimedRequest<'a>> = of_page
        .map(|(index, sample)| TimedRequest {
            ts: sample.ts,
            path: &sample.path,
            method: method(&sample.path),
            duration_ms: sample.duration_ms,
            status: sample.status,
            line: None,
            fact: format!("latency.samples[{index}]"),
        })
        .collect();
    if !of_page.is_empty() {
        return of_page;
    }
    let har = case.server.har.iter().flatten().enumerate();
    har.filter(|(_, request)| !is_left_out(&request.path))
        .map(|(index, request)| TimedRequest {
            ts: request.ts,
            path: &request.path,
            method: Some(&request.method),
            duration_ms: request.duration_ms,
            status: Some(request.status),
            line: None,
            fact: format!("server.har[{index}]"),
        })
        .collect()
}

/// The requests as timed by the homeserver's log.
pub(crate) fn logged<'a>(case: &Case<'a>) -> Vec<TimedRequest<'a>> {
    let log = case.server.log.iter().flatten().enumerate();
    log.filter_map(|(index, line)| {
        let path = line.path.as_deref().filter(|path| !is_left_out(path))?;
        Some(TimedRequest {
            ts: begin(line.ts, line.duration_ms?),
            path,
            method: line.method.as_deref(),
            duration_ms: line.duration_ms?,
            status: line.status,
            line: Some(&line.text),
            fact: format!("server.log[{index}]"),
        })
    })
    .collect()
}

/// When a request began: the log contains the time when it ended.
fn begin(end: Timestamp, duration_ms: f64) -> Timestamp {
    #[allow(clippy::cast_possible_truncation, reason = "`as` saturates")]
    end.plus_ms(-(duration_ms.max(0.0) as i64))
}

/// The long poll waits on purpose, and a download takes as long as it is big.
fn is_left_out(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or(path);
    path.ends_with("/sync") || path.contains("/media/")
}

/// When the fault was seen. If the lines of an entry are far apart, they make two windows instead of a long one.
pub(crate) fn windows(case: &Case<'_>, fault: Fault) -> Vec<FaultWindow> {
    let mut windows: Vec<FaultWindow> = Vec::new();
    for seen in case.entries().filter(|seen| seen.entry.ke == fault) {
        let (first, last) = (seen.entry.first_ts, seen.entry.last_ts.max(seen.entry.first_ts));
        let gaps = i64::from(seen.entry.count.saturating_sub(1).max(1));
        let around =
            |from: Timestamp, to: Timestamp| FaultWindow { from: from.plus_ms(-LEAD_MS), to: to.plus_ms(TAIL_MS) };
        if (last.ms() - first.ms()) / gaps <= DENSE_MS {
            windows.push(around(first, last));
        } else {
            windows.extend([around(first, first), around(last, last)]);
        }
    }
    windows.sort_unstable_by_key(|window| window.from);
    let mut merged: Vec<FaultWindow> = Vec::new();
    for window in windows {
        match merged.last_mut() {
            Some(before) if window.from <= before.to => before.to = before.to.max(window.to),
            _ => merged.push(window),
        }
    }
    merged
}

pub(crate) fn summary(case: &Case<'_>) -> Option<LatencySummary> {
    let timed = timed(case);
    if timed.is_empty() {
        return None;
    }
    let windows = windows(case, Fault::Ke4);
    let (inside, outside): (Vec<&TimedRequest<'_>>, Vec<&TimedRequest<'_>>) =
        timed.iter().partition(|one| one.is_in(&windows));
    let mut paths: BTreeMap<(&str, Option<&str>), Vec<&TimedRequest<'_>>> = BTreeMap::new();
    for one in &timed {
        paths.entry((one.path, one.method)).or_default().push(one);
    }
    let mut by_path: Vec<PathLatency> = paths
        .into_iter()
        .map(|((path, method), of_path)| PathLatency {
            method: method.map(str::to_owned),
            path: path.to_owned(),
            figures: figures(of_path),
        })
        .collect();
    by_path.sort_by(|a, b| b.figures.worst_ms.unwrap_or(0.0).total_cmp(&a.figures.worst_ms.unwrap_or(0.0)));
    Some(LatencySummary {
        all: figures(timed.iter()),
        in_fault_windows: figures(inside),
        outside: figures(outside),
        windows,
        by_path,
    })
}

pub(crate) fn figures<'a, 'b: 'a>(timed: impl IntoIterator<Item = &'a TimedRequest<'b>>) -> LatencyFigures {
    let mut durations: Vec<f64> = Vec::new();
    let mut failures = 0;
    for one in timed {
        durations.push(one.duration_ms);
        failures += u32::from(one.failed());
    }
    durations.sort_unstable_by(f64::total_cmp);
    LatencyFigures {
        count: u32::try_from(durations.len()).unwrap_or(u32::MAX),
        p50_ms: percentile(&durations, 50),
        p95_ms: percentile(&durations, 95),
        worst_ms: durations.last().copied(),
        failures,
    }
}

/// The nearest-rank percentile: always one of the values.
fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// The method of endpoints that have only one, according to the specification; the browser's timings do not contain
/// it.
fn method(path: &str) -> Option<&'static str> {
    let ends = |words: &[&str]| words.iter().any(|word| path.ends_with(word));
    if ends(&["/keys/upload", "/keys/query", "/keys/claim", "/restart", "/cancel", "/join", "/leave", "/read_markers"])
    {
        return Some("POST");
    }
    if path.contains("/sendToDevice/") || path.contains("/send/") || path.contains("/typing/") {
        return Some("PUT");
    }
    ends(&["/messages", "/joined_members", "/versions", "/capabilities", "/keys/changes", "/members"]).then_some("GET")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(percentile(&values, 50), Some(10.0));
        assert_eq!(percentile(&values, 95), Some(19.0));
        assert_eq!(percentile(&values[..1], 95), Some(1.0));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn the_method_is_given_only_for_endpoints_that_have_one() {
        assert_eq!(method("/_matrix/client/v3/keys/upload"), Some("POST"));
        assert_eq!(method("/_matrix/client/v3/rooms/{id}/send/m.room.encrypted/{id}"), Some("PUT"));
        assert_eq!(method("/_matrix/client/v3/profile/{id}"), None);
    }

    #[test]
    fn a_4xx_answer_counts_as_failed_for_key_uploads_only() {
        for (path, status, expected) in [
            ("/_matrix/client/v3/keys/upload", Some(400), 1),
            ("/_matrix/client/v3/keys/upload", Some(200), 0),
            ("/_matrix/client/v3/profile/{id}", Some(404), 0),
            ("/_matrix/client/v3/profile/{id}", Some(502), 1),
            ("/_matrix/client/v3/profile/{id}", Some(0), 1),
            ("/_matrix/client/v3/keys/upload", None, 0),
        ] {
            let ts = Timestamp::default();
            let one =
                TimedRequest { ts, path, method: None, duration_ms: 1.0, status, line: None, fact: String::new() };
            assert_eq!(figures([&one]).failures, expected, "{path} {status:?}");
        }
    }
}
