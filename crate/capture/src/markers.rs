//! The markers of devices, in localStorage. Every access may throw: blocked, private mode, full.

use js_sys::{JSON, Reflect, encode_uri_component};
use wasm_bindgen::prelude::*;
use web_sys::Storage;

use super::convert::{explain, web_storage};
use super::kept_storage::remove_records_of_marker;
use lotus_crypto_diag::crypto_store::{Device, Marker, MarkerField, StoredMarker};

/// The marker stored for a device, if it makes sense.
pub(crate) fn read_marker(device: &Device) -> StoredMarker {
    match storage().and_then(|storage| storage.get_item(&key(device))) {
        Ok(None) => StoredMarker::Nothing,
        Ok(Some(text)) => parse(&text),
        Err(error) => {
            StoredMarker::Unreadable(["the marker of this device cannot be read: ", &explain(&error)].concat())
        }
    }
}

fn parse(text: &str) -> StoredMarker {
    let marker = JSON::parse(text).unwrap_or_default();
    StoredMarker::from_fields(|name| {
        // `Reflect.get` throws if the marker is no object.
        let value = Reflect::get(&marker, &name.into()).ok()?;
        if value.is_null() {
            return Some(MarkerField::Null);
        }
        value.as_f64().map(MarkerField::Number).or_else(|| value.as_string().map(MarkerField::Text))
    })
}

/// Stores a device's marker, and removes those of the user's former devices on the same database: these devices are gone.
pub(crate) fn write_marker(device: &Device, marker: &Marker) -> Result<(), String> {
    write(device, marker).map_err(|error| ["the marker of this device cannot be written: ", &explain(&error)].concat())
}

fn write(device: &Device, marker: &Marker) -> Result<(), JsValue> {
    let (storage, prefix, key) = (storage()?, siblings(device), key(device));
    storage.set_item(&key, &marker.to_json())?;
    // Backwards: removing an item shifts the later ones.
    for index in (0..storage.length()?).rev() {
        if let Some(other) = storage.key(index)?
            && other.starts_with(&prefix)
            && other != key
        {
            storage.remove_item(&other)?;
            remove_records_of_marker(&other);
        }
    }
    Ok(())
}

fn siblings(device: &Device) -> String {
    let part = |text: &str| String::from(encode_uri_component(text));
    ["lotus-crypto-diag/device/", &part(&device.database), "/", &part(&device.user_id), "/"].concat()
}

fn key(device: &Device) -> String {
    siblings(device) + &String::from(encode_uri_component(&device.device_id))
}

fn storage() -> Result<Storage, JsValue> {
    web_storage("localStorage")
}
