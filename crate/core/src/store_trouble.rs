//! Recognises lines which report that the crypto store cannot be opened, read or written. They are not evidence of one
//! of the four faults, but of a cause of KE-1, so they are not part of the signature table.
//!
//! rust-crypto prints browser exceptions as `DomException <name> (<code>): <message>`, which other users of
//! `IndexedDB` do not; its tracing contains them as a field in `Debug` form. For other store trouble, the library has
//! messages of its own.

use serde::{Deserialize, Serialize};

use crate::scan;
use crate::structure::{CryptoLine, own_words};
use crate::timestamp::Timestamp;

/// What is wrong with a crypto store, according to the client's lines; the most serious comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum StoreTroubleKind {
    /// The page lost its connection to the database: it was closed by force, or the database was deleted.
    ConnectionLost,
    /// The browser could not read or write the store.
    Failing,
    /// The database has a different version than this client opens, created by another tab or release.
    VersionConflict,
    /// There is no space left.
    Full,
    /// The content cannot be read: it was written with another key or by another release, or is damaged.
    Corrupt,
    /// The store belongs to another account or device.
    WrongAccount,
}

/// Trouble with the crypto store, and the client's message about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct StoreTrouble {
    /// What is wrong with the store.
    pub kind: StoreTroubleKind,
    /// When the first such line appeared.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub first_ts: Timestamp,
    /// When the latest such line appeared.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub last_ts: Timestamp,
    /// Number of such lines.
    pub count: u32,
    /// The first line, with secrets replaced by `[redacted]`.
    pub message: String,
}

const PRINTED: &str = "DomException ";
const DEBUG: &str = "DomException {";
const ERROR: &str = "to the crypto store";
const ACCOUNT: &str = "the account in the store doesn't match";
const PICKLE: &str = "The pickle ";
const UNPICKLED: &str = "npickl";
/// Element logs this for anything that keeps it from opening the store.
const SESSION: &str = "Unable to load session";

/// Each relevant line contains one of these.
pub(crate) static WORDS: [&str; 6] = ["DomException", ERROR, ACCOUNT, PICKLE, UNPICKLED, SESSION];

/// The kind of trouble that a line reports; `None` if the line is not about the crypto store.
pub fn store_trouble(text: &str) -> Option<StoreTroubleKind> {
    if !WORDS.iter().any(|words| scan::contains(text, words)) {
        return None;
    }
    if let Some(line) = CryptoLine::read(text) {
        let error = line.database_error()?;
        let name = scan::between(error, "name: \"", "\"").filter(|_| error.starts_with(DEBUG))?;
        return Some(of_exception(name, error));
    }
    let own = own_words(text);
    if scan::contains(&own, ACCOUNT) {
        return Some(StoreTroubleKind::WrongAccount);
    }
    if let Some(exception) = scan::after(&own, PRINTED) {
        let name = scan::leading(exception, |c| c.is_ascii_alphanumeric())?;
        return Some(of_exception(name, exception));
    }
    let says = |any: &[&str]| any.iter().any(|words| scan::contains(&own, words));
    if says(&[PICKLE, "while unpickling", "npickling error", "npickle the"]) {
        return Some(StoreTroubleKind::Corrupt);
    }
    // The stored account could not be parsed: these are messages of its parser.
    if says(&[SESSION]) {
        let is_other = says(&["invalid type: ", "invalid value: ", "invalid length ", "missing field "]);
        return match () {
            () if is_other => Some(StoreTroubleKind::Corrupt),
            () if says(&["QuotaExceededError"]) => Some(StoreTroubleKind::Full),
            () if says(&["VersionError"]) => Some(StoreTroubleKind::VersionConflict),
            () if says(&["large IndexedDB value", "UnknownError"]) => Some(StoreTroubleKind::Failing),
            () => None,
        };
    }
    scan::contains(&own, ["failed to read or write ", ERROR].concat().as_str()).then_some(StoreTroubleKind::Failing)
}

/// Browsers use few exception names for many failures, so the message matters too. Anything unknown counts as failing.
fn of_exception(name: &str, words: &str) -> StoreTroubleKind {
    let says = |any: &[&str]| any.iter().any(|word| scan::contains(words, word));
    match name {
        "InvalidStateError" => StoreTroubleKind::ConnectionLost,
        _ if says(&["Connection to Indexed Database server lost", "connection is closing", "closed database"]) => {
            StoreTroubleKind::ConnectionLost
        }
        "QuotaExceededError" => StoreTroubleKind::Full,
        _ if says(&["Failed to read large IndexedDB value"]) => StoreTroubleKind::Failing,
        "VersionError" | "NotFoundError" | "ConstraintError" => StoreTroubleKind::VersionConflict,
        _ => StoreTroubleKind::Failing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use StoreTroubleKind::{ConnectionLost, Corrupt, Failing, Full, VersionConflict, WrongAccount};

    #[test]
    fn each_kind_of_store_failure_is_recognised() {
        let error = "failed to read or write to the crypto store DomException";
        for (exception, kind) in [
            (
                "InvalidStateError (11): Failed to execute 'transaction': The database connection is closing.",
                ConnectionLost,
            ),
            ("InvalidStateError (11): A mutation operation was attempted on a closed database", ConnectionLost),
            (
                "UnknownError (0): Connection to Indexed Database server lost. Refresh the page to try again",
                ConnectionLost,
            ),
            ("UnknownError (0): The operation failed for reasons unrelated to the database itself", Failing),
            ("UnknownError (0): Attempt to get a record from database without an in-progress transaction", Failing),
            ("UnknownError (0): Internal error opening backing store for indexedDB.open.", Failing),
            ("Error (0): Transaction aborted", Failing),
            ("AbortError (20): The transaction was aborted", Failing),
            ("NotReadableError (0): x", Failing),
            ("SomethingNew (0): whatever", Failing),
            ("DataError (0): Failed to read large IndexedDB value", Failing),
            ("NotFoundError (8): Failed to read large IndexedDB value", Failing),
            ("QuotaExceededError (22): Encountered full disk while opening backing store", Full),
            ("VersionError (0): The requested version (105) is less than the existing version (106).", VersionConflict),
            ("NotFoundError (8): One of the specified object stores was not found.", VersionConflict),
        ] {
            assert_eq!(
                store_trouble(&format!("sync /sync error Error: {error} {exception}")),
                Some(kind),
                "{exception}"
            );
        }
        for (line, kind) in [
            (
                "ERROR m::machine: Error marking\n    error=Backend(DomException { code: 0, name: \"UnknownError\", message: \"x\" })",
                Failing,
            ),
            ("Error: failed to read or write to the crypto store something else", Failing),
            (
                "Error: the account in the store doesn't match the account in the constructor: expected @a:hs:D, got @a:hs:E",
                WrongAccount,
            ),
            ("Error: failed to read or write to the crypto store The pickle couldn't be decrypted: MAC", Corrupt),
            ("Unpickling error: x", Corrupt),
            ("Unable to load session Error: An object failed to be decrypted while unpickling", Corrupt),
            ("Unable to load session invalid type: sequence, expected a string at line 1 column 0", Corrupt),
            ("Unable to load session DataError: Failed to read large IndexedDB value", Failing),
            ("Unable to load session VersionError: The requested version (105) is less than x", VersionConflict),
        ] {
            assert_eq!(store_trouble(line), Some(kind), "{line}");
        }
    }

    #[test]
    fn failures_of_other_databases_and_quoted_lines_are_ignored() {
        for line in [
            "IndexedDBStore failure, degrading to MemoryStore InvalidStateError: IDBDatabase.transaction: Can't start a \
             transaction on a closed database",
            "InvalidStateError: Failed to execute 'transaction' on 'IDBDatabase': The database connection is closing.",
            "Room name changed: \"failed to read or write to the crypto store DomException UnknownError (0): x\"",
            "QuotaExceededError: The quota has been exceeded.",
            "Unable to load session Error decrypting secret access_token: no pickle key found.",
            "WARN m::machine: Received a thing: the account in the store doesn't match",
        ] {
            assert_eq!(store_trouble(line), None, "{line}");
        }
    }
}
