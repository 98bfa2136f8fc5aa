//! The command on the shell of a homeserver: what it prints, how it ends, and what never reaches a terminal.
#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/viewer").join(name)
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lotus-crypto-diag"));
    command.stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    command().args(args).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn file(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.into_os_string().into_string().unwrap()
}

fn log() -> String {
    fixture("homeserver.log").into_os_string().into_string().unwrap()
}

const WELL: &str = "2026-11-25 09:00:00,000 - synapse.access.http.8008 - 1 - INFO - GET-1 - 10.0.0.1 - 8008 - {@a:hs} Processed \
    request: 0.008sec/0.001sec ru=(0.002sec, 0.000sec) db=(0.001sec/0.002sec/3) 61B 200 \"GET /_matrix/client/versions HTTP/1.1\" \"x\" \
    [0 dbevts]\n";

#[test]
fn a_survey_names_the_devices_that_a_log_shows_in_trouble() {
    let output = run(&["survey", &log(), "--json"]);
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(1), ""));
    let survey: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(survey["devices"][0]["troubles"][0]["kind"], "refused-uploads");
    let device = survey["devices"][0]["deviceId"].as_str().unwrap();
    for format in [&[][..], &["--markdown"], &["--csv"]] {
        let output = run(&[&["survey", &log()], format].concat());
        assert!(out(&output).contains(device), "{format:?}");
        assert_eq!(output.status.code(), Some(1));
    }
    let redacted = run(&["survey", &log(), "--redact"]);
    assert!(!out(&redacted).contains(device) && out(&redacted).contains("DEVICE1"));
    let user = survey["devices"][0]["userId"].as_str().unwrap();
    let of_user = run(&["survey", &log(), "--json", "--user", user]);
    let devices = serde_json::from_slice::<Value>(&of_user.stdout).unwrap()["devices"].as_array().unwrap().len();
    assert_eq!((devices, of_user.status.code()), (1, Some(1)));
}

#[test]
fn how_it_ends_is_for_cron() {
    let folder = tempfile::tempdir().unwrap();
    let well = file(folder.path(), "well.log", WELL);
    let zip = file(folder.path(), "x.zip", b"PK\x03\x04....");
    let nothing = run(&["survey", &well]);
    assert_eq!((nothing.status.code(), err(&nothing).as_str()), (Some(0), ""));
    assert!(out(&nothing).starts_with("No device in trouble."));
    let unreadable = run(&["survey", &zip]);
    assert_eq!(unreadable.status.code(), Some(2));
    assert!(err(&unreadable).contains("a zip archive"));
    let part = run(&["survey", &log(), &zip, "/no/such/file"]);
    assert_eq!(part.status.code(), Some(2));
    assert!(out(&part).contains("in trouble") && err(&part).contains("/no/such/file"));
    assert_eq!(run(&["survey"]).status.code(), Some(2));
    assert_eq!(run(&["survey", &well, "--utc-offset", "1"]).status.code(), Some(2));
}

#[test]
fn the_standard_input_is_a_file_like_any_other() {
    let mut child =
        command().args(["survey", "-", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(fixture("homeserver.log")).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, run(&["survey", &log(), "--json"]).stdout);
}

#[test]
fn whoever_stops_reading_the_output_is_no_failure() {
    let mut child =
        command().args(["survey", &log(), "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(err(&output), "");
    assert!(output.status.code().is_some_and(|code| code < 2), "{:?}", output.status);
}

#[test]
fn no_control_character_of_a_file_reaches_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let evil = "\x1b]0;owned\x07\u{9b}31m\u{202e}";
    let user_agent = format!("\"{evil}/1 (x)\"");
    let mut text = String::new();
    for nth in 0..5 {
        let upload = WELL
            .replace("GET-1", &format!("POST-{nth}"))
            .replace("GET /_matrix/client/versions", "POST /_matrix/client/v3/keys/upload");
        text += &upload.replace(" 200 ", " 502 ").replace("\"x\"", &user_agent);
    }
    text += "2026-11-25 09:00:00,000 WARNING ";
    text += evil;
    text.push('\n');
    let path = file(folder.path(), &format!("{evil}.log").replace('/', ""), text);
    for format in [&[][..], &["--markdown"], &["--csv"], &["--json"]] {
        let output = run(&[&["survey", &path, "/no/\x1b[31m"], format].concat());
        for text in [out(&output), err(&output)] {
            let is_safe = |c: char| c == '\n' || !(c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
            assert!(text.chars().all(is_safe), "{format:?}: {text:?}");
        }
        assert!(out(&output).contains("a:hs"));
    }
}

#[test]
fn a_report_is_diagnosed_together_with_what_the_server_knows() {
    let folder = tempfile::tempdir().unwrap();
    let key = "A".repeat(43);
    let report = json!({
        "schema": "lotus-crypto-diag/1", "generatedAt": "2026-11-25T09:24:00.000Z", "capturingSince": "2026-11-25T09:00:00.000Z",
        "counts": { "KE-1": 1, "KE-2": 0, "KE-3": 0, "KE-4": 0 }, "userId": "@a:hs", "deviceId": "DEV",
        "entries": [{
            "ts": "2026-11-25T09:10:00.000Z", "firstTs": "2026-11-25T09:10:00.000Z", "lastTs": "2026-11-25T09:10:00.000Z",
            "level": "error", "ke": "KE-1", "signature": "already exists", "message": "x", "truncated": false, "source": "window",
            "count": 3,
            "detail": { "kind": "refusal", "keyId": "signed_curve25519:AAAA", "oldKey": key, "newKey": "B".repeat(43),
                "deviceId": null, "httpStatus": 400 },
        }],
    });
    let report = file(folder.path(), "report.json", report.to_string());
    let rows = format!(
        "user_id,device_id,algorithm,key_id,added_at,key\n@a:hs,DEV,signed_curve25519,AAAA,2026-11-24T09:00:00.000Z,{key}\n"
    );
    let rows = file(folder.path(), "keys.csv", rows);
    let output = run(&["diagnose", &report, "--rows", &rows, "--log", &log(), "--json"]);
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(1), ""));
    let analysis: Value = serde_json::from_slice(&output.stdout).unwrap();
    let finding = &analysis["diagnosis"]["findings"][0];
    assert_eq!((&finding["id"], &finding["verdict"]), (&json!("otk-divergence"), &json!("confirmed")));
    let facts = finding["evidence"].to_string();
    assert!(facts.contains("server.oneTimeKeys[0]"), "{facts}");
    let plain = run(&["diagnose", &report, "--rows", &rows]);
    assert!(out(&plain).contains("Confirmed: Divergence."));
    let markdown = run(&["diagnose", &report, "--markdown"]);
    assert!(out(&markdown).starts_with("# Encryption diagnosis: &#64;a:hs DEV"));
    let swapped = run(&["diagnose", &report, "--rows", &log()]);
    assert_eq!(swapped.status.code(), Some(2));
    assert!(err(&swapped).contains("it is no answer of the database"));
    assert_eq!(run(&["diagnose", &rows]).status.code(), Some(2));
}

#[test]
fn the_query_for_devices_at_risk_is_one_statement() {
    for database in ["postgres", "sqlite"] {
        let output = run(&["query", database]);
        assert!(output.status.success());
        assert_eq!(out(&output).matches(';').count(), 1);
        assert!(out(&output).starts_with("WITH recent AS ("));
    }
}
