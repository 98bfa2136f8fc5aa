//! How far the evidence of one page load applies to another: what is over, what happens when the clock was set back, and to
//! which load server evidence belongs.
#![cfg(not(target_family = "wasm"))]

#[allow(dead_code, reason = "what moves a report is of other tests")]
mod moved;
mod notes;
mod page;
#[allow(dead_code, reason = "some lines are of other tests")]
mod pages;
mod rows;

use lotus_crypto_diag::server_evidence::ServerEvidence;
use lotus_crypto_diag::verdict::Conclusion::{
    ConnectionLost, DeadKeyClaimed, Divergence, EvictedStore, NotSeen, RestoredStore, StoreFailing, StoreFull,
};
use lotus_crypto_diag::verdict::FindingId::{CryptoStore, Ke1Trigger, Ke2AfterKe1, KeyUploads, OtkDivergence};
use lotus_crypto_diag::verdict::Verdict::{Confirmed, Likely, NotApplicable, Possible, RuledOut};
use lotus_crypto_diag::verdict::{Conclusion, Finding, FindingId, Verdict};
use pages::{DEAD_KEY, DEVICE, MISSING, Page, USER, minute, story};
use rows::{Row, findings, hold, row};
use serde_json::{Value, json};

const ID: &str = "signed_curve25519:AAAAAQ";

fn refused_thrice(from: i64) -> Page {
    Page::new(from, from + 10).refused(from + 1).refused(from + 2).refused(from + 3)
}

fn came_back_blank(from: i64) -> Page {
    Page::new(from, from + 5).store("identity-changed", "changed", false)
}

/// A one-time key in the homeserver's database.
fn key(id: &str, key: &str, added: i64) -> Value {
    json!({ "userId": USER, "deviceId": DEVICE, "algorithm": "signed_curve25519", "keyId": id, "key": key,
        "addedAt": minute(added).to_string() })
}

/// A HAR file with a refused upload.
fn har(minutes: i64) -> Value {
    json!({ "har": [{ "ts": minute(minutes).to_string(), "method": "POST", "path": "/_matrix/client/v3/keys/upload",
        "status": 400, "durationMs": 3.0, "refusal": { "keyId": ID, "oldKey": "OLD", "newKey": "NEW" } }] })
}

fn diverged(shows: &'static str, pages: Vec<Page>, verdict: Verdict) -> Row {
    row(shows, pages, OtkDivergence, verdict).with(Divergence)
}

fn finding(report: &Value, server: &Value, id: FindingId) -> Finding {
    let server: ServerEvidence = serde_json::from_value(server.clone()).unwrap();
    findings(report, &server).into_iter().find(|finding| finding.id == id).unwrap()
}

#[test]
fn refusals_are_over_after_an_accepted_upload_without_contrary_evidence() {
    let since = |page: Page| vec![refused_thrice(0), page];
    let accepted = || Page::new(11, 20).accepted(12);
    hold(vec![
        diverged("accepted since", since(accepted()), Confirmed).over(),
        diverged("a dead key is used since", since(Page::new(11, 30).accepted(12).line(25, DEAD_KEY)), Confirmed)
            .says(&["since then a sender used a one-time key whose secret this device does not have"])
            .cites(&["entries[0]", "uploadLoop.accepted"]),
        diverged("it was used before", vec![refused_thrice(0).line(5, DEAD_KEY), accepted()], Confirmed).over(),
        diverged("a page that would have seen a refusal", since(Page::new(11, 20)), Likely)
            .says(&["In this page no upload was refused"]),
        diverged("the server has the device's own key by now", since(accepted()), Likely)
            .beside(json!({ "oneTimeKeys": [key("AAAAAQ", "NEW", 12)] }))
            .says(&["the homeserver holds NEW as"])
            .over(),
        diverged("the server has the old one still", since(accepted()), Confirmed)
            .beside(json!({ "oneTimeKeys": [key("AAAAAQ", "OLD", 0)] }))
            .over(),
        row("nothing fails any more", since(accepted()), KeyUploads, RuledOut).with(NotSeen),
        row("it is refused still", since(refused_thrice(11)), KeyUploads, NotApplicable),
    ]);
}

/// The upload state of a page load is that of one client; server evidence may show another client's.
#[test]
fn an_accepted_upload_ends_only_the_refusals_of_its_own_client() {
    hold(vec![
        diverged("in the HAR of a page whose client was not refused", vec![Page::new(0, 10).accepted(8)], Confirmed)
            .beside(har(5)),
        diverged("a page later", vec![Page::new(0, 10), Page::new(11, 20).accepted(12)], Confirmed)
            .beside(har(5))
            .over(),
    ]);
}

#[test]
fn server_evidence_belongs_to_the_page_load_of_its_time() {
    hold(vec![
        diverged("before the device lost its store", vec![Page::new(0, 10).in_order(), came_back_blank(15)], Possible)
            .beside(har(5)),
        diverged("after it", vec![Page::new(0, 10).in_order(), came_back_blank(15)], Confirmed).beside(har(16)),
        diverged("between two pages", vec![Page::new(0, 10).in_order(), came_back_blank(15)], Likely).beside(har(12)),
        diverged(
            "while two were open",
            vec![Page::new(0, 10).in_order(), Page::new(4, 12).in_order(), came_back_blank(15)],
            Likely,
        )
        .beside(har(5)),
    ]);
}

#[test]
fn a_load_whose_clock_was_ahead_is_neither_before_nor_after() {
    let ahead = |page: Page| vec![refused_thrice(0), page, Page::new(11, 12)];
    hold(vec![
        diverged("the server accepted there", ahead(Page::new(1000, 1010).accepted(1001)), Confirmed),
        diverged("other identity keys there", ahead(came_back_blank(1000)), Likely)
            .says(&["these refusals may belong to either set of keys"]),
        row(
            "the store was there",
            vec![Page::new(0, 10).in_order().connection_lost(7), Page::new(1000, 1010).in_order(), Page::new(11, 12)],
            CryptoStore,
            Likely,
        )
        .with(ConnectionLost),
    ]);
}

#[test]
fn a_lost_connection_and_a_refusal_confirm_an_eviction_only_in_the_same_load() {
    let lost = || Page::new(0, 10).in_order().connection_lost(2);
    hold(vec![
        row("in one", vec![lost().refused(3).refused(4).refused(5)], Ke1Trigger, Confirmed).with(EvictedStore),
        row("in two", vec![lost(), refused_thrice(11)], Ke1Trigger, Likely).with(EvictedStore),
        row(
            "a refusal that was over by then, and one in another load",
            vec![
                Page::new(0, 10).in_order().refused(1).refused(2).refused(3).accepted(4).connection_lost(5),
                refused_thrice(11),
            ],
            Ke1Trigger,
            Likely,
        )
        .with(EvictedStore),
    ]);
}

#[test]
fn reading_a_store_does_not_show_that_it_can_be_written() {
    let after = |kind| vec![Page::new(0, 10).in_order().trouble(7, kind), Page::new(11, 20).in_order()];
    let kept = |kind, conclusion: Conclusion| {
        row("read since", after(kind), CryptoStore, Likely)
            .with(conclusion)
            .says(&["Nothing shows yet that it can write again"])
    };
    hold(vec![
        kept("full", StoreFull),
        kept("failing", StoreFailing),
        row("corrupt, and read since", after("corrupt"), CryptoStore, Confirmed)
            .with(Conclusion::StoreCorrupt)
            .says(&["It was over by"])
            .over(),
    ]);
}

#[test]
fn a_key_claimed_by_the_repair_is_not_attributed_to_a_sender() {
    let pages = |claimed| {
        let repaired = refused_thrice(0).repaired_by_claiming(5, claimed).line(6, MISSING);
        vec![repaired]
    };
    let inventory = json!({ "oneTimeKeys": [key("AAAABQ", "OTHER", 6)] });
    hold(vec![
        row("by somebody", pages(json!([])), Ke2AfterKe1, Possible).with(DeadKeyClaimed).beside(inventory.clone()),
        row("by the repair", pages(json!([{ "keyId": ID, "key": "OLD" }])), Ke2AfterKe1, Possible).beside(inventory),
    ]);
}

#[test]
fn refusals_that_are_over_need_no_action_unless_the_store_was_lost() {
    let next = |pages| finding(&story(pages), &json!({}), OtkDivergence);
    let over = next(vec![refused_thrice(0), Page::new(11, 20).accepted(12)]);
    assert!(over.next.starts_with("Nothing for the keys themselves.") && over.over.is_some(), "{}", over.next);
    let blank = came_back_blank(0).refused(1).refused(2).refused(3);
    for (shows, pages) in [
        ("the homeserver accepts the new keys", vec![blank, Page::new(11, 20).accepted(12)]),
        ("they are of the earlier keys", vec![refused_thrice(0).in_order(), came_back_blank(15)]),
    ] {
        let found = next(pages);
        assert_eq!(found.over, None, "{shows}");
        assert!(found.next.contains("log out of this device and back in"), "{shows}: {}", found.next);
        assert!(found.remedies.iter().all(|way| !way.title.starts_with("Repair")), "{shows}");
    }
}

#[test]
fn a_refusal_of_another_device_says_nothing_about_this_one() {
    let other = |place: &str| {
        let mut report = story(vec![refused_thrice(0)]);
        let refusal = &mut report["entries"][0]["detail"]["deviceId"];
        assert!(refusal.is_string() || refusal.is_null());
        *refusal = json!("OTHER");
        if place == "loop" {
            report["uploadLoop"]["refusal"]["deviceId"] = json!("OTHER");
            report["entries"] = json!([]);
        }
        report
    };
    for place in ["entries", "loop"] {
        let mut report = other(place);
        report["uploadLoop"]["refusal"]["deviceId"] = json!("OTHER");
        let found = finding(&report, &json!({}), OtkDivergence);
        assert_ne!(found.conclusion, Some(Divergence), "{place}: {}", found.because);
    }
    let mut har = har(5);
    har["har"][0]["refusal"]["deviceId"] = json!("OTHER");
    let found = finding(&story(vec![Page::new(0, 10)]), &har, OtkDivergence);
    assert_ne!(found.conclusion, Some(Divergence), "{}", found.because);
}

#[test]
fn a_failure_in_a_har_is_over_if_a_later_load_succeeds() {
    let too_large = || {
        let mut har = har(5);
        har["har"][0]["refusal"] = Value::Null;
        har["har"][0]["errcode"] = json!("M_TOO_LARGE");
        har
    };
    let full = |shows, pages| row(shows, pages, KeyUploads, Confirmed).with(Conclusion::TooManyKeys);
    hold(vec![
        full("in the page", vec![Page::new(0, 10)]).beside(too_large()),
        full("no upload since", vec![Page::new(0, 10), Page::new(11, 12)]).beside(too_large()),
        row("accepted since", vec![Page::new(0, 10), Page::new(11, 20).accepted(12)], KeyUploads, RuledOut)
            .with(NotSeen)
            .beside(too_large()),
    ]);
}

#[test]
fn a_refusal_between_two_loads_is_over_if_the_next_one_uploads() {
    let pages = || vec![Page::new(0, 10), Page::new(15, 60).accepted(16)];
    hold(vec![
        diverged("between two", pages(), Confirmed).beside(har(12)).over(),
        diverged("after both", vec![Page::new(0, 10).accepted(1)], Confirmed).beside(har(12)),
    ]);
}

#[test]
fn one_refusal_is_over_after_an_accepted_upload_in_the_same_page() {
    hold(vec![
        diverged("in the page before", vec![Page::new(0, 10).refused(1).accepted(5), Page::new(11, 12)], Confirmed)
            .over(),
        diverged("in this page", vec![Page::new(0, 10).refused(1).accepted(5)], Confirmed).over(),
    ]);
}

#[test]
fn missing_media_keys_that_arrive_later_are_not_blamed_on_earlier_refusals() {
    const OPENED: &str = pages::OPENED;
    let call = Page::new(30, 60).line(40, MISSING).line(41, OPENED);
    let story = story(vec![refused_thrice(0), Page::new(11, 20).accepted(12), call]);
    let found = finding(&story, &json!({}), Ke2AfterKe1);
    assert_eq!(found.verdict, RuledOut, "{}", found.because);
    assert!(!found.because.contains("could still be the cause"), "{}", found.because);
}

#[test]
fn a_key_that_replaced_the_refused_one_does_not_date_the_restore() {
    let mut report = story(vec![refused_thrice(0).in_order(), Page::new(11, 20).in_order().accepted(12)]);
    report["tabs"] = json!({ "session": null, "error": null, "tabs": [
        { "id": "a", "thisTab": true, "role": "leader", "since": null, "opened": minute(11).to_string(), "visible": true,
          "counts": { "KE-1": 0, "KE-2": 0, "KE-3": 0, "KE-4": 0 }, "entries": [] },
    ] });
    let with = |held: &str| finding(&report, &json!({ "oneTimeKeys": [key("AAAAAQ", held, -100)] }), Ke1Trigger);
    assert_eq!((with("OLD").verdict, with("OLD").conclusion), (Likely, Some(RestoredStore)));
    assert_eq!((with("NEW").verdict, with("NEW").conclusion), (Possible, Some(RestoredStore)));
}
