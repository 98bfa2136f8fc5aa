//! The line that Synapse logs when a request ends.

use std::borrow::Cow;

use memchr::memmem::{self, Finder};

use crate::log_record::{ENDED, Record, request_of};
use crate::words::is_user_id;

/// No HTTP method is longer.
const LONGEST_METHOD: usize = 16;
/// In seconds: one year.
const LONGEST: f64 = 31_536_000.0;

/// A request that ended.
#[derive(Debug, PartialEq)]
pub(crate) struct RequestEnd<'a> {
    /// When it ended, in milliseconds since 1970 by the clock of the log.
    pub(crate) at: i64,
    pub(crate) request: Option<Cow<'a, str>>,
    pub(crate) user: Option<&'a [u8]>,
    pub(crate) duration_ms: f64,
    /// 0 if the client disconnected before the answer.
    pub(crate) status: u16,
    pub(crate) method: Cow<'a, str>,
    pub(crate) uri: Cow<'a, str>,
    pub(crate) agent: &'a [u8],
}

impl<'a> RequestEnd<'a> {
    /// `found` is the position of [`ENDED`]. Clients choose their user agent and forwarded address: a line with the words
    /// twice may be forged and is ignored.
    pub(crate) fn read(record: &'a Record<'_>, found: usize, finder: &Finder<'_>) -> Option<Self> {
        let text: &[u8] = &record.text;
        let rest = &text[found + ENDED.len()..];
        if finder.find(rest).is_some() {
            return None;
        }
        let (processing, rest) = split(rest, b"sec/")?;
        let (sending, rest) = split(rest, b"sec ")?;
        let (before, rest) = split(rest, b"\"")?;
        let mut words = before.trim_ascii_end().rsplit(|byte| *byte == b' ');
        let (status, is_lost) = status(words.next()?)?;
        if !words.next()?.ends_with(b"B") {
            return None;
        }
        let (method, rest) = split(rest, b" ")?;
        let (uri, rest) = split(rest, b" ")?;
        let (_, rest) = split(rest, b"\"")?;
        if method.is_empty() || method.len() > LONGEST_METHOD || !method.iter().all(u8::is_ascii_uppercase) {
            return None;
        }
        // If the client disconnected before the answer, the time of sending is -1.
        let seconds = number(processing)? + number(sending)?.max(0.0);
        if !(0.0..LONGEST).contains(&seconds) {
            return None;
        }
        let head = &text[..found];
        let request = record.own_request().or_else(|| request_of(head));
        Some(Self {
            at: record.at,
            request,
            user: user(head),
            duration_ms: (seconds * 1000.0).round(),
            status: if is_lost { 0 } else { status },
            method: String::from_utf8_lossy(method),
            uri: String::from_utf8_lossy(uri),
            agent: agent(rest),
        })
    }

    #[allow(clippy::cast_possible_truncation, reason = "whole milliseconds")]
    pub(crate) fn started_at(&self) -> i64 {
        self.at.saturating_sub(self.duration_ms as i64)
    }

    /// Whether keys were uploaded. Older clients have their device id in the path.
    pub(crate) fn is_upload(&self) -> bool {
        let path = self.uri.split('?').next().unwrap_or_default();
        path.ends_with("/keys/upload") || path.contains("/keys/upload/")
    }
}

fn split<'a>(text: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let found = if let [byte] = at { memchr::memchr(*byte, text) } else { memmem::find(text, at) }?;
    Some((&text[..found], &text[found + at.len()..]))
}

fn number(text: &[u8]) -> Option<f64> {
    let is_number = text.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    is_number.then(|| std::str::from_utf8(text).ok()?.parse().ok())?
}

/// `200`, or `200!` if the client disconnected.
fn status(word: &[u8]) -> Option<(u16, bool)> {
    let (digits, is_lost) = word.strip_suffix(b"!").map_or((word, false), |digits| (digits, true));
    let is_status = digits.len() == 3 && digits.iter().all(u8::is_ascii_digit);
    is_status.then(|| (digits.iter().fold(0, |n, digit| n * 10 + u16::from(digit - b'0')), is_lost))
}

/// `{@alice:hs}`. If an admin acts for another user, the other one: `{@admin:hs|@alice:hs}`.
fn user(head: &[u8]) -> Option<&[u8]> {
    let inner = head.trim_ascii_end().strip_suffix(b"}")?;
    let requester = &inner[memchr::memrchr(b'{', inner)? + 1..];
    let user = requester.rsplit(|byte| *byte == b'|').next()?;
    std::str::from_utf8(user).is_ok_and(is_user_id).then_some(user)
}

/// The user agent: the next quoted text. It may contain quotes, as only `" [` ends it.
fn agent(rest: &[u8]) -> &[u8] {
    let Some(rest) = rest.strip_prefix(b" \"") else { return b"" };
    memmem::rfind(rest, b"\" [").map_or(b"", |end| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "2026-11-25 09:23:15,142 INFO synapse.access.http.8008 POST-75 10.0.0.1 - 8008 - {@a:hs} Processed request: \
        0.053sec/-1.000sec ru=(0.003sec, 0.002sec) db=(0.020sec/0.008sec/8) 544B 400! \"POST /_matrix/client/v3/keys/upload?x=1 \
        HTTP/1.1\" \"An \\\"agent\\\" [1]\" [0 dbevts]";

    fn with<T>(line: &str, check: impl FnOnce(Option<RequestEnd<'_>>) -> T) -> T {
        let record = Record::read(line.as_bytes()).unwrap();
        let finder = Finder::new(ENDED);
        let found = finder.find(&record.text).unwrap();
        check(RequestEnd::read(&record, found, &finder))
    }

    #[test]
    fn a_line_about_a_processed_request_is_read() {
        with(LINE, |ended| {
            let ended = ended.unwrap();
            assert_eq!(ended.request.as_deref(), Some("POST-75"));
            assert_eq!(ended.user, Some(&b"@a:hs"[..]));
            assert_eq!((ended.status, ended.duration_ms), (0, 53.0));
            assert!(ended.is_upload());
            assert_eq!(ended.agent, b"An \\\"agent\\\" [1]");
        });
        with(&LINE.replace("{@a:hs}", "{@admin:hs|@b:hs}"), |ended| {
            assert_eq!(ended.unwrap().user, Some(&b"@b:hs"[..]));
        });
        with(&LINE.replace("{@a:hs}", "{None}"), |ended| assert_eq!(ended.unwrap().user, None));
        with(&LINE.replace("ru=(0.003sec, 0.002sec) db=(", "(0.003sec, 0.002sec) ("), |ended| assert!(ended.is_some()));
    }

    #[test]
    fn a_user_id_or_method_that_is_too_long_is_not_read() {
        let user = format!("@{}:hs", "a".repeat(300));
        with(&LINE.replace("@a:hs", &user), |ended| assert_eq!(ended.unwrap().user, None));
        with(&LINE.replace("POST /", &format!("{} /", "P".repeat(17))), |ended| assert_eq!(ended, None));
    }

    #[test]
    fn a_truncated_line_and_a_line_about_two_requests_are_not_read() {
        let start = LINE.find(ENDED).unwrap() + ENDED.len();
        let end = LINE.find(" HTTP/1.1\"").unwrap() + 10;
        for cut in start..end {
            with(&LINE[..cut], |ended| assert_eq!(ended, None, "{}", &LINE[..cut]));
        }
        with(&LINE.replace("10.0.0.1", &LINE[LINE.find("{@a").unwrap()..]), |ended| assert_eq!(ended, None));
    }
}
