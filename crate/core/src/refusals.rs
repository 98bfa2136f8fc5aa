//! Keeps the server's refusals of uploads to answer further uploads with them, and limits how often.

use serde::Serialize;

use crate::json::to_json;
use crate::timestamp::Timestamp;
use crate::upload_answer::UploadAnswer;

/// The minimum time between answers: an SDK that retries at once would otherwise keep the page busy.
const PACE_MS: i64 = 250;
/// The longest answer to keep; a proxy's error page may be this long.
const LONGEST: usize = 64 * 1024;
/// How many senders of one device are remembered. Usually there is one; renewing the access token adds another.
const SENDERS: usize = 4;

/// The answer to an upload that is not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FromMemory {
    /// HTTP status of the server's last refusal.
    pub status: u16,
    /// HTTP status text of the refusal.
    pub status_text: String,
    /// Body of the refusal.
    pub body: String,
    /// Milliseconds to wait before answering.
    pub after_ms: u32,
}

impl FromMemory {
    /// As JSON.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

/// The last refusals of one client, one per sender.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refusals {
    /// The latest comes last.
    kept: Vec<(u64, FromMemory)>,
}

impl Refusals {
    pub(crate) fn keep(&mut self, sender: u64, answer: &UploadAnswer<'_>) {
        if answer.body.len() > LONGEST {
            return;
        }
        self.kept.retain(|(known, _)| *known != sender);
        if self.kept.len() >= SENDERS {
            self.kept.remove(0);
        }
        let UploadAnswer { status, status_text, body, .. } = *answer;
        let (status_text, body) = (status_text.to_owned(), body.to_owned());
        self.kept.push((sender, FromMemory { status, status_text, body, after_ms: 0 }));
    }

    pub(crate) fn latest(&self) -> Option<&FromMemory> {
        self.kept.last().map(|(_, answer)| answer)
    }

    pub(crate) fn of(&self, sender: u64) -> Option<&FromMemory> {
        self.kept.iter().find(|(known, _)| *known == sender).map(|(_, answer)| answer)
    }
}

/// When the last local answer was due.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    last: Option<Timestamp>,
}

impl Pace {
    /// How long the next answer waits: at most `PACE_MS`, even if the clock changes.
    pub(crate) fn wait_ms(&mut self, now: Timestamp) -> u32 {
        let rest = self.last.map_or(0, |last| last.ms() + PACE_MS - now.ms()).clamp(0, PACE_MS);
        self.last = Some(now.plus_ms(rest));
        u32::try_from(rest).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::default().plus_ms(ms)
    }

    #[test]
    fn at_most_four_answers_a_second_are_given_even_if_the_clock_jumps() {
        let mut pace = Pace::default();
        for (now, wait) in [(1000, 0), (1000, 250), (1000, 250), (1600, 0), (1700, 150), (0, 250), (0, 250), (9000, 0)]
        {
            assert_eq!(pace.wait_ms(at(now)), wait, "at {now}");
        }
    }

    #[test]
    fn the_last_refusal_of_each_recent_sender_is_kept_unless_it_is_too_long() {
        let mut refusals = Refusals::default();
        let endless = "x".repeat(LONGEST + 1);
        let answer = |body| UploadAnswer { status: 400, status_text: "Bad Request", body, ..UploadAnswer::default() };
        let body = |refusals: &Refusals, sender| refusals.of(sender).map(|answer| answer.body.clone());
        refusals.keep(1, &answer("first"));
        refusals.keep(2, &answer("of another"));
        refusals.keep(1, &answer("second"));
        refusals.keep(1, &answer(&endless));
        assert_eq!((body(&refusals, 1), body(&refusals, 3)), (Some("second".to_owned()), None));
        for sender in 3..=5 {
            refusals.keep(sender, &answer("later"));
        }
        assert_eq!((body(&refusals, 2), body(&refusals, 1)), (None, Some("second".to_owned())));
        assert_eq!(refusals.of(5).map(|answer| (answer.status, &*answer.status_text)), Some((400, "Bad Request")));
    }
}
