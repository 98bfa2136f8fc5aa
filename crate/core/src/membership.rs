//! Parses lines about a call's membership. A delayed event removes a client that vanished from the call, so a client
//! must restart its timer in time. The lines are logged by the SDK's `MembershipManager` and by the widget driver.

use crate::entry::{CallFailure, CallMembership, CallRequest};
use crate::scan;

/// Substrings that identify the request if the URL does not. More specific ones come first.
const REQUESTS: [(&str, CallRequest); 20] = [
    ("Restart delayed event timed out", CallRequest::RestartLeave),
    ("Could not restart delayed event", CallRequest::RestartLeave),
    ("client.restartScheduledDelayedEvent", CallRequest::RestartLeave),
    ("client.cancelScheduledDelayedEvent", CallRequest::CancelLeave),
    ("client.sendScheduledDelayedEvent", CallRequest::SendLeave),
    ("client._unstable_updateDelayedEvent", CallRequest::UpdateLeave),
    ("for RestartDelayedEvent attempts", CallRequest::RestartLeave),
    ("for SendScheduledDelayedLeaveEvent attempts", CallRequest::SendLeave),
    ("for SendDelayedEvent attempts", CallRequest::ScheduleLeave),
    ("for SendFirstDelayedEvent attempts", CallRequest::ScheduleLeave),
    ("for SendMainDelayedEvent attempts", CallRequest::ScheduleLeave),
    ("Retry sending delayed disconnection event", CallRequest::ScheduleLeave),
    ("DelayedEvents endpoint", CallRequest::ScheduleLeave),
    ("org.matrix.msc4140.delay=", CallRequest::ScheduleLeave),
    ("Could not send delayed event", CallRequest::ScheduleLeave),
    ("client._unstable_sendDelayed", CallRequest::ScheduleLeave),
    ("/delayed_events/", CallRequest::UpdateLeave),
    ("pdating delayed event", CallRequest::UpdateLeave),
    ("/state/org.matrix.msc", CallRequest::Membership),
    ("client.sendStateEvent", CallRequest::Membership),
];

const FAILURES: [(&str, CallFailure); 8] = [
    ("AbortError", CallFailure::TimedOut),
    ("timed out", CallFailure::TimedOut),
    ("ConnectionError", CallFailure::Unreachable),
    ("Failed to fetch", CallFailure::Unreachable),
    ("NetworkError when attempting", CallFailure::Unreachable),
    ("Load failed", CallFailure::Unreachable),
    ("M_LIMIT_EXCEEDED", CallFailure::Refused),
    // The SDK logs this only for rate limits; for other failures it logs "Reached maximum".
    ("Exceeded maximum retries", CallFailure::Refused),
];

/// Reads the room, request, failure and retries from wherever the line contains them.
pub(crate) fn parse_membership(text: &str) -> CallMembership {
    let (room_id, text) = session(text);
    let (attempt, max_attempts) = attempts(text).unzip();
    let (delay_id, action) = delayed_event(text).unzip();
    let http_status = scan::http_status(text);
    CallMembership {
        room_id,
        request: action.flatten().or_else(|| first_match(text, &REQUESTS)),
        failure: http_status.map(|_| CallFailure::Refused).or_else(|| first_match(text, &FAILURES)),
        http_status,
        errcode: scan::errcode(text).map(str::to_owned),
        delay_id,
        attempt,
        max_attempts,
        rejoins: scan::contains(text, "Missing own membership"),
        gave_up: scan::contains(text, "MembershipManager stopped because")
            || scan::contains(text, "The MembershipManager shut down")
            || scan::contains(text, "MembershipManager encountered an unrecoverable error"),
    }
}

fn first_match<T: Copy>(text: &str, words: &[(&str, T)]) -> Option<T> {
    words.iter().find(|(words, _)| scan::contains(text, words)).map(|(_, meaning)| *meaning)
}

/// `…/delayed_events/syd_x/restart)`; earlier releases send the action in the body instead.
fn delayed_event(text: &str) -> Option<(String, Option<CallRequest>)> {
    let rest = scan::after(text, "/delayed_events/")?;
    let id = scan::leading(rest, |c| c.is_ascii_alphanumeric() || c == '_' || c == '-')?;
    let action = rest[id.len()..].strip_prefix('/').and_then(|rest| scan::leading(rest, |c| c.is_ascii_lowercase()));
    let request = match action {
        Some("restart") => Some(CallRequest::RestartLeave),
        Some("cancel") => Some(CallRequest::CancelLeave),
        Some("send") => Some(CallRequest::SendLeave),
        _ => None,
    };
    Some((id.to_owned(), request))
}

/// The room, and the text about it. A server may choose any room id, so the id is not parsed further.
fn session(text: &str) -> (Option<String>, &str) {
    let Some(rest) = scan::after(text, "[MatrixRTCSession ") else { return (None, text) };
    let said = scan::after_last(rest, "m.call#ROOM]").or_else(|| scan::split(rest, "]"));
    (room(rest), said.map_or(rest, |(_, said)| said))
}

fn room(text: &str) -> Option<String> {
    let id = scan::leading(text, |c| !c.is_whitespace() && c != ']')?;
    id.starts_with('!').then(|| id.to_owned())
}

/// `(0/10)`, in some releases `((0/10))`; `(11)` after it gave up: `Reached maximum (11) retries`.
fn attempts(text: &str) -> Option<(u32, u32)> {
    let counter = scan::each_after(text, "(").find_map(|rest| {
        // Digit by digit: searching a distant `/` after each of many brackets would take quadratic time.
        let attempt = scan::leading(rest, |c| c.is_ascii_digit())?;
        let max = scan::leading(rest[attempt.len()..].strip_prefix('/')?, |c| c.is_ascii_digit())?;
        rest[attempt.len() + 1 + max.len()..].starts_with(')').then_some(())?;
        Some((attempt.parse().ok()?, max.parse().ok()?))
    });
    counter.or_else(|| {
        let max = scan::number(scan::after(text, "Reached maximum (")?)?;
        Some((max, max))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> CallMembership {
        parse_membership(&format!("[MatrixRTCSession !r:hs m.call#ROOM][MembershipManager] {words}"))
    }

    #[test]
    fn retries_the_http_status_and_giving_up_are_read() {
        let room_id = Some("!r:hs".to_owned());
        assert_eq!(
            read("Network local timeout error while sending event, immediate retry ((3/10)) AbortError: x"),
            CallMembership {
                room_id: room_id.clone(),
                failure: Some(CallFailure::TimedOut),
                attempt: Some(3),
                max_attempts: Some(10),
                ..Default::default()
            }
        );
        assert_eq!(
            read("Server error while sending event, retrying in 3s (0/10) Error: Server returned 504 error")
                .http_status,
            Some(504)
        );
        assert_eq!(
            read("MembershipManager stopped because: Error: Reached maximum (11) retries cause by: AbortError: x"),
            CallMembership {
                room_id,
                failure: Some(CallFailure::TimedOut),
                attempt: Some(11),
                max_attempts: Some(11),
                gave_up: true,
                ..Default::default()
            }
        );
        assert_eq!(parse_membership("something of a delayed event (http://hs/a/b)"), CallMembership::default());
    }

    #[test]
    fn the_errcode_and_giving_up_are_read_with_any_prefix() {
        let limited = parse_membership(
            "error updating delayed event:  M_LIMIT_EXCEEDED: MatrixError: [429] Too Many Requests \
             (https://hs/_matrix/client/unstable/org.matrix.msc4140/delayed_events/syd_x/restart)",
        );
        assert_eq!((limited.http_status, limited.errcode.as_deref()), (Some(429), Some("M_LIMIT_EXCEEDED")));
        for before in ["", "[MembershipManager] ", "MembershipManager encountered an unrecoverable error:  "] {
            let call = parse_membership(&format!(
                "{before}Error: The MembershipManager shut down because of the end condition: Error: Exceeded maximum retries \
                 for RestartDelayedEvent attempts (client.restartScheduledDelayedEvent)"
            ));
            assert_eq!(
                (call.gave_up, call.request, call.failure),
                (true, Some(CallRequest::RestartLeave), Some(CallFailure::Refused)),
                "{before}"
            );
        }
    }

    #[test]
    fn the_request_is_read_from_the_url_or_from_the_words() {
        let in_address = |action: &str| {
            let line = format!(
                "Server error while sending event, retrying in 1s (0/11) M_UNKNOWN: MatrixError: [500] Internal server \
                 error (http://hs/_matrix/client/unstable/org.matrix.msc4140/delayed_events/syd_Ab-1{action})"
            );
            let call = read(&line);
            assert_eq!((call.delay_id.as_deref(), call.failure), (Some("syd_Ab-1"), Some(CallFailure::Refused)));
            call.request
        };
        assert_eq!(in_address("/restart"), Some(CallRequest::RestartLeave));
        assert_eq!(in_address("/cancel"), Some(CallRequest::CancelLeave));
        assert_eq!(in_address("/send"), Some(CallRequest::SendLeave));
        assert_eq!(in_address(""), Some(CallRequest::UpdateLeave));

        for (words, request) in [
            ("AbortError: Restart delayed event timed out before the HS responded", CallRequest::RestartLeave),
            ("error updating delayed event:  Error: Server returned 504 error", CallRequest::UpdateLeave),
            (
                "delayed event update timeout error, retrying in 1s (0/11) x: Error updating delayed event",
                CallRequest::UpdateLeave,
            ),
            (
                "error sending event:  MatrixError: [500] x (http://hs/_matrix/client/v3/rooms/!r/state/\
                 org.matrix.msc3401.call.member/_x?org.matrix.msc4140.delay=8000)",
                CallRequest::ScheduleLeave,
            ),
            ("Exceeded maximum retries for SendJoinEvent attempts (client.sendStateEvent)", CallRequest::Membership),
        ] {
            assert_eq!(parse_membership(words).request, Some(request), "{words}");
        }
        assert_eq!(read("ConnectionError: fetch failed: Failed to fetch").failure, Some(CallFailure::Unreachable));
    }

    #[test]
    fn a_forced_rejoin_is_read() {
        let call = read("Missing own membership: force re-join");
        assert!(call.rejoins && !call.gave_up && call.request.is_none());
    }
}
