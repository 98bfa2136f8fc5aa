//! Reads values from the host by their shape: anything may be missing, have another type, or throw.

use js_sys::{Array, Function, Reflect, TypeError};
use wasm_bindgen::prelude::*;

use super::bounded::NoAnswer;
use super::convert::{explain, get};
use lotus_crypto_diag::host_facts::Answer;

#[wasm_bindgen]
extern "C" {
    /// Throws for a revoked proxy, and the binding of js-sys does not catch.
    #[wasm_bindgen(catch, js_namespace = Array, js_name = isArray)]
    fn is_array(value: &JsValue) -> Result<bool, JsValue>;
}

/// Whether the value is an array; `false` for a revoked proxy.
pub(crate) fn is_list(value: &JsValue) -> bool {
    is_array(value).unwrap_or_default()
}

/// A field of any value; `undefined` if the value has no fields.
pub(crate) fn field(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    if object.is_object() || object.is_function() { get(object, name) } else { Ok(JsValue::UNDEFINED) }
}

/// The result of a method of `object`; `undefined` if there is no such method.
pub(crate) fn call(object: &JsValue, name: &str, arguments: &[&str]) -> Result<JsValue, JsValue> {
    call_with(object, name, &arguments.iter().map(|text| JsValue::from_str(text)).collect())
}

/// As [`call`], with arguments of any type.
pub(crate) fn call_with(object: &JsValue, name: &str, arguments: &Array) -> Result<JsValue, JsValue> {
    let method = field(object, name)?;
    if is_missing(&method) {
        return Ok(JsValue::UNDEFINED);
    }
    if !method.is_function() {
        return Err(TypeError::new(&[name, " is not a function"].concat()).into());
    }
    method.unchecked_into::<Function>().apply(object, arguments)
}

pub(crate) fn is_missing(value: &JsValue) -> bool {
    value.is_undefined() || value.is_null()
}

/// Reads a value; `fits` converts it, or returns `None` for a wrong type.
pub(crate) fn read<T>(value: Result<JsValue, JsValue>, fits: impl FnOnce(&JsValue) -> Option<T>) -> Answer<T> {
    match value {
        Err(error) => Answer::Threw(explain(&error)),
        Ok(value) if is_missing(&value) => Answer::Missing,
        Ok(value) => fits(&value).map_or_else(|| Answer::Unexpected(type_of(&value)), Answer::Fits),
    }
}

/// As [`read`], for an awaited answer.
pub(crate) fn read_later<T>(answer: Result<JsValue, NoAnswer>, fits: impl FnOnce(&JsValue) -> Option<T>) -> Answer<T> {
    match answer {
        Ok(value) => read(Ok(value), fits),
        Err(NoAnswer::Threw(error)) => Answer::Threw(explain(&error)),
        Err(NoAnswer::TooLate(words)) => Answer::TooLate(words),
    }
}

pub(crate) fn text(value: Result<JsValue, JsValue>) -> Answer<String> {
    read(value, JsValue::as_string)
}

pub(crate) fn flag(value: Result<JsValue, JsValue>) -> Answer<bool> {
    read(value, JsValue::as_bool)
}

/// As `typeof` names it.
pub(crate) fn type_of(value: &JsValue) -> String {
    value.js_typeof().as_string().unwrap_or_default()
}

/// A host's list may claim any length.
const LONGEST_LIST: u32 = 1000;

/// The texts of a list that can be read.
pub(crate) fn texts(list: &JsValue) -> impl Iterator<Item = String> {
    let length = field(list, "length").ok().and_then(|length| length.as_f64()).unwrap_or_default();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    let length = (length as u32).min(LONGEST_LIST);
    (0..length).filter_map(move |at| Reflect::get_u32(list, at).ok()?.as_string())
}
