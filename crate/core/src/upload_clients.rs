//! The clients of a page whose key uploads are watched. Usually one; more after a login without a reload, or with
//! several accounts.
//!
//! A client is identified by the server and by the device that signed the keys, because its access token may be
//! renewed, or be sent where this page cannot see it. Uploads that do not show their device for certain are attributed
//! to one client if the sender is the same; they are counted, but never held back.

use crate::entry::Refusal;
use crate::one_time_key::SignedKey;
use crate::refusals::{FromMemory, Pace, Refusals};
use crate::repair::Uploads;
use crate::timestamp::Timestamp;
use crate::upload::{Upload, digest_of_signed};
use crate::upload_answer::UploadAnswer;
use crate::upload_loop::{LoopOptions, LoopState, UploadLoop, UploadLoopStatus, Verdict};

/// The SDK logs an answer at most this long after it came.
const ECHO_MS: i64 = 30_000;
/// A client that has not uploaded for this long, while another one has, is given up: the SDK retries with every sync.
const GONE_MS: i64 = 10 * 60_000;
/// How many clients are remembered.
const CLIENTS: usize = 16;
/// How many clients that were given up are remembered.
const MAX_GONE: usize = 4;

/// A repair that never finishes holds uploads back at most this long.
const LONGEST_HOLD_MS: i64 = 3 * 60_000;
/// How many keys accepted after a repair are remembered: twice as many as a device may have.
const KEYS: usize = 1000;

/// The owner of uploads.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Uploader {
    Device {
        server: String,
        user: String,
        device: String,
    },
    /// The device is not known for certain; these are the parts that are known.
    Sender {
        server: Option<String>,
        sender: u64,
        users: Vec<String>,
    },
    /// Seen only in console lines, which do not fit any device seen on the network.
    Console,
}

impl Uploader {
    fn of(upload: &Upload) -> Self {
        match upload.device() {
            Some((server, user, device)) => {
                Self::Device { server: server.to_owned(), user: user.to_owned(), device: device.to_owned() }
            }
            None => Self::Sender {
                server: upload.server.clone(),
                sender: upload.sender,
                users: upload.signers.iter().flatten().map(|(user, _)| user.clone()).collect(),
            },
        }
    }

    fn is_device(&self, user_id: &str, device_id: &str) -> bool {
        matches!(self, Self::Device { user, device, .. } if user == user_id && device == device_id)
    }

    /// Whether it may be this device, and is certainly no other. `is_alone`: no other device uploads in this page.
    fn may_be(&self, user_id: &str, device_id: &str, refusal: Option<&Refusal>, is_alone: bool) -> bool {
        match self {
            Self::Device { .. } => self.is_device(user_id, device_id),
            Self::Sender { users, .. } if users.is_empty() => is_alone,
            Self::Sender { users, .. } => users.iter().any(|user| user == user_id),
            Self::Console => {
                let named = refusal.and_then(|refusal| refusal.device_id.as_deref());
                named.map_or(is_alone, |named| named == device_id)
            }
        }
    }

    /// Whether this is the device that the refusal names.
    fn is_named_in(&self, refusal: Option<&Refusal>) -> bool {
        let named = refusal.and_then(|refusal| refusal.device_id.as_deref());
        matches!((self, named), (Self::Device { device, .. }, Some(named)) if device == named)
    }
}

#[derive(Clone, Debug)]
struct Client {
    uploader: Uploader,
    uploads: UploadLoop,
    refusals: Refusals,
    repair: Repair,
    last_seen: Timestamp,
}

/// How a repair of the client's keys affects its uploads.
#[derive(Clone, Debug, Default)]
enum Repair {
    #[default]
    None,
    /// Held back since this time, until the old keys are claimed.
    Held(Timestamp),
    /// Released. Whether an upload was sent since, the results of these uploads, and the accepted keys.
    Released(bool, Uploads, Vec<(String, u64)>),
}

/// The uploads of every client of the page.
#[derive(Clone, Debug, Default)]
pub struct UploadClients {
    watched: bool,
    options: LoopOptions,
    /// The client seen last comes last.
    clients: Vec<Client>,
    /// Devices that were given up, with the state of their uploads: the view omits them, a report about them does not.
    gone: Vec<(Uploader, UploadLoopStatus)>,
    /// When an answer was last seen on the network whose console line may still follow.
    answered: Option<Timestamp>,
    pace: Pace,
}

impl UploadClients {
    /// Sets whether the network is watched, and the options.
    pub fn watch(&mut self, watched: bool, options: LoopOptions) {
        (self.watched, self.options) = (watched, options);
        for client in &mut self.clients {
            client.uploads.watch(watched, options);
        }
    }

    /// A console line reports a refused upload. Returns `false` if it was already seen on the network. The network is
    /// watched for lines of the window, not of frames; where it is watched, a console line alone does not count
    /// towards a loop.
    pub fn refused_in_console(&mut self, refusal: &Refusal, source: &str, now: Timestamp) -> bool {
        let waited = self.answered.map(|answered| now.ms() - answered.ms());
        if self.watched && waited.is_some_and(|waited| (0..=ECHO_MS).contains(&waited)) {
            return false;
        }
        // The signature names the device; without one, it might be any client's.
        let named = self.clients.iter().find(|client| client.uploader.is_named_in(Some(refusal)));
        let uploader = named.map_or(Uploader::Console, |client| client.uploader.clone());
        let would_be_seen = self.watched && source == "window";
        let uploads = self.client(uploader, now);
        if would_be_seen {
            uploads.refused_in_console(refusal, now);
        } else {
            uploads.refused(refusal, None, now);
        }
        true
    }

    /// A console line reports an upload that failed for another reason. Returns `false` if it was already seen on the
    /// network.
    pub fn failed_in_console(&mut self, http_status: Option<u16>, errcode: Option<&str>, now: Timestamp) -> bool {
        let waited = self.answered.map(|answered| now.ms() - answered.ms());
        if self.watched && waited.is_some_and(|waited| (0..=ECHO_MS).contains(&waited)) {
            return false;
        }
        // The line names no device: if there is only one client, it is that client's.
        let uploader = match self.clients.as_slice() {
            [client] => client.uploader.clone(),
            _ => Uploader::Console,
        };
        self.client(uploader, now).failed(http_status, errcode, now);
        true
    }

    /// An upload failed for a reason other than "already exists".
    pub fn failed(&mut self, upload: &Upload, http_status: Option<u16>, errcode: Option<&str>, now: Timestamp) {
        self.answered = Some(now);
        self.client(Uploader::of(upload), now).failed(http_status, errcode, now);
    }

    /// The server answered an upload with an error that is still being read: the SDK may log it before the body is
    /// read.
    pub const fn answered(&mut self, now: Timestamp) {
        self.answered = Some(now);
    }

    /// The server refused an upload.
    pub fn refused(&mut self, upload: &Upload, refusal: &Refusal, now: Timestamp) {
        self.answered = Some(now);
        self.client(Uploader::of(upload), now).refused(refusal, Some(upload), now);
        // An upload that was sent before the release still contains the old keys.
        if let Some(Repair::Released(true, uploads, _)) =
            self.find_client_mut(&Uploader::of(upload)).map(|client| &mut client.repair)
        {
            uploads.refused += 1;
        }
    }

    /// Keeps the refusal of an upload whose device is certain, to answer later uploads with it.
    pub fn keep(&mut self, upload: &Upload, answer: &UploadAnswer<'_>) {
        let uploader = Uploader::of(upload);
        if let Some(client) =
            self.clients.iter_mut().find(|client| client.uploader == uploader && upload.device().is_some())
        {
            client.refusals.keep(upload.sender, answer);
        }
    }

    /// The server accepted an upload. An upload without one-time keys ends no loop, but shows that the server
    /// responds.
    pub fn accepted(&mut self, upload: &Upload, now: Timestamp) {
        let uploader = Uploader::of(upload);
        if upload.is_unread || upload.keys.is_empty() {
            let is_its =
                |client: &&mut Client| client.uploader == uploader || client.uploads.has_refused(upload.sender);
            for client in self.clients.iter_mut().filter(is_its) {
                client.uploads.probe_soon(false, now);
            }
            return;
        }
        self.client(uploader.clone(), now).accepted(now);
        if let Some(Repair::Released(_, uploads, keys)) =
            self.find_client_mut(&uploader).map(|client| &mut client.repair)
        {
            uploads.accepted += 1;
            keys.extend(upload.keys.iter().take(KEYS.saturating_sub(keys.len())).cloned());
        }
        // A refusal that only the console reported, without a device: if it had gone on, it would have been seen here.
        let is_unnamed = |client: &&mut Client| {
            let refusal = client.uploads.status().refusal.as_ref();
            client.uploader == Uploader::Console && refusal.is_some_and(|refusal| refusal.device_id.is_none())
        };
        if let Some(client) = self.clients.iter_mut().find(is_unnamed) {
            client.uploads.accepted(now);
        }
    }

    /// Records how many one-time keys the server holds after it accepted this upload.
    pub fn supplied(&mut self, upload: &Upload, held: Option<u32>, now: Timestamp) {
        if !upload.keys.is_empty() {
            let keys = u32::try_from(upload.keys.len()).unwrap_or(u32::MAX);
            self.client(Uploader::of(upload), now).supplied(keys, held, now);
        }
    }

    /// Decides what to do with an upload. See [`UploadLoop::decide`].
    pub fn decide(&mut self, upload: &Upload, now: Timestamp, random: f64) -> Verdict {
        let uploader = Uploader::of(upload);
        let Some(client) = self.clients.iter_mut().find(|client| client.uploader == uploader) else {
            return Verdict::Pass;
        };
        client.last_seen = now;
        let verdict = client.uploads.decide(upload, now, random);
        if verdict == Verdict::Answer {
            self.answered = Some(now);
        }
        verdict
    }

    /// If the upload is held back, returns the answer for it: the last refusal of the same client and sender.
    pub fn answer(&mut self, upload: &Upload, now: Timestamp, random: f64) -> Option<FromMemory> {
        let uploader = Uploader::of(upload);
        let client = self.clients.iter().find(|client| client.uploader == uploader)?;
        let refusal = client.refusals.of(upload.sender)?.clone();
        let lasts = |since: Timestamp| (0..=LONGEST_HOLD_MS).contains(&(now.ms() - since.ms()));
        let waits = matches!(client.repair, Repair::Held(since) if lasts(since)) && !upload.keys.is_empty();
        let is_held = waits || self.decide(upload, now, random) == Verdict::Answer;
        if waits {
            self.answered = Some(now);
        } else if !is_held
            && let Some(Repair::Released(sent, ..)) = self.find_client_mut(&uploader).map(|client| &mut client.repair)
        {
            *sent = true;
        }
        is_held.then(|| FromMemory { after_ms: self.pace.wait_ms(now), ..refusal })
    }

    /// Something suggests that the servers may accept again, or a probe was requested. See [`UploadLoop::probe_soon`].
    pub fn probe_soon(&mut self, is_requested: bool, now: Timestamp) {
        for client in &mut self.clients {
            client.uploads.probe_soon(is_requested, now);
        }
    }

    /// State of a device for its repair: its uploads, and the key that the server holds under the refused id.
    pub fn to_repair(&self, user_id: &str, device_id: &str) -> Option<(&UploadLoopStatus, Option<SignedKey>)> {
        let client = self.clients.iter().find(|client| client.uploader.is_device(user_id, device_id))?;
        let words = client.refusals.latest().map(|refusal| UploadAnswer { body: &refusal.body, ..Default::default() });
        let old_key = words.and_then(|answer| SignedKey::of_refusal(&answer.words(), user_id, device_id));
        Some((client.uploads.status(), old_key))
    }

    /// Holds the uploads of a device back from now on, or releases them and lets the next one through.
    pub fn set_held(&mut self, user_id: &str, device_id: &str, held: bool, now: Timestamp) {
        for client in self.clients.iter_mut().filter(|client| client.uploader.is_device(user_id, device_id)) {
            client.repair =
                if held { Repair::Held(now) } else { Repair::Released(false, Uploads::default(), Vec::new()) };
            if !held {
                client.uploads.probe_soon(true, now);
            }
        }
    }

    /// The results of a device's uploads since they were released.
    pub fn uploads_since_release(&self, user_id: &str, device_id: &str) -> Uploads {
        self.released(user_id, device_id).map_or_else(Uploads::default, |(uploads, _)| uploads)
    }

    /// Whether an upload accepted since the release contained this key.
    pub fn was_accepted(&self, user_id: &str, device_id: &str, key: &SignedKey) -> bool {
        let digest = digest_of_signed(&key.signed);
        let sent = self.released(user_id, device_id).map_or(&[][..], |(_, keys)| keys);
        sent.iter().any(|(id, sent)| *id == key.key_id && Some(*sent) == digest)
    }

    fn released(&self, user_id: &str, device_id: &str) -> Option<(Uploads, &[(String, u64)])> {
        self.clients.iter().find_map(|client| match &client.repair {
            Repair::Released(_, uploads, keys) if client.uploader.is_device(user_id, device_id) => {
                Some((*uploads, &keys[..]))
            }
            _ => None,
        })
    }

    fn find_client_mut(&mut self, uploader: &Uploader) -> Option<&mut Client> {
        self.clients.iter_mut().find(|client| client.uploader == *uploader)
    }

    /// Forgets a user's or a device's clients; `None` matches any. Clients of unknown identity are forgotten too.
    pub fn forget(&mut self, user_id: Option<&str>, device_id: Option<&str>) {
        let stays = |uploader: &Uploader| match uploader {
            Uploader::Device { user, device, .. } => {
                user_id.is_some_and(|gone| gone != user) || device_id.is_some_and(|gone| gone != device)
            }
            Uploader::Sender { .. } | Uploader::Console => false,
        };
        self.clients.retain(|client| stays(&client.uploader));
        self.gone.retain(|(uploader, _)| stays(uploader));
    }

    /// Status of the client that matters most: one whose uploads are in a loop, otherwise the one seen last.
    pub fn status(&self) -> UploadLoopStatus {
        self.gravest(|_| true)
    }

    /// The same for one device. Clients whose device is unknown count unless they may be another device's.
    pub fn status_of(&self, user_id: &str, device_id: &str) -> UploadLoopStatus {
        let is_other = |uploader: &Uploader| {
            matches!(uploader, Uploader::Device { .. }) && !uploader.is_device(user_id, device_id)
        };
        let is_alone = !self.clients.iter().any(|client| is_other(&client.uploader));
        let counts = |client: &Client| {
            let refusal = client.uploads.status().refusal.as_ref();
            client.uploader.may_be(user_id, device_id, refusal, is_alone)
        };
        let is_gone = |(uploader, _): &&(Uploader, UploadLoopStatus)| uploader.is_device(user_id, device_id);
        match self.gone.iter().rfind(is_gone) {
            Some((_, status)) if !self.clients.iter().any(counts) => status.clone(),
            _ => self.gravest(counts),
        }
    }

    fn gravest(&self, counts: impl Fn(&Client) -> bool) -> UploadLoopStatus {
        let those = || self.clients.iter().filter(|client| counts(client)).map(|client| client.uploads.status());
        let status = those().rfind(|status| status.state == LoopState::Looping).or_else(|| those().next_back());
        status.map_or_else(|| self.new_loop().status().clone(), Clone::clone)
    }

    fn new_loop(&self) -> UploadLoop {
        let mut uploads = UploadLoop::default();
        uploads.watch(self.watched, self.options);
        uploads
    }

    /// Finds the client, possibly one known from the console only, or creates it; it becomes the latest.
    fn client(&mut self, uploader: Uploader, now: Timestamp) -> &mut UploadLoop {
        let known = self.clients.iter().position(|client| client.uploader == uploader);
        let of_console = || {
            let is_same_refusal = |client: &Client| {
                client.uploader == Uploader::Console && uploader.is_named_in(client.uploads.status().refusal.as_ref())
            };
            self.clients.iter().position(is_same_refusal)
        };
        let found = known.or_else(of_console).map(|at| self.clients.remove(at));
        let gone_after = self.options.window_ms.max(GONE_MS);
        let is_gone = |client: &mut Client| now.ms() - client.last_seen.ms() > gone_after;
        let mut gone: Vec<_> = self.clients.extract_if(.., is_gone).collect();
        if self.clients.len() >= CLIENTS {
            gone.push(self.clients.remove(0));
        }
        let devices = gone.into_iter().filter(|client| matches!(client.uploader, Uploader::Device { .. }));
        self.gone.extend(devices.map(|client| (client.uploader, client.uploads.status().clone())));
        self.gone.retain(|(gone, _)| *gone != uploader);
        self.gone.drain(..self.gone.len().saturating_sub(MAX_GONE));
        let (uploads, refusals, repair) = match found {
            Some(Client { uploads, refusals, repair, .. }) => (uploads, refusals, repair),
            None => (self.new_loop(), Refusals::default(), Repair::None),
        };
        self.clients.push(Client { uploader, uploads, refusals, repair, last_seen: now });
        let last = self.clients.len() - 1;
        &mut self.clients[last].uploads
    }
}
