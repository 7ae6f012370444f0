//! What is said of strangers that are refused: the first of a minute one by one, the rest as a sum,
//! so that they cannot fill the owner's disk.

use std::time::Duration;

use kinglet_proto::time::Instant;

use crate::limits::COMPLAINTS_A_MINUTE;

const MINUTE: Duration = Duration::from_secs(60);

/// What was said lately.
#[derive(Debug, Default)]
pub struct Complaints {
    /// When this minute began; `None` before the first.
    since: Option<Instant>,
    said: u32,
    unsaid: u64,
}

impl Complaints {
    /// Whether this one is said; with how many were not since the last time that was told.
    pub fn hear(&mut self, now: Instant) -> Option<u64> {
        if self.since.is_none_or(|since| now.since(since) >= MINUTE) {
            (self.since, self.said) = (Some(now), 0);
        }
        if self.said >= COMPLAINTS_A_MINUTE {
            self.unsaid += 1;
            return None;
        }
        self.said += 1;
        Some(std::mem::take(&mut self.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_few_lines_a_minute_and_no_refusal_is_left_out_of_the_sum() {
        let mut complaints = Complaints::default();
        let (mut lines, mut told) = (0, 0);
        for n in 0..130_000_u64 {
            if let Some(unsaid) = complaints.hear(Instant::from_millis(n)) {
                lines += 1;
                told += 1 + unsaid;
            }
        }
        assert_eq!(lines, 3 * u64::from(COMPLAINTS_A_MINUTE));
        assert_eq!(told + complaints.unsaid, 130_000);
    }
}
