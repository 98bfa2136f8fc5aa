//! The crypto stores of the devices that this page has had: one, or several after a logout and a login.

use crate::crypto_store::{
    CryptoStore, CryptoStoreStatus, Device, IdentityKeys, Marker, Recall, StoreLoss, note_trouble, verdict_on,
    verdict_on_loss,
};
use crate::json::to_json;
use crate::redact::redact;
use crate::store_trouble::{StoreTrouble, StoreTroubleKind};
use crate::timestamp::Timestamp;

/// More devices than one page ever has.
const CAPACITY: usize = 8;
/// The SDK fails at every sync; the browser need not be asked each time.
const ASK_AGAIN_MS: i64 = 10_000;

/// Every store that was asked about.
#[derive(Debug, Default)]
pub struct CryptoStores {
    /// The latest to be asked about stands last.
    stores: Vec<CryptoStore>,
    /// A loss that was seen before anybody said whose store this page works on.
    loss: Option<StoreLoss>,
    /// Likewise what else was wrong.
    trouble: Option<StoreTrouble>,
    /// When the browser was asked about a store that may be gone.
    asked: Vec<(Device, Timestamp)>,
}

impl CryptoStores {
    /// What was found of a store, see [`CryptoStore::found`]. Of one that is known already the first finding counts:
    /// what is found later, the SDK may have made.
    pub fn found(
        &mut self,
        device: Device,
        recall: Recall,
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
        let mut store = CryptoStore::found(device, recall, existed, error, now);
        if let Some(loss) = self.loss.take() {
            store.lost(loss);
        }
        if let Some(StoreTrouble { kind, first_ts, message, .. }) = self.trouble.take() {
            store.trouble(kind, &message, first_ts);
        }
        self.stores.push(store);
    }

    /// Whether this is a new device of a user whose device was asked about before: that one was logged out.
    pub fn is_new_login(&self, device: &Device) -> bool {
        let mut devices = self.stores.iter().map(CryptoStore::device).filter(|known| known.user_id == device.user_id);
        devices.next().is_some_and(|first| first.device_id != device.device_id)
            && devices.all(|other| other.device_id != device.device_id)
    }

    /// Whether the browser is to be asked in another way for the database of a device; see [`CryptoStore::is_in_doubt`].
    pub fn is_in_doubt(&self, device: &Device) -> bool {
        self.stores.iter().find(|store| store.device() == device).is_some_and(CryptoStore::is_in_doubt)
    }

    /// Whether nothing shows yet that a device has this database; see [`CryptoStore::is_unproven`].
    pub fn is_unproven(&self, device: &Device) -> bool {
        self.stores.iter().find(|store| store.device() == device).is_some_and(CryptoStore::is_unproven)
    }

    /// The browser lists the database of a device, while the client has its keys.
    pub fn seen(&mut self, device: &Device, now: Timestamp) {
        if let Some(store) = self.of(device) {
            store.seen(now);
        }
    }

    /// The database of a device was there when it was to be opened.
    pub fn opened(&mut self, device: &Device) {
        if let Some(store) = self.of(device) {
            store.opened();
        }
    }

    /// The database of a device was not there when it was to be opened; see [`CryptoStore::not_opened`].
    pub fn not_opened(&mut self, device: &Device, logged_in: Option<Timestamp>) {
        if let Some(store) = self.of(device) {
            store.not_opened(logged_in);
        }
    }

    /// The identity keys that a device has now.
    pub fn compare(&mut self, device: &Device, keys: IdentityKeys, now: Timestamp) {
        if let Some(store) = self.of(device) {
            store.compare(keys, now);
        }
    }

    /// A line says that the store of this page's device cannot be used.
    pub fn trouble(&mut self, kind: StoreTroubleKind, message: &str, now: Timestamp) {
        match (kind, self.stores.last_mut()) {
            (StoreTroubleKind::ConnectionLost, _) => self.lost(message, now),
            (kind, Some(store)) => store.trouble(kind, message, now),
            (kind, None) => note_trouble(&mut self.trouble, kind, message, now),
        }
    }

    /// The device of this page, where its store may be gone and the browser was not asked a moment ago: it is asked now. To
    /// the page, a connection that was closed by force looks the same while the data is still there.
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

    /// Whether the browser still lists the database of a device. Gives whether that is news.
    pub fn listed(&mut self, device: &Device, listed: bool) -> bool {
        self.of(device).is_some_and(|store| store.listed(listed))
    }

    /// Whether at most one device of this page is logged in: what is said of its device is then about no other.
    pub fn is_of_one(&self) -> bool {
        self.stores.iter().filter(|store| !store.is_retired()).count() <= 1
    }

    /// Whether the browser lists the database of this page's device no more.
    pub fn is_gone(&self) -> bool {
        self.stores.iter().rev().find(|store| !store.is_retired()).is_some_and(CryptoStore::is_gone)
    }

    /// A line says that the connection to the store of this page's device is lost.
    pub fn lost(&mut self, message: &str, now: Timestamp) {
        let current = self.stores.last_mut();
        let before = current.as_ref().map_or(self.loss.as_ref(), |store| store.loss());
        let loss = match before {
            Some(loss) => StoreLoss { last_ts: now, count: loss.count.saturating_add(1), ..loss.clone() },
            None => StoreLoss { first_ts: now, last_ts: now, count: 1, message: message.to_owned() },
        };
        match current {
            Some(store) => store.lost(loss),
            None => self.loss = Some(loss),
        }
    }

    /// A marker that is to be written now; it counts as written.
    pub fn take_unsaved(&mut self) -> Option<(Device, Marker)> {
        self.stores.iter_mut().find_map(|store| store.take_unsaved().map(|marker| (store.device().clone(), marker)))
    }

    /// The marker of a device could not be written, and why.
    pub fn not_remembered(&mut self, device: &Device, reason: String) {
        if let Some(store) = self.of(device) {
            store.not_remembered(redact(&reason).into_owned());
        }
    }

    /// A device was logged out; the one of this page, where it is not said which.
    pub fn retire(&mut self, user_id: Option<&str>, device_id: Option<&str>) {
        if let Some(store) = self.stores.iter_mut().rev().find(|store| is_of(store, user_id, device_id)) {
            store.retire();
        }
    }

    /// The store of this page's device; of the given one, where the client says which it is. A device that was logged out
    /// is this page's no more.
    pub fn status(&self, user_id: Option<&str>, device_id: Option<&str>) -> Option<CryptoStoreStatus> {
        let fits =
            |store: &&CryptoStore| is_of(store, user_id, device_id) && (device_id.is_some() || !store.is_retired());
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

    fn of(&mut self, device: &Device) -> Option<&mut CryptoStore> {
        self.stores.iter_mut().find(|store| store.device() == device)
    }
}

impl CryptoStoreStatus {
    /// As JSON.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

/// Of an id that is not known, every one fits.
fn is_of(store: &CryptoStore, user_id: Option<&str>, device_id: Option<&str>) -> bool {
    let device = store.device();
    user_id.is_none_or(|id| id == device.user_id) && device_id.is_none_or(|id| id == device.device_id)
}
