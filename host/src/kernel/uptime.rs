//! `/proc/uptime`: time since boot (proc_uptime(5)); in a container of LXC, since its start.
//!
//! ```text
//! uptime = seconds idle-seconds
//!
//! 350735.47 234388.90
//! ```

use super::text;

/// Whole seconds since boot.
pub fn parse(uptime: &[u8]) -> Option<u64> {
    text::hundredths(text::fields(text::trim(uptime)).next()?).map(|hundredths| hundredths / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_cut_not_rounded() {
        assert_eq!(parse(b"350735.97 234388.90\n"), Some(350_735));
        assert_eq!(parse(b"12"), Some(12));
        assert_eq!(parse(b""), None);
        assert_eq!(parse(b"soon 1"), None);
    }
}
