//! The wish that the browser keep what this origin stores: what is to be asked, and what the answers come to.

use crate::json::to_json;
use crate::storage::{PersistRequest, StorageStatus};

/// What the browser said of its storage when it was looked at.
#[derive(Clone, Debug, PartialEq)]
pub enum Look {
    /// It has no `navigator.storage` with what is needed of it.
    Unsupported,
    /// Reading `navigator.storage` threw; with the reason.
    Unreadable(String),
    /// Its two answers, or why there is none.
    Seen {
        /// Whether the storage is persistent; `None`: it said something else.
        persisted: Result<Option<bool>, String>,
        /// Bytes in use, and bytes that may be used.
        estimate: Result<(Option<f64>, Option<f64>), String>,
    },
}

/// What is known, and what becomes of the wish.
///
/// ```
/// use lotus_crypto_diag::persistence::{Look, Persistence};
/// use lotus_crypto_diag::storage::PersistRequest;
///
/// let mut persistence = Persistence::default();
/// persistence.begin();
/// persistence.looked(Look::Seen { persisted: Ok(Some(false)), estimate: Ok((Some(1000.0), Some(5000.0))) });
/// assert!(persistence.is_to_be_asked());
/// persistence.answered(Ok(true));
/// assert_eq!(persistence.status().map(|status| status.request), Some(PersistRequest::Granted));
/// ```
#[derive(Debug, Default)]
pub struct Persistence {
    status: Option<StorageStatus>,
}

impl Persistence {
    /// `None` before anything was asked.
    pub const fn status(&self) -> Option<&StorageStatus> {
        self.status.as_ref()
    }

    /// [`Self::status`] as JSON; `null` before anything was asked.
    pub fn status_json(&self) -> String {
        to_json(&self.status)
    }

    fn known(&mut self) -> &mut StorageStatus {
        self.status.get_or_insert_default()
    }

    /// Somebody wishes it. An error may be gone by now; every other outcome stands until the page is loaded again.
    pub fn begin(&mut self) {
        self.forget(PersistRequest::Error);
    }

    /// Browsers decide by engagement: something shows that a person means to stay. `true` where a denial is to be asked anew.
    pub fn engaged(&mut self) -> bool {
        self.forget(PersistRequest::Denied)
    }

    fn forget(&mut self, outcome: PersistRequest) -> bool {
        let found = self.status.as_mut().filter(|status| status.request == outcome);
        found.map(|status| status.request = PersistRequest::NotAsked).is_some()
    }

    /// The browser was looked at.
    pub fn looked(&mut self, look: Look) {
        let status = self.known();
        match look {
            Look::Unsupported => (status.supported, status.request) = (false, PersistRequest::Unsupported),
            Look::Unreadable(reason) => status.error = Some(reason),
            Look::Seen { persisted, estimate } => {
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

    /// Whether `persist()` is to be called, after a look.
    pub fn is_to_be_asked(&mut self) -> bool {
        let status = self.known();
        // A browser that did not say whether it is persistent is not asked: where it prompts, it might do so twice.
        if status.request == PersistRequest::NotAsked && status.persisted.is_none() {
            status.request = PersistRequest::Error;
        }
        status.request == PersistRequest::NotAsked
    }

    /// The person was prompted before, and said no.
    pub fn was_prompted(&mut self) {
        self.known().request = PersistRequest::Denied;
    }

    /// What `persist()` gave, or why it gave nothing. A late answer still counts.
    pub fn answered(&mut self, answer: Result<bool, String>) {
        let status = self.known();
        match answer {
            Ok(granted) => {
                status.request = if granted { PersistRequest::Granted } else { PersistRequest::Denied };
                (status.persisted, status.error) = (Some(granted), None);
            }
            Err(reason) => (status.request, status.error) = (PersistRequest::Error, Some(reason)),
        }
    }
}

/// Whether the browser of this name asks the person: Firefox does. Nothing but its name tells: the permission's state is
/// `prompt` in all of them.
pub fn prompts(user_agent: &str) -> bool {
    user_agent.match_indices("Gecko/").any(|(at, word)| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !user_agent[..at].ends_with(is_word) && user_agent[at + word.len()..].starts_with(|c: char| c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(persisted: Option<bool>) -> Look {
        Look::Seen { persisted: Ok(persisted), estimate: Ok((Some(1.0), Some(2.0))) }
    }

    fn request(persistence: &Persistence) -> PersistRequest {
        persistence.status().map(|status| status.request).unwrap_or_default()
    }

    #[test]
    fn a_browser_is_asked_only_where_it_said_that_it_keeps_nothing() {
        for (look, outcome) in [
            (seen(Some(false)), PersistRequest::NotAsked),
            (seen(Some(true)), PersistRequest::Already),
            (seen(None), PersistRequest::Error),
            (Look::Unsupported, PersistRequest::Unsupported),
            (Look::Unreadable("blocked".into()), PersistRequest::Error),
        ] {
            let mut persistence = Persistence::default();
            persistence.looked(look.clone());
            assert_eq!(persistence.is_to_be_asked(), outcome == PersistRequest::NotAsked, "{look:?}");
            assert_eq!(request(&persistence), outcome, "{look:?}");
        }
    }

    #[test]
    fn a_denial_stands_until_there_is_a_reason_and_an_error_until_the_next_wish() {
        let mut persistence = Persistence::default();
        assert!(!persistence.engaged());
        for (answer, begun, engaged) in [
            (Ok(false), PersistRequest::Denied, true),
            (Ok(true), PersistRequest::Granted, false),
            (Err("no".to_owned()), PersistRequest::NotAsked, false),
        ] {
            persistence.answered(answer);
            persistence.begin();
            assert_eq!(request(&persistence), begun);
            assert_eq!(persistence.engaged(), engaged);
        }
    }

    #[test]
    fn what_was_granted_stays_so_and_each_reason_is_told() {
        let mut persistence = Persistence::default();
        persistence.answered(Ok(true));
        persistence.looked(seen(Some(true)));
        assert_eq!(request(&persistence), PersistRequest::Granted);
        persistence.looked(Look::Seen { persisted: Err("a".into()), estimate: Err("b".into()) });
        let status = persistence.status().unwrap();
        assert_eq!((status.error.as_deref(), status.persisted, status.quota), (Some("a; b"), None, None));
    }

    #[test]
    fn firefox_is_known_by_its_name() {
        assert!(prompts("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"));
        for other in ["", "(KHTML, like Gecko) Chrome/156.0.0.0", "NotGecko/2", "Gecko/x"] {
            assert!(!prompts(other), "{other}");
        }
    }
}
