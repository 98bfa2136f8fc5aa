//! A decoded text: percent-encoding and JSON escapes are undone, however often they were applied. Each byte keeps its
//! position in the original text.

use std::ops::Range;

use super::steps::Steps;

pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    /// Start of each byte in the original text. A byte ends where the next one begins.
    from: Vec<usize>,
    end: usize,
}

impl View {
    /// The text without decoding.
    pub(super) fn of(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec(), from: (0..text.len()).collect(), end: text.len() }
    }

    /// The text, fully decoded.
    pub(super) fn decoded(text: &str, steps: &Steps) -> Self {
        let mut view = Self { bytes: Vec::with_capacity(text.len()), from: Vec::new(), end: text.len() };
        for (at, byte) in text.bytes().enumerate() {
            steps.add(1);
            view.push(byte, at);
            while view.undo_escape() {
                steps.add(1);
            }
        }
        view
    }

    /// Whether decoding may change the text.
    pub(super) fn is_encoded(text: &str) -> bool {
        text.bytes().any(|byte| matches!(byte, b'%' | b'\\'))
    }

    /// The range in the original text for a range in the view.
    pub(super) fn source(&self, range: Range<usize>) -> Range<usize> {
        let start = |at: usize| self.from.get(at).copied().unwrap_or(self.end);
        start(range.start)..start(range.end)
    }

    fn push(&mut self, byte: u8, from: usize) {
        self.bytes.push(byte);
        self.from.push(from);
    }

    /// Replaces the escape at the end of the view, if it is complete, by its meaning. Each replacement shortens the
    /// view, so their total number is at most the length of the text.
    fn undo_escape(&mut self) -> bool {
        let (length, meaning) = match *self.bytes.as_slice() {
            [.., b'\\', b'n' | b'r' | b't'] => (2, Some(u32::from(b'\n'))),
            [.., b'\\', byte @ (b'\\' | b'"' | b'\'' | b'/')] => (2, Some(u32::from(byte))),
            [.., b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                return self.become_byte(3, high, low);
            }
            [.., b'\\', b'x', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                return self.become_byte(4, high, low);
            }
            [.., b'\\', b'u', a, b, c, d] if a != b'{' => self.code_unit([a, b, c, d]),
            [.., b'}'] => self.braced(),
            _ => return false,
        };
        let Some(meaning) = meaning.and_then(char::from_u32) else { return false };
        let from = self.cut(length);
        for byte in meaning.encode_utf8(&mut [0; 4]).bytes() {
            self.push(byte, from);
        }
        true
    }

    /// Length and meaning of the `\uXXXX` that ends here, or of a surrogate pair.
    fn code_unit(&self, digits: [u8; 4]) -> (usize, Option<u32>) {
        let unit = hex_number(&digits);
        let Some(low) = unit.filter(|unit| (0xDC00..0xE000).contains(unit)) else { return (6, unit) };
        let [.., b'\\', b'u', a, b, c, d, _, _, _, _, _, _] = *self.bytes.as_slice() else { return (6, None) };
        let high = hex_number(&[a, b, c, d]).filter(|high| (0xD800..0xDC00).contains(high));
        (12, high.map(|high| 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00)))
    }

    /// The same for `\u{X}` to `\u{XXXXXX}`.
    fn braced(&self) -> (usize, Option<u32>) {
        let tail = &self.bytes[self.bytes.len().saturating_sub(10)..self.bytes.len() - 1];
        let Some(opening) = tail.iter().rposition(|byte| *byte == b'{') else { return (0, None) };
        let digits = &tail[opening + 1..];
        (digits.len() + 4, hex_number(digits).filter(|_| tail[..opening].ends_with(b"\\u")))
    }

    fn become_byte(&mut self, length: usize, high: u8, low: u8) -> bool {
        let Some(byte) = hex_number(&[high, low]).and_then(|number| u8::try_from(number).ok()) else { return false };
        let from = self.cut(length);
        self.push(byte, from);
        true
    }

    fn cut(&mut self, length: usize) -> usize {
        let at = self.bytes.len() - length;
        self.bytes.truncate(at);
        let from = self.from[at];
        self.from.truncate(at);
        from
    }
}

fn hex_number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_escape_is_decoded_even_if_repeated() {
        for (text, plain) in [
            ("@bob:hs", "@bob:hs"),
            ("%40bob%3ahs", "@bob:hs"),
            ("%2540bob%253Ahs", "@bob:hs"),
            ("%252540bob%25253Ahs", "@bob:hs"),
            ("b%C3%B8b", "bøb"),
            (r"b\u00f8b", "bøb"),
            (r"b\\u00f8b", "bøb"),
            (r"\ud83d\udd12", "🔒"),
            (r"\u{1f512}", "🔒"),
            (r"\x40bob", "@bob"),
            (r#"{\"a\":\"b\"}"#, r#"{"a":"b"}"#),
            (r#"{\\\"a\\\":1}"#, r#"{"a":1}"#),
            (r"a\nb", "a\nb"),
            (r"\ud83d", r"\ud83d"),
            ("100 %", "100 %"),
            ("%4", "%4"),
            (r"\u{110000}", r"\u{110000}"),
        ] {
            let view = View::decoded(text, &Steps::default());
            assert_eq!(String::from_utf8_lossy(&view.bytes), plain, "{text}");
        }
    }

    #[test]
    fn a_place_in_the_view_maps_to_the_original_text() {
        let text = "x %2540b%C3%B8b y";
        let view = View::decoded(text, &Steps::default());
        let at = view.bytes.iter().position(|byte| *byte == b'@').unwrap();
        assert_eq!(&text[view.source(at..at + "@bøb".len())], "%2540b%C3%B8b");
        assert_eq!(view.source(0..view.bytes.len()), 0..text.len());
    }
}
