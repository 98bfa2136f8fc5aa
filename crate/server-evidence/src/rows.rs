//! Sorts database rows into their tables.

use std::collections::BTreeSet;

use lotus_crypto_diag::server_evidence::{
    DeviceInboxRow, DeviceRow, FallbackKeyRow, OneTimeKeyCount, OneTimeKeyRow, ServerEvidence, StoredEvent,
};
use lotus_crypto_diag::survey::{Coverage, DeviceAtRisk};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::Unreadable;
use crate::fields::Fields;
use crate::words::{count, start_of};

/// The columns of the runbook's queries, except the counts.
const COLUMNS: &str = "user_id device_id algorithm key_id ts_added_ms added_at key_json key used stream_id message_json type \
    display_name last_seen event_id room_id json internal_metadata sender origin_server_ts content hidden ip user_agent \
    format_version session_id ciphertext one_time_keys keys_of_before oldest_key_at newest_key_at keys_changed_at \
    fallback_used waiting waiting_is_capped ed25519 looked_at is_cut";
const COUNTS: [&str; 6] = ["count", "key_count", "otk_count", "keys_left", "n", "number"];
/// Per table.
const MAX_ROWS: usize = 50_000;

/// Whether a query of the runbook has a column of that name.
pub(crate) fn is_column(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    is_count(&name) || COLUMNS.split_ascii_whitespace().any(|column| column == name)
}

pub(crate) fn is_count(name: &str) -> bool {
    COUNTS.contains(&name) || (name.starts_with("count(") && name.ends_with(')'))
}

/// Results of the runbook's queries, by table; a table that was not queried is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "EvidenceRows", optional_fields))]
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
    /// The result of the query for devices at risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices_at_risk: Option<Vec<DeviceAtRisk>>,
    /// How far that query looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
}

impl Rows {
    /// Adds these rows to `evidence`.
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

    /// Returns whether the row could be read. Rows above [`MOST_ROWS`] are dropped and counted in `left`.
    fn add(&mut self, table: Table, fields: &Fields, left: &mut u64) -> bool {
        fn put<T>(to: &mut Option<Vec<T>>, row: Option<T>, left: &mut u64) -> bool {
            let Some(row) = row else { return false };
            let to = to.get_or_insert_default();
            if to.len() < MAX_ROWS {
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
            Table::DevicesAtRisk => {
                let coverage = fields.coverage();
                self.coverage = coverage.or(self.coverage);
                // If no device is at risk, the query returns one row that only has the coverage.
                if coverage.is_some() && fields.names_no_device() {
                    self.announce(table);
                    return true;
                }
                put(&mut self.devices_at_risk, fields.at_risk(), left)
            }
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

/// A database row, as a file stores it.
pub(crate) type Row = Map<String, Value>;

/// Takes rows of any table.
#[derive(Debug, Default)]
pub(crate) struct RowSorter {
    rows: Rows,
    left: u64,
    foreign: Option<String>,
}

impl RowSorter {
    /// Notes a result's table: without rows, it says that there are none.
    pub(crate) fn announce(&mut self, columns: &[String]) {
        let names = columns.iter().map(|name| name.to_ascii_lowercase()).collect();
        match Table::of(&names) {
            Some(table) => self.rows.announce(table),
            None => self.note_foreign(columns),
        }
    }

    pub(crate) fn add(&mut self, row: Row) {
        let names: Vec<String> = row.keys().map(|name| name.to_ascii_lowercase()).collect();
        let fields = Fields::of(row);
        let table = Table::of(&fields.names());
        if !table.is_some_and(|table| self.rows.add(table, &fields, &mut self.left)) {
            self.note_foreign(&names);
        }
    }

    fn note_foreign(&mut self, columns: &[String]) {
        self.foreign.get_or_insert_with(|| start_of(&columns.join(", "), 200).to_owned());
    }

    /// The rows, a summary, and notes on what was left out.
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
            notes.push(format!("Left out: {} beyond the first {MAX_ROWS}.", count(self.left, "row")));
        }
        let parts: Vec<String> =
            found.iter().map(|(n, name)| format!("{} of {name}", count(*n as u64, "row"))).collect();
        Ok((self.rows, format!("Answer of the database: {}.", parts.join(", ")), notes))
    }
}
