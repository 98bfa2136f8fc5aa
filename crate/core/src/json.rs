//! What leaves the core as text.

use serde::Serialize;

/// `value` as text of JSON. The model has nothing that this could not write.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".into())
}
