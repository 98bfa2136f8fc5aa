//! Limits the space of all records: which ones are removed, and when. The app's own data has priority.

use std::cmp::Reverse;

use super::{Keeper, Part, Written, records};
use crate::kept_page::Head;
use crate::shelf::{NotWritten, Record, Shelf, began, head_at, is_old, split};
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
pub const FEWEST_PAGES: usize = 3;
/// The largest size of a record.
pub(super) const LARGEST: usize = DEVICE_LIMIT / (FEWEST_PAGES + 1);
/// More are not worth reading.
pub(super) const MOST_PAGES: usize = 32;

/// How often old records are removed, and how often the space that the app uses is measured.
pub const TIDY_MS: u32 = 60_000;

/// When that was last done, and its result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tidied {
    at: Timestamp,
    /// The space that all records may use.
    total: usize,
}

impl Tidied {
    fn is_fresh(self, now: Timestamp) -> bool {
        self.at.ms().abs_diff(now.ms()) < TIDY_MS.into()
    }

    fn of_device(self) -> usize {
        DEVICE_LIMIT.min(self.total)
    }

    /// The space that each of this many pages of a device may use.
    fn share(self, pages: usize) -> usize {
        self.of_device() / pages.max(FEWEST_PAGES + 1)
    }
}

impl Keeper {
    /// Writes a record. If storage is full, removes older records of this library, never the app's data.
    pub(super) fn write(
        &self,
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
            if let Some((of, id)) = split(&other).filter(|(_, id)| *id != self.id && !is_open(open, id))
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

    /// The room for a record of this page in this folder, including its key. `others`: all other records.
    pub(super) fn room(
        &mut self,
        others: Vec<Record>,
        folder: &str,
        place: &impl Shelf,
        open: &[String],
        now: Timestamp,
    ) -> Result<usize, String> {
        let mine: usize = others.iter().filter(|record| record.id() == self.id).map(|record| record.length).sum();
        let id = self.id.clone();
        let (tidied, left) = self.make_room(others, folder, &id, place, open, now)?;
        // The records of this page share the room that other pages leave. Otherwise the first would leave none for the rest.
        let part = tidied.total.saturating_sub(left.taken - mine) / (1 + self.away.len());
        Ok(tidied.share(left.pages + 1).min(left.of_device).min(left.of_all).min(part))
    }

    /// Whether there is room for an earlier page's record; `length` is in bytes, with its key. `others`: all other records.
    pub(super) fn has_room_for(
        &mut self,
        (key, length): (&str, usize),
        others: Vec<Record>,
        place: &impl Shelf,
        open: &[String],
        now: Timestamp,
    ) -> bool {
        let Some((folder, id)) = split(key) else { return false };
        let room = self.make_room(others, folder, id, place, open, now);
        room.is_ok_and(|(tidied, left)| length <= tidied.share(1).min(left.of_device).min(left.of_all))
    }

    /// Removes outdated records, and then the oldest ones until there is room for the record of a page in this folder. A
    /// page's record never displaces that of a page that began later, except for the current page.
    fn make_room(
        &mut self,
        mut others: Vec<Record>,
        folder: &str,
        id: &str,
        place: &impl Shelf,
        open: &[String],
        now: Timestamp,
    ) -> Result<(Tidied, Left), String> {
        let tidied = match self.tidied {
            Some(tidied) if tidied.is_fresh(now) => tidied,
            _ => self.tidy(&mut others, place, now),
        };
        let (of_device, of_this) = (tidied.of_device(), tidied.share(1));
        let (own, foreign): (Vec<_>, Vec<_>) = others.into_iter().partition(|record| record.is_in(folder));
        let may_go = |record: &Record| {
            let is_earlier = || id == self.id || began(record.id()) < began(id);
            record.id() != self.id && !is_open(open, record.id()) && is_ours(place, &record.key) && is_earlier()
        };
        let (mut own, mut foreign) = (Pile::of(own, may_go), Pile::of(foreign, may_go));
        while own.pages > FEWEST_PAGES
            && (own.pages >= MOST_PAGES || own.length + of_this > of_device)
            && own.remove_oldest(place)?
        {}
        while own.length + foreign.length + of_this > tidied.total && foreign.remove_oldest(place)? {}
        // The app now uses space that our records occupy.
        while own.length + foreign.length > tidied.total && own.remove_oldest(place)? {}
        let taken = own.length + foreign.length;
        // A page that began when there were fewer pages may still use more than its share.
        let (of_device, of_all) = (of_device.saturating_sub(own.length), tidied.total.saturating_sub(taken));
        Ok((tidied, Left { pages: own.pages, of_device, of_all, taken }))
    }

    /// Whether the records must be written again without new evidence, because the app uses more space now.
    pub fn is_short_of_room(&mut self, place: &impl Shelf, open: &[String], now: Timestamp) -> bool {
        if self.tidied.is_some_and(|tidied| tidied.is_fresh(now)) {
            return false;
        }
        // Even a page without a record removes records of other pages here.
        let stored = |part: &Part| part.written.as_ref().map(|written| (written.folder.clone(), written.length));
        let parts: Vec<_> = self.parts().map(|part| stored(part).unwrap_or_else(|| (part.folder(), 0))).collect();
        self.is_on()
            && parts.into_iter().any(|(folder, length)| {
                let key = self.key_in(&folder);
                let others = place.list().map(|listed| records(listed, |other| other != key));
                others.and_then(|others| self.room(others, &folder, place, open, now)).is_ok_and(|room| room < length)
            })
    }

    fn written(&self) -> impl Iterator<Item = &Written> {
        self.parts().filter_map(|part| part.written.as_ref())
    }

    /// Removes outdated and unreadable records, and measures how much of the origin's space the app leaves.
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

    /// Whether this page uses more than its share, now that there are others.
    pub fn is_too_large(&self, place: &impl Shelf) -> bool {
        let Some(tidied) = self.tidied else { return false };
        let others = self.others(place).unwrap_or_default();
        self.written().any(|written| {
            let own = others.iter().filter(|record| record.is_in(&written.folder)).count();
            written.length > tidied.share(own + 1)
        })
    }
}

/// The room that the other records leave.
struct Left {
    /// How many records of the same device remain.
    pages: usize,
    of_device: usize,
    of_all: usize,
    /// The space that the other records use.
    taken: usize,
}

/// Records that share a limit; the oldest page's record is last.
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

    /// Removes the oldest record that may be removed. Returns whether there was one.
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

/// False for records of a newer version: only that version removes them.
fn is_ours(place: &impl Shelf, key: &str) -> bool {
    place.head(key).is_none_or(|head| Head::read(&head) != Head::Newer)
}

pub(super) fn is_open(open: &[String], id: &str) -> bool {
    open.iter().any(|other| other == id)
}
