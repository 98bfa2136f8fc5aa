//! The server's side of a report: database rows in full, log and HAR requests around its time.

use lotus_crypto_diag::server_evidence::{HarRequest, LogLine, ServerEvidence};
use lotus_crypto_diag::timestamp::Timestamp;
use serde::Deserialize;

use crate::content::{Content, Kind, moment};
use crate::requests::TimedRequest;

/// Log and HAR are used from this long before a report to this long after it.
const MARGIN_MS: i64 = 60 * 60_000;
/// At most this many requests of a file are used with a report: of more, an even share and every failed one.
const MAX_WEIGHED: usize = 50_000;

/// A file that was read, and how far its clock is ahead of UTC.
#[derive(Clone, Copy, Debug)]
pub struct FileWithOffset<'a> {
    /// The content that was kept of the file.
    pub content: &'a Content,
    /// In milliseconds.
    pub offset_ms: i64,
}

impl FileWithOffset<'_> {
    /// A time that is in UTC already needs no offset.
    fn offset(&self, is_utc: bool) -> i64 {
        if is_utc { 0 } else { self.offset_ms }
    }

    /// When each request began, in UTC, and how long it took.
    pub fn timings(&self) -> impl Iterator<Item = (i64, f64)> {
        let requests = self.content.requests.iter();
        requests.map(|request| (request.at - self.offset(request.is_utc), request.duration_ms))
    }
}

/// The evidence that bears on a report.
pub fn evidence_for(report: &Span, files: &[FileWithOffset<'_>]) -> ServerEvidence {
    let (from, to) = report.ends();
    let is_near = |at: i64| at >= from - MARGIN_MS && at <= to + MARGIN_MS;
    let mut evidence = ServerEvidence::default();
    let mut log: Vec<(i64, LogLine)> = Vec::new();
    for file in files {
        let content = file.content;
        let offset = |request: &TimedRequest| file.offset(request.is_utc);
        content.rows.add_to(&mut evidence);
        match content.kind {
            Kind::Har => {
                let near = share_of(&content.requests, |request| is_near(request.at - offset(request)));
                let requests = near.map(|request| har_request(request, offset(request)));
                evidence.har.get_or_insert_default().extend(requests);
            }
            Kind::Log => {
                let near = share_of(&content.requests, |request| is_near(ended_at(request) - offset(request)));
                log.extend(near.map(|request| log_line(request, offset(request))));
                let lines = content.lines.iter().map(|line| (line, file.offset(line.is_utc)));
                let near = lines.filter(|(line, offset_ms)| is_near(line.at - offset_ms));
                log.extend(near.map(|(line, offset_ms)| (line.at - offset_ms, line.to_line(offset_ms))));
                evidence.log.get_or_insert_default();
            }
            Kind::Report | Kind::Rows => {}
        }
    }
    log.sort_by_key(|(at, _)| *at);
    if let Some(lines) = &mut evidence.log {
        lines.extend(log.into_iter().map(|(_, line)| line));
    }
    evidence
}

/// The time that a report covers, with its earlier pages. Nothing else of the report is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Span {
    generated_at: Timestamp,
    #[serde(default)]
    capturing_since: Option<Timestamp>,
    #[serde(default)]
    entries: Vec<EntrySpan>,
    #[serde(default)]
    earlier: Vec<PageSpan>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntrySpan {
    first_ts: Timestamp,
    last_ts: Timestamp,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageSpan {
    began_at: Timestamp,
    last_seen_at: Timestamp,
}

impl Span {
    fn ends(&self) -> (i64, i64) {
        let entries = self.entries.iter().flat_map(|entry| [entry.first_ts, entry.last_ts]);
        let earlier = self.earlier.iter().flat_map(|page| [page.began_at, page.last_seen_at]);
        let times = entries.chain(earlier).chain(self.capturing_since).chain([self.generated_at]).map(Timestamp::ms);
        times.fold((i64::MAX, i64::MIN), |(from, to), at| (from.min(at), to.max(at)))
    }
}

fn share_of(requests: &[TimedRequest], is_near: impl Fn(&TimedRequest) -> bool) -> impl Iterator<Item = &TimedRequest> {
    let near: Vec<&TimedRequest> = requests.iter().filter(|request| is_near(request)).collect();
    let step = near.len().div_ceil(MAX_WEIGHED).max(1);
    let is_evidence = |request: &TimedRequest| request.status == 0 || request.status >= 400;
    near.into_iter().enumerate().filter(move |(nth, request)| nth % step == 0 || is_evidence(request)).map(|(_, r)| r)
}

/// Synapse logs a request when it ends.
#[allow(clippy::cast_possible_truncation, reason = "`as` saturates")]
fn ended_at(request: &TimedRequest) -> i64 {
    request.at.saturating_add(request.duration_ms as i64)
}

fn log_line(request: &TimedRequest, offset_ms: i64) -> (i64, LogLine) {
    let at = ended_at(request) - offset_ms;
    let TimedRequest { method, path, status, duration_ms, .. } = request;
    let line = LogLine {
        ts: moment(at),
        level: None,
        request: request.request.clone(),
        method: Some(method.clone()),
        path: Some(path.clone()),
        status: Some(*status),
        duration_ms: Some(*duration_ms),
        text: request.text.clone().unwrap_or_else(|| format!("{method} {path} {status} {duration_ms} ms")),
    };
    (at, line)
}

fn har_request(request: &TimedRequest, offset_ms: i64) -> HarRequest {
    HarRequest {
        ts: moment(request.at - offset_ms),
        method: request.method.clone(),
        path: request.path.clone(),
        status: request.status,
        duration_ms: request.duration_ms,
        refusal: request.refusal.clone(),
        errcode: request.errcode.clone(),
    }
}
