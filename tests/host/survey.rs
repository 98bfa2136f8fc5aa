//! The survey of a homeserver's log and tables names the devices in trouble, and no others.
#![cfg(not(target_family = "wasm"))]

mod synapse_log;

use lotus_crypto_diag::survey::{Coverage, NamedBy, RefusalCause, Survey, TroubleKind};
use lotus_crypto_diag_server_evidence::case::FileWithOffset;
use lotus_crypto_diag_server_evidence::redacted::redacted;
use lotus_crypto_diag_server_evidence::survey::survey;
use lotus_crypto_diag_server_evidence::survey_text::{to_csv, to_markdown};
use proptest::prelude::*;
use synapse_log::*;

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
fn a_line_that_a_client_forged_names_no_other_device() {
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
fn a_log_that_begins_with_zeros_is_read() {
    let log = refused(1, 1, "@a:hs", "D", "AAAA");
    for zeros in [16, 100_000] {
        let content = read([&vec![0; zeros], log.as_bytes()].concat());
        assert_eq!(
            named(&survey(&[FileWithOffset { content: &content, offset_ms: 0 }])),
            [("@a:hs", "D", TroubleKind::RefusedUploads)]
        );
    }
}

#[test]
fn the_survey_names_the_user_if_the_log_names_no_device() {
    let log: String = (0..5).map(|nth| ended(nth, &format!("POST-{nth}"), "@a:hs", "400", UPLOAD)).collect();
    let survey = surveyed(&[&log]);
    assert_eq!(named(&survey), [("@a:hs", "", TroubleKind::FailedUploads)]);
    assert!(survey.notes[0].contains("names no device"), "{:?}", survey.notes);
}

#[test]
fn storms_slow_endpoints_and_other_failures_are_reported() {
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
fn database_rows_name_devices_without_a_log_and_add_to_those_of_a_log() {
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
fn the_coverage_of_the_query_is_reported_even_if_no_device_is_at_risk() {
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
fn formulas_and_markup_in_ids_are_escaped_and_the_redacted_copy_has_no_ids() {
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
fn foreign_lines_are_skipped_and_truncated_ones_are_counted() {
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
    let survey = survey(&[FileWithOffset { content: &content, offset_ms: 0 }]);
    assert_eq!(named(&survey), [("@a:hs", "D", TroubleKind::RefusedUploads)]);
}

#[test]
fn the_clock_offset_is_subtracted_and_a_clock_that_goes_back_is_noted() {
    let log: String = (0..4).map(|nth| refused(nth * 30, nth, "@a:hs", "D", "AAAA")).collect();
    let content = read(&log);
    let ahead = survey(&[FileWithOffset { content: &content, offset_ms: 90 * 60_000 }]);
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
    fn lines_in_any_order_list_only_devices_that_the_server_named(
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
