//! What of a page outlives it, what of that is told, and when it goes.
#![cfg(not(target_family = "wasm"))]

mod origin;

use lotus_crypto_diag::earlier::PageEnd;
use lotus_crypto_diag::entry::{Detail, Fault};
use lotus_crypto_diag::keeper::{DEVICE_LIMIT, Flushed, TOTAL_LIMIT};
use lotus_crypto_diag::kept_page::{Arrival, Stage};
use lotus_crypto_diag::shelf::{PREFIX, folder_of};
use origin::{DAY, Origin, Page, folder, messages, read, refusal};
use proptest::prelude::*;

const MISSING: &str = "MissingKey: missing key at index 1 for participant @b:hs:D";

#[test]
fn what_a_page_saw_is_told_by_the_next_one_with_its_times_and_its_end() {
    let origin = Origin::default();
    let began = origin.now();
    let mut first = Page::of(&origin, "D");
    first.logs(MISSING);
    first.session.captures_mut().mark("sound-cut", origin.now());
    origin.pass(1000);
    let seen = origin.now();
    let first = first.leave();
    origin.pass(1000);
    let mut next = Page::after(&origin, Some(&first), Arrival::Reloaded);
    next.is_of("D");
    next.flush();
    let [page] = next.earlier().try_into().unwrap();
    assert_eq!((page.began_at, page.last_seen_at, page.end), (began, seen, PageEnd::Reloaded));
    assert_eq!((messages(&page), page.counts.get(Fault::Ke2), page.entries_left_out), (vec![MISSING], 1, 0));
    assert_eq!(page.capture_session.unwrap().marks.len(), 1);
    assert_eq!(page.crypto_store.unwrap().device_id.as_deref(), Some("D"));
    let summary = next.keeper.summary(&origin).unwrap();
    assert_eq!((summary.since, summary.pages), (began, 1));
}

#[test]
fn nothing_is_written_again_where_nothing_is_new() {
    let origin = Origin::default();
    let mut page = Page::of(&origin, "D");
    assert!(matches!(page.flush(), Flushed::Kept { has_evidence: false, .. }));
    assert_eq!(page.flush(), Flushed::Nothing);
    page.logs(MISSING);
    assert!(matches!(page.flush(), Flushed::Kept { has_evidence: true, .. }));
    assert_eq!(page.flush(), Flushed::Nothing);
    page.logs(MISSING);
    assert_ne!(page.flush(), Flushed::Nothing, "a repeat is news");
    page.keeper.is_at(Stage::Hidden);
    assert_ne!(page.flush(), Flushed::Nothing, "so is its place in life");
}

#[test]
fn a_page_is_its_devices_as_soon_as_the_device_is_known() {
    let origin = Origin::default();
    let mut first = Page::open(&origin);
    first.logs(MISSING);
    first.flush();
    assert!(origin.keys()[0].starts_with(&folder_of(None, None)));
    first.is_of("D");
    first.flush();
    let keys = origin.keys();
    assert_eq!(keys.len(), 1);
    assert!(keys[0].starts_with(&folder("D")));
    // One that ended before is told with every device, unless it names another.
    for (line, expected) in
        [(MISSING.to_owned(), 2), (refusal(1), 2), (refusal(1).replace("ed25519:D", "ed25519:E"), 1)]
    {
        let mut nobodys = Page::open(&origin);
        nobodys.logs(&line);
        nobodys.flush();
        let mut next = Page::of(&origin, "D");
        next.flush();
        let own = |key: &&String| key.starts_with(&folder_of(None, None));
        assert_eq!(next.earlier().len(), expected, "{line}");
        next.keeper.is_at(Stage::Left);
        for key in origin.keys().iter().filter(own) {
            origin.texts.borrow_mut().remove(key);
        }
        origin.texts.borrow_mut().retain(|key, _| !key.ends_with(&next.id));
    }
}

#[test]
fn the_end_of_a_page_is_told_by_its_last_record_and_by_those_after_it() {
    for (stage, arrival, is_open, end) in [
        (Stage::Left, Some(Arrival::Reloaded), false, PageEnd::Reloaded),
        (Stage::Left, None, false, PageEnd::Closed),
        (Stage::Shown, None, false, PageEnd::Crashed),
        (Stage::Shown, None, true, PageEnd::Open),
        (Stage::Hidden, Some(Arrival::Restored), false, PageEnd::Discarded),
        (Stage::Hidden, None, false, PageEnd::Unknown),
    ] {
        let origin = Origin::default();
        let mut first = Page::of(&origin, "D");
        first.keeper.is_at(stage);
        first.flush();
        origin.pass(60_000);
        let mut next = Page::after(&origin, arrival.map(|_| &*first.id), arrival.unwrap_or_default());
        next.is_of("D");
        next.flush();
        let open = if is_open { vec![first.id.clone()] } else { Vec::new() };
        assert_eq!(read(next.tells(Some(&open)).pages)[0].end, end, "{stage:?} {arrival:?} {is_open}");
    }
}

#[test]
fn in_a_full_record_the_first_and_the_latest_of_each_fault_stand_and_then_refusals() {
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
    let [told] = next.earlier().try_into().unwrap();
    assert!(told.entries_left_out > 20);
    assert_eq!(told.counts.get(Fault::Ke1), 60, "they are counted");
    let messages = messages(&told);
    for kept in [MISSING, "(id=$bad)", "(id=$59)", "AAAA000000 ", "AAAA000059 ", "force re-join"] {
        assert!(messages.iter().any(|message| message.contains(kept)), "lost: {kept}");
    }
    let refusals = told.entries.iter().filter(|entry| matches!(entry.detail, Detail::Refusal(_))).count();
    assert!(refusals > 30 && refusals > told.entries.len() / 2, "{refusals}");
}

#[test]
fn three_page_loads_are_kept_whatever_they_hold_and_more_while_there_is_room() {
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
    let told = tabs[0].earlier();
    assert_eq!(told.len(), 11);
    for page in told {
        assert!(page.entries.len() >= 8, "{}", page.entries.len());
        assert_eq!(page.counts.get(Fault::Ke1), 600);
    }
}

#[test]
fn a_record_goes_after_seven_days_in_whichever_direction_the_clock_went() {
    for (days, is_told) in [(6, true), (8, false), (-6, true), (-8, false)] {
        let origin = Origin::default();
        Page::of(&origin, "D").leave();
        origin.pass(days * DAY);
        let mut next = Page::of(&origin, "D");
        assert_eq!(next.tells(Some(&[])).pages.len(), usize::from(is_told), "{days}");
        next.flush();
        assert_eq!(origin.records(), 1 + usize::from(is_told), "{days}");
    }
}

#[test]
fn what_makes_no_sense_is_dropped_and_noted_and_what_is_not_ours_is_left_alone() {
    let origin = Origin::default();
    let own = folder("D");
    let newer = r#"{"schema":2,"anything":[]}"#;
    let foreign = [
        ("session", "the app's".to_owned()),
        ("lotus-crypto-diag/device/x/%40a%3Ahs/D", "{}".to_owned()),
        ("lotus-crypto-diag/page/another-app", "x".to_owned()),
    ];
    for (key, text) in &foreign {
        origin.set(key, text);
    }
    for (number, text) in
        ["", "null", "{", r#"{"schema":"1"}"#, r#"{"schema":0,"revision":1,"seen":1,"#].iter().enumerate()
    {
        origin.set(&format!("{own}1a22bee1f4{number}-00000000"), text);
    }
    // It reads well at first.
    let now = origin.now().ms();
    origin.set(&format!("{own}1a22bee1f5a-00000000"), &format!(r#"{{"schema":1,"revision":1,"seen":{now},"page":7}}"#));
    origin.set(&format!("{own}1a22bee1f6a-00000000"), newer);
    let mut page = Page::of(&origin, "D");
    page.flush();
    let told = page.tells(Some(&[]));
    assert_eq!(told.pages.len(), 0);
    assert_eq!(
        told.notes,
        [
            "6 earlier pages cannot be read, and are left out",
            "earlier pages that a newer version of this library has kept are left out",
        ]
    );
    for (key, text) in &foreign {
        assert_eq!(origin.texts.borrow().get(*key), Some(text), "{key}");
    }
    assert_eq!(origin.texts.borrow().get(&format!("{own}1a22bee1f6a-00000000")).map(|text| &**text), Some(newer));
    assert_eq!(
        origin.records(),
        4,
        "the foreign one, the newer one, the one that reads well at first, and this page's"
    );
}

#[test]
fn a_full_storage_makes_the_earlier_pages_go_and_never_what_is_the_apps() {
    let origin = Origin::default();
    origin.set("session", &"x".repeat(100_000));
    Page::of(&origin, "D").leave();
    Page::of(&origin, "E").leave();
    let mut page = Page::of(&origin, "D");
    page.flush();
    origin.quota.set(origin.size(""));
    (0..3).for_each(|number| page.refused(number));
    assert!(matches!(page.flush(), Flushed::Kept { .. }));
    assert_eq!(page.tells(Some(&[])).notes, ["the evidence of this page is not kept: QuotaExceededError: no room"]);
    assert_eq!(origin.records(), 1);
    // The app makes some room.
    origin.quota.set(5_000_000);
    page.refused(9);
    page.flush();
    assert_eq!(page.tells(Some(&[])).notes.len(), 0);
    assert_eq!(origin.texts.borrow()["session"].len(), 100_000);
}

#[test]
fn a_blocked_storage_is_a_note() {
    let origin = Origin::default();
    origin.is_blocked.set(true);
    let mut page = Page::of(&origin, "D");
    page.logs(MISSING);
    page.flush();
    assert_eq!(
        page.tells(Some(&[])).notes,
        [
            "the evidence of this page is not kept: SecurityError: denied",
            "the evidence of earlier page loads cannot be read: SecurityError: denied",
        ]
    );
}

#[test]
fn nothing_of_a_device_outlives_its_logout() {
    let origin = Origin::default();
    Page::of(&origin, "E").leave();
    Page::open(&origin).leave();
    Page::of(&origin, "D").leave();
    let mut other = Page::of(&origin, "D");
    other.logs(MISSING);
    other.flush();
    let mut page = Page::of(&origin, "D");
    page.logs(MISSING);
    page.flush();
    page.log_out("D");
    page.logs(MISSING);
    other.logs(MISSING);
    for _ in 0..2 {
        assert_eq!(page.flush(), Flushed::Nothing);
        // It was not told.
        other.flush();
        assert_eq!(origin.size(&folder("D")) + origin.size(&folder_of(None, None)), 0);
    }
    assert_eq!(origin.records(), 1);
    assert_eq!(
        other.tells(Some(&[])).notes,
        ["what was kept of this page was cleared while it was open: it is kept no more"]
    );
}

#[test]
fn of_a_logout_that_names_nobody_the_device_of_the_page_goes_and_all_where_that_is_not_known() {
    for (is_known, given, left) in [
        (true, (None, None), 1),
        (true, (None, Some("D")), 1),
        (true, (Some("@a:hs"), Some("E")), 3),
        (true, (None, Some("E")), 3),
        // It may be about a third one.
        (false, (None, None), 3),
        (false, (None, Some("D")), 1),
    ] {
        let origin = Origin::default();
        Page::of(&origin, "E").leave();
        Page::of(&origin, "D").leave();
        Page::of(&origin, "D").leave();
        let mut page = if is_known { Page::of(&origin, "D") } else { Page::open(&origin) };
        page.flush();
        page.session.logged_out(given.0, given.1);
        page.keeper.logged_out(&page.session, given, origin.now()).remove(&origin);
        assert_eq!(origin.records(), left, "{is_known} {given:?}");
    }
}

#[test]
fn in_a_page_that_knows_no_device_a_logout_is_about_the_only_one_there_is() {
    let origin = Origin::default();
    Page::of(&origin, "D").leave();
    Page::open(&origin).leave();
    let mut page = Page::open(&origin);
    page.flush();
    page.keeper.logged_out(&page.session, (None, None), origin.now()).remove(&origin);
    assert_eq!(origin.records(), 0);
}

#[test]
fn what_another_tab_removes_is_written_again_unless_nobody_is_logged_in_any_more() {
    // For want of room, after seven days, by forgetting, by a logout.
    for (remove, is_over) in [
        (
            Box::new(|_: &Origin, other: &mut Page| {
                (0..8).for_each(|number| {
                    (0..200).for_each(|line| other.refused(number * 1000 + line));
                    other.flush();
                    *other = Page::of(other.origin, "D");
                });
            }) as Box<dyn Fn(&Origin, &mut Page)>,
            false,
        ),
        (
            Box::new(|_, other| {
                other.origin.pass(8 * DAY);
                *other = Page::of(other.origin, "D");
            }),
            false,
        ),
        (
            Box::new(|origin, other| {
                other.keeper.forget(origin);
                origin.second.borrow_mut().clear();
            }),
            false,
        ),
        (Box::new(|_, other| other.log_out("D")), true),
    ] {
        let origin = Origin::default();
        let mut page = Page::of(&origin, "D");
        page.logs(MISSING);
        page.flush();
        origin.pass(1000);
        let mut other = Page::of(&origin, "D");
        other.flush();
        remove(&origin, &mut other);
        // The roll has no answers yet: it does not know which pages are open.
        other.refused(1);
        other.flush();
        assert!(!origin.keys().iter().any(|key| key.ends_with(&page.id)));
        page.logs("(id=$later): DecryptionError[msg: no key]");
        assert_eq!(matches!(page.flush(), Flushed::Kept { .. }), !is_over);
        assert_eq!(origin.keys().iter().any(|key| key.ends_with(&page.id)), !is_over);
    }
}

#[test]
fn where_the_app_fills_the_storage_only_as_much_goes_as_makes_room() {
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

#[test]
fn a_new_login_in_the_same_page_is_kept_without_what_the_former_device_saw() {
    for is_told in [true, false] {
        let origin = Origin::default();
        let mut page = Page::of(&origin, "D");
        page.logs(MISSING);
        page.flush();
        if is_told {
            page.log_out("D");
        }
        origin.pass(1000);
        page.is_of("E");
        page.flush();
        origin.pass(1000);
        page.logs("(id=$new): DecryptionError[msg: no key]");
        page.flush();
        let mut next = Page::of(&origin, "E");
        next.flush();
        let [told] = next.earlier().try_into().unwrap();
        assert_eq!(messages(&told), ["(id=$new): DecryptionError[msg: no key]"], "{is_told}");
        assert_eq!((told.counts.get(Fault::Ke2), told.counts.get(Fault::Ke3)), (0, 1));
        assert_eq!(origin.size(&folder("D")) > 0, !is_told);
    }
}

#[test]
fn a_tab_that_hears_of_a_cleared_storage_stops_though_another_has_written_since() {
    let origin = Origin::default();
    let (mut page, mut next) = (Page::of(&origin, "D"), Page::of(&origin, "D"));
    page.logs(MISSING);
    page.flush();
    assert!(!page.keeper.cleared(Some(&folder("E"))));
    origin.texts.borrow_mut().clear();
    next.flush();
    assert!(page.keeper.cleared(Some(&folder("D"))));
    page.logs(MISSING);
    assert_eq!(page.flush(), Flushed::Nothing);
    assert_eq!(next.earlier(), []);
}

#[test]
fn what_the_app_clears_is_not_written_again() {
    let origin = Origin::default();
    let mut page = Page::of(&origin, "D");
    page.logs(MISSING);
    page.flush();
    origin.texts.borrow_mut().clear();
    page.logs(MISSING);
    assert_eq!(page.flush(), Flushed::Cleared);
    page.keeper.is_at(Stage::Left);
    assert_eq!(page.flush(), Flushed::Nothing);
    assert!(origin.texts.borrow().is_empty() && origin.second.borrow().is_empty());
    // Nor taken from the second place, where that could not be cleared in time.
    page.flush();
    origin.second.borrow_mut().insert(format!("{}1a22bee1f5a-00000000", folder("D")), record(&origin));
    let mut next = Page::of(&origin, "E");
    next.restore();
    assert!(origin.texts.borrow().is_empty() && origin.second.borrow().is_empty());
}

fn record(like: &Origin) -> String {
    let other = Origin::default();
    other.clock.set(like.clock.get());
    let mut page = Page::of(&other, "D");
    page.logs(MISSING);
    let Flushed::Kept { text, .. } = page.flush() else { panic!("not written") };
    text
}

#[test]
fn forgetting_leaves_what_this_page_has_seen_and_goes_on_to_keep_it() {
    let origin = Origin::default();
    Page::of(&origin, "D").leave();
    Page::of(&origin, "E").leave();
    let mut page = Page::of(&origin, "D");
    page.logs(MISSING);
    page.flush();
    page.keeper.forget(&origin);
    assert_eq!(origin.records(), 0);
    assert!(matches!(page.flush(), Flushed::Kept { .. }));
    assert_eq!((origin.records(), page.earlier().len()), (1, 0));
}

#[test]
fn where_the_app_does_not_want_it_nothing_is_kept_and_what_was_is_gone() {
    let origin = Origin::default();
    Page::of(&origin, "D").leave();
    let mut page = Page::of(&origin, "D");
    page.keeper.switch(false, &origin);
    page.logs(MISSING);
    assert_eq!(page.flush(), Flushed::Nothing);
    assert_eq!(origin.keys(), Vec::<String>::new());
    assert_eq!(
        page.tells(Some(&[])).notes,
        ["evidence of earlier page loads is not kept: the app has switched that off"]
    );
    page.keeper.switch(true, &origin);
    assert!(matches!(page.flush(), Flushed::Kept { .. }));
}

#[test]
fn what_the_browser_had_not_written_when_it_died_comes_from_the_second_place() {
    let origin = Origin::default();
    let mut page = Page::of(&origin, "D");
    page.flush();
    // So far it came to the disk.
    let on_disk = origin.texts.borrow().clone();
    page.logs(MISSING);
    page.flush();
    for is_known in [true, false] {
        let second = origin.second.borrow().clone();
        origin.texts.replace(on_disk.clone());
        if !is_known {
            // Not even the first record did; but the device's marker.
            origin.texts.borrow_mut().clear();
            origin.set("lotus-crypto-diag/device/x/%40a%3Ahs/D", "{}");
        }
        let mut next = Page::of(&origin, "D");
        next.restore();
        next.restore();
        assert_eq!(messages(&next.earlier()[0]), [MISSING], "{is_known}");
        assert_eq!(*origin.second.borrow(), second, "it may die once more");
    }
    origin.pass(DAY);
    let mut later = Page::of(&origin, "D");
    later.restore();
    assert!(origin.second.borrow().is_empty());
    assert_eq!(messages(&later.earlier()[0]), [MISSING]);
}

#[test]
fn a_page_that_was_written_before_its_device_was_known_comes_from_the_second_place_once() {
    let origin = Origin::default();
    let mut page = Page::open(&origin);
    page.logs(MISSING);
    page.flush();
    let unknown = origin.texts.borrow().clone();
    page.is_of("D");
    page.flush();
    assert_eq!(origin.second.borrow().len(), 2);
    let known = origin.texts.borrow().clone();
    for on_disk in [known, unknown] {
        origin.texts.replace(on_disk);
        let mut next = Page::of(&origin, "D");
        next.restore();
        assert_eq!(next.earlier().len(), 1);
        assert!(next.earlier()[0].crypto_store.is_some());
    }
}

#[test]
fn a_report_is_read_whatever_was_put_in_the_place_of_an_earlier_page() {
    let times = r#""beganAt":"2026-11-25T10:00:00.000Z","lastSeenAt":"2026-11-25T11:00:00.000Z""#;
    for (fields, pages, entries, left_out) in [
        (r#","entries":[]"#, 1, 0, 0),
        (r#","entries":[7,{},null]"#, 1, 0, 3),
        (r#","entries":[],"uploadLoop":7"#, 1, 0, 0),
        (r#","entries":[],"cryptoStore":{"verdict":"fine"},"counts":[]"#, 1, 0, 0),
        (r#","entries":7"#, 0, 0, 0),
    ] {
        let origin = Origin::default();
        let (key, now) = (format!("{}1a22bee1f5a-00000000", folder("D")), origin.clock.get());
        origin.set(&key, &format!(r#"{{"schema":1,"revision":1,"seen":{now},"page":{{{times}{fields}}}}}"#));
        let told = Page::of(&origin, "D");
        let mut told = told;
        told.flush();
        let earlier = told.earlier();
        assert_eq!(earlier.len(), pages, "{fields}");
        if let Some(page) = earlier.first() {
            assert_eq!((page.entries.len(), page.entries_left_out), (entries, left_out), "{fields}");
            assert_eq!(page.last_seen_at.ms() - page.began_at.ms(), 3_600_000);
        }
    }
}

#[test]
fn an_older_version_that_redacted_less_is_redacted_when_it_is_read() {
    let origin = Origin::default();
    let mut page = Page::of(&origin, "D");
    page.logs("x already exists");
    page.flush();
    let key = origin.keys()[0].clone();
    let text = origin.texts.borrow()[&key].replace("x already exists", "access_token=syt_c2VjcmV0_abc already exists");
    origin.set(&key, &text);
    let mut next = Page::of(&origin, "D");
    next.flush();
    assert_eq!(messages(&next.earlier()[0]), ["access_token=[redacted] already exists"]);
}

#[test]
fn no_secret_is_ever_written_but_what_a_report_would_hold() {
    let shapes = include_str!("../fixtures/redaction/shapes.txt");
    let mut hidden = 0;
    for shape in shapes.lines().filter(|line| !line.starts_with("# ")) {
        let plain = |text: &str| text.replace('␤', "\n").replace('␍', "\r").replace('␉', "\t");
        let line = format!("{} already exists", plain(&shape.replace(['⟦', '⟧'], "")));
        let origin = Origin::default();
        let mut page = Page::of(&origin, "D");
        page.logs(&line);
        page.flush();
        let written = origin.texts.borrow().values().cloned().collect::<String>();
        let told = page.session.entries().iter().map(|entry| &*entry.message).collect::<String>();
        for secret in shape.split('⟦').skip(1).filter_map(|rest| Some(plain(rest.split_once('⟧')?.0))) {
            // What is shorter stands in other words, too.
            if secret.len() > 9 && !told.contains(&secret) {
                hidden += 1;
                assert!(!written.contains(&secret), "{shape}: {written}");
            }
        }
    }
    assert!(hidden > 100, "{hidden}");
}

/// What may happen to an origin.
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
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_bounds_hold_and_the_apps_own_stays(steps in proptest::collection::vec(step(), 1..120)) {
        let origin = Origin::default();
        let mut tabs: Vec<Page> = Vec::new();
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
                Step::Open(_) => {}
            }
            origin.set("session", "the app's");
            for device in ["D", "E", "F"] {
                prop_assert!(origin.size(&folder(device)) <= DEVICE_LIMIT);
            }
            prop_assert!(origin.size(PREFIX) <= TOTAL_LIMIT);
            prop_assert_eq!(&*origin.texts.borrow()["session"], "the app's");
            if let Some(tab) = tabs.first() {
                let told = tab.tells(Some(&[]));
                prop_assert!(told.notes.iter().all(|note| !note.contains("cannot be read")), "{:?}", told.notes);
                let count = told.pages.len();
                prop_assert_eq!(read(told.pages).len(), count);
            }
        }
    }
}
