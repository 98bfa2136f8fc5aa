//! The browser edge: one API a file, conversions only.
//!
//! Two WebAssembly modules come of it, by the feature: `capture` gathers evidence, `diagnosis` is
//! loaded when somebody wants to know what a report says.

#[cfg(feature = "capture")]
mod convert;
#[cfg(feature = "capture")]
mod diag;
#[cfg(feature = "capture")]
mod markers;
#[cfg(feature = "capture")]
mod options;
#[cfg(feature = "capture")]
mod tabs;

#[cfg(feature = "diagnosis")]
mod diagnosis;

#[cfg(feature = "capture")]
pub use {
    convert::Clock,
    diag::{CryptoDiag, LineReader},
    options::UploadWatchOptions,
    tabs::TabElection,
};

/// The types that the declarations name which wasm-bindgen writes.
#[cfg(feature = "capture")]
#[wasm_bindgen::prelude::wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r"
import type { UploadWatchOptions } from '../../src/engine';
import type { CryptoStoreStatus, Evidences } from '../../src/generated/model';
";

#[cfg(feature = "diagnosis")]
pub use diagnosis::{diagnose, read_refusal, redact, redact_secrets};

/// As above.
#[cfg(all(feature = "diagnosis", not(feature = "capture")))]
#[wasm_bindgen::prelude::wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "import type { Refusal } from '../../src/generated/model';";
