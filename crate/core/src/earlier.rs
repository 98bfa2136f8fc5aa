//! The page loads before this one: evidence that outlived its page.

use serde::{Deserialize, Serialize};

use crate::capture_session::CaptureSession;
use crate::crypto_store::CryptoStoreStatus;
use crate::entry::{Entry, FaultCounts};
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
