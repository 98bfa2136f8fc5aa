//! HAR files: the requests to a homeserver that a browser recorded, and nothing else.
#![cfg(not(target_family = "wasm"))]

use lotus_crypto_diag_server_evidence::{Content, Kind, Purpose, Reader, Unreadable};
use serde_json::{Value, json};

fn read_by(bytes: &[u8], step: usize) -> Result<Content, Unreadable> {
    let mut reader = Reader::new(Purpose::Evidence);
    for chunk in bytes.chunks(step) {
        reader.push(chunk)?;
    }
    reader.finish()
}

fn read(text: impl AsRef<[u8]>) -> Content {
    read_by(text.as_ref(), usize::MAX).unwrap()
}

fn json_of(content: &Content) -> Value {
    serde_json::to_value(content).unwrap()
}

fn entry(url: &str, response: Value) -> Value {
    json!({
        "startedDateTime": "2026-11-25T10:00:00.000+01:00", "time": 120.5,
        "request": { "method": "POST", "url": url, "headers": [{ "name": "Authorization", "value": "Bearer secret" }] },
        "response": response,
    })
}

fn har(entries: &[Value]) -> String {
    json!({ "log": { "version": "1.2", "creator": { "name": "x" }, "entries": entries } }).to_string()
}

const UPLOAD: &str = "https://hs.example/_matrix/client/v3/keys/upload";

fn answered(status: u16, text: &str) -> Value {
    entry(UPLOAD, json!({ "status": status, "content": { "text": text } }))
}

#[test]
fn only_homeserver_requests_of_a_har_are_kept_without_headers_and_bodies() {
    let ok = || json!({ "status": 200, "content": { "text": "{}" } });
    let body = json!({ "errcode": "M_UNKNOWN", "error": "One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: \
        {\"key\":\"8LSqTMj2kn0T6zWpMBFuVoKv9fyFA4+LaHuEYjE5Ixs\"}; new key: {'key': '3ipQnaOL+iZ2pX8Q6FoHgZNdAAuGcULE0Pn23Mk6I08', \
        'signatures': {'@a:hs': {'ed25519:D': 'sig'}}}" })
    .to_string();
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, body);
    let text = har(&[
        entry(UPLOAD, json!({ "status": 400, "content": { "text": encoded, "encoding": "base64" } })),
        entry("https://hs.example/_matrix/client/v3/sync?since=s1&access_token=x", ok()),
        entry("https://hs.example/_matrix/media/v3/download/a/b", ok()),
        entry("https://app.example/index.js", ok()),
        entry("https://hs.example/_matrix/client/v3/sendToDevice/m.room.encrypted/m1234.5", ok()),
    ]);
    for step in [1, 13, usize::MAX] {
        let content = read_by(text.as_bytes(), step).unwrap();
        assert_eq!(content.kind, Kind::Har);
        let requests = json_of(&content)["requests"].take();
        assert_eq!(
            requests[0],
            json!({
                "at": 1_795_597_200_000_i64, "durationMs": 120.5, "method": "POST", "status": 400,
                "path": "/_matrix/client/v3/keys/upload",
                "refusal": {
                    "keyId": "signed_curve25519:AAAAAAAAAA0", "oldKey": "8LSqTMj2kn0T6zWpMBFuVoKv9fyFA4+LaHuEYjE5Ixs",
                    "newKey": "3ipQnaOL+iZ2pX8Q6FoHgZNdAAuGcULE0Pn23Mk6I08", "deviceId": "D", "httpStatus": 400,
                },
            })
        );
        assert_eq!(requests[1]["path"], "/_matrix/client/v3/sendToDevice/m.room.encrypted/{id}");
        assert_eq!(requests.as_array().unwrap().len(), 2);
        assert!(!requests.to_string().contains("secret"));
    }
}

#[test]
fn the_servers_error_for_a_failed_upload_is_kept() {
    let dendrite = "@a:hs device D: algorithm / key ID signed_curve25519:AAAAMHA one-time key already exists";
    let content = read(har(&[
        answered(400, &json!({ "@a:hs": { "D": { "error": dendrite } } }).to_string()),
        answered(400, "{\"errcode\":\"M_TOO_LARGE\",\"error\":\"Uploading 50 more\"}"),
        answered(429, "{\"errcode\":\"M_LIMIT_EXCEEDED\"}"),
        answered(400, "{\"errcode\":\"<b>no code</b>\"}"),
        answered(502, "<html>Bad Gateway</html>"),
    ]));
    let refusal = content.requests[0].refusal.as_ref().unwrap();
    assert_eq!((refusal.key_id.as_str(), refusal.device_id.as_deref()), ("signed_curve25519:AAAAMHA", Some("D")));
    let codes: Vec<_> = content.requests[1..].iter().map(|request| request.errcode.as_deref()).collect();
    assert_eq!(codes, [Some("M_TOO_LARGE"), Some("M_LIMIT_EXCEEDED"), None, None]);
}

#[test]
fn a_truncated_or_broken_har_is_read_up_to_the_break_with_a_note() {
    let text = har(&[answered(200, "{}"), answered(200, "{}"), answered(200, "{}")]);
    let cut = read(&text[..text.len() - 100]);
    assert_eq!(cut.requests.len(), 2);
    assert!(cut.notes[0].contains("It ends in the middle after 2 requests"), "{:?}", cut.notes);
    let second = text.match_indices("\"response\"").nth(1).unwrap().0;
    let broken = read(format!("{}}}}}}}}}]", &text[..second]));
    assert!(broken.notes[0].contains("It is broken after 1 request."), "{:?}", broken.notes);
    let odd =
        read(har(&[answered(200, "{}"), json!({ "request": null }), json!({ "startedDateTime": {}, "time": "x" })]));
    assert_eq!(odd.notes, ["2 entries are no requests; left out."]);
}
