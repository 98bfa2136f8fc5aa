//! What only the homeserver's log and tables show: which devices are stuck, since when, and in what way.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// The devices in trouble, worst first, according to the homeserver's log and tables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Survey {
    /// The earliest time in the logs; `null`: no log was read.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub from: Option<Timestamp>,
    /// The latest time in the logs.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub to: Option<Timestamp>,
    /// Number of requests in the logs.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub requests: u64,
    /// The devices in trouble, worst first.
    pub devices: Vec<DeviceTrouble>,
    /// Number of devices that uploaded keys without trouble.
    pub healthy: u32,
    /// Endpoints with slow requests; the one with the most slow time in total comes first.
    pub endpoints: Vec<SlowEndpoint>,
    /// Every hour in which something happened.
    pub hours: Vec<SurveyHour>,
    /// How many devices the query for devices at risk covered; `null`: no answer, or one of an older format.
    pub coverage: Option<Coverage>,
    /// Log lines that were not used.
    pub skipped: Skipped,
    /// Human-readable notes: what was left out, and what these files cannot show.
    pub notes: Vec<String>,
}

/// How many devices the query for devices at risk covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Coverage {
    /// Number of devices covered, the most recently seen first.
    pub looked_at: u32,
    /// Whether more devices were seen within the last 30 days than the query covers.
    pub is_cut: bool,
}

/// How many log lines were not used, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Skipped {
    /// Lines without a Synapse timestamp: tracebacks, and lines of other programs.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub no_time: u64,
    /// Lines that are cut off, or not in Synapse's format.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub cut: u64,
    /// Lines that are too long; only the beginning was read.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub too_long: u64,
    /// Lines that contain NUL bytes.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub nul: u64,
    /// Lines that are not valid UTF-8.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub not_utf8: u64,
}

impl Skipped {
    /// Number of all unused lines.
    pub fn total(&self) -> u64 {
        let Self { no_time, cut, too_long, nul, not_utf8 } = self;
        no_time + cut + too_long + nul + not_utf8
    }

    /// Adds the counts of another log.
    pub fn add(&mut self, other: &Self) {
        self.no_time += other.no_time;
        self.cut += other.cut;
        self.too_long += other.too_long;
        self.nul += other.nul;
        self.not_utf8 += other.not_utf8;
    }
}

/// A device in trouble.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct DeviceTrouble {
    /// The device's user; `null`: the log names no user for these requests.
    pub user_id: Option<String>,
    /// The device; `null`: the log does not say which of the user's devices it was.
    pub device_id: Option<String>,
    /// Where the device's id comes from; `null`: it is unknown.
    pub named_by: Option<NamedBy>,
    /// Clients by user agent, such as `Firefox/153.0`.
    pub clients: Vec<String>,
    /// What is wrong, worst first.
    pub troubles: Vec<Trouble>,
    /// Whether the trouble was still going on when the log ended; `null`: unknown.
    pub going_on: Option<bool>,
    /// When the trouble began.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub first_ts: Option<Timestamp>,
    /// When the trouble was last seen.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub last_ts: Option<Timestamp>,
    /// The row of this device in the query for devices at risk.
    pub at_risk: Option<DeviceAtRisk>,
}

/// Where a device's id comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum NamedBy {
    /// The homeserver named the device in the log line of the same request.
    Log,
    /// The signature on the refused key names the device that uploaded it.
    Signature,
    /// The tables name the device; no log was needed.
    Database,
}

/// One kind of trouble that a device has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Trouble {
    /// The kind.
    pub kind: TroubleKind,
    /// Human-readable name, with the cause if known.
    #[serde(default)]
    pub name: String,
    /// Number of requests; for trouble found in the tables, number of rows.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub count: u64,
    /// When the first of them came.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub first_ts: Option<Timestamp>,
    /// When the last of them came.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub last_ts: Option<Timestamp>,
    /// Requests per hour, from the first to the last; `null`: the time is too short to tell.
    pub per_hour: Option<f64>,
    /// Whether the trouble was still going on when the log ended; `null`: unknown.
    pub going_on: Option<bool>,
    /// The most likely cause of refused uploads; `null`: these files do not show it.
    pub cause: Option<RefusalCause>,
    /// Ids of refused keys, in the order of their first refusal.
    pub key_ids: Vec<RefusedId>,
    /// HTTP statuses; 0: the client did not wait for the answer.
    pub statuses: Vec<StatusCount>,
    /// Number of requests in each hour.
    pub hours: Vec<HourCount>,
    /// Human-readable description.
    pub says: String,
}

/// Kinds of trouble, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum TroubleKind {
    /// The server refused uploads of one-time keys, because it holds other keys under these ids.
    RefusedUploads,
    /// The server holds keys from before the device's identity changed.
    DeadKeys,
    /// The server refused uploads with `M_TOO_LARGE`: the device has reached the maximum number of keys.
    TooManyKeys,
    /// Uploads failed for another reason.
    FailedUploads,
    /// The server has no one-time key left and gave away the fallback key.
    KeysUsedUp,
    /// The server accepted far more uploads than a device needs.
    UploadStorm,
    /// Delayed events were refused, or took longer than a client waits.
    DelayedEvents,
    /// Messages wait for the device, which does not fetch them.
    UnreadInbox,
}

impl TroubleKind {
    /// Human-readable name of this kind.
    pub fn words(self) -> &'static str {
        match self {
            Self::RefusedUploads => "Key uploads refused",
            Self::DeadKeys => "Dead one-time keys",
            Self::TooManyKeys => "Too many one-time keys",
            Self::FailedUploads => "Key uploads failed",
            Self::KeysUsedUp => "One-time keys used up",
            Self::UploadStorm => "Storm of key uploads",
            Self::DelayedEvents => "Delayed events of calls",
            Self::UnreadInbox => "Messages not fetched",
        }
    }
}

/// The cause of refused uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum RefusalCause {
    /// The device came back with an empty crypto store and new identity keys.
    BlankStore,
    /// Two clients upload keys for the device at the same time: several tabs on one store.
    SeveralTabs,
    /// The device kept its identity keys: several tabs used one store, or an older copy of it was restored.
    SameIdentity,
}

impl RefusalCause {
    /// Human-readable name of this cause.
    pub fn words(self) -> &'static str {
        match self {
            Self::BlankStore => "blank crypto store",
            Self::SeveralTabs => "several tabs",
            Self::SameIdentity => "several tabs, or an older crypto store",
        }
    }
}

/// The id of a refused key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct RefusedId {
    /// `<algorithm>:<id>`
    pub key_id: String,
    /// How often the key was refused.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub count: u64,
    /// When it was first refused.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub first_ts: Timestamp,
    /// When it was last refused.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub last_ts: Timestamp,
}

/// How many requests had a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct StatusCount {
    /// HTTP status; 0: the client did not wait for the answer.
    pub status: u16,
    /// Number of requests with this status.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub count: u64,
}

/// Number of requests in an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct HourCount {
    /// When the hour began.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub ts: Timestamp,
    /// Number of requests.
    pub count: u32,
}

/// Activity of the homeserver in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct SurveyHour {
    /// When the hour began.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub ts: Timestamp,
    /// All requests.
    pub requests: u32,
    /// Refused key uploads.
    pub refused: u32,
    /// Key uploads that failed for another reason.
    pub failed: u32,
    /// Delayed events that failed or were slow.
    pub delayed: u32,
    /// Slow requests.
    pub slow: u32,
}

/// An endpoint with slow requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct SlowEndpoint {
    /// HTTP method.
    pub method: String,
    /// Path from `/_matrix/` on, with every id replaced by `{id}`.
    pub path: String,
    /// Number of requests that took two seconds or more.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub count: u64,
    /// Mean duration of these requests.
    pub mean_ms: f64,
    /// Duration of the slowest request.
    pub longest_ms: f64,
}

/// A row of the query for devices at risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct DeviceAtRisk {
    /// The device's user.
    pub user_id: String,
    /// The device.
    pub device_id: String,
    /// Number of one-time keys that the server holds for the device.
    pub one_time_keys: u32,
    /// Number of these that were uploaded before the device's identity keys changed: nobody can use them.
    pub keys_of_before: u32,
    /// When the oldest of them was uploaded.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub oldest_key_at: Option<Timestamp>,
    /// When the newest of them was uploaded.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub newest_key_at: Option<Timestamp>,
    /// When the device's identity keys were uploaded or changed.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub keys_changed_at: Option<Timestamp>,
    /// Whether its fallback key was given away; `null`: it has none.
    pub fallback_used: Option<bool>,
    /// Number of messages that wait for the device. The query stops counting at 1000, here and for keys.
    pub waiting: u32,
    /// When the device was last seen.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub last_seen: Option<Timestamp>,
    /// The user agent that the device was last seen with.
    pub user_agent: Option<String>,
}
