//! Tells the service manager how the hub is (sd_notify(3)): ready, alive, stopping.
//!
//! With `WATCHDOG_USEC` the manager restarts a hub that was silent for that long. So only who has
//! seen the fleet answer says that it is alive.

use std::time::Duration;

use kinglet_proto::time::Instant;
use sd_notify::NotifyState;
use tracing::debug;

/// The service manager that started this program, if one did.
pub(super) struct Supervisor {
    /// How often it hears that the hub is alive: half of what it allows; `None` when it does not
    /// ask.
    interval: Option<Duration>,
    alive_at: Option<Instant>,
}

impl Supervisor {
    /// The one in the environment.
    pub(super) fn from_environment() -> Self {
        let allowed = sd_notify::watchdog_enabled().filter(|allowed| !allowed.is_zero());
        Self { interval: allowed.map(|allowed| allowed / 2), alive_at: None }
    }

    /// The configuration is good and the hub listens.
    pub(super) fn handle_start(&self) {
        notify(NotifyState::Ready);
    }

    /// The hub was told to stop.
    pub(super) fn handle_stop(&self) {
        notify(NotifyState::Stopping);
    }

    /// The fleet has answered.
    pub(super) fn handle_turn(&mut self, now: Instant) {
        let Some(interval) = self.interval else { return };
        if self.alive_at.is_none_or(|at| at <= now) {
            notify(NotifyState::Watchdog);
            self.alive_at = Some(now.plus(interval));
        }
    }
}

/// News that cannot be delivered are nobody's: the hub's work is the same without them.
fn notify(news: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[news]) {
        debug!("the service manager did not hear of it: {error}");
    }
}
