//! The browser edge: one Web API per file, conversions only. The core makes every decision.
#![cfg(target_family = "wasm")]

mod bounded;
mod channel;
mod convert;
mod crypto_stores;
mod databases;
mod diag;
mod ed25519;
mod election;
mod environment;
mod events;
mod history;
mod kept_copies;
mod kept_pages;
mod kept_storage;
mod latency;
mod locks;
mod markers;
mod matrix_client;
mod members;
mod options;
mod page;
mod repair;
mod repair_peers;
mod report;
mod roll;
mod shape;
mod storage;
mod stored_events;
mod tabs;
mod uploads;
mod without_secrets;

#[cfg(test)]
#[path = "../../../tests/browser/main.rs"]
mod browser;

pub use convert::Clock;
pub use crypto_stores::CryptoStores;
pub use diag::{CryptoDiag, LineReader};
pub use latency::RequestTimings;
pub use locks::EndSignal;
pub use members::{TabLeadershipOptions, TabMember};
pub use options::UploadWatchOptions;
pub use report::{Facts, Judge};
pub use storage::PersistentStorage;
pub use tabs::PageTabs;
pub use uploads::UploadCall;

/// Constant time, little fragmentation, and a fifth of the bytes of `std`'s allocator.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// Imports of the types that are named in the `.d.ts` file that wasm-bindgen writes.
#[wasm_bindgen::prelude::wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r"
import type { Judge } from '../../src/diagnose-later';
import type { EndSignal } from '../../src/end';
import type { FromMemory, UploadCall, UploadWatchOptions } from '../../src/engine';
import type {
  CryptoStoreStatus, EarlierSummary, Entry, Evidences, RepairStatus, StorageStatus, TabRole, Tabs,
} from '../../src/generated/model';
import type { HistorySafety, TabSeat, TabsSummary } from '../../src/generated/glue';
import type { Facts } from '../../src/reports';
import type { TabLeadershipOptions, TabMember, TakeOverResult } from '../../src/tabs';
";
