//! How an earlier page ended, as far as its last record and the page after it show.

use crate::earlier::PageEnd;
use crate::kept_page::{Arrival, Stage};

/// A new tab cannot answer within its first few seconds.
const ANSWERS_MS: i64 = 30_000;

/// The data of a page's last record.
#[derive(Clone, Copy)]
pub(crate) struct LastRecord {
    /// The page's stage.
    pub(crate) stage: Stage,
    /// Whether another tab had replaced this one as the active tab.
    pub(crate) replaced: bool,
    /// How long ago the record was written.
    pub(crate) ago_ms: i64,
}

/// `is_open`: whether a tab reports that it shows this page; `None`: the tabs were not asked. `next`: how the next page in
/// the same tab came there.
pub(crate) fn end_of(last: LastRecord, is_open: Option<bool>, next: Option<Arrival>) -> PageEnd {
    let LastRecord { stage, replaced, ago_ms } = last;
    let is_left = stage == Stage::Left;
    match (is_open, next) {
        (Some(true), _) => PageEnd::Open,
        (_, Some(Arrival::Restored)) if !is_left => PageEnd::Discarded,
        _ if replaced => PageEnd::Replaced,
        (_, Some(Arrival::Reloaded)) if is_left => PageEnd::Reloaded,
        _ if is_left => PageEnd::Closed,
        // Without the other tabs' answers the page may still be open: a duplicated tab also names it as the previous one.
        (None, _) => PageEnd::Unknown,
        // A frozen tab does not answer, and the browser may end a hidden one without an event. Another page that names it as
        // the previous one proves nothing: a page in a duplicated tab does so, too.
        (Some(false), next) if stage == Stage::Hidden && next != Some(Arrival::Reloaded) => PageEnd::Unknown,
        (Some(false), None) if ago_ms < ANSWERS_MS => PageEnd::Unknown,
        (Some(false), _) => PageEnd::Crashed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_not_called_crashed_before_its_tab_can_have_answered() {
        let last = LastRecord { stage: Stage::Shown, replaced: false, ago_ms: ANSWERS_MS - 1 };
        assert_eq!(end_of(last, Some(false), None), PageEnd::Unknown);
        assert_eq!(end_of(last, Some(false), Some(Arrival::Reloaded)), PageEnd::Crashed);
    }

    #[test]
    fn the_end_of_a_page_is_named_only_if_there_is_evidence_for_it() {
        use Arrival::{Opened, Reloaded, Restored};
        use Stage::{Hidden, Left, Shown};
        for (stage, replaced, is_open, next, end) in [
            (Left, false, Some(false), None, PageEnd::Closed),
            (Left, false, None, Some(Opened), PageEnd::Closed),
            (Left, false, Some(false), Some(Reloaded), PageEnd::Reloaded),
            (Left, false, None, Some(Reloaded), PageEnd::Reloaded),
            (Left, true, Some(false), Some(Reloaded), PageEnd::Replaced),
            (Shown, true, Some(false), None, PageEnd::Replaced),
            (Shown, false, Some(true), None, PageEnd::Open),
            (Left, true, Some(true), Some(Reloaded), PageEnd::Open),
            (Shown, false, Some(false), None, PageEnd::Crashed),
            (Shown, false, Some(false), Some(Reloaded), PageEnd::Crashed),
            (Hidden, false, Some(false), Some(Opened), PageEnd::Unknown),
            (Hidden, false, Some(false), Some(Reloaded), PageEnd::Crashed),
            (Hidden, false, Some(false), Some(Restored), PageEnd::Discarded),
            (Shown, false, None, Some(Restored), PageEnd::Discarded),
            (Hidden, false, Some(false), None, PageEnd::Unknown),
            (Shown, false, None, None, PageEnd::Unknown),
            (Hidden, false, None, Some(Opened), PageEnd::Unknown),
        ] {
            let last = LastRecord { stage, replaced, ago_ms: ANSWERS_MS };
            assert_eq!(end_of(last, is_open, next), end, "{stage:?} {replaced} {is_open:?} {next:?}");
        }
    }
}
