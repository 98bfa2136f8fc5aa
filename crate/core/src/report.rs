//! The report for the homeserver's administrator. It has a schema version and contains no secrets.
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

/// The version of the report's format. It changes when an old reader would misread a new report.
pub const SCHEMA: &str = "lotus-crypto-diag/1";

/// Whether evidence is being gathered, and if not, why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum CaptureState {
    /// Capture was not started yet, or was stopped.
    #[default]
    Idle,
    /// `console.warn` and `console.error` are watched.
    Running,
    /// Only some of the sources are watched.
    Degraded,
    /// The library cannot run in this page: there is no WebAssembly, or its Content Security Policy forbids it.
    Unavailable,
    /// The library failed and switched itself off. Earlier evidence is kept.
    Failed,
}

impl CaptureState {
    /// The state with this name in JSON.
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
    /// Human-readable reason why the state is not `running`.
    pub reason: Option<String>,
    /// Version of the library.
    pub version: String,
}

/// Facts about the Matrix client. `null`: the client did not provide the value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ClientFacts {
    /// Version of matrix-js-sdk, given by the host: the SDK does not expose it at run time.
    pub sdk_version: Option<String>,
    /// Result of `CryptoApi.getVersion()`: the crypto library and its vodozemac version.
    pub crypto_version: Option<String>,
    /// User id.
    pub user_id: Option<String>,
    /// Device id.
    pub device_id: Option<String>,
    /// `SYNCING`, `ERROR`, … (the SDK's `SyncState`).
    pub sync_state: Option<String>,
    /// Whether the client's encryption is running.
    pub crypto_ready: Option<bool>,
    /// Public identity key of the device (`ed25519`), if the report was asked to include it.
    pub ed25519_key: Option<String>,
    /// Public identity key of the device (`curve25519`), if the report was asked to include it.
    pub curve25519_key: Option<String>,
    /// Version of the key backup that this device writes to; `null` also if there is no backup.
    pub key_backup_version: Option<String>,
    /// Whether cross-signing is set up and usable on this device.
    pub cross_signing_ready: Option<bool>,
}

/// The page that the library runs in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Environment {
    /// Name and version of the app, given by the host.
    pub app: Option<String>,
    /// `navigator.userAgent`.
    pub user_agent: Option<String>,
    /// Origin and path of the page, without query and fragment: these may contain a login token.
    pub url: Option<String>,
    /// `navigator.onLine`.
    pub online: Option<bool>,
    /// `document.visibilityState`.
    pub visibility: Option<String>,
    /// Minutes by which local time is ahead of UTC.
    pub utc_offset_minutes: Option<i32>,
}

/// Everything that this page can report by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PageReport {
    /// `lotus-crypto-diag/1`
    pub schema: String,
    /// When the report was created, by this device's clock.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub generated_at: Timestamp,
    /// When capture began; `null`: it is not running.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub capturing_since: Option<Timestamp>,
    /// State of the library.
    #[serde(default)]
    pub status: CaptureStatus,
    /// The Matrix client.
    #[serde(flatten)]
    pub client: ClientFacts,
    /// Lines seen per fault, including lines for which no entry was kept.
    pub counts: FaultCounts,
    /// The evidence, the most recent last; at most 200 entries.
    pub entries: Vec<Entry>,
    /// Whether storage is persistent; `null`: not checked yet.
    pub storage: Option<StorageStatus>,
    /// The device's crypto store; `null`: not checked.
    pub crypto_store: Option<CryptoStoreStatus>,
    /// The uploads of one-time keys, and whether they are refused again and again.
    #[serde(default)]
    pub upload_loop: UploadLoopStatus,
    /// The page.
    #[serde(default)]
    pub environment: Environment,
    /// Human-readable notes: what could not be determined, and why.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Human-readable notes: what this page can never see.
    #[serde(default)]
    pub blind_spots: Vec<String>,
}

/// The report as saved to a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Report {
    /// The report of this page.
    #[serde(flatten)]
    pub page: PageReport,
    /// The tabs of the session; `null`: the other tabs were not asked. Each tab's part is redacted.
    #[serde(default)]
    pub tabs: Option<Tabs>,
    /// How fast the homeserver answered; `null`: nothing was measured.
    #[serde(default)]
    pub latency: Option<Latency>,
    /// The capture session that the user ran; `null`: none.
    #[serde(default)]
    pub capture_session: Option<CaptureSession>,
    /// The latest repair of the one-time keys that the user started; `null`: none.
    #[serde(default)]
    pub repair: Option<RepairStatus>,
    /// Earlier page loads whose evidence was kept, the oldest first.
    #[serde(default, deserialize_with = "crate::earlier::read")]
    #[cfg_attr(feature = "bindings", ts(as = "Vec<EarlierPage>"), schemars(with = "Vec<EarlierPage>"))]
    pub earlier: Vec<EarlierPage>,
    /// The diagnosis; `null`: its module was not loaded.
    #[serde(default)]
    pub diagnosis: Option<Diagnosis>,
    /// The administrator's next steps; `null`: the diagnosis module was not loaded.
    #[serde(default)]
    pub runbook: Option<Runbook>,
}

/// A report without a diagnosis. `T` is any serialisable form of the tabs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FreshReport<T> {
    /// The report of this page.
    #[serde(flatten)]
    pub page: PageReport,
    /// The tabs of the session, as in a [`Report`].
    pub tabs: T,
    /// How fast the homeserver answered.
    pub latency: Option<Latency>,
    /// The capture session that the user ran.
    pub capture_session: Option<CaptureSession>,
    /// The latest repair that the user started.
    pub repair: Option<RepairStatus>,
    /// Earlier page loads, each an [`EarlierPage`] as it was stored.
    pub earlier: Vec<Value>,
    /// Always `null`: the diagnosis module has its own WebAssembly memory and fills it in later.
    pub diagnosis: (),
    /// Always `null`, for the same reason.
    pub runbook: (),
}

impl<T: Serialize> FreshReport<T> {
    /// Serialises the report as saved to a file.
    pub fn to_text(&self) -> String {
        to_pretty_json(self)
    }
}

impl Report {
    /// Serialises the report as saved to a file.
    pub fn to_text(&self) -> String {
        to_pretty_json(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_state_is_read_by_its_json_name() {
        use CaptureState::{Degraded, Failed, Idle, Running, Unavailable};
        for state in [Idle, Running, Degraded, Unavailable, Failed] {
            let name = serde_json::to_value(state).unwrap();
            assert_eq!(CaptureState::named(name.as_str().unwrap()), Some(state));
        }
        assert_eq!(CaptureState::named("another"), None);
    }
}
