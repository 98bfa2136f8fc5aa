//! Creates a copy of a report without personal ids: every id of a user, device, room, event or server is replaced by a
//! placeholder, always the same one for the same id, wherever and however it is written. Public keys, ids of one-time
//! keys and signatures stay: they are the evidence.
//!
//! First all ids are collected, from fields that contain one and from texts by parsing. Then every text is replaced in
//! one pass with the dictionary of all ids. The work is linear in the size of the report, and counted.

mod hosts;
mod ids;
mod named;
mod names;
mod replace;
mod steps;
mod tree;
mod view;

use std::fmt;

use crate::report::Report;
use crate::server_evidence::ServerEvidence;
use ids::{Kind, ids_in};
use names::Names;
use replace::Replacer;
use steps::{Steps, Text};
use tree::Tree;
use view::View;

/// The redacted copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactedCopy {
    /// A report as JSON. The runbook is left out: the diagnosis module can create it again.
    pub text: String,
    /// The bytes that were read, counted once for each time.
    pub steps: u64,
}

/// Why the copy could not be created.
#[derive(Debug)]
pub enum CopyError {
    /// The report cannot be parsed, with the position.
    Report(serde_json::Error),
    /// The added evidence cannot be parsed, with the position.
    Evidence(serde_json::Error),
    /// The report contains too many ids for the search.
    TooManyIds(aho_corasick::BuildError),
}

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report(error) => write!(f, "the report cannot be read: {error}"),
            Self::Evidence(error) => write!(f, "what was added to the report cannot be read: {error}"),
            Self::TooManyIds(error) => write!(f, "there are too many ids in it: {error}"),
        }
    }
}

impl std::error::Error for CopyError {}

/// Redacts a `Report`. Ids that are only known from `ServerEvidence` (the device of another user) are replaced too.
///
/// Unknown fields are left out, because they could contain anything.
///
/// ```
/// use lotus_crypto_diag::redacted_copy::redacted_copy;
///
/// let report = r#"{
///     "schema": "lotus-crypto-diag/1", "generatedAt": "2026-11-24T00:03:20.000Z", "userId": "@alice:example.org",
///     "counts": { "KE-1": 0, "KE-2": 0, "KE-3": 0, "KE-4": 0 }, "entries": []
/// }"#;
/// let copy = redacted_copy(report, None).unwrap();
/// assert!(!copy.text.contains("alice"));
/// assert!(copy.text.contains("2026-11-24T00:03:20.000Z"));
/// ```
pub fn redacted_copy(report: &str, evidence: Option<&str>) -> Result<RedactedCopy, CopyError> {
    let mut report: Report = serde_json::from_str(report).map_err(CopyError::Report)?;
    report.runbook = None;
    let report = tree_of(&report).map_err(CopyError::Report)?;
    let steps = Steps::default();
    let mut names = Names::default();
    learn(&report, &mut names, &steps);
    if let Some(text) = evidence {
        let evidence: ServerEvidence = serde_json::from_str(text).map_err(CopyError::Evidence)?;
        learn(&tree_of(&evidence).map_err(CopyError::Evidence)?, &mut names, &steps);
    }
    let replacer = Replacer::new(names.into_forms(), &steps).map_err(CopyError::TooManyIds)?;
    let copy = report.with_texts("", &mut |field, text| {
        if is_time(&text) || is_own_word(field) && !names_somebody(&text, &steps) {
            return text;
        }
        replacer.replace(&text, &steps)
    });
    let text = serde_json::to_string(&copy).map_err(CopyError::Report)?;
    Ok(RedactedCopy { text, steps: steps.count() })
}

fn tree_of(value: &impl serde::Serialize) -> Result<Tree, serde_json::Error> {
    serde_json::from_str(&serde_json::to_string(value)?)
}

/// Fields first, because their meaning is certain.
fn learn(tree: &Tree, names: &mut Names, steps: &Steps) {
    tree.each_text("", &mut |field, text| match field {
        "userId" | "sender" => names.learn_field(Kind::User, text, steps),
        "deviceId" => names.learn_field(Kind::Device, text, steps),
        "roomId" => names.learn_field(Kind::Room, text, steps),
        "eventId" => names.learn_field(Kind::Event, text, steps),
        "delayId" => names.learn_field(Kind::Delay, text, steps),
        "participant" => names.learn_participant(text, steps),
        "session" => names.learn_word("session", "session-", text),
        // Short backup versions are small numbers that many accounts share.
        "keyBackupVersion" if text.len() > 8 => names.learn_word("backup", "backup-", text),
        _ => {}
    });
    tree.each_text("", &mut |_, text| {
        if !is_time(text) {
            let view = View::decoded(text, steps);
            for found in ids_in(Text::new(&view.bytes, steps)) {
                steps.add(found.at.len());
                names.learn(&view.bytes, &found);
            }
        }
    });
}

fn names_somebody(text: &str, steps: &Steps) -> bool {
    let view = View::decoded(text, steps);
    ids_in(Text::new(&view.bytes, steps)).iter().any(|found| found.kind != Kind::MaybeServer)
}

/// Fields with fixed words or public keys. Their values are not replaced, even if a device has such a name.
fn is_own_word(field: &str) -> bool {
    matches!(
        field,
        "schema"
            | "ke"
            | "fault"
            | "level"
            | "kind"
            | "cause"
            | "request"
            | "failure"
            | "verdict"
            | "identity"
            | "state"
            | "breaker"
            | "role"
            | "conclusion"
            | "signature"
            | "method"
            | "sdkVersion"
            | "cryptoVersion"
            | "version"
            | "syncState"
            | "visibility"
            | "source"
            | "fact"
            | "queries"
            | "id"
            | "question"
            | "name"
            | "keyId"
            | "keyIds"
            | "oldKey"
            | "newKey"
            | "ed25519Key"
            | "curve25519Key"
    )
}

/// `2026-11-25T09:00:00.000Z`
fn is_time(text: &str) -> bool {
    let is_like = |(byte, like): (u8, u8)| if like == b'0' { byte.is_ascii_digit() } else { byte == like };
    text.len() == 24 && text.bytes().zip(*b"0000-00-00T00:00:00.000Z").all(is_like)
}
