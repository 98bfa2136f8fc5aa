//! How fast the homeserver answered, from the browser's own timings of requests.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// One request to the homeserver that has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LatencySample {
    /// When it was made.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub ts: Timestamp,
    /// Its path from `/_matrix/` on, without query, every id in it replaced by `{id}`.
    pub path: String,
    /// From its start to the end of the answer, or to its failure.
    pub duration_ms: f64,
    /// HTTP status; 0: no answer came; `null`: the browser did not tell.
    pub status: Option<u16>,
}

/// The requests to the homeserver that the browser timed. The long poll of `/sync` and downloads of media are left out:
/// how long these last says nothing of the homeserver.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Latency {
    /// Since when requests are timed.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub since: Option<Timestamp>,
    /// How many there were, kept below or not.
    pub seen: u32,
    /// From this time on none is missing; before it, only the slowest are kept.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub complete_since: Option<Timestamp>,
    /// The latest ones and, of those before, the slowest; in the order of time.
    pub samples: Vec<LatencySample>,
}

/// What many requests come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LatencyFigures {
    /// How many.
    pub count: u32,
    /// Half of them were faster than this; `null` where there are none.
    pub p50_ms: Option<f64>,
    /// Nineteen of twenty were faster than this.
    pub p95_ms: Option<f64>,
    /// The slowest.
    pub worst_ms: Option<f64>,
    /// How many had no answer, an error of the server (5xx) or of a proxy before it, or were an upload of keys that was
    /// refused (4xx).
    pub failures: u32,
}

/// The requests to one kind of endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PathLatency {
    /// HTTP method; `null` where it is not known: the browser's timings do not tell, and the path has several.
    pub method: Option<String>,
    /// The path, every id in it replaced by `{id}`.
    pub path: String,
    /// What they come to.
    #[serde(flatten)]
    pub figures: LatencyFigures,
}

/// A span of time in which a fault was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct FaultWindow {
    /// When it begins: a while before the first line.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub from: Timestamp,
    /// When it ends: a while after the last.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub to: Timestamp,
}

/// Whether the homeserver was slow, and whether it was so when the call faltered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LatencySummary {
    /// All requests.
    pub all: LatencyFigures,
    /// Those that were under way in a window of KE-4.
    pub in_fault_windows: LatencyFigures,
    /// Those that were not.
    pub outside: LatencyFigures,
    /// The windows of KE-4.
    pub windows: Vec<FaultWindow>,
    /// By endpoint, the slowest first.
    pub by_path: Vec<PathLatency>,
}
