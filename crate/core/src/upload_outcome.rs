//! Results of key uploads other than "already exists": the upload failed for another reason, or the server accepts
//! more and more keys.
//!
//! Only an answer with a 2xx status counts as accepted. Nothing here holds uploads back.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// Uploads that failed since the last accepted one, for a reason other than "already exists".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct UploadFailures {
    /// Number of failed uploads.
    pub count: u32,
    /// When the first of them failed.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub first_ts: Timestamp,
    /// When the latest of them failed.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub last_ts: Timestamp,
    /// HTTP status of the latest failure; `null`: no answer came.
    pub http_status: Option<u16>,
    /// The server's `errcode` in the latest failure, for example `M_TOO_LARGE`.
    pub errcode: Option<String>,
}

/// The server accepted more one-time keys than a client needs. A client keeps 50 of them on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct KeySurplus {
    /// Uploads accepted within ten minutes.
    pub uploads: u32,
    /// One-time keys in these uploads.
    pub keys: u32,
    /// Number of keys that the server holds, by its latest answer; `null`: unknown.
    pub held: Option<u32>,
    /// When the first of these uploads was accepted.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub first_ts: Timestamp,
    /// When the latest of them was accepted.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub last_ts: Timestamp,
}

/// Records a failure.
pub(crate) fn note_failure(
    failing: &mut Option<UploadFailures>,
    http_status: Option<u16>,
    errcode: Option<&str>,
    now: Timestamp,
) {
    let errcode = errcode.map(str::to_owned);
    let (count, first_ts) = failing.as_ref().map_or((0, now), |failing| (failing.count, failing.first_ts));
    *failing = Some(UploadFailures { count: count.saturating_add(1), first_ts, last_ts: now, http_status, errcode });
}

const WINDOW_MS: i64 = 10 * 60_000;
/// The most uploads that are remembered.
const MAX_RECENT: usize = 32;
/// A client replaces keys that others claimed. Nobody repeatedly claims this many at once.
const MANY_KEYS: u32 = 25;
const MANY_UPLOADS_OF_MANY: usize = 4;
/// The SDK stops at 50 keys, and an account would be full at 100.
const MANY_HELD: u32 = 100;
const MANY_UPLOADS_OF_FULL: usize = 3;
/// The limit if the number of keys on the server is unknown.
const MANY_UPLOADS: usize = 20;

/// The latest accepted uploads: time and number of one-time keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accepted {
    recent: VecDeque<(Timestamp, u32)>,
}

impl Accepted {
    /// Records an accepted upload. Returns the surplus, if there is one.
    pub(crate) fn note(&mut self, keys: u32, held: Option<u32>, now: Timestamp) -> Option<KeySurplus> {
        self.recent.push_back((now, keys));
        // If the clock was set back, earlier times are meaningless.
        self.recent.retain(|(ts, _)| (0..=WINDOW_MS).contains(&(now.ms() - ts.ms())));
        while self.recent.len() > MAX_RECENT {
            self.recent.pop_front();
        }
        let uploads = self.recent.len();
        let of_many = self.recent.iter().filter(|(_, keys)| *keys >= MANY_KEYS).count();
        let is_full = held.is_some_and(|held| held > MANY_HELD);
        let is_surplus = of_many >= MANY_UPLOADS_OF_MANY
            || (is_full && uploads >= MANY_UPLOADS_OF_FULL)
            || (held.is_none() && uploads >= MANY_UPLOADS);
        let (first_ts, _) = *self.recent.front()?;
        is_surplus.then(|| KeySurplus {
            uploads: u32::try_from(uploads).unwrap_or(u32::MAX),
            keys: self.recent.iter().fold(0, |sum, (_, keys)| sum.saturating_add(*keys)),
            held,
            first_ts,
            last_ts: now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::default().plus_ms(ms)
    }

    /// Simulates `uploads` uploads of `keys` keys each, one every `every_ms`, after which the server holds `held`
    /// keys.
    fn is_surplus(uploads: i64, every_ms: i64, keys: u32, held: Option<u32>) -> bool {
        let mut accepted = Accepted::default();
        (0..uploads).any(|number| accepted.note(keys, held, at(number * every_ms)).is_some())
    }

    #[test]
    fn replacing_used_keys_is_distinguished_from_piling_up_keys() {
        for (uploads, every_ms, keys, held, expected) in [
            (1, 0, 50, Some(50), false),
            (30, 1000, 1, Some(50), false),
            (3, 1000, 50, None, false),
            (4, 1000, 50, None, true),
            (4, 400_000, 50, None, false),
            (2, 1000, 50, Some(150), false),
            (3, 1000, 1, Some(150), true),
            (19, 1000, 1, None, false),
            (20, 1000, 1, None, true),
            (40, 60_000, 1, None, false),
        ] {
            let row = (uploads, every_ms, keys, held);
            assert_eq!(is_surplus(uploads, every_ms, keys, held), expected, "{row:?}");
        }
    }

    #[test]
    fn failures_are_counted_and_the_latest_is_named() {
        let mut failing = None;
        note_failure(&mut failing, Some(502), None, at(1));
        note_failure(&mut failing, Some(400), Some("M_TOO_LARGE"), at(5));
        let failing = failing.unwrap();
        assert_eq!((failing.count, failing.first_ts, failing.last_ts), (2, at(1), at(5)));
        assert_eq!((failing.http_status, failing.errcode.as_deref()), (Some(400), Some("M_TOO_LARGE")));
    }
}
