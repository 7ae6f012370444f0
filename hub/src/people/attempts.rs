//! How often somebody may try a password: who tries many takes no turn from who knows his.

use std::collections::HashMap;
use std::time::Duration;

use kinglet_proto::time::Instant;

use crate::guard::Neighbour;
use crate::limits::people::{ATTEMPTS_ADDRESSES_MAX, ATTEMPTS_EACH, ATTEMPTS_SPAN};

/// The attempts of this span of time.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    begun: Instant,
    by_address: HashMap<Neighbour, u32>,
}

impl Attempts {
    /// Whether a password from there is looked at.
    pub(super) fn admit(&mut self, from: Neighbour, now: Instant) -> bool {
        const SPAN: Duration = ATTEMPTS_SPAN;
        if now.since(self.begun) >= SPAN {
            self.begun = now;
            self.by_address.clear();
        }
        if self.by_address.len() >= ATTEMPTS_ADDRESSES_MAX && !self.by_address.contains_key(&from) {
            return false;
        }
        let theirs = self.by_address.entry(from).or_default();
        *theirs = theirs.saturating_add(1);
        *theirs <= ATTEMPTS_EACH
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn at(n: u32) -> Neighbour {
        IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n)).into()
    }

    #[test]
    fn who_tries_many_keeps_nobody_else_out() {
        let mut attempts = Attempts::default();
        let now = Instant::from_millis(5_000_000);
        let admitted = (0..1000).filter(|_| attempts.admit(at(1), now)).count();
        assert_eq!(admitted, usize::try_from(ATTEMPTS_EACH).unwrap());
        assert!(attempts.admit(at(2), now));
        assert!(attempts.admit(at(1), now.plus(ATTEMPTS_SPAN)));
    }

    #[test]
    fn what_is_remembered_of_addresses_is_bounded() {
        let mut attempts = Attempts::default();
        let now = Instant::from_millis(5_000_000);
        let admitted = (0..100_000).filter(|&each| attempts.admit(at(each), now)).count();
        assert_eq!(admitted, ATTEMPTS_ADDRESSES_MAX);
        assert_eq!(attempts.by_address.len(), ATTEMPTS_ADDRESSES_MAX);
    }
}
