//! Ed25519 signatures of a device, checked by Web Cryptography (<https://wicg.github.io/webcrypto-secure-curves/>).

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{CryptoKey, SubtleCrypto};

use super::bounded::within;
use super::convert::get;

/// Whether the key made this `signature` of `text`; key and signature are unpadded base64. `None` if the browser cannot
/// tell.
pub(crate) async fn verify(key: &str, signature: &str, text: &str) -> Option<bool> {
    let subtle = subtle()?;
    let (Ok(key), Ok(signature)) = (STANDARD_NO_PAD.decode(key), STANDARD_NO_PAD.decode(signature)) else {
        return Some(false);
    };
    let usages = Array::of1(&"verify".into());
    let bytes = Uint8Array::from(&*key);
    let imported = subtle.import_key_with_str("raw", &bytes, "Ed25519", false, &usages);
    let key = within("crypto.subtle.importKey()", imported).await.ok()?.unchecked_into::<CryptoKey>();
    let verified = subtle.verify_with_str_and_u8_array_and_u8_array("Ed25519", &key, &signature, text.as_bytes());
    within("crypto.subtle.verify()", verified).await.ok()?.as_bool()
}

/// `None` in an insecure context.
fn subtle() -> Option<SubtleCrypto> {
    let crypto = get(&js_sys::global(), "crypto").ok()?;
    let subtle = get(&crypto, "subtle").ok().filter(JsValue::is_object)?;
    Some(subtle.unchecked_into())
}
