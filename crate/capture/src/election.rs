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
use super::page::{after, is_visible, reload};
use lotus_crypto_diag::election::{Action, Answer, Event, Role};
use lotus_crypto_diag::leadership::Leadership;
use lotus_crypto_diag::led_note::LedNote;
use lotus_crypto_diag::tab_message::{MAX_LENGTH, Message};
use lotus_crypto_diag::timestamp::Timestamp;

/// Where the browser keeps for this tab alone that it led.
const LED: &str = "lotus-crypto-diag/led";

/// What an election needs of the page.
pub(crate) struct Surroundings {
    /// Of the day.
    pub(crate) clock: Clock,
    /// For spans of time.
    pub(crate) steady: Clock,
    /// Whether a host yields that gives no `canYield`.
    pub(crate) yields: Function,
    /// Called with every new role.
    pub(crate) on_role: Box<dyn Fn()>,
    /// Called when the leader falls silent, and when that is over.
    pub(crate) on_silence: Box<dyn Fn()>,
}

/// One session's election: shared by everybody in this page who takes part in it.
pub(crate) struct Election {
    pub(crate) name: String,
    pub(crate) role: Cell<Role>,
    pub(crate) since: Cell<Timestamp>,
    pub(crate) is_silent: Cell<bool>,
    /// By their seats.
    pub(crate) members: RefCell<Vec<(u32, Rc<Member>)>>,
    machine: RefCell<Leadership>,
    /// What happened while something else was being dealt with: the host may call from inside a callback.
    events: RefCell<VecDeque<Event>>,
    is_busy: Cell<bool>,
    channel: RefCell<Option<Rc<Channel>>>,
    /// By their numbers.
    requests: RefCell<Vec<(u32, Request)>>,
    /// Those who wait for what comes of the wish to take over.
    wishes: RefCell<Vec<Function>>,
    end: EndSignal,
    around: Rc<Surroundings>,
}

impl Election {
    /// `end` lets go of the lock where the module cannot.
    pub(crate) fn new(name: String, id: &str, around: Rc<Surroundings>, end: EndSignal) -> Rc<Self> {
        Rc::new(Self {
            name,
            role: Cell::new(Role::Follower),
            since: Cell::new(around.clock.now()),
            is_silent: Cell::new(false),
            members: RefCell::default(),
            machine: RefCell::new(Leadership::new(id.to_owned())),
            events: RefCell::default(),
            is_busy: Cell::new(false),
            channel: RefCell::default(),
            requests: RefCell::default(),
            wishes: RefCell::default(),
            end,
            around,
        })
    }

    /// Takes part.
    pub(crate) fn start(self: &Rc<Self>) {
        self.open_channel();
        self.look();
        let led_before = self.take_note();
        self.give(Event::Started { led_before });
    }

    /// The page is back.
    pub(crate) fn show(self: &Rc<Self>) {
        self.open_channel();
        self.take_note();
        self.give(Event::Shown);
    }

    /// Whether a person can see the page now. One that does not tell counts as one that is looked at.
    pub(crate) fn look(self: &Rc<Self>) {
        if let Ok(true) = super::page::global("document").map(|document| document.is_object()) {
            self.give(Event::Visible(is_visible().unwrap_or(true)));
        }
    }

    /// Whether its page is left, or asleep.
    pub(crate) fn is_away(&self) -> bool {
        self.machine.borrow().is_away()
    }

    /// Another tab logs out or in.
    pub(crate) fn stored_session_changed(self: &Rc<Self>) {
        if self.role.get() == Role::Follower {
            self.reload_if_stale();
        }
    }

    pub(crate) fn give(self: &Rc<Self>, event: Event) {
        self.events.borrow_mut().push_back(event);
        if self.is_busy.replace(true) {
            return;
        }
        while let Some(event) = self.next() {
            // Nothing is borrowed while JavaScript runs.
            let actions = self.machine.borrow_mut().on(event);
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
            Action::Tell(role) => self.change(role),
            Action::TellSilent(is_silent) => self.note_silence(is_silent),
            Action::Request(number) => self.request(number),
            Action::Cancel(number) => {
                drop(self.take_request(number));
            }
            Action::Post(message) => {
                let channel = self.channel.borrow().clone();
                // Closed under us: nobody is asked, and nobody answers.
                let _ = channel.map(|channel| channel.post(&message.to_text()));
            }
            Action::SetTimer { number, ms } => {
                let weak = Rc::downgrade(self);
                let is_set = after(ms, move || give(&weak, Event::TimedOut(number)));
                if !is_set {
                    // Better too early than never.
                    self.give(Event::TimedOut(number));
                }
            }
            Action::NoteLead => {
                let note = LedNote { name: self.name.clone(), at: self.around.clock.now() }.to_text();
                // Without a storage, a leader that is reloaded waits in line.
                let _ = web_storage("sessionStorage").and_then(|storage| storage.set_item(LED, &note));
            }
            Action::AskHost(question) => spawn_local(Rc::clone(self).decide(question)),
            Action::ShutDown => spawn_local(Rc::clone(self).shut_down()),
            Action::Answered(answer) => self.answer(&answer),
        }
    }

    fn request(self: &Rc<Self>, number: u32) {
        let weak = Rc::downgrade(self);
        let asked_at = self.around.steady.now();
        let on = move |outcome| {
            let Some(election) = weak.upgrade() else { return };
            if !matches!(outcome, Outcome::Granted) {
                drop(election.take_request(number));
            }
            let event = match outcome {
                Outcome::Granted => {
                    let waited = election.around.steady.now().ms() - asked_at.ms();
                    Event::Granted { number, waited_ms: u32::try_from(waited).unwrap_or_default() }
                }
                Outcome::Ended => Event::Ended(number),
                Outcome::Unavailable => Event::Unavailable,
            };
            election.give(event);
        };
        // Without a channel a leader cannot be asked for its place.
        let has_channel = self.channel.borrow().is_some();
        let request = if has_channel { Request::new(&lock_name(&self.name), &self.end, on).ok() } else { None };
        match request {
            Some(request) => self.requests.borrow_mut().push((number, request)),
            None => self.give(Event::Unavailable),
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
                give(&weak, Event::Heard(message));
            }
        };
        if self.channel.borrow().is_some() {
            return;
        }
        // Where there is none, the first request tells.
        let channel = Channel::open(&lock_name(&self.name), MAX_LENGTH, on_text).ok().map(Rc::new);
        if let Some(close) = channel.as_ref().and_then(|channel| channel.closer()) {
            let _ = self.end.add_event_listener_with_callback("abort", close);
        }
        self.channel.replace(channel);
    }

    /// A page in the back/forward cache is thrown out of it by any message that reaches it.
    pub(crate) fn close_channel(&self) {
        let channel = self.channel.take();
        if let Some(close) = channel.as_ref().and_then(|channel| channel.closer()) {
            let _ = self.end.remove_event_listener_with_callback("abort", close);
        }
    }

    /// Whether this tab led until a moment ago. The note is used up: a copy of the tab must not find it.
    fn take_note(&self) -> bool {
        let taken = web_storage("sessionStorage").and_then(|storage| {
            let text = storage.get_item(LED)?.unwrap_or_default();
            let Some(note) = LedNote::parse(&text).filter(|note| note.name == self.name) else { return Ok(false) };
            storage.remove_item(LED)?;
            Ok(note.is_recent(self.around.clock.now()))
        });
        taken.unwrap_or(false)
    }

    fn members(&self) -> Vec<Rc<Member>> {
        self.members.borrow().iter().map(|(_, member)| Rc::clone(member)).collect()
    }

    fn change(self: &Rc<Self>, role: Role) {
        if role != Role::Follower && self.reload_if_stale() {
            return;
        }
        self.role.set(role);
        self.since.set(self.around.clock.now());
        // It was about another leader.
        self.is_silent.set(false);
        for member in self.members() {
            member.tell(role);
        }
        (self.around.on_role)();
    }

    fn note_silence(&self, is_silent: bool) {
        if self.is_silent.replace(is_silent) == is_silent {
            return;
        }
        for member in self.members() {
            member.tell_silent(is_silent);
        }
        (self.around.on_silence)();
    }

    fn reload_if_stale(self: &Rc<Self>) -> bool {
        let is_stale = self.members().iter().any(|member| member.is_stale(&self.name));
        if is_stale {
            // Whatever keeps the page from going, it does not keep the lock.
            self.give(Event::Released);
            reload();
        }
        is_stale
    }

    async fn decide(self: Rc<Self>, question: u32) {
        // All are asked at once.
        let asked: Vec<_> = self.members().iter().map(|member| member.can_yield(&self.around.yields)).collect();
        let mut first = None;
        for asked in asked {
            let refusal = refusal(asked).await;
            first = first.or(refusal);
        }
        self.give(Event::Decided { question, refusal: first });
    }

    async fn shut_down(self: Rc<Self>) {
        let asked: Vec<_> = self.members().iter().map(|member| member.begin_yield()).collect();
        for asked in asked {
            shut_down(asked).await;
        }
        self.give(Event::Down);
    }

    /// The host wants this page to lead. Resolves to what comes of it.
    pub(crate) fn take_over(self: &Rc<Self>) -> Promise {
        let promise = Promise::new(&mut |resolve, _| self.wishes.borrow_mut().push(resolve));
        self.give(Event::TakeOver);
        promise
    }

    fn answer(&self, answer: &Answer) {
        let result = to_object(&answer.to_json());
        for resolve in self.wishes.take() {
            let _ = resolve.call1(&JsValue::UNDEFINED, &result);
        }
    }
}

fn give(election: &Weak<Election>, event: Event) {
    if let Some(election) = election.upgrade() {
        election.give(event);
    }
}

/// Of the lock, and of the channel. Tabs of another session do not meet.
fn lock_name(session: &str) -> String {
    ["lotus-crypto-diag/leader/", session].concat()
}
