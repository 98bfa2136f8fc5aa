//! The record of a page that outlives it: JSON of limited length, with nothing that a report would not contain.

use serde::Serialize;
use serde_json::Value;

use crate::earlier::{EarlierPage, PageEnd};
use crate::foreign_json::{clean, is_shallow};
use crate::json::to_json;
use crate::kept_entries::KeptEntries;
use crate::timestamp::Timestamp;

/// The schema version of [`KeptPage`].
pub(crate) const KEPT_SCHEMA: u32 = 1;
/// The [`Head`] of a record is within this many characters.
pub const HEAD_LENGTH: usize = 96;
/// Texts are cut to this length: the rest of a line rarely adds anything.
pub(crate) const MAX_TEXT: usize = 2048;
/// Deeper nesting than a record has is refused before the parser recurses into it.
const MAX_DEPTH: usize = 8;
/// The maximum length of a record.
const MAX_LENGTH: usize = 512 * 1024;
/// At most this many of the keys that a repair claimed are listed.
const MAX_CLAIMED: usize = 100;

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
    pub(crate) fn to_report_page(&self, end: PageEnd) -> Value {
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
            repair.claimed.truncate(MAX_CLAIMED);
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

fn cut(text: &mut String) {
    text.truncate(text.floor_char_boundary(MAX_TEXT));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Entry;
    use crate::kept_entries::tests::session_of;

    #[test]
    fn a_record_is_valid_json_with_as_many_entries_as_fit_at_every_limit() {
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
