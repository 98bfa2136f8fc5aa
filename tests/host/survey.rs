//! The survey of a homeserver's log and tables: it names the devices in trouble, and nobody else.
#![cfg(not(target_family = "wasm"))]

use lotus_crypto_diag::survey::{Coverage, NamedBy, RefusalCause, Survey, TroubleKind};
use lotus_crypto_diag_server_evidence::case::Known;
use lotus_crypto_diag_server_evidence::redacted::redacted;
use lotus_crypto_diag_server_evidence::survey::survey;
use lotus_crypto_diag_server_evidence::survey_text::{to_csv, to_markdown};
use lotus_crypto_diag_server_evidence::{Content, Purpose, Reader};
use proptest::prelude::*;

fn read(text: impl AsRef<[u8]>) -> Content {
    let mut reader = Reader::new(Purpose::Survey);
    reader.push(text.as_ref()).unwrap();
    reader.finish().unwrap()
}

fn surveyed(texts: &[&str]) -> Survey {
    let contents: Vec<Content> = texts.iter().map(read).collect();
    survey(&contents.iter().map(|content| Known { content, offset_ms: 0 }).collect::<Vec<_>>())
}

/// Seconds after nine o'clock.
fn stamp(second: u32) -> String {
    format!("2026-11-25 {:02}:{:02}:{:02},000", 9 + second / 3600, second / 60 % 60, second % 60)
}

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";

fn ended(second: u32, request: &str, user: &str, status: &str, what: &str) -> String {
    format!(
        "{} - synapse.access.http.8008 - 529 - INFO - {request} - 10.0.0.1 - 8008 - {{{user}}} Processed request: 0.008sec/0.001sec \
         ru=(0.002sec, 0.000sec) db=(0.001sec/0.002sec/3) 61B {status} \"{what} HTTP/1.1\" \"{AGENT}\" [0 dbevts]\n",
        stamp(second)
    )
}

fn adding(second: u32, request: &str, user: &str, device: &str) -> String {
    format!(
        "{} - synapse.handlers.e2e_keys - 967 - INFO - {request} - Adding one_time_keys dict_keys(['signed_curve25519:AAAA']) for device \
         '{device}' for user '{user}' at 1795598595142\n",
        stamp(second)
    )
}

fn device_keys(second: u32, request: &str, user: &str, device: &str) -> String {
    format!(
        "{} - synapse.handlers.e2e_keys - 930 - INFO - {request} - Updating device_keys for device '{device}' for user {user} at \
         1795598595142\n",
        stamp(second)
    )
}

fn error(second: u32, request: &str, words: &str) -> String {
    format!(
        "{} - synapse.http.server - 130 - INFO - {request} - <SynapseRequest at 0x7f0b method='POST' \
         uri='/_matrix/client/v3/keys/upload' clientproto='HTTP/1.1' site='8008'> SynapseError: 400 - {words}\n",
        stamp(second)
    )
}

const UPLOAD: &str = "POST /_matrix/client/v3/keys/upload";
const TOO_LARGE: &str =
    "Uploading 50 more signed_curve25519 one-time keys would leave the device holding 550, over the limit of 500";

fn exists(id: &str) -> String {
    format!(
        "One time key signed_curve25519:{id} already exists. Old key: {{\"key\":\"BQZikJgP2/UkkwKB6vSyQXmmJckcpptNJpqKRnO3wAw\"}}; new \
         key: {{'key': 'TPlS0pT1gfoFwugSf13FCe964izgp7zYfshOBYMaXQE'}}"
    )
}

fn refused(second: u32, nth: u32, user: &str, device: &str, id: &str) -> String {
    let request = format!("POST-{nth}");
    [
        adding(second, &request, user, device),
        error(second, &request, &exists(id)),
        ended(second, &request, user, "400", UPLOAD),
    ]
    .concat()
}

fn accepted(second: u32, nth: u32, user: &str, device: &str) -> String {
    let request = format!("POST-{nth}");
    [adding(second, &request, user, device), ended(second, &request, user, "200", UPLOAD)].concat()
}

fn named(survey: &Survey) -> Vec<(&str, &str, TroubleKind)> {
    let name = |id: &Option<String>| -> &str { Box::leak(id.clone().unwrap_or_default().into_boxed_str()) };
    survey
        .devices
        .iter()
        .map(|device| (name(&device.user_id), name(&device.device_id), device.troubles[0].kind))
        .collect()
}

#[test]
fn only_devices_in_trouble_are_named_the_worst_first() {
    let mut log = String::new();
    for nth in 0..5 {
        log += &refused(nth * 30, nth, "@stuck:hs", "STUCK", "AAAA");
        log += &accepted(nth * 30, 100 + nth, "@well:hs", "WELL");
        let request = format!("POST-{}", 200 + nth);
        log += &adding(nth * 30, &request, "@full:hs", "FULL");
        log += &error(nth * 30, &request, TOO_LARGE);
        log += &ended(nth * 30, &request, "@full:hs", "400", UPLOAD);
        log += &ended(
            nth * 30,
            &format!("POST-{}", 300 + nth),
            "@call:hs",
            "404",
            "POST /_matrix/client/unstable/org.matrix.msc4140/delayed_events/x/restart",
        );
        log += &ended(nth * 30, &format!("GET-{nth}"), "@stuck:hs", "200", "GET /_matrix/client/v3/sync?timeout=30000");
    }
    log += &ended(200, "POST-999", "@once:hs", "502", UPLOAD);
    let survey = surveyed(&[&log]);
    assert_eq!(
        named(&survey),
        [
            ("@stuck:hs", "STUCK", TroubleKind::RefusedUploads),
            ("@full:hs", "FULL", TroubleKind::TooManyKeys),
            ("@call:hs", "", TroubleKind::DelayedEvents),
        ]
    );
    assert_eq!(survey.healthy, 1);
    let stuck = &survey.devices[0];
    assert_eq!(stuck.clients, ["Firefox/153.0"]);
    assert_eq!((stuck.named_by, stuck.going_on), (Some(NamedBy::Log), Some(true)));
    let trouble = &stuck.troubles[0];
    assert_eq!((trouble.count, trouble.per_hour), (5, Some(120.0)));
    assert_eq!(trouble.first_ts.unwrap().to_string(), "2026-11-25T09:00:00.000Z");
    assert_eq!(trouble.last_ts.unwrap().to_string(), "2026-11-25T09:02:00.000Z");
    assert_eq!(trouble.key_ids.len(), 1);
    assert!(trouble.says.contains("always the same key"), "{}", trouble.says);
}

#[test]
fn an_accepted_upload_ends_the_trouble_and_a_refused_key_that_moves_on_is_told() {
    let log: String = (0..4).map(|nth| refused(nth * 60, nth, "@a:hs", "D", &format!("AAA{nth}"))).collect();
    let over = surveyed(&[&(log.clone() + &accepted(500, 9, "@a:hs", "D"))]);
    assert_eq!(over.devices[0].going_on, Some(false));
    assert_eq!(over.devices[0].troubles[0].key_ids.len(), 4);
    assert!(over.devices[0].troubles[0].says.contains("moved on, 4 keys"));
    let quiet = surveyed(&[&(log + &ended(9000, "GET-1", "@b:hs", "200", "GET /_matrix/client/versions"))]);
    assert_eq!(quiet.devices[0].going_on, None);
}

#[test]
fn what_led_to_refused_uploads_is_said_where_the_log_shows_it() {
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
fn several_tabs_take_turns_at_least_three_times_and_of_two_refusals_no_cause_is_named() {
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
fn who_has_no_token_is_no_device_in_trouble() {
    const DELAYED: &str = "POST /_matrix/client/unstable/org.matrix.msc4140/delayed_events/x";
    for (status, what, found) in
        [("401", UPLOAD, 0), ("429", UPLOAD, 0), ("401", DELAYED, 0), ("429", DELAYED, 0), ("404", DELAYED, 1)]
    {
        let log: String = (0..9).map(|nth| ended(nth, &format!("POST-{nth}"), "None", status, what)).collect();
        assert_eq!(surveyed(&[&log]).devices.len(), found, "{status} {what}");
    }
}

#[test]
fn what_comes_seldom_still_goes_on_a_while_after_its_last_time() {
    let log: String = (0..4).map(|nth| refused(nth * 5400, nth, "@a:hs", "D", "AAAA")).collect();
    for (end, expected) in [(3 * 5400 + 7200, Some(true)), (3 * 5400 + 20_000, None)] {
        let log = log.clone() + &ended(end, "GET-1", "@b:hs", "200", "GET /_matrix/client/versions");
        assert_eq!(surveyed(&[&log]).devices[0].going_on, expected);
    }
}

#[test]
fn a_line_that_a_client_made_up_names_nobody_else() {
    let forged_agent = ended(1, "POST-1", "@evil:hs", "200", UPLOAD)
        .replace(AGENT, &ended(1, "POST-2", "@victim:hs", "400", UPLOAD).replace('\n', ""));
    let forged_address = ended(1, "POST-1", "@evil:hs", "200", UPLOAD)
        .replace("10.0.0.1", "10.0.0.1 - 8008 - {@victim:hs} Processed request: 1sec");
    let forged_key = [
        adding(1, "POST-1", "@evil:hs", "EVIL")
            .replace("signed_curve25519:AAAA", "x\"]) for device 'VICTIM' for user '@victim:hs' at 1"),
        error(
            1,
            "POST-1",
            &exists("AAAA").replace("new key: {", "new key: {'signatures': {'@victim:hs': {'ed25519:VICTIM': 'x'}}, "),
        ),
        ended(1, "POST-1", "@evil:hs", "400", UPLOAD),
    ]
    .concat();
    let forged_signature = [
        error(
            1,
            "POST-1",
            &exists("AAAA").replace("new key: {", "new key: {'signatures': {'@victim:hs': {'ed25519:VICTIM': 'x'}}, "),
        ),
        ended(1, "POST-1", "@evil:hs", "400", UPLOAD),
    ]
    .concat();
    let nameless = forged_signature.replace("POST-1 - ", "");
    let mixed = adding(1, "POST-1", "@victim:hs", "VICTIM") + &ended(1, "POST-1", "@evil:hs", "400", UPLOAD);
    for log in [forged_agent, forged_address, forged_key, forged_signature, nameless, mixed] {
        let survey = surveyed(&[&log.repeat(5)]);
        let text = serde_json::to_string(&survey).unwrap();
        assert!(!text.contains("victim") && !text.contains("VICTIM"), "{log}\n{text}");
    }
}

/// What two processes wrote at the same time, each with its own numbers, line by line.
fn interleaved(first: &str, second: &str) -> String {
    let lines = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
    lines(first).into_iter().zip(lines(second)).flat_map(|(a, b)| [a, b]).collect()
}

fn behind(prefix: &str, log: &str) -> String {
    log.split_inclusive('\n').map(|line| format!("{prefix}{line}")).collect()
}

#[test]
fn of_several_workers_in_one_log_each_numbers_its_own_requests_and_no_device_is_taken_for_another() {
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
            // Nothing tells the workers apart but the numbers: nobody who is well is named.
            let text = interleaved(a, b);
            let survey = surveyed(&[&text]);
            assert!(!named(&survey).iter().any(|(_, device, _)| *device == "WELL"), "{text}\n{:?}", named(&survey));
            assert!(survey.notes.iter().any(|note| note.contains("had the same number")), "{:?}", survey.notes);
        }
        for [a, b] in [[&signed_log, &other], [&other, &signed_log]] {
            let survey = surveyed(&[&interleaved(a, b)]);
            assert!(!named(&survey).iter().any(|(_, device, _)| *device == "WELL"), "{:?}", named(&survey));
        }
        // In files of their own nothing of it is mixed.
        assert_eq!(named(&surveyed(&[&log, &other])), stuck);
    }
}

#[test]
fn rotated_logs_are_one_in_any_order_and_the_same_log_twice_counts_once() {
    let log: String = (0..40).map(|nth| refused(nth * 30, nth, "@a:hs", "D", "AAAA")).collect();
    let half = log.match_indices('\n').nth(59).unwrap().0 + 1;
    let whole = surveyed(&[&log]);
    for parts in [[&log[..half], &log[half..]], [&log[half..], &log[..half]]] {
        assert_eq!(surveyed(&parts).devices, whole.devices);
    }
    let twice = surveyed(&[&log, &log]);
    assert_eq!(twice.devices, whole.devices);
    assert!(twice.notes.iter().any(|note| note.contains("there twice; counted once")));
}

#[test]
fn a_request_that_the_log_does_not_end_is_a_refusal_all_the_same() {
    let cut = adding(1, "POST-1", "@a:hs", "D") + &error(1, "POST-1", &exists("AAAA"));
    assert_eq!(named(&surveyed(&[&cut])), [("@a:hs", "D", TroubleKind::RefusedUploads)]);
}

#[test]
fn where_requests_have_no_name_the_signer_is_named_if_a_request_of_that_very_user_is_refused_next() {
    let words = exists("AAAA").replace("new key: {", "new key: {'signatures': {'@a:hs': {'ed25519:D': 'x'}}, ");
    let log = (error(1, "POST-1", &words) + &ended(1, "POST-1", "@a:hs", "400", UPLOAD)).replace("POST-1 - ", "");
    let survey = surveyed(&[&log]);
    assert_eq!(named(&survey), [("@a:hs", "D", TroubleKind::RefusedUploads)]);
    assert_eq!(survey.devices[0].named_by, Some(NamedBy::Signature));
}

#[test]
fn a_refusal_that_the_client_did_not_wait_for_is_one_and_what_only_may_be_over_is_not_said_to_be() {
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

#[test]
fn a_log_that_was_cut_while_it_was_written_to_begins_with_a_hole() {
    let log = refused(1, 1, "@a:hs", "D", "AAAA");
    for zeros in [16, 100_000] {
        let content = read([&vec![0; zeros], log.as_bytes()].concat());
        assert_eq!(
            named(&survey(&[Known { content: &content, offset_ms: 0 }])),
            [("@a:hs", "D", TroubleKind::RefusedUploads)]
        );
    }
}

#[test]
fn a_log_that_names_no_device_names_the_user_and_says_so() {
    let log: String = (0..5).map(|nth| ended(nth, &format!("POST-{nth}"), "@a:hs", "400", UPLOAD)).collect();
    let survey = surveyed(&[&log]);
    assert_eq!(named(&survey), [("@a:hs", "", TroubleKind::FailedUploads)]);
    assert!(survey.notes[0].contains("names no device"), "{:?}", survey.notes);
}

#[test]
fn storms_slow_endpoints_and_other_failures_are_told() {
    let mut log: String = (0..30).map(|nth| accepted(nth * 10, nth, "@storm:hs", "S")).collect();
    for nth in 0..3 {
        log += &adding(nth, &format!("POST-9{nth}"), "@fails:hs", "F");
        log += &ended(nth, &format!("POST-9{nth}"), "@fails:hs", "502", UPLOAD);
        log += &ended(nth, &format!("GET-9{nth}"), "@x:hs", "200", "GET /_matrix/client/v3/rooms/!a:hs/messages")
            .replace("0.008sec", "4.000sec");
    }
    let survey = surveyed(&[&log]);
    assert_eq!(
        named(&survey),
        [("@fails:hs", "F", TroubleKind::FailedUploads), ("@storm:hs", "S", TroubleKind::UploadStorm)]
    );
    assert_eq!(survey.devices[0].troubles[0].statuses[0].status, 502);
    assert_eq!(survey.devices[1].troubles[0].count, 30);
    assert_eq!(survey.endpoints[0].path, "/_matrix/client/v3/rooms/{id}/messages");
    assert_eq!((survey.endpoints[0].count, survey.hours[0].slow), (3, 3));
}

#[test]
fn rows_of_the_database_find_devices_without_a_log_and_join_those_of_a_log() {
    let rows = "user_id,device_id,one_time_keys,keys_of_before,oldest_key_at,newest_key_at,keys_changed_at,fallback_used,waiting,last_seen,user_agent\n\
        @stuck:hs,STUCK,50,50,2026-11-20T09:00:00.000Z,2026-11-20T09:00:00.000Z,2026-11-25T09:00:00.000Z,f,0,2026-11-25T09:00:00.000Z,Firefox\n\
        @used:hs,USED,0,0,,,2026-11-25T09:00:00.000Z,1,2,2026-11-25T09:00:00.000Z,x\n\
        @off:hs,OFF,50,0,,,2026-11-25T09:00:00.000Z,0,1000,2026-11-25T09:00:00.000Z,x\n";
    let log: String = (0..4).map(|nth| refused(nth * 30, nth, "@stuck:hs", "STUCK", "AAAA")).collect();
    let kinds = |survey: &Survey| survey.devices.iter().map(|device| device.troubles[0].kind).collect::<Vec<_>>();
    let alone = surveyed(&[rows]);
    assert_eq!(kinds(&alone), [TroubleKind::DeadKeys, TroubleKind::KeysUsedUp, TroubleKind::UnreadInbox]);
    assert_eq!(alone.devices[0].named_by, Some(NamedBy::Database));
    let joined = surveyed(&[&log, rows]);
    assert_eq!(kinds(&joined), [TroubleKind::RefusedUploads, TroubleKind::KeysUsedUp, TroubleKind::UnreadInbox]);
    assert_eq!(joined.devices[0].troubles[0].cause, Some(RefusalCause::BlankStore));
    assert_eq!(joined.devices[0].at_risk.as_ref().unwrap().keys_of_before, 50);
}

#[test]
fn how_far_the_query_looked_is_said_also_where_no_device_is_at_risk() {
    const HEAD: &str = "user_id,device_id,one_time_keys,keys_of_before,oldest_key_at,newest_key_at,keys_changed_at,fallback_used,waiting,\
        last_seen,user_agent,looked_at,is_cut\n";
    let nobody = surveyed(&[&format!("{HEAD},,,,,,,,,,,12,f\n")]);
    assert_eq!((nobody.devices.len(), nobody.coverage), (0, Some(Coverage { looked_at: 12, is_cut: false })));
    assert!(nobody.notes.iter().any(|note| note.contains("looked at 12 devices")), "{:?}", nobody.notes);
    let cut = surveyed(&[&format!("{HEAD}@a:hs,D,50,50,,,,f,0,,x,5000,1\n")]);
    assert_eq!((cut.devices.len(), cut.coverage), (1, Some(Coverage { looked_at: 5000, is_cut: true })));
    assert!(cut.notes.iter().any(|note| note.contains("There are more")), "{:?}", cut.notes);
}

#[test]
fn ids_like_formulas_and_markup_are_text_in_what_is_exported_and_nobody_is_named_in_the_redacted_copy() {
    let (user, device) = ("@<img/src=x>:hs", "=cmd|A1");
    let log: String = (0..4).map(|nth| refused(nth, nth, user, device, "AAAA")).collect();
    let survey = surveyed(&[&log]);
    assert_eq!(named(&survey), [(user, device, TroubleKind::RefusedUploads)]);
    let csv = to_csv(&survey);
    assert!(csv.contains("'@<img/src=x>:hs,'=cmd|A1,"), "{csv}");
    let markdown = to_markdown(&survey);
    assert!(!markdown.contains('<') && markdown.contains("=cmd\\|A1"), "{markdown}");
    let copy = serde_json::to_string(&redacted(&survey)).unwrap();
    assert!(!copy.contains("img") && !copy.contains("cmd") && copy.contains("@user-1:server-1.invalid"), "{copy}");
}

#[test]
fn what_others_wrote_is_skipped_and_counted() {
    let good = refused(1, 1, "@a:hs", "D", "AAAA");
    let bad = [
        ended(2, "POST-2", "@b:hs", "400", UPLOAD)[..150].to_owned() + "\n",
        "2026-11-25T09:00:00.123456Z  INFO conduwuit_api::client::keys: uploaded\n".to_owned(),
        "time=\"2026-11-25T09:00:00Z\" level=error msg=\"already exists\"\n".to_owned(),
        "\0\0\0\x1b[31m\u{202e}\n".to_owned(),
        "{\"log\":\"x\"}\n".to_owned(),
        ended(2, "POST-2", "@b:hs", "9999", UPLOAD),
    ]
    .concat();
    let content = read(good + &bad);
    assert!(content.notes.iter().any(|note| note.starts_with("2 requests' lines are cut")), "{:?}", content.notes);
    let survey = survey(&[Known { content: &content, offset_ms: 0 }]);
    assert_eq!(named(&survey), [("@a:hs", "D", TroubleKind::RefusedUploads)]);
}

#[test]
fn a_clock_ahead_of_utc_is_set_back_and_one_that_goes_back_is_told() {
    let log: String = (0..4).map(|nth| refused(nth * 30, nth, "@a:hs", "D", "AAAA")).collect();
    let content = read(&log);
    let ahead = survey(&[Known { content: &content, offset_ms: 90 * 60_000 }]);
    assert_eq!(ahead.devices[0].first_ts.unwrap().to_string(), "2026-11-25T07:30:00.000Z");
    assert_eq!(ahead.hours[0].ts.to_string(), "2026-11-25T07:00:00.000Z");
    let summer = read(refused(7200, 1, "@a:hs", "D", "AAAA") + &log);
    assert!(
        summer.notes.iter().any(|note| note.contains("goes back at 1 place, by up to 120 min")),
        "{:?}",
        summer.notes
    );
}

proptest! {
    #[test]
    fn whatever_the_lines_and_their_order_only_devices_that_the_server_named_are_listed(
        picks in prop::collection::vec((0usize..8, 0u32..6, 0u32..4000), 0..80),
        cuts in prop::collection::vec((0usize..80, 0usize..400), 0..6),
    ) {
        let mut lines: Vec<String> = picks.iter().map(|(kind, nth, second)| {
            let (user, device) = (format!("@user{nth}:hs"), format!("DEVICE{nth}"));
            match kind {
                0 => refused(*second, *nth, &user, &device, "AAAA"),
                1 => accepted(*second, *nth, &user, &device),
                2 => adding(*second, &format!("POST-{nth}"), &user, &device),
                3 => error(*second, &format!("POST-{nth}"), &exists("BBBB")),
                4 => ended(*second, &format!("POST-{nth}"), &format!("@user{}:hs", (nth + 1) % 6), "400", UPLOAD),
                5 => device_keys(*second, &format!("POST-{nth}"), &user, &device),
                6 => error(*second, &format!("POST-{nth}"), TOO_LARGE),
                _ => ended(*second, &format!("POST-{nth}"), "None", "500", UPLOAD),
            }
        }).collect();
        for (line, at) in cuts {
            if let Some(line) = lines.get_mut(line) {
                line.truncate(at);
                line.push('\n');
            }
        }
        lines.push(ended(1, "GET-1", "None", "200", "GET /_matrix/client/versions"));
        let survey = surveyed(&[&lines.concat()]);
        for device in &survey.devices {
            let Some(id) = &device.device_id else { continue };
            let user = device.user_id.as_deref().unwrap();
            prop_assert_eq!(user.trim_matches(|c: char| !c.is_ascii_digit()), id.trim_matches(|c: char| !c.is_ascii_digit()));
        }
        let counts: u64 = survey.devices.iter().flat_map(|device| &device.troubles).map(|trouble| trouble.count).sum();
        prop_assert!(counts <= picks.len() as u64);
    }
}
