//! Renews broken Olm sessions with other devices: an invisible message, encrypted for them, starts a new session.

use js_sys::{Array, Map, Object};
use wasm_bindgen::prelude::*;

use super::bounded::within;
use super::matrix_client::crypto_of;
use super::shape::call_with;

/// At most this many devices get the message.
const MAX_DEVICES: usize = 50;
/// The spec's event for this purpose: "indicates that the recipient should use this session". No client shows it.
const DUMMY_TYPE: &str = "m.dummy";

/// Sends the message to every device of `users` and returns how many there are; 0 if the client lacks the methods. That does
/// no harm: the next ordinary message to these devices has the same effect.
pub(crate) async fn renew_sessions(mx: &JsValue, users: &[String]) -> u32 {
    if users.is_empty() {
        return 0;
    }
    try_renewing(mx, users).await.unwrap_or_default()
}

async fn try_renewing(mx: &JsValue, users: &[String]) -> Result<u32, JsValue> {
    let crypto = crypto_of(mx)?;
    let users: Array = users.iter().map(|user| JsValue::from_str(user)).collect();
    let known = call_with(&crypto, "getUserDeviceInfo", &Array::of1(&users)).map(JsCast::unchecked_into);
    let known: Map = within("getUserDeviceInfo()", known).await?.dyn_into()?;
    let devices = Array::new();
    known.for_each(&mut |of_user, user| {
        let Ok(of_user) = of_user.dyn_into::<Map>() else { return };
        for device in of_user.keys().into_iter().flatten().take(MAX_DEVICES) {
            let entry = Object::new();
            let is_set = js_sys::Reflect::set(&entry, &"userId".into(), &user).is_ok()
                && js_sys::Reflect::set(&entry, &"deviceId".into(), &device).is_ok();
            if is_set && (devices.length() as usize) < MAX_DEVICES {
                devices.push(&entry);
            }
        }
    });
    let encrypting =
        call_with(&crypto, "encryptToDeviceMessages", &Array::of3(&DUMMY_TYPE.into(), &devices, &Object::new()));
    let batch = within("encryptToDeviceMessages()", encrypting.map(JsCast::unchecked_into)).await?;
    within("queueToDevice()", call_with(mx, "queueToDevice", &Array::of1(&batch)).map(JsCast::unchecked_into)).await?;
    Ok(devices.length())
}
