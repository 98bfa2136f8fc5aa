//! Uploads of keys, as the `fetch` wrapper sees them.

use std::rc::Rc;

use wasm_bindgen::prelude::*;

use super::convert::{get, notify, text_of, to_object};
use super::diag::CryptoDiag;
use super::events::listen;
use super::options::UploadWatchOptions;
use super::page::{is_visible, random};
use lotus_crypto_diag::refusals::FromMemory;
use lotus_crypto_diag::upload::{Upload, UploadRequest};
use lotus_crypto_diag::upload_answer::{UploadAnswer, UploadFailure};

#[wasm_bindgen]
extern "C" {
    /// A call of `fetch`, as `upload.js` read it. Each field is its own property.
    #[wasm_bindgen(typescript_type = "UploadCall")]
    pub type UploadCall;

    #[wasm_bindgen(method, getter)]
    fn asked(this: &UploadCall) -> String;

    #[wasm_bindgen(method, getter)]
    fn url(this: &UploadCall) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    fn authorization(this: &UploadCall) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    fn body(this: &UploadCall) -> Option<String>;
}

impl UploadCall {
    fn read(&self) -> Upload {
        let (url, authorization, body) = (self.url(), self.authorization(), self.body());
        let (url, authorization, body) = (url.as_deref(), authorization.as_deref(), body.as_deref());
        Upload::of(&UploadRequest { url, authorization, body })
    }
}

// Everything is read from the page before the session is borrowed, and the borrow ends before the page is called.
#[wasm_bindgen]
impl CryptoDiag {
    /// `fetch` was wrapped, or is no longer. What was seen stays.
    #[wasm_bindgen(js_name = watchUploads)]
    pub fn watch_uploads(&self, watched: bool, options: &UploadWatchOptions) {
        let options = options.read();
        self.session.borrow_mut().watch_uploads(watched, options);
        if watched && !self.listens.replace(true) {
            self.listen_for_signs();
        }
    }

    /// An upload of keys starts. Returns the answer to give instead of sending it; `null`: send it.
    #[wasm_bindgen(js_name = uploadStarts, unchecked_return_type = "FromMemory | null")]
    pub fn upload_starts(&self, call: &UploadCall) -> JsValue {
        let (upload, now, random) = (call.read(), self.clock.now(), random());
        let started = self.session.try_borrow_mut().map(|mut session| session.upload_starts(&upload, now, random));
        notify(&self.on_change);
        let held = started.ok().flatten().as_ref().map(FromMemory::to_json);
        held.map_or(JsValue::NULL, |held| to_object(&held))
    }

    /// The server answered with an error whose body is not read yet: the SDK may log it first.
    #[wasm_bindgen(js_name = uploadAnswered)]
    pub fn upload_answered(&self) {
        let now = self.clock.now();
        if let Ok(mut session) = self.session.try_borrow_mut() {
            session.upload_answered(now);
        }
    }

    /// The server answered an upload.
    #[wasm_bindgen(js_name = uploadSettled)]
    pub fn upload_settled(&self, call: &UploadCall, status: u16, status_text: &str, body: &str, url: &str) {
        let (upload, now) = (call.read(), self.clock.now());
        if let Ok(mut session) = self.session.try_borrow_mut() {
            session.upload_settled(&upload, &UploadAnswer { status, status_text, body, url }, now);
        }
        notify(&self.on_change);
    }

    /// An upload got no answer: `error` is the rejection of `fetch`.
    #[wasm_bindgen(js_name = uploadFailed)]
    pub fn upload_failed(&self, call: &UploadCall, error: &JsValue) {
        let (upload, url, now) = (call.read(), call.asked(), self.clock.now());
        let field = |name| get(error, name).ok().filter(|value| !value.is_undefined() && !value.is_null());
        let name = field("name").and_then(|name| name.as_string()).unwrap_or_default();
        let message = text_of(field("message").as_ref().unwrap_or(error)).unwrap_or_default();
        if let Ok(mut session) = self.session.try_borrow_mut() {
            session.upload_failed(&upload, &UploadFailure { name: &name, message: &message, url: &url }, now);
        }
        notify(&self.on_change);
    }

    /// The user asks whether the server accepts keys again: the next upload that would be held back goes through.
    #[wasm_bindgen(js_name = probeUploads)]
    pub fn probe_uploads(&self) {
        let now = self.clock.now();
        if let Ok(mut session) = self.session.try_borrow_mut() {
            session.probe_uploads(true, now);
        }
        notify(&self.on_change);
    }
}

impl CryptoDiag {
    /// Listens for the network to come back and the user to look again. If the page has no such events, only time decides.
    fn listen_for_signs(&self) {
        let page: JsValue = js_sys::global().into();
        let document = get(&page, "document").unwrap_or_default();
        for (target, event) in [(page, "online"), (document, "visibilitychange")] {
            let (session, clock) = (Rc::clone(&self.session), self.clock.clone());
            let _ = listen(&target, event, move |_| {
                if is_visible() == Some(false) {
                    return;
                }
                let now = clock.now();
                if let Ok(mut session) = session.try_borrow_mut() {
                    session.probe_uploads(false, now);
                }
            });
        }
    }
}
