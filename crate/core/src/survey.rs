//! What the homeserver alone knows of its devices: which of them are stuck, since when, and how it shows.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// The devices in trouble, worst first, by the homeserver's log and tables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Survey {
    /// The first time in the logs; `null`: no log was read.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub from: Option<Timestamp>,
    /// The last time in the logs.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub to: Option<Timestamp>,
    /// How many requests the logs tell of.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub requests: u64,
    /// The devices in trouble, worst first.
    pub devices: Vec<DeviceTrouble>,
    /// How many devices uploaded keys and are in no trouble.
    pub healthy: u32,
    /// Endpoints with slow requests, the slowest in all first.
    pub endpoints: Vec<SlowEndpoint>,
    /// Each hour in which something happened.
    pub hours: Vec<SurveyHour>,
    /// How far the query for devices at risk looked; `null`: its answer is not there, or of an older form.
    pub coverage: Option<Coverage>,
    /// Lines of the logs that say nothing here.
    pub skipped: Skipped,
    /// For a person to read: what was left out, and what cannot be known from these files.
    pub notes: Vec<String>,
}

/// How far the query for devices at risk looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Coverage {
    /// At so many devices, the last seen first.
    pub looked_at: u32,
    /// Whether more devices were seen within the last 30 days than it looks at.
    pub is_cut: bool,
}

/// How many lines of the logs were not used, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Skipped {
    /// Without a time that Synapse writes: tracebacks, and lines of other programs.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub no_time: u64,
    /// Cut, or not in Synapse's form.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub cut: u64,
    /// Longer than any line of use; its beginning was read.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub too_long: u64,
    /// With zeros in it.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub nul: u64,
    /// Not in UTF-8.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub not_utf8: u64,
}

impl Skipped {
    /// How many in all.
    pub fn total(&self) -> u64 {
        let Self { no_time, cut, too_long, nul, not_utf8 } = self;
        no_time + cut + too_long + nul + not_utf8
    }

    /// Adds those of another log.
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
    /// `null`: the log names nobody for these requests.
    pub user_id: Option<String>,
    /// `null`: the log does not say which of the user's devices it was.
    pub device_id: Option<String>,
    /// Who says that it is this device; `null`: nobody does.
    pub named_by: Option<NamedBy>,
    /// Clients by their user agents, such as `Firefox/153.0`.
    pub clients: Vec<String>,
    /// What is wrong, worst first.
    pub troubles: Vec<Trouble>,
    /// Whether it still went on when the log ended; `null`: not known.
    pub going_on: Option<bool>,
    /// When it began.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub first_ts: Option<Timestamp>,
    /// When it was seen last.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub last_ts: Option<Timestamp>,
    /// What the tables hold of it.
    pub at_risk: Option<DeviceAtRisk>,
}

/// Who says which device it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum NamedBy {
    /// The homeserver, in the line of the same request.
    Log,
    /// The signature on the refused key: by whoever uploaded it.
    Signature,
    /// The tables: no log was needed.
    Database,
}

/// One kind of trouble of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Trouble {
    /// What is wrong.
    pub kind: TroubleKind,
    /// What it is called, and what led to it where that is known. For a person to read.
    #[serde(default)]
    pub name: String,
    /// How many requests; of what the tables say, how many rows.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub count: u64,
    /// The first of them.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub first_ts: Option<Timestamp>,
    /// The last of them.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub last_ts: Option<Timestamp>,
    /// How often in an hour, from the first to the last; `null`: too short to say.
    pub per_hour: Option<f64>,
    /// Whether it still went on when the log ended; `null`: not known.
    pub going_on: Option<bool>,
    /// What most likely led to refused uploads; `null`: these files do not say.
    pub cause: Option<RefusalCause>,
    /// Ids of refused keys, the first refused first.
    pub key_ids: Vec<RefusedId>,
    /// HTTP statuses; 0: the client did not wait for the answer.
    pub statuses: Vec<StatusCount>,
    /// How many in each hour.
    pub hours: Vec<HourCount>,
    /// For a person to read.
    pub says: String,
}

/// Kinds of trouble, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum TroubleKind {
    /// Uploads of one-time keys refused: the server holds other keys under these ids.
    RefusedUploads,
    /// The server holds keys from before the device's identity changed.
    DeadKeys,
    /// Uploads refused with `M_TOO_LARGE`: the device holds as many keys as it may.
    TooManyKeys,
    /// Uploads that failed otherwise.
    FailedUploads,
    /// No one-time key is left, and the fallback key was given out.
    KeysUsedUp,
    /// Far more accepted uploads than a device needs.
    UploadStorm,
    /// Delayed events that were refused, or took longer than a client waits.
    DelayedEvents,
    /// Messages wait for the device and are not fetched.
    UnreadInbox,
}

impl TroubleKind {
    /// For a person to read.
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

/// What leads to refused uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum RefusalCause {
    /// The device came back with a blank crypto store and a new identity.
    BlankStore,
    /// Two at once upload keys for the device: several tabs on one store.
    SeveralTabs,
    /// The device kept its identity: several tabs worked on one store, or an older copy of it was put back.
    SameIdentity,
}

impl RefusalCause {
    /// For a person to read.
    pub fn words(self) -> &'static str {
        match self {
            Self::BlankStore => "blank crypto store",
            Self::SeveralTabs => "several tabs",
            Self::SameIdentity => "several tabs, or an older crypto store",
        }
    }
}

/// The id of a key that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct RefusedId {
    /// `<algorithm>:<id>`
    pub key_id: String,
    /// How often.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub count: u64,
    /// The first time.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub first_ts: Timestamp,
    /// The last time.
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
    /// How many.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub count: u64,
}

/// How many requests there were in an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct HourCount {
    /// When the hour began.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub ts: Timestamp,
    /// How many.
    pub count: u32,
}

/// An hour of the homeserver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct SurveyHour {
    /// When the hour began.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub ts: Timestamp,
    /// Requests in all.
    pub requests: u32,
    /// Uploads of keys that were refused.
    pub refused: u32,
    /// Uploads of keys that failed otherwise.
    pub failed: u32,
    /// Delayed events in trouble.
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
    /// From `/_matrix/` on, every id in it replaced by `{id}`.
    pub path: String,
    /// How many requests took two seconds or more.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub count: u64,
    /// How long these took in the mean.
    pub mean_ms: f64,
    /// How long the slowest took.
    pub longest_ms: f64,
}

/// A row of the query for devices at risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct DeviceAtRisk {
    /// Its user.
    pub user_id: String,
    /// The device.
    pub device_id: String,
    /// How many one-time keys the server holds of it.
    pub one_time_keys: u32,
    /// How many of these were uploaded before its identity keys changed: nobody can use them.
    pub keys_of_before: u32,
    /// When the oldest of them was uploaded.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub oldest_key_at: Option<Timestamp>,
    /// When the newest of them was uploaded.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub newest_key_at: Option<Timestamp>,
    /// When its identity keys were uploaded, or changed.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub keys_changed_at: Option<Timestamp>,
    /// Whether its fallback key was given out; `null`: it has none.
    pub fallback_used: Option<bool>,
    /// How many messages wait for it; the query stops counting at 1000, as it does with keys.
    pub waiting: u32,
    /// When it was last seen.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub last_seen: Option<Timestamp>,
    /// The user agent that it was seen with.
    pub user_agent: Option<String>,
}
