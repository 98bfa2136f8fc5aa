//! The troubles of a device that the tables alone show.

use lotus_crypto_diag::survey::{DeviceAtRisk, Trouble, TroubleKind};

use crate::words::{count, grouped};

/// Synapse allows 500 keys per device; a client that keeps uploading is soon refused.
const NEARLY_FULL: u32 = 450;
/// A device that is merely offline has fewer waiting messages.
const MANY_WAITING: u32 = 1000;

pub(crate) fn at_risk(row: &DeviceAtRisk) -> Vec<Trouble> {
    let of = |kind, count: u32, first_ts, says: String| Trouble {
        kind,
        name: TroubleKind::words(kind).to_owned(),
        count: count.into(),
        first_ts,
        last_ts: row.last_seen,
        per_hour: None,
        going_on: Some(true),
        cause: None,
        key_ids: Vec::new(),
        statuses: Vec::new(),
        hours: Vec::new(),
        says,
    };
    let mut found = Vec::new();
    if row.keys_of_before > 0 {
        let keys = count(row.keys_of_before.into(), "one-time key");
        let says = format!(
            "The server holds {keys} from before the keys of the device changed: if its store was blank then, nobody who is given one can reach it."
        );
        found.push(of(TroubleKind::DeadKeys, row.keys_of_before, row.keys_changed_at, says));
    }
    if row.one_time_keys >= NEARLY_FULL {
        let keys = grouped(row.one_time_keys.into());
        let says = format!("The server holds {keys} one-time keys of it, of at most 500: uploads may soon be refused.");
        found.push(of(TroubleKind::TooManyKeys, row.one_time_keys, row.oldest_key_at, says));
    }
    if row.one_time_keys == 0 && row.fallback_used == Some(true) {
        let says = "No one-time key is left, and the fallback key was given out.".to_owned();
        found.push(of(TroubleKind::KeysUsedUp, 0, None, says));
    }
    if row.waiting >= MANY_WAITING {
        let says = format!("{} messages or more wait for it.", grouped(row.waiting.into()));
        found.push(of(TroubleKind::UnreadInbox, row.waiting, None, says));
    }
    found
}
