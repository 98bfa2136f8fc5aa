//! The crypto stores of the devices that this page has had: usually one, several after a logout and a new login.

use crate::crypto_store::{
    CryptoStore, CryptoStoreStatus, Device, IdentityKeys, Marker, StoreLoss, StoredMarker, note_trouble, verdict_on,
    verdict_on_loss,
};
use crate::json::to_json;
use crate::redact::redact;
use crate::store_trouble::{StoreTrouble, StoreTroubleKind};
use crate::timestamp::Timestamp;

/// More devices than any page has.
const CAPACITY: usize = 8;
/// The SDK fails at every sync; the browser is not asked again within this time.
const ASK_AGAIN_MS: i64 = 10_000;

/// All stores that were checked in this page.
#[derive(Debug, Default)]
pub struct CryptoStores {
    /// The store that was checked last comes last.
    stores: Vec<CryptoStore>,
    /// A loss seen before it was known which store this page uses.
    loss: Option<StoreLoss>,
    /// Other trouble seen before that.
    trouble: Option<StoreTrouble>,
    /// When the browser was last asked about each store that may be gone.
    asked: Vec<(Device, Timestamp)>,
}

impl CryptoStores {
    /// Records the state of a store; see [`CryptoStore::found`]. For a known store, only the first state counts:
    /// later, the SDK may have created the database.
    pub fn found(
        &mut self,
        device: Device,
        stored_marker: StoredMarker,
        existed: Option<bool>,
        error: Option<String>,
        now: Timestamp,
    ) {
        if let Some(index) = self.stores.iter().position(|store| *store.device() == device) {
            let known = self.stores.remove(index);
            self.stores.push(known);
            return;
        }
        if self.stores.len() >= CAPACITY {
            self.stores.remove(0);
        }
        let mut store = CryptoStore::new(device, stored_marker, existed, error, now);
        if let Some(loss) = self.loss.take() {
            store.set_lost(loss);
        }
        if let Some(StoreTrouble { kind, first_ts, message, .. }) = self.trouble.take() {
            store.note_trouble(kind, &message, first_ts);
        }
        self.stores.push(store);
    }

    /// Whether this is a new device of a user whose previous device was checked: that one was logged out.
    pub fn is_new_login(&self, device: &Device) -> bool {
        let mut devices = self.stores.iter().map(CryptoStore::device).filter(|known| known.user_id == device.user_id);
        devices.next().is_some_and(|first| first.device_id != device.device_id)
            && devices.all(|other| other.device_id != device.device_id)
    }

    /// Whether to check for a device's database in another way; see [`CryptoStore::is_in_doubt`].
    pub fn is_in_doubt(&self, device: &Device) -> bool {
        self.stores.iter().find(|store| store.device() == device).is_some_and(CryptoStore::is_in_doubt)
    }

    /// Whether a device's database was never seen; see [`CryptoStore::is_unproven`].
    pub fn is_unproven(&self, device: &Device) -> bool {
        self.stores.iter().find(|store| store.device() == device).is_some_and(CryptoStore::is_unproven)
    }

    /// The browser lists a device's database, and the client has its keys.
    pub fn set_database_seen(&mut self, device: &Device, now: Timestamp) {
        if let Some(store) = self.find_mut(device) {
            store.set_database_seen(now);
        }
    }

    /// A device's database existed when this page tried to open it.
    pub fn set_database_present(&mut self, device: &Device) {
        if let Some(store) = self.find_mut(device) {
            store.set_database_present();
        }
    }

    /// A device's database did not exist when this page tried to open it; see [`CryptoStore::not_opened`].
    pub fn set_database_absent(&mut self, device: &Device, logged_in: Option<Timestamp>) {
        if let Some(store) = self.find_mut(device) {
            store.set_database_absent(logged_in);
        }
    }

    /// Compares a device's current identity keys with the remembered ones.
    pub fn compare(&mut self, device: &Device, keys: IdentityKeys, now: Timestamp) {
        if let Some(store) = self.find_mut(device) {
            store.compare(keys, now);
        }
    }

    /// A console line shows that the store of this page's device cannot be used.
    pub fn note_trouble(&mut self, kind: StoreTroubleKind, message: &str, now: Timestamp) {
        match (kind, self.stores.last_mut()) {
            (StoreTroubleKind::ConnectionLost, _) => self.set_lost(message, now),
            (kind, Some(store)) => store.note_trouble(kind, message, now),
            (kind, None) => note_trouble(&mut self.trouble, kind, message, now),
        }
    }

    /// Returns this page's device if its store may be gone and the browser was not asked recently; the caller then
    /// asks it. A connection closed by force looks the same to the page while the data still exists.
    pub fn ask_about(&mut self, now: Timestamp) -> Option<Device> {
        let status = self.status(None, None).filter(|status| status.verdict.may_be_gone())?;
        let device = Device { user_id: status.user_id?, device_id: status.device_id?, database: status.database? };
        self.asked.retain(|(_, asked)| (0..ASK_AGAIN_MS).contains(&(now.ms() - asked.ms())));
        if self.asked.iter().any(|(asked, _)| *asked == device) {
            return None;
        }
        self.asked.push((device.clone(), now));
        Some(device)
    }

    /// Records whether the browser still lists a device's database. Returns whether anything changed.
    pub fn set_listed(&mut self, device: &Device, listed: bool) -> bool {
        self.find_mut(device).is_some_and(|store| store.set_listed(listed))
    }

    /// The devices of this page that are logged in.
    pub fn in_use(&self) -> impl Iterator<Item = &Device> {
        self.stores.iter().filter(|store| !store.is_retired()).map(CryptoStore::device)
    }

    /// Whether at most one device of this page is logged in: then facts about "the device" concern no other.
    pub fn has_single_device(&self) -> bool {
        self.in_use().count() <= 1
    }

    /// Whether the browser no longer lists the database of this page's device.
    pub fn is_gone(&self) -> bool {
        self.stores.iter().rev().find(|store| !store.is_retired()).is_some_and(CryptoStore::is_gone)
    }

    /// A console line shows that the connection to the store of this page's device was lost.
    pub fn set_lost(&mut self, message: &str, now: Timestamp) {
        let current = self.stores.last_mut();
        let before = current.as_ref().map_or(self.loss.as_ref(), |store| store.loss());
        let loss = match before {
            Some(loss) => StoreLoss { last_ts: now, count: loss.count.saturating_add(1), ..loss.clone() },
            None => StoreLoss { first_ts: now, last_ts: now, count: 1, message: message.to_owned() },
        };
        match current {
            Some(store) => store.set_lost(loss),
            None => self.loss = Some(loss),
        }
    }

    /// Returns a marker that has unsaved changes, and treats it as saved.
    pub fn take_unsaved(&mut self) -> Option<(Device, Marker)> {
        self.stores.iter_mut().find_map(|store| store.take_unsaved().map(|marker| (store.device().clone(), marker)))
    }

    /// A device's marker could not be saved, for this reason.
    pub fn set_marker_error(&mut self, device: &Device, reason: String) {
        if let Some(store) = self.find_mut(device) {
            store.set_marker_error(redact(&reason).into_owned());
        }
    }

    /// A device was logged out. Without ids, this page's device.
    pub fn retire(&mut self, user_id: Option<&str>, device_id: Option<&str>) {
        if let Some(store) = self.stores.iter_mut().rev().find(|store| matches_ids(store, user_id, device_id)) {
            store.retire();
        }
    }

    /// Status of the store of this page's device, or of the given device. A logged-out device is only found by its id.
    pub fn status(&self, user_id: Option<&str>, device_id: Option<&str>) -> Option<CryptoStoreStatus> {
        let fits = |store: &&CryptoStore| {
            matches_ids(store, user_id, device_id) && (device_id.is_some() || !store.is_retired())
        };
        let known = self.stores.iter().rev().find(fits).map(CryptoStore::status);
        known.or_else(|| {
            let (loss, trouble) = (self.loss.clone(), self.trouble.clone());
            let seen = loss.iter().map(|loss| loss.first_ts).chain(trouble.iter().map(|trouble| trouble.first_ts));
            let since = Some(seen.min()?);
            let kind = trouble.as_ref().map(|trouble| trouble.kind);
            let verdict = match loss {
                Some(_) if kind < Some(StoreTroubleKind::Corrupt) => verdict_on_loss(None),
                _ => verdict_on(kind),
            };
            Some(CryptoStoreStatus { verdict, since, loss, trouble, ..CryptoStoreStatus::default() })
        })
    }

    fn find_mut(&mut self, device: &Device) -> Option<&mut CryptoStore> {
        self.stores.iter_mut().find(|store| store.device() == device)
    }
}

impl CryptoStoreStatus {
    /// As JSON.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

/// A missing id matches any device.
fn matches_ids(store: &CryptoStore, user_id: Option<&str>, device_id: Option<&str>) -> bool {
    let device = store.device();
    user_id.is_none_or(|id| id == device.user_id) && device_id.is_none_or(|id| id == device.device_id)
}
