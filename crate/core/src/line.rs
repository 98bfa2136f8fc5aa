//! A console line, and reading it.

use crate::entry::{Detail, Fault, Level};
use crate::evidence::{Evidence, Place};
use crate::redact::{redact, redact_excerpt};
use crate::scan;
use crate::signature::{Classified, recognise};
use crate::store_trouble::{StoreTroubleKind, store_trouble};

/// The part of a line that is kept, in bytes of UTF-8.
pub const MAX_MESSAGE: usize = 16 * 1024;

/// A formatted console line.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The console method.
    pub level: Level,
    /// Where the line was logged: `window`, `frame:<path>`. The path may contain secrets, as `text` may.
    pub source: &'a str,
    /// The line, or the beginning of a very long one.
    pub text: &'a str,
    /// For a very long line that was recognised after the end of `text`: the part around the match. Otherwise empty.
    pub excerpt: &'a str,
    /// Whether a part of the line is in neither field.
    pub truncated: bool,
}

/// The result of reading a line. Reading a repeat gives the same result.
#[derive(Clone, Debug)]
pub struct ReadLine {
    /// The evidence of a fault.
    pub evidence: Option<Evidence>,
    /// The kind of crypto store trouble that the line reports, and the message to keep.
    pub store: Option<(StoreTroubleKind, String)>,
    /// Where this line was recorded before.
    pub place: Option<Place>,
}

impl Line<'_> {
    /// Reads the line; `None` if the line is irrelevant.
    pub fn read(self) -> Option<ReadLine> {
        // The parsers read the redacted text, because details quote the line. A line is recognised even if its
        // signature is part of a redacted secret.
        let (text, excerpt) = (redact(self.text), redact_excerpt(self.excerpt));
        // The beginning of the line shows which program wrote the excerpt.
        let (raw, whole) = (joined(self.text, self.excerpt), joined(&text, &excerpt));
        let redacted = [&*text, &whole].map(|text| (text, text)).into_iter();
        let as_printed = [(self.text, &*text), (&raw, &whole)].into_iter().filter(|(raw, redacted)| raw != redacted);
        let found =
            redacted.chain(as_printed).find_map(|(raw, redacted)| recognise(raw).map(|row| row.classify(redacted)));
        let trouble = store_trouble(self.text).or_else(|| store_trouble(&raw));
        let store = trouble.map(|kind| (kind, message(&text, &excerpt, "DomException").0));
        let evidence = found.map(|Classified { fault, signature, detail }| {
            let (message, cut) = message(&text, &excerpt, signature);
            let (level, source, truncated) = (self.level, redact(self.source).into_owned(), cut || self.truncated);
            Evidence { level, source, fault, signature, message, truncated, detail }
        });
        (evidence.is_some() || store.is_some()).then_some(ReadLine { evidence, store, place: None })
    }
}

/// Joins the beginning and the excerpt.
const OMISSION: &str = "\n[…]\n";

/// The beginning and the excerpt of a line; empty if it has no excerpt.
fn joined(text: &str, excerpt: &str) -> String {
    if excerpt.is_empty() { String::new() } else { [text, OMISSION, excerpt].concat() }
}

/// Evidence for a key upload that failed on the network. Only the first part of the answer is kept: a proxy's error
/// page can be long.
pub(crate) fn failed_upload(http_status: Option<u16>, answer: &str, path: &str) -> Evidence {
    const MAX_LENGTH: usize = 512;

    let status = http_status.map_or_else(String::new, |status| format!("[{status}] "));
    let text = [&status, cut(answer, MAX_LENGTH), " (", path, ")"].concat();
    let detail = Detail::UploadFailed { http_status, errcode: scan::errcode(answer).map(str::to_owned) };
    let (level, source, fault) = (Level::Error, "network".to_owned(), Fault::Ke1);
    let (message, truncated) = (redact(&text).into_owned(), answer.len() > MAX_LENGTH);
    Evidence { level, source, fault, signature: "/keys/upload", message, truncated, detail }
}

/// The part of a line that is kept, and whether anything is missing. The line is already redacted, so that cutting
/// cannot hide the beginning of a secret from the redaction.
fn message(text: &str, excerpt: &str, signature: &str) -> (String, bool) {
    /// How much of an excerpt is kept before the signature: a prefix, the beginning of a refusal.
    const LEAD: usize = 256;

    if excerpt.is_empty() {
        let kept = cut(text, MAX_MESSAGE);
        return (kept.to_owned(), kept.len() < text.len());
    }
    let lead = scan::find(excerpt, signature).unwrap_or(excerpt.len()).saturating_sub(LEAD);
    let lead = excerpt.ceil_char_boundary(lead);
    let half = (MAX_MESSAGE - OMISSION.len()) / 2;
    ([cut(text, half), OMISSION, cut(&excerpt[lead..], half)].concat(), true)
}

/// The longest prefix of `text` with whole characters and at most `limit` bytes.
fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(text: &str, excerpt: &str) -> Option<Evidence> {
        let truncated = !excerpt.is_empty();
        Line { level: Level::Error, source: "window", text, excerpt, truncated }.read()?.evidence
    }

    #[test]
    fn a_line_is_kept_verbatim_except_for_its_secrets() {
        let line = evidence("x already exists (http://hs/?access_token=abc)", "").unwrap();
        assert_eq!(line.message, "x already exists (http://hs/?access_token=[redacted])");
        assert!(!line.truncated);
    }

    #[test]
    fn the_details_of_a_line_contain_no_secret() {
        for text in [
            "(id=$e): DecryptionError[msg: GET /x?access_token=s3cret at line 1 column 2, sender_key: x]",
            "WARN x: Received an invalid to-device event: Bearer s3cret\n    in a with event_type=\"m.room.encrypted\"",
        ] {
            let line = evidence(text, "").unwrap_or_else(|| panic!("lost: {text}"));
            assert!(!format!("{line:?}").contains("s3cret"), "{line:?}");
        }
    }

    #[test]
    fn the_source_of_a_line_contains_no_secret() {
        let source = "frame:/call/access_token=s3cret/index.html";
        let line = Line { level: Level::Warn, source, text: "x already exists", excerpt: "", truncated: false };
        assert_eq!(line.read().unwrap().evidence.unwrap().source, "frame:/call/access_token=[redacted]");
    }

    #[test]
    fn a_long_line_is_cut_between_characters_and_marked_as_truncated() {
        let line = evidence(&format!("already exists {}", "é".repeat(MAX_MESSAGE)), "").unwrap();
        assert!(line.truncated && line.message.len() <= MAX_MESSAGE && line.message.len() > MAX_MESSAGE - 2);
    }

    #[test]
    fn an_excerpt_around_a_match_beyond_the_cut_is_kept() {
        let lead = format!("Bearer {}", "s3cret-".repeat(200));
        let line = evidence(&"x".repeat(MAX_MESSAGE), &format!("{lead} One time key a:B already exists.")).unwrap();
        assert!(line.message.ends_with("One time key a:B already exists."));
        assert!(!line.message.contains("s3cret"));
        assert!(line.truncated && line.message.len() <= MAX_MESSAGE);
    }

    #[test]
    fn an_unrelated_line_gives_no_evidence() {
        assert!(evidence("hello", "").is_none());
    }
}
