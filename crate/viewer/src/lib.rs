//! The files of the homeserver's side, for JavaScript. A module of its own: the app, which loads the one that reads reports, has no
//! such files.
#![cfg(target_family = "wasm")]

use lotus_crypto_diag::runbook::at_risk::devices_at_risk;
use lotus_crypto_diag::runbook::sql::Dialect;
use lotus_crypto_diag_server_evidence::case::{FileWithOffset, Span, evidence_for};
use lotus_crypto_diag_server_evidence::redacted::redacted;
use lotus_crypto_diag_server_evidence::survey::survey;
use lotus_crypto_diag_server_evidence::survey_text::{to_csv, to_markdown};
use lotus_crypto_diag_server_evidence::{Content, Kind, Purpose, Reader, Unreadable};
use wasm_bindgen::prelude::*;

/// The query for devices at risk. It only reads.
#[wasm_bindgen(js_name = devicesAtRisk)]
pub fn devices_at_risk_query(is_sqlite: bool) -> String {
    devices_at_risk(if is_sqlite { Dialect::Sqlite } else { Dialect::Postgres })
}

/// Reads one file, in chunks.
#[wasm_bindgen]
pub struct EvidenceReader(Reader);

#[wasm_bindgen]
impl EvidenceReader {
    /// A reader of a file of which nothing is known.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "it is a constructor of JavaScript")]
    pub fn new() -> Self {
        Self(Reader::new(Purpose::Evidence))
    }

    /// Throws, with words for a person, where the file says nothing here.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), JsError> {
        self.0.push(bytes).map_err(|refused| thrown(&refused))
    }

    /// What is in the file. Throws as `push` does.
    pub fn finish(self) -> Result<EvidenceFile, JsError> {
        self.0.finish().map(EvidenceFile).map_err(|refused| thrown(&refused))
    }
}

fn thrown(refused: &Unreadable) -> JsError {
    JsError::new(&refused.to_string())
}

/// What is in a file.
#[wasm_bindgen]
pub struct EvidenceFile(Content);

#[wasm_bindgen]
impl EvidenceFile {
    /// `report`, `har`, `log` or `rows`.
    #[wasm_bindgen(getter)]
    pub fn kind(&self) -> String {
        match self.0.kind {
            Kind::Report => "report",
            Kind::Har => "har",
            Kind::Log => "log",
            Kind::Rows => "rows",
        }
        .to_owned()
    }

    /// What was found, in one sentence.
    #[wasm_bindgen(getter)]
    pub fn summary(&self) -> String {
        self.0.summary.clone()
    }

    /// What was left out, and why.
    #[wasm_bindgen(getter)]
    pub fn notes(&self) -> Vec<String> {
        self.0.notes.clone()
    }

    /// The texts of the reports in it.
    #[wasm_bindgen(getter)]
    pub fn reports(&self) -> Vec<String> {
        self.0.reports.iter().map(|report| report.get().to_owned()).collect()
    }

    /// Everything that was kept, as text of JSON.
    pub fn content(&self) -> Result<String, JsError> {
        Ok(serde_json::to_string(&self.0)?)
    }
}

/// The files of a case, each under an id.
#[wasm_bindgen]
#[derive(Default)]
pub struct EvidenceFiles(Vec<Kept>);

struct Kept {
    id: String,
    content: Content,
    offset_ms: i64,
}

#[wasm_bindgen]
impl EvidenceFiles {
    /// None yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a file; one under the same id goes.
    pub fn add(&mut self, id: String, file: EvidenceFile) {
        self.remove(&id);
        self.0.push(Kept { id, content: file.0, offset_ms: 0 });
    }

    /// Forgets a file.
    pub fn remove(&mut self, id: &str) {
        self.0.retain(|file| file.id != id);
    }

    /// How many minutes the clock of the file is ahead of UTC.
    #[wasm_bindgen(js_name = setOffset)]
    pub fn set_offset(&mut self, id: &str, minutes: i32) {
        for file in self.0.iter_mut().filter(|file| file.id == id) {
            file.offset_ms = i64::from(minutes) * 60_000;
        }
    }

    /// The `ServerEvidence` that bears on a `Report`. Throws where the report cannot be read, with the place.
    #[wasm_bindgen(js_name = evidenceFor)]
    pub fn evidence_for(&self, report: &str) -> Result<String, JsError> {
        let report: Span = serde_json::from_str(report)?;
        Ok(evidence_for(&report, &self.known()).to_text())
    }

    /// The `Survey` of the devices.
    pub fn survey(&self) -> Result<String, JsError> {
        Ok(serde_json::to_string(&survey(&self.known()))?)
    }

    /// The survey as `csv`, `markdown` or `redacted`: JSON in which nobody is named.
    #[wasm_bindgen(js_name = surveyAs)]
    pub fn survey_as(&self, format: &str) -> Result<String, JsError> {
        let survey = survey(&self.known());
        match format {
            "csv" => Ok(to_csv(&survey)),
            "markdown" => Ok(to_markdown(&survey)),
            _ => Ok(serde_json::to_string_pretty(&redacted(&survey))?),
        }
    }

    /// When each request of a file began, in milliseconds since 1970, and how long it took: one after the other.
    #[allow(clippy::cast_precision_loss, reason = "times")]
    pub fn timings(&self, id: &str) -> Vec<f64> {
        let file = self.0.iter().find(|file| file.id == id);
        let known = file.map(|file| FileWithOffset { content: &file.content, offset_ms: file.offset_ms });
        let timings = known.iter().flat_map(FileWithOffset::timings);
        timings.flat_map(|(at, duration_ms)| [at as f64, duration_ms]).collect()
    }

    fn known(&self) -> Vec<FileWithOffset<'_>> {
        self.0.iter().map(|file| FileWithOffset { content: &file.content, offset_ms: file.offset_ms }).collect()
    }
}
