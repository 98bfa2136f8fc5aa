//! What became of uploads of keys beside those that were refused because a key exists: they failed otherwise, or the server
//! accepted more and more of them.
//!
//! Accepted is what the server answered with 2xx, and nothing else. Nothing here is ever held back.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// Uploads that failed since the last accepted one, other than because a key exists already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct UploadFailures {
    /// How many.
    pub count: u32,
    /// When the first of them failed.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub first_ts: Timestamp,
    /// When the latest did.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub last_ts: Timestamp,
    /// HTTP status of the latest; `null`: no answer came.
    pub http_status: Option<u16>,
    /// The server's `errcode` in the latest, as in `M_TOO_LARGE`.
    pub errcode: Option<String>,
}

/// Accepted uploads of more one-time keys than a client needs: it keeps 50 of them on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct KeySurplus {
    /// How many uploads were accepted within ten minutes.
    pub uploads: u32,
    /// How many one-time keys they carried.
    pub keys: u32,
    /// How many the server holds, as it said last; `null`: it did not.
    pub held: Option<u32>,
    /// When the first of them was accepted.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub first_ts: Timestamp,
    /// When the latest was.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub last_ts: Timestamp,
}

/// Notes a failure.
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
/// No more than these are looked at.
const MOST: usize = 32;
/// A client supplies what others took. So many at a time are taken by nobody again and again.
const MANY_KEYS: u32 = 25;
const MANY_UPLOADS_OF_MANY: usize = 4;
/// The SDK stops at 50, and at 100 an account would be full.
const MANY_HELD: u32 = 100;
const MANY_UPLOADS_OF_FULL: usize = 3;
/// Of uploads of which nothing else is known.
const MANY_UPLOADS: usize = 20;

/// The latest accepted uploads: when, and of how many one-time keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accepted {
    recent: VecDeque<(Timestamp, u32)>,
}

impl Accepted {
    /// Notes one more; gives the surplus where it is one.
    pub(crate) fn note(&mut self, keys: u32, held: Option<u32>, now: Timestamp) -> Option<KeySurplus> {
        self.recent.push_back((now, keys));
        // Of a clock that was put back nothing is known.
        self.recent.retain(|(ts, _)| (0..=WINDOW_MS).contains(&(now.ms() - ts.ms())));
        while self.recent.len() > MOST {
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

    /// So many uploads, one each so many milliseconds, of so many keys, after which the server holds so many.
    fn is_surplus(uploads: i64, every_ms: i64, keys: u32, held: Option<u32>) -> bool {
        let mut accepted = Accepted::default();
        (0..uploads).any(|number| accepted.note(keys, held, at(number * every_ms)).is_some())
    }

    #[test]
    fn a_client_that_supplies_what_was_taken_is_told_from_one_that_piles_up() {
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
