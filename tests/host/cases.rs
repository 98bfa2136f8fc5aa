//! The cases of the table, and the report that a page would write for each. See `tests/fixtures/cases/README.md`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::notes::settle;
use lotus_crypto_diag::entry::Level;
use lotus_crypto_diag::line::Line;
use lotus_crypto_diag::report::Report;
use lotus_crypto_diag::server_evidence::ServerEvidence;
use lotus_crypto_diag::session::Session;
use lotus_crypto_diag::upload_loop::LoopOptions;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::expected::Expected;
use crate::page::{self, at};
use crate::replay::{Event, Replay, What, filled};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Case {
    /// What the case shows, in words.
    pub(crate) shows: String,
    pub(crate) replay: Option<Replay>,
    /// Lines in addition to those of the recording.
    #[serde(default)]
    pub(crate) lines: Vec<Added>,
    /// Changes to the report, as a merge patch (RFC 7396).
    #[serde(default)]
    pub(crate) report: Value,
    #[serde(default)]
    pub(crate) server: ServerEvidence,
    pub(crate) findings: BTreeMap<String, Expected>,
    pub(crate) summary: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Added {
    at: i64,
    #[serde(default)]
    source: Option<String>,
    text: String,
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures")
}

pub(crate) fn cases() -> Vec<(String, Case)> {
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

/// The report that the page would write at the end.
pub(crate) fn report(case: &Case) -> (Value, Report) {
    let mut session = Session::default();
    let mut capturing_since = None;
    let mut end = 0;
    let mut events: Vec<Event> = Vec::new();
    if let Some(replay) = &case.replay {
        capturing_since = Some(at(replay.from));
        session.watch_uploads(replay.uploads, LoopOptions::default());
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
                settle(&mut session, "at server sender\nkey a:B value", status, &error, &path, at(event.at));
            }
        }
    }
    let page = page::written(&session, capturing_since, at(end));
    let mut value = serde_json::to_value(page).unwrap();
    merge(&mut value, &case.report);
    let value = with_one_device(value);
    let report = serde_json::from_value(value).unwrap();
    (serde_json::to_value(&report).unwrap(), report)
}

/// Each case has its own device. The recording names another, a new one in each recording: replaces it.
fn with_one_device(report: Value) -> Value {
    match recorded_device(&report).zip(report["deviceId"].as_str()) {
        Some((recorded, own)) if recorded != own => {
            serde_json::from_str(&report.to_string().replace(recorded, own)).unwrap()
        }
        _ => report,
    }
}

fn recorded_device(report: &Value) -> Option<&str> {
    let entries = report["entries"].as_array().into_iter().flatten().map(|entry| &entry["detail"]);
    let refusals = entries.filter(|detail| detail["kind"] == "refusal").chain([&report["uploadLoop"]["refusal"]]);
    let mut named = refusals.filter_map(|refusal| refusal["deviceId"].as_str());
    named.next()
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
