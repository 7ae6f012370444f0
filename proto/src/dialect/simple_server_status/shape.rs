//! The one object: the documented fields first, then the six objects of what ships.

use serde::Serialize;

use crate::percent::Percent;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status<'a, D: Serialize, P: Serialize> {
    pub(super) server_id: &'a str,
    pub(super) server_name: &'a str,
    pub(super) group: &'a str,
    pub(super) country_code: &'a str,
    pub(super) location: &'a str,
    pub(super) ip: &'a str,
    pub(super) loc: &'a str,
    pub(super) cpu: Cpu<'a>,
    pub(super) memory: Memory,
    pub(super) disk: D,
    pub(super) network: Network<'a>,
    pub(super) system: System<'a>,
    pub(super) timestamp: u64,
    pub(super) host_info: HostInfo<'a>,
    pub(super) cpu_info: CpuInfo<'a>,
    pub(super) virtual_memory_info: VirtualMemory,
    pub(super) swap_memory_info: Swap,
    pub(super) disk_info: DiskInfo<P>,
    pub(super) network_info: NetworkInfo,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cpu<'a> {
    pub(super) percent: Percent,
    pub(super) cores: u32,
    pub(super) model_name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Memory {
    pub(super) total: u64,
    pub(super) used: u64,
    pub(super) available: u64,
    pub(super) used_percent: Percent,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Disk<'a> {
    pub(super) path: &'a str,
    pub(super) total: u64,
    pub(super) used: u64,
    pub(super) free: u64,
    pub(super) used_percent: Percent,
    pub(super) read_speed: u64,
    pub(super) write_speed: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Network<'a> {
    pub(super) interface_name: &'a str,
    pub(super) bytes_sent: u64,
    pub(super) bytes_recv: u64,
    pub(super) in_speed: u64,
    pub(super) out_speed: u64,
}

#[derive(Serialize)]
pub(super) struct System<'a> {
    pub(super) hostname: &'a str,
    pub(super) os: &'a str,
    pub(super) platform: &'a str,
    pub(super) arch: &'a str,
    pub(super) kernel: &'a str,
    pub(super) uptime: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HostInfo<'a> {
    pub(super) kernel_arch: &'a str,
    pub(super) kernel_version: &'a str,
    pub(super) virtualization_system: &'a str,
    pub(super) os: &'a str,
    pub(super) platform: &'a str,
    pub(super) platform_family: &'a str,
    pub(super) platform_version: &'a str,
    pub(super) uptime: u64,
    pub(super) boot_time: u64,
    pub(super) avg_stat: AvgStat,
}

#[derive(Serialize)]
pub(super) struct AvgStat {
    pub(super) load1: f64,
    pub(super) load5: f64,
    pub(super) load15: f64,
}

#[derive(Serialize)]
pub(super) struct CpuInfo<'a> {
    pub(super) percent: Percent,
    pub(super) info: [Model<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VirtualMemory {
    pub(super) total: u64,
    pub(super) used: u64,
    pub(super) used_percent: Percent,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Swap {
    pub(super) total: u64,
    pub(super) used: u64,
    pub(super) free: u64,
    pub(super) used_percent: Percent,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DiskInfo<P: Serialize> {
    pub(super) total: u64,
    pub(super) used: u64,
    pub(super) used_percent: Percent,
    pub(super) partitions: P,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Partition<'a> {
    pub(super) mount_point: &'a str,
    pub(super) fstype: &'a str,
    pub(super) total: u64,
    pub(super) free: u64,
    pub(super) used: u64,
    pub(super) used_percent: Percent,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NetworkInfo {
    pub(super) net_in_speed: u64,
    pub(super) net_out_speed: u64,
    pub(super) net_in_transfer: u64,
    pub(super) net_out_transfer: u64,
}

/// `<model> x <count>`, written without a string in between.
pub(super) struct Model<'a> {
    pub(super) name: &'a str,
    pub(super) count: u32,
}

impl Serialize for Model<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{} x {}", self.name, self.count))
    }
}
