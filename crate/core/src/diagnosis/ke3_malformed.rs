//! Is the event itself malformed, and where did that happen?
//!
//! The console distinguishes a malformed event from one whose key is missing. Only the homeserver's copy, especially
//! its `content.algorithm`, shows whether the event was sent malformed.

use std::collections::BTreeSet;

use super::answer::{Answer, Question};
use super::case::{Case, fact};
use super::loads::SeenEntry;
use crate::decryption::{DecryptionFailure, decryption_failure};
use crate::entry::{Detail, Fault, MalformedCause, TimelineEvent};
use crate::server_evidence::{EncryptedContent, StoredEvent};
use crate::verdict::{Conclusion, EvidenceRef, Finding, FindingId, Verdict};

const QUESTION: Question = Question {
    id: FindingId::Ke3Malformed,
    fault: Some(Fault::Ke3),
    text: "Are the events that could not be decrypted malformed, and were they sent that way?",
};

/// The only algorithm of encrypted room events.
const ALGORITHM: &str = "m.megolm.v1.aes-sha2";

const STORED: &str =
    "the events as the homeserver stores them, and whether another device of the same person can decrypt them";

pub(crate) fn ask(case: &Case<'_>) -> Finding {
    answer(case).into_finding(&QUESTION)
}

struct Malformed<'a> {
    seen: SeenEntry<'a>,
    event: &'a TimelineEvent,
    cause: MalformedCause,
    reason: &'a str,
}

fn answer(case: &Case<'_>) -> Answer {
    let mut malformed: Vec<Malformed<'_>> = case
        .entries()
        .filter_map(|seen| match &seen.entry.detail {
            Detail::Malformed { event, cause, reason } => Some(Malformed { seen, event, cause: *cause, reason }),
            Detail::Undecryptable { event, reason: None } => {
                let one = Malformed { seen, event, cause: MalformedCause::MissingField, reason: "no reason is given" };
                // The line does not say that the event is malformed; only the homeserver's copy can show it.
                judge(case, &one).is_some_and(|(at_source, _)| at_source).then_some(one)
            }
            _ => None,
        })
        .collect();
    if malformed.is_empty() {
        return none_malformed(case);
    }
    // Each load tries to decrypt the event again: count it once.
    let mut told = BTreeSet::new();
    malformed.retain(|one| one.event.event_id.as_deref().is_none_or(|id| told.insert((id, one.reason))));
    let cites = malformed.iter().map(|one| {
        let id = one.event.event_id.as_deref().unwrap_or("an event without an id");
        one.seen.cite(&format!("{id}: {}", one.reason))
    });
    let (looked_up, judged): (Vec<_>, Vec<(bool, EvidenceRef)>) =
        malformed.iter().filter_map(|one| Some((one, judge(case, one)?))).unzip();
    let decisive = judged.iter().map(|(_, cite)| cite.clone());
    let unread = malformed.len() - judged.len();
    let at_source = judged.iter().filter(|(at_source, _)| *at_source).count();
    let answer = match (at_source, judged.len()) {
        (_, 0) => {
            return Answer::new(
                Verdict::Likely,
                Conclusion::MalformedAtSource,
                "The crypto library could not read the events. The client passes them on as the homeserver served \
                 them, so most likely they were sent that way.",
            )
            .with_evidence(cites)
            .with_missing("the events as the homeserver stores them: `content.algorithm` decides");
        }
        (all, count) if all == count => Answer::new(
            Verdict::Confirmed,
            Conclusion::MalformedAtSource,
            "The homeserver stores the events with the same defect: they were sent that way, and no key can ever \
             decrypt them.",
        ),
        (0, _) if looked_up.iter().all(|one| is_of_stored_field(one.reason)) => Answer::new(
            Verdict::Confirmed,
            Conclusion::MalformedAtClient,
            "The homeserver stores the events intact: this client passes them on malformed.",
        ),
        (0, _) => Answer::new(
            Verdict::Possible,
            Conclusion::MalformedAtClient,
            "The homeserver stores the algorithm, the ciphertext and the session id of the events intact, but the \
             client reports another field: that field, or the encrypted payload, may have been sent malformed.",
        )
        .with_missing("the full content of the events as the homeserver stores it"),
        (some, count) => Answer::undecided(format!(
            "Of {count} events that were looked up, {some} are malformed on the homeserver and {} are intact there: \
             there is more than one reason.",
            count - some
        ))
        .with_missing("a separate report for each room or sender"),
    };
    let answer = answer.with_evidence(decisive).with_evidence(cites);
    if unread > 0 { answer.with_missing(format!("{unread} more events as the homeserver stores them")) } else { answer }
}

fn none_malformed(case: &Case<'_>) -> Answer {
    let failed: Vec<Failed<'_>> = case.entries().filter_map(Failed::of).collect();
    let lost = case.lines_not_kept(Fault::Ke3);
    if failed.is_empty() {
        return lost.unwrap_or_else(|| unseen(case));
    }
    let of = |failure: DecryptionFailure| failed.iter().filter(move |one| one.failure == failure).map(Failed::cite);
    let decided = [
        (
            DecryptionFailure::Sender,
            Verdict::Confirmed,
            Conclusion::SenderNotTrusted,
            "The client refuses to decrypt events, because it does not trust their sender: not verified, not known, or with other \
             keys than before. The events may be sound.",
        ),
        (
            DecryptionFailure::Store,
            Verdict::Likely,
            Conclusion::StoreFailing,
            "Events could not be decrypted because the crypto store could not be read: their keys may well be in it.",
        ),
        (
            DecryptionFailure::Replay,
            Verdict::Possible,
            Conclusion::PossibleReplay,
            "The client rejects messages that it saw before, or that belong somewhere else: they were sent or stored twice, or \
             somebody replays them.",
        ),
        (
            DecryptionFailure::Damaged,
            Verdict::Likely,
            Conclusion::DamagedMessage,
            "The keys are there but do not fit the messages: a key or a message was damaged, or belongs to another session.",
        ),
    ];
    for (failure, verdict, conclusion, because) in decided {
        if failed.iter().any(|one| one.failure == failure) {
            let answer = Answer::new(verdict, conclusion, because).with_evidence(of(failure));
            let others =
                failed.iter().any(|one| !matches!(one.failure, DecryptionFailure::NoKey) && one.failure != failure);
            let answer = if others { answer.with_sentence("Other events failed for other reasons.") } else { answer };
            return if verdict == Verdict::Confirmed { answer } else { answer.with_missing(STORED) };
        }
    }
    if failed.iter().any(|one| one.failure == DecryptionFailure::Unknown) {
        return Answer::undecided(
            "Events could not be decrypted, and at least one line does not say why in words that are known.",
        )
        .with_evidence(of(DecryptionFailure::Unknown))
        .with_missing("the whole line, or the event as the homeserver holds it");
    }
    let because = "The events are intact; only their keys are missing. That is ordinary for a new device, for messages from \
                   before it, and where a sender could not reach it.";
    match lost {
        Some(_) => Answer::new(Verdict::Likely, Conclusion::KeysMissing, because)
            .with_evidence(of(DecryptionFailure::NoKey))
            .with_missing("the lines that the report has no entries of"),
        None => {
            Answer::new(Verdict::RuledOut, Conclusion::KeysMissing, because).with_evidence(of(DecryptionFailure::NoKey))
        }
    }
}

/// An event that could not be decrypted but is not malformed, and why.
struct Failed<'a> {
    seen: SeenEntry<'a>,
    reason: Option<&'a str>,
    failure: DecryptionFailure,
}

impl<'a> Failed<'a> {
    fn of(seen: SeenEntry<'a>) -> Option<Self> {
        let Detail::Undecryptable { reason, .. } = &seen.entry.detail else { return None };
        let reason = reason.as_deref();
        Some(Self { seen, reason, failure: reason.map_or(DecryptionFailure::Unknown, decryption_failure) })
    }

    fn cite(&self) -> EvidenceRef {
        self.seen.cite(self.reason.unwrap_or("no reason is given"))
    }
}

/// A failed decryption is logged when the event arrives, so a page that was watched for some time would show it.
fn unseen(case: &Case<'_>) -> Answer {
    if !case.is_watched() {
        return Answer::undecided("Nothing was captured.").with_missing("a report of a page that shows the event");
    }
    let answer = if case.is_watched_for_minutes() {
        Answer::not_seen("No event failed to be decrypted while the page was watched.")
    } else {
        Answer::undecided("No event failed to be decrypted, but the page was not watched for long.")
            .with_missing("a report of a page that was watched for two minutes or more, and shows the event")
    };
    answer.with_evidence([case.cite_watch()])
}

/// Whether the event was sent malformed; `None`: the homeserver's copy was not looked up.
fn judge(case: &Case<'_>, one: &Malformed<'_>) -> Option<(bool, EvidenceRef)> {
    let id = one.event.event_id.as_deref()?;
    let mut stored = case.server.events.as_ref()?.iter().enumerate();
    let (index, StoredEvent { content, .. }) = stored.find(|(_, event)| event.event_id == id)?;
    let content = content.as_ref()?;
    let (is_bad, text) = read(content, one.cause);
    Some((is_bad, fact(&format!("server.events[{index}]"), format!("{id}: {text}"))))
}

fn read(content: &EncryptedContent, cause: MalformedCause) -> (bool, String) {
    let Some(algorithm) = content.algorithm.as_deref() else {
        return (true, "`content.algorithm` is missing".to_owned());
    };
    if algorithm != ALGORITHM {
        return (true, format!("`content.algorithm` is {algorithm}, which this client does not support"));
    }
    let Some(ciphertext) = content.ciphertext.as_deref() else {
        return (true, "`content.ciphertext` is missing".to_owned());
    };
    if content.session_id.is_none() {
        return (true, "`content.session_id` is missing, or is not text".to_owned());
    }
    if !is_base64(ciphertext) {
        return (true, "`content.ciphertext` is not base64".to_owned());
    }
    if cause == MalformedCause::Unreadable {
        return (true, format!("`content.algorithm` is {algorithm}, and the payload inside cannot be read"));
    }
    (false, format!("`content.algorithm` is {algorithm}, and the ciphertext is there"))
}

/// Whether the client's reason is about a field that [`EncryptedContent`] keeps: only then can its copy be compared
/// with the homeserver's.
fn is_of_stored_field(reason: &str) -> bool {
    ["`algorithm`", "`ciphertext`", "`session_id`", "unsupported algorithm"].iter().any(|field| reason.contains(field))
}

fn is_base64(text: &str) -> bool {
    let text = text.trim_end_matches('=');
    !text.is_empty() && text.len() % 4 != 1 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/".contains(&b))
}
