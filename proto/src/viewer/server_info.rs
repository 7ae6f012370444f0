//! `/ws-frontend`: one documented SimpleServerStatus object a report.

use serde::Serialize;

use super::Host;
use crate::percent::Percent;
use crate::sample::{Filesystem, Memory, Network, Sample};

/// The documented object of one host; `ip` is what its owner wants shown.
pub fn server_info(host: &Host<'_>, ip: Option<&str>, sample: &Sample) -> String {
    let info = ServerInfo {
        server_id: host.id,
        server_name: host.name,
        group: host.group,
        country_code: host.country_code,
        location: host.location,
        ip,
        cpu: CpuInfo {
            percent: sample.cpu.usage.unwrap_or_default(),
            cores: sample.cpu.cores.unwrap_or(0),
            model_name: &sample.cpu.brand,
        },
        memory: memory_info(sample.memory),
        disk: sample.filesystems.iter().map(|mount| disk_info(mount, sample)).collect(),
        network: network_info(&sample.network),
        system: SystemInfo {
            hostname: &sample.hostname,
            os: "linux",
            platform: &sample.os.name,
            arch: &sample.os.arch,
            kernel: &sample.os.kernel,
            uptime: sample.uptime.unwrap_or(0),
        },
        timestamp: sample.timestamp.unix_seconds(),
    };
    serde_json::to_string(&info).unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServerInfo<'a> {
    server_id: &'a str,
    server_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    group: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    country_code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    location: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<&'a str>,
    cpu: CpuInfo<'a>,
    memory: MemoryInfo,
    disk: Vec<DiskInfo<'a>>,
    network: NetworkInfo<'a>,
    system: SystemInfo<'a>,
    timestamp: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CpuInfo<'a> {
    percent: Percent,
    cores: u32,
    model_name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MemoryInfo {
    total: u64,
    used: u64,
    available: u64,
    used_percent: Percent,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DiskInfo<'a> {
    path: &'a str,
    total: u64,
    used: u64,
    free: u64,
    used_percent: Percent,
    read_speed: u64,
    write_speed: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NetworkInfo<'a> {
    interface_name: &'a str,
    bytes_sent: u64,
    bytes_recv: u64,
    in_speed: u64,
    out_speed: u64,
}

#[derive(Serialize)]
struct SystemInfo<'a> {
    hostname: &'a str,
    os: &'static str,
    platform: &'a str,
    arch: &'a str,
    kernel: &'a str,
    uptime: u64,
}

fn memory_info(memory: Memory) -> MemoryInfo {
    MemoryInfo {
        total: memory.total.unwrap_or(0),
        used: memory.used.unwrap_or(0),
        available: memory.available.unwrap_or(0),
        used_percent: memory.usage_percent.unwrap_or_default(),
    }
}

/// A mount's speeds are those of the disk that holds it.
fn disk_info<'a>(mount: &'a Filesystem, sample: &Sample) -> DiskInfo<'a> {
    let holder = sample.disks.iter().find(|disk| disk.mount_points.contains(&mount.mount_point));
    DiskInfo {
        path: &mount.mount_point,
        total: mount.total.unwrap_or(0),
        used: mount.used.unwrap_or(0),
        free: mount.free.unwrap_or(0),
        used_percent: mount.usage_percent.unwrap_or_default(),
        read_speed: holder.and_then(|disk| disk.read_speed).unwrap_or(0),
        write_speed: holder.and_then(|disk| disk.write_speed).unwrap_or(0),
    }
}

/// The speeds of all interfaces: the documented object has one line for the network.
fn network_info(network: &Network) -> NetworkInfo<'_> {
    NetworkInfo {
        interface_name: network.wan.as_deref().unwrap_or_default(),
        bytes_sent: network.total_tx.unwrap_or(0),
        bytes_recv: network.total_rx.unwrap_or(0),
        in_speed: network.rx_speed.or(network.rx).unwrap_or(0),
        out_speed: network.tx_speed.or(network.tx).unwrap_or(0),
    }
}
