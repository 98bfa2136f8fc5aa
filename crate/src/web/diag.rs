//! What JavaScript holds: the session, and the tap on the page's console.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Date, Function};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::console::{ConsoleTap, OnMatch};
use crate::entry::Level;
use crate::report::HostFacts;
use crate::session::{Line, Session};
use crate::timestamp::Timestamp;

/// One session of diagnostics. Not for hosts: the package's own API stands in front of it.
#[wasm_bindgen]
pub struct CryptoDiag {
    session: Rc<RefCell<Session>>,
    on_change: Function,
    on_failure: Function,
    tap: Option<ConsoleTap>,
}

#[wasm_bindgen]
impl CryptoDiag {
    /// `on_change` is called after every line that was kept, from inside the call that logged it; `on_failure` with
    /// whatever broke while a line was read.
    #[wasm_bindgen(constructor)]
    pub fn new(on_change: Function, on_failure: Function) -> Self {
        Self { session: Rc::default(), on_change, on_failure, tap: None }
    }

    /// Wraps the console; `false` where one of its methods cannot be wrapped.
    pub fn start(&mut self, console: &JsValue) -> bool {
        let session = Rc::clone(&self.session);
        let on_change = self.on_change.clone();
        let on_match: OnMatch = Closure::new(move |is_error, text: String, excerpt: String, truncated| {
            let level = if is_error { Level::Error } else { Level::Warn };
            let line = Line { level, source: "window", text: &text, excerpt: &excerpt, truncated };
            // The borrow ends before anything of JavaScript is called.
            let kept = session.try_borrow_mut().is_ok_and(|mut session| session.observe(line, now()));
            if kept {
                // It only takes note, and does not throw.
                let _ = on_change.call0(&JsValue::UNDEFINED);
            }
        });
        if let Ok(mut session) = self.session.try_borrow_mut() {
            session.started(now());
        }
        let tap = self.tap.insert(ConsoleTap::new(console, on_match, &self.on_failure));
        tap.is_complete()
    }

    /// Lets the console go. What was gathered stays.
    pub fn stop(&mut self) {
        self.tap = None;
    }

    /// `Evidences`: counts and entries.
    pub fn evidence(&self) -> Result<JsValue, JsError> {
        to_js(&self.session.borrow().evidence())
    }

    /// `Report`, of what is known now and what the caller found out (`HostFacts`).
    pub fn report(&self, facts: JsValue) -> Result<JsValue, JsError> {
        let facts: HostFacts = serde_wasm_bindgen::from_value(facts)?;
        to_js(&self.session.borrow().report(facts, now()))
    }
}

fn now() -> Timestamp {
    Timestamp::from_ms(Date::now())
}

/// As `JSON.parse` would give it: plain objects, `null` where there is nothing.
fn to_js(value: &impl Serialize) -> Result<JsValue, JsError> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}
