//! How much room the records use, and which of them are removed.
#![cfg(not(target_family = "wasm"))]

mod origin;

use lotus_crypto_diag::entry::{Detail, Fault};
use lotus_crypto_diag::keeper::{DEVICE_LIMIT, Flushed, TOTAL_LIMIT};
use lotus_crypto_diag::record_storage::PREFIX;
use origin::{DAY, MISSING, Origin, Page, folder, messages, read};
use proptest::prelude::*;

#[test]
fn a_full_record_keeps_the_first_and_last_entry_of_each_fault_and_then_refusals() {
    let origin = Origin::default();
    let mut page = Page::of(&origin, "D");
    page.logs(MISSING);
    page.logs("(id=$bad): DecryptionError[msg: missing field `algorithm`]");
    for number in 0..60 {
        page.logs(&format!("(id=${number}): DecryptionError[msg: {}]", "no key ".repeat(300)));
        page.refused(number);
        origin.pass(10);
    }
    page.logs("[MembershipManager] Missing own membership: force re-join");
    page.leave();
    let mut next = Page::of(&origin, "D");
    next.flush();
    let [earlier] = next.earlier().try_into().unwrap();
    assert!(earlier.entries_left_out > 20);
    assert_eq!(earlier.counts.get(Fault::Ke1), 60, "they are counted");
    let messages = messages(&earlier);
    for kept in [MISSING, "(id=$bad)", "(id=$59)", "AAAA000000 ", "AAAA000059 ", "force re-join"] {
        assert!(messages.iter().any(|message| message.contains(kept)), "lost: {kept}");
    }
    let refusals = earlier.entries.iter().filter(|entry| matches!(entry.detail, Detail::Refusal(_))).count();
    assert!(refusals > 30 && refusals > earlier.entries.len() / 2, "{refusals}");
}

#[test]
fn at_least_three_full_page_loads_are_kept_and_more_small_ones() {
    let origin = Origin::default();
    let mut ids = Vec::new();
    for number in 0..8 {
        let mut page = Page::of(&origin, "D");
        (0..200).for_each(|of| page.refused(number * 1000 + of));
        ids.push(page.leave());
        origin.pass(1000);
        assert!(origin.size(PREFIX) <= DEVICE_LIMIT);
    }
    let kept = |id: &String| origin.keys().iter().any(|key| key.ends_with(id));
    assert_eq!(ids.iter().map(kept).collect::<Vec<_>>(), [false, false, false, false, true, true, true, true]);
    let origin = Origin::default();
    for _ in 0..100 {
        Page::of(&origin, "D").leave();
        origin.pass(1000);
    }
    assert!((20..40).contains(&origin.records()), "small ones: {}", origin.records());
}

#[test]
fn twelve_tabs_share_the_room_and_none_is_left_out() {
    let origin = Origin::default();
    let mut tabs: Vec<_> = (0..12).map(|_| Page::of(&origin, "D")).collect();
    for round in 0..30_u32 {
        for at in 0..12_u32 {
            let others = |of: &Page| of.id != tabs[at as usize].id;
            let open: Vec<_> = tabs.iter().filter(|tab| others(tab)).map(|tab| tab.id.clone()).collect();
            let tab = &mut tabs[at as usize];
            (0..20).for_each(|line| tab.refused(at * 10_000 + round * 100 + line));
            tab.flush_beside(&open);
            assert!(origin.size(PREFIX) <= DEVICE_LIMIT, "{}", origin.size(PREFIX));
            origin.pass(100);
        }
    }
    assert_eq!(origin.records(), 12);
    let earlier = tabs[0].earlier();
    assert_eq!(earlier.len(), 11);
    for page in earlier {
        assert!(page.entries.len() >= 8, "{}", page.entries.len());
        assert_eq!(page.counts.get(Fault::Ke1), 600);
    }
}

#[test]
fn a_record_is_removed_after_seven_days_in_either_direction_of_the_clock() {
    for (days, is_kept) in [(6, true), (8, false), (-6, true), (-8, false)] {
        let origin = Origin::default();
        Page::of(&origin, "D").leave();
        origin.pass(days * DAY);
        let mut next = Page::of(&origin, "D");
        assert_eq!(next.earlier_with_notes(Some(&[])).pages.len(), usize::from(is_kept), "{days}");
        next.flush();
        assert_eq!(origin.records(), 1 + usize::from(is_kept), "{days}");
    }
}

#[test]
fn a_full_storage_removes_earlier_pages_and_never_the_apps_data() {
    let origin = Origin::default();
    origin.set("session", &"x".repeat(100_000));
    Page::of(&origin, "D").leave();
    Page::of(&origin, "E").leave();
    let mut page = Page::of(&origin, "D");
    page.flush();
    origin.quota.set(origin.size(""));
    (0..3).for_each(|number| page.refused(number));
    assert!(matches!(page.flush(), Flushed::Kept { .. }));
    assert_eq!(
        page.earlier_with_notes(Some(&[])).notes,
        ["the evidence of this page is not kept: QuotaExceededError: no room"]
    );
    assert_eq!(origin.records(), 1);
    // The app frees some room.
    origin.quota.set(5_000_000);
    page.refused(9);
    page.flush();
    assert_eq!(page.earlier_with_notes(Some(&[])).notes.len(), 0);
    assert_eq!(origin.texts.borrow()["session"].len(), 100_000);
}

#[test]
fn the_records_shrink_as_the_app_uses_more_storage_and_vanish_in_the_end() {
    let origin = Origin::default();
    for _ in 0..40 {
        let mut page = Page::of(&origin, "D");
        (0..60).for_each(|number| page.refused(number));
        page.leave();
        origin.pass(1000);
    }
    let full = origin.size(PREFIX);
    assert!(full > DEVICE_LIMIT / 2, "{full}");
    for (taken, most) in [(3_000_000, DEVICE_LIMIT), (3_900_000, 100_000), (4_000_000, 0), (4_999_000, 0)] {
        origin.set("app", &"x".repeat(taken - 3));
        let mut page = Page::of(&origin, "D");
        page.refused(1);
        page.flush();
        let size = origin.size(PREFIX);
        assert!(size <= most, "{taken}: {size}");
        assert_eq!(size > 0, most > 0, "{taken}: {size}");
        let notes = page.earlier_with_notes(Some(&[])).notes;
        assert_eq!(
            notes.iter().any(|note| note.contains("the app, the other tabs and pages leave no room")),
            most == 0
        );
        page.leave();
        origin.pass(1000);
    }
    // Records are stored again when the app needs less.
    origin.set("app", "x");
    let mut page = Page::of(&origin, "D");
    page.refused(1);
    page.flush();
    assert!(origin.size(PREFIX) > 0 && page.earlier_with_notes(Some(&[])).notes.is_empty());
}

#[test]
fn a_blocked_storage_is_noted() {
    let origin = Origin::default();
    origin.is_blocked.set(true);
    let mut page = Page::of(&origin, "D");
    page.logs(MISSING);
    page.flush();
    assert_eq!(
        page.earlier_with_notes(Some(&[])).notes,
        [
            "the evidence of this page is not kept: SecurityError: denied",
            "the evidence of earlier page loads cannot be read: SecurityError: denied",
        ]
    );
}

#[test]
fn a_full_storage_removes_only_as_many_records_as_needed() {
    let origin = Origin::default();
    for device in ["E", "F", "D", "D"] {
        let mut page = Page::of(&origin, device);
        (0..10).for_each(|number| page.refused(number));
        page.leave();
        origin.pass(1000);
    }
    origin.quota.set(origin.size("") + 5000);
    let mut page = Page::of(&origin, "D");
    (0..10).for_each(|number| page.refused(number));
    page.flush();
    let left =
        ["E", "F", "D"].map(|device| origin.keys().iter().filter(|key| key.starts_with(&folder(device))).count());
    assert_eq!(left, [0, 1, 3]);
}

/// Fills a record.
fn refuse_many(page: &mut Page, from: u32) {
    (from..from + 200).for_each(|number| page.refused(number));
}

#[test]
fn the_records_of_a_page_for_several_devices_share_the_room_and_yield_to_the_app() {
    for (taken, most) in [(3_000_000, TOTAL_LIMIT), (3_900_000, 100_000), (3_950_000, 50_000), (4_000_000, 0)] {
        let origin = Origin::default();
        let mut page = Page::open(&origin);
        refuse_many(&mut page, 0);
        for device in ["D", "E", "F"] {
            page.is_of(device);
            refuse_many(&mut page, 1000);
            page.flush();
        }
        // Records of other devices are removed first.
        let open = [page.id.clone()];
        let mut other = Page::of(&origin, "G");
        refuse_many(&mut other, 0);
        other.flush_beside(&open);
        assert_eq!(origin.records(), 4);
        origin.set("app", &"x".repeat(taken - 3));
        origin.pass(61_000);
        other.leave();
        page.flush();
        assert!(origin.size(PREFIX) <= most, "{taken}: {}", origin.size(PREFIX));
        assert_eq!(origin.records() > 0, most > 0, "{taken}");
        if most > TOTAL_LIMIT / 2 {
            assert_eq!(origin.records(), 4);
        }
    }
}

#[test]
fn a_full_storage_never_removes_other_records_of_the_same_page() {
    let origin = Origin::default();
    let mut page = Page::of_two(&origin);
    origin.quota.set(origin.size("") + 100);
    refuse_many(&mut page, 0);
    page.flush();
    assert_eq!((origin.records(), origin.size(&folder("D")) > 0), (2, true));
}

#[test]
fn an_idle_page_frees_storage_for_the_app_within_a_minute() {
    let origin = Origin::default();
    let mut page = Page::of(&origin, "D");
    refuse_many(&mut page, 0);
    page.flush();
    for (taken, most) in [(3_980_000, 20_000), (4_000_000, 0), (1000, DEVICE_LIMIT)] {
        origin.set("app", &"x".repeat(taken));
        origin.pass(61_000);
        page.flush();
        assert!(origin.size(PREFIX) <= most, "{taken}: {}", origin.size(PREFIX));
        assert_eq!(origin.size(PREFIX) > 0, most > 0, "{taken}");
    }
}

#[test]
fn a_restored_record_obeys_the_limits_of_all_records() {
    // Number of earlier pages of this device and of others; the app's use of space; whether there is room for the record.
    for (own, foreign, taken, is_restored) in [
        (0, 0, 0, true),
        (3, 0, 0, true),
        (8, 0, 0, true),
        (2, 16, 0, true),
        (0, 0, 3_930_000, false),
        (0, 0, 4_000_000, false),
        (0, 0, 4_500_000, false),
    ] {
        let origin = Origin::default();
        for number in 0..own + foreign {
            let mut page = Page::of(&origin, &if number < own { "D".into() } else { format!("E{}", number / 3) });
            refuse_many(&mut page, number * 1000);
            page.leave();
            origin.pass(1000);
        }
        let mut page = Page::of(&origin, "D");
        page.flush();
        let on_disk = origin.texts.borrow().clone();
        refuse_many(&mut page, 100_000);
        page.flush();
        let last = page.id.clone();
        origin.texts.replace(on_disk);
        origin.second.borrow_mut().retain(|key, _| key.ends_with(&last));
        origin.set("app", &"x".repeat(taken));
        origin.pass(1000);
        let mut next = Page::of(&origin, "D");
        next.restore();
        let (size, reserve) = (origin.size(PREFIX), 4_000_000_usize.saturating_sub(taken));
        assert!(origin.size(&folder("D")) <= DEVICE_LIMIT && size <= TOTAL_LIMIT.min(reserve.max(2000)), "{size}");
        let of_last = origin.texts.borrow().iter().find(|(key, _)| key.ends_with(&last)).map(|(_, text)| text.len());
        assert_eq!(of_last > Some(10_000), is_restored, "{own} {foreign} {taken}: {of_last:?}");
        assert!(of_last.is_none_or(|length| length <= DEVICE_LIMIT / 4));
    }
}

#[test]
fn a_restored_page_replaces_no_later_page() {
    let origin = Origin::default();
    let mut first = Page::of(&origin, "D");
    refuse_many(&mut first, 0);
    let first = first.leave();
    for number in 1..9 {
        origin.pass(1000);
        let mut page = Page::of(&origin, "D");
        refuse_many(&mut page, number * 1000);
        page.leave();
    }
    assert!(!origin.keys().iter().any(|key| key.ends_with(&first)));
    let before = origin.keys();
    let mut next = Page::of(&origin, "D");
    next.restore();
    assert_eq!(origin.keys(), before);
}

/// An event in the life of an origin.
#[derive(Clone, Debug)]
enum Step {
    Open(u8),
    Line(u8, u16, u16),
    Flush(u8),
    Leave(u8),
    Crash(u8),
    Pass(i64),
    LogOut(u8),
    Clear,
    TurnTo(u8, u8),
    Die,
    Restore(u8),
    App(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..3_u8).prop_map(Step::Open),
        8 => (0..6_u8, 0..300_u16, 0..6000_u16).prop_map(|(tab, number, length)| Step::Line(tab, number, length)),
        6 => (0..6_u8).prop_map(Step::Flush),
        1 => (0..6_u8).prop_map(Step::Leave),
        1 => (0..6_u8).prop_map(Step::Crash),
        2 => (-DAY..2 * DAY).prop_map(Step::Pass),
        1 => (0..3_u8).prop_map(Step::LogOut),
        1 => Just(Step::Clear),
        2 => (0..6_u8, 0..3_u8).prop_map(|(tab, device)| Step::TurnTo(tab, device)),
        1 => Just(Step::Die),
        2 => (0..6_u8).prop_map(Step::Restore),
        1 => (3_500_000..4_500_000_usize).prop_map(Step::App),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_events_keeps_the_limits_and_the_apps_data(steps in proptest::collection::vec(step(), 1..120)) {
        let origin = Origin::default();
        let mut tabs: Vec<Page> = Vec::new();
        let mut on_disk = origin.texts.borrow().clone();
        for step in steps {
            let at = |tab: u8, tabs: &[Page]| (usize::from(tab) < tabs.len()).then_some(usize::from(tab));
            match step {
                Step::Open(device) if tabs.len() < 6 => tabs.push(Page::of(&origin, ["D", "E", "F"][usize::from(device)])),
                Step::Line(tab, number, length) => if let Some(at) = at(tab, &tabs) {
                    let filler = "é\u{1f512}\"\\".repeat(usize::from(length) / 4);
                    tabs[at].logs(&format!("{number} {filler} already exists"));
                    tabs[at].refused(number.into());
                },
                Step::Flush(tab) => if let Some(at) = at(tab, &tabs) {
                    let open: Vec<_> = tabs.iter().map(|tab| tab.id.clone()).collect();
                    tabs[at].flush_beside(&open);
                },
                Step::Leave(tab) => if let Some(at) = at(tab, &tabs) { tabs.remove(at).leave(); },
                Step::Crash(tab) => if let Some(at) = at(tab, &tabs) { tabs.remove(at); },
                Step::Pass(ms) => origin.pass(ms),
                Step::LogOut(device) => {
                    let device = ["D", "E", "F"][usize::from(device)];
                    if let Some(tab) = tabs.first_mut() {
                        tab.log_out(device);
                        prop_assert_eq!(origin.size(&folder(device)), 0);
                    }
                }
                Step::Clear => origin.texts.borrow_mut().clear(),
                Step::TurnTo(tab, device) => if let Some(at) = at(tab, &tabs) {
                    tabs[at].is_of(["D", "E", "F"][usize::from(device)]);
                },
                // The browser dies with all its tabs: only data that reached the disk earlier remains.
                Step::Die => {
                    tabs.clear();
                    std::mem::swap(&mut *origin.texts.borrow_mut(), &mut on_disk);
                }
                Step::Restore(tab) => if let Some(at) = at(tab, &tabs) { tabs[at].restore(); },
                Step::App(taken) => {
                    origin.set("app", &"x".repeat(taken));
                    // Each tab measures the space once a minute.
                    origin.pass(61_000);
                    let open: Vec<_> = tabs.iter().map(|tab| tab.id.clone()).collect();
                    for _ in 0..2 {
                        for tab in &mut tabs {
                            let _ = tab.flush_beside(&open);
                        }
                    }
                    if !tabs.is_empty() {
                        prop_assert!(origin.size(PREFIX) <= 4_000_000_usize.saturating_sub(taken), "{taken}: {}", origin.size(PREFIX));
                    }
                }
                Step::Open(_) => {}
            }
            origin.set("session", "the app's");
            for device in ["D", "E", "F"] {
                prop_assert!(origin.size(&folder(device)) <= DEVICE_LIMIT);
            }
            prop_assert!(origin.size(PREFIX) <= TOTAL_LIMIT);
            prop_assert_eq!(&*origin.texts.borrow()["session"], "the app's");
            if let Some(tab) = tabs.first() {
                let earlier = tab.earlier_with_notes(Some(&[]));
                prop_assert!(earlier.notes.iter().all(|note| !note.contains("cannot be read")), "{:?}", earlier.notes);
                let count = earlier.pages.len();
                prop_assert_eq!(read(earlier.pages).len(), count);
            }
        }
    }
}
