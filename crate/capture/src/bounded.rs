//! Questions to the browser, which may throw, answer nonsense, or never answer.

use std::pin::pin;

use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use super::convert::{explain, get};
use super::page::set_timeout;
use super::shape::call_with;

/// How long to wait for one answer.
pub(crate) const PATIENCE_MS: u32 = 3000;

/// Why there is no answer.
pub(crate) enum NoAnswer {
    /// The call threw or its promise was rejected with this value.
    Threw(JsValue),
    /// No answer in time; the sentence that says so.
    TooLate(String),
}

impl NoAnswer {
    pub(crate) fn into_words(self) -> String {
        match self {
            Self::Threw(error) => explain(&error),
            Self::TooLate(words) => words,
        }
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_namespace = Promise, js_name = resolve)]
    fn promise_of(value: &JsValue) -> Result<Promise, JsValue>;
}

/// Whether timers work. A page may have broken them, and then a gloo timer panics.
pub(crate) fn has_timers() -> bool {
    // Any function will do: it is never called.
    let any = get(&js_sys::global(), "String");
    any.and_then(|any| set_timeout(&any, 0)).and_then(|timer| clear_timeout(&timer)).is_ok()
}

/// Whether `queueMicrotask` works. If it is `undefined`, js-sys uses promises instead.
pub(crate) fn has_microtasks() -> bool {
    let queue = get(&js_sys::global(), "queueMicrotask");
    queue.is_ok_and(|queue| {
        let any = get(&js_sys::global(), "String").unwrap_or_default();
        queue.is_undefined() || call_with(&js_sys::global(), "queueMicrotask", &Array::of1(&any)).is_ok()
    })
}

/// Waits for the answer to `asked`, at most [`PATIENCE_MS`]; the error says in words whether it threw, rejected, or took too
/// long.
///
/// ```ignore
/// let persisted = within("navigator.storage.persisted()", manager.persisted()).await?.as_bool();
/// ```
pub(crate) async fn within(what: &str, asked: Result<Promise, JsValue>) -> Result<JsValue, String> {
    within_ms(what, PATIENCE_MS, asked).await.map_err(NoAnswer::into_words)
}

/// As [`within`], with its own time limit.
pub(crate) async fn within_ms(what: &str, ms: u32, asked: Result<Promise, JsValue>) -> Result<JsValue, NoAnswer> {
    if !has_timers() {
        return settled(asked).await.map_err(NoAnswer::Threw);
    }
    match select(pin!(settled(asked)), TimeoutFuture::new(ms)).await {
        Either::Left((answer, _)) => answer.map_err(NoAnswer::Threw),
        Either::Right(_) => {
            let seconds = (ms / 1000).to_string();
            Err(NoAnswer::TooLate([what, ": no answer within ", &seconds, " s"].concat()))
        }
    }
}

/// As [`within`], without a time limit.
pub(crate) async fn await_promise(asked: Result<Promise, JsValue>) -> Result<JsValue, String> {
    settled(asked).await.map_err(|error| explain(&error))
}

async fn settled(asked: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    // A page may have replaced the method with one that returns no promise.
    asked.and_then(|value| promise_of(&value))?.await
}
