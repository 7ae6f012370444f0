//! What systemd says of its units.

use super::part::part;

part! {
    /// Units of systemd, and how it is itself.
    #[derive(Eq)]
    pub struct Units in "units" {
        /// Units that have failed, as `systemctl --failed` shows them.
        pub failed: u64 => gauge(Count), public;
        /// Names of units that systemd has in memory, aliases counted.
        pub loaded: Option<u64> => gauge(Count), public;
        /// What systemd calls its own state: `running`, `degraded` where a unit has failed,
        /// `starting`, `stopping` and others; empty where it does not say.
        pub state: String => plain, public;
        /// The first of those that have failed, by name, 16 at most.
        pub failed_names: Vec<String> => plain, sparse;
    }
}
