//! The markers of devices, in localStorage.

use alloc::string::String;

use wasm_bindgen::prelude::*;

use crate::crypto_store::{Device, Marker, Recall};
use crate::json::to_json;

#[wasm_bindgen(module = "/js/markers.js")]
extern "C" {
    #[wasm_bindgen(js_name = readMarker)]
    fn read_marker(database: &str, user_id: &str, device_id: &str) -> Option<String>;

    #[wasm_bindgen(js_name = writeMarker)]
    fn write_marker(database: &str, user_id: &str, device_id: &str, text: &str) -> Option<String>;
}

/// What stands at a device's key, if anything makes sense there.
pub(crate) fn recall(device: &Device) -> Recall {
    let Some(found) = read_marker(&device.database, &device.user_id, &device.device_id) else {
        return Recall::Nothing;
    };
    match found.strip_prefix('=') {
        Some(text) => Recall::from_text(text),
        None => Recall::Unreadable(["the marker of this device cannot be read: ", &found[1..]].concat()),
    }
}

/// Remembers a device.
pub(crate) fn remember(device: &Device, marker: &Marker) -> Result<(), String> {
    match write_marker(&device.database, &device.user_id, &device.device_id, &to_json(marker)) {
        Some(reason) => Err(["the marker of this device cannot be written: ", &reason].concat()),
        None => Ok(()),
    }
}
