//! The command in the shell of a homeserver: its output, its exit status, and what never reaches a terminal.
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
fn the_exit_status_is_0_without_trouble_and_2_if_a_file_is_unreadable() {
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
fn the_standard_input_is_read_like_a_file() {
    let mut child =
        command().args(["survey", "-", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(fixture("homeserver.log")).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, run(&["survey", &log(), "--json"]).stdout);
}

#[test]
fn a_closed_output_does_not_change_the_exit_status() {
    let folder = tempfile::tempdir().unwrap();
    let well = file(folder.path(), "well.log", WELL);
    for (path, code) in [(log(), 1), (well, 0)] {
        for format in ["--json", "--markdown", "--csv"] {
            let mut command = command();
            command.args(["survey", &path, format]).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            drop(child.stdout.take());
            let output = child.wait_with_output().unwrap();
            assert_eq!((err(&output).as_str(), output.status.code()), ("", Some(code)), "{format}");
        }
    }
}

/// The log lines of a device's refused uploads, followed by an accepted one if `is_over`.
fn refused(is_over: bool) -> String {
    let of = |nth: u32, status: &str| {
        let adding = format!(
            "2026-11-25 09:{nth:02}:00,000 - synapse.handlers.e2e_keys - 1 - INFO - POST-{nth} - Adding one_time_keys dict_keys(['a:A']) \
             for device 'D' for user '@a:hs' at 1\n"
        );
        let ended = WELL.replace("09:00:00", &format!("09:{nth:02}:00")).replace("GET-1", &format!("POST-{nth}"));
        adding
            + &ended
                .replace("GET /_matrix/client/versions", "POST /_matrix/client/v3/keys/upload")
                .replace(" 200 ", status)
    };
    (0..5).map(|nth| of(nth, " 502 ")).collect::<String>() + &if is_over { of(9, " 200 ") } else { String::new() }
}

#[test]
fn trouble_that_is_over_is_listed_with_exit_status_0() {
    let folder = tempfile::tempdir().unwrap();
    for (is_over, code) in [(true, 0), (false, 1)] {
        let output = run(&["survey", &file(folder.path(), "a.log", refused(is_over))]);
        assert_eq!(output.status.code(), Some(code), "{}", out(&output));
        assert!(out(&output).contains("@a:hs"));
    }
}

#[test]
fn a_file_that_is_read_only_in_part_is_named_with_the_last_place_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(refused(false).repeat(200).as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let cut = file(folder.path(), "cut.log.gz", &packed[..packed.len() / 2]);
    let rows = "[{\"user_id\":\"@a:hs\",\"device_id\":\"D\",\"keys_changed_at\":null},{\"user_id";
    let rows = file(folder.path(), "rows.json", rows);
    for (path, name, words) in
        [(cut, "cut.log.gz", "up to 2026-11-25T09:04:00.000Z"), (rows, "rows.json", "cut off after 1 row")]
    {
        let output = run(&["survey", &path]);
        assert_eq!(output.status.code(), Some(2), "{}", out(&output));
        assert!(err(&output).contains(name) && err(&output).contains(words), "{}", err(&output));
        assert!(err(&output).contains("read only in part"), "{}", err(&output));
    }
    let folder = folder.path().to_str().unwrap();
    let unreadable = run(&["survey", folder]);
    assert_eq!(unreadable.status.code(), Some(2));
    assert!(err(&unreadable).contains("directory"), "{}", err(&unreadable));
}

#[test]
fn rotated_files_are_one_log_in_any_order_compressed_or_from_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read(fixture("homeserver.log")).unwrap();
    let (first, rest) = text.split_at(text.len() / 3);
    let (second, third) = rest.split_at(rest.len() / 2);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(first).unwrap();
    let files = [
        file(folder.path(), "homeserver.log.2.gz", encoder.finish().unwrap()),
        file(folder.path(), "homeserver.log.1", second),
        file(folder.path(), "homeserver.log", third),
    ];
    let whole = run(&["survey", &log(), "--json"]);
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let [a, b, c] = order.map(|nth: usize| files[nth].as_str());
        assert_eq!(out(&run(&["survey", a, b, c, "--json"])), out(&whole), "{order:?}");
    }
    let mut child = command();
    child.args(["survey", &files[2], "-", &files[0], "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(second).unwrap();
    assert_eq!(out(&child.wait_with_output().unwrap()), out(&whole));
}

#[test]
fn unused_lines_are_counted_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = refused(false).into_bytes();
    text.extend_from_slice(b"Traceback (most recent call last):\n  File x\n");
    text.extend_from_slice(b"zeros \0\0 here\n\xff\xfe not text\n");
    text.extend_from_slice(&WELL.as_bytes()[..200]);
    text.push(b'\n');
    text.extend_from_slice(&refused(false).as_bytes()[..130]);
    text.push(b'\n');
    text.extend(std::iter::repeat_n(b'x', 3 << 20));
    text.push(b'\n');
    // The bytes that are not UTF-8 come after the beginning, which decides the encoding.
    let text = [refused(false).repeat(100).into_bytes(), text].concat();
    let path = file(folder.path(), "odd.log", text);
    let json: Value = serde_json::from_slice(&run(&["survey", &path, "--json"]).stdout).unwrap();
    assert_eq!(json["skipped"], json!({ "noTime": 3, "cut": 2, "tooLong": 1, "nul": 1, "notUtf8": 1 }));
    for format in [&[][..], &["--markdown"]] {
        let output = run(&[&["survey", &path], format].concat());
        assert!(out(&output).contains("lines of the logs were not used: 3 without a time"), "{}", out(&output));
    }
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
fn a_report_is_diagnosed_together_with_server_evidence() {
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
        assert!(out(&output).starts_with("WITH recent AS"));
        assert_eq!(out(&output).contains("MATERIALIZED"), database == "postgres");
    }
}
