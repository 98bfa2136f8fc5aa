//! Between Rust and JavaScript: no more of the language than is used here. Of `js-sys` more stays than is called.

use wasm_bindgen::prelude::*;

use crate::timestamp::Timestamp;

#[wasm_bindgen]
extern "C" {
    /// What JavaScript hands over to be called. It only takes note, and does not throw; if it does, nothing comes of it.
    #[wasm_bindgen(typescript_type = "Function")]
    #[derive(Clone)]
    pub type Callback;

    #[wasm_bindgen(method, catch, js_name = call)]
    fn call0(this: &Callback, receiver: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = call)]
    fn call2(this: &Callback, receiver: &JsValue, first: &str, second: &str) -> Result<(), JsValue>;

    /// Gives the milliseconds since 1970.
    #[wasm_bindgen(typescript_type = "() => number")]
    #[derive(Clone)]
    pub type Clock;

    #[wasm_bindgen(method, catch, js_name = call)]
    fn read(this: &Clock, receiver: &JsValue) -> Result<f64, JsValue>;

    #[wasm_bindgen(js_namespace = Math)]
    pub(crate) fn random() -> f64;
}

impl Callback {
    pub(crate) fn tell(&self) {
        let _ = self.call0(&JsValue::UNDEFINED);
    }

    pub(crate) fn tell_of(&self, what: &str, text: &str) {
        let _ = self.call2(&JsValue::UNDEFINED, what, text);
    }
}

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.read(&JsValue::UNDEFINED).unwrap_or_default())
    }
}
