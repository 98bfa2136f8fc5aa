//! Replaces all ids of the dictionary in one pass over a text: the leftmost match wins, then the longest.

use std::ops::Range;

use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{BuildError, Input, MatchKind};

use super::ids::is_key;
use super::steps::Steps;
use super::view::View;
use crate::redact::REDACTED;

/// Put around each word and each other character, so that an id only matches as a whole. These bytes never occur in
/// UTF-8.
const OPENS: u8 = 0xFF;
const CLOSES: u8 = 0xFE;
/// A word of at least this length within a public key is not there by chance.
const DISTINCT: usize = 6;

pub(super) struct Replacer {
    /// The automaton of the crate with the smallest memory and code size.
    forms: NFA,
    words: Vec<String>,
}

impl Replacer {
    pub(super) fn new(names: Vec<(Vec<u8>, String)>, steps: &Steps) -> Result<Self, BuildError> {
        let mut patterns = Vec::with_capacity(names.len());
        let mut words = Vec::with_capacity(names.len());
        for (form, word) in names {
            let (free, in_key) = (Marked::of(&form, false).bytes, Marked::of(&form, true).bytes);
            steps.add(free.len() + in_key.len());
            if free != in_key {
                patterns.push(in_key);
                words.push(word.clone());
            }
            patterns.push(free);
            words.push(word);
        }
        let forms = NFA::builder().match_kind(MatchKind::LeftmostLongest).prefilter(false).build(patterns)?;
        Ok(Self { forms, words })
    }

    pub(super) fn replace(&self, text: &str, steps: &Steps) -> String {
        let mut found = self.found(&View::decoded(text, steps), steps);
        if View::is_encoded(text) {
            // A percent sign may be meant literally: `LIKE '%BEDEVICE%'`.
            found.extend(self.found(&View::of(text), steps));
        }
        found.sort_by_key(|(at, _)| (at.start, usize::MAX - at.end));
        let mut copy = String::with_capacity(text.len());
        let mut written = 0;
        for (at, word) in found {
            let (start, end) = (text.floor_char_boundary(at.start), text.ceil_char_boundary(at.end));
            if start >= written {
                copy.push_str(&text[written..start]);
                copy.push_str(word);
            }
            written = written.max(end);
        }
        copy.push_str(&text[written..]);
        copy
    }

    fn found(&self, view: &View, steps: &Steps) -> Vec<(Range<usize>, &str)> {
        let Marked { bytes, places } = Marked::of(&view.bytes, true);
        steps.add(bytes.len());
        // Only an anchored search can fail, and this is none. If it ever fails, the whole text is redacted.
        let Ok(found) = self.forms.try_find_iter(Input::new(&bytes)) else {
            return vec![(view.source(0..view.bytes.len()), REDACTED)];
        };
        let matches = found.map(|found| {
            let in_view = places[found.start()]..places[found.end() - 1] + 1;
            (view.source(in_view), self.words[found.pattern().as_usize()].as_str())
        });
        matches.collect()
    }
}

/// A text with its words and other characters marked.
struct Marked {
    bytes: Vec<u8>,
    /// Position of each byte in the text.
    places: Vec<usize>,
}

impl Marked {
    fn of(text: &[u8], spares_keys: bool) -> Self {
        let mut marked = Self { bytes: Vec::with_capacity(text.len() * 2), places: Vec::with_capacity(text.len() * 2) };
        let (mut at, mut run_end, mut key_end) = (0, 0, 0);
        while at < text.len() {
            if spares_keys && at >= run_end {
                run_end = at + text[at..].iter().take_while(|byte| is_of_key(**byte)).count();
                key_end = if is_key(&text[at..run_end]) { run_end } else { at };
                run_end = run_end.max(at + 1);
            }
            let word = text[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            let end = at + word.max(1);
            let is_marked = at >= key_end || word >= DISTINCT;
            if is_marked {
                marked.push(OPENS, at);
            }
            for (place, byte) in (at..end).zip(&text[at..end]) {
                // Invalid percent-encoded UTF-8 may decode to the marker bytes.
                marked.push(if *byte >= CLOSES { 0xFD } else { *byte }, place);
            }
            if is_marked {
                marked.push(CLOSES, end - 1);
            }
            at = end;
        }
        marked
    }

    fn push(&mut self, byte: u8, place: usize) {
        self.bytes.push(byte);
        self.places.push(place);
    }
}

fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}
