//! A copy of a report in which nobody is named: every id of a user, a device, a room, an event, a server is replaced by a
//! word, the same one by the same word wherever it stands and however it is written. Public keys, ids of one-time keys and
//! signatures stay: they are the evidence.
//!
//! The ids are gathered first: from the fields that hold one, and from the texts by their grammar. Then each text is gone
//! through once, with the dictionary of them all. The work grows with the report and not faster; it is counted.

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

/// The copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactedCopy {
    /// A report, as JSON. Its statements for an administrator are left out: whoever reads it has them made anew.
    pub text: String,
    /// The bytes that were looked at, once for each look.
    pub steps: u64,
}

/// Why there is no copy.
#[derive(Debug)]
pub enum CopyError {
    /// It is no report; where.
    Report(serde_json::Error),
    /// What was added to it cannot be read; where.
    Evidence(serde_json::Error),
    /// There are more ids than the search can take.
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

/// The copy of a `Report`. Ids that only `ServerEvidence` tells to be ids (a device of another user) are replaced, too.
///
/// Fields that this version does not know are left out, as nobody can say what is in them.
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

/// The fields first: what they say is certain.
fn learn(tree: &Tree, names: &mut Names, steps: &Steps) {
    tree.each_text("", &mut |field, text| match field {
        "userId" | "sender" => names.learn_field(Kind::User, text, steps),
        "deviceId" => names.learn_field(Kind::Device, text, steps),
        "roomId" => names.learn_field(Kind::Room, text, steps),
        "eventId" => names.learn_field(Kind::Event, text, steps),
        "delayId" => names.learn_field(Kind::Delay, text, steps),
        "participant" => names.learn_participant(text, steps),
        "session" => names.learn_word("session", "session-", text),
        // The first versions of a backup are numbers that everybody has.
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

/// Fields whose words are of the report's own language, and public keys; a device may bear such a name.
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
