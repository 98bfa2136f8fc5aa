//! The input of the diagnosis: the report, the added evidence, and how to cite parts of them.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Answer;
use super::loads::{LineKey, Load, entries_of_tabs, line_key};
use crate::entry::Fault;
use crate::report::{CaptureState, PageReport, Report};
use crate::server_evidence::{OneTimeKeyRow, ServerEvidence};
use crate::verdict::EvidenceRef;

/// If a page is watched for less time, it may miss the next attempt of an idle client (every 30 s) and its answer.
const LONG_ENOUGH_MS: i64 = 2 * 60_000;

#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) report: &'a Report,
    pub(crate) server: &'a ServerEvidence,
    /// The page loads, the latest first.
    pub(super) all_loads: &'a [Load],
    pub(super) index: &'a Index<'a>,
    /// Limits the case to one load.
    pub(super) only: Option<Load>,
}

impl<'a> Case<'a> {
    /// `loads` is the result of [`super::loads::loads_of`].
    pub(crate) const fn new(
        report: &'a Report,
        server: &'a ServerEvidence,
        loads: &'a [Load],
        index: &'a Index<'a>,
    ) -> Self {
        Self { report, server, all_loads: loads, index, only: None }
    }

    /// This device's keys in the homeserver's inventory, with their index; `None`: nobody looked.
    pub(crate) fn one_time_keys(&self) -> Option<Vec<(usize, &'a OneTimeKeyRow)>> {
        let rows = self.server.one_time_keys.as_ref()?.iter().enumerate();
        Some(rows.filter(|(_, row)| self.is_this_device(&row.user_id, &row.device_id)).collect())
    }

    /// The inventory's row for a key id, `<algorithm>:<id>`.
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

    /// Whether a row belongs to this device. Never true if the report does not name its device.
    pub(crate) fn is_this_device(&self, user_id: &str, device_id: &str) -> bool {
        self.user_id() == Some(user_id) && self.device_id() == Some(device_id)
    }

    /// Whether a log line names this report's user.
    pub(crate) fn is_about_this_user(&self, text: &str) -> bool {
        self.user_id().is_some_and(|user| names(text, user))
    }

    /// Whether the console was watched at all.
    pub(crate) fn is_watched(&self) -> bool {
        let page = &self.report.page;
        page.capturing_since.is_some() && matches!(page.status.state, CaptureState::Running | CaptureState::Degraded)
    }

    /// An open answer if more lines of a fault were counted than its entries stand for: the missing lines could say
    /// anything.
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
                Answer::undecided(format!("{more} more lines of this fault were seen{place} than the report contains."))
                    .with_evidence([load.fact("counts", format!("{} lines", counts.get(fault)))])
                    .with_missing("a report that was saved earlier, with those lines")
            })
        })
    }

    /// Cites the time in which the page was watched.
    pub(crate) fn cite_watch(&self) -> EvidenceRef {
        let page = &self.report.page;
        let since = page.capturing_since.map_or("never".to_owned(), |since| since.to_string());
        fact("capturingSince", format!("watched from {since} to {}", page.generated_at))
    }

    /// How long the page was watched.
    pub(crate) fn watched_ms(&self) -> i64 {
        let page = &self.report.page;
        page.capturing_since.map_or(0, |since| page.generated_at.ms() - since.ms())
    }

    /// Whether the page was watched long enough for a syncing client to have retried.
    pub(crate) fn is_watched_for_minutes(&self) -> bool {
        self.is_watched() && self.watched_ms() >= LONG_ENOUGH_MS
    }

    /// Whether a refused upload would have been seen. The client retries with every sync, but if its logger is silent,
    /// only a watched network shows that.
    pub(crate) fn would_see_a_refusal(&self) -> bool {
        let page = &self.report.page;
        page.upload_loop.watched
            && page.client.sync_state.as_deref() == Some("SYNCING")
            && self.is_watched_for_minutes()
    }
}

/// Precomputed look-ups, because reports and inventories may be large.
pub(crate) struct Index<'a> {
    /// Index in the homeserver's inventory for each of the device's keys, by `<algorithm>:<id>`.
    inventory: BTreeMap<String, usize>,
    /// The lines that other tabs reported.
    pub(super) of_tabs: BTreeSet<LineKey<'a>>,
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
        // If two rows have the same id, the first counts.
        let inventory = named.rev().collect();
        Self { inventory, of_tabs: entries_of_tabs(report).map(|(_, _, entry)| line_key(entry)).collect() }
    }
}

/// The user id and device id of the page.
pub(crate) fn ids(page: &PageReport) -> (Option<&str>, Option<&str>) {
    let store = page.crypto_store.as_ref();
    let user_id = page.client.user_id.as_deref().or_else(|| store?.user_id.as_deref());
    let device_id = page.client.device_id.as_deref().or_else(|| store?.device_id.as_deref());
    (user_id, device_id)
}

/// Cites something that is not an entry.
pub(crate) fn fact(path: &str, text: impl Into<String>) -> EvidenceRef {
    EvidenceRef { entry: None, fact: path.to_owned(), text: text.into() }
}

/// Whether `text` names exactly this user: `@a:hs.org` and `@a:hs:8448` are not `@a:hs`.
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
    fn a_user_id_is_not_found_inside_a_longer_one() {
        for line in ["{@a:hs} Processed request", "refused: @a:hs.", "@a:hs: 400", "by @a:hs", "@a:hs.org and @a:hs"] {
            assert!(names(line, "@a:hs"), "{line}");
        }
        for line in ["{@a:hs.org}", "@a:hs:8448/x", "@a:hs2", "@a:hs-2", "@b:hs", ""] {
            assert!(!names(line, "@a:hs"), "{line}");
        }
    }
}
