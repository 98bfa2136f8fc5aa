//! A table of stories over several loads of a page, and what a finding must say about each.

use lotus_crypto_diag::diagnosis::analyse;
use lotus_crypto_diag::report::Report;
use lotus_crypto_diag::server_evidence::ServerEvidence;
use lotus_crypto_diag::verdict::{Conclusion, Finding, FindingId, Verdict};
use serde_json::Value;

use crate::pages::{Page, story};

pub(crate) fn findings(report: &Value, server: &ServerEvidence) -> Vec<Finding> {
    let report: Report = serde_json::from_value(report.clone()).unwrap();
    analyse(&report, server).diagnosis.findings
}

/// A row of the table: a story, and what is expected of one finding.
pub(crate) struct Row {
    shows: &'static str,
    pages: Vec<Page>,
    id: FindingId,
    verdict: Verdict,
    conclusion: Option<Conclusion>,
    says: &'static [&'static str],
    cites: &'static [&'static str],
    is_over: bool,
    server: ServerEvidence,
}

pub(crate) fn row(shows: &'static str, pages: Vec<Page>, id: FindingId, verdict: Verdict) -> Row {
    let server = ServerEvidence::default();
    Row { shows, pages, id, verdict, conclusion: None, says: &[], cites: &[], is_over: false, server }
}

impl Row {
    pub(crate) fn with(mut self, conclusion: Conclusion) -> Self {
        self.conclusion = Some(conclusion);
        self
    }

    pub(crate) fn says(mut self, says: &'static [&'static str]) -> Self {
        self.says = says;
        self
    }

    pub(crate) fn cites(mut self, cites: &'static [&'static str]) -> Self {
        self.cites = cites;
        self
    }

    pub(crate) fn over(mut self) -> Self {
        self.is_over = true;
        self
    }

    /// Adds the administrator's evidence, as JSON.
    pub(crate) fn beside(mut self, server: Value) -> Self {
        self.server = serde_json::from_value(server).unwrap();
        self
    }

    fn problems(self) -> Vec<String> {
        let found = findings(&story(self.pages), &self.server);
        let finding = found.iter().find(|finding| finding.id == self.id).unwrap();
        let all = format!("{} {:?}", finding.because, finding.evidence);
        let mut problems = Vec::new();
        let got = (finding.verdict, finding.conclusion, finding.over.is_some());
        if got != (self.verdict, self.conclusion, self.is_over) {
            problems.push(format!("{got:?}"));
        }
        let unsaid = self.says.iter().filter(|words| !all.contains(**words));
        problems.extend(unsaid.map(|words| format!("does not say {words:?}")));
        let uncited = self.cites.iter().filter(|fact| !finding.evidence.iter().any(|one| one.fact == **fact));
        problems.extend(uncited.map(|fact| format!("does not cite {fact}")));
        problems.into_iter().map(|problem| format!("{}: {problem}: {all}", self.shows)).collect()
    }
}

pub(crate) fn hold(rows: Vec<Row>) {
    let problems: Vec<String> = rows.into_iter().flat_map(Row::problems).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
