//! Evidence from before a reload is judged together with later evidence: the verdict is as firm as the evidence allows, and
//! no firmer because several pages saw it.
#![cfg(not(target_family = "wasm"))]

#[allow(dead_code, reason = "what is expected of the cases is another test's")]
mod cases;
#[allow(dead_code, reason = "likewise")]
mod expected;
mod moved;
mod notes;
mod page;
#[allow(dead_code, reason = "some of it is of other tests")]
mod pages;
#[allow(dead_code, reason = "what is expected of them is another test's")]
mod public_reports;
mod recordings;
mod replay;
#[allow(dead_code, reason = "likewise")]
mod rows;

use lotus_crypto_diag::diagnosis::analyse;
use lotus_crypto_diag::report::Report;
use lotus_crypto_diag::server_evidence::ServerEvidence;
use lotus_crypto_diag::verdict::Conclusion::{
    CallTransport, ClientLoop, ConnectionLost, DeadKeyClaimed, Divergence, EvictedStore, MalformedAtSource,
    NoKeyTargets, NotSeen, TooManyKeys,
};
use lotus_crypto_diag::verdict::Verdict::{Confirmed, Likely, NotApplicable, Possible, RuledOut, Unknown};
use lotus_crypto_diag::verdict::{Analysis, FindingId, Verdict};
use moved::moved;
use pages::{CALL_TIMED_OUT, DEAD_KEY, MALFORMED, MISSING, NO_TARGETS, OPENED, Page, minute, story};
use rows::{findings, hold, row};
use serde_json::Value;

/// The reports of the case table and of the public cases, with the administrator's evidence.
fn reports() -> Vec<(String, Value, ServerEvidence)> {
    let table = cases::cases().into_iter().map(|(name, case)| (name, cases::report(&case).0, case.server));
    let public = public_reports::cases().into_iter().map(|(name, case)| {
        (name, serde_json::to_value(public_reports::report(&case)).unwrap(), ServerEvidence::default())
    });
    table.chain(public).collect()
}

const fn gravity(verdict: Verdict) -> u8 {
    match verdict {
        Confirmed => 3,
        Likely => 2,
        Possible => 1,
        RuledOut | Unknown | NotApplicable => 0,
    }
}

#[test]
fn evidence_of_the_previous_page_makes_no_verdict_firmer_and_is_never_lost() {
    let mut problems = Vec::new();
    for (name, report, server) in reports() {
        let (now, before) = (findings(&report, &server), findings(&moved(&report), &server));
        for now in &now {
            let before = before.iter().find(|finding| finding.id == now.id).unwrap();
            let is_firmer = gravity(before.verdict) > gravity(now.verdict)
                || (before.verdict == RuledOut && now.verdict != RuledOut);
            let is_lost = gravity(now.verdict) > 0 && gravity(before.verdict) == 0 && before.verdict != Unknown;
            let is_other = gravity(before.verdict) > 0 && before.conclusion != now.conclusion;
            if is_firmer || is_lost || is_other {
                problems.push(format!(
                    "{name}: {:?} {:?} {:?} becomes {:?} {:?}: {} / {}",
                    now.id, now.verdict, now.conclusion, before.verdict, before.conclusion, now.because, before.because
                ));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn refused_thrice(from: i64) -> Page {
    Page::new(from, from + 10).refused(from + 1).refused(from + 2).refused(from + 3)
}

#[test]
fn refusals_of_an_earlier_page_are_dated_and_marked_as_over_if_they_are() {
    use FindingId::OtkDivergence as Id;
    let with = |shows, pages| row(shows, pages, Id, Confirmed).with(Divergence).cites(&["earlier[0].entries[0]"]);
    hold(vec![
        row("in this page", vec![refused_thrice(0)], Id, Confirmed).with(Divergence).cites(&["entries[0]"]),
        with("in the page before", vec![refused_thrice(0), Page::new(11, 12)])
            .says(&["Nothing in this report shows that it is over"]),
        with("in both", vec![refused_thrice(0), refused_thrice(11)]).cites(&["entries[0]"]),
        with("a page later the server accepts", vec![refused_thrice(0), Page::new(11, 20).accepted(12)])
            .says(&["held different keys", "It was over by 2026-11-24T00:20:00.000Z"])
            .over(),
        with("a page between accepts", vec![refused_thrice(0), Page::new(11, 20).accepted(12), Page::new(21, 22)])
            .cites(&["earlier[1].uploadLoop.accepted"])
            .over(),
        with("over, and refused again", vec![refused_thrice(0), Page::new(11, 20).accepted(12), refused_thrice(21)])
            .cites(&["entries[0]"]),
        with("accepted in the same page", vec![refused_thrice(0).accepted(5), Page::new(11, 12)])
            .says(&["It was over by 2026-11-24T00:05:00.000Z"])
            .over(),
        with("repaired in that page", vec![refused_thrice(0).repaired(6), Page::new(11, 12)])
            .says(&["It was over by 2026-11-24T00:06:00.000Z: the keys were repaired in place"])
            .over(),
        with(
            "refused again after the repair",
            vec![Page::new(0, 10).refused(1).repaired(2).refused(3).refused(4), Page::new(11, 12)],
        ),
        with(
            "accepted in a tab that was open at the same time",
            vec![refused_thrice(0), Page::new(5, 20).accepted(6), Page::new(21, 22)],
        ),
        row("of another device", vec![refused_thrice(0).in_order().of_device("OTHER"), Page::new(11, 12)], Id, Unknown),
    ]);
}

#[test]
fn a_client_loop_is_judged_within_one_page() {
    use FindingId::OtkDivergence as Id;
    let same = |page: Page, at| page.refused_with(at, "SAME", "SAME");
    let twice = |from| same(same(Page::new(from, from + 10), from + 1), from + 2);
    hold(vec![
        row("thrice", vec![same(twice(0), 3)], Id, Confirmed).with(ClientLoop),
        row("thrice in the page before", vec![same(twice(0), 3), Page::new(11, 12)], Id, Confirmed).with(ClientLoop),
        row("twice and once", vec![twice(0), same(Page::new(11, 20), 12)], Id, Possible).with(ClientLoop),
        row("the same key here, another there", vec![refused_thrice(0), same(twice(11), 13)], Id, Confirmed)
            .with(Divergence),
    ]);
}

#[test]
fn the_loss_of_a_store_is_dated_between_two_moments() {
    use FindingId::Ke1Trigger as Id;
    let changed = |page: Page| page.store("identity-changed", "changed", false);
    let found_changed = |page: Page| page.store("identity-changed", "changed", true);
    let span = &[
        "between 2026-11-24T00:10:00.000Z, when the previous page was last seen (which was closed), and 2026-11-24T00:15:00.000Z",
    ];
    let healthy = || Page::new(0, 10).in_order().ended("closed");
    hold(vec![
        row("found here", vec![healthy(), changed(refused_thrice(15))], Id, Confirmed)
            .with(EvictedStore)
            .says(span)
            .cites(&["earlier[0].lastSeenAt", "capturingSince", "cryptoStore.databaseExisted"]),
        row("found in the page before", vec![healthy(), changed(refused_thrice(15)), Page::new(30, 31)], Id, Confirmed)
            .with(EvictedStore)
            .says(span)
            .cites(&["earlier[0].lastSeenAt", "earlier[1].beganAt", "earlier[1].cryptoStore.databaseExisted"]),
        row(
            "gone in one page, other keys in the next",
            vec![Page::new(0, 10).store("evicted", "not-compared", false), found_changed(Page::new(11, 20))],
            Id,
            Confirmed,
        )
        .with(EvictedStore)
        .cites(&["earlier[0].cryptoStore.databaseExisted", "cryptoStore.identity"]),
        row("other keys alone", vec![healthy(), found_changed(Page::new(15, 20))], Id, Likely)
            .with(EvictedStore)
            .says(span),
        row(
            "the connection lost, then other keys",
            vec![Page::new(0, 10).in_order().connection_lost(7).ended("crashed"), found_changed(Page::new(11, 20))],
            Id,
            Confirmed,
        )
        .with(EvictedStore)
        .says(&["lost at 2026-11-24T00:07:00.000Z in a running page, which crashed"]),
        row(
            "the connection lost, then the same keys",
            vec![Page::new(0, 10).in_order().connection_lost(7), Page::new(11, 20).in_order().accepted(12)],
            Id,
            RuledOut,
        )
        .with(NotSeen),
        row("refused before it was lost", vec![refused_thrice(0).in_order(), changed(Page::new(15, 20))], Id, Likely)
            .with(EvictedStore)
            .says(&["Uploads were refused even before that"]),
        row(
            "lost twice",
            vec![Page::new(0, 10).in_order(), changed(Page::new(11, 20)), changed(Page::new(21, 30))],
            Id,
            Confirmed,
        )
        .with(EvictedStore),
    ]);
}

#[test]
fn refusals_before_an_identity_change_say_little_about_the_current_keys() {
    use FindingId::OtkDivergence as Id;
    let changed = || Page::new(15, 20).store("identity-changed", "changed", false);
    hold(vec![
        row("before the change", vec![refused_thrice(0).in_order(), changed()], Id, Possible)
            .with(Divergence)
            .says(&["they say nothing about its current keys"]),
        row("perhaps before it", vec![refused_thrice(0), changed()], Id, Likely).with(Divergence),
        row("after it", vec![changed(), refused_thrice(21)], Id, Confirmed).with(Divergence),
        row("before and after", vec![refused_thrice(0).in_order(), changed(), refused_thrice(21)], Id, Confirmed)
            .with(Divergence),
    ]);
}

#[test]
fn refusals_of_an_earlier_page_explain_a_later_dead_key() {
    use FindingId::Ke2AfterKe1 as Id;
    let yesterday = || refused_thrice(0);
    let today = || Page::new(1440, 1500).accepted(1441);
    hold(vec![
        row("in a call", vec![yesterday(), today().line(1450, DEAD_KEY).line(1450, MISSING)], Id, Confirmed)
            .with(DeadKeyClaimed)
            .cites(&["earlier[0].entries[0]", "entries[0]", "entries[1]"]),
        row("in no call", vec![yesterday(), today().line(1450, DEAD_KEY)], Id, Likely).with(DeadKeyClaimed),
        row(
            "the call after a reload",
            vec![yesterday(), Page::new(1440, 1450).line(1449, DEAD_KEY), Page::new(1451, 1500).line(1451, MISSING)],
            Id,
            Likely,
        )
        .with(DeadKeyClaimed),
        row(
            "a key is missing long after the refusals were over",
            vec![yesterday(), Page::new(11, 20).accepted(12), today().line(1450, MISSING)],
            Id,
            Possible,
        )
        .says(&["The refusals were over by then"]),
        row("missed before the refusals", vec![Page::new(0, 10).line(1, MISSING), refused_thrice(11)], Id, RuledOut),
    ]);
}

#[test]
fn evidence_of_one_call_is_judged_within_one_page() {
    use FindingId::{Ke2CallTransport, Ke2KeysNotSent, Ke4SlowHomeserver};
    let call = |from| Page::new(from, from + 10).accepted(from);
    hold(vec![
        row(
            "a call of the page before, in order as far as was seen, and days without a page",
            vec![call(0).line(9, OPENED), Page::new(4320, 4321)],
            Ke2CallTransport,
            NotApplicable,
        ),
        row("came in this page", vec![call(0).line(1, OPENED).line(2, MISSING)], Ke2CallTransport, Likely)
            .with(CallTransport),
        row(
            "came in the page before",
            vec![call(0).line(9, OPENED), call(11).line(11, MISSING)],
            Ke2CallTransport,
            Possible,
        )
        .with(CallTransport),
        row(
            "all in the page before",
            vec![call(0).line(1, OPENED).line(2, MISSING), call(11)],
            Ke2CallTransport,
            Likely,
        )
        .with(CallTransport)
        .says(&["In the page of 2026-11-24T00:00:00.000Z to 2026-11-24T00:10:00.000Z, which was reloaded"])
        .cites(&["earlier[0].entries[0]"]),
        row(
            "alone at first, in three pages",
            vec![call(0).line(1, NO_TARGETS), call(11).line(12, NO_TARGETS), call(22).line(23, NO_TARGETS)],
            Ke2KeysNotSent,
            NotApplicable,
        ),
        row(
            "alone for long, in the page before",
            vec![call(0).line(1, NO_TARGETS).line(2, NO_TARGETS).line(3, NO_TARGETS), call(11)],
            Ke2KeysNotSent,
            Possible,
        )
        .with(NoKeyTargets),
        row(
            "a call of the page before faltered",
            vec![call(0).line(1, CALL_TIMED_OUT), call(11)],
            Ke4SlowHomeserver,
            Unknown,
        )
        .cites(&["earlier[0].entries[0]"]),
    ]);
}

#[test]
fn trouble_of_an_earlier_page_is_over_only_if_a_later_page_shows_it() {
    use FindingId::{CryptoStore, KeyUploads};
    let lost = || Page::new(0, 10).in_order().connection_lost(7);
    let full = || Page::new(0, 10).too_large(1).too_large(2).too_large(3);
    hold(vec![
        row("nobody looked since", vec![lost(), Page::new(11, 12)], CryptoStore, Likely)
            .with(ConnectionLost)
            .cites(&["earlier[0].cryptoStore.loss"]),
        row("the store was there after a reload", vec![lost(), Page::new(11, 20).in_order()], CryptoStore, Likely)
            .with(ConnectionLost)
            .says(&["It was over by 2026-11-24T00:20:00.000Z"])
            .over(),
        row("no upload since", vec![full(), Page::new(11, 12)], KeyUploads, Confirmed)
            .with(TooManyKeys)
            .says(&["The last failure was seen in an earlier page"]),
        row("accepted since", vec![full(), Page::new(11, 20).accepted(12)], KeyUploads, RuledOut).with(NotSeen),
    ]);
}

#[test]
fn an_event_that_fails_at_every_load_is_one_event() {
    let pages = || vec![Page::new(0, 10).line(1, MALFORMED), Page::new(11, 20).line(12, MALFORMED)];
    hold(vec![
        row("twice", pages(), FindingId::Ke3Malformed, Likely).with(MalformedAtSource).cites(&["entries[0]"]),
        row("before", vec![Page::new(0, 10).line(1, MALFORMED), Page::new(11, 20)], FindingId::Ke3Malformed, Likely)
            .with(MalformedAtSource)
            .cites(&["earlier[0].entries[0]"]),
    ]);
    let finding = findings(&story(pages()), &ServerEvidence::default());
    let finding = finding.iter().find(|finding| finding.id == FindingId::Ke3Malformed).unwrap();
    assert_eq!(finding.evidence.len(), 1, "{:?}", finding.evidence);
}

#[test]
fn evidence_that_an_open_tab_both_reports_and_keeps_is_counted_once() {
    let tab = refused_thrice(0).ended("open");
    let entries = tab.report()["entries"].clone();
    let mut report = story(vec![tab, Page::new(5, 11)]);
    report["tabs"] = serde_json::json!({ "session": null, "error": null, "tabs": [
        { "id": "b", "thisTab": false, "role": "leader", "since": null, "opened": "2026-11-24T00:00:00.000Z", "visible": true,
          "counts": { "KE-1": 3, "KE-2": 0, "KE-3": 0, "KE-4": 0 }, "entries": entries },
    ] });
    let found = findings(&report, &ServerEvidence::default());
    let divergence = found.iter().find(|finding| finding.id == FindingId::OtkDivergence).unwrap();
    let cited: Vec<&str> = divergence.evidence.iter().map(|one| one.fact.as_str()).collect();
    assert!(cited.contains(&"tabs.tabs[0].entries[0]") && !cited.contains(&"earlier[0].entries[0]"), "{cited:?}");
}

#[test]
fn the_queries_reach_back_only_to_pages_with_evidence() {
    let window = |pages| {
        let report: Report = serde_json::from_value(story(pages)).unwrap();
        let Analysis { runbook, .. } = analyse(&report, &ServerEvidence::default());
        let names_key =
            runbook.queries.iter().any(|query| query.id == "one-time-keys" && query.text.contains("AAAAAQ"));
        (runbook.from, runbook.to, names_key)
    };
    let quiet = || Page::new(0, 10).accepted(1).line(2, OPENED);
    let today = || Page::new(2900, 2910).line(2901, MISSING);
    assert_eq!(window(vec![quiet(), today()]), (minute(2896), minute(2906), false));
    assert_eq!(window(vec![quiet(), refused_thrice(1440), today()]), (minute(1436), minute(2906), true));
}

#[test]
fn the_summary_says_that_a_fault_is_over() {
    let report: Report = serde_json::from_value(story(vec![refused_thrice(0).accepted(5), Page::new(11, 12)])).unwrap();
    let summary = analyse(&report, &ServerEvidence::default()).diagnosis.summary;
    assert!(summary.contains("(KE-1); it was over by 2026-11-24T00:05:00.000Z."), "{summary}");
}
