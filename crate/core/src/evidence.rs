//! A bounded buffer of evidence in which a flood of lines cannot displace all others.
//!
//! Lines that mean the same are grouped into one entry. When the buffer is full, the kind with the most entries loses
//! one: all kinds share the space, and each kind keeps its first and its latest entries.

use std::hash::{Hash, Hasher};

use crate::entry::{Detail, Entry, Fault, Level};
use crate::timestamp::Timestamp;

/// Maximum number of entries.
pub const CAPACITY: usize = 200;

/// A recognised line, ready to be recorded.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The console method.
    pub level: Level,
    /// Where the line was logged.
    pub source: String,
    /// The fault.
    pub fault: Fault,
    /// The substring that identified the line, from the signature table.
    pub signature: &'static str,
    /// The line, redacted and limited in length.
    pub message: String,
    /// Whether the line was cut.
    pub truncated: bool,
    /// What could be read from the line.
    pub detail: Detail,
}

/// For lines about a call or its media keys, a minute without a line ends an entry, and the next line starts a new
/// one. Otherwise, two drop-outs an hour apart would look like one that lasted an hour.
const MAX_GAP_MS: i64 = 60_000;

/// Where a line was recorded, so that its repeats need not be compared with all entries.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The sequence number of the entry's first line.
    first_line: u64,
    /// Whether the entry's `message` differs from the line.
    differs: bool,
}

/// Holds at most [`CAPACITY`] entries.
#[derive(Debug, Default)]
pub struct EvidenceBuffer {
    /// In the order of their first lines.
    slots: Vec<Slot>,
    lines: u64,
}

/// Kept small, because all slots are searched, and removing one moves those behind it.
#[derive(Debug)]
struct Slot {
    entry: Box<Entry>,
    subject: Subject,
    kind: usize,
    /// The sequence numbers of the entry's first and latest lines.
    first_line: u64,
    last_line: u64,
}

impl EvidenceBuffer {
    /// Records a line, either in an existing entry or as a new one. `before` is where the same line was recorded
    /// before.
    pub fn add(&mut self, line: &Evidence, before: Option<Place>, now: Timestamp) -> Place {
        self.lines += 1;
        let number = self.lines;
        // A line about a call may need a new entry by now, or report a further retry.
        let before = before.filter(|_| !is_of_call(&line.detail));
        // Search backwards: in a flood, the repeated entry is among the latest.
        if let Some(place) = before
            && let Some(slot) = self.slots.iter_mut().rev().find(|slot| slot.first_line == place.first_line)
        {
            return slot.fold(line, place.differs, number, now);
        }
        let subject = Subject::of(line);
        if let Some(slot) = self.slots.iter_mut().rev().find(|slot| slot.accepts(line, subject, now)) {
            let differs = line.message != slot.entry.message;
            return slot.fold(line, differs, number, now);
        }
        if self.slots.len() >= CAPACITY {
            self.make_room();
        }
        self.slots.push(Slot::new(line.clone(), subject, number, now));
        Place { first_line: number, differs: false }
    }

    /// The entries, sorted by their latest line.
    pub fn entries(&self) -> Vec<&Entry> {
        // Insertion sort: the standard library's sort would add more code than the rest of this module.
        let mut slots: Vec<&Slot> = Vec::with_capacity(self.slots.len());
        for slot in &self.slots {
            let at = slots.iter().rposition(|before| before.last_line < slot.last_line).map_or(0, |before| before + 1);
            slots.insert(at, slot);
        }
        slots.into_iter().map(|slot| &*slot.entry).collect()
    }

    /// Removes one entry of the kind with the most entries: the one without a line for the longest time, but never the
    /// kind's first.
    fn make_room(&mut self) {
        let mut held = [0_usize; Detail::KINDS];
        for slot in &self.slots {
            held[slot.kind] += 1;
        }
        // There are far fewer kinds than entries, so the largest kind has more than the two entries that must stay.
        let largest = (0..held.len()).max_by_key(|kind| held[*kind]);
        let of_kind = self.slots.iter().enumerate().filter(|(_, slot)| Some(slot.kind) == largest);
        let victim = of_kind.skip(1).min_by_key(|(_, slot)| slot.last_line).map(|(index, _)| index);
        if let Some(victim) = victim {
            self.slots.remove(victim);
        }
    }
}

/// A hash of what a line is about: lines with different subjects never share an entry. It saves full comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Subject(u32);

impl Subject {
    fn of(line: &Evidence) -> Self {
        let mut hash = Fnv::default();
        match &line.detail {
            // A retry reports details that the first try did not have.
            Detail::DelayedEvent(_) | Detail::Membership(_) => line.signature.hash(&mut hash),
            detail => detail.hash(&mut hash),
        }
        Self(hash.0)
    }
}

/// FNV-1a, chosen only because it is small.
struct Fnv(u32);

impl Default for Fnv {
    fn default() -> Self {
        Self(0x811c_9dc5)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }

    fn finish(&self) -> u64 {
        self.0.into()
    }
}

impl Slot {
    fn new(line: Evidence, subject: Subject, number: u64, now: Timestamp) -> Self {
        let entry = Entry {
            ts: now,
            level: line.level,
            ke: line.fault,
            signature: line.signature.to_owned(),
            message: line.message,
            truncated: line.truncated,
            source: line.source,
            count: 1,
            first_ts: now,
            last_ts: now,
            last_message: None,
            detail: line.detail,
        };
        Self { subject, kind: entry.detail.ordinal(), entry: Box::new(entry), first_line: number, last_line: number }
    }

    /// Whether `line` belongs to this entry. If the detail names what the line is about, other differences (a message
    /// id, a request number) do not matter; otherwise the messages must be equal.
    fn accepts(&self, line: &Evidence, subject: Subject, now: Timestamp) -> bool {
        if self.subject != subject {
            return false;
        }
        let entry = &self.entry;
        entry.signature == line.signature
            && entry.level == line.level
            && entry.source == line.source
            && (entry.detail == line.detail || is_retry(&entry.detail, &line.detail))
            && (names_its_subject(&line.detail) || entry.message == line.message)
            && !(is_of_call(&line.detail) && now.ms() - entry.last_ts.ms() > MAX_GAP_MS)
    }

    fn fold(&mut self, line: &Evidence, differs: bool, number: u64, now: Timestamp) -> Place {
        let entry = &mut self.entry;
        entry.count = entry.count.saturating_add(1);
        entry.last_ts = now;
        entry.truncated |= line.truncated;
        if let (
            Detail::DelayedEvent(kept) | Detail::Membership(kept),
            Detail::DelayedEvent(call) | Detail::Membership(call),
        ) = (&mut entry.detail, &line.detail)
        {
            kept.attempt = kept.attempt.max(call.attempt);
        }
        entry.last_message = differs.then(|| line.message.clone());
        self.last_line = number;
        Place { first_line: self.first_line, differs }
    }
}

/// Whether the later line reports a further retry of the same request.
fn is_retry(earlier: &Detail, later: &Detail) -> bool {
    match (earlier, later) {
        (Detail::DelayedEvent(earlier), Detail::DelayedEvent(later))
        | (Detail::Membership(earlier), Detail::Membership(later)) => later.continues(earlier),
        _ => false,
    }
}

/// Whether the line is about a call or its media keys. For these, it matters when and how long they appeared.
const fn is_of_call(detail: &Detail) -> bool {
    matches!(
        detail,
        Detail::MissingKey { .. }
            | Detail::MissingKeySet { .. }
            | Detail::InvalidKey { .. }
            | Detail::KeyMarkedInvalid { .. }
            | Detail::KeyErrorsSuppressed { .. }
            | Detail::NoKeyTargets
            | Detail::ToDeviceOpened { .. }
            | Detail::ToDeviceUnopened { .. }
            | Detail::OlmSessionFailed { .. }
            | Detail::DelayedEvent(_)
            | Detail::Membership(_)
    )
}

const fn names_its_subject(detail: &Detail) -> bool {
    match detail {
        Detail::Refusal(refusal) => refusal.old_key.is_some() && refusal.new_key.is_some(),
        Detail::MissingKey { participant, .. }
        | Detail::MissingKeySet { participant, .. }
        | Detail::KeyMarkedInvalid { participant, .. }
        | Detail::KeyErrorsSuppressed { participant }
        | Detail::InvalidKey { participant } => participant.is_some(),
        Detail::UploadFailed { http_status, errcode } => http_status.is_some() || errcode.is_some(),
        Detail::OlmSessionFailed { device_id, reason, .. } => device_id.is_some() && reason.is_some(),
        Detail::ToDeviceOpened { sender } => sender.is_some(),
        Detail::Malformed { event, .. } | Detail::Undecryptable { event, .. } => event.event_id.is_some(),
        Detail::DelayedEvent(call) | Detail::Membership(call) => call.room_id.is_some(),
        Detail::Clue | Detail::ToDeviceUnopened { .. } | Detail::MediaKeyMention | Detail::NoKeyTargets => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::classify;

    #[derive(Default)]
    struct Log {
        buffer: EvidenceBuffer,
        clock: f64,
    }

    impl Log {
        fn error(&mut self, text: &str) {
            let found = classify(text).unwrap();
            let line = Evidence {
                level: Level::Error,
                source: "window".to_owned(),
                fault: found.fault,
                signature: found.signature,
                message: text.to_owned(),
                truncated: false,
                detail: found.detail,
            };
            self.clock += 1.0;
            self.buffer.add(&line, None, Timestamp::from_ms(self.clock));
        }

        fn messages(&self) -> Vec<String> {
            self.buffer.entries().into_iter().map(|entry| entry.message.clone()).collect()
        }
    }

    #[test]
    fn repeats_are_folded_into_one_entry() {
        let mut log = Log::default();
        for request in 0..1000 {
            log.error(&format!(
                "request {request}: MatrixError: [400] One time key a:B already exists. Old key: \"x\"; new key: \"y\""
            ));
        }
        let [entry] = log.buffer.entries().try_into().unwrap();
        assert_eq!((entry.count, entry.first_ts.ms(), entry.last_ts.ms()), (1000, 1, 1000));
        assert!(entry.message.starts_with("request 0:"));
        assert!(entry.last_message.as_ref().unwrap().starts_with("request 999:"));
    }

    #[test]
    fn retries_of_one_request_are_one_entry_with_the_highest_attempt() {
        let mut log = Log::default();
        let retry = |attempt| {
            format!(
                "[MatrixRTCSession !r:hs m.call#ROOM][MembershipManager] Network local timeout error while sending event, \
                 immediate retry (({attempt}/10)) AbortError: Restart delayed event timed out before the HS responded"
            )
        };
        for attempt in [0, 1, 2, 3, 0] {
            log.error(&retry(attempt));
        }
        let [entry] = log.buffer.entries().try_into().unwrap();
        let Detail::DelayedEvent(call) = &entry.detail else { panic!("{entry:?}") };
        assert_eq!((entry.count, call.attempt, call.max_attempts), (5, Some(3), Some(10)));
        log.error(&retry(4).replace("!r:hs", "!another:hs"));
        assert_eq!(log.buffer.entries().len(), 2);
    }

    #[test]
    fn two_drop_outs_with_a_quiet_minute_between_them_are_two_entries() {
        for line in [
            "MissingKey: missing key at index 1 for participant @b:hs:D",
            "Received an unexpected encrypted to-device event with sender=\"@b:hs\" io.element.call.encryption_keys",
        ] {
            let mut log = Log::default();
            log.error(line);
            log.clock += 59_000.0;
            log.error(line);
            log.clock += 61_000.0;
            log.error(line);
            let entries = log.buffer.entries();
            let lasted: Vec<_> =
                entries.iter().map(|entry| (entry.count, entry.last_ts.ms() - entry.first_ts.ms())).collect();
            assert_eq!(lasted, [(2, 59_001), (1, 0)]);
        }
    }

    #[test]
    fn lines_without_details_are_folded_only_if_they_are_equal() {
        let mut log = Log::default();
        log.error("a already exists");
        log.error("b already exists");
        log.error("a already exists");
        assert_eq!(log.messages(), ["b already exists", "a already exists"]);
    }

    #[test]
    fn a_storm_never_evicts_another_faults_evidence() {
        let mut log = Log::default();
        log.error("MissingKey: missing key at index 1 for participant @b:hs:D");
        log.error("error updating delayed event:  Error");
        for number in 0..10_000 {
            log.error(&format!("{number} already exists"));
            if number == 5000 {
                log.error("DecryptionError[msg: x]");
            }
        }
        let messages = log.messages();
        assert_eq!(messages.len(), CAPACITY);
        for kept in [
            "MissingKey: missing key at index 1 for participant @b:hs:D",
            "error updating delayed event:  Error",
            "DecryptionError[msg: x]",
            "0 already exists",
            "9999 already exists",
        ] {
            assert!(messages.iter().any(|message| message == kept), "lost: {kept}");
        }
    }

    #[test]
    fn two_storms_share_the_room() {
        let mut log = Log::default();
        for number in 0..5000 {
            log.error(&format!("{number} already exists"));
        }
        for number in 0..5000 {
            log.error(&format!("DecryptionError[msg: {number}]"));
        }
        let of_ke1 = log.messages().iter().filter(|message| message.ends_with("exists")).count();
        assert_eq!(of_ke1, CAPACITY / 2);
    }

    #[test]
    fn ordinary_failures_never_evict_malformed_events() {
        let mut log = Log::default();
        log.error("(id=$bad): DecryptionError[msg: missing field `algorithm`]");
        for number in 0..1000 {
            log.error(&format!("(id=${number}): DecryptionError[msg: no key]"));
        }
        assert!(log.messages()[0].contains("$bad"));
    }

    #[test]
    fn the_most_recent_line_is_last() {
        let mut log = Log::default();
        log.error("a already exists");
        log.error("DecryptionError");
        log.error("a already exists");
        assert_eq!(log.messages(), ["DecryptionError", "a already exists"]);
    }
}
