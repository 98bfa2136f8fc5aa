//! Reads what an administrator has of the homeserver's side: its log, a HAR file, answers of the database; and surveys the devices
//! in them.
//!
//! A file comes in chunks of bytes and is never in memory as a whole. What it is, is told by what is in it. Everything in it
//! is hostile until it is read: what does not parse is left out and counted.

mod client;
mod content;
mod csv_rows;
mod device_tally;
mod encoding;
mod ended;
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

pub use content::{Content, Kind, TellingLine};
pub use gathering::Gathering;
pub use log_tally::LogTally;
pub use reader::{Purpose, Reader};
pub use requests::Timed;
pub use rows::Rows;

/// A file that says nothing here; its words are for a person to read.
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
