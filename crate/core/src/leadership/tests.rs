use super::*;

fn tab(id: &str) -> Leadership {
    Leadership::new(id.to_owned())
}

fn waiting() -> Leadership {
    let mut tab = tab("a");
    tab.handle(Event::Visible(true));
    tab.handle(Event::Started { was_leader: false });
    tab
}

fn granted(number: u32) -> Event {
    Event::Granted { number, waited_ms: 60_000 }
}

fn leading() -> Leadership {
    let mut tab = waiting();
    tab.handle(granted(1));
    assert_eq!(tab.role(), Role::Leader);
    tab
}

/// A tab whose leader did not respond.
fn silent() -> Leadership {
    let mut tab = waiting();
    let (number, _) = timer(&tab.handle(Event::TakeOver));
    tab.handle(Event::TimedOut(number));
    assert!(tab.is_leader_silent());
    tab
}

fn unseen() -> Leadership {
    let mut tab = waiting();
    tab.handle(Event::Visible(false));
    tab
}

fn heard(message: &str) -> Event {
    Event::MessageReceived(Message::parse(message).unwrap())
}

fn yields(question: u32) -> Event {
    Event::Decided { question, refusal: None }
}

fn timer(actions: &[Action]) -> (u32, u32) {
    let found = actions.iter().find_map(|action| match action {
        Action::SetTimer { number, ms } => Some((*number, *ms)),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no timer: {actions:?}"))
}

#[test]
fn a_tab_that_has_the_lock_leads_despite_a_late_answer() {
    for answer in ["heard a", "refused a in a call", "yours a b", "leading b"] {
        let mut tab = waiting();
        tab.handle(Event::TakeOver);
        assert!(tab.handle(granted(1)).contains(&Action::Answered(Answer::Granted)), "{answer}");
        assert_eq!(tab.handle(heard(answer)), [], "{answer}");
        assert_eq!(tab.role(), Role::Leader, "{answer}");
    }
}

#[test]
fn an_unresponsive_leader_keeps_the_lead_and_is_reported_as_silent() {
    let mut tab = waiting();
    let (number, ms) = timer(&tab.handle(Event::TakeOver));
    assert_eq!(ms, ANSWER_MS);
    assert_eq!(tab.handle(Event::TimedOut(number)), [Action::NotifySilent(true), Action::Answered(Answer::Silence)]);
    assert_eq!(tab.role(), Role::Follower);
    // The tab stays in the queue: when the other tab is closed, it leads without a pause, although the user was
    // looking at the other tab.
    tab.handle(Event::Visible(false));
    let actions = tab.handle(granted(1));
    assert!(actions.contains(&Action::NotifyRole(Role::Leader)), "{actions:?}");
    assert!(actions.contains(&Action::NotifySilent(false)), "{actions:?}");
}

#[test]
fn a_leader_is_silent_until_it_answers_is_replaced_or_this_tab_asks_again_or_leaves() {
    let asks = Action::Post(Message::Ask { from: "a".into() });
    for (is_visible, event, asks_anew) in [
        (true, heard("heard a"), false),
        (true, heard("refused a in a call"), false),
        (true, heard("yours a b"), false),
        (true, heard("leading b"), true),
        (false, heard("leading b"), false),
        (true, Event::TakeOver, true),
        (true, Event::Unavailable, false),
        (true, Event::Hidden, false),
        (true, Event::Released, false),
    ] {
        let mut tab = silent();
        tab.handle(Event::Visible(is_visible));
        // Messages from and to other tabs.
        for message in ["ask b", "heard b", "refused b in a call", "yours b c", "ready c b", "leading a"] {
            let actions = tab.handle(heard(message));
            assert!(tab.is_leader_silent() && !actions.contains(&asks), "{message}: {actions:?}");
        }
        let actions = tab.handle(event.clone());
        assert!(actions.contains(&Action::NotifySilent(false)), "{event:?}: {actions:?}");
        assert!(!tab.is_leader_silent(), "{event:?}");
        assert_eq!(actions.contains(&asks), asks_anew, "{event:?}: {actions:?}");
    }
}

#[test]
fn a_leader_holds_the_lock_until_the_requesting_tab_is_ready_and_the_others_requeue() {
    let mut leader = leading();
    leader.handle(heard("ask b"));
    leader.handle(yields(1));
    let down = leader.handle(Event::HostShutDown);
    assert_eq!(down[0], Action::NotifyRole(Role::Follower));
    assert!(down.contains(&Action::Post(Message::Yours { to: "b".into(), from: "a".into() })));
    assert!(!down.contains(&Action::Cancel(1)), "{down:?}");

    let mut first_in_line = tab("c");
    first_in_line.handle(Event::Started { was_leader: false });
    assert_eq!(first_in_line.handle(heard("yours b a")), [Action::Cancel(1), Action::Request(2)]);

    let mut asking = tab("b");
    asking.handle(Event::Started { was_leader: false });
    asking.handle(Event::TakeOver);
    let ready = Message::Ready { to: "a".into(), from: "b".into() };
    assert_eq!(asking.handle(heard("yours b a"))[0], Action::Post(ready.clone()));

    assert_eq!(leader.handle(heard("ready a c")), [], "of another tab");
    assert_eq!(leader.handle(Event::MessageReceived(ready)), [Action::Cancel(1), Action::Request(2)]);
}

#[test]
fn the_lock_goes_to_the_queue_if_the_requesting_tab_disappears() {
    let mut leader = leading();
    leader.handle(heard("ask b"));
    leader.handle(yields(1));
    let (number, ms) = timer(&leader.handle(Event::HostShutDown));
    assert_eq!(ms, HANDOVER_MS);
    assert_eq!(leader.handle(Event::TimedOut(number)), [Action::Cancel(1), Action::Request(2)]);
}

#[test]
fn a_host_that_agrees_after_the_time_limit_is_not_shut_down() {
    let mut tab = leading();
    let (number, _) = timer(&tab.handle(heard("ask b")));
    let reason = "the other tab did not decide".to_owned();
    let refused = Message::Refused { to: "b".to_owned(), reason };
    assert_eq!(tab.handle(Event::TimedOut(number)), [Action::Post(refused)]);
    assert_eq!(tab.handle(yields(1)), []);
    assert_eq!(tab.role(), Role::Leader);
}

#[test]
fn a_hosts_late_answer_does_not_count_for_a_later_question() {
    let mut tab = leading();
    let question = |actions: &[Action]| {
        let found =
            actions.iter().find_map(|action| if let Action::AskHost(number) = action { Some(*number) } else { None });
        found.unwrap_or_else(|| panic!("not asked: {actions:?}"))
    };
    let actions = tab.handle(heard("ask b"));
    let first = question(&actions);
    // The host did not answer in time; another tab asks.
    tab.handle(Event::TimedOut(timer(&actions).0));
    let second = question(&tab.handle(heard("ask c")));
    assert_eq!(tab.handle(yields(first)), []);
    let refusal = Some("in a call".to_owned());
    let refused = Message::Refused { to: "c".to_owned(), reason: "in a call".to_owned() };
    assert_eq!(tab.handle(Event::Decided { question: second, refusal }), [Action::Post(refused)]);
    assert_eq!(tab.handle(yields(first)), []);
    let third = question(&tab.handle(heard("ask b")));
    assert!(tab.handle(yields(third)).contains(&Action::ShutDown));
}

#[test]
fn a_tab_does_not_lead_again_before_its_host_has_shut_down() {
    let mut tab = leading();
    tab.handle(heard("ask b"));
    assert!(tab.handle(yields(1)).contains(&Action::ShutDown));
    tab.handle(Event::Hidden);
    assert_eq!(tab.handle(Event::Shown), []);
    assert_eq!(tab.handle(Event::HostShutDown), [Action::Request(2)]);
}

#[test]
fn an_invisible_tab_pauses_before_it_takes_the_lead_from_another_tab() {
    let mut paused = unseen();
    let (number, ms) = timer(&paused.handle(granted(1)));
    assert_eq!((paused.role(), ms), (Role::Follower, LEAD_DELAY_MS));
    assert_eq!(paused.handle(Event::TimedOut(number)), [Action::NotifyRole(Role::Leader)]);

    let mut looked_at = unseen();
    looked_at.handle(granted(1));
    assert_eq!(looked_at.handle(Event::Visible(true)), [Action::NotifyRole(Role::Leader)]);

    // The tab moved behind another one, which was reloaded at once: its new request is granted quickly, but it has
    // waited for long.
    let mut stepped_back = unseen();
    assert!(stepped_back.handle(heard("yours other leader")).contains(&Action::Request(2)));
    stepped_back.handle(Event::Granted { number: 2, waited_ms: 10 });
    assert_eq!(stepped_back.role(), Role::Follower);

    // No tab led before.
    let mut alone = unseen();
    let actions = alone.handle(Event::Granted { number: 1, waited_ms: 10 });
    assert!(actions.contains(&Action::NotifyRole(Role::Leader)), "{actions:?}");
}

#[test]
fn a_tab_that_pauses_hands_over_without_asking_its_host() {
    let mut tab = unseen();
    tab.handle(granted(1));
    let actions = tab.handle(heard("ask b"));
    assert!(actions.contains(&Action::Post(Message::Yours { to: "b".into(), from: "a".into() })), "{actions:?}");
    assert!(!actions.iter().any(|action| matches!(action, Action::AskHost(_) | Action::NotifyRole(_))), "{actions:?}");
}

#[test]
fn a_reloaded_leader_asks_for_the_lead_again_if_its_tab_is_visible() {
    assert!(leading().handle(Event::Hidden).contains(&Action::StoreLeaderNote));
    assert!(!waiting().handle(Event::Hidden).contains(&Action::StoreLeaderNote));
    for is_visible in [true, false] {
        let mut reloaded = tab("a");
        reloaded.handle(Event::Visible(is_visible));
        let actions = reloaded.handle(Event::Started { was_leader: true });
        assert_eq!(actions.contains(&Action::Post(Message::Ask { from: "a".into() })), is_visible);
        // Reloaded again before an answer came, the tab asks again.
        assert_eq!(reloaded.handle(Event::Hidden).contains(&Action::StoreLeaderNote), is_visible);
    }
}
