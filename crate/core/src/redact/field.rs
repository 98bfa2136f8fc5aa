//! Finds fields whose name marks the value as a secret, in any notation.

use std::ops::Range;

use super::name::{ValueForm, accompanies_a_key, value_form_of};
use super::reader::Reader;
use super::token::{BLANK, Token, end_of, is_word, token_at};
use super::value::{Separator, separator, value};

/// How far to look ahead, in bytes, if a name alone does not decide.
const WINDOW: usize = 128;

impl Reader<'_> {
    /// The secret value of the field whose name ends with `token`.
    pub(super) fn field_value(&mut self, token: &Token, word: &[u8], next: Token) -> Option<Range<usize>> {
        let text = self.text;
        let Some(separator) = separator(text, next) else {
            let separator = self.detached_separator(next)?;
            let form = value_form_of(&text[..token.end]).filter(|form| form.is_certain())?;
            return value(text, separator, form);
        };
        self.key_is_secret |= accompanies_a_key(word);
        if word.eq_ignore_ascii_case(b"value") {
            return named_behind(text, separator);
        }
        let form = value_form_of(&text[..token.end])?;
        let from = opening(text, separator.end);
        let is_secret = match form {
            ValueForm::Plain | ValueForm::Phrase | ValueForm::Header => true,
            ValueForm::Text => is_private_text(text, separator.end),
            ValueForm::Long(least) => {
                looks_random(text, from, least)
                    || word == b"code" && self.is_in_query(separator) && !is_number(text, from)
                    || word == b"k" && self.names_file_cipher && end_of(text, from, is_base64) == text.len()
            }
            ValueForm::Key => {
                !is_public(text, from)
                    && text.get(from) != Some(&b'{')
                    && (self.key_is_secret || self.has_companion_field(separator.end))
            }
        };
        if is_secret { value(text, separator, form) } else { None }
    }

    fn is_in_query(&self, separator: Separator) -> bool {
        separator.mark == b'=' && self.latest[1].is(b"?&#")
    }

    /// Whether a field that accompanies a media key or a backup's key follows soon in the same object.
    fn has_companion_field(&mut self, at: usize) -> bool {
        // The result for an earlier name may also be valid for this one, so that nothing is searched twice.
        if self.searched_to < at {
            (self.searched_to, self.found_companion) = (at, false);
            let mut token = token_at(self.text, at);
            while !token.is_end() && !token.is(b"{};") && !self.found_companion {
                self.searched_to = token.end;
                self.found_companion = token.is_word()
                    && accompanies_a_key(token.bytes(self.text))
                    && separator(self.text, token.next(self.text)).is_some();
                token = token.next(self.text);
            }
        }
        self.found_companion && self.searched_to - at <= 2 * WINDOW
    }

    /// The separator where the name is itself a value: `["password", "x"]`, `{name: "password", value: "x"}`, a tag,
    /// or a command-line option.
    fn detached_separator(&self, next: Token) -> Option<Separator> {
        let text = self.text;
        let [name, before, outer] = self.latest;
        let plain = |end| Some(Separator { mark: BLANK, end, percent: next.percent });
        let is_option = before.is(b"-") && before.end == name.start && outer.is(b"-");
        if before.is(b"<") && next.is(b">") || is_option && next.is_space() {
            return plain(next.end);
        }
        let is_quoted = before.is_quote() && before.bytes(text) == next.bytes(text);
        let (outer, mut next) = if is_quoted { (outer, next.next(text)) } else { (before, next) };
        let list = outer.is(b"[(") && is_quoted && !name.bytes(text).contains(&b'.');
        // A part of a multipart form: its value follows after an empty line.
        let is_part = || is_quoted && next.is_space() && next.bytes(text).split(|b| *b == b'\n').count() > 2;
        if !list && outer.is(b":=") && is_part() {
            return plain(next.end);
        }
        for _ in 0..5 {
            if list && next.is(b",") {
                return plain(next.end);
            }
            if !list && outer.is(b":=") && next.bytes(text).eq_ignore_ascii_case(b"value") {
                return separator(text, next.next(text));
            }
            if next.is_space() || !list && (next.is_quote() || next.is(b",;&")) {
                next = next.next(text);
            }
        }
        None
    }
}

/// The value of a field `value` if the next field names a secret: `{value: "x", name: "token"}`.
fn named_behind(text: &[u8], separator: Separator) -> Option<Range<usize>> {
    const FURTHEST: usize = 12;

    let text = &text[..text.len().min(separator.end + WINDOW)];
    let range = value(text, separator, ValueForm::Plain).filter(|range| range.end < text.len())?;
    let mut token = token_at(text, range.end);
    let mut names = false;
    for _ in 0..FURTHEST {
        if token.is_word() && names {
            let end = end_of(text, token.start, |b| is_word(b) || b == b'-');
            return value_form_of(&text[..end]).filter(|form| form.is_certain()).map(|_| range);
        }
        if token.is_word() {
            names =
                ["name", "key", "header"].iter().any(|name| token.bytes(text).eq_ignore_ascii_case(name.as_bytes()));
        }
        if token.is(b"{}[]") {
            break;
        }
        token = token.next(text);
    }
    None
}

/// Start of the value, after its quotes.
fn opening(text: &[u8], at: usize) -> usize {
    let skip = |token: Token, _| if token.is_space() || token.is_quote() { token.next(text) } else { token };
    (0..4).fold(token_at(text, at), skip).start
}

fn is_base64(b: u8) -> bool {
    is_word(b) || b"+/-".contains(&b)
}

fn looks_random(text: &[u8], from: usize, least: usize) -> bool {
    let Some(run) = text.get(from..from + least) else { return false };
    run.iter().all(|b| is_base64(*b)) && run.iter().any(u8::is_ascii_digit) && run.iter().any(u8::is_ascii_lowercase)
}

fn is_number(text: &[u8], from: usize) -> bool {
    let end = end_of(text, from, is_word);
    text[from..end].iter().all(u8::is_ascii_digit)
}

fn is_public(text: &[u8], from: usize) -> bool {
    ["curve25519:", "ed25519:"].iter().any(|algorithm| text[from..].starts_with(algorithm.as_bytes()))
}

/// Whether the value is a text, possibly wrapped as in `Some("…")`. With these names, an object contains public keys.
fn is_private_text(text: &[u8], at: usize) -> bool {
    let mut token = token_at(text, at);
    for _ in 0..8 {
        if is_public(text, token.start) || token.is(b"{[") || token.is_end() {
            return false;
        }
        let is_before = token.is_space() || token.is_quote() || token.is(b"(");
        let next = token.next(text);
        let is_type = token.is_word() && (next.is(b"(") || next.is_space() && next.next(text).is(b"{"));
        if !is_before && !is_type {
            return true;
        }
        token = next;
    }
    true
}
