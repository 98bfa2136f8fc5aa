//! Finds out which tabs of the session are open.
//!
//! The tabs ask each other over a channel. `navigator.locks.query()` would work too, but evicts pages from the
//! back/forward cache. This state machine is pure: events go in, actions come out.

use crate::election::{FREE_LOCK_MS, Role};
use crate::repair::OtherTabs;
use crate::roll_message::RollMessage;
use crate::tabs::Tab;
use crate::timestamp::Timestamp;

/// How long to wait for the other tabs' answers. A frozen tab does not answer and is not counted.
pub const PATIENCE_MS: u32 = 400;
/// How long to wait for tabs that are known to be open, because they may be busy.
pub const LONG_PATIENCE_MS: u32 = 2_000;
/// The wait consists of steps of this length. If this page itself hangs, that time counts as a single step.
pub const STEP_MS: u32 = 100;
/// A new tab is greeted after one to two times this delay. It first has to load; greeting it earlier could delay a
/// handover, and a random delay keeps all tabs from greeting it at once.
pub const GREET_MS: u32 = 300;
/// Every tab receives every answer, so this many per second are enough, however many tabs ask.
pub const MAX_ANSWERS_PER_SECOND: u32 = 8;
/// With this tab, 64 in total. A limit is needed because any script of the origin can claim to be a tab.
pub const MAX_OTHERS: usize = 63;
/// How long a new leader waits before it asks which tabs are open: the other tabs are busy right after a handover.
pub const NEW_LEADER_DELAY_MS: u32 = 1_000;

/// This tab's session and its role there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionRole {
    /// Name of the session; `None`: the host did not start an election.
    pub session: Option<String>,
    /// This tab's role in the election.
    pub role: Option<Role>,
    /// When the role began.
    pub since: Option<Timestamp>,
}

/// Something that happened to this tab.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The tab takes part from now on.
    Entered(SessionRole),
    /// The tab's session or role changed.
    RoleChanged(SessionRole),
    /// Another tab of this session sent a message.
    MessageReceived(RollMessage),
    /// The host asks which tabs are open now.
    Called,
    /// A timer fired.
    TimedOut(Timer),
    /// The page is closing, or entering the back/forward cache.
    Hidden {
        /// Whether this tab was the leader until then.
        was_leader: bool,
    },
    /// The page is back from the back/forward cache.
    Shown,
}

/// The timers of a tab. Setting a timer again does not cancel the earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Time to greet a new tab.
    Greet,
    /// A step of the wait for answers is over.
    Step,
    /// Time to announce a change, after this page has handled it.
    Announce,
    /// Time for a new leader to ask which tabs are open.
    NewLeader,
}

/// What the tab must do, in the given order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Listen to the other tabs.
    Listen,
    /// Close the channel: a message would evict a page from the back/forward cache.
    Close,
    /// Ask which tabs of the session are open.
    Ask,
    /// Tell the other tabs that this one is open.
    Answer,
    /// Tell the other tabs that this one is new, or that its role changed.
    Announce,
    /// Tell the tabs of this session that this one is gone.
    SayBye {
        /// Name of the session.
        session: Option<String>,
    },
    /// Fire [`Event::TimedOut`] after this many milliseconds.
    SetTimer(Timer, u32),
    /// Notify views that the list of other tabs changed.
    NotifyChange,
    /// The roll call is complete.
    Complete,
}

/// A tab's part in the roll call.
#[derive(Clone, Debug)]
pub struct RollCall {
    id: String,
    session_role: SessionRole,
    /// The session that this tab last announced to the others.
    announced: Option<String>,
    /// The latest state that each other tab sent.
    others: Vec<Tab>,
    /// The tabs that answered the current roll call; `None`: no roll call is running.
    answered: Option<Vec<Tab>>,
    waited_ms: u32,
    /// The start of the current one-second window, and the answers given in it.
    answers: Option<(Timestamp, u32)>,
    is_greeting_scheduled: bool,
    /// Since when this tab follows, on this visit of its page; `None`: it does not.
    follower_since: Option<Timestamp>,
    /// Whether another tab was open since the page was loaded.
    saw_others: bool,
}

impl RollCall {
    /// `id` must be unique among all tabs.
    pub const fn new(id: String) -> Self {
        Self {
            id,
            session_role: SessionRole { session: None, role: None, since: None },
            announced: None,
            others: Vec::new(),
            answered: None,
            waited_ms: 0,
            answers: None,
            is_greeting_scheduled: false,
            follower_since: None,
            saw_others: false,
        }
    }

    /// The other tabs of the session, each with the latest state that it sent.
    pub fn others(&self) -> &[Tab] {
        &self.others
    }

    /// This tab's session and its role there.
    pub const fn session_role(&self) -> &SessionRole {
        &self.session_role
    }

    /// Whether other tabs are or were open, for a repair. Call the roll first.
    pub fn tabs_for_repair(&self) -> OtherTabs {
        if !self.others.is_empty() || self.session_role.role == Some(Role::Follower) {
            OtherTabs::Unknown
        } else if self.saw_others {
            OtherTabs::OthersClosed
        } else {
            OtherTabs::Alone
        }
    }

    /// Handles `event` and returns what to do. `now` must come from a monotonic clock; `random` is between 0 and 1.
    pub fn handle(&mut self, event: Event, now: Timestamp, random: f64) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Entered(session_role) => {
                actions.push(Action::Listen);
                self.announced.clone_from(&session_role.session);
                self.set_session_role(session_role, now);
                self.announce(&mut actions);
            }
            Event::RoleChanged(session_role) => self.on_role_changed(session_role, now, &mut actions),
            Event::MessageReceived(message) => self.on_message(message, now, random, &mut actions),
            Event::Called | Event::TimedOut(Timer::NewLeader) => self.call(&mut actions),
            Event::TimedOut(Timer::Step) => self.on_wait_step(&mut actions),
            Event::TimedOut(Timer::Announce) => self.announce(&mut actions),
            Event::TimedOut(Timer::Greet) => {
                self.is_greeting_scheduled = false;
                self.answer(now, &mut actions);
            }
            Event::Hidden { was_leader } => {
                // A leader leaves without a message: waking all other tabs would delay the next leader, which calls
                // the roll anyway.
                if !was_leader {
                    actions.push(Action::SayBye { session: self.session_role.session.clone() });
                }
                actions.push(Action::Close);
                self.follower_since = None;
            }
            Event::Shown => {
                actions.extend([Action::Listen, Action::Announce]);
                self.set_session_role(self.session_role.clone(), now);
            }
        }
        self.saw_others |= !self.others.is_empty();
        actions
    }

    /// If a tab follows for longer than the browser takes to grant a free lock, another tab holds the lock, even if that tab
    /// is frozen and silent.
    fn set_session_role(&mut self, session_role: SessionRole, now: Timestamp) {
        if session_role.role == Some(Role::Follower) {
            self.follower_since.get_or_insert(now);
        } else if let Some(since) = self.follower_since.take() {
            self.saw_others |= now.ms() - since.ms() >= i64::from(FREE_LOCK_MS);
        }
        self.session_role = session_role;
    }

    fn on_role_changed(&mut self, session_role: SessionRole, now: Timestamp, actions: &mut Vec<Action>) {
        if self.session_role == session_role {
            return;
        }
        let is_leader_now = session_role.role == Some(Role::Leader);
        self.set_session_role(session_role, now);
        actions.push(Action::SetTimer(Timer::Announce, 0));
        if is_leader_now {
            // The previous leader left without a message.
            actions.push(Action::SetTimer(Timer::NewLeader, NEW_LEADER_DELAY_MS));
        }
    }

    fn on_message(&mut self, message: RollMessage, now: Timestamp, random: f64, actions: &mut Vec<Action>) {
        if message.from() == self.id {
            return;
        }
        let is_news = matches!(message, RollMessage::News(_));
        match message {
            RollMessage::Who { .. } => self.answer(now, actions),
            RollMessage::Bye { from } => {
                for tabs in [Some(&mut self.others), self.answered.as_mut()].into_iter().flatten() {
                    tabs.retain(|tab| tab.id != from);
                }
                actions.push(Action::NotifyChange);
            }
            RollMessage::Here(tab) | RollMessage::News(tab) => {
                // Greet a new tab, so that it learns of the tabs that were there before.
                if is_news && !has_tab(&self.others, &tab.id) {
                    self.schedule_greeting(random, actions);
                }
                for tabs in [Some(&mut self.others), self.answered.as_mut()].into_iter().flatten() {
                    remove_former_leader(tabs, tab.role, tab.since);
                    insert_or_update(tabs, &tab);
                }
                actions.push(Action::NotifyChange);
            }
        }
    }

    fn answer(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let (since, given) = self.answers.filter(|(since, _)| now.ms() - since.ms() < 1_000).unwrap_or((now, 0));
        self.answers = Some((since, given.saturating_add(1)));
        if given < MAX_ANSWERS_PER_SECOND {
            actions.push(Action::Answer);
        }
    }

    fn schedule_greeting(&mut self, random: f64, actions: &mut Vec<Action>) {
        if self.is_greeting_scheduled {
            return;
        }
        self.is_greeting_scheduled = true;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
        let ms = (f64::from(GREET_MS) * (1.0 + random.clamp(0.0, 1.0))) as u32;
        actions.push(Action::SetTimer(Timer::Greet, ms));
    }

    fn call(&mut self, actions: &mut Vec<Action>) {
        // Answers to a roll call that is still running may be outdated, so it starts over.
        let is_under_way = self.answered.replace(Vec::new()).is_some();
        self.waited_ms = 0;
        actions.push(Action::Ask);
        if !is_under_way {
            actions.push(Action::SetTimer(Timer::Step, STEP_MS));
        }
    }

    fn on_wait_step(&mut self, actions: &mut Vec<Action>) {
        let Some(answered) = &self.answered else { return };
        self.waited_ms += STEP_MS;
        let is_complete = self.others.iter().all(|known| has_tab(answered, &known.id));
        let patience = if is_complete { PATIENCE_MS } else { LONG_PATIENCE_MS };
        if self.waited_ms < patience {
            actions.push(Action::SetTimer(Timer::Step, STEP_MS));
            return;
        }
        self.others = self.answered.take().unwrap_or_default();
        actions.extend([Action::NotifyChange, Action::Complete]);
    }

    fn announce(&mut self, actions: &mut Vec<Action>) {
        // The tabs of the previous session no longer count, and to them this tab is gone.
        if self.session_role.session != self.announced {
            let session = std::mem::replace(&mut self.announced, self.session_role.session.clone());
            actions.push(Action::SayBye { session });
            self.others.clear();
        }
        remove_former_leader(&mut self.others, self.session_role.role, self.session_role.since);
        actions.push(Action::Announce);
    }
}

fn has_tab(tabs: &[Tab], id: &str) -> bool {
    tabs.iter().any(|tab| tab.id == id)
}

fn insert_or_update(tabs: &mut Vec<Tab>, tab: &Tab) {
    if let Some(known) = tabs.iter_mut().find(|known| known.id == tab.id) {
        known.clone_from(tab);
    } else if tabs.len() < MAX_OTHERS {
        tabs.push(tab.clone());
    }
}

/// A leader that closes sends no message, so the appearance of its successor shows that it is gone.
fn remove_former_leader(tabs: &mut Vec<Tab>, role: Option<Role>, since: Option<Timestamp>) {
    if role == Some(Role::Leader) {
        tabs.retain(|tab| tab.role != Some(Role::Leader) || tab.since >= since);
    }
}

#[cfg(test)]
mod tests;
