use super::*;

use crate::entry::FaultCounts;

fn at(ms: i64) -> Timestamp {
    Timestamp::default().plus_ms(ms)
}

fn session_role(session: &str, role: Role, since: i64) -> SessionRole {
    SessionRole { session: Some(session.to_owned()), role: Some(role), since: Some(at(since)) }
}

fn tab(id: &str, role: Option<Role>, since: i64) -> Tab {
    let (opened, counts, entries) = (at(0), FaultCounts::default(), Vec::new());
    Tab { id: id.to_owned(), this_tab: false, role, since: Some(at(since)), opened, visible: None, counts, entries }
}

fn news(id: &str) -> Event {
    Event::MessageReceived(RollMessage::News(tab(id, None, 0)))
}

fn here(id: &str) -> Event {
    Event::MessageReceived(RollMessage::Here(tab(id, None, 0)))
}

fn who(id: &str) -> Event {
    Event::MessageReceived(RollMessage::Who { from: id.to_owned() })
}

fn bye(id: &str) -> Event {
    Event::MessageReceived(RollMessage::Bye { from: id.to_owned() })
}

/// A tab that takes part, and its clock.
struct Page {
    roll: RollCall,
    now: i64,
}

impl Page {
    fn new(session_role: SessionRole) -> Self {
        let mut page = Self { roll: RollCall::new("own".to_owned()), now: 0 };
        assert_eq!(page.handle(Event::Entered(session_role)), [Action::Listen, Action::Announce]);
        page
    }

    fn handle(&mut self, event: Event) -> Vec<Action> {
        self.roll.handle(event, at(self.now), 0.5)
    }

    fn known(&self) -> Vec<&str> {
        self.roll.others().iter().map(|tab| &*tab.id).collect()
    }

    /// How long a roll call takes if these tabs answer at once.
    fn call(&mut self, answers: &[&str]) -> u32 {
        assert_eq!(self.handle(Event::Called), [Action::Ask, Action::SetTimer(Timer::Step, STEP_MS)]);
        for id in answers {
            self.handle(here(id));
        }
        self.wait()
    }

    fn wait(&mut self) -> u32 {
        let mut waited = 0;
        loop {
            waited += STEP_MS;
            self.now += i64::from(STEP_MS);
            let actions = self.handle(Event::TimedOut(Timer::Step));
            if actions == [Action::NotifyChange, Action::Complete] {
                return waited;
            }
            assert_eq!(actions, [Action::SetTimer(Timer::Step, STEP_MS)]);
        }
    }
}

fn page() -> Page {
    Page::new(SessionRole::default())
}

#[test]
fn a_roll_call_waits_longer_for_a_known_tab_that_has_not_answered() {
    let mut page = page();
    assert_eq!(page.call(&[]), PATIENCE_MS);
    assert_eq!(page.call(&["a", "b"]), PATIENCE_MS);
    assert_eq!(page.known(), ["a", "b"]);
    assert_eq!(page.call(&["b"]), LONG_PATIENCE_MS);
    assert_eq!(page.known(), ["b"], "a tab that is asleep does not count");
}

#[test]
fn a_call_during_a_roll_call_restarts_it() {
    let mut page = page();
    page.handle(Event::Called);
    page.handle(here("a"));
    page.handle(Event::TimedOut(Timer::Step));
    assert_eq!(page.handle(Event::Called), [Action::Ask], "the step is counted already");
    assert_eq!(page.wait(), LONG_PATIENCE_MS, "the tab is known, and has to answer again");
    assert!(page.known().is_empty());
    assert_eq!(page.handle(Event::TimedOut(Timer::Step)), [], "nobody called");
}

#[test]
fn a_new_leader_replaces_the_former_one_and_a_late_answer_drops_no_tab() {
    let mut page = page();
    let leads = |id, since| Event::MessageReceived(RollMessage::News(tab(id, Some(Role::Leader), since)));
    page.handle(leads("former", 1));
    assert_eq!(page.known(), ["former"]);
    page.handle(leads("next", 2));
    assert_eq!(page.known(), ["next"]);
    page.handle(Event::MessageReceived(RollMessage::Here(tab("former", Some(Role::Leader), 1))));
    assert_eq!(page.known(), ["next", "former"]);
}

#[test]
fn a_new_leader_drops_its_predecessor_and_starts_a_roll_call() {
    let mut page = Page::new(session_role("s", Role::Follower, 0));
    page.handle(Event::MessageReceived(RollMessage::Here(tab("former", Some(Role::Leader), 1))));
    let actions = page.handle(Event::RoleChanged(session_role("s", Role::Leader, 2)));
    let timers = [Action::SetTimer(Timer::Announce, 0), Action::SetTimer(Timer::NewLeader, NEW_LEADER_DELAY_MS)];
    assert_eq!(actions, timers);
    assert_eq!(page.handle(Event::TimedOut(Timer::Announce)), [Action::Announce]);
    assert!(page.known().is_empty());
    assert_eq!(page.handle(Event::TimedOut(Timer::NewLeader)), [Action::Ask, Action::SetTimer(Timer::Step, STEP_MS)]);
    // The tab follows again: it announces that, but does not start a roll call.
    let actions = page.handle(Event::RoleChanged(session_role("s", Role::Follower, 3)));
    assert_eq!(actions, [Action::SetTimer(Timer::Announce, 0)]);
}

#[test]
fn a_tab_that_changes_its_session_says_bye_to_the_former_one() {
    let mut page = page();
    page.handle(news("a"));
    page.handle(Event::RoleChanged(session_role("s", Role::Follower, 0)));
    let actions = page.handle(Event::TimedOut(Timer::Announce));
    assert_eq!(actions, [Action::SayBye { session: None }, Action::Announce]);
    assert!(page.known().is_empty());
    assert_eq!(page.handle(Event::TimedOut(Timer::Announce)), [Action::Announce], "it is known by now");
    page.handle(Event::RoleChanged(SessionRole::default()));
    let actions = page.handle(Event::TimedOut(Timer::Announce));
    assert_eq!(actions, [Action::SayBye { session: Some("s".to_owned()) }, Action::Announce]);
}

#[test]
fn a_hidden_page_says_bye_unless_it_led_and_listens_again_when_shown() {
    let mut page = Page::new(session_role("s", Role::Leader, 0));
    assert_eq!(page.handle(Event::Hidden { was_leader: true }), [Action::Close]);
    assert_eq!(page.handle(Event::Shown), [Action::Listen, Action::Announce]);
    let farewell = Action::SayBye { session: Some("s".to_owned()) };
    assert_eq!(page.handle(Event::Hidden { was_leader: false }), [farewell, Action::Close]);
}

#[test]
fn new_tabs_get_one_answer_together_after_a_random_delay() {
    let mut page = page();
    for (random, ms) in [(0.0, 300), (1.0, 600), (7.0, 600), (-1.0, 300)] {
        let actions = page.roll.handle(news(&format!("tab-{ms}-{random}")), at(0), random);
        assert_eq!(actions, [Action::SetTimer(Timer::Greet, ms), Action::NotifyChange]);
        assert_eq!(page.handle(news(&format!("other-{ms}-{random}"))), [Action::NotifyChange]);
        assert_eq!(page.handle(Event::TimedOut(Timer::Greet)), [Action::Answer]);
    }
    assert_eq!(page.handle(news("tab-300-0")), [Action::NotifyChange], "it is known");
    assert_eq!(page.handle(here("unknown")), [Action::NotifyChange], "it was there before");
}

#[test]
fn the_number_of_answers_per_second_is_limited() {
    let mut page = page();
    let answers =
        |page: &mut Page| (0..2_000).map(|number| page.handle(who(&format!("tab-{number}"))).len()).sum::<usize>();
    assert_eq!(answers(&mut page), MAX_ANSWERS_PER_SECOND as usize);
    page.now = 999;
    assert_eq!(answers(&mut page), 0);
    page.now = 1_000;
    assert_eq!(answers(&mut page), MAX_ANSWERS_PER_SECOND as usize);
}

#[test]
fn at_most_64_other_tabs_are_kept_and_each_of_them_can_leave() {
    let mut page = page();
    page.handle(Event::Called);
    for number in 0..2_000 {
        page.handle(news(&format!("tab-{number}")));
    }
    assert_eq!(page.known().len(), MAX_OTHERS);
    page.wait();
    assert_eq!(page.known().len(), MAX_OTHERS);
    let update = tab("tab-0", Some(Role::Follower), 5);
    page.handle(Event::MessageReceived(RollMessage::News(update.clone())));
    assert_eq!(page.roll.others()[0], update, "one that is known may change");
    for id in page.known().into_iter().map(str::to_owned).collect::<Vec<_>>() {
        assert_eq!(page.handle(bye(&id)), [Action::NotifyChange]);
    }
    assert!(page.known().is_empty());
    page.handle(news("last"));
    assert_eq!(page.known(), ["last"]);
}

#[test]
fn a_message_with_this_tabs_own_id_is_ignored() {
    let mut page = page();
    for event in [news("own"), here("own"), who("own"), bye("own")] {
        assert_eq!(page.handle(event), []);
    }
    assert!(page.known().is_empty());
}

#[test]
fn a_tab_that_leaves_during_a_roll_call_is_not_counted() {
    let mut page = page();
    page.handle(Event::Called);
    page.handle(here("a"));
    page.handle(here("b"));
    page.handle(bye("a"));
    assert_eq!(page.wait(), PATIENCE_MS);
    assert_eq!(page.known(), ["b"]);
}

#[test]
fn a_repair_knows_of_other_tabs_that_were_open_since_the_page_was_loaded() {
    let long = i64::from(FREE_LOCK_MS);
    let fresh = || Page::new(SessionRole::default());
    let led_after = |ms| {
        let mut page = Page::new(session_role("s", Role::Follower, 0));
        page.now += ms;
        page.handle(Event::RoleChanged(session_role("s", Role::Leader, page.now)));
        page
    };
    let seen = |events: &[Event]| {
        let mut page = fresh();
        for event in events {
            page.handle(event.clone());
        }
        page
    };
    let hidden_while_following = || {
        let mut page = Page::new(session_role("s", Role::Leader, 0));
        page.handle(Event::RoleChanged(session_role("s", Role::Follower, 0)));
        page.handle(Event::Hidden { was_leader: true });
        page.now += 60 * long;
        page.handle(Event::Shown);
        page.handle(Event::RoleChanged(session_role("s", Role::Leader, page.now)));
        page
    };
    let mut unanswered = seen(&[here("other")]);
    unanswered.call(&[]);
    for (what, page, tabs_for_repair) in [
        ("nobody", fresh(), OtherTabs::Alone),
        ("another is open", seen(&[here("other")]), OtherTabs::Unknown),
        ("another came and went", seen(&[news("other"), bye("other")]), OtherTabs::OthersClosed),
        ("another does not answer any more", unanswered, OtherTabs::OthersClosed),
        ("another leads, and is silent", Page::new(session_role("s", Role::Follower, 0)), OtherTabs::Unknown),
        ("the lock was free", led_after(long - 1), OtherTabs::Alone),
        ("the lock was another's", led_after(long), OtherTabs::OthersClosed),
        ("this page was left, and came back", hidden_while_following(), OtherTabs::Alone),
        ("no locks", Page::new(session_role("s", Role::Solo, 0)), OtherTabs::Alone),
    ] {
        assert_eq!(page.roll.tabs_for_repair(), tabs_for_repair, "{what}");
    }
}
