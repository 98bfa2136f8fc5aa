//! A model of the browser's locks and channels, and of pages that run, hang, freeze, reload and are hidden.

use std::collections::VecDeque;

use lotus_crypto_diag::election::{Action, Event, Role};
use lotus_crypto_diag::leadership::Leadership;
use lotus_crypto_diag::tab_message::Message;

/// How long the browser may take to deliver something to a page that is awake, in milliseconds.
const DELAYS: std::ops::RangeInclusive<u64> = 1..=50;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Open,
    Close(usize),
    /// The next page of the same tab opens after this many milliseconds.
    Reload(usize, u64),
    /// Frozen, or in the back/forward cache, for this long.
    Sleep(usize, u64),
    /// Its JavaScript blocks for this long.
    Block(usize, u64),
    Show(usize, bool),
    TakeOver(usize),
    Release(usize),
    Host(usize, Host),
    /// A foreign script of the origin sends this on the tabs' channel.
    Forge(String),
    Wait(u64),
}

/// How the host of a tab reacts when it is asked to yield.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Host {
    pub(crate) refuses: bool,
    /// How long the host takes to decide, and then to shut down.
    pub(crate) decision_ms: u64,
    pub(crate) shutdown_ms: u64,
}

/// The state of the client that uses the crypto store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Down,
    Running,
    ShuttingDown,
}

#[derive(Clone, Debug)]
enum Mail {
    Granted(u32),
    Message(Message),
    Event(Event),
}

#[allow(clippy::struct_excessive_bools, reason = "a page has many sides")]
pub(crate) struct Tab {
    pub(crate) machine: Leadership,
    pub(crate) open: bool,
    pub(crate) client: Client,
    pub(crate) unanswered: bool,
    /// Whether the host was told that the leader does not respond.
    pub(crate) silent: bool,
    /// How often the client was started.
    pub(crate) starts: u32,
    /// Whether the host was asked to yield and agreed.
    yields: bool,
    visible: bool,
    asleep: bool,
    /// Until when the page processes nothing.
    busy_until: u64,
    host: Host,
    inbox: Vec<(u64, Mail)>,
    /// The arrival times of the latest browser event and of the latest message of another tab.
    last_mail: [u64; 2],
    timer: Option<(u64, u32)>,
    /// The requests that are not over, and when they were made.
    requests: Vec<(u32, u64)>,
    /// The note in `sessionStorage`, which outlives a reload.
    led: bool,
}

#[derive(Default)]
pub(crate) struct Browser {
    pub(crate) now: u64,
    random: u64,
    pub(crate) tabs: Vec<Tab>,
    /// Tab and request number.
    holder: Option<(usize, u32)>,
    line: VecDeque<(usize, u32)>,
    pub(crate) log: Vec<String>,
}

impl Browser {
    /// Starts with one open tab.
    pub(crate) fn new(random: u64) -> Self {
        let mut browser = Self { random, ..Self::default() };
        browser.open(true, false);
        browser
    }

    fn delay(&mut self) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        DELAYS.start() + (self.random >> 33) % (DELAYS.end() - DELAYS.start())
    }

    /// Events arrive in the order in which they were sent, and so do messages, but independently of each other.
    fn mail(&mut self, tab: usize, mail: Mail) {
        let way = usize::from(matches!(mail, Mail::Message(_)));
        let at = (self.now + self.delay()).max(self.tabs[tab].last_mail[way]);
        self.tabs[tab].last_mail[way] = at;
        self.tabs[tab].inbox.push((at, mail));
    }

    fn broadcast(&mut self, message: &Message, from: Option<usize>) {
        for tab in (0..self.tabs.len()).filter(|tab| Some(*tab) != from) {
            if self.tabs[tab].open {
                self.mail(tab, Mail::Message(message.clone()));
            }
        }
    }

    fn grant(&mut self) {
        if self.holder.is_none() {
            self.holder = self.line.pop_front();
            if let Some((tab, number)) = self.holder {
                self.mail(tab, Mail::Granted(number));
            }
        }
    }

    /// Releases one request of a tab, or all of them.
    fn let_go(&mut self, tab: usize, number: Option<u32>) {
        let is_meant = |held: &(usize, u32)| held.0 == tab && number.is_none_or(|number| number == held.1);
        self.tabs[tab].requests.retain(|(request, _)| number.is_some_and(|number| number != *request));
        self.line.retain(|waiting| !is_meant(waiting));
        self.holder = self.holder.filter(|held| !is_meant(held));
        self.grant();
    }

    fn give(&mut self, tab: usize, event: Event) {
        self.log.push(format!("{:>7} tab {tab}: {event:?}", self.now));
        for action in self.tabs[tab].machine.handle(event) {
            self.log.push(format!("{:>7} tab {tab}:     {action:?}", self.now));
            self.act(tab, action);
        }
        self.check();
    }

    fn act(&mut self, tab: usize, action: Action) {
        match action {
            Action::NotifyRole(role) => self.tell(tab, role),
            Action::NotifySilent(is_silent) => {
                assert_ne!(self.tabs[tab].silent, is_silent, "told twice\n{}", self.log.join("\n"));
                self.tabs[tab].silent = is_silent;
            }
            Action::Request(number) => {
                self.tabs[tab].requests.push((number, self.now));
                self.line.push_back((tab, number));
                self.grant();
            }
            Action::Cancel(number) => self.let_go(tab, Some(number)),
            Action::Post(message) => {
                let message = Message::parse(&message.to_text()).unwrap();
                self.broadcast(&message, Some(tab));
            }
            Action::SetTimer { number, ms } => self.tabs[tab].timer = Some((self.now + u64::from(ms), number)),
            Action::AskHost(question) => {
                self.tabs[tab].yields = false;
                let Host { refuses, decision_ms, .. } = self.tabs[tab].host;
                let refusal = refuses.then(|| "in a call".to_owned());
                let decided = Event::Decided { question, refusal };
                self.tabs[tab].inbox.push((self.now + decision_ms, Mail::Event(decided)));
            }
            Action::ShutDown => {
                assert!(self.tabs[tab].yields, "shut down unasked\n{}", self.log.join("\n"));
                assert_eq!(self.tabs[tab].client, Client::Running, "{}", self.log.join("\n"));
                self.tabs[tab].client = Client::ShuttingDown;
                let at = self.now + self.tabs[tab].host.shutdown_ms;
                self.tabs[tab].inbox.push((at, Mail::Event(Event::HostShutDown)));
            }
            Action::Answered(_) => self.tabs[tab].unanswered = false,
            Action::StoreLeaderNote => self.tabs[tab].led = true,
        }
    }

    /// The host starts its client when the tab leads, and stops it when it does not.
    fn tell(&mut self, tab: usize, role: Role) {
        assert_eq!(role, self.tabs[tab].machine.role(), "{}", self.log.join("\n"));
        let tab = &mut self.tabs[tab];
        match (role, tab.client) {
            (Role::Leader, Client::Down) => {
                tab.client = Client::Running;
                tab.starts += 1;
            }
            (Role::Leader, client) => panic!("leads with a client {client:?}\n{}", self.log.join("\n")),
            (_, Client::Running) => tab.client = Client::Down,
            _ => {}
        }
    }

    /// Of the pages that are awake, at most one has a running client, even if the page hangs.
    pub(crate) fn check(&self) {
        let works = |tab: &&Tab| tab.machine.role() == Role::Leader || tab.client == Client::Running;
        let at_work = self.tabs.iter().filter(|tab| tab.open && !tab.asleep).filter(works).count();
        assert!(at_work <= 1, "{at_work} at work\n{}", self.log.join("\n"));
        assert!(self.tabs.iter().all(|tab| tab.requests.len() <= 1), "in line twice\n{}", self.log.join("\n"));
    }

    /// The next delivery or timer, if it comes before `end`: its time, its tab, and the place of the mail.
    fn next(&self, end: u64) -> Option<(u64, usize, Option<usize>)> {
        let awake = self.tabs.iter().enumerate().filter(|(_, tab)| tab.open && !tab.asleep);
        let events = awake.flat_map(|(index, tab)| {
            let mail = tab.inbox.iter().enumerate().map(move |(place, (at, _))| (*at, index, Some(place)));
            let timer = tab.timer.iter().map(move |(at, _)| (*at, index, None));
            // Mail that arrived while the page was blocked is read in any order afterwards.
            mail.chain(timer).map(|(at, index, place)| {
                let order = if at < tab.busy_until { at.wrapping_mul(self.random | 1) } else { at };
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
                None => self.tabs[tab].timer.take().map(|(_, number)| Event::TimedOut(number)),
            };
            if let Some(event) = event {
                self.give(tab, event);
            }
        }
        self.now = end;
    }

    /// Turns mail into an event of the state machine, as `crate/capture/src/election.rs` does.
    fn read(&mut self, tab: usize, place: usize) -> Option<Event> {
        let (_, mail) = self.tabs[tab].inbox.remove(place);
        match mail {
            Mail::Granted(number) => {
                let (_, asked) = *self.tabs[tab].requests.iter().find(|(request, _)| *request == number)?;
                Some(Event::Granted { number, waited_ms: u32::try_from(self.now - asked).unwrap() })
            }
            Mail::Message(message) => Some(Event::MessageReceived(message)),
            Mail::Event(event) => {
                match event {
                    Event::HostShutDown => self.tabs[tab].client = Client::Down,
                    Event::Decided { refusal: None, .. } => self.tabs[tab].yields = true,
                    _ => {}
                }
                Some(event)
            }
        }
    }

    fn open(&mut self, visible: bool, was_leader: bool) {
        let tab = self.tabs.len();
        self.tabs.push(Tab {
            machine: Leadership::new(format!("tab-{tab}")),
            open: true,
            client: Client::Down,
            unanswered: false,
            silent: false,
            starts: 0,
            yields: false,
            visible,
            asleep: false,
            busy_until: 0,
            host: Host::default(),
            inbox: Vec::new(),
            last_mail: [0; 2],
            timer: None,
            requests: Vec::new(),
            led: false,
        });
        self.give(tab, Event::Visible(visible));
        self.give(tab, Event::Started { was_leader });
    }

    fn close(&mut self, tab: usize) {
        self.tabs[tab].open = false;
        self.let_go(tab, None);
    }

    pub(crate) fn take(&mut self, step: &Step) {
        let is_awake = |tab: usize| self.tabs.get(tab).is_some_and(|tab| tab.open && !tab.asleep);
        let runs = |tab: usize| is_awake(tab) && self.tabs[tab].busy_until <= self.now;
        match *step {
            Step::Open if self.tabs.len() < 8 => self.open(true, false),
            Step::Close(tab) if is_awake(tab) => self.close(tab),
            Step::Reload(tab, ms) if runs(tab) && self.tabs.len() < 8 => {
                self.give(tab, Event::Hidden);
                self.close(tab);
                self.run_until(self.now + ms);
                let Tab { visible, led, .. } = self.tabs[tab];
                self.open(visible, led);
            }
            Step::Sleep(tab, ms) if runs(tab) => {
                self.give(tab, Event::Hidden);
                self.tabs[tab].asleep = true;
                self.run_until(self.now + ms);
                self.tabs[tab].asleep = false;
                self.give(tab, Event::Shown);
            }
            Step::Block(tab, ms) if runs(tab) => self.tabs[tab].busy_until = self.now + ms,
            Step::Show(tab, visible) if runs(tab) => {
                self.tabs[tab].visible = visible;
                self.give(tab, Event::Visible(visible));
            }
            Step::TakeOver(tab) if runs(tab) => {
                self.tabs[tab].unanswered = true;
                self.give(tab, Event::TakeOver);
            }
            Step::Release(tab) if runs(tab) => self.give(tab, Event::Released),
            Step::Host(tab, host) if tab < self.tabs.len() => self.tabs[tab].host = host,
            Step::Forge(ref text) => {
                if let Some(message) = Message::parse(text) {
                    self.broadcast(&message, None);
                }
            }
            Step::Wait(ms) => self.run_until(self.now + ms),
            _ => {}
        }
    }
}
