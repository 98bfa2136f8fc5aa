//! The conditions that must be met before a repair sends anything.

use super::RepairProblem;
use crate::crypto_store::{CryptoStoreStatus, IdentityCheck, StoreVerdict};
use crate::one_time_key::SignedKey;
use crate::upload_loop::{LoopState, UploadLoopStatus};

/// The other tabs of the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OtherTabs {
    /// This tab leads, asked the others, and is the only one.
    Alone,
    /// The same, but another tab was open since this page was loaded.
    OthersClosed,
    /// This tab does not lead, others are open, or it is unknown.
    #[default]
    Unknown,
}

/// Facts about the device at the start of the repair.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// The client's user id.
    pub user_id: Option<&'a str>,
    /// The client's device id.
    pub device_id: Option<&'a str>,
    /// The device's current signing key, according to the client.
    pub ed25519: Option<&'a str>,
    /// State of the device's crypto store.
    pub store: Option<&'a CryptoStoreStatus>,
    /// The uploads of the device.
    pub uploads: Option<&'a UploadLoopStatus>,
    /// The key that the server holds under the refused id, taken from the latest refusal on the network.
    pub old_key: Option<&'a SignedKey>,
    /// The other tabs.
    pub tabs: OtherTabs,
}

impl<'a> Facts<'a> {
    /// Checks all conditions that need no verification. Returns the old key, whose signature the caller must verify.
    pub fn check(&self) -> Result<&'a SignedKey, RepairProblem> {
        let (Some(user), Some(device), Some(_)) = (self.user_id, self.device_id, self.ed25519) else {
            return Err(RepairProblem::NoClient);
        };
        // Only network evidence counts: anyone may write a console line.
        let is_refused = |uploads: &&UploadLoopStatus| uploads.watched && uploads.state == LoopState::Looping;
        let uploads = self.uploads.filter(is_refused).ok_or(RepairProblem::NoLoop)?;
        let refusal = uploads.refusal.as_ref().ok_or(RepairProblem::NoLoop)?;
        if refusal.device_id.as_deref().is_some_and(|named| named != device) {
            return Err(RepairProblem::NoLoop);
        }
        let store = self.store.ok_or(RepairProblem::IdentityNotSame)?;
        let is_its = store.user_id.as_deref() == Some(user) && store.device_id.as_deref() == Some(device);
        if !is_its || store.verdict != StoreVerdict::Healthy || store.identity != IdentityCheck::Same {
            return Err(RepairProblem::IdentityNotSame);
        }
        match self.tabs {
            OtherTabs::Alone => {}
            OtherTabs::OthersClosed => return Err(RepairProblem::ReloadFirst),
            OtherTabs::Unknown => return Err(RepairProblem::NotAlone),
        }
        // If another device signed the key, the refusal contains no signature of this one.
        self.old_key.filter(|key| uploads.key_ids.contains(&key.key_id)).ok_or(RepairProblem::NotVerifiable)
    }
}
