//! Possible fixes, each with what it affects and what may be lost.

use crate::verdict::Remedy;

pub(crate) struct RemedyText {
    title: &'static str,
    blast_radius: &'static str,
}

impl RemedyText {
    pub(crate) fn to_model(&self) -> Remedy {
        Remedy { title: self.title.to_owned(), blast_radius: self.blast_radius.to_owned() }
    }
}

pub(crate) const SAVE_HISTORY: RemedyText = RemedyText {
    title: "Make sure that the message history is safe: check that the key backup is on, or save the room keys to a \
            file.",
    blast_radius: "None.",
};
pub(crate) const CLOSE_AND_RELOAD: RemedyText = RemedyText {
    title: "Close the other tabs and windows of the app, keep the one whose keys the server accepted, and reload it.",
    blast_radius: "None for the data; a call in one of the tabs ends.",
};
pub(crate) const REPAIR: RemedyText = RemedyText {
    title: "Repair the keys in place: the app's prompt offers this if the device still has its identity keys, for \
            example after several tabs or a restored profile. Do not do it after a deleted store: it would only hide \
            the problem.",
    blast_radius: "Nobody is logged out. Messages that could not be decrypted meanwhile come back only from the key \
                   backup. The repair removes the evidence from the server: save the report first.",
};
pub(crate) const LOG_OUT_AND_IN: RemedyText = RemedyText {
    title: "Log out on this device, by the app's own logout, and log in again.",
    blast_radius: "This device alone: it becomes a new device that must be verified, and messages that are neither in \
                   the key backup nor in a saved file stay unreadable on it.",
};
pub(crate) const REMOVE_DEVICE: RemedyText = RemedyText {
    title: "As administrator, remove the device on the homeserver if the person can no longer log out.",
    blast_radius: "The person is logged out of this device at once, and keys that were not saved before are lost.",
};
pub(crate) const ONE_TAB: RemedyText = RemedyText {
    title: "Close the other tabs and windows of the app, and add the tab gate to the app.",
    blast_radius: "None for the data; a call in one of the tabs ends.",
};
pub(crate) const KEEP_STORAGE: RemedyText = RemedyText {
    title: "Make the browser keep the storage: install the app or allow its notifications, and do not let cleaning \
            tools or private windows delete it.",
    blast_radius: "None; it does not bring lost keys back.",
};
pub(crate) const NO_OLD_PROFILE: RemedyText = RemedyText {
    title: "Do not restore browser profiles or disk images with an active session; log out before you restore a backup.",
    blast_radius: "None.",
};
pub(crate) const REJOIN: RemedyText = RemedyText {
    title: "Leave the call and join it again, first on the side whose media are missing, then on the other.",
    blast_radius: "The call is interrupted for one participant for a few seconds.",
};
pub(crate) const SDK_BEFORE: RemedyText = RemedyText {
    title: "Try the previous release of the SDK in a test deployment, with the same two accounts.",
    blast_radius: "Only the testers; an older release may not open a newer crypto store, so use new logins.",
};
pub(crate) const MEDIA_SERVER: RemedyText = RemedyText {
    title: "Look at the call's media server: its log at that time, TURN, and whether both sides use the same one.",
    blast_radius: "None; a restart of it ends every call.",
};
pub(crate) const ASK_SENDER: RemedyText = RemedyText {
    title: "Ask the sender to send the message again, with another client or a newer release.",
    blast_radius: "None; the malformed event stays unreadable for everybody.",
};
pub(crate) const REDACT: RemedyText = RemedyText {
    title: "Have the sender or a moderator redact the malformed event.",
    blast_radius: "The event is gone for good, for everybody in the room.",
};
pub(crate) const RELOAD: RemedyText =
    RemedyText { title: "Reload the page.", blast_radius: "A call in this tab ends." };
pub(crate) const RESTORE_BACKUP: RemedyText = RemedyText {
    title: "Restore the keys from the key backup, or verify this device with another device of the same person.",
    blast_radius: "None.",
};
pub(crate) const RELIEVE: RemedyText = RemedyText {
    title: "Check the homeserver's load, database and workers at that time.",
    blast_radius: "Looking has none; a restart interrupts everybody.",
};
pub(crate) const PROXY: RemedyText = RemedyText {
    title: "Compare the time limits of the reverse proxy with those of the client, and do not queue delayed events.",
    blast_radius: "A reload of the proxy's configuration; long polls are cut once.",
};
pub(crate) const NETWORK: RemedyText =
    RemedyText { title: "Try the same call from another network, without VPN.", blast_radius: "None." };
pub(crate) const ALLOW_DELAYED: RemedyText = RemedyText {
    title: "Allow delayed events on the homeserver (`max_event_delay_duration`), which calls need.",
    blast_radius: "A restart of the homeserver; clients may then schedule events to be sent later.",
};

pub(crate) const UPDATE_SDK: RemedyText = RemedyText {
    title: "Update the app to a release whose crypto library uploads only as many one-time keys as were used.",
    blast_radius: "None; the page is loaded again.",
};
pub(crate) const UPLOAD_ROUTE: RemedyText = RemedyText {
    title: "Check the path `/keys/upload` at the proxy and the homeserver: routing, size limits, rate limits, errors.",
    blast_radius: "A reload of the proxy's configuration; long polls are cut once.",
};
pub(crate) const REOPEN: RemedyText = RemedyText {
    title: "Close all tabs of the app, and open it again.",
    blast_radius: "A call in one of the tabs ends. Keys that could not be written are lost; the key backup may have \
                   them.",
};
pub(crate) const FREE_SPACE: RemedyText = RemedyText {
    title: "Free space on the disk, and in the browser's storage of other sites.",
    blast_radius: "Whatever you delete. Do not clear the data of this app.",
};
pub(crate) const ONE_RELEASE: RemedyText = RemedyText {
    title: "Close the other tabs, and reload: all tabs must run the same release of the app.",
    blast_radius: "A call in one of the tabs ends.",
};
pub(crate) const VERIFY_SENDER: RemedyText = RemedyText {
    title: "Ask the sender through another channel whether they reset their encryption, then verify them again.",
    blast_radius: "None; until then their messages stay hidden.",
};
pub(crate) const PEER_LOGS_IN: RemedyText = RemedyText {
    title: "On the other device: make sure that its message history is safe, then log out and log in again.",
    blast_radius: "The other device alone: it becomes a new device that must be verified.",
};
pub(crate) const RATE_LIMIT: RemedyText = RemedyText {
    title: "Raise the homeserver's rate limit of delayed events (in Synapse `rc_delayed_event_mgmt`).",
    blast_radius: "A restart of the homeserver; clients may send more such requests.",
};
pub(crate) const SUPPORT_DELAYED: RemedyText = RemedyText {
    title: "Update the homeserver to a release that supports delayed events, and let the proxy forward their path.",
    blast_radius: "A restart of the homeserver interrupts everybody.",
};
