//! Which numbers of a host have come: what is sent again is known by them.

use super::row::Seat;
use super::varint::{Damaged, Reader, put};
use crate::limits::{SEEN_BOOTS_MAX, SEEN_RUNS_MAX};

/// Runs of numbers for each boot, in the order of the boots: mostly there is one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Seen(Vec<(u32, Vec<(u64, u64)>)>);

impl Seen {
    pub(super) fn has(&self, seat: Seat) -> bool {
        let runs = self.runs(seat.boot);
        let after = runs.partition_point(|run| run.0 <= seat.seq);
        after > 0 && seat.seq <= runs[after - 1].1
    }

    fn runs(&self, boot: u32) -> &[(u64, u64)] {
        let at = self.0.binary_search_by_key(&boot, |(boot, _)| *boot).ok();
        at.and_then(|at| self.0.get(at)).map(|(_, runs)| &runs[..]).unwrap_or_default()
    }

    fn runs_mut(&mut self, boot: u32) -> &mut Vec<(u64, u64)> {
        let at = self.0.binary_search_by_key(&boot, |(boot, _)| *boot);
        let at = at.unwrap_or_else(|at| {
            self.0.reserve_exact(1);
            self.0.insert(at, (boot, Vec::with_capacity(1)));
            at
        });
        &mut self.0[at].1
    }

    pub(super) fn add(&mut self, seat: Seat) {
        self.add_run(seat.boot, seat.seq, seat.seq);
    }

    fn add_run(&mut self, boot: u32, first: u64, last: u64) {
        let runs = self.runs_mut(boot);
        // All that touch the new run become one with it.
        let from = runs.partition_point(|run| run.1.saturating_add(1) < first);
        let to = runs.partition_point(|run| run.0 <= last.saturating_add(1));
        let touched = runs.get(from..to).unwrap_or_default();
        let first = touched.first().map_or(first, |run| run.0.min(first));
        let last = touched.last().map_or(last, |run| run.1.max(last));
        runs.splice(from..to.max(from), [(first, last)]);
        // One that sends every second number, or every number of a boot of its own, costs itself
        // only: what it sends again is kept again.
        if runs.len() > SEEN_RUNS_MAX {
            runs.remove(0);
        }
        if self.0.len() > SEEN_BOOTS_MAX {
            self.0.remove(0);
        }
    }

    /// Takes over what another has.
    pub(super) fn add_all(&mut self, other: &Self) {
        for (boot, runs) in &other.0 {
            runs.iter().for_each(|run| self.add_run(*boot, run.0, run.1));
        }
    }

    /// As bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (boot, runs) in &self.0 {
            put(&mut bytes, u64::from(*boot));
            put(&mut bytes, runs.len() as u64);
            for (first, last) in runs {
                put(&mut bytes, *first);
                put(&mut bytes, last - first);
            }
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Damaged> {
        let mut seen = Self::default();
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            let boot = u32::try_from(reader.number()?).map_err(|_| Damaged)?;
            for _ in 0..reader.count()? {
                let first = reader.number()?;
                let last = first.checked_add(reader.number()?).ok_or(Damaged)?;
                seen.add_run(boot, first, last);
            }
        }
        Ok(seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(seq: u64) -> Seat {
        Seat { boot: 1, seq }
    }

    #[test]
    fn runs_that_touch_are_one() {
        let mut seen = Seen::default();
        for seq in [5, 1, 2, 9, 3, 4, 5] {
            seen.add(seat(seq));
        }
        assert_eq!(seen.runs(1), [(1, 5), (9, 9)]);
        assert!([1, 3, 5, 9].into_iter().all(|seq| seen.has(seat(seq))));
        assert!([0, 6, 8, 10].into_iter().all(|seq| !seen.has(seat(seq))));
        assert!(!seen.has(Seat { boot: 2, seq: 1 }));
    }

    #[test]
    fn it_is_as_good_as_a_set() {
        let mut random = 1_u64;
        for _ in 0..200 {
            let (mut seen, mut set) = (Seen::default(), std::collections::BTreeSet::new());
            for _ in 0..40 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let seq = (random >> 33) % 50;
                seen.add(seat(seq));
                set.insert(seq);
            }
            assert!((0..52).all(|seq| seen.has(seat(seq)) == set.contains(&seq)));
            assert_eq!(Seen::decode(&seen.encode()), Ok(seen));
        }
    }

    #[test]
    fn gaps_and_boots_without_end_have_one() {
        let mut seen = Seen::default();
        (0..50_000).for_each(|n| seen.add(seat(n * 2)));
        assert_eq!(seen.runs(1).len(), SEEN_RUNS_MAX);
        assert!(seen.has(seat(99_998)) && !seen.has(seat(0)), "the newest are known");
        (0..50_000).for_each(|boot| seen.add(Seat { boot, seq: 1 }));
        assert_eq!(seen.0.len(), SEEN_BOOTS_MAX);
        assert!(seen.has(Seat { boot: 49_999, seq: 1 }));
    }

    #[test]
    fn the_largest_numbers_are_no_trouble() {
        let mut seen = Seen::default();
        for seq in [u64::MAX, 0, u64::MAX - 1, u64::MAX] {
            seen.add(seat(seq));
        }
        assert_eq!(seen.runs(1), [(0, 0), (u64::MAX - 1, u64::MAX)]);
    }
}
