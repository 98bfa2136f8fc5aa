//! Finds out which program wrote a line, and which of its words are the program's own.
//!
//! Clients log text that others chose: ids, event fields, error messages about them. A stranger can put any words
//! there, so only the program's own words count as evidence. This module drops:
//! - from rust-crypto's lines (`LEVEL target: message`, then indented lines of fields and spans) all but the message,
//!   and from the message the text after a colon, unless it is an error whose strings are quoted; also the whole
//!   message about an event that cannot be parsed and was not encrypted, because anybody may send such events to any
//!   device;
//! - from the SDK's lines about an event that cannot be decrypted all but the kind of error;
//! - from LiveKit's lines the participant, and from the SDK's lines about a call the room;
//! - from all other lines quoted text, Matrix ids and URLs, except for the request paths in `PATHS`.

use std::borrow::Cow;

use crate::scan;

/// rust-crypto logs this **after** it decrypted an event of a type that it does not know.
pub(crate) const DECRYPTED: &str = "Received an unexpected encrypted to-device event";
/// rust-crypto logs this for an event of any type that it cannot parse. A media key arrives encrypted.
const REJECTED: &str = "Received an invalid to-device event";
const ENCRYPTED: &str = "m.room.encrypted";
/// Precedes the source location, which comes between the message's fields and the spans.
const PLACE: &str = "\n    at ";
/// Event type of a media key.
pub(crate) const MEDIA_KEY: &str = "io.element.call.encryption_keys";

/// Messages of rust-crypto that end with an error in `Debug` form, in which text chosen by others is always quoted.
const WITH_DEBUG_ERROR: [&str; 2] = [
    "Failed to create a new Olm session from a pre-key message",
    "Failed to decrypt a pre-key message with the corresponding session",
];

/// The beginnings of LiveKit's lines. A participant, who may have any name, or an exception message follows.
const LIVEKIT: [&str; 8] = [
    "MissingKey: missing key at index ",
    "MissingKey: key set not found for ",
    "InvalidKey: valid key missing for participant ",
    "InvalidKey: Decryption failed: ",
    "InvalidKey: DataCryptor: Decryption failed: ",
    "Suppressing further decryption errors for ",
    "Suppressing further data decryption errors for ",
    "skipping decryption due to missing key at index ",
];
const MARKED_INVALID: [&str; 2] = ["key for ", " is being marked as invalid"];

const EVENT: &str = "Error decrypting event (";
const CALL: &str = "[MatrixRTCSession ";
/// End of the room and slot of a call.
const SLOT: &str = "m.call#ROOM]";
/// Requests that are recognised by their path.
const PATHS: [&str; 2] = ["/delayed_events/", "/keys/upload"];

/// The words of a line that its program wrote itself.
pub(crate) fn own_words(text: &str) -> Cow<'_, str> {
    if let Some(line) = CryptoLine::read(text) {
        return line.own_words();
    }
    if let Some(rest) = text.strip_prefix(EVENT) {
        let is_decryption_error = scan::contains(rest, "): DecryptionError");
        return if is_decryption_error { "Error decrypting event: DecryptionError" } else { "Error decrypting event" }
            .into();
    }
    if let Some(head) = LIVEKIT.iter().find(|head| text.starts_with(**head)) {
        return (*head).into();
    }
    if text.starts_with(MARKED_INVALID[0]) && scan::first_line(text).trim_end().ends_with(MARKED_INVALID[1]) {
        return MARKED_INVALID.concat().into();
    }
    let text = if text.starts_with(CALL) { text.rsplit_once(SLOT).map_or(text, |(_, own)| own) } else { text };
    open_words(text).into()
}

/// A line logged by rust-crypto's `tracing`.
pub(crate) struct CryptoLine<'a> {
    message: &'a str,
    /// The lines of fields, the source location, and the lines of spans. If the message quotes a stranger, everything
    /// except the spans may come from the stranger.
    rest: &'a str,
}

impl<'a> CryptoLine<'a> {
    /// `None` if another program wrote the line.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let rest =
            ["ERROR ", "WARN ", "INFO ", "DEBUG ", "TRACE "].iter().find_map(|level| text.strip_prefix(level))?;
        let (target, rest) = scan::split(rest, ": ")?;
        let is_path = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b':';
        if target.is_empty() || !target.bytes().all(is_path) {
            return None;
        }
        let (message, rest) = scan::split(rest, "\n").unwrap_or((rest, ""));
        Some(Self { message, rest })
    }

    fn own_words(&self) -> Cow<'a, str> {
        if self.message == DECRYPTED {
            let is_media_key = self.field("event_type").is_some_and(|kind| kind == MEDIA_KEY);
            return if is_media_key { [DECRYPTED, " ", MEDIA_KEY].concat().into() } else { DECRYPTED.into() };
        }
        match scan::split(self.message, ": ") {
            Some((REJECTED, _)) if self.field("event_type") != Some(ENCRYPTED) => "".into(),
            Some((head, error)) if WITH_DEBUG_ERROR.contains(&head) => [head, ": ", &open_words(error)].concat().into(),
            Some((head, _)) => head.into(),
            None => self.message.into(),
        }
    }

    /// The quoted value of the first span field with this name, without unescaping.
    pub(crate) fn field(&self, name: &str) -> Option<&'a str> {
        // Span values contain no line breaks, so the last source location is rust-crypto's own.
        quoted(self.rest.rsplit_once(PLACE).map_or(self.rest, |(_, spans)| spans), name)
    }

    /// The same for a field of the message; `None` if the message quotes somebody.
    fn own_field(&self, name: &str) -> Option<&'a str> {
        let fields = self.rest.split_once(PLACE).map_or(self.rest, |(fields, _)| fields);
        if scan::contains(self.message, ": ") { None } else { quoted(fields, name) }
    }

    /// A database error in a field, in its `Debug` form.
    pub(crate) fn database_error(&self) -> Option<&'a str> {
        // If the message quotes a stranger, the lines of fields may come from the stranger.
        if scan::contains(self.message, ": ") { None } else { scan::after(self.rest, "error=Backend(") }
    }
}

/// The quoted value of the first field with this name.
fn quoted<'a>(mut fields: &'a str, name: &str) -> Option<&'a str> {
    loop {
        let (before, value) = scan::split(fields, "\"")?;
        let end = closing(value, b'"')?;
        if before.strip_suffix('=').and_then(|before| before.strip_suffix(name)).is_some_and(ends_a_word) {
            return Some(&value[..end]);
        }
        fields = &value[end + 1..];
    }
}

fn ends_a_word(before: &str) -> bool {
    before.ends_with([' ', '{', '\n'])
}

/// Index of the closing quote.
fn closing(text: &str, quote: u8) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == quote && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// The same for escaped quotes, as in JSON that was logged as a string: each quote follows exactly `escapes`
/// backslashes.
fn closing_escaped(text: &str, escapes: usize) -> Option<usize> {
    let mut run = 0;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && run == escapes;
        run = if byte == b'\\' { run + 1 } else { 0 };
        ends
    })
}

/// Replaces each quoted text, Matrix id and URL by a single quote character, in one pass.
fn open_words(text: &str) -> String {
    let mut open = String::new();
    let mut rest = text;
    let mut at_start = true;
    while let Some(c) = rest.chars().next() {
        let skipped = match c {
            '"' | '`' => closing(&rest[1..], c as u8).map_or(rest.len(), |end| end + 2),
            '\\' => {
                let escapes = rest.bytes().take_while(|byte| *byte == b'\\').count();
                let quoted = rest[escapes..].strip_prefix('"');
                let end = |quoted| closing_escaped(quoted, escapes).map_or(rest.len(), |end| escapes + 1 + end + 1);
                quoted.map_or(0, end)
            }
            '@' | '$' | '!' | '#' if at_start => word_end(rest),
            'h' if at_start && (rest.starts_with("http://") || rest.starts_with("https://")) => word_end(rest),
            _ => 0,
        };
        if skipped == 0 {
            open.push(c);
            rest = &rest[c.len_utf8()..];
            at_start = c.is_whitespace() || matches!(c, '(' | '[' | '=' | ':' | ',');
            continue;
        }
        // Keeps the words on both sides from joining into one.
        open.push('"');
        for path in PATHS {
            if c == 'h' && scan::contains(&rest[..skipped], path) {
                open.push_str(path);
            }
        }
        rest = &rest[skipped..];
        at_start = false;
    }
    open
}

fn word_end(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || matches!(c, ')' | ']' | ',' | '"')).unwrap_or(text.len())
}

/// Whether `before` ends inside a quoted text.
pub(crate) fn leaves_quote_open(before: &str) -> bool {
    let mut rest = before;
    while let Some((_, quoted)) = scan::split(rest, "\"") {
        match closing(quoted, b'"') {
            Some(end) => rest = &quoted[end + 1..],
            None => return true,
        }
    }
    false
}

/// The value of a span field in a rust-crypto line. It may contain secrets.
pub(crate) fn crypto_field(text: &str, name: &str) -> Option<String> {
    CryptoLine::read(text)?.field(name).map(ToOwned::to_owned)
}

/// The quoted value of a message field in a rust-crypto line; `None` if the message quotes somebody.
pub(crate) fn own_crypto_field(text: &str, name: &str) -> Option<String> {
    CryptoLine::read(text)?.own_field(name).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_message_of_a_rust_crypto_line_counts() {
        let line = |message: &str, field: &str| {
            format!(
                "WARN matrix_sdk_crypto::machine: {message}\n    {field}\n    at src/machine/mod.rs:1\n    in x::y with a=\"b\""
            )
        };
        assert_eq!(
            own_words(&line("Received a key request", "action=\"One time key a:B already exists\"")),
            "Received a key request"
        );
        for quoted in ["unknown variant `MissingOneTimeKey`", "a\n error=Backend(DomException { code: 11"] {
            let line = |kind| line(&[REJECTED, ": ", quoted].concat(), "").replace("a=\"b\"", kind);
            assert_eq!(own_words(&line("event_type=\"m.room.encrypted\"")), REJECTED);
            // A media key never arrives in another type of event; without a type it is unknown.
            for other in ["event_type=\"m.room_key_request\"", "a=\"b\""] {
                assert_eq!(own_words(&line(other)), "");
            }
        }
        let error = "Failed to create a new Olm session from a pre-key message: InboundCreation(MissingOneTimeKey(\"already exists\"))";
        assert_eq!(own_words(&line(error, "")), error.replace("\"already exists\"", "\""));
    }

    #[test]
    fn the_media_key_event_type_counts_only_for_an_opened_message() {
        let line = |message: &str, kind: &str| {
            format!("WARN m::n: {message}\n    in a::b with sender_key=\"k\" event_type=\"{kind}\" x=1")
        };
        assert_eq!(own_words(&line(DECRYPTED, MEDIA_KEY)), [DECRYPTED, " ", MEDIA_KEY].concat());
        for kind in
            ["m.dummy", "x\\\" event_type=\\\"io.element.call.encryption_keys", "a io.element.call.encryption_keys"]
        {
            assert_eq!(own_words(&line(DECRYPTED, kind)), DECRYPTED, "{kind}");
        }
        assert_eq!(own_words(&line("Something else", MEDIA_KEY)), "Something else");
    }

    #[test]
    fn quotes_ids_and_urls_in_other_lines_do_not_count() {
        for (text, own) in [
            ("a \"b \\\" c\" d `e` f", "a \" d \" f"),
            ("room !x:hs user @y:hs, event ($z) #a:b", "room \" user \", event (\") \""),
            (
                "[500] x (https://hs/_matrix/client/unstable/org.matrix.msc4140/delayed_events/MissingKey/restart)",
                "[500] x (\"/delayed_events/)",
            ),
            ("an open \"quote hides the rest", "an open \""),
            ("Mis\"x\"singKey", "Mis\"singKey"),
            ("a {\\\"b\\\": \\\"c\\\"} d \\ e", "a {\": \"} d \\ e"),
            ("e-mail a@b and 100% of $5 at 5:00!", "e-mail a@b and 100% of \" at 5:00!"),
        ] {
            assert_eq!(own_words(text), own, "{text}");
        }
    }

    #[test]
    fn names_of_participants_and_rooms_do_not_count() {
        for (text, own) in [
            ("MissingKey: missing key at index 1 for participant already exists", "MissingKey: missing key at index "),
            ("key for already exists at index 2 is being marked as invalid", "key for  is being marked as invalid"),
            (
                "[MatrixRTCSession !DecryptionError m.call#ROOM][MembershipManager] Missing own membership",
                "[MembershipManager] Missing own membership",
            ),
        ] {
            assert_eq!(own_words(text), own, "{text}");
        }
    }
}
