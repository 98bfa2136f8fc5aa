//! The record of a page that has ended, and what the next page reports of it.
#![cfg(not(target_family = "wasm"))]

mod origin;

use lotus_crypto_diag::earlier::PageEnd;
use lotus_crypto_diag::entry::Fault;
use lotus_crypto_diag::keeper::Flushed;
use lotus_crypto_diag::kept_page::{Arrival, Stage};
use lotus_crypto_diag::record_storage::folder_of;
use origin::{DAY, MISSING, Origin, Page, folder, messages, read, refusal};

#[test]
fn the_next_page_reports_an_earlier_page_with_its_times_and_its_end() {
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
fn a_page_without_news_writes_nothing() {
    let origin = Origin::default();
    let mut page = Page::of(&origin, "D");
    assert!(matches!(page.flush(), Flushed::Kept { has_evidence: false, .. }));
    assert_eq!(page.flush(), Flushed::Nothing);
    page.logs(MISSING);
    assert!(matches!(page.flush(), Flushed::Kept { has_evidence: true, .. }));
    assert_eq!(page.flush(), Flushed::Nothing);
    page.logs(MISSING);
    assert_ne!(page.flush(), Flushed::Nothing, "a repeat is news");
    page.keeper.set_stage(Stage::Hidden);
    assert_ne!(page.flush(), Flushed::Nothing, "so is a new stage");
}

#[test]
fn a_record_moves_to_its_device_as_soon_as_the_device_is_known() {
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
    // A page whose device was never known is in the report of every device, unless it names another device.
    for (line, expected) in
        [(MISSING.to_owned(), 2), (refusal(1), 2), (refusal(1).replace("ed25519:D", "ed25519:E"), 1)]
    {
        let mut without_device = Page::open(&origin);
        without_device.logs(&line);
        without_device.flush();
        let mut next = Page::of(&origin, "D");
        next.flush();
        let own = |key: &&String| key.starts_with(&folder_of(None, None));
        assert_eq!(next.earlier().len(), expected, "{line}");
        next.keeper.set_stage(Stage::Left);
        for key in origin.keys().iter().filter(own) {
            origin.texts.borrow_mut().remove(key);
        }
        origin.texts.borrow_mut().retain(|key, _| !key.ends_with(&next.id));
    }
}

#[test]
fn the_end_of_a_page_follows_from_its_last_record_the_next_page_and_open_tabs() {
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
        first.keeper.set_stage(stage);
        first.flush();
        origin.pass(60_000);
        let mut next = Page::after(&origin, arrival.map(|_| &*first.id), arrival.unwrap_or_default());
        next.is_of("D");
        next.flush();
        let open = if is_open { vec![first.id.clone()] } else { Vec::new() };
        assert_eq!(read(next.earlier_with_notes(Some(&open)).pages)[0].end, end, "{stage:?} {arrival:?} {is_open}");
    }
}

#[test]
fn every_device_of_a_page_has_its_end_and_the_evidence_seen_later() {
    for (stage, replaced, end) in [
        (Stage::Left, false, PageEnd::Closed),
        (Stage::Hidden, false, PageEnd::Unknown),
        (Stage::Shown, true, PageEnd::Replaced),
        (Stage::Shown, false, PageEnd::Crashed),
    ] {
        let origin = Origin::default();
        let mut page = Page::open(&origin);
        for device in ["D", "E", "F"] {
            page.is_of(device);
            page.logs(&format!("(id=${device}): DecryptionError[msg: no key]"));
            page.flush();
            origin.pass(1000);
        }
        page.logs(MISSING);
        page.keeper.set_replaced(replaced);
        page.keeper.set_stage(stage);
        page.flush();
        assert_eq!(page.flush(), Flushed::Nothing, "nothing is new");
        origin.pass(60_000);
        for device in ["D", "E", "F"] {
            let [earlier] = Page::of(&origin, device).earlier().try_into().unwrap();
            assert_eq!(earlier.end, end, "{device} {stage:?}");
            let is_known = replaced || stage != Stage::Shown || device == "F";
            assert_eq!(messages(&earlier).last() == Some(&MISSING), is_known, "{device} {stage:?}");
            assert_eq!(earlier.crypto_store.unwrap().device_id.as_deref(), Some(device));
        }
    }
}

#[test]
fn invalid_records_are_removed_with_a_note_and_foreign_ones_are_left_alone() {
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
    // Only the beginning of this text is valid.
    let now = origin.now().ms();
    origin.set(&format!("{own}1a22bee1f5a-00000000"), &format!(r#"{{"schema":1,"revision":1,"seen":{now},"page":7}}"#));
    origin.set(&format!("{own}1a22bee1f6a-00000000"), newer);
    let mut page = Page::of(&origin, "D");
    page.flush();
    let earlier = page.earlier_with_notes(Some(&[]));
    assert_eq!(earlier.pages.len(), 0);
    assert_eq!(
        earlier.notes,
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
fn a_record_lost_in_a_browser_crash_is_restored_from_the_second_place() {
    let origin = Origin::default();
    let mut page = Page::of(&origin, "D");
    page.flush();
    // This much reached the disk before the browser crashed.
    let on_disk = origin.texts.borrow().clone();
    page.logs(MISSING);
    page.flush();
    for is_known in [true, false] {
        let second = origin.second.borrow().clone();
        origin.texts.replace(on_disk.clone());
        if !is_known {
            // The disk has no record at all, but has the device's marker.
            origin.texts.borrow_mut().clear();
            origin.set("lotus-crypto-diag/device/x/%40a%3Ahs/D", "{}");
        }
        let mut next = Page::of(&origin, "D");
        next.restore();
        next.restore();
        assert_eq!(messages(&next.earlier()[0]), [MISSING], "{is_known}");
        assert_eq!(*origin.second.borrow(), second, "the browser may crash once more");
    }
    origin.pass(DAY);
    let mut later = Page::of(&origin, "D");
    later.restore();
    assert!(origin.second.borrow().is_empty());
    assert_eq!(messages(&later.earlier()[0]), [MISSING]);
}

#[test]
fn a_page_stored_before_its_device_was_known_is_restored_once() {
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
fn a_report_with_an_invalid_earlier_page_can_be_read() {
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
        let mut next = Page::of(&origin, "D");
        next.flush();
        let earlier = next.earlier();
        assert_eq!(earlier.len(), pages, "{fields}");
        if let Some(page) = earlier.first() {
            assert_eq!((page.entries.len(), page.entries_left_out), (entries, left_out), "{fields}");
            assert_eq!(page.last_seen_at.ms() - page.began_at.ms(), 3_600_000);
        }
    }
}

#[test]
fn a_record_of_an_older_version_is_redacted_when_it_is_read() {
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
fn a_record_contains_no_secret_that_a_report_would_hide() {
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
        let reported = page.session.entries().iter().map(|entry| &*entry.message).collect::<String>();
        for secret in shape.split('⟦').skip(1).filter_map(|rest| Some(plain(rest.split_once('⟧')?.0))) {
            // Shorter secrets may also occur inside other words.
            if secret.len() > 9 && !reported.contains(&secret) {
                hidden += 1;
                assert!(!written.contains(&secret), "{shape}: {written}");
            }
        }
    }
    assert!(hidden > 100, "{hidden}");
}
