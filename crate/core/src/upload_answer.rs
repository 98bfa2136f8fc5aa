//! The result of a key upload: the server's answer, or that none came.

use std::borrow::Cow;

use serde_json::Value;

/// The server's answer to an upload.
#[derive(Clone, Copy, Debug, Default)]
pub struct UploadAnswer<'a> {
    /// HTTP status.
    pub status: u16,
    /// HTTP status text.
    pub status_text: &'a str,
    /// The body, or the beginning of it.
    pub body: &'a str,
    /// URL of the answer.
    pub url: &'a str,
}

/// A key upload without an answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct UploadFailure<'a> {
    /// Name of the error: `TypeError`.
    pub name: &'a str,
    /// Message of the error.
    pub message: &'a str,
    /// URL of the upload.
    pub url: &'a str,
}

impl UploadAnswer<'_> {
    pub(crate) const fn is_accepted(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    pub(crate) fn path(&self) -> &str {
        path_of(self.url)
    }

    /// The server's message; for a refusal only its sentence, as it appears in a console line. Limited to the length
    /// of such a line and a little more that is parsed with it.
    pub(crate) fn words(&self) -> Cow<'_, str> {
        const MAX_LENGTH: usize = 32 * 1024;

        let sentence = self.body.contains("already exists").then(|| serde_json::from_str::<Value>(self.body).ok());
        match sentence.flatten().as_mut().and_then(|answer| answer.get_mut("error")).map(Value::take) {
            Some(Value::String(mut sentence)) => {
                sentence.truncate(sentence.floor_char_boundary(MAX_LENGTH));
                Cow::Owned(sentence)
            }
            _ => Cow::Borrowed(&self.body[..self.body.floor_char_boundary(MAX_LENGTH)]),
        }
    }

    /// The number of the device's one-time keys on the server, according to its answer to an accepted upload.
    pub(crate) fn held(&self) -> Option<u32> {
        let answer: Value = serde_json::from_str(self.body).ok()?;
        answer.get("one_time_key_counts")?.get("signed_curve25519")?.as_u64()?.try_into().ok()
    }
}

impl UploadFailure<'_> {
    /// Whether the page cancelled the upload itself: that says nothing about the server.
    pub(crate) fn is_given_up(&self) -> bool {
        self.name == "AbortError"
    }

    pub(crate) fn path(&self) -> &str {
        path_of(self.url)
    }

    /// The beginning of the message, enough to tell it from others.
    pub(crate) fn words(&self) -> &str {
        &self.message[..self.message.floor_char_boundary(512)]
    }
}

/// The path of a URL, which may have no host. The query is removed, because it may contain a token.
fn path_of(url: &str) -> &str {
    let address = url.split(['?', '#']).next().unwrap_or_default();
    match address.split_once("://") {
        Some((scheme, rest))
            if scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !scheme.is_empty() =>
        {
            rest.find('/').map_or("", |at| &rest[at..])
        }
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer<'a>(body: &'a str, url: &'a str) -> UploadAnswer<'a> {
        UploadAnswer { status: 400, status_text: "", body, url }
    }

    #[test]
    fn the_number_of_stored_keys_is_read_from_the_answer() {
        for (body, held) in [
            (r#"{"one_time_key_counts":{"signed_curve25519":400}}"#, Some(400)),
            (r#"{ "one_time_key_counts": { "x": 1, "signed_curve25519": 50 } }"#, Some(50)),
            (r#"{"one_time_key_counts":{"signed_curve25519":-1}}"#, None),
            (r#"{"one_time_key_counts":{}}"#, None),
            ("", None),
        ] {
            assert_eq!(answer(body, "").held(), held, "{body}");
        }
    }

    #[test]
    fn the_sentence_of_a_refusal_is_read_and_the_whole_text_of_any_other_answer() {
        let long = "x".repeat(40_000);
        for (body, words) in [
            (
                r#"{"errcode":"M_UNKNOWN","error":"One time key a:B already exists."}"#,
                "One time key a:B already exists.",
            ),
            (r#"{"@a:hs":{"D":{"error":"x already exists"}}}"#, r#"{"@a:hs":{"D":{"error":"x already exists"}}}"#),
            (r#"{"errcode":"M_TOO_LARGE","error":"x"}"#, r#"{"errcode":"M_TOO_LARGE","error":"x"}"#),
            (r#"{"error":["x already exists"]}"#, r#"{"error":["x already exists"]}"#),
            ("it already exists", "it already exists"),
            ("<html>502 Bad Gateway</html>", "<html>502 Bad Gateway</html>"),
            (&long, &long[..32_768]),
        ] {
            assert_eq!(answer(body, "").words(), words, "{body}");
        }
    }

    #[test]
    fn a_path_contains_neither_the_host_nor_the_query() {
        for (url, path) in [
            (
                "https://hs:8448/base/_matrix/client/v3/keys/upload?access_token=s3cret",
                "/base/_matrix/client/v3/keys/upload",
            ),
            ("/_matrix/client/v3/keys/upload#x", "/_matrix/client/v3/keys/upload"),
            ("echo/_matrix/client/v3/keys/upload?to=https://hs/", "echo/_matrix/client/v3/keys/upload"),
            ("https://hs", ""),
        ] {
            assert_eq!(answer("", url).path(), path, "{url}");
        }
    }

    #[test]
    fn an_aborted_upload_is_distinguished_from_a_failed_one() {
        let is_given_up = |name| UploadFailure { name, message: "x", url: "" }.is_given_up();
        assert!(is_given_up("AbortError") && !is_given_up("TypeError") && !is_given_up(""));
        let message = "é".repeat(1000);
        assert_eq!(UploadFailure { name: "", message: &message, url: "" }.words().len(), 512);
    }
}
