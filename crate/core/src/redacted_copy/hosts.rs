//! Finds server names and addresses: in ids and URLs, and in plain text.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::ids::{Found, Kind, is_word};
use super::steps::Text;

/// The maximum length of a name (RFC 1035).
const MAX_NAME: usize = 253;
/// The maximum length of an IPv6 address as text.
const MAX_ADDRESS: usize = 45;

/// Top-level domains that mark a server name anywhere. Endings that are also common in code (`.name`, `.rs`, `.js`,
/// `.id`) are not included, or listed below.
const ENDINGS: &str = " com org net edu gov mil info biz app dev xyz online site tech chat cloud social network systems \
    space club email web wiki pro zone live world eu de uk nl fr at ch be dk se no fi pl cz it es pt gr hu ro bg ru ua us \
    ca au nz jp cn kr tw in br ar mx cl co io im ai gg tv ee lv lt lu ie sk si hr ba rs tr il za ir sg hk my ph th vn su \
    kz by ge am az cat onion i2p local lan localdomain internal intranet corp home arpa test example invalid ";
/// Endings that count only for a name of three or more parts, or if the domain is known from elsewhere.
const ENDINGS_OF_CODE: &str = " info pro live zone web home test at in no it my by us be is rs co am ";

fn is_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
}

/// The server name in an id, with its port. Digits alone are a position in a file.
pub(super) fn server_name(text: Text<'_>, at: usize) -> Option<Range<usize>> {
    let host = if text.at(at) == b'[' {
        let end = text.run(at + 1, is_address);
        (text.at(end) == b']' && end - at <= MAX_ADDRESS + 1).then_some(at..end + 1)?
    } else {
        // A name may contain non-ASCII letters.
        let end = text.run_of_letters(at, is_host);
        text.trimmed(at..end, |byte| matches!(byte, b'.' | b'-'))
    };
    let name = text.slice(host.clone());
    let is_number = name.iter().all(u8::is_ascii_digit);
    (!is_number && name.first().is_some_and(|byte| !matches!(byte, b'.' | b'-')))
        .then(|| host.start..port_after(text, host.end))
}

/// End of the port at this position, or the position itself if there is none.
fn port_after(text: Text<'_>, at: usize) -> usize {
    let end = text.run(at + 1, |byte| byte.is_ascii_digit());
    let is_port = text.at(at) == b':' && (2..=6).contains(&(end - at)) && !is_word(text.at(end));
    let is_place = text.at(end) == b':' && text.at(end + 1).is_ascii_digit();
    if is_port && !is_place { end } else { at }
}

/// The server name without its port.
pub(super) fn without_port(name: &[u8]) -> &[u8] {
    match name.iter().rposition(|byte| *byte == b':') {
        Some(at) if !name.ends_with(b"]") => &name[..at],
        _ => name,
    }
}

/// `://user@host:port`; `colon` is the position of the first colon.
pub(super) fn authority(text: Text<'_>, colon: usize, found: &mut Vec<Found>) -> usize {
    let start = colon + 3;
    let end = text.run(start, |byte| {
        is_word(byte) || matches!(byte, b'.' | b'-' | b'_' | b'~' | b'+' | b'%' | b':' | b'@' | b'=')
    });
    let user_end = text.run_back(start, end, |byte| byte != b'@');
    let Some(server) = server_name(text, user_end) else { return start };
    let media = server.end + 1..text.run(server.end + 1, |byte| is_word(byte) || matches!(byte, b'-' | b'_'));
    let scheme = text.run_back(0, colon, |byte| byte.is_ascii_alphanumeric());
    let is_media = text.slice(scheme..colon) == b"mxc" && text.at(server.end) == b'/';
    let next = server.end;
    found.push(Found::new(Kind::Server, server));
    if is_media && !media.is_empty() {
        found.push(Found::new(Kind::Media, media));
    }
    next
}

/// `[2001:db8::1]`; `at` is the position of the bracket.
pub(super) fn bracketed(text: Text<'_>, at: usize, found: &mut Vec<Found>) -> usize {
    let end = text.run(at + 1, is_address);
    if text.at(end) == b']' && is_v6(text, at + 1..end) {
        found.push(Found::new(Kind::Server, at + 1..end));
    }
    at + 1
}

/// An IPv6 address that begins here.
pub(super) fn bare_address(text: Text<'_>, at: usize, found: &mut Vec<Found>) {
    let limit = at + MAX_ADDRESS + 1;
    let mut end = at;
    while end < limit && is_address(text.at(end)) {
        end += 1;
    }
    let address = text.trimmed(at..end, |byte| matches!(byte, b'.' | b':'));
    if !matches!(text.before(at), b':' | b'.') && !is_word(text.at(end)) && is_v6(text, address.clone()) {
        found.push(Found::new(Kind::Server, address));
    }
}

fn is_address(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')
}

/// `a::b` may be a Rust path, so only a text with a digit counts as an address.
fn is_v6(text: Text<'_>, at: Range<usize>) -> bool {
    if at.len() > MAX_ADDRESS {
        return false;
    }
    let address = std::str::from_utf8(text.slice(at)).unwrap_or_default();
    address.bytes().any(|byte| byte.is_ascii_digit()) && address.parse::<Ipv6Addr>().is_ok()
}

/// A dotted name that begins here and does not end with a number.
pub(super) fn dotted(text: Text<'_>, at: usize) -> Option<Range<usize>> {
    let name = text.trimmed(at..text.run_of_letters(at, is_host), |byte| matches!(byte, b'.' | b'-'));
    let (_, last) = last_label(text.slice(name.clone()))?;
    let has_letter = last.iter().any(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80);
    (last.len() > 1 && has_letter && is_word(text.at(at))).then_some(name)
}

/// A host name or IPv4 address in plain text.
pub(super) fn bare_name(text: Text<'_>, at: usize, found: &mut Vec<Found>) {
    let at = text.trimmed(at..text.run(at, is_host), |byte| matches!(byte, b'.' | b'-'));
    let name = text.slice(at.clone());
    let Some((head, last)) = last_label(name).filter(|_| name.len() <= MAX_NAME) else { return };
    if std::str::from_utf8(name).is_ok_and(|name| name.parse::<Ipv4Addr>().is_ok()) {
        if !is_version(text, at.start) {
            found.push(Found::new(Kind::Server, at));
        }
        return;
    }
    let has_letter = last.iter().any(u8::is_ascii_alphabetic);
    if !has_letter || name.windows(2).any(|two| two == b"..") {
        return;
    }
    let is_server = is_ending(ENDINGS, last) && !is_of_code(head, last);
    found.push(Found::new(if is_server { Kind::Server } else { Kind::MaybeServer }, at));
}

/// The text before the last dot, and the text after it.
pub(super) fn last_label(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let dot = name.iter().rposition(|byte| *byte == b'.')?;
    Some((&name[..dot], &name[dot + 1..]))
}

fn is_ending(endings: &str, last: &[u8]) -> bool {
    let is_one = |ending: &str| ending.as_bytes().eq_ignore_ascii_case(last);
    endings.split(' ').filter(|ending| !ending.is_empty()).any(is_one)
}

/// `m.call.at`, `this.io`, `MatrixClient.in`: an event type, or an expression in code.
fn is_of_code(head: &[u8], last: &[u8]) -> bool {
    let first = head.split(|byte| *byte == b'.').next().unwrap_or(head);
    let is_mixed = head.iter().any(u8::is_ascii_uppercase) && head.iter().any(u8::is_ascii_lowercase);
    let is_short = !head.contains(&b'.') && (head.len() < 3 || is_ending(ENDINGS_OF_CODE, last));
    first == b"m" || is_mixed || is_short
}

/// `Chrome/148.0.0.0`
fn is_version(text: Text<'_>, at: usize) -> bool {
    let product = text.run_back(0, at.saturating_sub(1), |byte| byte.is_ascii_alphabetic());
    text.before(at) == b'/' && product + 1 < at && text.before(product) != b'/'
}
