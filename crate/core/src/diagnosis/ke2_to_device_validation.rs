//! Does the crypto library reject to-device messages that arrived intact?
//!
//! If the one-time keys are healthy and few uploads are refused, rejected messages point to the additional checks in
//! newer releases of the crypto library.

use super::answer::{Answer, Question};
use super::calls::unseen;
use super::case::{Case, fact};
use super::loads::{Load, SeenEntry};
use super::media_keys::{AROUND_MS, MediaKeys, UndecryptedKind, UndecryptedMessage};
use crate::crypto_store::IdentityCheck;
use crate::entry::{Detail, Fault};
use crate::verdict::{Conclusion, EvidenceRef, Finding, FindingId, Verdict};

const QUESTION: Question = Question {
    id: FindingId::Ke2ToDeviceValidation,
    fault: Some(Fault::Ke2),
    text: "Does the crypto library of this device reject the messages that carry media keys?",
};

pub(crate) fn ask(case: &Case<'_>, divergence: &Finding, after_ke1: &Finding) -> Finding {
    let answer =
        Answer::gravest(case, |of_load, load| answer(case, load, divergence, after_ke1, &MediaKeys::of(of_load)));
    let because = "No media key was missing, and no to-device message was rejected.";
    answer.unwrap_or_else(|| unseen(case, Fault::Ke2, because)).into_finding(&QUESTION)
}

/// `None`: nothing was seen in that load.
fn answer(
    case: &Case<'_>,
    load: Load,
    divergence: &Finding,
    after_ke1: &Finding,
    keys: &MediaKeys<'_>,
) -> Option<Answer> {
    if keys.failed() {
        return Some(failed(case, load, divergence, after_ke1, keys));
    }
    (!keys.undecrypted.is_empty()).then(|| {
        Answer::undecided("To-device messages were rejected for an unknown reason.")
            .with_evidence(keys.cite_undecrypted())
            .with_missing("the full lines, and the version of the crypto library")
    })
}

fn failed(case: &Case<'_>, load: Load, divergence: &Finding, after_ke1: &Finding, keys: &MediaKeys<'_>) -> Answer {
    // An earlier page may have run another release.
    let version = case.report.page.client.crypto_version.as_deref().filter(|_| load == Load::Present);
    if let Some(answer) = decrypted_and_rejected(version, keys) {
        return answer;
    }
    let was_healthy = was_healthy(case, load, divergence, after_ke1);
    if was_healthy.is_none()
        && let Some(answer) = explained_by_ke1(divergence, after_ke1)
    {
        return answer.with_evidence(keys.cite_undecrypted());
    }
    let named = version.unwrap_or("an unknown version of the crypto library");
    let seen = fact("cryptoVersion", version.unwrap_or("unknown"));
    let health = if was_healthy.is_some() {
        "The one-time keys were healthy"
    } else if divergence.conclusion == Some(Conclusion::NotSeen) {
        "The one-time keys are healthy"
    } else {
        "The one-time keys do not explain it"
    };
    let rejected = keys.undecrypted.iter().filter(|one| one.kind == UndecryptedKind::Invalid);
    if rejected.clone().next().is_some() {
        let in_call = !keys.missing.is_empty();
        let because = format!(
            "{health}, and {named} rejected to-device messages as invalid. Their inner type is not known: {}",
            if in_call {
                "media keys are missing in a call, which fits."
            } else {
                "no media key was missing in a call."
            }
        );
        let verdict = if in_call { Verdict::Likely } else { Verdict::Possible };
        return Answer::new(verdict, Conclusion::ToDeviceValidation, because)
            .with_evidence(rejected.map(UndecryptedMessage::cite))
            .with_evidence(keys.cite_missing())
            .with_evidence(was_healthy)
            .with_evidence([seen])
            .with_missing("the same call with the previous release of the SDK: does it accept the messages?");
    }
    if !keys.undecrypted.is_empty() {
        return Answer::new(
            Verdict::Possible,
            Conclusion::ToDeviceValidation,
            format!(
                "{health}, and {named} could not decrypt to-device messages: the two sides have different states of \
                 their Olm session."
            ),
        )
        .with_evidence(keys.cite_undecrypted())
        .with_evidence(keys.cite_missing())
        .with_evidence(was_healthy)
        .with_evidence([seen])
        .with_missing("the sender's report from the same time");
    }
    if keys.missing.iter().all(|missing| missing.arrived_key(keys).is_some()) {
        return Answer::plain(
            Verdict::RuledOut,
            "The media keys of every participant concerned arrived and were decrypted.",
        )
        .with_evidence(keys.cite_arrived());
    }
    // Today's inbox does not show which messages an earlier page fetched.
    let delivered = if load == Load::Present { sent_and_delivered(case, keys) } else { Vec::new() };
    if !delivered.is_empty() {
        return Answer::new(
            Verdict::Likely,
            Conclusion::ToDeviceValidation,
            format!(
                "The sender's message reached the homeserver and this device fetched it, and {named} logged nothing."
            ),
        )
        .with_evidence(delivered)
        .with_evidence([seen])
        .with_missing("the debug log of the crypto library at that time");
    }
    Answer::undecided(
        "The console shows no rejected message; a message that was dropped silently would leave no trace.",
    )
    .with_evidence(keys.cite_missing())
    .with_missing("the homeserver's log of the sender's sendToDevice requests, and the device's inbox")
}

/// A message that was decrypted had a working Olm session, so the one-time keys cannot be why it was then rejected.
fn decrypted_and_rejected(version: Option<&str>, keys: &MediaKeys<'_>) -> Option<Answer> {
    let rejected: Vec<&UndecryptedMessage<'_>> =
        keys.undecrypted.iter().filter(|one| one.kind == UndecryptedKind::DecryptedInvalid).collect();
    if rejected.is_empty() {
        return None;
    }
    let named = version.unwrap_or("the crypto library");
    let is_missed = |message: &UndecryptedMessage<'_>| {
        keys.missing.iter().any(|missing| message.sender == missing.user && missing.is_near(message.seen.entry))
    };
    let in_call = rejected.iter().any(|message| message.sender.is_some() && is_missed(message));
    let (verdict, fits) = if in_call {
        (Verdict::Likely, "media keys of that sender are missing in a call at that time")
    } else {
        (Verdict::Possible, "no media key of that sender was missing in a call")
    };
    let because = format!(
        "{named} decrypted to-device messages and then rejected them because of their fields. It is not known what \
         they carried: {fits}."
    );
    let answer = Answer::new(verdict, Conclusion::ToDeviceValidation, because)
        .with_evidence(rejected.into_iter().map(UndecryptedMessage::cite))
        .with_evidence(keys.cite_missing())
        .with_evidence([fact("cryptoVersion", version.unwrap_or("unknown"))]);
    Some(
        answer.with_missing(
            "the same with the previous release of the SDK, and the name and version of the sender's client",
        ),
    )
}

/// Evidence that the one-time keys were healthy in an earlier load, for when the present load cannot tell yet: uploads
/// were accepted in that load, and refused in none.
pub(crate) fn was_healthy(
    case: &Case<'_>,
    load: Load,
    divergence: &Finding,
    after_ke1: &Finding,
) -> Option<EvidenceRef> {
    let page = case.page(load).filter(|_| [divergence, after_ke1].iter().all(|one| one.verdict == Verdict::Unknown))?;
    let is_refusal = |seen: SeenEntry<'_>| matches!(seen.entry.detail, Detail::Refusal(_) | Detail::Clue);
    let is_well = page.upload_loop.accepted > 0 && page.upload_loop.failing.is_none();
    let is_other = page.crypto_store.as_ref().is_some_and(|store| store.identity == IdentityCheck::Changed);
    let is_refused = case.entries().any(is_refusal) || case.lines_not_kept(Fault::Ke1).is_some();
    (is_well && !is_other && !is_refused).then(|| {
        let text = format!("{} uploads were accepted in that page", page.upload_loop.accepted);
        load.fact("uploadLoop.accepted", text)
    })
}

/// If KE-1 may be the cause, a message that could not be decrypted shows nothing else.
pub(crate) fn explained_by_ke1(divergence: &Finding, after_ke1: &Finding) -> Option<Answer> {
    match (after_ke1.verdict, divergence.verdict) {
        (Verdict::Confirmed, _) => {
            let because = "The diverged one-time keys explain it (see the previous question).";
            Some(Answer::plain(Verdict::RuledOut, because).with_evidence(after_ke1.evidence.iter().cloned()))
        }
        (Verdict::Likely | Verdict::Possible, _) => {
            let because =
                "The one-time keys of this device have a problem. While that may be the reason, this stays open.";
            Some(Answer::undecided(because).with_missing("a call after the encryption of this device was reset"))
        }
        (Verdict::Unknown, _) | (_, Verdict::Unknown) => {
            let because = "It is not known whether the one-time keys of this device are healthy, and that comes first.";
            Some(Answer::undecided(because).with_missing("an answer to the question about the one-time keys"))
        }
        (Verdict::RuledOut | Verdict::NotApplicable, _) => None,
    }
}

/// The homeserver's log shows the sender's message, and this device's inbox is empty.
fn sent_and_delivered(case: &Case<'_>, keys: &MediaKeys<'_>) -> Vec<EvidenceRef> {
    let Some(inbox) = &case.server.device_inbox else { return Vec::new() };
    if inbox.iter().any(|row| case.is_this_device(&row.user_id, &row.device_id)) {
        return Vec::new();
    }
    let log = case.server.log.iter().flatten().enumerate();
    let sent: Vec<_> = log
        .filter(|(_, line)| {
            let is_send = line.path.as_deref().is_some_and(|path| path.contains("/sendToDevice/"));
            let concerns = keys.missing.iter().any(|missing| {
                let entry = missing.seen.entry;
                let is_in_time = line.ts >= entry.first_ts.plus_ms(-AROUND_MS) && line.ts <= entry.last_ts;
                is_in_time && missing.user.is_some_and(|user| line.text.contains(user))
            });
            is_send && line.status == Some(200) && concerns
        })
        .map(|(index, line)| fact(&format!("server.log[{index}]"), format!("sent at {}: {}", line.ts, line.text)))
        .collect();
    if sent.is_empty() {
        return sent;
    }
    let empty = fact("server.deviceInbox", "no message is waiting for this device");
    sent.into_iter().chain([empty]).collect()
}
