//! The objects that JavaScript holds: the session, and the readers of console lines.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::convert::{Clock, notify, to_object};
use super::kept_pages::KeptPages;
use super::latency::RequestTimings;
use super::markers;
use super::storage::PersistentStorage;
use lotus_crypto_diag::entry::Level;
use lotus_crypto_diag::line::{Line, ReadLine};
use lotus_crypto_diag::session::Session;
use lotus_crypto_diag::timestamp::Timestamp;

/// The session, shared by all objects that the page holds.
pub(super) type SharedSession = Rc<RefCell<Session>>;

/// One session of diagnostics. Internal: hosts use the package's own API.
///
/// JavaScript wraps the consoles and `fetch`, and creates this object when the first evidence appears.
#[wasm_bindgen]
#[derive(Clone)]
pub struct CryptoDiag {
    pub(super) session: SharedSession,
    pub(super) on_change: Function,
    pub(super) clock: Clock,
    pub(super) storage: PersistentStorage,
    pub(super) timings: RequestTimings,
    /// Whether this page listens for signs that the server may accept keys again.
    pub(super) listens: Cell<bool>,
    /// Whether a repair is running.
    pub(super) repairing: Rc<Cell<bool>>,
    pub(super) kept: KeptPages,
}

#[wasm_bindgen]
impl CryptoDiag {
    /// `on_change` is called after every line that was kept, from inside the console call that logged it. `clock` returns
    /// milliseconds since 1970. `opened` is when the page was loaded.
    #[wasm_bindgen(constructor)]
    pub fn new(on_change: Function, clock: Clock, opened: f64) -> Self {
        let (storage, timings) = (PersistentStorage::new(on_change.clone()), RequestTimings::default());
        let (session, listens, repairing) = (SharedSession::default(), Cell::new(false), Rc::default());
        let kept = KeptPages::new(Rc::clone(&session), on_change.clone(), clock.clone(), opened);
        Self { session, on_change, clock, storage, timings, listens, repairing, kept }
    }

    /// The storage of this origin.
    pub fn storage(&self) -> PersistentStorage {
        self.storage.clone()
    }

    /// The timings of requests.
    pub fn timings(&self) -> RequestTimings {
        self.timings.clone()
    }

    /// A reader for the lines of one console.
    pub fn reader(&self) -> LineReader {
        LineReader {
            session: Rc::clone(&self.session),
            on_change: self.on_change.clone(),
            clock: self.clock.clone(),
            recent: RefCell::default(),
        }
    }

    /// A device was logged out: its problems are over. A missing id matches any device; the latest match counts.
    #[wasm_bindgen(js_name = loggedOut)]
    pub fn logged_out(&self, user_id: Option<String>, device_id: Option<String>) {
        self.session.borrow_mut().logged_out(user_id.as_deref(), device_id.as_deref());
        self.kept.logged_out(user_id.as_deref(), device_id.as_deref());
    }

    /// The server accepted a logout that this page requested; the request does not say whose. With several devices, nothing
    /// is done.
    #[wasm_bindgen(js_name = signedOut)]
    pub fn signed_out(&self) {
        let is_clear = self.session.try_borrow().is_ok_and(|session| session.stores().has_single_device());
        if is_clear {
            self.kept.logged_out(None, None);
        }
    }

    /// Evidence may have changed: saves it soon, while the page is idle.
    pub fn keep(&self) {
        self.kept.changed();
    }

    /// Whether to keep evidence beyond the life of the page. `false` also removes what was kept.
    #[wasm_bindgen(js_name = keepEvidence)]
    pub fn keep_evidence(&self, on: bool) {
        self.kept.set_enabled(on);
    }

    /// Removes the evidence kept of all pages. Returns whether it is gone.
    #[wasm_bindgen(js_name = forgetEarlier)]
    pub fn forget_earlier(&self) -> bool {
        self.kept.forget()
    }

    /// The time that the evidence of earlier pages covers; `null` if there is none.
    #[wasm_bindgen(js_name = earlierSummary, unchecked_return_type = "EarlierSummary | null")]
    pub fn earlier_summary(&self) -> JsValue {
        to_object(&self.kept.summary_json())
    }

    /// The user starts to provoke a fault.
    #[wasm_bindgen(js_name = startCapture)]
    pub fn start_capture(&self) {
        let now = self.clock.now();
        self.session.borrow_mut().captures_mut().start(now);
    }

    /// The user notices a fault of this kind.
    #[wasm_bindgen(js_name = markCapture)]
    pub fn mark_capture(&self, kind: &str) {
        let now = self.clock.now();
        self.session.borrow_mut().captures_mut().mark(kind, now);
    }

    /// The capture session is over.
    #[wasm_bindgen(js_name = stopCapture)]
    pub fn stop_capture(&self) {
        let now = self.clock.now();
        self.session.borrow_mut().captures_mut().stop(now);
    }

    /// All counts and entries.
    #[wasm_bindgen(unchecked_return_type = "Evidences")]
    pub fn evidence(&self) -> JsValue {
        let json = self.session.borrow().evidence_json();
        to_object(&json)
    }
}

impl CryptoDiag {
    pub(crate) const fn kept(&self) -> &KeptPages {
        &self.kept
    }

    pub(crate) fn session(&self) -> Rc<RefCell<Session>> {
        Rc::clone(&self.session)
    }
}

/// Reads the lines of one console that contain one of the searched words.
#[wasm_bindgen]
pub struct LineReader {
    session: Rc<RefCell<Session>>,
    on_change: Function,
    clock: Clock,
    recent: RefCell<Vec<Option<ReadLine>>>,
}

#[wasm_bindgen]
impl LineReader {
    /// `source` is where the line was logged: `window`, or `frame:<path>`. Without `text`, the line is the one last read in
    /// this slot.
    pub fn read(
        &self,
        slot: usize,
        text: Option<String>,
        excerpt: Option<String>,
        truncated: bool,
        is_error: bool,
        source: Option<String>,
    ) {
        let now = self.clock.now();
        if let Some(text) = text {
            let level = if is_error { Level::Error } else { Level::Warn };
            let (excerpt, source) = (excerpt.unwrap_or_default(), source.unwrap_or_default());
            let line = Line { level, source: &source, text: &text, excerpt: &excerpt, truncated }.read();
            let Ok(mut recent) = self.recent.try_borrow_mut() else { return };
            if recent.len() <= slot {
                recent.resize_with(slot + 1, || None);
            }
            recent[slot] = line;
        }
        if self.note(slot, now) {
            save_markers(&self.session);
            notify(&self.on_change);
        }
    }
}

impl LineReader {
    /// Whether a slot's line was kept. Releases all borrows before JavaScript runs.
    fn note(&self, slot: usize, now: Timestamp) -> bool {
        let (Ok(mut recent), Ok(mut session)) = (self.recent.try_borrow_mut(), self.session.try_borrow_mut()) else {
            return false;
        };
        recent.get_mut(slot).and_then(Option::as_mut).is_some_and(|line| session.note(line, now))
    }
}

/// Writes the markers that changed. Nothing is borrowed while JavaScript runs.
pub(crate) fn save_markers(session: &RefCell<Session>) {
    let unsaved = session.try_borrow_mut().ok().and_then(|mut session| session.stores_mut().take_unsaved());
    if let Some((device, marker)) = unsaved
        && let Err(reason) = markers::write_marker(&device, &marker)
        && let Ok(mut session) = session.try_borrow_mut()
    {
        session.stores_mut().set_marker_error(&device, reason);
    }
}
