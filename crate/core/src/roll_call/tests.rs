use super::*;

use crate::entry::FaultCounts;

fn at(ms: i64) -> Timestamp {
    Timestamp::default().plus_ms(ms)
}

fn standing(session: &str, role: Role, since: i64) -> Standing {
    Standing { session: Some(session.to_owned()), role: Some(role), since: Some(at(since)) }
}

fn tab(id: &str, role: Option<Role>, since: i64) -> Tab {
    let (opened, counts, entries) = (at(0), FaultCounts::default(), Vec::new());
    Tab { id: id.to_owned(), this_tab: false, role, since: Some(at(since)), opened, visible: None, counts, entries }
}

fn news(id: &str) -> Event {
    Event::Heard(RollMessage::News(tab(id, None, 0)))
}

fn here(id: &str) -> Event {
    Event::Heard(RollMessage::Here(tab(id, None, 0)))
}

fn who(id: &str) -> Event {
    Event::Heard(RollMessage::Who { from: id.to_owned() })
}

fn bye(id: &str) -> Event {
    Event::Heard(RollMessage::Bye { from: id.to_owned() })
}

/// A tab that takes part, and its clock.
struct Page {
    roll: RollCall,
    now: i64,
}

impl Page {
    fn new(standing: Standing) -> Self {
        let mut page = Self { roll: RollCall::new("own".to_owned()), now: 0 };
        assert_eq!(page.on(Event::Entered(standing)), [Action::Listen, Action::Announce]);
        page
    }

    fn on(&mut self, event: Event) -> Vec<Action> {
        self.roll.on(event, at(self.now), 0.5)
    }

    fn known(&self) -> Vec<&str> {
        self.roll.others().iter().map(|tab| &*tab.id).collect()
    }

    /// How long a roll call takes if these tabs answer at once.
    fn call(&mut self, answers: &[&str]) -> u32 {
        assert_eq!(self.on(Event::Called), [Action::Ask, Action::SetTimer(Timer::Step, STEP_MS)]);
        for id in answers {
            self.on(here(id));
        }
        self.wait()
    }

    fn wait(&mut self) -> u32 {
        let mut waited = 0;
        loop {
            waited += STEP_MS;
            self.now += i64::from(STEP_MS);
            let actions = self.on(Event::TimedOut(Timer::Step));
            if actions == [Action::TellChange, Action::Complete] {
                return waited;
            }
            assert_eq!(actions, [Action::SetTimer(Timer::Step, STEP_MS)]);
        }
    }
}

fn page() -> Page {
    Page::new(Standing::default())
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
    page.on(Event::Called);
    page.on(here("a"));
    page.on(Event::TimedOut(Timer::Step));
    assert_eq!(page.on(Event::Called), [Action::Ask], "the step is counted already");
    assert_eq!(page.wait(), LONG_PATIENCE_MS, "the tab is known, and has to answer again");
    assert!(page.known().is_empty());
    assert_eq!(page.on(Event::TimedOut(Timer::Step)), [], "nobody called");
}

#[test]
fn a_new_leader_replaces_the_former_one_and_a_late_answer_drops_no_tab() {
    let mut page = page();
    let leads = |id, since| Event::Heard(RollMessage::News(tab(id, Some(Role::Leader), since)));
    page.on(leads("former", 1));
    assert_eq!(page.known(), ["former"]);
    page.on(leads("next", 2));
    assert_eq!(page.known(), ["next"]);
    page.on(Event::Heard(RollMessage::Here(tab("former", Some(Role::Leader), 1))));
    assert_eq!(page.known(), ["next", "former"]);
}

#[test]
fn a_new_leader_drops_its_predecessor_and_starts_a_roll_call() {
    let mut page = Page::new(standing("s", Role::Follower, 0));
    page.on(Event::Heard(RollMessage::Here(tab("former", Some(Role::Leader), 1))));
    let actions = page.on(Event::Became(standing("s", Role::Leader, 2)));
    let timers = [Action::SetTimer(Timer::Announce, 0), Action::SetTimer(Timer::Settle, SETTLE_MS)];
    assert_eq!(actions, timers);
    assert_eq!(page.on(Event::TimedOut(Timer::Announce)), [Action::Announce]);
    assert!(page.known().is_empty());
    assert_eq!(page.on(Event::TimedOut(Timer::Settle)), [Action::Ask, Action::SetTimer(Timer::Step, STEP_MS)]);
    // The tab follows again: it announces that, but does not start a roll call.
    let actions = page.on(Event::Became(standing("s", Role::Follower, 3)));
    assert_eq!(actions, [Action::SetTimer(Timer::Announce, 0)]);
}

#[test]
fn a_tab_that_changes_its_session_says_bye_to_the_former_one() {
    let mut page = page();
    page.on(news("a"));
    page.on(Event::Became(standing("s", Role::Follower, 0)));
    let actions = page.on(Event::TimedOut(Timer::Announce));
    assert_eq!(actions, [Action::SayBye { session: None }, Action::Announce]);
    assert!(page.known().is_empty());
    assert_eq!(page.on(Event::TimedOut(Timer::Announce)), [Action::Announce], "it is known by now");
    page.on(Event::Became(Standing::default()));
    let actions = page.on(Event::TimedOut(Timer::Announce));
    assert_eq!(actions, [Action::SayBye { session: Some("s".to_owned()) }, Action::Announce]);
}

#[test]
fn a_hidden_page_says_bye_unless_it_led_and_listens_again_when_shown() {
    let mut page = Page::new(standing("s", Role::Leader, 0));
    assert_eq!(page.on(Event::Hidden { led: true }), [Action::Close]);
    assert_eq!(page.on(Event::Shown), [Action::Listen, Action::Announce]);
    let farewell = Action::SayBye { session: Some("s".to_owned()) };
    assert_eq!(page.on(Event::Hidden { led: false }), [farewell, Action::Close]);
}

#[test]
fn new_tabs_get_one_answer_together_after_a_random_delay() {
    let mut page = page();
    for (random, ms) in [(0.0, 300), (1.0, 600), (7.0, 600), (-1.0, 300)] {
        let actions = page.roll.on(news(&format!("tab-{ms}-{random}")), at(0), random);
        assert_eq!(actions, [Action::SetTimer(Timer::Greet, ms), Action::TellChange]);
        assert_eq!(page.on(news(&format!("other-{ms}-{random}"))), [Action::TellChange]);
        assert_eq!(page.on(Event::TimedOut(Timer::Greet)), [Action::Answer]);
    }
    assert_eq!(page.on(news("tab-300-0")), [Action::TellChange], "it is known");
    assert_eq!(page.on(here("unknown")), [Action::TellChange], "it was there before");
}

#[test]
fn the_number_of_answers_per_second_is_limited() {
    let mut page = page();
    let answers =
        |page: &mut Page| (0..2_000).map(|number| page.on(who(&format!("tab-{number}"))).len()).sum::<usize>();
    assert_eq!(answers(&mut page), ANSWERS_A_SECOND as usize);
    page.now = 999;
    assert_eq!(answers(&mut page), 0);
    page.now = 1_000;
    assert_eq!(answers(&mut page), ANSWERS_A_SECOND as usize);
}

#[test]
fn at_most_64_other_tabs_are_kept_and_each_of_them_can_leave() {
    let mut page = page();
    page.on(Event::Called);
    for number in 0..2_000 {
        page.on(news(&format!("tab-{number}")));
    }
    assert_eq!(page.known().len(), MAX_OTHERS);
    page.wait();
    assert_eq!(page.known().len(), MAX_OTHERS);
    let update = tab("tab-0", Some(Role::Follower), 5);
    page.on(Event::Heard(RollMessage::News(update.clone())));
    assert_eq!(page.roll.others()[0], update, "one that is known may change");
    for id in page.known().into_iter().map(str::to_owned).collect::<Vec<_>>() {
        assert_eq!(page.on(bye(&id)), [Action::TellChange]);
    }
    assert!(page.known().is_empty());
    page.on(news("last"));
    assert_eq!(page.known(), ["last"]);
}

#[test]
fn a_message_with_this_tabs_own_id_is_ignored() {
    let mut page = page();
    for event in [news("own"), here("own"), who("own"), bye("own")] {
        assert_eq!(page.on(event), []);
    }
    assert!(page.known().is_empty());
}

#[test]
fn a_tab_that_leaves_during_a_roll_call_is_not_counted() {
    let mut page = page();
    page.on(Event::Called);
    page.on(here("a"));
    page.on(here("b"));
    page.on(bye("a"));
    assert_eq!(page.wait(), PATIENCE_MS);
    assert_eq!(page.known(), ["b"]);
}

#[test]
fn a_repair_knows_of_other_tabs_that_were_open_since_the_page_was_loaded() {
    let long = i64::from(AT_ONCE_MS);
    let fresh = || Page::new(Standing::default());
    let led_after = |ms| {
        let mut page = Page::new(standing("s", Role::Follower, 0));
        page.now += ms;
        page.on(Event::Became(standing("s", Role::Leader, page.now)));
        page
    };
    let seen = |events: &[Event]| {
        let mut page = fresh();
        for event in events {
            page.on(event.clone());
        }
        page
    };
    let hidden_while_following = || {
        let mut page = Page::new(standing("s", Role::Leader, 0));
        page.on(Event::Became(standing("s", Role::Follower, 0)));
        page.on(Event::Hidden { led: true });
        page.now += 60 * long;
        page.on(Event::Shown);
        page.on(Event::Became(standing("s", Role::Leader, page.now)));
        page
    };
    let mut unanswered = seen(&[here("other")]);
    unanswered.call(&[]);
    for (what, page, company) in [
        ("nobody", fresh(), Tabs::Alone),
        ("another is open", seen(&[here("other")]), Tabs::Unknown),
        ("another came and went", seen(&[news("other"), bye("other")]), Tabs::AloneSinceLater),
        ("another does not answer any more", unanswered, Tabs::AloneSinceLater),
        ("another leads, and is silent", Page::new(standing("s", Role::Follower, 0)), Tabs::Unknown),
        ("the lock was free", led_after(long - 1), Tabs::Alone),
        ("the lock was another's", led_after(long), Tabs::AloneSinceLater),
        ("this page was left, and came back", hidden_while_following(), Tabs::Alone),
        ("no locks", Page::new(standing("s", Role::Solo, 0)), Tabs::Alone),
    ] {
        assert_eq!(page.roll.company(), company, "{what}");
    }
}
