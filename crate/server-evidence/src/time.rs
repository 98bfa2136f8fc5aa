//! Times as logs, browsers and databases write them.

use lotus_crypto_diag::timestamp::Timestamp;

/// Parses ISO 8601 and the formats of the databases, `2026-11-25`, `2026-11-25 10:00:00.5+01`, `2026-11-25T09:00:00Z`, to
/// milliseconds since 1970. A time without a zone is in UTC.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let date = [number(date, 0, 4)?, dashed(date, 4)?, dashed(date, 7)?];
    let rest = rest.strip_prefix(['T', ' ']).unwrap_or(rest);
    let (time, rest) = time_of_day(rest)?;
    Some(Timestamp::from_calendar(date, time)?.ms() - zone(rest.trim_start())?)
}

fn number(text: &str, from: usize, length: usize) -> Option<u16> {
    let digits = text.get(from..from + length)?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn dashed(text: &str, from: usize) -> Option<u16> {
    text[from..].starts_with('-').then(|| number(text, from + 1, 2))?
}

/// Hours, minutes, seconds and milliseconds, and the rest of the text. Without a time it is midnight.
fn time_of_day(text: &str) -> Option<([u16; 4], &str)> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(([0; 4], text));
    }
    let (hour, minute) = (number(text, 0, 2)?, number(text, 3, 2)?);
    if !text[2..].starts_with(':') {
        return None;
    }
    let rest = &text[5..];
    let Some(rest) = rest.strip_prefix(':') else { return Some(([hour, minute, 0, 0], rest)) };
    let second = number(rest, 0, 2)?;
    let rest = &rest[2..];
    let Some(fraction) = rest.strip_prefix(['.', ',']) else { return Some(([hour, minute, second, 0], rest)) };
    let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
    let digits = &fraction[..end];
    if digits.is_empty() {
        return None;
    }
    let ms = digits.bytes().chain([b'0', b'0']).take(3).fold(0, |ms, digit| ms * 10 + u16::from(digit - b'0'));
    Some(([hour, minute, second, ms], &fraction[end..]))
}

/// The offset of a time zone, in milliseconds ahead of UTC.
fn zone(text: &str) -> Option<i64> {
    if ["", "Z", "z", "UTC"].contains(&text) {
        return Some(0);
    }
    let (sign, digits) = text.split_at_checked(1)?;
    let sign = match sign {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let hours = number(digits, 0, 2)?;
    let minutes = match &digits[2..] {
        "" => 0,
        rest => number(rest.strip_prefix(':').unwrap_or(rest), 0, 2).filter(|_| rest.len() <= 3)?,
    };
    (hours <= 23 && minutes <= 59).then(|| sign * (i64::from(hours) * 60 + i64::from(minutes)) * 60_000)
}

/// A time at the beginning of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// In milliseconds since 1970: in UTC, or by the server's own clock.
    pub(crate) at: i64,
    pub(crate) is_utc: bool,
}

/// Parses a time at the beginning of `text` as Python's `asctime` writes it, `2026-11-24 00:13:36,042`, or with more digits
/// and a zone: `2026-11-24T00:13:36.042123+02:00`. Without a zone it is in the server's local time.
pub(crate) fn asctime(text: &[u8]) -> Option<Stamp> {
    const SHAPE: &[u8; 23] = b"0000-00-00 00:00:00,000";
    let stamp = text.get(..SHAPE.len())?;
    let fits = stamp.iter().zip(SHAPE).all(|(byte, shape)| match shape {
        b'0' => byte.is_ascii_digit(),
        b' ' => matches!(byte, b' ' | b'T'),
        b',' => matches!(byte, b',' | b'.'),
        _ => byte == shape,
    });
    if !fits {
        return None;
    }
    let number = |from: usize, to: usize| stamp[from..to].iter().fold(0u16, |n, byte| n * 10 + u16::from(byte - b'0'));
    let date = [number(0, 4), number(5, 7), number(8, 10)];
    let time = [number(11, 13), number(14, 16), number(17, 19), number(20, 23)];
    let at = Timestamp::from_calendar(date, time)?.ms();
    let zone = zone_after(&text[SHAPE.len()..]);
    Some(Stamp { at: at - zone.unwrap_or(0), is_utc: zone.is_some() })
}

/// The zone after a time and its further digits.
fn zone_after(rest: &[u8]) -> Option<i64> {
    let rest = &rest[rest.iter().take_while(|byte| byte.is_ascii_digit()).count()..];
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b':');
    let word = &rest[..rest.iter().take_while(|byte| is_part(byte)).count()];
    if word.is_empty() {
        return None;
    }
    zone(std::str::from_utf8(word).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_its_zone() {
        for text in [
            "2026-11-25T09:00:00.500Z",
            "2026-11-25 09:00:00.5",
            "2026-11-25 10:00:00.5+01",
            "2026-11-25T04:30:00.500999-0430",
            "2026-11-25T10:00:00.500+01:00",
            "2026-11-25 09:00:00.500 UTC",
        ] {
            assert_eq!(parse_time(text), Some(1_795_597_200_500), "{text}");
        }
        assert_eq!(parse_time("2026-11-25"), Some(1_795_564_800_000));
        assert_eq!(parse_time("2026-11-25 09:00"), Some(1_795_597_200_000));
    }

    #[test]
    fn an_invalid_time_is_not_read() {
        for text in [
            "",
            "2026-11-25T",
            "2026-11-31",
            "2026-11-25T25:00:00Z",
            "2026-11-25T09:00:00+",
            "2026-11-25T09:00:00.Z",
            "2026-11-2é",
            "2026-11-25T09:00:00+1é",
            "2026-11-25 0é:00",
            "2026-11-25T09:00:00Zz",
            "20261125",
        ] {
            let is_midnight = text == "2026-11-25T";
            assert_eq!(parse_time(text).is_some(), is_midnight, "{text}");
        }
    }

    #[test]
    fn pythons_times_with_a_comma_and_without_a_zone_are_read() {
        let stamp = asctime(b"2026-11-24 00:13:36,042 INFO");
        assert_eq!(stamp, Some(Stamp { at: 1_795_479_216_042, is_utc: false }));
        assert_eq!(stamp, asctime(b"2026-11-24T00:13:36.042"));
        assert_eq!(stamp, asctime(b"2026-11-24 00:13:36,042123 - synapse"));
        assert_eq!(stamp, asctime(b"2026-11-24 00:13:36,042-synapse"));
        assert_eq!(asctime(b"2026-13-24 00:13:36,042"), None);
        assert_eq!(asctime(b"2026-11-24 00:13:36"), None);
    }

    #[test]
    fn a_zone_right_after_the_digits_is_read() {
        for (text, hours) in [
            ("2026-11-24T00:13:36.042Z INFO", 0),
            ("2026-11-24 00:13:36,042+02:00 - synapse", 2),
            ("2026-11-24 00:13:36.042+0200 - synapse", 2),
            ("2026-11-24T00:13:36.042123456-03 x", -3),
        ] {
            let at = 1_795_479_216_042 - hours * 3_600_000;
            assert_eq!(asctime(text.as_bytes()), Some(Stamp { at, is_utc: true }), "{text}");
        }
    }
}
