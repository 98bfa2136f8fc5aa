//! The detector and the breaker: any order of refusals, acceptances and clock jumps, and the storms that were recorded.
#![cfg(not(target_family = "wasm"))]

use std::fs;
use std::path::Path;

use lotus_crypto_diag::crypto_store::{Device, Recall};
use lotus_crypto_diag::entry::{Fault, Level, Refusal};
use lotus_crypto_diag::session::{Line, Session};
use lotus_crypto_diag::timestamp::Timestamp;
use lotus_crypto_diag::upload_loop::{
    Breaker, FIRST_PROBE_MS, LAST_PROBE_MS, LoopOptions, LoopState, Sense, UploadLoop, Verdict,
};
use proptest::prelude::*;

fn at(ms: i64) -> Timestamp {
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    Timestamp::from_ms(ms as f64)
}

fn refusal(key: u32) -> Refusal {
    Refusal {
        key_id: format!("signed_curve25519:{key}"),
        old_key: Some("old".into()),
        new_key: Some("new".into()),
        http_status: Some(400),
    }
}

fn watched() -> UploadLoop {
    let mut uploads = UploadLoop::default();
    uploads.watch(true, LoopOptions::default());
    uploads
}

/// A client that tries every `every_ms` for `duration_ms`, at a server that always refuses: how many tries arrive.
fn storm(every_ms: i64, duration_ms: i64, random: f64) -> (UploadLoop, Vec<i64>) {
    let (mut uploads, mut arrived) = (watched(), Vec::new());
    let refusal = refusal(0);
    for ms in (0..duration_ms).step_by(usize::try_from(every_ms).unwrap()) {
        let carried = [refusal.key_id.as_str(), "signed_curve25519:other"];
        if uploads.decide(carried.into_iter(), false, at(ms), random) == Verdict::Pass {
            arrived.push(ms);
            assert!(uploads.refused(&refusal, Sense::Network, at(ms)));
        }
    }
    (uploads, arrived)
}

#[test]
fn at_every_rate_the_third_refusal_is_a_loop() {
    for every_ms in [30_000, 500, 50] {
        let mut uploads = watched();
        for (number, state) in [LoopState::Suspected, LoopState::Suspected, LoopState::Looping].into_iter().enumerate()
        {
            uploads.refused(&refusal(0), Sense::Network, at(i64::try_from(number).unwrap() * every_ms));
            assert_eq!(uploads.status().state, state, "every {every_ms} ms");
        }
        assert_eq!(uploads.status().breaker, Breaker::Open);
        assert_eq!(uploads.status().diverges, Some(true));
    }
}

#[test]
fn a_storm_of_an_hour_lets_ten_requests_through_and_says_what_it_spared() {
    for random in [0.0, 0.5, 1.0] {
        let (uploads, arrived) = storm(50, 3_600_000, random);
        assert!(arrived.len() <= 10, "{arrived:?}");
        let status = uploads.status();
        assert_eq!(status.spared as usize, 72_000 - arrived.len());
        assert_eq!((status.refusals as usize, status.probes as usize), (arrived.len(), arrived.len() - 3));
        assert!((1199.0..=1201.0).contains(&status.per_minute.unwrap()), "{status:?}");
    }
}

#[test]
fn probes_come_at_thirty_seconds_and_then_at_twice_the_time_up_to_fifteen_minutes() {
    let (_, arrived) = storm(1000, 7_200_000, 0.0);
    let gaps: Vec<_> = arrived[2..].windows(2).map(|pair| (pair[1] - pair[0]) / 1000).collect();
    assert_eq!(gaps, [30, 60, 120, 240, 480, 900, 900, 900, 900, 900, 900]);
}

#[test]
fn an_accepted_probe_closes_the_breaker_and_the_story_stays() {
    let (mut uploads, _) = storm(500, 10_000, 0.0);
    uploads.accepted(at(20_000));
    let status = uploads.status();
    assert_eq!((status.state, status.breaker), (LoopState::Recovered, Breaker::Closed));
    assert_eq!((status.since, status.refusals, status.accepted), (Some(at(20_000)), 0, 1));
    assert!(status.refusal.is_some() && status.spared > 0 && status.next_probe.is_none());
    assert_eq!(uploads.decide(["signed_curve25519:0"].into_iter(), false, at(20_001), 0.0), Verdict::Pass);
    uploads.refused(&refusal(1), Sense::Network, at(20_002));
    assert_eq!(uploads.status().state, LoopState::Suspected);
}

#[test]
fn an_upload_without_the_refused_key_passes_and_so_does_the_first_with_another_token() {
    let (mut uploads, _) = storm(500, 2000, 0.0);
    let now = at(2000);
    assert_eq!(uploads.decide(["signed_curve25519:9"].into_iter(), false, now, 0.0), Verdict::Pass);
    assert_eq!(uploads.decide(["signed_curve25519:0"].into_iter(), false, now, 0.0), Verdict::Answer);
    assert_eq!(uploads.decide(["signed_curve25519:0"].into_iter(), true, now, 0.0), Verdict::Pass);
}

#[test]
fn refusals_far_apart_are_no_loop_and_those_of_a_key_that_moves_on_are() {
    let mut uploads = watched();
    for number in 0..100_u32 {
        uploads.refused(&refusal(number), Sense::Network, at(i64::from(number) * 400_000));
        assert_ne!(uploads.status().state, LoopState::Looping);
    }
    let mut uploads = watched();
    for number in 0..3 {
        uploads.refused(&refusal(number), Sense::Network, at(i64::from(number)));
    }
    assert_eq!(uploads.status().state, LoopState::Looping);
}

#[test]
fn switched_off_or_blind_it_holds_nothing_back() {
    for (is_watched, breaker) in [(true, false), (false, true)] {
        let mut uploads = UploadLoop::default();
        uploads.watch(is_watched, LoopOptions { breaker, ..LoopOptions::default() });
        for ms in 0..10 {
            uploads.refused(&refusal(0), Sense::Console, at(ms));
        }
        assert_eq!((uploads.status().state, uploads.status().breaker), (LoopState::Looping, Breaker::Off));
        assert_eq!(uploads.decide(["signed_curve25519:0"].into_iter(), false, at(11), 0.0), Verdict::Pass);
    }
}

#[test]
fn a_refusal_that_both_senses_see_counts_once() {
    let error =
        "One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: {\"key\":\"a\"}; new key: {'key': 'b'}";
    let line =
        format!("Failed to process outgoing request 0: M_UNKNOWN: MatrixError: [400] {error} (http://hs/_matrix)");
    let line = Line { level: Level::Error, source: "window", text: &line, excerpt: "", truncated: false };
    let mut session = Session::default();
    session.watch_uploads(true, LoopOptions { breaker: false, ..LoopOptions::default() });
    for ms in 0..5 {
        assert!(session.upload_settled(400, error, "/_matrix/client/v3/keys/upload", at(ms * 1000)));
        session.observe(line, at(ms * 1000 + 5));
    }
    let evidence = session.evidence();
    assert_eq!((evidence.counts.get(Fault::Ke1), evidence.upload_loop.refusals), (5, 5));
    assert_eq!(evidence.entries.iter().map(|entry| entry.source.as_str()).collect::<Vec<_>>(), ["network"]);

    // A line without an answer before it comes from a client whose requests are not seen.
    session.observe(line, at(60_000));
    assert_eq!(session.evidence().upload_loop.refusals, 6);
}

#[test]
fn another_400_is_none() {
    let mut session = Session::default();
    session.watch_uploads(true, LoopOptions::default());
    let too_large =
        "Uploading 50 more signed_curve25519 one-time keys would leave the device holding 550, over the limit";
    for (status, error) in [(400, too_large), (429, ""), (401, ""), (502, ""), (400, "x already exists"), (400, "")] {
        for ms in 0..10 {
            assert!(!session.upload_settled(status, error, "/_matrix/client/v3/keys/upload", at(ms)));
        }
    }
    assert_eq!(session.evidence().upload_loop.state, LoopState::Idle);
}

#[test]
fn another_device_starts_anew() {
    let device = |id: &str| Device { user_id: "@a:hs".into(), device_id: id.into(), database: "x".into() };
    let error = "One time key a:B already exists. Old key: {\"key\":\"a\"}; new key: {'key': 'b'}";
    let mut session = Session::default();
    session.watch_uploads(true, LoopOptions::default());
    for id in 0..10 {
        session.store_found(device(&id.to_string()), Recall::Nothing, None, None, at(0));
        assert_eq!(session.evidence().upload_loop.state, LoopState::Idle);
        for ms in 0..3 {
            session.upload_settled(400, error, "/", at(ms));
        }
        assert_eq!(session.evidence().upload_loop.state, LoopState::Looping);
        // The same device again is no news.
        session.store_found(device(&id.to_string()), Recall::Nothing, None, None, at(9));
        assert_eq!(session.evidence().upload_loop.state, LoopState::Looping);
    }
}

#[test]
fn recorded_sessions_are_loops_at_the_third_refusal_and_healthy_ones_never() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/recorded");
    let mut loops = Vec::new();
    for file in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = file.file_name().into_string().unwrap();
        let Some(name) = name.strip_prefix("uploads-") else { continue };
        let mut session = Session::default();
        session.watch_uploads(true, LoopOptions { breaker: false, ..LoopOptions::default() });
        let mut streak = 0;
        for line in fs::read_to_string(file.path()).unwrap().lines() {
            let upload: serde_json::Value = serde_json::from_str(line).unwrap();
            let status = u16::try_from(upload["status"].as_u64().unwrap()).unwrap();
            let error = upload["response"]["error"].as_str().unwrap_or_default();
            let is_refusal = session.upload_settled(status, error, "/", at(upload["t_ms"].as_i64().unwrap()));
            assert_eq!(is_refusal, status == 400, "{line}");
            streak = if is_refusal { streak + 1 } else { 0 };
            let state = session.evidence().upload_loop.state;
            assert_eq!(state == LoopState::Looping, streak >= 3, "{name}: {state:?} after {streak}");
        }
        if session.evidence().upload_loop.refusals > 0 {
            loops.push(name.to_owned());
        }
        assert!(!name.starts_with("healthy") || session.evidence().counts.get(Fault::Ke1) == 0);
    }
    assert!(loops.iter().any(|name| name.starts_with("ke1-evict-crypto")), "{loops:?}");
}

#[test]
fn a_million_events_take_no_room() {
    let mut uploads = watched();
    let mut random = 1_u64;
    for number in 0..1_000_000_u32 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let now = at(i64::try_from(random >> 24).unwrap());
        match random >> 60 {
            0 => uploads.accepted(now),
            1..=7 => drop(uploads.refused(&refusal(number), Sense::Console, now)),
            _ => drop(uploads.decide(["signed_curve25519:1"].into_iter(), false, now, 0.5)),
        }
    }
    assert!(uploads.status().key_ids.len() <= 16);
    assert!(format!("{uploads:?}").len() < 4000);
}

#[derive(Clone, Debug)]
enum Step {
    Refused(u32),
    Accepted,
    Upload(u32),
    Later(i64),
    Jump(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4_u32).prop_map(Step::Refused),
        1 => Just(Step::Accepted),
        4 => (0..4_u32).prop_map(Step::Upload),
        3 => (0..400_000_i64).prop_map(Step::Later),
        1 => (-10_000_000_i64..10_000_000).prop_map(Step::Jump),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn a_loop_is_reported_when_it_is_one_and_never_otherwise(steps in prop::collection::vec(step(), 0..80)) {
        let options = LoopOptions::default();
        let (mut uploads, mut now) = (watched(), 1_000_000_000_i64);
        let mut since_accepted: Vec<i64> = Vec::new();
        let mut is_loop = false;
        for step in steps {
            match step {
                Step::Refused(key) => {
                    uploads.refused(&refusal(key), Sense::Network, at(now));
                    since_accepted.push(now);
                    let last = since_accepted.iter().rev().take(3).collect::<Vec<_>>();
                    is_loop |= last.len() == 3 && *last[0] - *last[2] <= options.window_ms;
                }
                Step::Accepted => {
                    uploads.accepted(at(now));
                    since_accepted.clear();
                    is_loop = false;
                }
                Step::Upload(key) => {
                    let key = format!("signed_curve25519:{key}");
                    let verdict = uploads.decide([key.as_str()].into_iter(), false, at(now), 0.3);
                    prop_assert!(is_loop || verdict == Verdict::Pass);
                }
                Step::Later(ms) | Step::Jump(ms) => now += ms,
            }
            prop_assert_eq!(uploads.status().state == LoopState::Looping, is_loop);
            prop_assert_eq!(uploads.status().breaker == Breaker::Open, is_loop);
        }
    }

    #[test]
    fn probes_are_never_closer_than_their_interval(
        gaps in prop::collection::vec(0..2_000_000_i64, 0..60),
        random in 0.0..=1.0_f64,
    ) {
        let (mut uploads, _) = storm(500, 1500, 0.0);
        let (mut now, mut last, mut interval) = (1000, 1000, FIRST_PROBE_MS);
        for gap in gaps {
            now += gap;
            if uploads.decide(["signed_curve25519:0"].into_iter(), false, at(now), random) == Verdict::Pass {
                prop_assert!(now - last >= interval, "{} after {}", now, last);
                (last, interval) = (now, (interval * 2).min(LAST_PROBE_MS));
                uploads.refused(&refusal(0), Sense::Network, at(now));
            } else {
                prop_assert!(now - last <= interval + interval / 5 + 1);
            }
        }
    }
}
