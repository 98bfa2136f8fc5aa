//! What must hold for any input. Fuzzed natively; the committed corpus also runs on the host and as WebAssembly.

use arbitrary::{Result, Unstructured};
use lotus_crypto_diag::crypto_store::{MarkerField, StoredMarker};
use lotus_crypto_diag::diagnosis::analyse;
use lotus_crypto_diag::entry::{Entry, Level, Refusal};
use lotus_crypto_diag::evidence::CAPACITY;
use lotus_crypto_diag::line::{Line, MAX_MESSAGE};
use lotus_crypto_diag::otk::parse_refusal;
use lotus_crypto_diag::redact::{REDACTED, redact};
use lotus_crypto_diag::redacted_copy::redacted_copy;
use lotus_crypto_diag::report::Report;
use lotus_crypto_diag::server_evidence::ServerEvidence;
use lotus_crypto_diag::session::{Evidences, Session};
use lotus_crypto_diag::signature::classify;
use lotus_crypto_diag::steps::steps_of;
use lotus_crypto_diag::tab_message::Message;
use lotus_crypto_diag::timestamp::Timestamp;
use lotus_crypto_diag::upload::{Upload, UploadRequest};
use lotus_crypto_diag::upload_answer::UploadAnswer;
use lotus_crypto_diag::upload_loop::{
    Breaker, FIRST_PROBE_MS, LAST_PROBE_MS, LoopOptions, LoopState, UploadLoop, Verdict,
};
use lotus_crypto_diag_server_evidence::case::FileWithOffset;
use lotus_crypto_diag_server_evidence::survey::survey;
use lotus_crypto_diag_server_evidence::survey_text::to_markdown;
use lotus_crypto_diag_server_evidence::{Content, Purpose, Reader};

/// A target by the name of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub static TARGETS: [Target; 9] = [
    ("line", line),
    ("grammar", grammar),
    ("redaction", redaction),
    ("steps", steps),
    ("session", session),
    ("uploads", uploads),
    ("report", report),
    ("redacted_copy", copy),
    ("evidence_file", evidence_file),
];

fn lossy(data: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(data)
}

/// One line of a console, kept within its bounds and handed over.
pub fn line(data: &[u8]) {
    let text = lossy(data);
    let mut session = Session::default();
    let line = Line { level: Level::Warn, source: "window", text: &text, excerpt: "", truncated: false };
    let kept = session.observe(line, Timestamp::from_ms(1.0));
    let evidence = session.evidence();
    let of_store = lotus_crypto_diag::store_trouble::store_trouble(&text).is_some();
    assert_eq!(kept, of_store || !evidence.entries.is_empty());
    for entry in &evidence.entries {
        assert!(entry.message.len() <= MAX_MESSAGE);
        assert_eq!(redact(&entry.message), entry.message);
    }
    handed_over(&session, &evidence);
}

/// The grammars quote what stands in the line, and nothing else.
pub fn grammar(data: &[u8]) {
    let text = lossy(data);
    if let Some(refusal) = parse_refusal(&text) {
        let Refusal { key_id, old_key, new_key, device_id, .. } = refusal;
        for quoted in [Some(key_id), old_key, new_key, device_id].into_iter().flatten() {
            assert!(!quoted.is_empty() && text.contains(&quoted), "{quoted}");
        }
    }
    if let Some(found) = classify(&text) {
        assert!(text.contains(found.signature));
        let detail = serde_json::to_value(&found.detail).expect("a detail is JSON");
        each_string(&detail, &mut |quoted| assert!(text.contains(quoted) || is_word(quoted), "{quoted}"));
    }
    if let Some(message) = Message::parse(&text) {
        assert_eq!(Message::parse(&message.to_text()), Some(message));
    }
    if let StoredMarker::Known(marker) = recall(&serde_json::from_str(&text).unwrap_or_default()) {
        let written = serde_json::to_value(&marker).expect("a marker is JSON");
        assert_eq!(recall(&written), StoredMarker::Known(marker));
    }
    if let Ok(read) = serde_json::from_value::<Timestamp>(text.as_ref().into()) {
        let written = serde_json::to_value(read).expect("a time is JSON");
        assert_eq!(serde_json::from_value::<Timestamp>(written).ok(), Some(read));
    }
}

fn recall(marker: &serde_json::Value) -> StoredMarker {
    StoredMarker::from_fields(|name| match marker.get(name)? {
        serde_json::Value::Null => Some(MarkerField::Null),
        serde_json::Value::Number(number) => number.as_f64().map(MarkerField::Number),
        serde_json::Value::String(text) => Some(MarkerField::Text(text.clone())),
        _ => None,
    })
}

/// The machine words of the model (`missing-field`), which no line has to hold.
fn is_word(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn each_string(value: &serde_json::Value, visit: &mut impl FnMut(&str)) {
    match value {
        serde_json::Value::String(text) => visit(text),
        serde_json::Value::Array(values) => values.iter().for_each(|value| each_string(value, visit)),
        serde_json::Value::Object(fields) => fields.values().for_each(|value| each_string(value, visit)),
        _ => {}
    }
}

/// One pass is enough, and a token that stands free is gone, whatever is around it.
pub fn redaction(data: &[u8]) {
    const TOKEN: &str = "syt_Y2FuYXJ5_kWqXvTnRbLmPzSdFgHjC_0QzYxW";
    let text = lossy(data);
    let once = redact(&text);
    assert_eq!(redact(&once), once);
    if text.contains(TOKEN) {
        // The fuzzer found the word, and glued it to others: then it is none.
        return;
    }
    let middle = text.floor_char_boundary(text.len() / 2);
    let (before, after) = text.split_at(middle);
    let hidden = redact(&format!("{before} {TOKEN} {after}")).into_owned();
    assert!(!hidden.contains(TOKEN) && hidden.contains(REDACTED));
}

/// The work on a line is linear in its length: of what the input holds, repeated to a long line, no byte is looked at more
/// than so many times.
pub fn steps(data: &[u8]) {
    const MOST: u64 = 600;
    const LENGTH: usize = 4096;

    let unit = lossy(data);
    if unit.is_empty() {
        return;
    }
    let repeated = unit.repeat(LENGTH.div_ceil(unit.len()));
    let middle = unit.floor_char_boundary(unit.len() / 2);
    // The first half once, the other half again and again.
    let led = [&unit[..middle], &unit[middle..].repeat(LENGTH / unit[middle..].len().max(1))].concat();
    for text in [&repeated, &led] {
        let line = Line { level: Level::Warn, source: "window", text, excerpt: "", truncated: false };
        let steps = steps_of(|| drop((line.read(), classify(text), parse_refusal(text))));
        assert!(steps <= MOST * text.len() as u64, "{steps} steps for {} bytes", text.len());
    }
}

/// Whatever comes in whatever order: the buffer is bounded, and every line is counted.
pub fn session(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let mut session = Session::default();
    session.watch_uploads(true, LoopOptions::default());
    let mut kept = 0_u64;
    let mut storm = |session: &mut Session, input: &mut Unstructured<'_>| -> Result<()> {
        let now = Timestamp::from_ms(f64::from(input.arbitrary::<i32>()?));
        let (status, repeat) = (input.arbitrary::<u16>()?, input.arbitrary::<u8>()?);
        let (text, excerpt): (&str, &str) = (input.arbitrary()?, input.arbitrary()?);
        let level = if repeat % 2 == 0 { Level::Warn } else { Level::Error };
        match input.int_in_range(0..=3)? {
            0 => {
                let request = UploadRequest { url: input.arbitrary()?, authorization: None, body: input.arbitrary()? };
                let answer = UploadAnswer { status, status_text: "", body: text, url: excerpt };
                let refused = session.upload_settled(&Upload::of(&request), &answer, now);
                kept += u64::from(refused || !(200..300).contains(&status));
            }
            1 => {
                session.probe_uploads(repeat % 2 == 0, now);
                let request = UploadRequest { url: Some(excerpt), authorization: None, body: Some(text) };
                let _ = session.upload_starts(&Upload::of(&request), now, f64::from(repeat) / 255.0);
            }
            _ => {
                for number in 0..u32::from(repeat) {
                    let text = format!("{number} {text}");
                    let line = Line { level, source: "window", text: &text, excerpt, truncated: !excerpt.is_empty() };
                    let named = line.read().is_some_and(|read| read.evidence.is_some());
                    kept += u64::from(session.observe(line, now) && named);
                }
            }
        }
        Ok(())
    };
    while !input.is_empty() && storm(&mut session, &mut input).is_ok() {}
    let evidence = session.evidence();
    let counts = serde_json::to_value(evidence.counts).expect("counts are JSON");
    let seen: u64 = counts.as_object().into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum();
    assert!(seen <= kept, "{seen} of {kept}");
    assert!(evidence.entries.len() <= CAPACITY);
    let counted = evidence.entries.iter().filter(|entry| entry.detail.is_counted());
    let folded: u64 = counted.map(|Entry { count, .. }| u64::from(*count)).sum();
    assert!(folded <= seen && (evidence.entries.len() == CAPACITY || folded == seen), "{folded} of {seen}");
    handed_over(&session, &evidence);
}

/// Any order of refusals, acceptances, attempts and leaps of the clock.
pub fn uploads(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let mut uploads = UploadLoop::default();
    let options = LoopOptions::default();
    uploads.watch(true, options);
    let (mut now, mut since_accepted) = (0_i64, 0_u32);
    let mut last_probe: Option<i64> = None;
    let upload = |key_id: &str| Upload {
        server: Some("server".to_owned()),
        signers: [Some(("@a:hs".to_owned(), "DEVICE".to_owned()))].into(),
        keys: vec![(key_id.to_owned(), 1)],
        ..Upload::default()
    };
    let mut step = |input: &mut Unstructured<'_>| -> Result<()> {
        let elapsed = i64::from(input.arbitrary::<i16>()?) * if input.ratio(1, 8)? { 60_000 } else { 10 };
        now += elapsed;
        if elapsed < 0 {
            last_probe = None;
        }
        let at = Timestamp::default().plus_ms(now);
        let key_id = format!("signed_curve25519:{}", input.int_in_range(0..=3)?);
        match input.int_in_range(0..=4)? {
            0 | 1 => {
                let refusal = Refusal { key_id, ..Refusal::default() };
                let upload = upload(&refusal.key_id);
                uploads.refused(&refusal, input.arbitrary::<bool>()?.then_some(&upload), at);
                since_accepted += 1;
            }
            2 => {
                uploads.accepted(at);
                (since_accepted, last_probe) = (0, None);
            }
            _ => {
                let was_open = uploads.status().breaker == Breaker::Open;
                let before = uploads.status().probes;
                let random = f64::from(input.arbitrary::<u8>()?) / 255.0;
                if input.ratio(1, 8)? {
                    uploads.probe_soon(false, at);
                }
                let verdict = uploads.decide(&upload(&key_id), at, random);
                assert!(was_open || verdict == Verdict::Pass);
                if uploads.status().probes > before {
                    assert!(last_probe.is_none_or(|last| now - last >= FIRST_PROBE_MS), "two probes at once");
                    last_probe = Some(now);
                }
            }
        }
        let status = uploads.status();
        assert_eq!(status.refusals, since_accepted);
        assert!(status.state != LoopState::Looping || since_accepted >= options.threshold);
        assert!(status.key_ids.len() <= 16);
        let wait = status.next_probe.map_or(0, |due| due.ms() - now);
        assert!(
            elapsed < 0 || wait <= LAST_PROBE_MS * 6 / 5 || status.breaker != Breaker::Open || last_probe.is_none()
        );
        Ok(())
    };
    while !input.is_empty() && step(&mut input).is_ok() {}
}

/// A file that says it is a report is read, or refused with a word; what was read is written and read the same.
pub fn report(data: &[u8]) {
    match serde_json::from_slice::<Report>(data) {
        Ok(report) => {
            read_back(&report);
            read_back(&analyse(&report, &ServerEvidence::default()));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Whatever stands around an id, the copy does not have it, is a report, and takes no more work than its length allows.
pub fn copy(data: &[u8]) {
    const PUBLIC_KEY: &str = "8LSqTMj2kn0T6zWpMBFuVoKv9fyFA4+LaHuEYjE5Ixs";
    const HIDDEN: [&str; 4] = ["zquser", "zqhost", "ZQDEVICE", "zqphone"];
    const WRITTEN: [&str; 6] = [
        "@zquser:zqhost.example:ZQDEVICE",
        "_@zquser:zqhost.example_zqphone_m.call",
        "%40zquser%3Azqhost.example zqphone",
        "%2540zquser%253Azqhost.example",
        "https://zqhost.example/ device_id=\"ZQDEVICE\"",
        "zquser@zqhost.example",
    ];
    let text = lossy(data);
    if text.contains("zq") || text.contains("ZQ") {
        // The fuzzer found a piece of the words, and glued it to others.
        return;
    }
    let (before, after) = text.split_at(text.floor_char_boundary(text.len() / 2));
    let lines: Vec<String> = WRITTEN.iter().map(|id| format!("{before} {id} {after}")).collect();
    let report = serde_json::json!({
        "schema": "lotus-crypto-diag/1", "generatedAt": "2026-11-25T10:00:00.000Z", "capturingSince": null,
        "counts": { "KE-1": 0, "KE-2": 0, "KE-3": 0, "KE-4": 0 }, "entries": [], "notes": lines, "deviceId": "zqphone",
        "blindSpots": [text, format!("{before} {PUBLIC_KEY} {after}")], "ed25519Key": PUBLIC_KEY,
    });
    let report = report.to_string();
    let copy = redacted_copy(&report, None).expect("a report has a copy");
    for id in HIDDEN {
        assert!(!copy.text.contains(id), "{id} in {}", copy.text);
    }
    // In quotes it may be a piece of a longer name.
    let is_quoted = text.contains(['"', '\'', '`', '\\', '%']);
    assert!(copy.text.matches(PUBLIC_KEY).count() >= if is_quoted { 1 } else { 2 }, "{}", copy.text);
    assert!(copy.steps < 400 * report.len() as u64, "{} steps for {} bytes", copy.steps, report.len());
    read_back(&serde_json::from_str::<Report>(&copy.text).expect("the copy is a report"));
}

/// What is handed over without a copy is the evidence, and it can be read.
fn handed_over(session: &Session, evidence: &Evidences) {
    let read: Evidences = serde_json::from_str(&session.evidence_json()).expect("what was handed over is read");
    assert_eq!(&read, evidence);
}

fn read_back<T: serde::Serialize + serde::de::DeserializeOwned>(report: &T) {
    let written = serde_json::to_string(report).expect("a report is JSON");
    let read: T = serde_json::from_str(&written).expect("what was written is read");
    assert_eq!(serde_json::to_string(&read).ok().as_deref(), Some(written.as_str()));
}

/// A file of the homeserver's side: where its chunks end makes no difference, and whom a survey names stands in it.
pub fn evidence_file(data: &[u8]) {
    let read = |step: usize| {
        let mut reader = Reader::new(Purpose::Evidence);
        data.chunks(step).try_for_each(|chunk| reader.push(chunk))?;
        reader.finish()
    };
    let (whole, parts) = (read(data.len().max(1)), read(7));
    let json = |content: &Content| serde_json::to_string(content).expect("it is JSON");
    assert_eq!(whole.as_ref().map(json), parts.as_ref().map(json));
    let Ok(content) = whole else { return };
    let found = survey(&[FileWithOffset { content: &content, offset_ms: 60_000 }]);
    assert!(!to_markdown(&found).contains('<'));
    for id in found.devices.iter().flat_map(|device| [&device.user_id, &device.device_id]).flatten() {
        // What is packed, escaped or in another encoding does not stand in the file as it is.
        let is_plain = data.is_ascii() && !data.contains(&b'\\');
        assert!(!is_plain || data.windows(id.len()).any(|window| window == id.as_bytes()), "{id}");
    }
}
