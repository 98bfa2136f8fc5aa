//! Interprets 4xx answers to a call's membership requests by status and errcode. Only listed combinations lead to a
//! conclusion.

use super::answer::Answer;
use super::membership_failures::request_words;
use crate::entry::{CallFailure, CallMembership, CallRequest};
use crate::verdict::{Conclusion, Verdict};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// The server, or a proxy in front of it, does not know the endpoint.
    Unsupported,
    /// The server knows the endpoint, but does not allow this user to use it.
    Forbidden,
    /// The server does not allow this request.
    NotAllowed,
    /// The delayed event was already sent: its timer ran out.
    Sent,
    /// The server does not have the delayed event, or no longer.
    Gone,
    /// Too many requests.
    Limited,
}

/// Judges 4xx answers that came in time. `None` if other answers came late or not at all: the refusal may be a
/// consequence.
pub(crate) fn refused(calls: &[&CallMembership]) -> Option<Answer> {
    let is_other = |call: &&CallMembership| {
        matches!(call.failure, Some(CallFailure::TimedOut | CallFailure::Unreachable))
            || (call.http_status.is_some_and(|status| status >= 500) && refusal(call).is_none())
    };
    if calls.iter().any(is_other) {
        return None;
    }
    let (call, refusal) = calls.iter().find_map(|call| Some((*call, refusal(call)?)))?;
    let status = call.http_status.map_or_else(String::new, |status| format!("{status}"));
    let code = call.errcode.as_deref().map_or_else(String::new, |errcode| format!(" {errcode}"));
    let (answered, request) = (format!("{status}{code}"), request_words(call.request));
    Some(match refusal {
        Refusal::Unsupported => {
            let because = format!(
                "The homeserver answered {answered} to {request}: it does not support delayed events, or its proxy \
                 does not forward the path."
            );
            Answer::new(Verdict::Confirmed, Conclusion::DelayedEventsUnsupported, because)
        }
        Refusal::Forbidden => {
            let because = format!(
                "The homeserver refused the delayed events with {answered} ({request}): this user, or this session, has no \
                 permission for them."
            );
            Answer::new(Verdict::Confirmed, Conclusion::DelayedEventsRefused, because)
        }
        Refusal::NotAllowed => {
            let because = format!(
                "The homeserver refused the delayed events with {answered} ({request}): it does not support them, or does not \
                 allow what the client asked for."
            );
            Answer::new(Verdict::Confirmed, Conclusion::DelayedEventsRefused, because)
        }
        Refusal::Sent => {
            let because = format!(
                "The homeserver answered {answered} to {request}: it had already sent the delayed event, because its \
                 timer was not restarted in time."
            );
            Answer::new(Verdict::Confirmed, Conclusion::DelayedEventExpired, because)
        }
        Refusal::Gone => {
            let because = format!(
                "The homeserver answered {answered} to {request}: it no longer has this delayed event. Most likely it \
                 was sent, because its timer was not restarted in time."
            );
            Answer::new(Verdict::Likely, Conclusion::DelayedEventExpired, because).with_missing(
                "the homeserver's log: when the delayed event was sent or cancelled, and the requests before that",
            )
        }
        Refusal::Limited => {
            let limit = if is_of_scheduled(call) { "`rc_delayed_event_mgmt`" } else { "`rc_message`" };
            let because = format!(
                "The homeserver answered {} to {request}: its rate limit stops the requests that keep this device in the call \
                 (in Synapse {limit}).",
                if answered.is_empty() { "that there were too many requests" } else { &answered }
            );
            Answer::new(Verdict::Confirmed, Conclusion::RateLimited, because)
        }
    })
}

/// Whether the request is about a delayed event that the server already has.
fn is_of_scheduled(call: &CallMembership) -> bool {
    let request = call.request;
    let is_update = matches!(
        request,
        Some(CallRequest::RestartLeave | CallRequest::CancelLeave | CallRequest::SendLeave | CallRequest::UpdateLeave)
    );
    call.delay_id.is_some() || is_update
}

fn refusal(call: &CallMembership) -> Option<Refusal> {
    let (status, errcode) = (call.http_status, call.errcode.as_deref());
    if status == Some(429) || errcode == Some("M_LIMIT_EXCEEDED") {
        return Some(Refusal::Limited);
    }
    // Whether a user may join the call depends on the room, and 401 is about the login; neither is about delayed
    // events.
    if call.request == Some(CallRequest::Membership) || status == Some(401) {
        return None;
    }
    let is_of_scheduled = is_of_scheduled(call);
    match (status?, errcode) {
        (400 | 404 | 501, Some("M_UNRECOGNIZED")) | (405, _) => Some(Refusal::Unsupported),
        (409, _) if is_of_scheduled => Some(Refusal::Sent),
        (404, Some("M_NOT_FOUND")) if is_of_scheduled => Some(Refusal::Gone),
        (403, _) => Some(Refusal::Forbidden),
        (400 | 404, _) if !is_of_scheduled => Some(Refusal::NotAllowed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(request: CallRequest, status: u16, errcode: Option<&str>) -> CallMembership {
        CallMembership {
            request: Some(request),
            failure: Some(CallFailure::Refused),
            http_status: Some(status),
            errcode: errcode.map(str::to_owned),
            ..Default::default()
        }
    }

    #[test]
    fn a_refusal_is_classified_by_status_and_errcode_and_unknown_ones_are_not_guessed() {
        use CallRequest::{CancelLeave, Membership, RestartLeave, ScheduleLeave, SendLeave, UpdateLeave};
        for (request, status, errcode, expected) in [
            (RestartLeave, 404, Some("M_UNRECOGNIZED"), Some(Refusal::Unsupported)),
            (ScheduleLeave, 404, Some("M_UNRECOGNIZED"), Some(Refusal::Unsupported)),
            (UpdateLeave, 405, Some("M_UNRECOGNIZED"), Some(Refusal::Unsupported)),
            (ScheduleLeave, 501, Some("M_UNRECOGNIZED"), Some(Refusal::Unsupported)),
            (CancelLeave, 404, Some("M_NOT_FOUND"), Some(Refusal::Gone)),
            (SendLeave, 409, None, Some(Refusal::Sent)),
            (RestartLeave, 409, Some("M_UNKNOWN"), Some(Refusal::Sent)),
            (RestartLeave, 429, Some("M_LIMIT_EXCEEDED"), Some(Refusal::Limited)),
            (Membership, 429, None, Some(Refusal::Limited)),
            (RestartLeave, 403, Some("M_FORBIDDEN"), Some(Refusal::Forbidden)),
            (ScheduleLeave, 403, None, Some(Refusal::Forbidden)),
            (ScheduleLeave, 400, Some("M_UNKNOWN"), Some(Refusal::NotAllowed)),
            (Membership, 403, Some("M_FORBIDDEN"), None),
            (RestartLeave, 404, None, None),
            (RestartLeave, 401, Some("M_UNKNOWN_TOKEN"), None),
            (RestartLeave, 400, None, None),
            (RestartLeave, 418, None, None),
            (ScheduleLeave, 410, Some("M_NEW"), None),
            (RestartLeave, 500, Some("M_UNKNOWN"), None),
        ] {
            assert_eq!(refusal(&call(request, status, errcode)), expected, "{request:?} {status} {errcode:?}");
        }
    }

    #[test]
    fn refused_calls_are_judged_only_if_no_other_call_timed_out() {
        let limited = call(CallRequest::RestartLeave, 429, Some("M_LIMIT_EXCEEDED"));
        let gave_up = CallMembership { gave_up: true, http_status: None, errcode: None, ..limited.clone() };
        assert!(refused(&[&limited, &gave_up]).is_some());
        let timed_out = CallMembership { failure: Some(CallFailure::TimedOut), ..Default::default() };
        assert!(refused(&[&limited, &timed_out]).is_none());
    }
}
