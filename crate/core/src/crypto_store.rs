//! State of a device's crypto store. A lost store is the root cause of KE-1.
//!
//! A device that comes back under its old id with an empty store creates new identity keys, and uploads one-time keys
//! under ids that the homeserver already knows. A marker outside the store remembers the identity keys. This module
//! derives a verdict from the marker, the databases that were found, and the client's current keys.

pub use crate::store_marker::{MARKER_SCHEMA, Marker, MarkerField, StoredMarker};
pub use crate::store_status::{CryptoStoreStatus, IdentityCheck, StoreLoss, StoreVerdict};
use crate::store_trouble::{StoreTrouble, StoreTroubleKind};
use crate::timestamp::Timestamp;

/// The owner of a store: a Matrix device, and the database in which the SDK keeps its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// `@user:server`
    pub user_id: String,
    /// Device id.
    pub device_id: String,
    /// Name of the IndexedDB database.
    pub database: String,
}

/// The public identity keys of a device, in unpadded base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityKeys {
    /// The signing key.
    pub ed25519: String,
    /// The key-agreement key.
    pub curve25519: String,
}

/// The store of one device, as seen by this page.
#[derive(Clone, Debug)]
pub struct CryptoStore {
    device: Device,
    memory: Memory,
    marker: Option<Marker>,
    /// The marker as last saved.
    saved: Option<Marker>,
    existed: Option<bool>,
    /// Whether the database was also missing when this page tried to open it.
    absent: bool,
    identity: IdentityCheck,
    loss: Option<StoreLoss>,
    /// Whether the browser lists the database, according to its latest answer.
    present: Option<bool>,
    /// The same, but only asked after the connection to the store was lost.
    listed: Option<bool>,
    trouble: Option<StoreTrouble>,
    error: Option<String>,
    found_at: Timestamp,
    /// Whether the device was logged out, so that it will not come back.
    retired: bool,
}

/// What was remembered from earlier pages when this page began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    Nothing,
    Known,
    Unreadable,
}

impl CryptoStore {
    /// Records the state before the SDK opened the store. `existed` is `None` if it is unknown; `error` has the
    /// reason.
    pub fn new(
        device: Device,
        stored_marker: StoredMarker,
        existed: Option<bool>,
        error: Option<String>,
        now: Timestamp,
    ) -> Self {
        let (memory, mut marker, error) = match stored_marker {
            StoredMarker::Nothing => (Memory::Nothing, None, error),
            StoredMarker::Known(marker) => (Memory::Known, Some(marker), error),
            StoredMarker::Unreadable(reason) => (Memory::Unreadable, None, Some(reason)),
        };
        let saved = marker.clone();
        if let Some(marker) = &mut marker
            && existed == Some(false)
        {
            marker.lost.get_or_insert(now);
        }
        let identity = IdentityCheck::NotCompared;
        let (loss, present, listed, trouble) = (None, None, None, None);
        Self {
            device,
            memory,
            marker,
            saved,
            existed,
            absent: false,
            identity,
            loss,
            present,
            listed,
            trouble,
            error,
            found_at: now,
            retired: false,
        }
    }

    /// Whether to check for the database in another way before the SDK opens the store: the device is known, but its
    /// database was not listed.
    pub fn is_in_doubt(&self) -> bool {
        self.is_missing() && !self.absent
    }

    fn is_missing(&self) -> bool {
        let was_there = self.marker.as_ref().is_some_and(|marker| marker.database_seen.is_some());
        let is_known = self.memory == Memory::Known && was_there;
        is_known && self.existed == Some(false) && self.identity == IdentityCheck::NotCompared
    }

    /// Whether the database was never seen for this device, so that the browser's current list may still prove it.
    pub fn is_unproven(&self) -> bool {
        self.marker.as_ref().is_some_and(|marker| marker.database_seen.is_none())
    }

    /// The browser lists the database, and the client has its keys.
    pub fn set_database_seen(&mut self, now: Timestamp) {
        if let Some(marker) = &mut self.marker {
            marker.database_seen.get_or_insert(now);
        }
    }

    /// The database existed when this page tried to open it, even if the browser did not list it.
    pub fn set_database_present(&mut self) {
        (self.existed, self.absent) = (Some(true), false);
    }

    /// The database did not exist when this page tried to open it. `logged_in` is when the session began, if the host
    /// knows: a device last seen before that is an earlier device with the same id.
    pub fn set_database_absent(&mut self, logged_in: Option<Timestamp>) {
        let last_seen = self.marker.as_ref().map(|marker| marker.last_healthy);
        self.absent = logged_in.is_none_or(|logged_in| last_seen.is_some_and(|seen| seen >= logged_in));
    }

    /// Compares the device's current identity keys, according to the client, with the remembered ones.
    pub fn compare(&mut self, keys: IdentityKeys, now: Timestamp) {
        let Some(marker) = &mut self.marker else {
            if self.memory == Memory::Nothing {
                self.identity = IdentityCheck::FirstSeen;
            }
            // An unreadable marker proves nothing, but is replaced for the next start.
            let IdentityKeys { ed25519, curve25519 } = keys;
            let (schema, since, last_healthy) = (MARKER_SCHEMA, now, now);
            let lost = self.loss.as_ref().map(|loss| loss.first_ts);
            let database_seen = (self.existed == Some(true)).then_some(now);
            let changed = None;
            self.marker =
                Some(Marker { schema, ed25519, curve25519, since, last_healthy, database_seen, lost, changed });
            return;
        };
        if marker.changed.is_some() || marker.ed25519 != keys.ed25519 || marker.curve25519 != keys.curve25519 {
            marker.changed.get_or_insert(now);
            self.identity = IdentityCheck::Changed;
            return;
        }
        marker.last_healthy = now;
        if self.existed == Some(true) {
            marker.database_seen.get_or_insert(now);
        }
        if self.loss.is_none() {
            marker.lost = None;
        }
        if self.memory == Memory::Known {
            self.identity = IdentityCheck::Same;
        }
    }

    /// The connection to the store was lost while the page was running.
    pub fn set_lost(&mut self, loss: StoreLoss) {
        if let Some(marker) = &mut self.marker {
            marker.lost.get_or_insert(loss.first_ts);
        }
        self.loss = Some(loss);
    }

    /// Records whether the browser still lists the database. Returns whether anything changed; that it is listed
    /// counts as a change only after the connection was lost.
    pub fn set_listed(&mut self, listed: bool) -> bool {
        let before = self.present.replace(listed);
        if self.loss.is_some() {
            return self.listed.replace(listed) != Some(listed);
        }
        before.unwrap_or(true) != listed
    }

    /// Whether the browser no longer lists the database.
    pub fn is_gone(&self) -> bool {
        self.present == Some(false)
    }

    /// A console line shows that the store cannot be used.
    pub fn note_trouble(&mut self, kind: StoreTroubleKind, message: &str, now: Timestamp) {
        note_trouble(&mut self.trouble, kind, message, now);
    }

    /// Records that the device was logged out.
    pub const fn retire(&mut self) {
        self.retired = true;
    }

    /// Whether the device was logged out.
    pub const fn is_retired(&self) -> bool {
        self.retired
    }

    /// The marker could not be saved, for this reason.
    pub fn set_marker_error(&mut self, reason: String) {
        self.error.get_or_insert(reason);
    }

    /// The owner of this store.
    pub const fn device(&self) -> &Device {
        &self.device
    }

    /// The loss seen in this page.
    pub const fn loss(&self) -> Option<&StoreLoss> {
        self.loss.as_ref()
    }

    /// Returns the marker if it has unsaved changes, and treats it as saved.
    pub fn take_unsaved(&mut self) -> Option<Marker> {
        if self.marker == self.saved || self.retired {
            return None;
        }
        self.saved = self.marker.clone();
        self.saved.clone()
    }

    /// The verdict, and the facts it is based on.
    pub fn status(&self) -> CryptoStoreStatus {
        let (verdict, marker) = (self.verdict(), self.marker.as_ref());
        CryptoStoreStatus {
            verdict,
            since: match verdict {
                StoreVerdict::Healthy | StoreVerdict::FirstRun => Some(marker.map_or(self.found_at, |m| m.since)),
                StoreVerdict::Unknown => None,
                _ => Some(self.trouble_since()),
            },
            user_id: Some(self.device.user_id.clone()),
            device_id: Some(self.device.device_id.clone()),
            database: Some(self.device.database.clone()),
            database_existed: self.existed,
            identity: self.identity,
            last_healthy: marker.map(|marker| marker.last_healthy),
            loss: self.loss.clone(),
            database_listed: self.listed,
            keys_deleted: self.absent && !self.retired && self.is_missing(),
            trouble: self.trouble.clone(),
            error: self.error.clone().or_else(|| {
                let is_open = verdict == StoreVerdict::Unknown && self.lost_before();
                is_open.then(|| "it was found gone before, and its keys were not compared since".to_owned())
            }),
        }
    }

    /// A lost connection alone does not mean a lost store: that takes a second sign.
    fn verdict(&self) -> StoreVerdict {
        let is_gone = self.memory == Memory::Known && self.existed == Some(false);
        let trouble = self.trouble.as_ref().map(|trouble| trouble.kind);
        match self.identity {
            IdentityCheck::Changed => StoreVerdict::IdentityChanged,
            _ if trouble >= Some(StoreTroubleKind::Corrupt) => verdict_on(trouble),
            IdentityCheck::NotCompared if is_gone => StoreVerdict::Evicted,
            _ if self.loss.is_some() => verdict_on_loss(self.listed),
            _ if trouble.is_some() => verdict_on(trouble),
            IdentityCheck::Same => StoreVerdict::Healthy,
            IdentityCheck::FirstSeen => StoreVerdict::FirstRun,
            IdentityCheck::NotCompared => match (self.memory, self.existed) {
                (Memory::Nothing, _) => StoreVerdict::FirstRun,
                (Memory::Known, _) if self.changed_before() => StoreVerdict::IdentityChanged,
                // A database exists again: the old one or a new one.
                (Memory::Known, Some(true)) if !self.lost_before() => StoreVerdict::Healthy,
                (Memory::Known | Memory::Unreadable, _) => StoreVerdict::Unknown,
            },
        }
    }

    fn changed_before(&self) -> bool {
        self.marker.as_ref().is_some_and(|marker| marker.changed.is_some())
    }

    fn lost_before(&self) -> bool {
        self.marker.as_ref().is_some_and(|marker| marker.lost.is_some())
    }

    fn trouble_since(&self) -> Timestamp {
        let marked = self.marker.iter().flat_map(|marker| [marker.lost, marker.changed]).flatten();
        let seen = self.loss.iter().map(|loss| loss.first_ts);
        let seen = seen.chain(self.trouble.iter().map(|trouble| trouble.first_ts));
        marked.chain(seen).min().unwrap_or(self.found_at)
    }
}

/// Keeps the first line of the most serious trouble; less serious trouble is not counted.
pub(crate) fn note_trouble(trouble: &mut Option<StoreTrouble>, kind: StoreTroubleKind, message: &str, now: Timestamp) {
    match trouble {
        Some(known) if known.kind == kind => {
            known.last_ts = now;
            known.count = known.count.saturating_add(1);
        }
        Some(known) if known.kind > kind => {}
        _ => *trouble = Some(StoreTrouble { kind, first_ts: now, last_ts: now, count: 1, message: message.to_owned() }),
    }
}

pub(crate) const fn verdict_on_loss(listed: Option<bool>) -> StoreVerdict {
    if let Some(false) = listed { StoreVerdict::Evicted } else { StoreVerdict::ConnectionLost }
}

pub(crate) const fn verdict_on(trouble: Option<StoreTroubleKind>) -> StoreVerdict {
    match trouble {
        Some(StoreTroubleKind::ConnectionLost) => StoreVerdict::ConnectionLost,
        Some(StoreTroubleKind::Failing) => StoreVerdict::Failing,
        Some(StoreTroubleKind::VersionConflict) => StoreVerdict::VersionConflict,
        Some(StoreTroubleKind::Full) => StoreVerdict::Full,
        Some(StoreTroubleKind::Corrupt) => StoreVerdict::Corrupt,
        Some(StoreTroubleKind::WrongAccount) => StoreVerdict::WrongAccount,
        None => StoreVerdict::Unknown,
    }
}
