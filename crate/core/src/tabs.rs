//! The tabs of a session, as a report names them.

use serde::{Deserialize, Serialize};

use crate::election::Role;
use crate::entry::{Entry, FaultCounts};
use crate::json::to_json;
use crate::timestamp::Timestamp;

/// A tab tells the others of its latest evidence only.
pub const MAX_ENTRIES: usize = 20;

/// One open tab.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Tab {
    /// Its id, made anew with each load of the page.
    pub id: String,
    /// Whether it is the one that wrote the report.
    pub this_tab: bool,
    /// What it is to its session; `null`: its host holds no election.
    pub role: Option<Role>,
    /// Since when it has this role.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub since: Option<Timestamp>,
    /// When its page was loaded.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub opened: Timestamp,
    /// Whether a person could see it; `null`: it did not say.
    pub visible: Option<bool>,
    /// Lines seen of each fault in it.
    pub counts: FaultCounts,
    /// Its latest evidence; of the tab that wrote the report, that stands in `entries` of the report.
    pub entries: Vec<Entry>,
}

/// The roll call of a session's tabs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Tabs {
    /// Name of the session, as the host gave it; `null`: the host holds no election.
    pub session: Option<String>,
    /// The tabs that answered, this one first.
    pub tabs: Vec<Tab>,
    /// Whether the active tab left it unanswered that this one asked for its place: closing it hands over at once.
    #[serde(default)]
    pub leader_silent: bool,
    /// For a person to read: why there is no election, or why others could not be asked.
    pub error: Option<String>,
}

impl Tabs {
    /// As it stands in a report.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

/// What a view needs of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct TabsSummary {
    /// What this tab is to its session.
    pub role: Option<Role>,
    /// How many tabs are open, with this one; `null`: the others were not asked, or cannot be.
    pub count: Option<usize>,
    /// Whether the leader does not respond to this tab.
    pub leader_silent: bool,
}

impl TabsSummary {
    /// As a view is given it.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

/// A part in an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(rename = "TabSeat"))]
pub struct Seat {
    /// Its number.
    pub seat: u32,
    /// What this tab is to the session.
    pub role: Role,
    /// Whether the leader does not respond to this tab.
    pub leader_silent: bool,
}

impl Seat {
    /// As whoever takes it is given it.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_of_an_older_and_of_a_newer_report_are_read() {
        let older = r#"{ "session": "s", "tabs": [], "error": null }"#;
        let newer = r#"{ "session": "s", "tabs": [], "error": null, "leaderSilent": true, "leaderTaken": [1] }"#;
        for (text, leader_silent) in [(older, false), (newer, true)] {
            let tabs: Tabs = serde_json::from_str(text).unwrap();
            assert_eq!(tabs.leader_silent, leader_silent, "{text}");
        }
    }
}
