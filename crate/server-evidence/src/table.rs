//! Tables copied from a terminal: psql's aligned and expanded ones, and the `column`, `box`, `table` and `markdown` modes of
//! sqlite3.

use serde_json::Value;

use crate::rows::{Row, RowSorter, is_column};

/// No query result has more.
const MAX_COLUMNS: usize = 200;

/// psql's rule between header and rows: `----+----`.
fn is_psql_rule(line: &str) -> bool {
    let line = line.trim();
    let line = line.strip_suffix('+').unwrap_or(line);
    !line.is_empty() && line.split('+').all(|part| !part.is_empty() && part.bytes().all(|b| b == b'-'))
}

/// `----  ----`
fn is_column_rule(line: &str) -> bool {
    let mut parts = line.split_ascii_whitespace().peekable();
    parts.peek().is_some() && parts.all(|part| part.bytes().all(|b| b == b'-'))
}

/// A rule of a table with a frame.
fn is_border(line: &str) -> bool {
    const LEFT: &str = "+|┌├└╔╟╚╭╰";
    const INNER: &str = "-=+|:─═┬┼┴╤╪╧┐┤┘";
    let mut signs = line.trim().chars();
    let is_left = signs.next().is_some_and(|c| LEFT.contains(c));
    let rest = signs.as_str();
    is_left && !rest.is_empty() && rest.chars().all(|c| INNER.contains(c))
}

fn is_rule(line: &str) -> bool {
    is_psql_rule(line) || is_column_rule(line) || is_border(line)
}

/// `-[ RECORD 1 ]---`
fn is_record(line: &str) -> bool {
    let Some((number, rest)) = line.strip_prefix("-[ RECORD ").and_then(|rest| rest.split_once(" ]")) else {
        return false;
    };
    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) && rest.bytes().all(|b| matches!(b, b'-' | b'+'))
}

/// `(3 rows)`
pub(crate) fn is_foot(line: &str) -> bool {
    let inner = line
        .trim()
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(" rows)").or_else(|| rest.strip_suffix(" row)")));
    inner.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn is_head(line: &str) -> bool {
    let mut words = line.split(|c: char| c.is_whitespace() || "|│║".contains(c)).filter(|word| !word.is_empty());
    let (first, second) = (words.next(), words.next());
    first.is_some_and(is_column) && second.is_some_and(is_column) && words.all(is_column)
}

/// Whether a table begins in the first lines of a text.
pub(crate) fn looks_like_table(head: &str) -> bool {
    let mut previous = "";
    for line in head.split('\n').take(200).map(|line| line.strip_suffix('\r').unwrap_or(line)) {
        let is_below_head = || cells_of(previous, line).iter().any(|cell| is_column(cell.text.trim()));
        if is_record(line) || (is_rule(line) && is_below_head()) {
            return true;
        }
        previous = line;
    }
    false
}

/// Reads tables one after the other, with any text between them.
#[derive(Debug, Default)]
pub(crate) struct TableReader {
    sorter: RowSorter,
    previous: String,
    columns: Vec<String>,
    rule: String,
    record: Option<Row>,
    field: String,
    row: Option<Vec<String>>,
}

impl TableReader {
    pub(crate) fn push(&mut self, line: &str) {
        if is_record(line) {
            self.end();
            self.record = Some(Row::new());
        } else if self.record.is_some() {
            self.push_field(line);
        } else if is_rule(line) {
            self.push_rule(line);
        } else if line.trim().is_empty() || is_foot(line) || is_head(line) {
            // sqlite3 prints tables without a gap.
            self.end();
        } else if !self.columns.is_empty() {
            self.push_row(line);
        }
        line.clone_into(&mut self.previous);
    }

    /// Ends the current table.
    fn end(&mut self) {
        self.flush_row();
        if let Some(record) = self.record.take().filter(|record| !record.is_empty()) {
            self.sorter.add(record);
        }
        self.columns.clear();
    }

    pub(crate) fn finish(mut self) -> RowSorter {
        self.end();
        self.sorter
    }

    fn push_rule(&mut self, line: &str) {
        if !self.columns.is_empty() {
            return;
        }
        let names: Vec<String> =
            cells_of(&self.previous, line).iter().map(|cell| cell.text.trim().to_owned()).collect();
        if names.len() > MAX_COLUMNS || !names.iter().any(|name| is_column(name)) {
            return;
        }
        self.sorter.announce(&names);
        self.columns = names;
        line.clone_into(&mut self.rule);
    }

    fn push_field(&mut self, line: &str) {
        let named = line.split_once('|').filter(|(name, _)| !name.trim().contains(char::is_whitespace));
        let (Some(record), Some((name, value))) = (&mut self.record, named) else { return self.end() };
        let value = value.strip_prefix(' ').unwrap_or(value).trim_end();
        if name.trim().is_empty() {
            // psql marks a line break within a value by `+` at the end of the line.
            if let Some(Value::String(before)) = record.get_mut(&self.field) {
                let kept = before.strip_suffix('+').map_or(before.len(), |rest| rest.trim_end().len());
                before.truncate(kept);
                before.push('\n');
                before.push_str(value);
            }
        } else {
            name.trim().clone_into(&mut self.field);
            record.insert(self.field.clone(), value.into());
        }
    }

    fn push_row(&mut self, line: &str) {
        let cells = cells_of(line, &self.rule);
        let is_continued = cells.iter().any(Cell::is_cut_off);
        let values = cells.iter().map(Cell::value);
        self.row = Some(match self.row.take() {
            Some(row) => {
                let mut values = values;
                row.into_iter().map(|value| value + &values.next().unwrap_or_default()).collect()
            }
            None => values.collect(),
        });
        if !is_continued {
            self.flush_row();
        }
    }

    fn flush_row(&mut self) {
        let Some(row) = self.row.take() else { return };
        let mut values = row.into_iter();
        let fields = self.columns.iter().map(|name| (name.clone(), values.next().unwrap_or_default().into()));
        self.sorter.add(fields.collect());
    }
}

/// A cell, and the width of its column if known.
struct Cell<'a> {
    text: &'a str,
    width: Option<usize>,
}

impl Cell<'_> {
    /// psql puts `+` (with frames, `↵`) in place of the last padding space if the value continues in the next line.
    fn is_cut_off(&self) -> bool {
        let is_full = self.width.is_some_and(|width| self.text.chars().count() == width);
        let before = self.text.strip_suffix(['+', '↵']);
        is_full && before.is_some_and(|before| !before.trim().is_empty())
    }

    fn value(&self) -> String {
        if self.is_cut_off() {
            format!("{}\n", self.text.trim_end_matches(['+', '↵']).trim())
        } else {
            self.text.trim().to_owned()
        }
    }
}

/// The cells of a line, by the rule below the header.
fn cells_of<'a>(line: &'a str, rule: &str) -> Vec<Cell<'a>> {
    if is_column_rule(rule) && rule.contains(' ') {
        return cells_below_dashes(line, rule);
    }
    let is_box = is_border(rule);
    let frame = if is_box { rule.chars().take_while(|c| c.is_whitespace()).count() + 1 } else { 0 };
    let inner_of = |text: &'a str| {
        let text = text.trim_end();
        let start = text.char_indices().nth(frame).map_or(text.len(), |(at, _)| at);
        let inner = &text[start..];
        inner.char_indices().next_back().map_or("", |(last, _)| &inner[..last])
    };
    let inner = if is_box { inner_of(line) } else { line };
    let inner_rule: String = if is_box {
        let signs: Vec<char> = rule.chars().skip(frame).collect();
        signs[..signs.len().saturating_sub(1)].iter().collect()
    } else {
        rule.to_owned()
    };
    let widths: Vec<usize> = inner_rule.split(|c| "+┬┼╤╪|".contains(c)).map(|column| column.chars().count()).collect();
    if let Some(cells) = cells_by_place(inner, &widths) {
        return cells;
    }
    // Wide characters shift the columns; then only the last cell may contain the delimiter.
    let sign = line.chars().find(|c| "│║".contains(*c)).unwrap_or('|');
    inner.splitn(widths.len(), sign).map(|text| Cell { text, width: None }).collect()
}

fn cells_below_dashes<'a>(line: &'a str, rule: &str) -> Vec<Cell<'a>> {
    let split =
        |text: &'a str, width: usize| text.split_at(text.char_indices().nth(width).map_or(text.len(), |(at, _)| at));
    let rule = rule.trim_end();
    let mut groups = rule.split(' ').peekable();
    let (mut cells, mut rest) = (Vec::new(), line);
    while let Some(dashes) = groups.next() {
        let (text, after) = if groups.peek().is_some() { split(rest, dashes.len()) } else { (rest, "") };
        if !dashes.is_empty() {
            cells.push(Cell { text, width: None });
        }
        rest = split(after, 1).1;
    }
    cells
}

fn cells_by_place<'a>(line: &'a str, widths: &[usize]) -> Option<Vec<Cell<'a>>> {
    let mut cells = Vec::new();
    let mut rest = line;
    for (nth, width) in widths.iter().enumerate() {
        if nth + 1 == widths.len() {
            cells.push(Cell { text: rest, width: Some(*width) });
            break;
        }
        let (end, sign) = rest.char_indices().nth(*width)?;
        if !"|│║".contains(sign) {
            return None;
        }
        cells.push(Cell { text: &rest[..end], width: Some(*width) });
        rest = &rest[end + sign.len_utf8()..];
    }
    Some(cells)
}
