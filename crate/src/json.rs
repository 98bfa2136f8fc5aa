//! JSON out: what the edge hands over is a text that `JSON.parse` reads. A general writer would outweigh the module,
//! most of all by its floating-point numbers.

use alloc::string::String;
use core::fmt;

use serde::ser::{self, Impossible, Serialize, Serializer};

/// `value` as JSON. The model has no shape that this could not write; one that had would become `null`.
pub fn to_json(value: &impl Serialize) -> String {
    let mut writer = Writer { text: String::new() };
    if value.serialize(&mut writer).is_err() {
        return "null".into();
    }
    writer.text
}

struct Writer {
    text: String,
}

impl Writer {
    #[inline(never)]
    fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    #[inline(never)]
    fn string(&mut self, text: &str) {
        self.raw("\"");
        let mut written = 0;
        for (at, byte) in text.bytes().enumerate() {
            if byte >= b' ' && byte != b'"' && byte != b'\\' {
                continue;
            }
            self.raw(&text[written..at]);
            written = at + 1;
            if byte >= b' ' {
                self.text.push('\\');
                self.text.push(char::from(byte));
            } else {
                self.raw("\\u00");
                self.text.push(char::from(b'0' + (byte >> 4)));
                self.text.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
            }
        }
        self.raw(&text[written..]);
        self.raw("\"");
    }

    #[inline(never)]
    fn number(&mut self, number: u64) {
        let mut digits = [0; 20];
        let mut from = digits.len();
        let mut rest = number;
        loop {
            from -= 1;
            digits[from] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        for digit in &digits[from..] {
            self.text.push(char::from(*digit));
        }
    }

    /// The beginning of a list's next item, or of an object's next field.
    #[inline(never)]
    fn next(&mut self) {
        if !matches!(self.text.as_bytes().last(), Some(b'[' | b'{')) {
            self.raw(",");
        }
    }

    #[inline(never)]
    fn key(&mut self, name: &str) {
        self.next();
        self.string(name);
        self.raw(":");
    }
}

/// A shape that is not written.
#[derive(Debug)]
struct Unwritable;

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a shape that this JSON has no form for")
    }
}

impl ser::Error for Unwritable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl ser::StdError for Unwritable {}

type Done = Result<(), Unwritable>;
impl Serializer for &mut Writer {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Self;
    type SerializeTuple = Impossible<(), Unwritable>;
    type SerializeTupleStruct = Impossible<(), Unwritable>;
    type SerializeTupleVariant = Impossible<(), Unwritable>;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), Unwritable>;

    fn serialize_bool(self, value: bool) -> Done {
        self.raw(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Done {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Done {
        if value < 0 {
            self.raw("-");
        }
        self.number(value.unsigned_abs());
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Done {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Done {
        self.number(value);
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Done {
        self.serialize_f64(value.into())
    }

    /// To a thousandth: the model's own rates are rounded to a tenth.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    fn serialize_f64(self, value: f64) -> Done {
        if !value.is_finite() {
            return self.serialize_unit();
        }
        let thousandths = (value.abs() * 1000.0 + 0.5) as u64;
        if value < 0.0 && thousandths > 0 {
            self.raw("-");
        }
        self.number(thousandths / 1000);
        let fraction = thousandths % 1000;
        if fraction > 0 {
            self.raw(".");
            // The leading zeros: 1007 without its 1.
            let at = self.text.len();
            self.number(1000 + fraction);
            self.text.remove(at);
        }
        Ok(())
    }

    fn serialize_char(self, value: char) -> Done {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Done {
        self.string(value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Done {
        Err(Unwritable)
    }

    fn serialize_none(self) -> Done {
        self.serialize_unit()
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Done {
        self.raw("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Done {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Done {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(self, _: &'static str, _: u32, _: &'static str, _: &T) -> Done {
        Err(Unwritable)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Unwritable> {
        self.raw("[");
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Unwritable> {
        self.raw("{");
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Unwritable> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unwritable> {
        Err(Unwritable)
    }
}

impl ser::SerializeSeq for &mut Writer {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Done {
        self.next();
        value.serialize(&mut **self)
    }

    fn end(self) -> Done {
        self.raw("]");
        Ok(())
    }
}

impl ser::SerializeMap for &mut Writer {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Done {
        self.next();
        key.serialize(&mut **self)
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Done {
        self.raw(":");
        value.serialize(&mut **self)
    }

    fn end(self) -> Done {
        self.raw("}");
        Ok(())
    }
}

impl ser::SerializeStruct for &mut Writer {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Done {
        self.key(name);
        value.serialize(&mut **self)
    }

    fn end(self) -> Done {
        self.raw("}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(value: &impl Serialize) {
        assert_eq!(to_json(value), serde_json::to_string(value).unwrap());
    }

    #[test]
    fn it_writes_what_serde_json_writes() {
        same(&serde_json::json!({
            "a": [], "b": {}, "c": [1, -2, null, true, "x"], "d": { "e": [{ "f": "é\u{1f600}" }] },
            "big": u64::MAX, "small": i64::MIN,
        }));
        same(&"\u{0}\u{1f}\u{7f}\"\\/\u{2028}");
    }

    #[test]
    fn fractions_are_written_to_a_thousandth() {
        for (number, text) in [
            (0.0, "0"),
            (1.5, "1.5"),
            (0.1, "0.1"),
            (12.007, "12.007"),
            (-3.25, "-3.25"),
            (1e15, "1000000000000000"),
            (0.0004, "0"),
            (-0.0004, "0"),
            (f64::NAN, "null"),
            (f64::INFINITY, "null"),
        ] {
            let written = to_json(&number);
            let read: Option<f64> = serde_json::from_str(&written).unwrap();
            assert_eq!(read, serde_json::from_str(text).unwrap(), "{written}");
        }
    }

    #[test]
    fn a_shape_that_it_has_no_form_for_is_null() {
        assert_eq!(to_json(&(1, 2)), "null");
    }
}
