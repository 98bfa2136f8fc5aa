//! Takes a file in chunks, detects its kind, and passes it to the reader of that kind.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;

use crate::Unreadable;
use crate::content::{Content, Kind};
use crate::csv_rows::{ENDS_IN_QUOTES, looks_like_csv, read_csv};
use crate::encoding::{Decoder, GZIP, encoding_of};
use crate::har::{HarReader, looks_like_har};
use crate::json::JsonReader;
use crate::lines::Lines;
use crate::log::LogReader;
use crate::log_record::look_for_log;
use crate::table::{TableReader, looks_like_table};

/// How many bytes are read to detect the kind of a file.
const HEAD_BYTES: usize = 64 * 1024;
/// Packed bytes are unpacked in steps of this size: each may become much larger.
const STEP: usize = 4 * 1024;
/// The limit for a file that must be in memory as a whole.
const MAX_WHOLE: usize = 64 * 1024 * 1024;

/// This many zeros at the beginning are not UTF-16.
const LEAST_HOLE: usize = 16;

/// Why a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// As evidence for a report; a survey may use it, too.
    Evidence,
    /// Only for a survey: no line of a log is kept, so memory is bounded however long the log is.
    Survey,
}

/// Reads one file.
///
/// ```
/// use lotus_crypto_diag_server_evidence::{Kind, Purpose, Reader};
///
/// let mut reader = Reader::new(Purpose::Evidence);
/// // In chunks, cut anywhere.
/// reader.push(b"user_id,device_id,algo").unwrap();
/// reader.push(b"rithm,key_id,ts_added_ms\n@a:hs,DEVICE,signed_curve25519,AAAA,1795598595142\n").unwrap();
/// assert_eq!(reader.finish().unwrap().kind, Kind::Rows);
/// assert!(Reader::new(Purpose::Evidence).finish().is_err());
/// ```
#[derive(Debug)]
pub struct Reader {
    stage: Stage,
    purpose: Purpose,
}

#[derive(Debug)]
enum Stage {
    /// The first byte, if no other has arrived yet.
    Start(Vec<u8>),
    Plain(Text),
    Packed(Box<MultiGzDecoder<Text>>),
}

impl Reader {
    /// A reader of a file of unknown kind.
    pub fn new(purpose: Purpose) -> Self {
        Self { stage: Stage::Start(Vec::new()), purpose }
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// The file cannot be used, and the rest of it is not read.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Unreadable> {
        if let Stage::Start(first) = &mut self.stage {
            first.extend_from_slice(bytes);
            if first.len() < GZIP.len() {
                return Ok(());
            }
            let first = std::mem::take(first);
            let text = Text::new(self.purpose);
            self.stage = if first.starts_with(GZIP) {
                Stage::Packed(Box::new(MultiGzDecoder::new(text)))
            } else {
                Stage::Plain(text)
            };
            return self.push_on(&first);
        }
        self.push_on(bytes)
    }

    fn push_on(&mut self, bytes: &[u8]) -> Result<(), Unreadable> {
        match &mut self.stage {
            Stage::Start(_) => Ok(()),
            Stage::Plain(text) => text.push(bytes),
            Stage::Packed(decoder) => bytes.chunks(STEP).try_for_each(|step| unpack(decoder, step)),
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn finish(mut self) -> Result<Content, Unreadable> {
        let purpose = self.purpose;
        if let Stage::Start(first) = self.stage {
            if first.is_empty() {
                return Err(Unreadable::new("The file is empty."));
            }
            let mut text = Text::new(purpose);
            text.push(&first)?;
            self.stage = Stage::Plain(text);
        }
        match self.stage {
            Stage::Start(_) => Err(Unreadable::new("The file is empty.")),
            Stage::Plain(text) => text.finish(false),
            Stage::Packed(mut decoder) => {
                let ended = decoder.try_finish();
                let text = std::mem::replace(decoder.get_mut(), Text::new(purpose));
                if let Some(refused) = text.refused {
                    return Err(refused);
                }
                let is_damaged = text.is_damaged || ended.is_err();
                if is_damaged && text.is_empty() {
                    return Err(Unreadable::new(DAMAGED));
                }
                let mut content =
                    text.finish(is_damaged).map_err(|error| if is_damaged { damaged(&error) } else { error })?;
                if is_damaged {
                    content.is_partial = true;
                    let until = content.latest().map_or_else(String::new, |time| format!(", up to {time}"));
                    content.notes.insert(0, format!("{DAMAGED} What comes before that is used{until}."));
                }
                Ok(content)
            }
        }
    }
}

const DAMAGED: &str = "It is packed with gzip, and damaged.";

fn damaged(error: &Unreadable) -> Unreadable {
    Unreadable::new(format!("{DAMAGED} {error}"))
}

/// Skips everything after damaged bytes.
fn unpack(decoder: &mut MultiGzDecoder<Text>, step: &[u8]) -> Result<(), Unreadable> {
    if decoder.get_ref().is_damaged {
        return Ok(());
    }
    let written = decoder.write_all(step);
    let text = decoder.get_mut();
    if let Some(refused) = &text.refused {
        return Err(refused.clone());
    }
    text.is_damaged |= written.is_err();
    Ok(())
}

/// A text of unknown kind, later with its reader.
#[derive(Debug)]
struct Text {
    purpose: Purpose,
    head: Vec<u8>,
    started: Option<(Decoder, Format)>,
    notes: Vec<String>,
    refused: Option<Unreadable>,
    is_damaged: bool,
    /// How many zeros were skipped at the beginning.
    hole: usize,
}

impl Text {
    fn new(purpose: Purpose) -> Self {
        Self { purpose, head: Vec::new(), started: None, notes: Vec::new(), refused: None, is_damaged: false, hole: 0 }
    }

    fn is_empty(&self) -> bool {
        self.started.is_none() && self.head.is_empty()
    }

    fn push(&mut self, mut bytes: &[u8]) -> Result<(), Unreadable> {
        if self.started.is_none() {
            bytes = self.without_hole(bytes);
            let (now, later) = bytes.split_at(bytes.len().min(HEAD_BYTES - self.head.len()));
            self.head.extend_from_slice(now);
            if self.head.len() < HEAD_BYTES {
                return Ok(());
            }
            self.start()?;
            bytes = later;
        }
        match &mut self.started {
            Some((decoder, format)) => format.push(decoder.decode(bytes)),
            None => Ok(()),
        }
    }

    /// A log that was truncated while Synapse wrote to it (`copytruncate`) begins with a hole, which reads as zeros.
    fn without_hole<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        if self.head.iter().any(|byte| *byte != 0) {
            return bytes;
        }
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        if self.hole + self.head.len() + zeros < LEAST_HOLE {
            return bytes;
        }
        self.hole += self.head.len() + zeros;
        self.head.clear();
        &bytes[zeros..]
    }

    fn start(&mut self) -> Result<(), Unreadable> {
        let head = std::mem::take(&mut self.head);
        if head.is_empty() && self.hole > 0 {
            return Err(Unreadable::new("It is no text."));
        }
        let (encoding, notes) = encoding_of(&head)?;
        self.notes = notes;
        let mut decoder = Decoder::new(encoding);
        let text = decoder.decode(&head);
        let mut format = Format::of(&String::from_utf8_lossy(text), self.purpose)?;
        format.push(text)?;
        self.started = Some((decoder, format));
        Ok(())
    }

    fn finish(mut self, is_cut: bool) -> Result<Content, Unreadable> {
        if self.started.is_none() {
            self.start()?;
        }
        let Some((_, format)) = self.started else { return Err(Unreadable::new("The file is empty.")) };
        let mut content = format.finish(is_cut)?;
        content.notes.splice(0..0, self.notes);
        Ok(content)
    }
}

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes).map_err(|refused| {
            self.refused = Some(refused.clone());
            io::Error::other(refused)
        })?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The reader of a text, by kind.
#[derive(Debug)]
enum Format {
    Log(Box<LogReader>),
    Har(Box<HarReader>),
    Json(Box<JsonReader>),
    Table(Box<TableReader>, Lines),
    Csv(Vec<u8>),
}

impl Format {
    /// Decides by the content, not by the file's name.
    fn of(head: &str, purpose: Purpose) -> Result<Self, Unreadable> {
        let start = head.trim_start();
        let Some(first) = start.chars().next() else {
            return Err(Unreadable::new("There is nothing but white space in it."));
        };
        let is_list = first == '[' && start[1..].trim_start().chars().next().is_none_or(|c| "[{]".contains(c));
        if is_list {
            return Ok(Self::Json(Box::new(JsonReader::new(head))));
        }
        if first == '{' && looks_like_har(head) {
            return Ok(Self::Har(Box::new(HarReader::new())));
        }
        // Before the others: a log's lines may be JSON, or contain the rules of a table.
        if look_for_log(head).map_err(Unreadable::new)? {
            return Ok(Self::Log(Box::new(LogReader::new(purpose))));
        }
        if first == '{' {
            return Ok(Self::Json(Box::new(JsonReader::new(head))));
        }
        if looks_like_table(head) {
            return Ok(Self::Table(Box::default(), Lines::default()));
        }
        if looks_like_csv(head) {
            return Ok(Self::Csv(Vec::new()));
        }
        Err(Unreadable::new(if first == '<' {
            "It is a page of HTML or XML."
        } else {
            "It is none of these: a report, a HAR file, a slice of the homeserver's log, an answer of the runbook's queries."
        }))
    }

    fn push(&mut self, text: &[u8]) -> Result<(), Unreadable> {
        match self {
            Self::Log(reader) => reader.push(text),
            Self::Har(reader) => reader.push(text),
            Self::Json(reader) => return reader.push(text),
            Self::Table(reader, lines) => lines.push(text, |line| reader.push(&String::from_utf8_lossy(line))),
            Self::Csv(whole) => {
                if whole.len() + text.len() > MAX_WHOLE {
                    return Err(Unreadable::new(format!("It is longer than {} MiB.", MAX_WHOLE / 1024 / 1024)));
                }
                whole.extend_from_slice(text);
            }
        }
        Ok(())
    }

    fn finish(self, is_cut: bool) -> Result<Content, Unreadable> {
        let (sorter, mut notes) = match self {
            Self::Log(reader) => return Ok(reader.finish()),
            Self::Har(reader) => return reader.finish(is_cut),
            Self::Json(reader) => return reader.finish(is_cut),
            Self::Table(mut reader, mut lines) => {
                lines.finish(|line| reader.push(&String::from_utf8_lossy(line)));
                (reader.finish(), Vec::new())
            }
            Self::Csv(whole) => read_csv(&String::from_utf8_lossy(&whole))?,
        };
        let is_partial = is_cut || notes.iter().any(|note| note == ENDS_IN_QUOTES);
        let mut content = Content::of(Kind::Rows);
        content.is_partial = is_partial;
        let (rows, summary, left_out) = sorter.finish()?;
        notes.splice(0..0, left_out);
        (content.rows, content.summary, content.notes) = (rows, summary, notes);
        Ok(content)
    }
}
