//! Which uploads are answered from memory, which end a loop, and which only show that the server answers.
#![cfg(not(target_family = "wasm"))]

mod devices;
mod notes;

use devices::{accept, at, decide, refusal, refuse, upload, watched};
use lotus_crypto_diag::entry::Refusal;
use lotus_crypto_diag::upload_clients::UploadClients;
use lotus_crypto_diag::upload_loop::{Breaker, LoopOptions, LoopState, Verdict};
use notes::note;

#[test]
fn each_account_needs_three_refusals_for_a_loop_even_without_key_values() {
    let mut uploads = watched();
    let bare = Refusal { old_key: None, new_key: None, ..refusal(0) };
    for (ms, device) in [1, 1, 1, 2, 2, 2].into_iter().enumerate() {
        let ms = i64::try_from(ms).unwrap();
        let is_loop = ms >= i64::from(device) * 3;
        let upload = upload(device);
        let verdict = uploads.decide(&note(&upload), at(ms), 0.0);
        assert_eq!(verdict == Verdict::Answer, is_loop, "{device} at {ms}");
        uploads.refused(&note(&upload), &bare, at(ms));
    }
    for device in [1, 2] {
        assert_eq!(decide(&mut uploads, device, 9), Verdict::Answer);
    }
}

/// The content of the uploads in a loop, from a device whose store was evicted.
const LOOPING: &str = "at hs token-a\nby @a:hs A\nkey x:1 v1\nkey x:2 v2\nwith device-keys\nwith fallback";

#[test]
fn only_uploads_that_would_certainly_be_refused_are_held_back() {
    for (upload, verdict, why) in [
        (LOOPING, Verdict::Answer, "the very same"),
        ("at hs token-a\nby @a:hs A\nkey x:1 v1", Verdict::Answer, "less than was refused"),
        ("at hs token-a\nby @a:hs A\nkey x:1 v1\nkey x:9 v9", Verdict::Answer, "another one-time key beside it"),
        ("at hs token-a\nby @a:hs A\nkey x:1 v1\nwith fallback", Verdict::Answer, "some of what was refused with it"),
        ("at other token-a\nby @a:hs A\nkey x:1 v1", Verdict::Pass, "another server"),
        ("at hs token-b\nby @a:hs A\nkey x:1 v1", Verdict::Pass, "another token, or in another name"),
        ("at hs token-a\nby @b:hs A\nkey x:1 v1", Verdict::Pass, "another user"),
        ("at hs token-a\nby @a:hs B\nkey x:1 v1", Verdict::Pass, "another device"),
        ("at hs token-b\nby @b:hs B\nkey x:1 v1\nwith device-keys", Verdict::Pass, "another account"),
        ("at hs token-a\nby @a:hs A\nkey x:1 v9", Verdict::Pass, "the same id, another value: another identity"),
        ("at hs token-a\nby @a:hs A\nkey x:2 v2", Verdict::Pass, "a key that the server did not name"),
        ("at hs token-a\nby @a:hs A\nkey x:9 v1", Verdict::Pass, "the same value under another id"),
        ("at hs token-a\nby @a:hs A\nkey x:1 v1\nwith new-device-keys", Verdict::Pass, "other device keys"),
        (
            "at hs token-a\nby @a:hs A\nkey x:1 v1\nwith device-keys\nwith new-fallback",
            Verdict::Pass,
            "a new fallback key",
        ),
        ("at hs token-a\nby @a:hs A\nwith device-keys", Verdict::Pass, "no one-time key"),
        ("at hs token-a\nby @a:hs A\nby @b:hs B\nkey x:1 v1", Verdict::Pass, "signed by two devices"),
        ("at hs token-a\nby @a:hs A\nby\nkey x:1 v1", Verdict::Pass, "one of the keys is not signed"),
        ("at hs token-a\nby\nkey x:1 v1", Verdict::Pass, "not signed"),
        ("at hs token-a\nkey x:1 v1", Verdict::Pass, "signed by nobody that is known"),
        ("by @a:hs A\nkey x:1 v1", Verdict::Pass, "the server cannot be told"),
        ("at hs token-a\nby @a:hs A\nkey x:1 v1\nunread", Verdict::Pass, "there may be more in it"),
        ("at hs token-a\nunread", Verdict::Pass, "it cannot be read"),
        ("", Verdict::Pass, "nothing is known of it"),
    ] {
        let mut uploads = watched();
        let named = Refusal { key_id: "x:1".into(), ..refusal(0) };
        for ms in 0..3 {
            uploads.refused(&note(LOOPING), &named, at(ms));
        }
        assert_eq!(uploads.decide(&note(upload), at(3), 0.0), verdict, "{why}: {upload}");
    }
}

#[test]
fn a_loop_of_uploads_without_a_certain_device_holds_nothing_back() {
    for upload in [
        "at hs t\nby\nkey x:1 v1",
        "by @a:hs A\nkey x:1 v1",
        "at hs t\nby @a:hs A\nby @a:hs B\nkey x:1 v1",
        "at hs t\nunread",
    ] {
        let (mut uploads, upload) = (watched(), note(upload));
        let named = Refusal { key_id: "x:1".into(), ..refusal(0) };
        for ms in 0..10 {
            assert_eq!(uploads.decide(&upload, at(ms), 0.0), Verdict::Pass, "{upload:?}");
            uploads.refused(&upload, &named, at(ms));
        }
        let status = uploads.status();
        assert_eq!((status.state, status.breaker, status.spared), (LoopState::Looping, Breaker::Off, 0));
    }
}

#[test]
fn an_accepted_upload_ends_the_loop_only_if_it_is_known_to_carry_one_time_keys() {
    for (upload, state) in [
        ("at hs token-a\nby @a:hs A\nwith device-keys", LoopState::Looping),
        ("at hs token-a", LoopState::Looping),
        ("at hs token-a\nunread", LoopState::Looping),
        ("at hs token-b\nby @a:hs A\nkey x:9 v9", LoopState::Recovered),
    ] {
        let mut uploads = watched();
        let named = Refusal { key_id: "x:1".into(), ..refusal(0) };
        for ms in 0..3 {
            uploads.refused(&note(LOOPING), &named, at(ms));
        }
        uploads.accepted(&note(upload), at(3));
        assert_eq!(uploads.status().state, state, "{upload}");
    }
}

#[test]
fn a_sign_that_the_server_may_accept_again_allows_one_early_probe() {
    type Sign = fn(&mut UploadClients, i64);
    let signs: [(&str, Sign, bool); 6] = [
        ("the network is back", |uploads, ms| uploads.probe_soon(false, at(ms)), true),
        (
            "device keys of the same sender were accepted",
            |uploads, ms| {
                uploads.accepted(&note("at hs token0\nwith device-keys"), at(ms));
            },
            true,
        ),
        (
            "an upload of the same device was accepted that nobody could read",
            |uploads, ms| {
                uploads.accepted(&note("at hs token0\nunread"), at(ms));
            },
            true,
        ),
        (
            "device keys under a renewed token",
            |uploads, ms| {
                uploads.accepted(&note("at hs token9\nby @a:hs D0\nwith device-keys"), at(ms));
            },
            true,
        ),
        ("another device is accepted", |uploads, ms| accept(uploads, 3, ms), false),
        ("nothing", |_, _| {}, false),
    ];
    for (what, sign, is_sign) in signs {
        let mut uploads = watched();
        // At the fifth probe, the next one is fifteen minutes away.
        let mut ms = 0;
        while uploads.status().probes < 6 {
            if decide(&mut uploads, 0, ms) == Verdict::Pass {
                refuse(&mut uploads, 0, ms);
            }
            ms += 1000;
        }
        let last = ms;
        sign(&mut uploads, ms);
        assert_eq!(decide(&mut uploads, 0, ms), Verdict::Answer, "{what}: too early");
        ms = last + 30_000;
        assert_eq!(decide(&mut uploads, 0, ms) == Verdict::Pass, is_sign, "{what}");
        // One sign allows one probe.
        assert_eq!(decide(&mut uploads, 0, ms + 1), Verdict::Answer, "{what}");
        // A user who asks need not wait.
        uploads.probe_soon(true, at(ms + 2));
        assert_eq!(decide(&mut uploads, 0, ms + 3), Verdict::Pass, "{what}");
        assert_eq!(decide(&mut uploads, 0, ms + 4), Verdict::Answer, "{what}");
    }
}

#[test]
fn a_loop_from_the_console_continues_on_the_network_for_the_same_device() {
    let after_console_lines = |device_id: Option<&str>| {
        let mut uploads = UploadClients::default();
        uploads.watch(false, LoopOptions::default());
        let refusal = Refusal { device_id: device_id.map(str::to_owned), ..refusal(1) };
        for ms in 0..3 {
            assert!(uploads.refused_in_console(&refusal, "window", at(ms)));
        }
        assert_eq!(uploads.status().state, LoopState::Looping);
        uploads.watch(true, LoopOptions::default());
        uploads
    };
    let mut uploads = after_console_lines(Some("D1"));
    accept(&mut uploads, 2, 5);
    refuse(&mut uploads, 2, 6);
    assert_eq!((uploads.status().state, decide(&mut uploads, 2, 7)), (LoopState::Looping, Verdict::Pass));
    refuse(&mut uploads, 1, 8);
    assert_eq!((uploads.status().refusals, uploads.status().breaker), (4, Breaker::Open));
    accept(&mut uploads, 1, 9);
    assert_eq!(uploads.status().state, LoopState::Recovered);

    // A line without a device: if its loop went on, the network would show it.
    let mut uploads = after_console_lines(None);
    refuse(&mut uploads, 2, 5);
    assert_eq!((uploads.status().state, decide(&mut uploads, 2, 6)), (LoopState::Looping, Verdict::Pass));
    accept(&mut uploads, 1, 7);
    assert_ne!(uploads.status().state, LoopState::Looping);
}
