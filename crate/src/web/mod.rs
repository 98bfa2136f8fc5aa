//! The browser edge: one API a file, conversions only.

mod console;
mod diag;
mod notify;

pub use diag::CryptoDiag;
