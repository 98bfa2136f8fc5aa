//! What to do next, and the ways out, the least destructive first. Never more than advice.

use crate::verdict::{Conclusion, FindingId, Remedy, Verdict};

pub(crate) struct Advice {
    pub(crate) next: &'static str,
    pub(crate) queries: &'static [&'static str],
    pub(crate) remedies: &'static [Way],
}

pub(crate) struct Way {
    title: &'static str,
    blast_radius: &'static str,
}

impl Way {
    pub(crate) fn to_model(&self) -> Remedy {
        Remedy { title: self.title.to_owned(), blast_radius: self.blast_radius.to_owned() }
    }
}

const SAVE_HISTORY: Way = Way {
    title: "Make sure that the message history is safe: look whether the key backup is on, or save the room keys to a file.",
    blast_radius: "None.",
};
const LOG_OUT_AND_IN: Way = Way {
    title: "Log out on this device, by the app's own logout, and log in again.",
    blast_radius: "This device alone: it becomes a new device that has to be verified, and messages that are neither in the \
                   key backup nor in a saved file stay unreadable on it.",
};
const REMOVE_DEVICE: Way = Way {
    title: "As administrator, remove the device on the homeserver, where the person cannot log out any more.",
    blast_radius: "The person is logged out of this device at once, and keys that were not saved before are lost.",
};
const ONE_TAB: Way = Way {
    title: "Close the other tabs and windows of the app, and put the tab gate around its start.",
    blast_radius: "None for the data; a call in one of the tabs ends.",
};
const KEEP_STORAGE: Way = Way {
    title: "Have the browser keep the storage: install the app or allow its notifications, and do not let cleaning tools or \
            private windows delete it.",
    blast_radius: "None; the keys that are lost do not come back by it.",
};
const NO_OLD_PROFILE: Way = Way {
    title: "Do not put back browser profiles or disk images with a running session; log out before a backup is restored.",
    blast_radius: "None.",
};
const REJOIN: Way = Way {
    title: "Leave the call and join it again, on the side whose media are missing and then on the other.",
    blast_radius: "The call is interrupted for one participant for a few seconds.",
};
const SDK_BEFORE: Way = Way {
    title: "Try the release of the SDK before, in a deployment for tests, with the same two accounts.",
    blast_radius: "Those who test; a crypto store may not open with an older release, so use new logins.",
};
const MEDIA_SERVER: Way = Way {
    title: "Look at the call's media server: its log at that time, TURN, and whether both sides use the same one.",
    blast_radius: "None; a restart of it ends every call.",
};
const ASK_SENDER: Way = Way {
    title: "Ask the sender to send the message again, with another client or a newer release.",
    blast_radius: "None; the malformed event stays unreadable for everybody.",
};
const REDACT: Way = Way {
    title: "Have the sender or a moderator redact the malformed event.",
    blast_radius: "The event is gone for good, for everybody in the room.",
};
const RELOAD: Way =
    Way { title: "Reload the page: the client fetches the event anew.", blast_radius: "A call in this tab ends." };
const RESTORE_BACKUP: Way = Way {
    title: "Restore the keys from the key backup, or verify this device with another one of the same person.",
    blast_radius: "None.",
};
const RELIEVE: Way = Way {
    title: "Relieve the homeserver: look at its load, its database and its workers at that time.",
    blast_radius: "None as long as one looks; a restart interrupts everybody.",
};
const PROXY: Way = Way {
    title: "Compare the time limits of the reverse proxy with those of the client, and let delayed events pass without a queue.",
    blast_radius: "A reload of the proxy's configuration; long polls are cut once.",
};
const NETWORK: Way = Way { title: "Try the same call from another network, without VPN.", blast_radius: "None." };
const ALLOW_DELAYED: Way = Way {
    title: "Allow delayed events on the homeserver (`max_event_delay_duration`), which calls need.",
    blast_radius: "A restart of the homeserver; clients may then leave events to be sent later.",
};

const UPLOADS: &[&str] = &["one-time-keys", "one-time-key-counts", "fallback-keys", "log-key-uploads"];
const TRIGGER: &[&str] = &["one-time-keys", "devices", "log-key-uploads"];
const TO_DEVICE: &[&str] = &["one-time-keys", "device-inbox", "log-to-device"];
const EVENTS: &[&str] = &["events"];
const SLOW: &[&str] = &["log-delayed-events", "log-slow-requests"];

pub(crate) fn advice(id: FindingId, verdict: Verdict, conclusion: Option<Conclusion>) -> Advice {
    if conclusion == Some(Conclusion::NotSeen) {
        return Advice { next: "Nothing.", queries: &[], remedies: &[] };
    }
    let (next, remedies): (&str, &'static [Way]) = match (id, conclusion) {
        (FindingId::OtkDivergence, Some(Conclusion::Divergence)) => (
            "Save the message history, then reset the encryption of this device: log out and back in.",
            &[SAVE_HISTORY, LOG_OUT_AND_IN, REMOVE_DEVICE],
        ),
        (FindingId::OtkDivergence, Some(Conclusion::Exhaustion)) => (
            "Bring the client online and look whether it uploads new one-time keys; if it does not, why its uploads fail.",
            &[RELOAD, SAVE_HISTORY, LOG_OUT_AND_IN],
        ),
        (FindingId::OtkDivergence, Some(Conclusion::ClientLoop)) => (
            "Reload the client; if the same upload is refused again, report it to the homeserver's developers: the same key \
             is to be accepted.",
            &[RELOAD, SAVE_HISTORY, LOG_OUT_AND_IN],
        ),
        (FindingId::Ke1Trigger, Some(Conclusion::EvictedStore)) => (
            "Find out who deleted the store: the browser for want of space, a cleaning tool, or a person.",
            &[KEEP_STORAGE],
        ),
        (FindingId::Ke1Trigger, Some(Conclusion::SeveralTabs)) => {
            ("Keep to one tab, then reset the encryption of this device once.", &[ONE_TAB])
        }
        (FindingId::Ke1Trigger, Some(Conclusion::RestoredStore)) => (
            "Ask what was done to the browser's profile or to the machine before it began.",
            &[NO_OLD_PROFILE, ONE_TAB],
        ),
        (FindingId::Ke2AfterKe1, Some(Conclusion::DeadKeyClaimed | Conclusion::OldIdentityUsed)) => {
            ("Reset the encryption of this device; then make the call again.", &[SAVE_HISTORY, REJOIN, LOG_OUT_AND_IN])
        }
        (FindingId::Ke2AfterKe1, _) if verdict == Verdict::Possible => (
            "Look whether the sender claimed one of the keys that were refused, or found none.",
            &[SAVE_HISTORY, REJOIN],
        ),
        (FindingId::Ke2ToDeviceValidation, Some(Conclusion::ToDeviceValidation)) => (
            "Take the lines with the sender and the version of the crypto library to the SDK's developers.",
            &[REJOIN, SDK_BEFORE],
        ),
        (FindingId::Ke2CallTransport, Some(Conclusion::CallTransport)) => (
            "Leave the encryption alone, and look at the call: its media server, and the other participant's report.",
            &[REJOIN, MEDIA_SERVER],
        ),
        (FindingId::Ke3Malformed, Some(Conclusion::MalformedAtSource)) => {
            ("Find out which client sent the events, and ask its developers.", &[ASK_SENDER, REDACT])
        }
        (FindingId::Ke3Malformed, Some(Conclusion::MalformedAtClient)) => {
            ("Take the event and the versions in this report to the developers of this client.", &[RELOAD])
        }
        (FindingId::Ke3Malformed, Some(Conclusion::KeysMissing)) => {
            ("See whether the keys come: from the sender, from the key backup, from another device.", &[RESTORE_BACKUP])
        }
        (FindingId::Ke4SlowHomeserver, Some(Conclusion::SlowHomeserver | Conclusion::FailingHomeserver)) => {
            ("Look at the homeserver's log and load at that time.", &[PROXY, RELIEVE])
        }
        (FindingId::Ke4SlowHomeserver, Some(Conclusion::NotTheHomeserver)) => (
            "Look at the network between this client and the homeserver, and at the client's own load.",
            &[NETWORK, PROXY],
        ),
        (FindingId::Ke4SlowHomeserver, Some(Conclusion::DelayedEventsRefused)) => {
            ("Look at the homeserver's settings for delayed events.", &[ALLOW_DELAYED])
        }
        _ if verdict == Verdict::RuledOut => ("Nothing here: look at the other questions.", &[]),
        _ => ("Get what is missing, and ask again.", &[]),
    };
    let queries = match id {
        FindingId::OtkDivergence => UPLOADS,
        FindingId::Ke1Trigger => TRIGGER,
        FindingId::Ke2AfterKe1 | FindingId::Ke2ToDeviceValidation | FindingId::Ke2CallTransport => TO_DEVICE,
        FindingId::Ke3Malformed => EVENTS,
        FindingId::Ke4SlowHomeserver => SLOW,
    };
    let is_settled = verdict == Verdict::RuledOut;
    Advice { next, queries: if is_settled { &[] } else { queries }, remedies }
}
