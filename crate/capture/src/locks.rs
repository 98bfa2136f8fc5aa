//! `navigator.locks` (<https://w3c.github.io/web-locks/>): web-sys has it, but marks it unstable.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Function, Object, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, EventTarget};

use super::convert::get;
use super::page::{bound, global, set};

#[wasm_bindgen]
extern "C" {
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, options: &Object, on_grant: &JsValue) -> Result<LockPromise, JsValue>;

    type LockPromise;

    #[wasm_bindgen(method, catch)]
    fn then(this: &LockPromise, on_end: &JsValue, on_refusal: &JsValue) -> Result<JsValue, JsValue>;

    /// The part of `AbortSignal` that is used here.
    #[wasm_bindgen(extends = EventTarget, typescript_type = "EndSignal")]
    #[derive(Clone)]
    pub type EndSignal;

    /// Hands over the lock request's promise, for when the module no longer runs.
    #[wasm_bindgen(method, catch)]
    fn asked(this: &EndSignal, lock: &LockPromise) -> Result<(), JsValue>;
}

/// The outcome of a lock request.
#[derive(Clone, Copy)]
pub(crate) enum Outcome {
    /// This page has the lock.
    Granted,
    /// The lock was taken away, or the request was aborted, by foreign code.
    Ended,
    /// The browser grants no locks.
    Unavailable,
}

/// A pending lock request, or a held lock.
pub(crate) struct Request {
    release: Option<Function>,
    abort: Option<Function>,
    is_over: Rc<Cell<bool>>,
    end: EndSignal,
}

impl Request {
    /// Fails if the browser has no locks. `end` cancels the request if the module no longer runs.
    pub(crate) fn new(name: &str, end: &EndSignal, on_outcome: impl Fn(Outcome) + 'static) -> Result<Self, JsValue> {
        let locks = get(&global("navigator")?, "locks")?;
        if !locks.is_object() {
            return Err("this browser has no locks".into());
        }
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let options = Object::new();
        // Without an `AbortController`, a pending request cannot be cancelled: once granted, it is released at once.
        let controller = AbortController::new().ok();
        if let Some(controller) = &controller {
            set(&options, "signal", &controller.signal())?;
        }
        let request = Self {
            release,
            abort: controller.and_then(|controller| bound(&controller, "abort")),
            is_over: Rc::default(),
            end: end.clone(),
        };
        let (on_outcome, is_over) = (Rc::new(on_outcome), Rc::clone(&request.is_over));
        let grant = Rc::clone(&on_outcome);
        let on_grant = Closure::<dyn Fn() -> JsValue>::new(move || {
            if !is_over.get() {
                grant(Outcome::Granted);
            }
            held.clone().into()
        });
        let locks: LockManager = locks.unchecked_into();
        let promise = locks.request(name, &options, on_grant.as_ref())?;
        let is_over = Rc::clone(&request.is_over);
        let on_end = Closure::once_into_js(move |error: JsValue| {
            drop(on_grant);
            if !is_over.replace(true) {
                on_outcome(outcome(&error));
            }
        });
        promise.then(&on_end, &on_end)?;
        // A plain `AbortSignal` has no such method.
        let _ = request.end.asked(&promise);
        for function in request.functions() {
            request.end.add_event_listener_with_callback("abort", function)?;
        }
        Ok(request)
    }

    fn functions(&self) -> impl Iterator<Item = &Function> {
        self.release.iter().chain(&self.abort)
    }
}

/// Releases the lock, or leaves the line.
impl Drop for Request {
    fn drop(&mut self) {
        self.is_over.set(true);
        for function in self.functions() {
            let _ = function.call0(&JsValue::UNDEFINED);
            let _ = self.end.remove_event_listener_with_callback("abort", function);
        }
    }
}

/// `AbortError` means that foreign code took the lock; any other error, that the browser grants none.
fn outcome(error: &JsValue) -> Outcome {
    let is_refusal = error.is_truthy() && !get(error, "name").is_ok_and(|name| name == "AbortError");
    if is_refusal { Outcome::Unavailable } else { Outcome::Ended }
}
