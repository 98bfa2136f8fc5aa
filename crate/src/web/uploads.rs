//! `fetch`, watched for uploads of one-time keys.

use alloc::string::String;

use wasm_bindgen::prelude::*;

/// Called with what is known of an upload (see [`crate::upload`]); gives whether it is to be answered from memory.
pub(crate) type OnUpload = Closure<dyn Fn(String) -> bool>;
/// Called with what is known of an upload, and the status, words and path of the server's answer; gives whether it refused
/// the keys. Status 0: no answer came. Without an upload before an error is read.
pub(crate) type OnSettled = Closure<dyn Fn(String, u16, String, String) -> bool>;
/// Called when there is a sign that the server may accept again.
pub(crate) type OnSign = Closure<dyn Fn()>;

// Imported by `fetch.js`, and named here so that it is packed beside it.
#[wasm_bindgen(module = "/js/upload.js")]
extern "C" {
    #[wasm_bindgen(js_name = noteOf)]
    #[allow(dead_code, reason = "called in JavaScript alone")]
    fn note_of(place: &JsValue, input: &JsValue, init: &JsValue) -> JsValue;
}

#[wasm_bindgen(module = "/js/fetch.js")]
extern "C" {
    type Tap;

    #[wasm_bindgen(js_name = watchFetch)]
    fn watch_fetch(
        scope: &JsValue,
        on_upload: &JsValue,
        on_settled: &JsValue,
        on_sign: &JsValue,
        on_failure: &JsValue,
        signal: &JsValue,
    ) -> Option<Tap>;

    #[wasm_bindgen(method)]
    fn release(this: &Tap);
}

/// Watches `fetch` until it is dropped.
#[must_use = "fetch is released when this is dropped"]
pub(crate) struct FetchTap {
    tap: Tap,
    // The snippet holds references into them.
    _closures: (OnUpload, OnSettled, OnSign),
}

impl FetchTap {
    /// `None` where there is no `fetch`, or it cannot be wrapped.
    pub(crate) fn new(
        scope: &JsValue,
        on_upload: OnUpload,
        on_settled: OnSettled,
        on_sign: OnSign,
        on_failure: &JsValue,
        signal: &JsValue,
    ) -> Option<Self> {
        let tap = watch_fetch(scope, on_upload.as_ref(), on_settled.as_ref(), on_sign.as_ref(), on_failure, signal)?;
        Some(Self { tap, _closures: (on_upload, on_settled, on_sign) })
    }
}

impl Drop for FetchTap {
    fn drop(&mut self) {
        self.tap.release();
    }
}
