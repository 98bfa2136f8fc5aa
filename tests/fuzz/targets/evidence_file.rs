#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| lotus_crypto_diag_fuzz::targets::evidence_file(data));
