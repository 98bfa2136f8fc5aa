use super::*;

fn waiting() -> Leadership {
    let mut tab = Leadership::new("a".to_owned());
    tab.on(Event::Started);
    tab
}

fn leading() -> Leadership {
    let mut tab = waiting();
    tab.on(Event::Granted(1));
    assert_eq!(tab.role(), Role::Leader);
    tab
}

fn heard(message: &str) -> Event {
    Event::Heard { message: Message::parse(message).unwrap(), late_ms: 0 }
}

#[test]
fn an_answer_that_comes_after_the_lock_does_not_keep_a_tab_from_leading() {
    for answer in ["heard a", "refused a in a call", "yours a b", "leading b"] {
        let mut tab = waiting();
        tab.on(Event::TakeOver);
        assert!(tab.on(Event::Granted(1)).contains(&Action::Answered(None)), "{answer}");
        assert_eq!(tab.on(heard(answer)), [], "{answer}");
        assert_eq!(tab.role(), Role::Leader, "{answer}");
    }
}

#[test]
fn a_lock_that_was_taken_from_another_tab_is_no_lead_before_that_had_time_to_hear_of_it() {
    let mut tab = waiting();
    tab.on(Event::TakeOver);
    tab.on(heard("yours a b"));
    let taken = tab.on(Event::Granted(2));
    let [Action::SetTimer { number, ms: GRACE_MS }] = taken[..] else { panic!("{taken:?}") };
    assert_eq!((tab.role(), tab.on(Event::TakeOver)), (Role::Follower, Vec::new()));
    assert!(tab.on(Event::TimedOut(number)).contains(&Action::Answered(None)));
    assert_eq!(tab.role(), Role::Leader);
}

#[test]
fn a_tab_leads_sooner_where_the_one_that_held_the_lock_out_says_that_it_was_taken_from_it() {
    for told_first in [false, true] {
        let mut tab = waiting();
        tab.on(Event::TakeOver);
        tab.on(heard("yours a b"));
        for of_no_matter in ["taken c b", "taken a c"] {
            assert_eq!(tab.on(heard(of_no_matter)), []);
        }
        let (first, second) = (Event::Granted(2), heard("taken a b"));
        let (first, second) = if told_first { (second, first) } else { (first, second) };
        tab.on(first);
        let actions = tab.on(second);
        let [Action::SetTimer { number, ms: CONSENT_MS }] = actions[..] else { panic!("{actions:?}") };
        assert!(tab.on(Event::TimedOut(number)).contains(&Action::Answered(None)));
    }
}

#[test]
fn whoever_held_the_lock_out_says_when_it_was_taken() {
    let mut tab = leading();
    tab.on(heard("ask b"));
    tab.on(Event::Decided(None));
    tab.on(Event::Down);
    let taken = Message::Taken { to: "b".to_owned(), from: "a".to_owned() };
    assert!(tab.on(Event::Ended(1)).contains(&Action::Post(taken)));
}

#[test]
fn a_yes_that_comes_after_the_bound_shuts_nothing_down() {
    let mut tab = leading();
    let asked = tab.on(heard("ask b"));
    let Some(Action::SetTimer { number, .. }) = asked.get(1) else { panic!("{asked:?}") };
    let reason = "the other tab did not decide".to_owned();
    let refused = Message::Refused { to: "b".to_owned(), reason };
    assert_eq!(tab.on(Event::TimedOut(*number)), [Action::Post(refused)]);
    assert_eq!(tab.on(Event::Decided(None)), []);
    assert_eq!(tab.role(), Role::Leader);
}

#[test]
fn a_tab_does_not_lead_again_before_its_host_has_shut_down() {
    let mut tab = leading();
    tab.on(heard("ask b"));
    assert!(tab.on(Event::Decided(None)).contains(&Action::ShutDown));
    tab.on(Event::Hidden);
    assert_eq!(tab.on(Event::Shown), []);
    assert_eq!(tab.on(Event::Down), [Action::Request { number: 2, steal: false }]);
}
