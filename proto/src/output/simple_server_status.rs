//! `simple-server-status`: one object that carries the documented fields and all that ships.
//!
//! The shipped dashboard crashes as a whole on a report without one of its six objects, drops a
//! message with a float where it has an integer, and closes 1009 above 10,240 bytes. So every
//! object is always there, a value the host cannot give is zero here, and the lists of file
//! systems are cut from the bottom until the report fits; totals count all of them.

use std::ops::Range;

use serde::Serialize;

use super::Stamp;
use crate::host::Host;
use crate::limits::{FIELD_BYTES_MAX, SIMPLE_SERVER_STATUS_FRAME_MAX};
use crate::percent::Percent;
use crate::sample::{Filesystem, LoadAverage, Sample};
use crate::wire::frame::{Frame, List};
use crate::wire::simple_server_status::{
    AvgStat, Cpu, CpuInfo, Disk, DiskInfo, HostInfo, Memory, Model, Network, NetworkInfo,
    Partition, Status, Swap, System, VirtualMemory,
};

/// What the report before taught.
#[derive(Debug)]
pub(super) struct SimpleServerStatus {
    /// File systems that fit, so that a host with too many is not encoded twice every time.
    fitting: usize,
}

impl Default for SimpleServerStatus {
    fn default() -> Self {
        Self { fitting: usize::MAX }
    }
}

impl SimpleServerStatus {
    /// Writes the report; returns where the sample lies in it, which is all of it.
    pub(super) fn encode_report(
        &mut self,
        id: &str,
        host: &Host,
        sample: &Sample,
        stamp: Stamp,
        out: &mut String,
    ) -> Range<usize> {
        let known = || sample.filesystems.iter().filter(|fs| fs.total.is_some());
        let all = known().count();
        let mut count = self.fitting.min(all);
        loop {
            let mut frame = Frame::new(out);
            frame.value(&status(id, host, sample, stamp, known().take(count)));
            frame.finish();
            let over = out.len() >= SIMPLE_SERVER_STATUS_FRAME_MAX;
            if !over || count == 0 {
                break;
            }
            // In proportion, which a few rounds bring below the limit.
            count = (count * SIMPLE_SERVER_STATUS_FRAME_MAX / out.len()).min(count - 1);
        }
        let room = out.len() + out.len() / count.max(4) < SIMPLE_SERVER_STATUS_FRAME_MAX;
        self.fitting = if room { count + 1 } else { count };
        0..out.len()
    }
}

fn status<'a, I>(
    id: &'a str,
    host: &'a Host,
    sample: &'a Sample,
    stamp: Stamp,
    shown: I,
) -> Status<'a, impl Serialize, impl Serialize>
where
    I: Iterator<Item = &'a Filesystem> + Clone + 'a,
{
    let optional = |text: &'a Option<String>| clip(text.as_deref().unwrap_or_default());
    let ip = match (&host.ip, sample.ip_addresses.first()) {
        (Some(ip), _) | (None, Some(ip)) => clip(ip),
        (None, None) => "",
    };
    Status {
        server_id: clip(id),
        server_name: clip(if host.name.is_empty() { id } else { &host.name }),
        group: optional(&host.group),
        country_code: optional(&host.country_code),
        location: optional(&host.location),
        ip,
        loc: optional(&host.country_code),
        cpu: Cpu {
            percent: sample.cpu.usage.unwrap_or_default(),
            cores: sample.cpu.cores.unwrap_or_default(),
            model_name: clip(&sample.cpu.brand),
        },
        memory: memory(sample),
        disk: List(shown.clone().map(|fs| disk(sample, fs))),
        network: network(sample),
        system: system(sample),
        timestamp: stamp.now.wall.unix_seconds(),
        host_info: host_info(sample, stamp),
        cpu_info: CpuInfo {
            percent: sample.cpu.usage.unwrap_or_default(),
            info: [Model {
                name: clip(&sample.cpu.brand),
                count: sample.cpu.cores.unwrap_or_default(),
            }],
        },
        virtual_memory_info: virtual_memory(sample),
        swap_memory_info: swap(sample),
        disk_info: disk_info(sample, List(shown.map(partition))),
        network_info: network_info(sample),
    }
}

fn memory(sample: &Sample) -> Memory {
    let memory = &sample.memory;
    Memory {
        total: memory.total.unwrap_or_default(),
        used: memory.used.unwrap_or_default(),
        available: memory.available.unwrap_or_default(),
        used_percent: memory.usage_percent.unwrap_or_default(),
    }
}

fn virtual_memory(sample: &Sample) -> VirtualMemory {
    let Memory { total, used, used_percent, .. } = memory(sample);
    VirtualMemory { total, used, used_percent }
}

fn swap(sample: &Sample) -> Swap {
    let total = sample.memory.swap_total.unwrap_or_default();
    let used = sample.memory.swap_used.unwrap_or_default();
    Swap { total, used, free: total.saturating_sub(used), used_percent: Percent::of(used, total) }
}

/// A file system with the rates of the disk it lies on.
fn disk<'a>(sample: &Sample, fs: &'a Filesystem) -> Disk<'a> {
    let holds = |disk: &&crate::sample::Disk| disk.mount_points.contains(&fs.mount_point);
    let below = sample.disks.iter().find(holds);
    let partition = partition(fs);
    Disk {
        path: partition.mount_point,
        total: partition.total,
        used: partition.used,
        free: partition.free,
        used_percent: partition.used_percent,
        read_speed: below.and_then(|disk| disk.read_speed).unwrap_or_default(),
        write_speed: below.and_then(|disk| disk.write_speed).unwrap_or_default(),
    }
}

fn partition(fs: &Filesystem) -> Partition<'_> {
    Partition {
        mount_point: &fs.mount_point,
        fstype: &fs.fstype,
        total: fs.total.unwrap_or_default(),
        free: fs.free.unwrap_or_default(),
        used: fs.used.unwrap_or_default(),
        used_percent: fs.usage_percent.unwrap_or_default(),
    }
}

/// Totals over every file system, shown or not.
fn disk_info<P: Serialize>(sample: &Sample, partitions: P) -> DiskInfo<P> {
    let sum = |field: fn(&Filesystem) -> Option<u64>| {
        sample.filesystems.iter().filter_map(field).fold(0, u64::saturating_add)
    };
    let (total, used) = (sum(|fs| fs.total), sum(|fs| fs.used));
    DiskInfo { total, used, used_percent: Percent::of(used, total), partitions }
}

fn network(sample: &Sample) -> Network<'_> {
    let network = &sample.network;
    let first = network.interfaces.first().map(|interface| &interface.name);
    let info = network_info(sample);
    Network {
        interface_name: network.wan.as_ref().or(first).map_or("", |name| clip(name)),
        bytes_sent: info.net_out_transfer,
        bytes_recv: info.net_in_transfer,
        in_speed: info.net_in_speed,
        out_speed: info.net_out_speed,
    }
}

fn network_info(sample: &Sample) -> NetworkInfo {
    let network = &sample.network;
    NetworkInfo {
        net_in_speed: network.rx_speed.unwrap_or_default(),
        net_out_speed: network.tx_speed.unwrap_or_default(),
        net_in_transfer: network.total_rx.unwrap_or_default(),
        net_out_transfer: network.total_tx.unwrap_or_default(),
    }
}

/// The documented page names machines as Go does.
fn system(sample: &Sample) -> System<'_> {
    System {
        hostname: clip(&sample.hostname),
        os: "linux",
        platform: clip(&sample.os.name),
        arch: match &*sample.os.arch {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            "armv5tel" | "armv6l" | "armv7l" => "arm",
            "i586" | "i686" => "386",
            other => clip(other),
        },
        kernel: clip(&sample.os.kernel),
        uptime: sample.uptime.unwrap_or_default(),
    }
}

/// What ships names everything as gopsutil does.
fn host_info(sample: &Sample, stamp: Stamp) -> HostInfo<'_> {
    let uptime = sample.uptime.unwrap_or_default();
    let LoadAverage { one, five, fifteen } = sample.load_average.unwrap_or_default();
    let finite = |load: f64| if load.is_finite() { load } else { 0.0 };
    HostInfo {
        kernel_arch: clip(&sample.os.arch),
        kernel_version: clip(&sample.os.kernel),
        virtualization_system: "",
        os: "linux",
        platform: clip(&sample.os.name),
        platform_family: family(&sample.os.name),
        platform_version: clip(&sample.os.version),
        uptime,
        boot_time: stamp.now.wall.unix_seconds().saturating_sub(uptime),
        avg_stat: AvgStat { load1: finite(one), load5: finite(five), load15: finite(fifteen) },
    }
}

/// The family gopsutil puts a distribution in; empty when it knows none.
fn family(id: &str) -> &'static str {
    match id {
        "debian" | "ubuntu" | "raspbian" | "linuxmint" | "kali" | "devuan" => "debian",
        "fedora" => "fedora",
        "rhel" | "centos" | "rocky" | "almalinux" | "ol" | "amzn" | "scientific" => "rhel",
        "opensuse" | "opensuse-leap" | "opensuse-tumbleweed" | "sles" | "sled" => "suse",
        "arch" | "manjaro" | "archarm" => "arch",
        "alpine" => "alpine",
        "gentoo" => "gentoo",
        "openwrt" => "openwrt",
        _ => "",
    }
}

/// A text of bounded length, ended before a control character, which takes six bytes in JSON.
fn clip(text: &str) -> &str {
    let end = text.find(char::is_control).unwrap_or(text.len()).min(FIELD_BYTES_MAX);
    &text[..text.floor_char_boundary(end)]
}

#[cfg(test)]
mod tests;
