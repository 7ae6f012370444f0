//! `/run/dbus/system_bus_socket`: messages of D-Bus, as they come (D-Bus Specification,
//! "Message Protocol" and "Type System").
//!
//! ```text
//! message = endian type flags version body_length serial { field } padding body
//! field   = code variant, each at a multiple of 8; an array: its length in bytes comes first
//! value   = at a multiple of its size from the start of the message, the gap filled with zeros
//!
//! 6c 02 01 01 08 00 00 00 2a 00 00 00 0f 00 00 00   a return of 8 bytes, its fields have 15
//! 05 01 75 00 02 00 00 00 08 01 67 00 01 76 00 00   it answers number 2; signature "v"
//! 01 75 00 00 03 00 00 00                           a variant that holds the number 3
//! ```
//!
//! Before the first message there is talk in lines ("Authentication Protocol"): see `greeting`.

pub mod call;
#[cfg(test)]
pub(crate) mod fixture;
pub mod greeting;
pub mod systemd;

/// What bytes begin with.
#[derive(Debug, Clone, Copy)]
pub enum Parsed<'a> {
    /// A part of a message: more is to come.
    Cut,
    /// A message, and how many bytes it has.
    Message(Message<'a>, usize),
    /// What is no message, or a longer one than is wanted: nothing behind it can be read.
    Bad,
}

/// What kind of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `METHOD_RETURN`
    Return,
    /// `ERROR`
    Error,
    /// `METHOD_CALL`, `SIGNAL`, and those that later versions may add.
    Other,
}

/// One message.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Its kind.
    pub kind: Kind,
    /// The number of the call that it answers.
    pub reply_to: Option<u32>,
    signature: &'a [u8],
    body: Values<'a>,
}

/// Reads the message that `bytes` begin with, of at most `max` bytes.
pub fn parse(bytes: &[u8], max: usize) -> Parsed<'_> {
    let Some(fixed) = bytes.first_chunk::<FIXED>() else { return Parsed::Cut };
    let is_big = match fixed[0] {
        b'l' => false,
        b'B' => true,
        _ => return Parsed::Bad,
    };
    let mut values = Values { bytes: fixed, at: 4, is_big };
    let mut word = || values.word().and_then(|word| usize::try_from(word).ok());
    let (Some(body), Some(serial), Some(fields)) = (word(), word(), word()) else {
        return Parsed::Bad;
    };
    // Each by itself first: a sum of two may be more than 32 bits hold.
    if fixed[1] == 0 || fixed[3] != VERSION || serial == 0 || body > max || fields > max {
        return Parsed::Bad;
    }
    let body_at = (FIXED + fields).next_multiple_of(8);
    let end = body_at + body;
    if end > max {
        return Parsed::Bad;
    }
    let Some(whole) = bytes.get(..end) else { return Parsed::Cut };
    match message(fixed[1], whole, FIXED + fields, is_big) {
        Some(message) => Parsed::Message(message, end),
        None => Parsed::Bad,
    }
}

/// Bytes before the fields, the length of their array included.
const FIXED: usize = 16;
/// The version of the protocol: there is one.
const VERSION: u8 = 1;
/// Codes of the fields that matter here ("Header Fields").
const REPLY_SERIAL: u8 = 5;
const SIGNATURE: u8 = 8;

fn message(kind: u8, whole: &[u8], fields_end: usize, is_big: bool) -> Option<Message<'_>> {
    let (mut reply_to, mut signature) = (None, &[][..]);
    let mut fields = Values { bytes: whole.get(..fields_end)?, at: FIXED, is_big };
    while !fields.is_over() {
        fields.align(8)?;
        let code = fields.byte()?;
        match (code, fields.signature()?) {
            (REPLY_SERIAL, b"u") => reply_to = Some(fields.word()?),
            (SIGNATURE, b"g") => signature = fields.signature()?,
            (REPLY_SERIAL | SIGNATURE, _) => return None,
            (_, [simple]) => fields.skip(*simple)?,
            _ => return None,
        }
    }
    fields.bytes = whole;
    fields.align(8)?;
    let body = Values { bytes: whole.get(fields.at..)?, at: 0, is_big };
    let kind = match kind {
        2 => Kind::Return,
        3 => Kind::Error,
        _ => Kind::Other,
    };
    Some(Message { kind, reply_to, signature, body })
}

/// Values one after the other.
#[derive(Debug, Clone, Copy)]
struct Values<'a> {
    bytes: &'a [u8],
    at: usize,
    is_big: bool,
}

impl<'a> Values<'a> {
    fn is_over(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Goes on at a multiple of `to`; the gap has to be zeros.
    fn align(&mut self, to: usize) -> Option<()> {
        let gap = self.at.next_multiple_of(to) - self.at;
        self.take(gap)?.iter().all(|byte| *byte == 0).then_some(())
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..)?.get(..len)?;
        self.at += len;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// A `UINT32`.
    fn word(&mut self) -> Option<u32> {
        self.align(4)?;
        let bytes = *self.take(4)?.first_chunk()?;
        Some(if self.is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// A `STRING` or an `OBJECT_PATH`: UTF-8 without a zero, and one behind it.
    fn text(&mut self) -> Option<&'a str> {
        let len = usize::try_from(self.word()?).ok()?;
        let text = self.take(len)?;
        let is_whole = self.byte()? == 0 && !text.contains(&0);
        std::str::from_utf8(text).ok().filter(|_| is_whole)
    }

    /// A `SIGNATURE`.
    fn signature(&mut self) -> Option<&'a [u8]> {
        let len = self.byte()?.into();
        let signature = self.take(len)?;
        (self.byte()? == 0).then_some(signature)
    }

    /// Leaves out a value of this type, one without others in it: fields have no other.
    fn skip(&mut self, simple: u8) -> Option<()> {
        match simple {
            b's' | b'o' => self.text().map(|_| ()),
            b'g' => self.signature().map(|_| ()),
            b'y' => self.byte().map(|_| ()),
            b'b' | b'i' | b'u' | b'h' => self.word().map(|_| ()),
            b'n' | b'q' => self.align(2).and_then(|()| self.take(2)).map(|_| ()),
            b'x' | b't' | b'd' => self.align(8).and_then(|()| self.take(8)).map(|_| ()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
