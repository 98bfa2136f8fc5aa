//! Earlier page loads: evidence that outlived its page.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::capture_session::CaptureSession;
use crate::crypto_store::CryptoStoreStatus;
use crate::entry::{Entry, FaultCounts};
use crate::json::to_json;
use crate::repair::RepairStatus;
use crate::timestamp::Timestamp;
use crate::upload_loop::UploadLoopStatus;

/// How a page ended, as far as this can be detected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum PageEnd {
    /// The tab was closed, or another page was opened in it.
    Closed,
    /// The page was reloaded.
    Reloaded,
    /// The page stopped without an event: its process, the browser or the machine died.
    Crashed,
    /// The browser discarded the page to save memory.
    Discarded,
    /// Another tab replaced this page as the active one, and this page stopped.
    Replaced,
    /// The page had not ended when this was read: it is open in another tab.
    Open,
    /// Not known.
    #[default]
    Unknown,
}

impl PageEnd {
    /// Its name in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Reloaded => "reloaded",
            Self::Crashed => "crashed",
            Self::Discarded => "discarded",
            Self::Replaced => "replaced",
            Self::Open => "open",
            Self::Unknown => "unknown",
        }
    }
}

/// The evidence of one earlier page load of the device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct EarlierPage {
    /// When the page began, by the clock of the device.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub began_at: Timestamp,
    /// The latest time at which the page is known to have run.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub last_seen_at: Timestamp,
    /// How the page ended.
    #[serde(default)]
    pub end: PageEnd,
    /// How many lines of each fault were seen, including those without an entry.
    #[serde(default)]
    pub counts: FaultCounts,
    /// The evidence, the most recent last: at most 200 entries, fewer if there was no room.
    #[serde(default)]
    pub entries: Vec<Entry>,
    /// How many entries of that page were left out because there was no room.
    #[serde(default)]
    pub entries_left_out: u32,
    /// The device's crypto store, as last seen in that page; `null`: it was not checked.
    #[serde(default)]
    pub crypto_store: Option<CryptoStoreStatus>,
    /// The state of the one-time key uploads, as last seen in that page.
    #[serde(default)]
    pub upload_loop: UploadLoopStatus,
    /// The capture session of that page; `null`: none.
    #[serde(default)]
    pub capture_session: Option<CaptureSession>,
    /// The latest repair that the user started in that page; `null`: none.
    #[serde(default)]
    pub repair: Option<RepairStatus>,
}

/// For a view: the time that the stored evidence covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct EarlierSummary {
    /// When the earliest of the stored pages began.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub since: Timestamp,
    /// How many page loads are stored besides the current one, including those of other open tabs.
    pub pages: u32,
}

/// Reads the earlier pages of a report. Any script of the origin could write them: a page that does not fit the model keeps
/// only its times and the entries that fit. Converts through text, because the code that reads the model from text exists.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<EarlierPage>, D::Error> {
    let pages = Vec::<Value>::deserialize(deserializer)?;
    Ok(pages.iter().filter_map(|page| read_page(&to_json(page))).collect())
}

fn read_page(page: &str) -> Option<EarlierPage> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct ReadableFields {
        began_at: Timestamp,
        last_seen_at: Timestamp,
        #[serde(default)]
        entries: Vec<Value>,
    }

    if let Ok(page) = serde_json::from_str(page) {
        return Some(page);
    }
    let ReadableFields { began_at, last_seen_at, entries: given } = serde_json::from_str(page).ok()?;
    let entries: Vec<Entry> = given.iter().filter_map(|entry| serde_json::from_str(&to_json(entry)).ok()).collect();
    let entries_left_out = u32::try_from(given.len() - entries.len()).unwrap_or(u32::MAX);
    Some(EarlierPage { began_at, last_seen_at, entries, entries_left_out, ..EarlierPage::default() })
}

impl EarlierSummary {
    /// The JSON for a view; `null`: there is none.
    pub fn to_json(summary: Option<&Self>) -> String {
        to_json(&summary)
    }
}
