//! A survey as text: for a spreadsheet, a ticket, or a terminal.

use std::fmt::Write as _;

use lotus_crypto_diag::survey::{DeviceTrouble, Survey, Trouble};
use lotus_crypto_diag::timestamp::Timestamp;

use crate::words::{count, start_of};

/// The headers of the columns.
pub const COLUMNS: [&str; 9] =
    ["User", "Device", "Client", "Trouble", "Count", "First (UTC)", "Last (UTC)", "Going on", "What was seen"];

/// One row for each trouble of each device.
pub fn rows(survey: &Survey) -> Vec<[String; 9]> {
    let of = |device: &DeviceTrouble, trouble: &Trouble| {
        [
            device.user_id.clone().unwrap_or_else(|| "not named".to_owned()),
            device.device_id.clone().unwrap_or_else(|| "not named".to_owned()),
            device.clients.join(", "),
            trouble.name.clone(),
            trouble.count.to_string(),
            moment(trouble.first_ts),
            moment(trouble.last_ts),
            match trouble.going_on {
                Some(true) => "yes",
                Some(false) => "over",
                None => "unknown",
            }
            .to_owned(),
            said(trouble),
        ]
    };
    survey.devices.iter().flat_map(|device| device.troubles.iter().map(move |trouble| of(device, trouble))).collect()
}

fn said(trouble: &Trouble) -> String {
    let mut text = trouble.says.clone();
    if let Some(per_hour) = trouble.per_hour {
        let _ = write!(text, " {per_hour} an hour.");
    }
    if let [first, ..] = trouble.key_ids.as_slice() {
        let more = trouble.key_ids.len() - 1;
        let _ = write!(text, " {}", first.key_id);
        if more > 0 {
            let _ = write!(text, " and {more} more");
        }
        text.push('.');
    }
    text
}

/// `2026-11-24 00:13:36`
fn moment(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "unknown".to_owned(), |time| time.to_string()[..19].replace('T', " "))
}

/// A summary of the survey.
pub fn summary(survey: &Survey) -> String {
    let devices = count(survey.devices.len() as u64, "device");
    let mut text = match survey.devices.len() {
        0 => "No device in trouble.".to_owned(),
        1 => format!("{devices} is in trouble."),
        _ => format!("{devices} are in trouble."),
    };
    if let (Some(from), Some(to)) = (survey.from, survey.to) {
        let (from, to) = (moment(Some(from)), moment(Some(to)));
        let _ = write!(text, " Log of {from} to {to} UTC, {}.", count(survey.requests, "request"));
    }
    text
}

/// Comma-separated values. A cell that a spreadsheet would run as a formula is marked as text.
pub fn to_csv(survey: &Survey) -> String {
    let mut bytes = Vec::new();
    let mut writer = csv::Writer::from_writer(&mut bytes);
    let mut written = writer.write_record(COLUMNS);
    for row in rows(survey) {
        written = written.and_then(|()| writer.write_record(row.iter().map(|cell| as_text(cell))));
    }
    // Writing to a `Vec` cannot fail.
    let is_written = written.is_ok() && writer.flush().is_ok();
    drop(writer);
    if is_written { String::from_utf8(bytes).unwrap_or_default() } else { String::new() }
}

fn as_text(cell: &str) -> String {
    let clean = visible(cell);
    let is_formula = cell
        .trim_start_matches(|c: char| c.is_whitespace() && !"\t\r".contains(c))
        .starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if is_formula { format!("'{clean}") } else { clean }
}

/// Markdown, for a ticket.
pub fn to_markdown(survey: &Survey) -> String {
    let mut text = format!("# Devices in trouble\n\n{}\n", inline(&summary(survey)));
    if !survey.devices.is_empty() {
        let _ = write!(text, "\n| {} |\n|{}\n", COLUMNS.join(" | "), "---|".repeat(COLUMNS.len()));
        for row in rows(survey) {
            let cells: Vec<String> = row.iter().map(|cell| inline(cell)).collect();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
    }
    if !survey.endpoints.is_empty() {
        text.push_str("\n## Slow requests\n\n| Request | Two seconds or more | Mean | Longest |\n|---|---|---|---|\n");
        for slow in survey.endpoints.iter().take(20) {
            let request = inline(&format!("{} {}", slow.method, slow.path));
            let (mean, longest) = (slow.mean_ms / 1000.0, slow.longest_ms / 1000.0);
            let _ = writeln!(text, "| {request} | {} | {mean:.1} s | {longest:.1} s |", slow.count);
        }
    }
    for note in &survey.notes {
        let _ = write!(text, "\n{}\n", inline(note));
    }
    text.push_str("\n_All times in UTC. Look it over before you publish it._\n");
    text
}

const MAX_INLINE: usize = 500;

/// Plain text on one line: Markdown, HTML and mentions are escaped.
pub fn inline(text: &str) -> String {
    let mut line = String::new();
    for c in visible(start_of(text, MAX_INLINE)).split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        match c {
            '&' => line.push_str("&amp;"),
            '<' => line.push_str("&lt;"),
            '>' => line.push_str("&gt;"),
            '@' => line.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~' | '$' => {
                line.extend(['\\', c]);
            }
            c => line.push(c),
        }
    }
    line
}

/// Replaces characters that are invisible, change the direction of the text, or control a terminal.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' | '\n' => shown.push(' '),
            '\0'..='\x1f' => shown.extend(char::from_u32(0x2400 + u32::from(c))),
            '\x7f'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}' => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1"] {
            assert!(as_text(cell).starts_with('\''), "{cell:?}");
        }
        assert_eq!(as_text("a=1"), "a=1");
    }

    #[test]
    fn a_terminal_gets_no_control_characters() {
        assert_eq!(visible("a\0\x1b]0;x\x07\u{9b}31m\u{202e}b\r\n"), "a␀␛]0;x␇\\u{9b}31m\\u{202e}b␍ ");
    }

    #[test]
    fn markup_and_mentions_are_escaped() {
        assert_eq!(inline("<b>@all</b> | *x*\n# y"), "&lt;b&gt;&#64;all&lt;/b&gt; \\| \\*x\\* \\# y");
    }
}
