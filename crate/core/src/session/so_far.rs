//! What there is to keep of a page beyond its end.

use super::Session;
use crate::earlier::EarlierPage;
use crate::entry::{Entry, FaultCounts};
use crate::timestamp::Timestamp;

/// The page so far. Cheap to make, and to compare with that of a moment ago.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SoFar {
    /// All but its entries, and but its times.
    pub(crate) page: EarlierPage,
    /// How many lines its entries stand for, and when the latest of them came: an entry that is new or has changed shows there.
    lines: (u64, Timestamp),
}

/// Where a page begins, as far as it is kept.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Beginning {
    /// When.
    pub(crate) at: Timestamp,
    /// What had been counted until then, in a page that was another device's before: that is left out.
    pub(crate) before: Option<FaultCounts>,
}

impl Beginning {
    const fn takes(self, first: Timestamp) -> bool {
        // A clock that is set back leaves out nothing.
        self.before.is_none() || first.ms() > self.at.ms()
    }
}

impl Session {
    /// What was seen in the page of this device from its beginning.
    pub(crate) fn so_far(&self, from: Beginning, ids: Option<&(String, String)>) -> SoFar {
        let (user_id, device_id) = (ids.map(|ids| &*ids.0), ids.map(|ids| &*ids.1));
        let crypto_store = self.stores.status(user_id, device_id);
        let upload_loop = ids
            .map_or_else(|| self.uploads.status(), |(user_id, device_id)| self.uploads.status_of(user_id, device_id));
        let entries = self.buffer.entries();
        let lines = entries.iter().map(|entry| u64::from(entry.count)).sum();
        let last = entries.last().map(|entry| entry.last_ts).unwrap_or_default();
        let captures = self.captures.latest().filter(|session| from.takes(session.started_at));
        let repair = self.repair.as_ref().filter(|repair| from.takes(repair.started_at));
        let page = EarlierPage {
            began_at: from.at,
            counts: self.counts.since(from.before.unwrap_or_default()),
            crypto_store,
            upload_loop,
            capture_session: captures.cloned(),
            repair: repair.cloned(),
            ..EarlierPage::default()
        };
        SoFar { page, lines: (lines, last) }
    }

    /// The entries from there on.
    pub(crate) fn entries_from(&self, from: Beginning) -> Vec<&Entry> {
        self.buffer.entries().into_iter().filter(|entry| from.takes(entry.first_ts)).collect()
    }

    /// Lines seen of each fault.
    pub(crate) const fn counted(&self) -> FaultCounts {
        self.counts
    }
}
