//! Messages as a bus sends them, for tests.

/// A message, or values, in the making.
#[derive(Debug, Default)]
pub(crate) struct Made {
    pub(crate) bytes: Vec<u8>,
    is_big: bool,
}

impl Made {
    pub(crate) fn align(&mut self, to: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(to), 0);
    }

    pub(crate) fn word(&mut self, value: u32) {
        self.align(4);
        let bytes = if self.is_big { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.word(u32::try_from(text.len()).unwrap());
        self.bytes.extend(text.bytes().chain([0]));
    }

    pub(crate) fn signature(&mut self, text: &str) {
        self.bytes.push(u8::try_from(text.len()).unwrap());
        self.bytes.extend(text.bytes().chain([0]));
    }

    fn field(&mut self, code: u8, kind: &str) {
        self.align(8);
        self.bytes.push(code);
        self.signature(kind);
    }
}

/// A message that answers the call of this number.
pub(crate) fn message(
    is_big: bool,
    kind: u8,
    reply_to: u32,
    signature: &str,
    write: impl FnOnce(&mut Made),
) -> Vec<u8> {
    let mut body = Made { is_big, ..Made::default() };
    write(&mut body);
    let mut fields = Made { is_big, ..Made::default() };
    fields.field(6, "s");
    fields.text(":1.7");
    fields.field(5, "u");
    fields.word(reply_to);
    if !signature.is_empty() {
        fields.field(8, "g");
        fields.signature(signature);
    }
    fields.field(7, "s");
    fields.text(":1.0");
    let mut made = Made { is_big, ..Made::default() };
    made.bytes.extend([if is_big { b'B' } else { b'l' }, kind, 1, 1]);
    made.word(u32::try_from(body.bytes.len()).unwrap());
    made.word(99);
    made.word(u32::try_from(fields.bytes.len()).unwrap());
    made.bytes.extend(fields.bytes);
    made.align(8);
    made.bytes.extend(body.bytes);
    made.bytes
}

/// A number, as a property has it.
pub(crate) fn number(is_big: bool, reply_to: u32, value: u32) -> Vec<u8> {
    message(is_big, 2, reply_to, "v", |body| {
        body.signature("u");
        body.word(value);
    })
}

/// A text, likewise.
pub(crate) fn word(reply_to: u32, value: &str) -> Vec<u8> {
    message(false, 2, reply_to, "v", |body| {
        body.signature("s");
        body.text(value);
    })
}

/// Units, as systemd lists them.
pub(crate) fn list(is_big: bool, reply_to: u32, names: &[&str]) -> Vec<u8> {
    message(is_big, 2, reply_to, "a(ssssssouso)", |body| {
        body.word(0);
        body.align(8);
        let begin = body.bytes.len();
        for name in names {
            body.align(8);
            body.text(name);
            for text in ["A unit, ü", "loaded", "failed", "failed", "", "/org/x/unit/a_2eservice"]
            {
                body.text(text);
            }
            body.word(0);
            body.text("");
            body.text("/");
        }
        let len = u32::try_from(body.bytes.len() - begin).unwrap();
        let bytes = if is_big { len.to_be_bytes() } else { len.to_le_bytes() };
        body.bytes[..4].copy_from_slice(&bytes);
    })
}

/// What a bus says that no one asked for: the name that it gave us.
pub(crate) fn signal() -> Vec<u8> {
    let mut bytes = message(false, 4, 1, "s", |body| body.text(":1.7"));
    // The field behind the destination is the serial of no call: a signal has none.
    let at = bytes.windows(4).position(|four| four == [5, 1, b'u', 0]).unwrap();
    bytes[at] = 9;
    bytes
}

/// An error.
pub(crate) fn error(reply_to: u32) -> Vec<u8> {
    message(false, 3, reply_to, "s", |body| body.text("no such name"))
}
