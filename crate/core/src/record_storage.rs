//! Where records of pages are stored: texts under keys, in a place that the app and other tabs use as well.

use crate::kept_page::Head;
use crate::timestamp::Timestamp;

/// The prefix of all keys of records.
pub const PREFIX: &str = "lotus-crypto-diag/page/";
/// The prefix of the keys of device markers. Only the logout of its device removes a marker.
pub const MARKERS: &str = "lotus-crypto-diag/device/";
/// Replaces an id that is not known yet.
pub(crate) const UNKNOWN_ID: &str = "-";

/// A place for records, such as `localStorage`. Each call may fail: the place may be blocked or full, or the page may have
/// replaced its methods.
pub trait RecordStorage {
    /// The keys with [`PREFIX`], each with the length of its text in UTF-16 units.
    fn list(&self) -> Result<Vec<(String, usize)>, String>;
    /// The length of all other keys and texts, in UTF-16 units.
    fn length_of_others(&self) -> usize;
    /// The text at a key.
    fn read(&self, key: &str) -> Result<Option<String>, String>;
    /// The first characters of the text, see [`HEAD_LENGTH`](crate::kept_page::HEAD_LENGTH).
    fn head(&self, key: &str) -> Option<String>;
    /// Stores a text.
    fn write(&self, key: &str, text: &str) -> Result<(), WriteError>;
    /// Removes the text at a key.
    fn remove(&self, key: &str) -> Result<(), String>;
    /// Whether a marker remembers the device of this folder.
    fn has_marker(&self, folder: &str) -> bool;
    /// Removes the markers of the devices whose folders `meant` accepts.
    fn remove_markers(&self, meant: &dyn Fn(&str) -> bool);
}

/// Why a text was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteError {
    /// There is no room.
    pub is_full: bool,
    /// The reason, as a readable text.
    pub words: String,
}

/// The prefix of the keys of a device. Ids that are not known yet are replaced by `-`.
///
/// ```
/// use lotus_crypto_diag::record_storage::folder_of;
///
/// assert_eq!(folder_of(Some("@a:hs"), Some("D/1")), "lotus-crypto-diag/page/%40a%3Ahs/D%2F1/");
/// assert_eq!(folder_of(None, None), "lotus-crypto-diag/page/-/-/");
/// ```
pub fn folder_of(user_id: Option<&str>, device_id: Option<&str>) -> String {
    let part = |id: Option<&str>| id.map_or_else(|| UNKNOWN_ID.to_owned(), escape);
    let (user, device) = (part(user_id), part(device_id));
    [PREFIX, &user, "/", &device, "/"].concat()
}

/// An id as a part of a key.
pub(crate) fn escape(id: &str) -> String {
    form_urlencoded::byte_serialize(id.as_bytes()).collect()
}

/// The folder and the page id in a key; `None` if it is not the key of a record.
pub fn split(key: &str) -> Option<(&str, &str)> {
    let (folder, id) = key.split_at(key.rfind('/')? + 1);
    let is_folder = folder.strip_prefix(PREFIX).is_some_and(|device| device.matches('/').count() == 2);
    (is_folder && began(id).is_some()).then_some((folder, id))
}

/// When a page began, read from its id: `<milliseconds since 1970>-<random>`, in hexadecimal.
pub fn began(id: &str) -> Option<Timestamp> {
    let (ms, random) = id.split_once('-')?;
    let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if !is_hex(ms) || !is_hex(random) || random.len() != 8 || !(1..=12).contains(&ms.len()) {
        return None;
    }
    let ms = u64::from_str_radix(ms, 16).ok()?;
    Some(Timestamp::default().plus_ms(i64::try_from(ms).ok()?))
}

/// The id of a page that began at this time. `random` is from 0 to 1.
pub fn page_id(began_ms: i64, random: f64) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    let random = (random * f64::from(u32::MAX)) as u32;
    format!("{:x}-{random:08x}", began_ms.max(0))
}

/// A record in the list of keys.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) key: String,
    /// Where the page id begins in the key.
    pub(crate) at: usize,
    /// Length of key and text, in UTF-16 units.
    pub(crate) length: usize,
}

impl Record {
    pub(crate) fn id(&self) -> &str {
        &self.key[self.at..]
    }

    pub(crate) fn folder(&self) -> &str {
        &self.key[..self.at]
    }

    pub(crate) fn is_in(&self, folder: &str) -> bool {
        self.folder() == folder
    }
}

/// Older records are removed.
pub const MAX_AGE_MS: i64 = 7 * 86_400_000;

pub(crate) fn head_at(storage: &impl RecordStorage, key: &str) -> Head {
    Head::read(&storage.head(key).unwrap_or_default())
}

/// Also true for a time in the future: the clock may have been set back.
pub(crate) const fn is_old(seen: i64, now: Timestamp) -> bool {
    seen.abs_diff(now.ms()) > MAX_AGE_MS.unsigned_abs()
}
