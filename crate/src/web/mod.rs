//! The browser edge: one API a file, conversions only.

mod console;
mod diag;

pub use diag::CryptoDiag;
