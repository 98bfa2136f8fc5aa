//! The page loads in a report: the current one, including the other tabs, and the earlier ones.
//!
//! A device's keys and store survive a reload; a call, its media keys and its requests do not. A rule therefore judges
//! either all loads together, or each load separately.

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
    /// The load that wrote the report, and the tabs that answered it.
    Present,
    /// The load at this index of `earlier`.
    Earlier(usize),
}

impl Load {
    /// Refers to a part of this load in the report.
    pub(crate) fn fact(self, path: &str, text: impl Into<String>) -> EvidenceRef {
        match self {
            Self::Present => fact(path, text),
            Self::Earlier(index) => fact(&format!("earlier[{index}].{path}"), text),
        }
    }
}

/// Where in the report an entry is.
#[derive(Clone, Copy)]
enum Place<'a> {
    Here,
    Tab(usize),
    Earlier(usize, &'a EarlierPage),
}

/// An entry of any load, and where in the report it is.
#[derive(Clone, Copy)]
pub(crate) struct SeenEntry<'a> {
    pub(crate) entry: &'a Entry,
    place: Place<'a>,
    index: usize,
}

/// No device keeps more loads; if a report has more, only the latest are judged.
const MAX_LOADS: usize = 100;

/// The loads of the report's own device, the latest first.
pub(crate) fn loads_of(report: &Report) -> Vec<Load> {
    let own = ids(&report.page);
    let all = report.earlier.iter().enumerate();
    let mut earlier: Vec<(usize, &EarlierPage)> = all.filter(|(_, page)| is_of_device(page, own)).collect();
    earlier.sort_by_key(|(index, page)| std::cmp::Reverse((page.last_seen_at, *index)));
    earlier.truncate(MAX_LOADS);
    std::iter::once(Load::Present).chain(earlier.into_iter().map(|(index, _)| Load::Earlier(index))).collect()
}

/// Whether the page belongs to this device, or may: a page of another device proves nothing.
fn is_of_device(page: &EarlierPage, (user_id, device_id): (Option<&str>, Option<&str>)) -> bool {
    let Some(store) = &page.crypto_store else { return true };
    let fits = |known: Option<&str>, own: Option<&str>| known.is_none() || own.is_none() || known == own;
    fits(user_id, store.user_id.as_deref()) && fits(device_id, store.device_id.as_deref())
}

impl<'a> Case<'a> {
    /// The same case, limited to one load.
    pub(crate) const fn of_load(&self, load: Load) -> Self {
        Self { only: Some(load), ..*self }
    }

    /// The loads that this case covers, the latest first.
    pub(crate) fn loads(&self) -> impl Iterator<Item = Load> + use<'a> {
        let only = self.only;
        self.all_loads.iter().copied().filter(move |load| only.is_none_or(|only| only == *load))
    }

    /// The page of an earlier load; `None` for the present load.
    pub(crate) fn page(&self, load: Load) -> Option<&'a EarlierPage> {
        match load {
            Load::Present => None,
            Load::Earlier(index) => self.report.earlier.get(index),
        }
    }

    /// When a load began; `None` if unknown for the present load.
    pub(crate) fn began(&self, load: Load) -> Option<Timestamp> {
        self.page(load).map_or(self.report.page.capturing_since, |page| Some(page.began_at))
    }

    /// When a load was last known to be running.
    pub(crate) fn last_seen(&self, load: Load) -> Timestamp {
        self.page(load).map_or(self.report.page.generated_at, |page| page.last_seen_at)
    }

    /// Whether `load` began after `other` ended. Not if both were open at once, or if a clock was ahead of this
    /// report's.
    pub(crate) fn is_after(&self, load: Load, other: Load) -> bool {
        let (from, to) = (self.span(load), self.span(other));
        load != other && from.zip(to).is_some_and(|(from, to)| from.0 >= to.1)
    }

    /// Whether a load can show the result of an event at time `at`: it is the load in which the event happened
    /// (`during`, if known), or began later.
    pub(crate) fn is_since(&self, load: Load, during: Option<Load>, at: Timestamp) -> bool {
        match during {
            Some(own) => load == own || self.is_after(load, own),
            None => self.span(load).is_some_and(|(from, _)| from >= at),
        }
    }

    /// The load that was open at a time; `None` if there was none, or more than one.
    pub(crate) fn load_at(&self, at: Timestamp) -> Option<Load> {
        let is_in = |load: &Load| self.span(*load).is_some_and(|(from, to)| from <= at && at <= to);
        let mut open = self.loads().filter(is_in);
        open.next().filter(|_| open.next().is_none())
    }

    /// The period in which a load is known to have run, if its times are plausible.
    fn span(&self, load: Load) -> Option<(Timestamp, Timestamp)> {
        let (from, to) = (self.began(load)?, self.last_seen(load));
        (from <= to && to <= self.report.page.generated_at).then_some((from, to))
    }

    /// The final state of a load's uploads.
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

    /// The entries of this page, then those reported by other tabs, then those of earlier loads.
    pub(crate) fn entries(&self) -> impl Iterator<Item = SeenEntry<'a>> + use<'a> {
        let case = *self;
        self.loads().flat_map(move |load| case.entries_of(load))
    }

    fn entries_of(&self, load: Load) -> Vec<SeenEntry<'a>> {
        if let (Load::Earlier(number), Some(page)) = (load, self.page(load)) {
            // An open tab stores its latest entries for later pages and also answers the roll call with them: count
            // them once.
            let is_of_tab = |entry: &Entry| page.end == PageEnd::Open && self.index.of_tabs.contains(&line_key(entry));
            let own = page.entries.iter().enumerate().filter(|(_, entry)| !is_of_tab(entry));
            return own.map(|(index, entry)| SeenEntry { entry, place: Place::Earlier(number, page), index }).collect();
        }
        let here = self.report.page.entries.iter().enumerate();
        let here = here.map(|(index, entry)| SeenEntry { entry, place: Place::Here, index });
        here.chain(entries_of_tabs(self.report).map(|(tab, index, entry)| SeenEntry {
            entry,
            place: Place::Tab(tab),
            index,
        }))
        .collect()
    }

    /// The capture sessions of the loads.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = &'a CaptureSession> {
        let case = *self;
        let of =
            move |load| case.page(load).map_or(&case.report.capture_session, |page| &page.capture_session).as_ref();
        self.loads().filter_map(of)
    }

    /// The period and the end of an earlier load, in words; `None` for the present load.
    pub(crate) fn describe(&self, load: Load) -> Option<String> {
        let page = self.page(load)?;
        Some(format!("the page of {} to {}, {}", page.began_at, page.last_seen_at, end_words(page.end)))
    }
}

/// Identifies the same line in different places.
pub(crate) type LineKey<'a> = (Timestamp, Fault, &'a str, &'a str);

pub(crate) fn line_key(entry: &Entry) -> LineKey<'_> {
    (entry.first_ts, entry.ke, &entry.source, &entry.message)
}

/// The entries reported by other tabs, each with the index of its tab and its own index there.
pub(crate) fn entries_of_tabs(report: &Report) -> impl Iterator<Item = (usize, usize, &Entry)> {
    let tabs = report.tabs.iter().flat_map(|roll| roll.tabs.iter().enumerate());
    let others = tabs.filter(|(_, tab)| !tab.this_tab);
    others.flat_map(|(number, tab)| tab.entries.iter().enumerate().map(move |(index, entry)| (number, index, entry)))
}

/// How a page ended, in words.
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

impl SeenEntry<'_> {
    /// Whether both were logged in the same tab, by its window or one of its frames.
    pub(crate) const fn is_of_same_page(&self, other: &Self) -> bool {
        match (self.place, other.place) {
            (Place::Here, Place::Here) => true,
            (Place::Tab(one), Place::Tab(two)) | (Place::Earlier(one, _), Place::Earlier(two, _)) => one == two,
            _ => false,
        }
    }

    /// Whether another tab reported the entry.
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

    /// Cites the entry: `says`, then how often, when and where it was logged.
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
