//! Who may report as which host, beyond the token: an id that was first seen with one of the
//! fleet's tokens is no other's, and of new ones only so many come in an hour.

use std::time::Duration;

use kinglet_proto::host::HostId;
use kinglet_proto::time::Instant;
use tracing::warn;

use super::Hub;
use crate::alert::Standing;
use crate::auth::Pass;
use crate::clock;
use crate::fleet::Claim;
use crate::guard::Neighbour;
use crate::limits::NEW_HOSTS_RETRY;

/// Why a host is not let in whose token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denial {
    /// Its id was first seen with another of the fleet's tokens.
    Anothers,
    /// It is new, and there were enough of those; it may ask again after this.
    TooManyNew(Duration),
}

impl Denial {
    /// What the owner should know of it; `None` for what is told as a sum.
    pub(crate) const fn words(self) -> Option<&'static str> {
        match self {
            Self::Anothers => Some(
                "this host was first seen with another of the fleet's tokens; kinglet-hub invite \
                 --replace gives it one of its own",
            ),
            Self::TooManyNew(_) => None,
        }
    }
}

impl Hub {
    /// What a host that was there before this start is today.
    pub(crate) fn standing(&self, id: &HostId) -> Standing {
        if self.auth.knows(id) || self.lock().fleet.snapshot(id).is_some() {
            Standing::Named
        } else if self.auth.is_open() {
            Standing::Guest
        } else {
            Standing::Nobody
        }
    }

    /// Lets a host in that comes from there: from now on its id is of the token it showed.
    pub(crate) fn admit(&self, pass: &Pass, from: Neighbour) -> Result<(), Denial> {
        let Pass { host, token: Some(token) } = pass else { return Ok(()) };
        let now = clock::now();
        let mut inner = self.lock();
        match inner.fleet.claim(host, token, now.wall) {
            Claim::Anothers => return Err(Denial::Anothers),
            Claim::Own => {}
            Claim::New if !inner.fleet.has_room_for_origin() => {
                return Err(Denial::TooManyNew(NEW_HOSTS_RETRY));
            }
            Claim::New => {
                let taken = inner.newcomers.take(token, from, now.instant);
                taken.map_err(Denial::TooManyNew)?;
            }
        }
        inner.fleet.note_origin(host, token, now.wall);
        Ok(())
    }

    /// Whether it would be let in, for who only asks: nothing is counted.
    pub(crate) fn is_anothers(&self, pass: &Pass) -> bool {
        let Pass { host, token: Some(token) } = pass else { return false };
        self.with_fleet(|fleet, now| fleet.claim(host, token, now.wall)) == Claim::Anothers
    }

    /// How many new hosts were refused until for an hour none was, and how many may come.
    pub(crate) fn refused_newcomers(&self) -> (u64, u32) {
        let newcomers = &self.lock().newcomers;
        (newcomers.refused_lately(clock::now().instant), newcomers.limit())
    }

    /// Logs how many were refused, a line a minute at most.
    pub(super) fn tell_of_newcomers(&self, now: Instant) {
        let mut inner = self.lock();
        let (told, limit) = (inner.newcomers.tell(now), inner.newcomers.limit());
        drop(inner);
        if let Some(count) = told {
            warn!(
                "new hosts were refused {count} times: each of the fleet's tokens brings {limit} \
                 an hour from each address ([fleet] new_hosts_per_hour)"
            );
        }
    }
}
