//! The repair in place, through the public methods of the Matrix client.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::futures::future_to_promise;
use js_sys::{Array, Function, JSON, Map, Object, Promise};
use serde_json::Value;
use wasm_bindgen::prelude::*;

use super::bounded::{NoAnswer, has_timers, within, within_ms};
use super::convert::{Clock, get, notify, text_of, to_object};
use super::diag::{CryptoDiag, SharedSession};
use super::ed25519::verify;
use super::matrix_client::crypto_of;
use super::repair_peers::renew_sessions;
use super::shape::{call, call_with, field, is_missing};
use super::tabs::PageTabs;
use lotus_crypto_diag::one_time_key::SignedKey;
use lotus_crypto_diag::repair::{
    Claim, Client, Facts, Failure, OtherTabs, RepairProblem, RepairState, RepairStatus, Uploads, repair,
};
use lotus_crypto_diag::timestamp::Timestamp;

/// How long to wait for an answer of the server.
const REQUEST_MS: u32 = 20_000;
const ALGORITHM: &str = "signed_curve25519";
/// An event type without meaning: the client sends it to itself, which ends its pending `/sync`.
const WAKE_TYPE: &str = "io.lotus.crypto_diag.wake";

#[wasm_bindgen]
impl CryptoDiag {
    /// Repairs the client's device if possible: see [`repair`]. The tabs were asked a moment ago. Resolves to the status;
    /// never rejects.
    #[wasm_bindgen(js_name = repairOneTimeKeys, unchecked_return_type = "Promise<RepairStatus>")]
    pub fn repair_one_time_keys(&self, mx: JsValue, tabs: &PageTabs) -> Promise {
        let (tabs, session, clock) = (tabs.clone(), Rc::clone(&self.session), self.clock.clone());
        let (on_change, repairing) = (self.on_change.clone(), Rc::clone(&self.repairing));
        // Without timers, the repair cannot wait for anything.
        let problem = if has_timers() { RepairProblem::AlreadyRunning } else { RepairProblem::NotRunning };
        if problem == RepairProblem::NotRunning || repairing.replace(true) {
            let (now, state, problem) = (clock.now(), RepairState::Refused, Some(problem));
            let status = RepairStatus { state, problem, started_at: now, ended_at: Some(now), ..Default::default() };
            return future_to_promise(async move { Ok(to_object(&status.to_json())) });
        }
        future_to_promise(async move {
            let device = OwnDevice::of(mx, tabs, session, clock, on_change).await;
            let status = device.repair().await;
            repairing.set(false);
            // The session's copy is redacted.
            let noted = device.session.borrow().repair().map_or_else(|| status.to_json(), RepairStatus::to_json);
            Ok(to_object(&noted))
        })
    }
}

/// The client, its device, and the page that they run in.
struct OwnDevice {
    mx: JsValue,
    user_id: Option<String>,
    device_id: Option<String>,
    /// The device's current signing key.
    ed25519: Option<String>,
    tabs: PageTabs,
    session: SharedSession,
    clock: Clock,
    on_change: Function,
}

impl OwnDevice {
    async fn of(mx: JsValue, tabs: PageTabs, session: SharedSession, clock: Clock, on_change: Function) -> Self {
        let text = |value: Result<JsValue, JsValue>| value.ok().and_then(|value| value.as_string());
        let (user_id, device_id) = (text(call(&mx, "getUserId", &[])), text(call(&mx, "getDeviceId", &[])));
        let keys = match crypto_of(&mx) {
            Ok(crypto) => {
                within("getOwnDeviceKeys()", call(&crypto, "getOwnDeviceKeys", &[]).map(JsCast::unchecked_into)).await
            }
            Err(_) => Err(String::new()),
        };
        let ed25519 = text(keys.map_err(JsValue::from).and_then(|keys| field(&keys, "ed25519")));
        Self { mx, user_id, device_id, ed25519, tabs, session, clock, on_change }
    }

    async fn repair(&self) -> RepairStatus {
        let (user, device) = self.ids();
        let (uploads, old_key, store) = {
            let session = self.session.borrow();
            let known = session.uploads().to_repair(user, device);
            let (uploads, old_key) = known.map_or((None, None), |(uploads, key)| (Some(uploads.clone()), key));
            (uploads, old_key, session.stores().status(Some(user), Some(device)))
        };
        let facts = Facts {
            user_id: self.user_id.as_deref(),
            device_id: self.device_id.as_deref(),
            ed25519: self.ed25519.as_deref(),
            store: store.as_ref(),
            uploads: uploads.as_ref(),
            old_key: old_key.as_ref(),
            tabs: self.tabs(),
        };
        repair(self, facts).await
    }

    fn ids(&self) -> (&str, &str) {
        (self.user_id.as_deref().unwrap_or_default(), self.device_id.as_deref().unwrap_or_default())
    }

    /// Sends a request through the client; returns the answer as JSON.
    async fn request(&self, method: &str, arguments: &Array) -> Result<Value, Failure> {
        let asked = match call_with(&self.mx, method, arguments) {
            Ok(nothing) if is_missing(&nothing) => Err([method, "() is missing"].concat().into()),
            asked => asked.map(JsCast::unchecked_into),
        };
        let answer = within_ms(method, REQUEST_MS, asked).await.map_err(|reason| match reason {
            NoAnswer::Threw(error) => failure(&error),
            NoAnswer::TooLate(message) => Failure { message, ..Failure::default() },
        })?;
        // Some values, such as functions, have no JSON.
        let text = JSON::stringify(&answer).ok().and_then(|text| JsValue::from(text).as_string()).unwrap_or_default();
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}

impl Client for OwnDevice {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn pause(&self, ms: u32) {
        TimeoutFuture::new(ms).await;
    }

    fn tabs(&self) -> OtherTabs {
        self.tabs.tabs_for_repair()
    }

    fn set_held(&self, held: bool) {
        let ((user, device), now) = (self.ids(), self.now());
        if let Ok(mut session) = self.session.try_borrow_mut() {
            session.uploads_mut().set_held(user, device, held, now);
        }
    }

    fn let_through(&self) {
        let now = self.now();
        if let Ok(mut session) = self.session.try_borrow_mut() {
            session.probe_uploads(true, now);
        }
    }

    fn uploads(&self) -> Uploads {
        let (user, device) = self.ids();
        self.session.borrow().uploads().uploads_since_release(user, device)
    }

    fn was_accepted(&self, key: &SignedKey) -> bool {
        let (user, device) = self.ids();
        self.session.borrow().uploads().was_accepted(user, device, key)
    }

    async fn count(&self) -> Result<u32, Failure> {
        let answer = self.request("uploadKeysRequest", &Array::of1(&Object::new())).await?;
        let count = answer.get("one_time_key_counts").and_then(|counts| counts.get(ALGORITHM)?.as_u64());
        Ok(count.and_then(|count| u32::try_from(count).ok()).unwrap_or_default())
    }

    async fn claim(&self) -> Result<Claim, Failure> {
        let (user, device) = self.ids();
        let devices = Array::of1(&Array::of2(&user.into(), &device.into()));
        let answer = self.request("claimOneTimeKeys", &Array::of2(&devices, &ALGORITHM.into())).await?;
        Ok(match SignedKey::of_claim(&answer, user, device) {
            Ok(Some(key)) => Claim::Key(key),
            Ok(None) => Claim::Nothing,
            Err(key_id) => Claim::Foreign(key_id),
        })
    }

    async fn verify(&self, key: &SignedKey) -> Option<bool> {
        verify(self.ed25519.as_deref()?, &key.signature, &key.signed).await
    }

    async fn wake(&self) -> Result<(), Failure> {
        let (user, device) = self.ids();
        let content = Map::new();
        content.set(&user.into(), &Map::new().set(&device.into(), &Object::new()));
        self.request("sendToDevice", &Array::of2(&WAKE_TYPE.into(), &content)).await.map(|_| ())
    }

    async fn renew_peer_sessions(&self) -> u32 {
        let senders: Vec<String> = {
            let session = self.session.borrow();
            let others = session.unreadable_senders().into_iter().filter(|sender| *sender != self.ids().0);
            others.map(str::to_owned).collect()
        };
        renew_sessions(&self.mx, &senders).await
    }

    fn note(&self, status: &RepairStatus) {
        if let Ok(mut session) = self.session.try_borrow_mut() {
            session.note_repair(status.clone());
        }
        notify(&self.on_change);
    }
}

/// An exception of the SDK: a `MatrixError`, or a network error.
fn failure(error: &JsValue) -> Failure {
    let number = |object: &JsValue, name| get(object, name).ok().and_then(|value| value.as_f64());
    let data = get(error, "data").unwrap_or_default();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    let (status, wait) =
        (number(error, "httpStatus").map(|status| status as u16), number(&data, "retry_after_ms").map(|ms| ms as u32));
    let message = get(error, "message").ok().and_then(|message| message.as_string());
    let message = message.or_else(|| text_of(error).ok()).unwrap_or_else(|| "an error that cannot be read".into());
    Failure { http_status: status, retry_after_ms: wait, message }
}
