//! Keeps what was seen in this page, and reads what was kept of the pages before it. Every page writes one record, its own.

mod reading;
mod room;

pub use reading::Earlier;
use room::{LARGEST, Tidied};
pub use room::{DEVICE_LIMIT, FEWEST_PAGES, TOTAL_LIMIT};

use crate::earlier::EarlierPage;
use crate::kept_page::{Arrival, KEPT_SCHEMA, KeptEntries, KeptPage, Stage};
use crate::session::Session;
use crate::session::so_far::{Beginning, SoFar};
use crate::shelf::{NOBODY, PREFIX, Shelf, began, escape, folder_of, split};
use crate::timestamp::Timestamp;

/// A user and a device.
pub type Ids = (String, String);

/// Whether this page is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    On,
    /// The app does not want it.
    Off,
    /// What was kept of the device of this folder is gone by a logout, or because somebody cleared the storage: it is not
    /// written again.
    Over(String),
}

/// Keeps one page.
#[derive(Debug)]
pub struct Keeper {
    id: String,
    previous: Option<String>,
    arrival: Arrival,
    stage: Stage,
    replaced: bool,
    revision: u32,
    state: State,
    /// The device of this page.
    owner: Option<Ids>,
    from: Beginning,
    /// Other devices that this page was asked about before.
    away: Vec<Away>,
    /// Where this page was written last, what of, and where it was in its life.
    written: Option<Written>,
    tidied: Option<Tidied>,
    problem: Option<String>,
    /// So many records were found that make no sense.
    corrupt: u32,
}

/// What this page keeps of a device while it is asked about another.
#[derive(Debug)]
struct Away {
    owner: Ids,
    from: Beginning,
    written: Option<Written>,
}

#[derive(Debug)]
struct Written {
    folder: String,
    so_far: SoFar,
    stage: Stage,
    replaced: bool,
    /// In bytes.
    length: usize,
    /// Whether a marker remembered the device.
    is_remembered: bool,
}

/// What is to be written now.
#[derive(Debug)]
pub struct Draft {
    folder: String,
    so_far: SoFar,
    kept: KeptPage,
    entries: KeptEntries,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Flushed {
    /// Nothing was to be written, or nothing could be.
    Nothing,
    /// This text stands at this key, or does not fit there. `has_evidence`: it is worth to be written in a second place, too.
    Kept {
        /// The key.
        key: String,
        /// The text.
        text: String,
        /// Whether there is more in it than that the page was there.
        has_evidence: bool,
    },
    /// Somebody has cleared what was kept: what stands elsewhere is to go, too.
    Cleared,
}

impl Keeper {
    /// Of the page with this id.
    pub fn new(id: String) -> Self {
        let from = Beginning { at: began(&id).unwrap_or_default(), before: None };
        Self {
            id,
            previous: None,
            arrival: Arrival::default(),
            stage: Stage::default(),
            replaced: false,
            revision: 0,
            state: State::On,
            owner: None,
            from,
            away: Vec::new(),
            written: None,
            tidied: None,
            problem: None,
            corrupt: 0,
        }
    }

    /// How this page came into its tab, and which one the tab showed before.
    pub fn arrived(&mut self, previous: Option<String>, arrival: Arrival) {
        (self.previous, self.arrival) = (previous.filter(|id| began(id).is_some()), arrival);
    }

    /// Whether it is being left.
    pub fn is_left(&self) -> bool {
        self.stage == Stage::Left
    }

    /// Where the page is in its life now.
    pub const fn is_at(&mut self, stage: Stage) {
        self.stage = stage;
    }

    /// Another tab has taken the place of this one, or this one has it again.
    pub fn replaced(&mut self, replaced: bool) {
        // A page that is being left gives up its role by itself: that is not "replaced".
        if self.stage != Stage::Left {
            self.replaced = replaced;
        }
    }

    /// What is to be written now; `None`: nothing is new. `again`: even then.
    pub fn draft(&mut self, session: &Session, again: bool, now: Timestamp) -> Option<Draft> {
        let ids = self.whose(session).or_else(|| self.owner.clone());
        let folder =
            folder_of(ids.as_ref().map(|(user_id, _)| &**user_id), ids.as_ref().map(|(_, device_id)| &**device_id));
        let is_another = ids.is_some() && self.owner.is_some() && self.owner != ids;
        match &self.state {
            State::On if !is_another => {}
            // A new login: what was seen before it is not this device's.
            State::On => self.turn_to(ids.as_ref(), session, now),
            State::Over(of) if *of != folder && ids.is_some() => {
                // What was seen of the device that is over is none of this one. After a logout in this page that began anew.
                let is_of_another = self.owner.take().is_some();
                let is_known = self.come_back(ids.as_ref());
                if !is_known && (is_of_another || self.from.before.is_none()) {
                    self.begin_anew(session, now);
                }
                self.state = State::On;
            }
            State::Off | State::Over(_) => return None,
        }
        self.owner = ids;
        let so_far = session.so_far(self.from, self.owner.as_ref());
        let is_new = self.written.as_ref().is_none_or(|written| {
            written.folder != folder
                || written.so_far != so_far
                || written.stage != self.stage
                || written.replaced != self.replaced
        });
        if !is_new && !again {
            return None;
        }
        self.revision += 1;
        let page = EarlierPage { last_seen_at: now, ..so_far.page.clone() };
        let entries = KeptEntries::of(&session.entries_from(self.from), LARGEST);
        let kept = KeptPage {
            schema: KEPT_SCHEMA,
            revision: self.revision,
            seen: now.ms(),
            previous: self.previous.clone(),
            arrival: self.arrival,
            stage: self.stage,
            replaced: self.replaced,
            page,
        };
        Some(Draft { folder, so_far, kept, entries })
    }

    /// Another device is asked about than before: one that has logged in since, or a second account of this page.
    fn turn_to(&mut self, ids: Option<&Ids>, session: &Session, now: Timestamp) {
        let (from, written) = (self.from, self.written.take());
        self.away.extend(self.owner.take().map(|owner| Away { owner, from, written }));
        if !self.come_back(ids) {
            self.begin_anew(session, now);
        }
    }

    /// Goes on where this page left off with a device. Says whether it was asked about it before.
    fn come_back(&mut self, ids: Option<&Ids>) -> bool {
        self.written = None;
        let Some(at) = self.away.iter().position(|away| Some(&away.owner) == ids) else { return false };
        let Away { from, written, .. } = self.away.swap_remove(at);
        (self.from, self.written) = (from, written);
        true
    }

    fn begin_anew(&mut self, session: &Session, now: Timestamp) {
        self.from = Beginning { at: now, before: Some(session.counted()) };
        self.written = None;
    }

    /// The device that this page was asked about last, and that is logged in.
    pub fn whose(&self, session: &Session) -> Option<Ids> {
        let latest = session.stores().status(None, None)?;
        latest.user_id.zip(latest.device_id)
    }

    /// Writes it. `open` are the ids of the pages that other tabs show.
    pub fn flush(&mut self, draft: Draft, place: &impl Shelf, open: &[String], now: Timestamp) -> Flushed {
        let Draft { folder, so_far, kept, entries } = draft;
        let key = [&*folder, &self.id].concat();
        let before = self.written.as_ref().map(|written| [&*written.folder, &self.id].concat());
        let listed = place.list();
        let is_gone =
            |written: &Written| listed.as_ref().is_ok_and(|listed| is_cleared(listed, written, &self.id, place));
        if self.written.as_ref().is_some_and(is_gone) {
            self.cleared(None, place);
            return Flushed::Cleared;
        }
        let others = listed.map(|listed| self.others_of(listed));
        let room = others.and_then(|others| self.make_room(others, &folder, place, open, now));
        let room = match room {
            Ok(room) => room.saturating_sub(key.len()),
            Err(words) => {
                self.problem = Some(["the evidence of this page is not kept: ", &words].concat());
                0
            }
        };
        let has_evidence = !entries.is_empty() || kept.page.has_evidence();
        let Some(text) = kept.to_text(&entries, room) else {
            let words = "the evidence of this page is not kept: the app, the other tabs and pages leave no room".into();
            self.problem.get_or_insert(words);
            if let Some(before) = before {
                // The old record takes space, too.
                let _ = place.remove(&before);
                self.written = None;
            }
            return Flushed::Nothing;
        };
        let (stage, replaced) = (self.stage, self.replaced);
        match Self::write(&key, &text, &folder, place, open) {
            Ok(()) => {
                self.problem = None;
                if let Some(before) = before.filter(|before| *before != key) {
                    // The device is known now.
                    let _ = place.remove(&before);
                }
                let known = self.written.as_ref().filter(|written| written.folder == folder);
                let is_remembered = known.is_some_and(|written| written.is_remembered) || place.remembers(&folder);
                self.written = Some(Written { folder, so_far, stage, replaced, length: text.len(), is_remembered });
            }
            Err(words) => self.problem = Some(["the evidence of this page is not kept: ", &words].concat()),
        }
        Flushed::Kept { key, text, has_evidence }
    }

    /// A device was logged out: nothing stays of it, nor of pages of which nobody has said whose they are. Of an id that is
    /// not given, that of this page; where that is not known either, the only one that there are records of.
    pub fn logged_out(&mut self, session: &Session, given: (Option<&str>, Option<&str>), now: Timestamp) -> Goes {
        let own = self.owner.clone().or_else(|| self.whose(session));
        let own = (own.as_ref().map(|ids| &*ids.0), own.as_ref().map(|ids| &*ids.1));
        let is_own = |given: Option<&str>, own: Option<&str>| given.is_none() || own.is_none() || given == own;
        let is_this_page = is_own(given.0, own.0) && is_own(given.1, own.1);
        let (user_id, device_id) = if is_this_page { (given.0.or(own.0), given.1.or(own.1)) } else { given };
        if is_this_page && self.state == State::On {
            let folder = folder_of(user_id, device_id);
            self.begin_anew(session, now);
            (self.state, self.owner) = (State::Over(folder), None);
        }
        Goes { user: user_id.map(escape), device: device_id.map(escape), is_sure: given.1.is_some() }
    }

    /// Somebody has cleared the storage, or what belongs to the device of this folder. Says whether that is this page's.
    pub fn cleared(&mut self, folder: Option<&str>, place: &impl Shelf) -> bool {
        let (user_id, device_id) = self.ids();
        let own = folder_of(user_id, device_id);
        if folder.is_none() {
            self.away.clear();
        }
        let is_known = self.written.is_some() || folder.is_some() && self.owner.is_some();
        if self.state != State::On || !is_known || folder.is_some_and(|folder| folder != own) {
            return false;
        }
        // It may have been written a moment after.
        let written = self.written.take().map_or(own, |written| written.folder);
        let _ = place.remove(&[&*written, &self.id].concat());
        self.state = State::Over(written);
        self.problem = Some("what was kept of this page was cleared while it was open: it is kept no more".into());
        true
    }

    /// Removes what was kept of all pages. This one goes on to be kept. Says whether nothing is left.
    pub fn forget(&mut self, place: &impl Shelf) -> bool {
        self.written = None;
        remove_where(place, |_| true);
        place.list().is_ok_and(|left| left.is_empty())
    }

    /// Whether the app wants it at all. Where it does not, what was kept is removed.
    pub fn switch(&mut self, on: bool, place: &impl Shelf) {
        if on {
            if self.state == State::Off {
                self.state = State::On;
            }
        } else {
            self.state = State::Off;
            let _ = self.forget(place);
        }
    }

    /// The device of this page, as far as it is known.
    pub fn ids(&self) -> (Option<&str>, Option<&str>) {
        let ids = self.owner.as_ref();
        (ids.map(|(user_id, _)| &**user_id), ids.map(|(_, device_id)| &**device_id))
    }

    /// Whether the app wants it.
    pub fn is_on(&self) -> bool {
        self.state != State::Off
    }
}

/// True if the record was removed by a logout or by the app: then the device's marker is gone, too, or, without a marker, every
/// record of the folder. If the record alone is gone, another tab needed space or deleted the evidence: it is written again with
/// the next news.
fn is_cleared(listed: &[(String, usize)], written: &Written, id: &str, place: &impl Shelf) -> bool {
    let is_there = |key: &str| key.strip_prefix(&*written.folder) == Some(id);
    if listed.iter().any(|(key, _)| is_there(key)) {
        return false;
    }
    if written.is_remembered {
        !place.remembers(&written.folder)
    } else {
        !listed.iter().any(|(other, _)| other.starts_with(&*written.folder))
    }
}

/// Whose records are to be removed. `None`: whoever's, where there is but one.
#[must_use]
#[derive(Debug)]
pub struct Goes {
    user: Option<String>,
    device: Option<String>,
    /// Whether somebody said which device it was: only then its marker goes, by which a lost store is known.
    is_sure: bool,
}

impl Goes {
    /// Removes them, of a newer version, too.
    pub fn remove(self, place: &impl Shelf) {
        let listed = place.list().unwrap_or_default();
        let nobodys = folder_of(None, None);
        let mut folders = listed.iter().filter_map(|(key, _)| Some(split(key)?.0)).filter(|folder| *folder != nobodys);
        let first = folders.next();
        // Of several devices, a logout that names none is about one that is not known.
        let is_unclear = self.user.is_none() && self.device.is_none() && folders.any(|other| Some(other) != first);
        let is_of = |part: &str, wanted: Option<&String>| {
            part == NOBODY || !is_unclear && wanted.is_none_or(|wanted| part == wanted)
        };
        let is_meant = |folder: &str| {
            let mut parts = folder[PREFIX.len()..].split('/');
            let (user, device) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            is_of(user, self.user.as_ref()) && is_of(device, self.device.as_ref())
        };
        if self.is_sure {
            place.forget_devices(&is_meant);
        }
        remove_where(place, is_meant);
    }
}

fn remove_where(place: &impl Shelf, goes: impl Fn(&str) -> bool) {
    for (key, _) in place.list().unwrap_or_default() {
        if goes(&key) {
            // If storage is blocked, nothing was written either.
            let _ = place.remove(&key);
        }
    }
}
