//! Detects the encoding of a text by its first bytes, and converts it to UTF-8.

use crate::Unreadable;

const SIGNATURES: [(&str, &[u8]); 11] = [
    ("a zip archive. Unpack it, and drop what is inside", b"PK\x03\x04"),
    ("an empty zip archive", b"PK\x05\x06"),
    ("a 7z archive. Unpack it, and drop what is inside", b"7z\xbc\xaf\x27\x1c"),
    ("packed with xz. Unpack it, and drop what is inside", b"\xfd7zXZ\0"),
    ("packed with zstd. Unpack it, and drop what is inside", b"\x28\xb5\x2f\xfd"),
    ("packed with bzip2. Unpack it, and drop what is inside", b"BZh"),
    ("a database of SQLite. Ask it with a query of the runbook, and drop the answer", b"SQLite format 3\0"),
    ("a PDF document", b"%PDF-"),
    ("a picture", b"\x89PNG"),
    ("a picture", b"\xff\xd8\xff"),
    ("a dump of PostgreSQL. Ask the database with a query of the runbook, and drop the answer", b"PGDMP"),
];
/// The first bytes of a gzip file.
pub(crate) const GZIP: &[u8] = b"\x1f\x8b";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Utf16 { is_big_endian: bool },
    Latin1,
}

/// The encoding of a text, and notes for the user on anything odd.
pub(crate) fn encoding_of(head: &[u8]) -> Result<(Encoding, Vec<String>), Unreadable> {
    if head.starts_with(GZIP) {
        return Err(Unreadable::new("It is packed twice with gzip. Unpack it, and drop what is inside."));
    }
    if let Some((name, _)) = SIGNATURES.iter().find(|(_, starts)| head.starts_with(starts)) {
        return Err(Unreadable::new(format!("It is {name}.")));
    }
    let utf16 = |is_big_endian| Ok((Encoding::Utf16 { is_big_endian }, vec!["It is in UTF-16.".to_owned()]));
    match head {
        [0xef, 0xbb, 0xbf, ..] => return Ok((Encoding::Utf8, Vec::new())),
        [0xff, 0xfe, ..] => return utf16(false),
        [0xfe, 0xff, ..] => return utf16(true),
        _ => {}
    }
    let zeros_at = |place: usize| head.iter().skip(place).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (zeros_at(0), zeros_at(1), head.len() / 2);
    // ASCII text in UTF-16 has a zero in every second byte.
    let (most, few) = (half * 2 / 5, half / 10);
    if odd > most && even <= few {
        return utf16(false);
    }
    if even > most && odd <= few {
        return utf16(true);
    }
    let controls = head.iter().filter(|byte| **byte < 32 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 27)).count();
    if controls > head.len() / 20 {
        return Err(Unreadable::new("It is no text."));
    }
    let mut notes = Vec::new();
    if controls > 0 {
        notes.push("There are control characters in it. They are shown as signs.".to_owned());
    }
    // The head may end in the middle of a character.
    let is_utf8 = std::str::from_utf8(head).err().is_none_or(|error| error.error_len().is_none());
    if is_utf8 {
        return Ok((Encoding::Utf8, notes));
    }
    notes.push("It is not in UTF-8. It was read as Latin-1 (Windows-1252).".to_owned());
    Ok((Encoding::Latin1, notes))
}

/// The characters that Windows-1252 has in place of Latin-1's control characters.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Converts chunks of bytes to UTF-8. UTF-8 passes through unchecked: callers that keep it use
/// `String::from_utf8_lossy`.
#[derive(Debug)]
pub(crate) struct Decoder {
    encoding: Encoding,
    is_first: bool,
    /// The first byte of a UTF-16 unit, and the first unit of a surrogate pair.
    byte: Option<u8>,
    unit: Option<u16>,
    text: String,
}

impl Decoder {
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self { encoding, is_first: true, byte: None, unit: None, text: String::new() }
    }

    pub(crate) fn decode<'a>(&'a mut self, mut bytes: &'a [u8]) -> &'a [u8] {
        match self.encoding {
            Encoding::Utf8 => {
                if std::mem::take(&mut self.is_first) {
                    bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
                }
                bytes
            }
            Encoding::Latin1 => {
                self.text.clear();
                self.text.extend(bytes.iter().map(|byte| match byte {
                    0x80..=0x9f => WINDOWS[usize::from(byte - 0x80)],
                    _ => char::from(*byte),
                }));
                self.text.as_bytes()
            }
            Encoding::Utf16 { is_big_endian } => {
                self.text.clear();
                for byte in bytes {
                    let Some(first) = self.byte.take() else {
                        self.byte = Some(*byte);
                        continue;
                    };
                    let pair = [first, *byte];
                    self.push_unit(if is_big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) });
                }
                self.text.as_bytes()
            }
        }
    }

    fn push_unit(&mut self, unit: u16) {
        if std::mem::take(&mut self.is_first) && unit == 0xfeff {
            return;
        }
        let units = [self.unit.take(), Some(unit)].into_iter().flatten();
        let mut decoded = char::decode_utf16(units).peekable();
        while let Some(next) = decoded.next() {
            match next {
                Ok(c) => self.text.push(c),
                // The second surrogate may come with the next bytes.
                Err(error) if decoded.peek().is_none() && matches!(error.unpaired_surrogate(), 0xd800..=0xdbff) => {
                    self.unit = Some(unit);
                }
                Err(_) => self.text.push(char::REPLACEMENT_CHARACTER),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(encoding: Encoding, bytes: &[u8], step: usize) -> String {
        let mut decoder = Decoder::new(encoding);
        bytes.chunks(step).map(|chunk| String::from_utf8(decoder.decode(chunk).to_vec()).unwrap()).collect()
    }

    #[test]
    fn utf_16_is_read_in_chunks_of_any_size() {
        let text = "a🙂é";
        let units: Vec<u16> = std::iter::once(0xfeff).chain(text.encode_utf16()).collect();
        for step in 1..6 {
            let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            assert_eq!(decoded(Encoding::Utf16 { is_big_endian: false }, &little, step), text);
            let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            assert_eq!(decoded(Encoding::Utf16 { is_big_endian: true }, &big, step), text);
        }
    }

    #[test]
    fn an_unpaired_surrogate_becomes_one_replacement_character() {
        let units = [0xd83d, 0x61, 0xde42, 0xd83d, 0xd83d, 0xde42];
        let little: Vec<u8> = units.iter().flat_map(|unit: &u16| unit.to_le_bytes()).collect();
        assert_eq!(decoded(Encoding::Utf16 { is_big_endian: false }, &little, 1), "\u{fffd}a\u{fffd}\u{fffd}🙂");
    }

    #[test]
    fn windows_1252_has_a_euro_sign() {
        assert_eq!(decoded(Encoding::Latin1, b"z\xfcrich \x80", 3), "zürich €");
    }
}
