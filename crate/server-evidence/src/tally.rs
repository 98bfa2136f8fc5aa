//! Collects the data of a log that a survey needs, in bounded memory: line by line, in any order.

use std::collections::{BTreeMap, HashMap};

use lotus_crypto_diag::request_path::request_path;

use crate::client::client_of;
use crate::device_tally::DeviceTally;
use crate::log_record::Record;
use crate::request_end::RequestEnd;
use crate::series::{Hour, hour_of};
use crate::upload_lines::{CutLine, UploadLine};
use crate::uploads::{Event, EventKind, FinishedUpload, Outcome, UploadEnd, Uploads};

/// At most this many devices are followed; further ones without trouble are not.
const MAX_DEVICES: usize = 50_000;
const MAX_ENDPOINTS: usize = 500;
/// No endpoint of the spec has a longer path.
const LONGEST_PATH: usize = 200;
const MAX_HOURS: usize = 20_000;
/// A delay that users notice.
pub(crate) const SLOW_MS: f64 = 2000.0;

/// A device; `None` for ids that the log does not name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DeviceIds {
    pub(crate) user: Option<String>,
    pub(crate) device: Option<String>,
}

/// What the lines of one clock say about every device.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) from: Option<i64>,
    pub(crate) to: Option<i64>,
    pub(crate) requests: u64,
    pub(crate) devices: HashMap<DeviceIds, DeviceTally>,
    pub(crate) endpoints: HashMap<(String, String), Endpoint>,
    pub(crate) hours: BTreeMap<i64, Hour>,
    /// Devices that were dropped, or not followed.
    pub(crate) left_out: u64,
    /// Whether any line named a device.
    pub(crate) names_devices: bool,
    pub(crate) uploads: Uploads,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Endpoint {
    pub(crate) count: u64,
    pub(crate) total_ms: f64,
    pub(crate) longest_ms: f64,
}

impl Tally {
    /// Notes the time of a line.
    pub(crate) fn note_time(&mut self, at: i64) {
        self.from = Some(self.from.map_or(at, |from| from.min(at)));
        self.to = Some(self.to.map_or(at, |to| to.max(at)));
    }

    /// Takes a line that ends no request.
    pub(crate) fn take_other(&mut self, record: &Record<'_>) -> Result<(), CutLine> {
        if let Some(line) = UploadLine::read(record)? {
            let key = record.request().map(|request| record.key(&request));
            self.take_event(Event { at: record.at, key, kind: EventKind::Line(line) });
        }
        Ok(())
    }

    /// Takes a line that ends a request.
    pub(crate) fn take_ended(&mut self, record: &Record<'_>, ended: &RequestEnd<'_>) {
        self.requests += 1;
        let at = ended.at;
        if let Some(hour) = self.hour(at) {
            hour.requests += 1;
        }
        if ended.duration_ms >= SLOW_MS {
            self.take_slow(ended);
        }
        if ended.is_upload() && ended.method == "POST" {
            let kind = EventKind::End(UploadEnd {
                user: user_of(ended),
                status: ended.status,
                client: client_of_agent(ended),
            });
            let key = ended.request.as_deref().map(|request| record.key(request));
            self.take_event(Event { at, key, kind });
        } else if ended.uri.contains("/delayed_events") || ended.uri.contains("org.matrix.msc4140.delay=") {
            self.take_delayed(ended);
        }
    }

    fn hour(&mut self, at: i64) -> Option<&mut Hour> {
        let hour = hour_of(at);
        let has_room = self.hours.len() < MAX_HOURS || self.hours.contains_key(&hour);
        has_room.then(|| self.hours.entry(hour).or_default())
    }

    fn take_slow(&mut self, ended: &RequestEnd<'_>) {
        let Some(path) = request_path(&ended.uri).filter(|path| path.len() <= LONGEST_PATH) else { return };
        if let Some(hour) = self.hour(ended.at) {
            hour.slow += 1;
        }
        if let Some(endpoint) = self.endpoint((ended.method.to_string(), path)) {
            endpoint.count += 1;
            endpoint.total_ms += ended.duration_ms;
            endpoint.longest_ms = endpoint.longest_ms.max(ended.duration_ms);
        }
    }

    /// The first and the last time in UTC, if the clock is `offset_ms` ahead.
    pub(crate) fn span(&self, offset_ms: i64) -> Option<[i64; 2]> {
        Some([self.from? - offset_ms, self.to? - offset_ms])
    }

    /// Adds the next piece of the same log, whose clock is `offset_ms` ahead: the result is that of the whole log.
    pub(crate) fn append(&mut self, next: &Self, offset_ms: i64) {
        for event in next.uploads.held() {
            self.take_event(event.shifted(offset_ms));
        }
        self.merge(next, offset_ms);
        for done in self.uploads.append(&next.uploads, offset_ms) {
            self.take_done(done);
        }
    }

    /// Adds another log of the same time, except for uploads that have not ended.
    pub(crate) fn merge(&mut self, other: &Self, offset_ms: i64) {
        if let Some([from, to]) = other.span(offset_ms) {
            self.from = Some(self.from.map_or(from, |own| own.min(from)));
            self.to = Some(self.to.map_or(to, |own| own.max(to)));
        }
        self.requests += other.requests;
        self.left_out += other.left_out;
        self.names_devices |= other.names_devices;
        self.uploads.contradicting += other.uploads.contradicting;
        self.uploads.ambiguous += other.uploads.ambiguous;
        for (device_ids, device) in &other.devices {
            if let Some(own) = self.device(device_ids.clone(), device.troubles.is_some()) {
                own.merge(device, offset_ms);
            }
        }
        for (key, endpoint) in &other.endpoints {
            if let Some(own) = self.endpoint(key.clone()) {
                own.count += endpoint.count;
                own.total_ms += endpoint.total_ms;
                own.longest_ms = own.longest_ms.max(endpoint.longest_ms);
            }
        }
        for (hour, counts) in &other.hours {
            self.hour(hour - offset_ms).into_iter().for_each(|own| own.merge(counts));
        }
    }

    fn endpoint(&mut self, key: (String, String)) -> Option<&mut Endpoint> {
        let has_room = self.endpoints.len() < MAX_ENDPOINTS || self.endpoints.contains_key(&key);
        has_room.then(|| self.endpoints.entry(key).or_default())
    }

    fn take_event(&mut self, event: Event) {
        for done in self.uploads.take(event) {
            self.take_done(done);
        }
    }

    pub(crate) fn finish(&mut self) {
        for done in self.uploads.finish() {
            self.take_done(done);
        }
    }

    fn take_done(&mut self, done: FinishedUpload) {
        self.names_devices |= done.named_by.is_some();
        if let Some(hour) = self.hour(done.at) {
            match done.outcome {
                Outcome::Refused { .. } | Outcome::TooLarge => hour.refused += 1,
                Outcome::Failed(_) => hour.failed += 1,
                Outcome::Accepted => {}
            }
        }
        let is_in_trouble = !matches!(done.outcome, Outcome::Accepted);
        if let Some(device) = self.device(done.device_ids.clone(), is_in_trouble) {
            device.take(done);
        }
    }

    fn take_delayed(&mut self, ended: &RequestEnd<'_>) {
        let is_well = (200..400).contains(&ended.status) && ended.duration_ms < SLOW_MS;
        // An expired token or a rate limit before the login is no device's trouble.
        let is_without_device = ended.user.is_none() && matches!(ended.status, 401 | 403 | 429);
        if is_well || is_without_device {
            return;
        }
        if let Some(hour) = self.hour(ended.at) {
            hour.delayed += 1;
        }
        let device_ids = DeviceIds { user: user_of(ended), device: None };
        let client = client_of_agent(ended);
        let Some(device) = self.device(device_ids, true) else { return };
        device.note_client(client);
        device.troubles().delayed.add(ended.at, ended.status);
    }

    /// `None` if there are too many devices to follow.
    fn device(&mut self, device_ids: DeviceIds, is_in_trouble: bool) -> Option<&mut DeviceTally> {
        if self.devices.len() >= MAX_DEVICES && !self.devices.contains_key(&device_ids) {
            if !is_in_trouble {
                self.left_out += 1;
                return None;
            }
            self.thin();
        }
        Some(self.devices.entry(device_ids).or_default())
    }

    /// Makes room for devices in trouble: drops those without trouble, then the less severe half of the rest. In one go, as
    /// this looks at every device.
    fn thin(&mut self) {
        let before = self.devices.len();
        self.devices.retain(|_, device| device.troubles.is_some());
        if self.devices.len() >= MAX_DEVICES {
            let mut ranks: Vec<_> = self.devices.values().map(DeviceTally::gravity).collect();
            let middle = ranks.len() / 2;
            let bound = *ranks.select_nth_unstable(middle).1;
            // Of equally severe ones, as many stay as there is room for.
            let mut room = middle;
            self.devices.retain(|_, device| {
                let stays = device.gravity() > bound || (device.gravity() == bound && room > 0);
                room -= usize::from(device.gravity() == bound && room > 0);
                stays
            });
        }
        self.left_out += (before - self.devices.len()) as u64;
    }
}

fn client_of_agent(ended: &RequestEnd<'_>) -> Option<String> {
    client_of(&String::from_utf8_lossy(ended.agent))
}

fn user_of(ended: &RequestEnd<'_>) -> Option<String> {
    ended.user.map(|user| String::from_utf8_lossy(user).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(name: String, outcome: Outcome) -> FinishedUpload {
        FinishedUpload {
            at: 0,
            device_ids: DeviceIds { user: Some(name.clone()), device: Some(name) },
            named_by: None,
            client: None,
            outcome,
        }
    }

    #[test]
    fn the_devices_in_the_worst_trouble_are_kept_and_the_others_are_counted() {
        let mut tally = Tally::default();
        let refused = || Outcome::Refused { key_id: "AAAA".to_owned(), with_device_keys: false };
        for nth in 0..10 {
            for _ in 0..5 {
                tally.take_done(done(format!("@stuck{nth}:hs"), refused()));
            }
        }
        let others = 3 * MAX_DEVICES;
        for nth in 0..others {
            let outcome = if nth % 2 == 0 { Outcome::Accepted } else { Outcome::Failed(500) };
            tally.take_done(done(format!("@other{nth}:hs"), outcome));
        }
        let stuck =
            tally.devices.values().filter(|device| device.troubles.as_ref().is_some_and(|t| t.refused.count == 5));
        assert_eq!(stuck.count(), 10);
        assert!(tally.devices.len() <= MAX_DEVICES);
        assert_eq!(tally.left_out + tally.devices.len() as u64, others as u64 + 10);
    }
}
