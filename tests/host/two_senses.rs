//! A refusal is seen on the network, in the console, or both: what follows, depending on whether the network is watched.
#![cfg(not(target_family = "wasm"))]

mod notes;

use lotus_crypto_diag::diagnosis::analyse;
use lotus_crypto_diag::entry::Level;
use lotus_crypto_diag::line::Line;
use lotus_crypto_diag::report::Report;
use lotus_crypto_diag::server_evidence::ServerEvidence;
use lotus_crypto_diag::session::Session;
use lotus_crypto_diag::timestamp::Timestamp;
use lotus_crypto_diag::upload_loop::{Breaker, LoopOptions, LoopState};
use lotus_crypto_diag::verdict::{FindingId, Verdict};
use notes::settle;
use serde_json::json;

const ERROR: &str =
    "One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: {\"key\":\"YQ\"}; new key: {'key': 'Yg'}";
/// By this time after an answer, the SDK has logged it.
const LATER_MS: i64 = 40_000;
const UPLOAD: &str = "at hs token\nby @a:hs D0\nkey signed_curve25519:AAAAAAAAAA0 value";

fn at(ms: i64) -> Timestamp {
    Timestamp::default().plus_ms(ms)
}

fn log_refusal(session: &mut Session, source: &str, ms: i64) {
    let text = format!(
        "Failed to process outgoing request 0: M_UNKNOWN: MatrixError: [400] {ERROR} (https://hs/_matrix/client/v3/keys/upload)"
    );
    let line = Line { level: Level::Error, source, text: &text, excerpt: "", truncated: false };
    session.observe(line, at(ms));
}

fn verdict(session: &Session) -> Verdict {
    let evidence = session.evidence();
    let report = json!({
        "schema": "lotus-crypto-diag/1", "generatedAt": "2026-11-25T10:00:00.000Z", "capturingSince": null,
        "counts": evidence.counts, "entries": evidence.entries, "uploadLoop": evidence.upload_loop,
        "cryptoStore": null, "deviceId": "D0",
    });
    let report: Report = serde_json::from_value(report).unwrap();
    let analysis = analyse(&report, &ServerEvidence::default());
    let findings = &analysis.diagnosis.findings;
    findings.iter().find(|finding| finding.id == FindingId::OtkDivergence).unwrap().verdict
}

#[test]
fn the_pages_console_alone_makes_no_loop_while_the_network_is_watched() {
    use LoopState::{Looping, Suspected};
    // The prompt is shown for a loop only.
    for (is_watched, on_network, in_console, state, of) in [
        (true, true, None, Looping, Verdict::Confirmed),
        (true, true, Some("window"), Looping, Verdict::Confirmed),
        (true, false, Some("window"), Suspected, Verdict::Likely),
        // In frames, only the console is watched.
        (true, false, Some("frame:/call"), Looping, Verdict::Confirmed),
        (false, false, Some("window"), Looping, Verdict::Confirmed),
        (false, false, Some("frame:/call"), Looping, Verdict::Confirmed),
    ] {
        let mut session = Session::default();
        session.watch_uploads(is_watched, LoopOptions::default());
        for ms in (0..10 * LATER_MS).step_by(LATER_MS.try_into().unwrap()) {
            if on_network {
                settle(&mut session, UPLOAD, 400, ERROR, "/_matrix/client/v3/keys/upload", at(ms));
            }
            if let Some(source) = in_console {
                log_refusal(&mut session, source, ms + 5);
            }
        }
        let uploads = session.evidence().upload_loop;
        let case = format!("watched: {is_watched}, network: {on_network}, console: {in_console:?}");
        assert_eq!((uploads.state, uploads.refusals, verdict(&session)), (state, 10, of), "{case}");
        assert_eq!(uploads.breaker == Breaker::Open, on_network, "{case}");
    }
}

#[test]
fn earlier_console_refusals_do_not_count_for_a_loop_on_the_network() {
    let mut session = Session::default();
    session.watch_uploads(true, LoopOptions::default());
    for ms in 0..5 {
        log_refusal(&mut session, "window", ms);
    }
    for (ms, state) in [(10, LoopState::Suspected), (11, LoopState::Suspected), (12, LoopState::Looping)] {
        settle(&mut session, UPLOAD, 400, ERROR, "/_matrix/client/v3/keys/upload", at(ms));
        assert_eq!(session.evidence().upload_loop.state, state);
    }
}

#[test]
fn the_console_counts_once_the_network_is_no_longer_watched() {
    let mut session = Session::default();
    session.watch_uploads(true, LoopOptions::default());
    for ms in 0..5 {
        log_refusal(&mut session, "window", ms);
    }
    session.watch_uploads(false, LoopOptions::default());
    for (ms, state) in [(10, LoopState::Suspected), (11, LoopState::Suspected), (12, LoopState::Looping)] {
        log_refusal(&mut session, "window", ms);
        assert_eq!(session.evidence().upload_loop.state, state);
    }
}
