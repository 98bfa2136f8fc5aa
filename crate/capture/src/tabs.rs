//! This tab among the others of its session: the elections that this page takes part in, and the roll call.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::convert::{Clock, explain, get, notify, to_object};
use super::diag::CryptoDiag;
use super::election::{self, Election};
use super::events::listen;
use super::kept_pages::KeptPages;
use super::locks::EndSignal;
use super::members::{Member, TabLeadershipOptions, TabMember};
use super::page::{global, is_visible};
use super::roll::{self, Roll};
use lotus_crypto_diag::election::{Event, Role};
use lotus_crypto_diag::repair;
use lotus_crypto_diag::roll_call::{self, SessionRole};
use lotus_crypto_diag::session::Session;
use lotus_crypto_diag::tabs::{Tab, TabSeat, Tabs, TabsSummary};
use lotus_crypto_diag::timestamp::Timestamp;

const SOLO: &str = "this browser holds no elections (Web Locks are missing, or the diagnostics do not run)";

/// What the tabs of this page's session know about each other. Internal: hosts use the package's own API.
#[wasm_bindgen]
#[derive(Clone)]
pub struct PageTabs(Rc<Page>);

struct Page {
    id: String,
    on_change: Function,
    /// The election joined last comes last: in a page with several accounts, that is the account in use.
    elections: RefCell<Vec<Rc<Election>>>,
    /// Each member's election, by seat number.
    seats: RefCell<Vec<(u32, Rc<Election>)>>,
    last_seat: Cell<u32>,
    roll: Rc<Roll>,
    /// Whether this tab was the leader when its page was last hidden or frozen.
    was_leader: Cell<bool>,
    election_context: Rc<election::Context>,
    kept: KeptPages,
}

#[wasm_bindgen]
impl PageTabs {
    /// `on_change` is called when the status changes. `clock` returns milliseconds since 1970, `steady` those of a monotonic
    /// clock. `opened` is when the page was loaded. `yields` answers for hosts that pass no `canYield`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        diag: &CryptoDiag,
        on_change: Function,
        clock: Clock,
        steady: Clock,
        opened: f64,
        yields: Function,
    ) -> Self {
        let (id, session) = (diag.kept().id().to_owned(), diag.session());
        let describe = {
            let (id, opened) = (id.clone(), Timestamp::from_ms(opened));
            move |session_role: &SessionRole| describe(&id, opened, session_role, &session)
        };
        let kept = diag.kept().clone();
        let page = Rc::new_cyclic(|page: &Weak<Page>| {
            let (on_role, on_silence) = (page.clone(), on_change.clone());
            let election_context = election::Context {
                clock,
                steady: steady.clone(),
                yields,
                on_role: Box::new(move || {
                    if let Some(page) = on_role.upgrade() {
                        page.update_role();
                    }
                }),
                on_silence: Box::new(move || notify(&on_silence)),
            };
            let change = on_change.clone();
            let roll_context =
                roll::Context { steady, describe: Box::new(describe), on_change: Box::new(move || notify(&change)) };
            Page {
                roll: Roll::new(&id, roll_context),
                id,
                on_change,
                elections: RefCell::default(),
                seats: RefCell::default(),
                last_seat: Cell::default(),
                was_leader: Cell::default(),
                election_context: Rc::new(election_context),
                kept: kept.clone(),
            }
        });
        kept.set_roll(&page.roll);
        Self(page)
    }

    /// Listens for the end of the page and its return. Returns the reason if a listener could not be added.
    pub fn listen(&self) -> Option<String> {
        self.0.listen().err().map(|error| explain(&error))
    }

    /// Joins the roll call: this tab answers from now on.
    pub fn enter(&self) {
        self.0.roll.enter(self.0.session_role());
    }

    /// Joins the election of the session with this name. `end` releases the lock if the module no longer runs.
    #[wasm_bindgen(unchecked_return_type = "TabSeat")]
    pub fn join(&self, name: String, options: TabLeadershipOptions, host: TabMember, end: EndSignal) -> JsValue {
        to_object(&self.0.join(name, options, host, end).to_json())
    }

    /// Asks the leader to hand over. Never rejects.
    #[wasm_bindgen(js_name = takeOver, unchecked_return_type = "Promise<TakeOverResult>")]
    pub fn take_over(&self, seat: u32) -> Promise {
        self.0.election(seat).map_or_else(|| Promise::resolve(&JsValue::UNDEFINED), |election| election.take_over())
    }

    /// Leaves the election. When the last member of a session leaves, its lock is released.
    pub fn leave(&self, seat: u32) {
        self.0.leave(seat);
    }

    /// Asks which other tabs are open. Never rejects.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn call(&self) -> Promise {
        self.enter();
        self.0.roll.call()
    }

    /// All that is known about the session's tabs now.
    #[wasm_bindgen(unchecked_return_type = "Tabs")]
    pub fn status(&self) -> JsValue {
        to_object(&self.0.status().to_json())
    }

    /// The part of `status` that a view needs.
    #[wasm_bindgen(unchecked_return_type = "TabsSummary")]
    pub fn summary(&self) -> JsValue {
        to_object(&self.0.summary().to_json())
    }
}

impl PageTabs {
    /// What a repair has to know of the others, now.
    pub(crate) fn tabs_for_repair(&self) -> repair::OtherTabs {
        self.0.roll.tabs_for_repair()
    }
}

impl Page {
    fn current(&self) -> Option<Rc<Election>> {
        self.elections.borrow().last().cloned()
    }

    fn election(&self, seat: u32) -> Option<Rc<Election>> {
        let seats = self.seats.borrow();
        seats.iter().find(|(number, _)| *number == seat).map(|(_, election)| Rc::clone(election))
    }

    /// This tab's session in use, and its role there.
    fn session_role(&self) -> SessionRole {
        self.current().map_or_else(SessionRole::default, |election| SessionRole {
            session: Some(election.name.clone()),
            role: Some(election.role.get()),
            since: Some(election.since.get()),
        })
    }

    /// Called when this tab has another session or another role.
    fn update_role(&self) {
        if self.roll.is_entered.get() {
            self.roll.handle(roll_call::Event::RoleChanged(self.session_role()));
        }
        let election = self.current();
        if !election.as_ref().is_some_and(|election| election.is_away()) {
            self.kept.set_role(election.map(|election| election.role.get()));
        }
        notify(&self.on_change);
    }

    fn join(self: &Rc<Self>, name: String, options: TabLeadershipOptions, host: TabMember, end: EndSignal) -> TabSeat {
        let known = self.elections.borrow().iter().position(|election| election.name == name);
        let election = match known {
            Some(at) => self.elections.borrow_mut().remove(at),
            None => Election::new(name, &self.id, Rc::clone(&self.election_context), end),
        };
        self.elections.borrow_mut().push(Rc::clone(&election));
        if known.is_none() {
            election.start();
        }
        self.roll.enter(self.session_role());
        self.update_role();
        let seat = self.last_seat.get() + 1;
        self.last_seat.set(seat);
        // `Member::new` calls the host's `readName`: nothing may be borrowed here.
        let member = Member::new(&election.name, options, host);
        election.members.borrow_mut().push((seat, Rc::new(member)));
        let (role, leader_silent) = (election.role.get(), election.is_silent.get());
        self.seats.borrow_mut().push((seat, election));
        TabSeat { seat, role, leader_silent }
    }

    fn leave(&self, seat: u32) {
        let Some(election) = self.election(seat) else { return };
        self.seats.borrow_mut().retain(|(number, _)| *number != seat);
        if election.members.borrow().len() > 1 {
            election.members.borrow_mut().retain(|(of, _)| *of != seat);
            return;
        }
        // The last member learns that it no longer leads before the lock is released.
        election.handle(Event::Released);
        election.close_channel();
        self.elections.borrow_mut().retain(|other| !Rc::ptr_eq(other, &election));
        self.update_role();
    }

    fn status(&self) -> Tabs {
        let (session_role, current) = (self.session_role(), self.current());
        let is_solo = session_role.role == Some(Role::Solo);
        let mut this = self.roll.describe(&session_role);
        this.entries = Vec::new();
        let mut tabs = self.roll.others();
        tabs.insert(0, this);
        Tabs {
            session: session_role.session,
            tabs,
            leader_silent: current.is_some_and(|election| election.is_silent.get()),
            error: self.roll.error().or_else(|| is_solo.then(|| SOLO.to_owned())),
        }
    }

    fn summary(&self) -> TabsSummary {
        let current = self.current();
        TabsSummary {
            role: current.as_ref().map(|election| election.role.get()),
            count: self.roll.count().map(|others| 1 + others),
            leader_silent: current.is_some_and(|election| election.is_silent.get()),
        }
    }

    fn listen(self: &Rc<Self>) -> Result<(), JsValue> {
        let window: JsValue = js_sys::global().into();
        let document = global("document").unwrap_or_default();
        let add_listener = |target: &JsValue, kind: &str, handle: fn(&Rc<Self>, JsValue)| {
            let page = Rc::clone(self);
            listen(target, kind, move |event| handle(&page, event))
        };
        // A browser calls the listeners of an event in registration order and runs microtasks between two of them: the lock
        // is released, and goes to the next tab, before any channel closes.
        let results = [
            add_listener(&window, "pagehide", |page, _| page.hide()),
            add_listener(&window, "pagehide", |page, _| {
                page.close_channels();
                page.roll.handle(roll_call::Event::Hidden { was_leader: page.was_leader.get() });
            }),
            add_listener(&document, "freeze", |page, _| page.hide()),
            add_listener(&document, "freeze", |page, _| page.close_channels()),
            add_listener(&window, "pageshow", |page, event| {
                page.show();
                if get(&event, "persisted").is_ok_and(|persisted| persisted.is_truthy()) && page.roll.is_entered.get() {
                    page.roll.handle(roll_call::Event::Shown);
                }
            }),
            add_listener(&document, "resume", |page, _| page.show()),
            add_listener(&document, "visibilitychange", |page, _| page.for_each_election(Election::update_visibility)),
            add_listener(&window, "storage", |page, _| page.for_each_election(Election::stored_session_changed)),
        ];
        results.into_iter().collect()
    }

    fn for_each_election(&self, action: fn(&Rc<Election>)) {
        let elections = self.elections.borrow().clone();
        elections.iter().for_each(action);
    }

    fn hide(&self) {
        self.was_leader.set(self.current().is_some_and(|election| election.role.get() == Role::Leader));
        self.for_each_election(|election| election.handle(Event::Hidden));
    }

    fn close_channels(&self) {
        self.for_each_election(|election| election.close_channel());
    }

    fn show(&self) {
        self.for_each_election(Election::show);
    }
}

/// This tab, as the others see it.
fn describe(id: &str, opened: Timestamp, session_role: &SessionRole, session: &RefCell<Session>) -> Tab {
    let (counts, entries) = session.try_borrow().map(|session| session.latest()).unwrap_or_default();
    let (id, this_tab, visible) = (id.to_owned(), true, is_visible());
    Tab { id, this_tab, role: session_role.role, since: session_role.since, opened, visible, counts, entries }
}
