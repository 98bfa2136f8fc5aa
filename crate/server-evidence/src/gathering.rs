//! Combines logs and tables, one file after the other.

use std::collections::{HashMap, HashSet};

use lotus_crypto_diag::survey::{Coverage, DeviceAtRisk, Skipped};

use crate::case::Known;
use crate::content::Kind;
use crate::log_record::Record;
use crate::log_tally::{self, LogTally};
use crate::tally::{Tally, Who};

/// Lines of several threads may be this much out of order.
const DISORDER_MS: i64 = 1000;
/// The last line of a file may continue in the next file only if that begins within this time.
const LINE_GAP_MS: i64 = 60_000;

/// The combined content of files, in UTC. A file that was added may be dropped: memory does not grow with the number of
/// files.
///
/// Logs are added in the order of their first times. If none begins before the previous one ends, they are pieces of one
/// log, and the result is that of the whole log. Otherwise they are logs of several workers, and each is read by itself.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "what is known of the files")]
pub struct Gathering {
    pub(crate) all: Tally,
    pub(crate) skipped: Skipped,
    pub(crate) rows: HashMap<Who, DeviceAtRisk>,
    pub(crate) coverage: Option<Coverage>,
    pub(crate) has_log: bool,
    pub(crate) has_rows: bool,
    /// How far the server's clock is ahead of UTC; `None` if no log has its local time.
    pub(crate) local_offset_ms: Option<i64>,
    pub(crate) twins: u64,
    /// The beginning of a line that may continue in the next file, and how far its clock is ahead.
    tail: Option<(Vec<u8>, i64)>,
    last: Option<i64>,
    are_several: bool,
    digests: HashSet<u64>,
}

impl Gathering {
    /// Adds a file.
    pub fn add(&mut self, file: &Known<'_>) {
        let content = file.content;
        if let Some(rows) = &content.rows.devices_at_risk {
            self.has_rows = true;
            self.coverage = content.rows.coverage.or(self.coverage);
            for row in rows {
                let who = Who { user: Some(row.user_id.clone()), device: Some(row.device_id.clone()) };
                self.rows.insert(who, row.clone());
            }
        }
        if content.kind != Kind::Log {
            return;
        }
        self.has_log = true;
        if self.digests.insert(content.tally.digest) {
            self.add_log(&content.tally, file.offset_ms);
        } else {
            self.twins += 1;
        }
    }

    fn add_log(&mut self, log: &LogTally, offset_ms: i64) {
        if log.local.from.is_some() {
            self.local_offset_ms = Some(offset_ms);
        }
        let span = log.span(offset_ms);
        if let (Some([from, _]), Some(last)) = (span, self.last) {
            self.are_several |= from + DISORDER_MS < last;
        }
        if self.are_several {
            self.end_log();
            let mut own = Self::default();
            own.go_on(log, offset_ms);
            own.end_log();
            self.all.join(&own.all, 0);
            self.skipped.add(&own.skipped);
        } else {
            self.go_on(log, offset_ms);
        }
        self.last = [self.last, span.map(|[_, to]| to)].into_iter().flatten().max();
    }

    fn go_on(&mut self, log: &LogTally, offset_ms: i64) {
        let gap = self.last.zip(log.span(offset_ms)).map_or(i64::MAX, |(last, [from, _])| from - last);
        match self.tail.take() {
            Some((tail, offset_ms)) if !log.head.is_empty() && gap <= LINE_GAP_MS => {
                self.take_line(&[&tail[..], &log.head].concat(), offset_ms);
            }
            before => {
                if let Some((tail, offset_ms)) = before {
                    self.take_line(&tail, offset_ms);
                }
                self.take_line(&log.head, offset_ms);
            }
        }
        self.skipped.add(&log.skipped);
        self.all.go_on(&log.local, offset_ms);
        self.all.go_on(&log.utc, 0);
        self.tail = (!log.tail.is_empty()).then(|| (log.tail.clone(), offset_ms));
    }

    fn take_line(&mut self, line: &[u8], offset_ms: i64) {
        match Record::read(line) {
            Some(mut record) => {
                record.at -= if record.is_utc { 0 } else { offset_ms };
                log_tally::take(&mut self.all, &record, &mut self.skipped);
            }
            None => log_tally::skip(line, &mut self.skipped),
        }
    }

    /// Ends the log: no file continues it.
    pub(crate) fn end_log(&mut self) {
        if let Some((tail, offset_ms)) = self.tail.take() {
            self.take_line(&tail, offset_ms);
        }
        self.all.finish();
    }
}
