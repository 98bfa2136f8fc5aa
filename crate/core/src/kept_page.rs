//! What is kept of a page beyond its end: one record, as JSON, within a limit, and without more than a report would hold.

use serde::Serialize;
use serde_json::Value;

use crate::earlier::{EarlierPage, PageEnd};
use crate::entry::{Detail, Entry, Fault};
use crate::foreign_json::{clean, is_shallow};
use crate::json::to_json;
use crate::timestamp::Timestamp;

/// The version of [`KeptPage`]'s form.
pub(crate) const KEPT_SCHEMA: u32 = 1;
/// So much of the beginning of a record holds its [`Head`].
pub const HEAD_LENGTH: usize = 96;
/// A text of a record is cut here: what comes later of a line rarely tells more.
const MAX_TEXT: usize = 2048;
/// Deeper nesting than a record has is refused before the parser recurses into it.
const MAX_DEPTH: usize = 8;
/// No record is longer.
const MAX_LENGTH: usize = 512 * 1024;
/// Of the keys that a repair has claimed away.
const MOST_CLAIMED: usize = 100;

/// How a page came into its tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrival {
    /// Somebody went there, or came back to it.
    #[default]
    Opened,
    /// It was loaded anew.
    Reloaded,
    /// The browser had discarded it, and loaded it anew when it was looked at.
    Restored,
}

/// Where a page was in its life when its record was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Somebody could see it.
    #[default]
    Shown,
    /// Nobody could. From here on a browser may end it without a word.
    Hidden,
    /// It was being left.
    Left,
}

/// The record of one page. The first three fields stand first in its text: they are read without the rest.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptPage {
    /// [`KEPT_SCHEMA`]
    pub schema: u32,
    /// Grows with every writing.
    pub revision: u32,
    /// When it was written, in milliseconds since 1970.
    pub seen: i64,
    /// Id of the page that the tab showed before.
    pub previous: Option<String>,
    /// How the page came into the tab.
    pub arrival: Arrival,
    /// Where it was in its life.
    pub stage: Stage,
    /// Whether it had to give its place as the active tab to another.
    pub replaced: bool,
    /// What a report tells of it.
    pub page: EarlierPage,
}

/// What the beginning of a record tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// It is of this version.
    Ours {
        /// See [`KeptPage`].
        revision: u32,
        /// See [`KeptPage`].
        seen: i64,
    },
    /// It is of a later version: nobody's business here.
    Newer,
    /// It makes no sense.
    Corrupt,
}

impl Head {
    /// Reads it from the first [`HEAD_LENGTH`] characters of a record.
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
    /// The text of the record, of at most `limit` bytes: the most telling entries, where not all have room. `None`: there
    /// is no room for anything.
    pub fn to_text(mut self, limit: usize) -> Option<String> {
        self.page.cut_texts();
        let sizes: Vec<usize> = self.page.entries.iter().map(most_bytes).collect();
        let entries = std::mem::take(&mut self.page.entries);
        // The number of those that are left out takes room, too.
        let mut base = to_json(&self).len() + 10;
        if base > limit {
            self.page.leave_out_state();
            base = to_json(&self).len() + 10;
        }
        let mut room = limit.checked_sub(base)?;
        let mut is_kept = vec![true; entries.len()];
        if sizes.iter().sum::<usize>() > room {
            is_kept.fill(false);
            for index in by_importance(&entries) {
                if sizes[index] <= room {
                    room -= sizes[index];
                    is_kept[index] = true;
                }
            }
        }
        let left_out = is_kept.iter().filter(|kept| !**kept).count();
        let left_out = u32::try_from(left_out).unwrap_or(u32::MAX);
        self.page.entries_left_out = self.page.entries_left_out.saturating_add(left_out);
        self.page.entries =
            entries.into_iter().zip(is_kept).filter_map(|(entry, kept)| kept.then_some(entry)).collect();
        Some(to_json(&self))
    }
}

/// A record as it is read. What it tells of the page is handed on as it stands: whoever reads the report holds it to the model,
/// which is there for that, and would outweigh all the rest of this here.
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
    /// Reads what [`KeptPage::to_text`] wrote. Any script of the origin can write in its place, and an older version of this
    /// library, which redacted less: what is no record is `None`, and every text is redacted once more.
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

    /// As a report has it, with how it ended.
    pub(crate) fn told(&self, end: PageEnd) -> Value {
        let mut page = self.page.clone();
        if let Value::Object(fields) = &mut page {
            fields.insert("end".into(), end.word().into());
        }
        page
    }

    /// The device that the upload of the page names as its own.
    pub(crate) fn named_device(&self) -> Option<&str> {
        self.page.get("uploadLoop")?.get("refusal")?.get("deviceId")?.as_str()
    }
}

impl EarlierPage {
    fn cut_texts(&mut self) {
        for entry in &mut self.entries {
            let is_cut = cut(&mut entry.message) | entry.last_message.as_mut().is_some_and(cut);
            entry.truncated |= is_cut;
        }
        if let Some(store) = &mut self.crypto_store {
            let messages = [store.loss.as_mut().map(|loss| &mut loss.message), store.error.as_mut()];
            let messages =
                messages.into_iter().flatten().chain(store.trouble.as_mut().map(|trouble| &mut trouble.message));
            messages.for_each(|message| _ = cut(message));
        }
        if let Some(repair) = &mut self.repair {
            repair.claimed.truncate(MOST_CLAIMED);
            repair.error.as_mut().map(cut);
        }
    }

    /// Where a homeserver or a client says more than any does in earnest.
    fn leave_out_state(&mut self) {
        self.upload_loop.key_ids.clear();
        self.upload_loop.refusal = None;
        (self.crypto_store, self.capture_session, self.repair) = (None, None, None);
    }

    /// Whether anything is in it but that the page was there.
    pub(crate) fn has_evidence(&self) -> bool {
        let store = self.crypto_store.as_ref();
        !self.entries.is_empty()
            || store.is_some_and(|store| store.loss.is_some() || store.trouble.is_some())
            || self.capture_session.is_some()
            || self.repair.is_some()
    }
}

/// At most so many bytes of JSON. To write each entry only to see how long it is would take longer than all the rest.
fn most_bytes(entry: &Entry) -> usize {
    /// Names of fields, times, numbers, and the comma behind it.
    const REST: usize = 280;
    let length = |text: &str| {
        let extra = |byte: u8| match byte {
            b'"' | b'\\' => 1,
            0..0x20 => 5,
            _ => 0,
        };
        text.len() + text.bytes().map(extra).sum::<usize>()
    };
    let last = entry.last_message.as_deref().map_or(0, length);
    REST + length(&entry.message)
        + last
        + length(&entry.source)
        + length(&entry.signature)
        + to_json(&entry.detail).len()
}

fn cut(text: &mut String) -> bool {
    if text.len() <= MAX_TEXT {
        return false;
    }
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    true
}

/// The indices of the entries, the most telling first: the first and the latest of each fault and of each kind, then
/// refusals that name both keys, then the rest, the latest before the others.
fn by_importance(entries: &[Entry]) -> Vec<usize> {
    let of = |belongs: &dyn Fn(&Entry) -> bool| {
        let those = || (0..entries.len()).filter(|index| belongs(&entries[*index]));
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
    // Not sorted: that would outweigh all the rest of this module.
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

    #[test]
    fn an_entry_is_never_longer_than_it_was_taken_for_and_hardly_shorter() {
        for text in [
            "x already exists".to_owned(),
            format!("{} already exists", "\u{1}\"\\\n\u{1f512}é\u{7f}".repeat(50)),
            "MissingKey: missing key at index 4294967295 for participant @b:hs:D".to_owned(),
            "(id=$a room=!b sender=@c:hs): DecryptionError[msg: missing field `algorithm`]".to_owned(),
            "[MembershipManager] Missing own membership: force re-join".to_owned(),
        ] {
            let mut session = Session::default();
            let source = "frame:/call/\"x\"";
            let line = Line { level: Level::Error, source, text: &text, excerpt: "", truncated: true };
            session.observe(line, Timestamp::default());
            let [entry] = session.entries()[..] else { panic!("not kept: {text}") };
            let mut entry = entry.clone();
            (entry.count, entry.last_message) = (u32::MAX, Some(entry.message.clone()));
            let (most, length) = (most_bytes(&entry), to_json(&entry).len() + 1);
            assert!(length <= most && most < length * 5 / 4 + 100, "{length} {most} {text}");
        }
    }
}
