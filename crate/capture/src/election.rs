//! The election of a leader, in a page: carries out what [`Leadership`] decides.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use js_sys::futures::spawn_local;
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::channel::Channel;
use super::convert::{Clock, to_object, web_storage};
use super::locks::{EndSignal, Outcome, Request};
use super::members::{Member, refusal, shut_down};
use super::page::{after, document, is_visible, reload};
use lotus_crypto_diag::election::{Action, Answer, Event, Role};
use lotus_crypto_diag::leader_note::LeaderNote;
use lotus_crypto_diag::leadership::Leadership;
use lotus_crypto_diag::tab_message::{MAX_LENGTH, Message};
use lotus_crypto_diag::timestamp::Timestamp;

/// The `sessionStorage` key of the note that this tab led.
const LEADER_NOTE_KEY: &str = "lotus-crypto-diag/led";

/// What an election needs from the page.
pub(crate) struct Context {
    /// The time of day.
    pub(crate) clock: Clock,
    /// A monotonic clock.
    pub(crate) steady: Clock,
    /// Decides for hosts that pass no `canYield`.
    pub(crate) yields: Function,
    /// Called with every new role.
    pub(crate) on_role: Box<dyn Fn()>,
    /// Called when the leader stops responding, and when it responds again.
    pub(crate) on_silence: Box<dyn Fn()>,
}

/// One session's election, shared by all its members in this page.
pub(crate) struct Election {
    pub(crate) name: String,
    pub(crate) role: Cell<Role>,
    pub(crate) since: Cell<Timestamp>,
    pub(crate) is_silent: Cell<bool>,
    /// By seat number.
    pub(crate) members: RefCell<Vec<(u32, Rc<Member>)>>,
    machine: RefCell<Leadership>,
    /// Events that came while another one was being handled: the host may call back into the election.
    events: RefCell<VecDeque<Event>>,
    is_busy: Cell<bool>,
    channel: RefCell<Option<Rc<Channel>>>,
    /// By request number.
    requests: RefCell<Vec<(u32, Request)>>,
    /// The `resolve` functions of pending [`Self::take_over`] calls.
    take_over_resolvers: RefCell<Vec<Function>>,
    end: EndSignal,
    context: Rc<Context>,
}

impl Election {
    /// `end` releases the lock if the module no longer runs.
    pub(crate) fn new(name: String, id: &str, context: Rc<Context>, end: EndSignal) -> Rc<Self> {
        Rc::new(Self {
            name,
            role: Cell::new(Role::Follower),
            since: Cell::new(context.clock.now()),
            is_silent: Cell::new(false),
            members: RefCell::default(),
            machine: RefCell::new(Leadership::new(id.to_owned())),
            events: RefCell::default(),
            is_busy: Cell::new(false),
            channel: RefCell::default(),
            requests: RefCell::default(),
            take_over_resolvers: RefCell::default(),
            end,
            context,
        })
    }

    pub(crate) fn start(self: &Rc<Self>) {
        self.open_channel();
        self.update_visibility();
        let was_leader = self.take_leader_note();
        self.handle(Event::Started { was_leader });
    }

    pub(crate) fn show(self: &Rc<Self>) {
        self.open_channel();
        self.take_leader_note();
        self.handle(Event::Shown);
    }

    /// Notes whether the user can see the page. If its state cannot be read, the page counts as visible.
    pub(crate) fn update_visibility(self: &Rc<Self>) {
        if document().is_some() {
            self.handle(Event::Visible(is_visible().unwrap_or(true)));
        }
    }

    /// Whether the page was left, or is frozen.
    pub(crate) fn is_away(&self) -> bool {
        self.machine.borrow().is_away()
    }

    /// Called when another tab may have logged out or in.
    pub(crate) fn stored_session_changed(self: &Rc<Self>) {
        if self.role.get() == Role::Follower {
            self.reload_if_stale();
        }
    }

    pub(crate) fn handle(self: &Rc<Self>, event: Event) {
        self.events.borrow_mut().push_back(event);
        if self.is_busy.replace(true) {
            return;
        }
        while let Some(event) = self.next() {
            // Nothing is borrowed while JavaScript runs.
            let actions = self.machine.borrow_mut().handle(event);
            for action in actions {
                self.act(action);
            }
        }
        self.is_busy.set(false);
    }

    fn next(&self) -> Option<Event> {
        self.events.borrow_mut().pop_front()
    }

    fn act(self: &Rc<Self>, action: Action) {
        match action {
            Action::NotifyRole(role) => self.set_role(role),
            Action::NotifySilent(is_silent) => self.set_silent(is_silent),
            Action::Request(number) => self.request(number),
            Action::Cancel(number) => {
                drop(self.take_request(number));
            }
            Action::Post(message) => {
                let channel = self.channel.borrow().clone();
                // If the channel was closed meanwhile, the message is dropped.
                let _ = channel.map(|channel| channel.post(&message.to_text()));
            }
            Action::SetTimer { number, ms } => {
                let weak = Rc::downgrade(self);
                let is_set = after(ms, move || handle_if_alive(&weak, Event::TimedOut(number)));
                if !is_set {
                    // Better too early than never.
                    self.handle(Event::TimedOut(number));
                }
            }
            Action::StoreLeaderNote => {
                let note = LeaderNote { name: self.name.clone(), at: self.context.clock.now() }.to_text();
                // Without `sessionStorage`, a leader that reloads waits in line.
                let _ = web_storage("sessionStorage").and_then(|storage| storage.set_item(LEADER_NOTE_KEY, &note));
            }
            Action::AskHost(question) => spawn_local(Rc::clone(self).decide(question)),
            Action::ShutDown => spawn_local(Rc::clone(self).shut_down()),
            Action::Answered(answer) => self.answer(&answer),
        }
    }

    fn request(self: &Rc<Self>, number: u32) {
        let weak = Rc::downgrade(self);
        let asked_at = self.context.steady.now();
        let on = move |outcome| {
            let Some(election) = weak.upgrade() else { return };
            if !matches!(outcome, Outcome::Granted) {
                drop(election.take_request(number));
            }
            let event = match outcome {
                Outcome::Granted => {
                    let waited = election.context.steady.now().ms() - asked_at.ms();
                    Event::Granted { number, waited_ms: u32::try_from(waited).unwrap_or_default() }
                }
                Outcome::Ended => Event::Ended(number),
                Outcome::Unavailable => Event::Unavailable,
            };
            election.handle(event);
        };
        // Without a channel, no tab could ask another to hand over: no election.
        let has_channel = self.channel.borrow().is_some();
        let request = if has_channel { Request::new(&lock_name(&self.name), &self.end, on).ok() } else { None };
        match request {
            Some(request) => self.requests.borrow_mut().push((number, request)),
            None => self.handle(Event::Unavailable),
        }
    }

    fn take_request(&self, number: u32) -> Option<Request> {
        let mut requests = self.requests.borrow_mut();
        let at = requests.iter().position(|(of, _)| *of == number)?;
        Some(requests.swap_remove(at).1)
    }

    fn open_channel(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let on_text = move |text: String| {
            if let Some(message) = Message::parse(&text) {
                handle_if_alive(&weak, Event::MessageReceived(message));
            }
        };
        if self.channel.borrow().is_some() {
            return;
        }
        // If this fails, the first lock request reports it.
        let channel = Channel::open(&lock_name(&self.name), MAX_LENGTH, on_text).ok().map(Rc::new);
        if let Some(close) = channel.as_ref().and_then(|channel| channel.close_function()) {
            let _ = self.end.add_event_listener_with_callback("abort", close);
        }
        self.channel.replace(channel);
    }

    /// Any message that arrives evicts a page from the back/forward cache.
    pub(crate) fn close_channel(&self) {
        let channel = self.channel.take();
        if let Some(close) = channel.as_ref().and_then(|channel| channel.close_function()) {
            let _ = self.end.remove_event_listener_with_callback("abort", close);
        }
    }

    /// Whether this tab led until a moment ago. Removes the note, so that a duplicated tab does not find it.
    fn take_leader_note(&self) -> bool {
        let taken = web_storage("sessionStorage").and_then(|storage| {
            let text = storage.get_item(LEADER_NOTE_KEY)?.unwrap_or_default();
            let Some(note) = LeaderNote::parse(&text).filter(|note| note.name == self.name) else { return Ok(false) };
            storage.remove_item(LEADER_NOTE_KEY)?;
            Ok(note.is_recent(self.context.clock.now()))
        });
        taken.unwrap_or(false)
    }

    fn members(&self) -> Vec<Rc<Member>> {
        self.members.borrow().iter().map(|(_, member)| Rc::clone(member)).collect()
    }

    fn set_role(self: &Rc<Self>, role: Role) {
        if role != Role::Follower && self.reload_if_stale() {
            return;
        }
        self.role.set(role);
        self.since.set(self.context.clock.now());
        // The silence was the former leader's.
        self.is_silent.set(false);
        for member in self.members() {
            member.notify_role(role);
        }
        (self.context.on_role)();
    }

    fn set_silent(&self, is_silent: bool) {
        if self.is_silent.replace(is_silent) == is_silent {
            return;
        }
        for member in self.members() {
            member.notify_silent(is_silent);
        }
        (self.context.on_silence)();
    }

    fn reload_if_stale(self: &Rc<Self>) -> bool {
        let is_stale = self.members().iter().any(|member| member.is_stale(&self.name));
        if is_stale {
            // Release the lock first: the page may refuse to unload.
            self.handle(Event::Released);
            reload();
        }
        is_stale
    }

    async fn decide(self: Rc<Self>, question: u32) {
        // Ask all before awaiting any.
        let asked: Vec<_> = self.members().iter().map(|member| member.can_yield(&self.context.yields)).collect();
        let mut first = None;
        for asked in asked {
            let refusal = refusal(asked).await;
            first = first.or(refusal);
        }
        self.handle(Event::Decided { question, refusal: first });
    }

    async fn shut_down(self: Rc<Self>) {
        let asked: Vec<_> = self.members().iter().map(|member| member.begin_yield()).collect();
        for asked in asked {
            shut_down(asked).await;
        }
        self.handle(Event::HostShutDown);
    }

    /// Makes this page lead if possible; resolves to the outcome.
    pub(crate) fn take_over(self: &Rc<Self>) -> Promise {
        let promise = Promise::new(&mut |resolve, _| self.take_over_resolvers.borrow_mut().push(resolve));
        self.handle(Event::TakeOver);
        promise
    }

    fn answer(&self, answer: &Answer) {
        let result = to_object(&answer.to_json());
        for resolve in self.take_over_resolvers.take() {
            let _ = resolve.call1(&JsValue::UNDEFINED, &result);
        }
    }
}

fn handle_if_alive(election: &Weak<Election>, event: Event) {
    if let Some(election) = election.upgrade() {
        election.handle(event);
    }
}

/// The name of the lock and of the channel; one per session.
fn lock_name(session: &str) -> String {
    ["lotus-crypto-diag/leader/", session].concat()
}
