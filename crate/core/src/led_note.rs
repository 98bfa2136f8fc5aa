//! What a page that led leaves behind for the next page of the same tab.

use crate::scan;
use crate::timestamp::Timestamp;

/// A page that was gone for longer was not reloaded: somebody came back to the app.
const RELOAD_MS: i64 = 60_000;

/// That this tab led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedNote {
    /// Name of the session.
    pub name: String,
    /// When its page went.
    pub at: Timestamp,
}

impl LedNote {
    /// As it is kept.
    pub fn to_text(&self) -> String {
        [&self.at.to_string(), " ", &self.name].concat()
    }

    /// Reads what [`to_text`](Self::to_text) writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, name) = scan::split(text, " ")?;
        Some(Self { name: name.to_owned(), at: at.parse().ok()? })
    }

    /// Whether the page was reloaded, as far as the time tells.
    pub const fn is_recent(&self, now: Timestamp) -> bool {
        (now.ms() - self.at.ms()).abs() < RELOAD_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_back_and_counts_for_a_minute_whichever_way_the_clock_was_set() {
        let at = Timestamp::from_ms(1e12);
        let note = LedNote { name: "@a:hs D".into(), at };
        assert_eq!(LedNote::parse(&note.to_text()), Some(note.clone()));
        for (ms, is_recent) in [(0, true), (59_999, true), (-59_999, true), (60_000, false), (-60_000, false)] {
            assert_eq!(note.is_recent(at.plus_ms(ms)), is_recent, "{ms}");
        }
    }

    #[test]
    fn nonsense_is_no_note() {
        for text in ["", "null", "{}", " ", "yesterday x", "2026-11-24T00:13:36.042Z", "{\"name\":\"x\",\"at\":1 }"] {
            assert_eq!(LedNote::parse(text), None, "{text}");
        }
    }
}
