//! One way through the text, from its beginning to its end.

use std::ops::Range;

use super::token::{END, Token, WORD, is_word};
use super::{REDACTED, shape};

/// What is known of the text before the place that is looked at.
pub(super) struct Reader<'a> {
    pub(super) text: &'a [u8],
    /// The latest tokens but white space, the last one first. Words that `-` and `.` join are one.
    pub(super) latest: [Token; 3],
    /// Whether a `key` in this object is a secret.
    pub(super) key_is_secret: bool,
    /// Whether the key of an encrypted file may follow.
    pub(super) names_file_cipher: bool,
    /// How far it was looked ahead for a field that stands beside a media key, and whether there is one.
    pub(super) looked_to: usize,
    pub(super) found_company: bool,
    /// Up to here, a run was found to be no token.
    no_token_to: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            latest: [Token::NONE; 3],
            key_is_secret: false,
            names_file_cipher: false,
            looked_to: 0,
            found_company: false,
            no_token_to: 0,
        }
    }

    /// Takes a token, and the one behind it; the secret that it is, or that it names, which may lie further behind.
    pub(super) fn read(&mut self, token: &Token, next: Token) -> Option<Range<usize>> {
        if token.is(b"{}") {
            self.key_is_secret = token.is(b"{") && self.opens_a_backup();
        }
        self.note(token);
        if !token.is_word() {
            return None;
        }
        let word = token.bytes(self.text);
        let found = self.by_itself(token, word);
        if found.is_some() || self.is_among_words(next) {
            return found;
        }
        shape::url_credentials(self.text, next).or_else(|| self.of_field(token, word, next))
    }

    /// Whether words alone stand around it, as around most: then it names nothing.
    fn is_among_words(&self, next: Token) -> bool {
        let follows = self.text.get(next.end).is_some_and(|b| is_word(*b));
        next.is_space() && follows && self.latest[1].is(&[WORD, END])
    }

    fn note(&mut self, token: &Token) {
        if token.is_space() {
            return;
        }
        let [last, before, _] = self.latest;
        if last.is_word() && last.end == token.start && joins(token) {
            self.latest[0].end = token.end;
        } else {
            self.latest = [*token, last, before];
        }
    }

    /// Whether an object that begins here is a backup's: `"backup":{`, `backup: BackupInfo {`.
    fn opens_a_backup(&self) -> bool {
        let is_backup = |token: &Token| {
            token.bytes(self.text).get(..6).is_some_and(|beginning| beginning.eq_ignore_ascii_case(b"backup"))
        };
        self.latest.iter().any(is_backup)
    }

    /// By their first letter: most words are none of these, and there are hundreds in a line.
    fn by_itself(&mut self, token: &Token, word: &[u8]) -> Option<Range<usize>> {
        let text = self.text;
        let found = match word[0] {
            b's' | b'm' | b'M' => shape::prefixed_token(text, token.start),
            b'e' if word.starts_with(b"eyJ") && token.start >= self.no_token_to => {
                let found = shape::json_web_token(text, token.start);
                self.no_token_to = found.as_ref().err().copied().unwrap_or_default();
                found.ok()
            }
            b'B' if word == b"BEGIN" => {
                shape::armoured(text, token).filter(|content| text[content.clone()] != *REDACTED.as_bytes())
            }
            b'A' => {
                self.names_file_cipher |= word == b"A256CTR";
                None
            }
            b'b' | b'B' if word.eq_ignore_ascii_case(b"bearer") => shape::credentials(text, token.end),
            b'b' | b'B' if word.eq_ignore_ascii_case(b"basic") => {
                shape::credentials(text, token.end).filter(|range| shape::looks_like_base64(&text[range.clone()]))
            }
            b'0'..=b'9' if word.len() <= 3 => shape::bytes(text, token),
            _ => None,
        };
        let may_be_a_group = || word.len() == 4 || word.starts_with(b"Es");
        found.or_else(|| if may_be_a_group() { shape::recovery_key(text, token) } else { None })
    }
}

/// Whether a token belongs to the name before it: `ice-pwd`, `m.cross_signing`.
fn joins(token: &Token) -> bool {
    token.is_word() || token.is(b"-.")
}
