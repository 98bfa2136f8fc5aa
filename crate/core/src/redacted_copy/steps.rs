//! Counts the work for a copy, so that a test can check that it is linear in the size of the report.

use std::cell::Cell;
use std::ops::Range;

#[derive(Default)]
pub(super) struct Steps(Cell<u64>);

impl Steps {
    pub(super) fn add(&self, steps: usize) {
        self.0.set(self.0.get() + steps as u64);
    }

    pub(super) fn count(&self) -> u64 {
        self.0.get()
    }
}

/// The bytes that a parser reads. Reading a byte is a step.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    bytes: &'a [u8],
    steps: &'a Steps,
}

impl<'a> Text<'a> {
    pub(super) fn new(bytes: &'a [u8], steps: &'a Steps) -> Self {
        Self { bytes, steps }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The byte at `place`; 0, which no id contains, outside the text.
    pub(super) fn at(&self, place: usize) -> u8 {
        self.steps.add(1);
        self.bytes.get(place).copied().unwrap_or(0)
    }

    pub(super) fn before(&self, place: usize) -> u8 {
        place.checked_sub(1).map_or(0, |place| self.at(place))
    }

    /// End of the run of bytes that `accept` accepts.
    pub(super) fn run(&self, from: usize, accept: impl Fn(u8) -> bool) -> usize {
        self.run_within(from..self.bytes.len(), accept)
    }

    /// The same, within the range.
    pub(super) fn run_within(&self, range: Range<usize>, accept: impl Fn(u8) -> bool) -> usize {
        let mut at = range.start;
        while at < range.end && accept(self.at(at)) {
            at += 1;
        }
        at
    }

    /// The same, but also accepts letters and digits of any script, though not its punctuation.
    pub(super) fn run_of_letters(&self, from: usize, accept: impl Fn(u8) -> bool) -> usize {
        let mut at = from;
        loop {
            at = self.run(at, |byte| byte.is_ascii() && accept(byte));
            let Some(letter) = self.letter(at) else { return at };
            at += letter.len_utf8();
        }
    }

    fn letter(&self, at: usize) -> Option<char> {
        if self.at(at).is_ascii() {
            return None;
        }
        let bytes = &self.bytes[at..self.bytes.len().min(at + 4)];
        let text = bytes.utf8_chunks().next()?.valid();
        text.chars().next().filter(|letter| letter.is_alphanumeric())
    }

    /// Start of the run of bytes that `accept` accepts and that ends at `to`; at least `floor`.
    pub(super) fn run_back(&self, floor: usize, to: usize, accept: impl Fn(u8) -> bool) -> usize {
        let mut at = to;
        while at > floor && accept(self.at(at - 1)) {
            at -= 1;
        }
        at
    }

    /// The range without the bytes at its end that `trims` accepts.
    pub(super) fn trimmed(&self, range: Range<usize>, trims: impl Fn(u8) -> bool) -> Range<usize> {
        let mut end = range.end;
        while end > range.start && trims(self.at(end - 1)) {
            end -= 1;
        }
        range.start..end
    }

    pub(super) fn starts_with(&self, place: usize, words: &[u8]) -> bool {
        self.steps.add(words.len());
        self.bytes.get(place..).is_some_and(|rest| rest.starts_with(words))
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.steps.add(range.len());
        &self.bytes[range]
    }
}
