//! An answer in the making.

use std::collections::BTreeSet;

use super::advice::advice;
use super::ways::Way;
use crate::entry::Fault;
use crate::verdict::{Conclusion, EvidenceRef, Finding, FindingId, Verdict};

/// More would not be read.
const MOST_EVIDENCE: usize = 24;

pub(crate) struct Question {
    pub(crate) id: FindingId,
    pub(crate) fault: Option<Fault>,
    pub(crate) text: &'static str,
}

pub(crate) struct Answer {
    verdict: Verdict,
    conclusion: Option<Conclusion>,
    because: String,
    evidence: Vec<EvidenceRef>,
    missing: Vec<String>,
}

impl Answer {
    pub(crate) fn new(verdict: Verdict, conclusion: Conclusion, because: impl Into<String>) -> Self {
        let conclusion = Some(conclusion);
        Self { verdict, conclusion, because: because.into(), evidence: Vec::new(), missing: Vec::new() }
    }

    /// Nothing is concluded.
    pub(crate) fn open(because: impl Into<String>) -> Self {
        let (verdict, conclusion) = (Verdict::Unknown, None);
        Self { verdict, conclusion, because: because.into(), evidence: Vec::new(), missing: Vec::new() }
    }

    /// Yes or no, where that is all there is to answer.
    pub(crate) fn plain(verdict: Verdict, because: impl Into<String>) -> Self {
        Self { verdict, conclusion: None, because: because.into(), evidence: Vec::new(), missing: Vec::new() }
    }

    /// Nothing took place that the question is about.
    pub(crate) fn not_applicable(because: impl Into<String>) -> Self {
        Self::plain(Verdict::NotApplicable, because)
    }

    /// There is nothing to be explained.
    pub(crate) fn not_seen(because: impl Into<String>) -> Self {
        Self::new(Verdict::RuledOut, Conclusion::NotSeen, because)
    }

    #[must_use]
    pub(crate) fn on(mut self, evidence: impl IntoIterator<Item = EvidenceRef>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    /// A sentence more, whatever the verdict.
    #[must_use]
    pub(crate) fn adding(mut self, sentence: &str) -> Self {
        self.because = format!("{} {sentence}", self.because);
        self
    }

    #[must_use]
    pub(crate) fn lacking(mut self, missing: impl Into<String>) -> Self {
        self.missing.push(missing.into());
        self
    }

    pub(crate) fn to(mut self, question: &Question) -> Finding {
        // One piece may prove several steps of an answer, or be taken over from another.
        let mut cited = BTreeSet::new();
        self.evidence.retain(|one| cited.insert((one.fact.clone(), one.text.clone())));
        let more = self.evidence.len().saturating_sub(MOST_EVIDENCE);
        self.evidence.truncate(MOST_EVIDENCE);
        if more > 0 {
            self.because =
                format!("{} ({more} more pieces of evidence of the same kind are not listed.)", self.because);
        }
        let Self { verdict, conclusion, because, evidence, missing } = self;
        let advice = advice(question.id, verdict, conclusion);
        Finding {
            id: question.id,
            fault: question.fault,
            question: question.text.to_owned(),
            verdict,
            conclusion,
            because,
            evidence,
            missing,
            next: advice.next.to_owned(),
            queries: advice.queries.iter().map(|id| (*id).to_owned()).collect(),
            remedies: advice.remedies.iter().map(Way::to_model).collect(),
        }
    }
}
