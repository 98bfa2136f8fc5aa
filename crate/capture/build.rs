//! How the WebAssembly is linked.

fn main() {
    // A stack of 64 KiB in place of 1 MiB, for code that needs less than a tenth of that and does not recurse. It lies below
    // the constants, whose addresses are then a byte shorter wherever one stands.
    println!("cargo::rustc-link-arg-cdylib=-zstack-size=65536");
    println!("cargo::rerun-if-changed=build.rs");
}
