//! A report, and the same evidence moved to an earlier page, as if the page had been reloaded just before the report.

use lotus_crypto_diag::timestamp::Timestamp;
use serde_json::{Value, json};

/// The fields that a page keeps for the next one.
const KEPT: [&str; 6] = ["counts", "entries", "cryptoStore", "uploadLoop", "captureSession", "repair"];

fn later(time: &Value, ms: i64) -> Value {
    json!(time.as_str().unwrap().parse::<Timestamp>().unwrap().plus_ms(ms).to_string())
}

/// The content of a page's report, as a later report has it in `earlier`.
pub(crate) fn as_earlier(report: &Value, end: &str) -> Value {
    let mut page = json!({ "end": end, "entriesLeftOut": 0 });
    page["beganAt"] =
        if report["capturingSince"].is_null() { &report["generatedAt"] } else { &report["capturingSince"] }.clone();
    page["lastSeenAt"] = report["generatedAt"].clone();
    for name in KEPT {
        page[name] = report[name].clone();
    }
    page
}

/// The same evidence in the previous page, while the current one has seen nothing yet.
pub(crate) fn moved(report: &Value) -> Value {
    let mut moved = blank_after(report);
    moved["earlier"] = json!([as_earlier(report, "reloaded")]);
    moved
}

/// The report of a page that was loaded a second after `report` and has seen nothing yet.
pub(crate) fn blank_after(report: &Value) -> Value {
    let mut blank = report.clone();
    blank["capturingSince"] = later(&report["generatedAt"], 1000);
    blank["generatedAt"] = later(&report["generatedAt"], 2000);
    blank["counts"] = json!({ "KE-1": 0, "KE-2": 0, "KE-3": 0, "KE-4": 0 });
    blank["entries"] = json!([]);
    blank["uploadLoop"] = json!({
        "state": "idle", "since": null, "refusal": null, "diverges": null, "keyIds": [], "refusals": 0, "firstTs": null,
        "lastTs": null, "perMinute": null, "watched": report["uploadLoop"]["watched"], "breaker": "closed", "spared": 0,
        "probes": 0, "nextProbe": null, "accepted": 0, "failing": null, "surplus": null,
    });
    for name in ["cryptoStore", "captureSession", "repair", "latency", "diagnosis", "runbook"] {
        blank[name] = Value::Null;
    }
    blank
}
