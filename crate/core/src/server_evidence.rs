//! Evidence that an administrator adds to a report: results of the runbook's queries, a part of the homeserver's log,
//! a HAR file. A missing field means unknown; an empty list means that somebody looked and found nothing.

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
    /// Number of one-time keys per device.
    pub one_time_key_counts: Option<Vec<OneTimeKeyCount>>,
    /// Rows of `e2e_fallback_keys_json`.
    pub fallback_keys: Option<Vec<FallbackKeyRow>>,
    /// Rows of `device_inbox`: messages that wait for a device.
    pub device_inbox: Option<Vec<DeviceInboxRow>>,
    /// Rows of `devices`.
    pub devices: Option<Vec<DeviceRow>>,
    /// Events as stored on the homeserver.
    pub events: Option<Vec<StoredEvent>>,
    /// Lines of the homeserver's log.
    pub log: Option<Vec<LogLine>>,
    /// Requests of a HAR file.
    pub har: Option<Vec<HarRequest>>,
}

impl ServerEvidence {
    /// Serialises the evidence to JSON.
    pub fn to_text(&self) -> String {
        to_json(self)
    }
}

/// A one-time key on the homeserver that nobody has claimed yet.
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
    /// When the key was uploaded.
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
    /// Number of keys left.
    pub count: u32,
}

/// The key that the homeserver gives away when no one-time key is left.
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
    /// Whether the key was given away.
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
    /// Position of the message in the stream.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub stream_id: i64,
    /// The event type; for an encrypted event, the outer type.
    #[serde(default, rename = "type")]
    pub event_type: Option<String>,
    /// User id of the sender.
    #[serde(default)]
    pub sender: Option<String>,
}

/// A device as listed by the homeserver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields = nullable))]
pub struct DeviceRow {
    /// The device's user.
    pub user_id: String,
    /// The device.
    pub device_id: String,
    /// The device's display name.
    #[serde(default)]
    pub display_name: Option<String>,
    /// When the device was last seen.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub last_seen: Option<Timestamp>,
}

/// An event as stored on the homeserver. Only the parts of its content that matter are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields = nullable))]
pub struct StoredEvent {
    /// Event id.
    pub event_id: String,
    /// The event's type.
    #[serde(default, rename = "type")]
    pub event_type: Option<String>,
    /// User id of the sender.
    #[serde(default)]
    pub sender: Option<String>,
    /// The room.
    #[serde(default)]
    pub room_id: Option<String>,
    /// When the event was sent, according to the sender's server.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub origin_server_ts: Option<Timestamp>,
    /// The stored content; `null`: nobody looked. Only `algorithm`, and whether `ciphertext` and `session_id` exist,
    /// are used.
    #[serde(default)]
    pub content: Option<EncryptedContent>,
}

/// The fields of an encrypted event's content that decide whether it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields = nullable))]
pub struct EncryptedContent {
    /// `m.megolm.v1.aes-sha2`; `null`: the field is missing.
    #[serde(default)]
    pub algorithm: Option<String>,
    /// The encrypted payload; `null`: the field is missing.
    #[serde(default)]
    pub ciphertext: Option<String>,
    /// Id of the Megolm session; `null`: the field is missing, or not a string.
    #[serde(default)]
    pub session_id: Option<String>,
}

/// A line of the homeserver's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields = nullable))]
pub struct LogLine {
    /// When the line was logged, in UTC.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub ts: Timestamp,
    /// `INFO`, `WARNING`, …
    #[serde(default)]
    pub level: Option<String>,
    /// The request that the line belongs to: `POST-123`.
    #[serde(default)]
    pub request: Option<String>,
    /// HTTP method; only for the line that ends a request.
    #[serde(default)]
    pub method: Option<String>,
    /// Path; only for the line that ends a request.
    #[serde(default)]
    pub path: Option<String>,
    /// HTTP status; only for the line that ends a request.
    #[serde(default)]
    pub status: Option<u16>,
    /// Duration of the request.
    #[serde(default)]
    pub duration_ms: Option<f64>,
    /// The text of the line.
    pub text: String,
}

/// A request of a HAR file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields = nullable))]
pub struct HarRequest {
    /// When the request was made.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub ts: Timestamp,
    /// HTTP method.
    pub method: String,
    /// Path from `/_matrix/` on, with every id replaced by `{id}`.
    pub path: String,
    /// HTTP status; 0: no answer came.
    pub status: u16,
    /// From the start of the request to the end of the answer.
    pub duration_ms: f64,
    /// For a refused key upload: the key that the server named.
    #[serde(default)]
    pub refusal: Option<Refusal>,
    /// For a key upload that failed for another reason: the server's `errcode`.
    #[serde(default)]
    pub errcode: Option<String>,
}
