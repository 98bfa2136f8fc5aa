//! A capture session: the user reproduces a fault and marks the moments it occurs.

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// What the user noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum MarkKind {
    /// The sound of a call dropped out.
    SoundCut,
    /// The picture of a call froze or went dark.
    PictureFrozen,
    /// A message could not be decrypted.
    CannotReadMessage,
    /// Something else.
    Other,
}

/// A moment at which the user noticed a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Mark {
    /// When the user set the mark.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub ts: Timestamp,
    /// What the user noticed.
    pub kind: MarkKind,
}

/// A capture session. Starting one deletes nothing: earlier evidence stays in the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct CaptureSession {
    /// When the session started.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub started_at: Timestamp,
    /// When the session stopped; `null`: it is running.
    #[cfg_attr(feature = "bindings", ts(as = "Option<String>"))]
    pub stopped_at: Option<Timestamp>,
    /// The marks in order of time; only the latest hundred are kept.
    pub marks: Vec<Mark>,
}

/// More marks than anyone sets on purpose.
const MAX_MARKS: usize = 100;

impl MarkKind {
    /// The kind with this name. Unknown names become [`MarkKind::Other`], so that the report always fits its schema.
    fn named(name: &str) -> Self {
        match name {
            "sound-cut" => Self::SoundCut,
            "picture-frozen" => Self::PictureFrozen,
            "cannot-read-message" => Self::CannotReadMessage,
            _ => Self::Other,
        }
    }
}

/// The capture sessions of a page. Only the latest is kept.
///
/// ```
/// use lotus_crypto_diag::capture_session::CaptureSessions;
/// use lotus_crypto_diag::timestamp::Timestamp;
///
/// let (mut sessions, now) = (CaptureSessions::default(), Timestamp::from_ms(0.0));
/// sessions.start(now);
/// sessions.mark("sound-cut", now);
/// sessions.stop(now);
/// assert_eq!(sessions.latest().map(|session| session.marks.len()), Some(1));
/// ```
#[derive(Debug, Default)]
pub struct CaptureSessions {
    latest: Option<CaptureSession>,
}

impl CaptureSessions {
    /// Starts a session unless one is running. The marks of the previous session stay, since each has its time.
    pub fn start(&mut self, now: Timestamp) {
        self.running(now);
    }

    /// Sets a mark; see [`MarkKind`]. Starts a session if none is running.
    pub fn mark(&mut self, kind: &str, now: Timestamp) {
        let marks = &mut self.running(now).marks;
        marks.push(Mark { ts: now, kind: MarkKind::named(kind) });
        if marks.len() > MAX_MARKS {
            marks.remove(0);
        }
    }

    /// Stops the running session.
    pub fn stop(&mut self, now: Timestamp) {
        if let Some(session) = &mut self.latest {
            session.stopped_at.get_or_insert(now);
        }
    }

    /// `None` if no session was started yet.
    pub const fn latest(&self) -> Option<&CaptureSession> {
        self.latest.as_ref()
    }

    fn running(&mut self, now: Timestamp) -> &mut CaptureSession {
        let new = |marks| CaptureSession { started_at: now, stopped_at: None, marks };
        let latest = self.latest.get_or_insert_with(|| new(Vec::new()));
        if latest.stopped_at.is_some() {
            *latest = new(std::mem::take(&mut latest.marks));
        }
        latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u32) -> Timestamp {
        Timestamp::from_ms(f64::from(ms))
    }

    #[test]
    fn a_mark_kind_has_its_report_name_and_an_unknown_name_is_other() {
        for kind in [MarkKind::SoundCut, MarkKind::PictureFrozen, MarkKind::CannotReadMessage, MarkKind::Other] {
            let name = serde_json::to_value(kind).unwrap();
            assert_eq!(MarkKind::named(name.as_str().unwrap()), kind);
        }
        assert_eq!(MarkKind::named("x"), MarkKind::Other);
    }

    #[test]
    fn a_start_keeps_a_running_session_and_the_marks_of_a_stopped_one() {
        let mut sessions = CaptureSessions::default();
        sessions.stop(at(0));
        assert_eq!(sessions.latest(), None);
        sessions.start(at(1));
        sessions.start(at(2));
        sessions.mark("sound-cut", at(3));
        sessions.stop(at(4));
        sessions.stop(at(5));
        let before = sessions.latest().unwrap().clone();
        assert_eq!((before.started_at, before.stopped_at), (at(1), Some(at(4))));
        // A mark starts a session.
        sessions.mark("other", at(6));
        let after = sessions.latest().unwrap();
        assert_eq!((after.started_at, after.stopped_at, after.marks.len()), (at(6), None, 2));
        assert_eq!(after.marks[0], before.marks[0]);
    }

    #[test]
    fn the_oldest_marks_are_dropped_beyond_a_hundred() {
        let mut sessions = CaptureSessions::default();
        for ms in 0..250 {
            sessions.mark("other", at(ms));
        }
        let marks = &sessions.latest().unwrap().marks;
        assert_eq!((marks.len(), marks[0].ts, marks[99].ts), (MAX_MARKS, at(150), at(249)));
    }
}
