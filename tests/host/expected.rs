//! What a case expects of a finding, and whether the finding matches.

use std::collections::BTreeMap;

use lotus_crypto_diag::verdict::Finding;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    verdict: Value,
    conclusion: Value,
    /// Facts that the evidence must contain.
    #[serde(default)]
    evidence: Vec<String>,
    /// Words that the reasoning, or the text of a piece of evidence, must contain.
    #[serde(default)]
    says: Vec<String>,
}

/// The differences from the expectations, by finding id.
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
