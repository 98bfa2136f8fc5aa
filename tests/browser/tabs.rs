//! Two tabs in one page: one `PageTabs` receives what the other sends on a channel.

use super::{Page, evaluate, text};
use crate::PageTabs;
use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// A tab, its seat, the calls its host got, and the signal that ends its membership without the module.
struct Tab {
    tabs: PageTabs,
    seat: u32,
    role: String,
    host: JsValue,
    end: JsValue,
}

fn page_tabs() -> PageTabs {
    let nothing = Function::new_no_args("");
    let clock = || Function::new_no_args("return Date.now()").unchecked_into();
    PageTabs::new(&Page::new().diag, nothing, clock(), clock(), 0.0, Function::new_no_args("return true"))
}

fn tab(session: &str, options: &str) -> Tab {
    let tabs = page_tabs();
    let host = evaluate(
        "const calls = [];
         return { calls, changed(role) { calls.push(role); }, silenced(is) { calls.push(is); } };",
    );
    let end = evaluate("return new AbortController()");
    let signal = get(&end, "signal").unchecked_into();
    let options = evaluate(&format!("return {options}")).unchecked_into();
    let seat = tabs.join(session.to_owned(), options, host.clone().unchecked_into(), signal);
    let (number, role) = (get(&seat, "seat").as_f64().unwrap(), get(&seat, "role").as_string().unwrap());
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a small number")]
    Tab { tabs, seat: number as u32, role, host, end }
}

impl Tab {
    fn calls(&self) -> String {
        text(&get(&self.host, "calls"))
    }

    async fn until_calls_are(&self, expected: &str) {
        for _ in 0..100 {
            if self.calls() == expected {
                return;
            }
            TimeoutFuture::new(20).await;
        }
        assert_eq!(self.calls(), expected);
    }

    async fn take_over(&self) -> String {
        text(&await_it(self.tabs.take_over(self.seat)).await)
    }
}

async fn await_it(promise: Promise) -> JsValue {
    promise.await.unwrap()
}

fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap()
}

fn summary(tabs: &PageTabs) -> String {
    text(&tabs.summary())
}

#[wasm_bindgen_test]
async fn a_tab_leads_refuses_hands_over_and_releases_the_lock() {
    let options = "{ canYield: () => window.busy ?? true, onYield: () => Promise.reject(new Error('no')) }";
    let first = tab("hand-over", options);
    first.until_calls_are(r#"["leader"]"#).await;
    let second = tab("hand-over", "{}");
    assert_eq!((&*first.role, &*second.role), ("follower", "follower"));
    for (busy, reason) in [
        ("'in a call'", "in a call"),
        ("0", "it is busy"),
        ("Promise.resolve(false)", "it is busy"),
        ("Promise.reject(new Error('no answer'))", "no answer"),
        ("Object.create(null)", "an error that cannot be read"),
    ] {
        evaluate(&format!("window.busy = {busy}"));
        assert_eq!(second.take_over().await, format!(r#"{{"granted":false,"reason":"{reason}"}}"#), "{busy}");
    }
    evaluate("delete window.busy");
    assert_eq!(second.take_over().await, r#"{"granted":true,"reason":null}"#);
    assert_eq!((&*first.calls(), &*second.calls()), (r#"["leader","follower"]"#, r#"["leader"]"#));
    let status = text(&first.tabs.status());
    assert!(status.contains(r#""session":"hand-over""#) && status.contains(r#""role":"follower""#), "{status}");
    second.tabs.leave(second.seat);
    assert_eq!(second.calls(), r#"["leader","follower"]"#, "before the lock is let go");
    first.until_calls_are(r#"["leader","follower","leader"]"#).await;
    first.tabs.leave(first.seat);
    assert!(summary(&first.tabs).starts_with(r#"{"role":null"#), "{}", summary(&first.tabs));
}

#[wasm_bindgen_test]
async fn options_that_throw_do_not_stop_the_election() {
    let options = "{ get canYield() { throw new Error('a getter') }, readName() { throw new Error('no name') } }";
    let first = tab("throwing", options);
    first.until_calls_are(r#"["leader"]"#).await;
    let second = tab("throwing", "{ canYield: 7, readName: 'x', onYield: 7 }");
    assert_eq!(second.take_over().await, r#"{"granted":false,"reason":"a getter"}"#);
    first.tabs.leave(first.seat);
    second.until_calls_are(r#"["leader"]"#).await;
    let third = tab("throwing", "{}");
    assert!(third.take_over().await.contains("TypeError"));
    second.tabs.leave(second.seat);
    third.tabs.leave(third.seat);
}

#[wasm_bindgen_test]
async fn the_lock_is_released_without_the_module() {
    let first = tab("broken", "{}");
    first.until_calls_are(r#"["leader"]"#).await;
    let second = tab("broken", "{}");
    let third = tab("broken", "{}");
    // One tab waits in line, the other holds the lock.
    for tab in [&second, &first] {
        let abort: Function = get(&tab.end, "abort").unchecked_into();
        abort.call0(&tab.end).unwrap();
    }
    third.until_calls_are(r#"["leader"]"#).await;
    third.tabs.leave(third.seat);
}

#[wasm_bindgen_test]
async fn the_number_of_tabs_is_unknown_if_they_were_not_or_cannot_be_asked() {
    let tabs = page_tabs();
    let unknown = r#"{"role":null,"count":null,"leaderSilent":false}"#;
    assert_eq!(summary(&tabs), unknown);
    evaluate("window.real = BroadcastChannel; window.BroadcastChannel = undefined");
    await_it(tabs.call()).await;
    evaluate("window.BroadcastChannel = window.real");
    assert_eq!(summary(&tabs), unknown);
    assert!(text(&tabs.status()).contains("other tabs cannot be asked"));
}

#[wasm_bindgen_test]
async fn an_error_is_cleared_by_the_next_successful_roll_call() {
    evaluate(
        "window.real = BroadcastChannel;
         window.BroadcastChannel = class { postMessage() { if (window.refuses) throw new Error('closed'); } };
         window.refuses = true;",
    );
    let tabs = page_tabs();
    await_it(tabs.call()).await;
    let refused = (text(&tabs.status()).contains(r#""error":"closed""#), summary(&tabs));
    evaluate("window.refuses = false");
    await_it(tabs.call()).await;
    evaluate("window.BroadcastChannel = window.real");
    assert_eq!(refused, (true, r#"{"role":null,"count":null,"leaderSilent":false}"#.to_owned()));
    assert_eq!(summary(&tabs), r#"{"role":null,"count":1,"leaderSilent":false}"#);
    assert!(text(&tabs.status()).contains(r#""error":null"#));
}

#[wasm_bindgen_test]
async fn messages_that_are_too_long_or_no_text_are_ignored() {
    let tabs = page_tabs();
    tabs.enter();
    evaluate(
        "const channel = new BroadcastChannel('lotus-crypto-diag/roll-call');
         const opened = '2026-11-24T00:13:36.042Z', counts = { 'KE-1': 0, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 };
         const tab = (id) => ({ id, thisTab: true, role: null, since: null, opened, visible: null, counts, entries: [] });
         const news = (id) => ({ version: 2, session: null, kind: 'news', from: id, tab: tab(id) });
         for (const odd of [undefined, 1n, { length: 1 }, new Map(), news('an-object')]) channel.postMessage(odd);
         channel.postMessage(JSON.stringify({ ...news('too-long'), padding: 'x'.repeat(262144) }));
         channel.postMessage(JSON.stringify(news('fits')));",
    );
    TimeoutFuture::new(200).await;
    let status = text(&tabs.status());
    assert!(status.contains(r#""id":"fits""#), "{status}");
    assert!(!status.contains("an-object") && !status.contains("too-long"), "{status}");
}
