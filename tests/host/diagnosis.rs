//! The table of cases: the real state machine replays a recorded session for each, and the resulting report is diagnosed.
//! See `tests/fixtures/cases/README.md`.
#![cfg(not(target_family = "wasm"))]

mod cases;
mod expected;
mod notes;
mod page;
mod recordings;
mod replay;

use std::collections::BTreeSet;
use std::fs;

use cases::{Case, cases, fixtures, report};
use lotus_crypto_diag::diagnosis::analyse;
use lotus_crypto_diag::redacted_copy::redacted_copy;
use lotus_crypto_diag::report::Report;
use lotus_crypto_diag::server_evidence::ServerEvidence;
use lotus_crypto_diag::verdict::{Analysis, Conclusion, Finding, Verdict};
use serde_json::Value;

fn diagnosed() -> Vec<(String, Case, Value, Analysis)> {
    let judge = |(name, case): (String, Case)| {
        let (value, report) = report(&case);
        let analysis = analyse(&report, &case.server);
        (name, case, value, analysis)
    };
    cases().into_iter().map(judge).collect()
}

fn name_of<T: serde::Serialize>(word: T) -> Value {
    serde_json::to_value(word).unwrap()
}

fn leaf(finding: &Finding) -> String {
    let part = |value: Value| value.as_str().unwrap_or("-").to_owned();
    format!("{} {} {}", part(name_of(finding.id)), part(name_of(finding.verdict)), part(name_of(finding.conclusion)))
}

#[test]
fn every_case_has_its_verdicts_and_their_evidence() {
    let mut problems = Vec::new();
    for (case_name, case, _, analysis) in diagnosed() {
        let place = format!("{case_name} ({})", case.shows);
        problems.extend(expected::problems(&place, &analysis.diagnosis.findings, &case.findings));
        if let Some(summary) = &case.summary
            && &analysis.diagnosis.summary != summary
        {
            problems.push(format!("{place}: {}", analysis.diagnosis.summary));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The value that a fact refers to.
fn resolve<'v>(root: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(root, |value, part| {
        let (name, index) = match part.split_once('[') {
            Some((name, rest)) => (name, Some(rest.strip_suffix(']')?.parse::<usize>().ok()?)),
            None => (part, None),
        };
        let value = value.get(name)?;
        index.map_or(Some(value), |index| value.get(index))
    })
}

#[test]
fn every_piece_of_evidence_can_be_looked_up() {
    for (case_name, case, value, analysis) in diagnosed() {
        let mut root = value;
        root["server"] = serde_json::to_value(&case.server).unwrap();
        for finding in &analysis.diagnosis.findings {
            for evidence in &finding.evidence {
                let found = resolve(&root, &evidence.fact);
                assert!(found.is_some(), "{case_name}: {} of {:?} leads nowhere", evidence.fact, finding.id);
                let index = evidence.entry.map(|index| format!("entries[{index}]"));
                assert!(index.is_none_or(|index| index == evidence.fact), "{case_name}: {evidence:?}");
                assert!(!evidence.text.is_empty());
            }
        }
    }
}

#[test]
fn no_piece_of_evidence_is_listed_twice() {
    for (case_name, _, _, analysis) in diagnosed() {
        for finding in &analysis.diagnosis.findings {
            let mut listed = BTreeSet::new();
            for evidence in &finding.evidence {
                let is_new = listed.insert((&evidence.fact, &evidence.text));
                assert!(is_new, "{case_name}: {evidence:?} of {:?}", finding.id);
            }
        }
    }
}

#[test]
fn open_verdicts_name_missing_facts_and_firm_ones_cite_evidence() {
    for (case_name, _, _, analysis) in diagnosed() {
        let queries: BTreeSet<&str> = analysis.runbook.queries.iter().map(|query| query.id.as_str()).collect();
        for finding in &analysis.diagnosis.findings {
            let place = format!("{case_name}: {finding:#?}");
            assert!(
                !finding.because.is_empty() && !finding.next.is_empty() && finding.question.ends_with('?'),
                "{place}"
            );
            match finding.verdict {
                Verdict::Unknown => assert!(!finding.missing.is_empty() && finding.conclusion.is_none(), "{place}"),
                Verdict::Confirmed | Verdict::RuledOut => assert!(!finding.evidence.is_empty(), "{place}"),
                Verdict::Likely | Verdict::Possible => {
                    assert!(!finding.evidence.is_empty() && !finding.missing.is_empty(), "{place}");
                }
                Verdict::NotApplicable => assert!(finding.conclusion.is_none(), "{place}"),
            }
            assert!(finding.queries.iter().all(|id| queries.contains(id.as_str())), "{place}");
        }
    }
}

#[test]
fn every_conclusion_has_a_next_step_and_remedies_with_their_costs() {
    for (case_name, _, _, analysis) in diagnosed() {
        for finding in &analysis.diagnosis.findings {
            let place = format!("{case_name}: {finding:#?}");
            assert!(
                finding.remedies.iter().all(|way| !way.title.is_empty() && way.blast_radius.ends_with('.')),
                "{place}"
            );
            let is_claimed = matches!(finding.verdict, Verdict::Confirmed | Verdict::Likely | Verdict::Possible);
            if is_claimed && finding.conclusion.is_some() {
                assert!(
                    !finding.remedies.is_empty()
                        && finding.next != "Add the missing evidence and run the diagnosis again.",
                    "{place}"
                );
                // The summary must have one of these words, too.
                let summary = &analysis.diagnosis.summary;
                assert!(["Confirmed: ", "Likely: ", "Possible: "].iter().any(|word| summary.contains(word)), "{place}");
            }
        }
    }
}

#[test]
fn a_repair_in_place_is_advised_before_the_logout_and_never_after_an_eviction() {
    let mut seen = [0, 0];
    for (case_name, _, _, analysis) in diagnosed() {
        let findings = &analysis.diagnosis.findings;
        let is_evicted = findings.iter().any(|finding| finding.conclusion == Some(Conclusion::EvictedStore));
        for finding in findings.iter().filter(|finding| finding.conclusion == Some(Conclusion::Divergence)) {
            let place = |words: &str| finding.remedies.iter().position(|way| way.title.contains(words));
            let (repair, logout) = (place("in place"), place("Log out on this device"));
            assert_eq!(repair.is_none(), is_evicted, "{case_name}: {:?}", finding.remedies);
            assert!(logout.is_some() && repair.is_none_or(|repair| Some(repair) < logout), "{case_name}");
            seen[usize::from(is_evicted)] += 1;
        }
    }
    assert!(seen.iter().all(|cases| *cases > 0), "{seen:?}");
}

#[test]
fn questions_that_do_not_apply_come_last() {
    for (case_name, _, _, analysis) in diagnosed() {
        let arises = |finding: &Finding| finding.verdict != Verdict::NotApplicable;
        let findings = &analysis.diagnosis.findings;
        let first = findings.iter().position(|finding| !arises(finding)).unwrap_or(findings.len());
        assert!(!findings[first..].iter().any(arises), "{case_name}");
    }
}

#[test]
fn every_leaf_of_the_decision_tree_is_reached() {
    let reached: BTreeSet<String> =
        diagnosed().iter().flat_map(|(_, _, _, analysis)| analysis.diagnosis.findings.iter().map(leaf)).collect();
    let leaves = fs::read_to_string(fixtures().join("cases/leaves.txt")).unwrap();
    let leaves: BTreeSet<String> = leaves.lines().map(str::to_owned).collect();
    assert_eq!(reached, leaves, "the leaves that are reached are not those of the tree");
}

#[test]
fn the_redacted_copy_leads_to_the_same_verdicts() {
    for (case_name, case) in cases() {
        let (value, report) = report(&case);
        let copy = redacted_copy(&value.to_string(), None).unwrap();
        let copy: Report = serde_json::from_str(&copy.text).unwrap();
        let leaves = |report| -> Vec<String> {
            analyse(report, &ServerEvidence::default()).diagnosis.findings.iter().map(leaf).collect()
        };
        assert_eq!(leaves(&copy), leaves(&report), "{case_name}");
    }
}
