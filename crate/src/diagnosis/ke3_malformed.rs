//! Is the event itself malformed, and where was it spoiled?
//!
//! The console tells a malformed event from one whose key is merely missing. Whether it was sent that way, the event as
//! the homeserver holds it decides, and in it `content.algorithm`.

use super::answer::{Answer, Question};
use super::case::{Case, Seen, fact};
use crate::entry::{Detail, Fault, MalformedCause, TimelineEvent};
use crate::server_evidence::{EncryptedContent, StoredEvent};
use crate::verdict::{Conclusion, EvidenceRef, Finding, FindingId, Verdict};

const QUESTION: Question = Question {
    id: FindingId::Ke3Malformed,
    fault: Fault::Ke3,
    text: "Are the events that could not be decrypted malformed, and were they sent that way?",
};

/// The one algorithm of encrypted events in rooms.
const ALGORITHM: &str = "m.megolm.v1.aes-sha2";

pub(crate) fn ask(case: &Case<'_>) -> Finding {
    answer(case).to(&QUESTION)
}

struct Malformed<'a> {
    seen: Seen<'a>,
    event: &'a TimelineEvent,
    cause: MalformedCause,
    reason: &'a str,
}

fn answer(case: &Case<'_>) -> Answer {
    let malformed: Vec<Malformed<'_>> = case
        .entries()
        .filter_map(|seen| match &seen.entry.detail {
            Detail::Malformed { event, cause, reason } => Some(Malformed { seen, event, cause: *cause, reason }),
            Detail::Undecryptable { event, reason: None } => {
                let one = Malformed { seen, event, cause: MalformedCause::MissingField, reason: "no reason is given" };
                // The line does not say so; only the homeserver's copy can.
                judge(case, &one).is_some_and(|(at_source, _)| at_source).then_some(one)
            }
            _ => None,
        })
        .collect();
    if malformed.is_empty() {
        return none_malformed(case);
    }
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
                "The crypto library could not read the events as the client handed them over. It is given them as the \
                 homeserver served them, so most likely they were sent that way.",
            )
            .on(cites)
            .lacking("the events as the homeserver holds them: `content.algorithm` decides");
        }
        (all, count) if all == count => Answer::new(
            Verdict::Confirmed,
            Conclusion::MalformedAtSource,
            "The homeserver holds the events as malformed as the client found them: they were sent that way, and no key can \
             ever open them.",
        ),
        (0, _) if looked_up.iter().all(|one| is_of_stored_field(one.reason)) => Answer::new(
            Verdict::Confirmed,
            Conclusion::MalformedAtClient,
            "The homeserver holds the events in good order: it is the client that hands them over malformed.",
        ),
        (0, _) => Answer::new(
            Verdict::Possible,
            Conclusion::MalformedAtClient,
            "The homeserver holds the algorithm, the ciphertext and the session id of the events in good order, but that is \
             not what the client complains of: another field, or what is inside, may have been sent malformed.",
        )
        .lacking("the whole content of the events as the homeserver holds it"),
        (some, count) => Answer::open(format!(
            "Of {count} events that were looked up, {some} are malformed on the homeserver and {} are sound there: there is \
             more than one reason.",
            count - some
        ))
        .lacking("a report for each room or sender alone"),
    };
    let answer = answer.on(decisive).on(cites);
    if unread > 0 { answer.lacking(format!("{unread} more events as the homeserver holds them")) } else { answer }
}

fn none_malformed(case: &Case<'_>) -> Answer {
    let ordinary: Vec<_> =
        case.entries().filter(|seen| matches!(seen.entry.detail, Detail::Undecryptable { .. })).collect();
    if ordinary.is_empty() {
        return if case.is_watched() {
            Answer::not_seen("Every event that was looked at could be decrypted.")
        } else {
            Answer::open("Nothing was watched.").lacking("a report of a page that shows the event")
        };
    }
    if let Some(silent) =
        ordinary.iter().find(|seen| matches!(seen.entry.detail, Detail::Undecryptable { reason: None, .. }))
    {
        return Answer::open("Events could not be decrypted, and at least one line does not say why.")
            .on([silent.cite("no reason is given")])
            .lacking("the whole line, or the event as the homeserver holds it");
    }
    Answer::new(
        Verdict::RuledOut,
        Conclusion::KeysMissing,
        "The events are sound; only their keys are not there. That is ordinary for a new device, for messages from before \
         it, and where a sender could not reach it.",
    )
    .on(ordinary.iter().map(|seen| match &seen.entry.detail {
        Detail::Undecryptable { reason: Some(reason), .. } => seen.cite(reason),
        _ => seen.cite("not decrypted"),
    }))
}

/// Whether the event was malformed at its source; `None`: the homeserver's copy was not looked at.
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
        return (true, "`content.algorithm` is not there".to_owned());
    };
    if algorithm != ALGORITHM {
        return (true, format!("`content.algorithm` is {algorithm}, which nobody here speaks"));
    }
    let Some(ciphertext) = content.ciphertext.as_deref() else {
        return (true, "`content.ciphertext` is not there".to_owned());
    };
    if content.session_id.is_none() {
        return (true, "`content.session_id` is not there, or no text".to_owned());
    }
    if !is_base64(ciphertext) {
        return (true, "`content.ciphertext` is no base64".to_owned());
    }
    if cause == MalformedCause::Unreadable {
        return (true, format!("`content.algorithm` is {algorithm}, and the payload inside cannot be read"));
    }
    (false, format!("`content.algorithm` is {algorithm}, and the ciphertext is there"))
}

/// Whether the client complains of what is kept of a stored event, so that its copy can be told from the homeserver's.
fn is_of_stored_field(reason: &str) -> bool {
    ["`algorithm`", "`ciphertext`", "`session_id`", "unsupported algorithm"].iter().any(|field| reason.contains(field))
}

fn is_base64(text: &str) -> bool {
    let text = text.trim_end_matches('=');
    !text.is_empty() && text.len() % 4 != 1 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/".contains(&b))
}
