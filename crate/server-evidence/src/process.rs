//! The log of one process, in pieces that are added one after the other.

use lotus_crypto_diag::survey::Skipped;

use crate::log_record::Record;
use crate::log_tally::{self, LogTally};
use crate::tally::Tally;

/// A log goes on in another file within this time, in the middle of a line or of an upload. Lines of several threads are not
/// quite in the order of their times.
const GAP_MS: std::ops::RangeInclusive<i64> = -1000..=60_000;
/// So many requests may have been begun between the last of one file that ended and the first of the next.
const STEP: std::ops::RangeInclusive<i64> = -100..=1000;

/// What the log of one process says.
#[derive(Debug, Default)]
pub(crate) struct Process {
    pub(crate) all: Tally,
    pub(crate) skipped: Skipped,
    /// The beginning of a line that may go on in the next file, and how far its clock is ahead.
    tail: Option<(Vec<u8>, i64)>,
    pub(crate) last: Option<i64>,
    /// The number of its last request.
    number: Option<i64>,
}

impl Process {
    /// How far apart the numbers of the requests are, where this log may go on with the other one. Each process numbers its
    /// requests by itself.
    pub(crate) fn step_to(&self, next: &LogTally, offset_ms: i64) -> Option<u64> {
        let [from, _] = next.span(offset_ms)?;
        let step = next.numbers.ends()?[0] - self.number?;
        (GAP_MS.contains(&(from - self.last?)) && STEP.contains(&step)).then(|| step.unsigned_abs())
    }

    pub(crate) fn go_on(&mut self, log: &LogTally, offset_ms: i64) {
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
        self.all.go_on(&log.local, offset_ms);
        self.all.go_on(&log.utc, 0);
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

    /// Nothing goes on from here.
    pub(crate) fn ended(mut self) -> Self {
        if let Some((tail, offset_ms)) = self.tail.take() {
            self.take_line(&tail, offset_ms);
        }
        self.all.finish();
        self
    }
}
