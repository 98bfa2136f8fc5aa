//! Loads of a page, each replayed by the real state machine, and the report of the last one. Times are in minutes.

use lotus_crypto_diag::entry::Level;
use lotus_crypto_diag::line::Line;
use lotus_crypto_diag::session::Session;
use lotus_crypto_diag::upload_loop::LoopOptions;
use serde_json::{Value, json};

use crate::moved::as_earlier;
use crate::notes::settle;
use crate::page::{self, at};

pub(crate) const USER: &str = "@ana:hs.example";
pub(crate) const DEVICE: &str = "ANADEVICE";
const URL: &str = "/_matrix/client/v3/keys/upload";

pub(crate) const DEAD_KEY: &str = "WARN matrix_sdk_crypto::olm::account: Failed to create a new Olm session from a pre-key message: \
    InboundCreation(MissingOneTimeKey(\"curve25519:x\"))\n    at src/olm/account.rs:1453\n    in \
    matrix_sdk_crypto::olm::account::decrypt_olm_v1 with sender=\"@bo:hs.example\"";
pub(crate) const OPENED: &str = "WARN matrix_sdk_crypto::machine: Received an unexpected encrypted to-device event\n    at \
    src/machine.rs:1\n    in a::b with sender=\"@bo:hs.example\" event_type=\"io.element.call.encryption_keys\"";
pub(crate) const MISSING: &str = "MissingKey: missing key at index 0 for participant @bo:hs.example:BODEVICE";
pub(crate) const NO_TARGETS: &str = "[MatrixRTCSession !r:hs][ToDeviceKeyTransport] No targets found for sending key";
pub(crate) const MALFORMED: &str = "Error decrypting event (id=$bad type=m.room.encrypted sender=@bo:hs.example room=!r:hs \
    ts=2026-11-24T00:00:00.000Z): DecryptionError[msg: missing field `algorithm` at line 1 column 339]";
pub(crate) const CALL_TIMED_OUT: &str = "[MatrixRTCSession !r:hs m.call#ROOM][MembershipManager] Network local timeout error while \
    sending event, immediate retry ((0/10)) AbortError: Restart delayed event timed out before the HS responded";

pub(crate) fn minute(minutes: i64) -> lotus_crypto_diag::timestamp::Timestamp {
    at(minutes * 60_000)
}

/// One load of the page, between two minutes.
pub(crate) struct Page {
    from: i64,
    to: i64,
    end: &'static str,
    session: Session,
    store: Value,
    repair: Value,
}

impl Page {
    pub(crate) fn new(from: i64, to: i64) -> Self {
        let mut session = Session::default();
        session.watch_uploads(true, LoopOptions::default());
        Self { from, to, end: "reloaded", session, store: Value::Null, repair: Value::Null }
    }

    /// The homeserver answers an upload of the key `AAAAAQ`.
    fn upload(mut self, minutes: i64, status: u16, body: &str) -> Self {
        let note = format!("at server sender\nby {USER} {DEVICE}\nkey signed_curve25519:AAAAAQ NEW");
        settle(&mut self.session, &note, status, body, URL, minute(minutes));
        self
    }

    pub(crate) fn refused(self, minutes: i64) -> Self {
        self.refused_with(minutes, "OLD", "NEW")
    }

    pub(crate) fn refused_with(self, minutes: i64, old: &str, new: &str) -> Self {
        let body = format!(
            "One time key signed_curve25519:AAAAAQ already exists. Old key: {{\"key\":\"{old}\"}}; new key: {{'key': '{new}'}}"
        );
        self.upload(minutes, 400, &body)
    }

    pub(crate) fn accepted(self, minutes: i64) -> Self {
        self.upload(minutes, 200, "{}")
    }

    pub(crate) fn too_large(self, minutes: i64) -> Self {
        self.upload(minutes, 400, r#"{"errcode":"M_TOO_LARGE","error":"Uploading 50 more"}"#)
    }

    pub(crate) fn line(mut self, minutes: i64, text: &str) -> Self {
        let is_of_call = text.starts_with('[') || text.starts_with("MissingKey");
        let source = if is_of_call { "frame:/element-call/index.html" } else { "window" };
        let line = Line { level: Level::Warn, source, text, excerpt: "", truncated: false };
        assert!(self.session.observe(line, minute(minutes)), "{text}");
        self
    }

    pub(crate) fn store(mut self, verdict: &str, identity: &str, existed: bool) -> Self {
        let loss = self.store["loss"].clone();
        self.store = json!({
            "verdict": verdict, "since": null, "userId": USER, "deviceId": DEVICE, "database": "x", "databaseExisted": existed,
            "identity": identity, "lastHealthy": null, "loss": loss, "error": null,
        });
        self
    }

    pub(crate) fn in_order(self) -> Self {
        self.store("healthy", "same", true)
    }

    pub(crate) fn of_device(mut self, device: &str) -> Self {
        self.store["deviceId"] = json!(device);
        self
    }

    pub(crate) fn connection_lost(mut self, minutes: i64) -> Self {
        let ts = minute(minutes).to_string();
        self.store["verdict"] = json!("connection-lost");
        self.store["loss"] =
            json!({ "firstTs": ts, "lastTs": ts, "count": 1, "message": "The database connection is closing" });
        self
    }

    pub(crate) fn trouble(mut self, minutes: i64, kind: &str) -> Self {
        let ts = minute(minutes).to_string();
        self.store["verdict"] = json!(kind);
        self.store["trouble"] =
            json!({ "kind": kind, "firstTs": ts, "lastTs": ts, "count": 1, "message": "it failed" });
        self
    }

    pub(crate) fn repaired(self, minutes: i64) -> Self {
        self.repaired_by_claiming(minutes, json!([]))
    }

    pub(crate) fn repaired_by_claiming(mut self, minutes: i64, claimed: Value) -> Self {
        let ts = minute(minutes).to_string();
        self.repair = json!({
            "state": "repaired", "step": "testing", "startedAt": ts, "endedAt": ts, "deviceId": DEVICE, "counted": 1,
            "claimed": claimed, "fallbackUsed": false, "waits": 0, "peersTold": 0, "problem": null, "error": null,
        });
        self
    }

    pub(crate) const fn ended(mut self, end: &'static str) -> Self {
        self.end = end;
        self
    }

    /// The report of this load alone.
    pub(crate) fn report(&self) -> Value {
        let page = page::written(&self.session, Some(minute(self.from)), minute(self.to));
        let mut report = serde_json::to_value(page).unwrap();
        report["userId"] = json!(USER);
        report["deviceId"] = json!(DEVICE);
        report["syncState"] = json!("SYNCING");
        report["cryptoStore"] = self.store.clone();
        report["repair"] = self.repair.clone();
        report
    }
}

/// The report of the last load, including the earlier ones.
pub(crate) fn story(pages: Vec<Page>) -> Value {
    let mut reports: Vec<(Value, &str)> = pages.iter().map(|page| (page.report(), page.end)).collect();
    let (mut report, _) = reports.pop().unwrap();
    report["earlier"] = reports.iter().map(|(report, end)| as_earlier(report, end)).collect();
    report
}
