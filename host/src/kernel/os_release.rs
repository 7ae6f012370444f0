//! `/etc/os-release`: the distribution (os-release(5)).
//!
//! ```text
//! line = key "=" value ; shell quoting, comments with "#"
//!
//! ID=debian
//! VERSION_ID="12"
//! PRETTY_NAME='Wind River Linux 7.0'
//! ```
//! The order is free, and some distributions leave blanks unquoted.

use super::text;

/// The two keys that name a system.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OsRelease {
    /// `ID`; empty when missing.
    pub id: String,
    /// `VERSION_ID`; empty on rolling distributions.
    pub version_id: String,
}

/// Parses the file. Allocates.
pub fn parse(os_release: &[u8]) -> OsRelease {
    let mut release = OsRelease::default();
    for line in text::lines(os_release) {
        match text::split_once(b'=', text::trim(line)) {
            Some((b"ID", value)) => release.id = unquote(value),
            Some((b"VERSION_ID", value)) => release.version_id = unquote(value),
            _ => {}
        }
    }
    release
}

/// Without quotes, and with what is escaped inside double quotes.
fn unquote(value: &[u8]) -> String {
    let value = text::trim(value);
    if let Some(inner) = value.strip_prefix(b"'").and_then(|rest| rest.strip_suffix(b"'")) {
        return text::owned(inner);
    }
    let double = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    let mut plain = Vec::with_capacity(value.len());
    let mut escaped = false;
    for byte in double.unwrap_or(value) {
        if *byte == b'\\' && !escaped {
            escaped = true;
        } else {
            plain.push(*byte);
            escaped = false;
        }
    }
    text::owned(&plain)
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
            ("\"open", "\"open"),
            ("", ""),
            ("\"\"", ""),
        ] {
            let text = format!("# comment\nPRETTY_NAME=\"x\"\nVERSION_ID={value}\nID=x");
            assert_eq!(parse(text.as_bytes()).version_id, plain, "{value}");
        }
    }

    #[test]
    fn only_whole_keys_count() {
        let release = parse(b"ID_LIKE=debian\nBUILD_ID=5\n ID=raspbian\nVERSION_ID\n=1\n");
        assert_eq!(release, OsRelease { id: "raspbian".into(), version_id: String::new() });
    }
}
