//! The device's crypto store across all loads: whether the store was found again after a lost connection, when the
//! identity keys changed, and when the store was lost.

use super::case::Case;
use super::loads::{Load, end_words};
use crate::crypto_store::{CryptoStoreStatus, IdentityCheck, StoreVerdict};
use crate::timestamp::Timestamp;
use crate::verdict::EvidenceRef;

/// The store as seen in one load.
#[derive(Clone, Copy)]
pub(crate) struct StoreInLoad<'a> {
    pub(crate) load: Load,
    pub(crate) status: &'a CryptoStoreStatus,
}

/// Which identity keys the device had in a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// The current ones, as far as known.
    Present,
    /// Those from before the store was lost.
    Before,
    /// Either: the keys changed, but it is unknown whether before or after this load.
    Unknown,
}

pub(crate) struct Stores<'a> {
    case: Case<'a>,
    /// In order of time.
    all: Vec<StoreInLoad<'a>>,
}

impl<'a> Stores<'a> {
    pub(crate) fn of(case: &Case<'a>) -> Self {
        let mut loads: Vec<Load> = case.loads().collect();
        loads.reverse();
        let store = |load| case.page(load).map_or(&case.report.page.crypto_store, |page| &page.crypto_store).as_ref();
        let all = loads.iter().filter_map(|load| Some(StoreInLoad { load: *load, status: store(*load)? })).collect();
        Self { case: *case, all }
    }

    /// The stores in order of time.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = StoreInLoad<'a>> {
        self.all.iter().copied()
    }

    /// Whether the device is known to have changed its identity keys in that load or before.
    pub(crate) fn is_changed_by(&self, load: Load) -> bool {
        self.changes().any(|store| store.load == load || self.case.is_after(load, store.load))
    }

    pub(crate) fn is_changed(&self) -> bool {
        self.changes().next().is_some()
    }

    fn changes(&self) -> impl Iterator<Item = &StoreInLoad<'a>> {
        self.all.iter().filter(|store| is_changed(store.status))
    }

    /// Which identity keys the device had in a load.
    pub(crate) fn identity_in(&self, load: Load) -> Identity {
        let Some(changed) = self.changed_in() else { return Identity::Present };
        if load == changed || load == Load::Present || self.case.is_after(load, changed) {
            return Identity::Present;
        }
        // If the keys were compared in this load, or later but before the change, they were the earlier ones.
        let is_known = |store: &StoreInLoad<'_>| {
            let is_since = store.load == load || self.case.is_after(store.load, load);
            let is_before = self.case.is_after(changed, store.load);
            is_since && is_before && store.status.identity != IdentityCheck::NotCompared
        };
        if self.all.iter().any(is_known) { Identity::Before } else { Identity::Unknown }
    }

    /// The load in which the device came back with its current keys. The status stays "changed" from then on, so only
    /// a missing database shows a further change.
    fn changed_in(&self) -> Option<Load> {
        let mut changed = None;
        for store in self.changes() {
            if changed.is_none() || store.status.database_existed == Some(false) {
                changed = Some(store.load);
            }
        }
        changed
    }

    /// The loads with signs of a deleted store, in order of time. A lost connection counts until a later load finds
    /// the earlier keys in the store.
    pub(crate) fn deletions(&self) -> Vec<StoreInLoad<'a>> {
        self.iter().filter(|store| may_be_deleted(store.status) && self.found_again(*store).is_none()).collect()
    }

    /// The first later load that found the lost store again, with the same identity keys.
    pub(crate) fn found_again(&self, lost: StoreInLoad<'_>) -> Option<StoreInLoad<'a>> {
        let mut later = self.iter().filter(|store| self.case.is_after(store.load, lost.load));
        later.find(|store| {
            let may_be_changed = self.changes().any(|changed| !self.case.is_after(changed.load, store.load));
            store.status.identity == IdentityCheck::Same && !may_be_changed
        })
    }

    /// A sentence on when the store was lost, and its evidence; `None`: only one load shows the loss.
    pub(crate) fn span(&self, deletions: &[StoreInLoad<'a>]) -> Option<(String, Vec<EvidenceRef>)> {
        let first = deletions.first()?;
        let case = &self.case;
        if let (Some(loss), Some(page)) = (&first.status.loss, case.page(first.load)) {
            let text = format!(
                "The connection to the store was lost at {} in a running page, {}.",
                loss.first_ts,
                end_words(page.end)
            );
            return Some((text, Vec::new()));
        }
        if first.status.loss.is_some() {
            return None;
        }
        let before = self.iter().rev().find(|store| is_alive(store.status) && case.is_after(first.load, store.load))?;
        let (from, noticed) = (case.last_seen(before.load), self.noticed(*first));
        let page = case.page(before.load)?;
        let text = format!(
            "The store was lost between {from}, when the previous page was last seen ({}), and {noticed}.",
            end_words(page.end)
        );
        let began = match first.load {
            Load::Present => "capturingSince",
            Load::Earlier(_) => "beganAt",
        };
        let cites = vec![
            before.load.fact("lastSeenAt", format!("the last page with an intact store was last seen at {from}")),
            first.load.fact(began, format!("the first page without it noticed that at {noticed}")),
        ];
        Some((text, cites))
    }

    /// When a load noticed that the store was gone. A missing database is noticed when the load begins.
    fn noticed(&self, store: StoreInLoad<'_>) -> Timestamp {
        let began = self.case.began(store.load).unwrap_or_else(|| self.case.last_seen(store.load));
        match store.status.since {
            Some(since) if store.status.database_existed != Some(false) && since > began => since,
            _ => began,
        }
    }
}

fn is_changed(store: &CryptoStoreStatus) -> bool {
    store.identity == IdentityCheck::Changed
}

/// Whether the verdict is that the store is gone or was created again.
pub(crate) const fn is_said_gone(store: &CryptoStoreStatus) -> bool {
    matches!(store.verdict, StoreVerdict::Evicted | StoreVerdict::IdentityChanged)
}

fn may_be_deleted(store: &CryptoStoreStatus) -> bool {
    is_said_gone(store) || (store.loss.is_some() && store.database_listed != Some(true))
}

/// Whether the store was in use, with the device's original keys.
fn is_alive(store: &CryptoStoreStatus) -> bool {
    let is_in_order = matches!(store.verdict, StoreVerdict::Healthy | StoreVerdict::FirstRun);
    is_in_order && matches!(store.identity, IdentityCheck::Same | IdentityCheck::FirstSeen)
}
