//! The repair in place: what the server holds of this device's one-time keys, and the device knows no more, is claimed
//! away, until the server takes the device's own. Nobody is logged out.
//!
//! It is for a device that kept its identity: after several tabs on one store, or a store that was restored. After an
//! eviction it would end the refusals and leave the device deaf, so it is not begun: the key that the server refuses to
//! replace must be signed by the identity key that this device has now.
//!
//! The order of things is here; what reaches the page, the client and the server is a [`Client`].

mod facts;
mod status;

use std::future::Future;

pub use facts::{Facts, Tabs};
pub use status::{ClaimedKey, RepairProblem, RepairState, RepairStatus, RepairStep};

use crate::one_time_key::SignedKey;
use crate::timestamp::Timestamp;

/// A device has no more one-time keys than this on a server.
pub const MOST_KEYS: u32 = 500;
/// So long keys are claimed.
const CLAIMING_MS: i64 = 60_000;
/// So long an accepted upload is waited for: an idle client comes with its next sync, within 30 s.
const UPLOADING_MS: i64 = 60_000;
/// How often it is looked for, and after how many looks the next upload may pass again.
const LOOK_MS: u32 = 200;
const LOOKS_PER_PASS: u32 = 25;
/// So long the answer to an upload is waited for whose keys the server hands out.
const ANSWER_MS: i64 = 5_000;
/// Where the server asks to wait and does not say for how long, and the longest wait.
const WAIT_MS: u32 = 1_000;
const LONGEST_WAIT_MS: u32 = 10_000;

/// A request that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status; `None`: no answer came.
    pub http_status: Option<u16>,
    /// How long the server asks to wait.
    pub retry_after_ms: Option<u32>,
    /// For a person to read.
    pub message: String,
}

/// An answer to a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A key that names this device as its signer.
    Key(SignedKey),
    /// A key that does not; its id.
    Foreign(String),
    /// None is left.
    Nothing,
}

/// What the uploads of this device did since the repair let them go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uploads {
    /// How many were accepted, with one-time keys in them.
    pub accepted: u32,
    /// How many were refused because a key exists.
    pub refused: u32,
}

/// The page, its Matrix client and the homeserver, for the device that is repaired.
pub trait Client {
    /// The time.
    fn now(&self) -> Timestamp;
    /// Waits.
    fn pause(&self, ms: u32) -> impl Future<Output = ()>;
    /// What other tabs there are, now.
    fn tabs(&self) -> Tabs;
    /// Uploads are held back from now on, all of them, or not any more: then the next one goes through.
    fn hold(&self, held: bool);
    /// The next upload goes through.
    fn let_through(&self);
    /// Since they were let go.
    fn uploads(&self) -> Uploads;
    /// Whether an upload that was accepted since had this very key in it.
    fn was_accepted(&self, key: &SignedKey) -> bool;
    /// How many one-time keys the server holds.
    fn count(&self) -> impl Future<Output = Result<u32, Failure>>;
    /// Claims one.
    fn claim(&self) -> impl Future<Output = Result<Claim, Failure>>;
    /// Whether the signature of a key is right by the identity key that this device has now. `None`: it cannot be told here.
    fn verify(&self, key: &SignedKey) -> impl Future<Output = Option<bool>>;
    /// Ends the client's long poll, so that it syncs, and uploads, at once.
    fn wake(&self) -> impl Future<Output = Result<(), Failure>>;
    /// Renews the sessions with those whose messages could not be read. Gives how many devices that are.
    fn tell_peers(&self) -> impl Future<Output = u32>;
    /// There is news.
    fn note(&self, status: &RepairStatus);
}

/// Why it ended before its end.
struct Stop(RepairProblem, Option<String>);

impl From<RepairProblem> for Stop {
    fn from(problem: RepairProblem) -> Self {
        Self(problem, None)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self(RepairProblem::Server, Some(failure.message))
    }
}

/// Repairs the device, if all that is needed for it is true. A repair that was cut off may be done again.
pub async fn repair(client: &impl Client, facts: Facts<'_>) -> RepairStatus {
    let device_id = facts.device_id.map(str::to_owned);
    let status = RepairStatus { started_at: client.now(), device_id, ..RepairStatus::default() };
    let mut repair = Repair { client, status };
    let ended = repair.run(&facts).await;
    let (state, stop) = match ended {
        Ok(()) => (RepairState::Repaired, None),
        Err(stop) if repair.status.step <= RepairStep::Counting => (RepairState::Refused, Some(stop)),
        Err(stop) => (RepairState::Failed, Some(stop)),
    };
    let mut status = repair.status;
    (status.state, status.ended_at) = (state, Some(client.now()));
    (status.problem, status.error) = stop.map_or((None, None), |Stop(problem, error)| (Some(problem), error));
    client.note(&status);
    status
}

struct Repair<'c, C> {
    client: &'c C,
    status: RepairStatus,
}

impl<C: Client> Repair<'_, C> {
    async fn run(&mut self, facts: &Facts<'_>) -> Result<(), Stop> {
        self.client.note(&self.status);
        let old_key = facts.check()?;
        match self.client.verify(old_key).await {
            Some(true) => {}
            Some(false) => return Err(RepairProblem::ForeignKey.into()),
            None => return Err(RepairProblem::NotVerifiable.into()),
        }
        self.client.hold(true);
        let claimed = self.claim_all().await;
        self.client.hold(false);
        claimed?;
        self.upload().await?;
        self.test().await?;
        self.status.peers_told = self.client.tell_peers().await;
        Ok(())
    }

    fn begin(&mut self, step: RepairStep) {
        self.status.step = step;
        self.client.note(&self.status);
    }

    /// A tab that was opened meanwhile has the same store open.
    fn stay_alone(&self) -> Result<(), Stop> {
        if self.client.tabs() == Tabs::Alone { Ok(()) } else { Err(RepairProblem::NotAlone.into()) }
    }

    /// Claims what the server holds, to the last. Where it holds nothing, an earlier repair came that far.
    async fn claim_all(&mut self) -> Result<(), Stop> {
        self.begin(RepairStep::Counting);
        let client = self.client;
        let held = self.patiently(|| client.count()).await?;
        self.status.counted = Some(held);
        if held > MOST_KEYS {
            return Err(RepairProblem::TooManyKeys.into());
        }
        self.begin(RepairStep::Claiming);
        let began = client.now();
        for _ in 0..held {
            self.stay_alone()?;
            if self.has_lasted(began, CLAIMING_MS) {
                return Err(RepairProblem::TimedOut.into());
            }
            match self.patiently(|| client.claim()).await? {
                Claim::Nothing => break,
                // Somebody else claimed one meanwhile: they are at their end.
                Claim::Key(key) if key.is_fallback => {
                    self.status.fallback_used = true;
                    break;
                }
                Claim::Key(key) => self.take(key).await?,
                Claim::Foreign(key_id) => return Err(Stop(RepairProblem::ForeignKey, Some(key_id))),
            }
        }
        Ok(())
    }

    /// Asks again where the server asks to wait, for as long as keys may be claimed.
    async fn patiently<T, F: Future<Output = Result<T, Failure>>>(&mut self, ask: impl Fn() -> F) -> Result<T, Stop> {
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
            self.client.pause(failure.retry_after_ms.unwrap_or(WAIT_MS).clamp(LOOK_MS, LONGEST_WAIT_MS)).await;
        }
    }

    /// A clock that was put back does not make it last longer.
    fn has_lasted(&self, since: Timestamp, ms: i64) -> bool {
        (self.client.now().ms() - since.ms()).abs() > ms
    }

    async fn take(&mut self, key: SignedKey) -> Result<(), Stop> {
        let is_own = self.client.verify(&key).await;
        let SignedKey { key_id, key, .. } = key;
        self.status.claimed.push(ClaimedKey { key_id: key_id.clone(), key });
        self.client.note(&self.status);
        match is_own {
            Some(true) => Ok(()),
            Some(false) => Err(Stop(RepairProblem::ForeignKey, Some(key_id))),
            None => Err(Stop(RepairProblem::NotVerifiable, Some(key_id))),
        }
    }

    /// Waits for an accepted upload.
    async fn upload(&mut self) -> Result<(), Stop> {
        self.begin(RepairStep::Uploading);
        // Without it the next sync brings the upload, only later.
        let woken = self.client.wake().await;
        self.status.error = woken.err().map(|failure| failure.message);
        let began = self.client.now();
        let mut looks = 0;
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
            // One that failed otherwise would be held back when it is tried again.
            looks += 1;
            if looks % LOOKS_PER_PASS == 0 {
                self.client.let_through();
            }
            self.client.pause(LOOK_MS).await;
        }
    }

    /// What others get who claim a key of this device from now on.
    async fn test(&mut self) -> Result<(), Stop> {
        self.begin(RepairStep::Testing);
        let client = self.client;
        let key = match self.patiently(|| client.claim()).await? {
            Claim::Key(key) => key,
            Claim::Foreign(key_id) => return Err(Stop(RepairProblem::NotGivenBack, Some(key_id))),
            Claim::Nothing => return Err(RepairProblem::NotGivenBack.into()),
        };
        let is_own = !key.is_fallback && self.client.verify(&key).await == Some(true);
        if is_own && self.comes_from_an_upload(&key).await {
            Ok(())
        } else {
            Err(Stop(RepairProblem::NotGivenBack, Some(key.key_id)))
        }
    }

    /// The server may give a key before its answer to the upload is here.
    async fn comes_from_an_upload(&self, key: &SignedKey) -> bool {
        let began = self.client.now();
        loop {
            if self.client.was_accepted(key) {
                return true;
            }
            if self.has_lasted(began, ANSWER_MS) {
                return false;
            }
            self.client.pause(LOOK_MS).await;
        }
    }
}
