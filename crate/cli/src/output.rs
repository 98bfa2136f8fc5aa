//! The output of the command, and its exit status.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use comfy_table::{ContentArrangement, Table, presets};
use lotus_crypto_diag_server_evidence::survey_text::visible;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing, or only trouble that is over.
    Nothing,
    Something,
    /// A file could not be read, or only in part: there may be more to find.
    Unreadable,
}

/// Writes to the standard output. A closed pipe is no error and does not change the exit status.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Indented JSON, with control characters escaped that a terminal would interpret.
pub(crate) fn json(value: &impl Serialize) -> io::Result<String> {
    let mut text = String::new();
    for c in serde_json::to_string_pretty(value)?.chars() {
        // There are control characters beyond ASCII, too. In JSON they only occur in strings.
        if c.is_ascii() || visible(c.encode_utf8(&mut [0; 4])).starts_with(c) {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text.push('\n');
    Ok(text)
}

/// Prints a line for the user on the standard error.
pub(crate) fn print_error(text: &str) {
    // If the standard error is closed, nobody reads it.
    let _ = writeln!(io::stderr().lock(), "{}", visible(text));
}

/// The width without a terminal, as in a mail of cron.
const WIDTH: u16 = 160;

/// A table as wide as the terminal.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(head);
    if !io::stdout().is_terminal() {
        table.set_width(WIDTH);
    }
    for row in rows {
        table.add_row(row.map(|cell| visible(&cell)));
    }
    format!("{table}\n")
}

pub(crate) fn exit_code(result: io::Result<Outcome>) -> ExitCode {
    match result {
        Ok(Outcome::Nothing) => ExitCode::SUCCESS,
        Ok(Outcome::Something) => ExitCode::from(1),
        Ok(Outcome::Unreadable) => ExitCode::from(2),
        Err(error) => {
            print_error(&error.to_string());
            ExitCode::from(2)
        }
    }
}
