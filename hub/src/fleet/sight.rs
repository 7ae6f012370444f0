//! Which hosts somebody sees.

use super::{Snapshot, Update};

/// How much of the fleet somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Every host: a token was shown, or a sign-in.
    All,
    /// Those that the owner does not keep from strangers.
    Public,
}

impl Sight {
    /// Whether a host is seen.
    pub fn sees(self, host: &Snapshot) -> bool {
        self == Self::All || !host.label.hidden
    }

    /// Whether what an update says of its host is seen. Of one that is gone its last state tells.
    pub fn takes(self, update: &Update) -> bool {
        update.host().is_none_or(|host| self.sees(host))
    }
}

impl Update {
    /// The host it is about; `None` for one that is gone.
    pub fn host(&self) -> Option<&Snapshot> {
        match self {
            Self::Reading(reading) => Some(&reading.host),
            Self::Status(host) | Self::Added(host) => Some(host),
            Self::Told(told) => Some(&told.host),
            Self::Aggregates(sums) => Some(&sums.host),
            Self::Removed(_) => None,
        }
    }
}
