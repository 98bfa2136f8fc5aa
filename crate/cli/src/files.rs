//! Reads files, gzipped or not, in bounded memory, and shows the progress.

use std::fs::File;
use std::io::{self, IsTerminal, Read as _};
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lotus_crypto_diag_server_evidence::survey_text::visible;
use lotus_crypto_diag_server_evidence::{Content, Purpose, Reader};

use crate::output::print_error;

const CHUNK: usize = 256 * 1024;
/// How often the progress is drawn, per second.
const REFRESH: u8 = 4;

/// How many bytes of a file are read to find out when its log begins.
const HEAD: u64 = 256 * 1024;

/// A file that was read.
pub(crate) struct Read {
    pub(crate) content: Content,
    /// Whether all of it was read.
    pub(crate) is_whole: bool,
}

/// Whether a file can be read more than once.
pub(crate) fn is_regular(path: &Path) -> bool {
    path.as_os_str() != "-" && path.metadata().is_ok_and(|metadata| metadata.is_file())
}

/// When a log begins, in UTC; `None` if unknown.
pub(crate) fn begins(path: &Path, offset_ms: i64) -> Option<i64> {
    let mut head = Vec::new();
    File::open(path).ok()?.take(HEAD).read_to_end(&mut head).ok()?;
    let mut reader = Reader::new(Purpose::Survey);
    reader.push(&head).ok()?;
    reader.finish().ok()?.span(offset_ms).map(|[first, _]| first)
}

/// Reads one file; `-` is the standard input. Prints notes about anything odd.
///
/// # Errors
/// The file cannot be opened or read, or is of no known kind; the text is for the user.
pub(crate) fn read(path: &Path, purpose: Purpose) -> Result<Read, String> {
    let of_file = |reason: &dyn std::fmt::Display| visible(&format!("{}: {reason}", path.display()));
    let is_stdin = path.as_os_str() == "-";
    let (mut source, size): (Box<dyn io::Read>, Option<u64>) = if is_stdin {
        (Box::new(io::stdin().lock()), None)
    } else {
        let file = File::open(path).map_err(|error| of_file(&error))?;
        let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        (Box::new(file), size)
    };
    let progress = progress(path, size);
    let mut reader = Reader::new(purpose);
    let mut chunk = vec![0; CHUNK];
    let mut bytes: u64 = 0;
    let read = loop {
        let length = match source.read(&mut chunk) {
            Ok(0) => break Ok(None),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => break Ok(Some(error)),
        };
        if let Err(refused) = reader.push(&chunk[..length]) {
            break Err(of_file(&refused));
        }
        bytes += length as u64;
        progress.inc(length as u64);
    };
    progress.finish_and_clear();
    let stopped = read?;
    if let (Some(error), 0) = (&stopped, bytes) {
        return Err(of_file(error));
    }
    let content = reader.finish().map_err(|refused| of_file(&refused))?;
    for note in &content.notes {
        print_error(&of_file(note));
    }
    if let Some(error) = &stopped {
        print_error(&of_file(&format!("{error}, after {bytes} bytes. What comes before that is used.")));
    }
    let is_whole = stopped.is_none() && !content.is_partial;
    if !is_whole {
        print_error(&of_file(&"read only in part."));
    }
    Ok(Read { content, is_whole })
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
