//! What must be true before anything is sent.

use super::RepairProblem;
use crate::crypto_store::{CryptoStoreStatus, IdentityCheck, StoreVerdict};
use crate::one_time_key::SignedKey;
use crate::upload_loop::{LoopState, UploadLoopStatus};

/// The other tabs of the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tabs {
    /// This one leads, the others were asked, and there is none.
    Alone,
    /// The same, but there was another since this page was loaded.
    AloneSinceLater,
    /// This one does not lead, there are others, or it is not known.
    #[default]
    Unknown,
}

/// What is known of the device when the repair is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// Who the client says it is.
    pub user_id: Option<&'a str>,
    /// And on which device.
    pub device_id: Option<&'a str>,
    /// The signing key that the client says this device has now.
    pub ed25519: Option<&'a str>,
    /// What is known of the device's crypto store.
    pub store: Option<&'a CryptoStoreStatus>,
    /// The uploads of the device.
    pub uploads: Option<&'a UploadLoopStatus>,
    /// The key that the server holds under the refused id, as its latest refusal on the network showed it.
    pub old_key: Option<&'a SignedKey>,
    /// The other tabs.
    pub tabs: Tabs,
}

impl<'a> Facts<'a> {
    /// The old key, whose signature is to be verified, where all the rest is as it must be.
    pub fn check(&self) -> Result<&'a SignedKey, RepairProblem> {
        let (Some(user), Some(device), Some(_)) = (self.user_id, self.device_id, self.ed25519) else {
            return Err(RepairProblem::NoClient);
        };
        // By the network of this page: a line of the console may be somebody's words.
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
            Tabs::Alone => {}
            Tabs::AloneSinceLater => return Err(RepairProblem::ReloadFirst),
            Tabs::Unknown => return Err(RepairProblem::NotAlone),
        }
        // A refusal whose key another device signed names no signature of this one.
        self.old_key.filter(|key| uploads.key_ids.contains(&key.key_id)).ok_or(RepairProblem::NotVerifiable)
    }
}
