//! Removes records: after a logout, when the storage was cleared, and when the app switches them off.

use super::{Ids, Keeper, Part, State, Written, folder_of_ids};
use crate::crypto_store::Device;
use crate::record_storage::{PREFIX, RecordStorage, UNKNOWN_ID, escape, folder_of, split};
use crate::session::Session;
use crate::timestamp::Timestamp;

impl Keeper {
    /// A device was logged out: selects its records and those of pages whose device is not known. A missing id means this
    /// page's; if that is not known either, the only one with records.
    pub fn logged_out(&mut self, session: &Session, given: (Option<&str>, Option<&str>), now: Timestamp) -> Removal {
        let own = self.current.owner.clone().or_else(|| self.latest_device(session));
        let own = (own.as_ref().map(|ids| &*ids.0), own.as_ref().map(|ids| &*ids.1));
        let is_own = |given: Option<&str>, own: Option<&str>| given.is_none() || own.is_none() || given == own;
        let is_this_page = is_own(given.0, own.0) && is_own(given.1, own.1);
        let (user_id, device_id) = if is_this_page { (given.0.or(own.0), given.1.or(own.1)) } else { given };
        if is_this_page && self.state == State::On {
            self.current = Part::starting_now(session, now);
            self.state = State::Stopped(folder_of(user_id, device_id));
        }
        self.other_parts.retain(|part| {
            let is_meant = |(user, device): &Ids| is_own(user_id, Some(user)) && is_own(device_id, Some(device));
            user_id.is_none() && device_id.is_none() || !part.owner.as_ref().is_some_and(is_meant)
        });
        Removal { user: user_id.map(escape), device: device_id.map(escape), is_sure: given.1.is_some() }
    }

    /// The device of this folder was logged out in another tab: its marker is not written again. Returns whether this page
    /// used the device.
    pub fn retire(session: &mut Session, folder: &str) -> bool {
        let is_its = |device: &&Device| folder_of(Some(&device.user_id), Some(&device.device_id)) == folder;
        let Some(Device { user_id, device_id, .. }) = session.stores().in_use().find(is_its).cloned() else {
            return false;
        };
        session.logged_out(Some(&user_id), Some(&device_id));
        true
    }

    /// Another tab or the app has cleared the storage, or all records of the device of this folder. `latest_device` may have
    /// no record yet. Returns whether this affects evidence of this page.
    pub fn cleared(&mut self, folder: Option<&str>, latest_device: Option<Ids>, storage: &impl RecordStorage) -> bool {
        let is_meant = |part: &Part| folder.is_none_or(|folder| folder == part.folder());
        let (gone, other_parts): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.other_parts).into_iter().partition(is_meant);
        self.other_parts = other_parts;
        let mut is_any = !gone.is_empty();
        for part in &gone {
            self.remove_record(part, storage);
        }
        if self.state != State::On {
            return is_any;
        }
        if self.current.owner.is_none() {
            self.current.owner = latest_device;
        }
        let is_known = self.current.written.is_some() || self.current.owner.is_some();
        if is_known && is_meant(&self.current) {
            self.remove_record(&self.current, storage);
            let owner = self.current.owner.clone();
            self.stop_storing(owner.as_ref());
            if let Some(folder) = folder {
                self.state = State::Stopped(folder.to_owned());
            }
            is_any = true;
        }
        is_any
    }

    /// Removes the record of a part: this page may have written it just after the clearing.
    fn remove_record(&self, part: &Part, storage: &impl RecordStorage) {
        if let Some(written) = &part.written {
            let _ = storage.remove(&self.key_in(&written.folder));
        }
    }

    /// The records of a device were removed: stop storing them.
    pub(super) fn stop_storing(&mut self, owner: Option<&Ids>) {
        if self.current.owner.as_ref() != owner {
            self.other_parts.retain(|part| part.owner.as_ref() != owner);
            return;
        }
        let written = self.current.written.take();
        self.state = State::Stopped(written.map_or_else(|| folder_of_ids(owner), |written| written.folder));
        self.problem = Some("what was kept of this page was cleared while it was open: it is kept no more".into());
    }

    /// Removes the records of all pages; new evidence of this page is still stored. Returns whether no record is left.
    pub fn forget(&mut self, storage: &impl RecordStorage) -> bool {
        for part in self.other_parts.iter_mut().chain([&mut self.current]) {
            part.written = None;
        }
        remove_where(storage, |_| true);
        storage.list().is_ok_and(|left| left.is_empty())
    }

    /// Switches storing on or off; switching it off removes all records.
    pub fn set_enabled(&mut self, on: bool, storage: &impl RecordStorage) {
        if on {
            if self.state == State::Off {
                self.state = State::On;
            }
        } else {
            self.state = State::Off;
            let _ = self.forget(storage);
        }
    }
}

/// True if a logout or the app removed the record: then the device's marker is gone, too, or, without a marker, every record
/// of the folder. If only the record is gone, another tab needed space or deleted the evidence: new evidence restores it.
pub(super) fn is_cleared(
    listed: &[(String, usize)],
    written: &Written,
    id: &str,
    storage: &impl RecordStorage,
) -> bool {
    let is_there = |key: &str| key.strip_prefix(&*written.folder) == Some(id);
    if listed.iter().any(|(key, _)| is_there(key)) {
        return false;
    }
    if written.had_marker {
        !storage.has_marker(&written.folder)
    } else {
        !listed.iter().any(|(other, _)| other.starts_with(&*written.folder))
    }
}

/// Selects the records to remove. `None`: those of the only user or device with records.
#[must_use]
#[derive(Debug)]
pub struct Removal {
    user: Option<String>,
    device: Option<String>,
    /// Whether the device was named: only then is its marker removed, because the marker detects a lost store.
    is_sure: bool,
}

impl Removal {
    /// Removes these records, including those of a newer version.
    pub fn remove(self, storage: &impl RecordStorage) {
        let listed = storage.list().unwrap_or_default();
        let unknown_device_folder = folder_of(None, None);
        let mut folders =
            listed.iter().filter_map(|(key, _)| Some(split(key)?.0)).filter(|folder| *folder != unknown_device_folder);
        let first = folders.next();
        // If several devices have records, a logout that names none may mean any of them.
        let is_unclear = self.user.is_none() && self.device.is_none() && folders.any(|other| Some(other) != first);
        let is_of = |part: &str, wanted: Option<&String>| {
            part == UNKNOWN_ID || !is_unclear && wanted.is_none_or(|wanted| part == wanted)
        };
        let is_meant = |folder: &str| {
            let mut parts = folder[PREFIX.len()..].split('/');
            let (user, device) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            is_of(user, self.user.as_ref()) && is_of(device, self.device.as_ref())
        };
        if self.is_sure {
            storage.remove_markers(&is_meant);
        }
        remove_where(storage, is_meant);
    }
}

fn remove_where(storage: &impl RecordStorage, is_meant: impl Fn(&str) -> bool) {
    for (key, _) in storage.list().unwrap_or_default() {
        if is_meant(&key) {
            // If storage is blocked, nothing was written either.
            let _ = storage.remove(&key);
        }
    }
}
