//! The diagnosis of a report, for JavaScript: reports are JSON texts.
#![cfg(target_family = "wasm")]

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use lotus_crypto_diag::diagnosis::analyse;
use lotus_crypto_diag::entry::Refusal;
use lotus_crypto_diag::otk::parse_refusal;
use lotus_crypto_diag::redact::redact as without_secrets;
use lotus_crypto_diag::redacted_copy::redacted_copy;
use lotus_crypto_diag::report::Report;
use lotus_crypto_diag::request_path::request_path as path_of;
use lotus_crypto_diag::server_evidence::ServerEvidence;
use lotus_crypto_diag::verdict::Analysis;

/// The `Analysis` of a `Report` and, if given, `ServerEvidence`. Throws if one of them cannot be read, and says where.
#[wasm_bindgen]
pub fn diagnose(report: &str, evidence: Option<String>) -> Result<String, JsError> {
    let (report, evidence) = read(report, evidence)?;
    Ok(serde_json::to_string(&analyse(&report, &evidence))?)
}

/// The `Report` with its diagnosis and runbook. Throws as [`diagnose`] does.
#[wasm_bindgen]
pub fn judge(report: &str, evidence: Option<String>) -> Result<String, JsError> {
    let (mut report, evidence) = read(report, evidence)?;
    let Analysis { diagnosis, runbook } = analyse(&report, &evidence);
    (report.diagnosis, report.runbook) = (Some(diagnosis), Some(runbook));
    Ok(report.to_text())
}

fn read(report: &str, evidence: Option<String>) -> Result<(Report, ServerEvidence), JsError> {
    let report: Report =
        serde_json::from_str(report).map_err(|error| JsError::new(&format!("the report cannot be read: {error}")))?;
    let evidence: ServerEvidence = match evidence {
        Some(text) => serde_json::from_str(&text)
            .map_err(|error| JsError::new(&format!("what was added to the report cannot be read: {error}")))?,
        None => ServerEvidence::default(),
    };
    Ok((report, evidence))
}

/// A copy of a `Report` that names nobody; `ServerEvidence` helps to recognise ids. Throws if one of them cannot be read,
/// and says where, or if there are too many ids.
#[wasm_bindgen]
pub fn redact(report: &str, evidence: Option<String>) -> Result<String, JsError> {
    let copy = redacted_copy(report, evidence.as_deref()).map_err(|error| JsError::new(&error.to_string()))?;
    Ok(copy.text)
}

/// The refusal that a homeserver's error text describes.
#[wasm_bindgen(js_name = readRefusal, unchecked_return_type = "Refusal | null")]
pub fn read_refusal(text: &str, http_status: Option<u16>) -> Result<JsValue, JsError> {
    let refusal =
        parse_refusal(text).map(|refusal| Refusal { http_status: http_status.or(refusal.http_status), ..refusal });
    Ok(refusal.serialize(&Serializer::json_compatible())?)
}

/// The path of a request to a homeserver, with every id replaced; `undefined` for a long poll, a download, or anything else.
#[wasm_bindgen(js_name = requestPath)]
pub fn request_path(url: &str) -> Option<String> {
    path_of(url)
}

/// A text without tokens, passwords and private keys.
#[wasm_bindgen(js_name = redactSecrets)]
pub fn redact_secrets(text: &str) -> String {
    without_secrets(text).into_owned()
}

/// The import of the type that is named in the `.d.ts` file that wasm-bindgen writes.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "import type { Refusal } from '../../src/generated/model';";

/// Constant time, little fragmentation, and a fifth of the bytes of `std`'s allocator.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
