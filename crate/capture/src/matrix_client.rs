//! What the host's Matrix client says about itself. Works with any version of the SDK.

use futures_util::future::join3;
use wasm_bindgen::prelude::*;

use super::bounded::{PATIENCE_MS, within_ms};
use super::shape::{call, field, flag, is_list, is_missing, read, read_later, text, texts};
use lotus_crypto_diag::host_facts::{Answer, HostFacts};

/// The SDK's `CryptoApi`; `undefined` or `null` until the encryption runs.
pub(crate) fn crypto_of(mx: &JsValue) -> Result<JsValue, JsValue> {
    call(mx, "getCrypto", &[])
}

/// Asks the client for everything that it answers synchronously.
pub(crate) fn ask_client(mx: &JsValue, host_facts: &mut HostFacts) {
    if is_missing(mx) {
        host_facts.notes.push("no Matrix client was given: nothing is known of user, device and encryption".into());
        return;
    }
    host_facts.client.user_id = host_facts.fact_or_note("getUserId()", text(call(mx, "getUserId", &[])));
    host_facts.client.device_id = host_facts.fact_or_note("getDeviceId()", text(call(mx, "getDeviceId", &[])));
    host_facts.client.sync_state = host_facts.fact_or_note("getSyncState()", text(call(mx, "getSyncState", &[])));
    host_facts.client.crypto_ready = host_facts.fact_or_note("getCrypto()", is_ready(mx));
    let version = crypto_of(mx).and_then(|crypto| call(&crypto, "getVersion", &[]));
    host_facts.client.crypto_version = host_facts.fact_or_note("getCrypto().getVersion()", text(version));
}

fn is_ready(mx: &JsValue) -> Answer<bool> {
    read(field(mx, "getCrypto"), |_| Some(())).and_then(|()| {
        crypto_of(mx).map_or_else(|error| read(Err(error), |_| None), |it| Answer::Fits(!is_missing(&it)))
    })
}

/// The answers of the client's encryption.
#[derive(Default)]
pub(crate) struct CryptoAnswers {
    keys: Option<Answer<JsValue>>,
    backup: Option<Answer<String>>,
    cross_signing: Option<Answer<bool>>,
}

/// Asks the encryption all questions at once.
pub(crate) async fn ask_crypto(crypto: Option<JsValue>) -> CryptoAnswers {
    let Some(crypto) = crypto else { return CryptoAnswers::default() };
    let question = |name: &'static str, words: &'static str| {
        within_ms(words, PATIENCE_MS, call(&crypto, name, &[]).map(JsCast::unchecked_into))
    };
    let (keys, backup, cross_signing) = join3(
        question("getOwnDeviceKeys", OWN_KEYS),
        question("getActiveSessionBackupVersion", BACKUP),
        question("isCrossSigningReady", CROSS_SIGNING),
    )
    .await;
    CryptoAnswers {
        keys: Some(read_later(keys, |keys| keys.is_object().then(|| keys.clone()))),
        backup: Some(read_later(backup, JsValue::as_string)),
        cross_signing: Some(read_later(cross_signing, JsValue::as_bool)),
    }
}

const OWN_KEYS: &str = "getOwnDeviceKeys()";
const BACKUP: &str = "getActiveSessionBackupVersion()";
const CROSS_SIGNING: &str = "isCrossSigningReady()";

impl CryptoAnswers {
    pub(crate) fn note(self, host_facts: &mut HostFacts) {
        let keys = self.keys.and_then(|answer| host_facts.fact_or_note(OWN_KEYS, answer)).unwrap_or(JsValue::UNDEFINED);
        host_facts.client.key_backup_version = self.backup.and_then(|answer| host_facts.fact_or_note(BACKUP, answer));
        host_facts.client.cross_signing_ready =
            self.cross_signing.and_then(|answer| host_facts.fact_or_note(CROSS_SIGNING, answer));
        let key = |name| text(field(&keys, name));
        host_facts.client.ed25519_key = host_facts.fact_or_note("getOwnDeviceKeys().ed25519", key("ed25519"));
        host_facts.client.curve25519_key = host_facts.fact_or_note("getOwnDeviceKeys().curve25519", key("curve25519"));
    }
}

/// The client's encryption if it runs, to be asked later.
pub(crate) fn running_crypto(mx: &JsValue, host_facts: &mut HostFacts) -> Option<JsValue> {
    let crypto = read(crypto_of(mx), |crypto| crypto.is_object().then(|| crypto.clone()));
    host_facts.fact_or_note("getCrypto()", crypto)
}

/// Reads what only the app knows; returns whether the SDK may fetch events.
pub(crate) fn ask_app(extras: &JsValue, host_facts: &mut HostFacts) -> bool {
    host_facts.environment.app = host_facts.app_fact("extras.app", text(field(extras, "app")));
    host_facts.client.sdk_version = host_facts.app_fact("extras.sdkVersion", text(field(extras, "sdkVersion")));
    let may_fetch = host_facts.fact_or_note("extras.fetchEvents", flag(field(extras, "fetchEvents")));
    let notes = read(field(extras, "notes"), |notes| is_list(notes).then(|| notes.clone()));
    if let Some(notes) = host_facts.fact_or_note("extras.notes", notes) {
        host_facts.notes.extend(texts(&notes));
    }
    may_fetch == Some(true)
}
