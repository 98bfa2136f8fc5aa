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

#[derive(Clone, Debug)]
enum Mail {
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
    unanswered: bool,
}

#[derive(Default)]
struct Browser {
    now: u64,
    random: u64,
    tabs: Vec<Tab>,
    holder: Option<(usize, u32)>,
    line: VecDeque<(usize, u32)>,
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

    fn grant_next(&mut self) {
        if self.holder.is_none()
            && let Some((tab, number)) = self.line.pop_front()
        {
            self.holder = Some((tab, number));
            self.mail(tab, Mail::Event(Event::Granted(number)));
        }
    }

    fn let_go(&mut self, tab: usize, number: Option<u32>) {
        let is_meant = |held: &(usize, u32)| held.0 == tab && number.is_none_or(|number| number == held.1);
        self.line.retain(|waiting| !is_meant(waiting));
        if self.holder.as_ref().is_some_and(is_meant) {
            self.holder = None;
        }
        self.grant_next();
    }

    fn give(&mut self, tab: usize, event: Event) {
        self.log.push(format!("{:>7} tab {tab}: {event:?}", self.now));
        for action in self.tabs[tab].machine.on(event) {
            self.log.push(format!("{:>7} tab {tab}:     {action:?}", self.now));
            match action {
                Action::Tell(role) => self.tell(tab, role),
                Action::Request { number, steal: false } => {
                    self.line.push_back((tab, number));
                    self.grant_next();
                }
                Action::Request { number, steal: true } => {
                    if let Some((victim, theirs)) = self.holder.replace((tab, number)) {
                        self.mail(victim, Mail::Event(Event::Ended(theirs)));
                    }
                    self.mail(tab, Mail::Event(Event::Granted(number)));
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
                Action::ReadMail { number } => self.tabs[tab].timer = Some((self.now + self.delay(), number)),
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
        let client = &mut self.tabs[tab].client;
        match (role, *client) {
            (Role::Leader, Client::Down) => *client = Client::Running,
            (Role::Leader, _) => panic!("leads with a client {client:?}\n{}", self.log.join("\n")),
            (_, Client::Running) => *client = Client::Down,
            _ => {}
        }
    }

    /// No two pages that run have a client at work, or think that they lead. One that did not run cannot know better
    /// before it has read what came meanwhile.
    fn check(&self) {
        let is_behind = |tab: &Tab| tab.inbox.iter().any(|(at, _)| *at < tab.busy_until);
        let at_work = |tab: &&Tab| tab.open && !tab.asleep && tab.busy_until <= self.now && !is_behind(tab);
        let works = |tab: &&Tab| tab.machine.role() == Role::Leader || tab.client == Client::Running;
        let leaders = self.tabs.iter().filter(at_work).filter(works).count();
        assert!(leaders <= 1, "{leaders} leaders\n{}", self.log.join("\n"));
    }

    /// The next thing that happens by itself, if it happens before `end`.
    fn next(&self, end: u64) -> Option<(u64, usize, Option<usize>)> {
        let awake = self.tabs.iter().enumerate().filter(|(_, tab)| tab.open && !tab.asleep);
        let events = awake.flat_map(|(index, tab)| {
            let mail = tab.inbox.iter().enumerate().map(move |(place, (at, _))| (*at, index, Some(place)));
            let timer = tab.timer.iter().map(move |(at, _)| (*at, index, None));
            // What came while the page was blocked is read when it runs again: mail in its order, then the timers.
            mail.chain(timer).map(|(at, index, place)| (at.max(tab.busy_until), place.is_none(), at, index, place))
        });
        events.min().map(|(at, _, _, index, place)| (at, index, place)).filter(|(at, ..)| *at <= end)
    }

    fn run_until(&mut self, end: u64) {
        while let Some((at, tab, place)) = self.next(end) {
            self.now = self.now.max(at);
            let event = match place {
                Some(place) => match self.tabs[tab].inbox.remove(place).1 {
                    Mail::Event(event) => {
                        if event == Event::Down {
                            self.tabs[tab].client = Client::Down;
                        }
                        event
                    }
                    Mail::Message(message, sent) => {
                        Event::Heard { message, late_ms: u32::try_from(self.now - sent).unwrap() }
                    }
                },
                None => Event::TimedOut(self.tabs[tab].timer.take().unwrap().1),
            };
            self.give(tab, event);
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
