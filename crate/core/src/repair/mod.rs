//! Repairs a device in place, without a logout: claims the one-time keys that the server holds for this device but
//! whose secret halves the device no longer has, until the server accepts the device's own keys.
//!
//! This is for a device that kept its identity keys: after several tabs used one store, or an older store was
//! restored. After an eviction, claiming would end the refusals, but others would still encrypt for the old identity.
//! So the repair starts only if the key that the server refuses to replace is signed by the device's current identity
//! key.
//!
//! This module has the order of steps; [`Client`] reaches the page, the Matrix client and the server.

mod facts;
mod status;

use std::future::Future;

pub use facts::{Facts, OtherTabs};
pub use status::{ClaimedKey, RepairProblem, RepairState, RepairStatus, RepairStep};

use crate::one_time_key::SignedKey;
use crate::timestamp::Timestamp;

/// The most one-time keys that a device may have on a server.
pub const MAX_KEYS: u32 = 500;
/// Time limit for claiming keys.
const CLAIMING_MS: i64 = 60_000;
/// Time limit for an accepted upload: an idle client uploads with its next sync, within 30 s.
const UPLOADING_MS: i64 = 60_000;
/// Interval between checks for the upload, and the number of checks after which the next upload may pass again.
const CHECK_INTERVAL_MS: u32 = 200;
const CHECKS_PER_PASS: u32 = 25;
/// Time limit for the answer to an upload whose keys the server already gives away.
const ANSWER_MS: i64 = 5_000;
/// The wait if the server asks for one without giving a time, and the longest wait.
const WAIT_MS: u32 = 1_000;
const LONGEST_WAIT_MS: u32 = 10_000;

/// A failed request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status; `None`: no answer came.
    pub http_status: Option<u16>,
    /// How long the server asks the client to wait.
    pub retry_after_ms: Option<u32>,
    /// Human-readable message.
    pub message: String,
}

/// The result of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A key that names this device as its signer.
    Key(SignedKey),
    /// A key that is not signed by this device; its id.
    Foreign(String),
    /// No key is left.
    Nothing,
}

/// The results of this device's uploads since the repair released them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uploads {
    /// Accepted uploads with one-time keys.
    pub accepted: u32,
    /// Uploads refused with "already exists".
    pub refused: u32,
}

/// Access to the page, its Matrix client and the homeserver, for the device under repair.
pub trait Client {
    /// The current time.
    fn now(&self) -> Timestamp;
    /// Waits for `ms` milliseconds.
    fn pause(&self, ms: u32) -> impl Future<Output = ()>;
    /// The other tabs at this moment.
    fn tabs(&self) -> OtherTabs;
    /// Holds all uploads back from now on, or releases them and lets the next one through.
    fn set_held(&self, held: bool);
    /// Lets the next upload through.
    fn let_through(&self);
    /// The uploads since they were released.
    fn uploads(&self) -> Uploads;
    /// Whether an upload accepted since then contained this key.
    fn was_accepted(&self, key: &SignedKey) -> bool;
    /// Number of one-time keys that the server holds.
    fn count(&self) -> impl Future<Output = Result<u32, Failure>>;
    /// Claims one key.
    fn claim(&self) -> impl Future<Output = Result<Claim, Failure>>;
    /// Whether the device's current identity key signed this key. `None`: this browser cannot check that.
    fn verify(&self, key: &SignedKey) -> impl Future<Output = Option<bool>>;
    /// Ends the client's long poll, so that it syncs and uploads at once.
    fn wake(&self) -> impl Future<Output = Result<(), Failure>>;
    /// Renews the Olm sessions with the senders of unreadable messages. Returns the number of devices.
    fn renew_peer_sessions(&self) -> impl Future<Output = u32>;
    /// The status changed.
    fn note(&self, status: &RepairStatus);
}

/// Why the repair stopped early.
struct RepairError(RepairProblem, Option<String>);

impl From<RepairProblem> for RepairError {
    fn from(problem: RepairProblem) -> Self {
        Self(problem, None)
    }
}

impl From<Failure> for RepairError {
    fn from(failure: Failure) -> Self {
        Self(RepairProblem::Server, Some(failure.message))
    }
}

/// Repairs the device if all conditions are met. An interrupted repair can be run again.
pub async fn repair(client: &impl Client, facts: Facts<'_>) -> RepairStatus {
    let device_id = facts.device_id.map(str::to_owned);
    let status = RepairStatus { started_at: client.now(), device_id, ..RepairStatus::default() };
    let mut repair = Repair { client, status };
    let ended = repair.run(&facts).await;
    let (state, error) = match ended {
        Ok(()) => (RepairState::Repaired, None),
        Err(error) if repair.status.step <= RepairStep::Counting => (RepairState::Refused, Some(error)),
        Err(error) => (RepairState::Failed, Some(error)),
    };
    let mut status = repair.status;
    (status.state, status.ended_at) = (state, Some(client.now()));
    (status.problem, status.error) = error.map_or((None, None), |RepairError(problem, error)| (Some(problem), error));
    client.note(&status);
    status
}

struct Repair<'c, C> {
    client: &'c C,
    status: RepairStatus,
}

impl<C: Client> Repair<'_, C> {
    async fn run(&mut self, facts: &Facts<'_>) -> Result<(), RepairError> {
        self.client.note(&self.status);
        let old_key = facts.check()?;
        match self.client.verify(old_key).await {
            Some(true) => {}
            Some(false) => return Err(RepairProblem::ForeignKey.into()),
            None => return Err(RepairProblem::NotVerifiable.into()),
        }
        self.client.set_held(true);
        let claimed = self.claim_all().await;
        self.client.set_held(false);
        claimed?;
        self.upload().await?;
        self.test().await?;
        self.status.peers_told = self.client.renew_peer_sessions().await;
        Ok(())
    }

    fn begin(&mut self, step: RepairStep) {
        self.status.step = step;
        self.client.note(&self.status);
    }

    /// Another tab that was opened meanwhile uses the same store.
    fn ensure_alone(&self) -> Result<(), RepairError> {
        if self.client.tabs() == OtherTabs::Alone { Ok(()) } else { Err(RepairProblem::NotAlone.into()) }
    }

    /// Claims all keys that the server holds. If it holds none, an earlier repair already claimed them.
    async fn claim_all(&mut self) -> Result<(), RepairError> {
        self.begin(RepairStep::Counting);
        let client = self.client;
        let held = self.with_retries(|| client.count()).await?;
        self.status.counted = Some(held);
        if held > MAX_KEYS {
            return Err(RepairProblem::TooManyKeys.into());
        }
        self.begin(RepairStep::Claiming);
        let began = client.now();
        for _ in 0..held {
            self.ensure_alone()?;
            if self.has_lasted(began, CLAIMING_MS) {
                return Err(RepairProblem::TimedOut.into());
            }
            match self.with_retries(|| client.claim()).await? {
                Claim::Nothing => break,
                // Someone else claimed keys meanwhile, and no one-time key is left.
                Claim::Key(key) if key.is_fallback => {
                    self.status.fallback_used = true;
                    break;
                }
                Claim::Key(key) => self.record_claimed_key(key).await?,
                Claim::Foreign(key_id) => return Err(RepairError(RepairProblem::ForeignKey, Some(key_id))),
            }
        }
        Ok(())
    }

    /// Repeats a request while the server answers 429, within the time limit for claiming keys.
    async fn with_retries<T, F: Future<Output = Result<T, Failure>>>(
        &mut self,
        ask: impl Fn() -> F,
    ) -> Result<T, RepairError> {
        let began = self.client.now();
        loop {
            let failure = match ask().await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if failure.http_status != Some(429) {
                return Err(failure.into());
            }
            self.status.waits += 1;
            if self.has_lasted(began, CLAIMING_MS) {
                return Err(RepairProblem::TimedOut.into());
            }
            self.client
                .pause(failure.retry_after_ms.unwrap_or(WAIT_MS).clamp(CHECK_INTERVAL_MS, LONGEST_WAIT_MS))
                .await;
        }
    }

    /// `abs`: a clock that is set back does not extend the limit.
    fn has_lasted(&self, since: Timestamp, ms: i64) -> bool {
        (self.client.now().ms() - since.ms()).abs() > ms
    }

    async fn record_claimed_key(&mut self, key: SignedKey) -> Result<(), RepairError> {
        let is_own = self.client.verify(&key).await;
        let SignedKey { key_id, key, .. } = key;
        self.status.claimed.push(ClaimedKey { key_id: key_id.clone(), key });
        self.client.note(&self.status);
        match is_own {
            Some(true) => Ok(()),
            Some(false) => Err(RepairError(RepairProblem::ForeignKey, Some(key_id))),
            None => Err(RepairError(RepairProblem::NotVerifiable, Some(key_id))),
        }
    }

    /// Waits for an accepted upload.
    async fn upload(&mut self) -> Result<(), RepairError> {
        self.begin(RepairStep::Uploading);
        // If this fails, the next sync triggers the upload, only later.
        let woken = self.client.wake().await;
        self.status.error = woken.err().map(|failure| failure.message);
        let began = self.client.now();
        let mut checks = 0;
        loop {
            let Uploads { accepted, refused } = self.client.uploads();
            if accepted > 0 {
                return Ok(());
            }
            if refused > 0 {
                return Err(RepairProblem::StillRefused.into());
            }
            if self.has_lasted(began, UPLOADING_MS) {
                return Err(RepairProblem::NotUploaded.into());
            }
            // An upload that failed for another reason would be held back when the client retries it.
            checks += 1;
            if checks % CHECKS_PER_PASS == 0 {
                self.client.let_through();
            }
            self.client.pause(CHECK_INTERVAL_MS).await;
        }
    }

    /// Claims one key, as others will from now on.
    async fn test(&mut self) -> Result<(), RepairError> {
        self.begin(RepairStep::Testing);
        let client = self.client;
        let key = match self.with_retries(|| client.claim()).await? {
            Claim::Key(key) => key,
            Claim::Foreign(key_id) => return Err(RepairError(RepairProblem::NotGivenBack, Some(key_id))),
            Claim::Nothing => return Err(RepairProblem::NotGivenBack.into()),
        };
        let is_own = !key.is_fallback && self.client.verify(&key).await == Some(true);
        if is_own && self.comes_from_an_upload(&key).await {
            Ok(())
        } else {
            Err(RepairError(RepairProblem::NotGivenBack, Some(key.key_id)))
        }
    }

    /// The server may give away a key before its answer to the upload arrives.
    async fn comes_from_an_upload(&self, key: &SignedKey) -> bool {
        let began = self.client.now();
        loop {
            if self.client.was_accepted(key) {
                return true;
            }
            if self.has_lasted(began, ANSWER_MS) {
                return false;
            }
            self.client.pause(CHECK_INTERVAL_MS).await;
        }
    }
}
