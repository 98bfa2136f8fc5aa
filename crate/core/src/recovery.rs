//! Decides whether the user has to repair the device's encryption, and why.

use serde::{Deserialize, Serialize};

use crate::crypto_store::{CryptoStoreStatus, StoreVerdict};
use crate::timestamp::Timestamp;
use crate::upload_loop::{LoopState, UploadLoopStatus};

/// What happened to the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum RecoveryCause {
    /// The device's keys were deleted, and no new ones were created yet.
    StoreLost,
    /// The server refuses the device's keys.
    UploadLoop,
    /// The device came back with other identity keys.
    IdentityChanged,
}

/// Why the encryption of this device is broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RecoveryReason {
    /// What happened to the device.
    pub reason: RecoveryCause,
    /// When this began, as far as known.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub since: Option<Timestamp>,
    /// The device; `null`: unknown.
    pub device_id: Option<String>,
}

/// Whether a reset is needed, the most serious reason first: without a store nothing can be decrypted, and an upload
/// loop is happening now. `is_gone`: the browser was asked and no longer lists the store's database.
pub(crate) fn recovery(
    store: Option<&CryptoStoreStatus>,
    is_gone: bool,
    uploads: &UploadLoopStatus,
) -> Option<RecoveryReason> {
    let of_store = |reason, store: &CryptoStoreStatus| RecoveryReason {
        reason,
        since: store.since,
        device_id: store.device_id.clone(),
    };
    if let Some(store) = store
        && (store.keys_deleted || (is_gone && store.verdict.may_be_gone()))
    {
        return Some(of_store(RecoveryCause::StoreLost, store));
    }
    if uploads.state == LoopState::Looping {
        let device_id = uploads.refusal.as_ref().and_then(|refusal| refusal.device_id.clone());
        return Some(RecoveryReason { reason: RecoveryCause::UploadLoop, since: uploads.since, device_id });
    }
    let changed = store.filter(|store| store.verdict == StoreVerdict::IdentityChanged)?;
    Some(of_store(RecoveryCause::IdentityChanged, changed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERDICTS: [StoreVerdict; 11] = [
        StoreVerdict::Healthy,
        StoreVerdict::FirstRun,
        StoreVerdict::Evicted,
        StoreVerdict::IdentityChanged,
        StoreVerdict::ConnectionLost,
        StoreVerdict::Failing,
        StoreVerdict::Full,
        StoreVerdict::VersionConflict,
        StoreVerdict::Corrupt,
        StoreVerdict::WrongAccount,
        StoreVerdict::Unknown,
    ];

    #[test]
    fn a_reset_is_due_only_for_faults_that_it_repairs_the_most_serious_first() {
        for verdict in VERDICTS {
            for (is_gone, keys_deleted) in [(false, false), (true, false), (false, true)] {
                for state in [LoopState::Idle, LoopState::Looping] {
                    let store =
                        CryptoStoreStatus { verdict, device_id: Some("D".into()), keys_deleted, ..Default::default() };
                    let uploads = UploadLoopStatus { state, ..UploadLoopStatus::default() };
                    let due = recovery(Some(&store), is_gone, &uploads).map(|due| due.reason);
                    let may_be_gone = matches!(verdict, StoreVerdict::Evicted | StoreVerdict::ConnectionLost);
                    let is_lost = keys_deleted || (is_gone && may_be_gone);
                    let expected = match (is_lost, state, verdict) {
                        (true, ..) => Some(RecoveryCause::StoreLost),
                        (_, LoopState::Looping, _) => Some(RecoveryCause::UploadLoop),
                        (.., StoreVerdict::IdentityChanged) => Some(RecoveryCause::IdentityChanged),
                        _ => None,
                    };
                    assert_eq!(due, expected, "{verdict:?}, gone: {is_gone}, {state:?}");
                }
            }
        }
        assert_eq!(recovery(None, true, &UploadLoopStatus::default()), None);
    }
}
