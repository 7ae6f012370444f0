//! Disks and file systems.

use serde::{Deserialize, Serialize};

use super::lenient;
use crate::percent::Percent;

/// What a disk is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DiskType {
    /// Rotating.
    #[serde(rename = "HDD")]
    Hdd,
    /// Solid state behind SATA, SAS or USB.
    #[serde(rename = "SSD")]
    Ssd,
    /// NVMe.
    #[serde(rename = "NVMe")]
    Nvme,
    /// SD card or eMMC.
    #[serde(rename = "MMC")]
    Mmc,
    /// A disk of a virtual machine: the medium is the hypervisor's.
    #[serde(rename = "Virtual")]
    Virtual,
    /// Raw flash and anything else.
    #[default]
    #[serde(other)]
    Unknown,
}

/// One physical disk, with what lies on it through partitions, LVM, LUKS, md and ZFS.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Disk {
    /// Kernel name: `sda`, `mmcblk0`, `nvme0n1`.
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    /// Model as the disk tells it. Inventory; empty when unknown.
    #[serde(deserialize_with = "lenient")]
    pub model: String,
    /// Serial number. Inventory; empty when unknown.
    #[serde(deserialize_with = "lenient")]
    pub serial: String,
    /// Kind of medium. Inventory.
    #[serde(deserialize_with = "lenient")]
    pub disk_type: DiskType,
    /// Capacity, bytes.
    pub total: Option<u64>,
    /// Bytes in use by the file systems on it; `None` when none of them is mounted.
    pub used: Option<u64>,
    /// `used` of what those file systems hold.
    pub usage_percent: Option<Percent>,
    /// Where its file systems are mounted, `/` first.
    #[serde(deserialize_with = "lenient")]
    pub mount_points: Vec<String>,
    /// Bytes read a second.
    pub read_speed: Option<u64>,
    /// Bytes written a second.
    pub write_speed: Option<u64>,
    /// Bytes read since boot.
    pub read_bytes: Option<u64>,
    /// Bytes written since boot.
    pub write_bytes: Option<u64>,
    /// Share of the interval with I/O in flight.
    pub busy_percent: Option<Percent>,
    /// Life used up, as eMMC tells it; `None` where the disk does not say.
    pub wear_percent: Option<Percent>,
}

/// One mounted file system.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Filesystem {
    /// Where it is mounted.
    #[serde(deserialize_with = "lenient")]
    pub mount_point: String,
    /// The source the kernel names: `/dev/sda1`, `tank/home`, `nas:/export`.
    #[serde(deserialize_with = "lenient")]
    pub device: String,
    /// Type: `ext4`, `nfs4`.
    #[serde(deserialize_with = "lenient")]
    pub fstype: String,
    /// Size, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Bytes in use, blocks kept for root not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
    /// Bytes that an unprivileged process can still write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free: Option<u64>,
    /// `used` of `used + free`, as `df` counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_percent: Option<Percent>,
    /// File nodes; `None` where the file system has no fixed number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inodes_total: Option<u64>,
    /// File nodes in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inodes_used: Option<u64>,
    /// Mounted read-only, or turned so by an error.
    #[serde(deserialize_with = "lenient")]
    pub read_only: bool,
    /// The kernel did not answer about it in time; the figures are absent.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "std::ops::Not::not")]
    pub stuck: bool,
}
