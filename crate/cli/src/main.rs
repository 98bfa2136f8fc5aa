//! `lotus-crypto-diag` on the shell of a homeserver: which devices are stuck, and what a report says. It has no network.
//!
//! What goes to the terminal was written by others: no control character of it gets there.

#[cfg(not(target_family = "wasm"))]
mod args;
#[cfg(not(target_family = "wasm"))]
mod diagnose;
#[cfg(not(target_family = "wasm"))]
mod files;
#[cfg(not(target_family = "wasm"))]
mod output;
#[cfg(not(target_family = "wasm"))]
mod survey;

#[cfg(not(target_family = "wasm"))]
fn main() -> std::process::ExitCode {
    use clap::Parser;

    let result = match args::Args::parse().command {
        args::Command::Survey(args) => survey::run(&args),
        args::Command::Diagnose(args) => diagnose::run(&args),
        args::Command::Query(args) => output::print(&args.database.query()).map(|()| output::Outcome::Nothing),
    };
    output::exit_code(result)
}

/// There is no shell in WebAssembly.
#[cfg(target_family = "wasm")]
fn main() {}
