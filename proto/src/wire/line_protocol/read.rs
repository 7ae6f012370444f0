//! Lines as they are read: one at a time, each whole or not at all.

use std::borrow::Cow;
use std::fmt;

use super::{Point, Value};
use crate::limits::{LINE_BYTES_MAX, LINE_FIELDS_MAX, LINE_TAGS_MAX};
use crate::quoted::cut;

/// Why a line is no point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineError {
    /// It is longer than anybody's.
    TooLong,
    /// It begins with none.
    NoMeasurement,
    /// A tag is no name and value.
    Tag(String),
    /// It has none.
    NoFields,
    /// A field is no name and value.
    Field(String),
    /// What stands at its end is no whole number.
    Timestamp(String),
    /// It has more tags or fields than are taken.
    TooMany(&'static str),
}

/// The lines of a text that are not empty and no comment. A line's end in a quoted text is none.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let all = std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let line = &rest[..end_of_line(rest)];
        rest = rest.get(line.len() + 1..).unwrap_or_default();
        Some(line.trim_ascii())
    });
    all.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Reads one line.
pub fn parse(line: &str) -> Result<Point<'_>, LineError> {
    if line.len() > LINE_BYTES_MAX {
        return Err(LineError::TooLong);
    }
    let mut scan = Scan { rest: line };
    let measurement = scan.name(b", ");
    if measurement.is_empty() {
        return Err(LineError::NoMeasurement);
    }
    let mut point = Point { measurement, ..Point::default() };
    while scan.take(b',') {
        let tag = scan.tag()?;
        if point.tags.len() >= LINE_TAGS_MAX {
            return Err(LineError::TooMany("tags"));
        }
        point.tags.push(tag);
    }
    scan.pass_blanks();
    if scan.rest.is_empty() {
        return Err(LineError::NoFields);
    }
    loop {
        let field = scan.field()?;
        if point.fields.len() >= LINE_FIELDS_MAX {
            return Err(LineError::TooMany("fields"));
        }
        point.fields.push(field);
        if !scan.take(b',') {
            break;
        }
    }
    let end = scan.rest.trim_ascii();
    if !end.is_empty() {
        let is_apart = scan.rest.starts_with(' ');
        let number = end.parse().ok().filter(|_| is_apart);
        point.timestamp = Some(number.ok_or_else(|| LineError::Timestamp(cut(end).into_owned()))?);
    }
    Ok(point)
}

/// Where the line ends; quotation marks count only where a field's value can be.
fn end_of_line(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_comment = text.trim_ascii_start().starts_with('#');
    let (mut is_among_fields, mut is_quoted, mut before) = (false, false, b' ');
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if !is_comment && bytes.get(at + 1) != Some(&b'\n') => at += 1,
            b' ' => is_among_fields = !is_comment,
            b'"' if is_quoted => is_quoted = false,
            b'"' => is_quoted = is_among_fields && before == b'=',
            b'\n' if !is_quoted => return at,
            _ => {}
        }
        before = *byte;
        at += 1;
    }
    bytes.len()
}

/// What is left of a line.
struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.rest.as_bytes().first() == Some(&byte);
        if is_next {
            self.rest = &self.rest[1..];
        }
        is_next
    }

    fn pass_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    /// Up to the first of `ends`, which are single bytes, that no backslash stands before.
    fn raw(&mut self, ends: &[u8]) -> &'a str {
        let bytes = self.rest.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if ends.contains(byte) {
                break;
            }
            let is_escape = *byte == b'\\' && bytes.get(at + 1).is_some_and(|b| is_special(*b));
            at += if is_escape { 2 } else { 1 };
        }
        let (raw, rest) = self.rest.split_at(at);
        self.rest = rest;
        raw
    }

    fn name(&mut self, ends: &[u8]) -> Cow<'a, str> {
        unescaped(self.raw(ends), is_special)
    }

    fn tag(&mut self) -> Result<(Cow<'a, str>, Cow<'a, str>), LineError> {
        let before = self.rest;
        let name = self.name(b"=, ");
        let has_value = self.take(b'=');
        let value = self.name(b", ");
        if name.is_empty() || !has_value || value.is_empty() {
            return Err(LineError::Tag(cut(before).into_owned()));
        }
        Ok((name, value))
    }

    fn field(&mut self) -> Result<(Cow<'a, str>, Value<'a>), LineError> {
        let before = self.rest;
        let name = self.name(b"=, ");
        let has_value = self.take(b'=');
        let value = if self.rest.starts_with('"') { self.text() } else { value(self.raw(b", ")) };
        match value {
            Some(value) if has_value && !name.is_empty() => Ok((name, value)),
            _ => Err(LineError::Field(cut(before).into_owned())),
        }
    }

    /// A quoted text; `None` where it does not end.
    fn text(&mut self) -> Option<Value<'a>> {
        let bytes = self.rest.as_bytes();
        let mut at = 1;
        while *bytes.get(at)? != b'"' {
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        }
        let raw = self.rest.get(1..at)?;
        self.rest = &self.rest[at + 1..];
        Some(Value::Text(unescaped(raw, |byte| matches!(byte, b'"' | b'\\'))))
    }
}

const fn is_special(byte: u8) -> bool {
    matches!(byte, b',' | b'=' | b' ')
}

/// A value that is not quoted.
fn value(raw: &str) -> Option<Value<'static>> {
    match raw {
        "t" | "T" | "true" | "True" | "TRUE" => return Some(Value::Switch(true)),
        "f" | "F" | "false" | "False" | "FALSE" => return Some(Value::Switch(false)),
        _ => {}
    }
    // Rust reads words as numbers too: `nan`, `infinity`.
    if !raw.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return None;
    }
    if let Some(number) = raw.strip_suffix('i') {
        return number.parse().ok().map(Value::Integer);
    }
    if let Some(number) = raw.strip_suffix('u') {
        return number.parse().ok().map(Value::Unsigned);
    }
    raw.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
}

/// Takes away each backslash that stands before a byte it escapes.
fn unescaped(raw: &str, is_escaped: fn(u8) -> bool) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut plain = String::with_capacity(raw.len());
    let mut rest = raw.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.next_if(|next| c == '\\' && u8::try_from(*next).is_ok_and(is_escaped));
        plain.push(next.unwrap_or(c));
    }
    Cow::Owned(plain)
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "a line has more than {LINE_BYTES_MAX} bytes"),
            Self::NoMeasurement => f.write_str("a line begins with no measurement"),
            Self::Tag(at) => write!(f, "no tag=value at \"{at}\""),
            Self::NoFields => f.write_str("a line has no fields"),
            Self::Field(at) => write!(f, "no field=value at \"{at}\""),
            Self::Timestamp(at) => write!(f, "no timestamp: \"{at}\""),
            Self::TooMany(what) => write!(f, "a line has too many {what}"),
        }
    }
}

impl std::error::Error for LineError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_everything_parses() {
        let line = "my\\ disk\\,x=y,host=pi,path=/mnt/my\\ disk\\=a \
                    i=-7i,u=7u,f=1.5,g=4,e=1e3,t=t,n=False,s=\"a \\\"b\\\" \\\\c, d=e\" -5";
        let point = parse(line).unwrap();
        assert_eq!(point.measurement, "my disk,x=y");
        assert_eq!((point.tag("host"), point.tag("path")), (Some("pi"), Some("/mnt/my disk=a")));
        let values: Vec<_> = point.fields.iter().map(|(_, value)| value.clone()).collect();
        let expected = [
            Value::Integer(-7),
            Value::Unsigned(7),
            Value::Float(1.5),
            Value::Float(4.0),
            Value::Float(1000.0),
            Value::Switch(true),
            Value::Switch(false),
            Value::Text("a \"b\" \\c, d=e".into()),
        ];
        assert_eq!(values, expected);
        assert_eq!(point.timestamp, Some(-5));
        assert_eq!(parse("m f=1").unwrap().timestamp, None);
    }

    #[test]
    fn a_backslash_that_escapes_nothing_is_one() {
        let point = parse("m,path=C:\\dir\\sub f=\"a\\nb\"").unwrap();
        assert_eq!(point.tag("path"), Some("C:\\dir\\sub"));
        assert_eq!(point.fields[0].1, Value::Text("a\\nb".into()));
    }

    #[test]
    fn a_wrong_line_is_refused_and_says_where() {
        for (line, error) in [
            ("", "a line begins with no measurement"),
            (",a=b f=1", "a line begins with no measurement"),
            ("m", "a line has no fields"),
            ("m,a=b ", "a line has no fields"),
            ("m,a f=1", "no tag=value at \"a f=1\""),
            ("m,a= f=1", "no tag=value at \"a= f=1\""),
            ("m,=b f=1", "no tag=value at \"=b f=1\""),
            ("m f", "no field=value at \"f\""),
            ("m f=", "no field=value at \"f=\""),
            ("m f=1,", "no field=value at \"\""),
            ("m f=x", "no field=value at \"f=x\""),
            ("m f=nan", "no field=value at \"f=nan\""),
            ("m f=1e999", "no field=value at \"f=1e999\""),
            ("m f=99999999999999999999i", "no field=value at \"f=99999999999999999999i\""),
            ("m f=\"open", "no field=value at \"f=\"open\""),
            ("m f=\"open\\", "no field=value at \"f=\"open\\\""),
            ("m f=1 1.5", "no timestamp: \"1.5\""),
            ("m f=1 now", "no timestamp: \"now\""),
            ("m f=1 1 2", "no timestamp: \"1 2\""),
            ("m f=\"a\"5", "no timestamp: \"5\""),
        ] {
            assert_eq!(parse(line).unwrap_err().to_string(), error, "{line}");
        }
        let long = "x".repeat(LINE_BYTES_MAX + 1);
        assert_eq!(parse(&long), Err(LineError::TooLong));
        let tags = format!("m{} f=1", ",a=b".repeat(LINE_TAGS_MAX + 1));
        assert_eq!(parse(&tags), Err(LineError::TooMany("tags")));
        let fields = format!("m f=1{}", ",a=1".repeat(LINE_FIELDS_MAX));
        assert_eq!(parse(&fields), Err(LineError::TooMany("fields")));
    }

    #[test]
    fn lines_end_where_no_text_is_open() {
        let text = "# co=mment a=\"\nm f=1 1\r\n\n  \nm,a=\" s=\"two\nlines \\\" and\n\" 2\nm f=3";
        let found: Vec<_> = lines(text).collect();
        assert_eq!(found, ["m f=1 1", "m,a=\" s=\"two\nlines \\\" and\n\" 2", "m f=3"]);
        assert_eq!(parse(found[1]).unwrap().timestamp, Some(2));
        assert_eq!(lines("").count() + lines("\n").count(), 0);
    }

    #[test]
    fn every_cut_of_a_line_is_read_or_refused_without_a_fall() {
        let line = "dä\\ sk,h\\=ost=p\\,i f=\"ä\\\"\\\\b\",g=7i,h=1.5 1795161230";
        for end in (0..=line.len()).filter(|end| line.is_char_boundary(*end)) {
            let _ = parse(&line[..end]);
            assert!(lines(&line[..end]).count() <= 1);
        }
    }
}
