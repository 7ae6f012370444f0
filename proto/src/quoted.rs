//! What somebody wrote: in quotes, in messages and in TOML that is read again; and a server's
//! words, as they may stand in a log line.

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::limits::SERVER_TEXT_MAX;

/// Shows a text as a TOML basic string, which is also a JSON string.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                c => escape(c, f)?,
            }
        }
        f.write_char('"')
    }
}

/// Shows a text without quotes, and nothing in it that steers a terminal or hides from a reader.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| escape(c, f))
    }
}

/// Shows a server's words like [`Escaped`], of bounded length.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a>(pub &'a str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&cut(self.0)).fmt(f)
    }
}

/// As much of a server's words as may be repeated; what is cut ends with an ellipsis.
pub fn cut(words: &str) -> Cow<'_, str> {
    if words.len() <= SERVER_TEXT_MAX {
        return Cow::Borrowed(words);
    }
    let whole = words.floor_char_boundary(SERVER_TEXT_MAX);
    Cow::Owned(format!("{}…", &words[..whole]))
}

fn escape(c: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match c {
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        c if is_hidden(c) => write!(f, "\\u{:04x}", u32::from(c)),
        c => f.write_char(c),
    }
}

/// Control characters, those that turn the direction of writing, and those without width: what
/// makes a line look like another one.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
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
            ("a\u{202e}b\u{200b}\u{2066}\u{feff}", r#""a\u202eb\u200b\u2066\ufeff""#),
        ] {
            assert_eq!(Quoted(text).to_string(), shown);
            assert_eq!(serde_json::from_str::<String>(shown).unwrap(), text);
        }
    }

    #[test]
    fn a_servers_words_stay_one_short_printable_line() {
        assert_eq!(
            Words("bad\r\n\"token\"\u{1b}[31m").to_string(),
            "bad\\r\\n\"token\"\\u001b[31m"
        );
        let long = Words(&"\u{e4}".repeat(500)).to_string();
        assert!(long.len() <= SERVER_TEXT_MAX + 3 && long.ends_with('…'), "{long}");
        let odd = Words(&format!("x{}", "\u{e4}".repeat(500))).to_string();
        assert!(odd.len() <= SERVER_TEXT_MAX + 3, "{odd}");
        assert_eq!(Words("").to_string(), "");
    }

    #[test]
    fn a_list_is_one_line() {
        assert_eq!(QuotedList(&[]).to_string(), "[]");
        let list = ["/mnt".to_owned(), "a\"*".to_owned()];
        assert_eq!(QuotedList(&list).to_string(), r#"["/mnt", "a\"*"]"#);
    }
}
