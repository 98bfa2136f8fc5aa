//! Lines as Synapse writes them, and their survey.
#![allow(dead_code, reason = "each test uses some of it")]

use lotus_crypto_diag::survey::{Survey, TroubleKind};
use lotus_crypto_diag_server_evidence::case::FileWithOffset;
use lotus_crypto_diag_server_evidence::survey::survey;
use lotus_crypto_diag_server_evidence::{Content, Purpose, Reader};

pub(crate) fn read(text: impl AsRef<[u8]>) -> Content {
    let mut reader = Reader::new(Purpose::Survey);
    reader.push(text.as_ref()).unwrap();
    reader.finish().unwrap()
}

pub(crate) fn surveyed(texts: &[&str]) -> Survey {
    let contents: Vec<Content> = texts.iter().map(read).collect();
    survey(&contents.iter().map(|content| FileWithOffset { content, offset_ms: 0 }).collect::<Vec<_>>())
}

/// `second` counts from nine o'clock.
pub(crate) fn stamp(second: u32) -> String {
    format!("2026-11-25 {:02}:{:02}:{:02},000", 9 + second / 3600, second / 60 % 60, second % 60)
}

pub(crate) const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";

pub(crate) fn ended(second: u32, request: &str, user: &str, status: &str, what: &str) -> String {
    format!(
        "{} - synapse.access.http.8008 - 529 - INFO - {request} - 10.0.0.1 - 8008 - {{{user}}} Processed request: 0.008sec/0.001sec \
         ru=(0.002sec, 0.000sec) db=(0.001sec/0.002sec/3) 61B {status} \"{what} HTTP/1.1\" \"{AGENT}\" [0 dbevts]\n",
        stamp(second)
    )
}

pub(crate) fn adding(second: u32, request: &str, user: &str, device: &str) -> String {
    format!(
        "{} - synapse.handlers.e2e_keys - 967 - INFO - {request} - Adding one_time_keys dict_keys(['signed_curve25519:AAAA']) for device \
         '{device}' for user '{user}' at 1795598595142\n",
        stamp(second)
    )
}

pub(crate) fn device_keys(second: u32, request: &str, user: &str, device: &str) -> String {
    format!(
        "{} - synapse.handlers.e2e_keys - 930 - INFO - {request} - Updating device_keys for device '{device}' for user {user} at \
         1795598595142\n",
        stamp(second)
    )
}

pub(crate) fn error(second: u32, request: &str, words: &str) -> String {
    format!(
        "{} - synapse.http.server - 130 - INFO - {request} - <SynapseRequest at 0x7f0b method='POST' \
         uri='/_matrix/client/v3/keys/upload' clientproto='HTTP/1.1' site='8008'> SynapseError: 400 - {words}\n",
        stamp(second)
    )
}

pub(crate) const UPLOAD: &str = "POST /_matrix/client/v3/keys/upload";
pub(crate) const TOO_LARGE: &str =
    "Uploading 50 more signed_curve25519 one-time keys would leave the device holding 550, over the limit of 500";

pub(crate) fn exists(id: &str) -> String {
    format!(
        "One time key signed_curve25519:{id} already exists. Old key: {{\"key\":\"BQZikJgP2/UkkwKB6vSyQXmmJckcpptNJpqKRnO3wAw\"}}; new \
         key: {{'key': 'TPlS0pT1gfoFwugSf13FCe964izgp7zYfshOBYMaXQE'}}"
    )
}

pub(crate) fn refused(second: u32, nth: u32, user: &str, device: &str, id: &str) -> String {
    let request = format!("POST-{nth}");
    [
        adding(second, &request, user, device),
        error(second, &request, &exists(id)),
        ended(second, &request, user, "400", UPLOAD),
    ]
    .concat()
}

pub(crate) fn accepted(second: u32, nth: u32, user: &str, device: &str) -> String {
    let request = format!("POST-{nth}");
    [adding(second, &request, user, device), ended(second, &request, user, "200", UPLOAD)].concat()
}

pub(crate) fn named(survey: &Survey) -> Vec<(&str, &str, TroubleKind)> {
    let name = |id: &Option<String>| -> &str { Box::leak(id.clone().unwrap_or_default().into_boxed_str()) };
    survey
        .devices
        .iter()
        .map(|device| (name(&device.user_id), name(&device.device_id), device.troubles[0].kind))
        .collect()
}
