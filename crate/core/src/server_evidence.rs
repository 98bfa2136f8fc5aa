//! What an administrator adds to a report: answers of the runbook's queries, a slice of the homeserver's log, a HAR.
//! Whatever is not there is unknown, not absent: an empty list says that somebody looked and found nothing.

use serde::{Deserialize, Serialize};

use crate::entry::Refusal;
use crate::json::to_json;
use crate::timestamp::Timestamp;

/// Evidence from the server's side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields = nullable))]
pub struct ServerEvidence {
    /// Rows of `e2e_one_time_keys_json`.
    pub one_time_keys: Option<Vec<OneTimeKeyRow>>,
    /// How many one-time keys a device has.
    pub one_time_key_counts: Option<Vec<OneTimeKeyCount>>,
    /// Rows of `e2e_fallback_keys_json`.
    pub fallback_keys: Option<Vec<FallbackKeyRow>>,
    /// Rows of `device_inbox`: what waits for a device.
    pub device_inbox: Option<Vec<DeviceInboxRow>>,
    /// Rows of `devices`.
    pub devices: Option<Vec<DeviceRow>>,
    /// Events as the homeserver holds them.
    pub events: Option<Vec<StoredEvent>>,
    /// Lines of the homeserver's log.
    pub log: Option<Vec<LogLine>>,
    /// Requests of a HAR file.
    pub har: Option<Vec<HarRequest>>,
}

impl ServerEvidence {
    /// As text of JSON.
    pub fn to_text(&self) -> String {
        to_json(self)
    }
}

/// A one-time key that waits on the homeserver to be claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields = nullable))]
pub struct OneTimeKeyRow {
    /// The device's user.
    pub user_id: String,
    /// The device.
    pub device_id: String,
    /// `signed_curve25519`
    pub algorithm: String,
    /// The id without the algorithm.
    pub key_id: String,
    /// When it was uploaded.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub added_at: Option<Timestamp>,
    /// The public key.
    #[serde(default)]
    pub key: Option<String>,
}

/// How many one-time keys of one algorithm a device has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct OneTimeKeyCount {
    /// The device's user.
    pub user_id: String,
    /// The device.
    pub device_id: String,
    /// `signed_curve25519`
    pub algorithm: String,
    /// How many are left.
    pub count: u32,
}

/// The key that is given out when no one-time key is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields = nullable))]
pub struct FallbackKeyRow {
    /// The device's user.
    pub user_id: String,
    /// The device.
    pub device_id: String,
    /// `signed_curve25519`
    pub algorithm: String,
    /// The id without the algorithm.
    pub key_id: String,
    /// Whether it was given out.
    pub used: bool,
    /// The public key.
    #[serde(default)]
    pub key: Option<String>,
}

/// A to-device message that the device has not fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields = nullable))]
pub struct DeviceInboxRow {
    /// The receiving user.
    pub user_id: String,
    /// The receiving device.
    pub device_id: String,
    /// Its place in the stream.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub stream_id: i64,
    /// The event's type: of an encrypted one the outer type.
    #[serde(default, rename = "type")]
    pub event_type: Option<String>,
    /// Who sent it.
    #[serde(default)]
    pub sender: Option<String>,
}

/// A device as the homeserver knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields = nullable))]
pub struct DeviceRow {
    /// Its user.
    pub user_id: String,
    /// The device.
    pub device_id: String,
    /// Its name.
    #[serde(default)]
    pub display_name: Option<String>,
    /// When it was last seen.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub last_seen: Option<Timestamp>,
}

/// An event as the homeserver holds it. Of the content only what decides is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields = nullable))]
pub struct StoredEvent {
    /// Event id.
    pub event_id: String,
    /// The event's type.
    #[serde(default, rename = "type")]
    pub event_type: Option<String>,
    /// Who sent it.
    #[serde(default)]
    pub sender: Option<String>,
    /// The room.
    #[serde(default)]
    pub room_id: Option<String>,
    /// When, by the sender's server.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub origin_server_ts: Option<Timestamp>,
    /// The content as it is stored; `null`: it was not looked at. Read are `algorithm` and whether `ciphertext` and
    /// `session_id` are there.
    #[serde(default)]
    pub content: Option<EncryptedContent>,
}

/// The fields of an encrypted event's content that decide whether it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields = nullable))]
pub struct EncryptedContent {
    /// `m.megolm.v1.aes-sha2`; `null`: the field is not there.
    #[serde(default)]
    pub algorithm: Option<String>,
    /// The encrypted payload; `null`: the field is not there.
    #[serde(default)]
    pub ciphertext: Option<String>,
    /// Whose session; `null`: the field is not there, or no string.
    #[serde(default)]
    pub session_id: Option<String>,
}

/// A line of the homeserver's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields = nullable))]
pub struct LogLine {
    /// When, in UTC.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub ts: Timestamp,
    /// `INFO`, `WARNING`, …
    #[serde(default)]
    pub level: Option<String>,
    /// The request that it belongs to: `POST-123`.
    #[serde(default)]
    pub request: Option<String>,
    /// HTTP method, of the line that ends a request.
    #[serde(default)]
    pub method: Option<String>,
    /// Path, of the line that ends a request.
    #[serde(default)]
    pub path: Option<String>,
    /// HTTP status, of the line that ends a request.
    #[serde(default)]
    pub status: Option<u16>,
    /// How long the request took.
    #[serde(default)]
    pub duration_ms: Option<f64>,
    /// The line.
    pub text: String,
}

/// A request of a HAR file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields = nullable))]
pub struct HarRequest {
    /// When it was made.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub ts: Timestamp,
    /// HTTP method.
    pub method: String,
    /// Path from `/_matrix/` on, every id in it replaced by `{id}`.
    pub path: String,
    /// HTTP status; 0: no answer came.
    pub status: u16,
    /// From its start to the end of the answer.
    pub duration_ms: f64,
    /// Of a refused upload of keys: what the server said.
    #[serde(default)]
    pub refusal: Option<Refusal>,
    /// Of an upload of keys that failed otherwise: the server's `errcode`.
    #[serde(default)]
    pub errcode: Option<String>,
}
