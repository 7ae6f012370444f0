//! The alerts behind a lock of their own, which is never held while the fleet's is taken.

use std::sync::{Mutex, MutexGuard, PoisonError};

use kinglet_proto::time::{Now, WallTime};
use tracing::{info, warn};

use crate::alert::{Desk, Kept, Settings, Standing, Tell};
use crate::clock;
use crate::fleet::Snapshot;
use crate::history::History;

/// All alerts of the fleet.
#[derive(Debug)]
pub(crate) struct Alerts {
    desk: Mutex<Desk>,
    /// Held while something is kept, so that nothing older comes after it; whether that failed.
    failing: Mutex<bool>,
}

impl Alerts {
    pub(super) fn new(desk: Desk) -> Self {
        Self { desk: Mutex::new(desk), failing: Mutex::default() }
    }

    /// Looks at the alerts, or changes something about them.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Desk, Now) -> T) -> T {
        let now = clock::now();
        look(&mut held(&self.desk), now)
    }

    /// Until when alerts of this id are silent on this host, for who passes them on; `None` when
    /// they are not.
    pub(crate) fn silenced(&self, host: &Snapshot, id: &str) -> Option<WallTime> {
        let group = host.label.group.as_deref().unwrap_or_default();
        self.with(|desk, now| desk.silenced(&host.id, group, id, now.wall))
    }

    /// Whether there is nothing to be kept or told.
    pub(crate) fn is_settled(&self) -> bool {
        held(&self.desk).is_settled()
    }

    /// Keeps what changed; what is to be told after that, and whether it was kept. Waits for a
    /// disk.
    pub(super) fn keep(&self, history: &dyn History) -> (Vec<Tell>, Result<(), String>) {
        let mut failing = held(&self.failing);
        let (changes, tells) = {
            let mut desk = held(&self.desk);
            (desk.take_changes(), desk.take_tells())
        };
        let kept = history.keep_alerts(&changes).map_err(|error| error.to_string());
        match &kept {
            Ok(()) if *failing => info!("alerts are kept again"),
            Ok(()) => {}
            Err(error) => {
                if !*failing {
                    warn!("alerts cannot be kept for the next start: {error}");
                }
                held(&self.desk).give_back(changes);
            }
        }
        *failing = kept.is_err();
        (tells, kept)
    }
}

/// None, by no rules.
impl Default for Alerts {
    fn default() -> Self {
        let (settings, kept) = (Settings::default(), Kept::default());
        Self::new(Desk::new(settings, None, kept, |_| Standing::Nobody, Now::default()))
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
