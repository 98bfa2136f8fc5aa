//! The host's options. Each may be missing, have another type, or throw: then the default applies.

use wasm_bindgen::prelude::*;

use lotus_crypto_diag::upload_loop::LoopOptions;

#[wasm_bindgen]
extern "C" {
    /// When refused uploads count as a loop, and what to do about it.
    #[wasm_bindgen(typescript_type = "UploadWatchOptions")]
    pub type UploadWatchOptions;

    #[wasm_bindgen(method, getter, catch)]
    fn threshold(this: &UploadWatchOptions) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, getter, catch, js_name = windowMs)]
    fn window_ms(this: &UploadWatchOptions) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, getter, catch)]
    fn breaker(this: &UploadWatchOptions) -> Result<JsValue, JsValue>;
}

impl UploadWatchOptions {
    pub(crate) fn read(&self) -> LoopOptions {
        let default = LoopOptions::default();
        let given = |field: Result<JsValue, _>| field.ok().filter(|value| !value.is_null() && !value.is_undefined());
        let number = |field| given(field)?.as_f64().filter(|number| *number >= 1.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
        LoopOptions {
            threshold: number(self.threshold()).map_or(default.threshold, |refusals| refusals as u32),
            window_ms: number(self.window_ms()).map_or(default.window_ms, |ms| ms as i64),
            breaker: given(self.breaker()).map_or(default.breaker, |breaker| breaker.is_truthy()),
        }
    }
}
