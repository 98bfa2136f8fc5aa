//! The clients of a page whose uploads of one-time keys are watched. One, as a rule; more after a login without a reload,
//! and with several accounts.
//!
//! A client is a device, by the server and by who signed the keys: its token may be renewed, or be sent where nobody sees it.
//! Uploads that do not tell their device for certain are taken for those of one client if the same sender sends them; they
//! are counted, and never held back.

use crate::entry::Refusal;
use crate::one_time_key::SignedKey;
use crate::refusals::{FromMemory, Pace, Refusals};
use crate::repair::Uploads;
use crate::timestamp::Timestamp;
use crate::upload::{Upload, digest_of_signed};
use crate::upload_answer::UploadAnswer;
use crate::upload_loop::{LoopOptions, LoopState, UploadLoop, UploadLoopStatus, Verdict};

/// How long after an answer the SDK logs it.
const ECHO_MS: i64 = 30_000;
/// Who has not tried for so long, while another did, is gone: the SDK tries with every sync.
const GONE_MS: i64 = 10 * 60_000;
/// How many clients are remembered.
const CLIENTS: usize = 16;
/// How many are remembered that were given up.
const MOST_GONE: usize = 4;

/// A repair that came to no end holds nothing back for longer than it may take.
const LONGEST_HOLD_MS: i64 = 3 * 60_000;
/// How many keys are remembered that were accepted after a repair: of as many a device may have, twice.
const KEYS: usize = 1000;

/// Whose uploads they are.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Who {
    Device {
        server: String,
        user: String,
        device: String,
    },
    /// Not known for certain: as far as it is.
    Sender {
        server: Option<String>,
        sender: u64,
        users: Vec<String>,
    },
    /// Not seen on the network, only in lines of the console that do not fit a device that was seen there.
    Console,
}

impl Who {
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

    /// Whether it may be this device, and is no other for certain. `is_alone`: no other device uploads in this page.
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

    /// Whether it is the device that a refusal names.
    fn is_named_in(&self, refusal: Option<&Refusal>) -> bool {
        let named = refusal.and_then(|refusal| refusal.device_id.as_deref());
        matches!((self, named), (Self::Device { device, .. }, Some(named)) if device == named)
    }
}

#[derive(Clone, Debug)]
struct Client {
    who: Who,
    uploads: UploadLoop,
    refusals: Refusals,
    repair: Repair,
    last_seen: Timestamp,
}

/// What a repair of the client's keys asks of its uploads.
#[derive(Clone, Debug, Default)]
enum Repair {
    #[default]
    None,
    /// They wait since then, until the old keys are claimed.
    Held(Timestamp),
    /// They were let go: whether one was sent since, what became of them, and the keys that were accepted.
    LetGo(bool, Uploads, Vec<(String, u64)>),
}

/// The uploads of every client of the page.
#[derive(Clone, Debug, Default)]
pub struct UploadClients {
    watched: bool,
    options: LoopOptions,
    /// The one that was seen last stands last.
    clients: Vec<Client>,
    /// Devices that were given up, and how their uploads stood: the view leaves them out, a report of theirs does not.
    gone: Vec<(Who, UploadLoopStatus)>,
    /// When an answer was last seen on the network, whose line in the console is still to come.
    answered: Option<Timestamp>,
    pace: Pace,
}

impl UploadClients {
    /// From now on the network is watched, or it is not any more.
    pub fn watch(&mut self, watched: bool, options: LoopOptions) {
        (self.watched, self.options) = (watched, options);
        for client in &mut self.clients {
            client.uploads.watch(watched, options);
        }
    }

    /// A line of the console tells that the server refused an upload. `false`: it was seen on the network already. Where the
    /// network is watched, which is where the line comes from the window and not from a frame, the line alone makes no loop.
    pub fn told(&mut self, refusal: &Refusal, source: &str, now: Timestamp) -> bool {
        let waited = self.answered.map(|answered| now.ms() - answered.ms());
        if self.watched && waited.is_some_and(|waited| (0..=ECHO_MS).contains(&waited)) {
            return false;
        }
        // Whose it is, says its signature; without one it might be anybody's.
        let named = self.clients.iter().find(|client| client.who.is_named_in(Some(refusal)));
        let who = named.map_or(Who::Console, |client| client.who.clone());
        let would_be_seen = self.watched && source == "window";
        let uploads = self.client(who, now);
        if would_be_seen {
            uploads.told(refusal, now);
        } else {
            uploads.refused(refusal, None, now);
        }
        true
    }

    /// A line of the console tells that an upload failed otherwise. `false`: it was seen on the network already.
    pub fn told_failure(&mut self, http_status: Option<u16>, errcode: Option<&str>, now: Timestamp) -> bool {
        let waited = self.answered.map(|answered| now.ms() - answered.ms());
        if self.watched && waited.is_some_and(|waited| (0..=ECHO_MS).contains(&waited)) {
            return false;
        }
        // It names no device: where there is one client, it is that one's.
        let who = match self.clients.as_slice() {
            [client] => client.who.clone(),
            _ => Who::Console,
        };
        self.client(who, now).failed(http_status, errcode, now);
        true
    }

    /// An upload failed, other than because a key exists.
    pub fn failed(&mut self, upload: &Upload, http_status: Option<u16>, errcode: Option<&str>, now: Timestamp) {
        self.answered = Some(now);
        self.client(Who::of(upload), now).failed(http_status, errcode, now);
    }

    /// The server answered an upload with an error that is still being read: the SDK may be faster to log it.
    pub const fn answered(&mut self, now: Timestamp) {
        self.answered = Some(now);
    }

    /// The server refused an upload.
    pub fn refused(&mut self, upload: &Upload, refusal: &Refusal, now: Timestamp) {
        self.answered = Some(now);
        self.client(Who::of(upload), now).refused(refusal, Some(upload), now);
        // One that was sent before is about the old keys.
        if let Some(Repair::LetGo(true, uploads, _)) = self.known(&Who::of(upload)).map(|client| &mut client.repair) {
            uploads.refused += 1;
        }
    }

    /// Keeps the refusal of an upload whose device is certain, to be given again.
    pub fn keep(&mut self, upload: &Upload, answer: &UploadAnswer<'_>) {
        let who = Who::of(upload);
        if let Some(client) = self.clients.iter_mut().find(|client| client.who == who && upload.device().is_some()) {
            client.refusals.keep(upload.sender, answer);
        }
    }

    /// The server accepted an upload. Without one-time keys it ends no loop, but the server answers.
    pub fn accepted(&mut self, upload: &Upload, now: Timestamp) {
        let who = Who::of(upload);
        if upload.is_unread || upload.keys.is_empty() {
            let is_its = |client: &&mut Client| client.who == who || client.uploads.is_of(upload.sender);
            for client in self.clients.iter_mut().filter(is_its) {
                client.uploads.probe_soon(false, now);
            }
            return;
        }
        self.client(who.clone(), now).accepted(now);
        if let Some(Repair::LetGo(_, uploads, keys)) = self.known(&who).map(|client| &mut client.repair) {
            uploads.accepted += 1;
            keys.extend(upload.keys.iter().take(KEYS.saturating_sub(keys.len())).cloned());
        }
        // What the console alone told, and of no device: had it gone on, it would be seen here.
        let is_unnamed = |client: &&mut Client| {
            let refusal = client.uploads.status().refusal.as_ref();
            client.who == Who::Console && refusal.is_some_and(|refusal| refusal.device_id.is_none())
        };
        if let Some(client) = self.clients.iter_mut().find(is_unnamed) {
            client.uploads.accepted(now);
        }
    }

    /// How many one-time keys the server holds, now that it accepted this upload.
    pub fn supplied(&mut self, upload: &Upload, held: Option<u32>, now: Timestamp) {
        if !upload.keys.is_empty() {
            let keys = u32::try_from(upload.keys.len()).unwrap_or(u32::MAX);
            self.client(Who::of(upload), now).supplied(keys, held, now);
        }
    }

    /// What is to be done with an upload. See [`UploadLoop::decide`].
    pub fn decide(&mut self, upload: &Upload, now: Timestamp, random: f64) -> Verdict {
        let who = Who::of(upload);
        let Some(client) = self.clients.iter_mut().find(|client| client.who == who) else {
            return Verdict::Pass;
        };
        client.last_seen = now;
        let verdict = client.uploads.decide(upload, now, random);
        if verdict == Verdict::Answer {
            self.answered = Some(now);
        }
        verdict
    }

    /// What an upload is answered with that is held back: the last refusal of the same client, sent by the same.
    pub fn answer(&mut self, upload: &Upload, now: Timestamp, random: f64) -> Option<FromMemory> {
        let who = Who::of(upload);
        let client = self.clients.iter().find(|client| client.who == who)?;
        let refusal = client.refusals.of(upload.sender)?.clone();
        let lasts = |since: Timestamp| (0..=LONGEST_HOLD_MS).contains(&(now.ms() - since.ms()));
        let waits = matches!(client.repair, Repair::Held(since) if lasts(since)) && !upload.keys.is_empty();
        let is_held = waits || self.decide(upload, now, random) == Verdict::Answer;
        if waits {
            self.answered = Some(now);
        } else if !is_held && let Some(Repair::LetGo(sent, ..)) = self.known(&who).map(|client| &mut client.repair) {
            *sent = true;
        }
        is_held.then(|| FromMemory { after_ms: self.pace.wait_ms(now), ..refusal })
    }

    /// There is a sign that the servers may accept again, or somebody asks. See [`UploadLoop::probe_soon`].
    pub fn probe_soon(&mut self, is_requested: bool, now: Timestamp) {
        for client in &mut self.clients {
            client.uploads.probe_soon(is_requested, now);
        }
    }

    /// What a repair is to know of a device: its uploads, and the key that the server holds under the refused id.
    pub fn to_repair(&self, user_id: &str, device_id: &str) -> Option<(&UploadLoopStatus, Option<SignedKey>)> {
        let client = self.clients.iter().find(|client| client.who.is_device(user_id, device_id))?;
        let words = client.refusals.latest().map(|refusal| UploadAnswer { body: &refusal.body, ..Default::default() });
        let old_key = words.and_then(|answer| SignedKey::of_refusal(&answer.words(), user_id, device_id));
        Some((client.uploads.status(), old_key))
    }

    /// The uploads of a device wait from now on; or not any more, and the next one goes through.
    pub fn hold(&mut self, user_id: &str, device_id: &str, held: bool, now: Timestamp) {
        for client in self.clients.iter_mut().filter(|client| client.who.is_device(user_id, device_id)) {
            client.repair = if held { Repair::Held(now) } else { Repair::LetGo(false, Uploads::default(), Vec::new()) };
            if !held {
                client.uploads.probe_soon(true, now);
            }
        }
    }

    /// What became of the uploads of a device since they were let go.
    pub fn since_let_go(&self, user_id: &str, device_id: &str) -> Uploads {
        self.let_go(user_id, device_id).map_or_else(Uploads::default, |(uploads, _)| uploads)
    }

    /// Whether one of them that was accepted had this key in it.
    pub fn was_accepted(&self, user_id: &str, device_id: &str, key: &SignedKey) -> bool {
        let digest = digest_of_signed(&key.signed);
        let sent = self.let_go(user_id, device_id).map_or(&[][..], |(_, keys)| keys);
        sent.iter().any(|(id, sent)| *id == key.key_id && Some(*sent) == digest)
    }

    fn let_go(&self, user_id: &str, device_id: &str) -> Option<(Uploads, &[(String, u64)])> {
        self.clients.iter().find_map(|client| match &client.repair {
            Repair::LetGo(_, uploads, keys) if client.who.is_device(user_id, device_id) => Some((*uploads, &keys[..])),
            _ => None,
        })
    }

    fn known(&mut self, who: &Who) -> Option<&mut Client> {
        self.clients.iter_mut().find(|client| client.who == *who)
    }

    /// A user, or a device, is gone; `None`: any. What may have been about it is forgotten.
    pub fn forget(&mut self, user_id: Option<&str>, device_id: Option<&str>) {
        let stays = |who: &Who| match who {
            Who::Device { user, device, .. } => {
                user_id.is_some_and(|gone| gone != user) || device_id.is_some_and(|gone| gone != device)
            }
            Who::Sender { .. } | Who::Console => false,
        };
        self.clients.retain(|client| stays(&client.who));
        self.gone.retain(|(who, _)| stays(who));
    }

    /// What is known of the client that matters most: one whose uploads are in a loop, or who was seen last.
    pub fn status(&self) -> UploadLoopStatus {
        self.gravest(|_| true)
    }

    /// The same of one device. Clients whose device is not known count unless they may be another's.
    pub fn status_of(&self, user_id: &str, device_id: &str) -> UploadLoopStatus {
        let is_other = |who: &Who| matches!(who, Who::Device { .. }) && !who.is_device(user_id, device_id);
        let is_alone = !self.clients.iter().any(|client| is_other(&client.who));
        let counts = |client: &Client| {
            let refusal = client.uploads.status().refusal.as_ref();
            client.who.may_be(user_id, device_id, refusal, is_alone)
        };
        let is_gone = |(who, _): &&(Who, UploadLoopStatus)| who.is_device(user_id, device_id);
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

    /// The one that was seen before, be it in the console; else a new one.
    fn client(&mut self, who: Who, now: Timestamp) -> &mut UploadLoop {
        let known = self.clients.iter().position(|client| client.who == who);
        let told = || {
            let is_told = |client: &Client| {
                client.who == Who::Console && who.is_named_in(client.uploads.status().refusal.as_ref())
            };
            self.clients.iter().position(is_told)
        };
        let found = known.or_else(told).map(|at| self.clients.remove(at));
        let gone_after = self.options.window_ms.max(GONE_MS);
        let is_gone = |client: &mut Client| now.ms() - client.last_seen.ms() > gone_after;
        let mut gone: Vec<_> = self.clients.extract_if(.., is_gone).collect();
        if self.clients.len() >= CLIENTS {
            gone.push(self.clients.remove(0));
        }
        let devices = gone.into_iter().filter(|client| matches!(client.who, Who::Device { .. }));
        self.gone.extend(devices.map(|client| (client.who, client.uploads.status().clone())));
        self.gone.retain(|(gone, _)| *gone != who);
        self.gone.drain(..self.gone.len().saturating_sub(MOST_GONE));
        let (uploads, refusals, repair) = match found {
            Some(Client { uploads, refusals, repair, .. }) => (uploads, refusals, repair),
            None => (self.new_loop(), Refusals::default(), Repair::None),
        };
        self.clients.push(Client { who, uploads, refusals, repair, last_seen: now });
        let last = self.clients.len() - 1;
        &mut self.clients[last].uploads
    }
}
