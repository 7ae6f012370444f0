//! Which rows of the log are one host's and in no block yet: their numbers, in two or three bytes
//! each, so that the log needs no index.

use super::varint::{Reader, put};

/// The numbers of rows, rising.
#[derive(Debug, Clone, Default)]
pub(super) struct Tail {
    first: i64,
    last: i64,
    /// From each to the next.
    steps: Vec<u8>,
    count: usize,
}

impl Tail {
    pub(super) fn push(&mut self, id: i64) {
        if self.count == 0 {
            self.first = id;
        } else {
            put(&mut self.steps, id.abs_diff(self.last));
        }
        self.last = id;
        self.count += 1;
    }

    /// The first of them.
    pub(super) fn first(&self) -> Option<i64> {
        (self.count > 0).then_some(self.first)
    }

    /// All of them.
    pub(super) fn ids(&self) -> Vec<i64> {
        let mut steps = Reader::new(&self.steps);
        let mut at = self.first;
        let rest = std::iter::from_fn(|| {
            at = at.checked_add_unsigned(steps.number().ok()?)?;
            Some(at)
        });
        self.first().into_iter().chain(rest).collect()
    }
}

impl FromIterator<i64> for Tail {
    fn from_iter<T: IntoIterator<Item = i64>>(ids: T) -> Self {
        let mut tail = Self::default();
        ids.into_iter().for_each(|id| tail.push(id));
        tail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_come_back() {
        let ids = [5, 6, 300, 100_000, i64::MAX];
        let tail = Tail::from_iter(ids);
        assert_eq!((tail.ids(), tail.first()), (ids.to_vec(), Some(5)));
        assert_eq!((Tail::default().ids(), Tail::default().first()), (Vec::new(), None));
    }

    #[test]
    fn a_row_every_two_thousand_takes_two_bytes() {
        let tail = Tail::from_iter((0..720).map(|row| row * 2000));
        assert!(tail.steps.len() <= 1440);
    }
}
