//! The page loads before this one: evidence that outlived its page.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::capture_session::CaptureSession;
use crate::crypto_store::CryptoStoreStatus;
use crate::entry::{Entry, FaultCounts};
use crate::json::to_json;
use crate::repair::RepairStatus;
use crate::timestamp::Timestamp;
use crate::upload_loop::UploadLoopStatus;

/// How a page ended, as far as the browser lets that be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum PageEnd {
    /// The tab was closed, or another page was opened in it.
    Closed,
    /// The page was loaded anew.
    Reloaded,
    /// The page stopped without a word: its process, the browser or the machine died.
    Crashed,
    /// The browser discarded the page to save memory.
    Discarded,
    /// Another tab took its place as the active one, and this page stopped.
    Replaced,
    /// The page had not ended when this was read: it is open in another tab.
    Open,
    /// Nothing tells.
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

/// What was seen in one earlier page load of the device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct EarlierPage {
    /// When the page began, by the clock of the device.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub began_at: Timestamp,
    /// The latest moment at which the page is known to have run.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub last_seen_at: Timestamp,
    /// How it ended.
    #[serde(default)]
    pub end: PageEnd,
    /// Lines seen of each fault, kept as an entry or not.
    #[serde(default)]
    pub counts: FaultCounts,
    /// The evidence, the most recent last: at most 200 entries, fewer where there was no room.
    #[serde(default)]
    pub entries: Vec<Entry>,
    /// So many entries of that page were left out for want of room.
    #[serde(default)]
    pub entries_left_out: u32,
    /// The device's crypto store, as it was seen last in that page; `null`: it was not asked about.
    #[serde(default)]
    pub crypto_store: Option<CryptoStoreStatus>,
    /// The uploads of one-time keys, as they stood last in that page.
    #[serde(default)]
    pub upload_loop: UploadLoopStatus,
    /// The capture session of that page; `null`: none.
    #[serde(default)]
    pub capture_session: Option<CaptureSession>,
    /// The latest repair that a person asked for in that page; `null`: none.
    #[serde(default)]
    pub repair: Option<RepairStatus>,
}

/// For a view: how far the kept evidence reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct EarlierSummary {
    /// When the earliest of the kept pages began.
    #[cfg_attr(feature = "bindings", ts(as = "String"))]
    pub since: Timestamp,
    /// How many page loads are kept beside the present one, those of other open tabs with them.
    pub pages: u32,
}

/// Reads the earlier pages of a report. They stood where any script of the origin can write: of a page that does not fit the
/// model its times are left, and the entries that fit. By way of the text, as the code that reads the model from text is there.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<EarlierPage>, D::Error> {
    let pages = Vec::<Value>::deserialize(deserializer)?;
    Ok(pages.iter().filter_map(|page| read_page(&to_json(page))).collect())
}

fn read_page(page: &str) -> Option<EarlierPage> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Rest {
        began_at: Timestamp,
        last_seen_at: Timestamp,
        #[serde(default)]
        entries: Vec<Value>,
    }

    if let Ok(page) = serde_json::from_str(page) {
        return Some(page);
    }
    let Rest { began_at, last_seen_at, entries: given } = serde_json::from_str(page).ok()?;
    let entries: Vec<Entry> = given.iter().filter_map(|entry| serde_json::from_str(&to_json(entry)).ok()).collect();
    let entries_left_out = u32::try_from(given.len() - entries.len()).unwrap_or(u32::MAX);
    Some(EarlierPage { began_at, last_seen_at, entries, entries_left_out, ..EarlierPage::default() })
}

impl EarlierSummary {
    /// As a view is given it; `null`: there is none.
    pub fn to_json(summary: Option<&Self>) -> String {
        to_json(&summary)
    }
}
