//! Tells a Matrix web client why its end-to-end encryption is breaking, and keeps the proof.
//!
//! The modules below stand in the order of their dependencies: each may use those above it. The pure ones know no
//! JavaScript, no clock and no storage; they take text and the time, and return data. Only [`web`] adapts them to a
//! browser, and exists in the WebAssembly build alone, as do the crates it needs.

pub mod timestamp;

mod scan;

pub mod entry;

pub mod decryption;
mod media_key;
mod membership;
pub mod otk;
pub mod redact;

pub mod signature;

pub mod crypto_store;
pub mod evidence;
pub mod storage;
pub mod stores;
pub mod tab_message;

pub mod election;

pub mod leadership;
pub mod tabs;
pub mod upload_loop;

pub mod upload_clients;

pub mod capture_session;
pub mod latency;
pub mod server_evidence;
pub mod verdict;

pub mod report;

pub mod diagnosis;

pub mod session;

#[cfg(target_family = "wasm")]
pub mod web;
