//! Asks the SDK which part of the message history a logout would cost.

use js_sys::Promise;
use js_sys::futures::future_to_promise;
use wasm_bindgen::prelude::*;

use super::bounded::within_ms;
use super::convert::to_object;
use super::diag::CryptoDiag;
use super::matrix_client::crypto_of;
use super::shape::{call, field};
use lotus_crypto_diag::history::{BackupAnswers, HistorySafety};

/// Counting keys takes time on a slow device.
const LONG_PATIENCE_MS: u32 = 10_000;

#[wasm_bindgen]
impl CryptoDiag {
    /// Whether the messages that the client's device can read would still be readable after a logout and a new login. Never
    /// rejects.
    #[wasm_bindgen(js_name = historySafety, unchecked_return_type = "Promise<HistorySafety>")]
    pub fn history_safety(&self, mx: JsValue) -> Promise {
        future_to_promise(async move {
            let mut sdk = Sdk::default();
            let answers = sdk.answers(&mx).await;
            Ok(to_object(&HistorySafety::of(answers, sdk.problems).to_json()))
        })
    }
}

#[derive(Default)]
struct Sdk {
    problems: Vec<String>,
}

impl Sdk {
    async fn answers(&mut self, mx: &JsValue) -> BackupAnswers {
        let Some(crypto) = self.ask("getCrypto()", crypto_of(mx), JsValue::is_object).await else {
            return BackupAnswers::default();
        };
        let active = call(&crypto, "getActiveSessionBackupVersion", &[]);
        let is_active = self.ask("getActiveSessionBackupVersion()", active, is_backup).await.map(|it| it.is_truthy());
        let mut is_on_server = None;
        if is_active != Some(true) {
            let info = call(&crypto, "getKeyBackupInfo", &[]);
            is_on_server = self.ask("getKeyBackupInfo()", info, is_backup).await.map(|it| it.is_truthy());
        }
        let ready = call(&crypto, "isSecretStorageReady", &[]);
        let is_flag = |it: &JsValue| it.as_bool().is_some();
        let recovery_key = self.ask("isSecretStorageReady()", ready, is_flag).await.map(|it| it.is_truthy());
        // Missing in the SDK's types, but the only API that counts the keys.
        let counts = field(&crypto, "olmMachine").and_then(|machine| call(&machine, "roomKeyCounts", &[]));
        let counts = self.ask("roomKeyCounts()", counts, |counts| counted(counts).is_some()).await;
        BackupAnswers { is_active, is_on_server, recovery_key, room_keys: counts.as_ref().and_then(counted) }
    }

    async fn ask(
        &mut self,
        what: &str,
        asked: Result<JsValue, JsValue>,
        fits: fn(&JsValue) -> bool,
    ) -> Option<JsValue> {
        let problem = match within_ms(what, LONG_PATIENCE_MS, asked.map(JsCast::unchecked_into)).await {
            Ok(answer) if fits(&answer) => return Some(answer),
            Ok(_) => [what, ": no usable answer"].concat(),
            Err(reason) => reason.into_words(),
        };
        self.problems.push(problem);
        None
    }
}

/// The number of keys, and how many of them are in the backup.
fn counted(counts: &JsValue) -> Option<(f64, f64)> {
    let count = |name| field(counts, name).ok()?.as_f64();
    Some((count("total")?, count("backedUp")?))
}

/// A version or a description; `null` if there is no backup.
fn is_backup(answer: &JsValue) -> bool {
    answer.is_null() || answer.is_string() || answer.is_object()
}
