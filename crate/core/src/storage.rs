//! Whether the browser promises to keep this origin's data.

use serde::{Deserialize, Serialize};

/// Result of the request for persistent storage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum PersistRequest {
    /// This page asked, and the browser agreed.
    Granted,
    /// This page asked, and the browser or the user refused.
    Denied,
    /// Storage was already persistent.
    Already,
    /// The browser has no `navigator.storage.persist()`.
    Unsupported,
    /// The request failed or got no answer; see `error`.
    Error,
    /// Not requested yet. If the browser would show a prompt, the host has to start the request.
    #[default]
    NotAsked,
}

/// The state of `navigator.storage` (<https://storage.spec.whatwg.org/>).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct StorageStatus {
    /// Whether the browser has `navigator.storage` with the methods that this library needs.
    pub supported: bool,
    /// Whether the browser keeps the data until the user deletes it; `null`: unknown.
    pub persisted: Option<bool>,
    /// Result of the request for persistent storage.
    pub request: PersistRequest,
    /// Estimated bytes in use.
    pub usage: Option<f64>,
    /// Quota in bytes.
    pub quota: Option<f64>,
    /// Human-readable note: what could not be determined, and why.
    pub error: Option<String>,
}
