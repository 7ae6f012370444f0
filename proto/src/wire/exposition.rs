//! Prometheus's text format, as scripts write it for node_exporter's textfile collector (its
//! documentation: "Exposition formats").
//!
//! ```text
//! line = "#" anything | name [ "{" label "=" quoted { "," label "=" quoted } [ "," ] "}" ] value
//!
//! # HELP backup_age_seconds How long ago the last backup ended.
//! # TYPE backup_age_seconds gauge
//! backup_age_seconds{job="home"} 3600
//! ```
//!
//! A line with a time of its own is refused, as there: a figure is of the moment it is read. What
//! a comment says of a type is not needed here.

use super::number;
use crate::limits::{CUSTOM_SERIES_BYTES_MAX, CUSTOM_SERIES_MAX};
use crate::sample::Custom;

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1 on.
    pub line: usize,
    /// What about it.
    pub what: &'static str,
}

/// Every series of a text, in its order; a value that is no finite number is no figure.
pub fn parse(text: &[u8]) -> Result<Vec<Custom>, Fault> {
    let mut found: Vec<Custom> = Vec::new();
    let mut rest = text;
    let mut line = 0;
    while !rest.is_empty() {
        line += 1;
        let fault = |what| Fault { line, what };
        let end = rest.iter().position(|byte| *byte == b'\n');
        let end = end.ok_or(fault("the line has no end: the file is not whole"))?;
        if let Some(series) = parse_line(&rest[..end]).map_err(fault)? {
            if found.iter().any(|other| other.series == series.series) {
                return Err(fault("the series is there already"));
            }
            if found.len() == CUSTOM_SERIES_MAX {
                return Err(fault("there are more series than 64"));
            }
            found.push(series);
        }
        rest = &rest[end + 1..];
    }
    Ok(found)
}

/// The name of a series, and its labels as the members of a JSON object: the escapes in quotes are
/// JSON's own.
pub fn split(series: &str) -> (&str, String) {
    let Some((name, labels)) = series.split_once('{') else { return (series, String::new()) };
    let (mut members, mut in_quotes, mut is_escaped) = ("\"".to_owned(), false, false);
    for c in labels.strip_suffix('}').unwrap_or(labels).chars() {
        match c {
            '=' if !in_quotes => members.push_str("\":"),
            ',' if !in_quotes => members.push_str(",\""),
            _ => members.push(c),
        }
        in_quotes ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
    }
    (name, members)
}

fn parse_line(line: &[u8]) -> Result<Option<Custom>, &'static str> {
    let line = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
    let mut rest = Rest(line.trim_ascii());
    if rest.0.is_empty() || rest.0.starts_with('#') {
        return Ok(None);
    }
    let mut series = String::new();
    rest.name(&mut series, true)?;
    let is_blank = rest.skip_blanks();
    if rest.take("{") {
        rest.labels(&mut series)?;
    } else if !is_blank {
        return Err("a name has letters, digits, _ and :, and a blank behind it");
    }
    if series.len() > CUSTOM_SERIES_BYTES_MAX {
        return Err("name and labels are longer than 192 bytes");
    }
    let mut words = rest.0.split_ascii_whitespace();
    let value = words.next().and_then(number).ok_or("no number")?;
    if words.next().is_some() {
        return Err("more than a number: times are not taken");
    }
    Ok(value.is_finite().then_some(Custom { series, value }))
}

/// A number in decimals, or in a name that is none: those are not told.
fn number(word: &str) -> Option<f64> {
    let unsigned = word.strip_prefix(['-', '+']).unwrap_or(word);
    let is_none = ["nan", "inf"].iter().any(|name| unsigned.eq_ignore_ascii_case(name));
    if is_none { Some(f64::NAN) } else { number::read_float(word) }
}

/// What of a line is still to be read.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn take(&mut self, what: &str) -> bool {
        let rest = self.0.strip_prefix(what);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn skip_blanks(&mut self) -> bool {
        let rest = self.0.trim_ascii_start();
        let has_any = rest.len() < self.0.len();
        self.0 = rest;
        has_any
    }

    /// Moves so many bytes over.
    fn advance(&mut self, count: usize, out: &mut String) {
        let (taken, rest) = self.0.split_at(count);
        out.push_str(taken);
        self.0 = rest;
    }

    fn name(&mut self, out: &mut String, has_colons: bool) -> Result<(), &'static str> {
        let is_of_name = |byte: &u8| {
            byte.is_ascii_alphanumeric() || *byte == b'_' || has_colons && *byte == b':'
        };
        let count = self.0.bytes().take_while(is_of_name).count();
        if count == 0 || self.0.as_bytes()[0].is_ascii_digit() {
            return Err("a name is missing");
        }
        self.advance(count, out);
        Ok(())
    }

    /// What stands in the braces, and the last of them.
    fn labels(&mut self, out: &mut String) -> Result<(), &'static str> {
        let mut before = "{";
        loop {
            self.skip_blanks();
            if self.take("}") {
                out.push_str(if before == "{" { "" } else { "}" });
                return Ok(());
            }
            out.push_str(before);
            self.name(out, false)?;
            self.skip_blanks();
            if !self.take("=") {
                return Err("a label has no value");
            }
            self.skip_blanks();
            out.push('=');
            let count = quoted(self.0.as_bytes()).ok_or("a label's value is not in good quotes")?;
            self.advance(count, out);
            self.skip_blanks();
            if !self.take(",") && !self.0.starts_with('}') {
                return Err("labels are not parted by commas");
            }
            before = ",";
        }
    }
}

/// How long the quoted text is that this begins with.
fn quoted(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    if text.first() != Some(&b'"') {
        return None;
    }
    loop {
        at += match (text.get(at)?, text.get(at + 1)) {
            (b'"', _) => return Some(at + 1),
            (b'\\', Some(b'\\' | b'"' | b'n')) => 2,
            (b'\\' | 0..b' ', _) => return None,
            _ => 1,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(line: &str) -> Result<Option<(String, f64)>, &'static str> {
        let found = parse(format!("{line}\n").as_bytes()).map_err(|fault| fault.what)?;
        Ok(found.into_iter().next().map(|custom| (custom.series, custom.value)))
    }

    #[test]
    fn a_series_is_read_whatever_blanks_there_are() {
        for (line, series, value) in [
            ("up 1", "up", 1.0),
            ("  a:b_9\t -2.5e3  ", "a:b_9", -2500.0),
            ("x{} +1", "x", 1.0),
            ("x{a=\"b\"}.5", "x{a=\"b\"}", 0.5),
            ("x { a = \"b c\" , d=\"\", } 7", "x{a=\"b c\",d=\"\"}", 7.0),
            (r#"x{a="\\ \" \n }, é"} 0"#, r#"x{a="\\ \" \n }, é"}"#, 0.0),
        ] {
            assert_eq!(only(line), Ok(Some((series.to_owned(), value))), "{line}");
        }
        for line in ["", "   ", "# HELP x y", "#", "x NaN", "x +Inf", "x{a=\"b\"} -inf"] {
            assert_eq!(only(line), Ok(None), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let long = format!("x{{a=\"{}\"}} 1", "y".repeat(CUSTOM_SERIES_BYTES_MAX));
        for line in [
            "x",
            "x one",
            "x 1 1395066363000",
            "9x 1",
            "x-y 1",
            "x{a} 1",
            "x{a=b} 1",
            "x{a=\"b} 1",
            "x{a=\"\\t\"} 1",
            "x{a=\"b\" c=\"d\"} 1",
            "x{a:b=\"c\"} 1",
            "x{a=\"b\"",
            "x{a=\"\t\"} 1",
            "{a=\"b\"} 1",
            &long,
        ] {
            let text = format!("# a comment\ngood 1\n{line}\n");
            assert_eq!(parse(text.as_bytes()).map_err(|fault| fault.line), Err(3), "{line}");
        }
        assert_eq!(parse(b"a 1\n\xff 1\n").unwrap_err().line, 2);
        assert_eq!(parse(b"a 1\na 2\n").unwrap_err().line, 2, "twice");
        assert_eq!(parse(b"a 1\nb 2").unwrap_err().line, 2, "cut in the middle of a number, maybe");
    }

    #[test]
    fn no_more_series_are_taken_than_there_is_room_for() {
        let text = |count| (0..count).map(|at| format!("x{at} 1\n")).collect::<String>();
        assert_eq!(parse(text(CUSTOM_SERIES_MAX).as_bytes()).unwrap().len(), CUSTOM_SERIES_MAX);
        let fault = parse(text(CUSTOM_SERIES_MAX + 1).as_bytes()).unwrap_err();
        assert_eq!(fault.line, CUSTOM_SERIES_MAX + 1);
    }

    #[test]
    fn labels_are_members_of_an_object() {
        assert_eq!(split("x"), ("x", String::new()));
        for (series, members) in [
            (r#"x{a="b",c="d"}"#, r#""a":"b","c":"d""#),
            (r#"x{a="\\",b="=,\"}\n"}"#, r#""a":"\\","b":"=,\"}\n""#),
        ] {
            let (name, found) = split(series);
            assert_eq!((name, &*found), ("x", members));
            assert!(serde_json::from_str::<serde_json::Value>(&format!("{{{found}}}")).is_ok());
        }
    }
}
