//! Whether the homeserver has given out all one-time keys of the device.

use super::answer::Answer;
use super::case::{Case, fact};
use crate::verdict::{Conclusion, Verdict};

/// Whether no one-time key is left and the fallback key was given out. Only the homeserver's data shows this.
pub(super) fn exhaustion(case: &Case<'_>) -> Option<Answer> {
    let counts = case.server.one_time_key_counts.iter().flatten().enumerate();
    let mut of_device = counts
        .filter(|(_, row)| case.is_this_device(&row.user_id, &row.device_id) && row.algorithm == "signed_curve25519");
    let (place, text) = match of_device.next() {
        Some((index, row)) if row.count == 0 => {
            (format!("server.oneTimeKeyCounts[{index}]"), "the homeserver counts 0 one-time keys")
        }
        Some(_) => return None,
        // Without a count, an inventory that holds no key of a known device shows the same.
        None => match case.one_time_keys() {
            Some(rows) if rows.is_empty() && is_known_device(case) => {
                ("server.oneTimeKeys".to_owned(), "the homeserver has no one-time key of this device")
            }
            _ => return None,
        },
    };
    let empty = fact(&place, text);
    let fallback = case.server.fallback_keys.as_ref().map(|rows| {
        let mut rows = rows.iter().enumerate();
        rows.find(|(_, row)| case.is_this_device(&row.user_id, &row.device_id))
    });
    Some(match fallback {
        Some(Some((index, row))) if row.used => Answer::new(
            Verdict::Confirmed,
            Conclusion::Exhaustion,
            "No one-time key of this device is left on the homeserver, and its fallback key was used.",
        )
        .with_evidence([empty, fact(&format!("server.fallbackKeys[{index}]"), format!("{} was used", row.key_id))]),
        Some(found) => {
            let what = if found.is_some() { "an unused fallback key" } else { "no fallback key" };
            Answer::undecided(format!("No one-time key is left, but the homeserver has {what} of this device."))
                .with_evidence([empty])
                .with_missing("the counts and the fallback key, read at the same time")
        }
        None => Answer::new(
            Verdict::Likely,
            Conclusion::Exhaustion,
            "No one-time key of this device is left on the homeserver.",
        )
        .with_evidence([empty])
        .with_missing("whether the fallback key was used"),
    })
}

fn is_known_device(case: &Case<'_>) -> bool {
    let devices = case.server.devices.iter().flatten();
    let fallback = case.server.fallback_keys.iter().flatten();
    devices
        .map(|row| (&row.user_id, &row.device_id))
        .chain(fallback.map(|row| (&row.user_id, &row.device_id)))
        .any(|(user_id, device_id)| case.is_this_device(user_id, device_id))
}
