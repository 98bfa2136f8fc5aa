//! What a survey says about an upload: its device, the cause of its refusal, and whether that is over.
#![cfg(not(target_family = "wasm"))]

mod synapse_log;

use lotus_crypto_diag::survey::{NamedBy, RefusalCause, TroubleKind};
use synapse_log::*;

#[test]
fn an_accepted_upload_ends_the_trouble_and_changing_refused_keys_are_reported() {
    let log: String = (0..4).map(|nth| refused(nth * 60, nth, "@a:hs", "D", &format!("AAA{nth}"))).collect();
    let over = surveyed(&[&(log.clone() + &accepted(500, 9, "@a:hs", "D"))]);
    assert_eq!(over.devices[0].going_on, Some(false));
    assert_eq!(over.devices[0].troubles[0].key_ids.len(), 4);
    assert!(over.devices[0].troubles[0].says.contains("moved on, 4 keys"));
    let quiet = surveyed(&[&(log + &ended(9000, "GET-1", "@b:hs", "200", "GET /_matrix/client/versions"))]);
    assert_eq!(quiet.devices[0].going_on, None);
}

#[test]
fn the_cause_of_refused_uploads_is_named_if_the_log_shows_it() {
    let blank: String = (0..4)
        .map(|nth| {
            device_keys(nth * 30, &format!("POST-{nth}"), "@a:hs", "D") + &refused(nth * 30, nth, "@a:hs", "D", "AAAA")
        })
        .collect();
    assert_eq!(surveyed(&[&blank]).devices[0].troubles[0].cause, Some(RefusalCause::BlankStore));
    let plain: String = (0..4).map(|nth| refused(nth * 30, nth, "@a:hs", "D", "AAAA")).collect();
    assert_eq!(surveyed(&[&plain]).devices[0].troubles[0].cause, Some(RefusalCause::SameIdentity));
    let tabs: String = (0..4)
        .map(|nth| refused(nth * 30, nth, "@a:hs", "D", "AAAA") + &accepted(nth * 30 + 5, 50 + nth, "@a:hs", "D"))
        .collect();
    let tabs = surveyed(&[&(tabs + &refused(200, 9, "@a:hs", "D", "AAAA"))]);
    assert_eq!(
        (tabs.devices[0].troubles[0].cause, tabs.devices[0].going_on),
        (Some(RefusalCause::SeveralTabs), Some(true))
    );
}

#[test]
fn several_tabs_are_the_cause_after_three_turns_and_two_refusals_have_no_cause() {
    let uploads = |words: &str, step: u32| -> String {
        words
            .chars()
            .zip(0..)
            .map(|(c, nth)| match c {
                'R' => refused(nth * step, nth, "@a:hs", "D", "AAAA"),
                _ => accepted(nth * step, nth, "@a:hs", "D"),
            })
            .collect()
    };
    for (words, step, expected) in [
        ("RARARAR", 60, Some(RefusalCause::SeveralTabs)),
        ("RARRRRR", 60, Some(RefusalCause::SameIdentity)),
        ("RARARRR", 60, Some(RefusalCause::SameIdentity)),
        ("RARARAR", 8000, Some(RefusalCause::SameIdentity)),
        ("RR", 60, None),
        ("RAR", 60, None),
    ] {
        assert_eq!(surveyed(&[&uploads(words, step)]).devices[0].troubles[0].cause, expected, "{words}");
    }
}

#[test]
fn unauthorised_and_rate_limited_requests_are_no_trouble_of_a_device() {
    const DELAYED: &str = "POST /_matrix/client/unstable/org.matrix.msc4140/delayed_events/x";
    for (status, what, found) in
        [("401", UPLOAD, 0), ("429", UPLOAD, 0), ("401", DELAYED, 0), ("429", DELAYED, 0), ("404", DELAYED, 1)]
    {
        let log: String = (0..9).map(|nth| ended(nth, &format!("POST-{nth}"), "None", status, what)).collect();
        assert_eq!(surveyed(&[&log]).devices.len(), found, "{status} {what}");
    }
}

#[test]
fn rare_trouble_counts_as_ongoing_for_a_while_after_its_last_time() {
    let log: String = (0..4).map(|nth| refused(nth * 5400, nth, "@a:hs", "D", "AAAA")).collect();
    for (end, expected) in [(3 * 5400 + 7200, Some(true)), (3 * 5400 + 20_000, None)] {
        let log = log.clone() + &ended(end, "GET-1", "@b:hs", "200", "GET /_matrix/client/versions");
        assert_eq!(surveyed(&[&log]).devices[0].going_on, expected);
    }
}

/// Interleaves the lines of two processes, which number their requests independently.
fn interleaved(first: &str, second: &str) -> String {
    let lines = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
    lines(first).into_iter().zip(lines(second)).flat_map(|(a, b)| [a, b]).collect()
}

fn behind(prefix: &str, log: &str) -> String {
    log.split_inclusive('\n').flat_map(|line| [prefix, line]).collect()
}

#[test]
fn workers_with_the_same_request_numbers_in_one_log_are_not_mixed_up() {
    let signed = |user: &str, device: &str| {
        let words = exists("AAAA");
        words.replace("new key: {", &format!("new key: {{'signatures': {{'{user}': {{'ed25519:{device}': 'x'}}}}, "))
    };
    let refusals = |user: &str, device: &str, words: &str| -> String {
        let of = |nth: u32| {
            let request = format!("POST-{nth}");
            [
                adding(nth * 30, &request, user, device),
                error(nth * 30, &request, words),
                ended(nth * 30, &request, user, "400", UPLOAD),
            ]
            .concat()
        };
        (0..4).map(of).collect()
    };
    let uploads = |user: &str, device: &str| -> String {
        let of = |nth: u32| {
            let request = format!("POST-{nth}");
            let sync = ended(nth * 30, &format!("GET-{nth}"), user, "200", "GET /_matrix/client/versions");
            [adding(nth * 30, &request, user, device), sync, ended(nth * 30, &request, user, "200", UPLOAD)].concat()
        };
        (0..4).map(of).collect()
    };
    let stuck = [("@stuck:hs", "STUCK", TroubleKind::RefusedUploads)];
    let (log, signed_log) = (
        refusals("@stuck:hs", "STUCK", &exists("AAAA")),
        refusals("@stuck:hs", "STUCK", &signed("@stuck:hs", "STUCK")),
    );
    for user in ["@well:hs", "@stuck:hs"] {
        let other = uploads(user, "WELL");
        for [a, b] in [[&log, &other], [&other, &log]] {
            for prefixes in
                [["worker1  | ", "worker2  | "], ["Nov 25 09:00:01 hs synapse[1]: ", "Nov 25 09:00:02 hs synapse[2]: "]]
            {
                let text = interleaved(&behind(prefixes[0], a), &behind(prefixes[1], b));
                assert_eq!(named(&surveyed(&[&text])), stuck, "{text}");
            }
            // Only the numbers tell the workers apart: no healthy device is named.
            let text = interleaved(a, b);
            let survey = surveyed(&[&text]);
            assert!(!named(&survey).iter().any(|(_, device, _)| *device == "WELL"), "{text}\n{:?}", named(&survey));
            assert!(survey.notes.iter().any(|note| note.contains("had the same number")), "{:?}", survey.notes);
        }
        for [a, b] in [[&signed_log, &other], [&other, &signed_log]] {
            let survey = surveyed(&[&interleaved(a, b)]);
            assert!(!named(&survey).iter().any(|(_, device, _)| *device == "WELL"), "{:?}", named(&survey));
        }
        // In separate files nothing is mixed up.
        assert_eq!(named(&surveyed(&[&log, &other])), stuck);
    }
}

#[test]
fn a_refusal_without_request_names_belongs_to_its_signer_if_the_user_matches() {
    let words = exists("AAAA").replace("new key: {", "new key: {'signatures': {'@a:hs': {'ed25519:D': 'x'}}, ");
    let log = (error(1, "POST-1", &words) + &ended(1, "POST-1", "@a:hs", "400", UPLOAD)).replace("POST-1 - ", "");
    let survey = surveyed(&[&log]);
    assert_eq!(named(&survey), [("@a:hs", "D", TroubleKind::RefusedUploads)]);
    assert_eq!(survey.devices[0].named_by, Some(NamedBy::Signature));
}

#[test]
fn a_refusal_counts_even_if_the_log_lacks_the_end_of_the_request() {
    let cut = adding(1, "POST-1", "@a:hs", "D") + &error(1, "POST-1", &exists("AAAA"));
    assert_eq!(named(&surveyed(&[&cut])), [("@a:hs", "D", TroubleKind::RefusedUploads)]);
}

#[test]
fn a_refusal_of_an_aborted_request_counts_and_uncertain_trouble_is_not_called_over() {
    let gone = refused(1, 1, "@a:hs", "D", "AAAA").replace(" 400 \"POST", " 400! \"POST");
    assert_eq!(named(&surveyed(&[&gone])), [("@a:hs", "D", TroubleKind::RefusedUploads)]);
    let mut log: String = (0..30).map(|nth| accepted(nth, nth, "@a:hs", "D")).collect();
    log = refused(0, 99, "@a:hs", "D", "AAAA")
        + &log
        + &ended(30_000, "GET-1", "@b:hs", "200", "GET /_matrix/client/versions");
    let survey = surveyed(&[&log]);
    let states: Vec<_> = survey.devices[0].troubles.iter().map(|trouble| trouble.going_on).collect();
    assert_eq!((states, survey.devices[0].going_on), (vec![None, Some(false)], None));
}
