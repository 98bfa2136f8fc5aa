//! Tells a Matrix web client why its end-to-end encryption breaks, and keeps the evidence.
//!
//! The modules are listed in the order of their dependencies: each may use those above it. They know no JavaScript, no
//! clock and no storage; they take text and the time, and return data. Two other crates adapt them to a browser, each
//! as a WebAssembly module: `capture` gathers evidence, `diagnosis` reads reports.

pub mod timestamp;

mod json;
mod scan;
mod structure;

#[doc(hidden)]
pub mod steps;

pub mod entry;

mod decryption;
mod media_key;
mod membership;
pub mod otk;
pub mod redact;
pub mod store_trouble;

pub mod signature;

pub mod store_database;
mod store_marker;
mod store_status;

pub mod crypto_store;
pub mod evidence;
pub mod line;
pub mod stores;
pub mod tab_message;

pub mod election;

pub mod leader_note;
pub mod leadership;
pub mod tabs;
pub mod upload;
pub mod upload_answer;
pub mod upload_loop;
pub mod upload_outcome;

pub mod refusals;

pub mod upload_clients;

pub mod capture_session;
pub mod history;
pub mod one_time_key;
pub mod recovery;
pub mod repair;

pub mod earlier;
mod foreign_json;

pub mod roll_message;
pub mod session;

mod kept_entries;
pub mod kept_page;
pub mod record_storage;

pub mod keeper;
mod page_end;

pub mod roll_call;

pub mod request_path;
pub mod storage;

pub mod latency;
pub mod persistence;

pub mod server_evidence;
pub mod survey;
pub mod verdict;

pub mod report;

pub mod host_facts;
pub mod stored_events;

pub mod redacted_copy;

pub mod runbook;

pub mod diagnosis;
