//! Serialises data that the package passes in, with every text redacted.

use js_sys::{Array, Object};
use serde::{Serialize, Serializer};
use wasm_bindgen::prelude::*;

use lotus_crypto_diag::redact::redact;

/// A value that JSON can represent.
pub(crate) struct WithoutSecrets(pub(crate) JsValue);

impl Serialize for WithoutSecrets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(value) = self;
        if let Some(text) = value.as_string() {
            return serializer.serialize_str(&redact(&text));
        }
        if let Some(flag) = value.as_bool() {
            return serializer.serialize_bool(flag);
        }
        if let Some(number) = value.as_f64() {
            return serializer.serialize_f64(number);
        }
        if Array::is_array(value) {
            return serializer.collect_seq(Array::from(value).iter().map(Self));
        }
        if !value.is_object() {
            return serializer.serialize_none();
        }
        let fields = Object::entries(value.unchecked_ref());
        serializer.collect_map(fields.iter().map(|field| {
            let field: Array = field.unchecked_into();
            (field.get(0).as_string().unwrap_or_default(), Self(field.get(1)))
        }))
    }
}
