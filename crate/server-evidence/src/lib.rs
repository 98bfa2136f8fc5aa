//! Reads an administrator's evidence of the homeserver's side (its log, a HAR file, query results of the database), and
//! surveys the devices in it.
//!
//! A file arrives in chunks of bytes and is never in memory as a whole. Its kind is detected by its content. All content is
//! untrusted: what cannot be parsed is left out and counted.

mod client;
mod content;
mod csv_rows;
mod device_tally;
mod encoding;
mod fields;
mod gathering;
mod har;
mod json;
mod json_values;
mod lines;
mod log;
mod log_record;
mod log_tally;
mod process;
mod reader;
mod request_end;
mod requests;
mod rows;
mod series;
mod table;
mod table_troubles;
mod tally;
mod time;
mod upload_lines;
mod uploads;
mod words;

pub mod case;
pub mod redacted;
pub mod survey;
pub mod survey_text;

use std::fmt;

pub use content::{Content, Kind, RelevantLine};
pub use gathering::Gathering;
pub use log_tally::LogTally;
pub use reader::{Purpose, Reader};
pub use requests::TimedRequest;
pub use rows::Rows;

/// Why a file cannot be used, in words for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(String);

impl Unreadable {
    fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}
