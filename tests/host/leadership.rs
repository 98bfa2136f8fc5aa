//! Any number of tabs, a model of the browser's locks and channels, and everything that can happen to a tab, in any
//! order: never do two tabs at work lead, and in the end one leads.

#![cfg(not(target_family = "wasm"))]

mod browser_model;

use browser_model::{Browser, Client, Host, Step, Tab};
use lotus_crypto_diag::election::Role;
use proptest::prelude::*;

fn step() -> impl Strategy<Value = Step> {
    let tab = 0..8_usize;
    prop_oneof![
        2 => Just(Step::Open),
        1 => tab.clone().prop_map(Step::Close),
        1 => (tab.clone(), 0..30_000_u64).prop_map(|(tab, ms)| Step::Sleep(tab, ms)),
        1 => (tab.clone(), 0..40_000_u64).prop_map(|(tab, ms)| Step::Block(tab, ms)),
        2 => (tab.clone(), 0..4_000_u64).prop_map(|(tab, ms)| Step::Block(tab, ms)),
        3 => tab.clone().prop_map(Step::TakeOver),
        1 => tab.clone().prop_map(Step::Release),
        1 => (tab, any::<bool>(), 0..30_000_u64, 0..40_000_u64).prop_map(|(tab, refuses, decision_ms, shutdown_ms)| {
            Step::Host(tab, Host { refuses, decision_ms, shutdown_ms })
        }),
        3 => (0..300_u64).prop_map(Step::Wait),
        2 => (0..20_000_u64).prop_map(Step::Wait),
    ]
}

/// The leader goes just before the lock is taken from it, with its consent or after its silence; the tab that is given the
/// lock instead does not run then; and the thief may go before it leads.
fn robbery() -> impl Strategy<Value = Vec<Step>> {
    let consents = (Just(0), 0..200_u64);
    let hangs = (Just(60_000), 9_000..12_200_u64);
    let end = prop_oneof![Just(Step::Close(2)), Just(Step::TakeOver(1))];
    (prop_oneof![consents, hangs], 0..200_u64, 0..5_000_u64, 0..2_500_u64, end).prop_map(
        |((hang, asked), blocked, block, later, end)| {
            let opened = [Step::Open, Step::Open, Step::Open, Step::Wait(5_000)];
            let asked = [Step::Block(0, hang), Step::TakeOver(2), Step::Wait(asked)];
            let robbed = [Step::Block(1, block + blocked), Step::Wait(later.min(blocked)), Step::Close(0)];
            opened.into_iter().chain(asked).chain(robbed).chain([Step::Wait(later), end]).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_two_leaders_and_in_the_end_one(random in any::<u64>(), steps in prop_oneof![
        9 => prop::collection::vec(step(), 0..40).boxed(),
        1 => robbery().boxed(),
    ]) {
        let mut browser = Browser::new(random);
        for step in &steps {
            browser.log.push(format!("{:>7} {step:?}", browser.now));
            browser.take(step);
            browser.check();
        }
        browser.run_until(browser.now + 300_000);
        let log = browser.log.join("\n");

        let takes_part = |tab: &&Tab| tab.open && !format!("{:?}", tab.machine).contains("Away");
        let partakers = browser.tabs.iter().filter(takes_part).count();
        let leaders = browser.tabs.iter().filter(takes_part).filter(|tab| tab.machine.role() == Role::Leader).count();
        prop_assert_eq!(leaders, usize::from(partakers > 0), "{}", log);
        for tab in browser.tabs.iter().filter(|tab| tab.open) {
            prop_assert!(!tab.unanswered, "unanswered\n{}", log);
            let is_at_work = takes_part(&tab) && tab.machine.role() == Role::Leader;
            prop_assert_eq!(tab.client == Client::Running, is_at_work, "{:?}\n{}", tab.client, log);
        }
    }
}
