//! The diagnosis in a few sentences.

use super::case::Case;
use crate::verdict::{Conclusion, Finding, FindingId, Verdict};

pub(crate) fn summary(case: &Case<'_>, findings: &[Finding]) -> String {
    if findings.iter().all(|finding| finding.conclusion == Some(Conclusion::NotSeen)) {
        return "No fault was seen.".to_owned();
    }
    // Where nothing of a fault was seen, it is no open question.
    let tabs = || case.report.tabs.iter().flat_map(|roll| &roll.tabs);
    let is_raised = |finding: &&Finding| {
        let fault = finding.fault;
        case.report.page.counts.get(fault) > 0
            || tabs().any(|tab| tab.counts.get(fault) > 0)
            || finding.evidence.iter().any(|evidence| evidence.fact.starts_with("server."))
    };
    let mut sentences: Vec<String> = findings.iter().filter_map(answered).collect();
    let open: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Unknown)
        .filter(is_raised)
        .map(|finding| subject(finding.id))
        .collect();
    if !open.is_empty() {
        sentences.push(format!("Open: {}.", open.join("; ")));
    }
    if sentences.is_empty() {
        return if case.is_watched() {
            "No fault was seen, but not everything could be judged.".to_owned()
        } else {
            "Nothing was watched: nothing can be said.".to_owned()
        };
    }
    sentences.join(" ")
}

fn answered(finding: &Finding) -> Option<String> {
    let words = match finding.verdict {
        Verdict::Confirmed => "Confirmed",
        Verdict::Likely => "Likely",
        Verdict::Possible => "Possible",
        Verdict::RuledOut => return ruled_out(finding.conclusion?),
        Verdict::Unknown => return None,
    };
    let what = match finding.conclusion {
        Some(conclusion) => phrase(conclusion)?,
        None => subject(finding.id),
    };
    Some(format!("{words}: {what}."))
}

/// Of what is excluded, only what a reader would otherwise suspect is worth a sentence.
fn ruled_out(conclusion: Conclusion) -> Option<String> {
    match conclusion {
        Conclusion::KeysMissing => Some("Messages whose keys are missing are no fault of their own.".to_owned()),
        Conclusion::NotTheHomeserver => {
            Some("The timeouts of the call (KE-4) did not come from the homeserver.".to_owned())
        }
        _ => None,
    }
}

const fn phrase(conclusion: Conclusion) -> Option<&'static str> {
    Some(match conclusion {
        Conclusion::NotSeen => return None,
        Conclusion::Divergence => {
            "this device and the homeserver hold different one-time keys under the same ids (KE-1)"
        }
        Conclusion::Exhaustion => "the one-time keys of this device are used up (KE-1)",
        Conclusion::ClientLoop => "the client repeats an upload that the homeserver has already (KE-1)",
        Conclusion::EvictedStore => "it began when the crypto store of this device was deleted",
        Conclusion::SeveralTabs => "it began when several tabs shared one crypto store",
        Conclusion::RestoredStore => "it began when an older crypto store was put back",
        Conclusion::DeadKeyClaimed => "media keys of calls are missing because of it (KE-2)",
        Conclusion::OldIdentityUsed => "senders still use the identity keys that this device had before (KE-2)",
        Conclusion::ToDeviceValidation => "the crypto library turns away messages that may carry media keys (KE-2)",
        Conclusion::CallTransport => "the call's own transport mislays media keys, the encryption is in order (KE-2)",
        Conclusion::MalformedAtSource => "events were sent malformed (KE-3)",
        Conclusion::MalformedAtClient => "this client reads sound events as malformed (KE-3)",
        Conclusion::KeysMissing => "the keys of events are missing",
        Conclusion::SlowHomeserver => "the homeserver was too slow when the call faltered (KE-4)",
        Conclusion::FailingHomeserver => "the homeserver failed when the call faltered (KE-4)",
        Conclusion::DelayedEventsRefused => "the homeserver refuses the delayed events that calls need (KE-4)",
        Conclusion::NotTheHomeserver => "the client or its network was to blame when the call faltered (KE-4)",
    })
}

const fn subject(id: FindingId) -> &'static str {
    match id {
        FindingId::OtkDivergence => "what is wrong with the one-time keys (KE-1)",
        FindingId::Ke1Trigger => "what made the device and the homeserver part ways (KE-1)",
        FindingId::Ke2AfterKe1 => "that missing media keys (KE-2) follow from KE-1",
        FindingId::Ke2ToDeviceValidation => "whether the crypto library turns away media keys (KE-2)",
        FindingId::Ke2CallTransport => "whether the call's transport is to blame (KE-2)",
        FindingId::Ke3Malformed => "whether events are malformed (KE-3)",
        FindingId::Ke4SlowHomeserver => "whether the homeserver was slow (KE-4)",
    }
}
