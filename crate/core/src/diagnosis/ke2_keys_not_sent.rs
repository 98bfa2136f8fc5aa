//! Was this device unable to send its media keys to others?
//!
//! This is the sender's side of a missing media key. The report of the participant who misses the key asks for these
//! lines in the sender's report.

use super::answer::{Answer, Question};
use super::calls::unseen;
use super::case::Case;
use super::loads::SeenEntry;
use super::media_keys::AROUND_MS;
use crate::entry::{Detail, Fault};
use crate::verdict::{Conclusion, EvidenceRef, Finding, FindingId, Verdict};

const QUESTION: Question = Question {
    id: FindingId::Ke2KeysNotSent,
    fault: Some(Fault::Ke2),
    text: "Do others miss the media keys of this device because it could not send them?",
};

/// The only participant of a call finds no recipient once or twice.
const OFTEN: u32 = 3;
const OTHERS: &str = "the reports of the other participants: are media keys of this device missing there?";

pub(crate) fn ask(case: &Case<'_>) -> Finding {
    // Each load joins the call again, and may be its only participant at first.
    let answer = Answer::gravest(case, |of_load, _| answer(of_load));
    let because = "As far as this report shows, this device could send its media keys.";
    answer.unwrap_or_else(|| unseen(case, Fault::Ke2, because)).into_finding(&QUESTION)
}

/// `None`: nothing was seen.
fn answer(case: &Case<'_>) -> Option<Answer> {
    if let Some(answer) = no_session(case) {
        return Some(answer);
    }
    let untargeted: Vec<SeenEntry<'_>> =
        case.entries().filter(|seen| matches!(seen.entry.detail, Detail::NoKeyTargets)).collect();
    (!untargeted.is_empty()).then(|| without_targets(case, &untargeted))
}

fn without_targets(case: &Case<'_>, untargeted: &[SeenEntry<'_>]) -> Answer {
    let cites = untargeted.iter().map(|seen| seen.cite("this device had nobody to send its media key to"));
    let others: Vec<EvidenceRef> = case
        .entries()
        .filter(|seen| untargeted.iter().any(|one| is_about(seen, one)))
        .filter_map(|seen| Some(seen.cite(other(&seen)?)))
        .collect();
    if !others.is_empty() {
        let because = "This device had nobody to send its media key to, while others were in the call: it did not know \
                       their devices, so they cannot decrypt its media.";
        return Answer::new(Verdict::Likely, Conclusion::NoKeyTargets, because)
            .with_evidence(cites)
            .with_evidence(others)
            .with_missing(OTHERS);
    }
    let count = untargeted.iter().fold(0_u32, |sum, seen| sum.saturating_add(seen.entry.count));
    if count < OFTEN {
        let because = "This device had nobody to send its media key to, which is normal for the only participant; \
                       nothing shows that others were in the call.";
        return Answer::not_applicable(because).with_evidence(cites);
    }
    let because = "This device repeatedly had nobody to send its media key to. That is normal for the only \
                   participant; if others were in the call, they cannot decrypt its media.";
    Answer::new(Verdict::Possible, Conclusion::NoKeyTargets, because)
        .with_evidence(cites)
        .with_missing("whether others were in the call then")
        .with_missing(OTHERS)
}

fn is_about(seen: &SeenEntry<'_>, untargeted: &SeenEntry<'_>) -> bool {
    let (one, two) = (seen.entry, untargeted.entry);
    one.last_ts >= two.first_ts && one.first_ts <= two.last_ts.plus_ms(AROUND_MS)
}

/// A sign that another participant was in the call.
fn other(seen: &SeenEntry<'_>) -> Option<&'static str> {
    Some(match &seen.entry.detail {
        Detail::ToDeviceOpened { .. } => "somebody else in the call sent a media key",
        Detail::MissingKey { participant: Some(_), .. }
        | Detail::InvalidKey { participant: Some(_) }
        | Detail::KeyMarkedInvalid { participant: Some(_), .. } => "somebody in the call sent media",
        _ => return None,
    })
}

/// A device gets no keys at all if no Olm session can be created with it.
fn no_session(case: &Case<'_>) -> Option<Answer> {
    let failed: Vec<(SeenEntry<'_>, &str, String)> = case
        .entries()
        .filter_map(|seen| {
            let Detail::OlmSessionFailed { user_id, device_id, reason } = &seen.entry.detail else { return None };
            let user = user_id.as_deref().unwrap_or("an unnamed user");
            let device = device_id.as_deref().unwrap_or("an unnamed device");
            Some((seen, reason.as_deref().unwrap_or_default(), format!("{user}, {device}")))
        })
        .collect();
    let (_, _, peer) = failed.first()?;
    let because_of = |words: &str| failed.iter().any(|(_, reason, _)| reason.starts_with(words));
    let cites: Vec<EvidenceRef> = failed
        .iter()
        .map(|(seen, reason, peer)| {
            seen.cite(&format!("no Olm session could be created with {peer}: {}", kind(reason)))
        })
        .collect();
    let missing =
        format!("the report of that device ({peer}): were its uploads refused, or was its crypto store lost?");
    let answer = if because_of("InvalidSignature") || because_of("Unable to verify signature") {
        let because = format!(
            "The homeserver gave out a one-time key of {peer} that is not signed by the identity key that this device \
             knows: that device lost its crypto store and came back with other keys. This device cannot send it any \
             keys, so no media keys."
        );
        Answer::new(Verdict::Likely, Conclusion::PeerDiverged, because)
    } else if because_of("OneTimeKeyMissing") {
        let because = format!(
            "The homeserver has no one-time key of {peer}, and no fallback key: this device cannot send it \
                     any keys."
        );
        Answer::new(Verdict::Likely, Conclusion::PeerWithoutKeys, because)
    } else {
        Answer::undecided(format!("No Olm session could be created with {peer}, for an unknown reason."))
    };
    Some(answer.with_evidence(cites).with_missing(missing))
}

/// The name of the error, without the keys in the message.
fn kind(reason: &str) -> &str {
    let end = reason.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(reason.len());
    if end == 0 { "no reason is given" } else { &reason[..end] }
}
