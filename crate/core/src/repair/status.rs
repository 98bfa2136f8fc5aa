//! What a repair did, and how it ended: for views, and for the report.

use serde::{Deserialize, Serialize};

use crate::json::to_json;
use crate::timestamp::Timestamp;

/// How a repair stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum RepairState {
    /// It is at work.
    #[default]
    Running,
    /// The server accepts this device's keys again, and gave one of them back.
    Repaired,
    /// It was not begun: nothing was changed. `problem` says why.
    Refused,
    /// It was begun and did not come to its end. `problem` says why. It may be tried again.
    Failed,
}

/// The steps of a repair, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum RepairStep {
    /// Whether all that it needs is true.
    #[default]
    Checking,
    /// The server is asked how many keys it holds.
    Counting,
    /// The keys that it holds are claimed, one at a time.
    Claiming,
    /// The pending upload goes through.
    Uploading,
    /// One of the new keys is claimed back.
    Testing,
}

/// Why a repair was not begun, or did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum RepairProblem {
    /// The diagnostics of this page do not run.
    NotRunning,
    /// Another repair is at work in this page.
    AlreadyRunning,
    /// The client names no user and device, or has no method that is needed.
    NoClient,
    /// No upload of this device is refused again and again, as far as the network of this page shows.
    NoLoop,
    /// This tab does not lead, or does not know that no other is open.
    NotAlone,
    /// Another tab was open since this page was loaded: a reload alone may mend it.
    ReloadFirst,
    /// It is not certain that this device still has the identity keys that it had first.
    IdentityNotSame,
    /// The key that the server holds was not signed by this device as it is now: its store was lost.
    ForeignKey,
    /// This browser cannot verify the signature of a key, or the refusal does not show it.
    NotVerifiable,
    /// The server holds more keys of this device than a device may have.
    TooManyKeys,
    /// The server answered with an error, or not at all; see `error`.
    Server,
    /// It took too long.
    TimedOut,
    /// The server still refuses.
    StillRefused,
    /// No upload came, or none was accepted.
    NotUploaded,
    /// The server did not give one of the new keys back.
    NotGivenBack,
}

/// A one-time key that was claimed away.
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
    /// How it stands.
    pub state: RepairState,
    /// How far it came.
    pub step: RepairStep,
    /// When it was asked for.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub started_at: Timestamp,
    /// When it ended; `null`: it has not.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub ended_at: Option<Timestamp>,
    /// Of which device.
    pub device_id: Option<String>,
    /// How many keys the server held before; `null`: it was not asked.
    pub counted: Option<u32>,
    /// The keys that were claimed away, which the server does not show any more.
    pub claimed: Vec<ClaimedKey>,
    /// Whether the server handed out the fallback key, after the last one-time key.
    pub fallback_used: bool,
    /// How often the server asked to wait (429).
    pub waits: u32,
    /// Devices of others that were sent something invisible, so that their sessions with this one are renewed.
    pub peers_told: u32,
    /// Why it was not begun, or did not come to its end.
    pub problem: Option<RepairProblem>,
    /// For a person to read: what the server or the client said.
    pub error: Option<String>,
}

impl RepairStatus {
    /// As JSON.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}
