//! The ways in which a line may contain a secret, and which of them are redacted.
#![cfg(not(target_family = "wasm"))]

use lotus_crypto_diag::redact::{redact, redact_excerpt};

/// One per line, under headings. ⟦ ⟧ enclose a secret; ␤, ␍ and ␉ represent line breaks and tabs.
const SHAPES: &str = include_str!("../fixtures/redaction/shapes.txt");
/// Lines without a secret.
const PUBLIC: &str = include_str!("../fixtures/redaction/public.txt");

fn lines(file: &str) -> impl Iterator<Item = String> {
    let shapes = file.lines().filter(|line| !line.starts_with("# "));
    shapes.map(|line| line.replace('␤', "\n").replace('␍', "\r").replace('␉', "\t"))
}

fn unmarked(shape: &str) -> String {
    shape.replace(['⟦', '⟧'], "")
}

fn secrets(shape: &str) -> impl Iterator<Item = &str> {
    shape.split('⟦').skip(1).map(|rest| rest.split('⟧').next().unwrap_or(rest))
}

/// Whether more than a syllable of the secret is left.
fn survives(secret: &str, redacted: &str) -> bool {
    let mut pieces = secret.split(|c: char| !c.is_alphanumeric()).filter(|piece| piece.len() > 3).peekable();
    if pieces.peek().is_none() { redacted.contains(secret) } else { pieces.any(|piece| redacted.contains(piece)) }
}

#[test]
fn at_least_97_percent_of_the_shapes_of_secrets_are_redacted() {
    let shapes: Vec<_> = lines(SHAPES).collect();
    let survivors: Vec<_> = shapes
        .iter()
        .filter(|shape| {
            let redacted = redact(&unmarked(shape)).into_owned();
            assert_eq!(redact(&redacted), redacted, "once is enough: {shape}");
            secrets(shape).any(|secret| survives(secret, &redacted))
        })
        .collect();
    let caught = shapes.len() - survivors.len();
    assert!(shapes.len() >= 250);
    // The rest is prose: `the password is …`.
    assert!(caught * 100 >= shapes.len() * 97, "{caught} of {} are caught; not these:\n{survivors:#?}", shapes.len());
}

#[test]
fn a_redacted_shape_is_redacted_in_any_surroundings() {
    for shape in lines(SHAPES) {
        let caught = |text: &str| {
            let redacted = redact(text).into_owned();
            !secrets(&shape).any(|secret| survives(secret, &redacted))
        };
        let text = unmarked(&shape);
        // Within a line, a name may be the ending of another, and what follows may mark the end of a value.
        if caught(&text) {
            assert!(caught(&format!("before {text}")), "behind words: {shape}");
            assert!(caught(&format!("{text} after")) || text.contains("cut"), "before words: {shape}");
            assert!(caught(&format!("{{\"key\":\"x\",\"index\":1}} {text}")), "behind an object: {shape}");
        }
    }
}

#[test]
fn public_lines_stay_unchanged() {
    let mut seen = 0;
    for line in lines(PUBLIC) {
        assert_eq!(redact(&line), line);
        seen += 1;
    }
    assert!(seen > 40);
}

#[test]
fn an_excerpt_that_begins_inside_a_secret_does_not_show_its_end() {
    for (excerpt, expected) in [
        ("9battery&since=s1 already exists", "[redacted]&since=s1 already exists"),
        ("9battery\",\"x\":1} already exists", "[redacted]\",\"x\":1} already exists"),
        ("horse 9battery staple\",\"x\":1} already exists", "[redacted]\",\"x\":1} already exists"),
        ("horse 9battery staple\"} already exists", "[redacted]\"} already exists"),
        ("9battery already exists {\"key\":\"a\"}", "[redacted] already exists {\"key\":\"a\"}"),
        ("Bearer 9battery already exists", "[redacted] already exists"),
        ("LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ already exists", "[redacted] already exists"),
        ("12, 250, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7] already exists", "[redacted]] already exists"),
        ("", ""),
    ] {
        assert_eq!(redact_excerpt(excerpt), expected);
        assert_eq!(redact_excerpt(expected), expected);
    }
}
