//! Finds the log lines that belong to one upload of keys, and so its device.
//!
//! Each process of Synapse numbers its own requests: in a log of several, or after a restart, two uploads may have the same
//! number. If it is unclear which of them a line belongs to, no device is named.

use std::collections::{HashMap, HashSet, VecDeque};

use lotus_crypto_diag::survey::NamedBy;

use crate::tally::DeviceIds;
use crate::upload_lines::{Device, UploadLine};

/// At most this many uploads wait for the line that ends them.
const MAX_OPEN: usize = 10_000;
/// At most this many lines wait for the preceding file of the log.
const MAX_HELD: usize = 4096;
/// At most this many concurrent uploads with the same number are told apart.
const MAX_OF_ONE_NUMBER: usize = 8;
/// No upload takes longer: a later line with its number belongs to another one, after a restart.
const LONGEST_MS: i64 = 10 * 60_000;
/// Lines this soon after the beginning of a file wait for the preceding file: it may contain an earlier line of the same
/// upload, about device keys, and the uploads of a device must stay in order.
const BEGINNING_MS: i64 = 60_000;
/// At most this many refusals without a request number wait for the line that ends their request, and this long.
const MAX_NAMELESS: usize = 16;
const NAMELESS_MS: i64 = 5000;

/// A line about an upload, or the one that ends it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) at: i64,
    /// The process, if the line names it, and its number of the request.
    pub(crate) key: Option<String>,
    pub(crate) kind: EventKind,
}

impl Event {
    pub(crate) fn shifted(&self, offset_ms: i64) -> Self {
        Self { at: self.at - offset_ms, ..self.clone() }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum EventKind {
    Line(UploadLine),
    End(UploadEnd),
}

/// How a request to upload keys ended.
#[derive(Clone, Debug)]
pub(crate) struct UploadEnd {
    pub(crate) user: Option<String>,
    pub(crate) status: u16,
    pub(crate) client: Option<String>,
}

/// An upload about which the log says no more.
#[derive(Debug)]
pub(crate) struct FinishedUpload {
    pub(crate) at: i64,
    pub(crate) device_ids: DeviceIds,
    pub(crate) named_by: Option<NamedBy>,
    pub(crate) client: Option<String>,
    pub(crate) outcome: Outcome,
}

/// The outcome of an upload.
#[derive(Debug)]
pub(crate) enum Outcome {
    Accepted,
    Refused { key_id: String, with_device_keys: bool },
    TooLarge,
    Failed(u16),
}

/// What is known about an upload before it ends.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "what lines say of it")]
struct OpenUpload {
    at: i64,
    device: Option<Device>,
    adds_keys: bool,
    has_device_keys: bool,
    refused: Option<String>,
    signer: Option<Device>,
    is_too_large: bool,
    /// Whether one of the lines may belong to another upload.
    is_unclear: bool,
}

impl OpenUpload {
    fn is_over(&self) -> bool {
        self.refused.is_some() || self.is_too_large
    }

    /// Whether `line`, which names the device, begins another upload of it.
    fn is_before(&self, line: &UploadLine) -> bool {
        match line {
            UploadLine::DeviceKeys(_) => true,
            _ => self.adds_keys || self.is_over(),
        }
    }

    fn is_at_the_time_of(&self, at: i64) -> bool {
        (at - self.at).abs() <= LONGEST_MS
    }

    /// The result of an upload whose end is not in the log: a refusal still counts.
    fn unended(self) -> Option<FinishedUpload> {
        let device = self.device.filter(|_| !self.is_unclear)?;
        let outcome = match self.refused {
            Some(key_id) => Outcome::Refused { key_id, with_device_keys: self.has_device_keys },
            None if self.is_too_large => Outcome::TooLarge,
            None => return None,
        };
        Some(FinishedUpload {
            at: self.at,
            device_ids: ids_of(device),
            named_by: Some(NamedBy::Log),
            client: None,
            outcome,
        })
    }

    /// `None` if the upload says nothing about the health of a device.
    fn ended(self, at: i64, end: UploadEnd) -> Option<FinishedUpload> {
        let UploadEnd { user, status, client } = end;
        let signed = self.signer.filter(|signer| user.as_ref() == Some(&signer.user_id));
        let (device_ids, named_by) = match (self.device, signed) {
            (Some(device), _) => (ids_of(device), Some(NamedBy::Log)),
            (None, Some(device)) => (ids_of(device), Some(NamedBy::Signature)),
            (None, None) => (DeviceIds { user, device: None }, None),
        };
        let outcome = match (status, self.refused) {
            // 0: the client disconnected before the refusal.
            (400 | 0, Some(key_id)) => Outcome::Refused { key_id, with_device_keys: self.has_device_keys },
            (400 | 0, None) if self.is_too_large => Outcome::TooLarge,
            (413, _) => Outcome::TooLarge,
            (200..=399, _) if self.adds_keys => Outcome::Accepted,
            // An upload without one-time keys only asks for their count.
            (200..=399, _) => return None,
            (status, _) => Outcome::Failed(status),
        };
        // Without a user and a device nobody is in trouble: an expired token, or a rate limit before the login.
        let is_without_device = device_ids.user.is_none() && device_ids.device.is_none();
        (!is_without_device).then_some(FinishedUpload { at, device_ids, named_by, client, outcome })
    }
}

/// The uploads that have not ended yet.
#[derive(Debug, Default)]
pub(crate) struct Uploads {
    /// The time of the first line, if the log may have begun in another file.
    began: Option<i64>,
    /// Lines soon after `began`, of uploads that may have begun earlier: the preceding file names their device.
    held: Vec<Event>,
    held_keys: HashSet<String>,
    open: HashMap<String, VecDeque<OpenUpload>>,
    /// The keys of `open`, the oldest first; some of them may be closed already.
    order: VecDeque<String>,
    /// The latest refusals without a request number: time, key id and signer.
    nameless: VecDeque<(i64, String, Device)>,
    /// Uploads that ended as another user than the one that began them.
    pub(crate) contradicting: u64,
    /// Uploads that may be of either of two devices.
    pub(crate) ambiguous: u64,
}

impl Uploads {
    /// Notes the time of a file's first line.
    pub(crate) fn begin(&mut self, at: i64) {
        self.began.get_or_insert(at);
    }

    /// Takes the next line, and returns the uploads that it completes.
    pub(crate) fn take(&mut self, event: Event) -> Vec<FinishedUpload> {
        if self.holds(&event) {
            self.held.push(event);
            return Vec::new();
        }
        self.take_now(event)
    }

    /// The lines that wait for the preceding file.
    pub(crate) fn held(&self) -> &[Event] {
        &self.held
    }

    fn holds(&mut self, event: &Event) -> bool {
        let Some(began) = self.began else { return false };
        let within = |most: i64| self.held.len() < MAX_HELD && (event.at - began).abs() <= most;
        match (&event.key, &event.kind) {
            (Some(key), _) if self.open.contains_key(key) => false,
            (Some(key), EventKind::End(_)) => self.held_keys.remove(key) || within(LONGEST_MS),
            (Some(key), EventKind::Line(line)) => {
                let begins = matches!(line, UploadLine::Adding(_) | UploadLine::DeviceKeys(_));
                let most = if begins { BEGINNING_MS } else { LONGEST_MS };
                let holds = within(most) || (self.held_keys.contains(key) && self.held.len() < 2 * MAX_HELD);
                if holds {
                    self.held_keys.insert(key.clone());
                }
                holds
            }
            (None, EventKind::Line(_)) => within(BEGINNING_MS),
            (None, EventKind::End(end)) => {
                within(BEGINNING_MS + NAMELESS_MS) && self.place_of_nameless(event.at, end.user.as_deref()).is_none()
            }
        }
    }

    /// Adds the open uploads of the next piece of the log, whose clock is `offset_ms` ahead.
    pub(crate) fn append(&mut self, next: &Self, offset_ms: i64) -> Vec<FinishedUpload> {
        let mut done = Vec::new();
        let mut seen = HashSet::new();
        for key in next.order.iter().filter(|key| seen.insert(*key)) {
            for open in next.open.get(key).into_iter().flatten() {
                let open = OpenUpload { at: open.at - offset_ms, ..open.clone() };
                self.forget_old(key, open.at, &mut done);
                let own = self.open.entry(key.clone()).or_default();
                // The same device again: its upload began anew.
                if let Some(nth) = own.iter().position(|own| own.device == open.device) {
                    done.extend(own.remove(nth).and_then(OpenUpload::unended));
                }
                own.push_back(open);
            }
            self.order.push_back(key.clone());
        }
        self.make_room(&mut done);
        let nameless = next.nameless.iter().map(|(at, key, signer)| (at - offset_ms, key.clone(), signer.clone()));
        self.nameless = nameless.chain(self.nameless.drain(..)).take(MAX_NAMELESS).collect();
        done
    }

    fn take_now(&mut self, event: Event) -> Vec<FinishedUpload> {
        let mut done = Vec::new();
        let Event { at, key, kind } = event;
        if let Some(key) = &key {
            self.forget_old(key, at, &mut done);
        }
        match (kind, key) {
            (EventKind::Line(line), Some(key)) => self.take_line(at, key, line, &mut done),
            // Some formats do not number requests. The uploader itself claims who signed the key: this counts if a request
            // of that very user is refused next.
            (EventKind::Line(UploadLine::Refused { key_id, signer: Some(signer) }), None) => {
                self.nameless.truncate(MAX_NAMELESS - 1);
                self.nameless.push_front((at, key_id, signer));
            }
            (EventKind::Line(_), None) => {}
            (EventKind::End(end), Some(key)) => done.extend(self.take_end(at, &key, end)),
            (EventKind::End(end), None) => done.extend(self.nameless_of(at, end.user.as_deref()).ended(at, end)),
        }
        done
    }

    /// Completes the uploads whose end is not in the log.
    pub(crate) fn finish(&mut self) -> Vec<FinishedUpload> {
        let held = std::mem::take(&mut self.held);
        let mut done: Vec<FinishedUpload> = held.into_iter().flat_map(|event| self.take_now(event)).collect();
        for key in std::mem::take(&mut self.order) {
            done.extend(self.open.remove(&key).into_iter().flatten().filter_map(OpenUpload::unended));
        }
        self.open = HashMap::new();
        self.nameless.clear();
        done
    }

    fn forget_old(&mut self, key: &str, at: i64, done: &mut Vec<FinishedUpload>) {
        let Some(open) = self.open.get_mut(key) else { return };
        let (now, old): (VecDeque<_>, VecDeque<_>) = open.drain(..).partition(|open| open.is_at_the_time_of(at));
        *open = now;
        done.extend(old.into_iter().filter_map(OpenUpload::unended));
        self.close_if_empty(key);
    }

    fn close_if_empty(&mut self, key: &str) {
        if self.open.get(key).is_some_and(VecDeque::is_empty) {
            self.open.remove(key);
        }
    }

    fn take_line(&mut self, at: i64, key: String, line: UploadLine, done: &mut Vec<FinishedUpload>) {
        if !self.open.contains_key(&key) {
            self.make_room(done);
            self.order.push_back(key.clone());
        }
        let open = self.open.entry(key).or_default();
        match line {
            UploadLine::Adding(ref device) | UploadLine::DeviceKeys(ref device) => {
                let nth = open.iter().position(|open| open.device.as_ref() == Some(device));
                let nth = nth.unwrap_or_else(|| {
                    if open.len() >= MAX_OF_ONE_NUMBER {
                        done.extend(open.pop_front().and_then(OpenUpload::unended));
                    }
                    open.push_back(OpenUpload { device: Some(device.clone()), ..OpenUpload::default() });
                    open.len() - 1
                });
                let upload = &mut open[nth];
                if upload.is_before(&line) {
                    let device = upload.device.clone();
                    done.extend(std::mem::replace(upload, OpenUpload { device, ..OpenUpload::default() }).unended());
                }
                upload.at = at;
                let adds = matches!(line, UploadLine::Adding(_));
                (upload.adds_keys, upload.has_device_keys) =
                    (upload.adds_keys || adds, upload.has_device_keys || !adds);
            }
            UploadLine::Refused { key_id, signer } => {
                let upload = of_refusal(open, signer.as_ref());
                (upload.at, upload.refused, upload.signer) = (at, Some(key_id), signer);
            }
            UploadLine::TooLarge => {
                let upload = of_refusal(open, None);
                (upload.at, upload.is_too_large) = (at, true);
            }
        }
    }

    fn make_room(&mut self, done: &mut Vec<FinishedUpload>) {
        while self.open.len() >= MAX_OPEN
            && let Some(oldest) = self.order.pop_front()
        {
            done.extend(self.open.remove(&oldest).into_iter().flatten().filter_map(OpenUpload::unended));
        }
        // Most uploads end soon, and leave their key in `order`.
        if self.order.len() >= 2 * MAX_OPEN {
            self.order.retain(|key| self.open.contains_key(key));
        }
    }

    fn take_end(&mut self, at: i64, key: &str, end: UploadEnd) -> Option<FinishedUpload> {
        let Some(open) = self.open.get_mut(key) else { return OpenUpload::default().ended(at, end) };
        let is_its = |open: &OpenUpload| match (&open.device, &end.user) {
            (Some(device), Some(user)) => device.user_id == *user,
            _ => true,
        };
        let Some(nth) = open.iter().position(is_its) else {
            // Another upload with that number: it is unknown which lines belong to which.
            for open in open.iter_mut() {
                open.is_unclear = true;
            }
            self.contradicting += 1;
            return None;
        };
        let device = open[nth].device.clone();
        if open.iter().any(|other| is_its(other) && other.device != device) {
            open.iter_mut().filter(|open| is_its(open)).for_each(|open| open.is_unclear = true);
        }
        let upload = open.remove(nth).unwrap_or_default();
        self.close_if_empty(key);
        if upload.is_unclear {
            self.ambiguous += 1;
            return OpenUpload::default().ended(at, end);
        }
        upload.ended(at, end)
    }

    fn place_of_nameless(&self, at: i64, user: Option<&str>) -> Option<usize> {
        let is_its = |(since, _, signer): &(i64, String, Device)| {
            (0..=NAMELESS_MS).contains(&(at - since)) && user == Some(signer.user_id.as_str())
        };
        self.nameless.iter().position(is_its)
    }

    fn nameless_of(&mut self, at: i64, user: Option<&str>) -> OpenUpload {
        let found = self.place_of_nameless(at, user).and_then(|place| self.nameless.remove(place));
        found.map_or_else(OpenUpload::default, |(_, key_id, signer)| OpenUpload {
            refused: Some(key_id),
            signer: Some(signer),
            ..OpenUpload::default()
        })
    }
}

/// The upload that a refusal belongs to. The signer of the refused key tells uploads with the same number apart. If it
/// contradicts the only one, that one becomes unclear.
fn of_refusal<'a>(open: &'a mut VecDeque<OpenUpload>, signer: Option<&Device>) -> &'a mut OpenUpload {
    let waiting: Vec<usize> = (0..open.len()).filter(|nth| !open[*nth].is_over()).collect();
    let is_signers = |nth: &&usize| signer.is_some() && open[**nth].device.as_ref() == signer;
    let found = match (waiting.iter().find(is_signers), waiting.as_slice()) {
        (Some(nth), _) | (None, [nth]) => Some(*nth),
        _ => None,
    };
    let nth = found.unwrap_or_else(|| {
        let is_unclear = !waiting.is_empty();
        for nth in &waiting {
            open[*nth].is_unclear = true;
        }
        if is_unclear { waiting[0] } else { open.len() }
    });
    if nth == open.len() {
        open.push_back(OpenUpload::default());
    }
    let upload = &mut open[nth];
    let is_anothers = |device: &Device| signer.is_some_and(|signer| signer != device);
    upload.is_unclear |= upload.device.as_ref().is_some_and(is_anothers);
    upload
}

fn ids_of(Device { user_id, device_id }: Device) -> DeviceIds {
    DeviceIds { user: Some(user_id), device: Some(device_id) }
}
