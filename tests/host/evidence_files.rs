//! Files from the homeserver's side: each is recognised by its content, read with any chunk size, and refused with a reason
//! if it is of no use.
#![cfg(not(target_family = "wasm"))]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use lotus_crypto_diag::otk::parse_refusal;
use lotus_crypto_diag::timestamp::Timestamp;
use lotus_crypto_diag_server_evidence::{Content, Kind, Purpose, Reader, Unreadable};
use proptest::prelude::*;
use serde_json::{Value, json};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures")
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(fixtures().join("viewer").join(name)).unwrap()
}

fn read_by(bytes: &[u8], step: usize) -> Result<Content, Unreadable> {
    let mut reader = Reader::new(Purpose::Evidence);
    for chunk in bytes.chunks(step.max(1)) {
        reader.push(chunk)?;
    }
    reader.finish()
}

fn read(bytes: impl AsRef<[u8]>) -> Content {
    read_by(bytes.as_ref(), usize::MAX).unwrap()
}

fn refused(bytes: impl AsRef<[u8]>) -> String {
    read_by(bytes.as_ref(), usize::MAX).expect_err("it is of no use").to_string()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn json_of(content: &Content) -> Value {
    serde_json::to_value(content).unwrap()
}

fn names(folder: &Path, starts: &[&str]) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| starts.iter().any(|start| name.starts_with(start))).collect()
}

#[test]
fn a_database_answer_is_sorted_into_its_tables_in_every_print_format() {
    let answers = names(&fixtures().join("viewer"), &["psql", "sqlite"]);
    assert!(answers.len() >= 12);
    for name in answers {
        let content = read(fixture(&name));
        assert_eq!((content.kind, content.notes.len()), (Kind::Rows, 0), "{name}");
        let rows = json_of(&content)["rows"].take();
        let ids: Vec<_> = rows["oneTimeKeys"].as_array().unwrap().iter().map(|row| row["keyId"].clone()).collect();
        assert_eq!(ids, ["AAAAAAAAAA0", "AAAAAAAAAA4", "AAAAAAAAAA8"], "{name}");
        let (user, device) = ("@rate-0a9ead58:lab.local", "CVMWFRZSBZ");
        assert_eq!(
            rows["oneTimeKeys"][0],
            json!({
                "userId": user, "deviceId": device, "algorithm": "signed_curve25519", "keyId": "AAAAAAAAAA0",
                "addedAt": "2026-11-25T09:09:00.432Z", "key": "8LSqTMj2kn0T6zWpMBFuVoKv9fyFA4+LaHuEYjE5Ixs",
            }),
            "{name}"
        );
        let counts = json!([{ "userId": user, "deviceId": device, "algorithm": "signed_curve25519", "count": 50 }]);
        assert_eq!(rows["oneTimeKeyCounts"], counts, "{name}");
        assert_eq!(rows["fallbackKeys"][0]["used"], false, "{name}");
        assert!(rows["fallbackKeys"][0]["key"].as_str().unwrap().starts_with("Qvf"), "{name}");
        let inbox = json!([{
            "userId": user, "deviceId": device, "streamId": 7, "type": "m.room.encrypted", "sender": "@bob:lab.local",
        }]);
        assert_eq!(rows["deviceInbox"], inbox, "{name}");
        let devices = rows["devices"].as_array().unwrap();
        let own = devices.iter().find(|row| row["deviceId"] == device).unwrap();
        assert_eq!(own["lastSeen"], "2026-11-25T09:09:00.313Z", "{name}");
        assert!(own["displayName"].as_str().unwrap().starts_with("Firefox "), "{name}");
        let events = json!([{
            "eventId": "$bad", "type": "m.room.encrypted", "sender": "@bob:lab.local", "roomId": "!room:lab.local",
            "originServerTs": "2025-11-25T09:09:03.037Z",
            "content": { "algorithm": null, "ciphertext": "AwgA", "session_id": "s" },
        }]);
        assert_eq!(rows["events"], events, "{name}");
    }
}

#[test]
fn text_around_a_table_is_skipped_and_an_empty_table_is_kept() {
    let empty = read(" user_id | device_id | stream_id \n---------+-----------+-----------\n(0 rows)\n");
    assert_eq!(json_of(&empty)["rows"], json!({ "deviceInbox": [] }));
    let prompt = read(
        "synapse=# SELECT * FROM devices;\n user_id | device_id | last_seen \n---------+-----------+-----------\n @a:b    | DEV       \
         |          \n(1 row)\n\nsynapse=# \\q\n",
    );
    let device = json!([{ "userId": "@a:b", "deviceId": "DEV", "displayName": null, "lastSeen": null }]);
    assert_eq!(json_of(&prompt)["rows"]["devices"], device);
    let zoned = read("user_id,device_id,last_seen\n@a:b,DEV,2026-11-25 10:00:00.5+01\n");
    assert_eq!(json_of(&zoned)["rows"]["devices"][0]["lastSeen"], "2026-11-25T09:00:00.500Z");
    assert!(refused("[{\"name\": \"x\", \"age\": 3}]").contains("neither a report"));
    assert!(refused(" id | key_id \n----+--------\n 1  | 2\n").contains("its columns are id, key_id"));
}

/// The refused uploads, and the lines about them, in the log of the fixtures.
fn check_log(content: &Content, case: &str) {
    let log = String::from_utf8(fixture("homeserver.log")).unwrap();
    assert_eq!(content.kind, Kind::Log, "{case}");
    let uploads: Vec<_> = content.requests.iter().filter(|r| r.path == "/_matrix/client/v3/keys/upload").collect();
    let count = uploads.iter().filter(|request| request.status == 400).count();
    assert_eq!(count, log.matches(" 400 \"POST /_matrix/client/v3/keys/upload").count(), "{case}");
    assert!(count > 5);
    assert_eq!(uploads[0].method, "POST", "{case}");
    assert!(uploads[0].request.as_ref().unwrap().starts_with("POST-"), "{case}");
    let refusals = content.lines.iter().filter(|line| line.text.contains("already exists")).count();
    assert_eq!(refusals, log.matches("already exists").count(), "{case}");
    let first = &content.lines[0];
    let stamp = first.text[..23].replace(' ', "T").replace(',', ".");
    let stamp = if stamp.len() == 23 { stamp + "Z" } else { stamp };
    assert_eq!(first.at, stamp.parse::<Timestamp>().unwrap().ms(), "{case}");
}

type Parts<'a> = [&'a str; 6];

/// Rewrites each line of the log that begins with a time.
fn rewritten(write: impl Fn(Parts<'_>, &str) -> String) -> String {
    let log = String::from_utf8(fixture("homeserver.log")).unwrap();
    let line = |line: &str| {
        let words: Vec<&str> = line.splitn(6, ' ').collect();
        match <Parts<'_>>::try_from(words) {
            Ok(parts) if line.starts_with("2026-") => write(parts, line),
            _ => line.to_owned(),
        }
    };
    log.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

fn seconds(date: &str, time: &str) -> f64 {
    let stamp = format!("{date}T{}Z", time.replace(',', "."));
    #[allow(clippy::cast_precision_loss, reason = "a time")]
    let ms = stamp.parse::<Timestamp>().unwrap().ms() as f64;
    ms / 1000.0
}

#[test]
fn a_log_is_read_in_every_synapse_format_and_behind_prefixes_of_other_tools() {
    let own = rewritten(|[date, time, level, logger, request, message], _| {
        format!("{date} {time} - {logger} - 460 - {level} - {request} - {message}")
    });
    let terse = rewritten(|[date, time, level, namespace, request, message], _| {
        json!({
            "log": message, "namespace": namespace, "level": level, "time": seconds(date, time), "request": request,
            "server_name": "lab.local", "user_agent": ["odd"], "method": null,
        })
        .to_string()
    });
    let docker = rewritten(|_, line| {
        json!({ "log": format!("{line}\n"), "stream": "stderr", "time": "2026-11-27T00:00:00.5Z" }).to_string()
    });
    let behind = |text: &str, starts: &str, word: &str| {
        text.lines()
            .map(|line| if line.starts_with(starts) { format!("{word}{line}\n") } else { format!("{line}\n") })
            .collect()
    };
    let cases: [(&str, String); 7] = [
        ("as it is", String::from_utf8(fixture("homeserver.log")).unwrap()),
        ("Synapse's own format", own.clone()),
        ("behind grep", behind(&own, "2026-", "homeserver.log:")),
        ("behind docker compose", behind(&own, "2026-", "synapse-1  | ")),
        ("terse JSON", terse.clone()),
        ("terse JSON behind docker compose", behind(&terse, "{", "synapse-1  | ")),
        ("wrapped by docker", docker),
    ];
    for (case, text) in cases {
        for step in [1, 1000, usize::MAX] {
            check_log(&read_by(text.as_bytes(), step).unwrap(), case);
        }
    }
    let gcp = rewritten(|[date, time, severity, logger, _, message], _| {
        json!({ "severity": severity, "message": message, "logger": logger, "time": format!("{date}T{}Z", time.replace(',', ".")) })
            .to_string()
    });
    assert!(read(gcp).requests.iter().filter(|request| request.status == 400).count() > 5);
}

#[test]
fn a_log_is_the_same_compressed_and_in_any_encoding() {
    let log = fixture("homeserver.log");
    let text = String::from_utf8(log.clone()).unwrap();
    let utf16 = |text: &str, to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
    check_log(&read(gzip(&log)), "gzip");
    check_log(&read([gzip(&log[..5000]), gzip(&log[5000..])].concat()), "two members");
    check_log(&read(utf16(&format!("\u{feff}{text}"), u16::to_le_bytes)), "UTF-16");
    check_log(&read(utf16(&text, u16::to_le_bytes)), "UTF-16 without a mark");
    let big = read_by(&utf16(&text, u16::to_be_bytes), 7).unwrap();
    check_log(&big, "UTF-16, the other way round");
    assert!(big.notes.contains(&"It is in UTF-16.".to_owned()));
    let latin1 = read([&log, &b"2026-11-25 09:00:00,000 WARNING x y z\xfcrich\n"[..]].concat());
    check_log(&latin1, "Latin-1");
    assert!(latin1.lines.last().unwrap().text.contains("zürich"));
}

#[test]
fn truncated_or_damaged_gzip_is_used_up_to_the_damage() {
    let log = fixture("homeserver.log").repeat(50);
    let packed = gzip(&log);
    let cut = read(&packed[..packed.len() / 2]);
    assert!(cut.notes[0].starts_with("It is packed with gzip, and damaged. What comes before"), "{:?}", cut.notes);
    assert!(cut.requests.len() > 100);
    let mut damaged = packed.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0xff);
    assert!(read(damaged).notes[0].contains("damaged"));
    assert!(refused(&gzip(&[b'x'; 1000])[..12]).contains("damaged"));
}

#[test]
fn a_log_that_cannot_be_read_is_refused_with_the_reason() {
    let undated: String = String::from_utf8(fixture("homeserver.log"))
        .unwrap()
        .lines()
        .map(|line| {
            if line.starts_with("2026-") {
                line.splitn(3, ' ').nth(2).unwrap().to_owned() + "\n"
            } else {
                line.to_owned() + "\n"
            }
        })
        .collect();
    for (text, reason) in [
        (undated.as_str(), "no date and time"),
        ("2026-11-25T09:00:00.123456Z  INFO conduwuit_api::client::keys: uploaded\n", "Conduit's family"),
        ("time=\"2026-11-25T09:00:00.123456Z\" level=error msg=\"already exists\" req.method=POST\n", "Dendrite"),
        ("INFO[2026-11-25T09:00:00Z] started\n", "Dendrite"),
        (
            "10.0.0.1 - - [25/Nov/2026:09:00:00 +0000] \"POST /_matrix/client/v3/keys/upload HTTP/2.0\" 400 321 \"-\" \"x\"\n",
            "access log of a proxy",
        ),
    ] {
        assert!(refused(text).contains(reason), "{text}");
    }
}

#[test]
fn the_logs_of_public_reports_are_read_or_refused_as_expected() {
    let folder = fixtures().join("reports/logs");
    for name in names(&folder, &["log"]) {
        let case: Value = serde_json::from_slice(&fs::read(folder.join(&name)).unwrap()).unwrap();
        let text = case["log"].as_str().unwrap();
        if let Some(reason) = case["expect"]["refused"].as_str() {
            assert!(refused(text).contains(reason), "{name}");
            continue;
        }
        let content = read(text);
        assert_eq!(content.lines.len() as u64, case["expect"]["lines"], "{name}");
        let refusal = serde_json::to_value(parse_refusal(&content.lines[0].text)).unwrap();
        for (field, value) in case["expect"]["refusal"].as_object().unwrap() {
            assert_eq!(&refusal[field], value, "{name}: {field}");
        }
    }
}

#[test]
fn the_lines_of_a_log_contain_no_secret() {
    let secrets = [
        "syt_c2VjcmV0_secretsecretsecretse_1abcde",
        "syr_secretsecret_secretsecretsecret_1abcde",
        "access_token=secretsecret&x=1",
        "\"access_token\":\"secretsecret\"",
        "password=secretsecret",
        "Authorization: Basic secretsecret",
    ];
    let lines = secrets.map(|secret| format!("2026-11-25 09:00:00,000 WARNING x POST-1 sent {secret} away\n"));
    let text = lines.concat();
    let content = read(text);
    assert_eq!(content.lines.len(), secrets.len());
    assert!(content.lines.iter().all(|line| !line.text.contains("secretsecret")));
}

#[test]
fn a_useless_file_is_refused_with_a_reason() {
    let zip = b"PK\x03\x04\x14\0\0\0\0\0";
    let noise: Vec<u8> = (0..5000u32).map(|i| u8::try_from((i * 7919) % 31).unwrap()).collect();
    let entry =
        json!({ "message": "2026-11-25 09:00:00,000 WARNING synapse.http.client GET-1 Processed request: 1sec" });
    let report_log = serde_json::to_string_pretty(&json!({ "entries": [entry] })).unwrap();
    let cases: Vec<(&[u8], &str)> = vec![
        (b"", "The file is empty."),
        (b" \n\t", "nothing but white space"),
        (zip, "a zip archive"),
        (b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "an empty zip archive"),
        (b"SQLite format 3\0...", "a database of SQLite"),
        (&noise, "It is no text."),
        (&[0; 10_000], "It is no text."),
        (b"<!doctype html><script>alert(1)</script>", "a page of HTML"),
        (b"Dear administrator, it does not work.", "none of these"),
        (b"{\"name\":\"x\",\"schema\":\"something/1\"}", "neither a report"),
        (b"12", "none of these"),
        (b"{\"schema\":\"lotus-crypto-diag/2\"}", "a later form (version 2)"),
        (b"{\"schema\":\"lotus-crypto-diag/1\",\"entries\":[", "ends in the middle"),
        (b"{\"schema\":\"lotus-crypto-diag/1\",\n ", "ends in the middle"),
        (b"{\"schema\":\"lotus-crypto-diag/1\",,}", "It is a report, but it is broken"),
        (b"{\"log\":{\"version\":\"1.2\",\"entries\":[", "ends before its first request"),
        (report_log.as_bytes(), "neither a report"),
    ];
    for (bytes, reason) in cases {
        let said = refused(bytes);
        assert!(said.contains(reason), "{said}: {reason}");
    }
    assert!(refused(gzip(zip)).contains("a zip archive"));
    assert!(refused(gzip(&gzip(b"x"))).contains("packed twice"));
    assert!(refused("[".repeat(200_000)).contains("It is JSON"));
}

#[test]
fn a_gzip_bomb_is_read_in_little_memory() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(b"2026-11-25 09:00:00,000 WARNING x POST-1 begins\n").unwrap();
    let megabyte = vec![b'x'; 1024 * 1024];
    for _ in 0..200 {
        encoder.write_all(&megabyte).unwrap();
    }
    let content = read(encoder.finish().unwrap());
    assert_eq!(content.lines.len(), 1);
    assert_eq!(content.notes, ["1 line was cut at 1 MiB."]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_the_same_way_in_chunks_of_any_size(
        start in prop::sample::select(vec![
            "", "[", "{\"log\":{\"entries\":[", "2026-11-25 09:00:00,000 INFO synapse POST-1 Processed request: ", "user_id,device_id,last_seen\n",
            " user_id | device_id | stream_id \n---------+-----------+-----------\n", "-[ RECORD 1 ]\n", "\x1f\u{8b}", "user_id  device_id\n-------  ---------\n",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        step in 1usize..40,
    ) {
        let text = [start.as_bytes(), &bytes].concat();
        let (whole, parts) = (read_by(&text, usize::MAX), read_by(&text, step));
        prop_assert_eq!(whole.map(|content| json_of(&content)), parts.map(|content| json_of(&content)));
    }

    #[test]
    fn pieces_of_real_lines_are_read_the_same_way_in_chunks_of_any_size(pieces in prop::collection::vec(0usize..4000, 1..60), step in 1usize..200) {
        let log = fixture("homeserver.log");
        let text: Vec<u8> = pieces.iter().flat_map(|at| {
            let start = at * 12 % (log.len() - 120);
            log[start..start + 20 + at % 100].to_vec()
        }).collect();
        let (whole, parts) = (read_by(&text, usize::MAX), read_by(&text, step));
        prop_assert_eq!(whole.map(|content| json_of(&content)), parts.map(|content| json_of(&content)));
    }
}
