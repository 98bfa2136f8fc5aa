//! Reads files, packed or not, in bounded memory, and shows how far it is.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lotus_crypto_diag_server_evidence::survey_text::visible;
use lotus_crypto_diag_server_evidence::{Content, Purpose, Reader};

const CHUNK: usize = 256 * 1024;
/// How often a second the progress is drawn.
const REFRESH: u8 = 4;

/// Reads one file; `-` is the standard input.
///
/// # Errors
/// It cannot be opened or read, or says nothing here: the reason, for a person.
pub(crate) fn read(path: &Path, purpose: Purpose) -> Result<Content, String> {
    let of_file = |reason: &dyn std::fmt::Display| visible(&format!("{}: {reason}", path.display()));
    let is_stdin = path.as_os_str() == "-";
    let (mut source, size): (Box<dyn Read>, Option<u64>) = if is_stdin {
        (Box::new(io::stdin().lock()), None)
    } else {
        let file = File::open(path).map_err(|error| of_file(&error))?;
        let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        (Box::new(file), size)
    };
    let progress = progress(path, size);
    let mut reader = Reader::new(purpose);
    let mut chunk = vec![0; CHUNK];
    let read = loop {
        let length = match source.read(&mut chunk) {
            Ok(0) => break Ok(()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => break Err(of_file(&error)),
        };
        if let Err(refused) = reader.push(&chunk[..length]) {
            break Err(of_file(&refused));
        }
        progress.inc(length as u64);
    };
    progress.finish_and_clear();
    read.and_then(|()| reader.finish().map_err(|refused| of_file(&refused)))
}

fn progress(path: &Path, size: Option<u64>) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr_with_hz(REFRESH));
    let template = match size {
        Some(_) => "{msg} {bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
        None => "{msg} {bytes}, {bytes_per_sec}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(visible(&path.display().to_string()));
    bar
}
