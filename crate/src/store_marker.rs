//! What is remembered of a device outside its crypto store.

use alloc::borrow::ToOwned;
use alloc::string::String;

use serde::Serialize;

use crate::scan;
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

impl Recall {
    /// Reads a marker as it was written: JSON, and the order of its fields is always the same.
    pub fn from_text(text: &str) -> Self {
        let schema = text.strip_prefix("{\"schema\":").and_then(scan::number);
        let reason = match schema {
            Some(MARKER_SCHEMA) => match Marker::from_text(text) {
                Some(marker) => return Self::Known(marker),
                None => "the marker of this device cannot be read: it is incomplete",
            },
            Some(_) => "the marker of this device is of another version of this library",
            None => "the marker of this device cannot be read: it makes no sense",
        };
        Self::Unreadable(reason.to_owned())
    }
}

impl Marker {
    fn from_text(text: &str) -> Option<Self> {
        // Keys and times hold no quotes, so no escapes either.
        let field = |name| scan::between(text, name, "\"").filter(|value| !scan::holds(value, "\\"));
        let time = |name| field(name)?.parse().ok();
        let time_or_null = |null, name| if scan::holds(text, null) { Some(None) } else { time(name).map(Some) };
        Some(Self {
            schema: MARKER_SCHEMA,
            ed25519: field("\"ed25519\":\"")?.to_owned(),
            curve25519: field("\"curve25519\":\"")?.to_owned(),
            since: time("\"since\":\"")?,
            last_healthy: time("\"lastHealthy\":\"")?,
            lost: time_or_null("\"lost\":null", "\"lost\":\"")?,
            changed: time_or_null("\"changed\":null", "\"changed\":\"")?,
        })
    }
}
