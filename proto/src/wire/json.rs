//! What serde hands over, as JSON text in memory.
//!
//! serde_json's own writer can do more: any sink, any layout, odd keys. It looks for characters to
//! escape in every member's name, byte by byte, and that was half of what a report cost; a name
//! that stands in our source has none. What is written is the same to the byte.

use std::fmt::{self, Write as _};

use serde::ser::{
    Error, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct,
    SerializeStructVariant, SerializeTuple, Serializer,
};

use super::number;

/// Writes values behind what is there.
pub(super) struct Writer<'a>(pub(super) &'a mut Vec<u8>);

/// A list or an object under way, and what ends it.
pub(super) struct Members<'a> {
    out: &'a mut Vec<u8>,
    end: &'static [u8],
}

/// A type's own code said no, or has no form in JSON here: none of ours does.
#[derive(Debug)]
pub(super) struct Fault;

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not writable as JSON")
    }
}

impl std::error::Error for Fault {}

impl Error for Fault {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'a> Writer<'a> {
    fn text(self, text: &str) -> Result<(), Fault> {
        self.0.push(b'"');
        escape(text, self.0);
        self.0.push(b'"');
        Ok(())
    }

    fn word(self, word: &str) -> Result<(), Fault> {
        self.0.extend_from_slice(word.as_bytes());
        Ok(())
    }

    fn members(self, begin: &[u8], end: &'static [u8]) -> Result<Members<'a>, Fault> {
        self.0.extend_from_slice(begin);
        Ok(Members { out: self.0, end })
    }
}

impl Members<'_> {
    /// Behind the mark that opened it nothing has to be parted.
    fn part(&mut self) {
        if !matches!(self.out.last(), Some(b'[' | b'{')) {
            self.out.push(b',');
        }
    }

    /// A member whose name stands in the source.
    fn member<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        self.begin(name);
        value.serialize(Writer(self.out))
    }

    /// The same for a value of any type: a member of which there is one kind only brings no copy.
    #[inline(never)]
    fn begin(&mut self, name: &'static str) {
        debug_assert!(!name.bytes().any(is_special), "{name}");
        self.part();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn close(self) -> Result<(), Fault> {
        self.out.extend_from_slice(self.end);
        Ok(())
    }
}

/// Whole numbers that are written as a wider type.
macro_rules! wider {
    ($($name:ident($type:ty) => $wide:ident;)+) => {
        $(fn $name(self, value: $type) -> Result<(), Fault> {
            self.$wide(value.into())
        })+
    };
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = Fault;
    type SerializeSeq = Members<'a>;
    type SerializeTuple = Members<'a>;
    type SerializeTupleStruct = Impossible<(), Fault>;
    type SerializeTupleVariant = Impossible<(), Fault>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Members<'a>;

    wider! {
        serialize_i8(i8) => serialize_i64;
        serialize_i16(i16) => serialize_i64;
        serialize_i32(i32) => serialize_i64;
        serialize_u8(u8) => serialize_u64;
        serialize_u16(u16) => serialize_u64;
        serialize_u32(u32) => serialize_u64;
        serialize_f32(f32) => serialize_f64;
    }

    fn serialize_bool(self, value: bool) -> Result<(), Fault> {
        self.word(if value { "true" } else { "false" })
    }

    fn serialize_i64(self, value: i64) -> Result<(), Fault> {
        number::write_signed(value, self.0);
        Ok(())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Fault> {
        number::write_whole(value, self.0);
        Ok(())
    }

    /// A whole one has its `.0`; what is no number is `null`.
    fn serialize_f64(self, value: f64) -> Result<(), Fault> {
        if !value.is_finite() {
            return self.word("null");
        }
        let start = self.0.len();
        number::write_float(value, self.0);
        let is_whole = |byte: &u8| byte.is_ascii_digit() || *byte == b'-';
        if self.0[start..].iter().all(is_whole) {
            self.0.extend_from_slice(b".0");
        }
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Fault> {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Fault> {
        self.text(value)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Fault> {
        self.0.push(b'"');
        write!(Escaped(self.0), "{value}").map_err(|_| Fault)?;
        self.0.push(b'"');
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Fault> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Fault> {
        self.word("null")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Fault> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Fault> {
        self.word("null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Fault> {
        self.word("null")
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Fault> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        let mut members = self.members(b"{", b"}")?;
        members.member(variant, value)?;
        members.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members<'a>, Fault> {
        self.members(b"[", b"]")
    }

    fn serialize_tuple(self, _: usize) -> Result<Members<'a>, Fault> {
        self.members(b"[", b"]")
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Fault>, Fault> {
        Err(Fault)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Fault>, Fault> {
        Err(Fault)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>, Fault> {
        self.members(b"{", b"}")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'a>, Fault> {
        self.members(b"{", b"}")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'a>, Fault> {
        let mut outer = self.members(b"{", b"")?;
        outer.member(variant, &())?;
        outer.out.truncate(outer.out.len() - "null".len());
        Writer(outer.out).members(b"{", b"}}")
    }
}

impl SerializeSeq for Members<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        self.part();
        value.serialize(Writer(self.out))
    }

    fn end(self) -> Result<(), Fault> {
        self.close()
    }
}

impl SerializeTuple for Members<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<(), Fault> {
        self.close()
    }
}

impl SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Fault;

    /// A name from outside; a number as one is put in quotes.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fault> {
        self.part();
        let start = self.out.len();
        key.serialize(Writer(self.out))?;
        if self.out.get(start) != Some(&b'"') {
            self.out.insert(start, b'"');
            self.out.push(b'"');
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        self.out.push(b':');
        value.serialize(Writer(self.out))
    }

    fn end(self) -> Result<(), Fault> {
        self.close()
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        self.member(name, value)
    }

    fn end(self) -> Result<(), Fault> {
        self.close()
    }
}

impl SerializeStructVariant for Members<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        self.member(name, value)
    }

    fn end(self) -> Result<(), Fault> {
        self.close()
    }
}

/// Text on its way into a string of JSON.
struct Escaped<'a>(&'a mut Vec<u8>);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(text, self.0);
        Ok(())
    }
}

/// RFC 8259 section 7: a quote, a backslash and control characters cannot stand for themselves.
fn escape(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| is_special(*byte)) {
        out.extend_from_slice(&rest[..at]);
        let letter = match rest[at] {
            8 => b'b',
            9 => b't',
            10 => b'n',
            12 => b'f',
            13 => b'r',
            special @ (b'"' | b'\\') => special,
            _ => b'u',
        };
        out.extend_from_slice(&[b'\\', letter]);
        if letter == b'u' {
            let hex = |digit: u8| b"0123456789abcdef"[usize::from(digit & 15)];
            out.extend_from_slice(&[b'0', b'0', hex(rest[at] >> 4), hex(rest[at])]);
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

const fn is_special(byte: u8) -> bool {
    byte < b' ' || matches!(byte, b'"' | b'\\')
}

#[cfg(test)]
mod tests;
