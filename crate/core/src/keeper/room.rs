//! Limits the space of all records: which ones are removed, and when. The app's own data has priority.

use std::cmp::Reverse;

use super::{Keeper, Part, Written, records};
use crate::kept_page::Head;
use crate::record_storage::{Record, RecordStorage, WriteError, began, head_at, is_old, split};
use crate::timestamp::Timestamp;

/// The storage quota of an origin, in UTF-16 units.
const QUOTA: usize = 5_000_000;
/// The part of the quota that records never use, so that the app has room.
const RESERVE: usize = 1_000_000;
/// The limit for the records of one device, in UTF-16 units.
pub const DEVICE_LIMIT: usize = 256 * 1024;
/// The limit for all records, in UTF-16 units.
pub const TOTAL_LIMIT: usize = 1024 * 1024;
/// At least this many earlier page loads of a device are kept, whatever they contain.
pub const MIN_PAGES: usize = 3;
/// The largest size of a record.
pub(super) const MAX_RECORD_LENGTH: usize = DEVICE_LIMIT / (MIN_PAGES + 1);
/// More are not worth reading.
pub(super) const MAX_PAGES: usize = 32;

/// How often old records are removed, and how often the space that the app uses is measured.
pub const CLEAN_UP_INTERVAL_MS: u32 = 60_000;

/// When that was last done, and its result.
#[derive(Clone, Copy, Debug)]
pub(super) struct CleanUp {
    at: Timestamp,
    /// The space that all records may use.
    total: usize,
}

impl CleanUp {
    fn is_fresh(self, now: Timestamp) -> bool {
        self.at.ms().abs_diff(now.ms()) < CLEAN_UP_INTERVAL_MS.into()
    }

    fn of_device(self) -> usize {
        DEVICE_LIMIT.min(self.total)
    }

    /// The space that each of this many pages of a device may use.
    fn share(self, pages: usize) -> usize {
        self.of_device() / pages.max(MIN_PAGES + 1)
    }
}

impl Keeper {
    /// Writes a record. If storage is full, removes older records of this library, never the app's data.
    pub(super) fn write(
        &self,
        key: &str,
        text: &str,
        folder: &str,
        storage: &impl RecordStorage,
        open: &[String],
    ) -> Result<(), String> {
        match storage.write(key, text) {
            Ok(()) => return Ok(()),
            Err(WriteError { is_full: false, words }) => return Err(words),
            Err(_) => {}
        }
        let mut others = Vec::new();
        for (other, _) in storage.list()? {
            if let Some((of, id)) = split(&other).filter(|(_, id)| *id != self.id && !is_open(open, id))
                && is_ours(storage, &other)
            {
                others.push((of == folder, began(id), other));
            }
        }
        // Records of other devices are removed first, the oldest first.
        while let Some(next) = (0..others.len()).min_by_key(|index| (others[*index].0, others[*index].1)) {
            storage.remove(&others.swap_remove(next).2)?;
            match storage.write(key, text) {
                Err(WriteError { is_full: true, .. }) if !others.is_empty() => {}
                written => return written.map_err(|error| error.words),
            }
        }
        storage.write(key, text).map_err(|error| error.words)
    }

    /// The room for a record of this page in this folder, including its key. `others`: all other records.
    pub(super) fn room(
        &mut self,
        others: Vec<Record>,
        folder: &str,
        storage: &impl RecordStorage,
        open: &[String],
        now: Timestamp,
    ) -> Result<usize, String> {
        let mine: usize = others.iter().filter(|record| record.id() == self.id).map(|record| record.length).sum();
        let id = self.id.clone();
        let (last_clean_up, free) = self.make_room(others, folder, &id, storage, open, now)?;
        // The records of this page share the room that other pages leave. Otherwise the first would leave none for the rest.
        let part = last_clean_up.total.saturating_sub(free.used - mine) / (1 + self.other_parts.len());
        Ok(last_clean_up.share(free.pages + 1).min(free.of_device).min(free.of_all).min(part))
    }

    /// Whether there is room for an earlier page's record; `length` is in bytes, with its key. `others`: all other records.
    pub(super) fn has_room_for(
        &mut self,
        (key, length): (&str, usize),
        others: Vec<Record>,
        storage: &impl RecordStorage,
        open: &[String],
        now: Timestamp,
    ) -> bool {
        let Some((folder, id)) = split(key) else { return false };
        let room = self.make_room(others, folder, id, storage, open, now);
        room.is_ok_and(|(last_clean_up, free)| length <= last_clean_up.share(1).min(free.of_device).min(free.of_all))
    }

    /// Removes outdated records, and then the oldest ones until there is room for the record of a page in this folder. A
    /// page's record never displaces that of a page that began later, except for the current page.
    fn make_room(
        &mut self,
        mut others: Vec<Record>,
        folder: &str,
        id: &str,
        storage: &impl RecordStorage,
        open: &[String],
        now: Timestamp,
    ) -> Result<(CleanUp, FreeRoom), String> {
        let last_clean_up = match self.last_clean_up {
            Some(last_clean_up) if last_clean_up.is_fresh(now) => last_clean_up,
            _ => self.clean_up(&mut others, storage, now),
        };
        let (of_device, of_this) = (last_clean_up.of_device(), last_clean_up.share(1));
        let (own, foreign): (Vec<_>, Vec<_>) = others.into_iter().partition(|record| record.is_in(folder));
        let is_removable = |record: &Record| {
            let is_earlier = || id == self.id || began(record.id()) < began(id);
            record.id() != self.id && !is_open(open, record.id()) && is_ours(storage, &record.key) && is_earlier()
        };
        let (mut own, mut foreign) = (RecordGroup::of(own, is_removable), RecordGroup::of(foreign, is_removable));
        while own.pages > MIN_PAGES
            && (own.pages >= MAX_PAGES || own.length + of_this > of_device)
            && own.remove_oldest(storage)?
        {}
        while own.length + foreign.length + of_this > last_clean_up.total && foreign.remove_oldest(storage)? {}
        // The app now uses space that our records occupy.
        while own.length + foreign.length > last_clean_up.total && own.remove_oldest(storage)? {}
        let used = own.length + foreign.length;
        // A page that began when there were fewer pages may still use more than its share.
        let (of_device, of_all) = (of_device.saturating_sub(own.length), last_clean_up.total.saturating_sub(used));
        Ok((last_clean_up, FreeRoom { pages: own.pages, of_device, of_all, used }))
    }

    /// Whether [`Self::is_short_of_room`] would look at the stored records, which takes as long as writing one.
    pub fn is_room_check_due(&self, now: Timestamp) -> bool {
        self.is_on() && !self.last_clean_up.is_some_and(|last_clean_up| last_clean_up.is_fresh(now))
    }

    /// Whether the records must be written again without new evidence, because the app uses more space now.
    pub fn is_short_of_room(&mut self, storage: &impl RecordStorage, open: &[String], now: Timestamp) -> bool {
        if !self.is_room_check_due(now) {
            return false;
        }
        // Even a page without a record removes records of other pages here.
        let stored = |part: &Part| part.written.as_ref().map(|written| (written.folder.clone(), written.length));
        let parts: Vec<_> = self.parts().map(|part| stored(part).unwrap_or_else(|| (part.folder(), 0))).collect();
        parts.into_iter().any(|(folder, length)| {
            let key = self.key_in(&folder);
            let others = storage.list().map(|listed| records(listed, |other| other != key));
            others.and_then(|others| self.room(others, &folder, storage, open, now)).is_ok_and(|room| room < length)
        })
    }

    fn written(&self) -> impl Iterator<Item = &Written> {
        self.parts().filter_map(|part| part.written.as_ref())
    }

    /// Removes outdated and unreadable records, and measures how much of the origin's space the app leaves.
    fn clean_up(&mut self, others: &mut Vec<Record>, storage: &impl RecordStorage, now: Timestamp) -> CleanUp {
        let corrupt = &mut self.corrupt;
        others.retain(|record| match head_at(storage, &record.key) {
            Head::Newer => true,
            Head::Ours { seen, .. } if !is_old(seen, now) => true,
            head => {
                *corrupt += u32::from(head == Head::Corrupt);
                storage.remove(&record.key).is_err()
            }
        });
        let total = TOTAL_LIMIT.min((QUOTA - RESERVE).saturating_sub(storage.length_of_others()));
        *self.last_clean_up.insert(CleanUp { at: now, total })
    }

    /// Whether this page uses more than its share, now that there are others.
    pub fn is_too_large(&self, storage: &impl RecordStorage) -> bool {
        let Some(last_clean_up) = self.last_clean_up else { return false };
        let others = self.others(storage).unwrap_or_default();
        self.written().any(|written| {
            let own = others.iter().filter(|record| record.is_in(&written.folder)).count();
            written.length > last_clean_up.share(own + 1)
        })
    }
}

/// The room that the other records leave.
struct FreeRoom {
    /// How many records of the same device remain.
    pages: usize,
    of_device: usize,
    of_all: usize,
    /// The space that the other records use.
    used: usize,
}

/// Records that share a limit; the oldest page's record is last.
struct RecordGroup<F> {
    pages: usize,
    length: usize,
    records: Vec<Record>,
    is_removable: F,
}

impl<F: Fn(&Record) -> bool> RecordGroup<F> {
    fn of(mut records: Vec<Record>, is_removable: F) -> Self {
        records.sort_by_key(|record| Reverse(began(record.id())));
        Self { pages: records.len(), length: records.iter().map(|record| record.length).sum(), records, is_removable }
    }

    /// Removes the oldest record that may be removed. Returns whether there was one.
    fn remove_oldest(&mut self, storage: &impl RecordStorage) -> Result<bool, String> {
        while let Some(record) = self.records.pop() {
            if (self.is_removable)(&record) {
                storage.remove(&record.key)?;
                (self.pages, self.length) = (self.pages - 1, self.length - record.length);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// False for records of a newer version: only that version removes them.
fn is_ours(storage: &impl RecordStorage, key: &str) -> bool {
    storage.head(key).is_none_or(|head| Head::read(&head) != Head::Newer)
}

pub(super) fn is_open(open: &[String], id: &str) -> bool {
    open.iter().any(|other| other == id)
}
