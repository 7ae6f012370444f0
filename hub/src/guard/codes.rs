//! How often a stranger may show the code of an invitation: who tries many takes no turn from who
//! has one.

use std::collections::HashMap;
use std::time::Duration;

use kinglet_proto::time::Instant;

use super::Neighbour;
use crate::limits::{CODES_ADDRESSES_MAX, CODES_EACH, CODES_MAX, CODES_SPAN_S};

const SPAN: Duration = Duration::from_secs(CODES_SPAN_S);

/// The codes shown in this span of time.
#[derive(Debug, Default)]
pub struct Codes {
    begun: Instant,
    shown: u32,
    by_address: HashMap<Neighbour, u32>,
}

impl Codes {
    /// Whether a code from there is looked up.
    pub fn admit(&mut self, from: Neighbour, now: Instant) -> bool {
        if now.since(self.begun) >= SPAN {
            (self.begun, self.shown) = (now, 0);
            self.by_address.clear();
        }
        if self.by_address.len() >= CODES_ADDRESSES_MAX && !self.by_address.contains_key(&from) {
            return false;
        }
        let theirs = self.by_address.entry(from).or_default();
        if *theirs >= CODES_EACH || self.shown >= CODES_MAX {
            return false;
        }
        *theirs += 1;
        self.shown += 1;
        true
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
    fn a_flood_from_one_address_keeps_nobody_else_out() {
        let mut codes = Codes::default();
        let now = Instant::from_millis(5_000_000);
        let admitted = (0..100_000).filter(|_| codes.admit(at(1), now)).count();
        assert_eq!(admitted, usize::try_from(CODES_EACH).unwrap());
        assert!(codes.admit(at(2), now));
        assert!(codes.admit(at(1), now.plus(SPAN)));
    }

    #[test]
    fn all_together_cost_the_hub_little() {
        let mut codes = Codes::default();
        let now = Instant::from_millis(5_000_000);
        let admitted = (0..100_000).filter(|&each| codes.admit(at(each), now)).count();
        assert_eq!(admitted, usize::try_from(CODES_MAX).unwrap());
        assert!(codes.by_address.len() <= CODES_ADDRESSES_MAX);
        assert!(codes.admit(at(7), now.plus(SPAN)));
    }
}
