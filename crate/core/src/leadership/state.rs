//! The state of a tab in the election.

use crate::election::Role;

/// The tab's state in the election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The tab takes no part: it has not started, was released, or is frozen.
    Away { is_frozen: bool },
    /// The tab lost the lock while its host was shutting down. It requests the lock again afterwards.
    Stopping,
    /// The browser has no Web Locks.
    Solo,
    /// The lock request is in the queue.
    Waiting,
    /// The tab holds the lock, but first gives a tab that is reloading time to ask for it.
    Pausing,
    /// The tab leads.
    Leading,
    /// The tab leads; its host decides whether to yield to another tab.
    Deciding { to: String },
    /// The tab leads; its host is shutting down. `to` is the tab that takes over, unless its request was refused meanwhile.
    ShuttingDown { to: Option<String> },
    /// No client runs here. The tab holds the lock until the other tab is ready to take it.
    HandingOver { to: String },
}

impl State {
    pub(super) const fn role(&self) -> Role {
        match self {
            Self::Leading | Self::Deciding { .. } | Self::ShuttingDown { .. } => Role::Leader,
            Self::Away { .. } | Self::Stopping | Self::Waiting | Self::Pausing | Self::HandingOver { .. } => {
                Role::Follower
            }
            Self::Solo => Role::Solo,
        }
    }
}

/// State of this tab's own request to take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TakeOverRequest {
    None,
    /// The leader was asked.
    Sent,
    /// The leader did not respond in time.
    Unanswered,
    /// The leader confirmed that it received the request.
    Acknowledged,
}
