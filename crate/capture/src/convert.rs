//! Conversions between Rust and JavaScript.

use js_sys::{Error, Function, JSON, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::Storage;

use lotus_crypto_diag::timestamp::Timestamp;

#[wasm_bindgen]
extern "C" {
    /// Returns milliseconds since 1970.
    #[wasm_bindgen(typescript_type = "() => number")]
    #[derive(Clone)]
    pub type Clock;

    #[wasm_bindgen(method, catch, js_name = call)]
    fn read(this: &Clock, receiver: &JsValue) -> Result<f64, JsValue>;

    /// JavaScript's `String()`, which takes any value; js-sys lacks it.
    #[wasm_bindgen(catch, js_name = String)]
    pub(crate) fn text_of(value: &JsValue) -> Result<String, JsValue>;
}

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.read(&JsValue::UNDEFINED).unwrap_or_default())
    }
}

/// Calls a listener; an exception is ignored.
pub(crate) fn notify(listener: &Function) {
    let _ = listener.call0(&JsValue::UNDEFINED);
}

/// A field of an object; fails if it cannot be read.
pub(crate) fn get(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(object, &name.into())
}

/// `localStorage` or `sessionStorage`; fails if it is missing or blocked.
pub(crate) fn web_storage(name: &str) -> Result<Storage, JsValue> {
    let storage = get(&js_sys::global(), name)?;
    if storage.is_falsy() { Err(["there is no ", name].concat().into()) } else { Ok(storage.unchecked_into()) }
}

/// The object of a JSON text. `JSON.parse` creates own fields; assigning them would run setters that the page put on
/// `Object.prototype`.
pub(crate) fn to_object(json: &str) -> JsValue {
    JSON::parse(json).unwrap_or(JsValue::NULL)
}

/// An exception in words. Never throws, whatever the value is.
pub(crate) fn explain(error: &JsValue) -> String {
    error_text(error).unwrap_or_else(|_| "an error that cannot be read".into())
}

fn error_text(error: &JsValue) -> Result<String, JsValue> {
    if !error.is_instance_of::<Error>() {
        return text_of(error);
    }
    let (name, message) = (text_of(&get(error, "name")?)?, text_of(&get(error, "message")?)?);
    Ok(if name == "Error" { message } else { [&*name, ": ", &message].concat() })
}
