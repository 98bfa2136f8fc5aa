//! Secrets that are recognised by their form, whatever surrounds them.

use std::ops::Range;

use crate::steps;

use super::name::ValueForm;
use super::token::{BLANK, Token, end_of, is_word, token_at};
use super::value::{Separator, value};

/// Token prefixes: Synapse's (access, refresh, login) and those of the Matrix Authentication Service (compatibility
/// access and refresh; access, refresh, personal), each with the minimum length of the rest, so that ordinary words do
/// not match.
const TOKEN_PREFIXES: [(&[u8], usize); 9] = [
    (b"syt_", 1),
    (b"syr_", 1),
    (b"syl_", 1),
    (b"mct_", 1),
    (b"mcr_", 1),
    (b"mat_", 16),
    (b"mar_", 16),
    (b"mpt_", 16),
    // A macaroon, base64 of "001": old Synapse tokens, and Synapse's guest and short-term login tokens.
    (b"MDAx", 40),
];

pub(super) fn prefixed_token(text: &[u8], at: usize) -> Option<Range<usize>> {
    let token = |b: u8| is_word(b) || b == b'-' || b == b'.' || b == b'=';
    TOKEN_PREFIXES.iter().find_map(|(prefix, least)| {
        let from = at + text[at..].starts_with(prefix).then_some(prefix.len())?;
        let end = end_of(text, from, token);
        (end - from >= *least || end == text.len()).then_some(at..end)
    })
}

/// A token `eyJ….….…` of LiveKit or OpenID Connect; the dot distinguishes it from a key with the same beginning.
/// `Err`: the end of a run that is not a token.
pub(super) fn json_web_token(text: &[u8], at: usize) -> Result<Range<usize>, usize> {
    let part = |b: u8| is_word(b) || b == b'-';
    let header = end_of(text, at, part);
    let is_one = text[at..].starts_with(b"eyJ") && text.get(header) == Some(&b'.');
    if is_one { Ok(at..end_of(text, header, |b| part(b) || b == b'.')) } else { Err(header) }
}

/// A Matrix recovery key (spec, "key representation"): 48 base58 characters beginning with `Es`, in groups of four or
/// with any other blanks. Six groups of four without that beginning count as the rest of one.
pub(super) fn recovery_key(text: &[u8], word: &Token) -> Option<Range<usize>> {
    const LENGTH: usize = 48;
    let base58 = |b: u8| b.is_ascii_alphanumeric() && !b"0OIl".contains(&b);
    let opens = text[word.start..].starts_with(b"Es");
    let (mut groups, mut letters, mut fours, mut end) = (0, 0, 0, word.end);
    let (mut digits, mut capitals) = (false, false);
    let mut group = *word;
    loop {
        let bytes = group.bytes(text);
        let fits = group.is_word() && bytes.len() + letters <= LENGTH && (opens || bytes.len() == 4);
        if !fits || !bytes.iter().all(|b| base58(*b)) {
            break;
        }
        digits |= bytes.iter().any(u8::is_ascii_digit);
        capitals |= bytes.iter().skip(1).any(u8::is_ascii_uppercase);
        (groups, letters, end) = (groups + 1, letters + bytes.len(), group.end);
        fours += usize::from(bytes.len() == 4);
        let gap = group.next(text);
        if !gap.is_space() {
            break;
        }
        // Escaped or encoded white space consists of several tokens.
        group = (0..4).fold(gap, |token, _| if token.is_space() { token.next(text) } else { token });
    }
    let is_mixed = digits && capitals;
    let is_cut = || end == text.len() && groups >= 2 && fours + 1 >= groups;
    let is_one = letters == LENGTH && (groups == 1 || is_mixed) || fours >= 6 && is_mixed || is_cut();
    (is_one && (opens || fours >= 6 && is_mixed)).then_some(word.start..end)
}

/// The content between `-----BEGIN … PRIVATE KEY-----`, or `MEGOLM SESSION DATA`, and the end line.
pub(super) fn pem_block(text: &[u8], begin: &Token) -> Option<Range<usize>> {
    const RULE: &[u8] = b"-----";
    const LONGEST_TITLE: usize = 40;
    let find = |from: usize, to: usize, words: &[u8]| {
        let found = text[from..to].windows(words.len()).position(|window| window == words);
        steps::note(found.unwrap_or(to - from));
        found.map(|at| from + at)
    };
    let title_end = find(begin.end, text.len().min(begin.end + LONGEST_TITLE), RULE)?;
    let is_private = [b"PRIVATE", b"SESSION"].iter().any(|words| find(begin.end, title_end, *words).is_some());
    let from = title_end + RULE.len();
    let is_one = is_private && text[..begin.start].ends_with(RULE);
    if is_one { Some(from..find(from, text.len(), RULE).unwrap_or(text.len())) } else { None }
}

/// Bytes written as numbers, as when a key is printed as an array: at least sixteen, `1, 2, …` or `"0":1,"1":2,…`.
pub(super) fn bytes(text: &[u8], word: &Token) -> Option<Range<usize>> {
    const LEAST: usize = 16;
    const WIDEST_GAP: usize = 4;
    let is_byte = |token: &Token| {
        let digits = token.bytes(text);
        (1..=3).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
    };
    let (mut number, mut commas, mut after_colon) = (*word, 0, false);
    loop {
        let (mut next, mut comma, mut colon) = (number.next(text), false, false);
        for _ in 0..WIDEST_GAP {
            comma |= next.is(b",");
            colon |= next.is(b":");
            if next.is_space() || next.is(b"\"',:") {
                next = next.next(text);
            }
        }
        // A colon separates an index from its number, a comma one number from the next.
        if !(is_byte(&next) && (comma || colon && !after_colon)) {
            break;
        }
        (number, after_colon) = (next, colon);
        commas += usize::from(comma);
    }
    (is_byte(word) && commas + 1 >= LEAST).then_some(word.start..number.end)
}

/// The user and password of `https://user:password@host`. The user is replaced too, because it may be a token.
pub(super) fn url_credentials(text: &[u8], mut token: Token) -> Option<Range<usize>> {
    for mark in b"://" {
        if token.mark != *mark {
            return None;
        }
        token = token.next(text);
    }
    let (from, mut has_colon, mut credentials) = (token.start, false, None);
    while !token.is_space() && !token.is_end() && !token.is(b"/?#\"'<>") {
        if token.is(b"@") && has_colon {
            credentials = Some(from..token.start);
        }
        has_colon |= token.is(b":");
        token = token.next(text);
    }
    credentials
}

/// The credentials after an authentication scheme: `Bearer abc`, `Bearer%20abc`, `Bearer: "abc"`.
pub(super) fn credentials(text: &[u8], scheme_end: usize) -> Option<Range<usize>> {
    const FURTHEST: usize = 4;

    let mut separator = Separator { mark: BLANK, end: scheme_end, percent: 0 };
    for _ in 0..FURTHEST {
        let token = token_at(text, separator.end);
        // A quote directly after the scheme is a closing quote.
        if token.is(&[BLANK, b':', b'=', b'+']) || token.is_quote() && separator.end == scheme_end {
            separator = Separator { end: token.end, percent: token.percent, ..separator };
        }
    }
    if separator.end == scheme_end { None } else { value(text, separator, ValueForm::Plain) }
}

/// Whether this is not an ordinary word: `Basic dXNlcjpwYXNz`, unlike `Basic authentication`.
pub(super) fn looks_like_base64(text: &[u8]) -> bool {
    text.len() >= 8 && (text.ends_with(b"=") || text.iter().any(u8::is_ascii_digit))
}
