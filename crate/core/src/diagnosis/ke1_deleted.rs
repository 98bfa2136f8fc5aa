//! Was the crypto store deleted, and when? The signs may be in one load or in several.

use super::answer::Answer;
use super::ke1_trigger::{STORE, UPLOAD_TIME};
use super::loads::Load;
use super::refused::Refused;
use super::stores::{Identity, StoreInLoad, Stores, is_said_gone};
use crate::crypto_store::{IdentityCheck, StoreLoss};
use crate::timestamp::Timestamp;
use crate::verdict::{Conclusion, EvidenceRef, Verdict};

/// A lost connection alone does not mean a deleted store: that takes two signs. `None`: there is no sign of a loss.
pub(crate) fn deleted(stores: &Stores<'_>, refusals: &[Refused<'_>]) -> Option<Answer> {
    let deletions = stores.deletions();
    if deletions.is_empty() {
        return None;
    }
    let span = stores.span(&deletions);
    let (when, cites) = span.map_or((None, Vec::new()), |(when, cites)| (Some(when), cites));
    let answer = judge(&deletions, refusals).with_evidence(cites);
    let answer = match when {
        Some(when) => answer.with_sentence(&when),
        None => answer,
    };
    let is_earlier = |refused: &&Refused<'_>| refused.identity == Identity::Before;
    Some(match refusals.iter().find(is_earlier) {
        Some(refused) => answer
            .with_sentence("Uploads were refused even before that; the loss does not explain those refusals.")
            .at_most(Verdict::Likely)
            .with_evidence([refused.cite.clone()])
            .with_missing("why the keys had diverged at the first refusal"),
        None => answer,
    })
}

fn judge(deletions: &[StoreInLoad<'_>], refusals: &[Refused<'_>]) -> Answer {
    let is_said = deletions.iter().any(|store| is_said_gone(store.status));
    let is_changed = deletions.iter().any(|store| store.status.identity == IdentityCheck::Changed);
    let was_gone = deletions.iter().any(|store| store.status.database_existed == Some(false));
    let is_unlisted =
        deletions.iter().any(|store| store.status.loss.is_some() && store.status.database_listed == Some(false));
    let loss: Option<&StoreLoss> =
        deletions.iter().filter_map(|store| store.status.loss.as_ref()).min_by_key(|loss| loss.first_ts);
    let evidence = signs(deletions);
    let first_refusal = first_lasting(refusals, loss);
    let refused_before = loss.is_some_and(|loss| first_refusal.is_some_and(|first| first < loss.first_ts));
    if refused_before && !is_changed && !is_unlisted {
        return Answer::undecided(
            "The connection to the store was lost while the page was running, but uploads were refused before that.",
        )
        .with_evidence(evidence)
        .with_missing(UPLOAD_TIME)
        .with_missing("the report of an earlier page load of this device");
    }
    let refused_after = loss.is_some() && first_refusal.is_some() && !refused_before;
    let cite_refused = || {
        let since = |refused: &&Refused<'_>| loss.is_none_or(|loss| refused.first >= loss.first_ts);
        let diverging = refusals.iter().filter(|refused| refused.refusal.diverges() == Some(true));
        diverging.filter(since).map(|refused| refused.cite.clone())
    };
    let two_signs = is_changed && (was_gone || loss.is_some()) || is_unlisted;
    if two_signs || (refused_after && cite_refused().next().is_some()) {
        let because = "The session was there but the crypto store was not: the browser or a person deleted it.";
        let answer = Answer::new(Verdict::Confirmed, Conclusion::EvictedStore, because).with_evidence(evidence);
        let answer =
            if two_signs { answer } else { in_one_load(deletions, refusals, answer).with_evidence(cite_refused()) };
        return with_silent_servers(answer, is_changed && refusals.is_empty());
    }
    if is_changed {
        let because = "The device has other identity keys than when it was first seen: its store was deleted and \
                       created again, in an earlier page load.";
        let answer = Answer::new(Verdict::Likely, Conclusion::EvictedStore, because)
            .with_evidence(evidence)
            .with_missing("the report of the page load in which the store was found missing");
        return with_silent_servers(answer, refusals.is_empty());
    }
    if was_gone && is_said {
        let because = "The session was there but the crypto store was not, and the identity keys were not compared \
                       yet: most likely the store was deleted. A store under another name would look the same.";
        return Answer::new(Verdict::Likely, Conclusion::EvictedStore, because)
            .with_evidence(evidence)
            .with_missing(STORE);
    }
    let reason = "The connection to the store was lost. It is not known whether the store was deleted, or whether the \
               browser only closed the connection.";
    Answer::undecided(if loss.is_some() {
        reason
    } else {
        "The store is marked as missing, but nothing in the report shows why."
    })
    .with_evidence(evidence)
    .with_missing(
        "whether the browser still lists the database, and after a reload whether the identity keys are the same",
    )
}

/// A connection lost in one load and an upload refused in another may be unrelated.
fn in_one_load(deletions: &[StoreInLoad<'_>], refusals: &[Refused<'_>], answer: Answer) -> Answer {
    let is_lost_there = |refused: &Refused<'_>| {
        let loss = |store: &StoreInLoad<'_>| store.status.loss.as_ref().map(|loss| loss.first_ts);
        let is_lost = |store: &StoreInLoad<'_>| loss(store).is_some_and(|lost| lost <= refused.first);
        deletions.iter().any(|store| refused.during == Some(store.load) && is_lost(store))
    };
    if refusals.iter().any(|refused| refused.refusal.diverges() == Some(true) && is_lost_there(refused)) {
        return answer;
    }
    answer.at_most(Verdict::Likely).with_missing("after a reload, whether the identity keys are the same")
}

/// Time of the first refusal, ignoring those that had ended before the connection was lost.
fn first_lasting(refusals: &[Refused<'_>], loss: Option<&StoreLoss>) -> Option<Timestamp> {
    let is_over = |refused: &&Refused<'_>| {
        let over = refused.over.as_ref().map(|over| over.at);
        over.is_some_and(|over| loss.is_some_and(|loss| over < loss.first_ts))
    };
    refusals.iter().filter(|refused| !is_over(refused)).map(|refused| refused.first).min()
}

/// A device that comes back may not be refused: its new key ids may be unused, and not every server refuses.
fn with_silent_servers(answer: Answer, nothing_refused: bool) -> Answer {
    if !nothing_refused {
        return answer;
    }
    answer.with_sentence(
        "That no upload was refused does not contradict this: some homeservers replace keys silently, and the new keys \
         may have ids that were never used.",
    )
}

/// The signs that the store or the connection to it was lost.
fn signs(deletions: &[StoreInLoad<'_>]) -> Vec<EvidenceRef> {
    let mut evidence = Vec::new();
    // Once changed, the identity keys stay changed: only cite the first load that found this, and the present one.
    let mut is_change_said = false;
    for StoreInLoad { load, status } in deletions {
        let mut cite = |path: &str, text: String| evidence.push(load.fact(path, text));
        if status.database_existed == Some(false) {
            let text = "the database was missing before the client could create it";
            cite("cryptoStore.databaseExisted", text.to_owned());
        }
        if let Some(loss) = &status.loss {
            let line = loss.message.lines().next().unwrap_or_default();
            let text = format!("connection lost while the page was running, at {}: {line}", loss.first_ts);
            cite("cryptoStore.loss", text);
        }
        if status.loss.is_some() && status.database_listed == Some(false) {
            cite("cryptoStore.databaseListed", "the browser no longer lists the database".to_owned());
        }
        if status.identity == IdentityCheck::Changed && (!is_change_said || *load == Load::Present) {
            cite("cryptoStore.identity", "the device came back with other identity keys".to_owned());
            is_change_said = true;
        }
    }
    if let Some(StoreInLoad { load, status }) = deletions.first()
        && let Some(healthy) = status.last_healthy
    {
        let text = format!("last seen with its first keys at {healthy}");
        evidence.push(load.fact("cryptoStore.lastHealthy", text));
    }
    evidence
}
