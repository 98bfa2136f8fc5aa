//! What JavaScript holds: the session, and the tap on the page's console.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;

use wasm_bindgen::prelude::*;

use super::console::{ConsoleTap, OnMatch};
use super::convert::{Callback, now, random};
use super::markers;
use super::uploads::{FetchTap, OnSettled, OnSign, OnUpload};
use crate::crypto_store::{Device, IdentityKeys};
use crate::entry::Level;
use crate::json::to_json;
use crate::line::{Line, ReadLine};
use crate::redact::redact;
use crate::session::Session;
use crate::upload_loop::{LoopOptions, Verdict};

/// One session of diagnostics. Not for hosts: the package's own API stands in front of it.
#[wasm_bindgen]
pub struct CryptoDiag {
    session: Rc<RefCell<Session>>,
    on_change: Callback,
    on_failure: JsValue,
    signal: JsValue,
    tap: Option<ConsoleTap>,
    uploads: Option<FetchTap>,
}

#[wasm_bindgen]
impl CryptoDiag {
    /// `on_change` is called after every line that was kept, from inside the call that logged it; `on_failure` with
    /// whatever broke while a line was read. `signal`, with the methods of an `AbortSignal`, lets all of the page go without a call of this.
    #[wasm_bindgen(constructor)]
    pub fn new(on_change: Callback, on_failure: JsValue, signal: JsValue) -> Self {
        Self { session: Rc::default(), on_change, on_failure, signal, tap: None, uploads: None }
    }

    /// Wraps the page's console; `false` where one of its methods cannot be wrapped. `source` is a function that tells
    /// where a line is logged: `window`.
    pub fn start(&mut self, console: &JsValue, source: &JsValue) -> bool {
        let tap = self.tap(console, source);
        self.tap.insert(tap).is_complete()
    }

    /// Wraps the console of a frame, until what is returned is freed. Its `source` tells `frame:<path>`.
    #[wasm_bindgen(js_name = watchConsole)]
    pub fn watch_console(&self, console: &JsValue, source: &JsValue) -> WatchedConsole {
        WatchedConsole { _tap: self.tap(console, source) }
    }

    /// Lets the console go. What was gathered stays.
    pub fn stop(&mut self) {
        self.tap = None;
    }

    /// Wraps `fetch`; `false` where it cannot be wrapped. Of the options, `undefined` leaves the default.
    #[wasm_bindgen(js_name = watchUploads)]
    pub fn watch_uploads(
        &mut self,
        scope: &JsValue,
        threshold: Option<f64>,
        window_ms: Option<f64>,
        breaker: Option<bool>,
    ) -> bool {
        let default = LoopOptions::default();
        // What is no number of something counts as not given.
        let given = |number: Option<f64>| number.filter(|number| *number >= 1.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
        let options = LoopOptions {
            threshold: given(threshold).map_or(default.threshold, |refusals| refusals as u32),
            window_ms: given(window_ms).map_or(default.window_ms, |ms| ms as i64),
            breaker: breaker.unwrap_or(default.breaker),
        };
        let session = Rc::clone(&self.session);
        let on_change = self.on_change.clone();
        let on_upload: OnUpload = Closure::new(move |upload: String| {
            // Before the borrow: a page may have put something of its own in place of either.
            let (now, random) = (now(), random());
            let decided = session
                .try_borrow_mut()
                .map(|mut session| session.upload_starts(&upload, now, random) == Verdict::Answer);
            on_change.tell();
            decided.unwrap_or(false)
        });
        let session = Rc::clone(&self.session);
        let on_change = self.on_change.clone();
        let on_settled: OnSettled = Closure::new(move |upload: String, status, answer: String, path: String| {
            let now = now();
            let settled = session.try_borrow_mut().map(|mut session| {
                if upload.is_empty() {
                    session.upload_answered(now);
                    return false;
                }
                session.upload_settled(&upload, status, &answer, &path, now)
            });
            on_change.tell();
            settled.unwrap_or(false)
        });
        let session = Rc::clone(&self.session);
        let on_sign: OnSign = Closure::new(move || {
            let now = now();
            if let Ok(mut session) = session.try_borrow_mut() {
                session.probe_uploads(false, now);
            }
        });
        // The former one is let go first: it would stay below the new one.
        self.uploads = None;
        self.uploads = FetchTap::new(scope, on_upload, on_settled, on_sign, &self.on_failure, &self.signal);
        let watched = self.uploads.is_some();
        self.session.borrow_mut().watch_uploads(watched, options);
        watched
    }

    /// Somebody asks whether the server accepts keys again: of those that are held back, the next upload goes through.
    #[wasm_bindgen(js_name = probeUploads)]
    pub fn probe_uploads(&self) {
        let now = now();
        self.session.borrow_mut().probe_uploads(true, now);
        self.on_change.tell();
    }

    /// Lets `fetch` go. What was seen stays.
    #[wasm_bindgen(js_name = unwatchUploads)]
    pub fn unwatch_uploads(&mut self) {
        self.uploads = None;
        self.session.borrow_mut().watch_uploads(false, LoopOptions::default());
    }

    /// A device was logged out: what was wrong with it is over. Of an id that is not known, the latest that fits.
    #[wasm_bindgen(js_name = loggedOut)]
    pub fn logged_out(&self, user_id: Option<String>, device_id: Option<String>) {
        self.session.borrow_mut().logged_out(user_id.as_deref(), device_id.as_deref());
    }

    /// `Evidences`: counts and entries.
    pub fn evidence(&self) -> String {
        self.session.borrow().evidence_json()
    }

    /// A text of the host without its secrets.
    pub fn redact(&self, text: &str) -> String {
        redact(text).into_owned()
    }

    /// Judges a device's crypto store before the SDK opens it. `existed`: whether its database was there, `undefined`
    /// where that is not known, and then `error` says why.
    #[wasm_bindgen(js_name = storeFound)]
    pub fn store_found(
        &self,
        user_id: String,
        device_id: String,
        database: String,
        existed: Option<bool>,
        error: Option<String>,
    ) {
        let device = Device { user_id, device_id, database };
        let recall = markers::recall(&device);
        self.session.borrow_mut().store_found(device, recall, existed, error.as_deref(), now());
        remember(&self.session);
    }

    /// Compares the identity keys that a device has now with those it had first.
    #[wasm_bindgen(js_name = storeKeys)]
    pub fn store_keys(
        &self,
        user_id: String,
        device_id: String,
        database: String,
        ed25519: String,
        curve25519: String,
    ) {
        let device = Device { user_id, device_id, database };
        self.session.borrow_mut().store_keys(&device, IdentityKeys { ed25519, curve25519 }, now());
        remember(&self.session);
    }

    /// The browser was asked, after the connection to a device's store was lost, whether it still lists the database.
    #[wasm_bindgen(js_name = storeListed)]
    pub fn store_listed(&self, user_id: String, device_id: String, database: String, listed: bool) {
        self.session.borrow_mut().store_listed(&Device { user_id, device_id, database }, listed);
    }

    /// `CryptoStoreStatus` of a device, `null` where nobody asked about it. Of an id that is not given, every one fits.
    #[wasm_bindgen(js_name = cryptoStore)]
    pub fn crypto_store(&self, user_id: Option<String>, device_id: Option<String>) -> String {
        to_json(&self.session.borrow().stores().status(user_id.as_deref(), device_id.as_deref()))
    }
}

impl CryptoDiag {
    fn tap(&self, console: &JsValue, source: &JsValue) -> ConsoleTap {
        let session = Rc::clone(&self.session);
        let on_change = self.on_change.clone();
        let recent: RefCell<Vec<Option<ReadLine>>> = RefCell::default();
        let on_match: OnMatch = Closure::new(
            move |slot, text: Option<String>, excerpt: Option<String>, truncated, is_error, source: Option<String>| {
                let Ok(mut recent) = recent.try_borrow_mut() else { return };
                if recent.len() <= slot {
                    recent.resize_with(slot + 1, || None);
                }
                let recent = &mut recent[slot];
                if let Some(text) = text {
                    let level = if is_error { Level::Error } else { Level::Warn };
                    let (excerpt, source) = (excerpt.unwrap_or_default(), source.unwrap_or_default());
                    *recent = Line { level, source: &source, text: &text, excerpt: &excerpt, truncated }.read();
                }
                let Some(line) = recent else { return };
                // The borrow ends before anything of JavaScript is called.
                let kept = session.try_borrow_mut().is_ok_and(|mut session| session.note(line, now()));
                if kept {
                    remember(&session);
                    // It only takes note, and does not throw.
                    on_change.tell();
                }
            },
        );
        ConsoleTap::new(console, source, on_match, &self.on_failure, &self.signal)
    }
}

/// A console that is watched until this is freed.
#[wasm_bindgen]
pub struct WatchedConsole {
    _tap: ConsoleTap,
}

/// Writes the markers that changed. Nothing is borrowed while JavaScript runs.
fn remember(session: &RefCell<Session>) {
    let unsaved = session.try_borrow_mut().ok().and_then(|mut session| session.stores_mut().take_unsaved());
    if let Some((device, marker)) = unsaved
        && let Err(reason) = markers::remember(&device, &marker)
        && let Ok(mut session) = session.try_borrow_mut()
    {
        session.stores_mut().not_remembered(&device, reason);
    }
}
