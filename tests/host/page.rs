//! What a page reports about its session: the report without the host's data.

use lotus_crypto_diag::report::{CaptureState, CaptureStatus, ClientFacts, Environment, PageReport};
use lotus_crypto_diag::session::{Evidences, Session};
use lotus_crypto_diag::timestamp::Timestamp;

/// The scenarios begin at this midnight.
pub(crate) fn at(ms: i64) -> Timestamp {
    "2026-11-24T00:00:00.000Z".parse::<Timestamp>().unwrap().plus_ms(ms)
}

/// `since` is when the page began to watch lines, if it did.
pub(crate) fn written(session: &Session, since: Option<Timestamp>, end: Timestamp) -> PageReport {
    let Evidences { counts, entries, crypto_store, upload_loop, .. } = session.evidence();
    let mut status = CaptureStatus::default();
    if since.is_some() {
        status.state = CaptureState::Running;
    }
    PageReport {
        schema: "lotus-crypto-diag/1".to_owned(),
        generated_at: end,
        capturing_since: since,
        status,
        client: ClientFacts::default(),
        counts,
        entries,
        storage: None,
        crypto_store,
        upload_loop,
        environment: Environment::default(),
        notes: Vec::new(),
        blind_spots: Vec::new(),
    }
}
