//! How many connections each address may have: so that nobody, by opening many, keeps hosts out
//! that report.
//!
//! An address is known once somebody there has shown an agent's token. Those that are not share
//! half of all places, and each has few; who comes above that waits for a while, for a fleet behind
//! one address that comes back after the hub's restart is unknown until the first of it is let in.

use std::collections::HashMap;

use kinglet_proto::time::Instant;

use super::Neighbour;
use crate::limits::{
    KNOWN_ADDRESSES_MAX, KNOWN_FOR, STRANGER_PLACES, STRANGERS_MAX, STRANGERS_WAITING,
};

/// The connections that are open, by address.
#[derive(Debug)]
pub struct Places {
    /// How many an address has that is not known.
    each: usize,
    addresses: HashMap<Neighbour, Address>,
    /// Connections of all addresses that are not known, those that wait too.
    strangers: usize,
    known: usize,
}

#[derive(Debug, Default)]
struct Address {
    open: usize,
    waiting: usize,
    /// When an agent's token was shown there, or a connection ended since; `None` where that never
    /// was, or is too long ago.
    known: Option<Instant>,
}

/// What becomes of a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is served.
    Serve,
    /// It may be asked for again in a moment.
    Wait,
    /// It is closed.
    Refuse,
}

impl Default for Places {
    fn default() -> Self {
        Self::new(STRANGER_PLACES)
    }
}

impl Places {
    /// None is open; an address that is not known has this many.
    pub fn new(each: usize) -> Self {
        Self { each, addresses: HashMap::new(), strangers: 0, known: 0 }
    }

    /// A connection comes; one that is not refused is to be given back.
    pub fn come(&mut self, from: Neighbour, now: Instant) -> Admission {
        let is_full = self.strangers >= STRANGERS_MAX;
        let address = self.addresses.entry(from).or_default();
        // Who has been there all the while is not forgotten: an agent stays for months.
        if address.open == 0 && address.known.is_some_and(|at| now.since(at) > KNOWN_FOR) {
            address.known = None;
            self.known -= 1;
            self.strangers += address.waiting;
        }
        let admission = match address {
            Address { known: Some(_), .. } => Admission::Serve,
            _ if is_full => Admission::Refuse,
            Address { open, .. } if *open < self.each => Admission::Serve,
            Address { waiting, .. } if *waiting < STRANGERS_WAITING => Admission::Wait,
            Address { .. } => Admission::Refuse,
        };
        match admission {
            Admission::Serve => address.open += 1,
            Admission::Wait => address.waiting += 1,
            Admission::Refuse => {}
        }
        if admission == Admission::Refuse {
            self.forget(from);
        } else if address.known.is_none() {
            self.strangers += 1;
        }
        admission
    }

    /// Whether one that waits is served now.
    pub fn retry(&mut self, from: Neighbour) -> bool {
        let Some(address) = self.addresses.get_mut(&from) else { return false };
        let has_room = address.known.is_some() || address.open < self.each;
        if has_room {
            address.waiting -= 1;
            address.open += 1;
        }
        has_room
    }

    /// One that was served is gone.
    pub fn leave(&mut self, from: Neighbour, now: Instant) {
        if let Some(Address { known: Some(at), .. }) = self.addresses.get_mut(&from) {
            *at = now;
        }
        self.give_back(from, |address| &mut address.open);
    }

    /// One that waited is gone.
    pub fn give_up(&mut self, from: Neighbour) {
        self.give_back(from, |address| &mut address.waiting);
    }

    /// Somebody there has shown an agent's token.
    pub fn know(&mut self, from: Neighbour, now: Instant) {
        let Some(address) = self.addresses.get_mut(&from) else { return };
        if address.known.replace(now).is_none() {
            self.strangers -= address.open + address.waiting;
            self.known += 1;
        }
    }

    /// Whether somebody there has shown an agent's token.
    pub fn is_known(&self, from: Neighbour) -> bool {
        self.addresses.get(&from).is_some_and(|address| address.known.is_some())
    }

    fn give_back(&mut self, from: Neighbour, which: fn(&mut Address) -> &mut usize) {
        let Some(address) = self.addresses.get_mut(&from) else { return };
        *which(address) -= 1;
        if address.known.is_none() {
            self.strangers -= 1;
        }
        self.forget(from);
    }

    /// An address with nobody there is kept only while it is known, and of those not too many.
    fn forget(&mut self, from: Neighbour) {
        let Some(Address { open: 0, waiting: 0, known }) = self.addresses.get(&from) else {
            return;
        };
        if known.is_none() || self.known > KNOWN_ADDRESSES_MAX {
            self.known -= usize::from(known.is_some());
            self.addresses.remove(&from);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const NOW: Instant = Instant::from_millis(1_000_000);

    fn at(n: usize) -> Neighbour {
        let n = u32::try_from(n).unwrap();
        IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n)).into()
    }

    fn fill(places: &mut Places, from: Neighbour) {
        for _ in 0..STRANGER_PLACES {
            assert_eq!(places.come(from, NOW), Admission::Serve);
        }
        for _ in 0..STRANGERS_WAITING {
            assert_eq!(places.come(from, NOW), Admission::Wait);
        }
        assert_eq!(places.come(from, NOW), Admission::Refuse);
    }

    #[test]
    fn one_address_takes_nothing_from_another() {
        let mut places = Places::default();
        fill(&mut places, at(1));
        assert_eq!(places.come(at(2), NOW), Admission::Serve);
    }

    #[test]
    fn who_waits_comes_in_when_another_leaves_or_the_address_is_known() {
        let mut places = Places::default();
        fill(&mut places, at(1));
        assert!(!places.retry(at(1)));
        places.leave(at(1), NOW);
        assert!(places.retry(at(1)));
        assert!(!places.retry(at(1)));
        places.know(at(1), NOW);
        assert!(places.retry(at(1)));
        for _ in 0..STRANGERS_MAX {
            assert_eq!(places.come(at(1), NOW), Admission::Serve, "a fleet behind one address");
        }
    }

    #[test]
    fn strangers_of_many_addresses_leave_room_for_those_that_are_known() {
        let mut places = Places::default();
        assert_eq!(places.come(at(0), NOW), Admission::Serve);
        places.know(at(0), NOW);
        places.leave(at(0), NOW);
        let mut served = 0;
        for each in 1..=STRANGERS_MAX {
            served += usize::from(places.come(at(each), NOW) == Admission::Serve);
        }
        assert_eq!(served, STRANGERS_MAX);
        assert_eq!(places.come(at(STRANGERS_MAX + 1), NOW), Admission::Refuse);
        assert_eq!(places.come(at(0), NOW), Admission::Serve, "it has reported before");
        let later = NOW.plus(KNOWN_FOR).plus(KNOWN_FOR);
        assert_eq!(places.come(at(0), later), Admission::Serve, "it is still connected");
        places.leave(at(0), later);
        places.leave(at(0), later);
        let soon = later.plus(KNOWN_FOR / 2);
        assert_eq!(places.come(at(0), soon), Admission::Serve, "it left not long ago");
        places.leave(at(0), soon);
        let later = soon.plus(KNOWN_FOR).plus(KNOWN_FOR);
        assert_eq!(places.come(at(0), later), Admission::Refuse, "that was long ago");
    }

    #[test]
    fn nothing_is_kept_of_who_went() {
        let mut places = Places::default();
        for each in 1..100 {
            assert_eq!(places.come(at(each), NOW), Admission::Serve);
            places.leave(at(each), NOW);
        }
        fill(&mut places, at(1));
        for _ in 0..STRANGERS_WAITING {
            places.give_up(at(1));
        }
        for _ in 0..STRANGER_PLACES {
            places.leave(at(1), NOW);
        }
        assert_eq!((places.addresses.len(), places.strangers), (0, 0));
        for each in 0..=KNOWN_ADDRESSES_MAX {
            assert_eq!(places.come(at(each), NOW), Admission::Serve);
            places.know(at(each), NOW);
            places.leave(at(each), NOW);
        }
        assert_eq!(places.addresses.len(), KNOWN_ADDRESSES_MAX);
        assert_eq!((places.known, places.strangers), (KNOWN_ADDRESSES_MAX, 0));
    }
}
