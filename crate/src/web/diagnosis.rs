//! What a report says, for JavaScript: texts of JSON go in and out.

use wasm_bindgen::prelude::*;

use crate::report::Report;

/// `Diagnosis` of a `Report`. Throws where the report cannot be read, with the place.
#[wasm_bindgen]
pub fn diagnose(report: &str) -> Result<String, JsError> {
    let report: Report = serde_json::from_str(report)?;
    Ok(serde_json::to_string(&report)?)
}
