//! The entries of a page's record: each written once, the most important first, as many as fit.

use std::borrow::Cow;

use crate::entry::{Detail, Entry, Fault};
use crate::json::to_json;
use crate::kept_page::MAX_TEXT;
use crate::steps;

/// After this many entries that were written and did not fit, a record is full: all others may be just as long.
const MAX_MISFITS: u32 = 3;

/// The entries of a page as JSON, each with its texts cut. They are written once, straight from the session: copying all
/// entries of a full page took longer than everything else.
#[derive(Debug)]
pub(crate) struct KeptEntries {
    /// How many entries the page has.
    pub(crate) count: usize,
    /// The most important entries first, each with its index in the page. Those that cannot fit are left out.
    texts: Vec<(usize, String)>,
}

impl KeptEntries {
    /// The most important entries that fit into `limit` bytes.
    pub(crate) fn of(entries: &[&Entry], mut limit: usize) -> Self {
        let (mut texts, mut misfits) = (Vec::new(), 0);
        for index in by_importance(entries) {
            let entry = entries[index];
            if misfits == MAX_MISFITS {
                break;
            }
            if least_bytes(entry) >= limit {
                continue;
            }
            let text = to_json(&*with_texts_cut(entry));
            steps::note(text.len());
            // Plus one for the comma.
            if let Some(rest) = limit.checked_sub(text.len() + 1) {
                limit = rest;
                texts.push((index, text));
            } else {
                misfits += 1;
            }
        }
        Self { count: entries.len(), texts }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The most important entries that fit into `room` bytes, in the order of the page.
    pub(crate) fn within(&self, mut room: usize) -> Vec<&str> {
        // Placed by index instead of sorted: sorting code would be larger than the rest of this module.
        let mut places = vec![None; self.count];
        for (index, text) in &self.texts {
            if let Some(rest) = room.checked_sub(text.len() + 1) {
                room = rest;
                places[*index] = Some(&**text);
            }
        }
        places.into_iter().flatten().collect()
    }
}

/// A lower bound for the bytes of the entry's JSON. Cheap, because it is computed for every entry of a page.
fn least_bytes(entry: &Entry) -> usize {
    entry.message.len().min(MAX_TEXT) + entry.last_message.as_ref().map_or(0, |last| last.len().min(MAX_TEXT))
}

fn with_texts_cut(entry: &Entry) -> Cow<'_, Entry> {
    let (message, last_message) = (beginning(&entry.message), entry.last_message.as_deref().map(beginning));
    if message.len() == entry.message.len()
        && last_message.map(str::len) == entry.last_message.as_ref().map(String::len)
    {
        return Cow::Borrowed(entry);
    }
    // Field by field: a clone would copy the long texts first.
    Cow::Owned(Entry {
        ts: entry.ts,
        level: entry.level,
        ke: entry.ke,
        signature: entry.signature.clone(),
        message: message.to_owned(),
        truncated: true,
        source: entry.source.clone(),
        count: entry.count,
        first_ts: entry.first_ts,
        last_ts: entry.last_ts,
        last_message: last_message.map(str::to_owned),
        detail: entry.detail.clone(),
    })
}

fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT)]
}

/// The indices of the entries, the most important first: the first and the latest of each fault, then of each kind, then
/// refusals that name both keys, then the rest, the latest first.
fn by_importance(entries: &[&Entry]) -> Vec<usize> {
    // The first and the latest entry of each fault and of each kind.
    let mut faults = [None; Fault::ALL.len()];
    let mut kinds = [None; Detail::KINDS];
    let mut ranks = vec![3_u8; entries.len()];
    for (index, entry) in entries.iter().enumerate() {
        if matches!(&entry.detail, Detail::Refusal(refusal) if refusal.diverges().is_some()) {
            ranks[index] = 2;
        }
        for ends in [&mut faults[entry.ke as usize], &mut kinds[entry.detail.ordinal()]] {
            let (first, latest) = ends.get_or_insert((index, index));
            if entry.first_ts < entries[*first].first_ts {
                *first = index;
            }
            *latest = index;
        }
    }
    for (rank, ends) in [(1, &kinds[..]), (0, &faults)] {
        for (first, latest) in ends.iter().flatten() {
            (ranks[*first], ranks[*latest]) = (rank, rank);
        }
    }
    // Not sorted: sorting code would be larger than the rest of this module.
    (0..=3)
        .flat_map(|rank| (0..entries.len()).rev().filter(|index| ranks[*index] == rank).collect::<Vec<_>>())
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::entry::Level;
    use crate::line::Line;
    use crate::session::Session;
    use crate::steps::steps_of;
    use crate::timestamp::Timestamp;

    /// Entries of a page that logs these lines.
    pub(crate) fn session_of(lines: impl Iterator<Item = String>) -> Session {
        let mut session = Session::default();
        for text in lines {
            let line =
                Line { level: Level::Error, source: "frame:/call/\"x\"", text: &text, excerpt: "", truncated: false };
            session.observe(line, Timestamp::default());
        }
        session
    }

    #[test]
    fn the_work_to_write_entries_depends_on_the_room_and_not_on_their_size() {
        for length in [500, 1500, 16_000] {
            let session = session_of((0..200).map(|number| format!("{number} {} already exists", "x".repeat(length))));
            let entries = session.entries();
            assert_eq!(entries.len(), 200);
            if length == 16_000 {
                let written = steps_of(|| drop(KeptEntries::of(&entries, 64 * 1024)));
                let limit = 64 * 1024 + 2 * MAX_TEXT;
                assert!((32 * 1024..=limit).contains(&usize::try_from(written).unwrap()), "{written}");
            }
            for room in (62 * 1024..=64 * 1024).step_by(50) {
                let written = steps_of(|| drop(KeptEntries::of(&entries, room)));
                let limit = room + 3 * 2 * MAX_TEXT;
                assert!(
                    (room / 2..=limit).contains(&usize::try_from(written).unwrap()),
                    "{written} for {length}, {room}"
                );
            }
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_and_marked_as_truncated() {
        for (length, is_cut) in [(0, false), (MAX_TEXT - 20, false), (MAX_TEXT, true), (16_000, true)] {
            let session = session_of([format!("already exists {}", "é".repeat(length / 2))].into_iter());
            let [entry] = session.entries()[..] else { panic!("not kept: {length}") };
            let mut entry = entry.clone();
            for last_message in [None, Some("already exists".to_owned()), Some(entry.message.clone())] {
                entry.last_message = last_message;
                let cut = with_texts_cut(&entry);
                assert_eq!(cut.truncated, is_cut, "{length}");
                assert!(entry.message.starts_with(&cut.message) && cut.message.len() <= MAX_TEXT);
                assert!(cut.last_message.as_ref().is_none_or(|last| last.len() <= MAX_TEXT));
                let expected =
                    Entry { message: cut.message.clone(), last_message: cut.last_message.clone(), ..entry.clone() };
                assert_eq!(*cut, Entry { truncated: is_cut, ..expected });
                assert!(least_bytes(&entry) <= to_json(&*cut).len());
            }
        }
    }
}
