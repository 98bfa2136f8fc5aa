//! Events of the page.

use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

use super::convert::get;

/// Listens for as long as the page lives. Not at all where the target is none, or a page has broken it.
pub(crate) fn listen(target: JsValue, event: &str, listener: impl Fn() + 'static) {
    let listener = Closure::<dyn Fn()>::new(listener);
    if get(&target, "addEventListener").is_ok_and(|add| add.is_function()) {
        let target: EventTarget = target.unchecked_into();
        let _ = target.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref());
        listener.forget();
    }
}
