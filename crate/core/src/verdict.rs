//! The vocabulary of the diagnosis: findings, and the statements by which an administrator goes on.

use serde::{Deserialize, Serialize};

use crate::entry::Fault;
use crate::latency::LatencySummary;
use crate::timestamp::Timestamp;

/// A question of the runbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum FindingId {
    /// KE-1: do the device and the homeserver hold different one-time keys under the same ids?
    OtkDivergence,
    /// KE-1: do uploads of keys fail for another reason than that, or are there too many of them?
    KeyUploads,
    /// KE-1: what made them part ways?
    Ke1Trigger,
    /// KE-1: can the client use its crypto store?
    CryptoStore,
    /// KE-2: is it a consequence of KE-1?
    Ke2AfterKe1,
    /// KE-2: does the crypto library turn away media keys that arrived in good order?
    Ke2ToDeviceValidation,
    /// KE-2: is it the call's own transport, with the encryption in order?
    Ke2CallTransport,
    /// KE-2: could this device not send its media keys to others?
    Ke2KeysNotSent,
    /// KE-3: is the event itself malformed, and where was it spoiled?
    Ke3Malformed,
    /// KE-4: do the timeouts come from slow answers of the homeserver?
    Ke4SlowHomeserver,
}

/// How sure an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum Verdict {
    /// The evidence leaves no other reading.
    Confirmed,
    /// The evidence fits, and one piece that would prove it is not there.
    Likely,
    /// The evidence allows it, and allows another reading, too.
    Possible,
    /// The evidence excludes it, or the fault was not seen where it would have been.
    RuledOut,
    /// The evidence is missing, partial or contradicts itself; see `missing`.
    Unknown,
    /// The question does not arise: nothing took place that it is about.
    NotApplicable,
}

/// The answer to a question that has more than yes and no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum Conclusion {
    /// The fault was not seen.
    NotSeen,
    /// Different keys under the same ids.
    Divergence,
    /// No one-time key is left on the homeserver, and the fallback key is used.
    Exhaustion,
    /// The client repeats an upload of keys that the homeserver has already: the same keys.
    ClientLoop,
    /// The client uploads many more keys than anybody takes, until the homeserver has no room for them.
    TooManyKeys,
    /// The homeserver refuses the uploads of keys for a reason of its own.
    UploadsRefused,
    /// The uploads of keys do not get through: the homeserver fails, limits them, or is not reached.
    UploadsFailing,
    /// The browser, or somebody, deleted the crypto store, and the session stayed.
    EvictedStore,
    /// Several tabs worked on one crypto store.
    SeveralTabs,
    /// An older copy of the crypto store was put back.
    RestoredStore,
    /// The page lost its connection to the crypto store.
    ConnectionLost,
    /// The browser cannot read or write the crypto store.
    StoreFailing,
    /// There is no room left for the crypto store.
    StoreFull,
    /// The crypto store was made of another version, by another tab or release.
    StoreVersionConflict,
    /// The contents of the crypto store cannot be read.
    StoreCorrupt,
    /// The crypto store is of another account or device.
    StoreOfAnother,
    /// A sender claimed a one-time key whose secret this device no longer has.
    DeadKeyClaimed,
    /// A sender encrypts for the identity keys that this device had before.
    OldIdentityUsed,
    /// The crypto library turned away what had arrived.
    ToDeviceValidation,
    /// Keys are in order; the call's media or signalling path is not.
    CallTransport,
    /// This device had nobody to send its media keys to, while others were in the call.
    NoKeyTargets,
    /// The one-time key of another device is not signed by the identity that this device knows of it.
    PeerDiverged,
    /// Another device has no one-time key left.
    PeerWithoutKeys,
    /// The event was sent malformed.
    MalformedAtSource,
    /// The event is sound on the homeserver; the client read it wrong.
    MalformedAtClient,
    /// The events are sound, only their keys are not there.
    KeysMissing,
    /// The client refuses to decrypt: the sender is not verified, not known, or another than before.
    SenderNotTrusted,
    /// The client takes the message for one that it saw before, or that was moved from another place.
    PossibleReplay,
    /// The key is there, and does not fit the message.
    DamagedMessage,
    /// The homeserver answered slowly, or not at all, when the call faltered.
    SlowHomeserver,
    /// The homeserver answered with errors of its own when the call faltered.
    FailingHomeserver,
    /// The homeserver refused the delayed events of calls.
    DelayedEventsRefused,
    /// The homeserver, or a proxy before it, does not know delayed events.
    DelayedEventsUnsupported,
    /// The delayed event was gone: it had been sent, because its timer was not restarted in time.
    DelayedEventExpired,
    /// The homeserver took the requests of a call for too many.
    RateLimited,
    /// The homeserver answered in time when the call faltered: the client or its network did not.
    NotTheHomeserver,
}

/// What a verdict rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct EvidenceRef {
    /// Index in `entries` of the report; `null` where it is none of them.
    pub entry: Option<u32>,
    /// Where it stands: a path in the report (`cryptoStore.verdict`, `tabs.tabs[1].entries[0]`, `earlier[0].entries[2]`), or in
    /// what was added to it (`server.oneTimeKeys[3]`).
    pub fact: String,
    /// What it says, for a person to read.
    pub text: String,
}

/// A way out, and what it costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Remedy {
    /// What to do.
    pub title: String,
    /// What it touches and what may be lost, in one sentence.
    pub blast_radius: String,
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Finding {
    /// Which question.
    pub id: FindingId,
    /// Of which fault; `null`: of none of the four, but of what they may come from.
    pub fault: Option<Fault>,
    /// The question in words.
    pub question: String,
    /// How sure the answer is: where there is a conclusion, how sure that is.
    pub verdict: Verdict,
    /// The answer, where there is a choice of several.
    pub conclusion: Option<Conclusion>,
    /// The reason in one or two sentences.
    pub because: String,
    /// By when it was over, where something shows that it is; `null`: nothing does.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub over: Option<Timestamp>,
    /// What it rests on.
    pub evidence: Vec<EvidenceRef>,
    /// What would decide it, where it is open.
    pub missing: Vec<String>,
    /// What to do next, in one sentence.
    pub next: String,
    /// Ids of the runbook's queries that help.
    pub queries: Vec<String>,
    /// What may be done about it, the least destructive first.
    pub remedies: Vec<Remedy>,
}

/// A piece of the runbook's checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Artefact {
    /// What it is.
    pub name: String,
    /// Whether it is in the report, or was added to it.
    pub inside: bool,
    /// How to get it, or where it stands.
    pub how: String,
}

/// What the report says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Diagnosis {
    /// One sentence or a few.
    pub summary: String,
    /// One finding for each question, in the runbook's order; those of which the question does not arise last.
    pub findings: Vec<Finding>,
    /// What is inside of the runbook's checklist, and what an administrator still has to add.
    pub artefacts: Vec<Artefact>,
    /// How fast the homeserver answered; `null`: nothing was timed.
    pub latency: Option<LatencySummary>,
}

/// What a statement is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum QueryLanguage {
    /// One SELECT.
    Sql,
    /// One line for a POSIX shell.
    Shell,
}

/// The database that a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum Database {
    /// `PostgreSQL` alone.
    Postgres,
    /// `SQLite` alone.
    Sqlite,
    /// Either, or none.
    Any,
}

/// A read-only statement for the homeserver's administrator, ready to paste.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RunbookQuery {
    /// Its name, for findings to refer to.
    pub id: String,
    /// What it looks for.
    pub title: String,
    /// What it is written in.
    pub language: QueryLanguage,
    /// What it is for.
    pub database: Database,
    /// The statement.
    pub text: String,
    /// What its answer proves.
    pub proves: String,
}

/// The statements for this report's user, device, events and time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Runbook {
    /// Where to begin in the homeserver's log, in UTC.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub from: Timestamp,
    /// Where to end.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub to: Timestamp,
    /// The statements.
    pub queries: Vec<RunbookQuery>,
}

/// What the diagnosis module gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Analysis {
    /// What the report says.
    pub diagnosis: Diagnosis,
    /// How an administrator goes on.
    pub runbook: Runbook,
}
