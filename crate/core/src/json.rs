//! Serialises values to JSON text.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

/// `value` as JSON text. Every value of the model can be written.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    write(value, LikeJavaScript(None))
}

/// The same for people to read: indented by two spaces, with a newline at the end.
pub(crate) fn to_pretty_json(value: &impl Serialize) -> String {
    write(value, LikeJavaScript(Some(PrettyFormatter::new()))) + "\n"
}

fn write(value: &impl Serialize, layout: LikeJavaScript) -> String {
    // An entry is about that long: most texts need not grow.
    let mut bytes = Vec::with_capacity(1024);
    match value.serialize(&mut Serializer::with_formatter(&mut bytes, layout)) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => "null".into(),
    }
}

/// Writes numbers as `JSON.stringify` does: whole numbers without a fraction, whatever their type. One type for both
/// layouts, because the serialising code is compiled once for each.
struct LikeJavaScript(Option<PrettyFormatter<'static>>);

/// Below this, every whole number is exact.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

impl Formatter for LikeJavaScript {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        #[allow(clippy::cast_possible_truncation, reason = "it is whole, and within the range")]
        if value.fract() == 0.0 && value.abs() < MAX_EXACT {
            return self.write_i64(writer, value as i64);
        }
        CompactFormatter.write_f64(writer, value)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        match &mut self.0 {
            Some(pretty) => pretty.begin_array(writer),
            None => CompactFormatter.begin_array(writer),
        }
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        match &mut self.0 {
            Some(pretty) => pretty.end_array(writer),
            None => CompactFormatter.end_array(writer),
        }
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        match &mut self.0 {
            Some(pretty) => pretty.begin_array_value(writer, first),
            None => CompactFormatter.begin_array_value(writer, first),
        }
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        match &mut self.0 {
            Some(pretty) => pretty.end_array_value(writer),
            None => CompactFormatter.end_array_value(writer),
        }
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        match &mut self.0 {
            Some(pretty) => pretty.begin_object(writer),
            None => CompactFormatter.begin_object(writer),
        }
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        match &mut self.0 {
            Some(pretty) => pretty.end_object(writer),
            None => CompactFormatter.end_object(writer),
        }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        match &mut self.0 {
            Some(pretty) => pretty.begin_object_key(writer, first),
            None => CompactFormatter.begin_object_key(writer, first),
        }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        match &mut self.0 {
            Some(pretty) => pretty.begin_object_value(writer),
            None => CompactFormatter.begin_object_value(writer),
        }
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        match &mut self.0 {
            Some(pretty) => pretty.end_object_value(writer),
            None => CompactFormatter.end_object_value(writer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_written_as_javascript_writes_it() {
        let value =
            serde_json::json!({ "a": [1.0, -0.0, 1.5, 9e15], "b": [], "c": {}, "d": "\u{8}\u{1f}\u{7f}é\u{2028}" });
        let expected = "{\n  \"a\": [\n    1,\n    0,\n    1.5,\n    9000000000000000\n  ],\n  \"b\": [],\n  \"c\": {},\n  \"d\": \"\\b\\u001f\u{7f}é\u{2028}\"\n}\n";
        assert_eq!(to_pretty_json(&value), expected);
    }
}
