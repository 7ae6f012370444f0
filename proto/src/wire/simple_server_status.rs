//! The one object: the documented fields first, then the six objects of what ships.

use serde::Serialize;

use crate::percent::Percent;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status<'a, D: Serialize, P: Serialize> {
    pub(crate) server_id: &'a str,
    pub(crate) server_name: &'a str,
    pub(crate) group: &'a str,
    pub(crate) country_code: &'a str,
    pub(crate) location: &'a str,
    pub(crate) ip: &'a str,
    pub(crate) loc: &'a str,
    pub(crate) cpu: Cpu<'a>,
    pub(crate) memory: Memory,
    pub(crate) disk: D,
    pub(crate) network: Network<'a>,
    pub(crate) system: System<'a>,
    pub(crate) timestamp: u64,
    pub(crate) host_info: HostInfo<'a>,
    pub(crate) cpu_info: CpuInfo<'a>,
    pub(crate) virtual_memory_info: VirtualMemory,
    pub(crate) swap_memory_info: Swap,
    pub(crate) disk_info: DiskInfo<P>,
    pub(crate) network_info: NetworkInfo,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cpu<'a> {
    pub(crate) percent: Percent,
    pub(crate) cores: u32,
    pub(crate) model_name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Memory {
    pub(crate) total: u64,
    pub(crate) used: u64,
    pub(crate) available: u64,
    pub(crate) used_percent: Percent,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Disk<'a> {
    pub(crate) path: &'a str,
    pub(crate) total: u64,
    pub(crate) used: u64,
    pub(crate) free: u64,
    pub(crate) used_percent: Percent,
    pub(crate) read_speed: u64,
    pub(crate) write_speed: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Network<'a> {
    pub(crate) interface_name: &'a str,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_recv: u64,
    pub(crate) in_speed: u64,
    pub(crate) out_speed: u64,
}

#[derive(Serialize)]
pub(crate) struct System<'a> {
    pub(crate) hostname: &'a str,
    pub(crate) os: &'a str,
    pub(crate) platform: &'a str,
    pub(crate) arch: &'a str,
    pub(crate) kernel: &'a str,
    pub(crate) uptime: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HostInfo<'a> {
    pub(crate) kernel_arch: &'a str,
    pub(crate) kernel_version: &'a str,
    pub(crate) virtualization_system: &'a str,
    pub(crate) os: &'a str,
    pub(crate) platform: &'a str,
    pub(crate) platform_family: &'a str,
    pub(crate) platform_version: &'a str,
    pub(crate) uptime: u64,
    pub(crate) boot_time: u64,
    pub(crate) avg_stat: AvgStat,
}

#[derive(Serialize)]
pub(crate) struct AvgStat {
    pub(crate) load1: f64,
    pub(crate) load5: f64,
    pub(crate) load15: f64,
}

#[derive(Serialize)]
pub(crate) struct CpuInfo<'a> {
    pub(crate) percent: Percent,
    pub(crate) info: [Model<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VirtualMemory {
    pub(crate) total: u64,
    pub(crate) used: u64,
    pub(crate) used_percent: Percent,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Swap {
    pub(crate) total: u64,
    pub(crate) used: u64,
    pub(crate) free: u64,
    pub(crate) used_percent: Percent,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DiskInfo<P: Serialize> {
    pub(crate) total: u64,
    pub(crate) used: u64,
    pub(crate) used_percent: Percent,
    pub(crate) partitions: P,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Partition<'a> {
    pub(crate) mount_point: &'a str,
    pub(crate) fstype: &'a str,
    pub(crate) total: u64,
    pub(crate) free: u64,
    pub(crate) used: u64,
    pub(crate) used_percent: Percent,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NetworkInfo {
    pub(crate) net_in_speed: u64,
    pub(crate) net_out_speed: u64,
    pub(crate) net_in_transfer: u64,
    pub(crate) net_out_transfer: u64,
}

/// `<model> x <count>`, written without a string in between.
pub(crate) struct Model<'a> {
    pub(crate) name: &'a str,
    pub(crate) count: u32,
}

impl Serialize for Model<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{} x {}", self.name, self.count))
    }
}
