//! No secret leaves: tokens, passwords and recovery keys are replaced before a line is kept.
//!
//! Public keys, key ids, user, device, room and event ids stay: they are the evidence. Where a value is cut at the end
//! of the text, the beginning of the secret that is left is replaced all the same.

use alloc::borrow::Cow;
use alloc::string::String;
use core::ops::Range;

use crate::scan;

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// Tokens that show by their beginning what they are: Synapse's (access, refresh, login) and those of the Matrix
/// Authentication Service (compatibility access and refresh; access, refresh, personal). With the least length of what
/// follows, so that an ordinary word is not taken for one.
const TOKEN_PREFIXES: [(&str, usize); 9] = [
    ("syt_", 1),
    ("syr_", 1),
    ("syl_", 1),
    ("mct_", 1),
    ("mcr_", 1),
    ("mat_", 16),
    ("mar_", 16),
    ("mpt_", 16),
    // A macaroon, base64 of "001": Synapse's tokens of old, and its guest and short-term login tokens.
    ("MDAx", 40),
];

/// Ends of field names, lower case and without `_` and `-`, whose value is a secret: `access_token`, `newPassword`, …
const SECRET_FIELDS: [&str; 11] = [
    "token",
    "password",
    "passphrase",
    "recoverykey",
    "privatekey",
    "secretkey",
    "sessionkey",
    "mediakey",
    "picklekey",
    // With `clientSecret` and `shared_secret`, what `m.secret.send` gives another device.
    "secret",
    "authorization",
];

/// The last letters of these, and of `key` and `k`; a name may have an underscore behind it.
const LAST_LETTERS: &[u8] = b"ndeytk_";

/// Replaces every secret in `text`; borrows where there is none. Doing it twice changes nothing more.
///
/// Where secrets stand in one another, what was hidden may show another: so it looks again, a few times.
pub fn redact(text: &str) -> Cow<'_, str> {
    /// Nobody nests them so deep, but a fuzzer might.
    const DEPTH: usize = 8;

    let mut redacted = Cow::Borrowed(text);
    for _ in 0..DEPTH {
        let Some(further) = redact_once(&redacted) else { break };
        redacted = Cow::Owned(further);
    }
    redacted
}

/// `None` where there is no secret.
fn redact_once(text: &str) -> Option<String> {
    let mut redacted = String::new();
    let (mut kept, mut at) = (0, 0);
    while let Some(word) = next_word(text, at) {
        at = word.end;
        if let Some(secret) = secret_at(text, &word) {
            redacted.push_str(&text[kept..secret.start]);
            redacted.push_str(REDACTED);
            kept = secret.end;
            at = secret.end.max(word.end);
        }
    }
    if kept == 0 {
        return None;
    }
    redacted.push_str(&text[kept..]);
    Some(redacted)
}

/// A table, as it is asked about every byte.
static WORD: [bool; 256] = {
    let mut word = [false; 256];
    let mut b = 0_u8;
    while b < 128 {
        word[b as usize] = b.is_ascii_alphanumeric() || b == b'_';
        b += 1;
    }
    word
};

const fn is_word(b: u8) -> bool {
    WORD[b as usize]
}

/// The next run of word characters at or after `from`, stepping over escapes (`\n`, `%3D`, `\u0022`), whose letters
/// would otherwise stick to the word behind them.
fn next_word(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let hex =
        |from: usize, count: usize| bytes.get(from..from + count).is_some_and(|h| h.iter().all(u8::is_ascii_hexdigit));
    let mut at = from;
    loop {
        at += match *bytes.get(at)? {
            b if is_word(b) => break,
            b'%' if hex(at + 1, 2) => 3,
            b'\\' if bytes.get(at + 1) == Some(&b'u') && hex(at + 2, 4) => 6,
            b'\\' if bytes.get(at + 1).is_some_and(|b| b"nrtbf".contains(b)) => 2,
            _ => 1,
        };
    }
    Some(at..end_of(text, at, is_word))
}

/// Where the run of bytes that `accept` takes, from `at` on, ends.
fn end_of(text: &str, at: usize, accept: impl Fn(u8) -> bool) -> usize {
    text.as_bytes()[at..].iter().position(|b| !accept(*b)).map_or(text.len(), |length| at + length)
}

/// Where the run of bytes that `accept` takes, to the end of `text`, begins.
fn start_of(text: &str, accept: impl Fn(u8) -> bool) -> usize {
    text.bytes().rposition(|b| !accept(b)).map_or(0, |at| at + 1)
}

fn secret_at(text: &str, word: &Range<usize>) -> Option<Range<usize>> {
    // By their first letter: most words are none of these, and there are hundreds in a line.
    let by_itself = match text.as_bytes()[word.start] {
        b's' | b'm' | b'M' => token(text, word.start),
        b'e' => json_web_token(text, word.start),
        b'E' => recovery_key(text, word.start),
        b'b' | b'B' if text[word.clone()].eq_ignore_ascii_case("bearer") => credentials(text, word.end),
        _ => None,
    };
    by_itself.or_else(|| url_credentials(text, word)).or_else(|| field_value(text, word))
}

fn token(text: &str, at: usize) -> Option<Range<usize>> {
    let token = |b: u8| is_word(b) || b == b'-' || b == b'.' || b == b'=';
    TOKEN_PREFIXES.iter().find_map(|(prefix, least)| {
        let from = at + text[at..].starts_with(prefix).then_some(prefix.len())?;
        let end = end_of(text, from, token);
        (end - from >= *least || end == text.len()).then_some(at..end)
    })
}

/// `eyJ….….…`, as LiveKit's and OpenID Connect's; the dot tells it from a key that happens to begin so.
fn json_web_token(text: &str, at: usize) -> Option<Range<usize>> {
    let part = |b: u8| is_word(b) || b == b'-';
    let header = text[at..].starts_with("eyJ").then(|| end_of(text, at, part))?;
    text[header..].starts_with('.').then(|| at..end_of(text, header, |b| part(b) || b == b'.'))
}

/// A Matrix recovery key: base58 in groups of four (spec, "key representation"), or the 48 characters in one.
fn recovery_key(text: &str, at: usize) -> Option<Range<usize>> {
    let base58 = |b: u8| b.is_ascii_alphanumeric() && !b"0OIl".contains(&b);
    if !text[at..].starts_with("Es") {
        return None;
    }
    let (mut end, mut groups) = (end_of(text, at, base58), 1);
    if end - at == 48 {
        return Some(at..end);
    }
    while end - at == groups * 5 - 1 && text[end..].starts_with(' ') {
        let next = end_of(text, end + 1, base58);
        if next - end != 5 {
            break;
        }
        (end, groups) = (next, groups + 1);
    }
    (groups >= 6 || groups >= 2 && end == text.len()).then_some(at..end)
}

/// The one run of non-space characters after an authentication scheme.
fn credentials(text: &str, at: usize) -> Option<Range<usize>> {
    let from = end_of(text, at, |b| b == b' ' || b == b'\t');
    let end = unquoted_end(text, from);
    (from > at && end > from && !text[from..].starts_with(REDACTED)).then_some(from..end)
}

/// The first part of `https://user:password@host`, whole: in the user's place there may be a token.
fn url_credentials(text: &str, word: &Range<usize>) -> Option<Range<usize>> {
    let from = word.end + text.as_bytes()[word.end..].strip_prefix(b"://").map(|_| 3)?;
    let end = end_of(text, from, |b| !b"/?#\"'<> \t\r\n".contains(&b));
    let at_sign = from + text.as_bytes()[from..end].iter().rposition(|b| *b == b'@')?;
    scan::holds(&text[from..at_sign], ":").then_some(from..at_sign)
}

fn field_value(text: &str, name: &Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    // Most words are no name of a secret, and show it by their last letter.
    if !LAST_LETTERS.contains(&bytes[name.end - 1].to_ascii_lowercase()) {
        return None;
    }
    let quote = |b: u8| b == b'"' || b == b'\'' || b == b'\\' || b == b'`';
    let after_name = end_of(text, name.end, |b| quote(b) || b == b' ');
    let separator = match bytes.get(after_name)? {
        b':' | b'=' => after_name + 1,
        // Percent-encoded: `%3D`, `%3A`, with or without an encoded quote before it.
        b'%' => encoded_separator(text, after_name)?,
        _ => return None,
    };
    let is_named = |field: &str| name_ends_with(&bytes[..name.end], field);
    let (maybe_media_key, maybe_file_key) = (is_named("key") == Some(true), is_named("k") == Some(true));
    if !maybe_media_key && !maybe_file_key && !SECRET_FIELDS.iter().any(|field| is_named(field).is_some()) {
        return None;
    }
    let opening = end_of(text, separator, |b| b == b' ');
    let value = end_of(text, opening, quote);
    let value = if text[value..].starts_with("%22") { value + 3 } else { value };
    let end = match bytes[opening..value].last() {
        Some(&mark) if mark != b'\\' && mark != b'2' => quoted_end(text, value, mark, value - opening - 1),
        // The scheme and its credentials: `Authorization: Basic dXNlcjpwYXNz`.
        _ if is_named("authorization").is_some() => end_of(text, value, |b| !b"\r\n,;\"'})".contains(&b)),
        _ => {
            let end = unquoted_end(text, value);
            let is_scheme = ["bearer", "basic"].iter().any(|scheme| text[value..end].eq_ignore_ascii_case(scheme));
            credentials(text, end).filter(|_| is_scheme).map_or(end, |credentials| credentials.end)
        }
    };
    // `k` of a JSON Web Key, with which a file is encrypted: 43 characters.
    let is_cut = || end == text.len() && scan::holds(&text[..name.start], "A256CTR");
    let is_long = || end_of(text, value, |b| is_word(b) || b == b'-') - value >= 40;
    if maybe_file_key && !is_long() && !is_cut() {
        return None;
    }
    if maybe_media_key && !stands_beside_an_index(&text[..name.start], &text[end..]) {
        return None;
    }
    let told = ["", "null", "undefined", "None", "true", "false"];
    // What is nested is looked at by itself; in quotes it is a value.
    let is_nested = value == opening && matches!(bytes.get(value), Some(b'{' | b'['));
    let is_told = told.contains(&&text[value..end]) || text[value..].starts_with(REDACTED);
    (!is_told && !is_nested).then_some(value..end)
}

fn encoded_separator(text: &str, at: usize) -> Option<usize> {
    let at = if text[at..].starts_with("%22") { at + 3 } else { at };
    let code = text.as_bytes().get(at..at + 3)?;
    (code.eq_ignore_ascii_case(b"%3d") || code.eq_ignore_ascii_case(b"%3a")).then_some(at + 3)
}

/// Whether the name at the end of `text` ends with `field`, its case, dashes and underscores apart, as in `recovery-key`;
/// and then, whether that is all of it.
fn name_ends_with(text: &[u8], field: &str) -> Option<bool> {
    let of_a_name = |b: &&u8| is_word(**b) || **b == b'-';
    let mut letters = text.iter().rev().take_while(of_a_name).filter(|b| b.is_ascii_alphanumeric());
    let is_suffix = field.bytes().rev().all(|letter| letters.next().is_some_and(|b| b.eq_ignore_ascii_case(&letter)));
    is_suffix.then(|| letters.next().is_none())
}

/// In the content of a media-key event the secret is called `key`, as public keys are elsewhere. There, and there only,
/// it has an `index`: `{"index":0,"key":"…"}`, in either order.
fn stands_beside_an_index(before: &str, after: &str) -> bool {
    let mark = |b: u8| b" \"'\\".contains(&b);
    let follows = after[end_of(after, 0, mark)..].strip_prefix(',');
    let precedes = before[..start_of(before, mark)].strip_suffix(',').and_then(|rest| {
        let number = |b: u8| b == b' ' || b.is_ascii_digit();
        rest[..start_of(rest, number)].strip_suffix(':')
    });
    follows.is_some_and(|rest| rest[end_of(rest, 0, mark)..].starts_with("index"))
        || precedes.is_some_and(|rest| rest[..start_of(rest, mark)].ends_with("index"))
}

/// The end of a value in quotes: the next `mark` with as many backslashes before it as its opening had; a value that is
/// cut goes to the end of the text.
fn quoted_end(text: &str, from: usize, mark: u8, escapes: usize) -> usize {
    let closing = text[from..].bytes().enumerate().filter(|(_, b)| *b == mark).find_map(|(at, _)| {
        let bare = start_of(&text[from..from + at], |b| b == b'\\');
        (at - bare == escapes).then_some(from + bare)
    });
    closing.unwrap_or(text.len())
}

fn unquoted_end(text: &str, from: usize) -> usize {
    let end = end_of(text, from, |b| !b.is_ascii_whitespace() && !b"&,;)}]\"'<>`\\".contains(&b));
    let value = &text[from..end];
    scan::find(value, "%22").or_else(|| scan::find(value, "%26")).map_or(end, |at| from + at)
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned;

    use super::*;

    #[track_caller]
    fn hidden(text: &str, expected: &str) {
        assert_eq!(redact(text), expected);
        assert_eq!(redact(expected), expected, "doing it twice changes nothing more");
    }

    #[test]
    fn tokens_are_known_by_their_beginning() {
        hidden("a syt_Ym9i_RrDnX_0abcd b", "a [redacted] b");
        hidden("(mct_abc-1.2) mcr_x, 'syr_abc'", "([redacted]) [redacted], '[redacted]'");
        hidden("%22syt_a%22 \\nsyt_b \\u0022syt_c\\u0022", "%22[redacted]%22 \\n[redacted] \\u0022[redacted]\\u0022");
        hidden("jwt eyJhbGci.eyJpc3Mi.c2ln-_x!", "jwt [redacted]!");
        hidden("cut syt_", "cut [redacted]");
        hidden("mat_0123456789abcdefgh mat_button!", "[redacted] mat_button!");
    }

    #[test]
    fn secret_fields_are_found_in_every_notation() {
        hidden("/sync?access_token=abc&since=s1", "/sync?access_token=[redacted]&since=s1");
        hidden("access_token%3Dabc%26x", "access_token%3D[redacted]%26x");
        hidden("%22access_token%22%3A%22abc%22%7D", "%22access_token%22%3A%22[redacted]%22%7D");
        hidden(r#"{"access_token":"a b","x":1}"#, r#"{"access_token":"[redacted]","x":1}"#);
        hidden(r#"{\"refresh_token\": \"a\\\"b\", \"x\""#, r#"{\"refresh_token\": \"[redacted]\", \"x\""#);
        hidden("{'password': 'hunter 2'}", "{'password': '[redacted]'}");
        hidden("{newPassword: \"p\\\"q\", id: 1}", "{newPassword: \"[redacted]\", id: 1}");
        hidden("passphrase=abc recovery-key: x", "passphrase=[redacted] recovery-key: [redacted]");
        hidden("{\"password\":\"cut in the mid", "{\"password\":\"[redacted]");
        hidden(
            "{\"password\":\"[hunter2\"} passphrase='{x y'",
            "{\"password\":\"[redacted]\"} passphrase='[redacted]'",
        );
        hidden(
            "access_token: Bearer abc123 my_authorization: Basic eA==",
            "access_token: [redacted] my_authorization: [redacted]",
        );
        hidden("https://bob:pa:ss@hs/x @a:b", "https://[redacted]@hs/x @a:b");
        hidden("http://hs:EsTc LW2K PGiF wKEA 3As5 g5c4@x", "http://[redacted]@x");
        hidden("recovery-key://a:b@hs", "recovery-key:[redacted]]@hs");
        hidden("https://syt_abc:x@hs/ https://syt_abc@hs/", "https://[redacted]@hs/ https://[redacted]@hs/");
    }

    #[test]
    fn a_name_is_known_by_its_last_letter_in_whatever_spelling() {
        for field in SECRET_FIELDS {
            assert!(LAST_LETTERS.contains(&field.as_bytes()[field.len() - 1]), "{field}");
            for name in [field.to_owned(), field.to_uppercase(), ["my-", field, "_"].concat()] {
                hidden(&[&name, "=x"].concat(), &[&name, "=[redacted]"].concat());
            }
        }
    }

    #[test]
    fn headers_are_emptied() {
        hidden("Authorization: Bearer abc.def", "Authorization: [redacted]");
        hidden("authorization: Basic dXNlcjpw\nAccept: x", "authorization: [redacted]\nAccept: x");
        hidden("{\"Authorization\":\"Bearer a\"}", "{\"Authorization\":\"[redacted]\"}");
        hidden("sent with bearer abc", "sent with bearer [redacted]");
    }

    #[test]
    fn keys_that_open_something_are_secrets() {
        hidden("key EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d.", "key [redacted].");
        hidden("{\"keys\":{\"index\":0,\"key\":\"c2VjcmV0\"}}", "{\"keys\":{\"index\":0,\"key\":\"[redacted]\"}}");
        hidden("{\"key\":\"c2VjcmV0\",\"index\":0}", "{\"key\":\"[redacted]\",\"index\":0}");
        hidden("{\"session_key\":\"AgAA\"}", "{\"session_key\":\"[redacted]\"}");
        hidden("{\"request_id\":\"1\",\"secret\":\"c2Vj\"}", "{\"request_id\":\"1\",\"secret\":\"[redacted]\"}");
        hidden("{clientSecret: 'a', shared_secret: 'b'}", "{clientSecret: '[redacted]', shared_secret: '[redacted]'}");
    }

    #[test]
    fn the_key_of_an_encrypted_file_is_a_secret() {
        let jwk = |k: &str| ["{alg: \"A256CTR\", ext: true, k: \"", k, "\", kty: \"oct\"}"].concat();
        let key = "aWF6-32KGYaC3A_FEUCk1Bt0JA37zP0wrStgmdCaW-0";
        hidden(&jwk(key), &jwk("[redacted]"));
        hidden(&jwk(key).replace('"', "\\\""), &jwk("[redacted]").replace('"', "\\\""));
        hidden(&["k=", key].concat(), "k=[redacted]");
        hidden("{\"alg\":\"A256CTR\",\"k\":\"aWF6", "{\"alg\":\"A256CTR\",\"k\":\"[redacted]");
    }

    #[test]
    fn the_evidence_stays() {
        for text in [
            r#"One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: {"key":"1jUDA9fEGLDlXLJq1ChPMbfqQPJsx9YmGFwGSOjmED4","signatures":{"@a:lab.local":{"ed25519:OEACBWGMLM":"HP3LBsL/lpjx"}}}; new key: {'key': 'Xi9ZKBuM6MjD2HyhlBhdU82OySJLS08gKhD6VDetzyg'}"#,
            "sender_key=\"curve25519:7UdqQ2cwzwvvRVEfZ23mFOVKRFoJ/ZLUN0JJjjk4mQQ\" event_type=\"x\" session_id: X3lU",
            "Error decrypting event (id=$l_N2Jbqg9Z_F_9i7q6vvREZBYRhKliGXhDWtwFZqAEk room=!tCj4enUID06Zeyp0KGTwQNRHBfpC7xxs5Qn)",
            "k: 5, m.secret.request of {\"type\":\"m.secret.send\"}, secret_storage: on, k: short",
            "{\"access_token\":null} password: undefined Es",
            "SyntaxError: Unexpected token < in JSON; passwords differ",
            "",
            "é",
        ] {
            assert!(matches!(redact(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
