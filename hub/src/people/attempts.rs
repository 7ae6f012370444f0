//! How often somebody may try a password: who tries many takes no turn from who knows his.

use std::collections::HashMap;
use std::time::Duration;

use kinglet_proto::time::Instant;

use crate::guard::Neighbour;
use crate::limits::people::{
    ATTEMPTS_ADDRESSES_MAX, ATTEMPTS_EACH, ATTEMPTS_NAME, ATTEMPTS_SPAN, REFUSALS_SPAN,
};
use crate::people::UserName;

/// The attempts of this span of time.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    begun: Instant,
    by_address: HashMap<Neighbour, u32>,
    /// By name, whether or not somebody has it: nobody learns which are users'. No more than what
    /// all addresses may try.
    by_name: HashMap<UserName, u32>,
    refused: u32,
    /// When refusals were last written down.
    written: Option<Instant>,
}

impl Attempts {
    /// Whether a password from there is looked at.
    pub(super) fn admit(&mut self, from: Neighbour, now: Instant) -> bool {
        const SPAN: Duration = ATTEMPTS_SPAN;
        if now.since(self.begun) >= SPAN {
            self.begun = now;
            self.by_address.clear();
            self.by_name.clear();
        }
        if self.by_address.len() >= ATTEMPTS_ADDRESSES_MAX && !self.by_address.contains_key(&from) {
            return false;
        }
        let theirs = self.by_address.entry(from).or_default();
        *theirs = theirs.saturating_add(1);
        *theirs <= ATTEMPTS_EACH
    }

    /// Whether a password for this name is looked at, after one from its address is.
    pub(super) fn admit_name(&mut self, name: &UserName) -> bool {
        let theirs = self.by_name.entry(name.clone()).or_default();
        *theirs = theirs.saturating_add(1);
        *theirs <= ATTEMPTS_NAME
    }

    /// Counts a refusal: how many are to be written down now, this one among them.
    pub(super) fn refuse(&mut self, now: Instant) -> Option<u32> {
        self.refused = self.refused.saturating_add(1);
        if self.written.is_some_and(|written| now.since(written) < REFUSALS_SPAN) {
            return None;
        }
        self.written = Some(now);
        Some(std::mem::take(&mut self.refused))
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
    fn one_name_is_not_tried_from_everywhere_and_others_are_not_kept_out() {
        let mut attempts = Attempts::default();
        let (ada, bob) = (UserName::parse("ada").unwrap(), UserName::parse("bob").unwrap());
        let now = Instant::from_millis(5_000_000);
        let admitted = (0..1000).filter(|_| attempts.admit_name(&ada)).count();
        assert_eq!(admitted, usize::try_from(ATTEMPTS_NAME).unwrap());
        assert!(attempts.admit_name(&bob));
        attempts.admit(at(1), now.plus(ATTEMPTS_SPAN));
        assert!(attempts.admit_name(&ada), "in the next span");
    }

    #[test]
    fn refusals_are_written_down_in_sums() {
        let mut attempts = Attempts::default();
        let now = Instant::from_millis(5_000_000);
        let written: Vec<_> = (0..1000).filter_map(|_| attempts.refuse(now)).collect();
        assert_eq!(written, [1]);
        assert_eq!(attempts.refuse(now.plus(REFUSALS_SPAN)), Some(1000));
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
