//! Between Rust and JavaScript.

use js_sys::Date;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::timestamp::Timestamp;

pub(crate) fn now() -> Timestamp {
    Timestamp::from_ms(Date::now())
}

/// As `JSON.parse` would give it: plain objects, `null` where there is nothing.
pub(crate) fn to_js(value: &impl Serialize) -> Result<JsValue, JsError> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// What was thrown, in words.
pub(crate) fn explain(thrown: &JsValue) -> String {
    let words = thrown.dyn_ref::<js_sys::Error>().map(|error| String::from(error.to_string()));
    words.or_else(|| thrown.as_string()).unwrap_or_else(|| "an error that cannot be read".to_owned())
}
