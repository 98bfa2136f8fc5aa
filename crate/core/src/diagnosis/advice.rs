//! The next step for each finding, and possible fixes, the least destructive first. Advice only: nothing is done
//! automatically.

use super::remedies::{
    ALLOW_DELAYED, ASK_SENDER, CLOSE_AND_RELOAD, FREE_SPACE, KEEP_STORAGE, LOG_OUT_AND_IN, MEDIA_SERVER, NETWORK,
    NO_OLD_PROFILE, ONE_RELEASE, ONE_TAB, PEER_LOGS_IN, PROXY, RATE_LIMIT, REDACT, REJOIN, RELIEVE, RELOAD,
    REMOVE_DEVICE, REOPEN, REPAIR, RESTORE_BACKUP, RemedyText, SAVE_HISTORY, SDK_BEFORE, SUPPORT_DELAYED, UPDATE_SDK,
    UPLOAD_ROUTE, VERIFY_SENDER,
};
use crate::verdict::{Conclusion, Finding, FindingId, Verdict};

pub(crate) struct Advice {
    pub(crate) next: &'static str,
    pub(crate) queries: &'static [&'static str],
    pub(crate) remedies: &'static [RemedyText],
}

const UPLOADS: &[&str] = &["one-time-keys", "one-time-key-counts", "fallback-keys", "log-key-uploads"];
const TRIGGER: &[&str] = &["one-time-keys", "devices", "log-key-uploads"];
const TO_DEVICE: &[&str] = &["one-time-keys", "device-inbox", "log-to-device"];
const EVENTS: &[&str] = &["events"];
const SLOW: &[&str] = &["log-delayed-events", "log-slow-requests"];

/// The next step, and possible fixes.
type Step = (&'static str, &'static [RemedyText]);

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
        Verdict::RuledOut | Verdict::NotApplicable => ("Nothing here; see the other questions.", &[]),
        _ => ("Add the missing evidence and run the diagnosis again.", &[]),
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

/// A fault that has ended needs no fix itself, but its consequences may.
pub(crate) const fn advice_after_end(id: FindingId) -> Advice {
    let next = match id {
        FindingId::CryptoStore => {
            "Watch whether it happens again. Keys that could not be written meanwhile come from the key backup."
        }
        _ => {
            "Nothing for the keys themselves. Messages that could not be decrypted meanwhile come back only from the key backup."
        }
    };
    let remedies: &[RemedyText] = match id {
        FindingId::CryptoStore => &[RESTORE_BACKUP, KEEP_STORAGE],
        _ => &[RESTORE_BACKUP],
    };
    let queries = match id {
        FindingId::CryptoStore => &[],
        _ => UPLOADS,
    };
    Advice { next, queries, remedies }
}

/// A device that lost its store has new identity keys: neither a repair in place nor a reload makes it reachable.
pub(crate) fn without_repair(divergence: &mut Finding) {
    if divergence.conclusion != Some(Conclusion::Divergence) {
        return;
    }
    "Save the message history, then log out of this device and back in.".clone_into(&mut divergence.next);
    divergence.remedies = [SAVE_HISTORY, LOG_OUT_AND_IN, REMOVE_DEVICE].iter().map(RemedyText::to_model).collect();
}

fn of_keys(id: FindingId, conclusion: Option<Conclusion>) -> Option<Step> {
    Some(match (id, conclusion) {
        (FindingId::OtkDivergence, Some(Conclusion::Divergence)) => (
            "Keep to one tab and reload it. If uploads are still refused, repair the keys in place; if the repair is \
             refused, save the message history, then log out and back in.",
            &[CLOSE_AND_RELOAD, REPAIR, SAVE_HISTORY, LOG_OUT_AND_IN, REMOVE_DEVICE],
        ),
        (FindingId::OtkDivergence, Some(Conclusion::Exhaustion)) => (
            "Bring the client online and check that it uploads new one-time keys. If it does not, find out why its \
             uploads fail.",
            &[RELOAD, SAVE_HISTORY, LOG_OUT_AND_IN],
        ),
        (FindingId::OtkDivergence, Some(Conclusion::ClientLoop)) => (
            "Reload the client; if the same upload is refused again, report it to the homeserver's developers: it must \
             accept a key that it already has.",
            &[RELOAD, SAVE_HISTORY, LOG_OUT_AND_IN],
        ),
        (FindingId::KeyUploads, Some(Conclusion::TooManyKeys)) => (
            "Report the versions in this report to the developers of the app: the crypto library uploads too many keys.",
            &[UPDATE_SDK, SAVE_HISTORY, LOG_OUT_AND_IN],
        ),
        (FindingId::KeyUploads, Some(Conclusion::UploadsRefused | Conclusion::UploadsFailing)) => {
            ("Look up the failed requests in the logs of the homeserver and its proxy.", &[UPLOAD_ROUTE, RELOAD])
        }
        (FindingId::CryptoStore, Some(Conclusion::ConnectionLost)) => (
            "Reload the page and check the crypto store and the identity keys in a new report.",
            &[RELOAD, KEEP_STORAGE],
        ),
        (FindingId::CryptoStore, Some(Conclusion::StoreFailing)) => (
            "Close and reopen the app. If it happens again, check the browser's profile and the disk.",
            &[REOPEN, FREE_SPACE, SAVE_HISTORY, LOG_OUT_AND_IN],
        ),
        (FindingId::CryptoStore, Some(Conclusion::StoreFull)) => {
            ("Free space for the browser's storage, then reload.", &[FREE_SPACE, KEEP_STORAGE])
        }
        (FindingId::CryptoStore, Some(Conclusion::StoreVersionConflict)) => {
            ("Keep to one tab with the newest release of the app.", &[ONE_RELEASE, ONE_TAB])
        }
        (FindingId::CryptoStore, Some(Conclusion::StoreCorrupt)) => (
            "Check that the key backup is on, then log out of this device and back in.",
            &[SAVE_HISTORY, LOG_OUT_AND_IN, REMOVE_DEVICE],
        ),
        (FindingId::CryptoStore, Some(Conclusion::StoreOfAnother)) => (
            "Find out whose session and whose store they are. Log out of the one that is not needed, with the app's \
             own logout.",
            &[SAVE_HISTORY, LOG_OUT_AND_IN],
        ),
        (FindingId::Ke1Trigger, Some(Conclusion::EvictedStore)) => (
            "Find out who deleted the store: the browser because space was low, a cleaning tool, or a person.",
            &[KEEP_STORAGE],
        ),
        (FindingId::Ke1Trigger, Some(Conclusion::SeveralTabs)) => (
            "Keep to one tab and reload it; if uploads are still refused, repair the keys in place.",
            &[ONE_TAB, REPAIR],
        ),
        (FindingId::Ke1Trigger, Some(Conclusion::RestoredStore)) => (
            "Ask whether the browser's profile or the machine was restored before it began.",
            &[NO_OLD_PROFILE, ONE_TAB, REPAIR],
        ),
        _ => return None,
    })
}

fn of_media_keys(id: FindingId, verdict: Verdict, conclusion: Option<Conclusion>) -> Option<Step> {
    Some(match (id, conclusion) {
        (FindingId::Ke2KeysNotSent, Some(Conclusion::NoKeyTargets)) => (
            "Compare with the reports of the other participants: who was in the call, and with which devices.",
            &[REJOIN],
        ),
        (FindingId::Ke2KeysNotSent, Some(Conclusion::PeerDiverged | Conclusion::PeerWithoutKeys)) => {
            ("Get the report of the named device: the cause is there.", &[REJOIN, PEER_LOGS_IN])
        }
        (FindingId::Ke2AfterKe1, Some(Conclusion::DeadKeyClaimed | Conclusion::OldIdentityUsed)) => {
            ("Reset the encryption of this device; then make the call again.", &[SAVE_HISTORY, REJOIN, LOG_OUT_AND_IN])
        }
        (FindingId::Ke2AfterKe1, _) if verdict == Verdict::Possible => {
            ("Check whether the sender claimed one of the refused keys, or found none.", &[SAVE_HISTORY, REJOIN])
        }
        (FindingId::Ke2ToDeviceValidation, Some(Conclusion::ToDeviceValidation)) => (
            "Report the lines with the sender and the version of the crypto library to the SDK's developers.",
            &[REJOIN, SDK_BEFORE],
        ),
        (FindingId::Ke2CallTransport, Some(Conclusion::CallTransport)) => (
            "The encryption works. Look at the call: its media server, and the other participant's report.",
            &[REJOIN, MEDIA_SERVER],
        ),
        _ => return None,
    })
}

fn of_events(conclusion: Option<Conclusion>) -> Option<Step> {
    Some(match conclusion {
        Some(Conclusion::MalformedAtSource) => {
            ("Find out which client sent the events, and report it to its developers.", &[ASK_SENDER, REDACT])
        }
        Some(Conclusion::MalformedAtClient) => {
            ("Report the event and the versions in this report to the developers of this client.", &[RELOAD])
        }
        Some(Conclusion::KeysMissing) => {
            ("Wait for the keys: from the sender, from the key backup, or from another device.", &[RESTORE_BACKUP])
        }
        Some(Conclusion::SenderNotTrusted) => {
            ("Ask the sender whether they reset or replaced a device.", &[VERIFY_SENDER])
        }
        Some(Conclusion::StoreFailing) => {
            ("See the question about the crypto store, then close and reopen the app.", &[REOPEN, RESTORE_BACKUP])
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
            ("Check the homeserver's rate limits, and how many participants share one address.", &[RATE_LIMIT])
        }
        Some(Conclusion::DelayedEventExpired) => (
            "Find out why the client did not restart the timer in time: its network, its load, or the homeserver.",
            &[REJOIN, NETWORK, PROXY],
        ),
        Some(Conclusion::DelayedEventsUnsupported) => (
            "Check that the homeserver supports delayed events and that the proxy forwards their path.",
            &[SUPPORT_DELAYED, PROXY],
        ),
        Some(Conclusion::SlowHomeserver | Conclusion::FailingHomeserver) => {
            ("Check the homeserver's log and load at that time.", &[PROXY, RELIEVE])
        }
        Some(Conclusion::NotTheHomeserver) => {
            ("Check the network between this client and the homeserver, and the client's own load.", &[NETWORK, PROXY])
        }
        Some(Conclusion::DelayedEventsRefused) => {
            ("Check the homeserver's settings for delayed events.", &[ALLOW_DELAYED])
        }
        _ => return None,
    })
}
