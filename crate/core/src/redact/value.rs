//! Finds the end of a field's value. If the end is uncertain, too much is replaced rather than too little.

use std::ops::Range;

use super::REDACTED;
use super::name::ValueForm;
use super::token::{BREAK, OTHER, Token, WORD, is_word, token_at};

/// The mark between a name and its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Separator {
    pub(super) mark: u8,
    pub(super) end: usize,
    /// How many times the mark is percent-encoded; the end of the value is encoded the same way.
    pub(super) percent: u8,
}

/// The `:`, `=`, `=>`, `:=` or `->` after a name. `token` is the one after the name.
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
        // `token::parse` is a function path.
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

/// The mark after a field name, if a field begins at `at`.
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

/// The value after `separator`, without quotes; `None` if there is nothing to hide.
pub(super) fn value(text: &[u8], separator: Separator, form: ValueForm) -> Option<Range<usize>> {
    let mut opening = token_at(text, separator.end);
    let mut breaks = false;
    while opening.is_space() {
        breaks |= opening.mark == BREAK;
        opening = opening.next(text);
    }
    // The name has no value, and the next line begins another field.
    if breaks && field_ahead(text, opening.start).is_some() {
        return None;
    }
    // `&"…"`, or a YAML block.
    let next = opening.next(text);
    if opening.is(b"|") && next.is_space() {
        opening = next.next(text);
    } else if opening.is(b"&*$@") && next.is_quote() {
        opening = next;
    }
    let range = if opening.is_quote() {
        quoted(text, &opening).0
    } else if is_harmless(opening.bytes(text)) && (next.is_space() || next.is_end()) {
        return None;
    } else {
        opening.start..run_end(text, opening.start, separator, form)
    };
    is_secret(text, &range).then_some(range)
}

/// Values that are not secret, including those of a request's `credentials`.
fn is_harmless(value: &[u8]) -> bool {
    ["", "null", "undefined", "None", "true", "false", REDACTED, "same-origin", "include", "omit"]
        .iter()
        .any(|harmless| harmless.as_bytes() == value)
}

fn is_secret(text: &[u8], range: &Range<usize>) -> bool {
    let value = &text[range.clone()];
    let is_group = matches!(value.first(), Some(b'{' | b'[' | b'('));
    !is_harmless(value) && (!is_group || has_content(text, range.clone()))
}

/// Whether there is more than brackets and `[redacted]`.
fn has_content(text: &[u8], range: Range<usize>) -> bool {
    let mut token = token_at(text, range.start);
    while token.start < range.end && !token.is(&[WORD, OTHER]) {
        token = token.next(text);
    }
    token.start < range.end
}

/// The text between the quotes, and the position after them. The closing quote has the same form as the opening one.
/// If it is missing, the value extends to the end of the text.
pub(super) fn quoted(text: &[u8], opening: &Token) -> (Range<usize>, usize) {
    let is_same = |token: &Token| token.mark == opening.mark && token.bytes(text) == opening.bytes(text);
    let mut from = opening.end;
    loop {
        let mut closing = token_at(text, from);
        while !closing.is_end() && !is_same(&closing) {
            closing = closing.next(text);
        }
        // Triple quotes enclose a text of several lines.
        let third = closing.next(text);
        if from > opening.end || from < closing.start || !is_same(&third) {
            return (from..closing.start, closing.end);
        }
        from = third.end;
    }
}

/// The position after the closing bracket for the one at `at`, or the end of the text.
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

/// End of an unquoted value. A mark followed by a letter belongs to the value, unless a field begins there.
fn run_end(text: &[u8], from: usize, separator: Separator, form: ValueForm) -> usize {
    let goes_on = |token: &Token| !token.is_end() && !token.is_space() && !token.is_quote() && !token.is(ENDS);
    let mut token = token_at(text, from);
    // The previous mark; `0` at the start and after a group.
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
                match form {
                    ValueForm::Header => !next.is_end() && names_field(token.end) != Some(b':'),
                    ValueForm::Phrase => goes_on(&next) && names_field(token.end).is_none(),
                    _ => goes_on(&next) && is_scheme(&text[from..at]),
                }
            }
            b'(' | b'[' | b'{' => {
                (token, last) = (token_at(text, group_end(text, at)), 0);
                continue;
            }
            b'&' => form == ValueForm::Header && separator.mark == b':',
            _ if token.is_quote() => {
                // `b"…"`, or a header parameter.
                if last == WORD && at - from <= 2 || last == b'=' && form == ValueForm::Header {
                    (token, last) = (token_at(text, quoted(text, &token).1), 0);
                    continue;
                }
                !is_first && goes_on(&next) && names_field(token.end).is_none()
            }
            mark if ENDS.contains(&mark) => {
                let behind = if next.is_space() { next.end } else { token.end };
                let is_parameter =
                    form == ValueForm::Header && b",;".contains(&mark) && names_field(behind) == Some(b'=');
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

/// End of the value if the text begins in the middle of one; 0 if unknown. A closing quote without an opening one ends
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
    run_end(text, 0, Separator { mark: b'=', end: 0, percent: 0 }, ValueForm::Plain)
}

/// Marks that may end an unquoted value.
const ENDS: &[u8] = b"&,;)}]<>\\";
/// Marks that may begin a value.
const LEADS: &[u8] = b",;<>\\";

/// Whether this is a type name before its fields: `AccessToken { … }`, `Uint8Array(32) […]`.
fn is_type(word: &[u8]) -> bool {
    word.last() == Some(&b')') || word.first().is_some_and(u8::is_ascii_uppercase) && word.iter().all(|b| is_word(*b))
}

fn is_scheme(word: &[u8]) -> bool {
    ["bearer", "basic", "digest", "dpop"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme.as_bytes()))
}
