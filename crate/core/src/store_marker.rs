//! What is remembered of a device outside its crypto store.

use serde::Serialize;

use crate::json::to_json;
use crate::timestamp::Timestamp;

/// The version of [`Marker`]'s format.
pub const MARKER_SCHEMA: u32 = 1;

/// What is remembered of a device outside its crypto store: in localStorage, one marker per device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Marker {
    /// [`MARKER_SCHEMA`]
    pub schema: u32,
    /// The device's signing key when it was first seen.
    pub ed25519: String,
    /// The device's key-agreement key when it was first seen.
    pub curve25519: String,
    /// When the device was first seen.
    pub since: Timestamp,
    /// When the device was last seen with these keys.
    pub last_healthy: Timestamp,
    /// When its database was first seen to exist. A database that never existed cannot have been deleted.
    pub database_seen: Option<Timestamp>,
    /// When the store was found to be gone.
    pub lost: Option<Timestamp>,
    /// When the device was first seen with other keys. Never reset: the homeserver and other devices remember the
    /// first keys.
    pub changed: Option<Timestamp>,
}

/// The result of looking for a marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredMarker {
    /// There is no marker: this device was never seen before.
    Nothing,
    /// A marker.
    Known(Marker),
    /// The storage could not be read, or its content is invalid; with the reason.
    Unreadable(String),
}

/// A field of the marker's JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum MarkerField {
    /// `null`
    Null,
    /// A number.
    Number(f64),
    /// A string.
    Text(String),
}

impl StoredMarker {
    /// Reads a marker by its field names. `field` returns `None` if there is no such field, or its type is not used in
    /// a marker.
    pub fn from_fields(field: impl Fn(&str) -> Option<MarkerField>) -> Self {
        let reason = match field("schema") {
            Some(MarkerField::Number(schema)) if f64::from(MARKER_SCHEMA).total_cmp(&schema).is_eq() => {
                match Marker::from_fields(field) {
                    Some(marker) => return Self::Known(marker),
                    None => "the marker of this device cannot be read: it is incomplete",
                }
            }
            Some(MarkerField::Number(_)) => "the marker of this device is of another version of this library",
            _ => "the marker of this device cannot be read: it makes no sense",
        };
        Self::Unreadable(reason.to_owned())
    }
}

impl Marker {
    /// The marker as stored text.
    pub fn to_json(&self) -> String {
        to_json(self)
    }

    fn from_fields(field: impl Fn(&str) -> Option<MarkerField>) -> Option<Self> {
        let text = |name| match field(name) {
            Some(MarkerField::Text(text)) => Some(text),
            _ => None,
        };
        let time = |name| text(name)?.parse().ok();
        let time_or_null = |name| match field(name)? {
            MarkerField::Null => Some(None),
            _ => time(name).map(Some),
        };
        Some(Self {
            schema: MARKER_SCHEMA,
            ed25519: text("ed25519")?,
            curve25519: text("curve25519")?,
            since: time("since")?,
            last_healthy: time("lastHealthy")?,
            // Markers written by older versions do not have this field.
            database_seen: time_or_null("databaseSeen").flatten(),
            lost: time_or_null("lost")?,
            changed: time_or_null("changed")?,
        })
    }
}
