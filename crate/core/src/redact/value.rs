//! How far the value of a field goes. Where its end cannot be known, too much goes rather than too little.

use std::ops::Range;

use super::REDACTED;
use super::name::Manner;
use super::token::{BREAK, OTHER, Token, WORD, is_word, token_at};

/// What stands between a name and its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Separator {
    pub(super) mark: u8,
    pub(super) end: usize,
    /// How often it is percent-encoded; its value's end is so, too.
    pub(super) percent: u8,
}

/// The `:`, `=`, `=>`, `:=` or `->` behind a name, which `token` follows.
pub(super) fn separator(text: &[u8], mut token: Token) -> Option<Separator> {
    const FURTHEST: usize = 6;

    for _ in 0..FURTHEST {
        match token.mark {
            b':' | b'=' | b'-' => break,
            b']' => {}
            _ if token.is_quote() || token.is_space() => {}
            _ => return None,
        }
        token = token.next(text);
    }
    let mut next = token.next(text);
    let is_one = match token.mark {
        // `token::parse` is the path of a function.
        b':' => !next.is(b":"),
        b'=' => true,
        mark => mark == b'-' && next.is(b">"),
    };
    let mut end = token.end;
    while next.is(b"=>") {
        end = next.end;
        next = next.next(text);
    }
    if is_one { Some(Separator { mark: token.mark, end, percent: token.percent }) } else { None }
}

/// The mark behind the name of a field, where one begins at `at`.
fn field_ahead(text: &[u8], at: usize) -> Option<u8> {
    const LONGEST: usize = 9;

    let mut token = token_at(text, at);
    if token.is_quote() {
        token = token.next(text);
    }
    let mut named = false;
    for _ in 0..LONGEST {
        match token.mark {
            WORD => named = true,
            b':' | b'=' => return named.then_some(token.mark),
            _ if named && (token.is_quote() || token.is(b"-.]")) => {}
            _ => return None,
        }
        token = token.next(text);
    }
    None
}

/// The value behind `separator`, without its quotes; `None` where there is nothing to hide.
pub(super) fn value(text: &[u8], separator: Separator, manner: Manner) -> Option<Range<usize>> {
    let mut opening = token_at(text, separator.end);
    let mut breaks = false;
    while opening.is_space() {
        breaks |= opening.mark == BREAK;
        opening = opening.next(text);
    }
    // A name without a value, and the next line.
    if breaks && field_ahead(text, opening.start).is_some() {
        return None;
    }
    // `&"…"`, and the block of YAML.
    let next = opening.next(text);
    if opening.is(b"|") && next.is_space() {
        opening = next.next(text);
    } else if opening.is(b"&*$@") && next.is_quote() {
        opening = next;
    }
    let range = if opening.is_quote() {
        quoted(text, &opening).0
    } else if is_told(opening.bytes(text)) && (next.is_space() || next.is_end()) {
        return None;
    } else {
        opening.start..run_end(text, opening.start, separator, manner)
    };
    is_secret(text, &range).then_some(range)
}

/// Values that hide nothing, those of a request's `credentials` among them.
fn is_told(value: &[u8]) -> bool {
    ["", "null", "undefined", "None", "true", "false", REDACTED, "same-origin", "include", "omit"]
        .iter()
        .any(|told| told.as_bytes() == value)
}

fn is_secret(text: &[u8], range: &Range<usize>) -> bool {
    let value = &text[range.clone()];
    let is_group = matches!(value.first(), Some(b'{' | b'[' | b'('));
    !is_told(value) && (!is_group || has_content(text, range.clone()))
}

/// Whether there is more than brackets and what was redacted before.
fn has_content(text: &[u8], range: Range<usize>) -> bool {
    let mut token = token_at(text, range.start);
    while token.start < range.end && !token.is(&[WORD, OTHER]) {
        token = token.next(text);
    }
    token.start < range.end
}

/// What is in the quotes, and where the text goes on behind them: they close with the very sequence that opened them. What
/// is cut goes to the end of the text.
pub(super) fn quoted(text: &[u8], opening: &Token) -> (Range<usize>, usize) {
    let is_same = |token: &Token| token.mark == opening.mark && token.bytes(text) == opening.bytes(text);
    let mut from = opening.end;
    loop {
        let mut closing = token_at(text, from);
        while !closing.is_end() && !is_same(&closing) {
            closing = closing.next(text);
        }
        // Three quotes open a text of several lines.
        let third = closing.next(text);
        if from > opening.end || from < closing.start || !is_same(&third) {
            return (from..closing.start, closing.end);
        }
        from = third.end;
    }
}

/// Where what the bracket at `at` opens is closed; the end of the text where it is not.
fn group_end(text: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    loop {
        let token = token_at(text, at);
        at = token.end;
        if token.is(b"([{") {
            depth += 1;
        } else if token.is(b")]}") {
            depth -= 1;
        } else if token.is_quote() && !(token.is(b"'") && is_word(text[token.start - 1])) {
            at = quoted(text, &token).1;
        }
        if depth == 0 || token.is_end() {
            return at;
        }
    }
}

/// The end of a value without quotes. A mark that is followed by a letter belongs to it, unless a field begins there.
fn run_end(text: &[u8], from: usize, separator: Separator, manner: Manner) -> usize {
    let goes_on = |token: &Token| !token.is_end() && !token.is_space() && !token.is_quote() && !token.is(ENDS);
    let mut token = token_at(text, from);
    // What was before: nothing, or a group, is a `0`.
    let mut last = 0;
    while !token.is_end() {
        let next = token.next(text);
        let (at, is_first) = (token.start, token.start == from);
        let names_field = |at| field_ahead(text, at);
        let is_part = match token.mark {
            _ if token.percent > separator.percent && !token.is_quote() => true,
            BREAK => false,
            _ if token.is_space() => {
                if next.is(b"[{\"'") && is_type(&text[from..at]) {
                    let end = if next.is_quote() { quoted(text, &next).1 } else { group_end(text, next.start) };
                    (token, last) = (token_at(text, end), 0);
                    continue;
                }
                match manner {
                    Manner::Header => !next.is_end() && names_field(token.end) != Some(b':'),
                    Manner::Phrase => goes_on(&next) && names_field(token.end).is_none(),
                    _ => goes_on(&next) && is_scheme(&text[from..at]),
                }
            }
            b'(' | b'[' | b'{' => {
                (token, last) = (token_at(text, group_end(text, at)), 0);
                continue;
            }
            b'&' => manner == Manner::Header && separator.mark == b':',
            _ if token.is_quote() => {
                // `b"…"`, and a parameter of a header.
                if last == WORD && at - from <= 2 || last == b'=' && manner == Manner::Header {
                    (token, last) = (token_at(text, quoted(text, &token).1), 0);
                    continue;
                }
                !is_first && goes_on(&next) && names_field(token.end).is_none()
            }
            mark if ENDS.contains(&mark) => {
                let behind = if next.is_space() { next.end } else { token.end };
                let is_parameter =
                    manner == Manner::Header && b",;".contains(&mark) && names_field(behind) == Some(b'=');
                let leads = (is_first || LEADS.contains(&last)) && LEADS.contains(&mark);
                let is_inside = (!is_first || leads) && (goes_on(&next) || leads && next.is(LEADS));
                is_parameter || is_inside && names_field(token.end).is_none()
            }
            _ => true,
        };
        if !is_part {
            break;
        }
        last = token.mark;
        token = next;
    }
    token.start
}

/// The end of the value in whose middle a text may begin; 0 where none can be known. A quote that nothing has opened closes
/// a value.
pub(super) fn cut_value_end(text: &[u8]) -> usize {
    let mut token = token_at(text, 0);
    while !token.is_end() && !token.is_quote() {
        token = token.next(text);
    }
    let next = token.next(text);
    if token.is_quote() && (next.is_end() || next.is(b",)]}")) {
        return token.start;
    }
    run_end(text, 0, Separator { mark: b'=', end: 0, percent: 0 }, Manner::Plain)
}

/// By which a value without quotes may end.
const ENDS: &[u8] = b"&,;)}]<>\\";
/// Those a value may begin with.
const LEADS: &[u8] = b",;<>\\";

/// The name of a type before its fields: `AccessToken { … }`, `Uint8Array(32) […]`.
fn is_type(word: &[u8]) -> bool {
    word.last() == Some(&b')') || word.first().is_some_and(u8::is_ascii_uppercase) && word.iter().all(|b| is_word(*b))
}

fn is_scheme(word: &[u8]) -> bool {
    ["bearer", "basic", "digest", "dpop"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme.as_bytes()))
}
