//! Reads the text once, from beginning to end.

use std::ops::Range;

use super::token::{END, Token, WORD, is_word};
use super::{REDACTED, shape};

/// State of reading.
pub(super) struct Reader<'a> {
    pub(super) text: &'a [u8],
    /// The latest tokens except white space, the last one first. Words joined by `-` and `.` count as one.
    pub(super) latest: [Token; 3],
    /// Whether a field `key` in this object is a secret.
    pub(super) key_is_secret: bool,
    /// Whether the key of an encrypted file may follow.
    pub(super) names_file_cipher: bool,
    /// How far the text was searched for a field that accompanies a key, and whether one was found.
    pub(super) searched_to: usize,
    pub(super) found_companion: bool,
    /// Up to here, the text is known to contain no JSON Web Token.
    no_token_to: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            latest: [Token::NONE; 3],
            key_is_secret: false,
            names_file_cipher: false,
            searched_to: 0,
            found_companion: false,
            no_token_to: 0,
        }
    }

    /// Reads a token and the one after it. Returns the secret that the token is or names, which may be further on.
    pub(super) fn read(&mut self, token: &Token, next: Token) -> Option<Range<usize>> {
        if token.is(b"{}") {
            self.key_is_secret = token.is(b"{") && self.opens_a_backup();
        }
        self.note(token);
        if !token.is_word() {
            return None;
        }
        let word = token.bytes(self.text);
        let found = self.by_shape(token, word);
        if found.is_some() || self.is_among_words(next) {
            return found;
        }
        shape::url_credentials(self.text, next).or_else(|| self.field_value(token, word, next))
    }

    /// Whether the token is an ordinary word between words, so that it is not the name of a field.
    fn is_among_words(&self, next: Token) -> bool {
        let follows = self.text.get(next.end).is_some_and(|b| is_word(*b));
        next.is_space() && follows && self.latest[1].is(&[WORD, END])
    }

    fn note(&mut self, token: &Token) {
        if token.is_space() {
            return;
        }
        let [last, before, _] = self.latest;
        if last.is_word() && last.end == token.start && continues_name(token) {
            self.latest[0].end = token.end;
        } else {
            self.latest = [*token, last, before];
        }
    }

    /// Whether the object that begins here belongs to a backup: `"backup":{`, `backup: BackupInfo {`.
    fn opens_a_backup(&self) -> bool {
        let is_backup = |token: &Token| {
            token.bytes(self.text).get(..6).is_some_and(|beginning| beginning.eq_ignore_ascii_case(b"backup"))
        };
        self.latest.iter().any(is_backup)
    }

    /// Finds a secret by its form. Selects by the first letter, because a line has hundreds of words and most match
    /// nothing.
    fn by_shape(&mut self, token: &Token, word: &[u8]) -> Option<Range<usize>> {
        let text = self.text;
        let found = match word[0] {
            b's' | b'm' | b'M' => shape::prefixed_token(text, token.start),
            b'e' if word.starts_with(b"eyJ") && token.start >= self.no_token_to => {
                let found = shape::json_web_token(text, token.start);
                self.no_token_to = found.as_ref().err().copied().unwrap_or_default();
                found.ok()
            }
            b'B' if word == b"BEGIN" => {
                shape::pem_block(text, token).filter(|content| text[content.clone()] != *REDACTED.as_bytes())
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

/// Whether a token continues the name before it: `ice-pwd`, `m.cross_signing`.
fn continues_name(token: &Token) -> bool {
    token.is_word() || token.is(b"-.")
}
