//! Stores the evidence of this page beyond its end: carries out what [`Keeper`] decides.
//!
//! It never delays a line or a request. A record is written soon after new evidence, while the page is idle, at most once a
//! second; and at once when the page is hidden, frozen or left. Once a minute, records are removed if the app needs more of
//! the storage: no event reports what the app writes in its own tab.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::futures::spawn_local;
use js_sys::{Array, Function};
use wasm_bindgen::prelude::*;

use super::bounded::has_microtasks;
use super::convert::{Clock, get, tell, web_storage};
use super::diag::SharedSession;
use super::events::listen;
use super::kept_shelf::{LocalShelf, folder_of_marker};
use super::kept_tail::Tail;
use super::page::{after, document, global, is_visible, random, when_idle};
use super::roll::Roll;
use super::shape::{call, field};
use lotus_crypto_diag::earlier::EarlierSummary;
use lotus_crypto_diag::election::Role;
use lotus_crypto_diag::keeper::{Earlier, Flushed, Keeper, TIDY_MS};
use lotus_crypto_diag::kept_page::{Arrival, Stage};
use lotus_crypto_diag::shelf::{MARKERS, PREFIX, page_id};
use lotus_crypto_diag::timestamp::Timestamp;

/// Key in sessionStorage: the id of the page that the tab shows.
const SHOWN: &str = "lotus-crypto-diag/page";
/// The shortest time between two writes.
const INTERVAL_MS: i64 = 1000;
/// How long a busy page may delay a write.
const LATEST_MS: u32 = 500;

#[derive(Clone)]
pub(crate) struct KeptPages(Rc<Inner>);

struct Inner {
    id: String,
    session: SharedSession,
    on_change: Function,
    clock: Clock,
    /// `None` while it is in use: the page may have replaced methods of the storage, which may call back.
    keeper: Cell<Option<Box<Keeper>>>,
    has_begun: Cell<bool>,
    is_due: Cell<bool>,
    /// Whether a timer is set to measure again how much space the app needs.
    is_watching: Cell<bool>,
    /// Whether another tab may have written its first record, or removed one.
    is_crowded: Cell<bool>,
    written_at: Cell<i64>,
    last_role: Cell<Option<Role>>,
    summary: Cell<Option<EarlierSummary>>,
    roll: RefCell<Weak<Roll>>,
    tail: Rc<Tail>,
}

impl KeptPages {
    /// Does not touch the storage. `on_change` is called when the summary changes. `opened` is when the page was loaded.
    pub(crate) fn new(session: SharedSession, on_change: Function, clock: Clock, opened: f64) -> Self {
        let id = page_id(Timestamp::from_ms(opened).ms(), random());
        let kept = Self(Rc::new(Inner {
            keeper: Cell::new(Some(Box::new(Keeper::new(id.clone())))),
            id,
            session,
            on_change,
            clock,
            has_begun: Cell::default(),
            is_due: Cell::default(),
            is_watching: Cell::default(),
            is_crowded: Cell::default(),
            written_at: Cell::default(),
            last_role: Cell::default(),
            summary: Cell::default(),
            roll: RefCell::default(),
            tail: Tail::new(),
        }));
        // While a tab closes, Firefox may abort a script, usually the first one. This empty listener runs first, so that
        // Firefox aborts it and not a later one.
        let _ = listen(&js_sys::global(), "pagehide", |_| {});
        let inner = Rc::clone(&kept.0);
        // Delayed: when the page is left, the listener that hands the lock over to another tab must be called first.
        if !after(0, move || inner.listen()) {
            kept.0.listen();
        }
        kept
    }

    /// Id of this page, by which the tabs identify each other.
    pub(crate) fn id(&self) -> &str {
        &self.0.id
    }

    /// Sets the roll call, which knows the pages that are open.
    pub(crate) fn meet(&self, roll: &Rc<Roll>) {
        self.0.roll.replace(Rc::downgrade(roll));
    }

    /// Reports this tab's role. Not called while its page is being left or is frozen.
    pub(crate) fn stands(&self, role: Option<Role>) {
        let before = self.0.last_role.replace(role);
        let is_replaced = before == Some(Role::Leader) && role == Some(Role::Follower);
        if is_replaced || matches!(role, Some(Role::Leader | Role::Solo)) {
            self.0.with(|keeper| keeper.replaced(is_replaced));
            self.changed();
        }
    }

    /// There may be new evidence.
    pub(crate) fn changed(&self) {
        self.0.changed();
    }

    pub(crate) fn logged_out(&self, user_id: Option<&str>, device_id: Option<&str>) {
        let now = self.0.clock.now();
        self.0.with(|keeper| {
            let Ok(session) = self.0.session.try_borrow() else { return };
            let goes = keeper.logged_out(&session, (user_id, device_id), now);
            // Release the borrow before the storage is used.
            drop(session);
            goes.remove(&LocalShelf);
        });
        self.0.clear_elsewhere();
        self.0.sum_up();
    }

    /// Removes the records of all pages; returns whether none is left.
    pub(crate) fn forget(&self) -> bool {
        let is_gone = self.0.with(|keeper| keeper.forget(&LocalShelf)).unwrap_or_default();
        self.0.clear_elsewhere();
        self.0.flush();
        is_gone
    }

    pub(crate) fn switch(&self, on: bool) {
        self.0.with(|keeper| keeper.switch(on, &LocalShelf));
        if on {
            self.changed();
        } else {
            self.0.clear_elsewhere();
        }
        self.0.sum_up();
    }

    /// The records of a device's earlier pages; without ids, of this page's device.
    pub(crate) fn earlier(&self, user_id: Option<&str>, device_id: Option<&str>) -> Earlier {
        self.0.begin();
        let (now, open) = (self.0.clock.now(), self.0.open_pages());
        let earlier = self.0.with(|keeper| {
            let ids = if user_id.is_some() || device_id.is_some() {
                user_id.zip(device_id).map(|(user_id, device_id)| (user_id.to_owned(), device_id.to_owned()))
            } else {
                self.0.session.try_borrow().ok().and_then(|session| keeper.whose(&session))
            };
            keeper.earlier(ids.as_ref(), &LocalShelf, open.as_deref(), now)
        });
        earlier.unwrap_or_default()
    }

    pub(crate) fn summary_json(&self) -> String {
        EarlierSummary::to_json(self.0.summary.get().as_ref())
    }
}

impl Inner {
    /// Returns `None` on re-entry: the storage may run the page's own code, which calls back.
    fn with<T>(&self, work: impl FnOnce(&mut Keeper) -> T) -> Option<T> {
        let mut keeper = self.keeper.take()?;
        let done = work(&mut keeper);
        self.keeper.set(Some(keeper));
        Some(done)
    }

    fn changed(self: &Rc<Self>) {
        if self.is_due.replace(true) {
            return;
        }
        let since = self.clock.now().ms() - self.written_at.get();
        // Clamped, because the clock may jump.
        let rest = u32::try_from((INTERVAL_MS - since).clamp(0, INTERVAL_MS)).unwrap_or_default();
        // If the page has broken its timers, the record is written when the page is left.
        self.flush_in(rest, |inner| &inner.is_due);
    }

    /// Flushes once `ms` milliseconds have passed and the page is idle; clears `is_planned` then, or if no timer can be set.
    fn flush_in(self: &Rc<Self>, ms: u32, is_planned: fn(&Self) -> &Cell<bool>) {
        let inner = Rc::clone(self);
        let is_set = after(ms, move || {
            when_idle(LATEST_MS, move || {
                is_planned(&inner).set(false);
                inner.flush();
            });
        });
        is_planned(self).set(is_set);
    }

    /// Runs once, before the records are first used.
    fn begin(self: &Rc<Self>) {
        if self.has_begun.replace(true) {
            return;
        }
        let previous = self.take_turns().ok().flatten();
        let arrival = arrival().unwrap_or_default();
        self.with(|keeper| keeper.arrived(previous, arrival));
        if !has_microtasks() {
            return;
        }
        let inner = Rc::clone(self);
        spawn_local(async move {
            let cleared = inner.tail.cleared();
            let records = inner.tail.records().await;
            // Do not restore records that were removed meanwhile.
            if records.is_empty() || inner.tail.cleared() != cleared {
                return;
            }
            let (now, open) = (inner.clock.now(), inner.open_pages().unwrap_or_default());
            let done = inner.with(|keeper| keeper.restore(records, &LocalShelf, &open, now));
            inner.tail.remove(&done.unwrap_or_default());
            inner.sum_up();
        });
    }

    /// Stores the id of this page for the next page in the tab. Returns the previous page's id.
    fn take_turns(&self) -> Result<Option<String>, JsValue> {
        let storage = web_storage("sessionStorage")?;
        let previous = storage.get_item(SHOWN)?;
        self.leave_id();
        Ok(previous.filter(|id| *id != self.id))
    }

    fn leave_id(&self) {
        let is_kept = self.with(|keeper| keeper.is_on()).unwrap_or_default();
        // If it is blocked, the next page does not know how this one ended.
        let _ = web_storage("sessionStorage")
            .and_then(|storage| if is_kept { storage.set_item(SHOWN, &self.id) } else { Ok(()) });
    }

    fn flush(self: &Rc<Self>) {
        self.begin();
        let now = self.clock.now();
        self.written_at.set(now.ms());
        let open = self.open_pages().unwrap_or_default();
        let flushed = self.with(|keeper| {
            let is_too_large = self.is_crowded.take() && keeper.is_too_large(&LocalShelf);
            let again = is_too_large || keeper.is_short_of_room(&LocalShelf, &open, now);
            // Release the borrow before the storage is used.
            let drafts = self.session.try_borrow().map(|session| keeper.drafts(&session, again, now));
            let drafts = drafts.unwrap_or_default().into_iter();
            drafts.map(|draft| keeper.flush(draft, &LocalShelf, &open, now)).collect::<Vec<_>>()
        });
        for flushed in flushed.unwrap_or_default() {
            match flushed {
                Flushed::Kept { key, text, has_evidence: true } => self.tail.put(&key, &text),
                Flushed::Cleared => self.clear_elsewhere(),
                _ => {}
            }
        }
        self.sum_up();
        self.watch_room();
    }

    /// Checks again in a minute whether records have to be removed, even if only those of other pages.
    fn watch_room(self: &Rc<Self>) {
        let is_on = self.with(|keeper| keeper.is_on()).unwrap_or_default();
        // Outside a page, nobody else needs the room, and a timer would keep Node running.
        if is_on && document().is_some() && !self.is_watching.replace(true) {
            self.flush_in(TIDY_MS, |inner| &inner.is_watching);
        }
    }

    fn clear_elsewhere(&self) {
        self.tail.clear();
        // If it is blocked, nothing is stored there.
        let _ = web_storage("sessionStorage").and_then(|storage| storage.remove_item(SHOWN));
    }

    fn sum_up(&self) {
        let summary = self.with(|keeper| keeper.summary(&LocalShelf)).flatten();
        if self.summary.replace(summary) != summary {
            tell(&self.on_change);
        }
    }

    /// The pages in other tabs; `None`: not all tabs have answered yet.
    fn open_pages(&self) -> Option<Vec<String>> {
        let roll = self.roll.borrow().upgrade()?;
        roll.count().filter(|_| roll.is_complete.get())?;
        Some(roll.others().into_iter().map(|tab| tab.id).collect())
    }

    fn listen(self: &Rc<Self>) {
        let window: JsValue = js_sys::global().into();
        let document = global("document").unwrap_or_default();
        let hear = |target: &JsValue, kind: &str, handle: fn(&Rc<Self>, JsValue)| {
            let inner = Rc::clone(self);
            // If the page does not allow it, the last record stays as it was written.
            let _ = listen(target, kind, move |event| handle(&inner, event));
        };
        hear(&window, "pagehide", |inner, _| inner.leave());
        // Again, in case Firefox has aborted the previous one, too.
        hear(&window, "pagehide", |inner, _| inner.leave());
        hear(&window, "pageshow", |inner, _| inner.look(true));
        hear(&document, "visibilitychange", |inner, _| inner.look(false));
        hear(&document, "freeze", |inner, _| inner.look(false));
        hear(&document, "resume", |inner, _| inner.look(false));
        hear(&window, "storage", |inner, event| inner.another_wrote(&event));
    }

    /// Handles a `storage` event: another tab has changed a storage.
    fn another_wrote(self: &Rc<Self>, event: &JsValue) {
        let text = |name| get(event, name).ok().and_then(|value| value.as_string());
        let is_gone = text("newValue").is_none();
        let key = text("key");
        let clear = |folder: Option<&str>| {
            self.with(|keeper| {
                // Release the borrow before the storage is used.
                let whose = self.session.try_borrow().ok().and_then(|session| keeper.whose(&session));
                keeper.cleared(folder, whose, &LocalShelf)
            })
        };
        let is_cleared = match key.as_deref() {
            // A frame may have cleared only this tab's sessionStorage.
            None => is_of_all_tabs(event) && clear(None) == Some(true),
            // A device was logged out in another tab.
            Some(key) if is_gone && key.starts_with(MARKERS) => folder_of_marker(key).is_some_and(|of| {
                let is_cleared = clear(Some(&of)) == Some(true);
                self.retire(&of);
                is_cleared
            }),
            Some(_) => false,
        };
        if is_cleared {
            self.clear_elsewhere();
            self.sum_up();
        }
        // The other tab has written its first record, or removed one.
        if key.is_none_or(|key| key.starts_with(PREFIX)) && (is_gone || text("oldValue").is_none()) {
            self.is_crowded.set(true);
            self.changed();
        }
    }

    /// The device of this folder was logged out: do not write its marker again.
    fn retire(&self, folder: &str) {
        // If the session is borrowed, skip it: this page is handling the device right now, and a later event follows.
        let is_ours = self.session.try_borrow_mut().is_ok_and(|mut session| Keeper::retire(&mut session, folder));
        if is_ours {
            tell(&self.on_change);
        }
    }

    fn leave(self: &Rc<Self>) {
        if self.with(|keeper| !keeper.is_left()).unwrap_or_default() {
            self.stand_at(Stage::Left);
        }
    }

    fn look(self: &Rc<Self>, is_back: bool) {
        if self.with(|keeper| is_back || !keeper.is_left()).unwrap_or_default() {
            self.stand_at(if is_visible() == Some(false) { Stage::Hidden } else { Stage::Shown });
        }
    }

    fn stand_at(self: &Rc<Self>, stage: Stage) {
        self.with(|keeper| keeper.is_at(stage));
        // The stored id may be missing by now, or belong to a page that the tab showed meanwhile. Do not overwrite it before
        // it was read: Firefox fires `pageshow` before anything of the page is stored.
        if self.has_begun.get() {
            self.leave_id();
        }
        // A page that becomes visible need not write at once.
        if stage == Stage::Shown { self.changed() } else { self.flush() }
    }
}

fn is_of_all_tabs(event: &JsValue) -> bool {
    let local = web_storage("localStorage").map(JsValue::from);
    get(event, "storageArea").is_ok_and(|area| local.is_ok_and(|local| local == area))
}

/// How this page came into its tab.
fn arrival() -> Result<Arrival, JsValue> {
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
