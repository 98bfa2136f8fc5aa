//! What the command writes, and how it ends.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use comfy_table::{ContentArrangement, Table, presets};
use lotus_crypto_diag_server_evidence::survey_text::visible;
use serde::Serialize;

/// What there was to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Or only what is over.
    Nothing,
    Something,
    /// A file could not be read, or only in part: what was found may not be all.
    Unreadable,
}

/// To the standard output. Whoever stops reading it has read enough: how the command ends does not change.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// JSON, indented. What a terminal might obey is escaped in it.
pub(crate) fn json(value: &impl Serialize) -> io::Result<String> {
    let mut text = String::new();
    for c in serde_json::to_string_pretty(value)?.chars() {
        // Beyond ASCII there are control characters, too, and all of them stand in strings.
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

/// A line for a person to read, beside the output.
pub(crate) fn tell(text: &str) {
    // Where nobody listens there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{}", visible(text));
}

/// Where there is no terminal, as in the mail of cron.
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
            tell(&error.to_string());
            ExitCode::from(2)
        }
    }
}
