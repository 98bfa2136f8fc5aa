//! A homeserver with one-time keys that the device no longer knows, the device's client, and interruptions.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::future::Future;

use lotus_crypto_diag::one_time_key::SignedKey;
use lotus_crypto_diag::repair::{Claim, Client, Failure, OtherTabs, RepairStatus, Uploads};
use lotus_crypto_diag::timestamp::Timestamp;

pub(super) const USER: &str = "@a:hs";
pub(super) const DEVICE: &str = "D";
/// The identity keys: this device's, and another one's.
pub(super) const OURS: &str = "ours";
pub(super) const THEIRS: &str = "theirs";

/// In the model, a signature is the name of the signing key.
pub(super) fn signed(key_id: &str, signer: &str) -> SignedKey {
    SignedKey {
        key_id: key_id.into(),
        key: format!("key of {key_id}"),
        is_fallback: key_id == "x:fallback",
        signed: String::new(),
        signature: signer.into(),
    }
}

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// 429, with the time to wait.
    Wait(u32),
    /// Another error status.
    Status(u16),
    /// The request does not reach the server.
    NoAnswer,
    /// The request reaches the server, but the answer is lost.
    LostAnswer,
    /// A peer claims a key first.
    PeerClaims,
}

pub(super) struct World {
    /// The signer of the key that the refusal names.
    pub(super) old_signer: &'static str,
    pub(super) can_verify: bool,
    /// How many keys the server leaves out of its count.
    pub(super) uncounted: u32,
    /// Whether the client ever uploads.
    pub(super) uploads: bool,
    dead: RefCell<VecDeque<SignedKey>>,
    fresh: RefCell<VecDeque<SignedKey>>,
    faults: RefCell<HashMap<u32, Fault>>,
    tab_at: Cell<Option<u32>>,
    requests: Cell<u32>,
    ms: Cell<i64>,
    held: Cell<bool>,
    seen: Cell<Uploads>,
}

impl World {
    pub(super) fn new(dead: u32) -> Self {
        Self {
            old_signer: OURS,
            can_verify: true,
            uncounted: 0,
            uploads: true,
            dead: RefCell::new((0..dead).map(|n| signed(&format!("x:dead{n}"), OURS)).collect()),
            fresh: RefCell::default(),
            faults: RefCell::default(),
            tab_at: Cell::default(),
            requests: Cell::default(),
            ms: Cell::default(),
            held: Cell::default(),
            seen: Cell::default(),
        }
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(super) fn fault(&self, faults: impl IntoIterator<Item = (u32, Fault)>) {
        self.faults.borrow_mut().extend(faults);
    }

    /// Opens another tab before the request with this number.
    pub(super) fn open_tab_at(&self, request: u32) {
        self.tab_at.set(Some(request));
    }

    pub(super) fn replace_dead(&self, at: usize, signer: &str) {
        let mut dead = self.dead.borrow_mut();
        dead[at] = signed(&dead[at].key_id.clone(), signer);
    }

    /// Ends all faults, and closes the other tab.
    pub(super) fn calm(&self) {
        self.faults.borrow_mut().clear();
        self.tab_at.set(None);
    }

    pub(super) fn requests(&self) -> u32 {
        self.requests.get()
    }

    pub(super) fn is_held(&self) -> bool {
        self.held.get()
    }

    pub(super) fn dead(&self) -> u32 {
        u32::try_from(self.dead.borrow().len()).unwrap()
    }

    /// Whether a claimed key is one that this device can use.
    pub(super) fn is_well(&self) -> bool {
        self.dead.borrow().is_empty() && !self.fresh.borrow().is_empty()
    }

    /// The client syncs, and uploads its keys. Returns whether the server has them.
    pub(super) fn sync(&self) -> bool {
        if self.uploads && !self.held.get() && self.fresh.borrow().is_empty() {
            let Uploads { accepted, refused } = self.seen.get();
            if self.dead.borrow().is_empty() {
                self.fresh.borrow_mut().extend((0..50).map(|n| signed(&format!("x:dead{n}"), OURS)));
                self.seen.set(Uploads { accepted: accepted + 1, refused });
            } else {
                self.seen.set(Uploads { accepted, refused: refused + 1 });
            }
        }
        self.is_well()
    }

    fn take(&self) -> Option<SignedKey> {
        self.dead.borrow_mut().pop_front().or_else(|| self.fresh.borrow_mut().pop_front())
    }

    fn answer<T>(&self, answer: impl FnOnce() -> T) -> Result<T, Failure> {
        let number = self.requests.get();
        self.requests.set(number + 1);
        self.ms.set(self.ms.get() + 2);
        let fail = |status: Option<u16>, message: &str| {
            Err(Failure { http_status: status, message: message.into(), ..Failure::default() })
        };
        let fault = self.faults.borrow().get(&number).copied();
        match fault {
            Some(Fault::Wait(ms)) => {
                Err(Failure { http_status: Some(429), retry_after_ms: Some(ms), message: "429".into() })
            }
            Some(Fault::Status(status)) => fail(Some(status), &status.to_string()),
            Some(Fault::NoAnswer) => fail(None, "no answer"),
            Some(Fault::LostAnswer) => {
                answer();
                fail(None, "no answer")
            }
            Some(Fault::PeerClaims) => {
                self.take();
                Ok(answer())
            }
            None => Ok(answer()),
        }
    }
}

impl Client for World {
    fn now(&self) -> Timestamp {
        Timestamp::default().plus_ms(self.ms.get())
    }

    fn pause(&self, ms: u32) -> impl Future<Output = ()> {
        self.ms.set(self.ms.get() + i64::from(ms));
        self.sync();
        std::future::ready(())
    }

    fn tabs(&self) -> OtherTabs {
        let is_open = self.tab_at.get().is_some_and(|request| self.requests.get() >= request);
        if is_open { OtherTabs::Unknown } else { OtherTabs::Alone }
    }

    fn set_held(&self, held: bool) {
        self.held.set(held);
        self.seen.set(Uploads::default());
    }

    fn let_through(&self) {}

    fn uploads(&self) -> Uploads {
        self.seen.get()
    }

    fn was_accepted(&self, _key: &SignedKey) -> bool {
        self.dead.borrow().is_empty()
    }

    async fn count(&self) -> Result<u32, Failure> {
        self.answer(|| self.dead() - self.uncounted + u32::try_from(self.fresh.borrow().len()).unwrap())
    }

    async fn claim(&self) -> Result<Claim, Failure> {
        self.answer(|| Claim::Key(self.take().unwrap_or_else(|| signed("x:fallback", OURS))))
    }

    async fn verify(&self, key: &SignedKey) -> Option<bool> {
        self.can_verify.then(|| key.signature == OURS)
    }

    async fn wake(&self) -> Result<(), Failure> {
        self.answer(|| ())?;
        self.sync();
        Ok(())
    }

    async fn renew_peer_sessions(&self) -> u32 {
        0
    }

    fn note(&self, _status: &RepairStatus) {}
}
