//! Asks the browser to make this origin's storage persistent: decides when to ask, and evaluates the answers.

use crate::json::to_json;
use crate::storage::{PersistRequest, StorageStatus};

/// The state of the browser's storage.
#[derive(Clone, Debug, PartialEq)]
pub enum StorageReading {
    /// The browser lacks `navigator.storage`, or the methods that this library needs.
    Unsupported,
    /// Accessing `navigator.storage` threw, for this reason.
    Unreadable(String),
    /// The browser's two answers, or why there is none.
    Seen {
        /// Whether the storage is persistent; `None`: the answer was not a boolean.
        persisted: Result<Option<bool>, String>,
        /// Bytes in use, and the quota in bytes.
        estimate: Result<(Option<f64>, Option<f64>), String>,
    },
}

/// The state of persistent storage and of the request for it.
///
/// ```
/// use lotus_crypto_diag::persistence::{StorageReading, Persistence};
/// use lotus_crypto_diag::storage::PersistRequest;
///
/// let mut persistence = Persistence::default();
/// persistence.begin();
/// persistence.set_reading(StorageReading::Seen { persisted: Ok(Some(false)), estimate: Ok((Some(1000.0), Some(5000.0))) });
/// assert!(persistence.is_to_be_asked());
/// persistence.answered(Ok(true));
/// assert_eq!(persistence.status().map(|status| status.request), Some(PersistRequest::Granted));
/// ```
#[derive(Debug, Default)]
pub struct Persistence {
    status: Option<StorageStatus>,
}

impl Persistence {
    /// `None` before anyone asked.
    pub const fn status(&self) -> Option<&StorageStatus> {
        self.status.as_ref()
    }

    /// [`Self::status`] as JSON; `null` before anyone asked.
    pub fn status_json(&self) -> String {
        to_json(&self.status)
    }

    fn status_mut(&mut self) -> &mut StorageStatus {
        self.status.get_or_insert_default()
    }

    /// The host wants persistent storage. An earlier error is tried again; any other result stays until the page is
    /// reloaded.
    pub fn begin(&mut self) {
        self.reset_if(PersistRequest::Error);
    }

    /// The user showed engagement, by which browsers decide. Returns `true` if an earlier denial may be tried again.
    pub fn allow_retry_after_denial(&mut self) -> bool {
        self.reset_if(PersistRequest::Denied)
    }

    fn reset_if(&mut self, outcome: PersistRequest) -> bool {
        let found = self.status.as_mut().filter(|status| status.request == outcome);
        found.map(|status| status.request = PersistRequest::NotAsked).is_some()
    }

    /// Records the state of the browser's storage.
    pub fn set_reading(&mut self, reading: StorageReading) {
        let status = self.status_mut();
        match reading {
            StorageReading::Unsupported => (status.supported, status.request) = (false, PersistRequest::Unsupported),
            StorageReading::Unreadable(reason) => status.error = Some(reason),
            StorageReading::Seen { persisted, estimate } => {
                let reasons: Vec<_> =
                    [persisted.as_ref().err(), estimate.as_ref().err()].into_iter().flatten().collect();
                status.error = reasons.first().map(|first| match reasons.get(1) {
                    Some(second) => [first.as_str(), "; ", second].concat(),
                    None => (*first).clone(),
                });
                status.supported = true;
                status.persisted = persisted.unwrap_or_default();
                (status.usage, status.quota) = estimate.unwrap_or_default();
                if status.persisted == Some(true) && status.request != PersistRequest::Granted {
                    status.request = PersistRequest::Already;
                }
            }
        }
    }

    /// Whether to call `persist()`. Call this after [`Self::set_reading`].
    pub fn is_to_be_asked(&mut self) -> bool {
        let status = self.status_mut();
        // Do not ask a browser that did not say whether storage is persistent: if it shows a prompt, it might show it
        // twice.
        if status.request == PersistRequest::NotAsked && status.persisted.is_none() {
            status.request = PersistRequest::Error;
        }
        status.request == PersistRequest::NotAsked
    }

    /// The user was prompted before and refused.
    pub fn was_prompted(&mut self) {
        self.status_mut().request = PersistRequest::Denied;
    }

    /// Records the result of `persist()`, or why there is none. A late answer still counts.
    pub fn answered(&mut self, answer: Result<bool, String>) {
        let status = self.status_mut();
        match answer {
            Ok(granted) => {
                status.request = if granted { PersistRequest::Granted } else { PersistRequest::Denied };
                (status.persisted, status.error) = (Some(granted), None);
            }
            Err(reason) => (status.request, status.error) = (PersistRequest::Error, Some(reason)),
        }
    }
}

/// Whether this browser prompts the user: only Firefox does. Only the name shows that: all browsers report the
/// permission state `prompt`.
pub fn prompts(user_agent: &str) -> bool {
    user_agent.match_indices("Gecko/").any(|(at, word)| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !user_agent[..at].ends_with(is_word) && user_agent[at + word.len()..].starts_with(|c: char| c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(persisted: Option<bool>) -> StorageReading {
        StorageReading::Seen { persisted: Ok(persisted), estimate: Ok((Some(1.0), Some(2.0))) }
    }

    fn request(persistence: &Persistence) -> PersistRequest {
        persistence.status().map(|status| status.request).unwrap_or_default()
    }

    #[test]
    fn the_browser_is_asked_only_if_it_reports_that_storage_is_not_persistent() {
        for (reading, outcome) in [
            (seen(Some(false)), PersistRequest::NotAsked),
            (seen(Some(true)), PersistRequest::Already),
            (seen(None), PersistRequest::Error),
            (StorageReading::Unsupported, PersistRequest::Unsupported),
            (StorageReading::Unreadable("blocked".into()), PersistRequest::Error),
        ] {
            let mut persistence = Persistence::default();
            persistence.set_reading(reading.clone());
            assert_eq!(persistence.is_to_be_asked(), outcome == PersistRequest::NotAsked, "{reading:?}");
            assert_eq!(request(&persistence), outcome, "{reading:?}");
        }
    }

    #[test]
    fn a_denial_lasts_until_a_new_reason_and_an_error_until_the_next_request() {
        let mut persistence = Persistence::default();
        assert!(!persistence.allow_retry_after_denial());
        for (answer, begun, engaged) in [
            (Ok(false), PersistRequest::Denied, true),
            (Ok(true), PersistRequest::Granted, false),
            (Err("no".to_owned()), PersistRequest::NotAsked, false),
        ] {
            persistence.answered(answer);
            persistence.begin();
            assert_eq!(request(&persistence), begun);
            assert_eq!(persistence.allow_retry_after_denial(), engaged);
        }
    }

    #[test]
    fn a_grant_is_kept_and_every_error_is_reported() {
        let mut persistence = Persistence::default();
        persistence.answered(Ok(true));
        persistence.set_reading(seen(Some(true)));
        assert_eq!(request(&persistence), PersistRequest::Granted);
        persistence.set_reading(StorageReading::Seen { persisted: Err("a".into()), estimate: Err("b".into()) });
        let status = persistence.status().unwrap();
        assert_eq!((status.error.as_deref(), status.persisted, status.quota), (Some("a; b"), None, None));
    }

    #[test]
    fn firefox_is_recognised_by_its_user_agent() {
        assert!(prompts("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"));
        for other in ["", "(KHTML, like Gecko) Chrome/156.0.0.0", "NotGecko/2", "Gecko/x"] {
            assert!(!prompts(other), "{other}");
        }
    }
}
