//! Reports, with clients and extras of every shape.

use js_sys::futures::JsFuture;
use js_sys::{JSON, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{Page, evaluate, text};

const FACTS: &str = "return () => ({ status: { state: 'running', reason: 'syt_s3cret', version: '1' }, \
    capturingSince: '2026-11-24T00:00:00.000Z', blindSpots: ['a'], \
    tabs: { session: '@a:hs syt_s3cret', tabs: [], leaderSilent: false, error: null } })";

fn parsed(report: &str) -> JsValue {
    assert!(report.starts_with("{\n  \"schema\": \"lotus-crypto-diag/1\",\n") && report.ends_with("\n}\n"), "{report}");
    assert!(!report.contains("s3cret"), "{report}");
    JSON::parse(report).unwrap()
}

fn build(mx: &str, extras: &str, judge: &str) -> JsValue {
    let value = |code: &str| evaluate(&["return ", code].concat());
    let facts = evaluate(FACTS).unchecked_into();
    let judge = value(judge).unchecked_into();
    parsed(&Page::new().diag.build_report(&value(mx), &value(extras), &facts, &judge))
}

async fn collect(mx: &str, extras: &str) -> JsValue {
    let value = |code: &str| evaluate(&["return ", code].concat());
    let facts = evaluate(FACTS).unchecked_into();
    let judge = value("Promise.resolve('not judged')").unchecked_into::<Promise>();
    let report = Page::new().diag.collect_report(value(mx), &value(extras), &facts, judge);
    parsed(&JsFuture::from(report).await.unwrap().as_string().unwrap())
}

fn field(report: &JsValue, name: &str) -> String {
    text(&Reflect::get(report, &name.into()).unwrap())
}

const GIVEN: &str = "{ app: 'A', sdkVersion: '1' }";

#[wasm_bindgen_test]
fn a_report_contains_the_facts_of_a_ready_client() {
    let crypto = "{ getVersion: () => 'v' }";
    let mx = format!(
        "{{ id: '@a:hs', getUserId() {{ return this.id }}, getDeviceId: () => 'D', getSyncState: () => null, getCrypto: () => ({crypto}) }}"
    );
    let report = build(&mx, GIVEN, "'not judged'");
    for (name, expected) in [
        ("userId", "\"@a:hs\""),
        ("deviceId", "\"D\""),
        ("syncState", "null"),
        ("cryptoReady", "true"),
        ("cryptoVersion", "\"v\""),
        ("sdkVersion", "\"1\""),
        ("notes", "[\"not judged\"]"),
        ("blindSpots", "[\"a\"]"),
        ("capturingSince", "\"2026-11-24T00:00:00.000Z\""),
        ("status", "{\"state\":\"running\",\"reason\":\"[redacted]\",\"version\":\"1\"}"),
        ("tabs", "{\"session\":\"@a:hs [redacted]\",\"tabs\":[],\"leaderSilent\":false,\"error\":null}"),
        ("diagnosis", "null"),
        ("runbook", "null"),
    ] {
        assert_eq!(field(&report, name), expected, "{name}");
    }
}

#[wasm_bindgen_test]
fn facts_that_a_client_does_not_give_are_null_with_a_note() {
    let throws = "() => { throw new Error('no syt_s3cret') }";
    let throwing = format!("{{ getUserId: {throws}, getCrypto: {throws} }}");
    let proxy = format!("new Proxy({{}}, {{ get: {throws} }})");
    for (mx, note) in [
        ("null", "no Matrix client was given"),
        ("{ getUserId: () => 7 }", "getUserId() gave something unexpected (number)"),
        ("{ getUserId: () => Symbol('x') }", "getUserId() gave something unexpected (symbol)"),
        ("{ getUserId: 7 }", "getUserId() threw: TypeError"),
        (
            "{ getCrypto: () => ({ getVersion: () => ({}) }) }",
            "getCrypto().getVersion() gave something unexpected (object)",
        ),
        (&throwing, "getUserId() threw: no [redacted]"),
        (&throwing, "getCrypto().getVersion() threw: no [redacted]"),
        (&proxy, "getSyncState() threw: no [redacted]"),
        ("Object.create(null)", "not judged"),
        ("'client'", "not judged"),
        ("1n", "not judged"),
    ] {
        let report = build(mx, GIVEN, "'not judged'");
        assert_eq!(field(&report, "userId"), "null", "{mx}");
        assert!(field(&report, "notes").contains(note), "{mx}: {}", field(&report, "notes"));
    }
}

#[wasm_bindgen_test]
fn invalid_extras_are_noted_and_valid_ones_are_read() {
    let throws = "() => { throw new Error('no') }";
    let proxy = format!("new Proxy({{}}, {{ get: {throws} }})");
    let list = format!(
        "{{ notes: new Proxy(['a', 5, 'b'], {{ get: (list, name) => name === '0' ? ({throws})() : list[name] }}) }}"
    );
    for (extras, expected) in [
        ("undefined", "extras.app was not given by the app"),
        ("{ app: 7 }", "extras.app gave something unexpected (number)"),
        ("{ notes: 'a' }", "extras.notes gave something unexpected (string)"),
        ("{ notes: ['Bearer s3cret'] }", "\"Bearer [redacted]\""),
        ("{ notes: new Array(4e9) }", "extras.app was not given"),
        (&proxy, "extras.sdkVersion threw: no"),
        (&list, "\"b\""),
    ] {
        let notes = field(&build("null", extras, "'not judged'"), "notes");
        assert!(notes.contains(expected), "{extras}: {notes}");
    }
}

#[wasm_bindgen_test]
fn the_judge_returns_the_text_and_its_failure_is_noted() {
    let report =
        build("null", GIVEN, "(text, evidence) => text.replace('\"runbook\": null', `\"runbook\": \"${evidence}\"`)");
    assert_eq!(field(&report, "runbook"), "\"undefined\"");
    let report = build("null", GIVEN, "() => { throw new Error('syt_s3cret') }");
    assert!(field(&report, "notes").contains("the diagnosis failed: [redacted]"));
    let report = build("null", GIVEN, "() => 7");
    assert!(field(&report, "notes").contains("the diagnosis failed: it gave no text"));
}

#[wasm_bindgen_test]
async fn a_late_answer_of_the_client_is_awaited_up_to_a_time_limit() {
    let never = "() => new Promise(() => {})";
    let crypto = format!(
        "{{ getOwnDeviceKeys: {never}, getActiveSessionBackupVersion: async () => '3', isCrossSigningReady: () => Promise.reject(new Error('no')) }}"
    );
    let report = collect(&format!("{{ getCrypto: () => ({crypto}) }}"), GIVEN).await;
    assert_eq!(field(&report, "keyBackupVersion"), "\"3\"");
    let notes = "[\"getOwnDeviceKeys(): no answer within 3 s\",\"isCrossSigningReady() threw: no\",\"not judged\"]";
    assert_eq!(field(&report, "notes"), notes);
    assert!(field(&report, "storage").contains("\"supported\":true"), "the storage was looked at");
}

#[wasm_bindgen_test]
async fn identity_keys_are_read_and_invalid_ones_are_noted() {
    for (keys, expected) in [
        ("({ ed25519: 'ED', curve25519: 'C' })", ("\"ED\"", "[\"not judged\"]")),
        ("5", ("null", "[\"getOwnDeviceKeys() gave something unexpected (number)\",\"not judged\"]")),
        ("({ get ed25519() { throw 'a' } })", ("null", "[\"getOwnDeviceKeys().ed25519 threw: a\",\"not judged\"]")),
    ] {
        let report = collect(&format!("{{ getCrypto: () => ({{ getOwnDeviceKeys: () => {keys} }}) }}"), GIVEN).await;
        assert_eq!((&*field(&report, "ed25519Key"), &*field(&report, "notes")), expected, "{keys}");
    }
}
