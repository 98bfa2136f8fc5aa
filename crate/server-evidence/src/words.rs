//! Sentences for the user.

/// `1 line`, `1,234 lines`
pub(crate) fn count(n: u64, one: &str) -> String {
    count_of(n, one, &format!("{one}s"))
}

/// `1 entry is no request`, `2 entries are no requests`
pub(crate) fn count_of(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

/// `1,234,567`
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// No user id is longer, and no device id of today's clients.
const LONGEST_ID: usize = 255;

/// Whether `text` may be the id of a user or of a device.
pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_ID
}

/// Whether `text` may be the id of a user.
pub(crate) fn is_user_id(text: &str) -> bool {
    is_id(text) && text.starts_with('@') && text.contains(':') && text.bytes().all(|b| b.is_ascii_graphic())
}

/// The beginning of a text, at most `most` bytes.
pub(crate) fn start_of(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_in_groups_of_three() {
        for (n, text) in [(0, "0 lines"), (1, "1 line"), (999, "999 lines"), (1_234_567, "1,234,567 lines")] {
            assert_eq!(count(n, "line"), text);
        }
    }
}
