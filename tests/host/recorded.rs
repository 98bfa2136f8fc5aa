//! Every recorded line of real clients is classified correctly.
#![cfg(not(target_family = "wasm"))]

mod recordings;

use std::collections::BTreeSet;
use std::fs;

use lotus_crypto_diag::entry::{Detail, Level};
use lotus_crypto_diag::line::Line;
use lotus_crypto_diag::redact::redact;
use lotus_crypto_diag::session::Session;
use lotus_crypto_diag::signature::classify;
use lotus_crypto_diag::timestamp::Timestamp;
use serde_json::Value;

struct Recorded {
    place: String,
    scenario: String,
    /// Context, tab, and `main` or `iframe`, separated by slashes.
    frame: String,
    t_ms: i64,
    text: String,
    /// The fault and its kind.
    label: Option<(String, String)>,
}

fn recorded() -> Vec<Recorded> {
    let mut lines = Vec::new();
    for file in fs::read_dir(recordings::folder()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_none_or(|extension| extension != "jsonl") || name.starts_with("uploads-") {
            continue;
        }
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            let value: Value = serde_json::from_str(line).unwrap();
            let string = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let label = &value["label"];
            lines.push(Recorded {
                place: format!("{name}:{}", number + 1),
                scenario: string(&value["scenario"]),
                frame: string(&value["frame"]),
                t_ms: value["t_ms"].as_i64().unwrap(),
                text: string(&value["text"]),
                label: label.is_object().then(|| (string(&label["ke"]), string(&label["kind"]))),
            });
        }
    }
    assert!(lines.len() > 500, "the recordings are not there");
    lines
}

fn fault_and_kind(text: &str) -> Option<(String, String)> {
    let found = classify(text)?;
    let name = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let kind = serde_json::to_value(&found.detail).unwrap()["kind"].clone();
    Some((name(serde_json::to_value(found.fault).unwrap()), name(kind)))
}

#[test]
fn every_labelled_line_is_classified_as_labelled() {
    for line in recorded() {
        if line.label.is_some() {
            assert_eq!(fault_and_kind(&line.text), line.label, "{}: {}", line.place, line.text);
        }
    }
}

#[test]
fn no_unlabelled_line_is_classified() {
    for line in recorded() {
        let found = line.label.is_none().then(|| fault_and_kind(&line.text)).flatten();
        assert_eq!(found, None, "{}: {}", line.place, line.text);
    }
}

/// Each scenario, and the kinds of lines that must appear in it, whatever the release's wording.
const SHOWS: [(&str, &[&str]); 17] = [
    ("healthy", &["to-device-opened"]),
    ("healthy-lostresponse", &[]),
    ("healthy-newdevice", &["undecryptable"]),
    ("ke1-evict-crypto", &["refusal"]),
    ("ke1-evict-all", &["refusal"]),
    ("ke1-evict-live", &["refusal"]),
    ("ke1-restore", &["refusal"]),
    ("ke1-multitab", &["refusal"]),
    // A race: a refusal is not certain.
    ("ke1-freshrace", &[]),
    ("ke1-heal", &["refusal"]),
    ("ke1-consequence", &["refusal", "undecryptable"]),
    ("ke2-todevice", &["to-device-opened", "to-device-unopened", "refusal"]),
    ("ke2-oldidentity", &["to-device-unopened", "refusal"]),
    ("ke2-livekit-worker", &["missing-key", "missing-key-set", "invalid-key"]),
    ("ke3-malformed", &["malformed"]),
    ("ke4-delayed", &["delayed-event", "membership"]),
    ("ec-iframe", &["to-device-opened", "delayed-event", "membership"]),
];

#[test]
fn each_scenario_shows_the_faults_that_it_was_recorded_for() {
    let lines = recorded();
    for (scenario, kinds) in SHOWS {
        let of_scenario = || lines.iter().filter(|line| line.scenario == scenario);
        assert!(of_scenario().count() > 0, "{scenario} was not recorded");
        let seen: BTreeSet<String> =
            of_scenario().filter_map(|line| fault_and_kind(&line.text)).map(|(_, kind)| kind).collect();
        for kind in kinds {
            assert!(seen.contains(*kind), "{scenario}: no {kind}, only {seen:?}");
        }
    }
    assert!(lines.iter().all(|line| SHOWS.iter().any(|(scenario, _)| *scenario == line.scenario)));
}

#[test]
fn healthy_sessions_have_no_refusal_and_nothing_malformed() {
    let mut seen = 0;
    for line in recorded().into_iter().filter(|line| line.scenario.starts_with("healthy")) {
        seen += 1;
        let detail = classify(&line.text).map(|found| found.detail);
        let fault = matches!(detail, Some(Detail::Refusal(_) | Detail::Clue | Detail::Malformed { .. }));
        assert!(!fault, "{}: {}", line.place, line.text);
    }
    assert!(seen > 50);
}

#[test]
fn every_recorded_refusal_is_read_completely_and_diverges() {
    let mut seen = 0;
    for line in recorded().into_iter().filter(|line| line.label.as_ref().is_some_and(|label| label.1 == "refusal")) {
        let Some(Detail::Refusal(refusal)) = classify(&line.text).map(|found| found.detail) else { panic!() };
        assert!(refusal.key_id.starts_with("signed_curve25519:AAAAA"), "{}", line.place);
        assert_eq!((refusal.http_status, refusal.diverges()), (Some(400), Some(true)), "{}", line.place);
        let device_id = refusal.device_id.unwrap_or_default();
        assert!(line.text.contains(&format!("'ed25519:{device_id}'")), "{}", line.place);
        assert!([refusal.old_key, refusal.new_key].iter().flatten().all(|key| key.len() == 43), "{}", line.place);
        seen += 1;
    }
    assert!(seen > 100);
}

#[test]
fn a_failure_logged_by_window_and_frame_has_the_same_delay_id_and_request() {
    let lines: Vec<_> = recorded().into_iter().filter(|line| line.scenario == "ec-iframe").collect();
    let call = |line: &Recorded| match classify(&line.text)?.detail {
        Detail::DelayedEvent(call) => Some(call),
        _ => None,
    };
    let (mut by_id, mut by_time) = (0, 0);
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.frame == "A/tab1/main") {
        let Some(logged) = call(line).filter(|call| call.room_id.is_none()) else { continue };
        // The recording keeps at most 20 lines of a shape: the counterpart may be missing.
        let Some((answer, later)) = lines[at + 1..]
            .iter()
            .take_while(|later| later.t_ms - line.t_ms < 50)
            .filter(|later| later.frame == "A/tab1/iframe")
            .find_map(|later| Some((call(later)?, later)))
        else {
            continue;
        };
        assert!(answer.room_id.is_some() && answer.attempt.is_some(), "{}", later.place);
        assert_eq!(logged.delay_id, answer.delay_id, "{} and {}", line.place, later.place);
        assert_eq!(logged.request, answer.request, "{} and {}", line.place, later.place);
        *(if logged.delay_id.is_some() { &mut by_id } else { &mut by_time }) += 1;
    }
    assert!(by_id > 5 && by_time > 5, "{by_id} and {by_time}");
}

#[test]
fn every_recorded_retry_has_a_known_request_or_failure() {
    for line in recorded() {
        let Some(Detail::DelayedEvent(call) | Detail::Membership(call)) =
            classify(&line.text).map(|found| found.detail)
        else {
            continue;
        };
        let known = call.request.is_some() || call.failure.is_some() || call.rejoins;
        assert!(known, "{}: {}", line.place, line.text);
    }
}

#[test]
fn all_recordings_fit_into_the_buffer_and_redaction_changes_no_entry() {
    let mut session = Session::default();
    let lines = recorded();
    for line in &lines {
        let line = Line { level: Level::Warn, source: "window", text: &line.text, excerpt: "", truncated: false };
        session.observe(line, Timestamp::from_ms(0.0));
    }
    let entries = session.evidence().entries;
    assert!(entries.len() > 50 && entries.len() <= 200);
    for entry in entries {
        assert!(lines.iter().any(|line| line.text == entry.message), "changed: {}", entry.message);
    }
}

#[test]
fn no_recorded_text_is_redacted() {
    let mut seen = 0;
    for file in fs::read_dir(recordings::folder()).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            // The line as recorded, and each text in it, whether the library reads it or not.
            let mut texts = vec![line.to_owned()];
            collect(serde_json::from_str(line).unwrap(), &mut texts);
            for text in texts {
                assert_eq!(redact(&text), text, "{}:{}", path.display(), number + 1);
                seen += 1;
            }
        }
    }
    assert!(seen > 5000, "{seen}");
}

fn collect(value: Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(values) => values.into_iter().for_each(|value| collect(value, texts)),
        Value::Object(fields) => fields.into_iter().for_each(|(_, value)| collect(value, texts)),
        _ => {}
    }
}
