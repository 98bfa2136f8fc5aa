//! The homeserver's log: request durations, and lines that contain more than the end of a request.

use std::borrow::Cow;

use crate::content::{Content, Kind, RelevantLine};
use crate::lines::Lines;
use crate::log_record::Record;
use crate::log_tally::{ENDS, LogTally, skip};
use crate::reader::Purpose;
use crate::request_end::RequestEnd;
use crate::requests::{Requests, TimedRequest};
use crate::words::{count, count_of, start_of};
use aho_corasick::AhoCorasick;
use lotus_crypto_diag::redact::redact;
use lotus_crypto_diag::request_path::request_path;

/// Lines with these words are kept, as are warnings and errors: one-time keys, to-device messages, delayed events.
const RELEVANT_WORDS: [&str; 15] = [
    "already exists",
    "one time key",
    "one_time_key",
    "one-time-key",
    "one-time key",
    "one time-key",
    "fallback key",
    "fallback_key",
    "fallback-key",
    "to device",
    "to_device",
    "to-device",
    "device_inbox",
    "delayed event",
    "delayed_event",
];
/// For requests to these paths the whole line is kept: it names the user.
const RELEVANT_PATHS: [&str; 3] = ["/keys/", "/sendToDevice/", "delayed_event"];
const MAX_LINES: usize = 20_000;
const MAX_CHARACTERS: usize = 4096;
const SLOW_MS: f64 = 1000.0;

#[derive(Debug)]
pub(crate) struct LogReader {
    lines: Lines,
    reading: Reading,
}

#[derive(Debug)]
struct Reading {
    purpose: Purpose,
    relevant_words: AhoCorasick,
    requests: Requests,
    kept: Vec<RelevantLine>,
    tally: LogTally,
    head: Option<Vec<u8>>,
    seen: u64,
    foreign: u64,
    dropped: u64,
    cut: u64,
    utc: u64,
    latest: i64,
    back: (u64, i64),
}

impl LogReader {
    pub(crate) fn new(purpose: Purpose) -> Self {
        let relevant_words = AhoCorasick::builder().ascii_case_insensitive(true).build(RELEVANT_WORDS);
        let reading = Reading {
            purpose,
            // Fifteen short words are far below the automaton's size limit.
            relevant_words: relevant_words
                .unwrap_or_else(|_| AhoCorasick::new([""; 0]).unwrap_or_else(|_| unreachable!())),
            requests: Requests::default(),
            kept: Vec::new(),
            tally: LogTally::default(),
            head: None,
            seen: 0,
            foreign: 0,
            dropped: 0,
            cut: 0,
            utc: 0,
            // Before any time in a log.
            latest: i64::MIN / 2,
            back: (0, 0),
        };
        Self { lines: Lines::default(), reading }
    }

    pub(crate) fn push(&mut self, text: &[u8]) {
        let Self { lines, reading } = self;
        lines.push(text, |line| reading.take(line));
    }

    pub(crate) fn finish(self) -> Content {
        let Self { mut lines, mut reading } = self;
        let mut tail = Vec::new();
        lines.finish(|line| tail = line.to_vec());
        reading.take_tail(&tail);
        reading.tally.skipped.too_long = lines.too_long;
        reading.finish(&tail)
    }
}

/// A time this far before that of the line above is not due to buffering.
const BACK_MS: i64 = 10 * 60_000;

impl Reading {
    fn take(&mut self, line: &[u8]) {
        let record = Record::read(line);
        if self.head.is_none() {
            // The end of a line that begins in another file.
            let is_part = record.is_none();
            self.head = Some(if is_part { line.to_vec() } else { Vec::new() });
            if is_part {
                self.foreign += u64::from(!line.is_empty());
                return;
            }
        }
        let Some(record) = record else {
            // Tracebacks and SQL span several lines.
            self.foreign += u64::from(!line.is_empty());
            skip(line, &mut self.tally.skipped);
            return;
        };
        self.tally.note_line(&record);
        self.note_time(&record);
        let is_whole = if let Some(found) = ENDS.find(&record.text) {
            let ended = RequestEnd::read(&record, found, &ENDS);
            if let Some(ended) = &ended {
                self.tally.numbers.note(ended.request.as_deref().unwrap_or_default());
                self.tally.tally_for(&record).take_ended(&record, ended);
                self.keep_ended(&record, ended);
            }
            ended.is_some()
        } else {
            self.keep_other(&record);
            self.tally.tally_for(&record).take_other(&record).is_ok()
        };
        self.cut += u64::from(!is_whole);
        self.tally.skipped.cut += u64::from(!is_whole);
    }

    /// A last line without a line break may continue in another file: a survey reads it together with that file.
    fn take_tail(&mut self, line: &[u8]) {
        let Some(record) = Record::read(line) else {
            self.foreign += u64::from(!line.is_empty());
            return;
        };
        self.note_time(&record);
        match ENDS.find(&record.text) {
            Some(found) => match RequestEnd::read(&record, found, &ENDS) {
                Some(ended) => self.keep_ended(&record, &ended),
                None => self.cut += 1,
            },
            None => self.keep_other(&record),
        }
    }

    fn note_time(&mut self, record: &Record<'_>) {
        self.seen += 1;
        self.utc += u64::from(record.is_utc);
        if record.at < self.latest - BACK_MS {
            self.back = (self.back.0 + 1, self.back.1.max(self.latest - record.at));
            self.latest = record.at;
        }
        self.latest = self.latest.max(record.at);
    }

    fn keep_ended(&mut self, record: &Record<'_>, ended: &RequestEnd<'_>) {
        let is_ordinary = (200..400).contains(&ended.status);
        if self.purpose == Purpose::Survey || (is_ordinary && !self.requests.wants_ordinary()) {
            // Long polls and downloads do not show how fast the server is.
            let is_timed = self.purpose == Purpose::Survey || request_path(&ended.uri).is_some();
            if is_timed {
                self.requests.skip();
            }
            return;
        }
        if let Some(request) = timed_of(record, ended, is_ordinary) {
            self.requests.add(request);
        }
    }

    fn keep_other(&mut self, record: &Record<'_>) {
        if self.purpose == Purpose::Survey || !(record.is_warning() || self.relevant_words.is_match(&*record.text)) {
            return;
        }
        if self.kept.len() >= MAX_LINES {
            // Keeps the first half, and the latest lines of the rest.
            self.kept.drain(MAX_LINES / 2..MAX_LINES * 3 / 4);
            self.dropped += MAX_LINES as u64 / 4;
        }
        self.kept.push(RelevantLine {
            at: record.at,
            is_utc: record.is_utc,
            level: record.level.as_deref().map(str::to_owned),
            request: record.request().map(Cow::into_owned),
            text: text_of(&record.text),
        });
    }

    fn finish(mut self, tail: &[u8]) -> Content {
        let too_long = self.tally.skipped.too_long;
        let mut content = Content::of(Kind::Log);
        let (seen, timed) = (self.seen, self.requests.seen);
        let lines = count(seen, "line");
        content.summary = match self.purpose {
            Purpose::Evidence => format!(
                "Homeserver log: {lines}, {} and {}.",
                count(timed, "timed request"),
                count(self.kept.len() as u64, "relevant line")
            ),
            Purpose::Survey => format!("Homeserver log: {lines}, {}.", count(timed, "request")),
        };
        if self.foreign > seen {
            content.notes.push(format!("{} no time; left out.", count_of(self.foreign, "line has", "lines have")));
        }
        if self.cut > 0 {
            let cut = count_of(self.cut, "request's line is", "requests' lines are");
            content.notes.push(format!("{cut} cut or not in Synapse's form; left out."));
        }
        if too_long > 0 {
            content.notes.push(format!("{} cut at 1 MiB.", count_of(too_long, "line was", "lines were")));
        }
        if self.back.0 > 0 {
            let places = count_of(self.back.0, "place", "places");
            let minutes = self.back.1 / 60_000;
            content.notes.push(format!(
                "The time goes back at {places}, by up to {minutes} min: several files in one, or another time zone."
            ));
        }
        if self.utc > 0 && self.utc < seen {
            content.notes.push("Some lines have a time in UTC, others one of the server's own clock.".to_owned());
        }
        if self.dropped > 0 {
            let dropped = count(self.dropped, "relevant line");
            content.notes.push(format!("{dropped} between the first and the latest left out."));
        }
        let is_thinned = self.requests.is_thinned();
        content.requests = self.requests.into_kept();
        if is_thinned {
            let kept = count(content.requests.len() as u64, "request");
            content.notes.push(format!("An even share of {kept} is used."));
        }
        self.tally.note_ends(&self.head.unwrap_or_default(), tail);
        content.lines = self.kept;
        content.tally = self.tally;
        content
    }
}

/// Redacts the line: a proxy or module may have logged a token.
fn text_of(text: &[u8]) -> String {
    // A character takes at most four bytes.
    let text = String::from_utf8_lossy(&text[..text.len().min(4 * MAX_CHARACTERS)]);
    redact(start_of(&text, MAX_CHARACTERS)).into_owned()
}

fn timed_of(record: &Record<'_>, ended: &RequestEnd<'_>, is_ordinary: bool) -> Option<TimedRequest> {
    let path = request_path(&ended.uri)?;
    let is_quick = is_ordinary && ended.duration_ms < SLOW_MS;
    let is_relevant = !is_quick || RELEVANT_PATHS.iter().any(|words| ended.uri.contains(words));
    Some(TimedRequest {
        at: ended.started_at(),
        is_utc: record.is_utc,
        duration_ms: ended.duration_ms,
        method: ended.method.clone().into_owned(),
        path,
        status: ended.status,
        request: ended.request.clone().map(Cow::into_owned),
        text: is_relevant.then(|| text_of(&record.text)),
        refusal: None,
        errcode: None,
    })
}
