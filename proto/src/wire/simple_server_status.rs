//! The one object of SimpleServerStatus: the documented members first, then the six objects of what
//! ships, then nothing else.
//!
//! Every member is optional here: an agent writes all, a hub's viewers see the documented ones, and
//! what a hub reads may have any. A list is whatever the writer has; read it is a `Vec`.

mod documented;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::percent::Percent;
use crate::sample::lenient;

/// A text that is borrowed by who writes it.
type Text<'a> = Cow<'a, str>;

#[derive(Serialize, Deserialize, Default)]
#[serde(
    default,
    rename_all = "camelCase",
    bound(deserialize = "D: Default + Deserialize<'de>, P: Default + Deserialize<'de>")
)]
pub(crate) struct Status<'a, D = Vec<Disk<'a>>, P = Vec<Partition<'a>>> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_name: Option<Text<'a>>,
    /// The name in a form that nobody documents and some send.
    #[serde(skip_serializing)]
    pub(crate) name: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) country_code: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ip: Option<Text<'a>>,
    /// The country once more, as what ships calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) loc: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cpu: Option<Cpu<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memory: Option<Memory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disk: Option<D>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) network: Option<Network<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) system: Option<System<'a>>,
    /// Seconds since 1970-01-01 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timestamp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host_info: Option<HostInfo<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cpu_info: Option<CpuInfo<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) virtual_memory_info: Option<Memory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) swap_memory_info: Option<Memory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disk_info: Option<DiskInfo<P>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) network_info: Option<NetworkInfo>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Cpu<'a> {
    pub(crate) percent: Option<Percent>,
    pub(crate) cores: Option<u32>,
    #[serde(deserialize_with = "lenient")]
    pub(crate) model_name: Text<'a>,
}

/// `memory`, `virtualMemoryInfo` and `swapMemoryInfo`: each has some of these.
#[derive(Serialize, Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Memory {
    pub(crate) total: Option<u64>,
    pub(crate) used: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) available: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) free: Option<u64>,
    pub(crate) used_percent: Option<Percent>,
}

/// A documented mount, with the speeds of the disk below.
#[derive(Serialize, Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Disk<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(crate) path: Text<'a>,
    pub(crate) total: Option<u64>,
    pub(crate) used: Option<u64>,
    pub(crate) free: Option<u64>,
    pub(crate) used_percent: Option<Percent>,
    pub(crate) read_speed: Option<u64>,
    pub(crate) write_speed: Option<u64>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Network<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(crate) interface_name: Text<'a>,
    pub(crate) bytes_sent: Option<u64>,
    pub(crate) bytes_recv: Option<u64>,
    pub(crate) in_speed: Option<u64>,
    pub(crate) out_speed: Option<u64>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(crate) struct System<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(crate) hostname: Text<'a>,
    #[serde(deserialize_with = "lenient")]
    pub(crate) os: Text<'a>,
    #[serde(deserialize_with = "lenient")]
    pub(crate) platform: Text<'a>,
    #[serde(deserialize_with = "lenient")]
    pub(crate) arch: Text<'a>,
    #[serde(deserialize_with = "lenient")]
    pub(crate) kernel: Text<'a>,
    pub(crate) uptime: Option<u64>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct HostInfo<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(crate) kernel_arch: Text<'a>,
    #[serde(deserialize_with = "lenient")]
    pub(crate) kernel_version: Text<'a>,
    #[serde(deserialize_with = "lenient")]
    pub(crate) virtualization_system: Text<'a>,
    #[serde(deserialize_with = "lenient")]
    pub(crate) os: Text<'a>,
    #[serde(deserialize_with = "lenient")]
    pub(crate) platform: Text<'a>,
    #[serde(deserialize_with = "lenient")]
    pub(crate) platform_family: Text<'a>,
    #[serde(deserialize_with = "lenient")]
    pub(crate) platform_version: Text<'a>,
    pub(crate) uptime: Option<u64>,
    pub(crate) boot_time: Option<u64>,
    pub(crate) avg_stat: Option<AvgStat>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(crate) struct AvgStat {
    #[serde(deserialize_with = "lenient")]
    pub(crate) load1: f64,
    #[serde(deserialize_with = "lenient")]
    pub(crate) load5: f64,
    #[serde(deserialize_with = "lenient")]
    pub(crate) load15: f64,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(crate) struct CpuInfo<'a> {
    pub(crate) percent: Option<Percent>,
    #[serde(deserialize_with = "lenient")]
    pub(crate) info: Models<'a>,
}

/// The processors: one text for each model, `<model> x <count>`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Models<'a> {
    /// The only one, to be written.
    One { name: &'a str, count: u32 },
    /// As they were read.
    Read(Vec<String>),
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "P: Default + Deserialize<'de>"))]
pub(crate) struct DiskInfo<P> {
    pub(crate) total: Option<u64>,
    pub(crate) used: Option<u64>,
    pub(crate) used_percent: Option<Percent>,
    #[serde(deserialize_with = "lenient")]
    pub(crate) partitions: P,
}

/// A mount as it ships.
#[derive(Serialize, Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Partition<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(crate) mount_point: Text<'a>,
    #[serde(deserialize_with = "lenient")]
    pub(crate) fstype: Text<'a>,
    pub(crate) total: Option<u64>,
    pub(crate) free: Option<u64>,
    pub(crate) used: Option<u64>,
    pub(crate) used_percent: Option<Percent>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct NetworkInfo {
    pub(crate) net_in_speed: Option<u64>,
    pub(crate) net_out_speed: Option<u64>,
    pub(crate) net_in_transfer: Option<u64>,
    pub(crate) net_out_transfer: Option<u64>,
}

impl Default for Models<'_> {
    fn default() -> Self {
        Self::Read(Vec::new())
    }
}

impl Serialize for Models<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            // Without a text in between.
            Self::One { name, count } => {
                serializer.collect_seq([Model(format_args!("{name} x {count}"))])
            }
            Self::Read(models) => models.serialize(serializer),
        }
    }
}

struct Model<'a>(std::fmt::Arguments<'a>);

impl Serialize for Model<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Models<'_> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::Read)
    }
}
