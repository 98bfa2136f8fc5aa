//! Uploads of several clients, and how a session judges recorded storms and healthy days.
#![cfg(not(target_family = "wasm"))]

mod devices;
mod notes;
mod recordings;

use std::fs;

use devices::{accept, at, decide, refusal, refuse, upload, upload_under, watched};
use lotus_crypto_diag::crypto_store::{Device, StoredMarker};
use lotus_crypto_diag::entry::{Fault, Level};
use lotus_crypto_diag::host_facts::{HostFacts, PageFacts};
use lotus_crypto_diag::line::Line;
use lotus_crypto_diag::report::ClientFacts;
use lotus_crypto_diag::session::Session;
use lotus_crypto_diag::upload_clients::UploadClients;
use lotus_crypto_diag::upload_loop::{Breaker, LoopOptions, LoopState, UploadLoopStatus, Verdict};
use notes::{note, settle, starts};
use proptest::prelude::*;
use serde_json::Value;

fn session(breaker: bool) -> Session {
    let mut session = Session::default();
    session.watch_uploads(true, LoopOptions { breaker, ..LoopOptions::default() });
    session
}

/// The uploads of every recorded session, by name.
fn recordings() -> Vec<(String, Vec<Value>)> {
    let files = fs::read_dir(recordings::folder()).unwrap().map(|file| file.unwrap());
    let recordings: Vec<_> = files
        .filter_map(|file| {
            let name = file.file_name().into_string().unwrap().strip_prefix("uploads-")?.to_owned();
            let text = fs::read_to_string(file.path()).unwrap();
            let uploads = text.lines().map(|line| serde_json::from_str(line).unwrap());
            // An upload without an answer: the page was left.
            Some((name, uploads.filter(|upload: &Value| upload["status"] != 0).collect()))
        })
        .collect();
    assert!(recordings.len() >= 15);
    recordings
}

fn answer(upload: &Value) -> (u16, &str) {
    let status = u16::try_from(upload["status"].as_u64().unwrap()).unwrap();
    (status, upload["response"]["error"].as_str().unwrap_or_default())
}

#[test]
fn recorded_sessions_are_loops_at_the_third_refusal_at_every_rate_and_healthy_ones_never() {
    let mut loops = Vec::new();
    for (name, uploads) in recordings() {
        // As recorded, then one every 30 seconds, two per second and twenty per second.
        for every_ms in [None, Some(30_000), Some(500), Some(50)] {
            let mut session = session(false);
            let (mut streak, mut was_loop) = (0, false);
            for (number, upload) in (0..).zip(&uploads) {
                let now = every_ms.map_or_else(|| upload["t_ms"].as_i64().unwrap(), |every_ms| number * every_ms);
                let (status, error) = answer(upload);
                let is_refusal = settle(&mut session, "at hs t\nkey a:B v", status, error, "/", at(now));
                // A device with too many keys is refused as well, but for another reason.
                assert_eq!(is_refusal, status == 400 && error.contains("already exists"), "{upload}");
                streak = if is_refusal { streak + 1 } else { 0 };
                let state = session.evidence().upload_loop.state;
                assert_eq!(state == LoopState::Looping, streak >= 3, "{name}: {state:?} after {streak}");
                was_loop |= streak >= 3;
            }
            if was_loop {
                loops.push(name.clone());
            }
            assert!(!name.starts_with("healthy") || session.evidence().counts.get(Fault::Ke1) == 0);
        }
    }
    for name in ["ke1-evict-crypto", "ke1-evict-all", "ke1-multitab", "ke1-restore", "ke1-evict-live"] {
        assert_eq!(loops.iter().filter(|looping| looping.starts_with(name)).count(), 4, "{name}: {loops:?}");
    }
}

#[test]
fn at_most_ten_requests_of_a_recorded_storm_reach_the_server_in_an_hour() {
    let mut storms = 0;
    for (name, uploads) in recordings() {
        let is_refused = |upload: &&Value| answer(upload).1.contains("already exists");
        let Some(refused) = uploads.iter().find(is_refused) else { continue };
        let (status, error) = answer(refused);
        let ids = refused["one_time_keys"].as_array().unwrap().iter().map(|id| id.as_str().unwrap());
        let keys: Vec<_> = ids.map(|id| format!("\nkey {id} value")).collect();
        let upload = ["at hs token\nby @a:hs D\nwith device-keys", &keys.concat()].concat();
        for random in [0.0, 1.0] {
            let (mut session, mut arrived) = (session(true), 0_u32);
            for ms in (0..3_600_000).step_by(50) {
                if starts(&mut session, &upload, at(ms), random) == Verdict::Pass {
                    arrived += 1;
                    settle(&mut session, &upload, status, error, "/", at(ms));
                }
            }
            assert!((3..=10).contains(&arrived), "{name}: {arrived}");
            assert_eq!(session.evidence().upload_loop.spared, 72_000 - arrived);
        }
        storms += 1;
    }
    assert!(storms >= 5);
}

#[test]
fn a_refusal_seen_on_the_network_and_in_the_console_counts_once() {
    let error =
        "One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: {\"key\":\"a\"}; new key: {'key': 'b'}";
    let line =
        format!("Failed to process outgoing request 0: M_UNKNOWN: MatrixError: [400] {error} (http://hs/_matrix)");
    let line = Line { level: Level::Error, source: "window", text: &line, excerpt: "", truncated: false };
    let mut session = session(false);
    for ms in 0..5 {
        assert!(settle(&mut session, &upload(0), 400, error, "/_matrix/client/v3/keys/upload", at(ms * 1000)));
        session.observe(line, at(ms * 1000 + 5));
    }
    let evidence = session.evidence();
    assert_eq!((evidence.counts.get(Fault::Ke1), evidence.upload_loop.refusals), (5, 5));
    assert_eq!(evidence.entries.iter().map(|entry| entry.source.as_str()).collect::<Vec<_>>(), ["network"]);

    // A line without a preceding answer comes from a client whose requests are not seen, and names no known one.
    session.observe(line, at(60_000));
    let evidence = session.evidence();
    assert_eq!((evidence.counts.get(Fault::Ke1), evidence.upload_loop.refusals), (6, 5));
}

const ERROR: &str =
    "One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: {\"key\":\"a\"}; new key: {'key': 'b'}";

#[test]
fn a_new_device_and_a_logout_reset_the_loop_state() {
    let device = |id: u32| Device { user_id: "@a:hs".into(), device_id: format!("D{id}"), database: "x".into() };
    let mut session = session(true);
    for id in 0..10 {
        session.store_found(device(id), StoredMarker::Nothing, None, None, at(0));
        assert_eq!(session.evidence().upload_loop.state, LoopState::Idle);
        for ms in 0..3 {
            settle(&mut session, &upload(id), 400, ERROR, "/", at(ms));
        }
        assert_eq!(session.evidence().upload_loop.state, LoopState::Looping);
        // Finding the same device again changes nothing.
        session.store_found(device(id), StoredMarker::Nothing, None, None, at(9));
        assert_eq!(session.evidence().upload_loop.state, LoopState::Looping);
    }
    session.logged_out(None, None);
    let uploads = session.evidence().upload_loop;
    assert_eq!((uploads.state, uploads.watched, uploads.refusal), (LoopState::Idle, true, None));
    assert_eq!(starts(&mut session, &upload(9), at(10), 0.0), Verdict::Pass);
}

#[test]
fn a_logout_ends_only_the_loops_of_its_device() {
    let mut session = session(true);
    for (gone, state) in [
        ((Some("@b:hs"), None), LoopState::Looping),
        ((Some("@a:hs"), Some("D2")), LoopState::Looping),
        ((None, Some("D1")), LoopState::Idle),
        ((Some("@a:hs"), Some("D1")), LoopState::Idle),
        ((Some("@a:hs"), None), LoopState::Idle),
    ] {
        for ms in 0..3 {
            settle(&mut session, &upload(1), 400, ERROR, "/", at(ms));
        }
        session.logged_out(gone.0, gone.1);
        assert_eq!(session.evidence().upload_loop.state, state, "{gone:?}");
    }
}

#[test]
fn checking_the_store_of_an_account_does_not_end_a_loop() {
    let device = |user: &str| Device { user_id: user.into(), device_id: user.into(), database: "x".into() };
    let lost = "sync failed to read or write to the crypto store DomException InvalidStateError (11)";
    let lost = Line { level: Level::Error, source: "window", text: lost, excerpt: "", truncated: false };
    let mut session = session(true);
    assert!(session.observe(lost, at(0)));
    for ms in 0..3 {
        settle(&mut session, &upload(1), 400, ERROR, "/", at(ms));
    }
    for user in ["@a:hs", "@b:hs", "@a:hs"] {
        session.store_found(device(user), StoredMarker::Nothing, None, None, at(4));
        assert_eq!(session.evidence().upload_loop.state, LoopState::Looping, "{user}");
        assert_eq!(starts(&mut session, &upload(1), at(5), 0.0), Verdict::Answer);
    }
}

#[test]
fn an_upload_with_a_renewed_token_passes_until_it_is_refused_itself() {
    let mut uploads = watched();
    let under = |token: u32| upload_under(token, 0);
    let decide = |uploads: &mut UploadClients, token, ms| uploads.decide(&note(&under(token)), at(ms), 0.5);
    for ms in 0..3 {
        uploads.refused(&note(&under(1)), &refusal(0), at(ms));
    }
    let due = uploads.status().next_probe;
    assert_eq!((decide(&mut uploads, 1, 10), decide(&mut uploads, 2, 10)), (Verdict::Answer, Verdict::Pass));
    uploads.refused(&note(&under(2)), &refusal(0), at(11));
    assert_eq!(decide(&mut uploads, 2, 12), Verdict::Answer);
    let status = uploads.status();
    assert_eq!((status.state, status.refusals, status.next_probe), (LoopState::Looping, 4, due));

    // Renewed again and accepted: this loop has ended.
    uploads.accepted(&note(&under(3)), at(13));
    assert_eq!(uploads.status().state, LoopState::Recovered);
}

#[test]
fn a_new_device_is_not_held_back_by_the_loop_of_the_former_one() {
    let mut uploads = watched();
    for ms in 0..3 {
        refuse(&mut uploads, 1, ms);
    }
    // Uploads of the new device fail for other reasons, but are still sent.
    for ms in 10..20 {
        assert_eq!(decide(&mut uploads, 2, ms), Verdict::Pass);
    }
    refuse(&mut uploads, 2, 20);
    assert_eq!(decide(&mut uploads, 2, 21), Verdict::Pass);
    // The former device no longer counts.
    refuse(&mut uploads, 2, 21 * 60_000);
    assert_eq!((uploads.status().state, uploads.status().refusals), (LoopState::Suspected, 2));
}

#[test]
fn an_accepted_upload_of_one_account_does_not_end_the_loop_of_another() {
    let mut uploads = watched();
    accept(&mut uploads, 2, 0);
    for ms in 1..4 {
        refuse(&mut uploads, 1, ms);
    }
    // Uploads of other devices, seen before or new, do not end the loop.
    for device in 2..6 {
        accept(&mut uploads, device, 5);
        assert_eq!((uploads.status().state, decide(&mut uploads, 1, 6)), (LoopState::Looping, Verdict::Answer));
    }
    accept(&mut uploads, 1, 7);
    assert_ne!(uploads.status().state, LoopState::Looping);
}

/// Ten devices that retry forever, each of which was accepted once.
struct Devices {
    uploads: UploadClients,
    now: i64,
    /// For each device, the last three refusals since it was last accepted.
    refused: Vec<Vec<i64>>,
    loops: Vec<bool>,
}

impl Devices {
    fn new() -> Self {
        let (mut uploads, now) = (watched(), 1_000_000_000_000);
        for device in 0..10 {
            accept(&mut uploads, device, now);
        }
        Self { uploads, now, refused: vec![Vec::new(); 10], loops: vec![false; 10] }
    }

    fn go_on(&mut self, device: usize, what: u8, jump: i64) -> Result<(), String> {
        let Self { uploads, now, refused, loops } = self;
        let number = u32::try_from(device).unwrap();
        match what {
            0 => {
                accept(uploads, number, *now);
                refused[device].clear();
                loops[device] = false;
            }
            1..=5 => {
                refuse(uploads, number, *now);
                let times = &mut refused[device];
                times.push(*now);
                if times.len() > 3 {
                    times.remove(0);
                }
                loops[device] |= times.len() == 3 && times[2] - times[0] <= 600_000;
            }
            _ => {
                *now = (*now + jump).max(0);
                for device in 0..10 {
                    if decide(uploads, device, *now) == Verdict::Answer && !loops[device as usize] {
                        return Err(format!("{device} is held back"));
                    }
                }
            }
        }
        let state = uploads.status().state;
        if (state == LoopState::Looping) == loops.contains(&true) {
            Ok(())
        } else {
            Err(format!("{state:?} with {loops:?}"))
        }
    }
}

#[test]
fn a_million_events_of_ten_devices_are_judged_correctly_in_little_memory() {
    let (mut devices, mut random) = (Devices::new(), 1_u64);
    for _ in 0..1_000_000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let jump = i64::try_from((random >> 32) % 1_100_000).unwrap() - 500_000;
        let what = u8::try_from((random >> 52) % 8).unwrap();
        devices.go_on(usize::try_from((random >> 56) % 10).unwrap(), what, jump).unwrap();
    }
    assert!(format!("{:?}", devices.uploads).len() < 20_000);
}

/// Uploads as [`notes`] writes them, each with the status of its answer, or a console line; then the states of the devices
/// D1 of the user @a:hs and E1 of the user @b:hs.
type OfAccounts = (&'static [(&'static str, u16)], LoopState, LoopState);
const ACCOUNTS: &[OfAccounts] = &[
    (&[], LoopState::Idle, LoopState::Idle),
    (&[(D1, 400), (D1, 400), (D1, 400), (E1, 200)], LoopState::Looping, LoopState::Idle),
    (&[(E1, 200), (D1, 400), (D1, 400), (D1, 400), (D1, 200)], LoopState::Recovered, LoopState::Idle),
    (&[(E1, 200), (D1, 400)], LoopState::Suspected, LoopState::Idle),
    // The device is not certain, but it is not another account's.
    (
        &[(E1, 200), (D1_AND_ANOTHER, 400), (D1_AND_ANOTHER, 400), (D1_AND_ANOTHER, 400)],
        LoopState::Looping,
        LoopState::Idle,
    ),
    (&[(E1, 200), (SAYS_D1, 0)], LoopState::Suspected, LoopState::Idle),
    (&[(SAYS_D1, 0)], LoopState::Suspected, LoopState::Idle),
    // The upload may be any device's.
    (&[(E1, 200), (D1, 200), (UNREAD, 400)], LoopState::Idle, LoopState::Idle),
    (&[(SAYS_NOBODY, 0)], LoopState::Suspected, LoopState::Suspected),
    // The other device is given up after a while, but its report still shows the loop.
    (&[(D1, 400), (D1, 400), (D1, 400), (LATER, 0), (E1, 200), (E1, 200)], LoopState::Looping, LoopState::Idle),
    (&[(D1, 400), (D1, 400), (D1, 400), (LATER, 0), (E1, 200), (D1, 200)], LoopState::Idle, LoopState::Idle),
];
const D1: &str = "at hs t\nby @a:hs D1\nkey signed_curve25519:A v";
const E1: &str = "at hs u\nby @b:hs E1\nkey signed_curve25519:A w";
const D1_AND_ANOTHER: &str = "at hs t\nby @a:hs D1\nby\nkey signed_curve25519:A v";
const UNREAD: &str = "at hs t\nunread";
const SAYS_D1: &str = "[400] One time key signed_curve25519:A already exists. Old key: {\"key\":\"o\",\"signatures\":{\"@a:hs\":{\"ed25519:D1\":\"s\"}}}; new key: {'key': 'n', 'signatures': {'@a:hs': {'ed25519:D1': 's'}}}";
const SAYS_NOBODY: &str =
    "[400] One time key signed_curve25519:A already exists. Old key: {\"key\":\"o\"}; new key: {'key': 'n'}";
const LATER: &str = "later";

#[test]
fn the_report_of_each_account_shows_its_own_uploads() {
    for (number, (steps, of_d, of_e)) in ACCOUNTS.iter().enumerate() {
        let (mut session, mut now) = (session(true), 0);
        for (step, status) in *steps {
            now += 1000;
            match *step {
                LATER => now += 3_600_000,
                SAYS_D1 | SAYS_NOBODY => {
                    let line =
                        Line { level: Level::Error, source: "frame:/", text: step, excerpt: "", truncated: false };
                    session.observe(line, at(now));
                }
                upload => {
                    let error = if *status == 400 { SAYS_NOBODY.strip_prefix("[400] ").unwrap() } else { "" };
                    settle(&mut session, upload, *status, error, "/", at(now));
                }
            }
        }
        for (user, device, state) in [("@a:hs", "D1", of_d), ("@b:hs", "E1", of_e)] {
            let client =
                ClientFacts { user_id: Some(user.into()), device_id: Some(device.into()), ..Default::default() };
            let host_facts = HostFacts { client, ..HostFacts::default() };
            let report = host_facts.report(&session, PageFacts::default(), (), None, None, at(now));
            assert_eq!(report.page.upload_loop.state, *state, "{number}: {device}");
        }
    }
}

#[test]
fn any_number_of_clients_takes_little_memory() {
    let mut uploads = watched();
    for client in 0..10_000 {
        refuse(&mut uploads, client, 0);
    }
    assert!(format!("{uploads:?}").len() < 20_000);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn each_of_ten_devices_is_judged_by_its_own_uploads(
        steps in prop::collection::vec((0..10_usize, 0..10_u8, -5_000_000..600_000_i64), 0..200),
    ) {
        let mut devices = Devices::new();
        for (device, what, jump) in steps {
            prop_assert_eq!(devices.go_on(device, what, jump), Ok(()));
        }
    }

    #[test]
    fn uploads_that_fail_for_other_reasons_are_never_a_loop(
        steps in prop::collection::vec((0..10_usize, 0..120_000_i64), 0..100),
    ) {
        const ANSWERS: [(u16, &str); 10] = [
            (200, ""),
            (429, "Too Many Requests"),
            (401, "Token is not active"),
            (403, "already exists"),
            (500, "One time key signed_curve25519:AAAAAAAAAA0 already exists"),
            (502, "<html>Bad Gateway</html>"),
            (504, ""),
            (400, "Uploading 50 more signed_curve25519 one-time keys would leave the device holding 550, over the limit"),
            (400, "One-time key not valid"),
            // No answer at all.
            (0, "fetch failed"),
        ];
        let (mut session, mut now) = (session(true), 0);
        for (answer, later) in steps {
            let (status, error) = ANSWERS[answer];
            now += later;
            prop_assert_eq!(starts(&mut session, &upload(1), at(now), 0.5), Verdict::Pass);
            prop_assert!(!settle(&mut session, &upload(1), status, error, "/_matrix/client/v3/keys/upload", at(now)));
            // The SDK's line about it does not count either, unless its words can only be those of a refusal.
            if ![200, 403, 500].contains(&status) {
                let text = format!("Failed to process outgoing request 0: MatrixError: [{status}] {error} (https://hs)");
                let line = Line { level: Level::Error, source: "window", text: &text, excerpt: "", truncated: false };
                prop_assert!(!session.observe(line, at(now)));
            }
            let UploadLoopStatus { state, refusal, breaker, failing, .. } = session.evidence().upload_loop;
            prop_assert_eq!((state, refusal, breaker), (LoopState::Idle, None, Breaker::Closed));
            // But the failure is reported.
            prop_assert_eq!(failing.and_then(|failing| failing.http_status), (![0, 200].contains(&status)).then_some(status));
        }
    }
}
