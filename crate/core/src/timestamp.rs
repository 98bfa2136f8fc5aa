//! A point in time, as text and as a number.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const MS_PER_DAY: i64 = 86_400_000;
/// The years 0000 to 9999: they fit the fixed-width form, so the text sorts by time.
const RANGE: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

const SHAPE: &[u8; 24] = b"0000-00-00T00:00:00.000Z";

/// Milliseconds since 1970-01-01T00:00:00Z, within the years 0000 to 9999.
///
/// Serialised to JSON as ISO 8601 in UTC with milliseconds, to match a homeserver's log: `2026-11-24T00:13:36.042Z`.
///
/// ```
/// use lotus_crypto_diag::timestamp::Timestamp;
///
/// let time: Timestamp = "2026-11-24T00:13:36.042Z".parse()?;
/// assert_eq!(time.plus_ms(1000).to_string(), "2026-11-24T00:13:37.042Z");
/// # Ok::<(), lotus_crypto_diag::timestamp::ParseTimestampError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Converts the result of `Date.now()`. Values outside the range are clamped, and `NaN` becomes 0.
    #[allow(clippy::cast_possible_truncation, reason = "`as` saturates, and the range is clamped to")]
    pub fn from_ms(ms: f64) -> Self {
        Self((ms as i64).clamp(*RANGE.start(), *RANGE.end()))
    }

    /// Converts a UTC date and time; `None` if that day or time does not exist.
    ///
    /// ```
    /// use lotus_crypto_diag::timestamp::Timestamp;
    ///
    /// let time = Timestamp::from_calendar([2026, 11, 24], [0, 13, 36, 42]);
    /// assert_eq!(time.map(|time| time.to_string()).as_deref(), Some("2026-11-24T00:13:36.042Z"));
    /// assert_eq!(Timestamp::from_calendar([2026, 2, 30], [0, 0, 0, 0]), None);
    /// ```
    pub fn from_calendar([year, month, day]: [u16; 3], [hour, minute, second, ms]: [u16; 4]) -> Option<Self> {
        if year > 9999 || hour > 23 || minute > 59 || second > 59 || ms > 999 {
            return None;
        }
        let date = (i64::from(year), i64::from(month), i64::from(day));
        let days = days_from_civil(date.0, date.1, date.2);
        let time = i64::from(hour) * 3_600_000 + i64::from(minute) * 60_000 + i64::from(second) * 1000 + i64::from(ms);
        (civil_from_days(days) == date).then_some(Self(days * MS_PER_DAY + time))
    }

    /// Adds milliseconds, clamped to the range.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms).clamp(*RANGE.start(), *RANGE.end()))
    }

    /// Avoids `format!`, whose code would be larger than this module.
    fn to_iso(self) -> String {
        let (days, ms) = (self.0.div_euclid(MS_PER_DAY), self.0.rem_euclid(MS_PER_DAY));
        let (year, month, day) = civil_from_days(days);
        let mut text = *SHAPE;
        // Each number, and the index after its last digit.
        let time = [(ms / 3_600_000, 13), (ms / 60_000 % 60, 16), (ms / 1000 % 60, 19), (ms % 1000, 23)];
        for (mut number, end) in [(year, 4), (month, 7), (day, 10)].into_iter().chain(time) {
            for digit in text[..end].iter_mut().rev().take_while(|digit| **digit == b'0') {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "one digit")]
                let value = (number % 10) as u8;
                *digit += value;
                number /= 10;
            }
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Milliseconds since the epoch.
    pub const fn ms(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_iso())
    }
}

impl std::str::FromStr for Timestamp {
    type Err = ParseTimestampError;

    /// Accepts exactly what `Display` writes.
    fn from_str(text: &str) -> Result<Self, ParseTimestampError> {
        let bytes = text.as_bytes();
        let fits = bytes.len() == SHAPE.len()
            && bytes.iter().zip(SHAPE).all(|(b, s)| if *s == b'0' { b.is_ascii_digit() } else { b == s });
        if !fits {
            return Err(ParseTimestampError);
        }
        let number = |from: usize, to: usize| bytes[from..to].iter().fold(0i64, |n, b| n * 10 + i64::from(b - b'0'));
        let days = days_from_civil(number(0, 4), number(5, 7), number(8, 10));
        let time = number(11, 13) * 3_600_000 + number(14, 16) * 60_000 + number(17, 19) * 1000 + number(20, 23);
        let parsed = Self(days * MS_PER_DAY + time);
        // An invalid date or time, such as February 30th or 25:00, would be formatted differently.
        if RANGE.contains(&parsed.0) && parsed.to_iso() == text { Ok(parsed) } else { Err(ParseTimestampError) }
    }
}

/// The text does not have the form `YYYY-MM-DDTHH:MM:SS.sssZ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseTimestampError;

impl fmt::Display for ParseTimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a time of the form YYYY-MM-DDTHH:MM:SS.sssZ")
    }
}

impl std::error::Error for ParseTimestampError {}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_iso())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(feature = "bindings")]
impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

// Howard Hinnant's `civil_from_days` and its inverse: the proleptic Gregorian calendar, counted in eras of 400 years
// that begin on March 1st. A calendar crate would be larger than this module.

const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (era * 400 + yoe + (month <= 2) as i64, month, doy - (153 * mp + 2) / 5 + 1)
}

const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let (era, yoe) = (y.div_euclid(400), y.rem_euclid(400));
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_read_and_written_as_in_javascript() {
        for (ms, iso) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_479_216_042, "2026-11-24T00:13:36.042Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp(ms).to_string(), iso);
            assert_eq!(iso.parse(), Ok(Timestamp(ms)));
        }
    }

    #[test]
    fn an_invalid_time_is_refused() {
        for text in ["", "2026-11-24", "2026-02-30T00:00:00.000Z", "2026-11-24T25:00:00.000Z", "2026-11-24T00:13:36Z"] {
            assert_eq!(text.parse::<Timestamp>(), Err(ParseTimestampError), "{text}");
        }
    }

    #[test]
    fn a_time_out_of_range_saturates() {
        assert_eq!(Timestamp::from_ms(f64::NAN), Timestamp(0));
        assert_eq!(Timestamp::from_ms(f64::INFINITY).to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::from_ms(f64::NEG_INFINITY).to_string(), "0000-01-01T00:00:00.000Z");
    }
}
