//! The note that a leading page leaves for the next page of the same tab.

use crate::scan;
use crate::timestamp::Timestamp;

/// If more time has passed, the page was not reloaded: the user came back later.
const RELOAD_MS: i64 = 60_000;

/// Notes that this tab led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderNote {
    /// Name of the session.
    pub name: String,
    /// When the page ended.
    pub at: Timestamp,
}

impl LeaderNote {
    /// The note as stored text.
    pub fn to_text(&self) -> String {
        [&self.at.to_string(), " ", &self.name].concat()
    }

    /// Reads the text that [`to_text`](Self::to_text) created; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, name) = scan::split(text, " ")?;
        Some(Self { name: name.to_owned(), at: at.parse().ok()? })
    }

    /// Whether the page was probably reloaded, judging by the time.
    pub const fn is_recent(&self, now: Timestamp) -> bool {
        (now.ms() - self.at.ms()).abs() < RELOAD_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_back_and_is_recent_within_a_minute_in_either_direction() {
        let at = Timestamp::from_ms(1e12);
        let note = LeaderNote { name: "@a:hs D".into(), at };
        assert_eq!(LeaderNote::parse(&note.to_text()), Some(note.clone()));
        for (ms, is_recent) in [(0, true), (59_999, true), (-59_999, true), (60_000, false), (-60_000, false)] {
            assert_eq!(note.is_recent(at.plus_ms(ms)), is_recent, "{ms}");
        }
    }

    #[test]
    fn an_invalid_note_is_not_read() {
        for text in ["", "null", "{}", " ", "yesterday x", "2026-11-24T00:13:36.042Z", "{\"name\":\"x\",\"at\":1 }"] {
            assert_eq!(LeaderNote::parse(text), None, "{text}");
        }
    }
}
