//! `simple-server-status`: one object that carries the documented fields and all that ships.
//!
//! The shipped dashboard crashes as a whole on a report without one of its six objects, drops a
//! message with a float where it has an integer, and closes 1009 above 10,240 bytes. So every
//! object is always there, a value the host cannot give is zero here, and the lists of file
//! systems are cut from the bottom until the report fits; totals count all of them.

use std::borrow::Cow;
use std::ops::Range;

use serde::Serialize;

use super::{Account, Auth, Output, Protocol, Request, Stamp};
use crate::limits::{
    FIELD_BYTES_MAX, SIMPLE_SERVER_STATUS_FRAME_MAX, SIMPLE_SERVER_STATUS_INTERVAL_MAX,
};
use crate::percent::Percent;
use crate::sample::{self, Filesystem, LoadAverage, Sample};
use crate::wire::frame::{Frame, List};
use crate::wire::simple_server_status::{
    AvgStat, Cpu, CpuInfo, Disk, DiskInfo, HostInfo, Memory, Models, Network, NetworkInfo,
    Partition, Status, System,
};

/// The row of the table.
pub(super) const PROTOCOL: Protocol = Protocol {
    name: "simple-server-status",
    schemes: &["wss", "ws"],
    path: "/ws-report",
    auths: &Auth::ALL,
    needs_token: true,
    interval_max: SIMPLE_SERVER_STATUS_INTERVAL_MAX,
    check: |_| Ok(()),
    new: |account| Box::new(SimpleServerStatus { account, fitting: usize::MAX }),
};

/// What the report before taught.
#[derive(Debug)]
struct SimpleServerStatus {
    account: Account,
    /// File systems that fit, so that a host with too many is not encoded twice every time.
    fitting: usize,
}

/// The server only listens.
impl Output for SimpleServerStatus {
    fn id(&self) -> &str {
        self.account.id()
    }

    fn request(&self) -> Request {
        let (id, token) = (self.account.id(), self.account.token.expose());
        let request = self.account.request(PROTOCOL.path);
        match self.account.auth {
            Auth::Header => request.header("X-AUTH-SECRET", token).header("X-SERVER-ID", id),
            Auth::Query => request.pair("token", token).pair("server_id", id),
        }
    }

    /// The sample is all of the report.
    fn encode_report(&mut self, sample: &Sample, stamp: Stamp, out: &mut String) -> Range<usize> {
        let known = || sample.filesystems.iter().filter(|fs| fs.total.is_some());
        let all = known().count();
        let mut count = self.fitting.min(all);
        loop {
            let mut frame = Frame::new(out);
            frame.value(&status(&self.account, sample, stamp, known().take(count)));
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
    account: &'a Account,
    sample: &'a Sample,
    stamp: Stamp,
    shown: I,
) -> Status<'a, impl Serialize, impl Serialize>
where
    I: Iterator<Item = &'a Filesystem> + Clone + 'a,
{
    let (id, host) = (account.id(), &account.host);
    let optional = |text: &'a Option<String>| clipped(text.as_deref().unwrap_or_default());
    let ip = host.ip.as_ref().or(sample.ip_addresses.first());
    Status {
        server_id: clipped(id),
        server_name: clipped(if host.name.is_empty() { id } else { &host.name }),
        name: None,
        group: optional(&host.group),
        country_code: optional(&host.country_code),
        location: optional(&host.location),
        ip: clipped(ip.map_or("", String::as_str)),
        loc: optional(&host.country_code),
        cpu: Some(cpu(sample)),
        memory: Some(Memory::of(&sample.memory)),
        disk: Some(List(shown.clone().map(|fs| Disk::of(fs, sample)))),
        network: Some(network(sample)),
        system: Some(system(sample)),
        timestamp: Some(stamp.now.wall.unix_seconds()),
        host_info: Some(host_info(sample, stamp)),
        cpu_info: Some(CpuInfo {
            percent: Some(sample.cpu.usage.unwrap_or_default()),
            info: Models::One {
                name: clip(&sample.cpu.brand),
                count: sample.cpu.cores.unwrap_or_default(),
            },
        }),
        virtual_memory_info: Some(main_memory(&sample.memory)),
        swap_memory_info: Some(swap(sample)),
        disk_info: Some(disk_info(sample, List(shown.map(partition)))),
        network_info: Some(network_info(sample)),
    }
}

fn cpu(sample: &Sample) -> Cpu<'_> {
    Cpu { model_name: clip(&sample.cpu.brand).into(), ..Cpu::of(sample) }
}

fn network(sample: &Sample) -> Network<'_> {
    let mut network = Network::of(&sample.network);
    cut(&mut network.interface_name);
    network
}

fn system(sample: &Sample) -> System<'_> {
    let mut system = System::of(sample);
    for text in [&mut system.hostname, &mut system.platform, &mut system.arch, &mut system.kernel] {
        cut(text);
    }
    system
}

/// Memory as the shipped agent reckons it, for its dashboard sets hosts side by side: what is
/// neither free nor a cache. That is less than what is not available, for it lacks shared memory.
fn main_memory(memory: &sample::Memory) -> Memory {
    let parts = [memory.free, memory.buffers, memory.cached];
    let unused = parts.iter().try_fold(0_u64, |sum, part| sum.checked_add((*part)?));
    // A container may have its host's cache.
    let used = memory.total.zip(unused).and_then(|(total, unused)| total.checked_sub(unused));
    let plain = Memory { available: None, ..Memory::of(memory) };
    match used.zip(memory.total) {
        Some((used, total)) => {
            Memory { used: Some(used), used_percent: Some(Percent::of(used, total)), ..plain }
        }
        None => plain,
    }
}

fn swap(sample: &Sample) -> Memory {
    let total = sample.memory.swap_total.unwrap_or_default();
    let used = sample.memory.swap_used.unwrap_or_default();
    Memory {
        total: Some(total),
        used: Some(used),
        available: None,
        free: Some(total.saturating_sub(used)),
        used_percent: Some(Percent::of(used, total)),
    }
}

fn partition(fs: &Filesystem) -> Partition<'_> {
    Partition {
        mount_point: fs.mount_point.as_str().into(),
        fstype: fs.fstype.as_str().into(),
        total: Some(fs.total.unwrap_or_default()),
        free: Some(fs.free.unwrap_or_default()),
        used: Some(fs.used.unwrap_or_default()),
        used_percent: Some(fs.usage_percent.unwrap_or_default()),
    }
}

/// Totals over every file system with space of its own, shown or not.
fn disk_info<P: Serialize>(sample: &Sample, partitions: P) -> DiskInfo<P> {
    let sum = |field: fn(&Filesystem) -> Option<u64>| {
        let own = sample.filesystems.iter().filter(|fs| !fs.view);
        own.filter_map(field).fold(0, u64::saturating_add)
    };
    let (total, used) = (sum(|fs| fs.total), sum(|fs| fs.used));
    DiskInfo {
        total: Some(total),
        used: Some(used),
        used_percent: Some(Percent::of(used, total)),
        partitions,
    }
}

fn network_info(sample: &Sample) -> NetworkInfo {
    let network = &sample.network;
    NetworkInfo {
        net_in_speed: Some(network.rx_speed.unwrap_or_default()),
        net_out_speed: Some(network.tx_speed.unwrap_or_default()),
        net_in_transfer: Some(network.total_rx.unwrap_or_default()),
        net_out_transfer: Some(network.total_tx.unwrap_or_default()),
    }
}

/// What ships names everything as gopsutil does.
fn host_info(sample: &Sample, stamp: Stamp) -> HostInfo<'_> {
    let uptime = sample.uptime.unwrap_or_default();
    let LoadAverage { one, five, fifteen } = sample.load_average.unwrap_or_default();
    let finite = |load: f64| if load.is_finite() { load } else { 0.0 };
    HostInfo {
        kernel_arch: clip(&sample.os.arch.0).into(),
        kernel_version: clip(&sample.os.kernel).into(),
        virtualization_system: "".into(),
        os: "linux".into(),
        platform: clip(&sample.os.name).into(),
        platform_family: family(&sample.os.name).into(),
        platform_version: clip(&sample.os.version).into(),
        uptime: Some(uptime),
        boot_time: Some(stamp.now.wall.unix_seconds().saturating_sub(uptime)),
        avg_stat: Some(AvgStat {
            load1: finite(one),
            load5: finite(five),
            load15: finite(fifteen),
        }),
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

/// A text as it stands in the object, bounded.
fn clipped(text: &str) -> Option<Cow<'_, str>> {
    Some(clip(text).into())
}

/// The same of a text that stands there already.
fn cut(text: &mut Cow<'_, str>) {
    if let Cow::Borrowed(borrowed) = text {
        *borrowed = clip(borrowed);
    }
}

/// A text of bounded length, ended before a control character, which takes six bytes in JSON.
fn clip(text: &str) -> &str {
    let end = text.find(char::is_control).unwrap_or(text.len()).min(FIELD_BYTES_MAX);
    &text[..text.floor_char_boundary(end)]
}

#[cfg(test)]
mod tests;
