//! The WebAssembly modules of `lotus-crypto-diag`: its exports, and what they stand on.
//!
//! The one that is there from boot is built without `std`: with it would come an allocator of 5 kB, and the words of every
//! panic that could happen, with the means to format them.
#![cfg_attr(not(feature = "diagnosis"), no_std)]
#![cfg(target_family = "wasm")]

pub use lotus_crypto_diag::web;

#[cfg(not(feature = "diagnosis"))]
mod alone {
    /// Constant time, little fragmentation, and small.
    #[global_allocator]
    static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

    /// A trap, as `panic = "abort"` has it.
    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
