//! The browser edge: one API a file, conversions only.

mod console;
mod convert;
mod diag;
mod markers;
mod tabs;
mod uploads;

pub use diag::CryptoDiag;
pub use tabs::TabElection;
