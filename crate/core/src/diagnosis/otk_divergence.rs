//! What is wrong with the one-time keys of this device?
//!
//! A refusal names the id, the server's key and the device's key, which proves a divergence. The homeserver's tables
//! show an exhaustion instead, and may contradict the refusal.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Answer, Question};
use super::case::{Case, fact};
use super::key_uploads::Uploads;
use super::loads::Load;
use super::media_keys::MediaKeys;
use super::otk_exhaustion::exhaustion;
use super::refused::{EndEvidence, Refused, network_saw_no_refusal};
use super::stores::{Identity, Stores};
use crate::crypto_store::IdentityCheck;
use crate::earlier::PageEnd;
use crate::entry::{Detail, Fault};
use crate::verdict::{Conclusion, EvidenceRef, Finding, FindingId, Verdict};

const QUESTION: Question = Question {
    id: FindingId::OtkDivergence,
    fault: Some(Fault::Ke1),
    text: "What is wrong with the one-time keys of this device: do they differ from the homeserver's under the same \
           ids, are they used up, or does the client only repeat itself?",
};

/// This many refusals of the same key are a loop.
const LOOP: u32 = 3;

pub(crate) fn ask(
    case: &Case<'_>,
    stores: &Stores<'_>,
    refusals: &[Refused<'_>],
    uploads: &Uploads,
    keys: &MediaKeys<'_>,
) -> Finding {
    answer(case, stores, refusals, uploads, keys).into_finding(&QUESTION)
}

fn answer(
    case: &Case<'_>,
    stores: &Stores<'_>,
    refusals: &[Refused<'_>],
    uploads: &Uploads,
    keys: &MediaKeys<'_>,
) -> Answer {
    // Ongoing refusals are judged. Those that have ended, or belong to other identity keys, count only if there are no
    // others.
    let (lasting, past): (Vec<_>, Vec<_>) =
        refusals.iter().partition(|refused| refused.over.is_none() && refused.identity != Identity::Before);
    if lasting.is_empty() {
        if past.iter().all(|refused| is_earlier(case, refused))
            && let Some(exhaustion) = exhaustion(case)
        {
            return exhaustion.with_evidence(cites(&past));
        }
        return refused(case, stores, &past, keys).unwrap_or_else(|| nothing_refused(case, stores, uploads, keys));
    }
    let answer = refused(case, stores, &lasting, keys).unwrap_or_else(|| nothing_refused(case, stores, uploads, keys));
    answer.with_evidence(cites(&past))
}

fn cites(of: &[&Refused<'_>]) -> Vec<EvidenceRef> {
    of.iter().map(|refused| refused.cite.clone()).collect()
}

/// The conclusion from refusals; `None`: there are none, and the homeserver still has keys.
fn refused(case: &Case<'_>, stores: &Stores<'_>, refusals: &[&Refused<'_>], keys: &MediaKeys<'_>) -> Option<Answer> {
    let (own, unnamed): (Vec<&Refused<'_>>, Vec<_>) = refusals.iter().copied().partition(|refused| refused.is_own);
    let that = |diverges| own.iter().copied().filter(move |refused| refused.refusal.diverges() == Some(diverges));
    let (diverging, same): (Vec<_>, Vec<_>) = (that(true).collect(), that(false).collect());

    if let Some(contradiction) = contradiction(&same, &diverging) {
        return Some(
            Answer::undecided(format!(
                "One refusal of {} shows different keys, another the same key on both sides.",
                contradiction.refusal.key_id
            ))
            .with_evidence(cites(&diverging).into_iter().chain(cites(&same)))
            .with_missing("the row of this key id on the homeserver, read while the refusals last"),
        );
    }
    if !diverging.is_empty() {
        let answer =
            divergence(case, &diverging).with_evidence(cites(&diverging)).with_evidence(state_of_loop(case, true));
        return Some(dated(case, stores, &diverging, keys, answer));
    }
    if let Some(exhaustion) = exhaustion(case) {
        return Some(exhaustion.with_evidence(cites(refusals)));
    }
    if !same.is_empty() {
        let because = "The server refuses keys that it already has, and they are the same on both sides: nothing has \
                       diverged. The client repeats an upload that it believes has failed.";
        let is_loop = most_in_a_load(&same) >= LOOP;
        let verdict = if is_loop { Verdict::Confirmed } else { Verdict::Possible };
        let answer = Answer::new(verdict, Conclusion::ClientLoop, because)
            .with_evidence(cites(&same))
            .with_evidence(state_of_loop(case, false));
        let answer = if is_loop { answer } else { answer.with_missing("more than two refusals in one page load") };
        return Some(dated(case, stores, &same, keys, answer));
    }
    if !own.is_empty() {
        let answer = Answer::new(
            Verdict::Likely,
            Conclusion::Divergence,
            "An upload was refused because its key id is taken. Homeservers do this only for a different key, but the \
             two keys could not be read from the refusal.",
        )
        .with_evidence(cites(&own))
        .with_missing(
            "the full refusal with the old and the new key: from the network tab, a HAR, or the homeserver's log",
        );
        return Some(dated(case, stores, &own, keys, answer));
    }
    if unnamed.is_empty() {
        return None;
    }
    Some(
        Answer::new(
            Verdict::Likely,
            Conclusion::Divergence,
            "The homeserver's log shows refused uploads of this user, but does not name the device.",
        )
        .with_evidence(cites(&unnamed))
        .with_missing("the full line of the refusal: the signatures of its keys name the device"),
    )
}

/// The highest number of refusals in one load. After a reload, a client uploads again, so one refusal in each of
/// several pages is not a loop. Refusals seen by a page and by the server's side may be the same, so they are not
/// added up.
fn most_in_a_load(same: &[&Refused<'_>]) -> u32 {
    let mut counts: BTreeMap<Option<Load>, u32> = BTreeMap::new();
    for refused in same {
        let count = counts.entry(refused.load).or_default();
        *count = count.saturating_add(refused.count);
    }
    counts.into_values().max().unwrap_or(0)
}

/// Whether the refusal happened in a page that has ended.
fn is_earlier(case: &Case<'_>, refused: &Refused<'_>) -> bool {
    refused.during.and_then(|load| case.page(load)).is_some_and(|page| page.end != PageEnd::Open)
}

/// Qualifies the answer: the refusals may have ended, or belong to other identity keys or an earlier page.
fn dated(
    case: &Case<'_>,
    stores: &Stores<'_>,
    refusals: &[&Refused<'_>],
    keys: &MediaKeys<'_>,
    answer: Answer,
) -> Answer {
    let of = |identity| refusals.iter().all(|refused| refused.identity == identity);
    if of(Identity::Before) {
        return answer
            .with_sentence(
                "All refusals came before the device lost its store and came back with other identity keys: they say \
                 nothing about its current keys.",
            )
            .at_most(Verdict::Possible)
            .with_missing("the inventory of one-time keys: which of them are signed by the current identity key?");
    }
    let answer = if refusals.iter().any(|refused| refused.identity == Identity::Present) {
        answer
    } else {
        answer
            .with_sentence(
                "The device came back with other identity keys, before or after this: these refusals may belong to \
                     either set of keys.",
            )
            .at_most(Verdict::Likely)
            .with_missing("the inventory of one-time keys: which of them are signed by the current identity key?")
    };
    let over: Option<Vec<&EndEvidence>> = refusals.iter().map(|refused| refused.over.as_ref()).collect();
    if let Some(over) = over.and_then(|all| all.into_iter().max_by_key(|over| over.at)) {
        // The new identity's uploads say nothing about the old identity's keys on the server.
        if stores.is_changed() {
            let text = format!(
                "No upload was refused after {}, but the device has other identity keys than before: the homeserver may still hold \
                 keys of the earlier ones.",
                over.from
            );
            return answer.with_sentence(&text).with_evidence([over.cite.clone()]);
        }
        // A refused upload succeeds as soon as somebody claims the key with the same id.
        if keys.last_dead().is_some_and(|dead| dead > over.from) {
            let text = format!(
                "No upload was refused after {}, but since then a sender used a one-time key whose secret this device \
                 does not have: the homeserver may hold more of them.",
                over.from
            );
            return answer
                .with_sentence(&text)
                .with_evidence([over.cite.clone()])
                .with_evidence(keys.cite_dead())
                .with_missing("the inventory of one-time keys: which of them does this device know?");
        }
        return answer.with_sentence(&format!("It was over by {}: {}.", over.at, over.cite.text)).ended(over);
    }
    let last = refusals.iter().map(|refused| refused.last).max();
    let Some(last) = last.filter(|_| refusals.iter().all(|refused| is_earlier(case, refused))) else { return answer };
    let answer = answer.with_sentence(&format!(
        "The last refusal was seen in an earlier page, at {last}. Nothing in this report shows that it is over."
    ));
    if !case.would_see_a_refusal() || case.uploads(Load::Present).refusals > 0 {
        return answer;
    }
    answer
        .with_sentence("In this page no upload was refused, though the client would have tried again.")
        .at_most(Verdict::Likely)
        .with_missing("an upload of one-time keys that the homeserver accepts, or refuses")
}

/// The state of the upload loop keeps the latest refusal separately.
fn state_of_loop(case: &Case<'_>, diverges: bool) -> Option<EvidenceRef> {
    case.loads().find_map(|load| {
        let refusal = case.uploads(load).refusal.as_ref().filter(|refusal| refusal.diverges() == Some(diverges))?;
        let text = format!("the latest refused key: {}", refusal.key_id);
        Some(load.fact("uploadLoop.refusal", text))
    })
}

/// Refusals of the same key must agree within one load, and if the load is unknown. Between loads, the key may have
/// changed.
fn contradiction<'r, 'a>(same: &[&'r Refused<'a>], diverging: &[&Refused<'_>]) -> Option<&'r Refused<'a>> {
    let mut apart: BTreeMap<&str, BTreeSet<Option<Load>>> = BTreeMap::new();
    for refused in diverging {
        apart.entry(&refused.refusal.key_id).or_default().insert(refused.during);
    }
    let is_contradicted = |refused: &&&Refused<'_>| {
        apart
            .get(refused.refusal.key_id.as_str())
            .is_some_and(|loads| refused.during.is_none() || loads.contains(&refused.during) || loads.contains(&None))
    };
    same.iter().find(is_contradicted).copied()
}

/// The refusal proves the divergence; the homeserver's inventory may confirm or contradict it.
fn divergence(case: &Case<'_>, diverging: &[&Refused<'_>]) -> Answer {
    let (mut evidence, mut is_replaced): (Vec<EvidenceRef>, bool) = (Vec::new(), false);
    for refused in diverging {
        let refusal = &refused.refusal;
        let Some((index, row)) = case.one_time_key(&refusal.key_id) else { continue };
        let Some(stored) = row.key.as_deref() else { continue };
        let place = format!("server.oneTimeKeys[{index}]");
        if Some(stored) == refusal.old_key.as_deref() {
            evidence.push(fact(&place, format!("the homeserver still holds {stored} as {}", refusal.key_id)));
        } else if refused.over.is_some() || refused.identity == Identity::Before {
            // The refused upload was accepted later, or belongs to identity keys that are gone.
            evidence.push(fact(&place, format!("the homeserver holds {stored} as {} now", refusal.key_id)));
            is_replaced = true;
        } else {
            let owner = if Some(stored) == refusal.new_key.as_deref() { "the device's own key" } else { "a third key" };
            return Answer::undecided(format!(
                "The refusal and the homeserver's inventory contradict each other: under {} the inventory has {owner}.",
                refusal.key_id
            ))
            .with_evidence([fact(&place, format!("the homeserver holds {stored}"))])
            .with_missing("the inventory of one-time keys, read while the refusals last, and of this very device");
        }
    }
    let holds = if diverging.iter().all(|refused| refused.over.is_some()) { "held" } else { "holds" };
    let mut because = format!(
        "The server {holds} different keys under ids that this device uses: each refusal names the id, the server's \
         key and the device's key."
    );
    if evidence.is_empty() && network_saw_no_refusal(case, diverging) {
        because.push_str(
            " Only the console shows this, although uploads are watched on the network: the client uses another \
             `fetch` than the page's, or the lines are not from the client.",
        );
        return Answer::new(Verdict::Likely, Conclusion::Divergence, because).with_missing(
            "the answer to the upload, from the network tab or a HAR, or the row of this key id on the homeserver",
        );
    }
    let verdict = if is_replaced { Verdict::Likely } else { Verdict::Confirmed };
    Answer::new(verdict, Conclusion::Divergence, because).with_evidence(evidence)
}

fn nothing_refused(case: &Case<'_>, stores: &Stores<'_>, uploads: &Uploads, keys: &MediaKeys<'_>) -> Answer {
    if let Some(exhaustion) = exhaustion(case) {
        return exhaustion;
    }
    let mut cut = case
        .entries()
        .filter(|seen| matches!(seen.entry.detail, Detail::Clue) && seen.entry.message.contains("One time key"));
    if let Some(seen) = cut.next() {
        return Answer::undecided(
            "A line mentions a one-time key that already exists, but it cannot be read as a refusal.",
        )
        .with_evidence([seen.cite("the words of a refusal, without a key id")])
        .with_missing("the whole line, or the answer to the upload in the network tab");
    }
    if let Some(lost) = case.lines_not_kept(Fault::Ke1) {
        return lost;
    }
    let clues = case.entries().filter(|seen| matches!(seen.entry.detail, Detail::Clue));
    let clues: Vec<EvidenceRef> =
        clues.map(|seen| seen.cite("the words \"already exists\", about something else")).collect();
    let dead = keys.cite_dead();
    if !dead.is_empty() {
        let place = if case.report.earlier.is_empty() { "in this page" } else { "in the pages of this report" };
        let because = format!(
            "No upload was refused {place}, but a sender used a one-time key of this device whose secret it does not \
             have: the keys had diverged before, or the message was delivered twice."
        );
        return Answer::new(Verdict::Possible, Conclusion::Divergence, because)
            .with_evidence(dead)
            .with_evidence(uploads.cite_accepted())
            .with_missing("reports of earlier page loads of this device: were uploads refused then?")
            .with_missing("the earlier identity keys: the app must call checkCryptoStore");
    }
    if uploads.are_failing() {
        return Answer::undecided(format!(
            "Uploads of keys fail for another reason ({}): it is not known whether the homeserver accepts the keys.",
            uploads.words()
        ))
        .with_evidence(uploads.cite_failures())
        .with_missing("an upload that the homeserver accepts, or refuses because a key exists");
    }
    accepted(case, stores, uploads).with_evidence(clues)
}

/// Accepted uploads prove that nothing has diverged only if the identity keys are unchanged: some homeservers silently
/// keep or replace keys, and an empty store's new ids may collide with none.
fn accepted(case: &Case<'_>, stores: &Stores<'_>, uploads: &Uploads) -> Answer {
    let changed = stores.iter().rev().find(|store| store.status.identity == IdentityCheck::Changed);
    if let Some(changed) = changed {
        return Answer::undecided(
            "No upload was refused, but the device has other identity keys than before: some homeservers replace keys \
             silently, and the new keys may have ids that were never used. So accepted uploads prove nothing here.",
        )
        .with_evidence([changed.load.fact("cryptoStore.identity", "the device came back with other identity keys")])
        .with_evidence(uploads.cite_accepted())
        .with_missing("the inventory of one-time keys: which of them are signed by the current identity key?");
    }
    // Either accepted uploads or the watched time is enough for this answer.
    let watch = case.would_see_a_refusal().then(|| {
        [fact("uploadLoop.watched", "uploads are watched"), fact("syncState", "the client syncs"), case.cite_watch()]
    });
    if uploads.are_accepted() {
        return Answer::not_seen("The homeserver accepted the one-time keys of this device and refused none.")
            .with_evidence(uploads.cite_accepted())
            .with_evidence(watch.into_iter().flatten());
    }
    if let Some(watch) = watch {
        return Answer::not_seen("No upload was refused, and the page was watched long enough for several retries.")
            .with_evidence(watch);
    }
    let answer = Answer::undecided(
        "Nothing was refused, but uploads were not watched, or not long enough to see the next retry.",
    );
    // A store may be restored between two loads, so uploads accepted earlier prove nothing now.
    let before = case.loads().find(|load| *load != Load::Present && case.uploads(*load).accepted > 0);
    let answer = match before {
        Some(load) => answer
            .with_sentence(&format!(
                "In an earlier page, last seen at {}, uploads were accepted.",
                case.last_seen(load)
            ))
            .with_evidence([
                load.fact("uploadLoop.accepted", format!("{} uploads were accepted", case.uploads(load).accepted))
            ]),
        None => answer,
    };
    answer
        .with_evidence([case.cite_watch()])
        .with_missing("a report from a page that watched uploads for at least two minutes while the client was syncing")
}
