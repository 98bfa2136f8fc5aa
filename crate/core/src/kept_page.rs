//! The record of a page that outlives it: JSON of limited length, with nothing that a report would not contain.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::earlier::{EarlierPage, PageEnd};
use crate::entry::{Detail, Entry, Fault};
use crate::foreign_json::{clean, is_shallow};
use crate::json::to_json;
use crate::steps;
use crate::timestamp::Timestamp;

/// The schema version of [`KeptPage`].
pub(crate) const KEPT_SCHEMA: u32 = 1;
/// The [`Head`] of a record is within this many characters.
pub const HEAD_LENGTH: usize = 96;
/// Texts are cut to this length: the rest of a line rarely adds anything.
const MAX_TEXT: usize = 2048;
/// Deeper nesting than a record has is refused before the parser recurses into it.
const MAX_DEPTH: usize = 8;
/// The maximum length of a record.
const MAX_LENGTH: usize = 512 * 1024;
/// At most this many of the keys that a repair claimed are listed.
const MOST_CLAIMED: usize = 100;

/// How a page came into its tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrival {
    /// By a link, an address, or the history.
    #[default]
    Opened,
    /// The page was reloaded.
    Reloaded,
    /// The browser had discarded the tab, and reloaded it when it became visible.
    Restored,
}

/// The stage of a page when its record was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The page was visible.
    #[default]
    Shown,
    /// The page was hidden. The browser may end a hidden page without an event.
    Hidden,
    /// The page was being left.
    Left,
}

/// The record of one page. Its text begins with the first three fields, so that they can be read without the rest.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptPage {
    /// [`KEPT_SCHEMA`]
    pub schema: u32,
    /// Increases with every write.
    pub revision: u32,
    /// When the record was written, in milliseconds since 1970.
    pub seen: i64,
    /// Id of the page that the tab showed before.
    pub previous: Option<String>,
    /// How the page came into the tab.
    pub arrival: Arrival,
    /// The page's stage.
    pub stage: Stage,
    /// Whether another tab had replaced this one as the active tab.
    pub replaced: bool,
    /// The page as a report contains it.
    pub page: EarlierPage,
}

/// The data at the beginning of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// The record is of this version.
    Ours {
        /// See [`KeptPage`].
        revision: u32,
        /// See [`KeptPage`].
        seen: i64,
    },
    /// The record is of a newer version; only that version reads and removes it.
    Newer,
    /// The record cannot be read.
    Corrupt,
}

impl Head {
    /// Reads the head from the first [`HEAD_LENGTH`] characters of a record.
    pub fn read(text: &str) -> Self {
        fn number<'a>(text: &'a str, name: &str) -> Option<(i64, &'a str)> {
            let rest = text.strip_prefix(name)?;
            let end = rest.find(',')?;
            Some((rest[..end].parse().ok()?, &rest[end + 1..]))
        }
        let Some((schema, rest)) = number(text, "{\"schema\":") else { return Self::Corrupt };
        if schema != i64::from(KEPT_SCHEMA) {
            return if schema > i64::from(KEPT_SCHEMA) { Self::Newer } else { Self::Corrupt };
        }
        let read = number(rest, "\"revision\":").and_then(|(revision, rest)| {
            let (seen, _) = number(rest, "\"seen\":")?;
            Some(Self::Ours { revision: u32::try_from(revision).ok()?, seen })
        });
        read.unwrap_or(Self::Corrupt)
    }
}

impl KeptPage {
    /// The text of the record, at most `limit` bytes long, with as many of the entries as fit. `None` if even the rest does
    /// not fit. `self` has no entries of its own.
    pub(crate) fn into_text(mut self, entries: &KeptEntries, limit: usize) -> Option<String> {
        /// Digits reserved for the number of entries that are left out.
        const NUMBER: usize = 10;
        self.page.cut_texts();
        let mut base = to_json(&self).len() + NUMBER;
        if base > limit {
            self.page.leave_out_state();
            base = to_json(&self).len() + NUMBER;
        }
        let texts = entries.within(limit.checked_sub(base)?);
        let left_out = u32::try_from(entries.count - texts.len()).unwrap_or(u32::MAX);
        self.page.entries_left_out = self.page.entries_left_out.saturating_add(left_out);
        let rest = to_json(&self);
        // Before its entries, a record contains only numbers, times and words of this library.
        let (before, after) = rest.split_once(NO_ENTRIES)?;
        Some([before, &NO_ENTRIES[..NO_ENTRIES.len() - 1], &texts.join(","), "]", after].concat())
    }
}

/// The JSON of an empty list of entries.
const NO_ENTRIES: &str = "\"entries\":[]";

/// The entries of a page as JSON, each with its texts cut. They are written once, straight from the session: copying all
/// entries of a full page took longer than everything else.
#[derive(Debug)]
pub(crate) struct KeptEntries {
    /// How many entries the page has.
    count: usize,
    /// The most important entries first, each with its index in the page. Those that cannot fit are left out.
    texts: Vec<(usize, String)>,
}

impl KeptEntries {
    /// The most important entries that fit into `limit` bytes.
    pub(crate) fn of(entries: &[&Entry], mut limit: usize) -> Self {
        let mut texts = Vec::new();
        for index in by_importance(entries) {
            let entry = entries[index];
            if least_bytes(entry) >= limit {
                continue;
            }
            let text = to_json(&*with_texts_cut(entry));
            steps::note(text.len());
            // Plus one for the comma.
            if let Some(rest) = limit.checked_sub(text.len() + 1) {
                limit = rest;
                texts.push((index, text));
            }
        }
        Self { count: entries.len(), texts }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The most important entries that fit into `room` bytes, in the order of the page.
    fn within(&self, mut room: usize) -> Vec<&str> {
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

/// A record that was read. Its page goes into the report unchecked: the report's reader checks it. Checking code here would
/// be larger than the rest of the module.
#[derive(Clone, Debug)]
pub(crate) struct ReadPage {
    pub(crate) previous: Option<String>,
    pub(crate) arrival: Arrival,
    pub(crate) stage: Stage,
    pub(crate) replaced: bool,
    pub(crate) began_at: Timestamp,
    pub(crate) last_seen_at: Timestamp,
    page: Value,
}

impl ReadPage {
    /// Reads a text of [`KeptPage::into_text`]. Any script of the origin may have written something else there, and an older
    /// version of this library redacted less. `None`: it is not a record. Every text is redacted again.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH || !is_shallow(text, MAX_DEPTH) {
            return None;
        }
        let mut record: Value = serde_json::from_str(text).ok()?;
        clean(&mut record);
        let page = record.get_mut("page")?.take();
        let time = |name| page.get(name)?.as_str()?.parse::<Timestamp>().ok();
        let (began_at, last_seen_at) = (time("beganAt")?, time("lastSeenAt")?);
        page.get("entries")?.as_array()?;
        let word = |name| record.get(name).and_then(Value::as_str);
        Some(Self {
            previous: word("previous").map(str::to_owned),
            arrival: match word("arrival") {
                Some("reloaded") => Arrival::Reloaded,
                Some("restored") => Arrival::Restored,
                _ => Arrival::Opened,
            },
            stage: match word("stage") {
                Some("left") => Stage::Left,
                Some("hidden") => Stage::Hidden,
                _ => Stage::Shown,
            },
            replaced: record.get("replaced") == Some(&Value::Bool(true)),
            began_at,
            last_seen_at,
            page,
        })
    }

    /// The page as a report contains it, with its end.
    pub(crate) fn told(&self, end: PageEnd) -> Value {
        let mut page = self.page.clone();
        if let Value::Object(fields) = &mut page {
            fields.insert("end".into(), end.word().into());
        }
        page
    }

    /// The device named in the page's refused upload.
    pub(crate) fn named_device(&self) -> Option<&str> {
        self.page.get("uploadLoop")?.get("refusal")?.get("deviceId")?.as_str()
    }
}

impl EarlierPage {
    fn cut_texts(&mut self) {
        if let Some(store) = &mut self.crypto_store {
            let messages = [store.loss.as_mut().map(|loss| &mut loss.message), store.error.as_mut()];
            let messages =
                messages.into_iter().flatten().chain(store.trouble.as_mut().map(|trouble| &mut trouble.message));
            messages.for_each(cut);
        }
        if let Some(repair) = &mut self.repair {
            repair.claimed.truncate(MOST_CLAIMED);
            repair.error.as_mut().map(cut);
        }
    }

    /// Used if the state alone is too long: no real homeserver or client sends this much.
    fn leave_out_state(&mut self) {
        self.upload_loop.key_ids.clear();
        self.upload_loop.refusal = None;
        (self.crypto_store, self.capture_session, self.repair) = (None, None, None);
    }

    /// Whether it contains evidence apart from its entries, not only that the page existed.
    pub(crate) fn has_evidence(&self) -> bool {
        let store = self.crypto_store.as_ref();
        store.is_some_and(|store| store.loss.is_some() || store.trouble.is_some())
            || self.capture_session.is_some()
            || self.repair.is_some()
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

fn cut(text: &mut String) {
    text.truncate(text.floor_char_boundary(MAX_TEXT));
}

/// The indices of the entries, the most important first: the first and the latest of each fault, then of each kind, then
/// refusals that name both keys, then the rest, the latest first.
fn by_importance(entries: &[&Entry]) -> Vec<usize> {
    let of = |belongs: &dyn Fn(&Entry) -> bool| {
        let those = || (0..entries.len()).filter(|index| belongs(entries[*index]));
        [those().min_by_key(|index| entries[*index].first_ts), those().last()].into_iter().flatten()
    };
    let mut ranks = vec![3_u8; entries.len()];
    for (index, entry) in entries.iter().enumerate() {
        if matches!(&entry.detail, Detail::Refusal(refusal) if refusal.diverges().is_some()) {
            ranks[index] = 2;
        }
    }
    for kind in 0..Detail::KINDS {
        for index in of(&|entry| entry.detail.ordinal() == kind) {
            ranks[index] = 1;
        }
    }
    for fault in Fault::ALL {
        for index in of(&|entry| entry.ke == fault) {
            ranks[index] = 0;
        }
    }
    // Not sorted: sorting code would be larger than the rest of this module.
    (0..=3)
        .flat_map(|rank| (0..entries.len()).rev().filter(|index| ranks[*index] == rank).collect::<Vec<_>>())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Level;
    use crate::line::Line;
    use crate::session::Session;
    use crate::steps::steps_of;

    /// Entries of a page that logs these lines.
    fn session_of(lines: impl Iterator<Item = String>) -> Session {
        let mut session = Session::default();
        for text in lines {
            let line =
                Line { level: Level::Error, source: "frame:/call/\"x\"", text: &text, excerpt: "", truncated: false };
            session.observe(line, Timestamp::default());
        }
        session
    }

    #[test]
    fn what_is_written_of_a_page_grows_with_the_room_and_not_with_its_lines() {
        let session = session_of((0..200).map(|number| format!("{number} {} already exists", "x".repeat(16_000))));
        let (entries, room) = (session.entries(), 64 * 1024);
        assert_eq!(entries.len(), 200);
        let written = steps_of(|| drop(KeptEntries::of(&entries, room)));
        assert!((room / 2..=room + 2 * MAX_TEXT).contains(&usize::try_from(written).unwrap()), "{written}");
    }

    #[test]
    fn a_text_is_cut_where_it_is_too_long_and_the_entry_says_so() {
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

    #[test]
    fn a_record_is_json_with_as_many_entries_as_fit_whatever_the_limit() {
        let words = ["\"entries\":[]", "\u{1}\\\u{1f512}é", "x"];
        let session =
            session_of((0..60).map(|number| format!("{number} {} already exists", words[number % 3].repeat(number))));
        let entries = session.entries();
        let page = || {
            let page = EarlierPage { crypto_store: None, ..EarlierPage::default() };
            let (previous, arrival, stage) = (None, Arrival::Opened, Stage::Shown);
            KeptPage { schema: KEPT_SCHEMA, revision: 1, seen: 0, previous, arrival, stage, replaced: false, page }
        };
        let mut fullest = 0;
        for limit in (0..64 * 1024).step_by(293) {
            let Some(text) = page().into_text(&KeptEntries::of(&entries, 64 * 1024), limit) else {
                assert!(limit < 1000, "{limit}");
                continue;
            };
            assert!(text.len() <= limit, "{limit}");
            let read: Value = serde_json::from_str(&text).unwrap();
            let kept: Vec<Entry> = serde_json::from_value(read["page"]["entries"].clone()).unwrap();
            assert_eq!(kept.len() as u64 + read["page"]["entriesLeftOut"].as_u64().unwrap(), 60);
            let place = |entry: &Entry| entries.iter().position(|other| *other == entry).unwrap();
            assert!(kept.iter().map(place).is_sorted(), "{limit}");
            assert!(limit - text.len() < 700 || kept.len() == 60, "{limit}: {}", text.len());
            fullest = fullest.max(kept.len());
        }
        assert_eq!(fullest, 60);
    }
}
