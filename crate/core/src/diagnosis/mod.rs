//! The runbook's decision tree: the conclusions from a report, and what would settle open questions.
//!
//! Each file answers one question. An answer cites its evidence; if that is missing, incomplete or contradictory, the
//! answer is "unknown" and says what is missing. Nothing is guessed.
//!
//! A report contains several page loads. Observations from all of them count together: a refusal yesterday and a dead
//! key today may belong to one fault. The absence of lines, the homeserver's speed and the open tabs are only known
//! for the present load, and a call is judged within its own load. See `loads`.

mod advice;
mod answer;
mod artefacts;
mod calls;
mod case;
mod crypto_store;
mod ke1_deleted;
mod ke1_trigger;
mod ke2_after_ke1;
mod ke2_call_transport;
mod ke2_keys_not_sent;
mod ke2_to_device_validation;
mod ke3_malformed;
mod ke4_refused;
mod ke4_slow_homeserver;
mod key_uploads;
mod loads;
mod media_keys;
mod membership_failures;
mod otk_divergence;
mod otk_exhaustion;
mod refused;
mod remedies;
mod stores;
mod summary;
mod timings;

use case::{Case, Index};
use key_uploads::Uploads;
use loads::loads_of;
use media_keys::MediaKeys;
use refused::refusals;
use stores::Stores;

use crate::report::Report;
use crate::runbook::runbook;
use crate::server_evidence::ServerEvidence;
use crate::verdict::{Analysis, Conclusion, Diagnosis, Verdict};

/// Analyses a report, together with the evidence that an administrator added.
///
/// ```
/// use lotus_crypto_diag::diagnosis::analyse;
/// use lotus_crypto_diag::report::Report;
/// use lotus_crypto_diag::server_evidence::ServerEvidence;
/// use lotus_crypto_diag::verdict::{FindingId, Verdict};
///
/// // A report of a page in which nothing was watched.
/// let text = r#"{
///     "schema": "lotus-crypto-diag/1", "generatedAt": "2026-11-24T00:03:20.000Z",
///     "counts": { "KE-1": 0, "KE-2": 0, "KE-3": 0, "KE-4": 0 }, "entries": []
/// }"#;
/// let report: Report = serde_json::from_str(text).unwrap();
/// let diagnosis = analyse(&report, &ServerEvidence::default()).diagnosis;
/// let malformed = diagnosis.findings.iter().find(|finding| finding.id == FindingId::Ke3Malformed).unwrap();
/// assert_eq!(malformed.verdict, Verdict::Unknown);
/// assert!(!malformed.missing.is_empty());
/// ```
pub fn analyse(report: &Report, server: &ServerEvidence) -> Analysis {
    let mut diagnosis = diagnose(report, server);
    let runbook = runbook(report, &diagnosis);
    for finding in &mut diagnosis.findings {
        // Without a device or event, there is no query about it.
        finding.queries.retain(|id| runbook.queries.iter().any(|query| query.id == *id));
    }
    Analysis { diagnosis, runbook }
}

fn diagnose(report: &Report, server: &ServerEvidence) -> Diagnosis {
    let loads = loads_of(report);
    let index = Index::of(report, server);
    let case = Case::new(report, server, &loads, &index);
    let stores = Stores::of(&case);
    let refusals = refusals(&case, &stores);
    let keys = MediaKeys::of(&case);
    let uploads = Uploads::of(&case);
    let mut divergence = otk_divergence::ask(&case, &stores, &refusals, &uploads, &keys);
    let key_uploads = key_uploads::ask(&case, &refusals, &uploads);
    let trigger = ke1_trigger::ask(&case, &stores, &refusals, &divergence);
    if trigger.conclusion == Some(Conclusion::EvictedStore) {
        advice::without_repair(&mut divergence);
    }
    let after_ke1 = ke2_after_ke1::ask(&case, &stores, &refusals, &divergence, &keys);
    let validation = ke2_to_device_validation::ask(&case, &divergence, &after_ke1);
    let transport = ke2_call_transport::ask(&case, &divergence, &after_ke1, &keys);
    let mut findings = vec![
        divergence,
        key_uploads,
        trigger,
        crypto_store::ask(&case, &stores),
        after_ke1,
        validation,
        transport,
        ke2_keys_not_sent::ask(&case),
        ke3_malformed::ask(&case),
        ke4_slow_homeserver::ask(&case),
    ];
    // A stable sort keeps the other findings in the runbook's order.
    findings.sort_by_key(|finding| finding.verdict == Verdict::NotApplicable);
    Diagnosis {
        summary: summary::summary(&case, &findings),
        findings,
        artefacts: artefacts::artefacts(&case),
        latency: timings::summary(&case),
    }
}
