//! Finds ids without a form of their own by the name before them: `device_id="…"`, `ed25519:DEVICE`, `/devices/…`.

use std::ops::Range;

use super::hosts;
use super::ids::{Found, Kind, devices, is_device, is_word};
use super::steps::Text;

/// The minimum length of a public key or signature in base64.
const KEY: usize = 40;
/// The maximum length of an id.
const MAX_ID: usize = 255;
/// Values that mean "unknown".
const NOTHING: [&[u8]; 10] =
    [b"undefined", b"null", b"None", b"none", b"true", b"false", b"unknown", b"nil", b"object", b"Some"];

/// Finds the value that belongs to the name at `name`.
pub(super) fn value_of(text: Text<'_>, name: Range<usize>, found: &mut Vec<Found>) {
    let word = text.slice(name.clone());
    let is_in_path = text.before(name.start) == b'/' && text.at(name.end) == b'/';
    match word {
        b"ed25519" | b"curve25519" if text.at(name.end) == b':' => signer(text, word, name.end + 1, found),
        b"devices" | b"dehydrated_device" if is_in_path => segment(text, name.end, Kind::Device, found),
        b"delayed_events" if is_in_path => segment(text, name.end, Kind::Delay, found),
        b"download" | b"thumbnail" if is_in_path => media(text, name.end, found),
        _ => {
            if let Some(meaning) = Meaning::of(word) {
                assigned(text, name, meaning, found);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Meaning {
    /// `device_id`, `senderDeviceId`
    Device,
    /// `device`, which is also an ordinary word.
    MaybeDevice,
    User,
    Delay,
    Server,
}

impl Meaning {
    fn of(name: &[u8]) -> Option<Self> {
        if name.len() > 40 {
            return None;
        }
        let plain: Vec<u8> = name.iter().filter(|byte| **byte != b'_').map(u8::to_ascii_lowercase).collect();
        match plain.as_slice() {
            [.., b'd', b'e', b'v', b'i', b'c', b'e', b'i', b'd'] => Some(Self::Device),
            b"todevice" => None,
            [.., b'd', b'e', b'v', b'i', b'c', b'e'] => Some(Self::MaybeDevice),
            b"sender" | b"user" | b"recipient" | [.., b'u', b's', b'e', b'r', b'i', b'd'] => Some(Self::User),
            b"delayid" => Some(Self::Delay),
            b"origin" | b"destination" | b"via" | b"server" | b"servername" | b"homeserver" | b"host" | b"hostname"
            | b"domain" => Some(Self::Server),
            _ => None,
        }
    }
}

/// `name: value`, `name="value"`, `name: Some(OwnedName("value"))`; for a device also `device VALUE`.
fn assigned(text: Text<'_>, name: Range<usize>, meaning: Meaning, found: &mut Vec<Found>) {
    let is_quote = |byte: u8| matches!(byte, b'"' | b'\'' | b'`');
    let separator = text.run(text.run(name.end, is_quote), |byte| byte == b' ');
    let mut at = text.run(separator, |byte| matches!(byte, b':' | b'=' | b'>' | b' '));
    let is_assigned = text.run(separator, |byte| byte == b' ') < at;
    if at == name.end {
        return;
    }
    // Rust's `Debug` form: type names and their brackets.
    for _ in 0..3 {
        let wrapper = text.run(at, |byte| byte.is_ascii_alphabetic());
        if wrapper > at && text.at(wrapper) == b'(' {
            at = wrapper + 1;
        }
    }
    let quote = text.at(at);
    let is_quoted = is_quote(quote);
    let value = if is_quoted {
        at + 1..text.run(at + 1, |byte| byte != quote && byte != b'\n')
    } else {
        text.trimmed(at..text.run_of_letters(at, |byte| is_device(byte) && byte != b'='), |byte| {
            matches!(byte, b'.' | b'-')
        })
    };
    if value.is_empty() || value.len() > MAX_ID {
        return;
    }
    let word = text.slice(value.clone());
    let is_nothing = NOTHING.contains(&word);
    let has_sign = word.iter().any(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let is_shouted = word.len() > 4 && !word.iter().any(u8::is_ascii_lowercase);
    let is_to_device = text.before(name.start) == b'-';
    match meaning {
        Meaning::Device if (is_assigned || is_shouted) && !is_nothing => devices(text, value, found),
        Meaning::MaybeDevice if is_to_device || is_nothing || word.contains(&b' ') => {}
        Meaning::MaybeDevice if is_shouted || is_assigned && (is_quoted || has_sign) => devices(text, value, found),
        Meaning::User if is_quoted && word.starts_with(b"@") && word.contains(&b':') => {
            let server = word.iter().position(|byte| *byte == b':').map(|colon| value.start + colon + 1..value.end);
            found.push(Found { kind: Kind::User, at: value, server });
        }
        Meaning::Delay if is_assigned && word.len() > 5 => found.push(Found::new(Kind::Delay, value)),
        Meaning::Server if is_assigned => {
            found.extend(hosts::dotted(text, value.start).map(|name| Found::new(Kind::Server, name)));
        }
        _ => {}
    }
}

/// `ed25519:DEVICE` names a device's key; with a public key instead of `DEVICE`, a cross-signing key.
/// `signed_curve25519:AAAAAAAAAA0` is a one-time key id.
fn signer(text: Text<'_>, algorithm: &[u8], at: usize, found: &mut Vec<Found>) {
    let value = text.trimmed(at..text.run_of_letters(at, is_device), |byte| matches!(byte, b'.' | b'-' | b'='));
    let id = text.slice(value.clone());
    let is_one_time = algorithm == b"curve25519" && id.starts_with(b"AAAA");
    let is_key = id.len() > KEY && id.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
    if !id.is_empty() && !is_key && !is_one_time {
        devices(text, value, found);
    }
}

fn segment(text: Text<'_>, slash: usize, kind: Kind, found: &mut Vec<Found>) {
    let value = slash + 1..text.run_of_letters(slash + 1, |byte| is_device(byte) && byte != b'/');
    if !value.is_empty() {
        found.push(Found::new(kind, value));
    }
}

/// `/download/server/media`
fn media(text: Text<'_>, slash: usize, found: &mut Vec<Found>) {
    let Some(server) = hosts::server_name(text, slash + 1) else { return };
    let media = server.end + 1..text.run(server.end + 1, |byte| is_word(byte) || matches!(byte, b'-' | b'_'));
    if text.at(server.end) == b'/' && !media.is_empty() {
        found.push(Found::new(Kind::Server, server));
        found.push(Found::new(Kind::Media, media));
    }
}
