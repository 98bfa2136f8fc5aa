//! `navigator.storage`: whether this origin's storage is persistent, and the request to make it so
//! (<https://storage.spec.whatwg.org/>).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_util::future::join;
use js_sys::futures::{future_to_promise, spawn_local};
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{Permissions, Storage, StorageManager};

use super::bounded::{await_promise, within};
use super::convert::{explain, get, notify, to_object, web_storage};
use super::events::listen;
use lotus_crypto_diag::persistence::{Persistence, StorageReading, prompts};
use lotus_crypto_diag::storage::StorageStatus;

/// Remembers across reloads that this tab showed a prompt.
const PROMPTED: &str = "lotus-crypto-diag/persist-prompted";

/// The storage of this origin. Internal: hosts use the package's own API.
#[wasm_bindgen]
#[derive(Clone)]
pub struct PersistentStorage(Rc<Inner>);

struct Inner {
    persistence: RefCell<Persistence>,
    asking: RefCell<Option<Promise>>,
    entered: Cell<bool>,
    on_change: Function,
    /// The status object that JavaScript got last, and its JSON.
    last_status: RefCell<Option<(String, JsValue)>>,
}

#[wasm_bindgen]
impl PersistentStorage {
    /// Called when the app starts: asks for persistence if the browser decides without a prompt, otherwise only reads the
    /// status.
    pub fn enter(&self) {
        if self.0.entered.replace(true) {
            return;
        }
        let inner = Rc::clone(&self.0);
        if browser_prompts() {
            spawn_local(async move { inner.read().await });
            return;
        }
        let _ = inner.request();
        spawn_local(inner.ask_on_engagement());
    }

    /// Asks for persistence, unless the browser has already answered. Never rejects.
    #[wasm_bindgen(unchecked_return_type = "Promise<StorageStatus>")]
    pub fn request(&self) -> Promise {
        self.0.request()
    }

    /// Reads the status again without asking for persistence. Never rejects.
    #[wasm_bindgen(unchecked_return_type = "Promise<StorageStatus>")]
    pub fn refresh(&self) -> Promise {
        let inner = Rc::clone(&self.0);
        future_to_promise(async move {
            inner.read().await;
            Ok(inner.status())
        })
    }

    /// The status; `null` before anything was asked. The same object until something changes.
    #[wasm_bindgen(unchecked_return_type = "StorageStatus | null")]
    pub fn status(&self) -> JsValue {
        let json = self.0.persistence.borrow().status_json();
        if let Some((text, status)) = &*self.0.last_status.borrow()
            && *text == json
        {
            return status.clone();
        }
        let status = to_object(&json);
        self.0.last_status.replace(Some((json, status.clone())));
        status
    }
}

impl PersistentStorage {
    /// `on_change` is called when the status may have changed.
    pub(crate) fn new(on_change: Function) -> Self {
        Self(Rc::new(Inner {
            persistence: RefCell::default(),
            asking: RefCell::default(),
            entered: Cell::new(false),
            on_change,
            last_status: RefCell::default(),
        }))
    }

    pub(crate) fn known(&self) -> Option<StorageStatus> {
        self.0.persistence.borrow().status().cloned()
    }

    /// Reads the status again.
    pub(crate) async fn read(&self) {
        self.0.read().await;
    }
}

impl Inner {
    fn status(&self) -> JsValue {
        let json = self.persistence.borrow().status_json();
        to_object(&json)
    }

    fn update<T>(&self, change: impl FnOnce(&mut Persistence) -> T) -> T {
        let changed = change(&mut self.persistence.borrow_mut());
        notify(&self.on_change);
        changed
    }

    async fn read(&self) {
        let reading = match manager() {
            Err(error) => StorageReading::Unreadable(explain(&error)),
            Ok(None) => StorageReading::Unsupported,
            Ok(Some(manager)) => {
                let (persisted, estimate) = join(
                    within("navigator.storage.persisted()", manager.persisted()),
                    within("navigator.storage.estimate()", manager.estimate()),
                )
                .await;
                StorageReading::Seen {
                    persisted: persisted.map(|value| value.as_bool()),
                    estimate: estimate.map(|value| (bytes(&value, "usage"), bytes(&value, "quota"))),
                }
            }
        };
        self.update(|persistence| persistence.set_reading(reading));
    }

    /// Concurrent callers share one request.
    fn request(self: &Rc<Self>) -> Promise {
        if let Some(asking) = &*self.asking.borrow() {
            return asking.clone();
        }
        self.persistence.borrow_mut().begin();
        let inner = Rc::clone(self);
        let asking = future_to_promise(async move {
            inner.ask().await;
            inner.asking.take();
            Ok(inner.status())
        });
        self.asking.replace(Some(asking.clone()));
        asking
    }

    async fn ask(self: &Rc<Self>) {
        self.read().await;
        if !self.update(Persistence::is_to_be_asked) {
            return;
        }
        let Ok(Some(manager)) = manager() else { return };
        let prompts = browser_prompts();
        if prompts && was_prompted().await {
            self.update(Persistence::was_prompted);
            return;
        }
        if prompts {
            remember_prompt();
        }
        let inner = Rc::clone(self);
        let asked = manager.persist();
        // A late answer still counts.
        let answered = future_to_promise(async move {
            let granted = await_promise(asked).await.map(|granted| granted.is_truthy());
            inner.update(|persistence| persistence.answered(granted));
            Ok(JsValue::UNDEFINED)
        });
        // A user may take long to answer a prompt; a browser that decides by itself may not.
        let ended = if prompts {
            await_promise(Ok(answered)).await
        } else {
            within("navigator.storage.persist()", Ok(answered)).await
        };
        if let Err(reason) = ended {
            self.update(|persistence| persistence.answered(Err(reason)));
        }
    }

    /// Browsers decide by engagement: an installed app or granted notifications are a reason to ask again. Without them, the
    /// next load of the page asks again.
    async fn ask_on_engagement(self: Rc<Self>) {
        let inner = Rc::clone(&self);
        let _ = listen(&js_sys::global(), "appinstalled", move |_| inner.ask_again());
        let Some(notifications) = permission("notifications").await else { return };
        let state = notifications.clone();
        let _ = listen(&notifications, "change", move |_| {
            if is_state(&state, "granted") {
                self.ask_again();
            }
        });
    }

    fn ask_again(self: &Rc<Self>) {
        let is_denied = self.persistence.borrow_mut().allow_retry_after_denial();
        if is_denied {
            let _ = self.request();
        }
    }
}

/// `None` if the browser lacks `navigator.storage` or one of the methods.
fn manager() -> Result<Option<StorageManager>, JsValue> {
    let navigator = get(&js_sys::global(), "navigator")?;
    if navigator.is_undefined() {
        return Ok(None);
    }
    let storage = get(&navigator, "storage")?;
    if !storage.is_object() {
        return Ok(None);
    }
    for method in ["persist", "persisted", "estimate"] {
        if !get(&storage, method)?.is_function() {
            return Ok(None);
        }
    }
    Ok(Some(storage.unchecked_into()))
}

/// Whether the browser shows a prompt; assumed if its user agent cannot be read.
fn browser_prompts() -> bool {
    let name = get(&js_sys::global(), "navigator").and_then(|navigator| get(&navigator, "userAgent"));
    name.ok().and_then(|name| name.as_string()).is_none_or(|name| prompts(&name))
}

/// Whether the user refused for good, or saw the prompt in this tab before a reload.
async fn was_prompted() -> bool {
    // If `sessionStorage` is blocked, nothing was remembered.
    let remembered = tab_storage().and_then(|storage| storage.get_item(PROMPTED)).is_ok_and(|value| value.is_some());
    remembered || permission("persistent-storage").await.is_some_and(|permission| is_state(&permission, "denied"))
}

fn remember_prompt() {
    // If this fails, the next load of the page asks once more.
    let _ = tab_storage().and_then(|storage| storage.set_item(PROMPTED, "1"));
}

fn tab_storage() -> Result<Storage, JsValue> {
    web_storage("sessionStorage")
}

/// A `PermissionStatus`, if the browser has one.
async fn permission(name: &str) -> Option<JsValue> {
    let permissions = get(&get(&js_sys::global(), "navigator").ok()?, "permissions").ok()?;
    let descriptor = Object::new();
    Reflect::set(&descriptor, &"name".into(), &name.into()).ok()?;
    get(&permissions, "query").ok().filter(JsValue::is_function)?;
    let permissions: Permissions = permissions.unchecked_into();
    within("navigator.permissions", permissions.query(&descriptor)).await.ok()
}

fn is_state(permission: &JsValue, state: &str) -> bool {
    get(permission, "state").is_ok_and(|value| value == state)
}

fn bytes(estimate: &JsValue, name: &str) -> Option<f64> {
    get(estimate, name).ok()?.as_f64().filter(|bytes| bytes.is_finite())
}
