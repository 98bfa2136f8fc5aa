//! Whether the user is stopped before the client starts: only if two signs agree, and never in doubt.

use lotus_crypto_diag::crypto_store::{
    CryptoStore, Device, IdentityKeys, MARKER_SCHEMA, Marker, StoreLoss, StoreVerdict, StoredMarker,
};
use lotus_crypto_diag::stores::CryptoStores;
use lotus_crypto_diag::timestamp::Timestamp;

const SEEN: f64 = 1_000_000.0;
const NOW: f64 = 5_000_000.0;

fn at(ms: f64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn device() -> Device {
    Device { user_id: "@a:hs".into(), device_id: "D".into(), database: "matrix-js-sdk::matrix-sdk-crypto".into() }
}

fn marker() -> Marker {
    Marker {
        schema: MARKER_SCHEMA,
        ed25519: "ed".into(),
        curve25519: "curve".into(),
        since: at(SEEN),
        last_healthy: at(SEEN),
        database_seen: Some(at(SEEN)),
        lost: None,
        changed: None,
    }
}

fn known() -> StoredMarker {
    StoredMarker::Known(marker())
}

/// What the browser says when the database is opened.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Opened {
    /// It was not asked, the attempt failed or took too long, or the database exists.
    NotAbsent,
    /// The database does not exist; with the time of the login, if the host gives it.
    Absent(Option<f64>),
}

struct Case {
    why: &'static str,
    recall: StoredMarker,
    existed: Option<bool>,
    opened: Opened,
    keys: Option<&'static str>,
    now: f64,
}

fn is_stopped(case: &Case) -> bool {
    let mut store = CryptoStore::new(device(), case.recall.clone(), case.existed, None, at(case.now));
    if let Opened::Absent(logged_in) = case.opened {
        store.set_database_absent(logged_in.map(at));
    }
    if let Some(name) = case.keys {
        store.compare(IdentityKeys { ed25519: name.into(), curve25519: "curve".into() }, at(case.now + 1.0));
    }
    store.status().keys_deleted
}

#[test]
fn a_deleted_store_stops_the_start_and_every_doubtful_case_passes() {
    let case = |why, recall, existed, opened| Case { why, recall, existed, opened, keys: None, now: NOW };
    let absent = Opened::Absent(None);
    let (gone, there, silent) = (Some(false), Some(true), None);
    let unreadable = |reason: &str| StoredMarker::Unreadable(reason.into());
    let lost = || StoredMarker::Known(Marker { lost: Some(at(SEEN)), ..marker() });
    let changed = || StoredMarker::Known(Marker { changed: Some(at(SEEN)), ..marker() });
    let never_there = || StoredMarker::Known(Marker { database_seen: None, ..marker() });
    let stopped = [
        case("deleted", known(), gone, absent),
        case("deleted, and the session is older than the marker", known(), gone, Opened::Absent(Some(SEEN - 1.0))),
        case("deleted, and the session began when it was marked", known(), gone, Opened::Absent(Some(SEEN))),
        case("deleted again, after it had been gone before", lost(), gone, absent),
        case("deleted again, after its keys had changed", changed(), gone, absent),
        Case { now: 0.0, ..case("deleted, by a clock that was put back", known(), gone, absent) },
        Case { now: 1e14, ..case("deleted, by a clock that jumped ahead", known(), gone, absent) },
    ];
    let passes = [
        case("a first run", StoredMarker::Nothing, gone, absent),
        case("a first run, the store made already", StoredMarker::Nothing, there, Opened::NotAbsent),
        case("a first run where nothing is listed", StoredMarker::Nothing, silent, absent),
        case(
            "a new login: the marker of another device is not found",
            StoredMarker::Nothing,
            gone,
            Opened::Absent(Some(NOW)),
        ),
        case("another prefix: there is no marker for its database", StoredMarker::Nothing, gone, absent),
        case("another prefix: its keys were compared, and its database was never seen", never_there(), gone, absent),
        case("a marker of before databases were noted", never_there(), gone, Opened::Absent(Some(SEEN))),
        case("an older version that kept its store elsewhere", StoredMarker::Nothing, silent, Opened::NotAbsent),
        case("a browser that forgot localStorage, too", StoredMarker::Nothing, gone, absent),
        case("localStorage is blocked", unreadable("SecurityError"), gone, absent),
        case("a marker that makes no sense", unreadable("incomplete"), gone, absent),
        case("a marker of a newer version", unreadable("of another version"), gone, absent),
        case("a marker that cannot be read, the store there", unreadable("blocked"), there, Opened::NotAbsent),
        case("all is well", known(), there, Opened::NotAbsent),
        case("the list says it is there, opening says it is not", known(), there, absent),
        case("the list says it is gone, opening finds it", known(), gone, Opened::NotAbsent),
        case("databases() is missing", known(), silent, Opened::NotAbsent),
        case("databases() is missing, and opening finds nothing", known(), silent, absent),
        case("databases() fails", known(), silent, absent),
        case("databases() does not answer in time", known(), silent, Opened::NotAbsent),
        case("a private window that lists nothing and opens nothing", StoredMarker::Nothing, gone, absent),
        case("a marker that is older than the session", known(), gone, Opened::Absent(Some(SEEN + 1.0))),
        case("a device of the same name, logged in just now", known(), gone, Opened::Absent(Some(NOW))),
        case("gone before, and there again", lost(), there, Opened::NotAbsent),
        case("gone before, and not listed by a browser that fails now", lost(), silent, absent),
        case("its keys changed before, and there is a store", changed(), there, Opened::NotAbsent),
        Case { keys: Some("ed"), ..case("the client has its keys: the list was wrong", known(), gone, absent) },
        Case { keys: Some("new"), ..case("the client has started already", known(), gone, absent) },
        Case { keys: Some("ed"), ..case("a first run that went on", StoredMarker::Nothing, gone, absent) },
        Case { keys: Some("ed"), ..case("an unreadable marker, written again", unreadable("x"), gone, absent) },
    ];
    for case in &stopped {
        assert!(is_stopped(case), "{}", case.why);
    }
    for case in &passes {
        assert!(!is_stopped(case), "{}", case.why);
    }
}

/// Only the start of the client is stopped: a store that is lost later does not count.
#[test]
fn a_store_lost_under_the_running_client_stops_nothing() {
    let mut store = CryptoStore::new(device(), known(), Some(true), None, at(NOW));
    let message = "The database connection is closing".to_owned();
    store.set_lost(StoreLoss { first_ts: at(NOW), last_ts: at(NOW), count: 1, message });
    store.set_listed(false);
    let status = store.status();
    assert_eq!((status.verdict, status.keys_deleted), (StoreVerdict::Evicted, false));
}

#[test]
fn a_device_that_was_logged_out_stops_nothing() {
    let mut stores = CryptoStores::default();
    stores.found(device(), known(), Some(false), None, at(NOW));
    assert!(stores.is_in_doubt(&device()));
    stores.set_database_absent(&device(), None);
    let is_stopped = |stores: &CryptoStores| stores.status(Some("@a:hs"), Some("D")).unwrap().keys_deleted;
    assert!(is_stopped(&stores));
    stores.retire(Some("@a:hs"), Some("D"));
    assert!(!is_stopped(&stores));
}
