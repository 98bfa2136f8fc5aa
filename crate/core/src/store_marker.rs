//! What is remembered of a device outside its crypto store.

use serde::Serialize;

use crate::json::to_json;
use crate::timestamp::Timestamp;

/// The version of [`Marker`]'s form.
pub const MARKER_SCHEMA: u32 = 1;

/// What is remembered of a device outside its crypto store: in localStorage, one for each device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Marker {
    /// [`MARKER_SCHEMA`]
    pub schema: u32,
    /// The signing key that the device had when it was first seen.
    pub ed25519: String,
    /// The key agreement key that it had then.
    pub curve25519: String,
    /// When it was first seen.
    pub since: Timestamp,
    /// When it was last seen with these keys.
    pub last_healthy: Timestamp,
    /// When its database was first seen to be there: what was never there was not deleted.
    pub database_seen: Option<Timestamp>,
    /// When its store was found gone.
    pub lost: Option<Timestamp>,
    /// When it was first seen with other keys. Never taken back: the homeserver and other devices remember the first.
    pub changed: Option<Timestamp>,
}

/// What was found in the place where a marker would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recall {
    /// No marker: this device was not seen before.
    Nothing,
    /// A marker.
    Known(Marker),
    /// The place could not be read, or what stands there makes no sense; with the reason.
    Unreadable(String),
}

/// One field of the JSON that stands in the place of a marker.
#[derive(Clone, Debug, PartialEq)]
pub enum MarkerField {
    /// `null`
    Null,
    /// A number.
    Number(f64),
    /// A string.
    Text(String),
}

impl Recall {
    /// Reads a marker by the names of its fields. `None`: it has no such field, or of a type that no field of a marker has.
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
    /// The text that is stored.
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
            // A marker of before this was noted has it not.
            database_seen: time_or_null("databaseSeen").flatten(),
            lost: time_or_null("lost")?,
            changed: time_or_null("changed")?,
        })
    }
}
