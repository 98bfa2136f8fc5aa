//! The crypto stores of the devices that this page has used: what the browser and the client say about them.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::futures::{future_to_promise, spawn_local};
use js_sys::{Array, Function, Promise, Reflect, WeakSet};
use wasm_bindgen::prelude::*;

use super::bounded::within;
use super::convert::{Clock, explain, get, notify, to_object};
use super::databases::{Listing, is_absent};
use super::diag::{CryptoDiag, SharedSession, save_markers};
use super::kept_pages::KeptPages;
use super::markers;
use super::matrix_client::crypto_of;
use super::shape::{call, call_with, field};
use lotus_crypto_diag::crypto_store::{CryptoStoreStatus, Device, IdentityKeys};
use lotus_crypto_diag::store_database::{UNCLEAR, database_of, is_crypto_store, open_database};
use lotus_crypto_diag::timestamp::Timestamp;

/// Listings are remembered for at most this many devices.
const MAX_ASKED: usize = 8;

/// The crypto stores of this page. Internal: hosts use the package's own API.
#[wasm_bindgen]
pub struct CryptoStores(Rc<Inner>);

struct Inner {
    session: SharedSession,
    kept: KeptPages,
    on_change: Function,
    clock: Clock,
    /// The list of databases from when the package was installed, for the first device that is asked about.
    at_boot: RefCell<Option<Listing>>,
    /// The listing used for each device, so that concurrent callers share one.
    asked: RefCell<Vec<(Device, Listing)>>,
    /// The device that was asked about last.
    latest: RefCell<Option<Device>>,
    /// The clients that already have listeners.
    followed: WeakSet<JsValue>,
}

/// A question about a device: the part that must be read synchronously.
struct Question {
    /// With the default database until the real one is known.
    device: Device,
    /// `None` if an earlier check of this device found something.
    listing: Option<Listing>,
    is_named: bool,
    /// Whether the host named the database.
    is_given: bool,
    client: Option<JsValue>,
    /// When the session was logged in, if the host says so.
    logged_in: Option<Timestamp>,
}

#[wasm_bindgen]
impl CryptoDiag {
    /// `at_boot` is the promise of `indexedDB.databases()` from when the package was installed.
    pub fn stores(&self, at_boot: Option<Promise>) -> CryptoStores {
        CryptoStores(Rc::new(Inner {
            session: Rc::clone(&self.session),
            kept: self.kept().clone(),
            on_change: self.on_change.clone(),
            clock: self.clock.clone(),
            at_boot: RefCell::new(at_boot.map(Listing::of)),
            asked: RefCell::default(),
            latest: RefCell::default(),
            followed: WeakSet::new_typed(),
        }))
    }
}

#[wasm_bindgen]
impl CryptoStores {
    /// Judges the crypto store of a device. `target` is a client, or, before there is a client, an object with `userId` and
    /// `deviceId`. Never rejects.
    #[wasm_bindgen(unchecked_return_type = "Promise<CryptoStoreStatus>")]
    pub fn check(&self, target: JsValue, prefix: Option<String>, logged_in_at: Option<f64>) -> Promise {
        let inner = Rc::clone(&self.0);
        // Synchronously: the SDK may open its store before the next microtask.
        let question = inner.question(&target, prefix.as_deref());
        let logged_in = logged_in_at.map(Timestamp::from_ms);
        let question = question.map(|question| Question { logged_in, ..question });
        future_to_promise(async move {
            let status = match question {
                Ok(question) => inner.answer(question).await,
                Err(error) => CryptoStoreStatus { error: Some(explain(&error)), ..CryptoStoreStatus::default() },
            };
            Ok(to_object(&status.to_json()))
        })
    }

    /// Asks the browser whether a store that may be gone still exists, unless it was asked a moment ago.
    #[wasm_bindgen(js_name = askAboutLost)]
    pub fn ask_about_lost(&self) {
        let now = self.0.clock.now();
        let lost = self.0.session.try_borrow_mut().ok().and_then(|mut session| session.stores_mut().ask_about(now));
        let Some(device) = lost else { return };
        let (inner, listing) = (Rc::clone(&self.0), Listing::now());
        spawn_local(async move {
            let Ok(names) = listing.names().await else { return };
            // To a page whose connection was lost, WebKit lists no databases and opens none: the store is gone only if
            // opening it would create it.
            let is_listed = if names.contains(&device.database) {
                true
            } else {
                let Ok(is_absent) = is_absent(&device.database).await else { return };
                !is_absent
            };
            let is_news = inner.session.borrow_mut().store_listed(&device, is_listed);
            if is_news {
                notify(&inner.on_change);
            }
        });
    }
}

impl Inner {
    fn question(&self, target: &JsValue, prefix: Option<&str>) -> Result<Question, JsValue> {
        let is_client = Reflect::has(target, &"getUserId".into())?;
        let (user_id, device_id) = if is_client {
            (call(target, "getUserId", &[])?, call(target, "getDeviceId", &[])?)
        } else {
            (get(target, "userId")?, get(target, "deviceId")?)
        };
        let (Some(user_id), Some(device_id)) = (user_id.as_string(), device_id.as_string()) else {
            return Err("the client names no user and device".into());
        };
        let known = self.known(&user_id, &device_id);
        let named = prefix.map(|prefix| database_of(Some(prefix))).or_else(|| known.clone());
        let client = is_client.then(|| target.clone());
        let is_running = client.as_ref().is_some_and(is_running);
        let device = Device { user_id, device_id, database: named.clone().unwrap_or_else(|| database_of(None)) };
        // An earlier question, asked before the client ran, used the default database: so does this one.
        let is_named = named.is_some() || !is_running || self.asked_about(&device).is_some();
        let is_found = known.as_ref() == Some(&device.database);
        let listing = (!is_found).then(|| if is_named { self.listing(&device, is_running) } else { Listing::now() });
        self.latest.replace(Some(device.clone()));
        Ok(Question { device, listing, is_named, is_given: prefix.is_some(), client, logged_in: None })
    }

    async fn answer(self: &Rc<Self>, question: Question) -> CryptoStoreStatus {
        let Question { mut device, mut listing, is_named, is_given, client, logged_in } = question;
        let mut unclear = None;
        if !is_named && let Some(listed) = listing.take() {
            let found = listed.names().await;
            match (self.known(&device.user_id, &device.device_id), found) {
                // Another question has found the database meanwhile.
                (Some(known), _) => device.database = known,
                (None, Ok(names)) => match open_database(&names, &device.user_id) {
                    Some(database) => device.database = database,
                    None => unclear = Some(UNCLEAR.to_owned()),
                },
                (None, Err(reason)) => unclear = Some(reason),
            }
            self.latest.replace(Some(device.clone()));
            if self.known(&device.user_id, &device.device_id).as_ref() != Some(&device.database) {
                listing = Some(self.listing(&device, true));
            }
        }
        let mut is_unsure = false;
        let found = match (listing, unclear) {
            // Nothing new to find out, but the page now uses this device.
            (None, _) => Ok(None),
            (Some(listing), unclear) => {
                let names = listing.names().await;
                // The host did not name the store, and another crypto store exists: it may be the device's.
                is_unsure =
                    !is_given && names.as_ref().is_ok_and(|names| names.iter().any(|name| is_crypto_store(name)));
                unclear.map_or(names, Err).map(|names| Some(names.contains(&device.database)))
            }
        };
        let (existed, error) = found.map_or_else(|reason| (None, Some(reason)), |existed| (existed, None));
        self.found(&device, existed, error.as_deref());
        self.follow_the_latest(&device);
        let mut problem = None;
        if client.is_none() && !is_unsure {
            self.probe_database(&device, logged_in).await;
        }
        if let Some(client) = client {
            problem = self.compare(&client, &device).await.err();
            self.follow(&client, &device);
        }
        let (user, device) = (Some(&*device.user_id), Some(&*device.device_id));
        let status = self.session.borrow().stores().status(user, device).unwrap_or_default();
        CryptoStoreStatus { error: status.error.clone().or(problem), ..status }
    }

    /// A known store was not listed: tries to open it, while no client exists that would create it.
    async fn probe_database(&self, device: &Device, logged_in: Option<Timestamp>) {
        if !self.session.borrow().stores().is_in_doubt(device) {
            return;
        }
        match is_absent(&device.database).await {
            Ok(true) => self.session.borrow_mut().stores_mut().set_database_absent(device, logged_in),
            // The list was wrong, or the store was created meanwhile.
            Ok(false) => self.session.borrow_mut().stores_mut().set_database_present(device),
            Err(_) => return,
        }
        notify(&self.on_change);
    }

    /// The database of a device, if an earlier check found something.
    fn known(&self, user_id: &str, device_id: &str) -> Option<String> {
        self.session.borrow().stores().status(Some(user_id), Some(device_id))?.database
    }

    fn asked_about(&self, device: &Device) -> Option<Listing> {
        self.asked.borrow().iter().find(|(asked, _)| asked == device).map(|(_, listing)| listing.clone())
    }

    /// The databases as they were before the SDK opened its own.
    fn listing(&self, device: &Device, is_running: bool) -> Listing {
        if let Some(listing) = self.asked_about(device) {
            return listing;
        }
        let at_boot = self.at_boot.take();
        let listing = at_boot.unwrap_or_else(|| {
            if is_running {
                Listing::Unknown("asked too late: the SDK had opened its store".into())
            } else {
                Listing::now()
            }
        });
        let mut asked = self.asked.borrow_mut();
        if asked.len() >= MAX_ASKED {
            asked.remove(0);
        }
        asked.push((device.clone(), listing.clone()));
        listing
    }

    fn found(&self, device: &Device, existed: Option<bool>, error: Option<&str>) {
        let (stored_marker, now) = (markers::read_marker(device), self.clock.now());
        self.session.borrow_mut().store_found(device.clone(), stored_marker, existed, error, now);
        save_markers(&self.session);
        notify(&self.on_change);
    }

    /// The page uses the device that was asked about last, whichever answer arrives last.
    fn follow_the_latest(&self, answered: &Device) {
        let latest = self.latest.borrow().clone().filter(|latest| latest != answered);
        if let Some(latest) = latest
            && self.known(&latest.user_id, &latest.device_id).as_ref() == Some(&latest.database)
        {
            self.found(&latest, None, None);
        }
    }

    /// Compares a device's current identity keys with the first ones; fails if that is impossible.
    async fn compare(&self, client: &JsValue, device: &Device) -> Result<(), String> {
        let crypto = crypto_of(client).map_err(|error| explain(&error))?;
        if !crypto.is_truthy() {
            return Ok(());
        }
        let asked = call(&crypto, "getOwnDeviceKeys", &[]).map(JsValue::unchecked_into);
        let keys = within("getOwnDeviceKeys()", asked).await?;
        let key = |name| get(&keys, name).ok().and_then(|key| key.as_string());
        let (Some(ed25519), Some(curve25519)) = (key("ed25519"), key("curve25519")) else {
            return Err("the client tells no identity keys".into());
        };
        let now = self.clock.now();
        self.session.borrow_mut().store_keys(device, IdentityKeys { ed25519, curve25519 }, now);
        let is_unproven = self.session.borrow().stores().is_unproven(device);
        // A host may keep its keys in a database with another prefix: one that never existed cannot be deleted.
        if is_unproven && Listing::now().names().await.is_ok_and(|names| names.contains(&device.database)) {
            self.session.borrow_mut().stores_mut().set_database_seen(device, now);
        }
        save_markers(&self.session);
        notify(&self.on_change);
        Ok(())
    }

    /// Compares the keys as soon as the client syncs with its encryption running, and listens for the device's logout.
    fn follow(self: &Rc<Self>, client: &JsValue, device: &Device) {
        if !field(client, "on").is_ok_and(|on| on.is_function()) || self.followed.has(client) {
            return;
        }
        self.followed.add(client);
        let (inner, owner) = (Rc::clone(self), device.clone());
        let handle_logout = Closure::<dyn Fn(JsValue)>::new(move |error: JsValue| {
            // A soft logout keeps the device.
            let soft = get(&error, "data").and_then(|data| get(&data, "soft_logout"));
            if !soft.is_ok_and(|soft| soft.is_truthy()) {
                let ids = (Some(&*owner.user_id), Some(&*owner.device_id));
                inner.session.borrow_mut().logged_out(ids.0, ids.1);
                inner.kept.logged_out(ids.0, ids.1);
                notify(&inner.on_change);
            }
        });
        let listened = call_with(client, "on", &Array::of2(&"Session.logged_out".into(), handle_logout.as_ref()));
        handle_logout.forget();
        if listened.is_ok() && !is_running(client) {
            self.compare_later(client, device);
        }
    }

    fn compare_later(self: &Rc<Self>, client: &JsValue, device: &Device) {
        let handler = Rc::new(RefCell::new(None::<JsValue>));
        let (inner, mx, owner, own) = (Rc::clone(self), client.clone(), device.clone(), Rc::clone(&handler));
        let handle_sync = Closure::<dyn Fn()>::new(move || {
            if !is_running(&mx) {
                return;
            }
            let Some(handler) = own.take() else { return };
            let _ = call_with(&mx, "off", &Array::of2(&"sync".into(), &handler));
            let (inner, mx, owner) = (Rc::clone(&inner), mx.clone(), owner.clone());
            spawn_local(async move {
                let _ = inner.compare(&mx, &owner).await;
            });
        });
        let handle_sync = handle_sync.into_js_value();
        handler.replace(Some(handle_sync.clone()));
        // It may tell nothing of itself.
        let _ = call_with(client, "on", &Array::of2(&"sync".into(), &handle_sync));
    }
}

/// Whether a client's encryption runs; `false` if the client cannot say.
fn is_running(client: &JsValue) -> bool {
    crypto_of(client).is_ok_and(|crypto| crypto.is_truthy())
}
