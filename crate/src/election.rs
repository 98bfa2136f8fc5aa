//! What happens to a tab in the election of a leader, and what it has to do: the words of [`leadership`](crate::leadership).

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::tab_message::Message;

/// How long a leader may take to say that it heard a question. A leader that hears it later was stolen from. Only a page
/// that hangs takes so long, as one that sleeps has let go: and a page that hangs for less is not robbed of its lock, as
/// it cannot know that before it has run whatever was waiting.
pub const ANSWER_MS: u32 = 12_000;
/// How long its host may take to decide, and how long to shut down, before whoever asks is told no.
pub const DECISION_MS: u32 = 15_000;
/// How long a tab that took the lock waits before it leads. By then a page that was given the lock before, and did not
/// hear of it yet, knows that it hung.
pub const GRACE_MS: u32 = 3_000;
/// How long it waits where the leader says that it was the one from whom the lock was taken, with its consent.
pub const CONSENT_MS: u32 = 250;
/// How long the next leader may take to pick up the lock that is held out to it.
pub const HANDOVER_MS: u32 = 2_000;

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
    Started,
    /// The request with this number has the lock.
    Granted(u32),
    /// The request with this number is over: stolen or cancelled.
    Ended(u32),
    /// The browser gives no locks.
    Unavailable,
    /// Another tab of the session said something; it took `late_ms` to arrive.
    Heard {
        /// What it said.
        message: Message,
        /// How long it was under way.
        late_ms: u32,
    },
    /// The time that was set is over; with the number it was set under.
    TimedOut(u32),
    /// The page is going away or is put to sleep.
    Hidden,
    /// The page is back.
    Shown,
    /// The host wants this tab to lead.
    TakeOver,
    /// The host answered [`Action::AskHost`]: it refuses, for this reason, or it yields.
    Decided(Option<String>),
    /// The host that was to yield has shut down.
    Down,
    /// The host wants no part any more.
    Released,
}

/// What a tab is to do. In this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Tell the host its new role, before anything else is done.
    Tell(Role),
    /// Ask for the lock, under this number: wait in line, or take it from whoever has it.
    Request {
        /// The number of the request.
        number: u32,
        /// Whether to take it at once.
        steal: bool,
    },
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
    /// Ask the host whether it yields: [`Event::Decided`] is the answer.
    AskHost,
    /// The host is to shut down: [`Event::Down`] tells when it has.
    ShutDown,
    /// The wish to take over came to an end: `None` where this tab leads, otherwise why it does not.
    Answered(Option<String>),
}
