//! How an earlier page ended, as far as its last record and the page after it tell.

use crate::earlier::PageEnd;
use crate::kept_page::{Arrival, Stage};

/// `last`: where the page was in its life, and whether it had given its place to another tab. `is_open`: whether a tab says
/// that it shows this page; `None`: the tabs were not asked. `next`: how the page came into the tab that was shown there after
/// this one.
pub(crate) fn end_of(last: (Stage, bool), is_open: Option<bool>, next: Option<Arrival>) -> PageEnd {
    let (stage, replaced) = last;
    let is_left = stage == Stage::Left;
    match (is_open, next) {
        (Some(true), _) => PageEnd::Open,
        (_, Some(Arrival::Restored)) if !is_left => PageEnd::Discarded,
        _ if replaced => PageEnd::Replaced,
        (_, Some(Arrival::Reloaded)) if is_left => PageEnd::Reloaded,
        _ if is_left => PageEnd::Closed,
        // A copy of a tab comes after a page that goes on; so this alone tells nothing.
        (None, _) => PageEnd::Unknown,
        // A tab that is put to sleep does not answer, and one that is out of sight may be ended without a word.
        (Some(false), None) if stage == Stage::Hidden => PageEnd::Unknown,
        (Some(false), _) => PageEnd::Crashed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_named_only_where_something_tells_it() {
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
            (Hidden, false, Some(false), Some(Opened), PageEnd::Crashed),
            (Hidden, false, Some(false), Some(Restored), PageEnd::Discarded),
            (Shown, false, None, Some(Restored), PageEnd::Discarded),
            (Hidden, false, Some(false), None, PageEnd::Unknown),
            (Shown, false, None, None, PageEnd::Unknown),
            (Hidden, false, None, Some(Opened), PageEnd::Unknown),
        ] {
            assert_eq!(end_of((stage, replaced), is_open, next), end, "{stage:?} {replaced} {is_open:?} {next:?}");
        }
    }
}
