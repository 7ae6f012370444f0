//! What the kernel says, as it says it: one pure parser per kernel file.
//!
//! A parser takes bytes and gives raw counters in base units; what differs between kernels is an
//! `Option`. Nothing here reads a file or knows a sample, a rate or a clock. No parser allocates in
//! the steady state: iterators borrow from the text, and what must outlive it goes into a `Vec` the
//! caller keeps. Counters are `u64` on every processor.
//!
//! Malformed input is never an error: a line that does not parse is left out.

pub mod arm;
#[cfg(feature = "smart")]
pub mod ata_smart;
pub mod block;
#[cfg(feature = "containers")]
pub mod cgroup;
pub mod cpuinfo;
#[cfg(feature = "units")]
pub mod dbus;
pub mod diskstats;
#[cfg(feature = "containers")]
pub mod engine;
pub mod hostname;
#[cfg(feature = "router")]
pub mod leases;
#[cfg(feature = "router")]
pub mod link;
pub mod loadavg;
pub mod mdstat;
pub mod meminfo;
pub mod mountinfo;
pub mod named;
pub mod net_dev;
pub mod net_route;
#[cfg(feature = "router")]
pub mod netlink;
#[cfg(feature = "router")]
pub mod nl80211;
#[cfg(feature = "smart")]
pub mod nvme_log;
pub mod os_release;
pub mod pid_stat;
pub mod psi;
#[cfg(feature = "router")]
pub mod qdisc;
pub mod sensor;
pub mod sockstat;
#[cfg(feature = "router")]
pub mod softnet;
pub mod stat;
pub mod statm;
pub mod text;
pub mod udev;
pub mod uptime;
pub mod utmp;
pub mod vmstat;
#[cfg(feature = "router")]
pub mod wireguard;
pub mod wireless;
