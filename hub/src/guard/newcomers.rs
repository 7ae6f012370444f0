//! How many new hosts come: of each of the fleet's tokens and each address so many in an hour, for
//! who has a token of the fleet could name a new id with every connection.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kinglet_proto::time::Instant;

use super::Neighbour;
use crate::limits::{NEW_HOSTS_ADDRESSES_MAX, NEW_HOSTS_RETRY};

/// What a token of the fleet's is called in the configuration.
pub type TokenName = Arc<str>;

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

/// The new hosts of this hour.
#[derive(Debug)]
pub struct Newcomers {
    limit: u32,
    /// Of whom an hour began when its first came; `None` for all for whom there was no row.
    counts: HashMap<(TokenName, Option<Neighbour>), Count>,
    refused: Refusals,
}

#[derive(Debug)]
struct Count {
    begun: Instant,
    came: u32,
}

/// What is told of those that were refused.
#[derive(Debug, Default)]
struct Refusals {
    last: Instant,
    lately: u64,
    unsaid: u64,
    said: Option<Instant>,
}

impl Newcomers {
    /// None came yet; so many may of each.
    pub fn new(limit: u32) -> Self {
        Self { limit, counts: HashMap::new(), refused: Refusals::default() }
    }

    /// Takes a new host in.
    ///
    /// # Errors
    /// There were enough; it may ask again after this.
    pub fn take(
        &mut self,
        token: &TokenName,
        from: Neighbour,
        now: Instant,
    ) -> Result<(), Duration> {
        let mut key = (token.clone(), Some(from));
        if !self.counts.contains_key(&key) && self.counts.len() >= NEW_HOSTS_ADDRESSES_MAX {
            self.counts.retain(|_, count| now.since(count.begun) < HOUR);
            if self.counts.len() >= NEW_HOSTS_ADDRESSES_MAX {
                key.1 = None;
            }
        }
        let count = self.counts.entry(key).or_insert(Count { begun: now, came: 0 });
        if now.since(count.begun) >= HOUR {
            *count = Count { begun: now, came: 0 };
        }
        if count.came < self.limit {
            count.came += 1;
            return Ok(());
        }
        let left = HOUR.saturating_sub(now.since(count.begun));
        self.refused.note(now);
        Err(left.clamp(Duration::from_secs(1), NEW_HOSTS_RETRY))
    }

    /// How many were refused that nobody was told of yet: of the first at once, then by the minute.
    pub fn tell(&mut self, now: Instant) -> Option<u64> {
        let Refusals { unsaid, said, .. } = &mut self.refused;
        if *unsaid == 0 || said.is_some_and(|said| now.since(said) < MINUTE) {
            return None;
        }
        *said = Some(now);
        Some(std::mem::take(unsaid))
    }

    /// How often one was refused, until for an hour none was.
    pub fn refused_lately(&self, now: Instant) -> u64 {
        if now.since(self.refused.last) < HOUR { self.refused.lately } else { 0 }
    }

    /// How many may come in an hour.
    pub fn limit(&self) -> u32 {
        self.limit
    }
}

impl Refusals {
    fn note(&mut self, now: Instant) {
        if now.since(self.last) >= HOUR {
            self.lately = 0;
        }
        self.last = now;
        self.lately += 1;
        self.unsaid += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const NOW: Instant = Instant::from_millis(9_000_000);

    fn at(n: u32) -> Neighbour {
        IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n)).into()
    }

    #[test]
    fn each_token_and_each_address_has_its_own_number() {
        let mut newcomers = Newcomers::new(3);
        let [attic, barn] = ["attic", "barn"].map(TokenName::from);
        for _ in 0..3 {
            assert_eq!(newcomers.take(&attic, at(1), NOW), Ok(()));
        }
        assert_eq!(newcomers.take(&attic, at(1), NOW), Err(NEW_HOSTS_RETRY));
        assert_eq!(newcomers.take(&attic, at(2), NOW), Ok(()), "of another address");
        assert_eq!(newcomers.take(&barn, at(1), NOW), Ok(()), "with another token");
        let late = NOW.plus(HOUR - MINUTE);
        assert_eq!(newcomers.take(&attic, at(1), late), Err(MINUTE), "a minute is left");
        assert_eq!(newcomers.take(&attic, at(1), NOW.plus(HOUR)), Ok(()));
        assert!(Newcomers::new(0).take(&attic, at(1), NOW).is_err(), "none at all");
    }

    #[test]
    fn addresses_without_end_share_one_number_and_are_forgotten() {
        let mut newcomers = Newcomers::new(2);
        let token = TokenName::from("fleet");
        let many = u32::try_from(NEW_HOSTS_ADDRESSES_MAX).unwrap();
        let came = (0..many * 3).filter(|&n| newcomers.take(&token, at(n), NOW).is_ok()).count();
        assert_eq!(came, NEW_HOSTS_ADDRESSES_MAX + 2);
        assert_eq!(newcomers.counts.len(), NEW_HOSTS_ADDRESSES_MAX + 1);
        assert_eq!(newcomers.take(&token, at(many * 4), NOW.plus(HOUR)), Ok(()));
        assert_eq!(newcomers.counts.len(), 1);
    }

    #[test]
    fn those_that_are_refused_are_one_line_a_minute_and_a_sum() {
        let mut newcomers = Newcomers::new(0);
        let (mut lines, mut told) = (0, 0);
        for ms in 0..150_000 {
            let now = NOW.plus(Duration::from_millis(ms));
            assert!(newcomers.take(&TokenName::from("fleet"), at(1), now).is_err());
            if let Some(refused) = newcomers.tell(now) {
                lines += 1;
                told += refused;
            }
        }
        let end = NOW.plus(Duration::from_secs(150));
        assert_eq!((lines, told + newcomers.refused.unsaid), (3, 150_000));
        assert_eq!(newcomers.refused_lately(end), 150_000);
        assert_eq!(newcomers.refused_lately(end.plus(HOUR)), 0);
    }
}
