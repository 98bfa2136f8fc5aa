//! Every input of the fuzzers' corpora, with debug assertions and overflow checks: on the host, and as WebAssembly.

#[path = "src/targets.rs"]
#[allow(unreachable_pub, reason = "a library there")]
mod targets;

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[cfg(target_family = "wasm")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

static CORPORA: [(&str, &str); 9] = [
    ("line", include_str!("corpus/line.hex")),
    ("grammar", include_str!("corpus/grammar.hex")),
    ("redaction", include_str!("corpus/redaction.hex")),
    ("steps", include_str!("corpus/steps.hex")),
    ("session", include_str!("corpus/session.hex")),
    ("uploads", include_str!("corpus/uploads.hex")),
    ("report", include_str!("corpus/report.hex")),
    ("redacted_copy", include_str!("corpus/redacted_copy.hex")),
    ("evidence_file", include_str!("corpus/evidence_file.hex")),
];

#[test]
fn every_input_that_the_fuzzers_kept_is_handled() {
    const { assert!(cfg!(debug_assertions)) };
    for (name, run) in targets::TARGETS {
        let corpus = CORPORA.iter().find(|(of, _)| *of == name).map_or("", |(_, corpus)| corpus);
        assert!(!corpus.is_empty(), "no corpus for {name}");
        for line in corpus.lines() {
            run(&bytes(line));
        }
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal")).collect()
}
