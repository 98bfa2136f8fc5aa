//! The part of a page that is kept after the page ends.

use super::Session;
use crate::earlier::EarlierPage;
use crate::entry::{Entry, FaultCounts};
use crate::timestamp::Timestamp;

/// The page so far. Cheap to create, and to compare with an earlier state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PageSnapshot {
    /// The page without its entries and without its end times.
    pub(crate) page: EarlierPage,
    /// The sum of the entries' counts, and the time of the latest line: any new or changed entry changes them.
    lines: (u64, Timestamp),
}

/// From when on a page is kept.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StartPoint {
    /// The beginning.
    pub(crate) at: Timestamp,
    /// The counts at the beginning, if the page belonged to another device before; these lines are left out.
    pub(crate) before: Option<FaultCounts>,
}

impl StartPoint {
    const fn includes(self, first: Timestamp) -> bool {
        // Without an earlier device, nothing is left out, even if the clock was set back.
        self.before.is_none() || first.ms() > self.at.ms()
    }
}

impl Session {
    /// What this page saw of the device since the beginning.
    pub(crate) fn snapshot(&self, from: StartPoint, ids: Option<&(String, String)>) -> PageSnapshot {
        let (user_id, device_id) = (ids.map(|ids| &*ids.0), ids.map(|ids| &*ids.1));
        let crypto_store = self.stores.status(user_id, device_id);
        let upload_loop = ids
            .map_or_else(|| self.uploads.status(), |(user_id, device_id)| self.uploads.status_of(user_id, device_id));
        let entries = self.buffer.entries();
        let lines = entries.iter().map(|entry| u64::from(entry.count)).sum();
        let last = entries.last().map(|entry| entry.last_ts).unwrap_or_default();
        let captures = self.captures.latest().filter(|session| from.includes(session.started_at));
        let repair = self.repair.as_ref().filter(|repair| from.includes(repair.started_at));
        let page = EarlierPage {
            began_at: from.at,
            counts: self.counts.since(from.before.unwrap_or_default()),
            crypto_store,
            upload_loop,
            capture_session: captures.cloned(),
            repair: repair.cloned(),
            ..EarlierPage::default()
        };
        PageSnapshot { page, lines: (lines, last) }
    }

    /// The entries since the beginning.
    pub(crate) fn entries_from(&self, from: StartPoint) -> Vec<&Entry> {
        self.buffer.entries().into_iter().filter(|entry| from.includes(entry.first_ts)).collect()
    }

    /// Lines seen per fault.
    pub(crate) const fn counted(&self) -> FaultCounts {
        self.counts
    }
}
