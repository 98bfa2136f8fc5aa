//! What a case expects of a finding, and whether it got that.

use std::collections::BTreeMap;

use lotus_crypto_diag::verdict::Finding;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    verdict: Value,
    conclusion: Value,
    /// Facts that must be among the evidence.
    #[serde(default)]
    evidence: Vec<String>,
    /// Words that must be in the reasoning, or in the text of a piece of evidence.
    #[serde(default)]
    says: Vec<String>,
}

/// What is not as expected, by the finding's id.
pub(crate) fn problems(place: &str, findings: &[Finding], expected: &BTreeMap<String, Expected>) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, expected) in expected {
        let finding = findings.iter().find(|finding| json!(finding.id) == json!(id));
        let finding = finding.unwrap_or_else(|| panic!("{place}: no {id}"));
        let got = (json!(finding.verdict), json!(finding.conclusion));
        if got != (expected.verdict.clone(), expected.conclusion.clone()) {
            problems.push(format!("{place}: {id} is {got:?}: {}", finding.because));
        }
        for fact in &expected.evidence {
            if !finding.evidence.iter().any(|one| one.fact == *fact) {
                let cited: Vec<String> =
                    finding.evidence.iter().map(|one| format!("{}: {}", one.fact, one.text)).collect();
                problems.push(format!("{place}: {id} does not cite {fact}, but {cited:#?}"));
            }
        }
        for words in &expected.says {
            let said = finding.because.contains(words) || finding.evidence.iter().any(|one| one.text.contains(words));
            if !said {
                problems.push(format!("{place}: {id} does not say {words:?}: {}", finding.because));
            }
        }
    }
    problems
}
