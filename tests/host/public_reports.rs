//! Cases from public bug reports, and the report that a page would write for each. See `tests/fixtures/reports/README.md`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::notes::settle;
use lotus_crypto_diag::crypto_store::{Device, IdentityKeys, MARKER_SCHEMA, Marker, StoredMarker};
use lotus_crypto_diag::entry::{Detail, Level};
use lotus_crypto_diag::line::Line;
use lotus_crypto_diag::report::{ClientFacts, Report};
use lotus_crypto_diag::session::Session;
use lotus_crypto_diag::upload_loop::LoopOptions;
use serde::Deserialize;
use serde_json::Value;

use crate::expected::Expected;
use crate::page::{self, at};

const USER: &str = "@ana:hs.example";
const DEVICE: &str = "DEVICEAAAA";
/// How long the page was watched: at least a minute after the last line.
const WATCHED_MS: i64 = 180_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) source: String,
    pub(crate) client: String,
    pub(crate) right: String,
    #[serde(default)]
    pub(crate) console: Vec<Call>,
    pub(crate) network: Option<Uploads>,
    pub(crate) listed: Option<bool>,
    pub(crate) expect: Right,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    pub(crate) level: String,
    pub(crate) args: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Uploads {
    pub(crate) times: i64,
    pub(crate) url: String,
    pub(crate) answer: Answer,
}

#[derive(Deserialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Right {
    pub(crate) entries: Option<Vec<BTreeMap<String, Value>>>,
    pub(crate) count: Option<u32>,
    pub(crate) store: Option<String>,
    #[serde(rename = "loop")]
    pub(crate) loop_state: Option<String>,
    pub(crate) findings: BTreeMap<String, Expected>,
}

pub(crate) fn cases() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/reports");
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

/// The text as the developer tools show it; see `crate/capture/js/format.js`.
pub(crate) fn text_of(args: &[Value]) -> String {
    let one = |arg: &Value| match arg {
        Value::String(text) => text.clone(),
        error => format!("{}: {}", error["name"].as_str().unwrap(), error["message"].as_str().unwrap()),
    };
    args.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The report of a page whose device was seen before and has its keys.
pub(crate) fn report(case: &Case) -> Report {
    let mut session = Session::default();
    let device = Device { user_id: USER.into(), device_id: DEVICE.into(), database: "x".into() };
    let keys = IdentityKeys { ed25519: "ed".into(), curve25519: "curve".into() };
    let marker = Marker {
        schema: MARKER_SCHEMA,
        ed25519: keys.ed25519.clone(),
        curve25519: keys.curve25519.clone(),
        since: at(-1_000_000),
        last_healthy: at(-1000),
        database_seen: None,
        lost: None,
        changed: None,
    };
    session.watch_uploads(true, LoopOptions::default());
    session.store_found(device.clone(), StoredMarker::Known(marker), Some(true), None, at(0));
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
            settle(&mut session, &note, answer.status, &body, url, at(10_000 + 1000 * number));
        }
    }
    if let Some(listed) = case.listed {
        session.store_listed(&device, listed);
    }
    let mut page = page::written(&session, Some(at(0)), at(WATCHED_MS));
    // The reporter's device, if a refusal names it.
    let named = page.entries.iter().find_map(|entry| match &entry.detail {
        Detail::Refusal(refusal) => refusal.device_id.clone(),
        _ => None,
    });
    page.client = ClientFacts {
        user_id: Some(USER.to_owned()),
        device_id: Some(named.unwrap_or_else(|| DEVICE.to_owned())),
        sync_state: Some("SYNCING".to_owned()),
        ..page.client
    };
    serde_json::from_value(serde_json::to_value(page).unwrap()).unwrap()
}
