//! The one model of a reading: what an agent saw of its host at one moment.
//!
//! Field names are the wire's, units are in each field's line. A value the host cannot give is
//! `None` or an empty list, never zero. *Inventory* fields change rarely: [`Report`] can leave them
//! out when the other side has them already.
//!
//! Decoding is lenient, because the wire only grows: an unknown field is ignored and a missing one
//! or a `null` is an absent value.

mod container;
mod custom;
pub mod detail;
mod field;
mod inventory;
mod kernel;
mod machine;
pub mod metric;
mod network;
mod part;
mod probe;
mod process;
mod router;
mod sensors;
mod stated;
mod storage;
pub mod table;
mod traffic;
mod units;
pub mod wanted;

pub use container::Container;
pub use custom::Custom;
use detail::Detail;
pub use field::Terms;
pub(crate) use field::{Field, lenient};
pub use inventory::{Public, Report};
pub use kernel::Kernel;
pub use machine::{AgentCost, Arch, Cpu, LoadAverage, Memory, Os, Pressure, Processes, Stall};
pub use network::{Conntrack, Interface, Network, Sockets, Wireless};
use part::part;
pub use probe::Probe;
pub use process::Process;
pub use router::{Leases, Qdisc, Softnet, Stations, WireguardPeer};
pub use sensors::{Battery, Fan, Power, Temperature};
pub use storage::{Disk, DiskType, Filesystem, Flash};
pub use traffic::{Traffic, WanTraffic};
pub use units::Units;

use crate::time::{Instant, WallTime};

part! {
    /// One reading of one host.
    pub struct Sample in "sample" {
        /// When it was taken, by the boottime clock: not on the wire, rates and ages come from it.
        pub taken: Instant => plain, public;
        /// When it was taken, by the wall clock: a label.
        pub timestamp: WallTime => plain, public;
        /// The kernel's node name.
        pub hostname: String => plain, public;
        /// Global unicast addresses, public ones first; empty when the owner keeps them back.
        pub ip_addresses: Vec<String> => plain, sparse;
        /// Version of the agent; empty where another took the sample.
        pub version: String => plain, inventory;
        /// Operating system.
        pub os: Os => part(Os), inventory, public;
        /// Processor time and inventory.
        pub cpu: Cpu => part(Cpu), public;
        /// Main memory, swap and zram.
        pub memory: Memory => part(Memory), public;
        /// Physical disks: the one that holds `/` first, then by name; the order never changes.
        pub disks: Vec<Disk> => part(Disk), public;
        /// Mounted file systems with storage behind them, each device once, `/` first.
        pub filesystems: Vec<Filesystem> => part(Filesystem), public;
        /// Raw flash under UBI.
        pub flash: Vec<Flash> => part(Flash), sparse, public;
        /// Traffic of the host and of each interface.
        pub network: Network => part(Network), public;
        /// Traffic of the billing period; absent where its owner says nothing of one.
        pub traffic: Option<Traffic> => part(Traffic), public;
        /// Time since boot.
        pub uptime: Option<u64> => gauge(Seconds, "uptime"), public;
        /// Run queue averages, since always on Linux.
        pub load_average: Option<LoadAverage> => part(LoadAverage), public;
        /// Processes and threads.
        pub processes: Option<Processes> => part(Processes), public;
        /// Login sessions in utmp whose process is alive; absent where the host keeps no such file.
        pub users: Option<u64> => gauge(Count, "users"), public;
        /// Sockets in use.
        pub sockets: Option<Sockets> => part(Sockets), public;
        /// The connection tracking table; absent where netfilter tracks nothing.
        pub conntrack: Option<Conntrack> => part(Conntrack), public;
        /// Packets that processors had no time for; absent where the owner calls it no router.
        pub softnet: Option<Softnet> => part(Softnet), public;
        /// Leases of DHCP, likewise; absent where no server has a file of them.
        pub leases: Option<Leases> => part(Leases);
        /// Queues in front of interfaces, likewise.
        pub qdiscs: Vec<Qdisc> => part(Qdisc), sparse, public;
        /// Peers of WireGuard, likewise; empty without the right to ask for them.
        pub wireguard: Vec<WireguardPeer> => part(WireguardPeer), sparse;
        /// Wi-Fi interfaces and how many are on them, likewise.
        pub stations: Vec<Stations> => part(Stations), sparse;
        /// Pressure stall information, since Linux 4.20.
        pub pressure: Option<Pressure> => part(Pressure), public;
        /// What the kernel counts since boot.
        pub kernel: Option<Kernel> => part(Kernel), public;
        /// Temperature sensors of hwmon and the thermal zones.
        pub temperatures: Vec<Temperature> => part(Temperature), public;
        /// Fans of hwmon.
        pub fans: Vec<Fan> => part(Fan), public;
        /// The battery that feeds the host; absent where there is none.
        pub battery: Option<Battery> => part(Battery), public;
        /// Raspberry Pi power flags; absent elsewhere.
        pub power: Option<Power> => part(Power), public;
        /// Wireless interfaces with a link.
        pub wireless: Vec<Wireless> => part(Wireless), public;
        /// Places that are probed; empty where the owner named none.
        pub probes: Vec<Probe> => part(Probe), public, sparse;
        /// Containers that run; absent where the owner does not ask for them.
        pub containers_running: Option<u64> => gauge(Count, "containers_running");
        /// Each of them.
        pub containers: Vec<Container> => part(Container), sparse;
        /// Processes that take most; empty where the owner does not ask for them.
        pub top: Vec<Process> => part(Process), sparse;
        /// Units of systemd; absent where it does not run or the owner does not ask for them.
        pub units: Option<Units> => part(Units), public;
        /// What the agent itself costs.
        pub agent: Option<AgentCost> => part(AgentCost), public;
        /// The owner's own figures, out of the files in `custom.dir`.
        pub custom: Vec<Custom> => part(Custom), sparse;
        /// What only some outputs tell: not on the wire.
        pub detail: Detail => plain;
    }
}
