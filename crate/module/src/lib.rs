//! The WebAssembly modules of `lotus-crypto-diag`: its exports, for a `cdylib`.
#![cfg(target_family = "wasm")]

pub use lotus_crypto_diag::web;

/// Constant time, little fragmentation, and a fifth of the bytes of the one that `std` brings along.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
