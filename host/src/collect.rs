//! From kernel files to a [`Sample`]: one collector per topic, asked in turn.
//!
//! Each collector keeps its files open and what it counted last; what it cannot read is absent from
//! the sample and is tried again. The sample is one, filled in place, so that in the steady state
//! nothing is allocated. Nothing here reads a clock: rates are over the instants handed in.

mod agent;
mod cpu;
mod disks;
mod filesystems;
mod host;
mod ip_addresses;
mod memory;
mod network;
mod pressure;
mod rate;
mod schedule;
mod sensors;
mod sockets;
mod wireless;

use std::path::{Path, PathBuf};
use std::time::Duration;

use kinglet_proto::sample::Sample;
use kinglet_proto::time::{Instant, Now};

pub use crate::filter::Filter;
use crate::kernel::root::{Buffer, Root};
use crate::limits::INVENTORY_INTERVAL;
pub use crate::storage::statfs::{Ask, Space};

/// Where the host's files lie; other than the defaults inside a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// `/proc` (`HOST_PROC`).
    pub proc: PathBuf,
    /// `/sys` (`HOST_SYS`).
    pub sys: PathBuf,
    /// `/` (`HOST_ROOT`): os-release, utmp, and the mount points.
    pub root: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self { proc: "/proc".into(), sys: "/sys".into(), root: "/".into() }
    }
}

impl Roots {
    /// Whether these are the agent's own, so that asking the system means asking the host.
    pub fn are_own(&self) -> bool {
        *self == Self::default()
    }

    /// The mount table: of PID 1 where that is allowed. Under a service manager's sandbox the
    /// agent's own mounts are read-only and say nothing of the host's.
    pub fn mount_table(&self) -> PathBuf {
        let proc = Root::new(&self.proc);
        let of_init = proc.is_readable("1/mountinfo");
        proc.path(if of_init { "1/mountinfo" } else { "self/mountinfo" })
    }
}

/// What to collect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Processor time.
    pub cpu: bool,
    /// Memory, swap, zram.
    pub memory: bool,
    /// Physical disks.
    pub disks: bool,
    /// Space of file systems; disks have no usage without it.
    pub filesystems: bool,
    /// Traffic.
    pub network: bool,
    /// Sockets and connection tracking.
    pub sockets: bool,
    /// Pressure stall information.
    pub pressure: bool,
    /// Temperatures, fans, battery, power.
    pub sensors: bool,
    /// Radio links.
    pub wireless: bool,
    /// The agent's own cost.
    pub agent: bool,
    /// Addresses of this host; never of another whose roots are seen.
    pub ip_addresses: bool,
    /// Disks by kernel name.
    pub disk_names: Filter,
    /// File systems by mount point.
    pub mounts: Filter,
    /// Interfaces by kernel name; totals count them all the same.
    pub interfaces: Filter,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cpu: true,
            memory: true,
            disks: true,
            filesystems: true,
            network: true,
            sockets: true,
            pressure: true,
            sensors: true,
            wireless: true,
            agent: true,
            ip_addresses: true,
            disk_names: Filter::default(),
            mounts: Filter::default(),
            interfaces: Filter::default(),
        }
    }
}

/// Takes samples of one host.
pub struct Collector {
    buffer: Buffer,
    sample: Sample,
    host: host::HostCollector,
    load: host::LoadCollector,
    cpu: Option<cpu::CpuCollector>,
    memory: Option<memory::MemoryCollector>,
    filesystems: Option<filesystems::FilesystemCollector>,
    disks: Option<disks::DiskCollector>,
    network: Option<network::NetworkCollector>,
    sockets: Option<sockets::SocketCollector>,
    pressure: Option<pressure::PressureCollector>,
    sensors: Option<Sensors>,
    wireless: Option<wireless::RadioCollector>,
    agent: Option<agent::CostCollector>,
    with_addresses: bool,
    addresses_due: schedule::Schedule,
}

struct Sensors {
    thermal: sensors::thermal::ThermalCollector,
    power: sensors::power::PowerCollector,
    battery: sensors::battery::BatteryCollector,
}

impl Collector {
    /// Opens what is read often. Rates need two samples: the first has none.
    pub fn new(roots: &Roots, options: &Options) -> Self {
        Self::with_statfs(roots, options, crate::storage::statfs::kernel())
    }

    /// The same with another way to ask mounts for their space.
    pub fn with_statfs(roots: &Roots, options: &Options, ask: Ask) -> Self {
        let mut buffer = Buffer::default();
        let (proc, sys) = (Root::new(&roots.proc), Root::new(&roots.sys));
        let root = Root::new(&roots.root);
        let net = network_root(&proc, roots);
        Self {
            host: host::HostCollector::new(roots),
            load: host::LoadCollector::new(&proc),
            cpu: options.cpu.then(|| cpu::CpuCollector::new(&proc, &sys)),
            memory: options.memory.then(|| memory::MemoryCollector::new(&proc, &sys)),
            filesystems: options.filesystems.then(|| {
                let filter = options.mounts.clone();
                filesystems::FilesystemCollector::new(roots, filter, ask)
            }),
            disks: options
                .disks
                .then(|| disks::DiskCollector::new(&proc, &sys, &root, options.disk_names.clone())),
            network: options
                .network
                .then(|| network::NetworkCollector::new(&net, &sys, options.interfaces.clone())),
            sockets: options.sockets.then(|| sockets::SocketCollector::new(&proc, &net)),
            pressure: options.pressure.then(|| pressure::PressureCollector::new(&proc)),
            sensors: options.sensors.then(|| Sensors {
                thermal: sensors::thermal::ThermalCollector::new(&sys),
                power: sensors::power::PowerCollector::new(&sys),
                battery: sensors::battery::BatteryCollector::new(&sys, &mut buffer),
            }),
            wireless: options.wireless.then(|| wireless::RadioCollector::new(&net)),
            agent: options.agent.then(agent::CostCollector::new),
            with_addresses: options.ip_addresses && roots.are_own(),
            addresses_due: schedule::Schedule::every(INVENTORY_INTERVAL),
            sample: Sample::default(),
            buffer,
        }
    }

    /// Takes a sample; what cannot be read is absent. Never waits for a mount.
    pub fn collect(&mut self, now: Now) -> &Sample {
        let at = now.instant;
        self.sample.taken = at;
        self.sample.timestamp = now.wall;
        self.host.collect(at, &mut self.buffer, &mut self.sample);
        self.load.collect(at, &mut self.buffer, &mut self.sample);
        self.collect_cpu_and_memory(at);
        self.collect_storage(at);
        self.collect_network(at);
        self.collect_sensors(at);
        if let Some(agent) = &mut self.agent {
            let cost = self.sample.agent.get_or_insert_default();
            agent.collect(at, &mut self.buffer, cost);
        }
        &self.sample
    }

    /// The sample as it is, for what only the run loop knows (`agent`).
    pub fn sample_mut(&mut self) -> &mut Sample {
        &mut self.sample
    }

    /// Links, addresses or routes changed: they are read again at the next sample.
    pub fn handle_network_change(&mut self) {
        self.addresses_due.hurry();
        if let Some(network) = &mut self.network {
            network.handle_change();
        }
    }

    /// Something was mounted or unmounted: the table is read again at the next sample.
    pub fn handle_mount_change(&mut self) {
        if let Some(filesystems) = &mut self.filesystems {
            filesystems.handle_change();
        }
    }

    /// Waits for the space of every mount, at most about `limit`; for one sample on a terminal.
    pub fn wait_filesystems(&mut self, limit: Duration) {
        let at = self.sample.taken;
        if let Some(filesystems) = &mut self.filesystems {
            filesystems.wait(limit, at, &mut self.sample.filesystems);
            if let Some(disks) = &self.disks {
                disks.fill_usage(&self.sample.filesystems, &mut self.sample.disks);
            }
        }
    }

    /// Bytes the collectors keep beside the sample, as far as they depend on the host's files.
    pub fn buffer_capacity(&self) -> usize {
        self.buffer.capacity()
    }

    fn collect_cpu_and_memory(&mut self, at: Instant) {
        if let Some(cpu) = &mut self.cpu {
            cpu.collect(at, &mut self.buffer, &mut self.sample.cpu);
        }
        if let Some(memory) = &mut self.memory {
            memory.collect(at, &mut self.buffer, &mut self.sample.memory);
        }
        if let Some(pressure) = &mut self.pressure {
            self.sample.pressure = pressure.collect(at, &mut self.buffer);
        }
    }

    fn collect_storage(&mut self, at: Instant) {
        let mut volumes = (&[][..], 0);
        if let Some(filesystems) = &mut self.filesystems {
            filesystems.collect(at, &mut self.buffer, &mut self.sample.filesystems);
            volumes = filesystems.volumes();
        }
        if let Some(disks) = &mut self.disks {
            let filesystems = &self.sample.filesystems;
            disks.collect(at, &mut self.buffer, volumes, filesystems, &mut self.sample.disks);
        }
    }

    fn collect_network(&mut self, at: Instant) {
        if let Some(network) = &mut self.network
            && network.collect(at, &mut self.buffer, &mut self.sample.network)
        {
            self.addresses_due.hurry();
        }
        if self.with_addresses && self.addresses_due.is_due(at) {
            ip_addresses::read(&mut self.sample.ip_addresses);
        }
        if let Some(sockets) = &mut self.sockets {
            sockets.collect(at, &mut self.buffer, &mut self.sample);
        }
        if let Some(wireless) = &mut self.wireless {
            wireless.collect(at, &mut self.buffer, &mut self.sample.wireless);
        }
    }

    fn collect_sensors(&mut self, at: Instant) {
        let Some(sensors) = &mut self.sensors else { return };
        let Sample { temperatures, fans, battery, power, .. } = &mut self.sample;
        sensors.thermal.collect(at, &mut self.buffer, temperatures, fans);
        sensors.battery.collect(at, &mut self.buffer, battery);
        *power = sensors.power.collect(at, &mut self.buffer);
    }
}

/// Writes only what differs: the texts of a sample stay where they are.
fn set_text(text: &mut String, value: &str) {
    if text != value {
        text.clear();
        text.push_str(value);
    }
}

/// `/proc/net` is the reader's own; of another host it is that of its first process.
fn network_root(proc: &Root, roots: &Roots) -> Root {
    let of_init = roots.proc != Path::new("/proc") && proc.is_readable("1/net/dev");
    Root::new(proc.path(if of_init { "1/net" } else { "net" }))
}
