//! JSON: a report, a list of reports, an event, or database rows.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::Unreadable;
use crate::content::{Content, Kind};
use crate::json_values::{Selection, Values};
use crate::rows::RowSorter;
use crate::words::{count, start_of};

/// Reads JSON values one after the other.
#[derive(Debug)]
pub(crate) struct JsonReader {
    values: Values,
    collected: Collected,
    is_report: bool,
}

#[derive(Debug, Default)]
struct Collected {
    reports: Vec<Box<RawValue>>,
    sorter: RowSorter,
    rows: u64,
    /// The first value that could not be read.
    problem: Option<String>,
    refused: Option<Unreadable>,
}

impl JsonReader {
    /// `head` is the beginning of the text.
    pub(crate) fn new(head: &str) -> Self {
        let selection = if head.trim_start().starts_with('[') { Selection::Elements } else { Selection::Whole };
        Self {
            values: Values::new(selection),
            collected: Collected::default(),
            is_report: head.contains("lotus-crypto-diag/"),
        }
    }

    pub(crate) fn push(&mut self, text: &[u8]) -> Result<(), Unreadable> {
        let collected = &mut self.collected;
        self.values.push(text, |value| collected.take(value));
        collected.refused.take().map_or(Ok(()), Err)
    }

    pub(crate) fn finish(mut self, is_cut: bool) -> Result<Content, Unreadable> {
        let collected = &mut self.collected;
        self.values.finish(|value| collected.take(value));
        if let Some(refused) = collected.refused.take() {
            return Err(refused);
        }
        let is_whole = self.values.is_whole() && !is_cut;
        let is_broken = self.values.is_broken();
        let Collected { reports, sorter, rows, problem, .. } = self.collected;
        if reports.is_empty() && rows == 0 && !is_whole {
            let what = if self.is_report { "It is a report, but" } else { "It is JSON, but" };
            return Err(Unreadable::new(match problem {
                Some(problem) => format!("{what} it is broken: {}.", start_of(&problem, 200)),
                None if is_broken => format!("{what} broken from its beginning."),
                None => format!("{what} it ends in the middle. Save it anew."),
            }));
        }
        let mut content = Content::of(Kind::Rows);
        if reports.is_empty() {
            let (found, summary, notes) = sorter.finish().map_err(|_| {
                Unreadable::new(
                    "It is JSON, but neither a report, nor a HAR file, nor an answer of the runbook's queries.",
                )
            })?;
            (content.rows, content.summary, content.notes) = (found, summary, notes);
        } else {
            content.kind = Kind::Report;
            content.summary = match reports.len() {
                1 => "Report of a client.".to_owned(),
                n => format!("{} of clients.", count(n as u64, "report")),
            };
            content.reports = reports;
        }
        if !is_whole {
            content.is_partial = true;
            let how = if is_broken { "broken" } else { "cut off" };
            content.notes.push(format!("It is {how} after {}.", count(rows, "row")));
        }
        Ok(content)
    }
}

impl Collected {
    /// Returns whether `text` is a value that could be read.
    fn take(&mut self, text: &[u8]) -> bool {
        match self.report(text) {
            Ok(true) => return true,
            Ok(false) => {}
            Err(refused) => {
                self.refused.get_or_insert(refused);
                return false;
            }
        }
        let value = match serde_json::from_slice::<Value>(text) {
            Ok(value) => value,
            Err(error) => {
                self.problem.get_or_insert_with(|| error.to_string());
                return false;
            }
        };
        self.rows += 1;
        if let Value::Object(mut row) = value {
            // The admin API wraps an event in `event`; Synapse's own dump has its id beside its JSON.
            match row.remove("event") {
                Some(Value::Object(event)) => self.sorter.add(event),
                Some(other) => {
                    row.insert("event".to_owned(), other);
                    self.sorter.add(row);
                }
                None => self.sorter.add(row),
            }
        }
        true
    }

    /// Whether `text` is a report. Its fields are checked by the diagnosis, which reads all of them.
    fn report(&mut self, text: &[u8]) -> Result<bool, Unreadable> {
        #[derive(Deserialize)]
        struct Schema<'a> {
            #[serde(borrow)]
            schema: std::borrow::Cow<'a, str>,
        }
        let Ok(Schema { schema }) = serde_json::from_slice(text) else { return Ok(false) };
        let version = schema.strip_prefix("lotus-crypto-diag/").filter(|version| is_number(version));
        match version {
            Some("1") => {}
            Some(version) => {
                return Err(Unreadable::new(format!(
                    "It is a report of a later form (version {version}) than this page can read (version 1)."
                )));
            }
            None => return Ok(false),
        }
        let Ok(report) = serde_json::from_slice::<&RawValue>(text) else { return Ok(false) };
        self.reports.push(report.to_owned());
        Ok(true)
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
