//! Why did this device's keys and the homeserver's diverge?
//!
//! A deleted store leads to new identity keys; with tabs that share a store, and with a restored store, they stay the
//! same. The upload time of the server's key distinguishes the last two, and only the homeserver knows it.

use super::answer::{Answer, Question};
use super::case::{Case, fact};
use super::ke1_deleted::deleted;
use super::loads::Load;
use super::refused::Refused;
use super::stores::{StoreInLoad, Stores};
use crate::crypto_store::StoreVerdict;
use crate::election::Role;
use crate::entry::Fault;
use crate::tabs::Tab;
use crate::timestamp::Timestamp;
use crate::verdict::{Conclusion, EvidenceRef, Finding, FindingId, Verdict};

const QUESTION: Question = Question {
    id: FindingId::Ke1Trigger,
    fault: Some(Fault::Ke1),
    text: "Why did the keys of the device and the homeserver diverge: was the crypto store deleted, did several tabs \
           share it, or was an old one restored?",
};

pub(crate) const UPLOAD_TIME: &str =
    "when the server's key was uploaded: the inventory of one-time keys, with its times";
pub(crate) const STORE: &str =
    "the state of the crypto store: the app must call checkCryptoStore before and after the client starts";
const ROLL_CALL: &str = "the list of the session's tabs, which a collected report contains";

pub(crate) fn ask(case: &Case<'_>, stores: &Stores<'_>, refusals: &[Refused<'_>], divergence: &Finding) -> Finding {
    answer(case, stores, refusals, divergence).into_finding(&QUESTION)
}

fn answer(case: &Case<'_>, stores: &Stores<'_>, refusals: &[Refused<'_>], divergence: &Finding) -> Answer {
    if let Some(answer) = deleted(stores, refusals) {
        return answer;
    }
    match (divergence.conclusion, divergence.verdict) {
        (Some(Conclusion::Divergence), _) => {}
        (_, Verdict::Unknown) => {
            let reason = "It is not known whether the keys diverged at all.";
            return Answer::undecided(reason).with_missing("an answer to the previous question");
        }
        (Some(Conclusion::Exhaustion | Conclusion::ClientLoop), _) => {
            let reason = "The problem with the one-time keys is not that the two sides hold different ones.";
            return Answer::not_applicable(reason).with_evidence(divergence.evidence.iter().cloned());
        }
        _ => {
            return Answer::not_seen("As far as this report shows, the keys did not diverge.")
                .with_evidence(divergence.evidence.iter().cloned());
        }
    }
    // The latest check counts: a page that was just loaded may not have checked yet.
    let Some(store) = stores.iter().next_back() else {
        return Answer::undecided("The app did not check the crypto store.")
            .with_missing(STORE)
            .with_missing(UPLOAD_TIME);
    };
    if !matches!(store.status.verdict, StoreVerdict::Healthy | StoreVerdict::FirstRun) {
        let reason = store.status.error.as_deref().unwrap_or("the client cannot use it, see the next question");
        return Answer::undecided(format!(
            "It could not be checked whether the crypto store is still the same one: {reason}."
        ))
        .with_evidence([store.load.fact("cryptoStore.verdict", "the state of the crypto store is not clear")])
        .with_missing(STORE)
        .with_missing(UPLOAD_TIME);
    }
    undeleted(case, store, refusals)
}

/// The identity keys are unchanged, or nothing is known of earlier ones.
fn undeleted(
    case: &Case<'_>,
    StoreInLoad { load, status: store }: StoreInLoad<'_>,
    refusals: &[Refused<'_>],
) -> Answer {
    let text = match store.verdict {
        StoreVerdict::FirstRun => "this device had not been seen before",
        _ => "the store is there, with the same identity keys as before",
    };
    let identity = load.fact("cryptoStore.verdict", text);
    let Some(tabs) = &case.report.tabs else {
        return Answer::undecided("The store is there. It is not known whether several tabs used it.")
            .with_evidence([identity])
            .with_missing(ROLL_CALL)
            .with_missing(UPLOAD_TIME);
    };
    let refused_in =
        refusals.iter().min_by_key(|refused| refused.first).and_then(|first| Some((first.during?, first.first)));
    let earlier = refused_in.filter(|(load, _)| *load != Load::Present);
    // A tab that was opened after the first refusal cannot be its cause.
    let first = refusals.iter().map(|refused| refused.first).min();
    let was_open = |tab: &Tab| first.is_none_or(|first| tab.opened <= first);
    let is_unelected = |tab: &Tab| matches!(tab.role, None | Some(Role::Solo));
    let is_in_store = |tab: &Tab| is_unelected(tab) && was_open(tab);
    let are_now_several = tabs.tabs.iter().filter(|tab| is_unelected(tab)).count() > 1;
    let sharing: Vec<(usize, &Tab)> = tabs.tabs.iter().enumerate().filter(|(_, tab)| is_in_store(tab)).collect();
    let shared = (sharing.len() > 1).then_some(sharing);
    let roll = shared.iter().flatten().map(|(index, tab)| {
        let text = format!("a tab open since {}, which shares the store without being elected", tab.opened);
        fact(&format!("tabs.tabs[{index}]"), text)
    });
    let evidence: Vec<EvidenceRef> = std::iter::once(identity).chain(roll).collect();
    let uploaded = refusals.iter().find_map(|refused| {
        let (index, row) = case.one_time_key(&refused.refusal.key_id)?;
        // Only if the row still holds the refused key: another one may have been uploaded under that id since.
        let is_it = row.key.is_none() || refused.refusal.old_key.is_none() || row.key == refused.refusal.old_key;
        let at = row.added_at.filter(|_| is_it)?;
        let text = format!("the server's key of {} was uploaded at {at}", refused.refusal.key_id);
        Some((at, fact(&format!("server.oneTimeKeys[{index}]"), text)))
    });
    let opened = tabs.tabs.iter().find(|tab| tab.this_tab).map(|tab| tab.opened);
    let page_loaded = earlier.map_or(opened, |(load, _)| case.began(load));
    let is_blank = store.verdict == StoreVerdict::FirstRun && store.database_existed == Some(false);
    if shared.is_none()
        && uploaded.is_none()
        && let Some(at_once) = open_at_once(case, earlier)
    {
        return at_once.with_evidence(evidence);
    }

    match (shared, uploaded) {
        (Some(sharing), Some((at, cite))) => {
            let all_open = sharing.iter().map(|(_, tab)| tab.opened).max();
            if all_open.is_some_and(|open| at >= open) {
                let because = "Several tabs work on one crypto store, and the server's key was uploaded while they were \
                               open: another tab uploaded it, with the same id and another key.";
                return Answer::new(Verdict::Confirmed, Conclusion::SeveralTabs, because)
                    .with_evidence(evidence)
                    .with_evidence([cite]);
            }
            Answer::undecided(
                "Several tabs share the store, but the server's key was uploaded before they were all open: an earlier \
                 sharing and a restored store look the same from here.",
            )
            .with_evidence(evidence)
            .with_evidence([cite])
            .with_missing(
                "reports from before that time, or the person's answer whether the browser's profile was restored",
            )
        }
        (Some(_), None) if is_blank => Answer::undecided(
            "The store is new, and several tabs share it: a store that was deleted together with its marker, and two \
             tabs that raced at the first login, look the same from here.",
        )
        .with_evidence(evidence)
        .with_missing(UPLOAD_TIME),
        (Some(_), None) => {
            let because = "Several tabs work on one crypto store, each with an encryption machine of its own.";
            Answer::new(Verdict::Likely, Conclusion::SeveralTabs, because)
                .with_evidence(evidence)
                .with_missing(UPLOAD_TIME)
        }
        (None, None) if are_now_several => {
            let because = "Several tabs share the crypto store now, but were loaded after the first refusal. Whether the tabs of \
                           that time shared it is not known; a restored older copy would look the same.";
            Answer::new(Verdict::Possible, Conclusion::SeveralTabs, because)
                .with_evidence(evidence)
                .with_missing(UPLOAD_TIME)
        }
        (None, uploaded) => alone(is_blank, page_loaded, uploaded).with_evidence(evidence),
    }
}

fn alone(is_blank: bool, loaded: Option<Timestamp>, uploaded: Option<(Timestamp, EvidenceRef)>) -> Answer {
    let Some((at, cite)) = uploaded else {
        return if is_blank {
            let because = "The store is new, but the server already has keys of this device: the earlier store is \
                           gone, together with its marker.";
            Answer::new(Verdict::Possible, Conclusion::EvictedStore, because).with_missing(UPLOAD_TIME)
        } else {
            let because = "The store is there and no other tab shares it now: a restored older copy would look like \
                           this, and so would tabs that shared it before.";
            Answer::new(Verdict::Possible, Conclusion::RestoredStore, because).with_missing(UPLOAD_TIME)
        };
    };
    let before = loaded.is_some_and(|loaded| at < loaded);
    match (before, is_blank) {
        (true, true) => {
            let because = "The server's key was uploaded before this store was created: the earlier store is gone.";
            Answer::new(Verdict::Likely, Conclusion::EvictedStore, because)
                .with_evidence([cite])
                .with_missing("the report of the page load in which the store was found missing")
        }
        (true, false) => {
            let because = "This device uploaded the server's key before this page was loaded, and its store no longer \
                           knows the key: the store went back to an older state.";
            Answer::new(Verdict::Likely, Conclusion::RestoredStore, because)
                .with_evidence([cite])
                .with_missing("the person's answer whether a profile, backup or disk image was restored")
        }
        (false, _) => Answer::undecided(
            "The server's key was uploaded after this page was loaded, and no other tab that shares the store was seen.",
        )
        .with_evidence([cite])
        .with_missing("whether another tab, window or profile was open then"),
    }
}

/// Two pages of the device were open at the first refusal, in an earlier load. Whether both used the store is unknown:
/// one may have waited for the other.
fn open_at_once(case: &Case<'_>, earlier: Option<(Load, Timestamp)>) -> Option<Answer> {
    let (load, first) = earlier?;
    let is_open = |other: &Load| {
        let began = case.began(*other);
        *other != load && began.is_some_and(|began| began <= first) && case.last_seen(*other) >= first
    };
    let other = case.loads().find(is_open)?;
    let path = if other == Load::Present { "capturingSince" } else { "beganAt" };
    let because = "When uploads were first refused, two pages of this device were open at once. It is not known \
                   whether both used the crypto store; a restored older copy would look the same.";
    let text = format!("another page, open from {} on", case.began(other).unwrap_or(first));
    Some(
        Answer::new(Verdict::Possible, Conclusion::SeveralTabs, because)
            .with_evidence([load.fact("beganAt", "the page in which uploads were first refused")])
            .with_evidence([other.fact(path, text)])
            .with_missing(UPLOAD_TIME),
    )
}
