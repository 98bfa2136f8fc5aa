//! Stores the evidence of this page beyond its end, and reads the records of earlier pages. A page writes only its own
//! records: one for each of its devices.

mod reading;
mod removal;
mod room;

pub use reading::Earlier;
pub use removal::Removal;
use removal::is_cleared;
pub use room::{CLEAN_UP_INTERVAL_MS, DEVICE_LIMIT, MIN_PAGES, TOTAL_LIMIT};
use room::{CleanUp, MAX_RECORD_LENGTH};

use crate::earlier::EarlierPage;
use crate::kept_entries::KeptEntries;
use crate::kept_page::{Arrival, KEPT_SCHEMA, KeptPage, Stage};
use crate::record_storage::{Record, RecordStorage, began, folder_of, split};
use crate::session::Session;
use crate::session::snapshot::{PageSnapshot, StartPoint};
use crate::timestamp::Timestamp;

/// A user and a device.
pub type Ids = (String, String);

/// Whether this page's evidence is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    On,
    /// The app switched it off.
    Off,
    /// The device of this folder was logged out, or its records were cleared: do not write them again.
    Stopped(String),
}

/// Stores the evidence of one page.
#[derive(Debug)]
pub struct Keeper {
    id: String,
    previous: Option<String>,
    arrival: Arrival,
    stage: Stage,
    replaced: bool,
    revision: u32,
    state: State,
    /// The device that this page was asked about last.
    current: Part,
    /// The devices that it was asked about before.
    other_parts: Vec<Part>,
    last_clean_up: Option<CleanUp>,
    problem: Option<String>,
    /// How many unreadable records were found.
    corrupt: u32,
}

/// The evidence of one device in this page.
#[derive(Debug)]
struct Part {
    /// `None`: the device is not known yet.
    owner: Option<Ids>,
    from: StartPoint,
    /// The record as last written.
    written: Option<Written>,
}

#[derive(Debug)]
struct Written {
    folder: String,
    snapshot: PageSnapshot,
    stage: Stage,
    replaced: bool,
    /// Length of key and text, in bytes.
    length: usize,
    /// Whether the device had a marker.
    had_marker: bool,
}

/// A record that is to be written now.
#[derive(Debug)]
pub struct Draft {
    owner: Option<Ids>,
    folder: String,
    snapshot: PageSnapshot,
    kept: KeptPage,
    entries: KeptEntries,
}

/// The result of writing a draft.
#[derive(Debug, PartialEq, Eq)]
pub enum Flushed {
    /// Nothing was written: there is no room, or the storage cannot be listed.
    Nothing,
    /// This text is stored at this key, or storing it failed.
    Kept {
        /// The key.
        key: String,
        /// The text.
        text: String,
        /// Whether it contains evidence, not only that the page existed: then it is stored in the second place, too.
        has_evidence: bool,
    },
    /// Another tab or the app has cleared the records of the device: the second place must be cleared, too.
    Cleared,
}

impl Keeper {
    /// Creates the keeper of the page with this id.
    pub fn new(id: String) -> Self {
        let from = StartPoint { at: began(&id).unwrap_or_default(), before: None };
        Self {
            id,
            previous: None,
            arrival: Arrival::default(),
            stage: Stage::default(),
            replaced: false,
            revision: 0,
            state: State::On,
            current: Part { owner: None, from, written: None },
            other_parts: Vec::new(),
            last_clean_up: None,
            problem: None,
            corrupt: 0,
        }
    }

    /// How this page came into its tab, and which page the tab showed before.
    pub fn set_arrival(&mut self, previous: Option<String>, arrival: Arrival) {
        (self.previous, self.arrival) = (previous.filter(|id| began(id).is_some()), arrival);
    }

    /// The page's current stage.
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// Whether the page is being left.
    pub fn is_left(&self) -> bool {
        self.stage == Stage::Left
    }

    /// Sets the page's current stage.
    pub const fn set_stage(&mut self, stage: Stage) {
        self.stage = stage;
    }

    /// Sets whether another tab has replaced this one as the active tab.
    pub fn set_replaced(&mut self, replaced: bool) {
        // A page that is being left gives up its role itself: that is not "replaced".
        if self.stage != Stage::Left {
            self.replaced = replaced;
        }
    }

    /// The records that have changed since they were written; with `again`, all records.
    pub fn drafts(&mut self, session: &Session, again: bool, now: Timestamp) -> Vec<Draft> {
        if self.state == State::Off {
            return Vec::new();
        }
        let ids = self.latest_device(session).or_else(|| self.current.owner.clone());
        self.set_current_device(ids, session, now);
        let other_parts = self.other_parts.iter().filter(|part| again || self.is_at_another_stage(part));
        let mut drafts: Vec<_> = other_parts
            .map(|part| self.draft(part, session.snapshot(part.from, part.owner.as_ref()), session, now))
            .collect();
        if self.state == State::On {
            let part = &self.current;
            let snapshot = session.snapshot(part.from, part.owner.as_ref());
            let is_same = |written: &Written| written.folder == part.folder() && written.snapshot == snapshot;
            if again || self.is_at_another_stage(part) || !part.written.as_ref().is_some_and(is_same) {
                drafts.push(self.draft(part, snapshot, session, now));
            }
        }
        self.revision += u32::from(!drafts.is_empty());
        drafts
    }

    /// Records of other devices are rewritten only in this case, not with each line: each takes as long as the current one.
    fn is_at_another_stage(&self, part: &Part) -> bool {
        part.written.as_ref().is_none_or(|written| written.stage != self.stage || written.replaced != self.replaced)
    }

    fn draft(&self, part: &Part, snapshot: PageSnapshot, session: &Session, now: Timestamp) -> Draft {
        let kept = KeptPage {
            schema: KEPT_SCHEMA,
            revision: self.revision + 1,
            seen: now.ms(),
            previous: self.previous.clone(),
            arrival: self.arrival,
            stage: self.stage,
            replaced: self.replaced,
            page: EarlierPage { last_seen_at: now, ..snapshot.page.clone() },
        };
        let entries = KeptEntries::of(&session.entries_from(part.from), MAX_RECORD_LENGTH);
        Draft { owner: part.owner.clone(), folder: part.folder(), snapshot, kept, entries }
    }

    /// Makes this device the current one.
    fn set_current_device(&mut self, ids: Option<Ids>, session: &Session, now: Timestamp) {
        match &self.state {
            State::On if ids.is_none() || self.current.owner.is_none() || self.current.owner == ids => {}
            // A new login, or a second account of this page: earlier evidence is not this device's.
            State::On => {
                let part = self.take_part_of(ids.as_ref()).unwrap_or_else(|| Part::starting_now(session, now));
                self.other_parts.push(std::mem::replace(&mut self.current, part));
            }
            State::Stopped(of) if ids.is_some() && *of != folder_of_ids(ids.as_ref()) => {
                // After a logout in this page, the current part is already a new one.
                let is_of_another = self.current.owner.is_some() || self.current.from.before.is_none();
                let known = self.take_part_of(ids.as_ref());
                if let Some(part) = known.or_else(|| is_of_another.then(|| Part::starting_now(session, now))) {
                    self.current = part;
                }
                self.state = State::On;
            }
            State::Off | State::Stopped(_) => return,
        }
        self.current.owner = ids;
    }

    /// Removes and returns the part of a device that this page was asked about before.
    fn take_part_of(&mut self, ids: Option<&Ids>) -> Option<Part> {
        let at = self.other_parts.iter().position(|part| part.owner.as_ref() == ids)?;
        Some(self.other_parts.swap_remove(at))
    }

    /// The device that this page was asked about last, if it is logged in.
    pub fn latest_device(&self, session: &Session) -> Option<Ids> {
        let latest = session.stores().status(None, None)?;
        latest.user_id.zip(latest.device_id)
    }

    /// Writes a record. `open`: the ids of the pages in other tabs.
    pub fn flush(&mut self, draft: Draft, storage: &impl RecordStorage, open: &[String], now: Timestamp) -> Flushed {
        let Draft { owner, folder, snapshot, kept, entries } = draft;
        let key = self.key_in(&folder);
        let listed = storage.list();
        let written = self.part_of(owner.as_ref()).and_then(|part| part.written.as_ref());
        let before = written.map(|written| self.key_in(&written.folder));
        let had_marker = written.is_some_and(|written| written.had_marker && written.folder == folder);
        let is_gone = |written| listed.as_ref().is_ok_and(|listed| is_cleared(listed, written, &self.id, storage));
        if written.is_some_and(is_gone) {
            self.stop_storing(owner.as_ref());
            return Flushed::Cleared;
        }
        let room = listed.and_then(|listed| {
            let is_other = |other: &str| other != key && before.as_deref() != Some(other);
            self.room(records(listed, is_other), &folder, storage, open, now)
        });
        let room = match room {
            Ok(room) => room.saturating_sub(key.len()),
            Err(words) => {
                self.problem = Some(["the evidence of this page is not kept: ", &words].concat());
                0
            }
        };
        let has_evidence = !entries.is_empty() || kept.page.has_evidence();
        let (stage, replaced) = (kept.stage, kept.replaced);
        let Some(text) = kept.into_text(&entries, room) else {
            let words = "the evidence of this page is not kept: the app, the other tabs and pages leave no room".into();
            self.problem.get_or_insert(words);
            if let Some(before) = before {
                // The old record takes space, too.
                let _ = storage.remove(&before);
                self.set_written(owner.as_ref(), None);
            }
            return Flushed::Nothing;
        };
        match self.write(&key, &text, &folder, storage, open) {
            Ok(()) => {
                self.problem = None;
                if let Some(before) = before.filter(|before| *before != key) {
                    // The old record was written before the device was known.
                    let _ = storage.remove(&before);
                }
                let had_marker = had_marker || storage.has_marker(&folder);
                let length = key.len() + text.len();
                let written = Written { folder, snapshot, stage, replaced, length, had_marker };
                self.set_written(owner.as_ref(), Some(written));
            }
            Err(words) => self.problem = Some(["the evidence of this page is not kept: ", &words].concat()),
        }
        Flushed::Kept { key, text, has_evidence }
    }

    /// The key of this page's record in a device's folder.
    fn key_in(&self, folder: &str) -> String {
        [folder, &self.id].concat()
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.other_parts.iter().chain([&self.current])
    }

    fn part_of(&self, owner: Option<&Ids>) -> Option<&Part> {
        self.parts().find(|part| part.owner.as_ref() == owner)
    }

    fn set_written(&mut self, owner: Option<&Ids>, written: Option<Written>) {
        if let Some(part) =
            self.other_parts.iter_mut().chain([&mut self.current]).find(|part| part.owner.as_ref() == owner)
        {
            part.written = written;
        }
    }

    /// The device of this page, as far as it is known.
    pub fn ids(&self) -> (Option<&str>, Option<&str>) {
        let ids = self.current.owner.as_ref();
        (ids.map(|(user_id, _)| &**user_id), ids.map(|(_, device_id)| &**device_id))
    }

    /// Whether the app wants evidence to be stored.
    pub fn is_on(&self) -> bool {
        self.state != State::Off
    }
}

impl Part {
    /// A part that begins now.
    fn starting_now(session: &Session, now: Timestamp) -> Self {
        Self { owner: None, from: StartPoint { at: now, before: Some(session.counted()) }, written: None }
    }

    fn folder(&self) -> String {
        folder_of_ids(self.owner.as_ref())
    }
}

fn folder_of_ids(ids: Option<&Ids>) -> String {
    folder_of(ids.map(|(user_id, _)| &**user_id), ids.map(|(_, device_id)| &**device_id))
}

/// The records among these keys; each key comes with the length of its text.
fn records(listed: Vec<(String, usize)>, is_wanted: impl Fn(&str) -> bool) -> Vec<Record> {
    let wanted = listed.into_iter().filter(|(key, _)| is_wanted(key));
    let records = wanted.filter_map(|(key, length)| {
        let at = split(&key)?.0.len();
        let length = key.len() + length;
        Some(Record { key, at, length })
    });
    records.collect()
}
