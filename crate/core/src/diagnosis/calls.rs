//! Whether there was a call in the page, and whether it was watched long enough. Without a call, questions about calls
//! do not apply; missing lines only mean something if a call was watched.

use super::answer::Answer;
use super::case::{Case, fact};
use super::loads::{Load, SeenEntry};
use crate::entry::{Detail, Fault};
use crate::report::CaptureState;
use crate::timestamp::Timestamp;
use crate::verdict::EvidenceRef;

/// A missing media key is logged within seconds, a lapsed membership within half a minute.
const LONG_ENOUGH_MS: i64 = 60_000;
/// Requests that are only made during a call.
const PATHS: [&str; 3] = ["/delayed_events", "call.member", "rtc.member"];

struct Call {
    since: Timestamp,
    signs: Vec<EvidenceRef>,
}

fn call(case: &Case<'_>) -> Option<Call> {
    let mut signs: Vec<(Timestamp, EvidenceRef)> =
        case.entries().filter_map(|seen| Some((seen.entry.first_ts, seen.cite(sign(&seen)?)))).collect();
    let is_of_call = |path: &str| PATHS.iter().any(|words| path.contains(words));
    for (index, sample) in case.report.latency.iter().flat_map(|latency| latency.samples.iter().enumerate()) {
        if is_of_call(&sample.path) {
            signs.push((
                sample.ts,
                fact(&format!("latency.samples[{index}]"), format!("{} at {}", sample.path, sample.ts)),
            ));
        }
    }
    for (index, request) in case.server.har.iter().flatten().enumerate() {
        if is_of_call(&request.path) {
            let text = format!("{} at {}", request.path, request.ts);
            signs.push((request.ts, fact(&format!("server.har[{index}]"), text)));
        }
    }
    signs.sort_by_key(|(ts, _)| *ts);
    let since = signs.first()?.0;
    Some(Call { since, signs: signs.into_iter().map(|(_, cite)| cite).collect() })
}

/// What an entry shows about a call. A to-device message that could not be decrypted may be unrelated.
fn sign(seen: &SeenEntry<'_>) -> Option<&'static str> {
    Some(match seen.entry.detail {
        Detail::ToDeviceOpened { .. } => "a media key of a call arrived and was decrypted",
        Detail::MediaKeyMention => "a media key of a call is mentioned",
        Detail::NoKeyTargets => "a media key was to be sent",
        Detail::MissingKey { .. }
        | Detail::MissingKeySet { .. }
        | Detail::InvalidKey { .. }
        | Detail::KeyMarkedInvalid { .. }
        | Detail::KeyErrorsSuppressed { .. } => "a media key was missing in a call",
        Detail::DelayedEvent(_) | Detail::Membership(_) => "a request for a call's membership failed",
        _ => return None,
    })
}

/// The answer to a question about calls if no line raises it. `because` is the reason to give if a call was watched.
pub(crate) fn unseen(case: &Case<'_>, fault: Fault, because: &str) -> Answer {
    if !case.is_watched() {
        return Answer::undecided("Nothing was captured.").with_missing("a report of a call");
    }
    if let Some(lost) = case.lines_not_kept(fault) {
        return lost;
    }
    // In the time between pages, a call of an earlier page was not watched.
    let Some(Call { since, signs }) = call(&case.of_load(Load::Present)) else {
        return Answer::not_applicable("As far as this report shows, there was no call in this page.");
    };
    let page = &case.report.page;
    let watched = page.generated_at.ms() - since.ms();
    if watched < LONG_ENOUGH_MS {
        return Answer::undecided(format!("A call was watched for only {} seconds.", (watched / 1000).max(0)))
            .with_evidence([case.cite_watch()])
            .with_missing("a report of a call that was watched for at least a minute");
    }
    if page.status.state != CaptureState::Running {
        return Answer::undecided("No line was seen, but only part of the console could be watched.")
            .with_evidence([case.cite_watch()])
            .with_missing("a report of a page whose whole console is watched");
    }
    Answer::not_seen(because).with_evidence([case.cite_watch()]).with_evidence(signs)
}
