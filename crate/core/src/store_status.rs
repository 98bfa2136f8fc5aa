//! The status of a crypto store, for views and the report.

use serde::{Deserialize, Serialize};

use crate::store_trouble::StoreTrouble;
use crate::timestamp::Timestamp;

/// The verdict on a crypto store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum StoreVerdict {
    /// The store exists, and the identity keys, if compared, are unchanged.
    Healthy,
    /// This device was never seen before, so there is nothing to compare it with.
    FirstRun,
    /// The device had a store, which is gone.
    Evicted,
    /// The device came back under its old id with different identity keys: others still encrypt for the old ones.
    IdentityChanged,
    /// The page lost its connection to the store: it was closed by force, or the store was deleted. A reload shows
    /// which.
    ConnectionLost,
    /// The browser cannot read or write the store.
    Failing,
    /// The store has no space left.
    Full,
    /// The store has a different version, created by another tab or release.
    VersionConflict,
    /// The store exists, but its content cannot be read.
    Corrupt,
    /// The store belongs to another account or device.
    WrongAccount,
    /// The state could not be determined; see `error`.
    #[default]
    Unknown,
}

impl StoreVerdict {
    /// Whether the database may be deleted; the browser's list of databases can tell.
    pub const fn may_be_gone(self) -> bool {
        matches!(self, Self::Evicted | Self::ConnectionLost)
    }
}

/// Result of comparing the device's identity keys with the remembered ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum IdentityCheck {
    /// The client has not provided its keys yet.
    #[default]
    NotCompared,
    /// No keys were remembered.
    FirstSeen,
    /// The keys are the same.
    Same,
    /// The keys differ, or differed at an earlier start.
    Changed,
}

/// The page lost its connection to the store while running. The browser's list of databases shows whether the store is
/// gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct StoreLoss {
    /// When the first such line appeared.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub first_ts: Timestamp,
    /// When the latest such line appeared.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub last_ts: Timestamp,
    /// Number of such lines.
    pub count: u32,
    /// The first line, with secrets replaced by `[redacted]`.
    pub message: String,
}

/// The status of a crypto store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct CryptoStoreStatus {
    /// The verdict.
    pub verdict: StoreVerdict,
    /// When the verdict began to hold: for a healthy store, when the device was first seen; otherwise, when the
    /// trouble was noticed.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub since: Option<Timestamp>,
    /// The store's user; `null`: unknown.
    pub user_id: Option<String>,
    /// The store's device.
    pub device_id: Option<String>,
    /// Name of the database.
    pub database: Option<String>,
    /// Whether the database existed before the SDK could create it; `null`: the browser did not say, or it was too
    /// late to ask.
    pub database_existed: Option<bool>,
    /// Result of comparing the identity keys.
    pub identity: IdentityCheck,
    /// When the device was last seen with its original keys.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub last_healthy: Option<Timestamp>,
    /// The loss of the connection while the page was running, if it happened.
    pub loss: Option<StoreLoss>,
    /// Whether the browser still listed the database after the loss; `null`: it was not asked, or did not say.
    #[serde(default)]
    pub database_listed: Option<bool>,
    /// Whether two independent signs show that this browser deleted the device's keys, and the SDK has not created new
    /// ones yet: then the SDK must not be started. `false` if in doubt.
    #[serde(default)]
    pub keys_deleted: bool,
    /// Other trouble that keeps the client from using the store; `null`: none was seen.
    #[serde(default)]
    pub trouble: Option<StoreTrouble>,
    /// Human-readable note: what could not be determined, and why.
    pub error: Option<String>,
}
