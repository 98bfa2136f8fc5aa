//! Cases from public bug reports: each is replayed as in a page, and the findings are compared with the right ones.
//! See `tests/fixtures/reports/README.md`.
#![cfg(not(target_family = "wasm"))]

mod expected;
mod notes;
mod page;
mod public_reports;

use lotus_crypto_diag::diagnosis::analyse;
use lotus_crypto_diag::server_evidence::ServerEvidence;
use public_reports::{cases, report};
use serde_json::json;

#[test]
fn every_public_report_is_diagnosed_correctly() {
    for (name, case) in cases() {
        let place = format!("{name} ({}, {}: {})", case.source, case.client, case.right);
        let report = report(&case);
        let page = &report.page;
        if let Some(expected) = &case.expect.entries {
            assert_eq!(page.entries.len(), expected.len(), "{place}: {:#?}", page.entries);
            for (entry, expected) in page.entries.iter().zip(expected) {
                let entry = serde_json::to_value(entry).unwrap();
                for (field, value) in expected {
                    let got = entry["detail"].get(field).unwrap_or(&entry[field]);
                    assert_eq!(got, value, "{place}: {field} of {entry:#}");
                }
            }
        }
        if let Some(count) = case.expect.count {
            assert_eq!(page.entries[0].count, count, "{place}");
        }
        if let Some(store) = &case.expect.store {
            assert_eq!(json!(page.crypto_store.as_ref().unwrap().verdict), json!(store), "{place}");
        }
        if let Some(state) = &case.expect.loop_state {
            assert_eq!(json!(page.upload_loop.state), json!(state), "{place}");
        }
        let analysis = analyse(&report, &ServerEvidence::default());
        let problems = expected::problems(&place, &analysis.diagnosis.findings, &case.expect.findings);
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}
