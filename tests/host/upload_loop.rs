//! The detector and the breaker of one client: any order of refusals, acceptances and clock jumps.
#![cfg(not(target_family = "wasm"))]

mod notes;

use lotus_crypto_diag::entry::Refusal;
use lotus_crypto_diag::timestamp::Timestamp;
use lotus_crypto_diag::upload_loop::{
    Breaker, FIRST_PROBE_MS, LAST_PROBE_MS, LoopOptions, LoopState, UploadLoop, Verdict,
};
use notes::note;
use proptest::prelude::*;

fn at(ms: i64) -> Timestamp {
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    Timestamp::from_ms(ms as f64)
}

fn key(number: u32) -> String {
    format!("signed_curve25519:{number}")
}

fn refusal(number: u32) -> Refusal {
    let (old_key, new_key) = (Some("old".into()), Some("new".into()));
    Refusal { key_id: key(number), old_key, new_key, device_id: None, http_status: Some(400) }
}

fn watched() -> UploadLoop {
    let mut uploads = UploadLoop::default();
    uploads.watch(true, LoopOptions::default());
    uploads
}

/// An upload of one device with the keys of these numbers.
fn upload(numbers: &[u32]) -> String {
    let keys: Vec<_> = numbers.iter().map(|number| format!("\nkey {} value{number}", key(*number))).collect();
    ["at server sender\nby @a:hs DEVICE", &keys.concat()].concat()
}

/// The server refuses an upload because of the key with this number.
fn refuse(uploads: &mut UploadLoop, number: u32, ms: i64) {
    let text = upload(&[number]);
    uploads.refused(&refusal(number), Some(&note(&text)), at(ms));
}

fn decide(uploads: &mut UploadLoop, number: u32, ms: i64) -> Verdict {
    uploads.decide(&note(&upload(&[number])), at(ms), 0.0)
}

/// A client that retries every `every_ms` for `duration_ms` at a server that always refuses: which tries reach the server.
fn storm(every_ms: i64, duration_ms: i64, random: f64) -> (UploadLoop, Vec<i64>) {
    let (mut uploads, mut arrived) = (watched(), Vec::new());
    let (refusal, text) = (refusal(0), upload(&[0, 9]));
    let upload = note(&text);
    for ms in (0..duration_ms).step_by(usize::try_from(every_ms).unwrap()) {
        if uploads.decide(&upload, at(ms), random) == Verdict::Pass {
            arrived.push(ms);
            uploads.refused(&refusal, Some(&upload), at(ms));
        }
    }
    (uploads, arrived)
}

#[test]
fn the_third_refusal_is_a_loop_at_every_rate() {
    for every_ms in [30_000, 500, 50] {
        let mut uploads = watched();
        for (number, state) in [LoopState::Suspected, LoopState::Suspected, LoopState::Looping].into_iter().enumerate()
        {
            refuse(&mut uploads, 0, i64::try_from(number).unwrap() * every_ms);
            assert_eq!(uploads.status().state, state, "every {every_ms} ms");
        }
        assert_eq!(uploads.status().breaker, Breaker::Open);
        assert_eq!(uploads.status().diverges, Some(true));
    }
}

#[test]
fn at_most_ten_requests_of_an_hour_long_storm_pass_and_the_rest_are_counted() {
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
fn probe_intervals_double_from_thirty_seconds_to_fifteen_minutes() {
    let (_, arrived) = storm(1000, 7_200_000, 0.0);
    let gaps: Vec<_> = arrived[2..].windows(2).map(|pair| (pair[1] - pair[0]) / 1000).collect();
    assert_eq!(gaps, [30, 60, 120, 240, 480, 900, 900, 900, 900, 900, 900]);
}

#[test]
fn an_accepted_probe_closes_the_breaker_and_the_history_stays() {
    let (mut uploads, _) = storm(500, 10_000, 0.0);
    uploads.accepted(at(20_000));
    let status = uploads.status();
    assert_eq!((status.state, status.breaker), (LoopState::Recovered, Breaker::Closed));
    assert_eq!((status.since, status.refusals, status.accepted), (Some(at(20_000)), 0, 1));
    assert!(status.refusal.is_some() && status.spared > 0 && status.next_probe.is_none());
    assert_eq!(decide(&mut uploads, 0, 20_001), Verdict::Pass);
    refuse(&mut uploads, 1, 20_002);
    assert_eq!(uploads.status().state, LoopState::Suspected);
}

#[test]
fn an_upload_without_a_refused_key_passes() {
    let (mut uploads, _) = storm(500, 2000, 0.0);
    assert_eq!(decide(&mut uploads, 9, 2000), Verdict::Pass);
    assert_eq!(decide(&mut uploads, 0, 2000), Verdict::Answer);
    // The server now names another key; the former ones are still refused.
    refuse(&mut uploads, 1, 2000);
    for (number, verdict) in [(0, Verdict::Answer), (1, Verdict::Answer), (2, Verdict::Pass)] {
        assert_eq!(decide(&mut uploads, number, 2001), verdict);
    }
}

#[test]
fn refusals_far_apart_are_no_loop_and_refusals_of_changing_keys_are() {
    let mut uploads = watched();
    for number in 0..100_u32 {
        refuse(&mut uploads, number, i64::from(number) * 400_000);
        assert_ne!(uploads.status().state, LoopState::Looping);
    }
    let mut uploads = watched();
    for number in 0..3 {
        refuse(&mut uploads, number, i64::from(number));
    }
    assert_eq!(uploads.status().state, LoopState::Looping);
}

#[test]
fn a_breaker_that_is_off_or_sees_no_upload_holds_nothing_back() {
    let text = upload(&[0]);
    let seen = note(&text);
    for (is_watched, breaker, seen) in [(true, false, Some(&seen)), (false, true, None), (true, true, None)] {
        let mut uploads = UploadLoop::default();
        uploads.watch(is_watched, LoopOptions { breaker, ..LoopOptions::default() });
        for ms in 0..10 {
            uploads.refused(&refusal(0), seen, at(ms));
        }
        assert_eq!((uploads.status().state, uploads.status().breaker), (LoopState::Looping, Breaker::Off));
        assert_eq!((decide(&mut uploads, 0, 11), uploads.status().next_probe), (Verdict::Pass, None));
    }
}

#[test]
fn a_loop_known_from_the_console_is_stopped_once_it_is_seen_on_the_network() {
    let mut uploads = watched();
    for ms in 0..4 {
        uploads.refused(&refusal(0), None, at(ms));
    }
    refuse(&mut uploads, 0, 5);
    assert_eq!(uploads.status().breaker, Breaker::Open);
}

#[test]
fn the_breaker_can_be_switched_off_and_on_during_a_loop() {
    let (mut uploads, _) = storm(500, 2000, 0.0);
    uploads.watch(true, LoopOptions { breaker: false, ..LoopOptions::default() });
    assert_eq!((decide(&mut uploads, 0, 2000), uploads.status().next_probe), (Verdict::Pass, None));
    uploads.watch(true, LoopOptions::default());
    assert_eq!([decide(&mut uploads, 0, 2001), decide(&mut uploads, 0, 2002)], [Verdict::Pass, Verdict::Answer]);
}

#[test]
fn an_absurd_threshold_takes_little_memory() {
    for (threshold, loops_at) in [(0, 1), (u32::MAX, 100)] {
        let mut uploads = UploadLoop::default();
        uploads.watch(true, LoopOptions { threshold, window_ms: i64::MAX, ..LoopOptions::default() });
        for number in 1..=10_000 {
            refuse(&mut uploads, 0, number);
            assert_eq!(uploads.status().state == LoopState::Looping, number >= loops_at);
        }
        assert!(format!("{uploads:?}").len() < 8000);
    }
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
    fn a_loop_is_reported_if_and_only_if_there_is_one(steps in prop::collection::vec(step(), 0..80)) {
        let options = LoopOptions::default();
        let (mut uploads, mut now) = (watched(), 1_000_000_000_i64);
        let mut since_accepted: Vec<i64> = Vec::new();
        let mut is_loop = false;
        for step in steps {
            match step {
                Step::Refused(key) => {
                    refuse(&mut uploads, key, now);
                    since_accepted.push(now);
                    let last = since_accepted.iter().rev().take(3).collect::<Vec<_>>();
                    is_loop |= last.len() == 3 && *last[0] - *last[2] <= options.window_ms;
                }
                Step::Accepted => {
                    uploads.accepted(at(now));
                    since_accepted.clear();
                    is_loop = false;
                }
                Step::Upload(key) => prop_assert!(is_loop || decide(&mut uploads, key, now) == Verdict::Pass),
                Step::Later(ms) | Step::Jump(ms) => now += ms,
            }
            prop_assert_eq!(uploads.status().state == LoopState::Looping, is_loop);
            prop_assert_eq!(uploads.status().breaker == Breaker::Open, is_loop);
        }
    }

    #[test]
    fn probes_are_never_closer_than_their_interval_and_never_delayed_forever(
        steps in prop::collection::vec(
            prop_oneof![
                6 => (0..1_000_000_i64, Just(0_i64), Just(false)),
                1 => (Just(0_i64), -10_000_000..10_000_000_i64, Just(false)),
                1 => (Just(0_i64), Just(0_i64), Just(true)),
            ],
            0..120,
        ),
        random in 0.0..=1.0_f64,
    ) {
        // Real time, and how far the clock is ahead of it.
        let (mut now, mut ahead) = (0_i64, 1_000_000_000_i64);
        let mut uploads = watched();
        let (mut refusals, mut last, mut interval, mut since_jump) = (0, 0, FIRST_PROBE_MS, None);
        for (later, jump, is_accepted) in steps {
            now += later;
            ahead += jump;
            if jump != 0 {
                since_jump = Some((now, jump > 0 || since_jump.is_some_and(|(_, forward)| forward)));
            }
            if is_accepted {
                uploads.accepted(at(now + ahead));
                refusals = 0;
                continue;
            }
            let is_loop = uploads.status().state == LoopState::Looping;
            if uploads.decide(&note(&upload(&[0])), at(now + ahead), random) == Verdict::Answer {
                prop_assert!(is_loop);
                let waits_since = since_jump.map_or(last, |(at, _)| at);
                prop_assert!(now - waits_since <= interval + interval / 5, "put off for {}", now - waits_since);
                continue;
            }
            if is_loop {
                // A clock that was set forward makes a probe due; nothing else does.
                let was_put_forward = since_jump.is_some_and(|(_, forward)| forward);
                prop_assert!(was_put_forward || now - last >= interval, "after {}", now - last);
                interval = (interval * 2).min(LAST_PROBE_MS);
            }
            refuse(&mut uploads, 0, now + ahead);
            refusals += 1;
            if !is_loop && uploads.status().state == LoopState::Looping {
                prop_assert!(refusals >= 3);
                interval = FIRST_PROBE_MS;
            }
            (last, since_jump) = (now, None);
        }
    }
}
