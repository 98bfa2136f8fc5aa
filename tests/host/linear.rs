//! The work on a line is linear in its length, whatever it contains: measured in steps, not in time.
#![cfg(not(target_family = "wasm"))]

use lotus_crypto_diag::entry::Level;
use lotus_crypto_diag::line::{Line, MAX_MESSAGE};
use lotus_crypto_diag::otk::parse_refusal;
use lotus_crypto_diag::redact::redact;
use lotus_crypto_diag::signature::{SIGNATURES, classify};
use lotus_crypto_diag::steps::steps_of;

/// Strings that a remote sender may repeat: an unterminated field, an opening bracket without a closing one, a word that a
/// grammar searches for.
const HOSTILE: [&str; 68] = [
    "a",
    " ",
    "\n",
    "\\",
    "\"",
    "'",
    "é",
    "\\\"",
    "k:",
    "k: ",
    "k=",
    "d:",
    "key:",
    "key: ",
    "key:\"",
    "key:'a",
    "key,",
    "\"key\":\"a\",",
    "{key:",
    "index:0,key:a",
    "token:",
    "token:(",
    "token:[redacted]",
    "token:null ",
    "token: null,",
    "a(token:",
    "password: a ",
    "password=,",
    "masterkey:",
    "masterkey:Some(",
    "Cookie: ",
    "Cookie: a=\"",
    "authorization:",
    "Bearer ",
    "bearer:",
    "Basic ",
    "value:",
    "value:\"",
    "\"value\":\"a\",\"name\":",
    "[\"password\",",
    "code=",
    "&code=",
    "inline:",
    "eyJ-",
    "eyJ",
    "eyJ.",
    "Es",
    "EsTc ",
    "aB1c ",
    "1,",
    "1, ",
    "\"0\":1,",
    "syt_",
    "mat_-",
    "MDAx",
    "://",
    "a://b:c",
    "a://@",
    "%25",
    "%22",
    "%3A",
    "&amp;",
    "&quot;",
    "[redacted]",
    "-----BEGIN ",
    "(",
    "{",
    "---",
];

/// Quotes behind more and more backslashes, none of which closes another.
fn ever_deeper(length: usize, name: &str) -> String {
    let mut text = String::new();
    let mut depth = 1;
    while text.len() < length {
        text.extend([name, ":", &"\\".repeat(depth), "\"a "]);
        depth += 1;
    }
    text
}

fn hostile(length: usize) -> Vec<(String, String)> {
    let repeated = |unit: &str| unit.repeat(length.div_ceil(unit.len()));
    let mut texts: Vec<_> = HOSTILE.iter().map(|unit| ((*unit).to_owned(), repeated(unit))).collect();
    let pairs = ["k:", "key:\"", "token:", "value:'", "eyJ-", "(", "[", "a-", "1,", "%2522", "\\'"];
    for (one, other) in pairs.iter().flat_map(|one| pairs.iter().map(move |other| (one, other))) {
        texts.push((format!("{one} and {other}"), repeated(&format!("{one}{other}"))));
    }
    for name in ["k", "key", "value", "token"] {
        texts.push((format!("{name}, ever deeper"), ever_deeper(length, name)));
    }
    for row in &SIGNATURES {
        texts.push((row.words.to_owned(), repeated(row.words)));
        texts.push((format!("{} (", row.words), format!("{} {}", row.words, repeated("("))));
        texts.push((format!("{} k:", row.words), format!("{} {}", row.words, repeated("k:"))));
        texts.push((format!("{} each", row.words), repeated(&format!("One time key {}:(", row.words))));
    }
    for words in
        ["One time key ", "One time key a:", "Old key: {\"", "(id=", "[msg: ", "[400", "/delayed_events/", "(1/"]
    {
        texts.push((words.to_owned(), format!("already exists {}", repeated(words))));
    }
    texts
}

/// Steps per byte of the line: many passes over the line, but a fixed number.
fn steps_a_byte(text: &str, work: impl FnOnce()) -> u64 {
    steps_of(work) / text.len() as u64
}

#[test]
fn the_redaction_of_any_line_is_linear_in_its_length() {
    for (name, text) in hostile(MAX_MESSAGE) {
        let steps = steps_a_byte(&text, || drop(redact(&text)));
        assert!(steps < 150, "{name}: {steps} steps a byte");
    }
}

#[test]
fn the_reading_of_any_line_is_linear_in_its_length() {
    for (name, text) in hostile(MAX_MESSAGE) {
        let line = Line { level: Level::Warn, source: "window", text: &text, excerpt: &text, truncated: true };
        let steps = steps_a_byte(&text, || drop(line.read()));
        assert!(steps < 600, "{name}: {steps} steps a byte");
        let grammars = steps_a_byte(&text, || {
            drop(classify(&text));
            drop(parse_refusal(&text));
        });
        assert!(grammars < 150, "{name}: {grammars} steps a byte in the grammars");
    }
}

#[test]
fn a_line_four_times_as_long_takes_at_most_six_times_the_steps() {
    let lines = |length| hostile(length).into_iter();
    for ((name, short), (_, long)) in lines(MAX_MESSAGE / 4).zip(lines(MAX_MESSAGE)) {
        let steps = |text: &str| {
            let line = Line { level: Level::Warn, source: "window", text, excerpt: "", truncated: false };
            steps_of(|| drop(line.read()))
        };
        let (short, long) = (steps(&short), steps(&long));
        assert!(long < short * 6 + 100_000, "{name}: {short} steps, and {long} for four times the length");
    }
}
