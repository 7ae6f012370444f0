//! `/proc/uptime`: time since boot (proc_uptime(5)); in a container of LXC, since its start.
//!
//! ```text
//! uptime = seconds idle-seconds
//!
//! 350735.47 234388.90
//! ```

use std::time::Duration;

use super::text;

/// Time since boot, to a hundredth of a second.
pub fn parse(uptime: &[u8]) -> Option<Duration> {
    let hundredths = text::hundredths(text::fields(text::trim(uptime)).next()?)?;
    Some(Duration::from_millis(hundredths.saturating_mul(10)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_counts() {
        assert_eq!(parse(b"350735.97 234388.90\n"), Some(Duration::from_millis(350_735_970)));
        assert_eq!(parse(b"12"), Some(Duration::from_secs(12)));
        assert_eq!(parse(b""), None);
        assert_eq!(parse(b"soon 1"), None);
    }
}
