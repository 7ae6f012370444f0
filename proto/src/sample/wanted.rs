//! Which metrics a walk through a sample is for: what nobody wants costs next to nothing.

use super::metric::Metric;
use super::table::METRICS;

const WORDS: usize = METRICS.len().div_ceil(64);

/// A set of metrics: a bit for each, by its number.
#[derive(Debug, Clone, Copy)]
pub struct Wanted([u64; WORDS]);

impl Wanted {
    /// Every metric.
    pub const ALL: Self = Self([u64::MAX; WORDS]);
    /// No metric.
    pub const NONE: Self = Self([0; WORDS]);

    /// Adds one.
    pub fn add(&mut self, metric: &Metric) {
        let number = usize::from(metric.number);
        self.0[number / 64] |= 1 << (number % 64);
    }

    /// Whether the metric of this number is in it.
    pub(super) fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 != 0)
    }

    /// Whether any of so many metrics from this one on is in it.
    pub(super) fn has_any(&self, at: usize, count: usize) -> bool {
        let mut at = at;
        let end = at + count;
        while at < end {
            let rest = self.0.get(at / 64).map_or(0, |word| word >> (at % 64));
            if rest != 0 {
                return at + (rest.trailing_zeros() as usize) < end;
            }
            at = (at / 64 + 1) * 64;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_added_and_nothing_beside_it() {
        let mut wanted = Wanted::NONE;
        assert!(!wanted.has_any(0, METRICS.len()));
        let edges = [0, 63, 64, METRICS.len() - 1];
        edges.iter().for_each(|at| wanted.add(&METRICS[*at]));
        for at in 0..METRICS.len() {
            assert_eq!(wanted.has(at), edges.contains(&at), "{at}");
            for end in at..=METRICS.len() {
                let is_there = edges.iter().any(|edge| (at..end).contains(edge));
                assert_eq!(wanted.has_any(at, end - at), is_there, "{at}..{end}");
                assert_eq!(Wanted::ALL.has_any(at, end - at), at < end);
            }
        }
    }
}
