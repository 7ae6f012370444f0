//! The places of viewers: where anyone may look, an address from which no agent has come takes few.

use std::collections::HashMap;

use super::Neighbour;
use crate::limits::{SEATS_EACH, VIEWERS_MAX};

/// Who has one.
#[derive(Debug, Default)]
pub struct Seats {
    all: usize,
    /// Those that are counted by address.
    each: HashMap<Neighbour, usize>,
}

impl Seats {
    /// Takes one, of a stranger's address where there is one; false where none is left. One that
    /// was taken is to be given back.
    pub fn take(&mut self, stranger: Option<Neighbour>) -> bool {
        if self.all >= VIEWERS_MAX {
            return false;
        }
        if let Some(from) = stranger {
            let theirs = self.each.entry(from).or_default();
            if *theirs >= SEATS_EACH {
                return false;
            }
            *theirs += 1;
        }
        self.all += 1;
        true
    }

    /// Gives one back.
    pub fn give_back(&mut self, stranger: Option<Neighbour>) {
        self.all -= 1;
        let Some(from) = stranger else { return };
        if let Some(theirs) = self.each.get_mut(&from) {
            *theirs -= 1;
            if *theirs == 0 {
                self.each.remove(&from);
            }
        }
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn at(text: &str) -> Option<Neighbour> {
        Some(text.parse::<IpAddr>().unwrap().into())
    }

    #[test]
    fn a_stranger_has_few_and_takes_none_from_others() {
        let mut seats = Seats::default();
        let mine = at("2001:db8:1:2::1");
        assert!((0..SEATS_EACH).all(|_| seats.take(mine)));
        assert!(!seats.take(at("2001:db8:1:2:ffff::9")), "of the same site");
        assert!(seats.take(at("2001:db8:1:3::1")) && seats.take(None));
        seats.give_back(mine);
        assert!(seats.take(mine));
    }

    #[test]
    fn there_are_so_many_and_what_is_given_back_is_forgotten() {
        let mut seats = Seats::default();
        let others = VIEWERS_MAX - 1;
        assert!(seats.take(at("192.0.2.1")) && (0..others).all(|_| seats.take(None)));
        assert!(!seats.take(None) && !seats.take(at("192.0.2.1")));
        seats.give_back(at("192.0.2.1"));
        (0..others).for_each(|_| seats.give_back(None));
        assert_eq!((seats.taken(), seats.each.len()), (0, 0));
    }
}
