//! `/proc/self/statm`: memory of this process in pages (proc_pid_statm(5)).
//!
//! ```text
//! statm = size resident shared text lib data dirty
//!
//! 842 391 310 212 0 120 0
//! ```

use super::text;

/// Resident pages.
pub fn parse_resident(statm: &[u8]) -> Option<u64> {
    text::fields(statm).nth(1).and_then(text::number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_field_counts() {
        assert_eq!(parse_resident(b"842 391 310 212 0 120 0\n"), Some(391));
        assert_eq!(parse_resident(b"842"), None);
        assert_eq!(parse_resident(b""), None);
    }
}
