//! Can the client use its crypto store?
//!
//! Failures of the store are known from the client's lines, which contain the browser's own messages. Missing lines
//! alone prove nothing, but identity keys that were read from the store do.

use super::answer::{Answer, Question};
use super::case::Case;
use super::loads::Load;
use super::refused::EndEvidence;
use super::stores::{StoreInLoad, Stores};
use crate::crypto_store::{CryptoStoreStatus, IdentityCheck, StoreVerdict};
use crate::store_trouble::{StoreTrouble, StoreTroubleKind};
use crate::verdict::{Conclusion, EvidenceRef, Finding, FindingId, Verdict};

const QUESTION: Question = Question {
    id: FindingId::CryptoStore,
    fault: None,
    text: "Can the client open, read and write the crypto store of this device?",
};

const CHECK: &str =
    "the state of the crypto store: the app must call checkCryptoStore with the client, after its start";

pub(crate) fn ask(case: &Case<'_>, stores: &Stores<'_>) -> Finding {
    let now = case
        .report
        .page
        .crypto_store
        .as_ref()
        .map(|store| of_store(StoreInLoad { load: Load::Present, status: store }));
    let now = now.unwrap_or_else(|| Answer::undecided("The app did not check the crypto store.").with_missing(CHECK));
    // Trouble in an earlier load matters only if there is none now.
    let before = if now.is_claimed() || now.is_not_applicable() { None } else { before(case, stores) };
    before.unwrap_or(now).into_finding(&QUESTION)
}

/// The latest trouble in an earlier load, and whether a later load shows that it ended.
fn before(case: &Case<'_>, stores: &Stores<'_>) -> Option<Answer> {
    if !stores.deletions().is_empty() && stores.is_changed() {
        return None;
    }
    let is_troubled = |store: &StoreInLoad<'_>| {
        store.load != Load::Present && (store.status.trouble.is_some() || store.status.loss.is_some())
    };
    let store = stores.iter().rev().find(is_troubled)?;
    let answer = of_store(store);
    if !answer.is_claimed() {
        return None;
    }
    let answer = answer.in_load(case, store.load);
    let Some(later) = stores.found_again(store).filter(|later| later.status.trouble.is_none()) else {
        return Some(answer.at_most(Verdict::Likely).with_missing(CHECK));
    };
    let at = case.last_seen(later.load);
    let text = "a later page read the same identity keys from the store";
    if store.status.trouble.as_ref().is_some_and(|trouble| is_of_writing(trouble.kind)) {
        return Some(
            answer
                .with_sentence(&format!(
                    "By {at}, {text} and reported no failure. Nothing shows yet that it can write again."
                ))
                .at_most(Verdict::Likely)
                .with_evidence([later.load.fact("cryptoStore.identity", text)])
                .with_missing("whether the client can write to the store again"),
        );
    }
    let over = EndEvidence { at, from: at, cite: later.load.fact("cryptoStore.identity", text) };
    Some(answer.with_sentence(&format!("It was over by {at}: {text}.")).ended(&over))
}

/// Reading successfully does not show that writing works.
const fn is_of_writing(kind: StoreTroubleKind) -> bool {
    matches!(kind, StoreTroubleKind::Full | StoreTroubleKind::Failing)
}

fn of_store(StoreInLoad { load, status: store }: StoreInLoad<'_>) -> Answer {
    let cite = |path: &str, text: String| load.fact(path, text);
    if matches!(store.verdict, StoreVerdict::Evicted | StoreVerdict::IdentityChanged) {
        return Answer::not_applicable("The crypto store was deleted or created again: see the previous question.");
    }
    if let Some(trouble) = &store.trouble {
        let StoreTrouble { first_ts, last_ts, count, message, .. } = trouble;
        let line = message.lines().next().unwrap_or_default();
        let text = format!("{count} times, {first_ts} to {last_ts}: {line}");
        return troubled(trouble).with_evidence([cite("cryptoStore.trouble", text)]);
    }
    if store.loss.is_some() {
        return cut_off(store, cite);
    }
    let is_in_order = matches!(store.verdict, StoreVerdict::Healthy | StoreVerdict::FirstRun);
    match store.identity {
        _ if !is_in_order => {
            Answer::undecided("It is not known whether the client can use the store.").with_missing(CHECK)
        }
        IdentityCheck::Same | IdentityCheck::FirstSeen => Answer::not_seen(
            "The client read the identity keys of this device from the store and has reported no failure since.",
        )
        .with_evidence([cite(
            "cryptoStore.identity",
            "the client reported the identity keys of this device".to_owned(),
        )]),
        _ => Answer::undecided("No failure was reported, but the client has not read anything from the store yet.")
            .with_missing(CHECK),
    }
}

fn troubled(trouble: &StoreTrouble) -> Answer {
    let (conclusion, because) = match trouble.kind {
        StoreTroubleKind::ConnectionLost => {
            (Conclusion::ConnectionLost, "The page lost its connection to the crypto store.")
        }
        StoreTroubleKind::Failing => (
            Conclusion::StoreFailing,
            "The browser could not read or write the crypto store. Whatever is not written is lost: keys that arrived, \
             and the secret halves of uploaded keys.",
        ),
        StoreTroubleKind::VersionConflict => (
            Conclusion::StoreVersionConflict,
            "The crypto store is of another version than this page opens: another tab, or a newer release of the app, has \
             changed it.",
        ),
        StoreTroubleKind::Full => (
            Conclusion::StoreFull,
            "There is no space left for the crypto store: new keys cannot be written and are lost with the page.",
        ),
        StoreTroubleKind::Corrupt => (
            Conclusion::StoreCorrupt,
            "The crypto store is there, but the client cannot read its contents: it is damaged, or was written with \
             another key or by another release.",
        ),
        StoreTroubleKind::WrongAccount => (
            Conclusion::StoreOfAnother,
            "The crypto store belongs to another account or device than the session: the client refuses to use it.",
        ),
    };
    Answer::new(Verdict::Confirmed, conclusion, because)
}

/// The lines are the same whether the browser closed the connection by force or somebody deleted the database.
fn cut_off(store: &CryptoStoreStatus, cite: impl Fn(&str, String) -> EvidenceRef) -> Answer {
    let loss = store.loss.as_ref().map(|loss| {
        let line = loss.message.lines().next().unwrap_or_default();
        cite("cryptoStore.loss", format!("{} times, {} to {}: {line}", loss.count, loss.first_ts, loss.last_ts))
    });
    if store.database_listed == Some(true) {
        let because = "The page lost its connection to the crypto store; the browser still lists the database: the \
                       browser closed the connection, and the data is still there.";
        return Answer::new(Verdict::Confirmed, Conclusion::ConnectionLost, because)
            .with_evidence(loss)
            .with_evidence([cite("cryptoStore.databaseListed", "the browser still lists the database".to_owned())]);
    }
    let because = "The page lost its connection to the crypto store. These lines do not show whether the store was \
                   deleted, or whether the browser only closed the connection.";
    Answer::new(Verdict::Likely, Conclusion::ConnectionLost, because).with_evidence(loss).with_missing(
        "whether the browser still lists the database, and after a reload whether the identity keys are the same",
    )
}
