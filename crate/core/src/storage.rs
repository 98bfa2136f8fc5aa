//! Whether the browser promises to keep what this origin stores.

use serde::{Deserialize, Serialize};

/// What became of the wish that storage be persistent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum PersistRequest {
    /// This page asked, and the browser agreed.
    Granted,
    /// This page asked, and the browser (or the person) did not agree.
    Denied,
    /// It was persistent before anybody asked.
    Already,
    /// The browser has no `navigator.storage.persist()`.
    Unsupported,
    /// Asking failed, or nobody answered; see `error`.
    Error,
    /// Nobody has asked yet: where the browser would show a prompt, that waits for the host.
    #[default]
    NotAsked,
}

/// `navigator.storage`, as far as it answered (<https://storage.spec.whatwg.org/>).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct StorageStatus {
    /// Whether the browser has `navigator.storage` with what is needed of it.
    pub supported: bool,
    /// Whether the browser keeps the data until a person deletes it; `null`: it did not say.
    pub persisted: Option<bool>,
    /// What became of the wish.
    pub request: PersistRequest,
    /// Bytes in use, as the browser estimates them.
    pub usage: Option<f64>,
    /// Bytes that may be used.
    pub quota: Option<f64>,
    /// For a person to read: what could not be found out, and why.
    pub error: Option<String>,
}
