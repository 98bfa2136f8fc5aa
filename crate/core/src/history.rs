//! Whether the messages that this device can read would still be readable after a logout and a new login.

use serde::Serialize;

use crate::json::to_json;

/// The key backup, as this device sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum KeyBackup {
    /// This device uploads to it.
    Active,
    /// There is a backup, but this device does not use it.
    Untrusted,
    /// There is no backup.
    None,
}

/// Whether the key backup can make messages readable that this device cannot decrypt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub enum Outlook {
    /// A new device can open the backup with the recovery key.
    RecoveryKey,
    /// No other device can open the backup.
    Locked,
    /// There is no backup.
    NoBackup,
    /// The SDK did not tell.
    Unknown,
}

/// What a logout and a new login would cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct HistorySafety {
    /// `true` if no message is lost: all room keys are in a trusted backup, and the user can open that backup again.
    pub is_safe: bool,
    /// `null`: unknown.
    pub backup: Option<KeyBackup>,
    /// Whether a recovery key (secret storage) is set up, with which a new device can open the backup; `null`: unknown.
    pub recovery_key: Option<bool>,
    /// How many room keys this device has; `null`: unknown.
    pub room_keys: Option<f64>,
    /// How many of them are in no backup; `null`: unknown.
    pub not_backed_up: Option<f64>,
    /// Whether the backup helps with messages that this device cannot decrypt.
    pub outlook: Outlook,
    /// What could not be found out, and why, for a person to read.
    pub problems: Vec<String>,
}

/// The SDK's answers; `None`: it gave none.
#[derive(Clone, Copy, Debug, Default)]
pub struct BackupAnswers {
    /// Whether this device uploads to a backup.
    pub is_active: Option<bool>,
    /// Whether the homeserver has a backup.
    pub is_on_server: Option<bool>,
    /// Whether a recovery key is set up.
    pub recovery_key: Option<bool>,
    /// How many room keys this device has, and how many of them it has uploaded to its backup.
    pub room_keys: Option<(f64, f64)>,
}

impl HistorySafety {
    /// Anything unknown counts as not safe.
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
        // A device without room keys is safe without a backup. With a backup but no recovery key, this device may be the
        // only one that can open it.
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

    /// For a view.
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
    fn a_logout_is_safe_only_if_no_key_exists_or_all_are_in_an_accessible_backup() {
        for is_active in SAID {
            for is_on_server in SAID {
                for recovery_key in SAID {
                    for room_keys in COUNTS {
                        let answers = BackupAnswers { is_active, is_on_server, recovery_key, room_keys };
                        let safety = HistorySafety::of(answers, Vec::new());
                        let has_no_key = room_keys == Some((0.0, 0.0));
                        let is_known = is_on_server == Some(true) || (is_active, is_on_server) == (SAID[1], SAID[1]);
                        let expected = if is_active == Some(true) {
                            recovery_key == Some(true) && [COUNTS[1], COUNTS[3]].contains(&room_keys)
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
    fn a_recovery_key_restores_the_history_only_if_a_backup_exists() {
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
