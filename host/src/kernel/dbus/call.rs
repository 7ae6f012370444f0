//! Calls, as they are sent: in the order of bytes that the specification calls little.

/// Whom a call is for, and what of it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The name on the bus.
    pub destination: &'a str,
    /// The object.
    pub path: &'a str,
    /// Its interface.
    pub interface: &'a str,
    /// The method.
    pub member: &'a str,
    /// What it is told.
    pub arguments: Arguments<'a>,
}

/// The arguments of a call.
#[derive(Debug, Clone, Copy)]
pub enum Arguments<'a> {
    /// None.
    Nothing,
    /// Two texts: `ss`.
    Two([&'a str; 2]),
    /// One list of texts: `as`.
    List(&'a [&'a str]),
}

const METHOD_CALL: u8 = 1;
/// Who does not run is not started for us.
const NO_AUTO_START: u8 = 2;
const FLAGS_AND_VERSION: [u8; 2] = [NO_AUTO_START, super::VERSION];

/// Writes a call of this number behind what is there.
pub fn write(out: &mut Vec<u8>, serial: u32, call: &Call<'_>) {
    let mut message = Writer { start: out.len(), out };
    message.out.extend([b'l', METHOD_CALL]);
    message.out.extend(FLAGS_AND_VERSION);
    message.word(0);
    message.out.extend(serial.to_le_bytes());
    message.word(0);
    let fields_at = message.out.len();
    for (code, kind, text) in [
        (1, b'o', call.path),
        (2, b's', call.interface),
        (3, b's', call.member),
        (6, b's', call.destination),
    ] {
        message.align(8);
        message.out.extend([code, 1, kind, 0]);
        message.text(text);
    }
    let signature = match call.arguments {
        Arguments::Nothing => "",
        Arguments::Two(_) => "ss",
        Arguments::List(_) => "as",
    };
    if !signature.is_empty() {
        message.align(8);
        message.out.extend([super::SIGNATURE, 1, b'g', 0]);
        message.byte(signature.len());
        message.out.extend(signature.bytes());
        message.out.push(0);
    }
    message.set(12, message.out.len() - fields_at);
    message.align(8);
    let body_at = message.out.len();
    match call.arguments {
        Arguments::Nothing => {}
        Arguments::Two(texts) => texts.iter().for_each(|text| message.text(text)),
        Arguments::List(texts) => {
            message.word(0);
            let list_at = message.out.len();
            texts.iter().for_each(|text| message.text(text));
            message.set(body_at - message.start, message.out.len() - list_at);
        }
    }
    message.set(4, message.out.len() - body_at);
}

/// A message in the making.
struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// Where it begins: values lie at multiples of their size from here.
    start: usize,
}

impl Writer<'_> {
    fn align(&mut self, to: usize) {
        let len = (self.out.len() - self.start).next_multiple_of(to);
        self.out.resize(self.start + len, 0);
    }

    fn byte(&mut self, value: usize) {
        self.out.push(u8::try_from(value).unwrap_or(u8::MAX));
    }

    /// A length: none here comes near what its type holds.
    fn word(&mut self, value: usize) {
        self.align(4);
        self.out.extend(u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.word(text.len());
        self.out.extend(text.bytes());
        self.out.push(0);
    }

    /// Writes a length that is known only now, at so many bytes from the beginning.
    fn set(&mut self, at: usize, value: usize) {
        let at = self.start + at;
        let bytes = u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
        self.out[at..at + 4].copy_from_slice(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Parsed, parse};
    use super::*;

    const CALL: Call<'_> = Call {
        destination: "org.x",
        path: "/x",
        interface: "org.x.I",
        member: "Do",
        arguments: Arguments::Nothing,
    };

    #[test]
    fn a_call_is_written_as_the_specification_has_it() {
        let mut out = b"before".to_vec();
        write(&mut out, 7, &Call { arguments: Arguments::List(&["failed"]), ..CALL });
        let due = b"before\
            l\x01\x02\x01\x0f\0\0\0\x07\0\0\0\x48\0\0\0\
            \x01\x01o\0\x02\0\0\0/x\0\0\0\0\0\0\
            \x02\x01s\0\x07\0\0\0org.x.I\0\
            \x03\x01s\0\x02\0\0\0Do\0\0\0\0\0\0\
            \x06\x01s\0\x05\0\0\0org.x\0\0\0\
            \x08\x01g\0\x02as\0\
            \x0b\0\0\0\x06\0\0\0failed\0";
        assert_eq!(out.escape_ascii().to_string(), due.escape_ascii().to_string());
    }

    #[test]
    fn what_is_written_can_be_read() {
        for arguments in [Arguments::Nothing, Arguments::Two(["a", "bcd"])] {
            let mut out = Vec::new();
            write(&mut out, 1, &Call { arguments, ..CALL });
            write(&mut out, 2, &CALL);
            let Parsed::Message(message, len) = parse(&out, 4096) else { panic!("{out:?}") };
            assert_eq!((message.kind, message.reply_to), (Kind::Other, None));
            let Parsed::Message(_, rest) = parse(&out[len..], 4096) else { panic!("{out:?}") };
            assert_eq!(len + rest, out.len());
        }
    }
}
