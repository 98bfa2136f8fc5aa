//! What Synapse logs about an upload of keys before the request ends: only these lines name the device.

use std::sync::LazyLock;

use lotus_crypto_diag::otk::parse_refusal;
use memchr::memmem::Finder;

use crate::log_record::Record;
use crate::words::{is_id, is_user_id, start_of};

/// A device and its user fit into this many bytes at the end of a line. The ids of all keys come before.
const TAIL: usize = 1024;

/// A line about an upload.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum UploadLine {
    /// One-time keys are about to be stored.
    Adding(Device),
    /// Device keys came with the upload: it is the first of a device, or of a new identity.
    DeviceKeys(Device),
    /// The upload was refused: the server holds another key under this id.
    Refused { key_id: String, signer: Option<Device> },
    /// The upload was refused: the device holds as many keys as it may.
    TooLarge,
}

/// A line about an upload that was cut off.
#[derive(Debug, PartialEq)]
pub(crate) struct CutLine;

/// A device that a line names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) user_id: String,
    pub(crate) device_id: String,
}

static ADDING: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("Adding one_time_keys "));
static DEVICE_KEYS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("Updating device_keys for device "));
static REFUSED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("SynapseError: "));
/// Clients choose the ids of their keys.
const LONGEST_KEY_ID: usize = 200;
/// The words of a message begin within this many bytes.
const HEAD_WITHIN: usize = 200;
/// The same for a line that describes the request: `<SynapseRequest at 0x7f0b method='POST' uri='…' clientproto='HTTP/1.1'
/// site='8008'>`
const REQUEST_WITHIN: usize = 2000;

impl UploadLine {
    /// `Ok(None)` if the line is not about an upload.
    pub(crate) fn read(record: &Record<'_>) -> Result<Option<Self>, CutLine> {
        let text: &[u8] = &record.text;
        if let Some(at) = begins(text, &ADDING, "synapse.handlers.e2e_keys", HEAD_WITHIN) {
            return named(&text[at..]).map(|device| Some(Self::Adding(device))).ok_or(CutLine);
        }
        if let Some(at) = begins(text, &DEVICE_KEYS, "synapse.handlers.e2e_keys", HEAD_WITHIN) {
            return named(&text[at..]).map(|device| Some(Self::DeviceKeys(device))).ok_or(CutLine);
        }
        Ok(Self::refusal(text))
    }

    fn refusal(text: &[u8]) -> Option<Self> {
        let at = begins(text, &REFUSED, "synapse.http.server", REQUEST_WITHIN)?;
        let words = String::from_utf8_lossy(&text[at..]);
        let (status, words) = words.strip_prefix("SynapseError: ")?.split_once(" - ")?;
        if status != "400" && status != "413" {
            return None;
        }
        if words.starts_with("Uploading ") && words.contains(" one-time keys would leave the device holding ") {
            return Some(Self::TooLarge);
        }
        if !words.starts_with("One time key ") {
            return None;
        }
        let refusal = parse_refusal(words)?;
        let signer = signer(words, refusal.device_id);
        Some(Self::Refused { key_id: start_of(&refusal.key_id, LONGEST_KEY_ID).to_owned(), signer })
    }
}

/// Where the words are, if they begin a message of that logger.
fn begins(text: &[u8], finder: &Finder<'_>, logger: &str, within: usize) -> Option<usize> {
    let at = finder.find(&text[..text.len().min(within)])?;
    let head = &text[..at.min(HEAD_WITHIN)];
    memchr::memmem::find(head, logger.as_bytes()).map(|_| at)
}

/// `… for device 'ABC' for user '@a:hs' at 1795479216042`. Parsed from the end: clients choose the key ids that come before.
fn named(text: &[u8]) -> Option<Device> {
    let tail = String::from_utf8_lossy(&text[text.len().saturating_sub(TAIL)..]);
    let (rest, time) = tail.trim_end().rsplit_once(" at ")?;
    let (rest, user) = rest.rsplit_once(" for user ")?;
    let (_, device) = rest.rsplit_once(" for device ")?;
    if time.is_empty() || !time.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let user_id = unquoted(user).unwrap_or_else(|| user.to_owned());
    let device_id = unquoted(device)?;
    (is_user_id(&user_id) && is_id(&device_id)).then_some(Device { user_id, device_id })
}

/// A string as Python's `repr` writes it; `None` if Python would write it differently: then it is forged.
fn unquoted(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut inner = text[1..].strip_suffix(quote)?.chars();
    let mut plain = String::new();
    while let Some(c) = inner.next() {
        match c {
            '\\' => match inner.next()? {
                c @ ('\\' | '\'' | '"') => plain.push(c),
                c => plain.extend(['\\', c]),
            },
            c if c == quote => return None,
            c => plain.push(c),
        }
    }
    Some(plain)
}

/// The signer of the refused key, as the key itself claims.
fn signer(words: &str, device_id: Option<String>) -> Option<Device> {
    let (_, rest) = words.split_once("ew key: ")?;
    let (_, rest) = rest.split_once("'signatures': {'")?;
    let (user, _) = rest.split_once('\'')?;
    let user_id = is_user_id(user).then(|| user.to_owned())?;
    Some(Device { user_id, device_id: device_id.filter(|id| is_id(id))? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<UploadLine> {
        UploadLine::read(&Record::read(line.as_bytes()).unwrap()).unwrap_or(None)
    }

    fn device(user: &str, device: &str) -> Device {
        Device { user_id: user.to_owned(), device_id: device.to_owned() }
    }

    const ADDING: &str = "2026-11-25 09:23:15,142 INFO synapse.handlers.e2e_keys POST-75 Adding one_time_keys dict_keys([KEYS]) for \
        device DEVICE for user '@a:hs' at 1795598595142";

    #[test]
    fn the_device_of_an_upload_is_the_one_that_the_server_names() {
        let long = format!("'{}'", "x".repeat(256));
        for (keys, name, expected) in [
            ("'signed_curve25519:AAAA'", "'ABC'", Some("ABC")),
            ("\"x'] for device 'EVIL' for user '@evil:hs' at 1\"", "'ABC'", Some("ABC")),
            ("'a'", "\"it's\"", Some("it's")),
            ("'a'", "'both \\' and \"'", Some("both ' and \"")),
            ("'a'", "\"x' for device 'EVIL\"", None),
            ("'a'", r"'x for device \'EVIL'", None),
            ("'a'", "''", None),
            ("'a'", "None", None),
            ("'a'", long.as_str(), None),
        ] {
            let line = ADDING.replace("KEYS", keys).replace("DEVICE", name);
            assert_eq!(read(&line), expected.map(|name| UploadLine::Adding(device("@a:hs", name))), "{line}");
        }
        let line = "2026-11-25 09:23:15,142 - synapse.handlers.e2e_keys - 930 - INFO - POST-75 - Updating device_keys for device 'ABC' \
            for user @a:hs at 1795598595142";
        assert_eq!(read(line), Some(UploadLine::DeviceKeys(device("@a:hs", "ABC"))));
    }

    #[test]
    fn a_line_of_another_logger_is_no_upload_line() {
        let line = ADDING.replace("synapse.handlers.e2e_keys", "synapse.http.client").replace("DEVICE", "'ABC'");
        assert_eq!(read(&line), None);
        let long = format!("synapse.handlers.e2e_keys {}", "x".repeat(300));
        assert_eq!(read(&ADDING.replace("synapse.handlers.e2e_keys", &long)), None);
    }

    #[test]
    fn a_refusal_names_the_key_and_its_signer() {
        let line = "2026-11-25 09:23:15,142 INFO synapse.http.server POST-75 <SynapseRequest at 0x7f method='POST' \
            uri='/_matrix/client/v3/keys/upload' clientproto='HTTP/1.1' site='8008'> SynapseError: 400 - One time key \
            signed_curve25519:AAAAAAAAAA0 already exists. Old key: {\"key\":\"BQZikJgP2/UkkwKB6vSyQXmmJckcpptNJpqKRnO3wAw\"}; new key: \
            {'key': 'TPlS0pT1gfoFwugSf13FCe964izgp7zYfshOBYMaXQE', 'signatures': {'@a:hs': {'ed25519:ABC': 'zRP9'}}}";
        let key_id = "signed_curve25519:AAAAAAAAAA0".to_owned();
        assert_eq!(read(line), Some(UploadLine::Refused { key_id, signer: Some(device("@a:hs", "ABC")) }));
        let line = "2026-11-25 09:23:15,142 INFO synapse.http.server POST-75 <SynapseRequest> SynapseError: 400 - Uploading 50 more \
            signed_curve25519 one-time keys would leave the device holding 550, over the limit of 500";
        assert_eq!(read(line), Some(UploadLine::TooLarge));
    }
}
