//! The diagnosis claims nothing without evidence: a firm verdict cites its evidence and does not hold without it, and
//! unknown facts make no verdict firmer.
#![cfg(not(target_family = "wasm"))]

#[allow(dead_code, reason = "what is expected of the cases is another test's")]
mod cases;
#[allow(dead_code, reason = "likewise")]
mod expected;
mod moved;
mod notes;
mod page;
#[allow(dead_code, reason = "what is expected of them is another test's")]
mod public_reports;
mod recordings;
mod replay;

use std::collections::BTreeMap;

use lotus_crypto_diag::diagnosis::analyse;
use lotus_crypto_diag::report::Report;
use lotus_crypto_diag::server_evidence::ServerEvidence;
use lotus_crypto_diag::verdict::{Conclusion, Finding, FindingId, Verdict};
use serde_json::{Value, json};

fn findings(report: &Value, server: &Value) -> Vec<Finding> {
    let report: Report = serde_json::from_value(report.clone()).unwrap();
    let server: ServerEvidence = serde_json::from_value(server.clone()).unwrap();
    analyse(&report, &server).diagnosis.findings
}

/// The reports of the case table and of the public cases, with the administrator's evidence; each also with its evidence
/// moved to the previous page.
fn reports() -> Vec<(String, Value, Value)> {
    let table = cases::cases().into_iter().map(|(name, case)| {
        let server = serde_json::to_value(&case.server).unwrap();
        (name, cases::report(&case).0, server)
    });
    let public = public_reports::cases().into_iter().map(|(name, case)| {
        let report = serde_json::to_value(public_reports::report(&case)).unwrap();
        (name, report, serde_json::to_value(ServerEvidence::default()).unwrap())
    });
    let here: Vec<_> = table.chain(public).collect();
    let before = here
        .iter()
        .map(|(name, report, server)| (format!("{name}, in the page before"), moved::moved(report), server.clone()));
    let before: Vec<_> = before.collect();
    here.into_iter().chain(before).collect()
}

fn of(findings: &[Finding], id: FindingId) -> &Finding {
    findings.iter().find(|finding| finding.id == id).unwrap()
}

const fn is_firm(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Confirmed | Verdict::RuledOut)
}

/// `name[3]`, `name`
fn part(text: &str) -> (&str, Option<usize>) {
    text.split_once('[').map_or((text, None), |(name, rest)| (name, rest.trim_end_matches(']').parse().ok()))
}

/// Removes what the facts refer to: a list item, or the value of a field. Items of one list are removed from the back, so
/// that the places of the earlier ones stay valid.
fn without(root: &Value, facts: &[String]) -> Value {
    let mut root = root.clone();
    let mut facts: Vec<Vec<(&str, Option<usize>)>> =
        facts.iter().map(|fact| fact.split('.').map(part).collect()).collect();
    facts.sort();
    facts.dedup();
    for fact in facts.iter().rev() {
        let Some(((name, index), before)) = fact.split_last() else { continue };
        let mut place = &mut root;
        for (name, index) in before {
            place = &mut place[*name];
            if let Some(index) = index {
                place = &mut place[*index];
            }
        }
        match (index, *name) {
            (Some(index), _) => {
                if let Some(list) = place[*name].as_array_mut()
                    && *index < list.len()
                {
                    list.remove(*index);
                }
            }
            (None, "accepted") => place["accepted"] = json!(0),
            (None, "uploadLoop") => drop(place.as_object_mut().and_then(|fields| fields.remove("uploadLoop"))),
            (None, "watched") => place["watched"] = json!(false),
            (None, "identity") => place["identity"] = json!("not-compared"),
            (None, "verdict") => place["verdict"] = json!("unknown"),
            // The number of lines is not evidence for a verdict.
            (None, "counts") => {}
            (None, name) => place[name] = Value::Null,
        }
    }
    root
}

#[test]
fn a_firm_verdict_cites_its_evidence_and_does_not_hold_without_it() {
    let mut problems = Vec::new();
    let mut seen = 0;
    for (name, value, server) in reports() {
        for finding in findings(&value, &server) {
            if !is_firm(finding.verdict) {
                continue;
            }
            seen += 1;
            let leaf = format!("{name}: {:?} {:?} {:?}", finding.id, finding.verdict, finding.conclusion);
            if finding.evidence.is_empty() {
                problems.push(format!("{leaf} cites nothing"));
                continue;
            }
            let facts: Vec<String> = finding.evidence.iter().map(|one| one.fact.clone()).collect();
            let mut root = value.clone();
            root["server"] = server.clone();
            let left = without(&root, &facts);
            let after = findings(&left, &left["server"]);
            let after = of(&after, finding.id);
            // Without the administrator's evidence, the report alone may show nothing.
            let is_added = facts.iter().all(|fact| fact.starts_with("server."));
            let has_fallen =
                is_added && after.conclusion == Some(Conclusion::NotSeen) && after.conclusion != finding.conclusion;
            if is_firm(after.verdict) && !has_fallen {
                problems.push(format!(
                    "{leaf} stays {:?} {:?} without {facts:?}: {}",
                    after.verdict, after.conclusion, after.because
                ));
            }
        }
    }
    assert!(seen > 100, "{seen}");
    assert!(problems.is_empty(), "{} of {seen}:\n{}", problems.len(), problems.join("\n"));
}

/// Facts that nobody has seen yet, each with the fault that it counts for.
fn unknowns() -> Vec<(&'static str, Value)> {
    let event = json!({ "eventId": "$new", "roomId": "!r:hs", "sender": "@new:hs" });
    let mut undecryptable = event.clone();
    undecryptable["kind"] = json!("undecryptable");
    undecryptable["reason"] = json!("a reason that nobody has heard of");
    let call = |status: u16| {
        json!({
            "kind": "delayed-event", "roomId": null, "request": "restart-leave", "failure": "refused", "httpStatus": status,
            "errcode": "M_NEW", "delayId": "syd_new", "attempt": null, "maxAttempts": null, "rejoins": false, "gaveUp": false
        })
    };
    vec![
        ("KE-1", json!({ "kind": "upload-failed", "httpStatus": 418, "errcode": "M_NEW" })),
        ("KE-1", json!({ "kind": "clue" })),
        ("KE-2", json!({ "kind": "to-device-unopened", "sender": "@new:hs", "reason": "something new happened" })),
        (
            "KE-2",
            json!({ "kind": "olm-session-failed", "userId": "@new:hs", "deviceId": "NEW", "reason": "SomethingNew" }),
        ),
        ("KE-2", json!({ "kind": "media-key-mention" })),
        ("KE-3", undecryptable),
        ("KE-4", call(418)),
        ("KE-4", call(499)),
    ]
}

/// `Possible` claims nothing: the evidence also allows another explanation.
const fn firmness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::NotApplicable | Verdict::Unknown | Verdict::Possible => 0,
        Verdict::Likely => 1,
        Verdict::Confirmed | Verdict::RuledOut => 2,
    }
}

#[test]
fn unknown_facts_make_no_verdict_firmer() {
    let mut problems = Vec::new();
    for (name, value, server) in reports() {
        let before: BTreeMap<FindingId, Finding> =
            findings(&value, &server).into_iter().map(|finding| (finding.id, finding)).collect();
        for (fault, detail) in unknowns() {
            let mut more = value.clone();
            let at = more["generatedAt"].clone();
            let entry = json!({
                "ts": at, "level": "warn", "ke": fault, "signature": "x", "message": "x", "truncated": false, "source": "window",
                "count": 1, "firstTs": at, "lastTs": at, "detail": detail
            });
            more["entries"].as_array_mut().unwrap().push(entry);
            more["counts"][fault] = json!(more["counts"][fault].as_u64().unwrap() + 1);
            for after in findings(&more, &server) {
                let before = &before[&after.id];
                if firmness(after.verdict) > firmness(before.verdict) {
                    problems.push(format!(
                        "{name}: {:?} was {:?} {:?} and is {:?} {:?} with {detail}: {}",
                        after.id, before.verdict, before.conclusion, after.verdict, after.conclusion, after.because
                    ));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn a_missing_line_rules_nothing_out_if_nothing_was_watched() {
    for (name, mut value, server) in reports() {
        value["entries"] = json!([]);
        value["counts"] = json!({ "KE-1": 0, "KE-2": 0, "KE-3": 0, "KE-4": 0 });
        value["tabs"] = Value::Null;
        value["capturingSince"] = Value::Null;
        for finding in findings(&value, &server) {
            let is_of_lines = !finding.evidence.iter().any(|one| {
                ["uploadLoop", "cryptoStore", "server", "earlier"].iter().any(|place| one.fact.starts_with(place))
            });
            assert!(!(is_firm(finding.verdict) && is_of_lines), "{name}: {finding:#?}");
        }
    }
}
