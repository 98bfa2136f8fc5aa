//! The content that was kept of a file.

use lotus_crypto_diag::server_evidence::LogLine;
use lotus_crypto_diag::timestamp::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::log_tally::LogTally;
use crate::requests::TimedRequest;
use crate::rows::Rows;

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "EvidenceKind"))]
pub enum Kind {
    /// One or more reports of clients.
    Report,
    /// The requests of a browser.
    Har,
    /// The homeserver's log.
    Log,
    /// Query results of the database.
    Rows,
}

/// A line of the homeserver's log that says more than that a request ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct RelevantLine {
    /// In milliseconds since 1970, by the log's clock.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub at: i64,
    /// Whether `at` is in UTC, independent of the server's time zone.
    #[serde(skip)]
    pub is_utc: bool,
    /// `INFO`, `WARNING`, …
    pub level: Option<String>,
    /// Synapse's name of the request: `POST-123`.
    pub request: Option<String>,
    /// The line.
    pub text: String,
}

impl RelevantLine {
    pub(crate) fn to_line(&self, offset_ms: i64) -> LogLine {
        LogLine {
            ts: moment(self.at - offset_ms),
            level: self.level.clone(),
            request: self.request.clone(),
            method: None,
            path: None,
            status: None,
            duration_ms: None,
            text: self.text.clone(),
        }
    }
}

/// Everything that was kept of a file.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "EvidenceContent"))]
pub struct Content {
    /// What the file turned out to be.
    pub kind: Kind,
    /// The reports, unchanged: the diagnosis validates them.
    #[cfg_attr(feature = "bindings", ts(type = "Array<Report>"))]
    pub reports: Vec<Box<RawValue>>,
    /// Database rows, by table.
    pub rows: Rows,
    /// Requests of a HAR file, or of the homeserver's log.
    pub requests: Vec<TimedRequest>,
    /// Lines of the homeserver's log that say more than that a request ended.
    pub lines: Vec<RelevantLine>,
    /// The data of the homeserver's log that a survey needs.
    #[serde(skip)]
    pub tally: LogTally,
    /// Whether the file is cut off or damaged; the part before that is used.
    #[serde(skip)]
    pub is_partial: bool,
    /// What was found, in one sentence for the user.
    pub summary: String,
    /// What was left out and why, for the user.
    pub notes: Vec<String>,
}

impl Content {
    /// The first and the last time of a log in UTC, if its clock is `offset_ms` ahead.
    pub fn span(&self, offset_ms: i64) -> Option<[i64; 2]> {
        self.tally.span(offset_ms)
    }

    /// The last time of a log, by its own clock.
    pub fn latest(&self) -> Option<Timestamp> {
        self.span(0).map(|[_, last]| moment(last))
    }

    pub(crate) fn of(kind: Kind) -> Self {
        Self {
            kind,
            reports: Vec::new(),
            rows: Rows::default(),
            requests: Vec::new(),
            lines: Vec::new(),
            tally: LogTally::default(),
            is_partial: false,
            summary: String::new(),
            notes: Vec::new(),
        }
    }
}

/// A time from milliseconds since 1970, limited to the years 1970 to 9999.
#[allow(clippy::cast_precision_loss, reason = "the range of times is far below 2^53")]
pub(crate) fn moment(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms.max(0) as f64)
}
