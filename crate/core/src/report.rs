//! The report: what an administrator reads. Versioned, and without secrets.
//!
//! ```
//! use lotus_crypto_diag::entry::Fault;
//! use lotus_crypto_diag::report::{Report, SCHEMA};
//!
//! let text = r#"{
//!     "schema": "lotus-crypto-diag/1", "generatedAt": "2026-11-24T00:03:20.000Z",
//!     "counts": { "KE-1": 5, "KE-2": 0, "KE-3": 0, "KE-4": 0 }, "entries": []
//! }"#;
//! let report: Report = serde_json::from_str(text).unwrap();
//! assert_eq!(report.page.schema, SCHEMA);
//! assert_eq!(report.page.counts.get(Fault::Ke1), 5);
//! assert!(serde_json::from_str::<Report>("{}").is_err());
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::capture_session::CaptureSession;
use crate::crypto_store::CryptoStoreStatus;
use crate::earlier::EarlierPage;
use crate::entry::{Entry, FaultCounts};
use crate::json::to_pretty_json;
use crate::latency::Latency;
use crate::repair::RepairStatus;
use crate::storage::StorageStatus;
use crate::tabs::Tabs;
use crate::timestamp::Timestamp;
use crate::upload_loop::UploadLoopStatus;
use crate::verdict::{Diagnosis, Runbook};

/// The version of the report's form. A change that an old reader would misread makes a new one.
pub const SCHEMA: &str = "lotus-crypto-diag/1";

/// Whether evidence is being gathered, and if not, why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum CaptureState {
    /// Nothing was installed yet, or everything was undone.
    #[default]
    Idle,
    /// Both console methods are watched.
    Running,
    /// Only a part of what should be watched can be.
    Degraded,
    /// This page cannot run it (no WebAssembly, or forbidden by its Content Security Policy).
    Unavailable,
    /// It broke and switched itself off. What it had gathered before is kept.
    Failed,
}

impl CaptureState {
    /// The one that JSON names so.
    pub fn named(word: &str) -> Option<Self> {
        Some(match word {
            "idle" => Self::Idle,
            "running" => Self::Running,
            "degraded" => Self::Degraded,
            "unavailable" => Self::Unavailable,
            "failed" => Self::Failed,
            _ => return None,
        })
    }
}

/// State of the library itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct CaptureStatus {
    /// Whether evidence is being gathered.
    pub state: CaptureState,
    /// For a person to read: why it is not `running`.
    pub reason: Option<String>,
    /// Version of the library.
    pub version: String,
}

/// What the Matrix client says of itself. `null` is what it could not or would not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ClientFacts {
    /// Version of matrix-js-sdk, from the host: the SDK does not tell it at run time.
    pub sdk_version: Option<String>,
    /// What `CryptoApi.getVersion()` says, the library and its vodozemac.
    pub crypto_version: Option<String>,
    /// The user.
    pub user_id: Option<String>,
    /// The device.
    pub device_id: Option<String>,
    /// `SYNCING`, `ERROR`, … (the SDK's `SyncState`).
    pub sync_state: Option<String>,
    /// Whether the client has its encryption running.
    pub crypto_ready: Option<bool>,
    /// Public identity key of the device (`ed25519`), where it was asked for.
    pub ed25519_key: Option<String>,
    /// Public identity key of the device (`curve25519`), where it was asked for.
    pub curve25519_key: Option<String>,
    /// Version of the key backup that this device writes to; `null` also where there is none.
    pub key_backup_version: Option<String>,
    /// Whether cross-signing is set up and usable on this device.
    pub cross_signing_ready: Option<bool>,
}

/// The page that the library runs in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Environment {
    /// Name and version of the app, from the host.
    pub app: Option<String>,
    /// `navigator.userAgent`.
    pub user_agent: Option<String>,
    /// Origin and path of the page; no query, no fragment: they may carry a login token.
    pub url: Option<String>,
    /// `navigator.onLine`.
    pub online: Option<bool>,
    /// `document.visibilityState`.
    pub visibility: Option<String>,
    /// Minutes that local time is ahead of UTC.
    pub utc_offset_minutes: Option<i32>,
}

/// Everything that this page knows by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PageReport {
    /// `lotus-crypto-diag/1`
    pub schema: String,
    /// When it was written, by the clock of the device.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub generated_at: Timestamp,
    /// Since when lines are watched; `null`: not at all.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub capturing_since: Option<Timestamp>,
    /// State of the library.
    #[serde(default)]
    pub status: CaptureStatus,
    /// The Matrix client.
    #[serde(flatten)]
    pub client: ClientFacts,
    /// Lines seen of each fault, kept as an entry or not.
    pub counts: FaultCounts,
    /// The evidence, the most recent last: at most 200 entries.
    pub entries: Vec<Entry>,
    /// Whether the browser keeps what is stored; `null`: it was not looked at yet.
    pub storage: Option<StorageStatus>,
    /// The device's crypto store; `null`: it was not asked about.
    pub crypto_store: Option<CryptoStoreStatus>,
    /// The uploads of one-time keys, and whether they are refused for ever.
    #[serde(default)]
    pub upload_loop: UploadLoopStatus,
    /// The page.
    #[serde(default)]
    pub environment: Environment,
    /// For a person to read: what could not be found out, and why.
    #[serde(default)]
    pub notes: Vec<String>,
    /// For a person to read: what cannot be seen from this page at all.
    #[serde(default)]
    pub blind_spots: Vec<String>,
}

/// The report as it stands in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Report {
    /// What this page knows.
    #[serde(flatten)]
    pub page: PageReport,
    /// The tabs of the session; `null`: no roll was called. What others tell was redacted there.
    #[serde(default)]
    pub tabs: Option<Tabs>,
    /// How fast the homeserver answered; `null`: nothing was timed.
    #[serde(default)]
    pub latency: Option<Latency>,
    /// The capture session that a person ran; `null`: none.
    #[serde(default)]
    pub capture_session: Option<CaptureSession>,
    /// The latest repair of the one-time keys that a person asked for; `null`: none.
    #[serde(default)]
    pub repair: Option<RepairStatus>,
    /// The page loads before this one, the oldest first, as far as their evidence was kept.
    #[serde(default, deserialize_with = "crate::earlier::read")]
    #[cfg_attr(feature = "bindings", ts(as = "Vec<EarlierPage>"), schemars(with = "Vec<EarlierPage>"))]
    pub earlier: Vec<EarlierPage>,
    /// What the report says; `null`: the module for it was not loaded.
    #[serde(default)]
    pub diagnosis: Option<Diagnosis>,
    /// How an administrator goes on; `null`: the module for it was not loaded.
    #[serde(default)]
    pub runbook: Option<Runbook>,
}

/// A report before it is judged. Of the tabs it is known only how they are written.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FreshReport<T> {
    /// What this page knows.
    #[serde(flatten)]
    pub page: PageReport,
    /// The tabs of the session, as in a [`Report`].
    pub tabs: T,
    /// How fast the homeserver answered.
    pub latency: Option<Latency>,
    /// The capture session that a person ran.
    pub capture_session: Option<CaptureSession>,
    /// The repair that a person asked for.
    pub repair: Option<RepairStatus>,
    /// The page loads before this one, each an [`EarlierPage`] as it was written.
    pub earlier: Vec<Value>,
    /// `null`: the module for it has another memory.
    pub diagnosis: (),
    /// The same.
    pub runbook: (),
}

impl<T: Serialize> FreshReport<T> {
    /// As it stands in the file.
    pub fn to_text(&self) -> String {
        to_pretty_json(self)
    }
}

impl Report {
    /// As it stands in the file.
    pub fn to_text(&self) -> String {
        to_pretty_json(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_known_by_its_name_in_json() {
        use CaptureState::{Degraded, Failed, Idle, Running, Unavailable};
        for state in [Idle, Running, Degraded, Unavailable, Failed] {
            let name = serde_json::to_value(state).unwrap();
            assert_eq!(CaptureState::named(name.as_str().unwrap()), Some(state));
        }
        assert_eq!(CaptureState::named("another"), None);
    }
}
