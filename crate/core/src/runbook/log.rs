//! Searches of Synapse's log: `homeserver.log` in its default format, one line per request.

use super::Subject;
use super::shell::word;
use crate::timestamp::Timestamp;
use crate::verdict::{Database, QueryLanguage, RunbookQuery};

pub(super) fn queries(subject: &Subject<'_>) -> Vec<RunbookQuery> {
    let query = |id: &str, title: &str, text: String, proves: &str| RunbookQuery {
        id: id.to_owned(),
        title: format!("{title} (times in UTC; move them if the log has local time)"),
        language: QueryLanguage::Shell,
        database: Database::Any,
        text,
        proves: proves.to_owned(),
    };
    let slice = slice(subject);
    let user = subject.user_id.map_or_else(String::new, |user| format!(" | grep -F -e {}", word(user)));
    let others: Vec<String> = subject.others.iter().map(|user| format!("-e {}", word(user))).collect();
    let senders = if others.is_empty() { String::new() } else { format!(" | grep -F {}", others.join(" ")) };
    vec![
        query(
            "log-key-uploads",
            "Uploads of keys by this user, and refusals",
            format!("{slice} | grep -F -e '/keys/upload' -e 'One time key '{user}"),
            "How often uploads were refused (400), since when, and whether one was accepted (200) shortly before: by another \
             tab, or by the store of before.",
        ),
        query(
            "log-to-device",
            "To-device messages of the participants concerned",
            format!("{slice} | grep -F -e '/sendToDevice/'{senders}"),
            "Whether the sender's media key reached the homeserver at all.",
        ),
        query(
            "log-delayed-events",
            "Delayed events of calls",
            format!("{slice} | grep -F -e 'delayed_events' -e 'org.matrix.msc4140.delay='"),
            "How long the homeserver took for the requests that keep a member in a call, and with which status.",
        ),
        query(
            "log-slow-requests",
            "Requests that took two seconds or more, long polls left out",
            format!(
                "{slice} | awk 'match($0, /Processed request: [0-9.]+sec/) && substr($0, RSTART + 19, RLENGTH - 22) + 0 >= 2 \
                 && $0 !~ /\\/sync[? ]/'"
            ),
            "Whether the homeserver was slow at that time, for everybody or for one kind of request.",
        ),
    ]
}

/// The lines within the report's time. Each line in Synapse's log begins with its time.
fn slice(subject: &Subject<'_>) -> String {
    format!(
        "awk -v from='{}' -v to='{}' 'substr($0, 1, 19) >= from && substr($0, 1, 19) <= to' homeserver.log",
        as_in_the_log(subject.from),
        as_in_the_log(subject.to)
    )
}

/// `2026-11-24 00:13:36`
fn as_in_the_log(time: Timestamp) -> String {
    let iso = time.to_string();
    format!("{} {}", &iso[..10], &iso[11..19])
}
