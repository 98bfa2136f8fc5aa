//! A second copy of each record, in an IndexedDB database of our own. A browser writes localStorage to disk seconds or
//! minutes later, and loses the rest if it crashes; data committed to IndexedDB is safe. Nothing depends on this copy: the
//! database may be missing, blocked, slow or deleted.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, JsString, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{
    IdbDatabase, IdbFactory, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction, IdbTransactionMode,
};

use super::bounded::{has_microtasks, within};
use super::convert::{explain, get};
use super::databases::Listing;
use super::page::{set, when_idle};
use super::shape::call;

const DATABASE: &str = "lotus-crypto-diag";
const STORE: &str = "pages";

/// How long a busy page may delay a write.
pub(crate) const LATEST_MS: u32 = 500;
/// A limit on reading, because any script of the origin may have stored more.
const MAX_RECORDS: u32 = 64;
/// In UTF-16 units.
const LONGEST: u32 = 64 * 1024;
/// While this many writes are pending, none is started: the browser is slow, or does not answer.
const MAX_PENDING: u32 = 2;

pub(crate) struct RecordCopies {
    database: RefCell<Option<IdbDatabase>>,
    /// Whether the database is being opened, or opening it failed.
    is_opening: Cell<bool>,
    /// The records to write once the page is idle and the database is open; of each key the latest.
    waiting: RefCell<Vec<(String, String)>>,
    /// Whether they are written in the next idle moment.
    is_scheduled: Cell<bool>,
    /// How often the copy was cleared. A write that was started before is dropped.
    clear_count: Cell<u32>,
    pending: Rc<Cell<u32>>,
    /// Called at the end of each request.
    on_end: JsValue,
}

impl RecordCopies {
    pub(crate) fn new() -> Rc<Self> {
        let pending = Rc::<Cell<u32>>::default();
        let ended = Rc::clone(&pending);
        let on_end = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
            ended.set(ended.get().saturating_sub(1));
            prevent_default(&event);
        });
        let (database, is_opening, waiting, is_scheduled, clear_count) = Default::default();
        let on_end = on_end.into_js_value();
        Rc::new(Self { database, is_opening, waiting, is_scheduled, clear_count, pending, on_end })
    }

    /// Takes a record that is to be written.
    pub(crate) fn add(&self, key: String, text: String) {
        let mut waiting = self.waiting.borrow_mut();
        waiting.retain(|(other, _)| *other != key);
        waiting.push((key, text));
    }

    /// Writes what was added when the page is idle again.
    pub(crate) fn write_when_idle(self: &Rc<Self>) {
        if self.waiting.borrow().is_empty() || self.is_scheduled.replace(true) {
            return;
        }
        let copies = Rc::clone(self);
        when_idle(LATEST_MS, move || {
            copies.is_scheduled.set(false);
            copies.write();
        });
    }

    /// Writes what was added, now or as soon as the database is open.
    pub(crate) fn write(self: &Rc<Self>) {
        if self.waiting.borrow().is_empty() {
            return;
        }
        let Some(database) = self.database.borrow().clone() else {
            self.open_database();
            return;
        };
        let records = self.waiting.take();
        let is_slow = self.pending.get() >= MAX_PENDING;
        let put_all = |store: &IdbObjectStore| {
            records.iter().map(|(key, text)| store.put_with_key(&text.into(), &key.into())).collect()
        };
        if !is_slow && self.run(&database, put_all).is_err() {
            // The browser or a script that deletes the database has closed it.
            self.database.take();
        }
    }

    /// How often the copy was cleared.
    pub(crate) fn clear_count(&self) -> u32 {
        self.clear_count.get()
    }

    fn open_database(self: &Rc<Self>) {
        if self.is_opening.replace(true) || !has_microtasks() {
            return;
        }
        let (copies, clear_count) = (Rc::clone(self), self.clear_count.get());
        js_sys::futures::spawn_local(async move {
            // If that fails, it is not tried again in this page.
            let Ok(database) = open().await else { return };
            copies.is_opening.set(false);
            if copies.clear_count.get() == clear_count {
                copies.database.replace(Some(database));
            } else {
                database.close();
            }
            copies.write();
        });
    }

    /// All records. The database is opened only if the browser lists it, so that looking does not create it.
    pub(crate) async fn records(self: &Rc<Self>) -> Vec<(String, String)> {
        self.read().await.unwrap_or_default()
    }

    async fn read(self: &Rc<Self>) -> Result<Vec<(String, String)>, String> {
        let is_there = Listing::now().names().await?.iter().any(|name| name == DATABASE);
        if !is_there {
            return Ok(Vec::new());
        }
        let database = open().await?;
        let words = |error: JsValue| explain(&error);
        let (_, store) = begin(&database, IdbTransactionMode::Readonly).map_err(words)?;
        let all = JsValue::UNDEFINED;
        let keys = settled(&store.get_all_keys_with_key_and_limit(&all, MAX_RECORDS).map_err(words)?);
        let texts = settled(&store.get_all_with_key_and_limit(&all, MAX_RECORDS).map_err(words)?);
        let (keys, texts) = (within("the kept pages", Ok(keys)).await?, within("the kept pages", Ok(texts)).await?);
        self.database.replace(Some(database));
        let (keys, texts): (Array, Array) = (keys.unchecked_into(), texts.unchecked_into());
        let text_of = |text: JsValue| text.dyn_into::<JsString>().ok().filter(|text| text.length() <= LONGEST);
        let pair_of = |(key, text): (JsValue, JsValue)| {
            // A text that is too long is not a record: it is returned as empty, and then removed.
            Some((key.as_string()?, text_of(text).map(String::from).unwrap_or_default()))
        };
        Ok(keys.iter().zip(texts.iter()).filter_map(pair_of).collect())
    }

    /// Removes these records.
    pub(crate) fn remove(&self, keys: &[String]) {
        let database = self.database.borrow().clone().filter(|_| !keys.is_empty());
        let _ = database
            .map(|database| self.run(&database, |store| keys.iter().map(|key| store.delete(&key.into())).collect()));
    }

    /// Removes all records.
    pub(crate) fn clear(&self) {
        self.clear_count.set(self.clear_count.get() + 1);
        self.waiting.take();
        if let Some(database) = self.database.take() {
            // Clear at once, because the page may be about to close; deleting the database takes longer.
            let _ = self.run(&database, |store| Ok(vec![store.clear()?]));
            database.close();
        }
        let _ = factory().and_then(|factory| factory.delete_database(DATABASE)).and_then(|request| {
            self.pending.set(self.pending.get() + 1);
            self.set_end_handlers(&request)
        });
    }

    /// Runs requests in a transaction of their own.
    fn run(
        &self,
        database: &IdbDatabase,
        requests: impl FnOnce(&IdbObjectStore) -> Result<Vec<IdbRequest>, JsValue>,
    ) -> Result<(), JsValue> {
        let (transaction, store) = begin(database, IdbTransactionMode::Readwrite)?;
        for request in requests(&store)? {
            self.pending.set(self.pending.get() + 1);
            self.set_end_handlers(&request)?;
        }
        // While a page is closing, a transaction does not commit by itself. Older browsers do not have the method.
        call(&transaction, "commit", &[]).map(drop)
    }

    fn set_end_handlers(&self, request: &IdbRequest) -> Result<(), JsValue> {
        set(request, "onsuccess", &self.on_end)?;
        set(request, "onerror", &self.on_end)
    }
}

/// Firefox reports an error of IndexedDB to the page, unless its default is prevented.
fn prevent_default(event: &JsValue) {
    let _ = call(event, "preventDefault", &[]);
}

fn begin(database: &IdbDatabase, mode: IdbTransactionMode) -> Result<(IdbTransaction, IdbObjectStore), JsValue> {
    let transaction = database.transaction_with_str_and_mode(STORE, mode)?;
    let store = transaction.object_store(STORE)?;
    Ok((transaction, store))
}

async fn open() -> Result<IdbDatabase, String> {
    let words = |error: JsValue| explain(&error);
    let request = factory().and_then(|factory| factory.open_with_u32(DATABASE, 1)).map_err(words)?;
    let making: IdbOpenDbRequest = request.clone();
    let on_upgrade = Closure::once_into_js(move || {
        let database = making.result().map(JsValue::unchecked_into::<IdbDatabase>);
        // Without the object store, every later use fails and is ignored.
        let _ = database.and_then(|database| database.create_object_store(STORE));
    });
    set(&request, "onupgradeneeded", &on_upgrade).map_err(words)?;
    let opened = within("the database of the kept pages", Ok(settled(&request))).await?;
    let database: IdbDatabase = opened.unchecked_into();
    // Close it when a script deletes it: otherwise the deletion would wait.
    let closing = database.clone();
    let on_change = Closure::once_into_js(move || closing.close());
    set(&database, "onversionchange", &on_change).map_err(words)?;
    Ok(database)
}

/// The result of a request.
fn settled(request: &IdbRequest) -> Promise {
    Promise::new(&mut |resolve, reject| {
        let of = request.clone();
        let on_success = Closure::once_into_js(move || {
            let _ = resolve.call1(&JsValue::UNDEFINED, &of.result().unwrap_or_default());
        });
        let on_error = Closure::once_into_js(move |event: JsValue| {
            prevent_default(&event);
            let _ = reject.call1(&JsValue::UNDEFINED, &"it failed".into());
        });
        let _ = set(request, "onsuccess", &on_success);
        let _ = set(request, "onerror", &on_error);
    })
}

fn factory() -> Result<IdbFactory, JsValue> {
    let factory = get(&js_sys::global(), "indexedDB")?;
    if factory.is_falsy() { Err("this browser has no IndexedDB".into()) } else { Ok(factory.unchecked_into()) }
}
