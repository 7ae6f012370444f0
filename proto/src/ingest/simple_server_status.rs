//! `/ws-report`: SimpleServerStatus, the documented object and the shipped agent's.
//!
//! Both are one object without a `type`, and an agent may send both at once. Where both name a
//! value the documented one is taken; what only the shipped one has (swap, load, the kind of file
//! system) is added to it.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::bounds::bound;
use super::salvage::salvage;
use super::{DecodeError, Label, Report};
use crate::percent::Percent;
use crate::sample::{Disk, Filesystem, LoadAverage, Sample, lenient};
use crate::time::WallTime;

/// Reads one text frame of an agent on `/ws-report`.
pub fn decode(text: &str) -> Result<Report, DecodeError> {
    let frame = match serde_json::from_str(text) {
        Ok(frame) => frame,
        Err(_) => salvage_frame(text)?,
    };
    let mut report = report(frame)?;
    bound(&mut report);
    Ok(report)
}

fn salvage_frame(text: &str) -> Result<Frame, DecodeError> {
    let object: Map<String, Value> =
        serde_json::from_str(text).map_err(|_| DecodeError::NotJson)?;
    Ok(salvage(object))
}

/// Every member of both forms.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Frame {
    server_name: Option<String>,
    name: Option<String>,
    group: Option<String>,
    country_code: Option<String>,
    loc: Option<String>,
    location: Option<String>,
    ip: Option<String>,
    cpu: Option<Cpu>,
    memory: Option<Memory>,
    disk: Option<Vec<Mount>>,
    network: Option<Network>,
    system: Option<System>,
    timestamp: Option<u64>,
    host_info: Option<HostInfo>,
    cpu_info: Option<CpuInfo>,
    virtual_memory_info: Option<Memory>,
    swap_memory_info: Option<Memory>,
    disk_info: Option<DiskInfo>,
    network_info: Option<NetworkInfo>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Cpu {
    percent: Option<Percent>,
    cores: Option<u32>,
    #[serde(deserialize_with = "lenient")]
    model_name: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Memory {
    total: Option<u64>,
    used: Option<u64>,
    available: Option<u64>,
    used_percent: Option<Percent>,
}

/// A mount: `path` in the documented form, `mountPoint` in the shipped one.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Mount {
    #[serde(alias = "mountPoint", deserialize_with = "lenient")]
    path: String,
    #[serde(deserialize_with = "lenient")]
    fstype: String,
    total: Option<u64>,
    used: Option<u64>,
    free: Option<u64>,
    used_percent: Option<Percent>,
    read_speed: Option<u64>,
    write_speed: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Network {
    interface_name: Option<String>,
    bytes_sent: Option<u64>,
    bytes_recv: Option<u64>,
    in_speed: Option<u64>,
    out_speed: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct System {
    #[serde(deserialize_with = "lenient")]
    hostname: String,
    #[serde(deserialize_with = "lenient")]
    os: String,
    #[serde(deserialize_with = "lenient")]
    platform: String,
    #[serde(deserialize_with = "lenient")]
    arch: String,
    #[serde(deserialize_with = "lenient")]
    kernel: String,
    uptime: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct HostInfo {
    #[serde(deserialize_with = "lenient")]
    kernel_arch: String,
    #[serde(deserialize_with = "lenient")]
    kernel_version: String,
    #[serde(deserialize_with = "lenient")]
    os: String,
    #[serde(deserialize_with = "lenient")]
    platform: String,
    #[serde(deserialize_with = "lenient")]
    platform_version: String,
    uptime: Option<u64>,
    avg_stat: Option<AvgStat>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AvgStat {
    #[serde(deserialize_with = "lenient")]
    load1: f64,
    #[serde(deserialize_with = "lenient")]
    load5: f64,
    #[serde(deserialize_with = "lenient")]
    load15: f64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CpuInfo {
    percent: Option<Percent>,
    #[serde(deserialize_with = "lenient")]
    info: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct DiskInfo {
    #[serde(deserialize_with = "lenient")]
    partitions: Vec<Mount>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct NetworkInfo {
    net_in_speed: Option<u64>,
    net_out_speed: Option<u64>,
    net_in_transfer: Option<u64>,
    net_out_transfer: Option<u64>,
}

fn report(frame: Frame) -> Result<Report, DecodeError> {
    let documented = frame.cpu.is_some() || frame.memory.is_some() || frame.system.is_some();
    let shipped = frame.cpu_info.is_some() || frame.host_info.is_some();
    if !documented && !shipped {
        return Err(DecodeError::WrongShape("cpu"));
    }
    let label = Label {
        name: text(frame.server_name).or_else(|| text(frame.name)),
        group: text(frame.group),
        location: text(frame.location),
        country_code: text(frame.country_code).or_else(|| text(frame.loc)),
        ip: text(frame.ip),
    };
    let timestamp = WallTime::from_unix_millis(frame.timestamp.unwrap_or(0).saturating_mul(1000));
    let mut sample = Sample { timestamp, ..Sample::default() };
    take_system(&mut sample, frame.system.unwrap_or_default());
    take_host_info(&mut sample, frame.host_info.unwrap_or_default());
    take_cpu(&mut sample, frame.cpu.unwrap_or_default(), frame.cpu_info.unwrap_or_default());
    take_memory(&mut sample, frame.memory.or(frame.virtual_memory_info).unwrap_or_default());
    let swap = frame.swap_memory_info.unwrap_or_default();
    (sample.memory.swap_total, sample.memory.swap_used) = (swap.total, swap.used);
    let partitions = frame.disk_info.unwrap_or_default().partitions;
    take_mounts(&mut sample, frame.disk.unwrap_or_default(), partitions);
    take_network(&mut sample, frame.network.unwrap_or_default());
    take_network_info(&mut sample, frame.network_info.unwrap_or_default());
    Ok(Report { sample, label, ..Report::default() })
}

/// An empty text says as little as none.
fn text(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn take_system(sample: &mut Sample, system: System) {
    sample.hostname = system.hostname;
    sample.os.name = if system.platform.is_empty() { system.os } else { system.platform };
    sample.os.arch = system.arch;
    sample.os.kernel = system.kernel;
    sample.uptime = system.uptime;
}

fn take_host_info(sample: &mut Sample, info: HostInfo) {
    let platform = if info.platform.is_empty() { info.os } else { info.platform };
    for (field, value) in [
        (&mut sample.os.name, platform),
        (&mut sample.os.version, info.platform_version),
        (&mut sample.os.arch, info.kernel_arch),
        (&mut sample.os.kernel, info.kernel_version),
    ] {
        if field.is_empty() {
            *field = value;
        }
    }
    sample.uptime = sample.uptime.or(info.uptime);
    sample.load_average = info.avg_stat.map(|load| LoadAverage {
        one: load.load1,
        five: load.load5,
        fifteen: load.load15,
    });
}

fn take_cpu(sample: &mut Sample, cpu: Cpu, info: CpuInfo) {
    let (model, count) = split_model(info.info.first().map_or("", String::as_str));
    sample.cpu.usage = cpu.percent.or(info.percent);
    sample.cpu.cores = cpu.cores.or(count);
    sample.cpu.brand = if cpu.model_name.is_empty() { model.to_owned() } else { cpu.model_name };
}

/// `"<model> x <count>"`, as the shipped agent sums up its processors.
fn split_model(text: &str) -> (&str, Option<u32>) {
    match text.rsplit_once(" x ") {
        Some((model, count)) => match count.trim().split(' ').next().map(str::parse) {
            Some(Ok(count)) => (model, Some(count)),
            Some(Err(_)) | None => (text, None),
        },
        None => (text, None),
    }
}

fn take_memory(sample: &mut Sample, memory: Memory) {
    let Memory { total, used, available, used_percent } = memory;
    let rest = total.zip(used).map(|(total, used)| total.saturating_sub(used));
    let share = used.zip(total).map(|(used, total)| Percent::of(used, total));
    sample.memory.total = total;
    sample.memory.used = used;
    sample.memory.available = available.or(rest);
    sample.memory.usage_percent = used_percent.or(share);
}

/// A documented mount with speeds stands for the disk below it, which that form does not name.
fn take_mounts(sample: &mut Sample, disk: Vec<Mount>, partitions: Vec<Mount>) {
    for mount in &disk {
        if mount.read_speed.is_some() || mount.write_speed.is_some() {
            sample.disks.push(Disk {
                name: mount.path.clone(),
                total: mount.total,
                used: mount.used,
                usage_percent: mount.used_percent,
                mount_points: vec![mount.path.clone()],
                read_speed: mount.read_speed,
                write_speed: mount.write_speed,
                ..Disk::default()
            });
        }
    }
    let documented = if disk.is_empty() { partitions } else { with_fstypes(disk, partitions) };
    sample.filesystems = documented
        .into_iter()
        .map(|mount| Filesystem {
            mount_point: mount.path,
            fstype: mount.fstype,
            total: mount.total,
            used: mount.used,
            free: mount.free,
            usage_percent: mount.used_percent,
            ..Filesystem::default()
        })
        .collect();
}

fn with_fstypes(mut disk: Vec<Mount>, partitions: Vec<Mount>) -> Vec<Mount> {
    for (mount, partition) in disk.iter_mut().zip(partitions) {
        if mount.path == partition.path {
            mount.fstype = partition.fstype;
        }
    }
    disk
}

fn take_network(sample: &mut Sample, network: Network) {
    sample.network.wan = text(network.interface_name);
    sample.network.total_rx = network.bytes_recv;
    sample.network.total_tx = network.bytes_sent;
    sample.network.rx_speed = network.in_speed;
    sample.network.tx_speed = network.out_speed;
}

fn take_network_info(sample: &mut Sample, info: NetworkInfo) {
    let network = &mut sample.network;
    network.total_rx = network.total_rx.or(info.net_in_transfer);
    network.total_tx = network.total_tx.or(info.net_out_transfer);
    network.rx_speed = network.rx_speed.or(info.net_in_speed);
    network.tx_speed = network.tx_speed.or(info.net_out_speed);
}
