//! Stores the evidence of this page beyond its end: carries out what [`Keeper`] decides.
//!
//! It never delays a line or a request. A record is written soon after new evidence, while the page is idle, at most once a
//! second; and at once when the page is hidden, frozen or left. Once a minute, records are removed if the app needs more of
//! the storage: no event reports what the app writes in its own tab.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::Function;
use js_sys::futures::spawn_local;
use wasm_bindgen::prelude::*;

use super::bounded::has_microtasks;
use super::convert::{Clock, get, notify, web_storage};
use super::diag::SharedSession;
use super::events::listen;
use super::kept_copies::{LATEST_MS, RecordCopies};
use super::kept_storage::{LocalRecordStorage, folder_of_marker, is_of_all_tabs};
use super::page::{after, arrival, document, global, is_visible, random, when_idle};
use super::roll::Roll;
use lotus_crypto_diag::earlier::EarlierSummary;
use lotus_crypto_diag::election::Role;
use lotus_crypto_diag::keeper::{CLEAN_UP_INTERVAL_MS, Earlier, Flushed, Keeper};
use lotus_crypto_diag::kept_page::Stage;
use lotus_crypto_diag::record_storage::{MARKERS, PREFIX, page_id};
use lotus_crypto_diag::timestamp::Timestamp;

/// Key in sessionStorage: the id of the page that the tab shows.
const PAGE_ID_KEY: &str = "lotus-crypto-diag/page";
/// The shortest time between two writes.
const INTERVAL_MS: i64 = 1000;

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
    is_flush_scheduled: Cell<bool>,
    /// Whether a timer is set to measure again how much space the app needs.
    is_check_scheduled: Cell<bool>,
    /// Whether the records must be written again, because the app needs more space.
    is_short_of_room: Cell<bool>,
    /// Whether another tab may have written its first record, or removed one.
    has_foreign_change: Cell<bool>,
    written_at: Cell<i64>,
    last_role: Cell<Option<Role>>,
    summary: Cell<Option<EarlierSummary>>,
    roll: RefCell<Weak<Roll>>,
    copies: Rc<RecordCopies>,
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
            is_flush_scheduled: Cell::default(),
            is_check_scheduled: Cell::default(),
            is_short_of_room: Cell::default(),
            has_foreign_change: Cell::default(),
            written_at: Cell::default(),
            last_role: Cell::default(),
            summary: Cell::default(),
            roll: RefCell::default(),
            copies: RecordCopies::new(),
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
    pub(crate) fn set_roll(&self, roll: &Rc<Roll>) {
        self.0.roll.replace(Rc::downgrade(roll));
    }

    /// Reports this tab's role. Not called while its page is being left or is frozen.
    pub(crate) fn set_role(&self, role: Option<Role>) {
        let before = self.0.last_role.replace(role);
        let is_replaced = before == Some(Role::Leader) && role == Some(Role::Follower);
        if is_replaced || matches!(role, Some(Role::Leader | Role::Solo)) {
            self.0.with_keeper(|keeper| keeper.set_replaced(is_replaced));
            self.changed();
        }
    }

    /// There may be new evidence.
    pub(crate) fn changed(&self) {
        self.0.changed();
    }

    pub(crate) fn logged_out(&self, user_id: Option<&str>, device_id: Option<&str>) {
        let now = self.0.clock.now();
        self.0.with_keeper(|keeper| {
            let Ok(session) = self.0.session.try_borrow() else { return };
            let removal = keeper.logged_out(&session, (user_id, device_id), now);
            // Release the borrow before the storage is used.
            drop(session);
            removal.remove(&LocalRecordStorage);
        });
        self.0.clear_other_storages();
        self.0.update_summary();
    }

    /// Removes the records of all pages; returns whether none is left.
    pub(crate) fn forget(&self) -> bool {
        let is_gone = self.0.with_keeper(|keeper| keeper.forget(&LocalRecordStorage)).unwrap_or_default();
        self.0.clear_other_storages();
        self.0.flush();
        is_gone
    }

    pub(crate) fn set_enabled(&self, on: bool) {
        self.0.with_keeper(|keeper| keeper.set_enabled(on, &LocalRecordStorage));
        if on {
            self.changed();
        } else {
            self.0.clear_other_storages();
        }
        self.0.update_summary();
    }

    /// The records of a device's earlier pages; without ids, of this page's device.
    pub(crate) fn earlier(&self, user_id: Option<&str>, device_id: Option<&str>) -> Earlier {
        self.0.begin();
        let (now, open) = (self.0.clock.now(), self.0.open_pages());
        let earlier = self.0.with_keeper(|keeper| {
            let ids = if user_id.is_some() || device_id.is_some() {
                user_id.zip(device_id).map(|(user_id, device_id)| (user_id.to_owned(), device_id.to_owned()))
            } else {
                self.0.session.try_borrow().ok().and_then(|session| keeper.latest_device(&session))
            };
            keeper.earlier(ids.as_ref(), &LocalRecordStorage, open.as_deref(), now)
        });
        earlier.unwrap_or_default()
    }

    pub(crate) fn summary_json(&self) -> String {
        EarlierSummary::to_json(self.0.summary.get().as_ref())
    }
}

impl Inner {
    /// Returns `None` on re-entry: the storage may run the page's own code, which calls back.
    fn with_keeper<T>(&self, work: impl FnOnce(&mut Keeper) -> T) -> Option<T> {
        let mut keeper = self.keeper.take()?;
        let done = work(&mut keeper);
        self.keeper.set(Some(keeper));
        Some(done)
    }

    fn changed(self: &Rc<Self>) {
        if self.is_flush_scheduled.replace(true) {
            return;
        }
        let since = self.clock.now().ms() - self.written_at.get();
        // Clamped, because the clock may jump.
        let rest = u32::try_from((INTERVAL_MS - since).clamp(0, INTERVAL_MS)).unwrap_or_default();
        // If the page has broken its timers, the record is written when the page is left.
        self.flush_in(rest, |inner| &inner.is_flush_scheduled);
    }

    /// Flushes once `ms` milliseconds have passed and the page is idle, and clears `is_scheduled` then; also clears it if no
    /// timer can be set. If the room has to be checked first, that has an idle moment of its own: both in one task would
    /// block the page for twice as long.
    fn flush_in(self: &Rc<Self>, ms: u32, is_scheduled: fn(&Self) -> &Cell<bool>) {
        let inner = Rc::clone(self);
        let is_set = after(ms, move || {
            let is_check_due = inner.is_room_check_due();
            let flush = {
                let inner = Rc::clone(&inner);
                move || {
                    is_scheduled(&inner).set(false);
                    inner.flush();
                }
            };
            if is_check_due {
                when_idle(LATEST_MS / 2, move || {
                    inner.check_room();
                    when_idle(LATEST_MS / 2, flush);
                });
            } else {
                when_idle(LATEST_MS, flush);
            }
        });
        is_scheduled(self).set(is_set);
    }

    /// Whether the room is to be checked before the next write. A hidden page does both at once: it may end at any time.
    fn is_room_check_due(&self) -> bool {
        let now = self.clock.now();
        self.with_keeper(|keeper| keeper.stage() == Stage::Shown && keeper.is_room_check_due(now)).unwrap_or_default()
    }

    /// Makes room in the storage, at most once a minute.
    fn check_room(&self) {
        let (now, open) = (self.clock.now(), self.open_pages().unwrap_or_default());
        let is_short = self.with_keeper(|keeper| keeper.is_short_of_room(&LocalRecordStorage, &open, now));
        if is_short == Some(true) {
            self.is_short_of_room.set(true);
        }
    }

    /// Runs once, before the records are first used.
    fn begin(self: &Rc<Self>) {
        if self.has_begun.replace(true) {
            return;
        }
        let previous = self.swap_page_id().ok().flatten();
        let arrival = arrival().unwrap_or_default();
        self.with_keeper(|keeper| keeper.set_arrival(previous, arrival));
        if !has_microtasks() {
            return;
        }
        let inner = Rc::clone(self);
        spawn_local(async move {
            let clear_count = inner.copies.clear_count();
            let records = inner.copies.records().await;
            // Do not restore records that were removed meanwhile.
            if records.is_empty() || inner.copies.clear_count() != clear_count {
                return;
            }
            let (now, open) = (inner.clock.now(), inner.open_pages().unwrap_or_default());
            let done = inner.with_keeper(|keeper| keeper.restore(records, &LocalRecordStorage, &open, now));
            inner.copies.remove(&done.unwrap_or_default());
            inner.update_summary();
        });
    }

    /// Stores the id of this page for the next page in the tab. Returns the previous page's id.
    fn swap_page_id(&self) -> Result<Option<String>, JsValue> {
        let storage = web_storage("sessionStorage")?;
        let previous = storage.get_item(PAGE_ID_KEY)?;
        self.store_page_id();
        Ok(previous.filter(|id| *id != self.id))
    }

    fn store_page_id(&self) {
        let is_kept = self.with_keeper(|keeper| keeper.is_on()).unwrap_or_default();
        // If it is blocked, the next page does not know how this one ended.
        let _ = web_storage("sessionStorage")
            .and_then(|storage| if is_kept { storage.set_item(PAGE_ID_KEY, &self.id) } else { Ok(()) });
    }

    fn flush(self: &Rc<Self>) {
        self.begin();
        let now = self.clock.now();
        self.written_at.set(now.ms());
        let open = self.open_pages().unwrap_or_default();
        self.check_room();
        let flushed = self.with_keeper(|keeper| {
            let is_too_large = self.has_foreign_change.take() && keeper.is_too_large(&LocalRecordStorage);
            let again = self.is_short_of_room.take() || is_too_large;
            // Release the borrow before the storage is used.
            let drafts = self.session.try_borrow().map(|session| keeper.drafts(&session, again, now));
            let drafts = drafts.unwrap_or_default().into_iter();
            drafts.map(|draft| keeper.flush(draft, &LocalRecordStorage, &open, now)).collect::<Vec<_>>()
        });
        for flushed in flushed.unwrap_or_default() {
            match flushed {
                Flushed::Kept { key, text, has_evidence: true } => self.copies.add(key, text),
                Flushed::Cleared => self.clear_other_storages(),
                _ => {}
            }
        }
        if self.with_keeper(|keeper| keeper.stage() == Stage::Shown).unwrap_or_default() {
            // Both writes together would block the page for twice as long.
            self.copies.write_when_idle();
        } else {
            self.copies.write();
        }
        self.update_summary();
        self.schedule_room_check();
    }

    /// Checks again in a minute whether records have to be removed, even if only those of other pages.
    fn schedule_room_check(self: &Rc<Self>) {
        let is_on = self.with_keeper(|keeper| keeper.is_on()).unwrap_or_default();
        // Outside a page, nobody else needs the room, and a timer would keep Node running.
        if is_on && document().is_some() && !self.is_check_scheduled.replace(true) {
            self.flush_in(CLEAN_UP_INTERVAL_MS, |inner| &inner.is_check_scheduled);
        }
    }

    fn clear_other_storages(&self) {
        self.copies.clear();
        // If it is blocked, nothing is stored there.
        let _ = web_storage("sessionStorage").and_then(|storage| storage.remove_item(PAGE_ID_KEY));
    }

    fn update_summary(&self) {
        let summary = self.with_keeper(|keeper| keeper.summary(&LocalRecordStorage)).flatten();
        if self.summary.replace(summary) != summary {
            notify(&self.on_change);
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
        let add_listener = |target: &JsValue, kind: &str, handle: fn(&Rc<Self>, JsValue)| {
            let inner = Rc::clone(self);
            // If the page does not allow it, the last record stays as it was written.
            let _ = listen(target, kind, move |event| handle(&inner, event));
        };
        add_listener(&window, "pagehide", |inner, _| inner.leave());
        // Again, in case Firefox has aborted the previous one, too.
        add_listener(&window, "pagehide", |inner, _| inner.leave());
        add_listener(&window, "pageshow", |inner, _| inner.update_visibility(true));
        add_listener(&document, "visibilitychange", |inner, _| inner.update_visibility(false));
        add_listener(&document, "freeze", |inner, _| inner.update_visibility(false));
        add_listener(&document, "resume", |inner, _| inner.update_visibility(false));
        add_listener(&window, "storage", |inner, event| inner.on_storage_event(&event));
    }

    /// Handles a `storage` event: another tab has changed a storage.
    fn on_storage_event(self: &Rc<Self>, event: &JsValue) {
        let text = |name| get(event, name).ok().and_then(|value| value.as_string());
        let is_gone = text("newValue").is_none();
        let key = text("key");
        let clear = |folder: Option<&str>| {
            self.with_keeper(|keeper| {
                // Release the borrow before the storage is used.
                let latest_device = self.session.try_borrow().ok().and_then(|session| keeper.latest_device(&session));
                keeper.cleared(folder, latest_device, &LocalRecordStorage)
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
            self.clear_other_storages();
            self.update_summary();
        }
        // The other tab has written its first record, or removed one.
        if key.is_none_or(|key| key.starts_with(PREFIX)) && (is_gone || text("oldValue").is_none()) {
            self.has_foreign_change.set(true);
            self.changed();
        }
    }

    /// The device of this folder was logged out: do not write its marker again.
    fn retire(&self, folder: &str) {
        // If the session is borrowed, skip it: this page is handling the device right now, and a later event follows.
        let is_ours = self.session.try_borrow_mut().is_ok_and(|mut session| Keeper::retire(&mut session, folder));
        if is_ours {
            notify(&self.on_change);
        }
    }

    fn leave(self: &Rc<Self>) {
        if self.with_keeper(|keeper| !keeper.is_left()).unwrap_or_default() {
            self.set_stage(Stage::Left);
        }
    }

    fn update_visibility(self: &Rc<Self>, is_back: bool) {
        if self.with_keeper(|keeper| is_back || !keeper.is_left()).unwrap_or_default() {
            self.set_stage(if is_visible() == Some(false) { Stage::Hidden } else { Stage::Shown });
        }
    }

    fn set_stage(self: &Rc<Self>, stage: Stage) {
        self.with_keeper(|keeper| keeper.set_stage(stage));
        // The stored id may be missing by now, or belong to a page that the tab showed meanwhile. Do not overwrite it before
        // it was read: Firefox fires `pageshow` before anything of the page is stored.
        if self.has_begun.get() {
            self.store_page_id();
        }
        // A page that becomes visible need not write at once.
        if stage == Stage::Shown { self.changed() } else { self.flush() }
    }
}
