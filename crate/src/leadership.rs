//! One leader among the tabs of a session.
//!
//! Two tabs that work on one crypto store corrupt it. The browser's Web Locks see to it that one tab at a time holds the
//! lock of the session; this state machine decides when a tab asks for it, lets it go, and hands it over. It knows no
//! browser: events go in, actions come out. A request for the lock is one for two, as one can be lost before a page knows
//! that it has it: see `tab.js`.
//!
//! The rules:
//! - A tab leads only while it holds the lock, and is a follower before it is told so.
//! - A page that is hidden for good, frozen or put into the back/forward cache lets go at once, and queues again when it
//!   comes back.
//! - Who wants to take over asks. The leader's host may refuse, with a reason, or shuts down and yields. Only a leader
//!   that says nothing within [`ANSWER_MS`] is stolen from; whoever took the lock, by consent or not, does not lead before
//!   the tab that had it, if it is awake, had time to hear of it.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use crate::election::{ANSWER_MS, Action, CONSENT_MS, DECISION_MS, Event, GRACE_MS, HANDOVER_MS, Role};
use crate::tab_message::Message;

/// A tab's part in the election.
#[derive(Debug)]
pub struct Leadership {
    /// The tab's own id: no spaces.
    id: String,
    state: State,
    /// The number of the latest request for the lock.
    request: u32,
    timer: u32,
    wish: Wish,
    /// Whether its host was told to shut down, and has not yet.
    is_stopping: bool,
}

/// Where the tab stands with the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// It takes no part: not yet, not any more, or asleep.
    Away { asleep: bool },
    /// It lost the lock while its host was shutting down: it asks for it again when that is done.
    Stopping,
    /// The browser gives no locks.
    Alone,
    /// Its request waits in line.
    Waiting,
    /// It took the lock from another tab, which needs time to hear of it.
    Settling,
    /// It leads.
    Leading,
    /// It leads, and its host thinks about yielding to another tab.
    Deciding { to: String },
    /// It leads, and its host shuts down; for another tab, unless that was told no meanwhile.
    ShuttingDown { to: Option<String> },
    /// Its host has shut down; the lock is held out to another tab.
    HoldingOut { to: String },
}

/// Where the tab stands with its own wish to take over.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wish {
    None,
    /// The question is out.
    Asked,
    /// The leader has heard it.
    Heard,
    /// It takes the lock: this tab held it out, or nobody answered.
    Taking {
        from: Option<String>,
    },
    /// It took the lock from nobody but the tab that held it out.
    Taken,
}

impl Leadership {
    /// A tab that takes no part yet. `id` must differ from that of every other tab, and hold no space.
    pub const fn new(id: String) -> Self {
        Self { id, state: State::Away { asleep: false }, request: 0, timer: 0, wish: Wish::None, is_stopping: false }
    }

    /// What the tab is now.
    pub const fn role(&self) -> Role {
        match self.state {
            State::Leading | State::Deciding { .. } | State::ShuttingDown { .. } => Role::Leader,
            State::Away { .. } | State::Stopping | State::Waiting | State::Settling | State::HoldingOut { .. } => {
                Role::Follower
            }
            State::Alone => Role::Solo,
        }
    }

    /// What is to be done about `event`.
    pub fn on(&mut self, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Started => self.queue(&mut actions),
            Event::Granted(number) => self.granted(number, &mut actions),
            Event::Ended(number) => self.ended(number, &mut actions),
            Event::Unavailable => self.alone(&mut actions),
            Event::Heard { message, late_ms } => self.heard(message, late_ms, &mut actions),
            Event::TimedOut(number) if number == self.timer => self.timed_out(&mut actions),
            Event::Hidden => self.leave(true, &mut actions),
            Event::Shown if self.state == (State::Away { asleep: true }) => self.queue(&mut actions),
            Event::TimedOut(_) | Event::Shown => {}
            Event::TakeOver => self.take_over(&mut actions),
            Event::Decided(refusal) => self.decided(refusal, &mut actions),
            Event::Down => self.down(&mut actions),
            Event::Released => self.leave(false, &mut actions),
        }
        actions
    }

    fn granted(&mut self, number: u32, actions: &mut Vec<Action>) {
        if number != self.request || self.state != State::Waiting {
            // Granted while it was being cancelled.
            actions.push(Action::Cancel(number));
            return;
        }
        match self.wish {
            Wish::Taking { .. } => self.wait_to_lead(GRACE_MS, actions),
            Wish::Taken => self.wait_to_lead(CONSENT_MS, actions),
            Wish::None | Wish::Asked | Wish::Heard => self.lead(actions),
        }
    }

    fn wait_to_lead(&mut self, ms: u32, actions: &mut Vec<Action>) {
        self.state = State::Settling;
        self.set_timer(ms, actions);
    }

    fn lead(&mut self, actions: &mut Vec<Action>) {
        self.state = State::Leading;
        actions.push(Action::Tell(Role::Leader));
        actions.push(Action::Post(Message::Leading { from: self.id.clone() }));
        self.settle(None, actions);
    }

    fn ended(&mut self, number: u32, actions: &mut Vec<Action>) {
        if number != self.request || matches!(self.state, State::Away { .. } | State::Stopping | State::Alone) {
            return;
        }
        // Stolen, or taken after it was held out: back into the line.
        if let State::HoldingOut { to } = &mut self.state {
            let to = mem::take(to);
            actions.push(Action::Post(Message::Taken { to, from: self.id.clone() }));
        }
        self.follow(actions);
        self.settle(Some("another tab took the lock"), actions);
        self.queue(actions);
    }

    fn alone(&mut self, actions: &mut Vec<Action>) {
        if matches!(self.state, State::Away { .. }) && self.request > 0 {
            return;
        }
        self.state = State::Alone;
        actions.push(Action::Tell(Role::Solo));
        self.settle(None, actions);
    }

    fn heard(&mut self, message: Message, late_ms: u32, actions: &mut Vec<Action>) {
        // Given the lock meanwhile, or taking it, it has no question any more.
        let awaits_answer = self.state == State::Waiting && matches!(self.wish, Wish::Asked | Wish::Heard);
        match message {
            Message::Ask { from } => self.asked(from, late_ms, actions),
            Message::Taken { to, from } if to == self.id && self.takes_from(&from) => {
                self.wish = Wish::Taken;
                if self.state == State::Settling {
                    self.wait_to_lead(CONSENT_MS, actions);
                }
            }
            _ if !awaits_answer => {}
            Message::Heard { to } if to == self.id => {
                self.wish = Wish::Heard;
                self.set_timer(2 * DECISION_MS + HANDOVER_MS, actions);
            }
            Message::Refused { to, reason } if to == self.id => self.settle(Some(&reason), actions),
            Message::Yours { to, from } if to == self.id => {
                if late_ms < HANDOVER_MS / 2 {
                    self.take(Some(from), actions);
                } else {
                    // This page did not run for so long that the lock may be another's by now.
                    self.ask(actions);
                }
            }
            // The leader changed under the question: the new one is asked.
            Message::Leading { from } if from != self.id => self.ask(actions),
            _ => {}
        }
    }

    fn asked(&mut self, from: String, late_ms: u32, actions: &mut Vec<Action>) {
        if self.role() == Role::Leader && late_ms >= ANSWER_MS {
            // This page did not run for so long that the lock is another's by now, or is about to be.
            let request = self.request;
            self.follow(actions);
            actions.push(Action::Cancel(request));
            self.queue(actions);
            return;
        }
        match self.state {
            State::Leading => {
                actions.push(Action::Post(Message::Heard { to: from.clone() }));
                self.state = State::Deciding { to: from };
                self.set_timer(DECISION_MS, actions);
                actions.push(Action::AskHost);
            }
            State::Deciding { .. } | State::ShuttingDown { .. } | State::HoldingOut { .. } => {
                let reason = "another tab is taking over".to_owned();
                actions.push(Action::Post(Message::Refused { to: from, reason }));
            }
            State::Away { .. } | State::Stopping | State::Alone | State::Waiting | State::Settling => {}
        }
    }

    fn decided(&mut self, refusal: Option<String>, actions: &mut Vec<Action>) {
        let State::Deciding { to } = &self.state else { return };
        let to = to.clone();
        if let Some(reason) = refusal {
            self.state = State::Leading;
            self.timer += 1;
            actions.push(Action::Post(Message::Refused { to, reason }));
        } else {
            self.state = State::ShuttingDown { to: Some(to) };
            self.set_timer(DECISION_MS, actions);
            self.is_stopping = true;
            actions.push(Action::ShutDown);
        }
    }

    fn down(&mut self, actions: &mut Vec<Action>) {
        self.is_stopping = false;
        if self.state == State::Stopping {
            self.queue(actions);
        }
        let State::ShuttingDown { to } = &mut self.state else { return };
        let to = to.take();
        self.follow(actions);
        if let Some(to) = to {
            self.state = State::HoldingOut { to: to.clone() };
            actions.push(Action::Post(Message::Yours { to, from: self.id.clone() }));
            self.set_timer(HANDOVER_MS, actions);
        } else {
            self.requeue(actions);
        }
    }

    fn timed_out(&mut self, actions: &mut Vec<Action>) {
        match (&mut self.state, &self.wish) {
            (State::Waiting, Wish::Asked) => self.take(None, actions),
            (State::Waiting, Wish::Heard) => self.settle(Some("the other tab did not decide"), actions),
            (State::Settling, _) => self.lead(actions),
            (State::Deciding { .. }, _) => self.decided(Some("the other tab did not decide".to_owned()), actions),
            // Its client may still be at work: the lock stays until it is down.
            (State::ShuttingDown { to }, _) => {
                if let Some(to) = to.take() {
                    let reason = "the other tab is still shutting down".to_owned();
                    actions.push(Action::Post(Message::Refused { to, reason }));
                }
            }
            // Nobody took what was held out.
            (State::HoldingOut { .. }, _) => self.requeue(actions),
            _ => {}
        }
    }

    fn take_over(&mut self, actions: &mut Vec<Action>) {
        match self.state {
            State::Waiting if self.wish == Wish::None => self.ask(actions),
            State::Waiting | State::Settling => {}
            State::Leading | State::Deciding { .. } | State::Alone => actions.push(Action::Answered(None)),
            State::Away { .. } | State::Stopping | State::ShuttingDown { .. } | State::HoldingOut { .. } => {
                actions.push(Action::Answered(Some("this tab takes no part now".to_owned())));
            }
        }
    }

    fn leave(&mut self, asleep: bool, actions: &mut Vec<Action>) {
        match &mut self.state {
            // What was released stays so.
            State::Away { asleep: before } => *before &= asleep,
            State::Alone => {}
            _ => {
                let request = self.request;
                self.follow(actions);
                self.state = State::Away { asleep };
                actions.push(Action::Cancel(request));
                self.settle(Some("this tab went away"), actions);
            }
        }
    }

    fn follow(&mut self, actions: &mut Vec<Action>) {
        if self.role() == Role::Leader {
            actions.push(Action::Tell(Role::Follower));
        }
        self.state = State::Waiting;
        self.timer += 1;
    }

    fn queue(&mut self, actions: &mut Vec<Action>) {
        if self.is_stopping {
            self.state = State::Stopping;
            return;
        }
        self.state = State::Waiting;
        self.request += 1;
        actions.push(Action::Request { number: self.request, steal: false });
    }

    fn requeue(&mut self, actions: &mut Vec<Action>) {
        actions.push(Action::Cancel(self.request));
        self.timer += 1;
        self.queue(actions);
    }

    fn ask(&mut self, actions: &mut Vec<Action>) {
        self.wish = Wish::Asked;
        actions.push(Action::Post(Message::Ask { from: self.id.clone() }));
        self.set_timer(ANSWER_MS, actions);
    }

    fn take(&mut self, from: Option<String>, actions: &mut Vec<Action>) {
        self.wish = Wish::Taking { from };
        self.timer += 1;
        actions.push(Action::Cancel(self.request));
        self.request += 1;
        actions.push(Action::Request { number: self.request, steal: true });
    }

    fn takes_from(&self, tab: &str) -> bool {
        matches!(&self.wish, Wish::Taking { from: Some(leader) } if leader == tab)
    }

    fn settle(&mut self, refusal: Option<&str>, actions: &mut Vec<Action>) {
        if self.wish == Wish::None {
            return;
        }
        self.wish = Wish::None;
        self.timer += 1;
        actions.push(Action::Answered(refusal.map(str::to_owned)));
    }

    fn set_timer(&mut self, ms: u32, actions: &mut Vec<Action>) {
        self.timer += 1;
        actions.push(Action::SetTimer { number: self.timer, ms });
    }
}

#[cfg(test)]
mod tests;
