//! The storage of an origin, and the pages that share it.
#![allow(dead_code, reason = "each test uses a part")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use lotus_crypto_diag::crypto_store::{Device, StoredMarker};
use lotus_crypto_diag::earlier::EarlierPage;
use lotus_crypto_diag::entry::Level;
use lotus_crypto_diag::keeper::{Earlier, Flushed, Keeper};
use lotus_crypto_diag::kept_page::{Arrival, HEAD_LENGTH, Stage};
use lotus_crypto_diag::line::Line;
use lotus_crypto_diag::record_storage::{MARKERS, PREFIX, RecordStorage, WriteError, folder_of, page_id};
use lotus_crypto_diag::report::Report;
use lotus_crypto_diag::session::Session;
use lotus_crypto_diag::timestamp::Timestamp;
use serde_json::{Value, json};

pub(crate) const MISSING: &str = "MissingKey: missing key at index 1 for participant @b:hs:D";
pub(crate) const DAY: i64 = 86_400_000;
const START: i64 = 1_795_000_000_000;

/// The storage of an origin. All pages of a test share it.
pub(crate) struct Origin {
    pub(crate) texts: RefCell<BTreeMap<String, String>>,
    /// In UTF-16 units.
    pub(crate) quota: Cell<usize>,
    pub(crate) is_blocked: Cell<bool>,
    /// The origin's IndexedDB, which holds a second copy.
    pub(crate) second: RefCell<BTreeMap<String, String>>,
    pub(crate) clock: Cell<i64>,
    pages: Cell<u32>,
}

impl Default for Origin {
    fn default() -> Self {
        let (texts, second, is_blocked) = (RefCell::default(), RefCell::default(), Cell::default());
        Self { texts, second, quota: Cell::new(5_000_000), is_blocked, clock: Cell::new(START), pages: Cell::default() }
    }
}

fn folder_of_marker(key: &str) -> String {
    format!("{key}/").replacen("/device/x/", "/page/", 1)
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

impl Origin {
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::default().plus_ms(self.clock.get())
    }

    pub(crate) fn pass(&self, ms: i64) {
        self.clock.set(self.clock.get() + ms);
    }

    pub(crate) fn set(&self, key: &str, text: &str) {
        self.texts.borrow_mut().insert(key.to_owned(), text.to_owned());
    }

    pub(crate) fn size(&self, prefix: &str) -> usize {
        let texts = self.texts.borrow();
        texts.iter().filter(|(key, _)| key.starts_with(prefix)).map(|(key, text)| units(key) + units(text)).sum()
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.texts.borrow().keys().cloned().collect()
    }

    pub(crate) fn records(&self) -> usize {
        self.keys().iter().filter(|key| key.starts_with(PREFIX)).count()
    }

    fn check(&self) -> Result<(), String> {
        if self.is_blocked.get() { Err("SecurityError: denied".to_owned()) } else { Ok(()) }
    }
}

impl RecordStorage for Origin {
    fn list(&self) -> Result<Vec<(String, usize)>, String> {
        self.check()?;
        let texts = self.texts.borrow();
        let ours = texts.iter().filter(|(key, _)| key.starts_with(PREFIX));
        Ok(ours.map(|(key, text)| (key.clone(), units(text))).collect())
    }

    fn length_of_others(&self) -> usize {
        self.size("") - self.size(PREFIX)
    }

    fn read(&self, key: &str) -> Result<Option<String>, String> {
        self.check()?;
        Ok(self.texts.borrow().get(key).cloned())
    }

    fn head(&self, key: &str) -> Option<String> {
        self.check().ok()?;
        Some(self.texts.borrow().get(key)?.chars().take(HEAD_LENGTH).collect())
    }

    fn write(&self, key: &str, text: &str) -> Result<(), WriteError> {
        self.check().map_err(|words| WriteError { is_full: false, words })?;
        let others: usize =
            self.texts.borrow().iter().filter(|(of, _)| *of != key).map(|(key, text)| units(key) + units(text)).sum();
        if others + units(key) + units(text) > self.quota.get() {
            return Err(WriteError { is_full: true, words: "QuotaExceededError: no room".to_owned() });
        }
        self.set(key, text);
        Ok(())
    }

    fn remove(&self, key: &str) -> Result<(), String> {
        self.check()?;
        self.texts.borrow_mut().remove(key);
        Ok(())
    }

    fn has_marker(&self, folder: &str) -> bool {
        self.keys().iter().any(|key| folder_of_marker(key) == folder)
    }

    fn remove_markers(&self, meant: &dyn Fn(&str) -> bool) {
        let is_meant = |key: &str| key.starts_with(MARKERS) && meant(&folder_of_marker(key));
        self.texts.borrow_mut().retain(|key, _| !is_meant(key));
    }
}

/// A page of the origin.
pub(crate) struct Page<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) session: Session,
    pub(crate) keeper: Keeper,
    pub(crate) id: String,
}

impl<'a> Page<'a> {
    pub(crate) fn open(origin: &'a Origin) -> Self {
        Self::after(origin, None, Arrival::Opened)
    }

    /// A page in the tab of a previous one.
    pub(crate) fn after(origin: &'a Origin, previous: Option<&str>, arrival: Arrival) -> Self {
        origin.pages.set(origin.pages.get() + 1);
        let id = page_id(origin.clock.get(), f64::from(origin.pages.get()) / 1e9);
        let mut keeper = Keeper::new(id.clone());
        keeper.set_arrival(previous.map(str::to_owned), arrival);
        Self { origin, session: Session::default(), keeper, id }
    }

    pub(crate) fn of(origin: &'a Origin, device_id: &str) -> Self {
        let mut page = Self::open(origin);
        page.is_of(device_id);
        page
    }

    pub(crate) fn is_of(&mut self, device_id: &str) {
        let device = Device { user_id: "@a:hs".into(), device_id: device_id.into(), database: "x".into() };
        self.session.store_found(device, StoredMarker::Nothing, Some(true), None, self.origin.now());
    }

    pub(crate) fn logs(&mut self, text: &str) {
        let line = Line { level: Level::Error, source: "window", text, excerpt: "", truncated: false };
        self.session.observe(line, self.origin.now());
    }

    pub(crate) fn refused(&mut self, number: u32) {
        self.logs(&refusal(number));
    }

    /// A page with a fault, which is asked about the device D and a second later about E.
    pub(crate) fn of_two(origin: &'a Origin) -> Self {
        let mut page = Self::of(origin, "D");
        page.logs(MISSING);
        page.flush();
        origin.pass(1000);
        page.is_of("E");
        page.flush();
        page
    }

    pub(crate) fn flush(&mut self) -> Flushed {
        self.flush_beside(&[])
    }

    /// Flushes while these pages are open in other tabs. Returns the result for the current device's record.
    pub(crate) fn flush_beside(&mut self, open: &[String]) -> Flushed {
        let now = self.origin.now();
        let again = self.keeper.is_too_large(self.origin) || self.keeper.is_short_of_room(self.origin, open, now);
        let mut last = Flushed::Nothing;
        for draft in self.keeper.drafts(&self.session, again, now) {
            last = self.keeper.flush(draft, self.origin, open, now);
            match &last {
                Flushed::Kept { key, text, has_evidence: true } => {
                    self.origin.second.borrow_mut().insert(key.clone(), text.clone());
                }
                Flushed::Cleared => self.origin.second.borrow_mut().clear(),
                _ => {}
            }
        }
        last
    }

    pub(crate) fn leave(mut self) -> String {
        self.keeper.set_stage(Stage::Left);
        self.flush();
        self.id
    }

    pub(crate) fn log_out(&mut self, device_id: &str) {
        let ids = (Some("@a:hs"), Some(device_id));
        self.session.logged_out(ids.0, ids.1);
        self.keeper.logged_out(&self.session, ids, self.origin.now()).remove(self.origin);
        self.origin.second.borrow_mut().clear();
    }

    pub(crate) fn restore(&mut self) {
        let seconds = self.origin.second.borrow().clone().into_iter().collect();
        for done in self.keeper.restore(seconds, self.origin, &[], self.origin.now()) {
            self.origin.second.borrow_mut().remove(&done);
        }
    }

    pub(crate) fn earlier_with_notes(&self, open: Option<&[String]>) -> Earlier {
        self.keeper.earlier(self.keeper.latest_device(&self.session).as_ref(), self.origin, open, self.origin.now())
    }

    /// The earlier pages as a reader of the report gets them.
    pub(crate) fn earlier(&self) -> Vec<EarlierPage> {
        read(self.earlier_with_notes(Some(&[])).pages)
    }
}

pub(crate) fn read(pages: Vec<Value>) -> Vec<EarlierPage> {
    let report = json!({
        "schema": "lotus-crypto-diag/1", "generatedAt": "2026-11-25T10:00:00.000Z", "capturingSince": null,
        "counts": { "KE-1": 0, "KE-2": 0, "KE-3": 0, "KE-4": 0 }, "entries": [], "earlier": pages,
    });
    serde_json::from_value::<Report>(report).unwrap().earlier
}

pub(crate) fn messages(page: &EarlierPage) -> Vec<&str> {
    page.entries.iter().map(|entry| &*entry.message).collect()
}

pub(crate) fn folder(device_id: &str) -> String {
    folder_of(Some("@a:hs"), Some(device_id))
}

/// A refusal in Synapse's words, about 700 characters long.
pub(crate) fn refusal(number: u32) -> String {
    let signature = "x".repeat(86);
    format!(
        "MatrixError: [400] One time key signed_curve25519:AAAA{number:06} already exists. Old key: \
         {{\"key\":\"{number:043}\",\"signatures\":{{\"@a:hs\":{{\"ed25519:D\":\"{signature}\"}}}}}}; new key: \
         {{'key': '{number:041}A', 'signatures': {{'@a:hs': {{'ed25519:D': '{signature}'}}}}}}"
    )
}
