//! The one model of a reading: what an agent saw of its host at one moment.
//!
//! Field names are the wire's, units are in each field's sentence. A value the host cannot give is
//! `None` or an empty list, never zero. *Inventory* fields change rarely: [`Report`] can leave them
//! out when the other side has them already.
//!
//! Decoding is lenient, because the wire only grows: an unknown field is ignored and a missing one
//! or a `null` is an absent value.

mod inventory;
mod machine;
mod network;
mod sensors;
mod storage;

pub use inventory::Report;
pub use machine::{AgentCost, Cpu, LoadAverage, Memory, Os, Pressure, Processes, Stall};
pub use network::{Conntrack, Interface, Network, Sockets, Wireless};
pub use sensors::{Battery, Fan, Power, Temperature};
use serde::{Deserialize, Deserializer};
pub use storage::{Disk, DiskType, Filesystem};

use crate::time::{Instant, WallTime};

/// One reading of one host.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// When it was taken, by the boottime clock: not on the wire, rates and ages come from it.
    #[serde(skip)]
    pub taken: Instant,
    /// When it was taken, by the wall clock: a label.
    #[serde(deserialize_with = "lenient")]
    pub timestamp: WallTime,
    /// The kernel's node name.
    #[serde(deserialize_with = "lenient")]
    pub hostname: String,
    /// Global unicast addresses, public ones first; empty when the owner keeps them back.
    #[serde(deserialize_with = "lenient")]
    pub ip_addresses: Vec<String>,
    /// Operating system. Inventory.
    #[serde(deserialize_with = "lenient")]
    pub os: Os,
    /// Processor time and inventory.
    #[serde(deserialize_with = "lenient")]
    pub cpu: Cpu,
    /// Main memory, swap and zram.
    #[serde(deserialize_with = "lenient")]
    pub memory: Memory,
    /// Physical disks: the one that holds `/` first, then by name; the order never changes.
    #[serde(deserialize_with = "lenient")]
    pub disks: Vec<Disk>,
    /// Mounted file systems with storage behind them, each device once, `/` first.
    #[serde(deserialize_with = "lenient")]
    pub filesystems: Vec<Filesystem>,
    /// Traffic of the host and of each interface.
    #[serde(deserialize_with = "lenient")]
    pub network: Network,
    /// Seconds since boot.
    pub uptime: Option<u64>,
    /// Run queue averages, since always on Linux.
    pub load_average: Option<LoadAverage>,
    /// Tasks the kernel schedules.
    pub processes: Option<Processes>,
    /// Login sessions on record in utmp; `None` where the host keeps none.
    pub users: Option<u64>,
    /// Sockets in use.
    pub sockets: Option<Sockets>,
    /// The connection tracking table; `None` where netfilter tracks nothing.
    pub conntrack: Option<Conntrack>,
    /// Pressure stall information, since Linux 4.20.
    pub pressure: Option<Pressure>,
    /// Temperature sensors of hwmon and the thermal zones.
    #[serde(deserialize_with = "lenient")]
    pub temperatures: Vec<Temperature>,
    /// Fans of hwmon.
    #[serde(deserialize_with = "lenient")]
    pub fans: Vec<Fan>,
    /// The battery that feeds the host; `None` where there is none.
    pub battery: Option<Battery>,
    /// Raspberry Pi power flags; `None` elsewhere.
    pub power: Option<Power>,
    /// Wireless interfaces with a link.
    #[serde(deserialize_with = "lenient")]
    pub wireless: Vec<Wireless>,
    /// What the agent itself costs.
    pub agent: Option<AgentCost>,
}

/// `null` where a value should be counts as the value's default.
pub(crate) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}
