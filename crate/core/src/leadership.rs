//! Elects one leader among the tabs of a session.
//!
//! Two tabs that use one crypto store at the same time corrupt it. The browser's Web Locks ensure that only one tab
//! holds the session's lock; this state machine decides when a tab requests the lock, releases it and hands it over.
//! It is pure: events go in, actions come out.
//!
//! The rules:
//! - A tab leads only while it holds the lock, and becomes a follower before it releases the lock. Locks are never
//!   stolen.
//! - A page that is closed, frozen or put into the back/forward cache releases the lock at once, and queues again when
//!   it comes back.
//! - A tab that wants to take over asks the leader. The leader's host refuses with a reason, or shuts down and hands
//!   over. If the leader does not respond, the user has to close that tab; the browser then releases its lock. Until
//!   then the request stays open: the leader may wake up and answer it, and a tab with an open request does not pause
//!   before it leads.
//! - The visible tab wins: a leader that is reloaded asks for its role back, and a hidden tab pauses before it leads,
//!   so that no client is started in between.

use crate::election::{ANSWER_MS, Action, Answer, DECISION_MS, Event, FREE_LOCK_MS, HANDOVER_MS, LEAD_DELAY_MS, Role};
use crate::tab_message::Message;

mod state;

use state::{State, TakeOverRequest};

/// A tab's part in the election.
#[derive(Debug)]
pub struct Leadership {
    /// The tab's own id, without spaces.
    id: String,
    state: State,
    /// Number of the latest lock request.
    request: u32,
    timer: u32,
    /// Number of the latest question to the host. Answers to earlier questions are ignored.
    question: u32,
    take_over_request: TakeOverRequest,
    /// Whether the page is visible.
    is_visible: bool,
    /// Whether the host is shutting down.
    is_stopping: bool,
    /// Whether this tab led before it was reloaded, and asks for its role back.
    wants_role_back: bool,
}

impl Leadership {
    /// Creates a tab that takes no part yet. `id` must be unique among all tabs and contain no space.
    pub const fn new(id: String) -> Self {
        let state = State::Away { is_frozen: false };
        Self {
            id,
            state,
            request: 0,
            timer: 0,
            question: 0,
            take_over_request: TakeOverRequest::None,
            is_visible: false,
            is_stopping: false,
            wants_role_back: false,
        }
    }

    /// Whether the page is released or frozen. It is then a follower although no other tab took over.
    pub const fn is_away(&self) -> bool {
        matches!(self.state, State::Away { .. })
    }

    /// The tab's current role.
    pub const fn role(&self) -> Role {
        self.state.role()
    }

    /// Whether the leader did not respond to this tab's request.
    pub fn is_leader_silent(&self) -> bool {
        self.take_over_request == TakeOverRequest::Unanswered
    }

    /// Handles `event` and returns what to do.
    pub fn handle(&mut self, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Started { was_leader } => {
                self.request_lock(&mut actions);
                if was_leader && self.is_visible {
                    self.wants_role_back = true;
                    self.ask(&mut actions);
                }
            }
            Event::Granted { number, waited_ms } => self.on_lock_granted(number, waited_ms, &mut actions),
            Event::Ended(number) => self.on_lock_ended(number, &mut actions),
            Event::Unavailable => self.on_locks_unavailable(&mut actions),
            Event::MessageReceived(message) => self.on_message(message, &mut actions),
            Event::TimedOut(number) if number == self.timer => self.on_timed_out(&mut actions),
            Event::Visible(is_visible) => {
                self.is_visible = is_visible;
                if is_visible && self.state == State::Pausing {
                    self.become_leader(&mut actions);
                }
            }
            Event::Hidden => self.leave(true, &mut actions),
            Event::Shown if self.state == (State::Away { is_frozen: true }) => self.request_lock(&mut actions),
            Event::TakeOver => self.take_over(&mut actions),
            Event::Decided { question, refusal } if question == self.question => {
                self.on_host_decided(refusal, &mut actions);
            }
            Event::HostShutDown => self.on_shut_down(&mut actions),
            Event::Released => self.leave(false, &mut actions),
            Event::TimedOut(_) | Event::Shown | Event::Decided { .. } => {}
        }
        actions
    }

    fn on_lock_granted(&mut self, number: u32, waited_ms: u32, actions: &mut Vec<Action>) {
        if number != self.request || self.state != State::Waiting {
            // The lock was granted while the request was being cancelled.
            actions.push(Action::Cancel(number));
            return;
        }
        // A tab that asked while no tab had the lock asks again when it receives this.
        actions.push(Action::Post(Message::Leading { from: self.id.clone() }));
        // Later requests do not count: this tab was already waiting before it made them.
        let was_first = self.request == 1 && waited_ms < FREE_LOCK_MS;
        if self.is_visible || was_first || self.take_over_request != TakeOverRequest::None {
            self.become_leader(actions);
        } else {
            self.state = State::Pausing;
            self.set_timer(LEAD_DELAY_MS, actions);
        }
    }

    fn become_leader(&mut self, actions: &mut Vec<Action>) {
        self.state = State::Leading;
        self.timer += 1;
        actions.push(Action::NotifyRole(Role::Leader));
        self.settle(Answer::Granted, actions);
    }

    fn on_lock_ended(&mut self, number: u32, actions: &mut Vec<Action>) {
        if number != self.request || matches!(self.state, State::Away { .. } | State::Stopping | State::Solo) {
            return;
        }
        self.become_follower(actions);
        self.settle(Answer::Refused("another tab took the lock".to_owned()), actions);
        self.request_lock(actions);
    }

    fn on_locks_unavailable(&mut self, actions: &mut Vec<Action>) {
        if matches!(self.state, State::Away { .. }) && self.request > 0 {
            return;
        }
        self.state = State::Solo;
        actions.push(Action::NotifyRole(Role::Solo));
        self.settle(Answer::Granted, actions);
    }

    fn on_message(&mut self, message: Message, actions: &mut Vec<Action>) {
        let is_waiting = self.state == State::Waiting;
        let awaits_answer = is_waiting && self.take_over_request != TakeOverRequest::None;
        match message {
            Message::Ask { from } => self.on_take_over_asked(from, actions),
            Message::Ready { to, from } if to == self.id && self.state == (State::HandingOver { to: from.clone() }) => {
                self.requeue(actions);
            }
            Message::Yours { to, from } if is_waiting && to == self.id => {
                actions.push(Action::Post(Message::Ready { to: from, from: to }));
                if awaits_answer {
                    // Another tab that hangs may be ahead in the queue and get the lock first; then no further message
                    // would come.
                    self.set_take_over_request(TakeOverRequest::Sent, actions);
                    self.set_timer(ANSWER_MS, actions);
                }
            }
            // Another tab is to get the lock: the tabs ahead of it in the queue move behind it.
            Message::Yours { .. } if is_waiting => self.move_to_end_of_queue(actions),
            Message::Yours { .. } if self.state == State::Pausing => self.requeue(actions),
            _ if !awaits_answer => {}
            Message::Heard { to } if to == self.id => {
                self.set_take_over_request(TakeOverRequest::Acknowledged, actions);
                self.set_timer(2 * DECISION_MS + HANDOVER_MS, actions);
            }
            Message::Refused { to, reason } if to == self.id => self.settle(Answer::Refused(reason), actions),
            // The leader changed while this tab was asking: ask the new one, unless the leader was silent and this
            // page is hidden by now.
            Message::Leading { from } if from != self.id => {
                if self.take_over_request == TakeOverRequest::Unanswered && !self.is_visible {
                    self.settle(Answer::Refused("another tab leads now".to_owned()), actions);
                } else {
                    self.ask(actions);
                }
            }
            _ => {}
        }
    }

    fn on_take_over_asked(&mut self, from: String, actions: &mut Vec<Action>) {
        match &self.state {
            State::Leading => {
                actions.push(Action::Post(Message::Heard { to: from.clone() }));
                self.state = State::Deciding { to: from };
                self.set_timer(DECISION_MS, actions);
                self.question += 1;
                actions.push(Action::AskHost(self.question));
            }
            // No client runs here, so there is no host to ask.
            State::Pausing => {
                actions.push(Action::Post(Message::Heard { to: from.clone() }));
                self.hand_over(from, actions);
            }
            // The same tab asks again, because it saw a new leader meanwhile.
            State::Deciding { to } | State::ShuttingDown { to: Some(to) } if *to == from => {
                actions.push(Action::Post(Message::Heard { to: from }));
            }
            State::HandingOver { to } if *to == from => {}
            State::Deciding { .. } | State::ShuttingDown { .. } | State::HandingOver { .. } => {
                let reason = "another tab is taking over".to_owned();
                actions.push(Action::Post(Message::Refused { to: from, reason }));
            }
            State::Away { .. } | State::Stopping | State::Solo | State::Waiting => {}
        }
    }

    fn on_host_decided(&mut self, refusal: Option<String>, actions: &mut Vec<Action>) {
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

    fn on_shut_down(&mut self, actions: &mut Vec<Action>) {
        self.is_stopping = false;
        if self.state == State::Stopping {
            self.request_lock(actions);
        }
        let State::ShuttingDown { to } = &mut self.state else { return };
        let to = to.take();
        self.become_follower(actions);
        match to {
            Some(to) => self.hand_over(to, actions),
            None => self.requeue(actions),
        }
    }

    fn hand_over(&mut self, to: String, actions: &mut Vec<Action>) {
        self.state = State::HandingOver { to: to.clone() };
        actions.push(Action::Post(Message::Yours { to, from: self.id.clone() }));
        self.set_timer(HANDOVER_MS, actions);
    }

    fn on_timed_out(&mut self, actions: &mut Vec<Action>) {
        match (&mut self.state, &self.take_over_request) {
            (State::Waiting, TakeOverRequest::Sent) => {
                self.set_take_over_request(TakeOverRequest::Unanswered, actions);
                actions.push(Action::Answered(Answer::Silence));
            }
            (State::Waiting, TakeOverRequest::Acknowledged) => {
                self.settle(Answer::Refused("the other tab did not decide".to_owned()), actions);
            }
            (State::Pausing, _) => self.become_leader(actions),
            (State::Deciding { .. }, _) => {
                self.on_host_decided(Some("the other tab did not decide".to_owned()), actions);
            }
            // Its client may still be running: keep the lock until it has shut down.
            (State::ShuttingDown { to }, _) => {
                if let Some(to) = to.take() {
                    let reason = "the other tab is still shutting down".to_owned();
                    actions.push(Action::Post(Message::Refused { to, reason }));
                }
            }
            // The tab that asked is gone.
            (State::HandingOver { .. }, _) => self.requeue(actions),
            _ => {}
        }
    }

    fn take_over(&mut self, actions: &mut Vec<Action>) {
        match self.state {
            State::Waiting if matches!(self.take_over_request, TakeOverRequest::None | TakeOverRequest::Unanswered) => {
                self.ask(actions);
            }
            State::Waiting => {}
            State::Pausing => {
                self.become_leader(actions);
                actions.push(Action::Answered(Answer::Granted));
            }
            State::Leading | State::Deciding { .. } | State::Solo => actions.push(Action::Answered(Answer::Granted)),
            State::Away { .. } | State::Stopping | State::ShuttingDown { .. } | State::HandingOver { .. } => {
                let reason = "this tab takes no part now".to_owned();
                actions.push(Action::Answered(Answer::Refused(reason)));
            }
        }
    }

    fn leave(&mut self, is_frozen: bool, actions: &mut Vec<Action>) {
        match &mut self.state {
            // A released tab stays released.
            State::Away { is_frozen: before } => *before &= is_frozen,
            State::Solo => {}
            _ => {
                let led = self.role() == Role::Leader || self.wants_role_back;
                self.become_follower(actions);
                self.state = State::Away { is_frozen };
                actions.push(Action::Cancel(self.request));
                if led && is_frozen {
                    actions.push(Action::StoreLeaderNote);
                }
                self.settle(Answer::Refused("this tab went away".to_owned()), actions);
            }
        }
    }

    fn become_follower(&mut self, actions: &mut Vec<Action>) {
        if self.role() == Role::Leader {
            actions.push(Action::NotifyRole(Role::Follower));
        }
        self.state = State::Waiting;
        self.timer += 1;
    }

    fn request_lock(&mut self, actions: &mut Vec<Action>) {
        if self.is_stopping {
            self.state = State::Stopping;
            return;
        }
        self.state = State::Waiting;
        self.request += 1;
        actions.push(Action::Request(self.request));
    }

    /// Moves to the end of the queue. An open request to take over stays open.
    fn move_to_end_of_queue(&mut self, actions: &mut Vec<Action>) {
        actions.push(Action::Cancel(self.request));
        self.request_lock(actions);
    }

    fn requeue(&mut self, actions: &mut Vec<Action>) {
        self.timer += 1;
        self.move_to_end_of_queue(actions);
    }

    fn ask(&mut self, actions: &mut Vec<Action>) {
        self.set_take_over_request(TakeOverRequest::Sent, actions);
        actions.push(Action::Post(Message::Ask { from: self.id.clone() }));
        self.set_timer(ANSWER_MS, actions);
    }

    fn settle(&mut self, answer: Answer, actions: &mut Vec<Action>) {
        if self.take_over_request == TakeOverRequest::None {
            return;
        }
        self.set_take_over_request(TakeOverRequest::None, actions);
        self.wants_role_back = false;
        self.timer += 1;
        actions.push(Action::Answered(answer));
    }

    fn set_take_over_request(&mut self, take_over_request: TakeOverRequest, actions: &mut Vec<Action>) {
        let was_silent = self.is_leader_silent();
        self.take_over_request = take_over_request;
        if self.is_leader_silent() != was_silent {
            actions.push(Action::NotifySilent(!was_silent));
        }
    }

    fn set_timer(&mut self, ms: u32, actions: &mut Vec<Action>) {
        self.timer += 1;
        actions.push(Action::SetTimer { number: self.timer, ms });
    }
}

#[cfg(test)]
mod tests;
