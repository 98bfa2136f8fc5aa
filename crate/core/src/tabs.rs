//! The tabs of a session, as listed in a report.

use serde::{Deserialize, Serialize};

use crate::election::Role;
use crate::entry::{Entry, FaultCounts};
use crate::json::to_json;
use crate::timestamp::Timestamp;

/// A tab sends only this many of its latest entries to the others.
pub const MAX_ENTRIES: usize = 20;

/// One open tab.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Tab {
    /// Id of the tab, new with each load of the page.
    pub id: String,
    /// Whether this is the tab that wrote the report.
    pub this_tab: bool,
    /// The tab's role in its session; `null`: its host did not start an election.
    pub role: Option<Role>,
    /// When this role began.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub since: Option<Timestamp>,
    /// When the page was loaded.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub opened: Timestamp,
    /// Whether the page was visible; `null`: unknown.
    pub visible: Option<bool>,
    /// Lines that this tab saw per fault.
    pub counts: FaultCounts,
    /// The tab's latest entries. Empty for the tab that wrote the report: see the report's `entries`.
    pub entries: Vec<Entry>,
}

/// The result of a roll call among a session's tabs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Tabs {
    /// Name of the session, given by the host; `null`: the host did not start an election.
    pub session: Option<String>,
    /// The tabs that answered, this one first.
    pub tabs: Vec<Tab>,
    /// Whether the active tab did not respond when this tab asked to take over. Closing the active tab hands over at
    /// once.
    #[serde(default)]
    pub leader_silent: bool,
    /// Human-readable reason why there is no election, or why the other tabs could not be asked.
    pub error: Option<String>,
}

impl Tabs {
    /// As JSON for the report.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

/// The data about tabs that a view needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct TabsSummary {
    /// This tab's role in its session.
    pub role: Option<Role>,
    /// Number of open tabs, including this one; `null`: the others were not asked, or cannot be.
    pub count: Option<usize>,
    /// Whether the leader does not respond to this tab.
    pub leader_silent: bool,
}

impl TabsSummary {
    /// As JSON for a view.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

/// A participation in an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct TabSeat {
    /// Number of the participation.
    pub seat: u32,
    /// This tab's role in the session.
    pub role: Role,
    /// Whether the leader does not respond to this tab.
    pub leader_silent: bool,
}

impl TabSeat {
    /// As JSON for the caller who joined.
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
