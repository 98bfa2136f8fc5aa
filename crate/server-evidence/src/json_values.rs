//! Splits a JSON text into its values; the text is never in memory as a whole.

/// Which values to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// Each value of the text: `{…} {…}`.
    Whole,
    /// The elements of each list: `[…, …] […]`.
    Elements,
    /// The elements of `log.entries`.
    LogEntries,
}

/// Nothing that is read here is nested deeper.
const DEEPEST: usize = 200;
/// A longer value is skipped.
const LONGEST: usize = 64 * 1024 * 1024;

/// Finds where values begin and end. Their reader checks whether they are well-formed.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "the state of a scanner")]
pub(crate) struct Values {
    selection: Selection,
    /// The open brackets.
    open: Vec<u8>,
    is_in_text: bool,
    is_escaped: bool,
    /// The value that is being collected.
    value: Option<Vec<u8>>,
    /// The last name read in `open`, and the names on the path to it.
    name: Vec<u8>,
    names: Vec<Vec<u8>>,
    is_broken: bool,
    /// How many values were too long.
    pub(crate) too_long: u64,
    /// Whether any value was complete.
    is_closed: bool,
}

impl Values {
    pub(crate) fn new(selection: Selection) -> Self {
        Self {
            selection,
            open: Vec::new(),
            is_in_text: false,
            is_escaped: false,
            value: None,
            name: Vec::new(),
            names: Vec::new(),
            is_broken: false,
            too_long: 0,
            is_closed: false,
        }
    }

    /// Whether every bracket is closed.
    pub(crate) fn is_whole(&self) -> bool {
        !self.is_broken && self.open.is_empty() && !self.is_in_text && self.is_closed
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Calls `take` with each value that ends in this chunk; `take` returns whether it could be read.
    pub(crate) fn push(&mut self, chunk: &[u8], mut take: impl FnMut(&[u8]) -> bool) {
        let mut at = 0;
        while at < chunk.len() && !self.is_broken {
            if self.is_in_text {
                at = self.in_text(chunk, at);
                continue;
            }
            let byte = chunk[at];
            at += 1;
            match byte {
                b'"' => {
                    self.start_scalar();
                    self.is_in_text = true;
                    self.name.clear();
                    self.keep(b"\"");
                }
                b'{' | b'[' => self.open_bracket(byte),
                b'}' | b']' => self.close_bracket(byte, &mut take),
                b',' => {
                    self.end_scalar(&mut take);
                    self.keep(b",");
                }
                byte if byte.is_ascii_whitespace() => {
                    if self.open.is_empty() {
                        self.end_scalar(&mut take);
                    }
                    self.keep(&[byte]);
                }
                byte => {
                    if byte != b':' {
                        self.start_scalar();
                    }
                    self.keep(&[byte]);
                }
            }
        }
    }

    /// Ends a number at the very end of the text, which no delimiter follows.
    pub(crate) fn finish(&mut self, mut take: impl FnMut(&[u8]) -> bool) {
        if !self.is_in_text && self.open.is_empty() {
            self.end_scalar(&mut take);
        }
    }

    fn in_text(&mut self, chunk: &[u8], start: usize) -> usize {
        let mut at = start;
        if std::mem::take(&mut self.is_escaped) {
            at += 1;
        }
        while at < chunk.len() {
            let Some(found) = memchr::memchr2(b'"', b'\\', &chunk[at..]) else {
                at = chunk.len();
                break;
            };
            at += found + 1;
            if chunk[at - 1] == b'"' {
                self.is_in_text = false;
                break;
            }
            if at == chunk.len() {
                self.is_escaped = true;
            } else {
                at += 1;
            }
        }
        let part = &chunk[start..at];
        self.keep(part);
        if self.value.is_none() && self.open.len() <= 2 {
            let room = 64 - self.name.len().min(64);
            self.name.extend_from_slice(&part[..part.len().min(room)]);
        }
        at
    }

    fn is_place(&self) -> bool {
        match self.selection {
            Selection::Whole => self.open.is_empty(),
            Selection::Elements => self.open == b"[",
            Selection::LogEntries => {
                self.open == b"{{["
                    && self.names.len() == 3
                    && self.names[1] == b"log\""
                    && self.names[2] == b"entries\""
            }
        }
    }

    fn open_bracket(&mut self, byte: u8) {
        if self.value.is_none() && self.is_place() {
            self.value = Some(Vec::new());
        }
        self.keep(&[byte]);
        self.open.push(byte);
        if self.value.is_none() {
            self.names.push(std::mem::take(&mut self.name));
        }
        self.is_broken |= self.open.len() > DEEPEST;
    }

    fn close_bracket(&mut self, byte: u8, take: &mut impl FnMut(&[u8]) -> bool) {
        self.end_scalar(take);
        let opened = if byte == b'}' { b'{' } else { b'[' };
        if self.open.pop() != Some(opened) {
            self.is_broken = true;
            return;
        }
        self.names.truncate(self.open.len());
        self.keep(&[byte]);
        if self.is_place() {
            self.hand_over(take);
        }
        self.is_closed |= self.open.is_empty();
    }

    fn start_scalar(&mut self) {
        if self.value.is_none() && self.is_place() {
            self.value = Some(Vec::new());
        }
    }

    /// A value without brackets ends at the next delimiter.
    fn end_scalar(&mut self, take: &mut impl FnMut(&[u8]) -> bool) {
        if self.is_place() {
            self.hand_over(take);
        }
    }

    fn hand_over(&mut self, take: &mut impl FnMut(&[u8]) -> bool) {
        let Some(value) = self.value.take() else { return };
        self.is_closed = true;
        if value.len() > LONGEST {
            self.too_long += 1;
        } else if !take(&value) {
            self.is_broken = true;
        }
    }

    fn keep(&mut self, part: &[u8]) {
        if let Some(value) = &mut self.value {
            // One byte above the limit marks the value as too long.
            let room = (LONGEST + 1).saturating_sub(value.len());
            value.extend_from_slice(&part[..part.len().min(room)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(selection: Selection, text: &str, step: usize) -> (Vec<String>, bool) {
        let (mut values, mut found) = (Values::new(selection), Vec::new());
        let mut take = |value: &[u8]| {
            found.push(String::from_utf8(value.to_vec()).unwrap());
            serde_json::from_slice::<serde_json::Value>(value).is_ok()
        };
        for chunk in text.as_bytes().chunks(step) {
            values.push(chunk, &mut take);
        }
        values.finish(&mut take);
        let is_whole = values.is_whole();
        (found, is_whole)
    }

    #[test]
    fn the_values_are_the_same_with_any_chunk_size() {
        let (whole, elements, entries) = (Selection::Whole, Selection::Elements, Selection::LogEntries);
        for (selection, text, expected) in [
            (whole, r#"{"a": "}\"{"} [1] 7"#, &[r#"{"a": "}\"{"}"#, "[1]", "7"][..]),
            (elements, r#"[{"a":[1]}, 2, "x,]" ] [[3]]"#, &[r#"{"a":[1]}"#, "2", "\"x,]\" ", "[3]"]),
            (
                entries,
                r#"{"x":{"entries":[0]},"log":{"pages":[1],"entries":[{"a":1},2],"z":[3]}}"#,
                &[r#"{"a":1}"#, "2"],
            ),
            (entries, r#"{"log":{"y":{"entries":[1]},"entries":[]},"entries":[2]}"#, &[]),
        ] {
            for step in 1..text.len() {
                assert_eq!(
                    values(selection, text, step),
                    (expected.iter().map(|v| (*v).to_owned()).collect(), true),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn broken_json_is_not_whole_and_keeps_the_values_before_the_break() {
        for (text, count) in [("[1,2", 1), ("[{},{", 1), ("[{}}", 1), ("[\"a", 0), ("]", 0)] {
            let (found, is_whole) = values(Selection::Elements, text, 2);
            assert!(!is_whole, "{text}");
            assert_eq!(found.len(), count, "{text}");
        }
        assert!(!values(Selection::Elements, &"[".repeat(1000), 7).1);
    }
}
