//! Parses the refusal of a one-time-key upload, as written by Synapse:
//!
//! ```text
//! One time key <algorithm>:<id> already exists. Old key: <JSON>; new key: <Python repr>
//! ```
//!
//! or by Dendrite, whose answer the SDK cannot interpret (`Unknown message`): `{<user>: {<device>: {"error": …}}}`,
//! containing
//!
//! ```text
//! <user> device <device>: algorithm / key ID <algorithm>:<id> one-time key already exists
//! ```
//!
//! The line may be cut off anywhere, the quotes may be escaped (a response body logged as text), and an unsigned key
//! is a bare string. A key that is cut off is never guessed, but read as `None`.

use crate::entry::Refusal;
use crate::scan;
use crate::structure::{CryptoLine, leaves_quote_open};

/// A line with these words is a clue, but proves nothing by itself.
pub const CLUE: &str = "already exists";

/// The prefix of a refusal in the console: the status of the request, or the error that an SDK creates from the
/// answer.
const BEFORE: [&str; 2] = ["[400] ", "MatrixError: M_UNKNOWN: "];

/// Reads the refusal that a console line reports; `None` for a line that only quotes one.
pub fn refusal_of_line(text: &str) -> Option<Refusal> {
    let is_line = |before: &str| !leaves_quote_open(before) && CryptoLine::read(text).is_none();
    if let Some((before, _)) = scan::split(text, "One time key ") {
        let is_own = BEFORE.iter().any(|words| before.ends_with(words)) && is_line(before);
        return if is_own { parse_synapse(text) } else { None };
    }
    let (before, _) = scan::split(text, KEY_ID)?;
    let (user, _) = scan::after_last(before, DEVICE)?;
    let is_own = scan::after_last(user, " ").is_some_and(|(before, _)| before.ends_with("[400]")) && is_line(before);
    if is_own { parse_dendrite(text) } else { None }
}

/// Extracts Dendrite's message from its JSON answer.
pub(crate) fn dendrite_words(answer: &str) -> Option<&str> {
    let error = scan::each_after(answer, "\"error\"").find(|error| scan::contains(error, KEY_ID))?;
    let (error, _) = scan::split(scan::after(error, "\"")?, "\"")?;
    parse_dendrite(error).is_some().then_some(error)
}

/// Reads a refusal as the homeserver writes it; `None` for a text that only contains some of its words.
///
/// ```
/// use lotus_crypto_diag::otk::parse_refusal;
///
/// let text = "[400] One time key signed_curve25519:AAAA already exists. \
///             Old key: {\"key\":\"abc\"}; new key: {'key': 'def'}";
/// let refusal = parse_refusal(text).expect("as Synapse writes it");
/// assert_eq!(refusal.key_id, "signed_curve25519:AAAA");
/// assert_eq!(refusal.diverges(), Some(true));
/// assert_eq!(parse_refusal("room alias x already exists"), None);
/// ```
pub fn parse_refusal(text: &str) -> Option<Refusal> {
    parse_synapse(text).or_else(|| parse_dendrite(text))
}

/// The text before the key's id in Dendrite's message, and the text between the id and [`CLUE`].
const KEY_ID: &str = "algorithm / key ID ";
const DENDRITE: &str = " one-time key ";
/// The text between the user and the device in Dendrite's message.
const DEVICE: &str = " device ";

fn parse_dendrite(text: &str) -> Option<Refusal> {
    let (before, rest) = scan::split(text, KEY_ID)?;
    let (key_id, rest) = scan::split(rest, DENDRITE)?;
    if !is_key_id(key_id) || !rest.starts_with(CLUE) {
        return None;
    }
    let device =
        before.strip_suffix(": ").and_then(|before| scan::after_last(before, DEVICE)).map(|(_, device)| device);
    Some(Refusal {
        key_id: key_id.to_owned(),
        device_id: device.filter(|id| is_id(id)).map(str::to_owned),
        http_status: scan::http_status(before),
        ..Refusal::default()
    })
}

/// Matrix spec, "opaque identifier": no white space.
fn is_key_id(key_id: &str) -> bool {
    let Some((algorithm, id)) = scan::split(key_id, ":") else { return false };
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    !algorithm.is_empty() && algorithm.bytes().all(is_word) && is_id(id)
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_whitespace)
}

fn parse_synapse(text: &str) -> Option<Refusal> {
    scan::each_after(text, "One time key ").find_map(|refusal| {
        let (key_id, rest) = scan::split(refusal, " ")?;
        // The words after the id prove that the id is complete.
        if !is_key_id(key_id) || !rest.starts_with(CLUE) {
            return None;
        }
        let keys = &rest[CLUE.len()..];
        let (old, after_old) = scan::after(keys, "Old key:").map_or((Key::default(), keys), key_value);
        let (new, _) = scan::after(after_old, "ew key:").map_or((Key::default(), ""), key_value);
        Some(Refusal {
            key_id: key_id.to_owned(),
            old_key: old.public,
            new_key: new.public,
            device_id: new.device_id.or(old.device_id),
            http_status: scan::http_status(&text[..text.len() - refusal.len()]),
        })
    })
}

/// A one-time key, and the device that signed it.
#[derive(Default)]
struct Key {
    public: Option<String>,
    device_id: Option<String>,
}

/// Parses the value at the start of `text`: an object with a field `key`, or a bare string. Returns the key and the
/// text after the value.
fn key_value(text: &str) -> (Key, &str) {
    let text = text.trim_start();
    let mut cursor = Cursor { rest: text };
    let mut key = Key::default();
    if !text.starts_with('{') {
        key.public = cursor.string().filter(|key| is_key(key)).map(str::to_owned);
        return (key, cursor.rest);
    }
    let mut depth = 0_u32;
    while let Some(c) = cursor.rest.chars().next() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            '"' | '\'' | '\\' => {
                let Some(name) = cursor.string() else { return (key, "") };
                if depth == 1 && name == "key" && key.public.is_none() && cursor.skip(':') {
                    key.public = cursor.string().filter(|key| is_key(key)).map(str::to_owned);
                }
                // A one-time key has one signature: { signatures: { <user>: { ed25519:<device>: … } } }
                if let (3, Some(device)) = (depth, name.strip_prefix("ed25519:"))
                    && !device.is_empty()
                {
                    key.device_id.get_or_insert_with(|| device.to_owned());
                }
                continue;
            }
            _ => {}
        }
        cursor.rest = &cursor.rest[c.len_utf8()..];
        if depth == 0 {
            break;
        }
    }
    (key, cursor.rest)
}

/// Unpadded base64, the form of keys in Matrix; padding is tolerated.
fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/-_=".contains(&b))
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    /// Reads a complete string literal of JSON or Python, with quotes that may be escaped; `None` if there is none or
    /// it is cut off. The content is not unescaped: keys and field names contain no escapes.
    fn string(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start();
        let escapes = text.bytes().take_while(|byte| *byte == b'\\').count();
        let opening = text.get(..=escapes)?;
        let [.., quote @ (b'"' | b'\'')] = opening.as_bytes() else {
            // Skip a stray backslash, so that the caller makes progress.
            self.rest = text.get(escapes.max(1)..).unwrap_or_default();
            return Some("");
        };
        let body = &text[opening.len()..];
        // The literal ends with the same sequence that opened it: `"`, `'`, `\"`, `\\"`.
        for (at, _) in body.bytes().enumerate().filter(|(_, byte)| byte == quote) {
            let before = &body[..at];
            if before.bytes().rev().take_while(|byte| *byte == b'\\').count() == escapes {
                self.rest = &body[at + 1..];
                return Some(&before[..at - escapes]);
            }
        }
        self.rest = "";
        None
    }

    /// Skips white space and then `expected`.
    fn skip(&mut self, expected: char) -> bool {
        match self.rest.trim_start().strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "1jUDA9fEGLDlXLJq1ChPMbfqQPJsx9YmGFwGSOjmED4";
    const NEW: &str = "Xi9ZKBuM6MjD2HyhlBhdU82OySJLS08gKhD6VDetzyg";

    fn refusal(keys: &str) -> Refusal {
        let line = format!("MatrixError: [400] One time key signed_curve25519:AAAAAAAAAA0 already exists{keys}");
        parse_refusal(&line).unwrap_or_else(|| panic!("not a refusal: {line}"))
    }

    #[track_caller]
    fn keys(text: &str, old: Option<&str>, new: Option<&str>) {
        let read = refusal(text);
        assert_eq!((read.old_key.as_deref(), read.new_key.as_deref()), (old, new), "{text}");
    }

    #[test]
    fn synapses_refusal_is_read_completely() {
        let read = refusal(&format!(
            r#". Old key: {{"key":"{OLD}","signatures":{{"@a:b":{{"ed25519:X":"sig"}}}}}}; new key: {{'key': '{NEW}', 'signatures': {{'@a:b': {{'ed25519:X': 'sig'}}}}}} (http://hs/_matrix/client/v3/keys/upload)"#
        ));
        assert_eq!(read.key_id, "signed_curve25519:AAAAAAAAAA0");
        assert_eq!((read.old_key.as_deref(), read.new_key.as_deref()), (Some(OLD), Some(NEW)));
        assert_eq!(read.device_id.as_deref(), Some("X"));
        assert_eq!(read.http_status, Some(400));
        assert_eq!(read.diverges(), Some(true));
    }

    #[test]
    fn the_device_is_the_signer_of_a_key_in_any_quoting() {
        let signed = format!(r#"{{"key":"{OLD}","signatures":{{"@a:hs":{{"ed25519:DEV":"sig"}}}}}}"#);
        let device = |keys: &str| refusal(keys).device_id;
        for key in [signed.clone(), signed.replace('"', "'"), signed.replace('"', "\\\"")] {
            assert_eq!(device(&format!(". Old key: {key}; new key: {{}}")).as_deref(), Some("DEV"), "{key}");
            assert_eq!(device(&format!(". Old key: {{}}; new key: {key}")).as_deref(), Some("DEV"), "{key}");
        }
        let cut = signed.find("V\"").unwrap_or_default();
        for unsigned in [&signed[..cut], r#"{"key":"ed25519:X","ed25519:X":""}"#, "\"ed25519:X\"", ""] {
            assert_eq!(device(&format!(". Old key: {unsigned}")), None, "{unsigned}");
        }
    }

    #[test]
    fn keys_are_read_in_any_quoting() {
        let (old, new) = (Some(OLD), Some(NEW));
        keys(&format!(r#". Old key: {{"key":"{OLD}"}}; new key: {{"key":"{NEW}"}}"#), old, new);
        keys(&format!(r#". Old key: {{\"key\":\"{OLD}\"}}; new key: {{'key': '{NEW}'}}"#), old, new);
        keys(&format!(r#". Old key: {{\\"key\\": \\"{OLD}\\"}}; new key: {{\\"key\\": \\"{NEW}\\"}}"#), old, new);
        keys(&format!(r#". Old key: "{OLD}"; new key: '{NEW}'"#), old, new);
        keys(&format!(r#". Old key: {{"fallback":true,"key":"{OLD}"}}; New key: {{'key':'{NEW}'}}"#), old, new);
    }

    #[test]
    fn only_the_outermost_key_field_is_read() {
        keys(&format!(r#". Old key: {{"signatures":{{"key":"no"}},"key":"{OLD}"}}; new key: {{}}"#), Some(OLD), None);
        keys(
            &format!(r#". Old key: {{"x":"; new key: {{'key': 'no'}}","key":"{OLD}"}}; new key: {{'key': '{NEW}'}}"#),
            Some(OLD),
            Some(NEW),
        );
    }

    #[test]
    fn a_truncated_key_is_not_guessed() {
        let whole = format!(r#". Old key: {{"key":"{OLD}","signatures":{{}}}}; new key: {{'key': '{NEW}'}}"#);
        for end in 0..whole.len() {
            let read = refusal(&whole[..end]);
            assert!(read.old_key.is_none_or(|key| key == OLD), "cut at {end}");
            assert!(read.new_key.is_none_or(|key| key == NEW), "cut at {end}");
        }
        keys(&format!(r#". Old key: {{"key":"{}"#, &OLD[..20]), None, None);
        keys(". Old key: null; new key: None", None, None);
    }

    #[test]
    fn dendrites_refusal_is_read() {
        let said = "@a:hs device DEV: algorithm / key ID signed_curve25519:AAAAMHA one-time key already exists";
        for text in [said.to_owned(), format!("[400] {{\"@a:hs\":{{\"DEV\":{{\"error\":\"{said}\"}}}}}} (/x)")] {
            let read = parse_refusal(&text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((read.key_id.as_str(), read.device_id.as_deref()), ("signed_curve25519:AAAAMHA", Some("DEV")));
            assert_eq!((read.diverges(), read.old_key), (None, None));
        }
        for cut in ["algorithm / key ID a: one-time key already exists", "algorithm / key ID a:B one-time key alr"] {
            assert_eq!(parse_refusal(cut), None, "{cut}");
        }
    }

    #[test]
    fn the_same_key_on_both_sides_is_no_divergence() {
        assert_eq!(refusal(&format!(r#". Old key: "{OLD}"; new key: "{OLD}""#)).diverges(), Some(false));
        assert_eq!(refusal("").diverges(), None);
    }

    #[test]
    fn a_line_without_the_whole_sentence_is_no_refusal() {
        for line in [
            "addCustomSubscription: x already exists as a custom subscription, ignoring.",
            "One time key already exists",
            "One time key signed_curve25519: already exists",
            "One time key :AAAA already exists",
            "One time key signed_curve25519:AAAA",
            "One time key signed_curve25519:AAAA alr",
            "One time key signed_curve25519:AA\nAA already exists",
        ] {
            assert_eq!(parse_refusal(line), None, "{line}");
        }
    }
}
