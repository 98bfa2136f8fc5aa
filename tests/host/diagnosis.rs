//! The table of cases: in each, a recorded session is seen again by the real state machine, and the report that comes of
//! it is diagnosed. See `tests/fixtures/cases/README.md`.
#![cfg(not(target_family = "wasm"))]

mod recordings;
mod replay;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use lotus_crypto_diag::diagnosis::analyse;
use lotus_crypto_diag::entry::Level;
use lotus_crypto_diag::line::Line;
use lotus_crypto_diag::redacted_copy::redacted_copy;
use lotus_crypto_diag::report::{CaptureState, CaptureStatus, ClientFacts, Environment, PageReport, Report};
use lotus_crypto_diag::server_evidence::ServerEvidence;
use lotus_crypto_diag::session::{Evidences, Session};
use lotus_crypto_diag::timestamp::Timestamp;
use lotus_crypto_diag::upload_loop::LoopOptions;
use lotus_crypto_diag::verdict::{Analysis, Finding, Verdict};
use replay::{Event, Replay, What, filled};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    /// What it shows.
    shows: String,
    replay: Option<Replay>,
    /// Lines beside those of the recording.
    #[serde(default)]
    lines: Vec<Added>,
    /// Changes to the report, as a merge patch (RFC 7396).
    #[serde(default)]
    report: Value,
    #[serde(default)]
    server: ServerEvidence,
    findings: BTreeMap<String, Expected>,
    summary: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    at: i64,
    #[serde(default)]
    source: Option<String>,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    verdict: Value,
    conclusion: Value,
    /// Facts that must be among the evidence.
    #[serde(default)]
    evidence: Vec<String>,
    /// Words that must be in the reasoning, or in the text of a piece of evidence.
    #[serde(default)]
    says: Vec<String>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures")
}

fn cases() -> Vec<(String, Case)> {
    let mut cases: Vec<(String, Case)> = fs::read_dir(fixtures().join("cases"))
        .unwrap()
        .map(|folder| folder.unwrap().path())
        .filter(|folder| folder.is_dir())
        .map(|folder| {
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(folder.join("case.json")).unwrap();
            let parse =
                |text: &str| -> Case { serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}")) };
            let case = parse(&text);
            let events = case.replay.as_ref().map(Replay::events).unwrap_or_default();
            let case = parse(&filled(&text, &events));
            (name, case)
        })
        .collect();
    assert!(cases.len() > 20, "the cases are not there");
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    cases
}

/// The scenarios of the recordings begin at midnight here.
fn at(ms: i64) -> Timestamp {
    "2026-11-24T00:00:00.000Z".parse::<Timestamp>().unwrap().plus_ms(ms)
}

/// What the page would have written at the end.
fn report(case: &Case) -> (Value, Report) {
    let mut session = Session::default();
    let mut status = CaptureStatus::default();
    let mut capturing_since = None;
    let mut end = 0;
    let mut events: Vec<Event> = Vec::new();
    if let Some(replay) = &case.replay {
        capturing_since = Some(at(replay.from));
        session.watch_uploads(replay.uploads, LoopOptions::default());
        status.state = CaptureState::Running;
        end = replay.to;
        events = replay.events();
    }
    events.extend(case.lines.iter().map(|line| Event {
        at: line.at,
        what: What::Line {
            level: Level::Warn,
            source: line.source.clone().unwrap_or_else(|| "window".to_owned()),
            text: line.text.clone(),
        },
    }));
    events.sort_by_key(|event| event.at);
    for event in events {
        match event.what {
            What::Line { level, source, text } => {
                let line = Line { level, source: &source, text: &text, excerpt: "", truncated: false };
                session.observe(line, at(event.at));
            }
            What::Upload { status, error, path } => {
                session.upload_settled("at server sender\nkey a:B value", status, &error, &path, at(event.at));
            }
        }
    }
    let Evidences { counts, entries, crypto_store, upload_loop } = session.evidence();
    let page = PageReport {
        schema: "lotus-crypto-diag/1".to_owned(),
        generated_at: at(end),
        capturing_since,
        status,
        client: ClientFacts::default(),
        counts,
        entries,
        storage: None,
        crypto_store,
        upload_loop,
        environment: Environment::default(),
        notes: Vec::new(),
        blind_spots: Vec::new(),
    };
    let mut value = serde_json::to_value(page).unwrap();
    merge(&mut value, &case.report);
    let report = serde_json::from_value(value).unwrap();
    (serde_json::to_value(&report).unwrap(), report)
}

fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        if !patch.is_null() {
            *value = patch.clone();
        }
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    for (name, change) in changes {
        match change {
            Value::Null => value[name] = Value::Null,
            change => merge(&mut value[name], change),
        }
    }
}

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
    for (case_name, case, _, analysis) in diagnosed() {
        let place = format!("{case_name} ({})", case.shows);
        for (id, expected) in &case.findings {
            let findings = &analysis.diagnosis.findings;
            let finding = findings.iter().find(|finding| name_of(finding.id) == json!(id));
            let finding = finding.unwrap_or_else(|| panic!("{place}: no {id}"));
            let got = (name_of(finding.verdict), name_of(finding.conclusion));
            assert_eq!(got, (expected.verdict.clone(), expected.conclusion.clone()), "{place}: {finding:#?}");
            for fact in &expected.evidence {
                assert!(finding.evidence.iter().any(|one| one.fact == *fact), "{place}: no {fact} in {finding:#?}");
            }
            for words in &expected.says {
                let said =
                    finding.because.contains(words) || finding.evidence.iter().any(|one| one.text.contains(words));
                assert!(said, "{place}: {words:?} is not said in {finding:#?}");
            }
        }
        if let Some(summary) = &case.summary {
            assert_eq!(&analysis.diagnosis.summary, summary, "{place}");
        }
    }
}

/// The value that a fact points at.
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
fn what_is_open_says_what_is_missing_and_what_is_sure_says_why() {
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
                Verdict::Confirmed => assert!(!finding.evidence.is_empty(), "{place}"),
                Verdict::Likely | Verdict::Possible => {
                    assert!(!finding.evidence.is_empty() && !finding.missing.is_empty(), "{place}");
                }
                Verdict::RuledOut => {}
            }
            assert!(finding.queries.iter().all(|id| queries.contains(id.as_str())), "{place}");
        }
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
fn a_copy_in_which_nobody_is_named_leads_to_the_same_verdicts() {
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
