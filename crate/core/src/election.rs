//! What happens to a tab in the election of a leader, and what it has to do: the words of [`leadership`](crate::leadership).

use serde::{Deserialize, Serialize};

use crate::json::to_json;
use crate::tab_message::Message;

/// How long a leader may take to say that it heard a question. After that the person is told that it does not respond.
pub const ANSWER_MS: u32 = 4_000;
/// How long its host may take to decide, and how long to shut down, before whoever asks is told no.
pub const DECISION_MS: u32 = 15_000;
/// How long the tab that asked may take to say that it is ready for the lock.
pub const HANDOVER_MS: u32 = 2_000;
/// How long a tab that nobody looks at waits before it leads: the former leader may be reloading, and asks for it back. A
/// large app takes seconds to be loaded on a slow device.
pub const PAUSE_MS: u32 = 10_000;
/// A tab that waited for the lock for less than this took it from nobody, and does not pause.
pub const AT_ONCE_MS: u32 = 500;

/// What a tab is to its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema), ts(rename = "TabRole"))]
pub enum Role {
    /// It holds the lock.
    Leader,
    /// Another tab does, or nobody yet.
    Follower,
    /// The browser gives no locks: every tab is on its own.
    Solo,
}

/// What happens to a tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It takes part.
    Started {
        /// Whether this very tab led until a moment ago: it was reloaded.
        led_before: bool,
    },
    /// A request has the lock.
    Granted {
        /// The number of the request.
        number: u32,
        /// How long it waited in line.
        waited_ms: u32,
    },
    /// The request with this number is over: the browser, or foreign code, ended it.
    Ended(u32),
    /// The browser gives no locks.
    Unavailable,
    /// Another tab of the session said something.
    Heard(Message),
    /// The time that was set is over; with the number it was set under.
    TimedOut(u32),
    /// Whether a person can see the page, from now on. Not before this is said.
    Visible(bool),
    /// The page is going away or is put to sleep.
    Hidden,
    /// The page is back.
    Shown,
    /// The host wants this tab to lead.
    TakeOver,
    /// The host answered [`Action::AskHost`].
    Decided {
        /// The number of the question.
        question: u32,
        /// Why it refuses; `None`: it yields.
        refusal: Option<String>,
    },
    /// The host that was to yield has shut down.
    Down,
    /// The host wants no part any more.
    Released,
}

/// What came of the wish to take over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This tab leads.
    Granted,
    /// It does not, for this reason.
    Refused(String),
    /// The leader does not respond. The question stays open.
    Silence,
}

impl Answer {
    /// As JSON, for the host: whether this tab leads, and why the other tab goes on.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Told<'a> {
            granted: bool,
            reason: Option<&'a str>,
        }

        let reason = if let Self::Refused(reason) = self { Some(&**reason) } else { None };
        to_json(&Told { granted: *self == Self::Granted, reason })
    }
}

/// What a tab is to do. In this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Tell the host its new role, before anything else is done.
    Tell(Role),
    /// Tell the host whether the leader left the question of this tab unanswered, from now on. Not before this is said.
    TellSilent(bool),
    /// Wait in line for the lock, under this number.
    Request(u32),
    /// Let go of what this request holds, or take it out of the line.
    Cancel(u32),
    /// Say something to the other tabs.
    Post(Message),
    /// Give [`Event::TimedOut`] with this number after so many milliseconds; a time set before is void.
    SetTimer {
        /// The number of the timer.
        number: u32,
        /// Milliseconds.
        ms: u32,
    },
    /// Ask the host whether it yields, under this number: [`Event::Decided`] is the answer.
    AskHost(u32),
    /// The host is to shut down: [`Event::Down`] tells when it has.
    ShutDown,
    /// The wish to take over came to an end.
    Answered(Answer),
    /// Note for the next load of this very page that it led: [`Event::Started`] tells.
    NoteLead,
}
