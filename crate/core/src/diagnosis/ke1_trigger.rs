//! What made the device and the homeserver part ways?
//!
//! A deleted store brings new identity keys; tabs that share a store, and a store that was put back, keep the old ones.
//! When the server's key was uploaded tells the last two apart, and only the homeserver knows that.

use super::answer::{Answer, Question};
use super::case::{Case, Refused, fact};
use crate::crypto_store::{CryptoStoreStatus, IdentityCheck, StoreVerdict};
use crate::election::Role;
use crate::entry::Fault;
use crate::tabs::Tab;
use crate::timestamp::Timestamp;
use crate::verdict::{Conclusion, EvidenceRef, Finding, FindingId, Verdict};

const QUESTION: Question = Question {
    id: FindingId::Ke1Trigger,
    fault: Some(Fault::Ke1),
    text: "What made the device and the homeserver part ways: was the crypto store deleted, did several tabs share it, or \
           was an old one put back?",
};

const UPLOAD_TIME: &str = "when the server's key was uploaded: the inventory of one-time keys, with its times";
const STORE: &str =
    "a look at the crypto store: the app has to call checkCryptoStore before and after the client starts";
const ROLL_CALL: &str = "the roll call of the session's tabs, which a collected report holds";

pub(crate) fn ask(case: &Case<'_>, refusals: &[Refused<'_>], divergence: &Finding) -> Finding {
    answer(case, refusals, divergence).to(&QUESTION)
}

fn answer(case: &Case<'_>, refusals: &[Refused<'_>], divergence: &Finding) -> Answer {
    let store = case.report.page.crypto_store.as_ref();
    if let Some(store) = store
        && let Some(answer) = deleted(store, refusals)
    {
        return answer;
    }
    match (divergence.conclusion, divergence.verdict) {
        (Some(Conclusion::Divergence), _) => {}
        (_, Verdict::Unknown) => {
            let why = "Whether they parted ways at all is open.";
            return Answer::open(why).lacking("an answer to the question before");
        }
        (Some(Conclusion::Exhaustion | Conclusion::ClientLoop), _) => {
            let why = "What is wrong with the one-time keys is not that the two hold different ones.";
            return Answer::not_applicable(why).on(divergence.evidence.iter().cloned());
        }
        _ => {
            return Answer::not_seen("They did not part ways, as far as was seen.")
                .on(divergence.evidence.iter().cloned());
        }
    }
    let Some(store) = store else {
        return Answer::open("Nobody looked at the crypto store.").lacking(STORE).lacking(UPLOAD_TIME);
    };
    if !matches!(store.verdict, StoreVerdict::Healthy | StoreVerdict::FirstRun) {
        let why = store.error.as_deref().unwrap_or("the client cannot use it, see the next question");
        return Answer::open(format!("Whether the crypto store is the one of before could not be found out: {why}."))
            .on([fact("cryptoStore.verdict", "the crypto store cannot be judged")])
            .lacking(STORE)
            .lacking(UPLOAD_TIME);
    }
    undeleted(case, store, refusals)
}

/// A lost connection alone is no deleted store: that takes two signs. `None`: nothing was said of a loss.
fn deleted(store: &CryptoStoreStatus, refusals: &[Refused<'_>]) -> Option<Answer> {
    let is_said = matches!(store.verdict, StoreVerdict::Evicted | StoreVerdict::IdentityChanged);
    let loss = store.loss.as_ref();
    let first_refusal = refusals.iter().map(|refused| refused.first).min();
    if !is_said && (loss.is_none() || store.database_listed == Some(true)) {
        return None;
    }
    let is_changed = store.identity == IdentityCheck::Changed;
    let was_gone = store.database_existed == Some(false);
    let is_unlisted = loss.is_some() && store.database_listed == Some(false);
    let evidence = signs(store);
    let refused_before = loss.is_some_and(|loss| first_refusal.is_some_and(|first| first < loss.first_ts));
    if refused_before && !is_changed && !is_unlisted {
        return Some(
            Answer::open(
                "The connection to the store was lost under the running page, but uploads were refused before that.",
            )
            .on(evidence)
            .lacking(UPLOAD_TIME)
            .lacking("the report of an earlier start of this device"),
        );
    }
    let refused_after = loss.is_some() && first_refusal.is_some() && !refused_before;
    let cite_refused = || {
        refusals.iter().filter(|refused| refused.refusal.diverges() == Some(true)).map(|refused| refused.cite.clone())
    };
    let two_signs = is_changed && (was_gone || loss.is_some()) || is_unlisted;
    if two_signs || (refused_after && cite_refused().next().is_some()) {
        let because = "The session was there and the crypto store was not: the browser, or somebody, deleted it.";
        let answer = Answer::new(Verdict::Confirmed, Conclusion::EvictedStore, because).on(evidence);
        let answer = if two_signs { answer } else { answer.on(cite_refused()) };
        return Some(with_silent_servers(answer, is_changed && refusals.is_empty()));
    }
    if is_changed {
        let because = "The device has other identity keys than when it was first seen: its store was deleted and made anew, at \
                       an earlier start.";
        let answer = Answer::new(Verdict::Likely, Conclusion::EvictedStore, because)
            .on(evidence)
            .lacking("the report of the start at which the store was found gone");
        return Some(with_silent_servers(answer, refusals.is_empty()));
    }
    if was_gone && is_said {
        let because = "The session was there and the crypto store was not, but the identity keys were not compared yet: most \
                       likely it was deleted; one of another name would look the same.";
        return Some(Answer::new(Verdict::Likely, Conclusion::EvictedStore, because).on(evidence).lacking(STORE));
    }
    let why = "The connection to the store was lost. Whether the store was deleted, or the connection closed by force with the \
               data still there, is not known.";
    Some(
        Answer::open(if loss.is_some() {
            why
        } else {
            "The store is said to be gone, and nothing in the report shows it."
        })
        .on(evidence)
        .lacking(
            "whether the browser still lists the database, and after a reload whether the identity keys are the same",
        ),
    )
}

/// A well-used device that comes back is refused nothing where its new ids were never used; and not every server refuses.
fn with_silent_servers(answer: Answer, nothing_refused: bool) -> Answer {
    if !nothing_refused {
        return answer;
    }
    answer.adding(
        "That no upload was refused does not speak against it: some homeservers replace keys without a word, and the new keys may \
         have ids that were never used.",
    )
}

/// What shows that the store is gone, or the connection to it.
fn signs(store: &CryptoStoreStatus) -> Vec<EvidenceRef> {
    let mut evidence = Vec::new();
    if store.database_existed == Some(false) {
        evidence.push(fact("cryptoStore.databaseExisted", "the database was gone before the client could make it"));
    }
    if let Some(loss) = &store.loss {
        let text =
            format!("connection lost under the running page at {}: {}", loss.first_ts, first_line(&loss.message));
        evidence.push(fact("cryptoStore.loss", text));
    }
    if store.loss.is_some() && store.database_listed == Some(false) {
        evidence.push(fact("cryptoStore.databaseListed", "the browser does not list the database any more"));
    }
    if store.identity == IdentityCheck::Changed {
        evidence.push(fact("cryptoStore.identity", "the device came back with other identity keys"));
    }
    if let Some(healthy) = store.last_healthy {
        evidence.push(fact("cryptoStore.lastHealthy", format!("last seen with its first keys at {healthy}")));
    }
    evidence
}

/// The identity keys are those of before, or nothing is known of before.
fn undeleted(case: &Case<'_>, store: &CryptoStoreStatus, refusals: &[Refused<'_>]) -> Answer {
    let identity = fact(
        "cryptoStore.verdict",
        match store.verdict {
            StoreVerdict::FirstRun => "this device was not seen before",
            _ => "the store is there, with the identity keys of before",
        },
    );
    let Some(tabs) = &case.report.tabs else {
        return Answer::open("The store is there. Whether several tabs worked on it is not known.")
            .on([identity])
            .lacking(ROLL_CALL)
            .lacking(UPLOAD_TIME);
    };
    let sharing: Vec<(usize, &Tab)> =
        tabs.tabs.iter().enumerate().filter(|(_, tab)| matches!(tab.role, None | Some(Role::Solo))).collect();
    let shared = (sharing.len() > 1).then_some(sharing);
    let roll = shared.iter().flatten().map(|(index, tab)| {
        let text = format!("a tab open since {}, which shares the store without an election", tab.opened);
        fact(&format!("tabs.tabs[{index}]"), text)
    });
    let evidence: Vec<EvidenceRef> = std::iter::once(identity).chain(roll).collect();
    let uploaded = refusals.iter().find_map(|refused| {
        let (index, row) = case.one_time_key(&refused.refusal.key_id)?;
        let at = row.added_at?;
        let text = format!("the server's key of {} was uploaded at {at}", refused.refusal.key_id);
        Some((at, fact(&format!("server.oneTimeKeys[{index}]"), text)))
    });
    let page_loaded = tabs.tabs.iter().find(|tab| tab.this_tab).map(|tab| tab.opened);
    let is_blank = store.verdict == StoreVerdict::FirstRun && store.database_existed == Some(false);

    match (shared, uploaded) {
        (Some(sharing), Some((at, cite))) => {
            let all_open = sharing.iter().map(|(_, tab)| tab.opened).max();
            if all_open.is_some_and(|open| at >= open) {
                let because = "Several tabs work on one crypto store, and the server's key was uploaded while they were \
                               open: another tab uploaded it, with the same id and another key.";
                return Answer::new(Verdict::Confirmed, Conclusion::SeveralTabs, because).on(evidence).on([cite]);
            }
            Answer::open(
                "Several tabs share the store, but the server's key was uploaded before they were all open: an earlier \
                 sharing and a store that was put back look the same from here.",
            )
            .on(evidence)
            .on([cite])
            .lacking("reports from before that time, or the person's word on what was done to the browser's profile")
        }
        (Some(_), None) if is_blank => Answer::open(
            "The store is new, and several tabs share it: a store that was deleted together with what was remembered of \
             it, and two tabs that raced at the first login, look the same from here.",
        )
        .on(evidence)
        .lacking(UPLOAD_TIME),
        (Some(_), None) => {
            let because = "Several tabs work on one crypto store, each with an encryption machine of its own.";
            Answer::new(Verdict::Likely, Conclusion::SeveralTabs, because).on(evidence).lacking(UPLOAD_TIME)
        }
        (None, uploaded) => alone(is_blank, page_loaded, uploaded).on(evidence),
    }
}

fn alone(is_blank: bool, loaded: Option<Timestamp>, uploaded: Option<(Timestamp, EvidenceRef)>) -> Answer {
    let Some((at, cite)) = uploaded else {
        return if is_blank {
            let because = "The store is new, and yet the server has keys of this device already: the store of before is \
                           gone, together with what was remembered of it.";
            Answer::new(Verdict::Possible, Conclusion::EvictedStore, because).lacking(UPLOAD_TIME)
        } else {
            let because = "The store is there and no other tab shares it now: an older copy that was put back would look \
                           like this, and so would tabs that shared it before.";
            Answer::new(Verdict::Possible, Conclusion::RestoredStore, because).lacking(UPLOAD_TIME)
        };
    };
    let before = loaded.is_some_and(|loaded| at < loaded);
    match (before, is_blank) {
        (true, true) => {
            let because = "The server's key was uploaded before this store was made: the store of before is gone.";
            Answer::new(Verdict::Likely, Conclusion::EvictedStore, because)
                .on([cite])
                .lacking("the report of the start at which the store was found gone")
        }
        (true, false) => {
            let because = "The server's key was uploaded by this very identity before this page was loaded, and its \
                           store does not know it any more: it went back to an older state.";
            Answer::new(Verdict::Likely, Conclusion::RestoredStore, because)
                .on([cite])
                .lacking("the person's word on a profile, backup or disk image that was put back")
        }
        (false, _) => Answer::open(
            "The server's key was uploaded after this page was loaded, and no other tab that shares the store was seen.",
        )
        .on([cite])
        .lacking("whether another tab, window or profile was open then"),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
