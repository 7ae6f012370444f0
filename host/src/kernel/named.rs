//! Lines that begin with a name, of files that have many lines of which few count.
//!
//! ```text
//! line = name value
//!
//! MemTotal:         425856 kB
//! oom_kill 2
//! ```
//! A kernel prints the same lines in the same order for as long as it runs. They move by the digits
//! that come and go before them, so each is looked for where it stood, then around that, and
//! everywhere only when it is not there.

use super::text;
use crate::limits::LINE_DRIFT;

/// Where a line stood in the last text; the start of the text for one that was not seen yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place(usize);

impl Place {
    /// What stands behind `name` on its line, blanks and all; the first such line counts.
    pub fn value<'a>(&mut self, name: &[u8], text: &'a [u8]) -> Option<&'a [u8]> {
        if !begins(name, text, self.0) {
            let near = self.0.saturating_sub(LINE_DRIFT);
            self.0 = match find(name, text, near) {
                None if near > 0 => find(name, text, 0),
                found => found,
            }
            .unwrap_or(0);
        }
        let rest = text.get(self.0..)?.strip_prefix(name)?;
        text::lines(rest).next()
    }
}

/// Where the line with this name begins, from `start` on.
fn find(name: &[u8], text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    for line in text::lines(text.get(start..)?) {
        // The first of them may be the end of a line.
        if begins(name, text, at) {
            return Some(at);
        }
        at += line.len() + 1;
    }
    None
}

/// Whether a line with this name begins at `at`.
fn begins(name: &[u8], text: &[u8], at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with(name)) && (at == 0 || text[at - 1] == b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_wherever_it_moves() {
        let mut place = Place::default();
        let long = "x 1\n".repeat(100);
        for (text, value) in [
            ("a 1\nwanted 5\nb 2\n".to_owned(), Some("5")),
            ("a unwanted 1\nwanted 2\n".to_owned(), Some("2")), // where it stood, and not it
            (format!("{long}wanted 6\n"), Some("6")),
            (format!("{long}12345wanted 0\nwanted 7"), Some("7")),
            (format!("{long}{long}wanted 8\n{long}"), Some("8")),
            ("b 1\nwanted 9\nwanted 10\n".to_owned(), Some("9")),
            (format!("{long}unwanted 1\nwante 2\n"), None),
            (String::new(), None),
            (format!("{long}wanted "), None),
            (format!("{long}wanted \n"), Some("")),
        ] {
            let found = place.value(b"wanted ", text.as_bytes());
            assert_eq!(found, value.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn a_line_that_stands_where_it_stood_is_found_without_the_others() {
        let mut place = Place::default();
        let text = format!("wanted 1\n{}wanted 2\n", "x 1\n".repeat(100));
        // Only of what is not searched can the first one be missed.
        place.0 = text.len() - "wanted 2\n".len();
        assert_eq!(place.value(b"wanted ", text.as_bytes()), Some(&b"2"[..]));
    }
}
