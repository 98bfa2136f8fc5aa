//! The browser edge, tested in a real browser.

mod report;
mod tabs;

use crate::{CryptoDiag, CryptoStores, LineReader};
use js_sys::{Array, Function, JSON, Promise, Reflect};
use lotus_crypto_diag::signature::{HINTS, needles};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

// `console.js` imports this file. Naming it here makes the test runner serve it, too.
#[wasm_bindgen(module = "/js/format.js")]
extern "C" {
    #[wasm_bindgen(js_name = isError)]
    #[allow(dead_code, reason = "called in JavaScript alone")]
    fn is_error(value: &JsValue) -> bool;
}

#[wasm_bindgen(module = "/js/console.js")]
extern "C" {
    #[wasm_bindgen(js_name = createMatcher)]
    fn create_matcher(words: &Array, hints: &Array) -> JsValue;

    type Tap;

    #[wasm_bindgen(js_name = tapConsole)]
    fn tap_console(
        console: &JsValue,
        matcher: &JsValue,
        source: &Function,
        on_match: &JsValue,
        on_failure: &Function,
        signal: &JsValue,
    ) -> Tap;

    #[wasm_bindgen(method, getter)]
    fn watched(this: &Tap) -> u32;

    #[wasm_bindgen(method)]
    fn release(this: &Tap);
}

/// A page with its own console, which records what it gets: the test runner uses the page's.
struct Page {
    console: JsValue,
    diag: CryptoDiag,
}

/// The signature of [`LineReader::read`].
type OnMatch = Closure<dyn Fn(usize, Option<String>, Option<String>, bool, bool, Option<String>)>;

/// A console that is tapped as in the package.
struct Watch {
    tap: Tap,
    _on_match: OnMatch,
}

impl Page {
    fn new() -> Self {
        let console = evaluate(
            "const seen = [];
             return { seen, warn(...args) { seen.push(['warn', ...args]); return 'warned'; }, error(...args) { seen.push(['error', ...args]); } };",
        );
        let clock = Function::new_no_args("return Date.now()").unchecked_into();
        let diag = CryptoDiag::new(Function::new_no_args(""), clock, 0.0);
        Self { console, diag }
    }

    fn watch(&self) -> Watch {
        Watch::new(&self.console, self.diag.reader(), "window")
    }

    fn run(&self, code: &str) -> JsValue {
        Function::new_with_args("console", code).call1(&JsValue::UNDEFINED, &self.console).unwrap()
    }

    /// What a view is given of the crypto store.
    fn crypto_store(&self) -> String {
        text(&Reflect::get(&self.diag.evidence(), &"cryptoStore".into()).unwrap())
    }

    fn seen(&self) -> u32 {
        Array::from(&Reflect::get(&self.console, &"seen".into()).unwrap()).length()
    }

    fn evidence(&self) -> String {
        text(&self.diag.evidence())
    }
}

impl Watch {
    fn new(console: &JsValue, reader: LineReader, source: &str) -> Self {
        let list = |words: Vec<&str>| words.into_iter().map(JsValue::from).collect::<Array>();
        let matcher = create_matcher(&list(needles().collect()), &list(HINTS.to_vec()));
        let on_match = Closure::new(move |slot, text, excerpt, truncated, is_error, source| {
            reader.read(slot, text, excerpt, truncated, is_error, source);
        });
        let tap = tap_console(
            console,
            &matcher,
            &Function::new_no_args(&format!("return '{source}'")),
            on_match.as_ref(),
            &Function::new_with_args("e", "throw e"),
            &evaluate("return new AbortController().signal"),
        );
        Self { tap, _on_match: on_match }
    }
}

/// The list of databases at boot: one database, or none.
fn listed(existed: bool) -> Promise {
    let names = if existed { "[{ name: 'x::matrix-sdk-crypto' }]" } else { "[]" };
    evaluate(&format!("return Promise.resolve({names})")).unchecked_into()
}

async fn check(stores: &CryptoStores, device_id: &str, client: &str) -> String {
    let target = evaluate(&format!("return {{ userId: '@a:hs', deviceId: '{device_id}', {client} }}"));
    text(&stores.check(target, Some("x".to_owned()), None).await.unwrap())
}

/// Judges the store of a device, and compares its keys if the client gives them.
async fn store(device_id: &str, existed: bool, ed25519: Option<&str>) -> String {
    let client = ed25519.map(|key| {
        let keys = format!("{{ getOwnDeviceKeys: async () => ({{ ed25519: '{key}', curve25519: 'curve' }}) }}");
        format!("getUserId: () => '@a:hs', getDeviceId: () => '{device_id}', getCrypto: () => ({keys})")
    });
    check(&Page::new().diag.stores(Some(listed(existed))), device_id, &client.unwrap_or_default()).await
}

async fn wait(ms: u32) {
    let passed = evaluate(&format!("return new Promise((resolve) => setTimeout(resolve, {ms}))"));
    passed.unchecked_into::<Promise>().await.unwrap();
}

fn text(value: &JsValue) -> String {
    JSON::stringify(value).unwrap().into()
}

fn evaluate(code: &str) -> JsValue {
    Function::new_no_args(code).call0(&JsValue::UNDEFINED).unwrap()
}

#[wasm_bindgen_test]
fn a_matching_line_is_kept_and_reaches_the_original() {
    let page = Page::new();
    let watch = page.watch();
    assert_eq!(watch.tap.watched(), 2);
    let returned = page.run("return console.warn('x already exists', { a: 1n })");
    assert_eq!(returned, "warned");
    assert_eq!(page.seen(), 1);
    assert!(page.evidence().contains(r#""message":"x already exists {a: 1n}""#));
}

#[wasm_bindgen_test]
fn counts_are_plain_numbers_under_the_runbooks_names() {
    let page = Page::new();
    let _watch = page.watch();
    page.run("console.error('MissingKey: missing key at index 1 for participant @b:hs:D'); console.warn('hello')");
    assert!(page.evidence().starts_with(r#"{"counts":{"KE-1":0,"KE-2":1,"KE-3":0,"KE-4":0},"#));
}

#[wasm_bindgen_test]
fn stopping_restores_the_console_and_keeps_the_evidence() {
    let page = Page::new();
    let original = page.run("return console.warn");
    let watch = page.watch();
    assert_ne!(page.run("return console.warn"), original);
    page.run("console.warn('x already exists')");
    watch.tap.release();
    watch.tap.release();
    assert_eq!(page.run("return console.warn"), original);
    page.run("console.warn('y already exists')");
    assert!(page.evidence().contains(r#""count":1"#));
}

#[wasm_bindgen_test]
fn a_later_wrapper_stays_and_the_released_one_passes_lines_through() {
    let page = Page::new();
    let watch = page.watch();
    let theirs = page.run("const ours = console.warn; return (console.warn = (...args) => ours(...args))");
    watch.tap.release();
    assert_eq!(page.run("return console.warn"), theirs);
    page.run("console.warn('x already exists')");
    assert_eq!(page.seen(), 1);
    assert!(page.evidence().contains(r#""entries":[]"#));
}

#[wasm_bindgen_test]
fn a_frozen_console_is_reported_as_unwatched() {
    let page = Page::new();
    page.run("Object.freeze(console)");
    assert_eq!(page.watch().tap.watched(), 0);
    page.run("console.warn('x already exists')");
    assert_eq!(page.seen(), 1);
}

#[wasm_bindgen_test]
async fn a_device_is_remembered_in_local_storage_and_recognised_at_the_next_start() {
    evaluate("localStorage.clear()");
    let verdict = |status: String, verdict: &str| assert!(status.contains(verdict), "{status}");
    verdict(store("D/1", false, Some("ed")).await, r#""verdict":"first-run""#);
    verdict(store("D/1", true, Some("ed")).await, r#""verdict":"healthy""#);
    verdict(store("D/1", false, None).await, r#""verdict":"evicted""#);
    verdict(store("D/1", true, Some("other")).await, r#""verdict":"identity-changed""#);
    verdict(store("D/1", true, None).await, r#""verdict":"identity-changed""#);
    let written =
        evaluate("return localStorage.getItem('lotus-crypto-diag/device/x%3A%3Amatrix-sdk-crypto/%40a%3Ahs/D%2F1')");
    assert!(written.as_string().unwrap().starts_with(r#"{"schema":1,"ed25519":"ed","curve25519":"curve","since":"2"#));
}

#[wasm_bindgen_test]
async fn a_new_device_removes_only_the_marker_of_the_same_users_former_device() {
    evaluate(
        "localStorage.clear(); localStorage.setItem('of the host', '1');
              localStorage.setItem('lotus-crypto-diag/device/x%3A%3Amatrix-sdk-crypto/%40b%3Ahs/D', 'of another user')",
    );
    store("D", false, Some("ed")).await;
    store("E", false, Some("ed2")).await;
    let keys = evaluate("return Object.keys(localStorage).sort().join()").as_string().unwrap();
    assert_eq!(
        keys,
        "lotus-crypto-diag/device/x%3A%3Amatrix-sdk-crypto/%40a%3Ahs/E,\
                      lotus-crypto-diag/device/x%3A%3Amatrix-sdk-crypto/%40b%3Ahs/D,of the host"
    );
}

#[wasm_bindgen_test]
async fn the_status_names_the_error_if_local_storage_throws_or_is_invalid() {
    evaluate(
        "localStorage.clear(); localStorage.setItem('lotus-crypto-diag/device/x%3A%3Amatrix-sdk-crypto/%40a%3Ahs/D', '{\"schema\":1')",
    );
    let status = store("D", true, None).await;
    assert!(status.contains(r#""verdict":"unknown""#) && status.contains("cannot be read"), "{status}");

    evaluate(
        "localStorage.clear(); localStorage.setItem('lotus-crypto-diag/device/x%3A%3Amatrix-sdk-crypto/%40a%3Ahs/D', '{\"schema\":2}')",
    );
    let status = store("D", true, None).await;
    assert!(status.contains(r#""verdict":"unknown""#) && status.contains("another version"), "{status}");

    evaluate(
        "localStorage.clear(); window.real = Storage.prototype.setItem; Storage.prototype.setItem = function () { throw new DOMException('full', 'QuotaExceededError') }",
    );
    let status = store("D", false, Some("ed")).await;
    assert!(
        status.contains(r#""verdict":"first-run""#) && status.contains("cannot be written: QuotaExceededError: full"),
        "{status}"
    );
    evaluate("Storage.prototype.setItem = window.real");

    evaluate(
        "window.real = Object.getOwnPropertyDescriptor(window, 'localStorage');
         Object.defineProperty(window, 'localStorage', { configurable: true, get() { throw new DOMException('blocked', 'SecurityError') } })",
    );
    let status = store("D", false, Some("ed")).await;
    evaluate("Object.defineProperty(window, 'localStorage', window.real)");
    assert!(status.contains(r#""verdict":"unknown""#) && status.contains("SecurityError: blocked"), "{status}");
}

#[wasm_bindgen_test]
async fn a_lost_store_makes_no_entry_and_is_written_to_its_marker_at_once() {
    evaluate("localStorage.clear()");
    store("D", false, Some("ed")).await;
    let page = Page::new();
    let _watch = page.watch();
    check(&page.diag.stores(Some(listed(true))), "D", "").await;
    page.run("console.error('sync', new Error('failed to read or write to the crypto store DomException InvalidStateError (11)'))");
    let evidence = page.evidence();
    assert!(evidence.contains(r#""entries":[]"#) && evidence.contains(r#""verdict":"connection-lost""#), "{evidence}");
    assert!(evaluate("return Object.values(localStorage)[0]").as_string().unwrap().contains(r#""lost":"2"#));
}

#[wasm_bindgen_test]
async fn the_device_checked_last_is_the_pages_device_even_if_both_checks_are_pending() {
    evaluate("localStorage.clear()");
    let page = Page::new();
    let slow = evaluate("return new Promise((resolve) => setTimeout(resolve, 300, []))");
    let stores = page.diag.stores(Some(slow.unchecked_into()));
    futures_util::future::join(check(&stores, "first", ""), check(&stores, "second", "")).await;
    let known = page.crypto_store();
    assert!(known.contains(r#""deviceId":"second""#), "{known}");
}

#[wasm_bindgen_test]
async fn a_client_with_late_crypto_is_compared_at_a_sync_and_dropped_at_its_logout() {
    evaluate("localStorage.clear()");
    let page = Page::new();
    evaluate(
        "window.handlers = {};
         window.client = { on: (name, handler) => { handlers[name] = handler }, off: (name) => { delete handlers[name] } };",
    );
    let stores = page.diag.stores(Some(listed(false)));
    let ids = "getUserId: () => '@a:hs', getDeviceId: () => 'D', getCrypto: () => window.crypto_of_client";
    check(&stores, "D", &format!("{ids}, ...window.client")).await;
    evaluate("handlers.sync()");
    let identity = || page.crypto_store();
    assert!(identity().contains(r#""identity":"not-compared""#), "{}", identity());
    evaluate(
        "window.crypto_of_client = { getOwnDeviceKeys: async () => ({ ed25519: 'ed', curve25519: 'curve' }) };
         handlers.sync();",
    );
    wait(50).await;
    assert!(identity().contains(r#""identity":"first-seen""#), "{}", identity());
    assert_eq!(evaluate("return Object.keys(handlers).join()"), "Session.logged_out");
    evaluate("handlers['Session.logged_out']({ data: { soft_logout: true } })");
    assert_ne!(identity(), "null");
    evaluate("handlers['Session.logged_out']()");
    assert_eq!(identity(), "null");
}

#[wasm_bindgen_test]
fn lines_of_another_console_are_kept_with_their_source_until_its_watch_ends() {
    let (page, frame) = (Page::new(), Page::new());
    let _watch = page.watch();
    let original = frame.run("return console.error");
    let in_frame = Watch::new(&frame.console, page.diag.reader(), "frame:/call/");
    frame.run("console.error('MissingKey: missing key at index 1 for participant @b:hs:D')");
    page.run("console.warn('x already exists')");
    in_frame.tap.release();
    assert_eq!(frame.run("return console.error"), original);
    frame.run("console.error('y already exists')");
    let evidence = page.evidence();
    assert!(evidence.contains(r#""source":"frame:/call/""#) && evidence.contains(r#""source":"window""#), "{evidence}");
    assert!(!evidence.contains("y already exists"));
}

#[wasm_bindgen_test]
fn a_missing_or_invalid_option_has_its_default() {
    let refusals = |options: &str| {
        let page = Page::new();
        page.diag.watch_uploads(true, &evaluate(&format!("return {options}")).unchecked_into());
        let answer = "One time key signed_curve25519:A already exists. Old key: x; new key: y";
        let body = r#"{"one_time_keys":{"signed_curve25519:A":{"signatures":{"@a:hs":{"ed25519:D":"s"}}}}}"#;
        let url = "https://hs/_matrix/client/v3/keys/upload";
        let call =
            evaluate(&format!("return {{ asked: '{url}', url: '{url}', authorization: 'Bearer t', body: '{body}' }}"));
        let call = call.unchecked_into();
        (1..=4)
            .find(|_| {
                page.diag.upload_settled(&call, 400, "Bad Request", answer, url);
                page.evidence().contains(r#""state":"looping""#)
            })
            .unwrap_or_default()
    };
    let usual = refusals("{}");
    assert_eq!(refusals("{ threshold: 2 }"), 2);
    for options in
        ["{ threshold: '2' }", "{ threshold: 0 }", "{ threshold: NaN }", "{ get threshold() { throw 1 } }", "undefined"]
    {
        assert_eq!(refusals(options), usual, "{options}");
    }
}
