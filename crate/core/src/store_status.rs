//! What is known of a crypto store, as views and the report have it.

use serde::{Deserialize, Serialize};

use crate::store_trouble::StoreTrouble;
use crate::timestamp::Timestamp;

/// The verdict on a crypto store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum StoreVerdict {
    /// It is there, and as far as they were compared, the identity keys are those of before.
    Healthy,
    /// This device was not seen before: there is nothing to compare it with.
    FirstRun,
    /// The device had a store, and it is gone.
    Evicted,
    /// The device came back under its old id with other identity keys: others still encrypt for the ones it had.
    IdentityChanged,
    /// The page has no connection to it any more: it was closed by force, or the store was deleted. Which, a reload tells.
    ConnectionLost,
    /// The browser cannot read or write it.
    Failing,
    /// There is no room left for it.
    Full,
    /// Another tab, or another release, made it of another version.
    VersionConflict,
    /// It is there, and its contents cannot be read.
    Corrupt,
    /// It is the store of another account or device.
    WrongAccount,
    /// It could not be found out; see `error`.
    #[default]
    Unknown,
}

impl StoreVerdict {
    /// Whether the database may be deleted. The browser tells, which lists those that exist.
    pub const fn may_be_gone(self) -> bool {
        matches!(self, Self::Evicted | Self::ConnectionLost)
    }
}

/// How the identity keys of the device compare with those that are remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum IdentityCheck {
    /// The client has not told them yet.
    #[default]
    NotCompared,
    /// None were remembered.
    FirstSeen,
    /// The same.
    Same,
    /// Others, now or at an earlier start.
    Changed,
}

/// The page lost its connection to the store while it was running. Whether the store is gone, the browser's list tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct StoreLoss {
    /// When the first line came that says so.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub first_ts: Timestamp,
    /// When the latest came.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub last_ts: Timestamp,
    /// How many came.
    pub count: u32,
    /// The first of them, secrets replaced by `[redacted]`.
    pub message: String,
}

/// What is known of a crypto store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct CryptoStoreStatus {
    /// The verdict.
    pub verdict: StoreVerdict,
    /// Since when it holds: of a healthy store, since when the device is known; of a lost one, when that was noticed.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub since: Option<Timestamp>,
    /// Whose store; `null` where nobody said.
    pub user_id: Option<String>,
    /// Of which device.
    pub device_id: Option<String>,
    /// Name of the database.
    pub database: Option<String>,
    /// Whether the database was there before the SDK could make it; `null`: the browser did not say, or it was too late.
    pub database_existed: Option<bool>,
    /// How the identity keys compare.
    pub identity: IdentityCheck,
    /// When the device was last seen with the keys it had first.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub last_healthy: Option<Timestamp>,
    /// The connection's loss under the running page, where it happened.
    pub loss: Option<StoreLoss>,
    /// Whether the browser still lists the database after that; `null`: it was not asked, or did not say.
    #[serde(default)]
    pub database_listed: Option<bool>,
    /// Whether two independent signs say that this browser deleted the device's keys, and the SDK has not made new ones yet:
    /// it is not to be started. `false` in every doubtful case.
    #[serde(default)]
    pub keys_deleted: bool,
    /// What else keeps the client from using the store; `null`: nothing that was seen.
    #[serde(default)]
    pub trouble: Option<StoreTrouble>,
    /// For a person to read: what could not be found out, and why.
    pub error: Option<String>,
}
