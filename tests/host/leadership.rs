//! Any number of tabs, a model of the browser's locks and channels, and everything that can happen to a tab, in any order:
//! two active tabs never lead at once, and in the end one leads.

#![cfg(not(target_family = "wasm"))]

mod browser_model;

use browser_model::{Browser, Client, Host, Step, Tab};
use lotus_crypto_diag::election::Role;
use proptest::prelude::*;

/// The messages of a hostile script: of every kind, in the name of every tab and of tabs that do not exist, and plain
/// nonsense.
fn forged() -> impl Strategy<Value = Step> {
    let id = || {
        prop_oneof![
            4 => (0..8_usize).prop_map(|tab| format!("tab-{tab}")),
            1 => Just("nobody".to_owned()),
            1 => Just("x".repeat(1_000)),
        ]
    };
    let kind = prop::sample::select(vec!["ask", "heard", "refused", "yours", "ready", "leading", "unknown"]);
    (kind, id(), id()).prop_map(|(kind, to, from)| Step::Forge(format!("{kind} {to} {from}")))
}

fn step() -> impl Strategy<Value = Step> {
    let tab = 0..8_usize;
    prop_oneof![
        2 => Just(Step::Open),
        1 => tab.clone().prop_map(Step::Close),
        2 => (tab.clone(), 0..5_000_u64).prop_map(|(tab, ms)| Step::Reload(tab, ms)),
        1 => (tab.clone(), 0..30_000_u64).prop_map(|(tab, ms)| Step::Sleep(tab, ms)),
        1 => (tab.clone(), 0..40_000_u64).prop_map(|(tab, ms)| Step::Block(tab, ms)),
        2 => (tab.clone(), 0..4_000_u64).prop_map(|(tab, ms)| Step::Block(tab, ms)),
        2 => (tab.clone(), any::<bool>()).prop_map(|(tab, visible)| Step::Show(tab, visible)),
        3 => tab.clone().prop_map(Step::TakeOver),
        1 => tab.clone().prop_map(Step::Release),
        1 => (tab, any::<bool>(), 0..30_000_u64, 0..40_000_u64).prop_map(|(tab, refuses, decision_ms, shutdown_ms)| {
            Step::Host(tab, Host { refuses, decision_ms, shutdown_ms })
        }),
        3 => (0..300_u64).prop_map(Step::Wait),
        2 => (0..20_000_u64).prop_map(Step::Wait),
    ]
}

/// One tab leads, every tab that wanted to lead has its answer, and only the leader's client runs.
fn is_settled(browser: &Browser) -> Result<(), TestCaseError> {
    let log = browser.log.join("\n");
    let takes_part = |tab: &&Tab| tab.open && !format!("{:?}", tab.machine).contains("Away");
    let partakers = browser.tabs.iter().filter(takes_part).count();
    let leaders = browser.tabs.iter().filter(takes_part).filter(|tab| tab.machine.role() == Role::Leader).count();
    prop_assert_eq!(leaders, usize::from(partakers > 0), "{}", log);
    for tab in browser.tabs.iter().filter(|tab| tab.open) {
        prop_assert!(!tab.unanswered, "unanswered\n{}", log);
        prop_assert!(!tab.silent, "silent, and nobody hangs\n{}", log);
        let is_at_work = takes_part(&tab) && tab.machine.role() == Role::Leader;
        prop_assert_eq!(tab.client == Client::Running, is_at_work, "{:?}\n{}", tab.client, log);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_tabs_never_lead_at_once_and_in_the_end_one_leads(random in any::<u64>(), steps in prop::collection::vec(step(), 0..40)) {
        let mut browser = Browser::new(random);
        for step in &steps {
            browser.log.push(format!("{:>7} {step:?}", browser.now));
            browser.take(step);
            browser.check();
        }
        browser.run_until(browser.now + 300_000);
        is_settled(&browser)?;
    }

    #[test]
    fn forged_messages_never_make_two_leaders_and_one_tab_leads_afterwards(
        random in any::<u64>(),
        steps in prop::collection::vec(prop_oneof![1 => step(), 2 => forged()], 0..60),
    ) {
        let mut browser = Browser::new(random);
        for step in &steps {
            browser.log.push(format!("{:>7} {:.60}", browser.now, format!("{step:?}")));
            browser.take(step);
            browser.check();
        }
        browser.run_until(browser.now + 300_000);
        is_settled(&browser)?;
    }

    #[test]
    fn no_forged_message_ends_a_call(
        random in any::<u64>(),
        others in 0..4_usize,
        forged in prop::collection::vec((forged(), 0..20_000_u64), 0..60),
    ) {
        let mut browser = Browser::new(random);
        browser.take(&Step::Host(0, Host { refuses: true, ..Host::default() }));
        browser.take(&Step::Wait(1_000));
        for _ in 0..others {
            browser.take(&Step::Open);
        }
        for (step, ms) in &forged {
            browser.take(step);
            browser.take(&Step::Wait(*ms));
        }
        let Tab { machine, client, starts, .. } = &browser.tabs[0];
        let now = (machine.role(), *client, *starts);
        prop_assert_eq!(now, (Role::Leader, Client::Running, 1), "{}", browser.log.join("\n"));
    }

    #[test]
    fn a_hanging_leader_is_silent_until_it_closes_or_wakes_and_no_other_tab_leads(
        random in any::<u64>(), others in 1..6_usize, asks_first in any::<bool>(), is_closed in any::<bool>(),
    ) {
        let mut browser = Browser::new(random);
        browser.take(&Step::Wait(1_000));
        for other in 1..=others {
            browser.take(&Step::Open);
            browser.take(&Step::Show(other, false));
        }
        // The asking tab is the first or the last in line.
        let asks = if asks_first { 1 } else { others };
        browser.take(&Step::Show(asks, true));
        browser.take(&Step::Wait(1_000));
        browser.take(&Step::Block(0, 20_000));
        browser.take(&Step::TakeOver(asks));
        browser.take(&Step::Wait(4_100));
        let silent: Vec<usize> = (0..=others).filter(|tab| browser.tabs[*tab].silent).collect();
        prop_assert_eq!((silent, browser.tabs[asks].machine.role()), (vec![asks], Role::Follower));
        if is_closed {
            browser.take(&Step::Close(0));
            browser.take(&Step::Wait(500));
        } else {
            browser.take(&Step::Wait(20_000));
        }
        let log = browser.log.join("\n");
        prop_assert_eq!(browser.tabs[asks].machine.role(), Role::Leader, "{}", log);
        prop_assert!(browser.tabs.iter().all(|tab| !tab.silent), "{}", log);
        // No other client started in between.
        let starts: u32 = browser.tabs.iter().map(|tab| tab.starts).sum();
        prop_assert_eq!(starts, 2, "{}", log);
    }

    #[test]
    fn a_visible_leader_leads_again_after_a_reload_and_no_other_tab_starts_a_client(
        random in any::<u64>(), others in 1..6_usize, reload_ms in 0..9_800_u64,
    ) {
        let mut browser = Browser::new(random);
        browser.take(&Step::Wait(1_000));
        for other in 1..=others {
            browser.take(&Step::Open);
            browser.take(&Step::Show(other, false));
        }
        browser.take(&Step::Wait(2_000));
        browser.take(&Step::Reload(0, reload_ms));
        browser.take(&Step::Wait(500));
        let log = browser.log.join("\n");
        let starts: Vec<u32> = browser.tabs.iter().map(|tab| tab.starts).collect();
        let mut expected = vec![0; others + 2];
        (expected[0], expected[others + 1]) = (1, 1);
        prop_assert_eq!(starts, expected, "{}", log);
    }

    #[test]
    fn after_a_slow_reload_a_tab_gets_the_lead_back_unless_the_new_leader_is_in_a_call(
        random in any::<u64>(), reload_ms in 11_000..50_000_u64, in_call in any::<bool>(),
    ) {
        let mut browser = Browser::new(random);
        browser.take(&Step::Open);
        browser.take(&Step::Show(1, false));
        browser.take(&Step::Host(1, Host { refuses: in_call, ..Host::default() }));
        browser.take(&Step::Wait(2_000));
        browser.take(&Step::Reload(0, reload_ms));
        browser.take(&Step::Wait(1_000));
        let leads = browser.tabs.iter().map(|tab| tab.open && tab.machine.role() == Role::Leader).collect::<Vec<_>>();
        prop_assert_eq!(leads, [false, in_call, !in_call], "{}", browser.log.join("\n"));
    }
}
