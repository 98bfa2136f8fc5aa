//! Every state of a crypto store, and its verdict.

use lotus_crypto_diag::crypto_store::{
    CryptoStore, Device, IdentityCheck, IdentityKeys, MARKER_SCHEMA, Marker, MarkerField, StoreLoss, StoreVerdict,
    StoredMarker,
};
use lotus_crypto_diag::store_trouble::StoreTroubleKind;
use lotus_crypto_diag::stores::CryptoStores;
use lotus_crypto_diag::timestamp::Timestamp;
use serde_json::Value;

const FIRST_SEEN: f64 = 1000.0;
const NOW: f64 = 5000.0;

fn at(ms: f64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn device(id: &str) -> Device {
    Device { user_id: "@a:hs".into(), device_id: id.into(), database: "matrix-js-sdk::matrix-sdk-crypto".into() }
}

fn keys(name: &str) -> IdentityKeys {
    IdentityKeys { ed25519: format!("ed-{name}"), curve25519: format!("curve-{name}") }
}

fn marker() -> Marker {
    Marker {
        schema: MARKER_SCHEMA,
        ed25519: "ed-first".into(),
        curve25519: "curve-first".into(),
        since: at(FIRST_SEEN),
        last_healthy: at(FIRST_SEEN),
        database_seen: Some(at(FIRST_SEEN)),
        lost: None,
        changed: None,
    }
}

fn loss(ms: f64) -> StoreLoss {
    StoreLoss { first_ts: at(ms), last_ts: at(ms), count: 1, message: "DomException".into() }
}

/// The marker, whether the database existed, the client's keys, whether the store was lost since; the verdict, and since
/// when.
type Row<'a> = (&'a dyn Fn() -> StoredMarker, Option<bool>, Option<&'a str>, bool, StoreVerdict, Option<f64>);

#[test]
fn every_state_has_its_verdict() {
    use StoreVerdict::{ConnectionLost, Evicted, FirstRun, Healthy, IdentityChanged, Unknown};

    let changed = || Marker { changed: Some(at(2000.0)), ..marker() };
    let lost = || Marker { lost: Some(at(3000.0)), ..marker() };
    let (nothing, known, unreadable) =
        (|| StoredMarker::Nothing, || StoredMarker::Known(marker()), || StoredMarker::Unreadable("blocked".into()));
    let (before_changed, before_lost) = (|| StoredMarker::Known(changed()), || StoredMarker::Known(lost()));
    let (yes, no, silent) = (Some(true), Some(false), None);
    let (quiet, first, other) = (None, Some("first"), Some("other"));

    let table: [Row; 38] = [
        (&nothing, no, quiet, false, FirstRun, Some(NOW)),
        (&nothing, yes, quiet, false, FirstRun, Some(NOW)),
        (&nothing, silent, quiet, false, FirstRun, Some(NOW)),
        (&nothing, no, first, false, FirstRun, Some(NOW)),
        (&nothing, yes, first, false, FirstRun, Some(NOW)),
        (&nothing, silent, first, false, FirstRun, Some(NOW)),
        (&nothing, no, quiet, true, ConnectionLost, Some(NOW + 1.0)),
        (&nothing, yes, first, true, ConnectionLost, Some(NOW + 1.0)),
        (&known, yes, quiet, false, Healthy, Some(FIRST_SEEN)),
        (&known, no, quiet, false, Evicted, Some(NOW)),
        (&known, silent, quiet, false, Unknown, None),
        (&known, yes, first, false, Healthy, Some(FIRST_SEEN)),
        // The keys are proof: the list of databases was wrong, or another prefix is in use.
        (&known, no, first, false, Healthy, Some(FIRST_SEEN)),
        (&known, silent, first, false, Healthy, Some(FIRST_SEEN)),
        (&known, yes, other, false, IdentityChanged, Some(NOW)),
        (&known, no, other, false, IdentityChanged, Some(NOW)),
        (&known, silent, other, false, IdentityChanged, Some(NOW)),
        (&known, yes, quiet, true, ConnectionLost, Some(NOW + 1.0)),
        (&known, yes, first, true, ConnectionLost, Some(NOW + 1.0)),
        (&known, no, first, true, ConnectionLost, Some(NOW + 1.0)),
        (&known, silent, quiet, true, ConnectionLost, Some(NOW + 1.0)),
        (&known, yes, other, true, IdentityChanged, Some(NOW)),
        // A database exists again, but it may be a new one.
        (&before_lost, yes, quiet, false, Unknown, None),
        (&before_lost, silent, quiet, false, Unknown, None),
        (&before_lost, no, quiet, false, Evicted, Some(3000.0)),
        (&before_lost, no, other, false, IdentityChanged, Some(3000.0)),
        (&before_lost, yes, first, false, Healthy, Some(FIRST_SEEN)),
        (&before_changed, yes, quiet, false, IdentityChanged, Some(2000.0)),
        (&before_changed, silent, quiet, false, IdentityChanged, Some(2000.0)),
        (&before_changed, no, quiet, false, Evicted, Some(2000.0)),
        (&before_changed, yes, other, false, IdentityChanged, Some(2000.0)),
        // An old store was restored: by now the homeserver knows the device's second keys.
        (&before_changed, yes, first, false, IdentityChanged, Some(2000.0)),
        (&before_changed, no, other, true, IdentityChanged, Some(2000.0)),
        (&unreadable, yes, quiet, false, Unknown, None),
        (&unreadable, no, quiet, false, Unknown, None),
        (&unreadable, silent, first, false, Unknown, None),
        (&unreadable, yes, other, false, Unknown, None),
        (&unreadable, yes, first, true, ConnectionLost, Some(NOW + 1.0)),
    ];
    for (row, (recall, existed, key_name, lost, verdict, since)) in table.into_iter().enumerate() {
        let mut store = CryptoStore::new(device("D"), recall(), existed, None, at(NOW));
        if let Some(name) = key_name {
            store.compare(keys(name), at(NOW));
        }
        if lost {
            store.set_lost(loss(NOW + 1.0));
        }
        let status = store.status();
        assert_eq!((status.verdict, status.since), (verdict, since.map(at)), "row {row}: {status:?}");
    }
}

/// The same message appears when the browser closes a connection by force. Only the list of databases tells whether the
/// store is gone.
#[test]
fn a_lost_connection_is_an_eviction_only_if_the_database_is_no_longer_listed() {
    for (listed, verdict) in [
        (None, StoreVerdict::ConnectionLost),
        (Some(true), StoreVerdict::ConnectionLost),
        (Some(false), StoreVerdict::Evicted),
    ] {
        let mut store = CryptoStore::new(device("D"), StoredMarker::Known(marker()), Some(true), None, at(NOW));
        store.compare(keys("first"), at(NOW));
        store.set_lost(loss(NOW + 1.0));
        if let Some(listed) = listed {
            store.set_listed(listed);
        }
        let status = store.status();
        assert_eq!((status.verdict, status.database_listed), (verdict, listed), "{status:?}");
    }
}

/// Each trouble, whether the connection was lost as well, and the verdict: the same whether or not the keys were compared.
#[test]
fn a_store_that_cannot_be_used_is_not_healthy() {
    use StoreTroubleKind as Trouble;
    use StoreVerdict::{ConnectionLost, Corrupt, Failing, Full, VersionConflict, WrongAccount};

    for (trouble, lost, verdict) in [
        (Trouble::Failing, false, Failing),
        (Trouble::Full, false, Full),
        (Trouble::VersionConflict, false, VersionConflict),
        (Trouble::Corrupt, false, Corrupt),
        (Trouble::WrongAccount, false, WrongAccount),
        (Trouble::Failing, true, ConnectionLost),
        (Trouble::WrongAccount, true, WrongAccount),
    ] {
        for compared in [false, true] {
            let mut store = CryptoStore::new(device("D"), StoredMarker::Known(marker()), Some(true), None, at(NOW));
            if compared {
                store.compare(keys("first"), at(NOW));
            }
            store.note_trouble(trouble, "x", at(NOW + 2.0));
            if lost {
                store.set_lost(loss(NOW + 1.0));
            }
            let status = store.status();
            let since = Some(at(NOW + if lost { 1.0 } else { 2.0 }));
            assert_eq!((status.verdict, status.since), (verdict, since), "{trouble:?} {compared}: {status:?}");
        }
    }
}

#[test]
fn the_most_serious_trouble_is_reported_with_its_first_line() {
    let mut stores = CryptoStores::default();
    // Before anybody asks whose store it is.
    for (kind, ms) in [
        (StoreTroubleKind::Failing, 1.0),
        (StoreTroubleKind::Full, 2.0),
        (StoreTroubleKind::Failing, 3.0),
        (StoreTroubleKind::Full, 4.0),
    ] {
        stores.note_trouble(kind, &format!("line at {ms}"), at(ms));
    }
    let trouble = stores.status(None, None).unwrap().trouble.unwrap();
    assert_eq!((trouble.kind, trouble.count, trouble.message.as_str()), (StoreTroubleKind::Full, 2, "line at 2"));
    assert_eq!(stores.status(None, None).unwrap().verdict, StoreVerdict::Full);
    stores.found(device("D"), StoredMarker::Nothing, Some(true), None, at(5.0));
    assert_eq!(stores.status(Some("@a:hs"), Some("D")).unwrap().verdict, StoreVerdict::Full);
}

#[test]
fn the_first_keys_are_remembered_and_nothing_is_written_twice() {
    let mut store = CryptoStore::new(device("D"), StoredMarker::Nothing, Some(false), None, at(NOW));
    assert_eq!(store.take_unsaved(), None);
    store.compare(keys("first"), at(NOW));
    let written = store.take_unsaved().unwrap();
    assert_eq!(written, Marker { since: at(NOW), last_healthy: at(NOW), database_seen: None, ..marker() });
    store.set_database_seen(at(NOW));
    let written = store.take_unsaved().unwrap();
    assert_eq!(written.database_seen, Some(at(NOW)));
    assert_eq!(store.take_unsaved(), None);
    assert_eq!(store.status().identity, IdentityCheck::FirstSeen);

    let mut next = CryptoStore::new(device("D"), StoredMarker::Known(written), Some(true), None, at(9000.0));
    next.compare(keys("first"), at(9000.0));
    assert_eq!(next.status().verdict, StoreVerdict::Healthy);
    assert_eq!(next.take_unsaved().unwrap().last_healthy, at(9000.0));
}

#[test]
fn a_store_that_was_found_gone_is_not_healthy_before_its_keys_are_compared() {
    let mut first = CryptoStore::new(device("D"), StoredMarker::Known(marker()), Some(false), None, at(NOW));
    let written = first.take_unsaved().unwrap();
    for (name, verdict) in [("first", StoreVerdict::Healthy), ("other", StoreVerdict::IdentityChanged)] {
        let mut next =
            CryptoStore::new(device("D"), StoredMarker::Known(written.clone()), Some(true), None, at(9000.0));
        let status = next.status();
        assert_eq!(status.verdict, StoreVerdict::Unknown);
        assert_eq!(status.error.as_deref(), Some("it was found gone before, and its keys were not compared since"));
        next.compare(keys(name), at(9001.0));
        assert_eq!((next.status().verdict, next.status().error), (verdict, None));
    }
}

#[test]
fn the_first_keys_stay_remembered_after_a_change() {
    let mut store = CryptoStore::new(device("D"), StoredMarker::Known(marker()), Some(false), None, at(NOW));
    assert_eq!(store.take_unsaved().unwrap().lost, Some(at(NOW)));
    store.compare(keys("other"), at(NOW + 1.0));
    let written = store.take_unsaved().unwrap();
    assert_eq!((written.ed25519.as_str(), written.changed), ("ed-first", Some(at(NOW + 1.0))));
    assert_eq!(written.last_healthy, at(FIRST_SEEN));
}

#[test]
fn an_unreadable_marker_is_replaced() {
    let mut store = CryptoStore::new(device("D"), StoredMarker::Unreadable("not JSON".into()), None, None, at(NOW));
    store.compare(keys("first"), at(NOW));
    assert!(store.take_unsaved().is_some());
    assert_eq!(store.status().error.as_deref(), Some("not JSON"));
}

#[test]
fn a_loss_is_reported_with_its_first_line_and_its_count() {
    let mut stores = CryptoStores::default();
    stores.found(device("D"), StoredMarker::Known(marker()), Some(true), None, at(NOW));
    for ms in [6000.0, 7000.0, 8000.0] {
        stores.set_lost(&format!("line at {ms}"), at(ms));
    }
    let status = stores.status(None, None).unwrap();
    let loss = status.loss.unwrap();
    assert_eq!((loss.first_ts, loss.last_ts, loss.count), (at(6000.0), at(8000.0), 3));
    assert_eq!(loss.message, "line at 6000");
    assert_eq!(stores.take_unsaved().unwrap().1.lost, Some(at(6000.0)));
}

#[test]
fn a_loss_before_any_check_belongs_to_the_first_device_that_is_checked() {
    let mut stores = CryptoStores::default();
    assert_eq!(stores.status(None, None), None);
    stores.set_lost("x", at(1.0));
    let unclaimed = stores.status(None, None).unwrap();
    assert_eq!((unclaimed.verdict, unclaimed.user_id), (StoreVerdict::ConnectionLost, None));
    stores.found(device("D"), StoredMarker::Nothing, None, None, at(2.0));
    assert_eq!(stores.status(Some("@a:hs"), Some("D")).unwrap().verdict, StoreVerdict::ConnectionLost);

    // After a logout and a login, nothing of the new device is lost.
    stores.found(device("E"), StoredMarker::Nothing, Some(false), None, at(3.0));
    assert_eq!(stores.status(None, None).unwrap().verdict, StoreVerdict::FirstRun);
    assert_eq!(stores.status(Some("@a:hs"), Some("D")).unwrap().verdict, StoreVerdict::ConnectionLost);
}

#[test]
fn the_first_check_of_a_store_counts() {
    let mut stores = CryptoStores::default();
    stores.found(device("D"), StoredMarker::Known(marker()), Some(false), None, at(NOW));
    // By now the SDK has created a new database.
    stores.found(device("D"), StoredMarker::Known(marker()), Some(true), None, at(NOW + 1.0));
    assert_eq!(stores.status(None, None).unwrap().verdict, StoreVerdict::Evicted);
}

#[test]
fn a_logged_out_device_is_no_longer_the_pages_but_its_status_stays() {
    let mut stores = CryptoStores::default();
    stores.found(device("D"), StoredMarker::Nothing, Some(true), None, at(NOW));
    stores.found(device("E"), StoredMarker::Known(marker()), Some(false), None, at(NOW));
    stores.retire(Some("@a:hs"), Some("other"));
    assert_eq!(stores.status(None, None).unwrap().verdict, StoreVerdict::Evicted);
    stores.retire(Some("@a:hs"), Some("E"));
    assert_eq!(stores.status(None, None).unwrap().device_id.as_deref(), Some("D"));
    assert_eq!(stores.status(Some("@a:hs"), Some("E")).unwrap().verdict, StoreVerdict::Evicted);
    stores.retire(Some("@a:hs"), Some("D"));
    assert_eq!(stores.status(None, None), None);
}

#[test]
fn a_page_keeps_the_status_of_a_few_devices_only() {
    let mut stores = CryptoStores::default();
    for number in 0..1000 {
        stores.found(device(&number.to_string()), StoredMarker::Nothing, None, None, at(NOW));
    }
    assert!(stores.status(Some("@a:hs"), Some("999")).is_some());
    assert_eq!(stores.status(Some("@a:hs"), Some("900")), None);
}

fn to_json(marker: &Marker) -> String {
    serde_json::to_string(marker).unwrap()
}

fn recall(text: &str) -> StoredMarker {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    StoredMarker::from_fields(|name| match value.get(name)? {
        Value::Null => Some(MarkerField::Null),
        Value::Number(number) => number.as_f64().map(MarkerField::Number),
        Value::String(text) => Some(MarkerField::Text(text.clone())),
        _ => None,
    })
}

#[test]
fn a_marker_is_read_back_as_it_was_written() {
    for marker in
        [marker(), Marker { lost: Some(at(2000.0)), ..marker() }, Marker { changed: Some(at(3000.0)), ..marker() }]
    {
        assert_eq!(recall(&to_json(&marker)), StoredMarker::Known(marker));
    }
}

#[test]
fn an_incomplete_marker_is_unreadable_with_a_reason() {
    let whole = to_json(&Marker { changed: Some(at(3000.0)), ..marker() });
    for end in 0..whole.len() - 1 {
        assert!(matches!(recall(&whole[..end]), StoredMarker::Unreadable(_)), "cut at {end}");
    }
    for (text, reason) in [
        ("hello", "makes no sense"),
        ("{\"schema\":2,\"ed25519\":\"x\"}", "another version"),
        (whole.replace("\"ed-first\"", "7").as_str(), "incomplete"),
        (whole.replace(",\"lost\":null", "").as_str(), "incomplete"),
        (whole.replace("1970", "197X").as_str(), "incomplete"),
    ] {
        let StoredMarker::Unreadable(words) = recall(text) else { panic!("{text}") };
        assert!(words.contains(reason), "{text}: {words}");
    }
}

#[test]
fn only_a_possibly_lost_store_is_looked_up_at_most_every_ten_seconds() {
    let mut stores = CryptoStores::default();
    let ask = |stores: &mut CryptoStores, ms: f64| stores.ask_about(at(ms)).map(|device| device.device_id);
    let gone = |id: &str| Some(id.to_owned());
    stores.set_lost("of a store that nobody named", at(0.0));
    assert_eq!(ask(&mut stores, 0.0), None);
    let mut stores = CryptoStores::default();
    stores.found(device("D"), StoredMarker::Nothing, Some(true), None, at(0.0));
    assert_eq!(ask(&mut stores, 0.0), None, "healthy");
    stores.set_lost("x", at(1.0));
    for (ms, asked) in [(1.0, gone("D")), (2.0, None), (10_000.0, None), (10_001.0, gone("D")), (10_002.0, None)] {
        assert_eq!(ask(&mut stores, ms), asked, "at {ms}");
    }
    // A clock that was set back delays nothing.
    assert_eq!(ask(&mut stores, 5.0), gone("D"));
    stores.found(device("E"), StoredMarker::Known(marker()), Some(false), None, at(6.0));
    assert_eq!(ask(&mut stores, 6.0), gone("E"));
    assert!(stores.set_listed(&device("E"), false));
    assert_eq!(ask(&mut stores, 20_000.0), gone("E"), "it may come back");
    let mut stores = CryptoStores::default();
    stores.found(device("D"), StoredMarker::Known(marker()), Some(true), None, at(0.0));
    let other = IdentityKeys { ed25519: "other".into(), curve25519: "curve".into() };
    stores.compare(&device("D"), other, at(1.0));
    assert_eq!(ask(&mut stores, 2.0), None, "its keys have changed");
}
