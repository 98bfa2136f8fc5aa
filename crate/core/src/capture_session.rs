//! A capture session: somebody is about to provoke a fault, and says when it happens.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// What a person noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum MarkKind {
    /// The sound of a call was cut.
    SoundCut,
    /// The picture of a call froze or went dark.
    PictureFrozen,
    /// A message could not be read.
    CannotReadMessage,
    /// Something else.
    Other,
}

/// "Now": set by hand, when a person notices a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Mark {
    /// When.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub ts: Timestamp,
    /// What.
    pub kind: MarkKind,
}

/// A capture session. Its start clears nothing: what was seen before stays in the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct CaptureSession {
    /// When it was started.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub started_at: Timestamp,
    /// When it was stopped; `null`: it goes on.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub stopped_at: Option<Timestamp>,
    /// The marks, in the order of time; the oldest are dropped beyond a hundred.
    pub marks: Vec<Mark>,
}
