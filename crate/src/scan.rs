//! Plain searching: the few moves from which the grammars are made. A regex engine would outweigh the module.

/// What follows the first `marker`.
pub(crate) fn after<'a>(text: &'a str, marker: &str) -> Option<&'a str> {
    text.find(marker).map(|at| &text[at + marker.len()..])
}

/// What stands between the first `open` and the next `close` after it.
pub(crate) fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let rest = after(text, open)?;
    rest.find(close).map(|end| &rest[..end])
}

/// The longest non-empty beginning of `text` whose characters all satisfy `accept`.
pub(crate) fn leading(text: &str, accept: impl Fn(char) -> bool) -> Option<&str> {
    let end = text.find(|c| !accept(c)).unwrap_or(text.len());
    (end > 0).then(|| &text[..end])
}

/// The decimal number that `text` begins with; `None` when there is none or it does not fit.
pub(crate) fn number(text: &str) -> Option<u32> {
    leading(text, |c| c.is_ascii_digit())?.parse().ok()
}

/// The last HTTP status that stands in the text as the Matrix SDKs write it: `[400]`, `Server returned 504 error`.
pub(crate) fn http_status(text: &str) -> Option<u16> {
    let valid = |digits: &str| digits.parse().ok().filter(|status| (100..600).contains(status));
    let mut bracketed = text.match_indices('[').filter_map(|(at, _)| {
        let rest = &text[at + 1..];
        (rest.as_bytes().get(3) == Some(&b']')).then(|| valid(&rest[..3]))?
    });
    bracketed.next_back().or_else(|| between(text, "Server returned ", " error").and_then(valid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_where_the_sdk_writes_one() {
        assert_eq!(http_status("M_UNKNOWN: MatrixError: [400] One time key"), Some(400));
        assert_eq!(http_status("Error: Server returned 504 error"), Some(504));
        assert_eq!(http_status("retrying in 3s (0/10) [42] [999] ["), None);
        assert_eq!(http_status("[é00] [50]"), None);
    }
}
