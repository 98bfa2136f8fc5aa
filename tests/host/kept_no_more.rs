//! When records are removed: at a logout, when the app clears its storage, and when it switches storing off.
#![cfg(not(target_family = "wasm"))]

mod origin;

use lotus_crypto_diag::entry::Fault;
use lotus_crypto_diag::keeper::{Flushed, Keeper};
use lotus_crypto_diag::kept_page::Stage;
use lotus_crypto_diag::record_storage::folder_of;
use origin::{DAY, MISSING, Origin, Page, folder, messages};

#[test]
fn a_logout_removes_all_records_of_the_device() {
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
        // The other tab received no event about the logout.
        other.flush();
        assert_eq!(origin.size(&folder("D")) + origin.size(&folder_of(None, None)), 0);
    }
    assert_eq!(origin.records(), 1);
    assert_eq!(
        other.earlier_with_notes(Some(&[])).notes,
        ["what was kept of this page was cleared while it was open: it is kept no more"]
    );
}

#[test]
fn a_logout_without_a_device_removes_only_the_records_of_the_pages_device() {
    for (is_known, given, left) in [
        (true, (None, None), 1),
        (true, (None, Some("D")), 1),
        (true, (Some("@a:hs"), Some("E")), 3),
        (true, (None, Some("E")), 3),
        // The logout may be a third device's.
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
fn a_logout_in_a_page_without_a_device_removes_the_records_of_the_only_device() {
    let origin = Origin::default();
    Page::of(&origin, "D").leave();
    Page::open(&origin).leave();
    let mut page = Page::open(&origin);
    page.flush();
    page.keeper.logged_out(&page.session, (None, None), origin.now()).remove(&origin);
    assert_eq!(origin.records(), 0);
}

#[test]
fn a_record_removed_by_another_tab_is_written_again_except_after_a_logout() {
    // The record is removed for lack of room, after seven days, by `forget`, by a logout.
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
        // The roll call has no answers yet: the other tab does not know which pages are open.
        other.refused(1);
        other.flush();
        assert!(!origin.keys().iter().any(|key| key.ends_with(&page.id)));
        page.logs("(id=$later): DecryptionError[msg: no key]");
        assert_eq!(matches!(page.flush(), Flushed::Kept { .. }), !is_over);
        assert_eq!(origin.keys().iter().any(|key| key.ends_with(&page.id)), !is_over);
    }
}

#[test]
fn a_new_login_in_the_same_page_has_no_evidence_of_the_former_device() {
    for is_logged_out in [true, false] {
        let origin = Origin::default();
        let mut page = Page::of(&origin, "D");
        page.logs(MISSING);
        page.flush();
        if is_logged_out {
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
        let [earlier] = next.earlier().try_into().unwrap();
        assert_eq!(messages(&earlier), ["(id=$new): DecryptionError[msg: no key]"], "{is_logged_out}");
        assert_eq!((earlier.counts.get(Fault::Ke2), earlier.counts.get(Fault::Ke3)), (0, 1));
        assert_eq!(origin.size(&folder("D")) > 0, !is_logged_out);
    }
}

#[test]
fn each_of_two_accounts_in_one_page_keeps_the_evidence_since_its_first_check() {
    let origin = Origin::default();
    let mut page = Page::of(&origin, "D");
    let line = |name: &str| format!("(id=${name}): DecryptionError[msg: no key]");
    for (device, name) in [("D", "one"), ("E", "two"), ("D", "three"), ("E", "four")] {
        page.is_of(device);
        page.flush();
        origin.pass(1000);
        page.logs(&line(name));
        page.flush();
        origin.pass(1000);
    }
    for (device, first) in [("D", "one"), ("E", "two")] {
        let mut next = Page::of(&origin, device);
        next.flush();
        let [earlier] = next.earlier().try_into().unwrap();
        assert_eq!(messages(&earlier).first(), Some(&&*line(first)), "{device}");
        assert!(messages(&earlier).len() > 2, "{device}");
        next.leave();
    }
}

#[test]
fn a_tab_stops_storing_after_a_clearing_even_if_another_tab_has_written_since() {
    let origin = Origin::default();
    let (mut page, mut next) = (Page::of(&origin, "D"), Page::of(&origin, "D"));
    page.logs(MISSING);
    page.flush();
    assert!(!page.keeper.cleared(Some(&folder("E")), None, &origin));
    origin.texts.borrow_mut().clear();
    next.flush();
    assert!(page.keeper.cleared(Some(&folder("D")), None, &origin));
    page.logs(MISSING);
    assert_eq!(page.flush(), Flushed::Nothing);
    assert_eq!(next.earlier(), []);
}

#[test]
fn a_logout_in_another_tab_applies_even_to_a_tab_that_has_written_nothing() {
    // The devices that the tab was asked about; how often it has written; the marker or the whole storage is cleared.
    for asked in [&["D"][..], &["E", "D"], &["D", "E"]] {
        for flushes in 0..=asked.len() {
            for cleared in [Some("D"), None] {
                let origin = Origin::default();
                let mut page = Page::open(&origin);
                page.logs(MISSING);
                for (number, device) in asked.iter().enumerate() {
                    page.is_of(device);
                    if number < flushes {
                        page.flush();
                    }
                }
                let mut other = Page::of(&origin, "D");
                other.flush();
                other.log_out("D");
                let latest_device = page.keeper.latest_device(&page.session);
                page.keeper.cleared(cleared.map(folder).as_deref(), latest_device, &origin);
                assert!(Keeper::retire(&mut page.session, &folder("D")));
                assert!(!Keeper::retire(&mut page.session, &folder("D")), "it is over");
                page.logs("(id=$later): DecryptionError[msg: no key]");
                page.flush();
                page.keeper.set_stage(Stage::Left);
                page.flush();
                assert_eq!(origin.size(&folder("D")), 0, "{asked:?} {flushes} {cleared:?}");
                assert_eq!(origin.size(&folder_of(None, None)), 0, "{asked:?} {flushes} {cleared:?}");
            }
        }
    }
}

#[test]
fn records_are_not_written_again_after_the_app_cleared_its_storage() {
    let origin = Origin::default();
    let mut page = Page::of(&origin, "D");
    page.logs(MISSING);
    page.flush();
    origin.texts.borrow_mut().clear();
    page.logs(MISSING);
    assert_eq!(page.flush(), Flushed::Cleared);
    page.keeper.set_stage(Stage::Left);
    assert_eq!(page.flush(), Flushed::Nothing);
    assert!(origin.texts.borrow().is_empty() && origin.second.borrow().is_empty());
    // It is not restored either, if the second place was not cleared in time.
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
fn forgetting_removes_earlier_pages_and_the_current_page_is_stored_again() {
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
fn switching_storing_off_removes_all_records_and_stores_nothing_more() {
    let origin = Origin::default();
    Page::of(&origin, "D").leave();
    let mut page = Page::of(&origin, "D");
    page.keeper.set_enabled(false, &origin);
    page.logs(MISSING);
    assert_eq!(page.flush(), Flushed::Nothing);
    assert_eq!(origin.keys(), Vec::<String>::new());
    assert_eq!(
        page.earlier_with_notes(Some(&[])).notes,
        ["evidence of earlier page loads is not kept: the app has switched that off"]
    );
    page.keeper.set_enabled(true, &origin);
    assert!(matches!(page.flush(), Flushed::Kept { .. }));
}

fn marker(device: &str) -> String {
    folder(device).replacen("/page/", "/device/x/", 1).trim_end_matches('/').to_owned()
}

#[test]
fn a_removed_record_is_written_again_unless_its_marker_was_removed_too() {
    let origin = Origin::default();
    for device in ["D", "E"] {
        origin.set(&marker(device), "{}");
    }
    let (mut page, mut other) = (Page::of(&origin, "D"), Page::of(&origin, "E"));
    for tab in [&mut page, &mut other] {
        tab.logs(MISSING);
        tab.flush();
    }
    // In a tab of another account, the user deletes the evidence; later, another tab needs the room.
    assert!(other.keeper.forget(&origin));
    page.logs(MISSING);
    assert!(matches!(page.flush(), Flushed::Kept { .. }));
    origin.texts.borrow_mut().retain(|key, _| !key.starts_with(&folder("D")));
    page.logs(MISSING);
    assert!(matches!(page.flush(), Flushed::Kept { .. }));
    assert_eq!(page.earlier_with_notes(Some(&[])).notes.len(), 0);

    other.log_out("D");
    assert!(!origin.texts.borrow().contains_key(&marker("D")) && origin.texts.borrow().contains_key(&marker("E")));
    page.logs(MISSING);
    assert_eq!(page.flush(), Flushed::Cleared);
}

#[test]
fn a_logged_out_devices_record_is_not_restored_from_the_second_place() {
    let origin = Origin::default();
    origin.set(&marker("D"), "{}");
    let mut page = Page::of(&origin, "D");
    page.logs(MISSING);
    page.flush();
    page.log_out("D");
    // The second place was cleared too late.
    origin.second.borrow_mut().insert(format!("{}1a22bee1f5a-00000000", folder("D")), record(&origin));
    let mut next = Page::of(&origin, "E");
    next.restore();
    assert_eq!(origin.size(&folder("D")), 0);
}

#[test]
fn an_account_keeps_its_evidence_when_the_other_account_is_logged_out() {
    let origin = Origin::default();
    let mut page = Page::of_two(&origin);
    page.log_out("E");
    origin.pass(1000);
    page.is_of("D");
    page.logs("(id=$new): DecryptionError[msg: no key]");
    page.flush();
    let [earlier] = Page::of(&origin, "D").earlier().try_into().unwrap();
    assert_eq!(messages(&earlier).first(), Some(&MISSING));
    assert_eq!(origin.size(&folder("E")), 0);
}

#[test]
fn a_logout_without_a_device_keeps_the_marker_of_the_store() {
    let origin = Origin::default();
    origin.set(&marker("D"), "{}");
    let mut page = Page::of(&origin, "D");
    page.logs(MISSING);
    page.flush();
    page.keeper.logged_out(&page.session, (None, None), origin.now()).remove(&origin);
    assert_eq!(origin.size(&folder("D")), 0);
    assert!(origin.texts.borrow().contains_key(&marker("D")));
}
