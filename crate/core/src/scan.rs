//! Small search functions for the parsers, based on the searches of [`str`]. They count the bytes that they read.

use std::iter;

use crate::steps;

/// Index of the first `words`.
pub(crate) fn find(text: &str, words: &str) -> Option<usize> {
    let found = text.find(words);
    steps::note(found.unwrap_or(text.len()));
    found
}

/// Whether the text contains `words`.
pub(crate) fn contains(text: &str, words: &str) -> bool {
    find(text, words).is_some()
}

/// The text before the first `marker`, and the text after it.
pub(crate) fn split<'a>(text: &'a str, marker: &str) -> Option<(&'a str, &'a str)> {
    let at = find(text, marker)?;
    Some((&text[..at], &text[at + marker.len()..]))
}

/// The text after the first `marker`.
pub(crate) fn after<'a>(text: &'a str, marker: &str) -> Option<&'a str> {
    split(text, marker).map(|(_, after)| after)
}

/// The text before the last `marker`, and the text after it.
pub(crate) fn after_last<'a>(text: &'a str, marker: &str) -> Option<(&'a str, &'a str)> {
    let parts = text.rsplit_once(marker);
    steps::note(parts.map_or(text.len(), |(_, after)| after.len()));
    parts
}

/// The text between the first `open` and the next `close`.
pub(crate) fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    split(after(text, open)?, close).map(|(between, _)| between)
}

/// The text before the first line break.
pub(crate) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The text after each `marker`, to the end.
pub(crate) fn each_after<'a>(text: &'a str, marker: &'a str) -> impl Iterator<Item = &'a str> {
    iter::successors(after(text, marker), move |rest| after(rest, marker))
}

/// The longest non-empty prefix of `text` whose characters all satisfy `accept`.
pub(crate) fn leading(text: &str, accept: fn(char) -> bool) -> Option<&str> {
    let end = text.char_indices().find(|(_, c)| !accept(*c)).map_or(text.len(), |(at, _)| at);
    steps::note(end);
    (end > 0).then(|| &text[..end])
}

/// The decimal number at the start of `text`; `None` if there is none or it does not fit.
pub(crate) fn number(text: &str) -> Option<u32> {
    leading(text, |c| c.is_ascii_digit())?.parse().ok()
}

/// The HTTP status in the text, in the forms that the Matrix SDKs write: the last `[400]`, otherwise the first
/// `Server returned 504 error`.
pub(crate) fn http_status(text: &str) -> Option<u16> {
    let valid = |digits: &[u8]| match digits {
        [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] => {
            Some(digits.iter().fold(0, |status, b| status * 10 + u16::from(b - b'0')))
        }
        _ => None,
    };
    let bracketed = text.as_bytes().windows(5).rev().find_map(|five| match five {
        [b'[', digits @ .., b']'] => valid(digits),
        _ => None,
    });
    bracketed.or_else(|| between(text, "Server returned ", " error").and_then(|digits| valid(digits.as_bytes())))
}

/// The `errcode` of a Matrix error: as printed by the SDKs (`M_NOT_FOUND: MatrixError: [404] …`), or as a JSON field.
pub(crate) fn errcode(text: &str) -> Option<&str> {
    let is_code = |code: &str| {
        code.starts_with("M_") && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    let printed = find(text, "MatrixError: ").and_then(|at| {
        let before = text[..at].strip_suffix(": ")?;
        let is_part = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        let length = before.bytes().rev().take_while(|b| is_part(b)).count();
        let code = &before[before.len() - length..];
        is_code(code).then_some(code)
    });
    let field = || {
        let (between, value) = split(after(text, "\"errcode\"")?, "\"")?;
        let code = split(value, "\"")?.0;
        (is_code(code) && between.bytes().all(|b| b == b':' || b == b' ')).then_some(code)
    };
    // The legacy SDK writes the code after the name of the error.
    let behind = || {
        let rest = after(text, "MatrixError: ")?;
        let code = split(rest, ":")?.0;
        is_code(code).then_some(code)
    };
    printed.or_else(behind).or_else(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_status_is_read_only_in_the_sdks_wording() {
        assert_eq!(http_status("M_UNKNOWN: MatrixError: [400] One time key"), Some(400));
        assert_eq!(http_status("Error: Server returned 504 error"), Some(504));
        assert_eq!(http_status("retrying in 3s (0/10) [42] [999] ["), None);
        assert_eq!(http_status("[é00] [50]"), None);
    }

    #[test]
    fn an_errcode_is_read_only_in_the_wording_of_the_sdk_or_the_server() {
        for (text, code) in [
            ("0: M_TOO_LARGE: MatrixError: [400] Uploading 50 more", Some("M_TOO_LARGE")),
            ("MatrixError: M_UNKNOWN: One time key", Some("M_UNKNOWN")),
            ("{\"errcode\":\"M_LIMIT_EXCEEDED\",\"error\":\"x\"}", Some("M_LIMIT_EXCEEDED")),
            ("{\"errcode\": \"M_FORBIDDEN\"}", Some("M_FORBIDDEN")),
            ("Unknown error code: MatrixError: [400] Unknown message", None),
            ("an M_FORBIDDEN thing", None),
            ("{\"errcode\":\"M_cut", None),
        ] {
            assert_eq!(errcode(text), code, "{text}");
        }
    }
}
