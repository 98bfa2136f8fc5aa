//! What to do next, and the ways out, the least destructive first. Never more than advice.

use super::ways::{
    ALLOW_DELAYED, ASK_SENDER, CLOSE_AND_RELOAD, FREE_SPACE, KEEP_STORAGE, LOG_OUT_AND_IN, MEDIA_SERVER, NETWORK,
    NO_OLD_PROFILE, ONE_RELEASE, ONE_TAB, PEER_LOGS_IN, PROXY, RATE_LIMIT, REDACT, REJOIN, RELIEVE, RELOAD,
    REMOVE_DEVICE, REOPEN, REPAIR, RESTORE_BACKUP, SAVE_HISTORY, SDK_BEFORE, SUPPORT_DELAYED, UPDATE_SDK, UPLOAD_ROUTE,
    VERIFY_SENDER, Way,
};
use crate::verdict::{Conclusion, Finding, FindingId, Verdict};

pub(crate) struct Advice {
    pub(crate) next: &'static str,
    pub(crate) queries: &'static [&'static str],
    pub(crate) remedies: &'static [Way],
}

const UPLOADS: &[&str] = &["one-time-keys", "one-time-key-counts", "fallback-keys", "log-key-uploads"];
const TRIGGER: &[&str] = &["one-time-keys", "devices", "log-key-uploads"];
const TO_DEVICE: &[&str] = &["one-time-keys", "device-inbox", "log-to-device"];
const EVENTS: &[&str] = &["events"];
const SLOW: &[&str] = &["log-delayed-events", "log-slow-requests"];

/// What to do next, and the ways out.
type Step = (&'static str, &'static [Way]);

pub(crate) fn advice(id: FindingId, verdict: Verdict, conclusion: Option<Conclusion>) -> Advice {
    if conclusion == Some(Conclusion::NotSeen) {
        return Advice { next: "Nothing.", queries: &[], remedies: &[] };
    }
    let of_fault = match id {
        FindingId::OtkDivergence | FindingId::KeyUploads | FindingId::Ke1Trigger | FindingId::CryptoStore => {
            of_keys(id, conclusion)
        }
        FindingId::Ke3Malformed => of_events(conclusion),
        FindingId::Ke4SlowHomeserver => of_membership(conclusion),
        _ => of_media_keys(id, verdict, conclusion),
    };
    let (next, remedies) = of_fault.unwrap_or(match verdict {
        Verdict::RuledOut | Verdict::NotApplicable => ("Nothing here: look at the other questions.", &[]),
        _ => ("Get what is missing, and ask again.", &[]),
    });
    let queries = match id {
        FindingId::OtkDivergence | FindingId::KeyUploads => UPLOADS,
        FindingId::CryptoStore | FindingId::Ke2KeysNotSent => &[],
        FindingId::Ke1Trigger => TRIGGER,
        FindingId::Ke2AfterKe1 | FindingId::Ke2ToDeviceValidation | FindingId::Ke2CallTransport => TO_DEVICE,
        FindingId::Ke3Malformed => EVENTS,
        FindingId::Ke4SlowHomeserver => SLOW,
    };
    let is_settled = matches!(verdict, Verdict::RuledOut | Verdict::NotApplicable);
    Advice { next, queries: if is_settled { &[] } else { queries }, remedies }
}

/// A fault that is over needs no remedy of its own; its consequences may.
pub(crate) const fn past(id: FindingId) -> Advice {
    let next = match id {
        FindingId::CryptoStore => {
            "Watch whether it comes back; keys that could not be written meanwhile come from the key backup."
        }
        _ => {
            "Nothing for the keys themselves. Messages that could not be decrypted meanwhile come back only from the key backup."
        }
    };
    let remedies: &[Way] = match id {
        FindingId::CryptoStore => &[RESTORE_BACKUP, KEEP_STORAGE],
        _ => &[RESTORE_BACKUP],
    };
    let queries = match id {
        FindingId::CryptoStore => &[],
        _ => UPLOADS,
    };
    Advice { next, queries, remedies }
}

/// A device that lost its store has other identity keys: no repair in place, and no reload, makes it reachable.
pub(crate) fn without_repair(divergence: &mut Finding) {
    // Of what is past, it is not offered.
    if !divergence.remedies.iter().any(|way| way.title == REPAIR.title) {
        return;
    }
    "Save the message history, then log out of this device and back in.".clone_into(&mut divergence.next);
    divergence.remedies = [SAVE_HISTORY, LOG_OUT_AND_IN, REMOVE_DEVICE].iter().map(Way::to_model).collect();
}

fn of_keys(id: FindingId, conclusion: Option<Conclusion>) -> Option<Step> {
    Some(match (id, conclusion) {
        (FindingId::OtkDivergence, Some(Conclusion::Divergence)) => (
            "Keep to one tab and reload it. If uploads are still refused, repair the keys in place; where that is refused, save \
             the message history, then log out and back in.",
            &[CLOSE_AND_RELOAD, REPAIR, SAVE_HISTORY, LOG_OUT_AND_IN, REMOVE_DEVICE],
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
        (FindingId::KeyUploads, Some(Conclusion::TooManyKeys)) => (
            "Take the versions in this report to the developers of the app: the crypto library uploads too much.",
            &[UPDATE_SDK, SAVE_HISTORY, LOG_OUT_AND_IN],
        ),
        (FindingId::KeyUploads, Some(Conclusion::UploadsRefused | Conclusion::UploadsFailing)) => (
            "Look up the failed requests in the log of the homeserver and of the proxy before it.",
            &[UPLOAD_ROUTE, RELOAD],
        ),
        (FindingId::CryptoStore, Some(Conclusion::ConnectionLost)) => {
            ("Reload the page, and look at this report's store and identity keys again.", &[RELOAD, KEEP_STORAGE])
        }
        (FindingId::CryptoStore, Some(Conclusion::StoreFailing)) => (
            "Open the app again; if it goes on, look at the browser's profile and at the disk.",
            &[REOPEN, FREE_SPACE, SAVE_HISTORY, LOG_OUT_AND_IN],
        ),
        (FindingId::CryptoStore, Some(Conclusion::StoreFull)) => {
            ("Make room for the browser's storage, then reload.", &[FREE_SPACE, KEEP_STORAGE])
        }
        (FindingId::CryptoStore, Some(Conclusion::StoreVersionConflict)) => {
            ("Keep to one tab with the newest release of the app.", &[ONE_RELEASE, ONE_TAB])
        }
        (FindingId::CryptoStore, Some(Conclusion::StoreCorrupt)) => (
            "Look whether the key backup is on; then log out and in on this device.",
            &[SAVE_HISTORY, LOG_OUT_AND_IN, REMOVE_DEVICE],
        ),
        (FindingId::CryptoStore, Some(Conclusion::StoreOfAnother)) => (
            "Find out whose session and whose store they are; log out the one that is not wanted, by the app's own logout.",
            &[SAVE_HISTORY, LOG_OUT_AND_IN],
        ),
        (FindingId::Ke1Trigger, Some(Conclusion::EvictedStore)) => (
            "Find out who deleted the store: the browser for want of space, a cleaning tool, or a person.",
            &[KEEP_STORAGE],
        ),
        (FindingId::Ke1Trigger, Some(Conclusion::SeveralTabs)) => (
            "Keep to one tab and reload it; if uploads are still refused, repair the keys in place.",
            &[ONE_TAB, REPAIR],
        ),
        (FindingId::Ke1Trigger, Some(Conclusion::RestoredStore)) => (
            "Ask what was done to the browser's profile or to the machine before it began.",
            &[NO_OLD_PROFILE, ONE_TAB, REPAIR],
        ),
        _ => return None,
    })
}

fn of_media_keys(id: FindingId, verdict: Verdict, conclusion: Option<Conclusion>) -> Option<Step> {
    Some(match (id, conclusion) {
        (FindingId::Ke2KeysNotSent, Some(Conclusion::NoKeyTargets)) => {
            ("Compare with the reports of the others in the call: who was in it, and with which devices.", &[REJOIN])
        }
        (FindingId::Ke2KeysNotSent, Some(Conclusion::PeerDiverged | Conclusion::PeerWithoutKeys)) => {
            ("Get the report of the device that is named: the cause is there.", &[REJOIN, PEER_LOGS_IN])
        }
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
        _ => return None,
    })
}

fn of_events(conclusion: Option<Conclusion>) -> Option<Step> {
    Some(match conclusion {
        Some(Conclusion::MalformedAtSource) => {
            ("Find out which client sent the events, and ask its developers.", &[ASK_SENDER, REDACT])
        }
        Some(Conclusion::MalformedAtClient) => {
            ("Take the event and the versions in this report to the developers of this client.", &[RELOAD])
        }
        Some(Conclusion::KeysMissing) => {
            ("See whether the keys come: from the sender, from the key backup, from another device.", &[RESTORE_BACKUP])
        }
        Some(Conclusion::SenderNotTrusted) => ("Ask the sender what was done to their devices.", &[VERIFY_SENDER]),
        Some(Conclusion::StoreFailing) => {
            ("See the question of the crypto store; then open the app again.", &[REOPEN, RESTORE_BACKUP])
        }
        Some(Conclusion::PossibleReplay | Conclusion::DamagedMessage) => (
            "Compare the event with the homeserver's copy, and try another device of the same person.",
            &[RELOAD, ASK_SENDER],
        ),
        _ => return None,
    })
}

fn of_membership(conclusion: Option<Conclusion>) -> Option<Step> {
    Some(match conclusion {
        Some(Conclusion::RateLimited) => {
            ("Look at the homeserver's rate limits, and at how many members share one address.", &[RATE_LIMIT])
        }
        Some(Conclusion::DelayedEventExpired) => (
            "Look at what kept the client from restarting the timer before that: its network, its load, the homeserver.",
            &[REJOIN, NETWORK, PROXY],
        ),
        Some(Conclusion::DelayedEventsUnsupported) => (
            "Look whether the homeserver supports delayed events, and the proxy passes their path on.",
            &[SUPPORT_DELAYED, PROXY],
        ),
        Some(Conclusion::SlowHomeserver | Conclusion::FailingHomeserver) => {
            ("Look at the homeserver's log and load at that time.", &[PROXY, RELIEVE])
        }
        Some(Conclusion::NotTheHomeserver) => (
            "Look at the network between this client and the homeserver, and at the client's own load.",
            &[NETWORK, PROXY],
        ),
        Some(Conclusion::DelayedEventsRefused) => {
            ("Look at the homeserver's settings for delayed events.", &[ALLOW_DELAYED])
        }
        _ => return None,
    })
}
