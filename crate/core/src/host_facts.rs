//! Collects facts from the host: each question ends in a fact or a note.

use crate::latency::Latency;
use crate::redact::redact;
use crate::report::{CaptureStatus, ClientFacts, Environment, FreshReport, PageReport, SCHEMA};
use crate::session::{Evidences, Session};
use crate::storage::StorageStatus;
use crate::timestamp::Timestamp;

/// The result of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<T> {
    /// `undefined`, `null`, or there was nothing to ask.
    Missing,
    /// The expected value.
    Fits(T),
    /// A value of another type, which is named.
    Unexpected(String),
    /// Message of an exception or a rejected promise.
    Threw(String),
    /// No answer came in time; a message.
    TooLate(String),
}

impl<T> Answer<T> {
    /// Passes the value, if there is one, to `next`.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> Answer<U>) -> Answer<U> {
        match self {
            Self::Missing => Answer::Missing,
            Self::Fits(value) => next(value),
            Self::Unexpected(kind) => Answer::Unexpected(kind),
            Self::Threw(words) => Answer::Threw(words),
            Self::TooLate(words) => Answer::TooLate(words),
        }
    }
}

/// Facts that the library itself provides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageFacts {
    /// State of the library.
    pub status: CaptureStatus,
    /// When capture began; `None`: it is not running.
    pub capturing_since: Option<Timestamp>,
    /// What this page can never see.
    pub blind_spots: Vec<String>,
}

/// The host's answers so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostFacts {
    /// Facts about the Matrix client.
    pub client: ClientFacts,
    /// Facts about the page.
    pub environment: Environment,
    /// Human-readable notes: what could not be determined, and why.
    pub notes: Vec<String>,
}

impl HostFacts {
    /// Returns the fact, or `None` and adds a note with the reason.
    ///
    /// ```
    /// use lotus_crypto_diag::host_facts::{Answer, HostFacts};
    ///
    /// let mut host_facts = HostFacts::default();
    /// host_facts.client.user_id = host_facts.fact_or_note("getUserId()", Answer::Unexpected("number".into()));
    /// assert_eq!(host_facts.notes, ["getUserId() gave something unexpected (number)"]);
    /// ```
    pub fn fact_or_note<T>(&mut self, question: &str, answer: Answer<T>) -> Option<T> {
        let note = match answer {
            Answer::Missing => return None,
            Answer::Fits(value) => return Some(value),
            Answer::Unexpected(kind) => [question, " gave something unexpected (", &kind, ")"].concat(),
            Answer::Threw(words) => [question, " threw: ", &words].concat(),
            Answer::TooLate(words) => words,
        };
        self.notes.push(note);
        None
    }

    /// The same for facts that only the app can give: a missing one adds a note, too.
    pub fn app_fact(&mut self, question: &str, answer: Answer<String>) -> Option<String> {
        if answer == Answer::Missing {
            self.notes.push([question, " was not given by the app"].concat());
        }
        self.fact_or_note(question, answer)
    }

    /// Creates the report, without secrets.
    pub fn report<T>(
        self,
        session: &Session,
        page: PageFacts,
        tabs: T,
        storage: Option<StorageStatus>,
        latency: Option<Latency>,
        now: Timestamp,
    ) -> FreshReport<T> {
        let Self { client, environment, notes } = self;
        let PageFacts { status, capturing_since, blind_spots } = page;
        let Evidences { counts, entries, upload_loop, capture_session, repair, .. } = session.evidence();
        let upload_loop = match (&client.user_id, &client.device_id) {
            (Some(user_id), Some(device_id)) => session.uploads().status_of(user_id, device_id),
            _ => upload_loop,
        };
        let crypto_store = session.stores().status(client.user_id.as_deref(), client.device_id.as_deref());
        let schema = SCHEMA.to_owned();
        let mut page = PageReport {
            schema,
            generated_at: now,
            capturing_since,
            status,
            client,
            counts,
            entries,
            storage,
            crypto_store,
            upload_loop,
            environment,
            notes,
            blind_spots,
        };
        redact_words(&mut page);
        let earlier = Vec::new();
        FreshReport { page, tabs, latency, capture_session, repair, earlier, diagnosis: (), runbook: () }
    }
}

/// Host-provided strings and exception messages may contain secrets. The evidence was already redacted when it was
/// recorded.
fn redact_words(page: &mut PageReport) {
    let PageReport { status, client, storage, environment, notes, blind_spots, .. } = page;
    let texts = [
        &mut status.reason,
        &mut client.sdk_version,
        &mut client.crypto_version,
        &mut client.user_id,
        &mut client.device_id,
        &mut client.sync_state,
        &mut client.ed25519_key,
        &mut client.curve25519_key,
        &mut client.key_backup_version,
        &mut environment.app,
        &mut environment.user_agent,
        &mut environment.url,
        &mut environment.visibility,
    ];
    let texts = texts.into_iter().chain(storage.as_mut().map(|storage| &mut storage.error));
    for text in texts.flatten().chain(notes).chain(blind_spots) {
        *text = redact(text).into_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_ends_in_a_fact_or_a_note() {
        let mut host_facts = HostFacts::default();
        assert_eq!(host_facts.fact_or_note("a()", Answer::Fits(true)), Some(true));
        assert_eq!(host_facts.fact_or_note::<bool>("b()", Answer::Missing), None);
        assert_eq!(host_facts.fact_or_note::<bool>("c()", Answer::Threw("no".into())), None);
        assert_eq!(host_facts.fact_or_note::<bool>("d()", Answer::TooLate("d(): no answer within 3 s".into())), None);
        assert_eq!(host_facts.app_fact("extras.app", Answer::Missing), None);
        assert_eq!(host_facts.app_fact("extras.app", Answer::Unexpected("number".into())), None);
        assert_eq!(
            host_facts.notes,
            [
                "c() threw: no",
                "d(): no answer within 3 s",
                "extras.app was not given by the app",
                "extras.app gave something unexpected (number)",
            ]
        );
    }
}
