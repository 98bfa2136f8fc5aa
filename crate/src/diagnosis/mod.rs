//! The runbook's decision tree: what a report says, and what would decide that which it leaves open.

use crate::report::Report;
use crate::server_evidence::ServerEvidence;
use crate::verdict::{Analysis, Diagnosis, Runbook};

/// The verdicts on a report, sharpened by what an administrator added to it.
pub fn analyse(report: &Report, _server: &ServerEvidence) -> Analysis {
    let summary = String::new();
    let diagnosis = Diagnosis { summary, findings: Vec::new(), artefacts: Vec::new(), latency: None };
    let now = report.page.generated_at;
    let runbook = Runbook { from: report.page.capturing_since.unwrap_or(now), to: now, queries: Vec::new() };
    Analysis { diagnosis, runbook }
}
