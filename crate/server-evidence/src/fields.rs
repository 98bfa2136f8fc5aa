//! The fields of a row, in whatever form the database or its client wrote them.

use std::collections::{BTreeMap, BTreeSet};

use lotus_crypto_diag::server_evidence::{
    DeviceInboxRow, DeviceRow, EncryptedContent, FallbackKeyRow, OneTimeKeyCount, OneTimeKeyRow, StoredEvent,
};
use lotus_crypto_diag::survey::{Coverage, DeviceAtRisk};
use lotus_crypto_diag::timestamp::Timestamp;
use serde_json::{Map, Value};

use crate::rows::{Row, is_count};
use crate::time::parse_time;
use crate::words::{is_id, is_user_id, start_of};

/// Clients choose their user agent, of any length.
const LONGEST_AGENT: usize = 500;

/// Fields by lower-case name.
pub(crate) struct Fields(BTreeMap<String, Value>);

impl Fields {
    pub(crate) fn of(row: Row) -> Self {
        Self(row.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
    }

    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.0.keys().cloned().collect()
    }

    fn text(&self, name: &str) -> Option<String> {
        text(self.0.get(name)?)
    }

    fn number(&self, name: &str) -> Option<i64> {
        number(self.0.get(name)?)
    }

    fn is_true(&self, name: &str) -> bool {
        let value = match self.0.get(name) {
            Some(Value::Bool(value)) => return *value,
            Some(Value::String(text)) => text.to_ascii_lowercase(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return false,
        };
        ["t", "true", "1", "yes"].contains(&value.as_str())
    }

    fn json(&self, name: &str) -> Option<Map<String, Value>> {
        object(self.0.get(name)?)
    }

    /// A time: milliseconds since 1970, or a text that the database formatted.
    fn time(&self, names: &[&str]) -> Option<Timestamp> {
        time(names.iter().find_map(|name| self.0.get(*name).filter(|value| !value.is_null()))?)
    }

    fn device(&self) -> Option<(String, String)> {
        Some((self.text("user_id")?, self.text("device_id")?))
    }

    fn key(&self) -> Option<String> {
        let stored = || {
            let value = self.0.get("key_json")?;
            object(value).and_then(|key| text(key.get("key")?)).or_else(|| bare_key(value.as_str()?))
        };
        self.text("key").or_else(stored)
    }

    pub(crate) fn one_time_key(&self) -> Option<OneTimeKeyRow> {
        let (user_id, device_id) = self.device()?;
        Some(OneTimeKeyRow {
            user_id,
            device_id,
            algorithm: self.text("algorithm").unwrap_or_default(),
            key_id: self.text("key_id")?,
            added_at: self.time(&["ts_added_ms", "added_at"]),
            key: self.key(),
        })
    }

    pub(crate) fn one_time_key_count(&self) -> Option<OneTimeKeyCount> {
        let (user_id, device_id) = self.device()?;
        let name = self.0.keys().find(|name| is_count(name))?;
        let count = self.number(name).filter(|n| *n >= 0)?;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Some(OneTimeKeyCount { user_id, device_id, algorithm: self.text("algorithm").unwrap_or_default(), count })
    }

    pub(crate) fn fallback_key(&self) -> Option<FallbackKeyRow> {
        let (user_id, device_id) = self.device()?;
        Some(FallbackKeyRow {
            user_id,
            device_id,
            algorithm: self.text("algorithm").unwrap_or_default(),
            key_id: self.text("key_id")?,
            used: self.is_true("used"),
            key: self.key(),
        })
    }

    pub(crate) fn inbox(&self) -> Option<DeviceInboxRow> {
        let (user_id, device_id) = self.device()?;
        let message = self.json("message_json").unwrap_or_default();
        let of = |name: &str| self.text(name).or_else(|| text(message.get(name)?));
        Some(DeviceInboxRow {
            user_id,
            device_id,
            stream_id: self.number("stream_id")?,
            event_type: of("type"),
            sender: of("sender"),
        })
    }

    pub(crate) fn device_row(&self) -> Option<DeviceRow> {
        let (user_id, device_id) = self.device()?;
        let (display_name, last_seen) = (self.text("display_name"), self.time(&["last_seen"]));
        Some(DeviceRow { user_id, device_id, display_name, last_seen })
    }

    pub(crate) fn event(&self) -> Option<StoredEvent> {
        let stored = self.json("json").unwrap_or_default();
        let of = |name: &str| self.text(name).or_else(|| text(stored.get(name)?));
        let sent = self.time(&["origin_server_ts"]).or_else(|| time(stored.get("origin_server_ts")?));
        Some(StoredEvent {
            event_id: self.text("event_id")?,
            event_type: of("type"),
            sender: of("sender"),
            room_id: of("room_id"),
            origin_server_ts: sent,
            content: self.content(self.json("content").or_else(|| object(stored.get("content")?))),
        })
    }

    /// Keeps only the fields of the content that the diagnosis needs.
    fn content(&self, content: Option<Map<String, Value>>) -> Option<EncryptedContent> {
        if content.is_none() && !self.0.contains_key("algorithm") {
            return None;
        }
        let content = content.unwrap_or_default();
        let of = |name: &str| content.get(name).and_then(text).or_else(|| self.text(name));
        let session = content.get("session_id").and_then(Value::as_str).map(str::to_owned);
        Some(EncryptedContent {
            algorithm: of("algorithm"),
            // The diagnosis checks whether it is base64.
            ciphertext: of("ciphertext"),
            session_id: session.or_else(|| self.text("session_id")),
        })
    }

    /// Whether the row names no device.
    pub(crate) fn names_no_device(&self) -> bool {
        self.text("user_id").is_none() && self.text("device_id").is_none()
    }

    pub(crate) fn coverage(&self) -> Option<Coverage> {
        let looked_at = u32::try_from(self.number("looked_at")?).ok()?;
        Some(Coverage { looked_at, is_cut: self.is_true("is_cut") })
    }

    pub(crate) fn at_risk(&self) -> Option<DeviceAtRisk> {
        let (user_id, device_id) = self.device().filter(|(user, device)| is_user_id(user) && is_id(device))?;
        let small = |name: &str| self.number(name).map(|n| u32::try_from(n.max(0)).unwrap_or(u32::MAX));
        Some(DeviceAtRisk {
            user_id,
            device_id,
            one_time_keys: small("one_time_keys").unwrap_or(0),
            keys_of_before: small("keys_of_before").unwrap_or(0),
            oldest_key_at: self.time(&["oldest_key_at"]),
            newest_key_at: self.time(&["newest_key_at"]),
            keys_changed_at: self.time(&["keys_changed_at"]),
            fallback_used: self.text("fallback_used").map(|_| self.is_true("fallback_used")).or(
                match self.0.get("fallback_used") {
                    Some(Value::Bool(used)) => Some(*used),
                    _ => None,
                },
            ),
            waiting: small("waiting").unwrap_or(0),
            last_seen: self.time(&["last_seen"]),
            user_agent: self.text("user_agent").map(|agent| start_of(&agent, LONGEST_AGENT).to_owned()),
        })
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() && text != "NULL" => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// JavaScript's `Number.MAX_SAFE_INTEGER`.
const MAX_EXACT: i64 = 9_007_199_254_740_991;

fn number(value: &Value) -> Option<i64> {
    let read = match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok().or_else(|| whole(text.trim().parse().ok()?)),
        _ => None,
    };
    read.filter(|n| n.abs() <= MAX_EXACT)
}

#[allow(clippy::cast_possible_truncation, reason = "it is whole, and `as` saturates")]
fn whole(n: f64) -> Option<i64> {
    (n.fract() == 0.0).then_some(n as i64)
}

fn time(value: &Value) -> Option<Timestamp> {
    let ms = number(value).or_else(|| parse_time(value.as_str()?.trim()))?;
    #[allow(clippy::cast_precision_loss, reason = "it is below 2^53")]
    (ms > 0 && ms < 8_000_000_000_000_000).then(|| Timestamp::from_ms(ms as f64))
}

/// A JSON text as stored, or an object that is parsed already.
fn object(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::String(text) => serde_json::from_str(text).ok(),
        Value::Object(object) => Some(object.clone()),
        _ => None,
    }
}

/// An unsigned key is stored as a JSON string.
fn bare_key(text: &str) -> Option<String> {
    const LENGTH: usize = 43;
    let text = text.strip_prefix('"').unwrap_or(text);
    let text = text.strip_suffix('"').unwrap_or(text);
    let text = text.strip_suffix('=').unwrap_or(text);
    let is_key = text.len() == LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    is_key.then(|| text.to_owned())
}
