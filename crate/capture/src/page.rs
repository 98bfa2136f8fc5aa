//! The page: timers, visibility, globals. The page may have broken any of them.

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::prelude::*;

use super::convert::get;
use super::shape::{call, field};
use lotus_crypto_diag::kept_page::Arrival;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = Math, js_name = random)]
    fn math_random() -> Result<f64, JsValue>;

    #[wasm_bindgen(catch, js_name = setTimeout)]
    pub(crate) fn set_timeout(callback: &JsValue, ms: u32) -> Result<JsValue, JsValue>;
}

/// A global; `undefined` if there is none.
pub(crate) fn global(name: &str) -> Result<JsValue, JsValue> {
    get(&js_sys::global(), name)
}

/// The page's document; `None` in Node and in workers.
pub(crate) fn document() -> Option<JsValue> {
    global("document").ok().filter(JsValue::is_object)
}

/// Whether the user can see the page; `None` without a document, or if its state cannot be read.
pub(crate) fn is_visible() -> Option<bool> {
    get(&document()?, "visibilityState").ok()?.as_string().map(|state| state != "hidden")
}

/// Calls back after `ms` milliseconds; returns `false` if the page has broken its timers.
pub(crate) fn after(ms: u32, callback: impl FnOnce() + 'static) -> bool {
    set_timeout(&Closure::once_into_js(callback), ms).is_ok()
}

/// Calls back when the page is idle, after `latest_ms` milliseconds at the latest.
pub(crate) fn when_idle(latest_ms: u32, callback: impl FnOnce() + 'static) {
    let callback = Closure::once_into_js(callback);
    let request = || -> Result<JsValue, JsValue> {
        let options = Object::new();
        set(&options, "timeout", &latest_ms.into())?;
        let request: Function = global("requestIdleCallback")?.dyn_into()?;
        request.call2(&JsValue::UNDEFINED, &callback, &options)
    };
    // Safari has no `requestIdleCallback`.
    if request().is_err() {
        let _ = set_timeout(&callback, 0);
    }
}

/// From 0 to 1.
pub(crate) fn random() -> f64 {
    math_random().unwrap_or(0.5)
}

pub(crate) fn reload() {
    let reload = global("location").and_then(|location| {
        let reload: Function = get(&location, "reload")?.unchecked_into();
        reload.call0(&location)
    });
    // If this fails, the page stays and does not lead.
    drop(reload);
}

/// A method bound to its object, so that it can be called on its own.
pub(crate) fn bound(object: &JsValue, method: &str) -> Option<Function> {
    let method: Function = get(object, method).ok()?.dyn_into().ok()?;
    Some(method.bind0(object))
}

/// Sets a field of an object that the browser created.
pub(crate) fn set(object: &JsValue, name: &str, value: &JsValue) -> Result<(), JsValue> {
    Reflect::set(object, &name.into(), value).map(drop)
}

/// How this page came into its tab.
pub(crate) fn arrival() -> Result<Arrival, JsValue> {
    if get(&global("document")?, "wasDiscarded").is_ok_and(|discarded| discarded == true) {
        return Ok(Arrival::Restored);
    }
    let performance = global("performance")?;
    let found: Array = call(&performance, "getEntriesByType", &["navigation"])?.dyn_into()?;
    let is_reload = if found.length() > 0 {
        field(&found.get(0), "type")? == "reload"
    } else {
        // Firefox lists the navigation only after the page has loaded; the older `performance.navigation` is set at once.
        field(&field(&performance, "navigation")?, "type")? == 1
    };
    Ok(if is_reload { Arrival::Reloaded } else { Arrival::Opened })
}
