//! `/ws-report`: SimpleServerStatus, the documented object and the shipped agent's.
//!
//! Both are one object without a `type`, and an agent may send both at once. Where both name a
//! value the documented one is taken; what only the shipped one has (swap, load, the kind of file
//! system) is added to it.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::bounds::bound;
use super::salvage::salvage;
use super::{DecodeError, Label, Report};
use crate::percent::Percent;
use crate::sample::{Disk, Filesystem, LoadAverage, Sample};
use crate::time::WallTime;
use crate::wire::simple_server_status::{
    self as wire, Cpu, CpuInfo, HostInfo, Memory, Models, Network, NetworkInfo, Partition, System,
};

/// The object as a hub reads it: nothing is borrowed from the frame.
type Status = wire::Status<'static>;

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

fn salvage_frame(text: &str) -> Result<Status, DecodeError> {
    let object: Map<String, Value> =
        serde_json::from_str(text).map_err(|_| DecodeError::NotJson)?;
    Ok(salvage(object))
}

fn report(frame: Status) -> Result<Report, DecodeError> {
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
        has_rules: None,
        hidden: false,
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
fn text(text: Option<Cow<'_, str>>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(Cow::into_owned)
}

fn take_system(sample: &mut Sample, system: System<'_>) {
    sample.hostname = system.hostname.into_owned();
    let platform = if system.platform.is_empty() { system.os } else { system.platform };
    sample.os.name = platform.into_owned();
    sample.os.arch.0 = system.arch.into_owned();
    sample.os.kernel = system.kernel.into_owned();
    sample.uptime = system.uptime;
}

fn take_host_info(sample: &mut Sample, info: HostInfo<'_>) {
    let platform = if info.platform.is_empty() { info.os } else { info.platform };
    for (field, value) in [
        (&mut sample.os.name, platform),
        (&mut sample.os.version, info.platform_version),
        (&mut sample.os.arch.0, info.kernel_arch),
        (&mut sample.os.kernel, info.kernel_version),
    ] {
        if field.is_empty() {
            *field = value.into_owned();
        }
    }
    sample.uptime = sample.uptime.or(info.uptime);
    sample.load_average = info.avg_stat.map(|load| LoadAverage {
        one: load.load1,
        five: load.load5,
        fifteen: load.load15,
    });
}

fn take_cpu(sample: &mut Sample, cpu: Cpu<'_>, info: CpuInfo<'_>) {
    let (model, count) = match &info.info {
        Models::One { name, count } => (*name, Some(*count)),
        Models::Read(models) => split_model(models.first().map_or("", String::as_str)),
    };
    sample.cpu.usage = cpu.percent.or(info.percent);
    sample.cpu.cores = cpu.cores.or(count);
    sample.cpu.brand =
        if cpu.model_name.is_empty() { model.to_owned() } else { cpu.model_name.into_owned() };
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
    let Memory { total, used, available, free: _, used_percent } = memory;
    let rest = total.zip(used).map(|(total, used)| total.saturating_sub(used));
    let share = used.zip(total).map(|(used, total)| Percent::of(used, total));
    sample.memory.total = total;
    sample.memory.used = used;
    sample.memory.available = available.or(rest);
    sample.memory.usage_percent = used_percent.or(share);
}

/// A documented mount with speeds stands for the disk below it, which that form does not name.
fn take_mounts(sample: &mut Sample, documented: Vec<wire::Disk<'_>>, shipped: Vec<Partition<'_>>) {
    for mount in &documented {
        if mount.read_speed.is_some() || mount.write_speed.is_some() {
            let path: String = mount.path.clone().into();
            sample.disks.push(Disk {
                name: path.clone(),
                total: mount.total,
                used: mount.used,
                usage_percent: mount.used_percent,
                mount_points: vec![path],
                read_speed: mount.read_speed,
                write_speed: mount.write_speed,
                ..Disk::default()
            });
        }
    }
    sample.filesystems = if documented.is_empty() {
        shipped.into_iter().map(of_partition).collect()
    } else {
        let fstype = |at: usize, path: &str| {
            let same = shipped.get(at).filter(|partition| partition.mount_point == path);
            same.map(|partition| partition.fstype.clone().into_owned()).unwrap_or_default()
        };
        let of_mount = |(at, mount): (usize, wire::Disk<'_>)| Filesystem {
            fstype: fstype(at, &mount.path),
            mount_point: mount.path.into_owned(),
            total: mount.total,
            used: mount.used,
            free: mount.free,
            usage_percent: mount.used_percent,
            ..Filesystem::default()
        };
        documented.into_iter().enumerate().map(of_mount).collect()
    };
}

fn of_partition(partition: Partition<'_>) -> Filesystem {
    Filesystem {
        mount_point: partition.mount_point.into_owned(),
        fstype: partition.fstype.into_owned(),
        total: partition.total,
        used: partition.used,
        free: partition.free,
        usage_percent: partition.used_percent,
        ..Filesystem::default()
    }
}

fn take_network(sample: &mut Sample, network: Network<'_>) {
    sample.network.wan = text(Some(network.interface_name));
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
