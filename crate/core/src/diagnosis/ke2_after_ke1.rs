//! Is a media key missing because the one-time keys have diverged?
//!
//! The chain is: uploads are refused; a sender claims a one-time key whose secret half this device no longer has; the
//! message with the media key cannot be decrypted. Each step leaves a trace, in this order.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Answer, Question, at_most};
use super::calls::unseen;
use super::case::{Case, fact};
use super::loads::Load;
use super::media_keys::{AROUND_MS, DecryptedKey, MediaKeys, MissingKey, UndecryptedKind, UndecryptedMessage};
use super::refused::Refused;
use super::stores::{Identity, Stores};
use crate::entry::Fault;
use crate::timestamp::Timestamp;
use crate::verdict::{Conclusion, EvidenceRef, Finding, FindingId, Verdict};

const QUESTION: Question = Question {
    id: FindingId::Ke2AfterKe1,
    fault: Some(Fault::Ke2),
    text: "Are media keys of calls missing because the one-time keys of this device have diverged?",
};

const PAST: &str = "The refusals were over by then: only a key that was claimed earlier could still be the cause.";
const OF_BEFORE: &str =
    "The refusals are of the earlier identity keys: only a key that was claimed then could still be the cause.";
/// The most keys to name in a sentence.
const MAX_NAMED: usize = 8;
const SENDER: &str = "the report of the participant whose media are missing: \"Error creating Olm session\" there";

pub(crate) fn ask(
    case: &Case<'_>,
    stores: &Stores<'_>,
    refusals: &[Refused<'_>],
    divergence: &Finding,
    keys: &MediaKeys<'_>,
) -> Finding {
    answer(case, stores, refusals, divergence, keys).into_finding(&QUESTION)
}

fn answer(
    case: &Case<'_>,
    stores: &Stores<'_>,
    refusals: &[Refused<'_>],
    divergence: &Finding,
    keys: &MediaKeys<'_>,
) -> Answer {
    if !keys.failed() {
        let because = "No media key was missing: whatever happened to the one-time keys has not affected a call here.";
        return unseen(case, Fault::Ke2, because);
    }
    match (divergence.conclusion, divergence.verdict) {
        (Some(Conclusion::Divergence), _) => {}
        (Some(Conclusion::Exhaustion), _) if keys.missing.iter().any(|missing| missing.arrived_key(keys).is_none()) => {
            return Answer::plain(
                Verdict::Possible,
                "The one-time keys have not diverged, they are used up: a sender without a session with this device \
                 found none, and could use the fallback key at best. It is not known whether this sender needed one.",
            )
            .with_evidence(divergence.evidence.iter().cloned())
            .with_evidence(keys.cite_missing())
            .with_evidence(keys.cite_undecrypted())
            .with_missing(SENDER);
        }
        (_, Verdict::Unknown) => {
            return Answer::undecided("It is not known whether the one-time keys have diverged.")
                .with_evidence(keys.cite_missing())
                .with_evidence(keys.cite_undecrypted())
                .with_missing("an answer to the question about the one-time keys");
        }
        _ => {
            return Answer::plain(Verdict::RuledOut, "The one-time keys have not diverged.")
                .with_evidence(divergence.evidence.iter().cloned())
                .with_evidence(keys.cite_missing())
                .with_evidence(keys.cite_undecrypted());
        }
    }
    let Some(began) = began(stores, refusals, keys) else {
        return Answer::undecided("It is not known when the one-time keys diverged.")
            .with_missing("the time of the first refusal");
    };
    after_divergence(case, stores, refusals, divergence, keys, began)
}

/// When the keys diverged: the time of the earliest trace.
fn began(stores: &Stores<'_>, refusals: &[Refused<'_>], keys: &MediaKeys<'_>) -> Option<Timestamp> {
    let lost = stores.deletions();
    let lost = lost.iter().filter_map(|store| store.status.loss.as_ref()).map(|loss| loss.first_ts);
    let seen = own(refusals).map(|refused| refused.first).chain(lost).min();
    // A message that uses a dead key in a later page than the refusals is a trace by itself.
    let dead = keys.undecrypted.iter().filter(|one| one.kind == UndecryptedKind::PreKey);
    seen.or_else(|| dead.map(|one| one.seen.entry.first_ts.plus_ms(-AROUND_MS)).min())
}

fn after_divergence(
    case: &Case<'_>,
    stores: &Stores<'_>,
    refusals: &[Refused<'_>],
    divergence: &Finding,
    keys: &MediaKeys<'_>,
    began: Timestamp,
) -> Answer {
    let missing: Vec<&MissingKey<'_>> = keys.missing.iter().filter(|missing| missing.last() >= began).collect();
    let undecrypted: Vec<&UndecryptedMessage<'_>> =
        keys.undecrypted.iter().filter(|undecrypted| undecrypted.seen.entry.last_ts >= began).collect();
    if missing.is_empty() && undecrypted.is_empty() {
        return Answer::plain(
            Verdict::RuledOut,
            format!("All missing media keys were missing before the first refusal, at {began}."),
        )
        .with_evidence(keys.cite_missing())
        .with_evidence(keys.cite_undecrypted())
        .with_evidence(refusals.iter().map(|refused| refused.cite.clone()));
    }
    let of_kind = |kind| undecrypted.iter().filter(move |one| one.kind == kind).copied().collect::<Vec<_>>();
    let dead = of_kind(UndecryptedKind::PreKey);
    let mut for_old_identity = of_kind(UndecryptedKind::OtherKey);
    for_old_identity.retain(|message| stores.is_changed_by(message.seen.load()));
    let evidence: Vec<EvidenceRef> = refusals
        .iter()
        .map(|refused| refused.cite.clone())
        .chain(undecrypted.iter().map(|one| one.cite()))
        .chain(missing.iter().flat_map(|one| one.cite(keys)))
        .chain(divergence.evidence.iter().cloned())
        .collect();

    let traced = [
        (dead, Conclusion::DeadKeyClaimed, "a message used a one-time key that this device no longer has"),
        (for_old_identity, Conclusion::OldIdentityUsed, "a message was encrypted for the earlier identity keys"),
    ];
    for (messages, conclusion, what) in traced {
        if messages.is_empty() {
            continue;
        }
        let is_in_call = missing.iter().any(|missing| messages.iter().any(|message| is_of_same_call(message, missing)));
        let is_earlier = refusals.is_empty() && divergence.verdict == Verdict::Possible;
        let because = if is_earlier {
            let place = if case.report.earlier.is_empty() { "in this page" } else { "in the pages of this report" };
            format!(
                "No upload was refused {place}, but {what} and could not be decrypted: the keys had diverged \
                     earlier."
            )
        } else {
            format!("After the problem with the one-time keys began, {what} and could not be decrypted.")
        };
        if !is_in_call {
            let verdict = if is_earlier { Verdict::Possible } else { Verdict::Likely };
            return Answer::new(verdict, conclusion, because)
                .with_evidence(evidence)
                .with_missing("the call's own lines: whose media key was missing, and when");
        }
        let because = format!("{because} The media keys of that sender are missing in the call at that time.");
        return if divergence.verdict == Verdict::Confirmed {
            Answer::new(Verdict::Confirmed, conclusion, because).with_evidence(evidence)
        } else {
            Answer::new(Verdict::Likely, conclusion, because)
                .with_evidence(evidence)
                .with_missing("the evidence that the question about the one-time keys lacks")
        };
    }
    let answer = without_dead_message(case, refusals, keys, &missing, began);
    // If all refusals had ended before the first key was missing, only a key that was claimed before their end can be
    // the cause.
    let first = missing.iter().map(|missing| missing.seen.entry.first_ts).min();
    let is_over =
        |refused: &Refused<'_>| refused.over.as_ref().is_some_and(|over| first.is_some_and(|first| over.at < first));
    let is_past = !refusals.is_empty() && refusals.iter().all(|one| is_over(one) || one.identity == Identity::Before);
    if is_past && answer.is_claimed() {
        let past = if refusals.iter().any(is_over) { PAST } else { OF_BEFORE };
        answer.at_most(Verdict::Possible).with_sentence(past).with_missing(SENDER).with_evidence(evidence)
    } else {
        answer.with_evidence(evidence)
    }
}

/// No message with a dead key was seen: the sender may not have sent one yet.
fn without_dead_message(
    case: &Case<'_>,
    refusals: &[Refused<'_>],
    keys: &MediaKeys<'_>,
    missing: &[&MissingKey<'_>],
    began: Timestamp,
) -> Answer {
    let decrypted_since = |missing: &&MissingKey<'_>| missing.key_after(keys, began).map(DecryptedKey::cite);
    if !missing.is_empty() && missing.iter().all(|missing| decrypted_since(missing).is_some()) {
        return Answer::plain(
            Verdict::RuledOut,
            "The media keys of every participant whose media could not be decrypted arrived and were decrypted: the \
             encrypted channel to this device works for them.",
        )
        .with_evidence(missing.iter().filter_map(decrypted_since));
    }
    let gone = claimed_on_server(case, refusals);
    if !gone.is_empty() && !missing.is_empty() {
        return Answer::new(
            Verdict::Likely,
            Conclusion::DeadKeyClaimed,
            "A refused key is no longer on the homeserver: somebody claimed it, and this device does not have its \
             secret. A media key did not arrive after that; it is not known whether it came from the same sender.",
        )
        .with_evidence(gone)
        .with_missing(SENDER);
    }
    let refused_key_ids = refused_key_ids(case, refusals);
    if refused_key_ids.len() > 1 && !missing.is_empty() {
        let named = at_most(MAX_NAMED, refused_key_ids);
        return Answer::new(
            Verdict::Likely,
            Conclusion::DeadKeyClaimed,
            format!(
                "The refusals name one key after the other ({}): a sender claimed the first, and this device does not \
                 have its secret.",
                named.join(", ")
            ),
        )
        .with_missing("the inventory of one-time keys: is the key that was refused first still there?")
        .with_missing(SENDER);
    }
    Answer::plain(
        Verdict::Possible,
        "Media keys went missing after the refusals began, but nothing shows that a sender claimed one of the refused \
         keys.",
    )
    .with_missing("the inventory of one-time keys: is the key that was refused still there?")
    .with_missing(SENDER)
}

/// Refusals of this device. A log line may be about the user's other devices.
fn own<'r, 'a>(refusals: &'r [Refused<'a>]) -> impl Iterator<Item = &'r Refused<'a>> {
    refusals.iter().filter(|refused| refused.is_own)
}

/// The keys named by the refusals of one load, in order of time, without duplicates. In another load they may differ
/// for other reasons.
fn refused_key_ids<'r>(case: &Case<'_>, refusals: &'r [Refused<'_>]) -> Vec<&'r str> {
    let repaired = claimed_by_repair(case);
    let mut sorted: Vec<_> = own(refusals).filter(|one| !repaired.contains(one.refusal.key_id.as_str())).collect();
    sorted.sort_by_key(|refused| refused.first);
    let mut named: BTreeMap<Option<Load>, (BTreeSet<&str>, Vec<&str>)> = BTreeMap::new();
    for refused in sorted {
        let (known, ids) = named.entry(refused.during).or_default();
        let id = refused.refusal.key_id.as_str();
        if known.insert(id) {
            ids.push(id);
        }
    }
    named.into_values().map(|(_, ids)| ids).max_by_key(Vec::len).unwrap_or_default()
}

/// Refused keys that the homeserver no longer has. It had them when it refused, so somebody has claimed them since.
fn claimed_on_server(case: &Case<'_>, refusals: &[Refused<'_>]) -> Vec<EvidenceRef> {
    let Some(rows) = case.one_time_keys().filter(|rows| !rows.is_empty()) else { return Vec::new() };
    let repaired = claimed_by_repair(case);
    let refused = own(refusals).map(|refused| refused.refusal.key_id.as_str()).collect::<BTreeSet<_>>();
    refused
        .difference(&repaired)
        .filter(|id| case.one_time_key(id).is_none())
        .map(|id| fact("server.oneTimeKeys", format!("{} keys of this device are there, {id} is not", rows.len())))
        .collect()
}

/// The keys that this device's repair itself claimed.
fn claimed_by_repair<'a>(case: &Case<'a>) -> BTreeSet<&'a str> {
    let of = |load| case.repair(load).into_iter().flat_map(|repair| &repair.claimed);
    case.loads().flat_map(of).map(|key| key.key_id.as_str()).collect()
}

/// Whether the message would have brought the missing key. An unnamed sender may be anyone.
fn is_of_same_call(message: &UndecryptedMessage<'_>, missing: &MissingKey<'_>) -> bool {
    let is_in_time = missing.seen.is_of_same_load(&message.seen) && missing.is_near(message.seen.entry);
    message.sender.is_some() && message.sender == missing.user && is_in_time
}
