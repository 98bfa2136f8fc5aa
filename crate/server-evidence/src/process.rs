//! The log of one process, added piece by piece.

use std::ops::RangeInclusive;

use lotus_crypto_diag::survey::Skipped;

use crate::log_record::Record;
use crate::log_tally::{self, LogTally};
use crate::tally::Tally;

/// Lines of several threads may be this much out of order.
pub(crate) const DISORDER_MS: i64 = 1000;
/// A log continues in another file within this time, possibly in the middle of a line or of an upload.
const GAP_MS: RangeInclusive<i64> = -DISORDER_MS..=60_000;
/// How many requests may begin between the last one that ended in one file and the first one in the next.
const STEP: RangeInclusive<i64> = -100..=1000;

/// The data of one process's log.
#[derive(Debug, Default)]
pub(crate) struct Process {
    pub(crate) all: Tally,
    pub(crate) skipped: Skipped,
    /// The beginning of a line that may continue in the next file, and how far its clock is ahead of UTC.
    tail: Option<(Vec<u8>, i64)>,
    pub(crate) last: Option<i64>,
    /// The number of the last request.
    number: Option<i64>,
}

impl Process {
    /// If `next` may continue this log, the distance between their request numbers. Each process numbers its own requests.
    pub(crate) fn step_to(&self, next: &LogTally, offset_ms: i64) -> Option<u64> {
        let [from, _] = next.span(offset_ms)?;
        let step = next.numbers.ends()?[0] - self.number?;
        (GAP_MS.contains(&(from - self.last?)) && STEP.contains(&step)).then(|| step.unsigned_abs())
    }

    pub(crate) fn append(&mut self, log: &LogTally, offset_ms: i64) {
        let span = log.span(offset_ms);
        let gap = self.last.zip(span).map_or(i64::MAX, |(last, [from, _])| from - last);
        match self.tail.take() {
            Some((tail, offset_ms)) if !log.head.is_empty() && gap <= *GAP_MS.end() => {
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
        self.all.append(&log.local, offset_ms);
        self.all.append(&log.utc, 0);
        self.tail = (!log.tail.is_empty()).then(|| (log.tail.clone(), offset_ms));
        self.last = [self.last, span.map(|[_, to]| to)].into_iter().flatten().max();
        self.number = log.numbers.ends().map(|[_, last]| last).or(self.number);
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
    pub(crate) fn ended(mut self) -> Self {
        if let Some((tail, offset_ms)) = self.tail.take() {
            self.take_line(&tail, offset_ms);
        }
        self.all.finish();
        self
    }
}
