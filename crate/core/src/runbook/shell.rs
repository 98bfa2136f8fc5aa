//! Quotes text safely for a POSIX shell.

/// A word in single quotes, for a command that a person pastes into a terminal. Of a text with control characters or
/// misleading Unicode characters, only the longest run without them is used.
pub fn word(text: &str) -> String {
    format!("'{}'", clean(text).replace('\'', r"'\''"))
}

/// The longest run of printable ASCII. A search for it still finds every line that contains the whole text.
fn clean(text: &str) -> &str {
    let runs = text.split(|c: char| !matches!(c, ' '..='~'));
    runs.max_by_key(|run| run.len()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_does_not_end_a_shell_word() {
        assert_eq!(word("a'; rm -rf /; '"), r"'a'\''; rm -rf /; '\'''");
    }

    #[test]
    fn a_shell_word_contains_no_control_characters() {
        assert_eq!(word("!room\x1b[201~\nrm -rf /"), "'rm -rf /'");
        assert_eq!(word("@bob\u{202e}sh:hs"), "'sh:hs'");
        assert_eq!(word("\n"), "''");
    }
}
