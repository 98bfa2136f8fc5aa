//! Does the call's own transport fail, while the encryption of this device works?
//!
//! A media key that arrived and was decrypted is not the cause. If the encryption works, frames that cannot be
//! decrypted point to the call's transport.

use super::answer::{Answer, Question};
use super::calls::unseen;
use super::case::Case;
use super::ke2_to_device_validation::{explained_by_ke1, was_healthy};
use super::loads::Load;
use super::media_keys::{MediaKeys, UndecryptedMessage};
use crate::entry::Fault;
use crate::verdict::{Conclusion, EvidenceRef, Finding, FindingId, Verdict};

const QUESTION: Question = Question {
    id: FindingId::Ke2CallTransport,
    fault: Some(Fault::Ke2),
    text: "Is the call's own transport at fault, while the encryption of this device works?",
};

pub(crate) fn ask(case: &Case<'_>, divergence: &Finding, after_ke1: &Finding, keys: &MediaKeys<'_>) -> Finding {
    // A reload starts the call over, including its media keys.
    let answer =
        Answer::gravest(case, |of_load, load| answer(case, load, divergence, after_ke1, &MediaKeys::of(of_load), keys));
    answer.unwrap_or_else(|| unseen(case, Fault::Ke2, "No media key was missing in a call.")).into_finding(&QUESTION)
}

/// `keys`: the media keys of one load; `all`: of all loads. `None`: nothing was seen in that load.
fn answer(
    case: &Case<'_>,
    load: Load,
    divergence: &Finding,
    after_ke1: &Finding,
    keys: &MediaKeys<'_>,
    all: &MediaKeys<'_>,
) -> Option<Answer> {
    if keys.missing.is_empty() {
        return (!keys.undecrypted.is_empty()).then(|| undecrypted_alone(case, keys));
    }
    Some(missed(was_healthy(case, load, divergence, after_ke1), divergence, after_ke1, keys, all))
}

fn missed(
    was_healthy: Option<EvidenceRef>,
    divergence: &Finding,
    after_ke1: &Finding,
    keys: &MediaKeys<'_>,
    all: &MediaKeys<'_>,
) -> Answer {
    let all_came = keys.missing.iter().all(|missing| missing.arrived_key(keys).is_some());
    // Decrypted keys prove that the encryption works, unless they came before the trouble with the one-time keys.
    let is_after_ke1 = matches!(after_ke1.verdict, Verdict::Confirmed | Verdict::Likely | Verdict::Possible);
    if (!all_came || is_after_ke1)
        && was_healthy.is_none()
        && let Some(answer) = explained_by_ke1(divergence, after_ke1)
    {
        return answer.with_evidence(keys.cite_missing());
    }
    let is_near =
        |message: &&UndecryptedMessage<'_>| keys.missing.iter().any(|missing| missing.is_near(message.seen.entry));
    let around: Vec<EvidenceRef> = all.undecrypted.iter().filter(is_near).map(UndecryptedMessage::cite).collect();
    if !keys.undecrypted.is_empty() || !around.is_empty() {
        return Answer::undecided(
            "Other to-device messages could not be decrypted at the same time, so the encryption \
                             cannot be excluded.",
        )
        .with_evidence(keys.cite_missing())
        .with_evidence(keys.cite_undecrypted())
        .with_evidence(around)
        .with_missing("an answer to the previous question, or a call without such lines");
    }
    if all_came {
        let late = keys.missing.iter().all(|missing| missing.late_key(keys).is_some());
        let because = if late {
            "The media keys arrived and were decrypted, but later than the media that need them: keys and media are \
             out of step."
        } else {
            "The media keys arrived and were decrypted, but the media could still not be decrypted: the call itself \
             lost the keys."
        };
        return Answer::new(Verdict::Likely, Conclusion::CallTransport, because)
            .with_evidence(keys.cite_missing())
            .with_evidence(keys.cite_arrived())
            .with_missing("the report of the other participant, and the log of the call's media server");
    }
    Answer::new(
        Verdict::Possible,
        Conclusion::CallTransport,
        "This device reports no failure of its encryption, and no media key of the participant arrived at that time: \
         it was not sent, or it was lost on the way.",
    )
    .with_evidence(keys.cite_missing())
    .with_evidence(was_healthy)
    .with_missing("the report of the participant whose media are missing")
    .with_missing("the homeserver's log of that participant's sendToDevice requests")
}

/// Messages that could not be decrypted say nothing about a call's transport.
fn undecrypted_alone(case: &Case<'_>, keys: &MediaKeys<'_>) -> Answer {
    if !case.is_watched() {
        return Answer::undecided("Nothing was captured.").with_missing("a report of a call");
    }
    Answer::not_applicable(
        "No media key was missing in a call; to-device messages that could not be decrypted are another question.",
    )
    .with_evidence(keys.cite_undecrypted())
}
