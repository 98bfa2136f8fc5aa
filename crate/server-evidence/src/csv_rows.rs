//! Comma-separated values, and the output of psql and sqlite3 with other delimiters.

use csv::{ReaderBuilder, StringRecord};

use crate::Unreadable;
use crate::rows::{RowSorter, is_column};
use crate::table::is_foot;
use crate::words::count;

/// Comma, semicolon and tab as spreadsheets write them; `|` as `psql -A` and sqlite3 do.
const DELIMITERS: [u8; 4] = [b',', b'\t', b'|', b';'];

/// The note on a file that may be cut off.
pub(crate) const ENDS_IN_QUOTES: &str = "It ends within quotes: it may be cut off.";

/// The delimiter of a header: a line of several cells, each the name of a column of a runbook query.
fn delimiter_of(line: &str) -> Option<u8> {
    DELIMITERS.into_iter().find(|delimiter| {
        let unquoted = |cell: &str| {
            cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).unwrap_or(cell).trim().to_owned()
        };
        let mut cells = line.trim().split(char::from(*delimiter)).map(unquoted);
        let (first, second) = (cells.next(), cells.next());
        first.is_some_and(|name| is_column(&name))
            && second.is_some_and(|name| is_column(&name))
            && cells.all(|name| is_column(&name))
    })
}

fn head_delimiter(text: &str) -> Option<u8> {
    text.split('\n').take(200).find_map(delimiter_of)
}

/// Whether one of the first lines of a text is a table header.
pub(crate) fn looks_like_csv(head: &str) -> bool {
    head_delimiter(head).is_some()
}

/// Reads the results of several queries after each other, each with its header.
pub(crate) fn read_csv(text: &str) -> Result<(RowSorter, Vec<String>), Unreadable> {
    let delimiter = head_delimiter(text).unwrap_or(b',');
    // sqlite3 and `psql -A` write `|` and no quotes.
    let is_quoted = delimiter != b'|';
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .quoting(is_quoted)
        .from_reader(text.as_bytes());

    let mut sorter = RowSorter::default();
    let mut columns: Vec<String> = Vec::new();
    let mut short = 0;
    let mut cells = StringRecord::new();
    while reader.read_record(&mut cells).map_err(|error| Unreadable::new(format!("It could not be read: {error}")))? {
        let is_blank = cells.iter().all(|cell| cell.trim().is_empty());
        if is_blank {
            continue;
        }
        if cells.len() > 1 && cells.iter().all(|cell| is_column(cell.trim())) {
            columns = cells.iter().map(|cell| cell.trim().to_owned()).collect();
            sorter.announce(&columns);
        } else if !columns.is_empty() && cells.len() >= columns.len() {
            sorter.add(row_of(&columns, &cells, delimiter));
        } else if !columns.is_empty() && !cells.get(0).is_some_and(is_foot) {
            short += 1;
        }
    }
    if columns.is_empty() {
        return Err(Unreadable::new("The table has no head: it is not known what its columns are."));
    }
    let mut notes = Vec::new();
    if short > 0 {
        notes.push(format!("Left out: {} with too few cells.", count(short, "line")));
    }
    if is_quoted && text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        notes.push(ENDS_IN_QUOTES.to_owned());
    }
    Ok((sorter, notes))
}

/// The last cell takes the rest of the line: it may contain the delimiter.
fn row_of(columns: &[String], cells: &StringRecord, delimiter: u8) -> crate::rows::Row {
    let last = columns.len() - 1;
    let sign = char::from(delimiter).to_string();
    let value = |nth: usize| {
        if nth == last { cells.iter().skip(last).collect::<Vec<_>>().join(&sign) } else { cells[nth].to_owned() }
    };
    columns.iter().enumerate().map(|(nth, name)| (name.clone(), value(nth).into())).collect()
}
