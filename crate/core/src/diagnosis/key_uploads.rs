//! Do key uploads fail for a reason other than "already exists", or are there too many?
//!
//! An upload counts as accepted only if a 2xx answer was seen. Failures are reported with any status and errcode. That
//! an upload failed was observed; only the homeserver's own message can say why.

use std::collections::BTreeSet;

use super::answer::{Answer, Question, at_most};
use super::case::{Case, fact};
use super::loads::Load;
use super::refused::Refused;
use super::stores::Identity;
use crate::entry::{Detail, Fault};
use crate::timestamp::Timestamp;
use crate::verdict::{Conclusion, EvidenceRef, Finding, FindingId, Verdict};

const QUESTION: Question = Question {
    id: FindingId::KeyUploads,
    fault: None,
    text: "Do this device's key uploads fail for another reason than keys that already exist, or are there too many of \
           them?",
};

/// The most kinds of failure to name in a sentence.
const MAX_NAMED: usize = 8;
/// This many failures in a row are not a coincidence.
const LASTING: u32 = 3;
/// The client retries with every sync: if no failure was seen for this long, it may have succeeded.
const QUIET_MS: i64 = 5 * 60_000;
const LOG: &str = "the homeserver's log of these requests";

/// Key uploads seen, other than those refused with "already exists".
#[derive(Default)]
pub(crate) struct Uploads {
    failures: Vec<Failure>,
    accepted: Vec<EvidenceRef>,
}

struct Failure {
    status: Option<u16>,
    errcode: Option<String>,
    count: u32,
    last: Timestamp,
    load: Load,
    /// Whether this comes from the state of the load's uploads, rather than from an entry or a HAR.
    is_state: bool,
    cite: EvidenceRef,
}

impl Uploads {
    pub(crate) fn of(case: &Case<'_>) -> Self {
        let mut uploads = Self::default();
        let state = case.uploads(Load::Present);
        if state.accepted > 0 {
            let text = format!("{} uploads were accepted", state.accepted);
            uploads.accepted.push(fact("uploadLoop.accepted", text));
        }
        for load in case.loads() {
            uploads.add_load(case, load);
        }
        uploads.add_har(case);
        uploads
    }

    /// A failure has ended if an upload was accepted later, in the same page or in one that began later. For other
    /// tabs this is unknown.
    fn add_load(&mut self, case: &Case<'_>, load: Load) {
        let is_over = is_well(case, load);
        if case.loads().any(|later| case.is_after(later, load) && is_well(case, later)) {
            return;
        }
        if let Some(failing) = &case.uploads(load).failing {
            let what = name(failing.http_status, failing.errcode.as_deref());
            let text = format!("{} uploads failed, {} to {}: {what}", failing.count, failing.first_ts, failing.last_ts);
            self.failures.push(Failure {
                status: failing.http_status,
                errcode: failing.errcode.clone(),
                count: failing.count,
                last: failing.last_ts,
                load,
                is_state: true,
                cite: load.fact("uploadLoop.failing", text),
            });
        }
        for seen in case.of_load(load).entries() {
            let Detail::UploadFailed { http_status, errcode } = &seen.entry.detail else { continue };
            if seen.entry.message.contains("AbortError") || (is_over && !seen.is_of_other_tab()) {
                continue;
            }
            let cite = seen.cite(&format!("an upload of keys failed: {}", name(*http_status, errcode.as_deref())));
            let (status, errcode, count) = (*http_status, errcode.clone(), seen.entry.count);
            let last = seen.entry.last_ts;
            self.failures.push(Failure { status, errcode, count, last, load, is_state: false, cite });
        }
    }

    fn add_har(&mut self, case: &Case<'_>) {
        let is_accepted = |status: u16| (200..300).contains(&status);
        let of_keys = || {
            let har = case.server.har.iter().flatten().enumerate();
            har.filter(|(_, request)| request.path.ends_with("/keys/upload") && request.refusal.is_none())
        };
        let last = of_keys().filter(|(_, request)| is_accepted(request.status)).map(|(_, request)| request.ts).max();
        let wells: Vec<Load> = case.loads().filter(|load| is_well(case, *load)).collect();
        for (index, request) in of_keys() {
            let place = format!("server.har[{index}]");
            if is_accepted(request.status) {
                let text = format!("an upload was accepted at {}", request.ts);
                self.accepted.push(fact(&place, text));
            } else if last.is_none_or(|last: Timestamp| request.ts > last) {
                let status = (request.status != 0).then_some(request.status);
                let what = name(status, request.errcode.as_deref());
                let cite = fact(&place, format!("an upload of keys failed at {}: {what}", request.ts));
                let (errcode, last) = (request.errcode.clone(), request.ts);
                let during = case.load_at(request.ts);
                let load = during.unwrap_or(Load::Present);
                if !wells.iter().any(|well| case.is_since(*well, during, request.ts)) {
                    self.failures.push(Failure { status, errcode, count: 1, last, load, is_state: false, cite });
                }
            }
        }
    }

    pub(crate) fn are_accepted(&self) -> bool {
        !self.accepted.is_empty()
    }

    pub(crate) fn are_failing(&self) -> bool {
        !self.failures.is_empty()
    }

    pub(crate) fn cite_accepted(&self) -> Vec<EvidenceRef> {
        self.accepted.clone()
    }

    pub(crate) fn cite_failures(&self) -> Vec<EvidenceRef> {
        self.failures.iter().map(|failure| failure.cite.clone()).collect()
    }

    /// Adds a sentence if all failures happened in earlier pages.
    fn dated(&self, answer: Answer) -> Answer {
        let last = self.failures.iter().map(|failure| failure.last).max();
        let Some(last) = last.filter(|_| self.failures.iter().all(|failure| failure.load != Load::Present)) else {
            return answer;
        };
        answer.with_sentence(&format!(
            "The last failure was seen in an earlier page, at {last}. In this page no upload has failed or been \
             accepted yet."
        ))
    }

    /// The kinds of failure in words: `400 M_TOO_LARGE`.
    pub(crate) fn words(&self) -> String {
        let mut known = BTreeSet::new();
        let names = self.failures.iter().map(|failure| name(failure.status, failure.errcode.as_deref()));
        let names: Vec<String> = names.filter(|name| known.insert(name.clone())).collect();
        at_most(MAX_NAMED, names.iter().map(String::as_str).collect()).join(", ")
    }

    /// Number of failures that lasted until `since`. The same failure may appear in the loop's state and in an entry,
    /// so only the larger count is used.
    fn count(&self, since: Timestamp) -> u32 {
        let total = |is_state: bool| {
            let lasting = self.failures.iter().filter(|one| one.last >= since);
            let of = lasting.filter(|one| one.is_state == is_state);
            of.fold(0_u32, |sum, one| sum.saturating_add(one.count))
        };
        total(true).max(total(false))
    }
}

/// Whether uploads were accepted at the end of a load.
fn is_well(case: &Case<'_>, load: Load) -> bool {
    case.uploads(load).failing.is_none() && case.uploads(load).accepted > 0
}

fn name(status: Option<u16>, errcode: Option<&str>) -> String {
    match (status, errcode) {
        (Some(status), Some(errcode)) => format!("{status} {errcode}"),
        (Some(status), None) => status.to_string(),
        (None, Some(errcode)) => errcode.to_owned(),
        (None, None) => "no answer, or one that the line does not name".to_owned(),
    }
}

pub(crate) fn ask(case: &Case<'_>, refusals: &[Refused<'_>], uploads: &Uploads) -> Finding {
    answer(case, refusals, uploads).into_finding(&QUESTION)
}

fn answer(case: &Case<'_>, refusals: &[Refused<'_>], uploads: &Uploads) -> Answer {
    let cite_surplus = case.loads().find_map(|load| {
        let surplus = case.uploads(load).surplus.as_ref()?;
        let held = surplus.held.map_or(String::new(), |held| format!("; the homeserver holds {held} now"));
        let keys = if surplus.keys > surplus.uploads { format!(" of {} keys", surplus.keys) } else { String::new() };
        let text = format!(
            "{} uploads{keys} accepted from {} to {}{held}",
            surplus.uploads, surplus.first_ts, surplus.last_ts
        );
        Some(load.fact("uploadLoop.surplus", text))
    });
    if uploads.failures.iter().any(|failure| failure.errcode.as_deref() == Some("M_TOO_LARGE")) {
        let because = "The homeserver refuses uploads with M_TOO_LARGE: the device already has the maximum number of \
                       one-time keys there, and the client keeps uploading more. This does not make keys diverge.";
        let answer = Answer::new(Verdict::Confirmed, Conclusion::TooManyKeys, because)
            .with_evidence(uploads.cite_failures())
            .with_evidence(cite_surplus);
        return uploads.dated(answer);
    }
    if uploads.are_failing() {
        return uploads
            .dated(failing(case, uploads).with_evidence(uploads.cite_failures()).with_evidence(cite_surplus));
    }
    if let Some(cite) = cite_surplus {
        let because = "The homeserver accepts the uploads, and the client repeats them although nobody used the keys. \
                       This ends when the homeserver accepts no more (M_TOO_LARGE).";
        return Answer::new(Verdict::Likely, Conclusion::TooManyKeys, because)
            .with_evidence([cite])
            .with_missing("how many one-time keys of this device the homeserver holds: more than 50 prove it");
    }
    let lasting: Vec<_> =
        refusals.iter().filter(|one| one.over.is_none() && one.identity != Identity::Before).collect();
    if !lasting.is_empty() {
        return Answer::not_applicable("Uploads are refused because keys already exist: see the previous question.")
            .with_evidence(lasting.into_iter().map(|refused| refused.cite.clone()));
    }
    if let Some(lost) = case.lines_not_kept(Fault::Ke1) {
        return lost;
    }
    if uploads.are_accepted() {
        return Answer::not_seen("The homeserver accepted the key uploads, and none failed after that.")
            .with_evidence(uploads.cite_accepted());
    }
    Answer::undecided("No answer to a key upload was seen.")
        .with_missing("a report from a page that watches uploads and has seen one")
}

fn failing(case: &Case<'_>, uploads: &Uploads) -> Answer {
    let is_lasting = uploads.count(case.report.page.generated_at.plus_ms(-QUIET_MS)) >= LASTING;
    let words = uploads.words();
    let is_refused =
        |failure: &Failure| failure.status.is_some_and(|status| (400..500).contains(&status) && status != 429);
    let is_limited = uploads.failures.iter().any(|failure| failure.status == Some(429));
    let (conclusion, because) = if uploads.failures.iter().any(is_refused) {
        let reason = "not because a key already exists. Until an upload is accepted, the homeserver may run out of one-time \
             keys of this device";
        (Conclusion::UploadsRefused, format!("The homeserver refuses the key uploads ({words}), {reason}."))
    } else if is_limited {
        (Conclusion::UploadsFailing, format!("The homeserver's rate limit rejects the key uploads ({words})."))
    } else {
        let reason = "the homeserver or its proxy fails, or cannot be reached";
        (Conclusion::UploadsFailing, format!("The key uploads do not get through ({words}): {reason}."))
    };
    let verdict = if is_lasting { Verdict::Confirmed } else { Verdict::Possible };
    let answer = Answer::new(verdict, conclusion, because);
    if is_lasting { answer } else { answer.with_missing("whether the next uploads fail too").with_missing(LOG) }
}
