//! Creates safe SQL literals.
//!
//! Ids come from other people. Only printable ASCII is put between quotes; a quote is doubled, and everything else is
//! written as a number: a backslash, which old settings of `PostgreSQL` treat as an escape; line breaks, after which a
//! database shell would read a command; marks that change the direction of text.

use crate::verdict::Database;

/// One of the two databases that a homeserver may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `PostgreSQL`
    Postgres,
    /// `SQLite`
    Sqlite,
}

impl Dialect {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Postgres, Self::Sqlite];

    pub(crate) const fn database(self) -> Database {
        match self {
            Self::Postgres => Database::Postgres,
            Self::Sqlite => Database::Sqlite,
        }
    }

    /// An expression with the value `text`. A NUL, which `PostgreSQL` does not support, becomes U+FFFD.
    pub fn literal(self, text: &str) -> String {
        let number = match self {
            Self::Postgres => "chr",
            Self::Sqlite => "char",
        };
        let mut parts: Vec<String> = Vec::new();
        let mut quoted = String::new();
        for c in text.chars() {
            if c == '\'' {
                quoted.push_str("''");
            } else if c != '\\' && matches!(c, ' '..='~') {
                quoted.push(c);
            } else {
                if !quoted.is_empty() {
                    parts.push(format!("'{}'", std::mem::take(&mut quoted)));
                }
                let code = if c == '\0' { 0xFFFD } else { u32::from(c) };
                parts.push(format!("{number}({code})"));
            }
        }
        if !quoted.is_empty() || parts.is_empty() {
            parts.push(format!("'{quoted}'"));
        }
        if parts.len() == 1 { parts.remove(0) } else { format!("({})", parts.join(" || ")) }
    }

    /// A list for `IN`.
    pub fn list<'a>(self, texts: impl IntoIterator<Item = &'a str>) -> String {
        let literals: Vec<String> = texts.into_iter().map(|text| self.literal(text)).collect();
        format!("({})", literals.join(", "))
    }

    /// An expression that formats a column of milliseconds as ISO 8601 in UTC.
    pub(crate) fn time(self, column: &str) -> String {
        match self {
            Self::Postgres => format!(
                "to_char(to_timestamp({column} / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
            ),
            Self::Sqlite => format!("strftime('%Y-%m-%dT%H:%M:%fZ', {column} / 1000.0, 'unixepoch')"),
        }
    }

    /// An expression that reads a text from a JSON column. `path` is not escaped: it must be a constant.
    pub(crate) fn json(self, column: &str, path: &[&str]) -> String {
        match self {
            Self::Postgres => format!("{column}::json #>> '{{{}}}'", path.join(",")),
            Self::Sqlite => format!("json_extract({column}, '$.{}')", path.join(".")),
        }
    }
}
