//! The redacted copy of a report: what it hides, what it keeps, and that the work is linear in the report's size.
#![cfg(not(target_family = "wasm"))]

mod recordings;

use std::fs;

use lotus_crypto_diag::redacted_copy::{RedactedCopy, redacted_copy};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

const SHAPES: &str = include_str!("../fixtures/redacted-copy/shapes.json");
const KEYS: [&str; 2] = ["8LSqTMj2kn0T6zWpMBFuVoKv9fyFA4+LaHuEYjE5Ixs", "3ipQnaOL+iZ2pX8Q6FoHgZNdAAuGcULE0Pn23Mk6I08"];

#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "shape")]
    name: String,
    line: String,
    /// Texts that the copy must not contain.
    hidden: Vec<String>,
    /// Texts that it must contain.
    #[serde(default)]
    stays: Vec<String>,
    /// The expected line in the copy.
    copy: Option<String>,
}

fn report_with(messages: &[String], more: Value) -> Value {
    let entries: Vec<Value> = messages
        .iter()
        .map(|message| {
            json!({
                "ts": "2026-11-25T09:00:00.000Z", "firstTs": "2026-11-25T09:00:00.000Z", "lastTs": "2026-11-25T09:05:00.000Z",
                "level": "error", "ke": "KE-4", "signature": "delayed event", "message": message, "truncated": false,
                "source": "window", "count": 1, "detail": { "kind": "clue" },
            })
        })
        .collect();
    let mut report = json!({
        "schema": "lotus-crypto-diag/1", "generatedAt": "2026-11-25T10:00:00.000Z", "capturingSince": null,
        "counts": { "KE-1": 0, "KE-2": 0, "KE-3": 0, "KE-4": 1 }, "entries": entries,
    });
    report.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    report
}

fn copy_of(report: &Value) -> RedactedCopy {
    redacted_copy(&report.to_string(), None).unwrap()
}

fn messages_of(copy: &RedactedCopy) -> Vec<String> {
    let copy: Value = serde_json::from_str(&copy.text).unwrap();
    copy["entries"].as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn copied(line: &str) -> String {
    messages_of(&copy_of(&report_with(&[line.to_owned()], json!({})))).remove(0)
}

#[test]
fn every_shape_of_an_id_is_hidden_and_the_evidence_stays() {
    let shapes: Vec<Shape> = serde_json::from_str(SHAPES).unwrap();
    assert!(shapes.len() > 60);
    let mut wrong = Vec::new();
    for Shape { name, line, hidden, stays, copy } in shapes {
        let found = copied(&line);
        let survives = hidden.iter().any(|id| found.contains(id));
        let lost = stays.iter().any(|words| !found.contains(words));
        if survives || lost || copy.is_some_and(|copy| copy != found) {
            wrong.push(format!("{name}: {line} -> {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_id_has_the_same_pseudonym_in_fields_and_in_lines() {
    let line = "Error (id=$abc:priv.org sender=@bob:priv.org room=!r:priv.org) at https://PRIV.org/rooms/!r%3Apriv.org/event/%2524abc%253Apriv.org";
    let report = report_with(
        &[line.to_owned()],
        json!({ "userId": "@bob:priv.org", "deviceId": "BOBDEVICE", "notes": ["BOBDEVICE of @bob:PRIV.ORG, _@bob:priv.org_BOBDEVICE_m.call"] }),
    );
    let copy = copy_of(&report);
    let read: Value = serde_json::from_str(&copy.text).unwrap();
    assert_eq!(
        messages_of(&copy)[0],
        "Error (id=$event-1:server-1.invalid sender=@user-1:server-1.invalid room=!room-1:server-1.invalid) at \
         https://server-1.invalid/rooms/!room-1:server-1.invalid/event/$event-1:server-1.invalid"
    );
    assert_eq!((&read["userId"], &read["deviceId"]), (&json!("@user-1:server-1.invalid"), &json!("DEVICE1")));
    assert_eq!(read["notes"][0], "DEVICE1 of @user-1:server-1.invalid, _@user-1:server-1.invalid_DEVICE1_m.call");
}

#[test]
fn an_id_known_only_from_server_rows_is_hidden() {
    let report = report_with(&["withheld for bobdev".to_owned()], json!({})).to_string();
    let evidence = json!({ "devices": [{ "userId": "@bob:priv.org", "deviceId": "bobdev" }] }).to_string();
    assert!(redacted_copy(&report, None).unwrap().text.contains("bobdev"));
    assert!(!redacted_copy(&report, Some(&evidence)).unwrap().text.contains("bobdev"));
}

#[test]
fn the_reports_own_words_stay_even_if_a_device_has_such_a_name() {
    for device in ["error", "window", "KE-4", "clue", "lotus-crypto-diag/1", "entries", "delayed event", "message"] {
        let report = report_with(&["no id at all".to_owned()], json!({ "deviceId": device }));
        let read: Value = serde_json::from_str(&copy_of(&report).text).unwrap();
        assert_eq!(read["deviceId"], "DEVICE1");
        let mut entry = read["entries"][0].clone();
        assert_eq!(entry["message"], "no id at all");
        entry["message"] = report["entries"][0]["message"].clone();
        assert_eq!(entry, report["entries"][0], "{device}");
        assert_eq!(read["schema"], report["schema"]);
    }
}

#[test]
fn an_invalid_report_is_refused_with_the_cause() {
    let refusal = |report: &str, evidence| redacted_copy(report, evidence).unwrap_err().to_string();
    assert!(refusal("{", None).starts_with("the report cannot be read: EOF while parsing"));
    assert!(refusal("{\"entries\":[]}", None).starts_with("the report cannot be read: missing field"));
    let report = report_with(&[], json!({})).to_string();
    assert!(refusal(&report, Some("[1")).starts_with("what was added to the report cannot be read: "));
}

#[test]
fn no_public_key_of_a_recorded_line_is_lost() {
    let mut keys = 0;
    for file in fs::read_dir(recordings::folder()).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let lines: Vec<String> = fs::read_to_string(file)
            .unwrap()
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok()?["text"].as_str().map(str::to_owned))
            .collect();
        let copies = messages_of(&copy_of(&report_with(&lines, json!({}))));
        for (line, copy) in lines.iter().zip(copies) {
            for key in keys_of(line) {
                keys += 1;
                assert!(copy.contains(key), "{key} is lost: {line} -> {copy}");
            }
        }
    }
    assert!(keys > 500, "{keys}");
}

/// Public keys and signatures: unpadded base64, but not the hash of a room or an event.
fn keys_of(line: &str) -> Vec<&str> {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    let runs = line.split(|c: char| !is_of_key(c)).filter(|run| matches!(run.len(), 43 | 86));
    runs.filter(|run| {
        let before =
            (run.as_ptr() as usize - line.as_ptr() as usize).checked_sub(1).map_or(b' ', |at| line.as_bytes()[at]);
        !matches!(before, b'$' | b'!' | b'-' | b'_') && !run.contains("matrix")
    })
    .collect()
}

/// The ways to write an id.
fn written(id: &str, way: usize) -> String {
    let percent = |text: &str| {
        let is_free = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
        let sign = |byte| if is_free(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        text.bytes().map(sign).collect::<String>()
    };
    let unit = |unit| match char::from_u32(u32::from(unit)) {
        Some(c) if c.is_ascii_alphanumeric() => c.to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    match way % 6 {
        0 => id.to_owned(),
        1 => percent(id),
        2 => percent(&percent(id)),
        3 => percent(id).replace("%3A", "%3a").replace("%40", "@"),
        4 => serde_json::to_string(&serde_json::to_string(id).unwrap()).unwrap(),
        _ => id.encode_utf16().map(unit).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_id_is_hidden_in_every_encoding_and_every_key_is_kept(
        local in "zq[a-z0-9ø][a-z0-9._=-]{0,9}[a-z0-9яé\u{1F512}]",
        host in "zw[a-z0-9]{3,8}\\.(org|haus|example|co\\.uk)", port in proptest::option::of(100..65535_u16),
        device in "zx[A-Za-z0-9_-]{3,10}[A-Z0-9]", opaque in "zy[A-Za-z]{16}", hash in "zv[A-Za-z0-9_-]{41}",
        ways in proptest::collection::vec(0..6_usize, 16), order in 0..6_usize,
    ) {
        let server = port.map_or(host.clone(), |port| format!("{host}:{port}"));
        let (user, room, event) = (format!("@{local}:{server}"), format!("!{opaque}:{server}"), format!("${hash}"));
        let state_key = format!("_{user}_{device}_m.call");
        let mail = local.replace('=', "");
        let mut ways = ways.into_iter();
        let mut write = |id: &str| written(id, ways.next().unwrap());
        let mut lines = vec![
            format!("sender={} room={} id={}", write(&user), write(&room), write(&event)),
            format!("PUT /rooms/{}/state/org.matrix.msc3401.call.member/{} 500", write(&room), write(&state_key)),
            format!("{} key {} of {} and {device}", KEYS[0], KEYS[1], write(&format!("{user}:{device}"))),
            format!("mxc://{server}/abc, {host} and mail to {}", write(&format!("{mail}@{host}"))),
            format!("ed25519:{device} \"{}\" ({}) {device}.", write(&user), write(&device)),
            format!("{{\"{user}\": {{\"{device}\": {{\"signed_curve25519:AAAAAAAAAA0\": {{\"key\":\"{}\"}}}}}}}}", KEYS[0]),
        ];
        lines.rotate_left(order);
        let copy = copy_of(&report_with(&lines, json!({}))).text;
        let small = copy.to_lowercase();
        for id in [&local, &mail, &host, &device, &opaque, &hash] {
            for way in 0..6 {
                let id = written(id, way).replace(['"', '\\'], "");
                let plain = small.replace('\\', "");
                prop_assert!(!plain.contains(&id.to_lowercase()), "{} in {}\n{}", id, copy, lines.join("\n"));
            }
        }
        prop_assert_eq!(copy.matches(KEYS[0]).count(), 2, "{}", copy);
        prop_assert!(copy.contains(KEYS[1]) && copy.contains("signed_curve25519:AAAAAAAAAA0"));
    }

    #[test]
    fn the_copy_of_any_lines_is_a_valid_report(lines in proptest::collection::vec(any::<String>(), 0..4), device: String) {
        let copy = copy_of(&report_with(&lines, json!({ "deviceId": device })));
        prop_assert_eq!(messages_of(&copy).len(), lines.len());
    }
}

/// How many steps a report with `lines` takes.
fn steps(lines: &[String]) -> u64 {
    copy_of(&report_with(lines, json!({}))).steps
}

#[test]
fn the_work_is_linear_in_the_number_of_users() {
    let users = |count: usize| -> Vec<String> {
        (0..count)
            .map(|n| format!("sender=@user{n}x:host{n}.priv.org:DEVICE{n}X _%40u{n}%3Apriv.org_D{n}_m.call"))
            .collect()
    };
    let (once, twice) = (steps(&users(4000)), steps(&users(8000)));
    assert!(twice < once * 21 / 10, "{once} steps, then {twice}");
}

#[test]
fn the_work_is_linear_in_the_length_of_a_hostile_line() {
    let pieces = [
        "@",
        "a@",
        "@a",
        "@a:",
        "@a:b",
        "!a",
        "!a:",
        "$a",
        "$",
        "#a ",
        "_@b:c_",
        "_@b:c_d.",
        "@b:c:D/",
        "@b:c\", \"D\")",
        "://",
        "://a@",
        "://a:",
        "a.",
        "a-",
        "a.b ",
        "1:",
        "::",
        "[",
        "[1:",
        "]",
        "{",
        "}",
        "{\"@a:b\":{\"",
        "\"@a:b\":{",
        "'",
        "\"",
        "%",
        "%25",
        "%2525",
        "%40",
        "\\",
        "\\\\",
        "\\u0025",
        "\\u{25}",
        "\\u",
        "device_id=\"",
        "device_id='\"",
        "device_id/",
        "device_id=a/",
        "device ",
        "device=Some(",
        "ed25519:",
        "ed25519:a",
        "origin=",
        "mxc://a/b",
        "/devices/",
        "/download/a/",
        "A",
        "A+",
        "AAAAAA/",
        "é",
        "ø@ø",
        "1.1.1.1",
        "a/1.1.1.1",
        "bob@a.b",
        "a.@a.",
    ];
    for piece in pieces {
        let line = |times: usize| vec![piece.repeat(times)];
        let (once, twice) = (steps(&line(4000)), steps(&line(8000)));
        assert!(twice < once * 21 / 10, "{piece:?}: {once} steps, then {twice}");
        assert!(twice < 500 * (8000 * piece.len() as u64 + 2000), "{piece:?}: {twice} steps");
    }
}
