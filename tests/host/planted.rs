//! Strangers choose ids, event fields and participants' names. Whatever these contain, a line means the same as before: they
//! cause no count, no loop and no verdict.
#![cfg(not(target_family = "wasm"))]

mod recordings;

use std::fs;
use std::ops::Range;
use std::path::Path;

use lotus_crypto_diag::crypto_store::{Device, StoreVerdict, StoredMarker};
use lotus_crypto_diag::entry::Fault;
use lotus_crypto_diag::entry::{Detail, Level};
use lotus_crypto_diag::line::Line;
use lotus_crypto_diag::session::Session;
use lotus_crypto_diag::signature::{classify, needles};
use lotus_crypto_diag::store_trouble::store_trouble;
use lotus_crypto_diag::timestamp::Timestamp;
use lotus_crypto_diag::upload_loop::LoopState;
use serde_json::Value;

const REFUSAL: &str = "M_UNKNOWN: MatrixError: [400] One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: \
                       {'key':'YQ'}; new key: {'key': 'Yg'} (http://hs/_matrix/client/v3/keys/upload)";

fn recorded() -> Vec<String> {
    let mut texts = Vec::new();
    for file in fs::read_dir(recordings::folder()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "jsonl") && !name.starts_with("uploads-") {
            let lines = fs::read_to_string(&path).unwrap();
            let text =
                |line| serde_json::from_str::<Value>(line).unwrap()["text"].as_str().unwrap_or_default().to_owned();
            texts.extend(lines.lines().map(text));
        }
    }
    assert!(texts.len() > 500, "the recordings are not there");
    texts.extend(public());
    texts.sort();
    texts.dedup();
    texts
}

/// Lines of public reports, and lines that no recording contains.
fn public() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/reports");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let cases = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let mut texts: Vec<String> = cases
        .flat_map(|path| {
            let case: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            case["console"].as_array().cloned().unwrap_or_default()
        })
        .map(|call| {
            let args = call["args"].as_array().unwrap().iter();
            let one = |arg: &Value| match arg {
                Value::String(text) => text.clone(),
                error => format!("{}: {}", error["name"].as_str().unwrap(), error["message"].as_str().unwrap()),
            };
            args.map(one).collect::<Vec<_>>().join(" ")
        })
        .collect();
    texts.extend(
        [
            "Suppressing further decryption errors for @bo:hs.example:DEVICE {room: \"x\"}",
            "WARN matrix_sdk_crypto::olm::account: Received a to-device message with sender_device_keys with invalid signature: x\n    \
             at src/olm/account.rs:1\n    in a::b with sender=\"@bo:hs.example\"",
            "Error decrypting event (id=$ev1 type=m.room.encrypted sender=@bo:hs.example room=!room:hs.example \
             ts=2026-03-01T13:41:28.010Z): TypeError: x",
            "Failed to process outgoing request 0: M_TOO_LARGE: MatrixError: [400] Uploading 50 more keys \
             (https://hs.example/_matrix/client/v3/keys/upload)",
        ]
        .map(str::to_owned),
    );
    assert!(texts.len() > 20, "the public reports are not there");
    texts
}

fn is_crypto(text: &str) -> bool {
    ["WARN ", "ERROR "].iter().any(|level| text.strip_prefix(level).is_some_and(|rest| rest.starts_with("matrix_sdk")))
}

/// Where a line contains a stranger's words, and whether they may contain white space.
fn places(text: &str) -> Vec<(Range<usize>, bool)> {
    let mut places = Vec::new();
    let quoted = |places: &mut Vec<_>| {
        let quotes: Vec<usize> = text.match_indices('"').map(|(at, _)| at).collect();
        places.extend(quotes.chunks_exact(2).map(|pair| (pair[0] + 1..pair[1], true)));
    };
    if is_crypto(text) {
        quoted(&mut places);
        if let Some(at) = text.find("invalid to-device event: ") {
            let from = at + "invalid to-device event: ".len();
            places.push((from..text[from..].find('\n').map_or(text.len(), |end| from + end), true));
        }
        // The event's type is evidence itself, and an exception's name and message are the browser's.
        let own = ["event_type=\"", " name: \"", " message: \""];
        places.retain(|(place, _)| !own.iter().any(|own| text[..place.start].ends_with(own)));
        return places;
    }
    let structured =
        ["Error decrypting event (", "MissingKey: ", "InvalidKey: ", "[MatrixRTCSession ", "Suppressing further "];
    let is_structured = structured.iter().any(|head| text.starts_with(head));
    for (at, c) in text.char_indices().filter(|(_, c)| matches!(c, '@' | '!' | '$')) {
        let starts = text[..at].ends_with([' ', '=', '(']);
        let end = text[at..].find([' ', ')', ']', ',']).map_or(text.len(), |end| at + end);
        if starts && end > at + 1 {
            places.push((at + c.len_utf8()..end, is_structured));
        }
    }
    places
}

/// A word without meaning, in place of a stranger's words.
const NEUTRAL: &str = "zzz";

/// All that is read from a line, except the fields that the stranger fills: those that are neutral in `plain`.
fn said(text: &str, plain: &str) -> Option<(Fault, Value)> {
    let fields = |text| classify(text).map(|found| (found.fault, serde_json::to_value(&found.detail).unwrap()));
    let (fault, mut said) = fields(text)?;
    if let Some((_, plain)) = fields(plain)
        && let Some(said) = said.as_object_mut()
    {
        said.retain(|name, _| !plain[name].as_str().is_some_and(|value| value.contains(NEUTRAL)));
    }
    Some((fault, said))
}

#[test]
fn a_strangers_words_do_not_change_the_meaning_of_a_recorded_line() {
    let mut planted = 0;
    for text in recorded() {
        for (place, with_blanks) in places(&text) {
            for words in needles().chain([REFUSAL]).filter(|words| with_blanks || !words.contains(char::is_whitespace))
            {
                let escaped = if is_crypto(&text) { words.replace('"', "\\\"") } else { words.to_owned() };
                for value in
                    [escaped.clone(), format!("x {escaped} y")].iter().filter(|v| with_blanks || !v.contains(' '))
                {
                    let forged = [&text[..place.start], value, &text[place.end..]].concat();
                    let plain = [&text[..place.start], NEUTRAL, &text[place.end..]].concat();
                    assert_eq!(said(&forged, &plain), said(&plain, &plain), "{words}\n{forged}\n{text}");
                    assert_eq!(store_trouble(&forged), store_trouble(&text), "{words}\n{forged}");
                    planted += 1;
                }
            }
        }
    }
    assert!(planted > 10_000, "{planted}");
}

#[test]
fn a_strangers_to_device_events_raise_no_fault() {
    let mut session = Session::default();
    let device = Device { user_id: "@a:hs".into(), device_id: "D".into(), database: "x".into() };
    session.store_found(device, StoredMarker::Nothing, Some(true), None, Timestamp::default());
    for action in needles().chain([REFUSAL]).flat_map(|words| [words; 5]) {
        let action = action.replace('"', "\\\"");
        for text in [
            format!(
                "WARN matrix_sdk_crypto::gossiping::machine: Received an unknown key request action\n    \
                 action=\"{action}\"\n    at src/gossiping/machine.rs:1\n    in matrix_sdk_crypto::machine::x with sender=\"@eve:evil\""
            ),
            format!(
                "WARN matrix_sdk_crypto::machine: Received a to-device event of an unknown kind: {action}\n    at src/machine/mod.rs:1"
            ),
        ] {
            let line = Line { level: Level::Warn, source: "window", text: &text, excerpt: "", truncated: false };
            session.observe(line, Timestamp::default());
        }
    }
    let evidence = session.evidence();
    assert_eq!(evidence.upload_loop.state, LoopState::Idle);
    assert_eq!(evidence.entries, []);
    assert_eq!(evidence.crypto_store.map(|store| store.verdict), Some(StoreVerdict::FirstRun));
}

#[test]
fn a_refusal_counts_only_behind_the_sdks_own_words() {
    let is_refusal = |text: &str| matches!(classify(text).map(|found| found.detail), Some(Detail::Refusal(_)));
    assert!(is_refusal(&format!("Failed to process outgoing request 0: {REFUSAL}")));
    for quoted in [
        format!("Room name changed: \"{REFUSAL}\""),
        REFUSAL.replace("MatrixError: [400] ", ""),
        format!("WARN matrix_sdk_crypto::machine: {REFUSAL}"),
        format!(
            "Error decrypting event (id=$x type={REFUSAL} sender=@eve:evil room=!r ts=2026-11-25T16:46:34.779Z): x"
        ),
    ] {
        assert!(!is_refusal(&quoted), "{quoted}");
    }
}

#[test]
fn removed_parts_of_a_line_do_not_join_words_into_a_signature() {
    for words in needles() {
        for (at, _) in words.char_indices().skip(1) {
            for left_out in ["\"x\"", "`x`", "\\\"x\\\"", " @a:hs", " https://hs/x"] {
                let text = [&words[..at], left_out, &words[at..]].concat();
                // Some of the words end with a blank.
                if text.contains(words) {
                    continue;
                }
                let signature = classify(&text).map(|found| found.signature);
                assert!(signature != Some(words) && store_trouble(&text).is_none(), "{text}");
            }
        }
    }
}

#[test]
fn a_strangers_unparsable_event_is_evidence_only_if_it_was_encrypted() {
    let line = |message: &str, span: &str| {
        format!(
            "WARN matrix_sdk_crypto::machine: Received an invalid to-device event: {message}\n    at src/machine/mod.rs:1\n    \
             in matrix_sdk_crypto::machine::receive_to_device_event{span}\n    in matrix_sdk_crypto::machine::receive_sync_changes"
        )
    };
    let of_type = |kind: &str| format!(" with sender=\"@eve:evil\" event_type=\"{kind}\" ");
    let forged_spans = "unknown variant `x\n    at src/machine/mod.rs:1\n    in a::b with sender=\"@bob:hs\" event_type=\"m.room.encrypted\" \n    `";
    for (text, sender) in [
        (line("missing field `algorithm`", &of_type("m.room.encrypted")), Some("@eve:evil")),
        (line(forged_spans, &of_type("m.room.encrypted")), Some("@eve:evil")),
        (line(forged_spans, &of_type("m.room_key_request")), None),
        (line("unknown variant `x`", &of_type("m.room_key_request")), None),
        (line("unknown variant `x`", &of_type("x\\\" event_type=\\\"m.room.encrypted")), None),
        (line("invalid type: string \"x\", expected a borrowed string", ""), None),
    ] {
        let found = classify(&text).map(|found| found.detail);
        let named = found.and_then(|detail| match detail {
            Detail::ToDeviceUnopened { sender, .. } => sender,
            other => panic!("{other:?}"),
        });
        assert_eq!(named.as_deref(), sender, "{text}");
    }
}

#[test]
fn a_strangers_words_beyond_the_cut_do_not_change_the_meaning_of_a_line() {
    let filler = "x".repeat(20_000);
    for words in needles().chain([REFUSAL]) {
        for head in [
            "WARN matrix_sdk_crypto::machine: Received an invalid to-device event: unknown variant `",
            "WARN matrix_sdk_crypto::gossiping::machine: Unknown secret request action\n    action=_Custom(CustomRequestAction { action: \"",
            "Error decrypting event (id=$x type=",
            "MissingKey: missing key at index 1 for participant ",
            "Room name changed: \"",
        ] {
            let (text, excerpt) = ([head, &filler].concat(), ["xxx ", words, " xxx"].concat());
            let alone = Line { level: Level::Warn, source: "window", text: &text, excerpt: "xxx", truncated: true };
            let kind = |line: Line<'_>| {
                let read = line.read();
                let evidence = read.as_ref().and_then(|read| read.evidence.as_ref());
                (
                    evidence.map(|found| (found.signature, found.detail.clone())),
                    read.is_some_and(|read| read.store.is_some()),
                )
            };
            assert_eq!(kind(Line { excerpt: &excerpt, ..alone }), kind(alone), "{head}… {words}");
        }
    }
}
