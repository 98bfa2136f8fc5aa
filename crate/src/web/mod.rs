//! The browser edge: one API a file, conversions only.

mod console;
mod convert;
mod diag;
mod markers;

pub use diag::CryptoDiag;
