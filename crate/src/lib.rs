//! Tells a Matrix web client why its end-to-end encryption is breaking, and keeps the proof.
//!
//! The modules below stand in the order of their dependencies: each may use those above it. The pure ones know no
//! JavaScript, no clock and no storage; they take text and the time, and return data. Only [`web`] adapts them to a
//! browser, and exists in the WebAssembly build alone, as do the crates it needs.

pub mod timestamp;

mod scan;
mod structure;

#[doc(hidden)]
pub mod steps;

pub mod entry;

pub mod decryption;
mod media_key;
mod membership;
pub mod otk;
pub mod redact;
pub mod store_trouble;

pub mod signature;

mod store_marker;

pub mod crypto_store;
pub mod evidence;
pub mod line;
pub mod stores;
pub mod tab_message;

pub mod election;

pub mod leadership;
pub mod upload;
pub mod upload_loop;
pub mod upload_outcome;

pub mod upload_clients;

pub mod session;

#[cfg(feature = "diagnosis")]
pub mod capture_session;
#[cfg(feature = "diagnosis")]
pub mod latency;
#[cfg(feature = "diagnosis")]
pub mod server_evidence;
#[cfg(feature = "diagnosis")]
pub mod storage;
#[cfg(feature = "diagnosis")]
pub mod tabs;
#[cfg(feature = "diagnosis")]
pub mod verdict;

#[cfg(feature = "diagnosis")]
pub mod report;

#[cfg(feature = "diagnosis")]
pub mod redacted_copy;

#[cfg(feature = "diagnosis")]
pub mod runbook;

#[cfg(feature = "diagnosis")]
pub mod diagnosis;

#[cfg(target_family = "wasm")]
pub mod web;
