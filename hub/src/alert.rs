//! The alerts of the whole fleet: those that agents tell, and the hub's own about hosts that are
//! away, hosts whose agents have no rules, disks that will be full, and its own certificate.
//!
//! Pure: a [`Desk`] is fed the fleet's updates, the time and what viewers decide, and says what is
//! to be kept and what is to be told. Who reads clocks, keeps and tells is elsewhere.
//!
//! What is told of the hub's own has the form of an agent's, with an id that begins with `hub-`: so
//! there is one stream of alerts. An alert that was kept as open fires no second time after a
//! restart; a host that was there before it and does not come back is away since the start.

mod built_in;
mod desk;
mod entry;
mod message;
mod own;
mod scope;
mod silence;
mod trend;
mod watched;
mod zone;

use std::sync::Arc;
use std::time::Duration;

pub use built_in::{OWN as HUB_RULES, built_in_like, fleet_rules, names as fleet_rule_names};
pub use desk::{Change, Counts, Desk, Kept, Seen, Standing, Tell};
pub use entry::{Acknowledged, Entry, Said, is_own, rule_of};
use kinglet_proto::alert::Rule;
pub use scope::Scope;
pub use silence::{Silence, Weekly, Window};
pub use zone::Zone;

/// What the owner decided.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// A host that is offline for so long is an alert; `None`: never.
    pub offline_for: Option<Duration>,
    /// A disk that will be full this soon is an alert; `None`: never.
    pub full_within: Option<Duration>,
    /// The certificate's last days are an alert.
    pub certificate: bool,
    /// For hosts whose agents have no rules of their own.
    pub fleet: Vec<Arc<Rule>>,
    /// The owner's own, for the hosts in their scope.
    pub own: Vec<(Scope, Arc<Rule>)>,
    /// Hours of maintenance, every week or once.
    pub windows: Vec<Window>,
}

#[cfg(test)]
mod tests;
