//! A repair against a model of a homeserver, with every possible interruption: it fixes the device or reports that it did
//! not, and never leaves the device worse off.

#![cfg(not(target_family = "wasm"))]

mod repair_model;

use lotus_crypto_diag::crypto_store::{CryptoStoreStatus, IdentityCheck, StoreVerdict};
use lotus_crypto_diag::entry::Refusal;
use lotus_crypto_diag::one_time_key::SignedKey;
use lotus_crypto_diag::repair::{Facts, OtherTabs, RepairProblem, RepairState, RepairStatus, RepairStep, repair};
use lotus_crypto_diag::upload_loop::{LoopState, UploadLoopStatus};
use proptest::prelude::*;
use repair_model::{DEVICE, Fault, OURS, THEIRS, USER, World, signed};

fn store() -> CryptoStoreStatus {
    CryptoStoreStatus {
        verdict: StoreVerdict::Healthy,
        identity: IdentityCheck::Same,
        user_id: Some(USER.into()),
        device_id: Some(DEVICE.into()),
        ..CryptoStoreStatus::default()
    }
}

fn uploads() -> UploadLoopStatus {
    let refusal = Refusal { key_id: "x:dead0".into(), device_id: Some(DEVICE.into()), ..Refusal::default() };
    let key_ids = vec![refusal.key_id.clone()];
    UploadLoopStatus {
        state: LoopState::Looping,
        watched: true,
        refusal: Some(refusal),
        key_ids,
        ..UploadLoopStatus::default()
    }
}

fn facts<'a>(store: &'a CryptoStoreStatus, uploads: &'a UploadLoopStatus, old_key: &'a SignedKey) -> Facts<'a> {
    Facts {
        user_id: Some(USER),
        device_id: Some(DEVICE),
        ed25519: Some(OURS),
        store: Some(store),
        uploads: Some(uploads),
        old_key: Some(old_key),
        tabs: OtherTabs::Alone,
    }
}

fn run_on(world: &World, facts: Facts<'_>) -> RepairStatus {
    let status = pollster::block_on(repair(world, facts));
    assert!(!world.is_held(), "uploads are let go again: {status:?}");
    status
}

fn run(world: &World) -> RepairStatus {
    let (store, uploads, old_key) = (store(), uploads(), signed("x:dead0", world.old_signer));
    run_on(world, facts(&store, &uploads, &old_key))
}

#[test]
fn every_dead_key_is_claimed_and_the_upload_is_accepted() {
    for dead in [1, 50, 500] {
        let world = World::new(dead);
        let status = run(&world);
        assert_eq!((status.state, status.problem), (RepairState::Repaired, None));
        assert_eq!((status.counted, status.claimed.len()), (Some(dead), dead as usize));
        assert!(!status.fallback_used && world.is_well());
    }
}

#[test]
fn nothing_is_sent_unless_every_precondition_of_the_repair_is_certain() {
    let (healthy, looping) = (store(), uploads());
    let with_store = |change: fn(&mut CryptoStoreStatus)| {
        let mut store = healthy.clone();
        change(&mut store);
        store
    };
    let with_uploads = |change: fn(&mut UploadLoopStatus)| {
        let mut uploads = looping.clone();
        change(&mut uploads);
        uploads
    };
    let stores = [
        with_store(|store| store.verdict = StoreVerdict::Evicted),
        with_store(|store| store.verdict = StoreVerdict::IdentityChanged),
        with_store(|store| store.verdict = StoreVerdict::Unknown),
        with_store(|store| store.identity = IdentityCheck::FirstSeen),
        with_store(|store| store.identity = IdentityCheck::NotCompared),
        with_store(|store| store.device_id = Some("OTHER".into())),
        with_store(|store| store.user_id = None),
    ];
    let loops = [
        with_uploads(|uploads| uploads.state = LoopState::Suspected),
        with_uploads(|uploads| uploads.state = LoopState::Recovered),
        with_uploads(|uploads| uploads.watched = false),
        with_uploads(|uploads| uploads.refusal = None),
        with_uploads(|uploads| uploads.refusal.as_mut().unwrap().device_id = Some("OTHER".into())),
    ];
    let (old_key, other) = (signed("x:dead0", OURS), signed("x:other", OURS));
    let all = facts(&healthy, &looping, &old_key);
    let mut cases = vec![
        (RepairProblem::NoClient, Facts { user_id: None, ..all }),
        (RepairProblem::NoClient, Facts { device_id: None, ..all }),
        (RepairProblem::NoClient, Facts { ed25519: None, ..all }),
        (RepairProblem::NoLoop, Facts { uploads: None, ..all }),
        (RepairProblem::IdentityNotSame, Facts { store: None, ..all }),
        (RepairProblem::NotAlone, Facts { tabs: OtherTabs::Unknown, ..all }),
        (RepairProblem::ReloadFirst, Facts { tabs: OtherTabs::OthersClosed, ..all }),
        (RepairProblem::NotVerifiable, Facts { old_key: None, ..all }),
        (RepairProblem::NotVerifiable, Facts { old_key: Some(&other), ..all }),
    ];
    cases.extend(stores.iter().map(|store| (RepairProblem::IdentityNotSame, Facts { store: Some(store), ..all })));
    cases.extend(loops.iter().map(|uploads| (RepairProblem::NoLoop, Facts { uploads: Some(uploads), ..all })));
    for (problem, facts) in cases {
        let world = World::new(3);
        let status = run_on(&world, facts);
        assert_eq!((status.state, status.problem), (RepairState::Refused, Some(problem)));
        assert_eq!(world.requests(), 0, "{problem:?}");
    }
}

#[test]
fn the_repair_refuses_if_the_old_key_is_not_verifiably_this_devices() {
    let world = World::new(3).with(|world| world.old_signer = THEIRS);
    let status = run(&world);
    assert_eq!((status.state, status.problem), (RepairState::Refused, Some(RepairProblem::ForeignKey)));
    assert_eq!(world.requests(), 0);
    let world = World::new(3).with(|world| world.can_verify = false);
    assert_eq!(run(&world).problem, Some(RepairProblem::NotVerifiable));
    assert_eq!(world.requests(), 0);
}

#[test]
fn the_repair_stops_at_the_first_foreign_key_that_it_claims() {
    let world = World::new(5);
    world.replace_dead(2, THEIRS);
    let status = run(&world);
    assert_eq!((status.state, status.step), (RepairState::Failed, RepairStep::Claiming));
    assert_eq!((status.problem, status.claimed.len()), (Some(RepairProblem::ForeignKey), 3));
}

#[test]
fn the_repair_waits_when_rate_limited_and_ends_at_any_other_error() {
    let world = World::new(3);
    world.fault((1..=6).map(|request| (request, Fault::Wait(500))));
    let status = run(&world);
    assert_eq!((status.state, status.waits), (RepairState::Repaired, 6));
    for (fault, words) in [(Fault::Status(403), "403"), (Fault::Status(502), "502"), (Fault::NoAnswer, "no answer")] {
        let world = World::new(3);
        world.fault([(2, fault)]);
        let status = run(&world);
        assert_eq!((status.state, status.problem), (RepairState::Failed, Some(RepairProblem::Server)));
        assert!(status.error.unwrap().contains(words));
        assert_eq!(run(&world).state, RepairState::Repaired, "at the second try");
    }
    let world = World::new(3);
    world.fault((1..2000).map(|request| (request, Fault::Wait(10_000))));
    assert_eq!(run(&world).problem, Some(RepairProblem::TimedOut));
}

#[test]
fn an_implausible_key_count_prevents_the_repair() {
    let world = World::new(501);
    let status = run(&world);
    assert_eq!((status.state, status.problem), (RepairState::Refused, Some(RepairProblem::TooManyKeys)));
    assert_eq!((status.claimed.len(), world.requests()), (0, 1));
}

#[test]
fn the_repair_only_uploads_if_an_earlier_one_claimed_all_keys() {
    let world = World::new(0);
    let status = run(&world);
    assert_eq!((status.state, status.counted), (RepairState::Repaired, Some(0)));
}

#[test]
fn the_repair_waits_when_the_upload_of_new_keys_is_rate_limited() {
    let world = World::new(2);
    world.fault([(0, Fault::Wait(0)), (5, Fault::Wait(u32::MAX))]);
    let status = run(&world);
    assert_eq!((status.state, status.waits), (RepairState::Repaired, 2));
}

#[test]
fn a_second_tab_ends_the_repair() {
    let world = World::new(5);
    world.open_tab_at(3);
    let status = run(&world);
    assert_eq!((status.state, status.problem), (RepairState::Failed, Some(RepairProblem::NotAlone)));
    assert_eq!(status.claimed.len(), 2);
}

#[test]
fn a_client_that_never_uploads_is_not_called_repaired() {
    let world = World::new(2).with(|world| world.uploads = false);
    assert_eq!(run(&world).problem, Some(RepairProblem::NotUploaded));
}

#[test]
fn the_repair_fails_if_the_server_still_refuses_the_upload() {
    let world = World::new(4).with(|world| world.uncounted = 1);
    let status = run(&world);
    assert_eq!((status.state, status.problem), (RepairState::Failed, Some(RepairProblem::StillRefused)));
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        2 => (0..20_000_u32).prop_map(Fault::Wait),
        1 => prop::sample::select(vec![400, 403, 404, 500, 502, 504]).prop_map(Fault::Status),
        1 => Just(Fault::NoAnswer),
        3 => Just(Fault::PeerClaims),
        1 => Just(Fault::LostAnswer),
    ]
}

proptest! {
    #[test]
    fn a_device_is_repaired_at_the_first_or_second_try_and_never_left_worse(
        dead in 1..40_u32,
        faults in prop::collection::vec((0..45_u32, fault()), 0..8),
        tab in prop::option::of(0..45_u32),
    ) {
        let world = World::new(dead);
        world.fault(faults);
        if let Some(request) = tab {
            world.open_tab_at(request);
        }
        let status = run(&world);
        match status.state {
            RepairState::Repaired => prop_assert!(world.is_well(), "{status:?}"),
            RepairState::Refused => prop_assert!(status.claimed.is_empty() && world.dead() <= dead),
            RepairState::Failed => prop_assert!(status.problem.is_some()),
            RepairState::Running => prop_assert!(false, "it has ended"),
        }
        world.calm();
        // If all keys were claimed before the interruption, the client's next upload is accepted without a repair.
        if !world.sync() {
            let status = run(&world);
            prop_assert_eq!(status.state, RepairState::Repaired, "{:?}", status);
        }
        prop_assert!(world.is_well());
    }
}
