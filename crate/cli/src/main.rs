//! `lotus-crypto-diag` for the shell of a homeserver: which devices are stuck, and what a report says. It uses no network.
//!
//! The output contains text by strangers: none of its control characters reach the terminal.

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

/// WebAssembly has no shell.
#[cfg(target_family = "wasm")]
fn main() {}
