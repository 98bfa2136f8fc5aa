//! Queries for Synapse's tables, with the columns of its current schema.

use super::Subject;
use super::sql::Dialect;
use crate::verdict::{QueryLanguage, RunbookQuery};

pub(super) fn queries(dialect: Dialect, subject: &Subject<'_>) -> Vec<RunbookQuery> {
    let query = |id: &str, title: &str, text: String, proves: &str| RunbookQuery {
        id: id.to_owned(),
        title: title.to_owned(),
        language: QueryLanguage::Sql,
        database: dialect.database(),
        text,
        proves: proves.to_owned(),
    };
    let mut queries = Vec::new();
    if let Some(user_id) = subject.user_id {
        queries.push(query(
            "devices",
            "The devices of the user, and when they were last seen",
            devices(dialect, user_id),
            "Whether the device of this report is still there, and which others the person has.",
        ));
    }
    if let (Some(user_id), Some(device_id)) = (subject.user_id, subject.device_id) {
        let device = format!("user_id = {} AND device_id = {}", dialect.literal(user_id), dialect.literal(device_id));
        queries.push(query(
            "one-time-keys",
            "The one-time keys of the device on the homeserver, and when each was uploaded",
            one_time_keys(dialect, &device, subject),
            "Which key the homeserver holds under the id that was refused, and whether it was uploaded before this page was \
             loaded (another store), or while several tabs were open (another tab).",
        ));
        queries.push(query(
            "one-time-key-counts",
            "How many one-time keys of the device are left",
            format!(
                "SELECT user_id, device_id, algorithm, count(*) AS count\nFROM e2e_one_time_keys_json\nWHERE {device}\n\
                 GROUP BY user_id, device_id, algorithm;"
            ),
            "No row, or 0: they are used up, and the fallback key is given out instead.",
        ));
        queries.push(query(
            "fallback-keys",
            "The fallback key of the device, and whether it was given out",
            format!(
                "SELECT user_id, device_id, algorithm, key_id, used, {} AS key\nFROM e2e_fallback_keys_json\nWHERE {device};",
                dialect.json("key_json", &["key"])
            ),
            "Used: no one-time key was left when somebody wanted to write to this device.",
        ));
        queries.push(query(
            "device-inbox",
            "The messages that wait for the device",
            format!(
                "SELECT user_id, device_id, stream_id, {} AS type, {} AS sender\nFROM device_inbox\nWHERE {device}\n\
                 ORDER BY stream_id DESC\nLIMIT 200;",
                dialect.json("message_json", &["type"]),
                dialect.json("message_json", &["sender"])
            ),
            "Many: the device does not fetch them. None: it has fetched all that was sent to it.",
        ));
    }
    if !subject.events.is_empty() {
        queries.push(query(
            "events",
            "The events that could not be decrypted, as the homeserver holds them",
            events(dialect, subject),
            "No algorithm, or no ciphertext: the event was sent malformed. All there: it may be the client that spoils it. A \
             redacted event is left out: its content is gone.",
        ));
    }
    queries
}

fn devices(dialect: Dialect, user_id: &str) -> String {
    let shown = match dialect {
        Dialect::Postgres => "NOT hidden",
        Dialect::Sqlite => "hidden = 0",
    };
    format!(
        "SELECT user_id, device_id, display_name, {} AS last_seen\nFROM devices\nWHERE user_id = {} AND {shown}\n\
         ORDER BY device_id;",
        dialect.time("last_seen"),
        dialect.literal(user_id)
    )
}

/// Refused keys come first.
fn one_time_keys(dialect: Dialect, device: &str, subject: &Subject<'_>) -> String {
    let ids = subject.key_ids.iter().filter_map(|id| Some(id.split_once(':')?.1));
    let mut refused = ids.peekable();
    let order = if refused.peek().is_some() {
        format!("CASE WHEN key_id IN {} THEN 0 ELSE 1 END, ", dialect.list(refused))
    } else {
        String::new()
    };
    format!(
        "SELECT user_id, device_id, algorithm, key_id, {} AS added_at, {} AS key\nFROM e2e_one_time_keys_json\n\
         WHERE {device}\nORDER BY {order}ts_added_ms, key_id;",
        dialect.time("ts_added_ms"),
        dialect.json("key_json", &["key"])
    )
}

/// Redacted events are left out: the homeserver removes their content, which then looks malformed.
fn events(dialect: Dialect, subject: &Subject<'_>) -> String {
    let content = |field: &str| dialect.json("event_json.json", &["content", field]);
    format!(
        "SELECT events.event_id, events.type, events.sender, events.room_id, {} AS origin_server_ts,\n       \
         {} AS algorithm, {} AS session_id, {} AS ciphertext\nFROM events JOIN event_json ON event_json.event_id = \
         events.event_id\nLEFT JOIN redactions ON redactions.redacts = events.event_id\nWHERE redactions.redacts IS NULL AND \
         events.event_id IN {};",
        dialect.time("events.origin_server_ts"),
        content("algorithm"),
        content("session_id"),
        content("ciphertext"),
        dialect.list(subject.events.iter().copied())
    )
}
