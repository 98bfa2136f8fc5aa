//! What lies on the table: the report, what was added to it, and how to refer to a piece of either.

use std::borrow::Cow;

use super::answer::Answer;
use crate::entry::{Detail, Entry, Fault, Refusal};
use crate::otk::parse_refusal;
use crate::report::{CaptureState, Report};
use crate::server_evidence::{OneTimeKeyRow, ServerEvidence};
use crate::timestamp::Timestamp;
use crate::verdict::EvidenceRef;

/// A page that was watched for less may have missed the next try of a client that is idle (30 s) and its answer.
const LONG_ENOUGH_MS: i64 = 2 * 60_000;

#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) report: &'a Report,
    pub(crate) server: &'a ServerEvidence,
}

/// An entry of this page or of another tab, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) entry: &'a Entry,
    tab: Option<usize>,
    index: usize,
}

/// A refused upload, whoever saw it.
pub(crate) struct Refused<'a> {
    pub(crate) refusal: Cow<'a, Refusal>,
    pub(crate) first: Timestamp,
    pub(crate) count: u32,
    /// Whether it is sure that it was this device's: a line of the log may not say which.
    pub(crate) is_own: bool,
    pub(crate) cite: EvidenceRef,
}

impl<'a> Case<'a> {
    pub(crate) fn new(report: &'a Report, server: &'a ServerEvidence) -> Self {
        Self { report, server }
    }

    /// The entries of this page, and those that other tabs told of.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Seen<'a>> + use<'a> {
        let of_page = self.report.page.entries.iter().enumerate();
        let here = of_page.map(|(index, entry)| Seen { entry, tab: None, index });
        let tabs = self.report.tabs.iter().flat_map(|roll| roll.tabs.iter().enumerate());
        let others = tabs.filter(|(_, tab)| !tab.this_tab).flat_map(|(number, tab)| {
            let entries = tab.entries.iter().enumerate();
            entries.map(move |(index, entry)| Seen { entry, tab: Some(number), index })
        });
        here.chain(others)
    }

    /// Every refused upload of one-time keys: from the entries, a HAR, the homeserver's log; of the upload loop's state
    /// where its entry is not there.
    pub(crate) fn refusals(&self) -> Vec<Refused<'a>> {
        let mut found: Vec<Refused<'a>> = self
            .entries()
            .filter_map(|seen| {
                let Detail::Refusal(refusal) = &seen.entry.detail else { return None };
                let Entry { first_ts: first, count, .. } = *seen.entry;
                let cite = seen.cite(&describe(refusal));
                Some(Refused { refusal: Cow::Borrowed(refusal), first, count, is_own: true, cite })
            })
            .collect();
        let state = &self.report.page.upload_loop;
        if found.is_empty()
            && let (Some(refusal), Some(last)) = (&state.refusal, state.last_ts)
        {
            let cite = fact("uploadLoop.refusal", describe(refusal));
            let (first, count) = (state.first_ts.unwrap_or(last), state.refusals.max(1));
            found.push(Refused { refusal: Cow::Borrowed(refusal), first, count, is_own: true, cite });
        }
        for (index, request) in self.server.har.iter().flatten().enumerate() {
            let Some(refusal) = &request.refusal else { continue };
            let cite = fact(&format!("server.har[{index}]"), format!("{}: {}", request.ts, describe(refusal)));
            found.push(Refused { refusal: Cow::Borrowed(refusal), first: request.ts, count: 1, is_own: true, cite });
        }
        for (index, line) in self.server.log.iter().flatten().enumerate() {
            if !self.is_about_this_user(&line.text) {
                continue;
            }
            let Some(refusal) = parse_refusal(&line.text) else { continue };
            // The user's other devices are refused, too, each for itself.
            if refusal.device_id.is_some() && refusal.device_id.as_deref() != self.device_id() {
                continue;
            }
            let cite = fact(&format!("server.log[{index}]"), format!("{}: {}", line.ts, describe(&refusal)));
            let is_own = refusal.device_id.is_some();
            found.push(Refused { refusal: Cow::Owned(refusal), first: line.ts, count: 1, is_own, cite });
        }
        found
    }

    /// Whether all that is known of refusals are lines of the window's console, while the window's network was watched.
    pub(crate) fn network_saw_no_refusal(&self) -> bool {
        let is_refusal = |seen: &Seen<'_>| matches!(seen.entry.detail, Detail::Refusal(_));
        let is_line = |seen: Seen<'_>| seen.tab.is_none() && seen.entry.source == "window";
        let has_other = self.server.har.iter().flatten().any(|request| request.refusal.is_some())
            || self.server.log.iter().flatten().any(|line| parse_refusal(&line.text).is_some());
        let mut lines = self.entries().filter(is_refusal).peekable();
        self.report.page.upload_loop.watched && !has_other && lines.peek().is_some() && lines.all(is_line)
    }

    /// Of the homeserver's inventory, the keys of this device, with their places; `None`: nobody looked.
    pub(crate) fn one_time_keys(&self) -> Option<Vec<(usize, &'a OneTimeKeyRow)>> {
        let rows = self.server.one_time_keys.as_ref()?.iter().enumerate();
        Some(rows.filter(|(_, row)| self.is_this_device(&row.user_id, &row.device_id)).collect())
    }

    /// The row of the inventory that holds the key of this id: `<algorithm>:<id>`.
    pub(crate) fn one_time_key(&self, key_id: &str) -> Option<(usize, &'a OneTimeKeyRow)> {
        let (algorithm, id) = key_id.split_once(':')?;
        let keys = self.one_time_keys()?;
        keys.into_iter().find(|(_, row)| row.algorithm == algorithm && (row.key_id == id || row.key_id == key_id))
    }

    pub(crate) fn user_id(&self) -> Option<&'a str> {
        let page = &self.report.page;
        page.client.user_id.as_deref().or_else(|| page.crypto_store.as_ref()?.user_id.as_deref())
    }

    pub(crate) fn device_id(&self) -> Option<&'a str> {
        let page = &self.report.page;
        page.client.device_id.as_deref().or_else(|| page.crypto_store.as_ref()?.device_id.as_deref())
    }

    /// Rows of another device prove nothing here; where the report does not say whose it is, neither do any.
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
        let page = &self.report.page;
        let kept = page.entries.iter().filter(|entry| entry.ke == fault && entry.detail.is_counted());
        let kept = kept.fold(0_u32, |sum, entry| sum.saturating_add(entry.count.max(1)));
        let more = page.counts.get(fault).saturating_sub(kept);
        (more > 0).then(|| {
            Answer::open(format!("{more} more lines of this fault were seen than the report has entries of."))
                .on([fact("counts", format!("{} lines", page.counts.get(fault)))])
                .lacking("a report that was written earlier, with those lines in it")
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

impl Seen<'_> {
    /// Whether both were logged in the same tab, in its window or one of its frames.
    pub(crate) fn is_of_same_page(&self, other: &Self) -> bool {
        self.tab == other.tab
    }

    pub(crate) const fn is_of_this_page(&self) -> bool {
        self.tab.is_none()
    }

    /// Refers to the entry: what it says, how often, when, and where it was logged.
    pub(crate) fn cite(&self, says: &str) -> EvidenceRef {
        let Entry { count, first_ts, last_ts, source, .. } = self.entry;
        let when = match count {
            0 | 1 => format!("at {first_ts}"),
            _ => format!("{count} times, {first_ts} to {last_ts}"),
        };
        let place = if source == "window" { String::new() } else { format!(", in {source}") };
        let (entry, fact) = match self.tab {
            None => (u32::try_from(self.index).ok(), format!("entries[{}]", self.index)),
            Some(tab) => (None, format!("tabs.tabs[{tab}].entries[{}]", self.index)),
        };
        EvidenceRef { entry, fact, text: format!("{says} ({when}{place})") }
    }
}

/// Refers to anything that is no entry.
pub(crate) fn fact(path: &str, text: impl Into<String>) -> EvidenceRef {
    EvidenceRef { entry: None, fact: path.to_owned(), text: text.into() }
}

fn describe(refusal: &Refusal) -> String {
    let Refusal { key_id, old_key, new_key, .. } = refusal;
    match (old_key, new_key) {
        (Some(old), Some(new)) if old == new => format!("{key_id} refused; both sides have {old}"),
        (Some(old), Some(new)) => format!("{key_id} refused; the server has {old}, the device {new}"),
        (Some(old), None) => format!("{key_id} refused; the server has {old}, the device's key was not readable"),
        _ => format!("{key_id} refused; the keys were not readable"),
    }
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
