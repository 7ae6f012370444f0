//! `/etc/os-release`: the distribution (os-release(5)).
//!
//! ```text
//! line = key "=" value ; shell quoting, comments with "#"
//!
//! ID=debian
//! VERSION_ID="12"
//! PRETTY_NAME='Wind River Linux 7.0'
//! ```
//! The order is free, and some distributions leave blanks unquoted. A file that was torn or holds
//! something else (a power cut leaves zeros) has no value where a quote is open or a byte is no
//! text.

use super::text;
use crate::limits::NAME_BYTES_MAX;

/// The two keys that name a system.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OsRelease {
    /// `ID`; empty when missing or no word.
    pub id: String,
    /// `VERSION_ID`; empty on rolling distributions.
    pub version_id: String,
}

/// Parses the file. Of two lines with one key the last counts, as in a shell. Allocates.
pub fn parse(os_release: &[u8]) -> OsRelease {
    let mut release = OsRelease::default();
    for line in text::lines(os_release) {
        match text::split_once(b'=', text::trim(line)) {
            Some((b"ID", value)) => {
                release.id = unquote(value).filter(|id| is_word(id)).unwrap_or_default()
            }
            Some((b"VERSION_ID", value)) => release.version_id = unquote(value).unwrap_or_default(),
            _ => {}
        }
    }
    release
}

/// What an `ID` can be; the document wants small letters, and not all keep to it.
fn is_word(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Without quotes, and with what is escaped inside double quotes; `None` for what is no text.
fn unquote(value: &[u8]) -> Option<String> {
    let value = text::trim(value);
    let inner = match value {
        [quote @ (b'"' | b'\''), inner @ .., end] if quote == end => inner,
        [b'"' | b'\'', ..] => return None,
        plain => plain,
    };
    text::name(&unescape(inner, !value.starts_with(b"'")), NAME_BYTES_MAX).map(str::to_owned)
}

fn unescape(value: &[u8], escapes: bool) -> Vec<u8> {
    let mut plain = Vec::with_capacity(value.len());
    let mut escaped = false;
    for byte in value {
        if *byte == b'\\' && escapes && !escaped {
            escaped = true;
        } else {
            plain.push(*byte);
            escaped = false;
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_quoting_is_undone() {
        for (value, plain) in [
            ("debian", "debian"),
            ("\"12\"", "12"),
            ("'7.0'", "7.0"),
            ("\"a \\\"b\\\" \\$c\"", "a \"b\" $c"),
            ("Wind River 7", "Wind River 7"),
            ("\"open", ""),
            ("'open", ""),
            ("\"", ""),
            ("12\u{7}", ""),
            ("\u{1b}[31m12", ""),
            ("", ""),
            ("\"\"", ""),
        ] {
            let text = format!("# comment\nPRETTY_NAME=\"x\"\nVERSION_ID={value}\nID=x");
            assert_eq!(parse(text.as_bytes()).version_id, plain, "{value}");
        }
    }

    #[test]
    fn what_is_no_text_has_no_value() {
        let torn = parse(b"VERSION_ID=12\nID=\"deb");
        assert_eq!((torn.id.as_str(), torn.version_id.as_str()), ("", "12"));
        let binary = parse(b"\x7fELF\x02\x01\0\0\nID=\xff\xfe\x00\nVERSION_ID=\x80\n");
        assert_eq!(binary, OsRelease::default());
        assert_eq!(parse(&[0; 512]), OsRelease::default(), "zeros after a power cut");
        assert_eq!(parse(b"ID=<html><body>\n").id, "", "no word");
        let long = format!("ID={}\nVERSION_ID=1", "x".repeat(NAME_BYTES_MAX + 1));
        assert_eq!(parse(long.as_bytes()).id, "");
    }

    #[test]
    fn only_whole_keys_count() {
        let release = parse(b"ID_LIKE=debian\nBUILD_ID=5\n ID=raspbian\nVERSION_ID\n=1\n");
        assert_eq!(release, OsRelease { id: "raspbian".into(), version_id: String::new() });
    }
}
