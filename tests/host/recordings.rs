//! The folder of recorded sessions: the fixtures, or recordings of another release.

use std::env;
use std::path::{Path, PathBuf};

pub(crate) fn folder() -> PathBuf {
    match env::var_os("RECORDED") {
        Some(folder) if !folder.is_empty() => folder.into(),
        _ => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/recorded"),
    }
}
