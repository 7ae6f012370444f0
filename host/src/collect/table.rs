//! Every collector there is, in the order in which they are asked.

use super::{Entry, Row};

/// The collectors. `disks` and `wear` come behind `filesystems`, whose rows they read and fill, and
/// `smart` behind `disks`.
///
/// A constant, for documents and tests: the program has its own, without a word of prose.
pub const COLLECTORS: &[Row] = &[
    Row {
        name: "host",
        gives: "operating system, processor, uptime, load average, processes, users; always on",
        source: "`/proc/loadavg`, `/proc/uptime`, `/proc/cpuinfo`, `/etc/os-release`, `/run/utmp`",
        always: true,
        new: |setup| Box::new(super::host::HostCollector::new(setup)),
    },
    Row {
        name: "cpu",
        gives: "usage in total and per core; user, system, nice, iowait, irq, steal; frequency",
        source: "`/proc/stat`, `/sys/devices/system/cpu`",
        always: false,
        new: |setup| Box::new(super::cpu::CpuCollector::new(setup)),
    },
    Row {
        name: "kernel",
        gives: "boot time; context switches, interrupts, forks, OOM kills, pages swapped; \
                tasks running and blocked",
        source: "`/proc/stat`, `/proc/vmstat`",
        always: false,
        new: |setup| Box::new(super::kernel::KernelCollector::new(setup)),
    },
    Row {
        name: "memory",
        gives: "total, used, available, buffers, cached, swap, zram",
        source: "`/proc/meminfo`, `/sys/block/zram*`",
        always: false,
        new: |setup| Box::new(super::memory::MemoryCollector::new(setup)),
    },
    Row {
        name: "filesystems",
        gives: "space and inodes of each mount, read-only, stuck",
        source: "`/proc/self/mountinfo`, statfs",
        always: false,
        new: |setup| Box::new(super::filesystems::FilesystemCollector::new(setup)),
    },
    Row {
        name: "disks",
        gives: "physical disks: space used through LVM, RAID and encryption, speeds, busy time",
        source: "`/proc/diskstats`, `/sys/block`",
        always: false,
        new: |setup| Box::new(super::disks::DiskCollector::new(setup)),
    },
    Row {
        name: "wear",
        gives: "errors of ext4 and when they were; bad blocks and erase counts of raw flash",
        source: "`/sys/fs/ext4`, `/sys/class/ubi`",
        always: false,
        new: |setup| Box::new(super::wear::WearCollector::new(setup)),
    },
    #[cfg(feature = "smart")]
    Row {
        name: "smart",
        gives: "what NVMe and SATA disks tell of their health; nothing without `smart.enabled`",
        source: "the disks, by ioctl",
        always: true,
        new: |setup| Box::new(super::smart::SmartCollector::new(setup)),
    },
    Row {
        name: "network",
        gives: "counters and speeds of each interface, totals counted once, those of the day, WAN",
        source: "`/proc/net/dev`, `/sys/class/net`, `/etc/localtime`",
        always: false,
        new: |setup| Box::new(super::network::NetworkCollector::new(setup)),
    },
    Row {
        name: "sockets",
        gives: "TCP, TIME_WAIT, UDP; tracked connections",
        source: "`/proc/net/sockstat`, `/proc/sys/net/netfilter`",
        always: false,
        new: |setup| Box::new(super::sockets::SocketCollector::new(setup)),
    },
    Row {
        name: "pressure",
        gives: "stall of CPU, memory and I/O, from Linux 4.20 on",
        source: "`/proc/pressure`",
        always: false,
        new: |setup| Box::new(super::pressure::PressureCollector::new(setup)),
    },
    Row {
        name: "sensors",
        gives: "temperatures, fans, battery; on a Raspberry Pi undervoltage and throttling",
        source: "`/sys/class/hwmon`, `/sys/class/thermal`, `/sys/class/power_supply`",
        always: false,
        new: |setup| Box::new(super::sensors::SensorCollector::new(setup)),
    },
    Row {
        name: "wireless",
        gives: "signal and link quality",
        source: "`/proc/net/wireless`",
        always: false,
        new: |setup| Box::new(super::wireless::WirelessCollector::new(setup)),
    },
    #[cfg(feature = "router")]
    Row {
        name: "softnet",
        gives: "packets that processors dropped or left; nothing without `router.enabled`",
        source: "`/proc/net/softnet_stat`",
        always: false,
        new: |setup| Box::new(super::softnet::SoftnetCollector::new(setup)),
    },
    #[cfg(feature = "router")]
    Row {
        name: "leases",
        gives: "DHCP leases in force, as counts; nothing without `router.enabled`",
        source: "the files of dnsmasq and odhcpd, or `router.leases`",
        always: false,
        new: |setup| Box::new(super::leases::LeaseCollector::new(setup)),
    },
    #[cfg(feature = "router")]
    Row {
        name: "qdiscs",
        gives: "drops, overlimits and backlog of the queue before each interface; nothing without \
                `router.enabled`",
        source: "rtnetlink",
        always: false,
        new: |setup| Box::new(super::qdiscs::QdiscCollector::new(setup)),
    },
    #[cfg(feature = "router")]
    Row {
        name: "wireguard",
        gives: "handshake and traffic of each peer, with CAP_NET_ADMIN; nothing without \
                `router.enabled`",
        source: "generic netlink",
        always: false,
        new: |setup| Box::new(super::wireguard::WireguardCollector::new(setup)),
    },
    #[cfg(feature = "router")]
    Row {
        name: "stations",
        gives: "how many are on each Wi-Fi interface, and how well they are heard; nothing without \
                `router.enabled`",
        source: "nl80211",
        always: false,
        new: |setup| Box::new(super::stations::StationCollector::new(setup)),
    },
    #[cfg(feature = "custom")]
    Row {
        name: "custom",
        gives: "figures of your own, each by its name and labels; nothing without `custom.dir`",
        source: "`*.prom` in `custom.dir`",
        always: false,
        new: |setup| Box::new(super::custom::CustomCollector::new(setup)),
    },
    #[cfg(feature = "containers")]
    Row {
        name: "containers",
        gives: "containers that run: CPU, memory, network; nothing without `containers.enabled`",
        source: "`/sys/fs/cgroup`, `/proc/<pid>/net/dev`",
        always: true,
        new: |setup| Box::new(super::containers::ContainerCollector::new(setup)),
    },
    #[cfg(feature = "processes")]
    Row {
        name: "processes",
        gives: "what processes are at, and which take most; nothing without `processes.enabled`",
        source: "`/proc/<pid>/stat`",
        always: true,
        new: |setup| Box::new(super::processes::ProcessCollector::new(setup)),
    },
    #[cfg(feature = "units")]
    Row {
        name: "units",
        gives: "systemd's state and the units that have failed; nothing without `units.enabled`",
        source: "systemd, on `/run/dbus/system_bus_socket`",
        always: true,
        new: |setup| Box::new(super::units::UnitCollector::new(setup)),
    },
    Row {
        name: "agent",
        gives: "Kinglet's own memory, CPU time, bytes sent, reconnects",
        source: "`/proc/self`",
        always: false,
        new: |_| Box::new(super::agent::AgentCollector::new()),
    },
    Row {
        name: "ip_addresses",
        gives: "the host's addresses, public ones first; `false` keeps them back",
        source: "the kernel's address list",
        always: false,
        new: |setup| Box::new(super::ip_addresses::IpAddressCollector::new(setup)),
    },
];

/// With which collector this one is made rarer: what fills rows of another, or reads one file with
/// it for rates, goes in step with that.
pub(crate) fn in_step(name: &'static str) -> &'static str {
    match name {
        "kernel" => "cpu",
        "disks" | "wear" | "smart" => "filesystems",
        name => name,
    }
}

/// The same for the program.
pub(crate) static ENTRIES: [Entry; COLLECTORS.len()] = {
    let mut entries = [COLLECTORS[0].entry(); COLLECTORS.len()];
    let mut at = 1;
    while at < entries.len() {
        entries[at] = COLLECTORS[at].entry();
        at += 1;
    }
    entries
};
