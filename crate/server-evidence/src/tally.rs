//! What a survey takes from a log, in bounded memory: one line after the other, whatever their order.

use std::collections::{BTreeMap, HashMap, VecDeque};

use lotus_crypto_diag::request_path::request_path;
use lotus_crypto_diag::survey::NamedBy;

use crate::client::client_of;
use crate::ended::Ended;
use crate::log_record::Record;
use crate::series::{Accepted, Hour, Series, hour_of};
use crate::upload_lines::{Device, UploadLine};

/// So many devices are followed; of those without trouble, beyond it, none.
const MOST_DEVICES: usize = 50_000;
/// So many uploads wait for the line that ends them.
const MOST_PENDING: usize = 10_000;
/// So many ids of a device are told apart.
const MOST_IDS: usize = 100;
/// So many refusals without a name wait for the line that ends their request, and so long.
const MOST_NAMELESS: usize = 16;
const NAMELESS_MS: i64 = 5000;
const MOST_CLIENTS: usize = 4;
const MOST_ENDPOINTS: usize = 500;
const MOST_HOURS: usize = 20_000;
/// What a person waits for noticeably.
pub(crate) const SLOW_MS: f64 = 2000.0;

/// A device, as far as the log names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Who {
    pub(crate) user: Option<String>,
    pub(crate) device: Option<String>,
}

/// What a log says of every device.
#[derive(Debug, Default)]
pub struct Tally {
    pub(crate) from: Option<i64>,
    pub(crate) to: Option<i64>,
    pub(crate) requests: u64,
    pub(crate) devices: HashMap<Who, DeviceTally>,
    pub(crate) endpoints: HashMap<(String, String), Endpoint>,
    pub(crate) hours: BTreeMap<i64, Hour>,
    /// Devices that were forgotten, or not followed.
    pub(crate) left_out: u64,
    /// Lines of one request that name two users.
    pub(crate) contradicting: u64,
    /// Whether anything named a device.
    pub(crate) names_devices: bool,
    /// Whether all lines have their time in UTC, as those of a JSON log.
    pub(crate) is_utc: bool,
    /// Of the times of all lines: the same log twice has the same.
    pub(crate) digest: u64,
    /// Uploads of which the end is not known yet, by the name of the request.
    pending: HashMap<String, Pending>,
    /// The latest refusals of which the request has no name: the time, the key, and who signed it.
    nameless: VecDeque<(i64, String, Device)>,
    order: VecDeque<String>,
}

/// What a log says of a device.
#[derive(Debug, Default)]
pub(crate) struct DeviceTally {
    pub(crate) named_by: Option<NamedBy>,
    pub(crate) accepted: Accepted,
    pub(crate) clients: Vec<String>,
    pub(crate) troubles: Option<Box<Troubles>>,
}

#[derive(Debug, Default)]
pub(crate) struct Troubles {
    pub(crate) refused: Series,
    pub(crate) ids: Vec<RefusedKey>,
    /// Refused uploads that brought device keys, too.
    pub(crate) with_device_keys: u64,
    /// Accepted uploads after the first refused one.
    accepted_since: u64,
    /// Refused uploads after such an accepted one: two at once upload keys for the device.
    pub(crate) refused_again: u64,
    pub(crate) too_large: Series,
    pub(crate) failed: Series,
    pub(crate) delayed: Series,
}

/// The id of a key that was refused.
#[derive(Clone, Debug)]
pub(crate) struct RefusedKey {
    pub(crate) id: String,
    pub(crate) count: u64,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Endpoint {
    pub(crate) count: u64,
    pub(crate) total_ms: f64,
    pub(crate) longest_ms: f64,
}

/// What is known of an upload before it ended.
#[derive(Debug, Default)]
struct Pending {
    at: i64,
    device: Option<Device>,
    adds_keys: bool,
    has_device_keys: bool,
    refused: Option<String>,
    signer: Option<Device>,
    is_too_large: bool,
}

impl Pending {
    /// Whether a line of an upload cannot be of this one.
    fn is_before(&self, line: &UploadLine) -> bool {
        let is_over = self.refused.is_some() || self.is_too_large;
        match line {
            UploadLine::DeviceKeys(_) => true,
            UploadLine::Adding(_) => self.adds_keys || is_over,
            UploadLine::Refused { .. } | UploadLine::TooLarge => is_over,
        }
    }
}

/// How an upload went.
enum Outcome {
    Accepted,
    Refused { key_id: String, with_device_keys: bool },
    TooLarge,
    Failed(u16),
}

impl Tally {
    /// Any line with a time.
    pub(crate) fn pass(&mut self, at: i64) {
        self.digest = (self.digest ^ at.cast_unsigned()).wrapping_mul(0x0100_0000_01b3).rotate_left(5);
        self.from = Some(self.from.map_or(at, |from| from.min(at)));
        self.to = Some(self.to.map_or(at, |to| to.max(at)));
    }

    /// A line that ends no request.
    pub(crate) fn take_other(&mut self, record: &Record<'_>) {
        let Some(line) = UploadLine::read(record) else { return };
        let Some(request) = record.request() else {
            // Some formats do not name requests. Who signed the key is what its uploader says: it counts when a request of
            // that very user is refused next.
            if let UploadLine::Refused { key_id, signer: Some(signer) } = line {
                self.nameless.truncate(MOST_NAMELESS - 1);
                self.nameless.push_front((record.at, key_id, signer));
            }
            return;
        };
        if !self.pending.contains_key(&*request) {
            self.make_room();
            self.order.push_back(request.to_string());
        } else if self.pending.get(&*request).is_some_and(|pending| pending.is_before(&line)) {
            // After a restart the names of requests begin anew.
            self.settle(&request);
            self.order.push_back(request.to_string());
        }
        let pending = self.pending.entry(request.into_owned()).or_default();
        pending.at = record.at;
        match line {
            UploadLine::Adding(device) => (pending.device, pending.adds_keys) = (Some(device), true),
            UploadLine::DeviceKeys(device) => (pending.device, pending.has_device_keys) = (Some(device), true),
            UploadLine::Refused { key_id, signer } => (pending.refused, pending.signer) = (Some(key_id), signer),
            UploadLine::TooLarge => pending.is_too_large = true,
        }
    }

    fn make_room(&mut self) {
        while self.pending.len() >= MOST_PENDING
            && let Some(oldest) = self.order.pop_front()
        {
            self.settle(&oldest);
        }
        // Most uploads end soon, and leave their name behind.
        if self.order.len() >= 2 * MOST_PENDING {
            self.order.retain(|request| self.pending.contains_key(request));
        }
    }

    /// A line that ends a request.
    pub(crate) fn take_ended(&mut self, ended: &Ended<'_>) {
        self.requests += 1;
        let at = ended.at;
        if let Some(hour) = self.hour(at) {
            hour.requests += 1;
        }
        if ended.duration_ms >= SLOW_MS {
            self.take_slow(ended);
        }
        if ended.is_upload() && ended.method == "POST" {
            self.take_upload(ended);
        } else if ended.uri.contains("/delayed_events") || ended.uri.contains("org.matrix.msc4140.delay=") {
            self.take_delayed(ended);
        }
    }

    fn hour(&mut self, at: i64) -> Option<&mut Hour> {
        let hour = hour_of(at);
        let has_room = self.hours.len() < MOST_HOURS || self.hours.contains_key(&hour);
        has_room.then(|| self.hours.entry(hour).or_default())
    }

    fn take_slow(&mut self, ended: &Ended<'_>) {
        let Some(path) = request_path(&ended.uri) else { return };
        if let Some(hour) = self.hour(ended.at) {
            hour.slow += 1;
        }
        let key = (ended.method.to_string(), path);
        if self.endpoints.len() >= MOST_ENDPOINTS && !self.endpoints.contains_key(&key) {
            return;
        }
        let endpoint = self.endpoints.entry(key).or_default();
        endpoint.count += 1;
        endpoint.total_ms += ended.duration_ms;
        endpoint.longest_ms = endpoint.longest_ms.max(ended.duration_ms);
    }

    fn take_upload(&mut self, ended: &Ended<'_>) {
        let user = user_of(ended);
        let pending = match &ended.request {
            Some(request) => self.pending.remove(&**request).unwrap_or_default(),
            None => self.nameless_of(ended.at, user.as_deref()),
        };
        let named = pending.device.as_ref();
        if let (Some(user), Some(named)) = (&user, named)
            && *user != named.user_id
        {
            self.contradicting += 1;
            return;
        }
        let signed = pending.signer.as_ref().filter(|signer| user.as_ref() == Some(&signer.user_id));
        let (who, named_by) = match (named, signed) {
            (Some(device), _) => (who_of(device.clone()), Some(NamedBy::Log)),
            (None, Some(device)) => (who_of(device.clone()), Some(NamedBy::Signature)),
            (None, None) => (Who { user, device: None }, None),
        };
        self.names_devices |= named_by.is_some();
        // Nobody is in trouble whom nobody names: a token that has expired, a limit before the login.
        if who.user.is_none() && who.device.is_none() {
            return;
        }
        let outcome = match (ended.status, pending.refused) {
            // Or the client was gone before the refusal.
            (400 | 0, Some(key_id)) => Outcome::Refused { key_id, with_device_keys: pending.has_device_keys },
            (400 | 0, None) if pending.is_too_large => Outcome::TooLarge,
            (413, _) => Outcome::TooLarge,
            (200..=399, _) if pending.adds_keys => Outcome::Accepted,
            // An upload without one-time keys asks how many there are.
            (200..=399, _) => return,
            (status, _) => Outcome::Failed(status),
        };
        let client = client_of(&String::from_utf8_lossy(ended.agent));
        self.upload(ended.at, who, named_by, client, outcome);
    }

    fn nameless_of(&mut self, at: i64, user: Option<&str>) -> Pending {
        let is_its = |(since, _, signer): &(i64, String, Device)| {
            (0..=NAMELESS_MS).contains(&(at - since)) && user == Some(signer.user_id.as_str())
        };
        let found = self.nameless.iter().position(is_its).and_then(|place| self.nameless.remove(place));
        found.map_or_else(Pending::default, |(_, key_id, signer)| Pending {
            refused: Some(key_id),
            signer: Some(signer),
            ..Pending::default()
        })
    }

    /// An upload of which the end is not in the log: what was refused is refused.
    fn settle(&mut self, request: &str) {
        let Some(pending) = self.pending.remove(request) else { return };
        let Some(device) = pending.device else { return };
        let outcome = match pending.refused {
            Some(key_id) => Outcome::Refused { key_id, with_device_keys: pending.has_device_keys },
            None if pending.is_too_large => Outcome::TooLarge,
            None => return,
        };
        self.upload(pending.at, who_of(device), NamedBy::Log, None, outcome);
    }

    pub(crate) fn finish(&mut self) {
        while let Some(request) = self.order.pop_front() {
            self.settle(&request);
        }
        self.order.shrink_to_fit();
        self.pending.shrink_to_fit();
    }

    fn upload(
        &mut self,
        at: i64,
        who: Who,
        named_by: impl Into<Option<NamedBy>>,
        client: Option<String>,
        outcome: Outcome,
    ) {
        match outcome {
            Outcome::Refused { .. } | Outcome::TooLarge => self.hour(at).into_iter().for_each(|hour| hour.refused += 1),
            Outcome::Failed(_) => self.hour(at).into_iter().for_each(|hour| hour.failed += 1),
            Outcome::Accepted => {}
        }
        let Some(device) = self.device(who, !matches!(outcome, Outcome::Accepted)) else { return };
        device.named_by = named_by.into().or(device.named_by);
        device.note_client(client);
        match outcome {
            Outcome::Accepted => {
                device.accepted.add(at);
                if let Some(troubles) = &mut device.troubles {
                    troubles.accepted_since += u64::from(troubles.refused.first.is_some_and(|first| at > first));
                }
            }
            Outcome::Refused { key_id, with_device_keys } => {
                let troubles = device.troubles();
                troubles.refused.add(at, 400);
                troubles.refused_again += u64::from(troubles.accepted_since > 0);
                troubles.with_device_keys += u64::from(with_device_keys);
                troubles.note_id(&key_id, at);
            }
            Outcome::TooLarge => device.troubles().too_large.add(at, 400),
            Outcome::Failed(status) => device.troubles().failed.add(at, status),
        }
    }

    fn take_delayed(&mut self, ended: &Ended<'_>) {
        let is_well = (200..400).contains(&ended.status) && ended.duration_ms < SLOW_MS;
        if is_well {
            return;
        }
        if let Some(hour) = self.hour(ended.at) {
            hour.delayed += 1;
        }
        let who = Who { user: user_of(ended), device: None };
        let client = client_of(&String::from_utf8_lossy(ended.agent));
        let Some(device) = self.device(who, true) else { return };
        device.note_client(client);
        device.troubles().delayed.add(ended.at, ended.status);
    }

    /// `None`: there are too many to follow.
    fn device(&mut self, who: Who, is_in_trouble: bool) -> Option<&mut DeviceTally> {
        if self.devices.len() >= MOST_DEVICES && !self.devices.contains_key(&who) {
            if is_in_trouble {
                // What is well gives way, all at once, as this takes a look at each.
                let before = self.devices.len();
                self.devices.retain(|_, device| device.troubles.is_some());
                self.left_out += (before - self.devices.len()) as u64;
            }
            if self.devices.len() >= MOST_DEVICES {
                self.left_out += 1;
                return None;
            }
        }
        Some(self.devices.entry(who).or_default())
    }
}

impl DeviceTally {
    pub(crate) fn troubles(&mut self) -> &mut Troubles {
        self.troubles.get_or_insert_default()
    }

    pub(crate) fn note_client(&mut self, client: Option<String>) {
        if let Some(client) =
            client.filter(|client| self.clients.len() < MOST_CLIENTS && !self.clients.contains(client))
        {
            self.clients.push(client);
        }
    }
}

impl Troubles {
    fn note_id(&mut self, key_id: &str, at: i64) {
        let id = key_id.chars().take(200).collect();
        self.join_id(RefusedKey { id, count: 1, first: at, last: at });
    }

    pub(crate) fn join_id(&mut self, other: RefusedKey) {
        if let Some(key) = self.ids.iter_mut().find(|key| key.id == other.id) {
            key.count += other.count;
            key.first = key.first.min(other.first);
            key.last = key.last.max(other.last);
        } else if self.ids.len() < MOST_IDS {
            self.ids.push(other);
        }
    }
}

fn who_of(Device { user_id, device_id }: Device) -> Who {
    Who { user: Some(user_id), device: Some(device_id) }
}

fn user_of(ended: &Ended<'_>) -> Option<String> {
    ended.user.map(|user| String::from_utf8_lossy(user).into_owned())
}
