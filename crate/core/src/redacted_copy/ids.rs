//! Finds ids in a text, by their form (`@user:server`) or by the name before them.

use std::ops::Range;

use super::steps::Text;
use super::{hosts, named};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    User,
    Room,
    Alias,
    Event,
    Device,
    Server,
    /// A dotted name that counts as a server only if another server of its domain is known.
    MaybeServer,
    Email,
    Media,
    Delay,
}

/// An id, its position, and the position of its server name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
    pub(super) server: Option<Range<usize>>,
}

impl Found {
    pub(super) fn new(kind: Kind, at: Range<usize>) -> Self {
        Self { kind, at, server: None }
    }

    fn of_server(kind: Kind, at: Range<usize>, server: Range<usize>) -> Self {
        Self { kind, at, server: Some(server) }
    }
}

/// Length of the hash in room ids since room version 12 and event ids since version 3, in base64 without padding.
const HASH: usize = 43;
/// The maximum length of an id.
const MAX_ID: usize = 255;
/// Something shorter could be an ordinary word.
const SHORT_ID: usize = 5;

/// All ids and possible ids in the text.
pub(super) fn ids_in(text: Text<'_>) -> Vec<Found> {
    let mut scan = Scan { text, found: Vec::new(), users_objects: Vec::new(), object_of_user: None };
    let mut at = 0;
    while at < text.len() {
        at = scan.step(at);
    }
    scan.found
}

struct Scan<'a> {
    text: Text<'a>,
    found: Vec<Found>,
    /// For each open bracket: whether it is the value of a user id, so that its names are device ids.
    users_objects: Vec<bool>,
    /// Position of the opening bracket after the latest user id.
    object_of_user: Option<usize>,
}

impl Scan<'_> {
    /// Reads what begins at `at`. Returns the position to continue at.
    fn step(&mut self, at: usize) -> usize {
        match self.text.at(at) {
            b'@' => self.user(at),
            b'!' => self.room(at, Kind::Room),
            b'#' if !is_word(self.text.before(at)) => self.room(at, Kind::Alias),
            b'$' => self.room(at, Kind::Event),
            b':' if self.text.starts_with(at, b"://") => hosts::authority(self.text, at, &mut self.found),
            bracket @ (b'{' | b'[') => {
                self.users_objects.push(self.object_of_user == Some(at));
                if bracket == b'[' { hosts::bracketed(self.text, at, &mut self.found) } else { at + 1 }
            }
            b'}' | b']' => {
                self.users_objects.pop();
                at + 1
            }
            quote @ (b'"' | b'\'') if self.users_objects.last() == Some(&true) => self.name_in_users_object(at, quote),
            byte if is_word(byte) => self.word(at),
            _ => at + 1,
        }
    }

    fn user(&mut self, at: usize) -> usize {
        let text = self.text;
        let local_end = text.run(at + 1, is_localpart);
        if local_end == text.len() && local_end > at + 1 {
            // The line was cut in the middle of an id.
            self.found.push(Found::new(Kind::User, at..local_end));
        }
        self.email(at);
        let server = if text.at(local_end) == b':' { hosts::server_name(text, local_end + 1) } else { None };
        let Some(server) = server.filter(|_| local_end > at + 1) else {
            // The word reader handles the rest of a mention or e-mail address.
            return at + 1;
        };
        let end = server.end;
        self.found.push(Found::of_server(Kind::User, at..end, server));
        self.devices_after(end);
        end
    }

    fn email(&mut self, at: usize) {
        let text = self.text;
        let local = text.run_back(0, at, |byte| is_word(byte) || matches!(byte, b'.' | b'+' | b'-' | b'_' | b'%'));
        // `_@user:server` is the state key of a call membership.
        let is_state_key = text.before(at) == b'_';
        let domain = hosts::dotted(text, at + 1);
        let is_id = domain.as_ref().is_some_and(|domain| text.at(domain.end) == b':');
        if let Some(domain) = domain.filter(|_| local < at && !(is_state_key && is_id)) {
            self.found.push(Found::of_server(Kind::Email, local..domain.end, domain));
        }
    }

    /// Device ids after a user id: `:DEVICE`, `_DEVICE_m.call`, `|DEVICE`, `/DEVICE`, `", "DEVICE")`,
    /// `": {"DEVICE": …}`.
    fn devices_after(&mut self, end: usize) {
        let text = self.text;
        match text.at(end) {
            b':' | b'|' => {
                let device = text.trimmed(end + 1..text.run_of_letters(end + 1, is_device), is_final_mark);
                let before_slash = device.start..text.run_within(device.clone(), |byte| byte != b'/');
                self.device(before_slash);
                self.device(device);
            }
            b'/' => {
                let device = end + 1..text.run(end + 1, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
                if device.len() >= 5 {
                    self.device(device);
                }
            }
            b'_' => self.state_key(end + 1),
            _ => self.pair_or_object(end),
        }
    }

    /// `DEVICE_m.call`: the device, and the call's application.
    fn state_key(&mut self, start: usize) {
        let text = self.text;
        let end = text.run_of_letters(start, |byte| is_device(byte) || byte == b':');
        let dot = text.run_within(start..end, |byte| byte != b'.');
        let device_end =
            if dot < end { text.run_back(start - 1, dot, |byte| byte != b'_').saturating_sub(1) } else { end };
        self.device(start..if device_end > start { device_end } else { end });
    }

    fn pair_or_object(&mut self, end: usize) {
        let text = self.text;
        let mut at = text.run(end, |byte| matches!(byte, b'"' | b'\'' | b'`'));
        let is_quoted = at > end;
        at = text.run(at, |byte| byte == b' ');
        match text.at(at) {
            b',' => {
                let start = text.run(at + 1, |byte| matches!(byte, b' ' | b'"' | b'\'' | b'`'));
                let stop = text.run_of_letters(start, is_device);
                let after = text.run(stop, |byte| matches!(byte, b'"' | b'\'' | b'`'));
                if matches!(text.at(after), b')' | b']') {
                    self.device(start..stop);
                }
            }
            b':' | b'=' if is_quoted => {
                let opening = text.run(at, |byte| matches!(byte, b':' | b'=' | b'>' | b' ' | b'\n'));
                if matches!(text.at(opening), b'{' | b'[') {
                    self.object_of_user = Some(opening);
                }
            }
            _ => {}
        }
    }

    /// A field name or list item in a user's object. A field's value is not a device id.
    fn name_in_users_object(&mut self, at: usize, quote: u8) -> usize {
        let text = self.text;
        let end = text.run(at + 1, |byte| byte != quote && !is_end_of_line(byte));
        let before = text.run_back(0, at, |byte| matches!(byte, b' ' | b'\n'));
        let is_value = matches!(text.before(before), b':' | b'=' | b'>');
        let name = text.slice(at + 1..end.min(at + 1 + MAX_ID));
        let is_of_profile =
            matches!(name, b"displayname" | b"avatar_url" | b"membership" | b"display_name" | b"user_id");
        if is_value || is_of_profile || end - at > MAX_ID || !name.iter().all(|byte| is_device(*byte)) {
            return at + 1;
        }
        self.device(at + 1..end);
        end + 1
    }

    /// A room or event id: a localpart with a server, or a hash.
    fn room(&mut self, at: usize, kind: Kind) -> usize {
        let text = self.text;
        let end = text.run(at + 1, |byte| is_opaque(byte) || kind == Kind::Event && byte == b'/');
        let server = if text.at(end) == b':' { hosts::server_name(text, end + 1) } else { None };
        match server.filter(|_| end > at + 1) {
            Some(server) => {
                let end = server.end;
                self.found.push(Found::of_server(kind, at..end, server));
                end
            }
            None if kind == Kind::Alias => at + 1,
            None => self.hash(at, kind),
        }
    }

    /// A hash, or the beginning of one at the end of a cut text.
    fn hash(&mut self, at: usize, kind: Kind) -> usize {
        let text = self.text;
        let end = text.run(at + 1, is_base64);
        let is_cut = end == text.len() && end - at > 8;
        let is_whole = end - at > HASH && !text.at(at + 1 + HASH).is_ascii_alphanumeric();
        if is_whole {
            self.found.push(Found::new(kind, at..at + 1 + HASH));
        } else if is_cut {
            self.found.push(Found::new(kind, at..end));
        }
        at + 1
    }

    /// A word that may be a host name, or the name before an id.
    fn word(&mut self, at: usize) -> usize {
        let text = self.text;
        hosts::bare_address(text, at, &mut self.found);
        if !matches!(text.before(at), b'.' | b'-') {
            hosts::bare_name(text, at, &mut self.found);
        }
        let end = text.run(at, |byte| is_word(byte) || byte == b'_');
        named::value_of(text, at..end, &mut self.found);
        end
    }

    fn device(&mut self, at: Range<usize>) {
        devices(self.text, at, &mut self.found);
    }
}

/// A device id. If non-ASCII text follows directly, the id is added with and without that text.
pub(super) fn devices(text: Text<'_>, at: Range<usize>, found: &mut Vec<Found>) {
    let plain = at.start..text.run_within(at.clone(), |byte| byte.is_ascii());
    if plain.len() >= SHORT_ID && plain.end < at.end {
        found.push(Found::new(Kind::Device, plain));
    }
    if !at.is_empty() {
        found.push(Found::new(Kind::Device, at));
    }
}

/// A letter or digit; every non-ASCII byte counts as one.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// A public key (32 bytes) or a signature (64) in base64: the unused bits of its last character are zero, and it is
/// not a path.
pub(super) fn is_key(run: &[u8]) -> bool {
    let count = |is: fn(&u8) -> bool| run.iter().filter(|byte| is(byte)).count();
    let ends_well = match (run.len(), run.last()) {
        (43, Some(last)) => b"AEIMQUYcgkosw048".contains(last),
        (86, Some(last)) => b"AQgw".contains(last),
        _ => false,
    };
    ends_well && count(u8::is_ascii_uppercase) > 3 && count(u8::is_ascii_lowercase) > 3 && count(u8::is_ascii_digit) > 1
}

/// A character of base64, standard or URL-safe.
pub(super) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// A character of a device id.
pub(super) fn is_device(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'_' | b'-' | b'.' | b'~' | b'+' | b'/' | b'=')
}

/// A character of a user id's localpart. The spec's historical grammar allows any; other characters end the id here.
fn is_localpart(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'.' | b'_' | b'=' | b'-' | b'/' | b'+' | b'~' | b'*' | b'^' | b'%')
}

/// A character of the first part of a room or event id.
fn is_opaque(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'.' | b'_' | b'=' | b'-' | b'+' | b'~' | b'*' | b'^' | b'%')
}

fn is_final_mark(byte: u8) -> bool {
    matches!(byte, b'.' | b'-' | b'=')
}

fn is_end_of_line(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | 0)
}
