//! Splits a text into tokens and decodes their marks: a quote may be `"`, `\"`, `%22`, `%2522`, `\u0022` or `&quot;`.

use super::REDACTED;
use crate::steps;

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// The decoded ASCII mark, or one of the constants below.
    pub(super) mark: u8,
    /// How many times the mark is percent-encoded.
    pub(super) percent: u8,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A run of letters, digits and underscores.
pub(super) const WORD: u8 = b'w';
/// White space without a line break.
pub(super) const BLANK: u8 = b' ';
/// White space with a line break.
pub(super) const BREAK: u8 = b'\n';
/// The text `[redacted]`.
pub(super) const REDACTION: u8 = b'r';
/// Any other byte.
pub(super) const OTHER: u8 = b'o';
/// The end of the text.
pub(super) const END: u8 = b'e';

impl Token {
    pub(super) const NONE: Self = Self { mark: END, percent: 0, start: 0, end: 0 };

    pub(super) fn is(&self, marks: &[u8]) -> bool {
        marks.contains(&self.mark)
    }

    pub(super) fn is_word(&self) -> bool {
        self.mark == WORD
    }

    pub(super) fn is_quote(&self) -> bool {
        matches!(self.mark, b'"' | b'\'' | b'`')
    }

    pub(super) fn is_space(&self) -> bool {
        matches!(self.mark, BLANK | BREAK)
    }

    pub(super) fn is_end(&self) -> bool {
        self.mark == END
    }

    pub(super) fn bytes<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        &text[self.start..self.end]
    }

    /// The next token.
    pub(super) fn next(&self, text: &[u8]) -> Self {
        token_at(text, self.end)
    }
}

/// A lookup table, because every byte is checked.
static OF_WORD: [bool; 256] = {
    let mut word = [false; 256];
    let mut b = 0_u8;
    while b < 128 {
        word[b as usize] = b.is_ascii_alphanumeric() || b == b'_';
        b += 1;
    }
    word
};

pub(super) const fn is_word(b: u8) -> bool {
    OF_WORD[b as usize]
}

/// End of the run of bytes from `at` on that `accept` accepts.
pub(super) fn end_of(text: &[u8], at: usize, accept: impl Fn(u8) -> bool) -> usize {
    let end = text[at..].iter().position(|b| !accept(*b)).map_or(text.len(), |length| at + length);
    steps::note(end - at + 1);
    end
}

/// Non-ASCII white space, in UTF-8, that occurs in text copied from a page.
const BLANKS: [&[u8]; 5] = [b"\xc2\xa0", b"\xe2\x80\x82", b"\xe2\x80\x83", b"\xe2\x80\x89", b"\xe2\x80\xaf"];

/// The token that begins at `start`.
pub(super) fn token_at(text: &[u8], start: usize) -> Token {
    let rest = text.get(start..).unwrap_or_default();
    let Some(first) = rest.first() else { return Token { mark: END, percent: 0, start, end: start } };
    let (mark, end, percent) = match *first {
        b if is_word(b) => (WORD, end_of(text, start, is_word), 0),
        b'[' if rest.starts_with(REDACTED.as_bytes()) => (REDACTION, start + REDACTED.len(), 0),
        b'%' => percent_encoded(text, start),
        b'\\' => escaped(text, start),
        b'&' => html_entity(text, start),
        b if b.is_ascii_whitespace() => {
            let end = end_of(text, start, |b| b.is_ascii_whitespace());
            let breaks = text[start..end].iter().any(|b| b"\n\r".contains(b));
            (if breaks { BREAK } else { BLANK }, end, 0)
        }
        b if b.is_ascii() => (b, start + 1, 0),
        _ => match BLANKS.iter().find(|blank| rest.starts_with(blank)) {
            Some(blank) => (BLANK, start + blank.len(), 0),
            None => (OTHER, start + 1, 0),
        },
    };
    steps::note(end - start);
    Token { mark, percent, start, end }
}

fn mark_of(byte: u8) -> u8 {
    match byte {
        b'\n' | b'\r' => BREAK,
        b' ' | b'\t' => BLANK,
        b if b.is_ascii_punctuation() => b,
        _ => OTHER,
    }
}

fn hex(text: &[u8], from: usize, count: usize) -> Option<u8> {
    let digits = text.get(from..from + count)?;
    digits.iter().try_fold(0_u8, |value, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        // A non-ASCII character is not a mark.
        u8::try_from((u32::from(value) << 4 | digit).min(0xff)).ok()
    })
}

/// `%22`, `%2522`, …
fn percent_encoded(text: &[u8], start: usize) -> (u8, usize, u8) {
    let (mut at, mut depth) = (start + 1, 1_u8);
    while text[at..].starts_with(b"25") && hex(text, at + 2, 2).is_some() {
        (at, depth) = (at + 2, depth.saturating_add(1));
    }
    hex(text, at, 2).map_or((b'%', start + 1, 0), |byte| (mark_of(byte), at + 2, depth))
}

/// Backslashes and the escaped character: a quote, the letter of a control character, or a number.
fn escaped(text: &[u8], start: usize) -> (u8, usize, u8) {
    let at = end_of(text, start, |b| b == b'\\');
    let numbered =
        |digits| hex(text, at + 1, digits).map_or((b'\\', at, 0), |byte| (mark_of(byte), at + 1 + digits, 0));
    match text.get(at) {
        Some(mark @ (b'"' | b'\'' | b'`' | b'/')) => (*mark, at + 1, 0),
        Some(b'n' | b'r') => (BREAK, at + 1, 0),
        Some(b't' | b'b' | b'f') => (BLANK, at + 1, 0),
        Some(b'u') => numbered(4),
        Some(b'x') => numbered(2),
        _ => (b'\\', at, 0),
    }
}

/// `&quot;`, `&amp;quot;`, …
fn html_entity(text: &[u8], start: usize) -> (u8, usize, u8) {
    const ENTITIES: [(&[u8], u8); 9] = [
        (b"quot;", b'"'),
        (b"#34;", b'"'),
        (b"#x22;", b'"'),
        (b"apos;", b'\''),
        (b"#39;", b'\''),
        (b"#x27;", b'\''),
        (b"lt;", b'<'),
        (b"gt;", b'>'),
        (b"nbsp;", BLANK),
    ];
    let mut at = start + 1;
    while text[at..].starts_with(b"amp;") {
        at += 4;
    }
    let entity = ENTITIES.iter().find(|(name, _)| text[at..].starts_with(name));
    entity.map_or((b'&', at, 0), |(name, mark)| (*mark, at + name.len(), 0))
}
