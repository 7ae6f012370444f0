//! Texts with numbers: rows say the number.

use std::collections::HashMap;

/// Texts in the order of their numbers, from 1 on.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<String, u32>,
    /// What is not in the database yet.
    fresh: Vec<(u32, String)>,
    last: u32,
}

impl Names {
    /// Takes over what a database has.
    pub(super) fn restore(&mut self, number: u32, name: String) {
        self.last = self.last.max(number);
        self.numbers.insert(name, number);
    }

    /// The number of a name there is.
    pub(super) fn find(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// A name has no number any more, and gets another; the one it had.
    pub(super) fn forget(&mut self, name: &str) -> Option<u32> {
        self.numbers.remove(name)
    }

    /// Every name with its number, in no order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, u32)> {
        self.numbers.iter().map(|(name, number)| (name.as_str(), *number))
    }

    /// The number of a name, a new one if need be; `None` when there are `max` of them already.
    pub(super) fn number(&mut self, name: &str, max: usize) -> Option<u32> {
        if let Some(number) = self.numbers.get(name) {
            return Some(*number);
        }
        if self.numbers.len() >= max {
            return None;
        }
        self.last += 1;
        self.numbers.insert(name.to_owned(), self.last);
        self.fresh.push((self.last, name.to_owned()));
        Some(self.last)
    }

    /// What is not in the database yet; it is once the caller has put it there.
    pub(super) fn fresh(&self) -> &[(u32, String)] {
        &self.fresh
    }

    /// So many of the first fresh ones are in the database.
    pub(super) fn saved(&mut self, count: usize) {
        self.fresh.drain(..count.min(self.fresh.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_number() {
        let mut names = Names::default();
        names.restore(7, "old".to_owned());
        assert_eq!(names.number("new", 3), Some(8));
        assert_eq!(names.number("old", 3), Some(7));
        assert_eq!(names.number("new", 3), Some(8));
        assert_eq!(names.fresh(), [(8, "new".to_owned())]);
        names.saved(1);
        assert!(names.fresh().is_empty());
        assert_eq!((names.number("one", 3), names.number("more", 3)), (Some(9), None));
        assert_eq!((names.find("more"), names.find("one")), (None, Some(9)));
    }
}
