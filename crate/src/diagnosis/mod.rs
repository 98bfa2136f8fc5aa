//! The runbook's decision tree: what a report says, and what would decide that which it leaves open.
//!
//! One question a file. An answer rests on evidence that it names; where that is missing, partial or contradicts itself,
//! the answer is that it is unknown, and what is missing. Nothing is guessed.

mod advice;
mod answer;
mod artefacts;
mod call_stories;
mod case;
mod ke1_trigger;
mod ke2_after_ke1;
mod ke2_call_transport;
mod ke2_to_device_validation;
mod ke3_malformed;
mod ke4_slow_homeserver;
mod media_keys;
mod otk_divergence;
mod summary;
mod timings;

use case::Case;
use media_keys::MediaKeys;

use crate::report::Report;
use crate::runbook::runbook;
use crate::server_evidence::ServerEvidence;
use crate::verdict::{Analysis, Diagnosis};

/// The verdicts on a report, sharpened by what an administrator added to it.
pub fn analyse(report: &Report, server: &ServerEvidence) -> Analysis {
    let (mut diagnosis, runbook) = (diagnose(report, server), runbook(report));
    for finding in &mut diagnosis.findings {
        // Where no device or event is known, there is nothing to ask about it.
        finding.queries.retain(|id| runbook.queries.iter().any(|query| query.id == *id));
    }
    Analysis { diagnosis, runbook }
}

fn diagnose(report: &Report, server: &ServerEvidence) -> Diagnosis {
    let case = Case::new(report, server);
    let refusals = case.refusals();
    let keys = MediaKeys::of(&case);
    let divergence = otk_divergence::ask(&case, &refusals);
    let trigger = ke1_trigger::ask(&case, &refusals, &divergence);
    let after_ke1 = ke2_after_ke1::ask(&case, &refusals, &divergence, &keys);
    let validation = ke2_to_device_validation::ask(&case, &divergence, &after_ke1, &keys);
    let transport = ke2_call_transport::ask(&case, &divergence, &after_ke1, &keys);
    let findings = vec![
        divergence,
        trigger,
        after_ke1,
        validation,
        transport,
        ke3_malformed::ask(&case),
        ke4_slow_homeserver::ask(&case),
    ];
    Diagnosis {
        summary: summary::summary(&case, &findings),
        findings,
        artefacts: artefacts::artefacts(&case),
        latency: timings::summary(&case),
    }
}
