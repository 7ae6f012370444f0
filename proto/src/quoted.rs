//! What somebody wrote, in quotes: in messages, and in TOML that is read again.

use std::fmt::{self, Write};

/// Shows a text as a TOML basic string, which is also a JSON string.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}

/// Shows a list of texts as a TOML array.
#[derive(Debug, Clone, Copy)]
pub struct QuotedList<'a>(pub &'a [String]);

impl fmt::Display for QuotedList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        for (index, text) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}", Quoted(text))?;
        }
        f.write_char(']')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_the_quotes_or_steer_a_terminal_is_escaped() {
        for (text, shown) in [
            ("", r#""""#),
            ("Zürich \u{1f426}", "\"Zürich \u{1f426}\""),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("1\n2\t3\r", r#""1\n2\t3\r""#),
            ("\u{1b}[31m\u{9b}\u{7f}\0", r#""\u001b[31m\u009b\u007f\u0000""#),
        ] {
            assert_eq!(Quoted(text).to_string(), shown);
            assert_eq!(serde_json::from_str::<String>(shown).unwrap(), text);
        }
    }

    #[test]
    fn a_list_is_one_line() {
        assert_eq!(QuotedList(&[]).to_string(), "[]");
        let list = ["/mnt".to_owned(), "a\"*".to_owned()];
        assert_eq!(QuotedList(&list).to_string(), r#"["/mnt", "a\"*"]"#);
    }
}
