//! Failures of a call's membership, each counted once.
//!
//! In a widget, a failed request is logged twice: by the driver in the window, which knows the server's answer, and
//! right after by the manager in the frame, which knows the room and the retries. Both entries form one story.

use super::case::Case;
use super::loads::SeenEntry;
use crate::entry::{CallFailure, CallMembership, CallRequest, Detail, Entry};
use crate::verdict::EvidenceRef;

/// The manager in the frame logs a failure at most this long after the driver in the window.
const AT_ONCE_MS: i64 = 1000;

/// A failure, with all entries that report it.
pub(crate) struct MembershipFailure<'a> {
    logged: Vec<LoggedFailure<'a>>,
}

#[derive(Clone, Copy)]
struct LoggedFailure<'a> {
    seen: SeenEntry<'a>,
    call: &'a CallMembership,
}

/// The failures, in the order in which they were first reported.
pub(crate) fn membership_failures<'a>(case: &Case<'a>) -> Vec<MembershipFailure<'a>> {
    let mut failures: Vec<MembershipFailure<'a>> = Vec::new();
    for seen in case.entries() {
        let (Detail::DelayedEvent(call) | Detail::Membership(call)) = &seen.entry.detail else { continue };
        let logged = LoggedFailure { seen, call };
        match failures.iter_mut().find(|failure| failure.logged.iter().any(|one| one.is_same_failure(&logged))) {
            Some(failure) => failure.logged.push(logged),
            None => failures.push(MembershipFailure { logged: vec![logged] }),
        }
    }
    failures
}

impl<'a> MembershipFailure<'a> {
    pub(crate) fn calls(&self) -> impl Iterator<Item = &'a CallMembership> {
        self.logged.iter().map(|logged| logged.call)
    }

    /// Cites the first entry with the merged facts, and the second as the same failure.
    pub(crate) fn cite(&self) -> Vec<EvidenceRef> {
        let whole = self.whole();
        let mut cites: Vec<EvidenceRef> = Vec::new();
        for logged in &self.logged {
            let words = match cites.first() {
                None => describe(&whole),
                Some(first) => format!("the same as {}, logged by both the call's frame and the window", first.fact),
            };
            cites.push(logged.seen.cite(&words));
        }
        cites
    }

    /// Merges what the entries know.
    fn whole(&self) -> CallMembership {
        self.calls().fold(CallMembership::default(), |known, call| CallMembership {
            room_id: known.room_id.or_else(|| call.room_id.clone()),
            request: match (known.request, call.request) {
                (None | Some(CallRequest::UpdateLeave), Some(request)) => Some(request),
                (request, _) => request,
            },
            failure: known.failure.or(call.failure),
            http_status: known.http_status.or(call.http_status),
            errcode: known.errcode.or_else(|| call.errcode.clone()),
            delay_id: known.delay_id.or_else(|| call.delay_id.clone()),
            attempt: known.attempt.max(call.attempt),
            max_attempts: known.max_attempts.max(call.max_attempts),
            rejoins: known.rejoins || call.rejoins,
            gave_up: known.gave_up || call.gave_up,
        })
    }
}

impl LoggedFailure<'_> {
    fn is_same_failure(&self, other: &Self) -> bool {
        let is_pair = self.seen.is_of_same_page(&other.seen) && self.is_in_frame() != other.is_in_frame();
        let is_same_event = self.call.delay_id.is_some() && self.call.delay_id == other.call.delay_id;
        is_pair && fits(self.call, other.call) && (is_same_event || self.is_at_once(other))
    }

    fn is_in_frame(&self) -> bool {
        self.seen.entry.source.starts_with("frame:")
    }

    /// Whether one entry lies within the time of the other. The window does not know rooms, and may have grouped
    /// failures of two calls.
    fn is_at_once(&self, other: &Self) -> bool {
        let (one, two) = (self.seen.entry, other.seen.entry);
        let lies_in = |inner: &Entry, outer: &Entry| {
            inner.first_ts >= outer.first_ts.plus_ms(-AT_ONCE_MS) && inner.last_ts <= outer.last_ts.plus_ms(AT_ONCE_MS)
        };
        lies_in(one, two) || lies_in(two, one)
    }
}

/// Whether the two do not contradict each other. The frame often does not know how the request failed; only the frame
/// knows the consequences, and logs them in separate lines.
fn fits(one: &CallMembership, two: &CallMembership) -> bool {
    let (Some(first), Some(second)) = (one.request, two.request) else { return false };
    (first == second || is_update(first, second) || is_update(second, first))
        && agree(one.delay_id.as_ref(), two.delay_id.as_ref())
        && agree(one.failure, two.failure)
        && agree(one.http_status, two.http_status)
        && one.rejoins == two.rejoins
        && one.gave_up == two.gave_up
}

fn agree<T: PartialEq>(one: Option<T>, two: Option<T>) -> bool {
    one.is_none() || two.is_none() || one == two
}

/// Whether `request` is one of the three requests that a widget's host logs as an update of the delayed leave.
fn is_update(update: CallRequest, request: CallRequest) -> bool {
    let is_one_of_three =
        matches!(request, CallRequest::RestartLeave | CallRequest::CancelLeave | CallRequest::SendLeave);
    update == CallRequest::UpdateLeave && is_one_of_three
}

/// The purpose of a call-membership request, in words.
pub(crate) const fn request_words(request: Option<CallRequest>) -> &'static str {
    match request {
        Some(CallRequest::ScheduleLeave) => "scheduling the delayed leave",
        Some(CallRequest::RestartLeave) => "restarting the timer of the delayed leave",
        Some(CallRequest::CancelLeave) => "cancelling the delayed leave",
        Some(CallRequest::SendLeave) => "sending the delayed leave at once",
        Some(CallRequest::UpdateLeave) => "updating the delayed leave",
        Some(CallRequest::Membership) => "sending the call membership",
        None => "a request that keeps this device in the call",
    }
}

fn describe(call: &CallMembership) -> String {
    if call.rejoins {
        return "the homeserver had removed this device from the call, and it joins again: the others saw it leave"
            .to_owned();
    }
    let request = request_words(call.request);
    let failure = match (call.http_status, call.failure) {
        (Some(status), _) => match &call.errcode {
            Some(errcode) => format!("the homeserver answered {status} {errcode}"),
            None => format!("the homeserver answered {status}"),
        },
        (None, Some(CallFailure::TimedOut)) => "no answer came in time".to_owned(),
        (None, Some(CallFailure::Unreachable)) => "the homeserver was not reached".to_owned(),
        (None, Some(CallFailure::Refused)) => "the homeserver refused".to_owned(),
        (None, None) => "it failed".to_owned(),
    };
    let retry = match (call.attempt, call.max_attempts) {
        (Some(attempt), Some(max)) => format!(", retry {attempt} of {max}"),
        _ => String::new(),
    };
    let end = if call.gave_up { ", and the client gave up: the others see that it left the call" } else { "" };
    format!("{request}: {failure}{retry}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timed_out(request: CallRequest) -> CallMembership {
        CallMembership { request: Some(request), failure: Some(CallFailure::TimedOut), ..Default::default() }
    }

    #[test]
    fn an_update_matches_a_restart_of_the_same_delayed_event_only() {
        let update = timed_out(CallRequest::UpdateLeave);
        assert!(fits(&update, &timed_out(CallRequest::RestartLeave)));
        assert!(!fits(&update, &timed_out(CallRequest::ScheduleLeave)));
        let of = |id: &str| CallMembership { delay_id: Some(id.to_owned()), ..update.clone() };
        assert!(fits(&of("syd_a"), &of("syd_a")) && !fits(&of("syd_a"), &of("syd_b")));
        assert!(!fits(&update, &CallMembership { gave_up: true, ..update.clone() }));
    }

    #[test]
    fn a_rejoin_says_that_the_others_saw_the_device_leave() {
        let rejoin = CallMembership { rejoins: true, ..Default::default() };
        assert!(describe(&rejoin).ends_with("the others saw it leave"));
        assert_eq!(
            describe(&CallMembership {
                attempt: Some(3),
                max_attempts: Some(10),
                ..timed_out(CallRequest::RestartLeave)
            }),
            "restarting the timer of the delayed leave: no answer came in time, retry 3 of 10"
        );
    }
}
