//! The room that the records take: that of this page makes way for those of others, and old ones for new ones.

use super::Keeper;
use crate::kept_page::Head;
use crate::shelf::{NotWritten, Record, Shelf, began, head_at, is_old, split};
use crate::timestamp::Timestamp;

/// The room of one device, of those that are kept, in UTF-16 units. An origin has five million.
pub const DEVICE_LIMIT: usize = 256 * 1024;
/// The room of all.
pub const TOTAL_LIMIT: usize = 1024 * 1024;
/// So many page loads before this one are kept, whatever is in them.
pub const FEWEST_PAGES: usize = 3;
/// More are not worth the reading.
pub(super) const MOST_PAGES: usize = 32;

/// What one of so many pages of a device may take.
const fn share(pages: usize) -> usize {
    if pages <= FEWEST_PAGES { DEVICE_LIMIT / (FEWEST_PAGES + 1) } else { DEVICE_LIMIT / pages }
}

impl Keeper {
    /// Where there is no room, what was kept before makes some: no write of the app shall fail because of it.
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
        // Those of other devices go first, and of each the oldest.
        while let Some(next) = (0..others.len()).min_by_key(|index| (others[*index].0, others[*index].1)) {
            place.remove(&others.swap_remove(next).2)?;
            match place.write(key, text) {
                Err(NotWritten { is_full: true, .. }) if !others.is_empty() => {}
                written => return written.map_err(|error| error.words),
            }
        }
        place.write(key, text).map_err(|error| error.words)
    }

    /// The room that this page may take. Drops what is too old, and then the oldest until there is some.
    pub(super) fn make_room(
        &mut self,
        folder: &str,
        place: &impl Shelf,
        open: &[String],
        now: Timestamp,
    ) -> Result<usize, String> {
        let mut others = self.others(place)?;
        if !self.is_tidy {
            self.is_tidy = true;
            let corrupt = &mut self.corrupt;
            others.retain(|record| match head_at(place, &record.key) {
                Head::Newer => true,
                Head::Ours { seen, .. } if !is_old(seen, now) => true,
                head => {
                    *corrupt += u32::from(head == Head::Corrupt);
                    place.remove(&record.key).is_err()
                }
            });
        }
        let length = |records: &[Record]| records.iter().map(|record| record.length).sum::<usize>();
        let (mut own, mut foreign): (Vec<_>, Vec<_>) = others.into_iter().partition(|record| record.is_in(folder));
        while own.len() > FEWEST_PAGES
            && (own.len() >= MOST_PAGES || length(&own) + share(1) > DEVICE_LIMIT)
            && let Some(oldest) = oldest(&own, |record| !is_open(open, record.id()) && is_ours(place, &record.key))
        {
            place.remove(&own.remove(oldest).key)?;
        }
        while length(&own) + length(&foreign) + share(1) > TOTAL_LIMIT
            && let Some(oldest) = oldest(&foreign, |record| {
                // The last one of a device tells its page, which may be open, that nobody was logged out.
                foreign.iter().filter(|other| other.is_in(record.folder())).count() > 1 && is_ours(place, &record.key)
            })
        {
            place.remove(&foreign.remove(oldest).key)?;
        }
        // A page that began when there were fewer may still take more than its share.
        Ok(share(own.len() + 1).min(DEVICE_LIMIT.saturating_sub(length(&own))))
    }

    /// Whether this page takes more room than its share, now that there are others.
    pub fn is_too_large(&self, place: &impl Shelf) -> bool {
        let Some(written) = &self.written else { return false };
        let others = self.others(place).unwrap_or_default();
        let own = others.iter().filter(|record| record.is_in(&written.folder)).count();
        written.length > share(own + 1)
    }
}

/// The page that began first, of those that may go.
fn oldest(records: &[Record], may_go: impl Fn(&Record) -> bool) -> Option<usize> {
    let those = (0..records.len()).filter(|index| may_go(&records[*index]));
    those.min_by_key(|index| began(records[*index].id()))
}

/// A newer version knows itself what to keep.
fn is_ours(place: &impl Shelf, key: &str) -> bool {
    place.head(key).is_none_or(|head| Head::read(&head) != Head::Newer)
}

pub(super) fn is_open(open: &[String], id: &str) -> bool {
    open.iter().any(|other| other == id)
}
