//! What a request to upload keys shows before the server answers. No token is kept; of the keys, only ids and digests,
//! to compare two uploads.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

/// A request to upload keys, as the page passed it to `fetch`.
#[derive(Clone, Copy, Debug, Default)]
pub struct UploadRequest<'a> {
    /// The full URL; `None` if it is not certain which account sends it.
    pub url: Option<&'a str>,
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// `None` if it cannot be read.
    pub body: Option<&'a str>,
}

/// The contents of an upload of keys, as far as its request shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upload {
    /// Base URL of the server; `None`: unknown.
    pub server: Option<String>,
    /// Digest of the server, the access token, and the user and device that an application service acts for.
    pub sender: u64,
    /// The users and devices that signed the keys, without duplicates; `None`: a signer that cannot be determined.
    pub signers: Vec<Option<(String, String)>>,
    /// The one-time keys: ids, and digests of their values.
    pub keys: Vec<(String, u64)>,
    /// Digests of the other non-empty fields: the device's own keys, fallback keys.
    pub carried: Vec<u64>,
    /// Whether the body could not be read.
    pub is_unread: bool,
}

impl Upload {
    /// Reads the request.
    ///
    /// ```
    /// use lotus_crypto_diag::upload::{Upload, UploadRequest};
    ///
    /// let url = Some("https://hs/_matrix/client/v3/keys/upload");
    /// let body = Some(r#"{"one_time_keys":{"signed_curve25519:A":{"key":"k","signatures":{"@a:hs":{"ed25519:D":"s"}}}}}"#);
    /// let upload = Upload::of(&UploadRequest { url, authorization: Some("Bearer token"), body });
    /// assert_eq!(upload.device(), Some(("https://hs", "@a:hs", "D")));
    /// ```
    pub fn of(request: &UploadRequest<'_>) -> Self {
        let mut upload = Self::default();
        if let Some(url) = request.url {
            upload.server = Some(server_of(url).to_owned());
            upload.sender = digest(&(&upload.server, request.authorization, query_identity(url)));
        }
        let Some(Ok(Value::Object(body))) = request.body.map(serde_json::from_str) else {
            upload.is_unread = true;
            return upload;
        };
        for (field, value) in body {
            match (&*field, value) {
                ("one_time_keys", Value::Object(keys)) => {
                    for (id, key) in keys {
                        upload.sign(key.get("signatures").and_then(signer_of));
                        upload.keys.push((id, digest_of_key(&key)));
                    }
                }
                (_, value) if is_empty(&value) => {}
                (_, value) => {
                    if field == "device_keys" {
                        let name = |field: &str| value.get(field).and_then(Value::as_str);
                        upload.sign(named(name("user_id"), name("device_id")));
                    }
                    upload.carried.push(digest(&(field, value)));
                }
            }
        }
        upload
    }

    fn sign(&mut self, signer: Option<(String, String)>) {
        if !self.signers.contains(&signer) {
            self.signers.push(signer);
        }
    }

    /// The server, user and device of the upload, if a single device signed all of its keys.
    pub fn device(&self) -> Option<(&str, &str, &str)> {
        match (&self.server, &*self.signers) {
            (Some(server), [Some((user, device))]) => Some((server, user, device)),
            _ => None,
        }
    }
}

/// The base URL: everything before the path of the upload.
fn server_of(url: &str) -> &str {
    let address = url.split(['?', '#']).next().unwrap_or_default();
    let is_upload = |(at, prefix): &(usize, &str)| {
        let version = address[at + prefix.len()..].split_once('/');
        version.is_some_and(|(version, rest)| !version.is_empty() && rest.starts_with("keys/upload"))
    };
    let found = address.match_indices("/_matrix/client/").find(is_upload);
    found.map_or(address, |(at, _)| &address[..at])
}

/// The access token in the query, and the user and device it acts for. Repeated parameters are all included.
fn query_identity(url: &str) -> [Vec<String>; 4] {
    let query = url.split('#').next().and_then(|url| url.split_once('?')).map_or("", |(_, query)| query);
    ["access_token", "user_id", "device_id", "org.matrix.msc3202.device_id"].map(|wanted| {
        let fields = form_urlencoded::parse(query.as_bytes());
        fields.filter(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).collect()
    })
}

/// The user and device of the signature, if there is exactly one.
fn signer_of(signatures: &Value) -> Option<(String, String)> {
    let (user, keys) = only_field_of(signatures)?;
    let (key, _) = only_field_of(keys)?;
    named(Some(user), key.strip_prefix("ed25519:"))
}

fn only_field_of(value: &Value) -> Option<(&str, &Value)> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    fields.iter().next().map(|(name, value)| (&**name, value))
}

fn named(user: Option<&str>, device: Option<&str>) -> Option<(String, String)> {
    let filled = |name: Option<&str>| name.filter(|name| !name.is_empty()).map(str::to_owned);
    filled(user).zip(filled(device))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// For comparison within this page only. Equal for the same JSON, in any field order.
fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The digest of a key whose signed text is known: see [`crate::one_time_key::SignedKey`].
pub(crate) fn digest_of_signed(signed: &str) -> Option<u64> {
    serde_json::from_str(signed).ok().as_ref().map(digest_of_key)
}

/// The server compares one-time keys without their signatures, too.
fn digest_of_key(key: &Value) -> u64 {
    let Some(fields) = key.as_object() else { return digest(key) };
    let mut hasher = DefaultHasher::new();
    fields.iter().filter(|(name, _)| *name != "signatures").for_each(|field| field.hash(&mut hasher));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    const URL: &str = "https://hs/_matrix/client/v3/keys/upload";

    fn of(body: &str) -> Upload {
        Upload::of(&UploadRequest { url: Some(URL), authorization: Some("Bearer s3cret"), body: Some(body) })
    }

    fn carrying(body: &Value) -> Upload {
        of(&body.to_string())
    }

    fn sent_to(url: &str, authorization: Option<&str>) -> (Option<String>, u64) {
        let upload = Upload::of(&UploadRequest { url: Some(url), authorization, body: Some("{}") });
        (upload.server, upload.sender)
    }

    fn key(user: &str, device: &str) -> Value {
        json!({ "key": "k", "signatures": { user: { format!("ed25519:{device}"): "sig" } } })
    }

    fn signers(body: &Value) -> Vec<Option<(String, String)>> {
        carrying(body).signers
    }

    #[test]
    fn server_token_user_and_device_identify_a_sender_and_other_parameters_do_not() {
        let plain = sent_to(URL, None);
        let mut different = BTreeSet::from([plain.clone()]);
        let others = [
            (URL.replace("hs", "other"), None),
            (URL.replace("hs", "hs:8448"), None),
            (URL.replace("https", "http"), None),
            (URL.replace("hs", "hs/base"), None),
            (format!("{URL}?access_token=a"), None),
            (format!("{URL}?access_token=b"), None),
            (format!("{URL}?access_token=a&access_token=b"), None),
            (format!("{URL}?user_id=@a:hs"), None),
            (format!("{URL}?user_id=@b:hs"), None),
            (format!("{URL}?device_id=A"), None),
            (format!("{URL}?access_token=a&user_id=@a:hs"), None),
            (URL.to_owned(), Some("")),
            (URL.to_owned(), Some("Bearer a")),
            (URL.to_owned(), Some("Bearer b")),
        ];
        for (url, authorization) in &others {
            assert!(different.insert(sent_to(url, *authorization)), "{url} {authorization:?}");
        }
        for url in [
            URL.replace("v3", "r0"),
            format!("{URL}/DEVICE"),
            format!("{URL}?cache=1"),
            format!("{URL}?cache=1#user_id=@a:hs"),
            format!("{URL}#x?user_id=@a:hs"),
        ] {
            assert_eq!(sent_to(&url, None), plain, "{url}");
        }
        let acting = |query: &str| sent_to(&format!("{URL}?{query}"), None);
        assert_eq!(acting("user_id=%40a%3Ahs&x=1&device_id=A"), acting("device_id=A&user_id=@a:hs"));
    }

    #[test]
    fn the_server_is_the_url_before_the_path_of_the_upload() {
        for (url, server) in [
            ("https://hs/_matrix/client/v3/keys/upload", "https://hs"),
            ("https://hs/base/_matrix/client/r0/keys/upload/D?x=/_matrix/client/v3/keys/upload", "https://hs/base"),
            ("https://hs/_matrix/client//_matrix/client/v3/keys/upload", "https://hs/_matrix/client/"),
        ] {
            assert_eq!(sent_to(url, None).0.as_deref(), Some(server), "{url}");
        }
    }

    #[test]
    fn the_signer_of_a_key_is_noted_only_if_it_is_certain() {
        let a = || Some(("@a:hs".to_owned(), "A".to_owned()));
        let otk = |value: Value| json!({ "one_time_keys": { "a": value } });
        assert_eq!(signers(&otk(key("@a:hs", "A"))), [a()]);
        for value in [
            json!("bare"),
            json!(null),
            json!([]),
            json!({ "key": "k" }),
            json!({ "key": "k", "signatures": null }),
            json!({ "key": "k", "signatures": { "@a:hs": {} } }),
            json!({ "key": "k", "signatures": { "@a:hs": { "ed25519:A": "", "ed25519:B": "" } } }),
            json!({ "key": "k", "signatures": { "@a:hs": { "ed25519:A": "" }, "@b:hs": { "ed25519:A": "" } } }),
            json!({ "key": "k", "signatures": { "@a:hs": { "rsa:A": "" } } }),
            key("@a:hs", ""),
            key("", "A"),
        ] {
            assert_eq!(signers(&otk(value.clone())), [None], "{value}");
        }
        let several = json!({ "a": key("@a:hs", "A"), "b": key("@a:hs", "A"), "c": key("@b:hs", "A") });
        assert_eq!(signers(&json!({ "one_time_keys": several })).len(), 2);
        assert_eq!(signers(&json!({ "device_keys": { "user_id": "@a:hs", "device_id": "A" } })), [a()]);
        assert_eq!(signers(&json!({ "device_keys": { "user_id": "@a:hs" } })), [None]);
        let empty = carrying(&json!({ "one_time_keys": {}, "fallback_keys": {}, "device_keys": null }));
        assert_eq!(empty, of("{}"));
        assert!(!empty.is_unread && empty.signers.is_empty() && empty.carried.is_empty() && empty.keys.is_empty());
    }

    #[test]
    fn a_device_is_certain_if_it_signed_all_keys_and_its_server_is_known() {
        let body = json!({ "one_time_keys": { "a": key("@a:hs", "A") } }).to_string();
        assert_eq!(of(&body).device(), Some(("https://hs", "@a:hs", "A")));
        let nowhere = Upload::of(&UploadRequest { body: Some(&body), ..UploadRequest::default() });
        assert_eq!((nowhere.device(), nowhere.keys.len()), (None, 1));
        for keys in
            [json!({ "a": key("@a:hs", "A"), "b": "bare" }), json!({ "a": key("@a:hs", "A"), "b": key("@a:hs", "B") })]
        {
            assert_eq!(carrying(&json!({ "one_time_keys": keys })).device(), None, "{keys}");
        }
    }

    #[test]
    fn a_digest_depends_on_the_value_and_not_on_field_order_or_signatures() {
        let digest = |key: &str| of(&format!(r#"{{"one_time_keys":{{"a":{key}}}}}"#)).keys;
        let one = digest(r#"{"key":"k","extra":{"a":1,"b":[1,2]},"signatures":{"x":1}}"#);
        assert_eq!(digest(r#"{"extra": {"b":[1,2],"a":1}, "signatures":{"y":2},"key":"k"}"#), one);
        let mut different = BTreeSet::from([one]);
        for other in [
            r#"{"key":"l","extra":{"a":1,"b":[1,2]}}"#,
            r#"{"key":"k","extra":{"a":1,"b":[2,1]}}"#,
            r#"{"key":"k","extra":null}"#,
            r#""k""#,
            r#""1""#,
            "1",
            r#"["a","b"]"#,
            r#"["ab"]"#,
        ] {
            assert!(different.insert(digest(other)), "{other}");
        }
        let carried = |field: &str, key: &str| carrying(&json!({ field: { "f": key } })).carried;
        assert_eq!(carried("fallback_keys", "k"), carried("fallback_keys", "k"));
        assert_ne!(carried("fallback_keys", "k"), carried("fallback_keys", "l"));
        assert_ne!(carried("fallback_keys", "k"), carried("other_keys", "k"));
    }

    #[test]
    fn a_body_that_is_no_object_is_unread_and_no_token_or_key_is_kept() {
        let deep = ["[".repeat(100_000), "]".repeat(100_000)].concat();
        for body in ["{", "null", "[]", "1", "", &deep] {
            let upload = of(body);
            assert!(upload.is_unread && upload.keys.is_empty() && upload.device().is_none());
        }
        assert!(Upload::of(&UploadRequest { url: Some(URL), ..UploadRequest::default() }).is_unread);
        let body = json!({ "one_time_keys": { "a": { "key": "s3cret" } }, "fallback_keys": { "b": "s3cret" } });
        assert!(!format!("{:?}", carrying(&body)).contains("s3cret"));
    }
}
