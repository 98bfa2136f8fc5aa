//! Which tabs of the session are open.
//!
//! The tabs ask each other over a channel: `navigator.locks.query()` would tell, too, but evicts pages from the back/forward
//! cache. This state machine knows no browser: events go in, actions come out.

use crate::election::{AT_ONCE_MS, Role};
use crate::repair::Tabs;
use crate::roll_message::RollMessage;
use crate::tabs::Tab;
use crate::timestamp::Timestamp;

/// How long the other tabs have for their answers. A tab that is asleep does not answer, and does not count.
pub const PATIENCE_MS: u32 = 400;
/// How long those have that are known to be open: they may be busy.
pub const LONG_PATIENCE_MS: u32 = 2_000;
/// The wait is made of such steps: the time in which this page itself hangs counts as one.
pub const STEP_MS: u32 = 100;
/// A newcomer is greeted after this time at the earliest, and after twice of it at the latest: it has to load, may hold up a
/// hand-over, and is not to be greeted by all at once.
pub const GREET_MS: u32 = 300;
/// Every tab hears an answer: however many ask, so many a second are enough.
pub const ANSWERS_A_SECOND: u32 = 8;
/// With this one, 64 tabs. A script of the origin may name any number.
pub const MAX_OTHERS: usize = 63;
/// How long a new leader waits before it calls the roll: the other tabs have work of their own then.
pub const SETTLE_MS: u32 = 1_000;

/// What this tab is to its session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Name of the session; `None`: the host holds no election.
    pub session: Option<String>,
    /// The role in its election.
    pub role: Option<Role>,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// What happens to a tab.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// It takes part from now on.
    Entered(Standing),
    /// It belongs to another session, or has another role.
    Became(Standing),
    /// Another tab said something, in the name of this session.
    Heard(RollMessage),
    /// The host wants to know which tabs are open now.
    Called,
    /// A time that was set is over.
    TimedOut(Timer),
    /// The page goes, for good or into the back/forward cache.
    Hidden {
        /// Whether this tab led until then.
        led: bool,
    },
    /// The page is back from that cache.
    Shown,
}

/// The times that a tab sets. Each comes, however often it was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// A newcomer is to be greeted.
    Greet,
    /// A step of the wait for answers is over.
    Step,
    /// The others are to be told of a change, when what it set off in this page is done.
    Announce,
    /// A new leader asks who is there.
    Settle,
}

/// What a tab is to do. In this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Hear what the other tabs say.
    Listen,
    /// Close the channel: any message would throw a page out of the back/forward cache.
    Close,
    /// Ask the tabs of the session which are open.
    Ask,
    /// Tell the others that this tab is open.
    Answer,
    /// Tell the others that this tab is new, or has another role.
    Announce,
    /// Tell the tabs of this session that this one is gone.
    SayBye {
        /// Its name.
        session: Option<String>,
    },
    /// Give [`Event::TimedOut`] after so many milliseconds.
    SetTimer(Timer, u32),
    /// Tell views that other tabs came, changed or went.
    TellChange,
    /// The roll that was called is complete.
    Complete,
}

/// A tab's part in the roll call.
#[derive(Clone, Debug)]
pub struct RollCall {
    id: String,
    standing: Standing,
    /// The session that the other tabs know this one to be of.
    announced: Option<String>,
    /// The other tabs, as they told of themselves last.
    others: Vec<Tab>,
    /// Those that answered to the roll that is being called.
    arriving: Option<Vec<Tab>>,
    waited_ms: u32,
    /// Since when answers are counted, and how many were given.
    answers: Option<(Timestamp, u32)>,
    is_greeting: bool,
    /// Since when this tab follows, on this visit of its page; `None`: it does not.
    follows_since: Option<Timestamp>,
    /// Whether another tab was open since the page was loaded.
    saw_others: bool,
}

impl RollCall {
    /// `id` must differ from that of every other tab.
    pub const fn new(id: String) -> Self {
        Self {
            id,
            standing: Standing { session: None, role: None, since: None },
            announced: None,
            others: Vec::new(),
            arriving: None,
            waited_ms: 0,
            answers: None,
            is_greeting: false,
            follows_since: None,
            saw_others: false,
        }
    }

    /// The other tabs of the session, as they told of themselves last.
    pub fn others(&self) -> &[Tab] {
        &self.others
    }

    /// What this tab is to its session.
    pub const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// What a repair has to know of the other tabs, right after the roll was called.
    pub fn company(&self) -> Tabs {
        if !self.others.is_empty() || self.standing.role == Some(Role::Follower) {
            Tabs::Unknown
        } else if self.saw_others {
            Tabs::AloneSinceLater
        } else {
            Tabs::Alone
        }
    }

    /// What is to be done about `event`. `now` is of a clock that nobody sets; `random` lies between 0 and 1.
    pub fn on(&mut self, event: Event, now: Timestamp, random: f64) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Entered(standing) => {
                actions.push(Action::Listen);
                self.announced.clone_from(&standing.session);
                self.stand(standing, now);
                self.announce(&mut actions);
            }
            Event::Became(standing) => self.became(standing, now, &mut actions),
            Event::Heard(message) => self.heard(message, now, random, &mut actions),
            Event::Called | Event::TimedOut(Timer::Settle) => self.call(&mut actions),
            Event::TimedOut(Timer::Step) => self.waited(&mut actions),
            Event::TimedOut(Timer::Announce) => self.announce(&mut actions),
            Event::TimedOut(Timer::Greet) => {
                self.is_greeting = false;
                self.answer(now, &mut actions);
            }
            Event::Hidden { led } => {
                // A leader goes without a word: to wake all the others would hold up the one that leads next, which calls
                // the roll.
                if !led {
                    actions.push(Action::SayBye { session: self.standing.session.clone() });
                }
                actions.push(Action::Close);
                self.follows_since = None;
            }
            Event::Shown => {
                actions.extend([Action::Listen, Action::Announce]);
                self.stand(self.standing.clone(), now);
            }
        }
        self.saw_others |= !self.others.is_empty();
        actions
    }

    /// A tab that follows for longer than it takes to be given a lock that is free follows another tab, be that asleep and
    /// silent.
    fn stand(&mut self, standing: Standing, now: Timestamp) {
        if standing.role == Some(Role::Follower) {
            self.follows_since.get_or_insert(now);
        } else if let Some(since) = self.follows_since.take() {
            self.saw_others |= now.ms() - since.ms() >= i64::from(AT_ONCE_MS);
        }
        self.standing = standing;
    }

    fn became(&mut self, standing: Standing, now: Timestamp, actions: &mut Vec<Action>) {
        if self.standing == standing {
            return;
        }
        let leads_now = standing.role == Some(Role::Leader);
        self.stand(standing, now);
        actions.push(Action::SetTimer(Timer::Announce, 0));
        if leads_now {
            // The leader before went without a word.
            actions.push(Action::SetTimer(Timer::Settle, SETTLE_MS));
        }
    }

    fn heard(&mut self, message: RollMessage, now: Timestamp, random: f64, actions: &mut Vec<Action>) {
        if message.from() == self.id {
            return;
        }
        let is_news = matches!(message, RollMessage::News(_));
        match message {
            RollMessage::Who { .. } => self.answer(now, actions),
            RollMessage::Bye { from } => {
                for tabs in [Some(&mut self.others), self.arriving.as_mut()].into_iter().flatten() {
                    tabs.retain(|tab| tab.id != from);
                }
                actions.push(Action::TellChange);
            }
            RollMessage::Here(tab) | RollMessage::News(tab) => {
                // A newcomer learns of those who were there before.
                if is_news && !holds(&self.others, &tab.id) {
                    self.greet(random, actions);
                }
                for tabs in [Some(&mut self.others), self.arriving.as_mut()].into_iter().flatten() {
                    drop_former(tabs, tab.role, tab.since);
                    take(tabs, &tab);
                }
                actions.push(Action::TellChange);
            }
        }
    }

    fn answer(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let (since, given) = self.answers.filter(|(since, _)| now.ms() - since.ms() < 1_000).unwrap_or((now, 0));
        self.answers = Some((since, given.saturating_add(1)));
        if given < ANSWERS_A_SECOND {
            actions.push(Action::Answer);
        }
    }

    fn greet(&mut self, random: f64, actions: &mut Vec<Action>) {
        if self.is_greeting {
            return;
        }
        self.is_greeting = true;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
        let ms = (f64::from(GREET_MS) * (1.0 + random.clamp(0.0, 1.0))) as u32;
        actions.push(Action::SetTimer(Timer::Greet, ms));
    }

    fn call(&mut self, actions: &mut Vec<Action>) {
        // What was answered to a roll that is under way may be old by now: that one begins anew.
        let is_under_way = self.arriving.replace(Vec::new()).is_some();
        self.waited_ms = 0;
        actions.push(Action::Ask);
        if !is_under_way {
            actions.push(Action::SetTimer(Timer::Step, STEP_MS));
        }
    }

    fn waited(&mut self, actions: &mut Vec<Action>) {
        let Some(arriving) = &self.arriving else { return };
        self.waited_ms += STEP_MS;
        let is_complete = self.others.iter().all(|known| holds(arriving, &known.id));
        let patience = if is_complete { PATIENCE_MS } else { LONG_PATIENCE_MS };
        if self.waited_ms < patience {
            actions.push(Action::SetTimer(Timer::Step, STEP_MS));
            return;
        }
        self.others = self.arriving.take().unwrap_or_default();
        actions.extend([Action::TellChange, Action::Complete]);
    }

    fn announce(&mut self, actions: &mut Vec<Action>) {
        // Those of the former session do not count, and to them this tab is gone.
        if self.standing.session != self.announced {
            let session = std::mem::replace(&mut self.announced, self.standing.session.clone());
            actions.push(Action::SayBye { session });
            self.others.clear();
        }
        drop_former(&mut self.others, self.standing.role, self.standing.since);
        actions.push(Action::Announce);
    }
}

fn holds(tabs: &[Tab], id: &str) -> bool {
    tabs.iter().any(|tab| tab.id == id)
}

fn take(tabs: &mut Vec<Tab>, tab: &Tab) {
    if let Some(known) = tabs.iter_mut().find(|known| known.id == tab.id) {
        known.clone_from(tab);
    } else if tabs.len() < MAX_OTHERS {
        tabs.push(tab.clone());
    }
}

/// A leader that is closed says nothing: that it is gone is known of the tab that leads after it.
fn drop_former(tabs: &mut Vec<Tab>, role: Option<Role>, since: Option<Timestamp>) {
    if role == Some(Role::Leader) {
        tabs.retain(|tab| tab.role != Some(Role::Leader) || tab.since >= since);
    }
}

#[cfg(test)]
mod tests;
