//! Data types of the diagnosis: findings, and the read-only queries for the homeserver's administrator.

use serde::{Deserialize, Serialize};

use crate::entry::Fault;
use crate::latency::LatencySummary;
use crate::timestamp::Timestamp;

/// A question that the diagnosis answers, in the runbook's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum FindingId {
    /// KE-1: do the device and the homeserver hold different one-time keys under the same ids?
    OtkDivergence,
    /// KE-1: do key uploads fail for another reason, or are there too many?
    KeyUploads,
    /// KE-1: why did this device's keys and the homeserver's diverge?
    Ke1Trigger,
    /// KE-1: can the client use its crypto store?
    CryptoStore,
    /// KE-2: is it a consequence of KE-1?
    Ke2AfterKe1,
    /// KE-2: does the crypto library reject media keys that arrived intact?
    Ke2ToDeviceValidation,
    /// KE-2: does the call's transport fail while the encryption works?
    Ke2CallTransport,
    /// KE-2: was this device unable to send its media keys to others?
    Ke2KeysNotSent,
    /// KE-3: is the event itself malformed, and where did that happen?
    Ke3Malformed,
    /// KE-4: do the timeouts come from slow answers of the homeserver?
    Ke4SlowHomeserver,
}

/// How certain an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum Verdict {
    /// The evidence allows no other explanation.
    Confirmed,
    /// The evidence fits, but one piece of proof is missing.
    Likely,
    /// The evidence fits, but another explanation fits too.
    Possible,
    /// The evidence excludes it, or the fault would have been seen and was not.
    RuledOut,
    /// The evidence is missing, incomplete or contradictory; see `missing`.
    Unknown,
    /// The question does not apply: nothing happened that it asks about.
    NotApplicable,
}

/// The answer to a question with more answers than yes and no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum Conclusion {
    /// The fault was not seen.
    NotSeen,
    /// The device and the homeserver hold different keys under the same ids.
    Divergence,
    /// The homeserver has no one-time key left and gives away the fallback key.
    Exhaustion,
    /// The client repeats an upload of keys that the homeserver already has.
    ClientLoop,
    /// The client uploads far more keys than are claimed, until the homeserver accepts no more.
    TooManyKeys,
    /// The homeserver refuses key uploads for another reason.
    UploadsRefused,
    /// Key uploads do not succeed: the homeserver fails, limits their rate, or cannot be reached.
    UploadsFailing,
    /// The crypto store was deleted, by the browser or the user, while the login stayed.
    EvictedStore,
    /// Several tabs used one crypto store.
    SeveralTabs,
    /// The crypto store was replaced by an older copy.
    RestoredStore,
    /// The page lost its connection to the crypto store.
    ConnectionLost,
    /// The browser cannot read or write the crypto store.
    StoreFailing,
    /// The crypto store has no space left.
    StoreFull,
    /// The crypto store has a different version, created by another tab or release.
    StoreVersionConflict,
    /// The content of the crypto store cannot be read.
    StoreCorrupt,
    /// The crypto store belongs to another account or device.
    StoreOfAnother,
    /// A sender claimed a one-time key whose secret half this device no longer has.
    DeadKeyClaimed,
    /// A sender encrypts for this device's previous identity keys.
    OldIdentityUsed,
    /// The crypto library rejected to-device messages that had arrived.
    ToDeviceValidation,
    /// The keys are fine; the call's media or signalling path fails.
    CallTransport,
    /// This device found no recipient for its media keys although others were in the call.
    NoKeyTargets,
    /// Another device's one-time key is not signed by the identity that this device knows of it.
    PeerDiverged,
    /// Another device has no one-time key left.
    PeerWithoutKeys,
    /// The sender created the event malformed.
    MalformedAtSource,
    /// The event is valid on the homeserver; the client misread it.
    MalformedAtClient,
    /// The events are valid; only their keys are missing.
    KeysMissing,
    /// The client refuses to decrypt: the sender is not verified, unknown, or has a different identity than before.
    SenderNotTrusted,
    /// The client takes the message for a repeat of an earlier one, or for one moved from elsewhere.
    PossibleReplay,
    /// The client has the key, but it does not fit the message.
    DamagedMessage,
    /// The homeserver answered slowly, or not at all, when the call failed.
    SlowHomeserver,
    /// The homeserver answered with server errors when the call failed.
    FailingHomeserver,
    /// The homeserver refused the delayed events of calls.
    DelayedEventsRefused,
    /// The homeserver, or a proxy in front of it, does not support delayed events.
    DelayedEventsUnsupported,
    /// The delayed event was gone: the homeserver had sent it, because its timer was not restarted in time.
    DelayedEventExpired,
    /// The homeserver limited the rate of the call's requests.
    RateLimited,
    /// The homeserver answered in time when the call failed; the client or its network did not.
    NotTheHomeserver,
}

/// A piece of evidence that a verdict is based on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct EvidenceRef {
    /// Index in the report's `entries`; `null` if it is not an entry.
    pub entry: Option<u32>,
    /// Path of the evidence in the report (`cryptoStore.verdict`, `tabs.tabs[1].entries[0]`, `earlier[0].entries[2]`),
    /// or in the evidence added to it (`server.oneTimeKeys[3]`).
    pub fact: String,
    /// The evidence in words.
    pub text: String,
}

/// A way to fix a fault, and its cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Remedy {
    /// What to do.
    pub title: String,
    /// What it affects and what may be lost, in one sentence.
    pub blast_radius: String,
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Finding {
    /// The question.
    pub id: FindingId,
    /// The fault it is about; `null`: a possible cause of faults rather than one of the four.
    pub fault: Option<Fault>,
    /// The question in words.
    pub question: String,
    /// How certain the answer is, or the conclusion if there is one.
    pub verdict: Verdict,
    /// The answer, if there are several possible ones.
    pub conclusion: Option<Conclusion>,
    /// The reason in one or two sentences.
    pub because: String,
    /// When the trouble had ended, if something shows that; `null`: no sign of an end.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub over: Option<Timestamp>,
    /// The evidence for the verdict.
    pub evidence: Vec<EvidenceRef>,
    /// What would settle the question, if it is open.
    pub missing: Vec<String>,
    /// What to do next, in one sentence.
    pub next: String,
    /// Ids of the runbook queries that help.
    pub queries: Vec<String>,
    /// Possible fixes, the least destructive first.
    pub remedies: Vec<Remedy>,
}

/// An item of the runbook's checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Artefact {
    /// Name of the item.
    pub name: String,
    /// Whether the report, or the evidence added to it, contains the item.
    pub inside: bool,
    /// How to get the item, or where it is.
    pub how: String,
}

/// The diagnosis of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Diagnosis {
    /// The result in one or a few sentences.
    pub summary: String,
    /// One finding per question, in the runbook's order; questions that do not apply come last.
    pub findings: Vec<Finding>,
    /// Which items of the runbook's checklist are there, and which an administrator still has to add.
    pub artefacts: Vec<Artefact>,
    /// How fast the homeserver answered; `null`: nothing was measured.
    pub latency: Option<LatencySummary>,
}

/// The language of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum QueryLanguage {
    /// A single SELECT.
    Sql,
    /// A one-line command for a POSIX shell.
    Shell,
}

/// The database that a query is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum Database {
    /// `PostgreSQL` only.
    Postgres,
    /// `SQLite` only.
    Sqlite,
    /// Either of them, or no database at all.
    Any,
}

/// A read-only query for the homeserver's administrator, ready to paste.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RunbookQuery {
    /// The name by which findings refer to this query.
    pub id: String,
    /// What the query looks for.
    pub title: String,
    /// Language of the query.
    pub language: QueryLanguage,
    /// Database of the query.
    pub database: Database,
    /// The query itself.
    pub text: String,
    /// What its result proves.
    pub proves: String,
}

/// The queries for this report's user, device, events and time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Runbook {
    /// Start of the relevant part of the homeserver's log, in UTC.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub from: Timestamp,
    /// End of the relevant part.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub to: Timestamp,
    /// The queries.
    pub queries: Vec<RunbookQuery>,
}

/// The output of the diagnosis module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Analysis {
    /// The diagnosis.
    pub diagnosis: Diagnosis,
    /// The administrator's next steps.
    pub runbook: Runbook,
}
