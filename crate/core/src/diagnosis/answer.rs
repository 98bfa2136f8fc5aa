//! Builds the answer to a question.

use std::collections::BTreeSet;

use super::advice::{advice, advice_after_end};
use super::case::Case;
use super::loads::Load;
use super::refused::EndEvidence;
use super::remedies::RemedyText;
use crate::entry::Fault;
use crate::timestamp::Timestamp;
use crate::verdict::{Conclusion, EvidenceRef, Finding, FindingId, Verdict};

/// Nobody would read more evidence than this.
const MAX_EVIDENCE: usize = 24;

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
    over: Option<Timestamp>,
}

impl Answer {
    pub(crate) fn new(verdict: Verdict, conclusion: Conclusion, because: impl Into<String>) -> Self {
        Self { conclusion: Some(conclusion), ..Self::plain(verdict, because) }
    }

    /// An answer without a conclusion.
    pub(crate) fn undecided(because: impl Into<String>) -> Self {
        Self::plain(Verdict::Unknown, because)
    }

    /// A yes-or-no answer.
    pub(crate) fn plain(verdict: Verdict, because: impl Into<String>) -> Self {
        Self {
            verdict,
            conclusion: None,
            because: because.into(),
            evidence: Vec::new(),
            missing: Vec::new(),
            over: None,
        }
    }

    /// Nothing happened that the question asks about.
    pub(crate) fn not_applicable(because: impl Into<String>) -> Self {
        Self::plain(Verdict::NotApplicable, because)
    }

    /// The fault was not seen.
    pub(crate) fn not_seen(because: impl Into<String>) -> Self {
        Self::new(Verdict::RuledOut, Conclusion::NotSeen, because)
    }

    #[must_use]
    pub(crate) fn with_evidence(mut self, evidence: impl IntoIterator<Item = EvidenceRef>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    /// Adds which load the answer is about.
    #[must_use]
    pub(crate) fn in_load(mut self, case: &Case<'_>, load: Load) -> Self {
        if let Some(page) = case.describe(load) {
            self.because = format!("In {page}: {}", self.because);
        }
        self
    }

    /// Judges each load separately. `of_load` gets the case limited to one load, and returns `None` if nothing was
    /// seen in it. Returns the most serious answer (the first one, if several are equal), with the findings of the
    /// others added.
    pub(crate) fn gravest<'a>(case: &Case<'a>, of_load: impl Fn(&Case<'a>, Load) -> Option<Self>) -> Option<Self> {
        let of_load = |load| of_load(&case.of_load(load), load).map(|answer| answer.in_load(case, load));
        let answers: Vec<Self> = case.loads().filter_map(of_load).collect();
        let gravity = |answer: &Self| gravity(answer.verdict);
        let worst = answers.iter().map(gravity).max()?;
        let at = answers.iter().position(|answer| gravity(answer) == worst)?;
        let mut others = answers;
        let mut answer = others.remove(at);
        let mut said = vec![answer.conclusion];
        for other in others {
            let is_claimed = other.is_claimed();
            if is_claimed && !said.contains(&other.conclusion) {
                said.push(other.conclusion);
                answer = answer.with_sentence(&other.because);
            }
            if is_claimed || answer.verdict == other.verdict {
                answer.evidence.extend(other.evidence);
            }
        }
        Some(answer)
    }

    /// Whether the answer says that something is wrong, or may be.
    pub(crate) const fn is_claimed(&self) -> bool {
        gravity(self.verdict) > gravity_of_open()
    }

    pub(crate) fn is_not_applicable(&self) -> bool {
        self.verdict == Verdict::NotApplicable
    }

    /// Lowers the verdict to at most this certainty.
    #[must_use]
    pub(crate) fn at_most(mut self, verdict: Verdict) -> Self {
        if gravity(self.verdict) > gravity(verdict) {
            self.verdict = verdict;
        }
        self
    }

    /// Records that the trouble has ended.
    #[must_use]
    pub(crate) fn ended(mut self, over: &EndEvidence) -> Self {
        self.over = Some(over.at);
        self.evidence.push(over.cite.clone());
        self
    }

    /// Adds a sentence to the reason.
    #[must_use]
    pub(crate) fn with_sentence(mut self, sentence: &str) -> Self {
        self.because = format!("{} {sentence}", self.because);
        self
    }

    #[must_use]
    pub(crate) fn with_missing(mut self, missing: impl Into<String>) -> Self {
        self.missing.push(missing.into());
        self
    }

    pub(crate) fn into_finding(mut self, question: &Question) -> Finding {
        // The same evidence may support several steps of an answer, or be copied from another answer.
        let mut cited = BTreeSet::new();
        self.evidence.retain(|one| cited.insert((one.fact.clone(), one.text.clone())));
        let more = self.evidence.len().saturating_sub(MAX_EVIDENCE);
        self.evidence.truncate(MAX_EVIDENCE);
        if more > 0 {
            self.because =
                format!("{} ({more} more pieces of evidence of the same kind are not listed.)", self.because);
        }
        let Self { verdict, conclusion, because, evidence, missing, over } = self;
        let advice =
            if over.is_some() { advice_after_end(question.id) } else { advice(question.id, verdict, conclusion) };
        Finding {
            id: question.id,
            fault: question.fault,
            question: question.text.to_owned(),
            verdict,
            conclusion,
            because,
            over,
            evidence,
            missing,
            next: advice.next.to_owned(),
            queries: advice.queries.iter().map(|id| (*id).to_owned()).collect(),
            remedies: advice.remedies.iter().map(RemedyText::to_model).collect(),
        }
    }
}

/// The first `most` names, and the number of further ones.
pub(crate) fn at_most(most: usize, names: Vec<&str>) -> Vec<String> {
    let more = names.len().saturating_sub(most);
    let rest = (more > 0).then(|| format!("{more} more"));
    names.into_iter().take(most).map(str::to_owned).chain(rest).collect()
}

/// How serious a verdict is.
const fn gravity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::NotApplicable => 0,
        Verdict::RuledOut => 1,
        Verdict::Unknown => gravity_of_open(),
        Verdict::Possible => 3,
        Verdict::Likely => 4,
        Verdict::Confirmed => 5,
    }
}

const fn gravity_of_open() -> u8 {
    2
}
