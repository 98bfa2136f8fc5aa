//! Replaces tokens, passwords and private keys before a line is kept, so that no secret leaves the page.
//!
//! Public keys and key, user, device, room and event ids stay: they are the evidence. If a secret is cut off by the
//! end of the text, its beginning is still replaced. The work is linear in the length of the text: everything read
//! ahead is either replaced and not read again, or limited in length.

mod field;
mod name;
mod reader;
mod shape;
mod token;
mod value;

use std::borrow::Cow;

use reader::Reader;
use token::token_at;

/// Replacement for a secret.
pub const REDACTED: &str = "[redacted]";

/// Replaces every secret in `text`; borrows if there is none. Redacting the result again changes nothing.
///
/// Replacing a secret may expose another one around it, so this repeats a few times. A text that still contains
/// secrets then was made to evade redaction, and is replaced as a whole.
///
/// ```
/// use lotus_crypto_diag::redact::redact;
///
/// assert_eq!(redact("401 for Bearer syt_abc of @a:hs"), "401 for Bearer [redacted] of @a:hs");
/// ```
pub fn redact(text: &str) -> Cow<'_, str> {
    const DEPTH: usize = 8;

    let mut redacted = Cow::Borrowed(text);
    for _ in 0..DEPTH {
        let Some(further) = redact_once(&redacted) else { return redacted };
        redacted = Cow::Owned(further);
    }
    Cow::Borrowed(REDACTED)
}

/// The same for a text whose beginning was cut off, possibly in the middle of a secret.
pub fn redact_excerpt(text: &str) -> Cow<'_, str> {
    let redacted = redact(text);
    let end = value::cut_value_end(redacted.as_bytes());
    if end == 0 || redacted.starts_with(REDACTED) {
        return redacted;
    }
    redact(&[REDACTED, &redacted[end..]].concat()).into_owned().into()
}

/// `None` if there is no secret.
fn redact_once(text: &str) -> Option<String> {
    let mut reader = Reader::new(text.as_bytes());
    let mut redacted = String::new();
    let mut token = token_at(text.as_bytes(), 0);
    let mut kept = 0;
    while !token.is_end() {
        let mut next = token.next(text.as_bytes());
        if let Some(secret) = reader.read(&token, next) {
            redacted.push_str(&text[kept..secret.start]);
            redacted.push_str(REDACTED);
            kept = secret.end;
            next = token_at(text.as_bytes(), kept.max(token.end));
        }
        token = next;
    }
    if kept == 0 {
        return None;
    }
    redacted.push_str(&text[kept..]);
    Some(redacted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn hidden(text: &str, expected: &str) {
        assert_eq!(redact(text), expected);
        assert_eq!(redact(expected), expected, "doing it twice changes nothing more");
    }

    #[test]
    fn tokens_are_recognised_by_their_prefix() {
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
        hidden("recovery-key://a:b@hs", "recovery-key:[redacted]");
        hidden("https://syt_abc:x@hs/ https://syt_abc@hs/", "https://[redacted]@hs/ https://[redacted]@hs/");
    }

    #[test]
    fn authorization_values_are_redacted() {
        hidden("Authorization: Bearer abc.def", "Authorization: [redacted]");
        hidden("authorization: Basic dXNlcjpw\nAccept: x", "authorization: [redacted]\nAccept: x");
        hidden("{\"Authorization\":\"Bearer a\"}", "{\"Authorization\":\"[redacted]\"}");
        hidden("sent with bearer abc", "sent with bearer [redacted]");
    }

    #[test]
    fn secret_keys_are_redacted() {
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
    fn evidence_is_not_redacted() {
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
