//! A line of Synapse's log, in any of its formats.

use std::borrow::Cow;

use lotus_crypto_diag::timestamp::Timestamp;
use memchr::memmem;
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::content::moment;
use crate::time::{Stamp, asctime, parse_time};

/// Marks the line that ends a request. In a slice that was cut by hand, a line may begin with it.
pub(crate) const ENDED: &str = "Processed request: ";
const LEVELS: [&str; 5] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
const METHODS: [&str; 7] = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH"];
/// The digits of a 64-bit number.
const LONGEST_NUMBER: usize = 20;
/// The time and the level are within this many bytes of the beginning of a line.
const TIME_WITHIN: usize = 200;
const LEVEL_WITHIN: usize = 300;

/// A line with a time.
#[derive(Debug, PartialEq)]
pub(crate) struct Record<'a> {
    /// Milliseconds since 1970, by the clock of the log.
    pub(crate) at: i64,
    pub(crate) level: Option<Cow<'a, str>>,
    /// The line from its time on, for the user.
    pub(crate) text: Cow<'a, [u8]>,
    /// Synapse's name of the request, if the format has a field for it.
    request: Option<String>,
    /// The text that grep, docker or the journal put before the line.
    before: &'a [u8],
    /// Whether the time is in UTC, independent of the server's time zone.
    pub(crate) is_utc: bool,
}

impl<'a> Record<'a> {
    /// `None` if this is not a line of Synapse with a time.
    pub(crate) fn read(line: &'a [u8]) -> Option<Self> {
        // The journal or docker may put text before the JSON.
        let brace = memmem::find(&line[..line.len().min(TIME_WITHIN)], b"{\"");
        let structured = |at: usize| Some(Record { before: &line[..at], ..structured(&line[at..])? });
        brace.and_then(structured).or_else(|| plain(line))
    }

    pub(crate) fn request(&self) -> Option<Cow<'_, str>> {
        self.own_request().or_else(|| request_of(&self.text))
    }

    /// The request's name from its own field.
    pub(crate) fn own_request(&self) -> Option<Cow<'_, str>> {
        self.request.as_deref().map(Cow::Borrowed)
    }

    /// Tells apart the requests of several processes, which each number their own: the request's name, and the text before
    /// the line without its times.
    pub(crate) fn key(&self, request: &str) -> String {
        let before = String::from_utf8_lossy(&self.before[..self.before.len().min(TIME_WITHIN)]);
        let mut key = request.to_owned();
        for word in before.split_ascii_whitespace().filter(|word| !is_of_a_time(word)) {
            key.push(' ');
            key.push_str(word);
        }
        key
    }

    pub(crate) fn is_warning(&self) -> bool {
        !matches!(self.level.as_deref(), Some("INFO" | "DEBUG"))
    }
}

fn plain(line: &[u8]) -> Option<Record<'_>> {
    let (start, Stamp { at, is_utc }) = time_in(line)?;
    let (before, text) = line.split_at(start);
    let level = level_of(line).map(Cow::Borrowed);
    Some(Record { at, level, text: Cow::Borrowed(text), request: None, before, is_utc })
}

/// Python's `asctime`, and where it begins: grep, docker or the journal may put text before it.
fn time_in(line: &[u8]) -> Option<(usize, Stamp)> {
    if let Some(at) = asctime(line) {
        return Some((0, at));
    }
    let within = line.len().min(TIME_WITHIN);
    let dashes = memchr::memchr_iter(b'-', &line[..within]);
    dashes.filter_map(|dash| dash.checked_sub(4)).find_map(|start| Some((start, asctime(&line[start..within])?)))
}

/// Whether a word is part of `Nov 25 09:23:10`, or of `2026-11-25T09:23:10.123Z`.
fn is_of_a_time(word: &str) -> bool {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let is_clock =
        |part: &[u8]| matches!(part, [a, b, b':', c, d, ..] if [a, b, c, d].iter().all(|n| n.is_ascii_digit()));
    word.bytes().all(|b| b.is_ascii_digit()) || MONTHS.contains(&word) || word.as_bytes().windows(5).any(is_clock)
}

/// The runs of letters, digits, hyphens and underscores.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|b| !(b.is_ascii_alphanumeric() || *b == b'-' || *b == b'_')).filter(|word| !word.is_empty())
}

pub(crate) fn level_of(line: &[u8]) -> Option<&'static str> {
    let within = &line[..line.len().min(LEVEL_WITHIN)];
    words(within).find_map(|word| LEVELS.into_iter().find(|level| level.as_bytes() == word))
}

pub(crate) fn request_of(text: &[u8]) -> Option<Cow<'_, str>> {
    words(text).find(|word| is_request(word)).and_then(|word| std::str::from_utf8(word).ok()).map(Cow::Borrowed)
}

/// `POST-123`
fn is_request(word: &[u8]) -> bool {
    let Some(dash) = memchr::memchr(b'-', word) else { return false };
    let number = &word[dash + 1..];
    METHODS.iter().any(|method| method.as_bytes() == &word[..dash])
        && (1..=LONGEST_NUMBER).contains(&number.len())
        && number.iter().all(u8::is_ascii_digit)
}

/// Synapse's JSON formats (`TerseJsonFormatter`, `GcpJsonFormatter`), and a plain line that docker's `json-file` wrapped.
fn structured(json: &[u8]) -> Option<Record<'_>> {
    let Line { log, message, level, severity, namespace, logger, time, request, exc_type, exc_value } =
        serde_json::from_slice(json).ok()?;
    let message = log.text().or(message.text())?;
    if let Some(wrapped) = plain(message.as_bytes()).filter(|wrapped| wrapped.level.is_some()) {
        let Record { at, level, text, is_utc, .. } = wrapped;
        let level = level.map(|level| Cow::Owned(level.into_owned()));
        return Some(Record { at, level, text: Cow::Owned(text.into_owned()), request: None, before: b"", is_utc });
    }
    let at = match time {
        UntypedField::Number(seconds) => Timestamp::from_ms((seconds * 1000.0).round()).ms(),
        UntypedField::Text(text) => parse_time(&text)?,
        UntypedField::Other => return None,
    };
    let level = severity.text().or(level.text())?;
    let request = request.text().filter(|name| is_request(name.as_bytes())).map(Cow::into_owned);
    let iso = moment(at).to_string();
    let parts = [
        Some(Cow::Borrowed(iso.as_str())),
        logger.text().or(namespace.text()),
        Some(level.clone()),
        request.as_deref().map(Cow::Borrowed),
        Some(message),
        exc_type.text(),
        exc_value.text(),
    ];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(" - ").into_bytes();
    Some(Record { at, level: Some(level), text: Cow::Owned(text), request, before: b"", is_utc: true })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow)]
    log: UntypedField<'a>,
    #[serde(borrow)]
    message: UntypedField<'a>,
    #[serde(borrow)]
    level: UntypedField<'a>,
    #[serde(borrow)]
    severity: UntypedField<'a>,
    #[serde(borrow)]
    namespace: UntypedField<'a>,
    #[serde(borrow)]
    logger: UntypedField<'a>,
    #[serde(borrow)]
    time: UntypedField<'a>,
    #[serde(borrow)]
    request: UntypedField<'a>,
    #[serde(borrow)]
    exc_type: UntypedField<'a>,
    #[serde(borrow)]
    exc_value: UntypedField<'a>,
}

/// A field whose type depends on the program that wrote it.
#[derive(Default)]
enum UntypedField<'a> {
    Text(Cow<'a, str>),
    Number(f64),
    #[default]
    Other,
}

impl<'a> UntypedField<'a> {
    fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for UntypedField<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UntypedFieldVisitor)
    }
}

struct UntypedFieldVisitor;

impl<'de> Visitor<'de> for UntypedFieldVisitor {
    type Value = UntypedField<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(UntypedField::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(UntypedField::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(UntypedField::Number(number))
    }

    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970")]
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(UntypedField::Number(number as f64))
    }

    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970")]
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(UntypedField::Number(number as f64))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(UntypedField::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(UntypedField::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(UntypedField::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(UntypedField::Other)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(UntypedField::Other)
    }
}

const CONDUIT: &str =
    "It is the log of a homeserver of Conduit's family. Only Synapse's log is read: drop the report without it.";
const DENDRITE: &str =
    "It is the log of Dendrite, or of another program in Go. Only Synapse's log is read: drop the report without it.";
const PROXY: &str =
    "It is the access log of a proxy. Synapse's own log is needed: homeserver.log, or what its container prints.";
const NO_DATE: &str =
    "It is Synapse's log, but its lines have no date and time. Cut it again with the beginning of each line.";

/// Whether a text is a log of Synapse. Fails if it is a log that cannot be read, with the reason for the user.
pub(crate) fn look_for_log(head: &str) -> Result<bool, &'static str> {
    let mut lines = head.split('\n').take(200);
    // A report may contain anything that a log contains: in JSON, the lines themselves must be records.
    if head.trim_start().starts_with('{') {
        // A piece of a log may begin in the middle of a line.
        let is_plain = |line: &str| {
            asctime(line.as_bytes()).is_some() && level_of(line.as_bytes()).is_some() && has_word(line, "synapse")
        };
        return Ok(lines.any(|line| structured(line.trim().as_bytes()).is_some() || is_plain(line)));
    }
    let is_synapse = has_word(head, "synapse") || head.contains(ENDED);
    let other = other_log(head);
    if let Some(reason) = other.filter(|_| !is_synapse) {
        return Err(reason);
    }
    let is_ended = |line: &str| line.contains(ENDED);
    let is_record =
        |line: &str| Record::read(line.as_bytes()).is_some_and(|record| record.level.is_some() || is_ended(line));
    if lines.clone().any(is_record) {
        return Ok(true);
    }
    let is_undated = |line: &str| {
        (has_word(line, "synapse") || is_ended(line)) && (level_of(line.as_bytes()).is_some() || is_ended(line))
    };
    if lines.any(is_undated) { Err(NO_DATE) } else { other.map_or(Ok(false), Err) }
}

fn other_log(head: &str) -> Option<&'static str> {
    head.split('\n').find_map(|line| {
        if is_conduit(line) {
            Some(CONDUIT)
        } else if is_go(line) {
            Some(DENDRITE)
        } else {
            is_access_log(line).then_some(PROXY)
        }
    })
}

fn is_conduit(line: &str) -> bool {
    let line = line.trim_start();
    let is_dated = line.get(10..11) == Some("T") && parse_time(line.get(..10).unwrap_or_default()).is_some();
    let after_level = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"].iter().find_map(|level| line.split_once(level));
    let families = ["conduit", "conduwuit", "continuwuity", "tuwunel"];
    is_dated
        && after_level.is_some_and(|(_, rest)| {
            words(rest.as_bytes()).any(|word| families.iter().any(|family| word.starts_with(family.as_bytes())))
        })
}

fn is_go(line: &str) -> bool {
    let is_logfmt =
        line.strip_prefix("time=\"").and_then(|rest| rest.split_once("\" level=")).is_some_and(|(time, rest)| {
            !time.contains('"') && rest.split_once(' ').is_some_and(|(_, rest)| rest.starts_with("msg="))
        });
    let is_coloured = ["DEBU[", "INFO[", "WARN[", "ERRO["].iter().any(|level| {
        line.strip_prefix(level)
            .is_some_and(|rest| rest.get(4..5) == Some("-") && rest.bytes().take(4).all(|b| b.is_ascii_digit()))
    });
    is_logfmt || is_coloured
}

fn is_access_log(line: &str) -> bool {
    ["\"GET /", "\"PUT /", "\"POST /", "\"OPTIONS /", "\"DELETE /"].iter().any(|start| {
        let quoted = line.split_once(start).and_then(|(_, rest)| rest.split_once("\" "));
        quoted.is_some_and(|(request, rest)| {
            let is_http = request.rsplit_once(' ').is_some_and(|(_, protocol)| protocol.starts_with("HTTP/"));
            is_http && rest.bytes().take(3).filter(u8::is_ascii_digit).count() == 3
        })
    })
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}
