//! Limits on the space of all records: which are removed, and when. The app comes first.

use std::cmp::Reverse;

use super::{Keeper, Part, Written, records};
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

/// How often old records are removed, and how often the space that the app uses is measured.
pub const TIDY_MS: u32 = 60_000;

/// When that was done last, and its result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tidied {
    at: Timestamp,
    /// What all records may take.
    total: usize,
}

impl Tidied {
    fn is_fresh(self, now: Timestamp) -> bool {
        self.at.ms().abs_diff(now.ms()) < TIDY_MS.into()
    }

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

    /// The room for a record of this page in this folder, with its key. `others`: all other records.
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
        // The records of this page share what the other pages leave. Otherwise the first one would leave nothing to the rest.
        let part = tidied.total.saturating_sub(left.taken - mine) / (1 + self.away.len());
        Ok(tidied.share(left.pages + 1).min(left.of_device).min(left.of_all).min(part))
    }

    /// Whether there is room for the record of an earlier page, of so many bytes with its key. `others`: all other records.
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

    /// Removes old records, and then the oldest until there is room for the record of a page in this folder. An earlier page
    /// displaces none that began after it.
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
        // A page that began when there were fewer may still take more than its share.
        let (of_device, of_all) = (of_device.saturating_sub(own.length), tidied.total.saturating_sub(taken));
        Ok((tidied, Left { pages: own.pages, of_device, of_all, taken }))
    }

    /// Whether the records have to be written again though there is no news: the app has used more space meanwhile.
    pub fn is_short_of_room(&mut self, place: &impl Shelf, open: &[String], now: Timestamp) -> bool {
        if self.tidied.is_some_and(|tidied| tidied.is_fresh(now)) {
            return false;
        }
        // A page that writes nothing itself makes the others' records give way, too.
        let stored = |part: &Part| part.written.as_ref().map(|written| (written.folder.clone(), written.length));
        let parts: Vec<_> = self.parts().map(|part| stored(part).unwrap_or_else(|| (part.folder(), 0))).collect();
        self.is_on()
            && parts.into_iter().any(|(folder, length)| {
                let key = [&*folder, &self.id].concat();
                let others = place.list().map(|listed| records(listed, |other| other != key));
                others.and_then(|others| self.room(others, &folder, place, open, now)).is_ok_and(|room| room < length)
            })
    }

    fn written(&self) -> impl Iterator<Item = &Written> {
        self.parts().filter_map(|part| part.written.as_ref())
    }

    /// Removes old records, and measures how much of the origin's space the app leaves.
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
    /// How many of them are of the same device.
    pages: usize,
    of_device: usize,
    of_all: usize,
    /// What they use.
    taken: usize,
}

/// Records that share a limit, those of the oldest pages last.
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
