//! The progress and result of a repair, for views and for the report.

use serde::{Deserialize, Serialize};

use crate::json::to_json;
use crate::timestamp::Timestamp;

/// State of a repair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum RepairState {
    /// The repair is running.
    #[default]
    Running,
    /// The server accepts this device's keys again, and returned one of them in a test.
    Repaired,
    /// The repair did not start and changed nothing; see `problem`.
    Refused,
    /// The repair started, but did not finish; see `problem`. It can be tried again.
    Failed,
}

/// The steps of a repair, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum RepairStep {
    /// Checks the conditions.
    #[default]
    Checking,
    /// Asks the server how many keys it holds.
    Counting,
    /// Claims these keys, one at a time.
    Claiming,
    /// Lets the pending upload through.
    Uploading,
    /// Claims one of the new keys back.
    Testing,
}

/// Why a repair did not start or did not finish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum RepairProblem {
    /// The diagnostics are not running in this page.
    NotRunning,
    /// Another repair is running in this page.
    AlreadyRunning,
    /// The client gives no user or device id, or lacks a method that the repair needs.
    NoClient,
    /// The network requests of this page show no upload loop of this device.
    NoLoop,
    /// This tab is not the leader, or other tabs may be open.
    NotAlone,
    /// Another tab was open since this page was loaded: a reload alone may be enough.
    ReloadFirst,
    /// It is not certain that this device still has its original identity keys.
    IdentityNotSame,
    /// The key on the server was not signed by this device's current identity key: its store was lost.
    ForeignKey,
    /// This browser cannot verify the key's signature, or the refusal does not contain it.
    NotVerifiable,
    /// The server holds more keys than a device may have.
    TooManyKeys,
    /// The server answered with an error, or not at all; see `error`.
    Server,
    /// The time limit was exceeded.
    TimedOut,
    /// The server still refuses the upload.
    StillRefused,
    /// The client uploaded no keys, or none were accepted.
    NotUploaded,
    /// The server did not return one of the new keys.
    NotGivenBack,
}

/// A one-time key that the repair claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ClaimedKey {
    /// `<algorithm>:<id>`
    pub key_id: String,
    /// The public key.
    pub key: String,
}

/// The latest repair of this page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RepairStatus {
    /// State of the repair.
    pub state: RepairState,
    /// The last step that was started.
    pub step: RepairStep,
    /// When the repair was requested.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub started_at: Timestamp,
    /// When the repair ended; `null`: it is still running.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub ended_at: Option<Timestamp>,
    /// The device that was repaired.
    pub device_id: Option<String>,
    /// Number of keys that the server held before; `null`: the server was not asked.
    pub counted: Option<u32>,
    /// The claimed keys. The server no longer has them.
    pub claimed: Vec<ClaimedKey>,
    /// Whether the server gave away the fallback key because no one-time key was left.
    pub fallback_used: bool,
    /// How often the server asked to wait (HTTP 429).
    pub waits: u32,
    /// Number of other users' devices that were sent an invisible message so that they renew their Olm session with
    /// this device.
    pub peers_told: u32,
    /// Why the repair did not start or did not finish.
    pub problem: Option<RepairProblem>,
    /// Human-readable error of the server or the client.
    pub error: Option<String>,
}

impl RepairStatus {
    /// As JSON.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}
