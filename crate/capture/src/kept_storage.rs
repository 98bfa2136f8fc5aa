//! Records of pages in localStorage. Each call may throw: the storage may be blocked, private or full.

use js_sys::{JsString, decode_uri_component};
use wasm_bindgen::prelude::*;
use web_sys::Storage;

use super::convert::{explain, get, text_of, web_storage};
use lotus_crypto_diag::kept_page::HEAD_LENGTH;
use lotus_crypto_diag::record_storage::{MARKERS, PREFIX, RecordStorage, WriteError, folder_of};

/// Listing more keys than this takes too long.
const MAX_KEYS: u32 = 10_000;

#[wasm_bindgen]
extern "C" {
    /// `Storage` as in web-sys, but `getItem` does not copy the text into the module's memory.
    type Texts;

    #[wasm_bindgen(method, catch, js_name = getItem)]
    fn get_item(this: &Texts, key: &str) -> Result<JsValue, JsValue>;
}

/// The page's localStorage, looked up at each call.
pub(crate) struct LocalRecordStorage;

impl LocalRecordStorage {
    fn text(key: &str) -> Result<Option<JsString>, JsValue> {
        let text = storage()?.unchecked_ref::<Texts>().get_item(key)?;
        Ok(text.dyn_into().ok())
    }

    /// Fails if there are too many keys: an empty list would mean that the records were removed.
    fn keys(belongs: impl Fn(&str) -> bool) -> Result<Vec<String>, JsValue> {
        let storage = storage()?;
        if storage.length()? > MAX_KEYS {
            return Err("the storage has more than 10000 keys".into());
        }
        let mut keys = Vec::new();
        for index in 0..storage.length()? {
            keys.extend(storage.key(index)?.filter(|key| belongs(key)));
        }
        Ok(keys)
    }

    /// In UTF-16 units.
    fn length(key: &str) -> usize {
        Self::text(key).ok().flatten().map_or(0, |text| text.length() as usize)
    }
}

impl RecordStorage for LocalRecordStorage {
    fn list(&self) -> Result<Vec<(String, usize)>, String> {
        let keys = Self::keys(|key| key.starts_with(PREFIX)).map_err(|error| explain(&error))?;
        Ok(keys.into_iter().map(|key| (Self::length(&key), key)).map(|(length, key)| (key, length)).collect())
    }

    fn length_of_others(&self) -> usize {
        let keys = Self::keys(|key| !key.starts_with(PREFIX)).unwrap_or_default();
        keys.iter().map(|key| key.encode_utf16().count() + Self::length(key)).sum()
    }

    fn read(&self, key: &str) -> Result<Option<String>, String> {
        Self::text(key).map(|text| text.map(String::from)).map_err(|error| explain(&error))
    }

    fn head(&self, key: &str) -> Option<String> {
        let end = u32::try_from(HEAD_LENGTH).unwrap_or(u32::MAX);
        Self::text(key).ok().flatten().map(|text| text.substring(0, end).into())
    }

    fn write(&self, key: &str, text: &str) -> Result<(), WriteError> {
        storage()
            .and_then(|storage| storage.set_item(key, text))
            .map_err(|error| WriteError { is_full: is_full(&error), words: explain(&error) })
    }

    fn remove(&self, key: &str) -> Result<(), String> {
        storage().and_then(|storage| storage.remove_item(key)).map_err(|error| explain(&error))
    }

    fn remove_markers(&self, meant: &dyn Fn(&str) -> bool) {
        let is_meant =
            |key: &str| key.starts_with(MARKERS) && folder_of_marker(key).is_some_and(|folder| meant(&folder));
        for marker in Self::keys(is_meant).unwrap_or_default() {
            let _ = self.remove(&marker);
        }
    }

    fn has_marker(&self, folder: &str) -> bool {
        let markers = Self::keys(|key| key.starts_with(MARKERS)).unwrap_or_default();
        markers.iter().filter_map(|marker| folder_of_marker(marker)).any(|of| of == folder)
    }
}

/// Removes the records of the device whose marker is removed.
pub(crate) fn remove_records_of_marker(marker: &str) {
    let Some(folder) = folder_of_marker(marker) else { return };
    for key in LocalRecordStorage::keys(|key| key.starts_with(&folder)).unwrap_or_default() {
        let _ = LocalRecordStorage.remove(&key);
    }
}

/// A marker's key ends with the user and the device.
pub(crate) fn folder_of_marker(key: &str) -> Option<String> {
    let mut parts = key.rsplit('/').map(|part| decode_uri_component(part).ok().map(String::from));
    let (device_id, user_id) = (parts.next()??, parts.next()??);
    Some(folder_of(Some(&user_id), Some(&device_id)))
}

/// Whether the error says that the storage is full. Firefox uses a name of its own.
fn is_full(error: &JsValue) -> bool {
    let name = get(error, "name").and_then(|name| text_of(&name)).unwrap_or_default();
    name == "QuotaExceededError" || name == "NS_ERROR_DOM_QUOTA_REACHED"
}

/// Whether a `storage` event is about localStorage: sessionStorage is of one tab.
pub(crate) fn is_of_all_tabs(event: &JsValue) -> bool {
    let local = web_storage("localStorage").map(JsValue::from);
    get(event, "storageArea").is_ok_and(|area| local.is_ok_and(|local| local == area))
}

fn storage() -> Result<Storage, JsValue> {
    web_storage("localStorage")
}
