//! The requests of a HAR file, without headers and bodies.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use lotus_crypto_diag::entry::Refusal;
use lotus_crypto_diag::otk::parse_refusal;
use lotus_crypto_diag::request_path::request_path;
use serde::Deserialize;
use serde_json::Value;

use crate::Unreadable;
use crate::content::{Content, Kind};
use crate::json_values::{Selection, Values};
use crate::requests::{Requests, TimedRequest};
use crate::time::parse_time;
use crate::words::{count, count_of, grouped};

/// Whether a text begins like a HAR file. The first field in `log` differs from browser to browser.
pub(crate) fn looks_like_har(head: &str) -> bool {
    let after = |text: &str, sign: &str| text.trim_start().strip_prefix(sign).map(str::to_owned);
    let log = after(head, "{").and_then(|rest| after(&rest, "\"log\"")).and_then(|rest| after(&rest, ":"));
    let is_log = log.and_then(|rest| after(&rest, "{")).is_some();
    let names = ["\"entries\"", "\"creator\"", "\"pages\"", "\"version\"", "\"browser\""];
    is_log && names.iter().any(|name| head.split(name).skip(1).any(|rest| rest.trim_start().starts_with(':')))
}

#[derive(Debug)]
pub(crate) struct HarReader {
    values: Values,
    requests: Requests,
    seen: u64,
    odd: u64,
}

impl HarReader {
    pub(crate) fn new() -> Self {
        Self { values: Values::new(Selection::LogEntries), requests: Requests::default(), seen: 0, odd: 0 }
    }

    pub(crate) fn push(&mut self, text: &[u8]) {
        let Self { values, requests, seen, odd } = self;
        values.push(text, |entry| {
            let Ok(entry) = serde_json::from_slice::<Value>(entry) else { return false };
            *seen += 1;
            match timed_of(&entry) {
                Ok(Some(request)) => requests.add(request),
                Ok(None) => {}
                Err(NotARequest) => *odd += 1,
            }
            true
        });
    }

    pub(crate) fn finish(self, is_cut: bool) -> Result<Content, Unreadable> {
        let is_broken = self.values.is_broken();
        let is_whole = self.values.is_whole() && !is_cut;
        if !is_whole && self.seen == 0 {
            return Err(Unreadable::new(if is_broken {
                "It is a HAR file, and broken from its beginning."
            } else {
                "It ends before its first request."
            }));
        }
        let mut content = Content::of(Kind::Har);
        content.summary = format!(
            "HAR file: {}, {} of them timed requests to a homeserver.",
            count(self.seen, "request"),
            grouped(self.requests.seen)
        );
        if !is_whole {
            content.is_partial = true;
            let how = if is_broken { "It is broken" } else { "It ends in the middle" };
            content.notes.push(format!("{how} after {}. What comes before that is used.", count(self.seen, "request")));
        }
        let odd = self.odd + self.values.too_long;
        if odd > 0 {
            let entries = count_of(odd, "entry is no request", "entries are no requests");
            content.notes.push(format!("{entries}; left out."));
        }
        let is_thinned = self.requests.is_thinned();
        content.requests = self.requests.into_kept();
        if is_thinned {
            let kept = count(content.requests.len() as u64, "request");
            content.notes.push(format!("An even share of {kept} is used."));
        }
        Ok(content)
    }
}

/// An entry that is no request.
struct NotARequest;

fn timed_of(entry: &Value) -> Result<Option<TimedRequest>, NotARequest> {
    let text = |path: &str| entry.pointer(path).and_then(Value::as_str);
    let url = text("/request/url").ok_or(NotARequest)?;
    let at = text("/startedDateTime").and_then(parse_time).ok_or(NotARequest)?;
    let duration_ms = entry.get("time").and_then(duration).ok_or(NotARequest)?;
    let Some(path) = request_path(url) else { return Ok(None) };
    let status = entry.pointer("/response/status").and_then(Value::as_f64).filter(|status| status.fract() == 0.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped")]
    let status = status.unwrap_or(0.0).clamp(0.0, 999.0) as u16;
    let (mut refusal, mut errcode) = (None, None);
    if status >= 400 && path.ends_with("/keys/upload") {
        let error = error_of(entry).unwrap_or_default();
        if status == 400 {
            refusal = parse_refusal(&error.words)
                .map(|refusal| Refusal { http_status: Some(status).or(refusal.http_status), ..refusal });
        }
        errcode = error.errcode.filter(|_| refusal.is_none());
    }
    let method = text("/request/method").unwrap_or_default().chars().take(16).collect();
    Ok(Some(TimedRequest {
        at,
        is_utc: true,
        duration_ms,
        method,
        path,
        status,
        request: None,
        text: None,
        refusal,
        errcode,
    }))
}

fn duration(time: &Value) -> Option<f64> {
    let ms = match time {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    Some(ms.max(0.0)).filter(|ms| ms.is_finite())
}

#[derive(Default)]
struct MatrixError {
    words: String,
    errcode: Option<String>,
}

/// The error in a Matrix error response. Dendrite has no top-level `error`, but one for each device.
fn error_of(entry: &Value) -> Option<MatrixError> {
    #[derive(Deserialize)]
    struct Body {
        error: Option<Value>,
        errcode: Option<Value>,
    }
    let content = entry.pointer("/response/content")?;
    let text = content.get("text")?.as_str()?;
    let decoded;
    let body = if content.get("encoding").and_then(Value::as_str) == Some("base64") {
        decoded = String::from_utf8_lossy(&BASE64.decode(text).ok()?).into_owned();
        &decoded
    } else {
        text
    };
    let Body { error, errcode } = serde_json::from_str(body).ok()?;
    let words = error.and_then(|error| error.as_str().map(str::to_owned)).unwrap_or_else(|| body.to_owned());
    let errcode = errcode.and_then(|code| code.as_str().map(str::to_owned)).filter(|code| is_errcode(code));
    Some(MatrixError { words, errcode })
}

fn is_errcode(code: &str) -> bool {
    let name = code.strip_prefix("M_").unwrap_or_default();
    let is_word = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    !name.is_empty() && name.len() <= 64 && name.bytes().all(is_word)
}
