//! The loads of the page that a report tells of: the present one, with the tabs beside it, and those before.
//!
//! The keys of a device and its store outlive a reload; a call, its media keys and the requests of its time do not. So a rule
//! judges either over all loads, or over each by itself.

use super::case::{Case, fact, ids};
use crate::capture_session::CaptureSession;
use crate::earlier::{EarlierPage, PageEnd};
use crate::entry::{Entry, Fault};
use crate::repair::RepairStatus;
use crate::report::Report;
use crate::timestamp::Timestamp;
use crate::upload_loop::UploadLoopStatus;
use crate::verdict::EvidenceRef;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Load {
    /// That of the report, and the tabs that answered it.
    Present,
    /// One of `earlier`.
    Earlier(usize),
}

impl Load {
    /// Refers to a part of its page.
    pub(crate) fn fact(self, path: &str, text: impl Into<String>) -> EvidenceRef {
        match self {
            Self::Present => fact(path, text),
            Self::Earlier(index) => fact(&format!("earlier[{index}].{path}"), text),
        }
    }
}

/// Where an entry stands.
#[derive(Clone, Copy)]
enum Place<'a> {
    Here,
    Tab(usize),
    Earlier(usize, &'a EarlierPage),
}

/// An entry of any load, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) entry: &'a Entry,
    place: Place<'a>,
    index: usize,
}

/// No device keeps more; of a report that says so, the latest are judged.
const MOST_LOADS: usize = 100;

/// The loads of the report's own device, the latest first.
pub(crate) fn loads_of(report: &Report) -> Vec<Load> {
    let own = ids(&report.page);
    let all = report.earlier.iter().enumerate();
    let mut earlier: Vec<(usize, &EarlierPage)> = all.filter(|(_, page)| is_of_device(page, own)).collect();
    earlier.sort_by_key(|(index, page)| std::cmp::Reverse((page.last_seen_at, *index)));
    earlier.truncate(MOST_LOADS);
    std::iter::once(Load::Present).chain(earlier.into_iter().map(|(index, _)| Load::Earlier(index))).collect()
}

/// A page of another device proves nothing here.
fn is_of_device(page: &EarlierPage, (user_id, device_id): (Option<&str>, Option<&str>)) -> bool {
    let Some(store) = &page.crypto_store else { return true };
    let fits = |known: Option<&str>, its: Option<&str>| known.is_none() || its.is_none() || known == its;
    fits(user_id, store.user_id.as_deref()) && fits(device_id, store.device_id.as_deref())
}

impl<'a> Case<'a> {
    /// The same, of one load alone.
    pub(crate) const fn of_load(&self, load: Load) -> Self {
        Self { only: Some(load), ..*self }
    }

    /// The loads that are looked at, the latest first.
    pub(crate) fn loads(&self) -> impl Iterator<Item = Load> + use<'a> {
        let only = self.only;
        self.all_loads.iter().copied().filter(move |load| only.is_none_or(|only| only == *load))
    }

    /// The page of an earlier load.
    pub(crate) fn page(&self, load: Load) -> Option<&'a EarlierPage> {
        match load {
            Load::Present => None,
            Load::Earlier(index) => self.report.earlier.get(index),
        }
    }

    /// When a load began; `None`: that is not known of the present one.
    pub(crate) fn began(&self, load: Load) -> Option<Timestamp> {
        self.page(load).map_or(self.report.page.capturing_since, |page| Some(page.began_at))
    }

    /// Until when a load is known to have run.
    pub(crate) fn last_seen(&self, load: Load) -> Timestamp {
        self.page(load).map_or(self.report.page.generated_at, |page| page.last_seen_at)
    }

    /// Whether one load began when the other was over. Two tabs that were open at once tell nothing of before and after, nor does
    /// a load whose clock was ahead of this report's.
    pub(crate) fn is_after(&self, load: Load, other: Load) -> bool {
        let (from, to) = (self.span(load), self.span(other));
        load != other && from.zip(to).is_some_and(|(from, to)| from.0 >= to.1)
    }

    /// Whether a load can show what became of something that took place at that time, `during` a load as far as is known: it is
    /// that load, or began later.
    pub(crate) fn is_since(&self, load: Load, during: Option<Load>, at: Timestamp) -> bool {
        match during {
            Some(own) => load == own || self.is_after(load, own),
            None => self.span(load).is_some_and(|(from, _)| from >= at),
        }
    }

    /// The load of the device that was open at a time; `None`: none was, or several were.
    pub(crate) fn load_at(&self, at: Timestamp) -> Option<Load> {
        let is_in = |load: &Load| self.span(*load).is_some_and(|(from, to)| from <= at && at <= to);
        let mut open = self.loads().filter(is_in);
        open.next().filter(|_| open.next().is_none())
    }

    /// From when to when a load is known to have run, where its times make sense.
    fn span(&self, load: Load) -> Option<(Timestamp, Timestamp)> {
        let (from, to) = (self.began(load)?, self.last_seen(load));
        (from <= to && to <= self.report.page.generated_at).then_some((from, to))
    }

    /// The uploads of a load, as they stood last.
    pub(crate) fn uploads(&self, load: Load) -> &'a UploadLoopStatus {
        self.page(load).map_or(&self.report.page.upload_loop, |page| &page.upload_loop)
    }

    /// The latest repair of this device in a load.
    pub(crate) fn repair(&self, load: Load) -> Option<&'a RepairStatus> {
        let repair = self.page(load).map_or(&self.report.repair, |page| &page.repair).as_ref()?;
        let device_id = self.device_id();
        let is_its = repair.device_id.is_none() || device_id.is_none() || repair.device_id.as_deref() == device_id;
        is_its.then_some(repair)
    }

    /// The entries, those of the present load first: of this page, then those that other tabs told of.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Seen<'a>> + use<'a> {
        let case = *self;
        self.loads().flat_map(move |load| case.entries_of(load))
    }

    fn entries_of(&self, load: Load) -> Vec<Seen<'a>> {
        if let (Load::Earlier(number), Some(page)) = (load, self.page(load)) {
            // An open tab is asked for its latest lines, and keeps them for later pages, too.
            let is_told = |entry: &Entry| page.end == PageEnd::Open && self.index.told.contains(&line_key(entry));
            let own = page.entries.iter().enumerate().filter(|(_, entry)| !is_told(entry));
            return own.map(|(index, entry)| Seen { entry, place: Place::Earlier(number, page), index }).collect();
        }
        let here = self.report.page.entries.iter().enumerate();
        let here = here.map(|(index, entry)| Seen { entry, place: Place::Here, index });
        here.chain(told_by_tabs(self.report).map(|(tab, index, entry)| Seen { entry, place: Place::Tab(tab), index }))
            .collect()
    }

    /// The capture sessions of the loads.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = &'a CaptureSession> {
        let case = *self;
        let of =
            move |load| case.page(load).map_or(&case.report.capture_session, |page| &page.capture_session).as_ref();
        self.loads().filter_map(of)
    }

    /// The span and the end of a load, in words; `None`: it is the present one.
    pub(crate) fn describe(&self, load: Load) -> Option<String> {
        let page = self.page(load)?;
        Some(format!("the page of {} to {}, {}", page.began_at, page.last_seen_at, end_words(page.end)))
    }
}

/// By which a line is known again in another place.
pub(crate) type LineKey<'a> = (Timestamp, Fault, &'a str, &'a str);

pub(crate) fn line_key(entry: &Entry) -> LineKey<'_> {
    (entry.first_ts, entry.ke, &entry.source, &entry.message)
}

/// What other tabs told of, with the places of the tab and of the entry.
pub(crate) fn told_by_tabs(report: &Report) -> impl Iterator<Item = (usize, usize, &Entry)> {
    let tabs = report.tabs.iter().flat_map(|roll| roll.tabs.iter().enumerate());
    let others = tabs.filter(|(_, tab)| !tab.this_tab);
    others.flat_map(|(tab, told)| told.entries.iter().enumerate().map(move |(index, entry)| (tab, index, entry)))
}

/// How a page ended.
pub(crate) const fn end_words(end: PageEnd) -> &'static str {
    match end {
        PageEnd::Closed => "which was closed",
        PageEnd::Reloaded => "which was reloaded",
        PageEnd::Crashed => "which crashed",
        PageEnd::Discarded => "which the browser discarded",
        PageEnd::Replaced => "which stopped when another tab took over",
        PageEnd::Open => "which is open in another tab",
        PageEnd::Unknown => "which ended in an unknown way",
    }
}

impl Seen<'_> {
    /// Whether both were logged in the same tab, in its window or one of its frames.
    pub(crate) const fn is_of_same_page(&self, other: &Self) -> bool {
        match (self.place, other.place) {
            (Place::Here, Place::Here) => true,
            (Place::Tab(one), Place::Tab(two)) | (Place::Earlier(one, _), Place::Earlier(two, _)) => one == two,
            _ => false,
        }
    }

    /// Whether another tab told of it.
    pub(crate) const fn is_of_other_tab(&self) -> bool {
        matches!(self.place, Place::Tab(_))
    }

    pub(crate) const fn load(&self) -> Load {
        match self.place {
            Place::Here | Place::Tab(_) => Load::Present,
            Place::Earlier(index, _) => Load::Earlier(index),
        }
    }

    pub(crate) fn is_of_same_load(&self, other: &Self) -> bool {
        self.load() == other.load()
    }

    /// Refers to the entry: what it says, how often, when, and where it was logged.
    pub(crate) fn cite(&self, says: &str) -> EvidenceRef {
        let Entry { count, first_ts, last_ts, source, .. } = self.entry;
        let when = match count {
            0 | 1 => format!("at {first_ts}"),
            _ => format!("{count} times, {first_ts} to {last_ts}"),
        };
        let place = if source == "window" { String::new() } else { format!(", in {source}") };
        let index = self.index;
        let (entry, fact, page) = match self.place {
            Place::Here => (u32::try_from(index).ok(), format!("entries[{index}]"), String::new()),
            Place::Tab(tab) => (None, format!("tabs.tabs[{tab}].entries[{index}]"), String::new()),
            Place::Earlier(number, page) => {
                let page = format!(", in the page that began at {}", page.began_at);
                (None, format!("earlier[{number}].entries[{index}]"), page)
            }
        };
        EvidenceRef { entry, fact, text: format!("{says} ({when}{place}{page})") }
    }
}
