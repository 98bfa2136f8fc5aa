//! What lies on the table: the report, what was added to it, and how to refer to a piece of either.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Answer;
use super::loads::{LineKey, Load, line_key, told_by_tabs};
use crate::entry::Fault;
use crate::report::{CaptureState, PageReport, Report};
use crate::server_evidence::{OneTimeKeyRow, ServerEvidence};
use crate::verdict::EvidenceRef;

/// A page that was watched for less may have missed the next try of a client that is idle (30 s) and its answer.
const LONG_ENOUGH_MS: i64 = 2 * 60_000;

#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) report: &'a Report,
    pub(crate) server: &'a ServerEvidence,
    /// The loads of the page, the latest first.
    pub(super) all_loads: &'a [Load],
    pub(super) index: &'a Index<'a>,
    /// One of them alone.
    pub(super) only: Option<Load>,
}

impl<'a> Case<'a> {
    /// `loads`: see [`super::loads::loads_of`].
    pub(crate) const fn new(
        report: &'a Report,
        server: &'a ServerEvidence,
        loads: &'a [Load],
        index: &'a Index<'a>,
    ) -> Self {
        Self { report, server, all_loads: loads, index, only: None }
    }

    /// Of the homeserver's inventory, the keys of this device, with their places; `None`: nobody looked.
    pub(crate) fn one_time_keys(&self) -> Option<Vec<(usize, &'a OneTimeKeyRow)>> {
        let rows = self.server.one_time_keys.as_ref()?.iter().enumerate();
        Some(rows.filter(|(_, row)| self.is_this_device(&row.user_id, &row.device_id)).collect())
    }

    /// The row of the inventory that holds the key of this id: `<algorithm>:<id>`.
    pub(crate) fn one_time_key(&self, key_id: &str) -> Option<(usize, &'a OneTimeKeyRow)> {
        let index = *self.index.inventory.get(key_id)?;
        Some((index, self.server.one_time_keys.as_ref()?.get(index)?))
    }

    pub(crate) fn user_id(&self) -> Option<&'a str> {
        ids(&self.report.page).0
    }

    pub(crate) fn device_id(&self) -> Option<&'a str> {
        ids(&self.report.page).1
    }

    /// Rows of another device are ignored; all rows are, if the report does not name its device.
    pub(crate) fn is_this_device(&self, user_id: &str, device_id: &str) -> bool {
        self.user_id() == Some(user_id) && self.device_id() == Some(device_id)
    }

    /// Whether a line of the log names this report's user.
    pub(crate) fn is_about_this_user(&self, text: &str) -> bool {
        self.user_id().is_some_and(|user| names(text, user))
    }

    /// Whether lines were watched at all.
    pub(crate) fn is_watched(&self) -> bool {
        let page = &self.report.page;
        page.capturing_since.is_some() && matches!(page.status.state, CaptureState::Running | CaptureState::Degraded)
    }

    /// Where more lines of a fault were counted than its entries stand for, what was not kept may say anything.
    pub(crate) fn lines_not_kept(&self, fault: Fault) -> Option<Answer> {
        self.loads().find_map(|load| {
            let page = self.page(load);
            let (counts, entries) = page
                .map_or((&self.report.page.counts, &self.report.page.entries), |page| (&page.counts, &page.entries));
            let kept = entries.iter().filter(|entry| entry.ke == fault && entry.detail.is_counted());
            let kept = kept.fold(0_u32, |sum, entry| sum.saturating_add(entry.count.max(1)));
            let more = counts.get(fault).saturating_sub(kept);
            let place = if page.is_some() { " in an earlier page" } else { "" };
            (more > 0).then(|| {
                Answer::open(format!("{more} more lines of this fault were seen{place} than the report contains."))
                    .on([load.fact("counts", format!("{} lines", counts.get(fault)))])
                    .lacking("a report that was saved earlier, with those lines")
            })
        })
    }

    /// From when to when the page was watched.
    pub(crate) fn cite_watch(&self) -> EvidenceRef {
        let page = &self.report.page;
        let since = page.capturing_since.map_or("never".to_owned(), |since| since.to_string());
        fact("capturingSince", format!("watched from {since} to {}", page.generated_at))
    }

    /// For how long the page was watched.
    pub(crate) fn watched_ms(&self) -> i64 {
        let page = &self.report.page;
        page.capturing_since.map_or(0, |since| page.generated_at.ms() - since.ms())
    }

    /// Whether it was watched for so long that a client which syncs tried what it tries with each sync.
    pub(crate) fn is_watched_for_minutes(&self) -> bool {
        self.is_watched() && self.watched_ms() >= LONG_ENOUGH_MS
    }

    /// Whether a client whose uploads are refused would have been seen to try again: it does with every sync, and where
    /// its logger is silent, only who watches the network sees it.
    pub(crate) fn would_see_a_refusal(&self) -> bool {
        let page = &self.report.page;
        page.upload_loop.watched
            && page.client.sync_state.as_deref() == Some("SYNCING")
            && self.is_watched_for_minutes()
    }
}

/// What is looked up again and again, in reports and inventories of any size.
pub(crate) struct Index<'a> {
    /// Where the homeserver's inventory has each key of the device, by its id with the algorithm.
    inventory: BTreeMap<String, usize>,
    /// The lines that other tabs told of.
    pub(super) told: BTreeSet<LineKey<'a>>,
}

impl<'a> Index<'a> {
    pub(crate) fn of(report: &'a Report, server: &ServerEvidence) -> Self {
        let (user_id, device_id) = ids(&report.page);
        let rows = server.one_time_keys.as_deref().unwrap_or_default().iter().enumerate();
        let own = rows.filter(|(_, row)| user_id == Some(&*row.user_id) && device_id == Some(&*row.device_id));
        let named = own.map(|(index, row)| {
            let is_whole = row.key_id.starts_with(&format!("{}:", row.algorithm));
            (if is_whole { row.key_id.clone() } else { format!("{}:{}", row.algorithm, row.key_id) }, index)
        });
        // Of two rows with one id the first counts.
        let inventory = named.rev().collect();
        Self { inventory, told: told_by_tabs(report).map(|(_, _, entry)| line_key(entry)).collect() }
    }
}

/// Whose page it is: the user and the device.
pub(crate) fn ids(page: &PageReport) -> (Option<&str>, Option<&str>) {
    let store = page.crypto_store.as_ref();
    let user_id = page.client.user_id.as_deref().or_else(|| store?.user_id.as_deref());
    let device_id = page.client.device_id.as_deref().or_else(|| store?.device_id.as_deref());
    (user_id, device_id)
}

/// Refers to anything that is no entry.
pub(crate) fn fact(path: &str, text: impl Into<String>) -> EvidenceRef {
    EvidenceRef { entry: None, fact: path.to_owned(), text: text.into() }
}

/// Whether `text` names just this user: `@a:hs` is another than `@a:hs.org` and `@a:hs:8448`.
fn names(text: &str, user: &str) -> bool {
    text.match_indices(user).any(|(at, _)| {
        let mut behind = text[at + user.len()..].bytes();
        match behind.next() {
            Some(b'.' | b':') => !behind.next().is_some_and(|b| b.is_ascii_alphanumeric()),
            Some(b) => !b.is_ascii_alphanumeric() && b != b'-',
            None => true,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_of_a_server_whose_name_goes_on_is_another() {
        for line in ["{@a:hs} Processed request", "refused: @a:hs.", "@a:hs: 400", "by @a:hs", "@a:hs.org and @a:hs"] {
            assert!(names(line, "@a:hs"), "{line}");
        }
        for line in ["{@a:hs.org}", "@a:hs:8448/x", "@a:hs2", "@a:hs-2", "@b:hs", ""] {
            assert!(!names(line, "@a:hs"), "{line}");
        }
    }
}
