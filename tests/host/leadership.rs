//! Any number of tabs, a model of the browser's locks and channels, and everything that can happen to a tab, in any
//! order: never do two tabs at work lead, and in the end one leads.

#![cfg(not(target_family = "wasm"))]

use std::collections::VecDeque;

use lotus_crypto_diag::election::{Action, Event, GRACE_MS, Role};
use lotus_crypto_diag::leadership::Leadership;
use lotus_crypto_diag::tab_message::Message;
use proptest::prelude::*;

/// How long the browser may take to tell a page that is awake.
const DELAYS: std::ops::RangeInclusive<u64> = 1..=(GRACE_MS as u64 / 5);

/// As in `tab.js`.
const PROMPT_MS: u64 = 200;
const LATELY_MS: u64 = 2000;

#[derive(Clone, Debug)]
enum Step {
    Open,
    Close(usize),
    /// Frozen, or in the back/forward cache, for so long.
    Sleep(usize, u64),
    /// Its JavaScript does not come back for so long.
    Block(usize, u64),
    TakeOver(usize),
    Release(usize),
    Host(usize, Host),
    Wait(u64),
}

/// How the host of a tab behaves when it is asked to yield.
#[derive(Clone, Copy, Debug, Default)]
struct Host {
    refuses: bool,
    /// How long it thinks about it, and how long it then takes to shut down.
    decision_ms: u64,
    shutdown_ms: u64,
}

/// What works on the crypto store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Client {
    Down,
    Running,
    ShuttingDown,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    number: u32,
    steal: bool,
    /// When the lock was asked for.
    at: u64,
}

#[derive(Clone, Debug)]
enum Mail {
    /// One of the two locks that a request is about.
    Lock(usize, Request),
    Event(Event),
    Message(Message, u64),
}

struct Tab {
    machine: Leadership,
    open: bool,
    /// Not asked for anything before this time: blocked.
    busy_until: u64,
    asleep: bool,
    host: Host,
    client: Client,
    inbox: Vec<(u64, Mail)>,
    /// When the latest of the browser's events, and of the other tabs' messages, arrives.
    last_mail: [u64; 2],
    timer: Option<(u64, u32)>,
    /// The requests that are not over, and when one of their locks was asked for last, and whether to steal it.
    requests: Vec<u32>,
    asked: (u64, bool),
    /// The request that was not asked about twice.
    sure: u32,
    unanswered: bool,
}

/// A lock, by the tab and the number of the request.
#[derive(Default)]
struct Lock {
    holder: Option<(usize, u32)>,
    line: VecDeque<(usize, u32)>,
}

impl Lock {
    /// Whoever has it now, and had not before.
    fn next(&mut self) -> Option<(usize, u32)> {
        if self.holder.is_some() {
            return None;
        }
        self.holder = self.line.pop_front();
        self.holder
    }

    fn let_go(&mut self, tab: usize, number: Option<u32>) {
        let is_meant = |held: &(usize, u32)| held.0 == tab && number.is_none_or(|number| number == held.1);
        self.line.retain(|waiting| !is_meant(waiting));
        self.holder = self.holder.filter(|held| !is_meant(held));
    }
}

#[derive(Default)]
struct Browser {
    now: u64,
    random: u64,
    tabs: Vec<Tab>,
    /// Who has the first may ask for the second, and leads with both.
    locks: [Lock; 2],
    log: Vec<String>,
}

impl Browser {
    fn delay(&mut self) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        DELAYS.start() + (self.random >> 33) % (DELAYS.end() - DELAYS.start())
    }

    fn mail(&mut self, tab: usize, mail: Mail) {
        // Events come in the order in which they were sent, and so do messages; each on a way of their own.
        let way = usize::from(matches!(mail, Mail::Message(..)));
        let at = (self.now + self.delay()).max(self.tabs[tab].last_mail[way]);
        self.tabs[tab].last_mail[way] = at;
        self.tabs[tab].inbox.push((at, mail));
    }

    fn grant(&mut self) {
        for lock in 0..self.locks.len() {
            if let Some((tab, number)) = self.locks[lock].next() {
                let (at, steal) = self.tabs[tab].asked;
                self.mail(tab, Mail::Lock(lock, Request { number, steal, at }));
            }
        }
    }

    fn request(&mut self, lock: usize, tab: usize, number: u32, steal: bool) {
        self.tabs[tab].asked = (self.now, steal);
        if steal {
            if let Some((victim, theirs)) = self.locks[lock].holder.take() {
                self.mail(victim, Mail::Event(Event::Ended(theirs)));
            }
            self.locks[lock].line.push_front((tab, number));
        } else {
            self.locks[lock].line.push_back((tab, number));
        }
        self.grant();
    }

    fn let_go(&mut self, tab: usize, number: Option<u32>) {
        self.tabs[tab].requests.retain(|request| number.is_some_and(|number| number != *request));
        for lock in &mut self.locks {
            lock.let_go(tab, number);
        }
        self.grant();
    }

    fn give(&mut self, tab: usize, event: Event) {
        self.log.push(format!("{:>7} tab {tab}: {event:?}", self.now));
        for action in self.tabs[tab].machine.on(event) {
            self.log.push(format!("{:>7} tab {tab}:     {action:?}", self.now));
            match action {
                Action::Tell(role) => self.tell(tab, role),
                Action::Request { number, steal } => {
                    self.tabs[tab].requests.push(number);
                    self.request(0, tab, number, steal);
                }
                Action::Cancel(number) => self.let_go(tab, Some(number)),
                Action::Post(message) => {
                    for other in (0..self.tabs.len()).filter(|other| *other != tab) {
                        if self.tabs[other].open {
                            self.mail(other, Mail::Message(Message::parse(&message.to_text()).unwrap(), self.now));
                        }
                    }
                }
                Action::SetTimer { number, ms } => self.tabs[tab].timer = Some((self.now + u64::from(ms), number)),
                Action::AskHost => {
                    let Host { refuses, decision_ms, .. } = self.tabs[tab].host;
                    let refusal = refuses.then(|| "in a call".to_owned());
                    self.tabs[tab].inbox.push((self.now + decision_ms, Mail::Event(Event::Decided(refusal))));
                }
                Action::ShutDown => {
                    assert_eq!(self.tabs[tab].client, Client::Running, "{}", self.log.join("\n"));
                    self.tabs[tab].client = Client::ShuttingDown;
                    let at = self.now + self.tabs[tab].host.shutdown_ms;
                    self.tabs[tab].inbox.push((at, Mail::Event(Event::Down)));
                }
                Action::Answered(_) => self.tabs[tab].unanswered = false,
            }
        }
        self.check();
    }

    /// The host starts its client when it leads, and stops it when it does not.
    fn tell(&mut self, tab: usize, role: Role) {
        assert_eq!(role, self.tabs[tab].machine.role(), "{}", self.log.join("\n"));
        // It is awake now: whatever it did not read yet, it is told so by us.
        let others = self.at_work().filter(|(other, _)| *other != tab).count();
        assert!(role != Role::Leader || others == 0, "leads beside another\n{}", self.log.join("\n"));
        let client = &mut self.tabs[tab].client;
        match (role, *client) {
            (Role::Leader, Client::Down) => *client = Client::Running,
            (Role::Leader, _) => panic!("leads with a client {client:?}\n{}", self.log.join("\n")),
            (_, Client::Running) => *client = Client::Down,
            _ => {}
        }
    }

    /// The pages that run and have a client at work, or think that they lead. One that did not run cannot know better
    /// before it has read what came meanwhile.
    fn at_work(&self) -> impl Iterator<Item = (usize, &Tab)> {
        let is_behind = |tab: &Tab| tab.inbox.iter().any(|(at, _)| *at < tab.busy_until);
        let runs = move |tab: &Tab| tab.open && !tab.asleep && tab.busy_until <= self.now && !is_behind(tab);
        let works = |tab: &Tab| tab.machine.role() == Role::Leader || tab.client == Client::Running;
        self.tabs.iter().enumerate().filter(move |(_, tab)| runs(tab) && works(tab))
    }

    /// There is one at most.
    fn check(&self) {
        let leaders = self.at_work().count();
        assert!(leaders <= 1, "{leaders} leaders\n{}", self.log.join("\n"));
    }

    /// The next thing that happens by itself, if it happens before `end`.
    fn next(&self, end: u64) -> Option<(u64, usize, Option<usize>)> {
        let awake = self.tabs.iter().enumerate().filter(|(_, tab)| tab.open && !tab.asleep);
        let events = awake.flat_map(|(index, tab)| {
            let mail = tab.inbox.iter().enumerate().map(move |(place, (at, _))| (*at, index, Some(place)));
            let timer = tab.timer.iter().map(move |(at, _)| (*at, index, None));
            // What came while the page was blocked is read when it runs again, in any order.
            mail.chain(timer).map(|(at, index, place)| {
                let order = if at < tab.busy_until { at.wrapping_mul(self.random | 1) } else { at };
                (at.max(tab.busy_until), order, index, place)
            })
        });
        events.min().map(|(at, _, index, place)| (at, index, place)).filter(|(at, ..)| *at <= end)
    }

    /// What the machine is told of a piece of mail, as by `tab.js`.
    fn read(&mut self, tab: usize, place: usize) -> Option<Event> {
        let mail = self.tabs[tab].inbox.remove(place).1;
        let is_over = |number: &u32| !self.tabs[tab].requests.contains(number);
        match mail {
            Mail::Lock(_, Request { number, .. }) | Mail::Event(Event::Ended(number)) if is_over(&number) => None,
            // A thief that did not run meanwhile has to be told first what happened.
            Mail::Lock(lock, Request { number, steal: true, at }) if self.now - at > PROMPT_MS => {
                let at = self.now + PROMPT_MS;
                self.tabs[tab].inbox.push((at, Mail::Lock(lock, Request { number, steal: true, at })));
                None
            }
            Mail::Lock(0, Request { number, steal, .. }) => {
                let hung_until = self.tabs[tab].busy_until;
                let is_sure = !steal && (hung_until == 0 || self.now > hung_until + LATELY_MS);
                self.request(1, tab, number, steal);
                is_sure.then(|| {
                    self.tabs[tab].sure = number;
                    Event::Granted(number)
                })
            }
            Mail::Lock(_, Request { number, .. }) if number == self.tabs[tab].sure => None,
            Mail::Lock(_, Request { number, at, .. }) if self.now - at <= PROMPT_MS => Some(Event::Granted(number)),
            // One of the locks is lost: the other is let go.
            Mail::Lock(_, Request { number, .. }) | Mail::Event(Event::Ended(number)) => {
                self.let_go(tab, Some(number));
                Some(Event::Ended(number))
            }
            Mail::Event(event) => {
                if event == Event::Down {
                    self.tabs[tab].client = Client::Down;
                }
                Some(event)
            }
            Mail::Message(message, sent) => {
                Some(Event::Heard { message, late_ms: u32::try_from(self.now - sent).unwrap() })
            }
        }
    }

    /// What it is told of its timer.
    fn ring(&mut self, tab: usize) -> Option<Event> {
        let (due, number) = self.tabs[tab].timer.take().unwrap();
        if self.now - due > PROMPT_MS {
            self.tabs[tab].timer = Some((self.now + PROMPT_MS, number));
            return None;
        }
        Some(Event::TimedOut(number))
    }

    fn run_until(&mut self, end: u64) {
        while let Some((at, tab, place)) = self.next(end) {
            self.now = self.now.max(at);
            let event = match place {
                Some(place) => self.read(tab, place),
                None => self.ring(tab),
            };
            if let Some(event) = event {
                self.give(tab, event);
            }
        }
        self.now = end;
    }

    fn open(&mut self) {
        let tab = self.tabs.len();
        self.tabs.push(Tab {
            machine: Leadership::new(format!("tab-{tab}")),
            open: true,
            busy_until: 0,
            asleep: false,
            host: Host::default(),
            client: Client::Down,
            inbox: Vec::new(),
            last_mail: [0; 2],
            timer: None,
            requests: Vec::new(),
            asked: (0, false),
            sure: 0,
            unanswered: false,
        });
        self.give(tab, Event::Started);
    }

    fn wake(&mut self, tab: usize) {
        if std::mem::take(&mut self.tabs[tab].asleep) {
            self.give(tab, Event::Shown);
        }
    }

    fn take(&mut self, step: &Step) {
        let count = self.tabs.len();
        let at_work = |browser: &Self, tab: usize| {
            let Some(tab) = browser.tabs.get(tab) else { return false };
            tab.open && !tab.asleep && tab.busy_until <= browser.now
        };
        match *step {
            Step::Open if count < 8 => self.open(),
            Step::Close(tab) if tab < count && self.tabs[tab].open => {
                self.tabs[tab].open = false;
                self.let_go(tab, None);
            }
            Step::Sleep(tab, ms) if at_work(self, tab) => {
                self.give(tab, Event::Hidden);
                self.tabs[tab].asleep = true;
                self.run_until(self.now + ms);
                self.wake(tab);
            }
            Step::Block(tab, ms) if at_work(self, tab) => self.tabs[tab].busy_until = self.now + ms,
            Step::TakeOver(tab) if at_work(self, tab) => {
                self.tabs[tab].unanswered = true;
                self.give(tab, Event::TakeOver);
            }
            Step::Release(tab) if at_work(self, tab) => self.give(tab, Event::Released),
            Step::Host(tab, host) if tab < count => self.tabs[tab].host = host,
            Step::Wait(ms) => self.run_until(self.now + ms),
            _ => {}
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let tab = 0..8_usize;
    prop_oneof![
        2 => Just(Step::Open),
        1 => tab.clone().prop_map(Step::Close),
        1 => (tab.clone(), 0..30_000_u64).prop_map(|(tab, ms)| Step::Sleep(tab, ms)),
        1 => (tab.clone(), 0..40_000_u64).prop_map(|(tab, ms)| Step::Block(tab, ms)),
        3 => tab.clone().prop_map(Step::TakeOver),
        1 => tab.clone().prop_map(Step::Release),
        1 => (tab, any::<bool>(), 0..30_000_u64, 0..40_000_u64).prop_map(|(tab, refuses, decision_ms, shutdown_ms)| {
            Step::Host(tab, Host { refuses, decision_ms, shutdown_ms })
        }),
        3 => (0..300_u64).prop_map(Step::Wait),
        2 => (0..20_000_u64).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_two_leaders_and_in_the_end_one(random in any::<u64>(), steps in prop::collection::vec(step(), 0..40)) {
        let mut browser = Browser { random, ..Browser::default() };
        browser.open();
        for step in &steps {
            browser.log.push(format!("{:>7} {step:?}", browser.now));
            browser.take(step);
            browser.check();
        }
        browser.run_until(browser.now + 300_000);
        let log = browser.log.join("\n");

        let takes_part = |tab: &&Tab| tab.open && !format!("{:?}", tab.machine).contains("Away");
        let partakers = browser.tabs.iter().filter(takes_part).count();
        let leaders = browser.tabs.iter().filter(takes_part).filter(|tab| tab.machine.role() == Role::Leader).count();
        prop_assert_eq!(leaders, usize::from(partakers > 0), "{}", log);
        for tab in browser.tabs.iter().filter(|tab| tab.open) {
            prop_assert!(!tab.unanswered, "unanswered\n{}", log);
            let is_at_work = takes_part(&tab) && tab.machine.role() == Role::Leader;
            prop_assert_eq!(tab.client == Client::Running, is_at_work, "{:?}\n{}", tab.client, log);
        }
    }
}
