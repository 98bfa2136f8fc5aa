//! The data of one log that a survey needs.

use std::sync::LazyLock;

use lotus_crypto_diag::survey::Skipped;
use memchr::memmem::Finder;

use crate::log_record::{ENDED, Record};
use crate::request_end::RequestEnd;
use crate::tally::Tally;

/// Finds the words that mark the end of a request.
pub(crate) static ENDS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(ENDED));

/// The data of one log that a survey needs. Lines with a time in UTC are kept apart from lines in the server's local time,
/// whose offset is known only later.
#[derive(Debug, Default)]
pub struct LogTally {
    pub(crate) local: Tally,
    pub(crate) utc: Tally,
    /// The first line, if it has no time: it may be the end of the previous file's last line.
    pub(crate) head: Vec<u8>,
    /// The last line, if no line break ends it.
    pub(crate) tail: Vec<u8>,
    pub(crate) skipped: Skipped,
    pub(crate) numbers: Numbers,
    /// A hash of all lines, to recognise the same log twice.
    pub(crate) digest: u64,
}

impl LogTally {
    pub(crate) fn note_line(&mut self, record: &Record<'_>) {
        let text = &record.text;
        let (middle, end) = (text.len() / 2, text.len().saturating_sub(8));
        for part in [record.at.cast_unsigned(), text.len() as u64, eight_of(text, middle), eight_of(text, end)] {
            self.digest = (self.digest ^ part).wrapping_mul(0x0100_0000_01b3).rotate_left(5);
        }
        let tally = self.tally_for(record);
        tally.uploads.begin(record.at);
        tally.note_time(record.at);
    }

    /// The tally for this record's clock.
    pub(crate) fn tally_for(&mut self, record: &Record<'_>) -> &mut Tally {
        if record.is_utc { &mut self.utc } else { &mut self.local }
    }

    /// Notes the first line, if it has no time, and the last one, if no line break ends it.
    pub(crate) fn note_ends(&mut self, head: &[u8], tail: &[u8]) {
        for line in [head, tail] {
            for part in line.chunks(8) {
                self.digest = (self.digest ^ eight_of(part, 0)).wrapping_mul(0x0100_0000_01b3).rotate_left(7);
            }
        }
        (self.head, self.tail) = (head.to_vec(), tail.to_vec());
    }

    /// The first and the last time in UTC, if the server's clock is `offset_ms` ahead.
    pub(crate) fn span(&self, offset_ms: i64) -> Option<[i64; 2]> {
        let tail = || Record::read(&self.tail).map(|record| record.at - if record.is_utc { 0 } else { offset_ms });
        let spans = [self.local.span(offset_ms), self.utc.span(0)];
        let all = spans.into_iter().flatten().reduce(|[a, b], [c, d]| [a.min(c), b.max(d)]);
        all.or_else(|| tail().map(|at| [at, at]))
    }
}

const FEW: usize = 16;

/// Request numbers at both ends of the log. They show whether another log continues it.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    seen: usize,
    first: i64,
    latest: [i64; FEW],
}

impl Numbers {
    /// Notes the number of a request that ended: `POST-123`.
    pub(crate) fn note(&mut self, request: &str) {
        let Some(number) = request.rsplit('-').next().and_then(|number| number.parse().ok()) else { return };
        if self.seen < FEW {
            self.first = self.first.max(number);
        }
        self.latest[self.seen % FEW] = number;
        self.seen += 1;
    }

    /// The highest of the first few numbers and of the last few: a slow request has a lower one.
    pub(crate) fn ends(&self) -> Option<[i64; 2]> {
        (self.seen > 0).then(|| [self.first, self.latest.into_iter().max().unwrap_or_default()])
    }
}

fn eight_of(text: &[u8], from: usize) -> u64 {
    let mut eight = [0; 8];
    for (to, from) in eight.iter_mut().zip(&text[from..]) {
        *to = *from;
    }
    u64::from_le_bytes(eight)
}

/// Takes a single line with a time.
pub(crate) fn take(tally: &mut Tally, record: &Record<'_>, skipped: &mut Skipped) {
    tally.note_time(record.at);
    let is_whole = match ENDS.find(&record.text) {
        Some(found) => RequestEnd::read(record, found, &ENDS).map(|ended| tally.take_ended(record, &ended)).is_some(),
        None => tally.take_other(record).is_ok(),
    };
    skipped.cut += u64::from(!is_whole);
}

/// Counts a line without a time in Synapse's form.
pub(crate) fn skip(line: &[u8], skipped: &mut Skipped) {
    if line.is_empty() {
        return;
    }
    if memchr::memchr(0, line).is_some() {
        skipped.nul += 1;
    } else if std::str::from_utf8(line).is_err() {
        skipped.not_utf8 += 1;
    } else {
        skipped.no_time += 1;
    }
}
