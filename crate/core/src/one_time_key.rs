//! One-time keys as a homeserver gives them away, and the part of them that is signed.

use serde_json::{Map, Value};

use crate::otk::CLUE;

/// The Matrix spec's length limit for ids.
const LONGEST_ID: usize = 255;

/// A one-time key and the device's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedKey {
    /// `<algorithm>:<id>`, for example `signed_curve25519:AAAAAAAAAA0`.
    pub key_id: String,
    /// The public key, in unpadded base64.
    pub key: String,
    /// Whether this is the fallback key, which is given away if no one-time key is left.
    pub is_fallback: bool,
    /// The signed text: canonical JSON of the key without its signatures.
    pub signed: String,
    /// The requested device's signature, in unpadded base64.
    pub signature: String,
}

impl SignedKey {
    /// Reads the form of the spec, `{ "key": …, "signatures": { <user>: { "ed25519:<device>": … } } }`. `None` if it
    /// has another form, or the device did not sign it. Does not verify the signature.
    pub fn read(key_id: &str, value: &Value, user_id: &str, device_id: &str) -> Option<Self> {
        let object = value.as_object()?;
        if key_id.len() > LONGEST_ID {
            return None;
        }
        let signature = object.get("signatures")?.get(user_id)?.get(format!("ed25519:{device_id}"))?.as_str()?;
        Some(Self {
            key_id: key_id.to_owned(),
            key: object.get("key")?.as_str()?.to_owned(),
            is_fallback: object.get("fallback") == Some(&Value::Bool(true)),
            signed: canonical(object)?,
            signature: signature.to_owned(),
        })
    }

    /// The key in an answer to `/keys/claim` for one device:
    /// `{ "one_time_keys": { <user>: { <device>: { <id>: <key> } } } }`. `Ok(None)`: the server has no key left.
    /// `Err`: the id of a key that this device did not sign.
    pub fn of_claim(answer: &Value, user_id: &str, device_id: &str) -> Result<Option<Self>, String> {
        let keys = answer.get("one_time_keys").and_then(|keys| keys.get(user_id)?.get(device_id)?.as_object());
        let Some((key_id, value)) = keys.and_then(|keys| keys.iter().next()) else { return Ok(None) };
        Self::read(key_id, value, user_id, device_id).map(Some).ok_or_else(|| key_id.clone())
    }

    /// The key that the server holds, taken from its refusal of another key with the same id: see [`crate::otk`].
    pub fn of_refusal(refusal: &str, user_id: &str, device_id: &str) -> Option<Self> {
        let (before, after) = refusal.split_once(CLUE)?;
        let (_, key_id) = before.trim_end().rsplit_once(' ')?;
        let (_, old) = after.split_once("Old key:")?;
        let value = serde_json::Deserializer::from_str(old).into_iter::<Value>().next()?.ok()?;
        Self::read(key_id, &value, user_id, device_id)
    }
}

/// Canonical JSON of the signed part: without `signatures` and `unsigned`, sorted by name, without white space.
fn canonical(object: &Map<String, Value>) -> Option<String> {
    let mut fields: Vec<_> =
        object.iter().filter(|(name, _)| !["signatures", "unsigned"].contains(&name.as_str())).collect();
    fields.sort_by_key(|(name, _)| *name);
    // A one-time key contains only strings and booleans. Anything else is not a key, and not worth code here.
    let is_plain = |value: &Value| matches!(value, Value::String(_) | Value::Bool(_));
    if !fields.iter().all(|(_, value)| is_plain(value)) {
        return None;
    }
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{}:{value}", Value::from(name.as_str()))).collect();
    Some(format!("{{{}}}", fields.join(",")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn signed(fields: Value) -> Value {
        let mut value = fields;
        value["signatures"] = json!({ "@a:hs": { "ed25519:D": "sig" } });
        value
    }

    #[test]
    fn the_signed_json_is_the_key_without_signatures_and_unsigned_fields() {
        let read = |value: Value| SignedKey::read("signed_curve25519:A", &value, "@a:hs", "D");
        let key = read(signed(json!({ "unsigned": { "age": 1 }, "key": "k/+\u{e9}\"", "fallback": true }))).unwrap();
        assert_eq!(key.signed, "{\"fallback\":true,\"key\":\"k/+\u{e9}\\\"\"}");
        assert_eq!((key.signature.as_str(), key.is_fallback), ("sig", true));
        assert_eq!(read(signed(json!({ "key": "k" }))).unwrap().signed, r#"{"key":"k"}"#);
    }

    #[test]
    fn a_malformed_or_foreign_key_is_not_read() {
        for value in [
            json!("bare"),
            json!(null),
            json!({ "key": "k" }),
            json!({ "key": "k", "signatures": { "@a:hs": { "ed25519:E": "sig" } } }),
            json!({ "key": "k", "signatures": { "@b:hs": { "ed25519:D": "sig" } } }),
            json!({ "key": "k", "signatures": { "@a:hs": { "ed25519:D": 1 } } }),
            signed(json!({ "key": 1 })),
            signed(json!({})),
            signed(json!({ "key": "k", "more": { "deep": 1 } })),
        ] {
            assert_eq!(SignedKey::read("a:B", &value, "@a:hs", "D"), None, "{value}");
        }
    }

    #[test]
    fn a_claim_returns_the_devices_key_nothing_or_the_id_of_a_foreign_key() {
        let claim =
            |keys: Value| SignedKey::of_claim(&json!({ "one_time_keys": { "@a:hs": { "D": keys } } }), "@a:hs", "D");
        assert_eq!(claim(json!({ "a:B": signed(json!({ "key": "k" })) })).unwrap().unwrap().key_id, "a:B");
        assert_eq!(claim(json!({})), Ok(None));
        assert_eq!(SignedKey::of_claim(&json!({ "one_time_keys": {} }), "@a:hs", "D"), Ok(None));
        assert_eq!(SignedKey::of_claim(&json!(7), "@a:hs", "D"), Ok(None));
        assert_eq!(claim(json!({ "a:B": { "key": "k" } })), Err("a:B".to_owned()));
    }

    #[test]
    fn the_old_key_is_read_from_a_refusal() {
        let old = signed(json!({ "key": "old; new key: {" }));
        let words = |old: &str| {
            format!("One time key signed_curve25519:AAA already exists. Old key: {old}; new key: {{'key': 'n'}}")
        };
        let key = SignedKey::of_refusal(&words(&old.to_string()), "@a:hs", "D").unwrap();
        assert_eq!((key.key_id.as_str(), key.key.as_str()), ("signed_curve25519:AAA", "old; new key: {"));
        for cut in ["", "{\"key\":\"o", "\"bare\"", "None"] {
            assert_eq!(SignedKey::of_refusal(&words(cut), "@a:hs", "D"), None);
        }
        assert_eq!(SignedKey::of_refusal("already exists", "@a:hs", "D"), None);
    }
}
