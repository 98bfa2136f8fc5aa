//! The browser edge: one API a file, conversions only.
//!
//! Two WebAssembly modules come of it, by the feature: `capture` is there from the first line of boot, `diagnosis` is
//! loaded when somebody wants to know what a report says.

#[cfg(feature = "capture")]
mod convert;
#[cfg(feature = "capture")]
mod diag;
#[cfg(feature = "capture")]
mod markers;
#[cfg(feature = "capture")]
mod tabs;

#[cfg(feature = "diagnosis")]
mod diagnosis;

#[cfg(feature = "capture")]
pub use {
    convert::{Callback, Clock},
    diag::{CryptoDiag, LineReader},
    tabs::TabElection,
};

#[cfg(feature = "diagnosis")]
pub use diagnosis::{diagnose, read_refusal, redact, redact_secrets};
