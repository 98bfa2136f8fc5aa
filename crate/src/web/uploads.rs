//! `fetch`, watched for uploads of one-time keys.

use alloc::string::String;

use wasm_bindgen::prelude::*;

/// Called with the number of the client and the ids of the keys, separated by blanks; gives whether the upload is to be
/// answered from memory.
pub(crate) type OnUpload = Closure<dyn Fn(u32, String) -> bool>;
/// Called with the number of the client and the status, error and path of the server's answer; gives whether it refused
/// the keys. With status 0 before an error is read.
pub(crate) type OnSettled = Closure<dyn Fn(u32, u16, String, String) -> bool>;

#[wasm_bindgen(module = "/js/fetch.js")]
extern "C" {
    type Tap;

    #[wasm_bindgen(js_name = tapFetch)]
    fn tap_fetch(
        scope: &JsValue,
        on_upload: &JsValue,
        on_settled: &JsValue,
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
    _closures: (OnUpload, OnSettled),
}

impl FetchTap {
    /// `None` where there is no `fetch`, or it cannot be wrapped.
    pub(crate) fn new(
        scope: &JsValue,
        on_upload: OnUpload,
        on_settled: OnSettled,
        on_failure: &JsValue,
        signal: &JsValue,
    ) -> Option<Self> {
        let tap = tap_fetch(scope, on_upload.as_ref(), on_settled.as_ref(), on_failure, signal)?;
        Some(Self { tap, _closures: (on_upload, on_settled) })
    }
}

impl Drop for FetchTap {
    fn drop(&mut self) {
        self.tap.release();
    }
}
