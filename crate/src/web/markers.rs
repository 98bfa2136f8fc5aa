//! The markers of devices, in localStorage. Everything there may throw: blocked, private, full.

use js_sys::{JSON, encode_uri_component};
use wasm_bindgen::prelude::*;
use web_sys::Storage;

use super::convert::{explain, to_js};
use crate::crypto_store::{Device, MARKER_SCHEMA, Marker, Recall};

/// What stands at a device's key, if anything makes sense there.
pub(crate) fn recall(device: &Device) -> Recall {
    match read(device) {
        Ok(None) => Recall::Nothing,
        Ok(Some(marker)) if marker.schema == MARKER_SCHEMA => Recall::Known(marker),
        Ok(Some(marker)) => Recall::Unreadable(format!("the marker of this device has version {}", marker.schema)),
        Err(error) => Recall::Unreadable(format!("the marker of this device cannot be read: {}", explain(&error))),
    }
}

/// Remembers a device, and drops the markers of its user's former devices on the same database: they are dead.
pub(crate) fn remember(device: &Device, marker: &Marker) -> Result<(), String> {
    write(device, marker).map_err(|error| format!("the marker of this device cannot be written: {}", explain(&error)))
}

fn read(device: &Device) -> Result<Option<Marker>, JsValue> {
    let Some(text) = storage()?.get_item(&key(device))? else {
        return Ok(None);
    };
    Ok(Some(serde_wasm_bindgen::from_value(JSON::parse(&text)?)?))
}

fn write(device: &Device, marker: &Marker) -> Result<(), JsValue> {
    let storage = storage()?;
    let (key, siblings) = (key(device), siblings(device));
    storage.set_item(&key, &String::from(JSON::stringify(&to_js(marker)?)?))?;
    // Backwards: removing moves the later ones.
    for index in (0..storage.length()?).rev() {
        if let Some(other) = storage.key(index)?
            && other != key
            && other.starts_with(&siblings)
        {
            storage.remove_item(&other)?;
        }
    }
    Ok(())
}

fn storage() -> Result<Storage, JsValue> {
    let window = web_sys::window().ok_or("there is no window")?;
    Ok(window.local_storage()?.ok_or("there is no localStorage")?)
}

fn key(device: &Device) -> String {
    format!("{}{}", siblings(device), encode_uri_component(&device.device_id))
}

fn siblings(device: &Device) -> String {
    let [database, user] = [&device.database, &device.user_id].map(|part| encode_uri_component(part));
    format!("lotus-crypto-diag/device/{database}/{user}/")
}
