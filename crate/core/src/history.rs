//! Whether what this device can read would be readable after a logout and a login.

use serde::Serialize;

use crate::json::to_json;

/// What the key backup is to this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum KeyBackup {
    /// It writes to it.
    Active,
    /// There is one, but this device does not write to it.
    Untrusted,
    /// There is none.
    None,
}

/// What the key backup promises for messages that cannot be read on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Outlook {
    /// Another device can open it with the recovery key.
    RecoveryKey,
    /// Nothing opens it on another device.
    Locked,
    /// There is none.
    NoBackup,
    /// It is not known.
    Unknown,
}

/// What a logout and a login would cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct HistorySafety {
    /// Nothing: all keys are in a backup that is trusted, and the backup can be opened again.
    pub is_safe: bool,
    /// `null`: not known.
    pub backup: Option<KeyBackup>,
    /// Whether a recovery key (secret storage) is set up, with which a new device opens the backup; `null`: not known.
    pub recovery_key: Option<bool>,
    /// How many room keys this device has; `null`: not known.
    pub room_keys: Option<f64>,
    /// How many of them are in no backup; `null`: not known.
    pub not_backed_up: Option<f64>,
    /// What becomes of messages that cannot be read now.
    pub outlook: Outlook,
    /// For a person to read: what could not be found out, and why.
    pub problems: Vec<String>,
}

/// What the SDK says; `None`: it does not.
#[derive(Clone, Copy, Debug, Default)]
pub struct BackupAnswers {
    /// Whether this device writes to a backup.
    pub is_active: Option<bool>,
    /// Whether the server has one.
    pub is_on_server: Option<bool>,
    /// Whether a recovery key is set up.
    pub recovery_key: Option<bool>,
    /// How many room keys this device has, and how many of them it has written to its backup.
    pub room_keys: Option<(f64, f64)>,
}

impl HistorySafety {
    /// What the SDK does not say counts as not safe.
    pub fn of(answers: BackupAnswers, problems: Vec<String>) -> Self {
        let BackupAnswers { is_active, is_on_server, recovery_key, room_keys } = answers;
        let backup = match (is_active, is_on_server) {
            (Some(true), _) => Some(KeyBackup::Active),
            (_, Some(true)) => Some(KeyBackup::Untrusted),
            (Some(false), Some(false)) => Some(KeyBackup::None),
            _ => None,
        };
        let is_active = backup == Some(KeyBackup::Active);
        let not_backed_up = room_keys.map(|(all, backed_up)| if is_active { all - backed_up } else { all });
        let room_keys = room_keys.map(|(all, _)| all);
        // A device that has nothing to lose is safe without a backup. One that writes to a backup may be all that opens it.
        let is_safe = if is_active {
            recovery_key == Some(true) && not_backed_up == Some(0.0)
        } else {
            backup.is_some() && room_keys == Some(0.0)
        };
        let outlook = match (backup, recovery_key) {
            (Some(KeyBackup::None), _) => Outlook::NoBackup,
            (None, _) | (_, None) => Outlook::Unknown,
            (_, Some(true)) => Outlook::RecoveryKey,
            (_, Some(false)) => Outlook::Locked,
        };
        Self { is_safe, backup, recovery_key, room_keys, not_backed_up, outlook, problems }
    }

    /// As a view is given it.
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: [Option<bool>; 3] = [None, Some(false), Some(true)];
    const COUNTS: [Option<(f64, f64)>; 4] = [None, Some((0.0, 0.0)), Some((3.0, 2.0)), Some((3.0, 3.0))];

    #[test]
    fn a_logout_is_safe_only_where_every_key_is_in_a_backup_that_can_be_opened_or_there_is_no_key() {
        for is_active in SAID {
            for is_on_server in SAID {
                for recovery_key in SAID {
                    for room_keys in COUNTS {
                        let answers = BackupAnswers { is_active, is_on_server, recovery_key, room_keys };
                        let safety = HistorySafety::of(answers, Vec::new());
                        let has_no_key = room_keys == Some((0.0, 0.0));
                        let is_known = is_on_server == Some(true) || (is_active, is_on_server) == (SAID[1], SAID[1]);
                        let expected = if is_active == Some(true) {
                            recovery_key == Some(true) && room_keys.is_some_and(|(all, backed_up)| all == backed_up)
                        } else {
                            is_known && has_no_key
                        };
                        assert_eq!(safety.is_safe, expected, "{answers:?}");
                        assert_eq!(safety.backup.is_some(), is_known || is_active == Some(true), "{answers:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_read_comes_back_with_a_recovery_key_only_where_there_is_a_backup() {
        let outlook = |is_active, is_on_server, recovery_key| {
            let answers = BackupAnswers { is_active, is_on_server, recovery_key, room_keys: None };
            HistorySafety::of(answers, Vec::new()).outlook
        };
        let (no, yes) = (Some(false), Some(true));
        for recovery_key in SAID {
            assert_eq!(outlook(no, no, recovery_key), Outlook::NoBackup);
            assert_eq!(outlook(None, None, recovery_key), Outlook::Unknown);
        }
        for (is_active, is_on_server) in [(yes, None), (no, yes), (None, yes)] {
            assert_eq!(outlook(is_active, is_on_server, yes), Outlook::RecoveryKey);
            assert_eq!(outlook(is_active, is_on_server, no), Outlook::Locked);
            assert_eq!(outlook(is_active, is_on_server, None), Outlook::Unknown);
        }
    }
}
