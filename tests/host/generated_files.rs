//! Files that are generated from the Rust model: compared with those in the repository, or written by `make bindings`.

use std::fs;
use std::path::Path;

use ts_rs::{Config, TS};

pub(crate) fn hold(path: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, generated).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == generated, "{} is not what the model says: run `make bindings`", path.display());
}

pub(crate) fn hold_types(path: &str, imports: &str, declarations: &[String]) {
    let declarations = declarations.join("\n\n");
    hold(path, &format!("// Written from the Rust model by `make bindings`.\n\n{imports}{declarations}\n"));
}

pub(crate) fn declaration<T: TS + 'static>(config: &Config) -> String {
    let text = T::export_to_string(config).unwrap();
    // All types are in one file: drop the header and the imports.
    let wanted = |line: &&str| !line.starts_with("// This file") && !line.starts_with("import type");
    let lines: Vec<_> = text.lines().filter(wanted).map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}
