//! How much work a copy is: counted, so that a test can show that it grows with the report and not faster.

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

/// The bytes that a grammar reads. Each look at one is a step.
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

    /// The byte there; zero, which no id has, before the beginning and after the end.
    pub(super) fn at(&self, place: usize) -> u8 {
        self.steps.add(1);
        self.bytes.get(place).copied().unwrap_or(0)
    }

    pub(super) fn before(&self, place: usize) -> u8 {
        place.checked_sub(1).map_or(0, |place| self.at(place))
    }

    /// Where the bytes end that `accept` takes.
    pub(super) fn run(&self, from: usize, accept: impl Fn(u8) -> bool) -> usize {
        self.run_within(from..self.bytes.len(), accept)
    }

    /// The same, no further than the range.
    pub(super) fn run_within(&self, range: Range<usize>, accept: impl Fn(u8) -> bool) -> usize {
        let mut at = range.start;
        while at < range.end && accept(self.at(at)) {
            at += 1;
        }
        at
    }

    /// The same, and letters and digits of any script with it: not their quotes, dots and dashes.
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

    /// Where the bytes begin that `accept` takes and that end at `to`; not before `floor`.
    pub(super) fn run_back(&self, floor: usize, to: usize, accept: impl Fn(u8) -> bool) -> usize {
        let mut at = to;
        while at > floor && accept(self.at(at - 1)) {
            at -= 1;
        }
        at
    }

    /// The range without what `trims` takes at its end.
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
