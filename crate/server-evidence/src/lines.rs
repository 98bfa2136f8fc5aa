//! The lines of a text that arrives in chunks.

use memchr::memchr_iter;

/// No useful line is longer. The rest of a longer one is dropped.
const MAX_BYTES: usize = 1024 * 1024;

/// Splits chunks into lines, in bounded memory.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    rest: Vec<u8>,
    /// Whether a part of this line was dropped.
    is_cut: bool,
    /// How many lines were cut because they were too long.
    pub(crate) too_long: u64,
}

impl Lines {
    /// Calls `take` with each line that ends in this chunk, without its line break.
    pub(crate) fn push(&mut self, chunk: &[u8], mut take: impl FnMut(&[u8])) {
        let mut start = 0;
        for end in memchr_iter(b'\n', chunk) {
            let part = &chunk[start..end];
            start = end + 1;
            if self.rest.is_empty() && part.len() <= MAX_BYTES {
                take(trimmed(part));
                continue;
            }
            self.keep(part);
            self.too_long += u64::from(std::mem::take(&mut self.is_cut));
            take(trimmed(&self.rest));
            self.rest.clear();
        }
        self.keep(&chunk[start..]);
    }

    /// The last line, if no line break ends it.
    pub(crate) fn finish(&mut self, take: impl FnOnce(&[u8])) {
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            self.too_long += u64::from(std::mem::take(&mut self.is_cut));
            take(trimmed(&rest));
        }
    }

    fn keep(&mut self, part: &[u8]) {
        let room = MAX_BYTES - self.rest.len();
        self.is_cut |= part.len() > room;
        self.rest.extend_from_slice(&part[..part.len().min(room)]);
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(text: &[u8], step: usize) -> (Vec<Vec<u8>>, u64) {
        let (mut lines, mut all) = (Lines::default(), Vec::new());
        for chunk in text.chunks(step) {
            lines.push(chunk, |line| all.push(line.to_vec()));
        }
        lines.finish(|line| all.push(line.to_vec()));
        (all, lines.too_long)
    }

    #[test]
    fn the_lines_are_the_same_with_any_chunk_size() {
        for step in 1..9 {
            let expected: Vec<Vec<u8>> = [&b"a"[..], b"", b"bc", b"d\r e", b"f"].map(<[u8]>::to_vec).into();
            assert_eq!(lines_of(b"a\r\n\nbc\nd\r e\nf", step), (expected, 0));
        }
    }

    #[test]
    fn a_line_of_the_maximum_length_is_not_cut() {
        let text = ["x".repeat(MAX_BYTES).as_bytes(), b"\nshort\n", "y".repeat(MAX_BYTES).as_bytes()].concat();
        for step in [1000, MAX_BYTES, text.len()] {
            let (lines, too_long) = lines_of(&text, step);
            assert_eq!((lines.iter().map(Vec::len).collect::<Vec<_>>(), too_long), (vec![MAX_BYTES, 5, MAX_BYTES], 0));
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_counted_and_affects_no_other_line() {
        let text = ["x".repeat(3 * MAX_BYTES).as_bytes(), b"\nshort\n"].concat();
        for step in [1000, text.len()] {
            let (lines, too_long) = lines_of(&text, step);
            assert_eq!(lines.iter().map(Vec::len).collect::<Vec<_>>(), [MAX_BYTES, 5]);
            assert_eq!(too_long, 1);
        }
    }
}
