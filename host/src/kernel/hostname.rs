//! `/etc/hostname`: what the host is called (hostname(5)).
//!
//! ```text
//! hostname = { comment-line | empty-line } name
//!
//! # written by the installer
//! attic
//! ```
//! Some systems leave zeros or nothing there after a power cut.

use super::text;
use crate::limits::NAME_BYTES_MAX;

/// The first line that is no comment; `None` when that is no name.
pub fn parse(hostname: &[u8]) -> Option<&str> {
    let line = text::lines(hostname)
        .map(text::trim)
        .find(|line| !line.is_empty() && !line.starts_with(b"#"))?;
    text::name(line, NAME_BYTES_MAX).filter(|name| !name.contains(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_is_no_comment_counts() {
        for (text, name) in [
            ("attic\n", Some("attic")),
            ("attic", Some("attic")),
            (
                "# by the installer\n\n  # again\n attic.example.org \nother\n",
                Some("attic.example.org"),
            ),
            ("", None),
            ("# attic\n", None),
            ("\0\0\0\0", None),
            ("\0\0\n\nattic\n", Some("attic")),
            ("at\u{1b}[2Jtic\n", None),
            ("404 not found\n", None),
        ] {
            assert_eq!(parse(text.as_bytes()), name, "{text}");
        }
        assert_eq!(parse(b"at\xfftic\n"), None);
        assert_eq!(parse(&[b'x'; NAME_BYTES_MAX + 1]), None);
    }
}
