//! Reads the records of earlier pages.

use serde_json::Value;

use super::room::MAX_PAGES;
use super::room::is_open;
use super::{Ids, Keeper, State, records};
use crate::earlier::{EarlierSummary, PageEnd};
use crate::kept_page::{Arrival, Head, ReadPage};
use crate::page_end::{LastRecord, end_of};
use crate::record_storage::{Record, RecordStorage, began, folder_of, head_at, is_old, split};
use crate::timestamp::Timestamp;

/// After this time, the browser has written localStorage to disk, and the second copy is no longer needed.
const COPY_NEEDED_MS: u64 = 2 * 60_000;

/// The records of earlier pages.
#[derive(Debug, Default, PartialEq)]
pub struct Earlier {
    /// The pages, the oldest first.
    pub pages: Vec<Value>,
    /// Readable sentences: what could not be stored or read, and why.
    pub notes: Vec<String>,
}

impl Keeper {
    /// Restores records from the second place that are missing in the first, or older there: the browser died before it
    /// wrote them to disk. The usual limits apply. Returns the keys to remove from the second place.
    pub fn restore(
        &mut self,
        copies: Vec<(String, String)>,
        storage: &impl RecordStorage,
        open: &[String],
        now: Timestamp,
    ) -> Vec<String> {
        let mut done = Vec::new();
        for (key, text) in copies {
            let copy_head = Head::read(&text);
            let Some((folder, id)) = split(&key).filter(|_| copy_head != Head::Newer) else { continue };
            if id == self.id {
                continue;
            }
            let Head::Ours { revision, seen } = copy_head else {
                done.push(key);
                continue;
            };
            let listed = storage.list().unwrap_or_default();
            let first = listed.iter().map(|(key, _)| key).find(|first| is_same_page(first, folder, id)).cloned();
            // If neither a record nor a marker of the device is there, its data was cleared: do not restore it.
            let is_known = listed.iter().any(|(other, _)| other.starts_with(folder)) || storage.has_marker(folder);
            let is_newer = first.as_ref().is_none_or(
                |first| !matches!(head_at(storage, first), Head::Ours { revision: of, .. } if of >= revision),
            );
            let is_over = matches!(&self.state, State::Stopped(of) if of == folder);
            let is_wanted = self.is_on() && !is_over && (is_known || first.is_some()) && !is_old(seen, now);
            let others = records(listed, |other| other != key && Some(other) != first.as_deref());
            let has_room =
                is_wanted && is_newer && self.has_room_for((&key, key.len() + text.len()), others, storage, open, now);
            let is_restored = has_room && storage.write(&key, &text).is_ok();
            if let Some(first) = first.as_ref().filter(|first| is_restored && **first != key) {
                // The old record was written before the device was known.
                let _ = storage.remove(first);
            }
            // Keep the copy for two minutes: the browser may not have written localStorage to disk yet.
            let is_fresh = seen.abs_diff(now.ms()) <= COPY_NEEDED_MS && (is_newer || first.as_ref() == Some(&key));
            if !(is_fresh && is_wanted) {
                done.push(key);
            }
        }
        done
    }

    /// The records of a device, and of pages whose device is not known. `open`: the ids of the pages in other tabs; `None`:
    /// the tabs were not asked.
    pub fn earlier(
        &self,
        device: Option<&Ids>,
        storage: &impl RecordStorage,
        open: Option<&[String]>,
        now: Timestamp,
    ) -> Earlier {
        let (user_id, device_id) = (device.map(|ids| &*ids.0), device.map(|ids| &*ids.1));
        let mut earlier = Earlier::default();
        if !self.is_on() {
            earlier.notes.push("evidence of earlier page loads is not kept: the app has switched that off".into());
            return earlier;
        }
        earlier.notes.extend(self.problem.clone());
        let (mut unreadable, mut newer) = (self.corrupt, false);
        let records = self.others(storage).unwrap_or_else(|words| {
            earlier.notes.push(["the evidence of earlier page loads cannot be read: ", &words].concat());
            Vec::new()
        });
        let (folder, unknown_device_folder) = (folder_of(user_id, device_id), folder_of(None, None));
        let mut kept: Vec<(&str, ReadPage)> = Vec::new();
        let of_device = records.iter().filter(|record| belongs_in_report(record, &folder, &records));
        for record in of_device.take(MAX_PAGES) {
            match head_at(storage, &record.key) {
                Head::Ours { seen, .. } if is_old(seen, now) => {}
                Head::Newer => newer = true,
                _ => match storage.read(&record.key).ok().flatten().as_deref().and_then(ReadPage::parse) {
                    None => unreadable += 1,
                    Some(page) if record.is_in(&unknown_device_folder) && is_of_another(&page, device_id) => {}
                    Some(page) => {
                        let before = |(_, other): &(&str, ReadPage)| other.began_at <= page.began_at;
                        let index = kept.iter().rposition(before).map_or(0, |before| before + 1);
                        kept.insert(index, (record.id(), page));
                    }
                },
            }
        }
        if unreadable > 0 {
            earlier.notes.push([&*unreadable.to_string(), " earlier pages cannot be read, and are left out"].concat());
        }
        if newer {
            earlier.notes.push("earlier pages that a newer version of this library has kept are left out".into());
        }
        earlier.pages =
            kept.iter().map(|(id, page)| page.to_report_page(self.end(id, page, &kept, open, now))).collect();
        earlier
    }

    /// How the page of this id ended.
    fn end(
        &self,
        id: &str,
        page: &ReadPage,
        all: &[(&str, ReadPage)],
        open: Option<&[String]>,
        now: Timestamp,
    ) -> PageEnd {
        let later = all.iter().map(|(_, page)| (page.previous.as_deref(), page.arrival));
        let own = (self.previous.as_deref(), self.arrival);
        let after = later.chain([own]).filter(|(previous, _)| *previous == Some(id)).map(|(_, arrival)| arrival);
        // In a duplicated tab, another page follows the same one.
        let next = after.reduce(|one, other| if one == Arrival::Opened { other } else { one });
        let last = LastRecord { stage: page.stage, replaced: page.replaced, ago_ms: now.ms() - page.last_seen_at.ms() };
        end_of(last, open.map(|open| is_open(open, id)), next)
    }

    /// The time that the records of this page's device cover; `None`: there are none.
    pub fn summary(&self, storage: &impl RecordStorage) -> Option<EarlierSummary> {
        let (user_id, device_id) = self.ids();
        let folder = folder_of(user_id, device_id);
        let records = self.others(storage).ok().filter(|_| self.is_on())?;
        let of_device: Vec<_> =
            records.iter().filter(|record| belongs_in_report(record, &folder, &records)).take(MAX_PAGES).collect();
        let since = of_device.iter().filter_map(|record| began(record.id())).min()?;
        Some(EarlierSummary { since, pages: u32::try_from(of_device.len()).unwrap_or(u32::MAX) })
    }

    /// The records of all other pages.
    pub(super) fn others(&self, storage: &impl RecordStorage) -> Result<Vec<Record>, String> {
        let is_others = |key: &str| split(key).is_some_and(|(_, id)| id != self.id);
        storage.list().map(|listed| records(listed, is_others))
    }
}

/// Whether a record belongs in a report about the device of this folder: its own records do, and those of pages whose device
/// is not known, as long as no other device has records.
fn belongs_in_report(record: &Record, folder: &str, all: &[Record]) -> bool {
    let unknown_device_folder = folder_of(None, None);
    let is_alone = || all.iter().all(|other| other.is_in(folder) || other.is_in(&unknown_device_folder));
    record.is_in(folder) || record.is_in(&unknown_device_folder) && is_alone()
}

/// Whether a key is that of the page with this id. It may have been written before the page's device was known.
fn is_same_page(key: &str, folder: &str, id: &str) -> bool {
    let unknown_device_folder = folder_of(None, None);
    split(key).is_some_and(|(of, other)| {
        other == id && (of == folder || of == unknown_device_folder || folder == unknown_device_folder)
    })
}

/// Whether a page whose device was not known names another one in a refused upload.
fn is_of_another(page: &ReadPage, device_id: Option<&str>) -> bool {
    device_id.is_some() && page.named_device().is_some() && page.named_device() != device_id
}
