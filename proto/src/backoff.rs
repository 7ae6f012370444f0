//! How long to wait before the next attempt.
//!
//! 3 s, then 1.2 times longer each time, at most 600 s; each wait is moved by up to a tenth, so
//! that a fleet does not come back to a restarted server in one stampede.

use std::time::Duration;

use crate::limits::{BACKOFF_FIRST, BACKOFF_MAX, BACKOFF_REFUSED};
use crate::rng::Rng;

/// The sequence of waits of one session.
#[derive(Debug, Clone)]
pub struct Backoff {
    /// In microseconds, so that whole numbers keep to the sequence over dozens of steps.
    nominal_us: u64,
    rng: Rng,
}

const FIRST_US: u64 = micros(BACKOFF_FIRST);
const MAX_US: u64 = micros(BACKOFF_MAX);
const REFUSED_US: u64 = micros(BACKOFF_REFUSED);

impl Backoff {
    /// At the start of the sequence; the seed decides the jitter.
    pub const fn new(seed: u64) -> Self {
        Self { nominal_us: FIRST_US, rng: Rng::new(seed) }
    }

    /// The next wait, after which the one that follows is longer.
    pub fn next_wait(&mut self) -> Duration {
        let nominal = self.nominal_us;
        self.nominal_us = (nominal * 6 / 5).min(MAX_US);
        let tenth = nominal / 10;
        let wait = nominal - tenth + self.rng.below(2 * tenth + 1);
        // At the longest wait the jitter folds back: spread out, and still never above the maximum.
        Duration::from_micros(if wait > MAX_US { 2 * MAX_US - wait } else { wait })
    }

    /// Credentials were refused: from here on no wait is shorter than a minute, jitter aside.
    pub fn handle_refused(&mut self) {
        self.nominal_us = self.nominal_us.max(REFUSED_US);
    }

    /// A connection proved good: the next wait is the first of the sequence again.
    pub const fn reset(&mut self) {
        self.nominal_us = FIRST_US;
    }
}

const fn micros(duration: Duration) -> u64 {
    duration.as_secs() * 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_within_jitter(wait: Duration, nominal: f64) {
        let seconds = wait.as_secs_f64();
        assert!((seconds - nominal).abs() <= nominal * 0.1 + 0.001, "{seconds} for {nominal}");
    }

    #[test]
    fn waits_are_3_then_a_fifth_more_up_to_600_within_a_tenth() {
        for seed in 0..50 {
            let mut backoff = Backoff::new(seed);
            let mut nominal = 3.0_f64;
            for _ in 0..60 {
                let wait = backoff.next_wait();
                assert_within_jitter(wait, nominal);
                assert!(wait <= BACKOFF_MAX);
                nominal = (nominal * 1.2).min(600.0);
            }
        }
    }

    #[test]
    fn the_first_waits_without_jitter_are_3_3_6_4_32() {
        let mut backoff = Backoff::new(0);
        let nominal: Vec<u64> = (0..5)
            .map(|_| {
                let nominal = backoff.nominal_us;
                backoff.next_wait();
                nominal
            })
            .collect();
        assert_eq!(nominal, [3_000_000, 3_600_000, 4_320_000, 5_184_000, 6_220_800]);
        let last = (0..40).map(|_| backoff.next_wait()).last().unwrap();
        assert_eq!(backoff.nominal_us, MAX_US);
        assert_within_jitter(last, 600.0);
    }

    #[test]
    fn a_fleet_spreads_out() {
        let waits: std::collections::BTreeSet<Duration> =
            (0..100).map(|seed| Backoff::new(seed).next_wait()).collect();
        assert!(waits.len() > 60, "only {} different first waits", waits.len());
    }

    #[test]
    fn refused_waits_start_at_a_minute_and_grow_from_there() {
        let mut backoff = Backoff::new(7);
        backoff.handle_refused();
        assert_within_jitter(backoff.next_wait(), 60.0);
        backoff.handle_refused();
        assert_within_jitter(backoff.next_wait(), 72.0);
        backoff.reset();
        assert_within_jitter(backoff.next_wait(), 3.0);
    }
}
