//! The ways out, each with what it touches and what may be lost.

use crate::verdict::Remedy;

pub(crate) struct Way {
    pub(super) title: &'static str,
    blast_radius: &'static str,
}

impl Way {
    pub(crate) fn to_model(&self) -> Remedy {
        Remedy { title: self.title.to_owned(), blast_radius: self.blast_radius.to_owned() }
    }
}

pub(crate) const SAVE_HISTORY: Way = Way {
    title: "Make sure that the message history is safe: look whether the key backup is on, or save the room keys to a file.",
    blast_radius: "None.",
};
pub(crate) const CLOSE_AND_RELOAD: Way = Way {
    title: "Close the other tabs and windows of the app, keep the one whose keys the server accepted, and reload it.",
    blast_radius: "None for the data; a call in one of the tabs ends.",
};
pub(crate) const REPAIR: Way = Way {
    title: "Repair the keys in place: the app's prompt offers it where the device kept its identity keys, after several tabs \
            or a restored profile. Not after a deleted store, for which it would only silence the alarm.",
    blast_radius: "Nobody is logged out. Messages that could not be opened meanwhile come back only from the key backup, and \
                   the proof goes from the server: save the report first.",
};
pub(crate) const LOG_OUT_AND_IN: Way = Way {
    title: "Log out on this device, by the app's own logout, and log in again.",
    blast_radius: "This device alone: it becomes a new device that has to be verified, and messages that are neither in the \
                   key backup nor in a saved file stay unreadable on it.",
};
pub(crate) const REMOVE_DEVICE: Way = Way {
    title: "As administrator, remove the device on the homeserver, where the person cannot log out any more.",
    blast_radius: "The person is logged out of this device at once, and keys that were not saved before are lost.",
};
pub(crate) const ONE_TAB: Way = Way {
    title: "Close the other tabs and windows of the app, and put the tab gate around its start.",
    blast_radius: "None for the data; a call in one of the tabs ends.",
};
pub(crate) const KEEP_STORAGE: Way = Way {
    title: "Have the browser keep the storage: install the app or allow its notifications, and do not let cleaning tools or \
            private windows delete it.",
    blast_radius: "None; the keys that are lost do not come back by it.",
};
pub(crate) const NO_OLD_PROFILE: Way = Way {
    title: "Do not put back browser profiles or disk images with a running session; log out before a backup is restored.",
    blast_radius: "None.",
};
pub(crate) const REJOIN: Way = Way {
    title: "Leave the call and join it again, on the side whose media are missing and then on the other.",
    blast_radius: "The call is interrupted for one participant for a few seconds.",
};
pub(crate) const SDK_BEFORE: Way = Way {
    title: "Try the release of the SDK before, in a deployment for tests, with the same two accounts.",
    blast_radius: "Those who test; a crypto store may not open with an older release, so use new logins.",
};
pub(crate) const MEDIA_SERVER: Way = Way {
    title: "Look at the call's media server: its log at that time, TURN, and whether both sides use the same one.",
    blast_radius: "None; a restart of it ends every call.",
};
pub(crate) const ASK_SENDER: Way = Way {
    title: "Ask the sender to send the message again, with another client or a newer release.",
    blast_radius: "None; the malformed event stays unreadable for everybody.",
};
pub(crate) const REDACT: Way = Way {
    title: "Have the sender or a moderator redact the malformed event.",
    blast_radius: "The event is gone for good, for everybody in the room.",
};
pub(crate) const RELOAD: Way =
    Way { title: "Reload the page: the client fetches the event anew.", blast_radius: "A call in this tab ends." };
pub(crate) const RESTORE_BACKUP: Way = Way {
    title: "Restore the keys from the key backup, or verify this device with another one of the same person.",
    blast_radius: "None.",
};
pub(crate) const RELIEVE: Way = Way {
    title: "Relieve the homeserver: look at its load, its database and its workers at that time.",
    blast_radius: "None as long as one looks; a restart interrupts everybody.",
};
pub(crate) const PROXY: Way = Way {
    title: "Compare the time limits of the reverse proxy with those of the client, and let delayed events pass without a queue.",
    blast_radius: "A reload of the proxy's configuration; long polls are cut once.",
};
pub(crate) const NETWORK: Way =
    Way { title: "Try the same call from another network, without VPN.", blast_radius: "None." };
pub(crate) const ALLOW_DELAYED: Way = Way {
    title: "Allow delayed events on the homeserver (`max_event_delay_duration`), which calls need.",
    blast_radius: "A restart of the homeserver; clients may then leave events to be sent later.",
};

pub(crate) const UPDATE_SDK: Way = Way {
    title: "Update the app to a release whose crypto library uploads only the one-time keys that were taken.",
    blast_radius: "None; the page is loaded anew.",
};
pub(crate) const UPLOAD_ROUTE: Way = Way {
    title: "Look at the proxy and the homeserver for the path `/keys/upload`: routing, size and rate limits, errors.",
    blast_radius: "A reload of the proxy's configuration; long polls are cut once.",
};
pub(crate) const REOPEN: Way = Way {
    title: "Close all tabs of the app, and open it again.",
    blast_radius: "A call in one of the tabs ends; keys that could not be written are lost and come again from the key backup.",
};
pub(crate) const FREE_SPACE: Way = Way {
    title: "Make room: on the disk, and in the browser's storage of other sites.",
    blast_radius: "Whatever is deleted; do not clear the data of this app.",
};
pub(crate) const ONE_RELEASE: Way = Way {
    title: "Close the other tabs, and reload: all tabs have to run the same release of the app.",
    blast_radius: "A call in one of the tabs ends.",
};
pub(crate) const VERIFY_SENDER: Way = Way {
    title: "Ask the sender, by another way, whether they reset their encryption, and verify them again.",
    blast_radius: "None; until then their messages stay hidden.",
};
pub(crate) const PEER_LOGS_IN: Way = Way {
    title: "On the other device: make sure that its history is safe, log out, and log in again.",
    blast_radius: "The other device alone: it becomes a new one that has to be verified.",
};
pub(crate) const RATE_LIMIT: Way = Way {
    title: "Raise the homeserver's rate limit of delayed events (in Synapse `rc_delayed_event_mgmt`).",
    blast_radius: "A restart of the homeserver; clients may send more such requests.",
};
pub(crate) const SUPPORT_DELAYED: Way = Way {
    title: "Update the homeserver to a release with delayed events, and have the proxy pass their path on.",
    blast_radius: "A restart of the homeserver interrupts everybody.",
};
