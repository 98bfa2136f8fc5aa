//! The lines about a call's membership: a delayed event leaves the call for a client that vanished, and the client
//! must restart its timer in time. Written by the SDK's `MembershipManager` and by the widget driver.

use crate::entry::CallMembership;
use crate::scan;

/// Reads room, retries and status, wherever the line gives them.
pub(crate) fn parse_membership(text: &str) -> CallMembership {
    let (attempt, max_attempts) = attempts(text).unzip();
    CallMembership {
        room_id: scan::after(text, "[MatrixRTCSession ").and_then(room),
        attempt,
        max_attempts,
        http_status: scan::http_status(text),
        gave_up: text.contains("MembershipManager stopped because")
            || text.contains("MembershipManager encountered an unrecoverable error"),
    }
}

fn room(text: &str) -> Option<String> {
    let id = scan::leading(text, |c| !c.is_whitespace() && c != ']')?;
    id.starts_with('!').then(|| id.to_owned())
}

/// `(0/10)`, written as `((0/10))` by some releases; `(11)` where it gave up: `Reached maximum (11) retries`.
fn attempts(text: &str) -> Option<(u32, u32)> {
    let counter = text.match_indices('(').find_map(|(at, _)| {
        let (attempt, rest) = text[at + 1..].split_once('/')?;
        let max = &rest[..rest.find(')')?];
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
    fn retries_status_and_the_end_are_read() {
        let room_id = Some("!r:hs".to_owned());
        assert_eq!(
            read("Network local timeout error while sending event, immediate retry ((3/10)) AbortError: x"),
            CallMembership { room_id: room_id.clone(), attempt: Some(3), max_attempts: Some(10), ..Default::default() }
        );
        assert_eq!(
            read("Server error while sending event, retrying in 3s (0/10) Error: Server returned 504 error")
                .http_status,
            Some(504)
        );
        assert_eq!(
            read("MembershipManager stopped because: Error: Reached maximum (11) retries cause by: AbortError: x"),
            CallMembership { room_id, attempt: Some(11), max_attempts: Some(11), gave_up: true, ..Default::default() }
        );
        assert_eq!(parse_membership("error updating delayed event: (http://hs/a/b)"), CallMembership::default());
    }
}
