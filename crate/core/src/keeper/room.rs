//! Limits on the space of all records: which are removed, and when.

use std::cmp::Reverse;

use super::Keeper;
use crate::kept_page::Head;
use crate::shelf::{NotWritten, Record, Shelf, began, head_at, is_old, split};
use crate::timestamp::Timestamp;

/// What an origin has in all, in UTF-16 units.
const QUOTA: usize = 5_000_000;
/// What is never taken of it, so that the app finds room.
const RESERVE: usize = 1_000_000;
/// The room of one device, of those that are kept, in UTF-16 units.
pub const DEVICE_LIMIT: usize = 256 * 1024;
/// The room of all.
pub const TOTAL_LIMIT: usize = 1024 * 1024;
/// So many page loads before this one are kept, whatever is in them.
pub const FEWEST_PAGES: usize = 3;
/// No record takes more.
pub(super) const LARGEST: usize = DEVICE_LIMIT / (FEWEST_PAGES + 1);
/// More are not worth the reading.
pub(super) const MOST_PAGES: usize = 32;

/// How often it is looked what is too old, and how much the app has taken.
const TIDY_MS: u64 = 10 * 60_000;

/// When it was looked last, and what came of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tidied {
    at: Timestamp,
    /// What all records may take.
    total: usize,
}

impl Tidied {
    fn of_device(self) -> usize {
        DEVICE_LIMIT.min(self.total)
    }

    /// What one of so many pages of a device may take.
    fn share(self, pages: usize) -> usize {
        self.of_device() / pages.max(FEWEST_PAGES + 1)
    }
}

impl Keeper {
    /// If storage is full, removes older records of ours, never the app's data.
    pub(super) fn write(
        key: &str,
        text: &str,
        folder: &str,
        place: &impl Shelf,
        open: &[String],
    ) -> Result<(), String> {
        match place.write(key, text) {
            Ok(()) => return Ok(()),
            Err(NotWritten { is_full: false, words }) => return Err(words),
            Err(_) => {}
        }
        let mut others = Vec::new();
        for (other, _) in place.list()? {
            if let Some((of, id)) = split(&other).filter(|(_, id)| other != key && !is_open(open, id))
                && is_ours(place, &other)
            {
                others.push((of == folder, began(id), other));
            }
        }
        // Records of other devices are removed first, the oldest first.
        while let Some(next) = (0..others.len()).min_by_key(|index| (others[*index].0, others[*index].1)) {
            place.remove(&others.swap_remove(next).2)?;
            match place.write(key, text) {
                Err(NotWritten { is_full: true, .. }) if !others.is_empty() => {}
                written => return written.map_err(|error| error.words),
            }
        }
        place.write(key, text).map_err(|error| error.words)
    }

    /// The room that this page may take beside the others. Drops what is too old, and then the oldest until there is some.
    pub(super) fn make_room(
        &mut self,
        mut others: Vec<Record>,
        folder: &str,
        place: &impl Shelf,
        open: &[String],
        now: Timestamp,
    ) -> Result<usize, String> {
        let tidied = match self.tidied {
            Some(tidied) if tidied.at.ms().abs_diff(now.ms()) < TIDY_MS => tidied,
            _ => self.tidy(&mut others, place, now),
        };
        let (of_device, of_this) = (tidied.of_device(), tidied.share(1));
        let (own, foreign): (Vec<_>, Vec<_>) = others.into_iter().partition(|record| record.is_in(folder));
        let mut own = Pile::of(own, |record| !is_open(open, record.id()) && is_ours(place, &record.key));
        let mut foreign = Pile::of(foreign, |record| !is_open(open, record.id()) && is_ours(place, &record.key));
        while own.pages > FEWEST_PAGES
            && (own.pages >= MOST_PAGES || own.length + of_this > of_device)
            && own.remove_oldest(place)?
        {}
        while own.length + foreign.length + of_this > tidied.total && foreign.remove_oldest(place)? {}
        // The app now uses space that our records occupy.
        while own.length + foreign.length > tidied.total && own.remove_oldest(place)? {}
        // A page that began when there were fewer may still take more than its share.
        let rest = tidied.total.saturating_sub(own.length + foreign.length);
        Ok(tidied.share(own.pages + 1).min(of_device.saturating_sub(own.length)).min(rest))
    }

    /// Whether the record has to be written though nothing is new: the app has taken room meanwhile, which is looked at once in
    /// a while.
    pub fn is_short_of_room(&mut self, place: &impl Shelf, open: &[String], now: Timestamp) -> bool {
        let is_due = self.tidied.is_none_or(|tidied| tidied.at.ms().abs_diff(now.ms()) >= TIDY_MS);
        let Some(written) = self.written.as_ref().filter(|_| is_due) else { return false };
        let (folder, length) = (written.folder.clone(), written.length);
        let room = self.others(place).and_then(|others| self.make_room(others, &folder, place, open, now));
        room.is_ok_and(|room| room < length)
    }

    /// Removes what is too old, and sees how much of the origin's room the app leaves.
    fn tidy(&mut self, others: &mut Vec<Record>, place: &impl Shelf, now: Timestamp) -> Tidied {
        let corrupt = &mut self.corrupt;
        others.retain(|record| match head_at(place, &record.key) {
            Head::Newer => true,
            Head::Ours { seen, .. } if !is_old(seen, now) => true,
            head => {
                *corrupt += u32::from(head == Head::Corrupt);
                place.remove(&record.key).is_err()
            }
        });
        let total = TOTAL_LIMIT.min((QUOTA - RESERVE).saturating_sub(place.taken()));
        *self.tidied.insert(Tidied { at: now, total })
    }

    /// Whether this page takes more room than its share, now that there are others.
    pub fn is_too_large(&self, place: &impl Shelf) -> bool {
        let Some((written, tidied)) = self.written.as_ref().zip(self.tidied) else { return false };
        let others = self.others(place).unwrap_or_default();
        let own = others.iter().filter(|record| record.is_in(&written.folder)).count();
        written.length > tidied.share(own + 1)
    }
}

/// Records that take room together, those of the pages that began first at the end.
struct Pile<Goes> {
    pages: usize,
    length: usize,
    records: Vec<Record>,
    may_go: Goes,
}

impl<Goes: Fn(&Record) -> bool> Pile<Goes> {
    fn of(mut records: Vec<Record>, may_go: Goes) -> Self {
        records.sort_by_key(|record| Reverse(began(record.id())));
        Self { pages: records.len(), length: records.iter().map(|record| record.length).sum(), records, may_go }
    }

    /// Removes the oldest of those that may go. Says whether there was one.
    fn remove_oldest(&mut self, place: &impl Shelf) -> Result<bool, String> {
        while let Some(record) = self.records.pop() {
            if (self.may_go)(&record) {
                place.remove(&record.key)?;
                (self.pages, self.length) = (self.pages - 1, self.length - record.length);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Records of a newer version are left to that version.
fn is_ours(place: &impl Shelf, key: &str) -> bool {
    place.head(key).is_none_or(|head| Head::read(&head) != Head::Newer)
}

pub(super) fn is_open(open: &[String], id: &str) -> bool {
    open.iter().any(|other| other == id)
}
