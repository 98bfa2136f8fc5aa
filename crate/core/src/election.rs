//! Events and actions of the election; see [`leadership`](crate::leadership).

use serde::{Deserialize, Serialize};

use crate::json::to_json;
use crate::tab_message::Message;

/// How long a leader may take to confirm that it received a request. After that, the user is told that it does not
/// respond.
pub const ANSWER_MS: u32 = 4_000;
/// How long the leader's host may take to decide, and again to shut down, before the request is refused.
pub const DECISION_MS: u32 = 15_000;
/// How long the tab that takes over may take to say that it is ready for the lock.
pub const HANDOVER_MS: u32 = 2_000;
/// How long a hidden tab waits before it leads: the previous leader may be reloading and will ask for its role back. A
/// large app takes seconds to load on a slow device.
pub const LEAD_DELAY_MS: u32 = 10_000;
/// A tab that got the lock faster than this took it from no other tab, and does not pause.
pub const FREE_LOCK_MS: u32 = 500;

/// A tab's role in its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(rename = "TabRole"))]
pub enum Role {
    /// This tab holds the lock.
    Leader,
    /// Another tab holds the lock, or none does yet.
    Follower,
    /// The browser has no Web Locks: there is no election.
    Solo,
}

/// Something that happened to this tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The tab joins the election.
    Started {
        /// Whether this tab was the leader right before it was reloaded.
        was_leader: bool,
    },
    /// A lock request was granted.
    Granted {
        /// Number of the request.
        number: u32,
        /// How long the request was in the queue.
        waited_ms: u32,
    },
    /// The lock request with this number ended: the browser or foreign code ended it.
    Ended(u32),
    /// The browser has no Web Locks.
    Unavailable,
    /// Another tab of the session sent a message.
    MessageReceived(Message),
    /// The timer with this number fired.
    TimedOut(u32),
    /// Whether the page is visible from now on. Until this event, it counts as hidden.
    Visible(bool),
    /// The page is closing or being frozen.
    Hidden,
    /// The page is back.
    Shown,
    /// The host asks for this tab to lead.
    TakeOver,
    /// The host answered [`Action::AskHost`].
    Decided {
        /// Number of the question.
        question: u32,
        /// Reason for refusing; `None`: the host yields.
        refusal: Option<String>,
    },
    /// The host that yields has shut down.
    HostShutDown,
    /// The host leaves the election.
    Released,
}

/// The outcome of a request to take over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This tab leads.
    Granted,
    /// This tab does not lead, for this reason.
    Refused(String),
    /// The leader does not respond. The request stays open.
    Silence,
}

impl Answer {
    /// As JSON for the host: whether this tab leads, and otherwise the other tab's reason.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct AnswerJson<'a> {
            granted: bool,
            reason: Option<&'a str>,
        }

        let reason = if let Self::Refused(reason) = self { Some(&**reason) } else { None };
        to_json(&AnswerJson { granted: *self == Self::Granted, reason })
    }
}

/// What the tab must do, in the given order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Tell the host its new role, before any further action.
    NotifyRole(Role),
    /// Tell the host whether the leader fails to respond to this tab's request. Until this action, it does not.
    NotifySilent(bool),
    /// Request the lock, under this number.
    Request(u32),
    /// Release the lock of this request, or remove the request from the queue.
    Cancel(u32),
    /// Send a message to the other tabs.
    Post(Message),
    /// Fire [`Event::TimedOut`] with this number after the given time. Replaces an earlier timer.
    SetTimer {
        /// The number of the timer.
        number: u32,
        /// Milliseconds.
        ms: u32,
    },
    /// Ask the host whether it yields, under this number. It answers with [`Event::Decided`].
    AskHost(u32),
    /// Tell the host to shut down. [`Event::Down`] follows when it has.
    ShutDown,
    /// The request to take over has this outcome.
    Answered(Answer),
    /// Remember for the next load of this page that it led; see [`Event::Started`].
    StoreLeaderNote,
}
