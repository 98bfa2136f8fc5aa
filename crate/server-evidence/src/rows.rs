//! Sorts rows of a database into the tables that they are from.

use std::collections::{BTreeMap, BTreeSet};

use lotus_crypto_diag::server_evidence::{
    DeviceInboxRow, DeviceRow, EncryptedContent, FallbackKeyRow, OneTimeKeyCount, OneTimeKeyRow, ServerEvidence,
    StoredEvent,
};
use lotus_crypto_diag::survey::DeviceAtRisk;
use lotus_crypto_diag::timestamp::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::Unreadable;
use crate::time::parse_time;
use crate::words::{count, start_of};

/// The columns of the runbook's queries, beside those that count.
const COLUMNS: &str = "user_id device_id algorithm key_id ts_added_ms added_at key_json key used stream_id message_json type \
    display_name last_seen event_id room_id json internal_metadata sender origin_server_ts content hidden ip user_agent \
    format_version session_id ciphertext one_time_keys keys_of_before oldest_key_at newest_key_at keys_changed_at \
    fallback_used waiting waiting_is_capped ed25519";
const COUNTS: [&str; 6] = ["count", "key_count", "otk_count", "keys_left", "n", "number"];
/// Of each table.
const MOST_ROWS: usize = 50_000;

/// Whether a query of the runbook has a column of that name.
pub(crate) fn is_column(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    is_count(&name) || COLUMNS.split_ascii_whitespace().any(|column| column == name)
}

fn is_count(name: &str) -> bool {
    COUNTS.contains(&name) || (name.starts_with("count(") && name.ends_with(')'))
}

/// Answers of the runbook's queries, by table. A table that was not asked for is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rows {
    /// Rows of `e2e_one_time_keys_json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_time_keys: Option<Vec<OneTimeKeyRow>>,
    /// How many one-time keys a device has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_time_key_counts: Option<Vec<OneTimeKeyCount>>,
    /// Rows of `e2e_fallback_keys_json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_keys: Option<Vec<FallbackKeyRow>>,
    /// Rows of `device_inbox`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_inbox: Option<Vec<DeviceInboxRow>>,
    /// Rows of `devices`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<Vec<DeviceRow>>,
    /// Events as the homeserver holds them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<StoredEvent>>,
    /// The answer of the query for devices at risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices_at_risk: Option<Vec<DeviceAtRisk>>,
}

impl Rows {
    /// Adds them to what is known of the server's side.
    pub fn add_to(&self, evidence: &mut ServerEvidence) {
        fn add<T: Clone>(to: &mut Option<Vec<T>>, rows: Option<&Vec<T>>) {
            if let Some(rows) = rows {
                to.get_or_insert_default().extend_from_slice(rows);
            }
        }
        add(&mut evidence.one_time_keys, self.one_time_keys.as_ref());
        add(&mut evidence.one_time_key_counts, self.one_time_key_counts.as_ref());
        add(&mut evidence.fallback_keys, self.fallback_keys.as_ref());
        add(&mut evidence.device_inbox, self.device_inbox.as_ref());
        add(&mut evidence.devices, self.devices.as_ref());
        add(&mut evidence.events, self.events.as_ref());
    }

    fn announce(&mut self, table: Table) {
        match table {
            Table::OneTimeKeys => drop(self.one_time_keys.get_or_insert_default()),
            Table::OneTimeKeyCounts => drop(self.one_time_key_counts.get_or_insert_default()),
            Table::FallbackKeys => drop(self.fallback_keys.get_or_insert_default()),
            Table::DeviceInbox => drop(self.device_inbox.get_or_insert_default()),
            Table::Devices => drop(self.devices.get_or_insert_default()),
            Table::Events => drop(self.events.get_or_insert_default()),
            Table::DevicesAtRisk => drop(self.devices_at_risk.get_or_insert_default()),
        }
    }

    /// Whether the row could be read; one beyond the most that are kept is counted and dropped.
    fn add(&mut self, table: Table, fields: &Fields, left: &mut u64) -> bool {
        fn put<T>(to: &mut Option<Vec<T>>, row: Option<T>, left: &mut u64) -> bool {
            let Some(row) = row else { return false };
            let to = to.get_or_insert_default();
            if to.len() < MOST_ROWS {
                to.push(row);
            } else {
                *left += 1;
            }
            true
        }
        match table {
            Table::OneTimeKeys => put(&mut self.one_time_keys, fields.one_time_key(), left),
            Table::OneTimeKeyCounts => put(&mut self.one_time_key_counts, fields.one_time_key_count(), left),
            Table::FallbackKeys => put(&mut self.fallback_keys, fields.fallback_key(), left),
            Table::DeviceInbox => put(&mut self.device_inbox, fields.inbox(), left),
            Table::Devices => put(&mut self.devices, fields.device_row(), left),
            Table::Events => put(&mut self.events, fields.event(), left),
            Table::DevicesAtRisk => put(&mut self.devices_at_risk, fields.at_risk(), left),
        }
    }

    fn sizes(&self) -> Vec<(usize, &'static str)> {
        fn size<T>(rows: Option<&Vec<T>>, name: &'static str) -> Option<(usize, &'static str)> {
            rows.map(|rows| (rows.len(), name))
        }
        [
            size(self.one_time_keys.as_ref(), "one-time keys"),
            size(self.one_time_key_counts.as_ref(), "counts of one-time keys"),
            size(self.fallback_keys.as_ref(), "fallback keys"),
            size(self.device_inbox.as_ref(), "to-device messages"),
            size(self.devices.as_ref(), "devices"),
            size(self.events.as_ref(), "events"),
            size(self.devices_at_risk.as_ref(), "devices at risk"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    OneTimeKeys,
    OneTimeKeyCounts,
    FallbackKeys,
    DeviceInbox,
    Devices,
    Events,
    DevicesAtRisk,
}

impl Table {
    fn of(names: &BTreeSet<String>) -> Option<Self> {
        let has = |name: &str| names.contains(name);
        match () {
            () if has("event_id") => Some(Self::Events),
            () if !has("device_id") => None,
            () if has("keys_changed_at") => Some(Self::DevicesAtRisk),
            () if has("stream_id") => Some(Self::DeviceInbox),
            () if has("key_id") && has("used") => Some(Self::FallbackKeys),
            () if has("key_id") => Some(Self::OneTimeKeys),
            () if has("algorithm") && names.iter().any(|name| is_count(name)) => Some(Self::OneTimeKeyCounts),
            () if has("last_seen") || has("display_name") => Some(Self::Devices),
            () => None,
        }
    }
}

/// A row of a database, as it is stored in a file.
pub(crate) type Row = Map<String, Value>;

/// Takes rows, whatever table they are from.
#[derive(Debug, Default)]
pub(crate) struct RowSorter {
    rows: Rows,
    left: u64,
    foreign: Option<String>,
}

impl RowSorter {
    /// An answer without a row says that there is none.
    pub(crate) fn announce(&mut self, columns: &[String]) {
        let names = columns.iter().map(|name| name.to_ascii_lowercase()).collect();
        match Table::of(&names) {
            Some(table) => self.rows.announce(table),
            None => self.note_foreign(columns),
        }
    }

    pub(crate) fn add(&mut self, row: Row) {
        let names: Vec<String> = row.keys().map(|name| name.to_ascii_lowercase()).collect();
        let fields = Fields(row.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect());
        let table = Table::of(&fields.0.keys().cloned().collect());
        if !table.is_some_and(|table| self.rows.add(table, &fields, &mut self.left)) {
            self.note_foreign(&names);
        }
    }

    fn note_foreign(&mut self, columns: &[String]) {
        self.foreign.get_or_insert_with(|| start_of(&columns.join(", "), 200).to_owned());
    }

    /// The rows, a sentence on them, and what was left out.
    pub(crate) fn finish(self) -> Result<(Rows, String, Vec<String>), Unreadable> {
        let found = self.rows.sizes();
        if found.is_empty() {
            return Err(Unreadable::new(match self.foreign {
                Some(columns) => format!("It is a table, but not one of the runbook's: its columns are {columns}."),
                None => "There is no row in it, and no head of a table that says what was asked.".to_owned(),
            }));
        }
        let mut notes = Vec::new();
        if let Some(columns) = self.foreign {
            notes.push(format!("Left out: rows with the columns {columns}."));
        }
        if self.left > 0 {
            notes.push(format!("Left out: {} beyond the first {MOST_ROWS}.", count(self.left, "row")));
        }
        let parts: Vec<String> =
            found.iter().map(|(n, name)| format!("{} of {name}", count(*n as u64, "row"))).collect();
        Ok((self.rows, format!("Answer of the database: {}.", parts.join(", ")), notes))
    }
}

struct Fields(BTreeMap<String, Value>);

impl Fields {
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

    /// A column of time: milliseconds since 1970, or a text that the database made of it.
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

    fn one_time_key(&self) -> Option<OneTimeKeyRow> {
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

    fn one_time_key_count(&self) -> Option<OneTimeKeyCount> {
        let (user_id, device_id) = self.device()?;
        let name = self.0.keys().find(|name| is_count(name))?;
        let count = self.number(name).filter(|n| *n >= 0)?;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Some(OneTimeKeyCount { user_id, device_id, algorithm: self.text("algorithm").unwrap_or_default(), count })
    }

    fn fallback_key(&self) -> Option<FallbackKeyRow> {
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

    fn inbox(&self) -> Option<DeviceInboxRow> {
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

    fn device_row(&self) -> Option<DeviceRow> {
        let (user_id, device_id) = self.device()?;
        let (display_name, last_seen) = (self.text("display_name"), self.time(&["last_seen"]));
        Some(DeviceRow { user_id, device_id, display_name, last_seen })
    }

    fn event(&self) -> Option<StoredEvent> {
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

    /// Of a content only the fields that decide are kept.
    fn content(&self, content: Option<Map<String, Value>>) -> Option<EncryptedContent> {
        if content.is_none() && !self.0.contains_key("algorithm") {
            return None;
        }
        let content = content.unwrap_or_default();
        let of = |name: &str| content.get(name).and_then(text).or_else(|| self.text(name));
        let session = content.get("session_id").and_then(Value::as_str).map(str::to_owned);
        Some(EncryptedContent {
            algorithm: of("algorithm"),
            // The diagnosis looks whether it is base64.
            ciphertext: of("ciphertext"),
            session_id: session.or_else(|| self.text("session_id")),
        })
    }

    fn at_risk(&self) -> Option<DeviceAtRisk> {
        let (user_id, device_id) = self.device()?;
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
            user_agent: self.text("user_agent"),
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

/// Beyond it, JavaScript does not count exactly.
const MOST_EXACT: i64 = 9_007_199_254_740_991;

fn number(value: &Value) -> Option<i64> {
    let read = match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok().or_else(|| whole(text.trim().parse().ok()?)),
        _ => None,
    };
    read.filter(|n| n.abs() <= MOST_EXACT)
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

/// As it is stored: a text of JSON, or already read.
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
