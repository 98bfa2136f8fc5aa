//! A model of the browser's locks, channels and storage, and of pages that run, hang and sleep.

mod page;

use std::collections::VecDeque;

use lotus_crypto_diag::election::{self, Action, Event, Role};
use lotus_crypto_diag::leadership::Leadership;
use lotus_crypto_diag::tab_message::Message;

/// How long the browser may take to tell a page that is awake.
const DELAYS: std::ops::RangeInclusive<u64> = 1..=(election::CONSENT_MS as u64 / 5);

/// As in `tab.js`.
const GRACE_MS: u64 = election::GRACE_MS as u64;
const PROMPT_MS: u64 = 200;
const PULSE_MS: u64 = 1000;
const PULSE_IN_TIME_MS: u64 = 1250;

#[derive(Clone, Debug)]
pub(crate) enum Step {
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
pub(crate) struct Host {
    pub(crate) refuses: bool,
    /// How long it thinks about it, and how long it then takes to shut down.
    pub(crate) decision_ms: u64,
    pub(crate) shutdown_ms: u64,
}

/// What works on the crypto store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Down,
    Running,
    ShuttingDown,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    number: u32,
    steal: bool,
    /// When the lock was asked for; whether the page hung then, and waited once more.
    at: u64,
    waited: bool,
}

#[derive(Clone, Debug)]
enum Mail {
    /// One of the two locks that a request is about.
    Lock(usize, Request),
    Event(Event),
    Message(Message, u64),
    /// The page in line notes that it runs.
    Pulse(u32),
    /// What the storage of all tabs holds: when a lock was stolen last.
    Theft(u64),
    /// The time that a thief would have to wait is over.
    Waited(u32),
}

pub(crate) struct Tab {
    pub(crate) machine: Leadership,
    pub(crate) open: bool,
    /// When it runs again: it hung until then.
    woke: u64,
    /// Until when it reads nothing: it hangs, or works through what came meanwhile.
    busy_until: u64,
    asleep: bool,
    host: Host,
    pub(crate) client: Client,
    inbox: Vec<(u64, Mail)>,
    /// When the latest of the browser's events, of the other tabs' messages, and of the storage's, arrives.
    last_mail: [u64; 3],
    /// When it rings, its number, and whether the page hung then, and waited once more.
    timer: Option<(u64, u32, bool)>,
    /// The requests that are not over, and when one of their locks was asked for last, and whether to steal it.
    requests: Vec<u32>,
    asked: (u64, bool),
    /// When it stole the lock last, and when anybody did, as far as it was told.
    stole: Option<u64>,
    theft: Option<u64>,
    /// When the page had its last pulse, and how many were in time since one was late.
    pulse: (u64, u32),
    /// The request that was not asked about twice.
    sure: u32,
    pub(crate) unanswered: bool,
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
pub(crate) struct Browser {
    pub(crate) now: u64,
    random: u64,
    pub(crate) tabs: Vec<Tab>,
    /// Who has the first may ask for the second, and leads with both.
    locks: [Lock; 2],
    pub(crate) log: Vec<String>,
}

impl Browser {
    /// With one tab.
    pub(crate) fn new(random: u64) -> Self {
        let mut browser = Self { random, ..Self::default() };
        browser.open();
        browser
    }

    fn delay(&mut self) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        DELAYS.start() + (self.random >> 33) % (DELAYS.end() - DELAYS.start())
    }

    fn mail(&mut self, tab: usize, mail: Mail) {
        // Events come in the order in which they were sent, and so do messages; each on a way of their own.
        let way = match mail {
            Mail::Message(..) => 1,
            Mail::Theft(_) => 2,
            _ => 0,
        };
        let at = (self.now + self.delay()).max(self.tabs[tab].last_mail[way]);
        self.tabs[tab].last_mail[way] = at;
        self.tabs[tab].inbox.push((at, mail));
    }

    fn grant(&mut self) {
        for lock in 0..self.locks.len() {
            if let Some((tab, number)) = self.locks[lock].next() {
                let (at, steal) = self.tabs[tab].asked;
                self.mail(tab, Mail::Lock(lock, Request { number, steal, at, waited: false }));
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
                    if steal {
                        self.tabs[tab].stole = Some(self.now);
                        self.tabs[tab].theft = Some(self.now);
                        for other in (0..self.tabs.len()).filter(|other| *other != tab) {
                            self.mail(other, Mail::Theft(self.now));
                        }
                    }
                    self.tabs[tab].pulse = (self.now, 2);
                    self.tabs[tab].inbox.push((self.now + PULSE_MS, Mail::Pulse(number)));
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
                Action::SetTimer { number, ms } => {
                    self.tabs[tab].timer = Some((self.now + u64::from(ms), number, false));
                }
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
    pub(crate) fn check(&self) {
        let leaders = self.at_work().count();
        assert!(leaders <= 1, "{leaders} leaders\n{}", self.log.join("\n"));
    }

    /// The next thing that happens by itself, if it happens before `end`.
    fn next(&self, end: u64) -> Option<(u64, usize, Option<usize>)> {
        let awake = self.tabs.iter().enumerate().filter(|(_, tab)| tab.open && !tab.asleep);
        let events = awake.flat_map(|(index, tab)| {
            let mail = tab.inbox.iter().enumerate().map(move |(place, (at, _))| (*at, index, Some(place)));
            let timer = tab.timer.iter().map(move |(at, ..)| (*at, index, None));
            // What came while the page hung is read when it runs again, in any order; then what came since.
            mail.chain(timer).map(|(at, index, place)| {
                let order = if at < tab.woke { (0, at.wrapping_mul(self.random | 1)) } else { (1, at) };
                (at.max(tab.busy_until), order, index, place)
            })
        });
        events.min().map(|(at, _, index, place)| (at, index, place)).filter(|(at, ..)| *at <= end)
    }

    pub(crate) fn run_until(&mut self, end: u64) {
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
            woke: 0,
            busy_until: 0,
            asleep: false,
            host: Host::default(),
            client: Client::Down,
            inbox: Vec::new(),
            last_mail: [0; 3],
            timer: None,
            requests: Vec::new(),
            asked: (0, false),
            stole: None,
            theft: self.tabs.iter().filter_map(|tab| tab.stole).max(),
            pulse: (0, 0),
            sure: 0,
            unanswered: false,
        });
        self.give(tab, Event::Started);
    }

    /// Until when whoever is given a stolen lock waits, as far as this tab knows.
    fn grace_ends(&self, tab: usize) -> u64 {
        self.tabs[tab].theft.map_or(0, |at| at + GRACE_MS)
    }

    /// Where a thief goes in the moment of its theft, or lets go, the next one may be told that it has the lock before the
    /// robbed one is told that it has not, and before it is told of the theft: no browser keeps an order between two pages.
    /// That is left out.
    fn is_stealing(&self, tab: usize) -> bool {
        self.tabs.get(tab).is_some_and(|tab| tab.stole.is_some_and(|at| self.now < at + DELAYS.end()))
    }

    fn wake(&mut self, tab: usize) {
        if std::mem::take(&mut self.tabs[tab].asleep) {
            self.give(tab, Event::Shown);
        }
    }

    pub(crate) fn take(&mut self, step: &Step) {
        let count = self.tabs.len();
        let at_work = |browser: &Self, tab: usize| {
            let Some(tab) = browser.tabs.get(tab) else { return false };
            tab.open && !tab.asleep && tab.busy_until <= browser.now
        };
        match *step {
            Step::Open if count < 8 => self.open(),
            Step::Close(tab) | Step::Sleep(tab, _) | Step::Release(tab) if self.is_stealing(tab) => {}
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
            Step::Block(tab, ms) if at_work(self, tab) => {
                let tab = &mut self.tabs[tab];
                (tab.woke, tab.busy_until) = (self.now + ms, self.now + ms);
            }
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
