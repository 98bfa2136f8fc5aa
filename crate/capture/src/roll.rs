//! The roll call of the session's tabs, in a page: carries out what [`RollCall`] decides.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::channel::Channel;
use super::convert::{Clock, explain};
use super::page::{after, random};
use lotus_crypto_diag::repair::OtherTabs;
use lotus_crypto_diag::roll_call::{Action, Event, RollCall, SessionRole};
use lotus_crypto_diag::roll_message::{MAX_LENGTH, RollMessage};
use lotus_crypto_diag::tabs::Tab;

const CHANNEL: &str = "lotus-crypto-diag/roll-call";

/// What a roll call needs from the page.
pub(crate) struct Context {
    /// A monotonic clock.
    pub(crate) steady: Clock,
    /// Describes this tab for the others.
    pub(crate) describe: Box<dyn Fn(&SessionRole) -> Tab>,
    /// Called when another tab opened, changed or closed.
    pub(crate) on_change: Box<dyn Fn()>,
}

pub(crate) struct Roll {
    id: String,
    machine: RefCell<RollCall>,
    pub(crate) is_entered: Cell<bool>,
    /// Whether all tabs have had time to answer, at least once.
    pub(crate) is_complete: Cell<bool>,
    channel: RefCell<Option<Rc<Channel>>>,
    /// Why the other tabs cannot be asked.
    error: RefCell<Option<String>>,
    /// The `resolve` functions of pending [`Self::call`]s.
    callers: RefCell<Vec<Function>>,
    context: Context,
}

impl Roll {
    pub(crate) fn new(id: &str, context: Context) -> Rc<Self> {
        Rc::new(Self {
            id: id.to_owned(),
            machine: RefCell::new(RollCall::new(id.to_owned())),
            is_entered: Cell::new(false),
            is_complete: Cell::new(false),
            channel: RefCell::default(),
            error: RefCell::default(),
            callers: RefCell::default(),
            context,
        })
    }

    pub(crate) fn enter(self: &Rc<Self>, session_role: SessionRole) {
        if !self.is_entered.replace(true) {
            self.handle(Event::Entered(session_role));
        }
    }

    /// Resolves when the roll call is complete.
    pub(crate) fn call(self: &Rc<Self>) -> Promise {
        let promise = Promise::new(&mut |resolve, _| self.callers.borrow_mut().push(resolve));
        self.handle(Event::Called);
        promise
    }

    pub(crate) fn others(&self) -> Vec<Tab> {
        self.machine.borrow().others().to_vec()
    }

    /// How many other tabs are open; `None` if they were not asked, or cannot be.
    pub(crate) fn count(&self) -> Option<usize> {
        let is_known = self.is_entered.get() && self.error.borrow().is_none();
        is_known.then(|| self.machine.borrow().others().len())
    }

    /// Whether other tabs are or were open, for a repair.
    pub(crate) fn tabs_for_repair(&self) -> OtherTabs {
        self.count().map_or(OtherTabs::Unknown, |_| self.machine.borrow().tabs_for_repair())
    }

    /// Describes this tab for the others.
    pub(crate) fn describe(&self, session_role: &SessionRole) -> Tab {
        (self.context.describe)(session_role)
    }

    pub(crate) fn error(&self) -> Option<String> {
        self.error.borrow().clone()
    }

    pub(crate) fn handle(self: &Rc<Self>, event: Event) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            let (now, random) = (self.context.steady.now(), random());
            // Hold no borrow while JavaScript runs.
            let actions = self.machine.borrow_mut().handle(event, now, random);
            events.extend(actions.into_iter().filter_map(|action| self.act(action)));
        }
    }

    /// Returns the event that follows at once, if any.
    fn act(self: &Rc<Self>, action: Action) -> Option<Event> {
        let session_role = self.machine.borrow().session_role().clone();
        let from = || self.id.clone();
        match action {
            Action::Listen => self.listen(),
            Action::Close => _ = self.channel.take(),
            Action::Ask => self.post(&RollMessage::Who { from: from() }, session_role.session.as_deref()),
            Action::SayBye { session } => self.post(&RollMessage::Bye { from: from() }, session.as_deref()),
            Action::Answer => {
                let tab = self.describe(&session_role);
                self.post(&RollMessage::Here(tab), session_role.session.as_deref());
            }
            Action::Announce => {
                let tab = self.describe(&session_role);
                self.post(&RollMessage::News(tab), session_role.session.as_deref());
            }
            Action::SetTimer(timer, ms) => {
                let weak = Rc::downgrade(self);
                let is_set = after(ms, move || {
                    if let Some(roll) = weak.upgrade() {
                        roll.handle(Event::TimedOut(timer));
                    }
                });
                // If the page has broken its timers, do not wait.
                return (!is_set).then_some(Event::TimedOut(timer));
            }
            Action::NotifyChange => (self.context.on_change)(),
            Action::Complete => {
                self.is_complete.set(true);
                for resolve in self.callers.take() {
                    let _ = resolve.call0(&JsValue::UNDEFINED);
                }
            }
        }
        None
    }

    fn listen(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let on_text = move |text: String| {
            let Some(roll) = weak.upgrade() else { return };
            let message = RollMessage::parse(&text, roll.machine.borrow().session_role().session.as_deref());
            if let Some(message) = message {
                roll.handle(Event::MessageReceived(message));
            }
        };
        if self.channel.borrow().is_some() {
            return;
        }
        match Channel::open(CHANNEL, MAX_LENGTH, on_text) {
            Ok(channel) => _ = self.channel.replace(Some(Rc::new(channel))),
            Err(error) => {
                let reason = ["other tabs cannot be asked: ", &explain(&error)].concat();
                self.error.replace(Some(reason));
            }
        }
    }

    fn post(&self, message: &RollMessage, session: Option<&str>) {
        let Some(channel) = self.channel.borrow().clone() else { return };
        let posted = channel.post(&message.to_text(session));
        self.error.replace(posted.err().map(|error| explain(&error)));
    }
}
