//! Devices of one server that all upload a key under the same id, and how the server answers.

use crate::notes::note;
use lotus_crypto_diag::entry::Refusal;
use lotus_crypto_diag::timestamp::Timestamp;
use lotus_crypto_diag::upload_clients::UploadClients;
use lotus_crypto_diag::upload_loop::{LoopOptions, Verdict};

pub(crate) fn at(ms: i64) -> Timestamp {
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    Timestamp::from_ms(ms as f64)
}

/// New devices number their keys in the same way: the refused id is the same, the keys differ.
pub(crate) fn refusal(device: u32) -> Refusal {
    Refusal {
        key_id: "signed_curve25519:AAAAAAAAAA0".into(),
        old_key: Some(format!("old{device}")),
        new_key: Some(format!("new{device}")),
        device_id: None,
        http_status: Some(400),
    }
}

pub(crate) fn watched() -> UploadClients {
    let mut uploads = UploadClients::default();
    uploads.watch(true, LoopOptions::default());
    uploads
}

/// An upload of this device with one of its access tokens.
pub(crate) fn upload_under(token: u32, device: u32) -> String {
    format!("at hs token{token}\nby @a:hs D{device}\nkey signed_curve25519:AAAAAAAAAA0 new{device}")
}

pub(crate) fn upload(device: u32) -> String {
    upload_under(device, device)
}

pub(crate) fn refuse(uploads: &mut UploadClients, device: u32, ms: i64) {
    uploads.refused(&note(&upload(device)), &refusal(device), at(ms));
}

pub(crate) fn accept(uploads: &mut UploadClients, device: u32, ms: i64) {
    uploads.accepted(&note(&upload(device)), at(ms));
}

pub(crate) fn decide(uploads: &mut UploadClients, device: u32, ms: i64) -> Verdict {
    uploads.decide(&note(&upload(device)), at(ms), 0.5)
}
