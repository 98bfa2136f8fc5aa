//! `console.warn` and `console.error` of a window.

use alloc::string::String;

use wasm_bindgen::prelude::*;

use crate::signature::{HINTS, needles};

/// Called with: slot, text, excerpt, truncated, is it `console.error`, source. Without a text it is the line that came
/// last with this slot.
pub(crate) type OnMatch = Closure<dyn Fn(usize, Option<String>, Option<String>, bool, bool, Option<String>)>;

// `format.js` is imported by `console.js`; it is named here so that it is packed beside it.
#[wasm_bindgen(module = "/js/format.js")]
extern "C" {
    #[wasm_bindgen(js_name = isError)]
    pub(crate) fn is_error(value: &JsValue) -> bool;
}

#[wasm_bindgen(module = "/js/console.js")]
extern "C" {
    type Tap;

    #[wasm_bindgen(js_name = watchConsole)]
    fn watch_console(
        console: &JsValue,
        words: &str,
        hints: &str,
        source: &JsValue,
        on_match: &JsValue,
        on_failure: &JsValue,
        signal: &JsValue,
    ) -> Tap;

    #[wasm_bindgen(method, getter)]
    fn watched(this: &Tap) -> u32;

    #[wasm_bindgen(method)]
    fn release(this: &Tap);
}

/// Watches a console until it is dropped.
#[must_use = "the console is released when this is dropped"]
pub(crate) struct ConsoleTap {
    tap: Tap,
    // The snippet holds references into it.
    _on_match: OnMatch,
}

impl ConsoleTap {
    /// `source` is a function that tells where a line is logged.
    pub(crate) fn new(
        console: &JsValue,
        source: &JsValue,
        on_match: OnMatch,
        on_failure: &JsValue,
        signal: &JsValue,
    ) -> Self {
        let (words, hints) = (lines(needles()), lines(HINTS.into_iter()));
        let tap = watch_console(console, &words, &hints, source, on_match.as_ref(), on_failure, signal);
        Self { tap, _on_match: on_match }
    }

    /// Whether both methods could be wrapped.
    pub(crate) fn is_complete(&self) -> bool {
        self.tap.watched() == 2
    }
}

fn lines<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for words in words {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(words);
    }
    text
}

impl Drop for ConsoleTap {
    fn drop(&mut self) {
        self.tap.release();
    }
}
