//! Between Rust and JavaScript.

use js_sys::{Error, Function, JSON, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::Storage;

use lotus_crypto_diag::timestamp::Timestamp;

#[wasm_bindgen]
extern "C" {
    /// Gives the milliseconds since 1970.
    #[wasm_bindgen(typescript_type = "() => number")]
    #[derive(Clone)]
    pub type Clock;

    #[wasm_bindgen(method, catch, js_name = call)]
    fn read(this: &Clock, receiver: &JsValue) -> Result<f64, JsValue>;

    /// `js-sys` has no `String()`, which takes any value.
    #[wasm_bindgen(catch, js_name = String)]
    pub(crate) fn text_of(value: &JsValue) -> Result<String, JsValue>;
}

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.read(&JsValue::UNDEFINED).unwrap_or_default())
    }
}

/// Calls what takes note only, and does not throw; if it does, nothing comes of it.
pub(crate) fn tell(listener: &Function) {
    let _ = listener.call0(&JsValue::UNDEFINED);
}

/// A field of an object; an error where it cannot be read.
pub(crate) fn get(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(object, &name.into())
}

/// A storage area of the page, `localStorage` or `sessionStorage`; an error where there is none, or it is blocked.
pub(crate) fn web_storage(name: &str) -> Result<Storage, JsValue> {
    let storage = get(&js_sys::global(), name)?;
    if storage.is_falsy() { Err(["there is no ", name].concat().into()) } else { Ok(storage.unchecked_into()) }
}

/// The object of a JSON text. Its fields are its own, whatever the page has put on `Object.prototype`: one that is made
/// by assignments would run the page's setters.
pub(crate) fn to_object(json: &str) -> JsValue {
    JSON::parse(json).unwrap_or(JsValue::NULL)
}

/// What was thrown, in words. Whatever it is, reading it does not throw.
pub(crate) fn explain(error: &JsValue) -> String {
    in_words(error).unwrap_or_else(|_| "an error that cannot be read".into())
}

fn in_words(error: &JsValue) -> Result<String, JsValue> {
    if !error.is_instance_of::<Error>() {
        return text_of(error);
    }
    let (name, message) = (text_of(&get(error, "name")?)?, text_of(&get(error, "message")?)?);
    Ok(if name == "Error" { message } else { [&*name, ": ", &message].concat() })
}
