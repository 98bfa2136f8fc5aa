//! Cases from public bug reports: each meets the library as it would in a page, and what the library makes of it is held to
//! what is right. See `tests/fixtures/reports/README.md`.
#![cfg(not(target_family = "wasm"))]

mod page;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lotus_crypto_diag::crypto_store::{Device, IdentityKeys, MARKER_SCHEMA, Marker, Recall};
use lotus_crypto_diag::diagnosis::analyse;
use lotus_crypto_diag::entry::Level;
use lotus_crypto_diag::line::Line;
use lotus_crypto_diag::report::{ClientFacts, Report};
use lotus_crypto_diag::server_evidence::ServerEvidence;
use lotus_crypto_diag::session::Session;
use lotus_crypto_diag::upload_loop::LoopOptions;
use lotus_crypto_diag::verdict::Finding;
use page::at;
use serde::Deserialize;
use serde_json::{Value, json};

const USER: &str = "@ana:hs.example";
const DEVICE: &str = "DEVICEAAAA";
/// The page was watched for so long: a minute after the last line, at the least.
const WATCHED_MS: i64 = 180_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    source: String,
    client: String,
    right: String,
    #[serde(default)]
    console: Vec<Call>,
    network: Option<Uploads>,
    listed: Option<bool>,
    expect: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    level: String,
    args: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Uploads {
    times: i64,
    url: String,
    answer: Answer,
}

#[derive(Deserialize)]
struct Answer {
    status: u16,
    body: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    entries: Option<Vec<BTreeMap<String, Value>>>,
    count: Option<u32>,
    store: Option<String>,
    #[serde(rename = "loop")]
    loop_state: Option<String>,
    findings: BTreeMap<String, Verdicts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Verdicts {
    verdict: Value,
    conclusion: Value,
    #[serde(default)]
    evidence: Vec<String>,
    #[serde(default)]
    says: Vec<String>,
}

fn cases() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/reports");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut cases: Vec<(String, Case)> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).unwrap();
            (name.clone(), serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
        })
        .collect();
    assert!(cases.len() > 20, "the cases are not there");
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    cases
}

/// As the developer tools show it; see `crate/js/format.js`.
fn text_of(args: &[Value]) -> String {
    let one = |arg: &Value| match arg {
        Value::String(text) => text.clone(),
        error => format!("{}: {}", error["name"].as_str().unwrap(), error["message"].as_str().unwrap()),
    };
    args.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// A page of a device that is known from before, with its keys in place: what it would write down at the end.
fn report(case: &Case) -> Report {
    let mut session = Session::default();
    let device = Device { user_id: USER.into(), device_id: DEVICE.into(), database: "x".into() };
    let keys = IdentityKeys { ed25519: "ed".into(), curve25519: "curve".into() };
    let marker = Marker {
        schema: MARKER_SCHEMA,
        ed25519: keys.ed25519.clone(),
        curve25519: keys.curve25519.clone(),
        since: at(-1_000_000),
        last_healthy: at(-1000),
        lost: None,
        changed: None,
    };
    session.watch_uploads(true, LoopOptions::default());
    session.store_found(device.clone(), Recall::Known(marker), Some(true), None, at(0));
    session.store_keys(&device, keys, at(1000));
    for (number, call) in (0..).zip(&case.console) {
        let level = if call.level == "error" { Level::Error } else { Level::Warn };
        let text = text_of(&call.args);
        let line = Line { level, source: "window", text: &text, excerpt: "", truncated: false };
        session.observe(line, at(10_000 + 1000 * number));
    }
    if let Some(Uploads { times, url, answer }) = &case.network {
        let note = format!("at server sender\nby {USER} {DEVICE}\nkey signed_curve25519:AAAAMHA value");
        let body = answer.body.as_str().map_or_else(|| answer.body.to_string(), str::to_owned);
        for number in 0..*times {
            session.upload_settled(&note, answer.status, &body, url, at(10_000 + 1000 * number));
        }
    }
    if let Some(listed) = case.listed {
        session.store_listed(&device, listed);
    }
    let mut page = page::written(&session, Some(at(0)), at(WATCHED_MS));
    page.client = ClientFacts {
        user_id: Some(USER.to_owned()),
        device_id: Some(DEVICE.to_owned()),
        sync_state: Some("SYNCING".to_owned()),
        ..page.client
    };
    serde_json::from_value(serde_json::to_value(page).unwrap()).unwrap()
}

fn check_findings(place: &str, findings: &[Finding], expected: &BTreeMap<String, Verdicts>) {
    for (id, expected) in expected {
        let name = |value: Value| value;
        let finding = findings.iter().find(|finding| json!(finding.id) == json!(id));
        let finding = finding.unwrap_or_else(|| panic!("{place}: no {id}"));
        let got = (name(json!(finding.verdict)), name(json!(finding.conclusion)));
        assert_eq!(got, (expected.verdict.clone(), expected.conclusion.clone()), "{place}: {finding:#?}");
        for fact in &expected.evidence {
            assert!(finding.evidence.iter().any(|one| one.fact == *fact), "{place}: no {fact} in {finding:#?}");
        }
        for words in &expected.says {
            let said = finding.because.contains(words) || finding.evidence.iter().any(|one| one.text.contains(words));
            assert!(said, "{place}: {words:?} is not said in {finding:#?}");
        }
    }
}

#[test]
fn every_public_report_is_made_of_what_is_right() {
    for (name, case) in cases() {
        let place = format!("{name} ({}, {}: {})", case.source, case.client, case.right);
        let report = report(&case);
        let page = &report.page;
        if let Some(expected) = &case.expect.entries {
            assert_eq!(page.entries.len(), expected.len(), "{place}: {:#?}", page.entries);
            for (entry, expected) in page.entries.iter().zip(expected) {
                let entry = serde_json::to_value(entry).unwrap();
                for (field, value) in expected {
                    let got = entry["detail"].get(field).unwrap_or(&entry[field]);
                    assert_eq!(got, value, "{place}: {field} of {entry:#}");
                }
            }
        }
        if let Some(count) = case.expect.count {
            assert_eq!(page.entries[0].count, count, "{place}");
        }
        if let Some(store) = &case.expect.store {
            assert_eq!(json!(page.crypto_store.as_ref().unwrap().verdict), json!(store), "{place}");
        }
        if let Some(state) = &case.expect.loop_state {
            assert_eq!(json!(page.upload_loop.state), json!(state), "{place}");
        }
        let analysis = analyse(&report, &ServerEvidence::default());
        check_findings(&place, &analysis.diagnosis.findings, &case.expect.findings);
    }
}
