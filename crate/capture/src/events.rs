//! Events of the page.

use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

use super::convert::get;

/// Listens as long as the page lives. Does nothing if `target` is no event target, as in Node. Fails if the page's
/// `addEventListener` throws.
pub(crate) fn listen(target: &JsValue, event: &str, listener: impl Fn(JsValue) + 'static) -> Result<(), JsValue> {
    if !target.is_object() || !get(target, "addEventListener")?.is_function() {
        return Ok(());
    }
    let listener = Closure::<dyn Fn(JsValue)>::new(listener);
    let target: &EventTarget = target.unchecked_ref();
    target.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref())?;
    listener.forget();
    Ok(())
}
