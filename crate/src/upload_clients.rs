//! The clients of a page whose uploads of one-time keys are watched. One, as a rule; more after a login without a reload,
//! and with several accounts.
//!
//! A client is who uploads with the same access token, here a number. A token may be renewed: whoever is refused with the
//! very same keys is that client; and so is whoever is accepted for the first time while somebody else is refused, unless
//! that one tries again.

use alloc::vec::Vec;

use crate::entry::Refusal;
use crate::timestamp::Timestamp;
use crate::upload_loop::{LoopOptions, LoopState, Sense, UploadLoop, UploadLoopStatus, Verdict};

/// How long after an answer the SDK logs it.
const ECHO_MS: i64 = 30_000;
/// Who has not tried for so long, while another did, is gone: the SDK tries with every sync.
const GONE_MS: i64 = 10 * 60_000;
/// How many clients are remembered.
const CLIENTS: usize = 16;

#[derive(Clone, Debug)]
struct Client {
    number: u32,
    uploads: UploadLoop,
    last_seen: Timestamp,
    /// Another was accepted for the first time, and this one has not tried since: it may be that one, with a renewed token.
    is_replaced: bool,
}

/// The uploads of every client of the page.
#[derive(Clone, Debug, Default)]
pub struct UploadClients {
    watched: bool,
    options: LoopOptions,
    /// The one that was seen last stands last.
    clients: Vec<Client>,
    /// When an answer was last seen on the network, whose line in the console is still to come.
    answered: Option<Timestamp>,
}

impl UploadClients {
    /// From now on the network is watched, or it is not any more.
    pub fn watch(&mut self, watched: bool, options: LoopOptions) {
        (self.watched, self.options) = (watched, options);
        for client in &mut self.clients {
            client.uploads.watch(watched, options);
        }
    }

    /// A line of the console tells that the server refused an upload. `false`: it was seen on the network already.
    pub fn told(&mut self, refusal: &Refusal, now: Timestamp) -> bool {
        let waited = self.answered.map(|answered| now.ms() - answered.ms());
        if self.watched && waited.is_some_and(|waited| (0..=ECHO_MS).contains(&waited)) {
            return false;
        }
        let number = self.clients.last().map_or(0, |client| client.number);
        self.client(number, None, now).refused(refusal, Sense::Console, now);
        true
    }

    /// The server answered an upload with an error that is still being read: the SDK may be faster to log it.
    pub const fn answered(&mut self, now: Timestamp) {
        self.answered = Some(now);
    }

    /// The server refused an upload of a client.
    pub fn refused(&mut self, number: u32, refusal: &Refusal, now: Timestamp) {
        self.answered = Some(now);
        self.client(number, Some(refusal), now).refused(refusal, Sense::Network, now);
    }

    /// The server accepted a client's upload of one-time keys.
    pub fn accepted(&mut self, number: u32, now: Timestamp) {
        let is_new = self.clients.iter().all(|client| client.number != number);
        let refused = |client: &&mut Client| !client.is_replaced && client.uploads.status().refusals > 0;
        let before = self.clients.iter_mut().rfind(refused).filter(|_| is_new).map(|client| {
            client.is_replaced = true;
            client.uploads.status().clone()
        });
        let uploads = self.client(number, None, now);
        if let Some(status) = before {
            uploads.inherit(status);
        }
        uploads.accepted(now);
    }

    /// What is to be done with a client's upload. See [`UploadLoop::decide`].
    pub fn decide<'a>(
        &mut self,
        number: u32,
        key_ids: impl Iterator<Item = &'a str>,
        now: Timestamp,
        random: f64,
    ) -> Verdict {
        let Some(client) = self.clients.iter_mut().find(|client| client.number == number) else {
            return Verdict::Pass;
        };
        client.last_seen = now;
        client.is_replaced = false;
        let verdict = client.uploads.decide(key_ids, now, random);
        if verdict == Verdict::Answer {
            self.answered = Some(now);
        }
        verdict
    }

    /// Another device, or none: what was seen is not about it.
    pub fn reset(&mut self) {
        self.clients.clear();
    }

    /// What is known of the client that matters most: one whose uploads are in a loop, or who was seen last.
    pub fn status(&self) -> UploadLoopStatus {
        let is_looping = |client: &&Client| !client.is_replaced && client.uploads.status().state == LoopState::Looping;
        let client = self.clients.iter().rfind(is_looping).or(self.clients.last());
        client.map_or_else(|| self.new_loop().status().clone(), |client| client.uploads.status().clone())
    }

    fn new_loop(&self) -> UploadLoop {
        let mut uploads = UploadLoop::default();
        uploads.watch(self.watched, self.options);
        uploads
    }

    /// The one with this number; else the one that was refused with the very same keys; else a new one.
    fn client(&mut self, number: u32, refusal: Option<&Refusal>, now: Timestamp) -> &mut UploadLoop {
        let known = self.clients.iter().position(|client| client.number == number);
        let is_same = |status: &UploadLoopStatus| status.refusals > 0 && status.refusal.as_ref() == refusal;
        let same = || refusal.and_then(|_| self.clients.iter().rposition(|client| is_same(client.uploads.status())));
        let found = known.or_else(same);
        let uploads = found.map(|at| self.clients.remove(at).uploads);
        let gone_after = self.options.window_ms.max(GONE_MS);
        self.clients.retain(|client| now.ms() - client.last_seen.ms() <= gone_after);
        if self.clients.len() >= CLIENTS {
            self.clients.remove(0);
        }
        let uploads = uploads.unwrap_or_else(|| self.new_loop());
        self.clients.push(Client { number, uploads, last_seen: now, is_replaced: false });
        let last = self.clients.len() - 1;
        &mut self.clients[last].uploads
    }
}
