//! Were slow answers of the homeserver the reason that a call's membership timed out?
//!
//! The browser's timings show how long requests took when the call failed, and at other times. The homeserver's log
//! shows how long they took there; the difference is the network.

use super::answer::{Answer, Question};
use super::calls::unseen;
use super::case::{Case, fact};
use super::ke4_refused::refused;
use super::membership_failures::{MembershipFailure, membership_failures, request_words};
use super::timings::{TimedRequest, figures, logged, timed, windows};
use crate::entry::{CallFailure, CallMembership, Fault};
use crate::latency::{FaultWindow, LatencyFigures};
use crate::verdict::{Conclusion, EvidenceRef, Finding, FindingId, Verdict};

const QUESTION: Question = Question {
    id: FindingId::Ke4SlowHomeserver,
    fault: Some(Fault::Ke4),
    text: "Did the homeserver answer slowly when the call's membership timed out?",
};

/// The SDK's time limit for restarting a delayed event.
const SLOW_MS: f64 = 2000.0;
/// Fewer requests in a window prove nothing.
const ENOUGH: usize = 3;

const TIMINGS: &str = "how fast the homeserver answered at that time: timings of the page, or a HAR";
const LOG_OF_CALL: &str = "the log lines about this member's delayed events at that time";
const LOG: &str = "the homeserver's log from the same time: how long did the requests take there?";

pub(crate) fn ask(case: &Case<'_>) -> Finding {
    // Requests are only timed in the present load.
    let answer = Answer::gravest(case, |of_load, _| answer(of_load));
    let because = "No delayed event of a call's membership timed out.";
    answer.unwrap_or_else(|| unseen(case, Fault::Ke4, because)).into_finding(&QUESTION)
}

/// `None`: no call failed.
fn answer(case: &Case<'_>) -> Option<Answer> {
    let failures = membership_failures(case);
    (!failures.is_empty()).then(|| answer_for_failures(case, &failures))
}

fn answer_for_failures(case: &Case<'_>, failures: &[MembershipFailure<'_>]) -> Answer {
    let calls: Vec<&CallMembership> = failures.iter().flat_map(MembershipFailure::calls).collect();
    let windows = windows(case, Fault::Ke4);
    let at_server = Observed::of(case, logged(case), &windows);
    let at_client = Observed::of(case, timed(case), &windows);

    let answer = refused(&calls)
        .or_else(|| decided_by_log(case, &at_server, &at_client))
        .or_else(|| answered_with_errors(&calls))
        .or_else(|| slow_for_this_user(case, &at_server))
        .or_else(|| decided_by_client(case, &at_client, &windows))
        .or_else(|| slow_for_others(&at_server))
        .or_else(|| unreachable(&calls))
        .or_else(|| answered_otherwise(&calls))
        .unwrap_or_else(|| undecided(&at_client));
    let answer = answer.with_evidence(failures.iter().flat_map(MembershipFailure::cite));
    match consequence(&calls) {
        Some(consequence) => answer.with_sentence(&consequence),
        None => answer,
    }
}

/// The requests in the fault's windows, and statistics of the other times.
struct Observed<'a> {
    inside: LatencyFigures,
    outside: LatencyFigures,
    /// Whether each window has enough requests to judge it.
    is_enough: bool,
    /// Whether each window contains a request that keeps this member in the call.
    has_call: bool,
    /// In the windows: requests that were too slow, or got a server error.
    slow: Vec<TimedRequest<'a>>,
    /// In the windows: requests that failed at once.
    unreachable: Vec<TimedRequest<'a>>,
}

impl<'a> Observed<'a> {
    fn of(case: &Case<'_>, timed: Vec<TimedRequest<'a>>, windows: &[FaultWindow]) -> Self {
        let (inside, outside): (Vec<_>, Vec<_>) = timed.into_iter().partition(|one| one.is_in(windows));
        let of_window = |window| inside.iter().filter(move |one: &&TimedRequest<'_>| one.overlaps(window));
        let is_enough = windows.iter().all(|window| of_window(window).count() >= ENOUGH);
        let has_call = windows.iter().all(|window| of_window(window).any(|one| keeps_in_call(case, one)));
        let (all, outside) = (figures(&inside), figures(&outside));
        let is_slow =
            |one: &TimedRequest<'_>| one.duration_ms >= SLOW_MS || one.status.is_some_and(|status| status >= 500);
        let (slow, quick): (Vec<_>, Vec<_>) = inside.into_iter().partition(is_slow);
        let unreachable = quick.into_iter().filter(TimedRequest::failed).collect();
        Self { inside: all, outside, is_enough, has_call, slow, unreachable }
    }

    fn cite_slow(&self) -> impl Iterator<Item = EvidenceRef> {
        self.slow.iter().map(cite)
    }

    fn cite_figures(&self, path: &str) -> EvidenceRef {
        fact(path, format!("when the call failed: {}; at other times: {}", words(&self.inside), words(&self.outside)))
    }
}

/// Whether the request keeps this member in the call. Many members make such requests in the homeserver's log. A newer
/// homeserver needs no access token for requests about a delayed event, so their lines name no user.
fn keeps_in_call(case: &Case<'_>, one: &TimedRequest<'_>) -> bool {
    let is_delayed = one.path.contains("/delayed_events/");
    if one.line.is_none() || is_of_user(case, one) {
        return is_delayed || one.path.contains("/state/");
    }
    is_delayed && one.line.is_some_and(|line| !line.contains("{@"))
}

fn is_of_user(case: &Case<'_>, one: &TimedRequest<'_>) -> bool {
    one.line.is_some_and(|line| case.is_about_this_user(line))
}

fn cite(one: &TimedRequest<'_>) -> EvidenceRef {
    let status = match one.status {
        None => String::new(),
        Some(0) => ", no answer".to_owned(),
        Some(status) => format!(", status {status}"),
    };
    fact(&one.fact, format!("{} at {} took {:.0} ms{status}", one.path, one.ts, one.duration_ms))
}

fn words(figures: &LatencyFigures) -> String {
    match (figures.p50_ms, figures.p95_ms, figures.worst_ms) {
        (Some(p50), Some(p95), Some(worst)) => {
            format!("{} requests, p50 {p50:.0} ms, p95 {p95:.0} ms, worst {worst:.0} ms", figures.count)
        }
        _ => "no request".to_owned(),
    }
}

/// What happened to this device in the call.
fn consequence(calls: &[&CallMembership]) -> Option<String> {
    if let Some(call) = calls.iter().find(|call| call.gave_up) {
        let request = request_words(call.request);
        return Some(format!("In the end the client gave up ({request}): the others see that it left the call."));
    }
    let rejoins = calls.iter().any(|call| call.rejoins);
    rejoins.then(|| {
        "Meanwhile the homeserver had removed this device from the call: the others saw it leave and join again."
            .to_owned()
    })
}

/// An answer whose meaning is unknown.
fn answered_otherwise(calls: &[&CallMembership]) -> Option<Answer> {
    let call = calls.iter().find(|call| call.http_status.is_some_and(|status| (400..500).contains(&status)))?;
    let (status, errcode) = (call.http_status?, call.errcode.as_deref().unwrap_or("no errcode"));
    let request = request_words(call.request);
    let because = format!(
        "The homeserver answered {status} ({errcode}) to {request}: it is not known what that means \
                           here."
    );
    Some(Answer::undecided(because).with_missing("the full answer, from the network tab").with_missing(LOG))
}

fn decided_by_log(case: &Case<'_>, at_server: &Observed<'_>, at_client: &Observed<'_>) -> Option<Answer> {
    if at_server.slow.iter().any(|one| keeps_in_call(case, one)) {
        let because = "The homeserver's own log shows that the requests that keep a member in the call took too long \
                       there, or failed.";
        return Some(slow_in_log(at_server, Verdict::Confirmed, because));
    }
    if !at_server.is_enough || !at_server.has_call || at_server.slow.iter().any(|one| is_of_user(case, one)) {
        return None;
    }
    let because = if at_client.slow.is_empty() {
        "The homeserver's own log shows that it answered in time when the call failed: the client or its network was \
         slow."
    } else {
        "The requests took long for the client but not for the homeserver: the network or a proxy between them was \
         slow."
    };
    let answer = Answer::new(Verdict::RuledOut, Conclusion::NotTheHomeserver, because);
    Some(answer.with_evidence([at_server.cite_figures("server.log")]).with_evidence(at_client.cite_slow()))
}

fn slow_for_this_user(case: &Case<'_>, at_server: &Observed<'_>) -> Option<Answer> {
    at_server.slow.iter().any(|one| is_of_user(case, one)).then(|| {
        let because =
            "The homeserver's own log shows other requests of this user at that time that took too long or failed.";
        slow_in_log(at_server, Verdict::Likely, because).with_missing(LOG_OF_CALL)
    })
}

/// Other users' requests, such as joining a slow room or asking a slow remote server, say little about a call.
fn slow_for_others(at_server: &Observed<'_>) -> Option<Answer> {
    (!at_server.slow.is_empty()).then(|| {
        let because = "The homeserver's own log shows requests of other users at that time that took too long or \
                       failed.";
        slow_in_log(at_server, Verdict::Possible, because).with_missing(LOG_OF_CALL)
    })
}

fn slow_in_log(at_server: &Observed<'_>, verdict: Verdict, because: &str) -> Answer {
    let answer = Answer::new(verdict, Conclusion::SlowHomeserver, because);
    answer.with_evidence([at_server.cite_figures("server.log")]).with_evidence(at_server.cite_slow())
}

/// The console lines themselves contain the answers.
fn answered_with_errors(calls: &[&CallMembership]) -> Option<Answer> {
    let error = calls.iter().find_map(|call| call.http_status.filter(|status| *status >= 500))?;
    Some(if matches!(error, 502..=504) {
        let because = format!(
            "The answer was {error}: the homeserver did not answer the proxy in time. The homeserver's log shows how \
                     long it took."
        );
        Answer::new(Verdict::Likely, Conclusion::SlowHomeserver, because).with_missing(LOG)
    } else {
        let because = format!("The homeserver answered {error}: it failed.");
        Answer::new(Verdict::Confirmed, Conclusion::FailingHomeserver, because)
    })
}

fn decided_by_client(case: &Case<'_>, at_client: &Observed<'_>, windows: &[FaultWindow]) -> Option<Answer> {
    let figures = at_client.cite_figures("latency");
    let answer = if at_client.slow.iter().any(|one| keeps_in_call(case, one)) {
        let because = "The requests that keep the member in the call took too long, or had no answer, when it failed.";
        Answer::new(Verdict::Likely, Conclusion::SlowHomeserver, because).with_missing(LOG)
    } else if !at_client.slow.is_empty() {
        let because = "Other requests took too long when the call failed.";
        Answer::new(Verdict::Possible, Conclusion::SlowHomeserver, because).with_missing(LOG)
    } else if !at_client.unreachable.is_empty() {
        let because =
            "Requests failed at once when the call failed: they did not reach the server, so the network was down.";
        Answer::new(Verdict::Likely, Conclusion::NotTheHomeserver, because).with_missing(LOG)
    } else if at_client.is_enough && is_complete(case, windows) {
        let because = "Every request at that time was answered quickly: the homeserver was not slow for this client.";
        Answer::new(Verdict::RuledOut, Conclusion::NotTheHomeserver, because)
    } else {
        return None;
    };
    Some(
        answer
            .with_evidence([figures])
            .with_evidence(at_client.cite_slow())
            .with_evidence(at_client.unreachable.iter().map(cite)),
    )
}

/// The client itself reports that it could not reach the homeserver.
fn unreachable(calls: &[&CallMembership]) -> Option<Answer> {
    let mut failures = calls.iter().filter_map(|call| call.failure).peekable();
    failures.peek()?;
    failures.all(|failure| failure == CallFailure::Unreachable).then(|| {
        let because = "The requests did not reach the homeserver: the network or the homeserver was down.";
        Answer::new(Verdict::Possible, Conclusion::NotTheHomeserver, because).with_missing(LOG)
    })
}

fn undecided(at_client: &Observed<'_>) -> Answer {
    let because = match at_client.inside.count {
        0 => "No request at that time was timed.",
        _ => "Too few requests at that time were timed, or not all of them.",
    };
    Answer::undecided(because).with_missing(TIMINGS).with_missing(LOG)
}

/// Whether the timings of the page, or the HAR if the page has none, cover the windows completely.
fn is_complete(case: &Case<'_>, windows: &[FaultWindow]) -> bool {
    let (Some(first), Some(last)) = (windows.first(), windows.last()) else { return false };
    let latency = case.report.latency.as_ref().filter(|latency| !latency.samples.is_empty());
    if let Some(latency) = latency {
        return latency.complete_since.is_some_and(|since| since <= first.from);
    }
    let har = || case.server.har.iter().flatten().map(|request| request.ts);
    har().min().is_some_and(|begin| begin <= first.from) && har().max().is_some_and(|end| end >= last.to)
}
