//! Lines as they are written.

use super::Value;
use crate::wire::number;

/// A line under way. Tags first, then fields, then [`Line::end`].
#[derive(Debug)]
pub struct Line<'a> {
    out: &'a mut Vec<u8>,
    /// Where it began.
    start: usize,
    has_fields: bool,
}

impl<'a> Line<'a> {
    /// Begins behind what `out` has.
    pub fn begin(out: &'a mut Vec<u8>, measurement: &str) -> Self {
        let start = out.len();
        escape(measurement, b", ", out);
        Self { out, start, has_fields: false }
    }

    /// A tag; an empty one cannot be written and is left out.
    pub fn tag(&mut self, name: &str, value: &str) {
        if !name.is_empty() && !value.is_empty() {
            tag(name, value, self.out);
        }
    }

    /// Tags that were written before, by [`tags`](Self::tags).
    pub fn written_tags(&mut self, tags: &str) {
        self.out.extend_from_slice(tags.as_bytes());
    }

    /// Tags as a text of their own, for many lines.
    pub fn tags<'t>(tags: impl IntoIterator<Item = (&'t str, &'t str)>) -> String {
        let mut out = Vec::new();
        for (name, value) in tags {
            Line { out: &mut out, start: 0, has_fields: false }.tag(name, value);
        }
        String::from_utf8(out).unwrap_or_default()
    }

    /// A field; a float that is not finite is left out.
    pub fn field(&mut self, name: &str, value: &Value<'_>) {
        self.add(name, value, |name, out| escape(name, b",= ", out));
    }

    /// A field whose name has nothing in it that is escaped.
    pub fn plain_field(&mut self, name: &'static str, value: &Value<'_>) {
        self.add(name, value, |name, out| out.extend_from_slice(name.as_bytes()));
    }

    fn add(&mut self, name: &str, value: &Value<'_>, write_name: fn(&str, &mut Vec<u8>)) {
        if matches!(value, Value::Float(number) if !number.is_finite()) {
            return;
        }
        self.out.push(if self.has_fields { b',' } else { b' ' });
        self.has_fields = true;
        write_name(name, self.out);
        self.out.push(b'=');
        write_value(value, self.out);
    }

    /// Leaves no trace of it.
    pub fn abandon(self) {
        self.out.truncate(self.start);
    }

    /// Ends it; a line without a field is no line and leaves no trace. Whether it is one.
    pub fn end(self, timestamp: Option<u64>) -> bool {
        if !self.has_fields {
            self.abandon();
            return false;
        }
        if let Some(timestamp) = timestamp {
            self.out.push(b' ');
            number::write_whole(timestamp, self.out);
        }
        self.out.push(b'\n');
        true
    }
}

fn tag(name: &str, value: &str, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b',');
    escape(name, b",= ", out);
    out.push(b'=');
    let before = out.len();
    escape(value, b",= ", out);
    if out.len() == before {
        out.truncate(start); // nothing of it can be written
    }
}

fn write_value(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Integer(number) => {
            number::write_signed(*number, out);
            out.push(b'i');
        }
        Value::Unsigned(number) => {
            number::write_whole(*number, out);
            out.push(b'u');
        }
        Value::Float(number) => number::write_float(*number, out),
        Value::Switch(switch) => out.push(if *switch { b't' } else { b'f' }),
        Value::Text(text) => {
            out.push(b'"');
            for byte in text.bytes() {
                if matches!(byte, b'"' | b'\\') {
                    out.push(b'\\');
                }
                out.push(byte);
            }
            out.push(b'"');
        }
    }
}

/// Writes a name. What is in no name, a line's end above all, becomes a blank. A backslash at the
/// end, or before what is escaped, would be taken for an escape itself and has no other spelling:
/// it is left out.
fn escape(name: &str, special: &[u8], out: &mut Vec<u8>) {
    let is_plain =
        |byte: u8| byte > b' ' && byte != b'\\' && byte != 127 && !special.contains(&byte);
    if name.bytes().all(is_plain) {
        return out.extend_from_slice(name.as_bytes());
    }
    let is_special = |c: char| u8::try_from(c).is_ok_and(|byte| special.contains(&byte));
    let mut rest = name.chars().map(|c| if c.is_control() { ' ' } else { c }).peekable();
    while let Some(c) = rest.next() {
        let is_lost =
            c == '\\' && rest.peek().is_none_or(|next| is_special(*next) || *next == '\\');
        if is_lost {
            continue;
        }
        if is_special(c) {
            out.push(b'\\');
        }
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::line_protocol::{Point, parse};

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn names_and_texts_are_escaped_as_each_place_wants_it() {
        let mut out = Vec::new();
        let mut line = Line::begin(&mut out, "my disk,a=b");
        line.tag("mount point", "/mnt/my disk,x=y");
        line.tag("empty", "");
        line.field("used=a b,c", &Value::Integer(-7));
        line.field("label", &Value::Text("a \"b\" c:\\d, e=f".into()));
        line.field("nan", &Value::Float(f64::NAN));
        assert!(line.end(Some(1_795_161_230)));
        assert_eq!(
            text(out),
            "my\\ disk\\,a=b,mount\\ point=/mnt/my\\ disk\\,x\\=y used\\=a\\ b\\,c=-7i,\
             label=\"a \\\"b\\\" c:\\\\d, e=f\" 1795161230\n"
        );
    }

    #[test]
    fn every_type_has_its_sign_and_a_whole_float_none() {
        let mut out = Vec::new();
        let mut line = Line::begin(&mut out, "m");
        for (name, value) in [
            ("i", Value::Integer(4)),
            ("u", Value::Unsigned(u64::MAX)),
            ("f", Value::Float(4.0)),
            ("g", Value::Float(0.1)),
            ("b", Value::Switch(true)),
            ("c", Value::Switch(false)),
        ] {
            line.field(name, &value);
        }
        line.end(None);
        assert_eq!(text(out), "m i=4i,u=18446744073709551615u,f=4,g=0.1,b=t,c=f\n");
    }

    #[test]
    fn a_line_without_a_field_leaves_no_trace() {
        let mut out = b"before\n".to_vec();
        let mut line = Line::begin(&mut out, "m");
        line.tag("host", "pi");
        line.field("f", &Value::Float(f64::INFINITY));
        assert!(!line.end(Some(1)));
        assert_eq!(text(out), "before\n");
    }

    #[test]
    fn no_name_can_begin_a_line_or_swallow_what_follows() {
        for name in ["a\nb", "a\r\nb", "tail\\", "\\", "a\\\\", "a\\ b", "a\\,b", "\\=", "\0"] {
            let mut out = Vec::new();
            let mut line = Line::begin(&mut out, "m");
            line.tag("t", name);
            line.tag("u", "v");
            line.field("f", &Value::Integer(1));
            line.end(Some(2));
            let out = text(out);
            assert_eq!(out.lines().count(), 1, "{out:?}");
            let point: Point<'_> = parse(out.trim_end_matches('\n')).unwrap();
            assert_eq!((point.timestamp, point.fields.len()), (Some(2), 1), "{out:?}");
            assert_eq!(point.tag("u"), Some("v"), "{out:?}");
        }
    }
}
