//! Reads JSON that any script of the origin may have written.

use serde_json::Value;

use crate::line::MAX_MESSAGE as MAX_TEXT;
use crate::redact::redact;

const LONGEST_NAME: usize = 64;

/// Redacts every text. Replaces a text that is too long by `false`, which no text field accepts.
pub(crate) fn clean(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > MAX_TEXT => *value = Value::Bool(false),
        Value::String(text) => *text = redact(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Object(fields) => {
            // No known field has a name that would be redacted.
            fields.retain(|name, _| name.len() <= LONGEST_NAME && redact(name) == *name);
            fields.values_mut().for_each(clean);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether nothing is nested deeper than `max_depth`: the parser recurses.
pub(crate) fn is_shallow(text: &str, max_depth: usize) -> bool {
    let (mut depth, mut is_quoted, mut is_escaped) = (0_usize, false, false);
    text.bytes().all(|byte| {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_quoted,
            b'"' => is_quoted = !is_quoted,
            b'[' | b'{' if !is_quoted => depth += 1,
            b']' | b'}' if !is_quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth <= max_depth
    })
}
