//! Telling a listener that something changed: soon, never from inside the line that changed it, and not for every line
//! of a storm.

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::Function;
use wasm_bindgen::JsValue;

/// The shortest time between two calls, in milliseconds.
const INTERVAL: u32 = 250;

#[derive(Clone)]
pub(crate) struct Notifier(Rc<Inner>);

struct Inner {
    listener: Function,
    pending: Cell<bool>,
    resting: Cell<bool>,
    telling: Cell<bool>,
}

impl Notifier {
    pub(crate) fn new(listener: Function) -> Self {
        Self(Rc::new(Inner {
            listener,
            pending: Cell::new(false),
            resting: Cell::new(false),
            telling: Cell::new(false),
        }))
    }

    /// The listener will be called once for this and for whatever else comes before that.
    ///
    /// What the listener itself changes is kept, but tells nobody: a listener that logs would call itself for ever.
    pub(crate) fn changed(&self) {
        if self.0.telling.get() {
            return;
        }
        let was_pending = self.0.pending.replace(true);
        if !was_pending && !self.0.resting.get() {
            self.schedule(0);
        }
    }

    fn schedule(&self, delay: u32) {
        let this = self.clone();
        Timeout::new(delay, move || this.tick()).forget();
    }

    fn tick(&self) {
        let pending = self.0.pending.replace(false);
        self.0.resting.set(pending);
        if pending {
            self.schedule(INTERVAL);
            // What a listener throws is its own affair: the caller catches each one.
            self.0.telling.set(true);
            let _ = self.0.listener.call0(&JsValue::UNDEFINED);
            self.0.telling.set(false);
        }
    }
}
