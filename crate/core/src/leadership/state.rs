//! Where a tab stands in the election.

use crate::election::Role;

/// Where the tab stands with the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It takes no part: not yet, not any more, or asleep.
    Away { asleep: bool },
    /// It lost the lock while its host was shutting down: it asks for it again when that is done.
    Stopping,
    /// The browser gives no locks.
    Alone,
    /// Its request waits in line.
    Waiting,
    /// It holds the lock, and gives a tab that is being reloaded the time to ask for it.
    Pausing,
    /// It leads.
    Leading,
    /// It leads, and its host thinks about yielding to another tab.
    Deciding { to: String },
    /// It leads, and its host shuts down; for another tab, unless that was told no meanwhile.
    ShuttingDown { to: Option<String> },
    /// No client runs here; the lock is held until the other tab is there to take it.
    HoldingOut { to: String },
}

impl State {
    pub(super) const fn role(&self) -> Role {
        match self {
            Self::Leading | Self::Deciding { .. } | Self::ShuttingDown { .. } => Role::Leader,
            Self::Away { .. } | Self::Stopping | Self::Waiting | Self::Pausing | Self::HoldingOut { .. } => {
                Role::Follower
            }
            Self::Alone => Role::Solo,
        }
    }
}

/// Where the tab stands with its own wish to take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    None,
    /// The question is out.
    Asked,
    /// The leader did not respond to it in time.
    Unanswered,
    /// The leader has heard it.
    Heard,
}
