//! Disks and file systems.

use serde::{Deserialize, Serialize};

use super::part::part;
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

part! {
    /// One physical disk, with what lies on it through partitions, LVM, LUKS, md and ZFS.
    #[derive(Eq)]
    pub struct Disk in "disks.{disk}" {
        /// Kernel name: `sda`, `mmcblk0`, `nvme0n1`.
        pub name: String => key("disk"), public;
        /// Model as the disk tells it; empty when unknown.
        pub model: String => plain, inventory, public;
        /// Serial number; empty when unknown.
        pub serial: String => plain, inventory;
        /// Kind of medium.
        pub disk_type: DiskType => plain, inventory, public;
        /// Capacity of the disk.
        pub total: Option<u64> => gauge(Bytes), public;
        /// Bytes in use by the file systems on it; absent when none of them is mounted.
        pub used: Option<u64> => gauge(Bytes), public;
        /// Share in use of the space of the file systems on it.
        pub usage_percent: Option<Percent> => gauge(Percent), public;
        /// Where its file systems are mounted, `/` first.
        pub mount_points: Vec<String> => plain, public;
        /// Bytes read from it a second.
        pub read_speed: Option<u64> => gauge(BytesPerSecond), public;
        /// Bytes written to it a second.
        pub write_speed: Option<u64> => gauge(BytesPerSecond), public;
        /// Bytes read since boot.
        pub read_bytes: Option<u64> => counter(Bytes), public;
        /// Bytes written since boot.
        pub write_bytes: Option<u64> => counter(Bytes), public;
        /// Share of time with I/O in flight.
        pub busy_percent: Option<Percent> => gauge(Percent), public;
        /// Share of its life that is used up, as eMMC tells it and, where `smart.enabled`, NVMe and
        /// SSDs; absent where the disk does not say.
        pub wear_percent: Option<Percent> => gauge(Percent), public;
        /// What is left of an eMMC's spare blocks: 1 for enough, 2 for less than a fifth, 3 for
        /// hardly any.
        pub pre_eol: Option<u64> => gauge(Count), public;
        /// Bytes written to it a day, as far as one can tell since boot; absent in the first hour.
        pub written_per_day: Option<u64> => gauge(Bytes), public;
        /// Whether its own check of its health has failed (SMART), or an NVMe disk warns of
        /// anything; this and what follows only where `smart.enabled`.
        pub health_failed: Option<bool> => gauge(Switch), public;
        /// Whether it was in standby when it was to be asked last; it was left so, and what else
        /// is told of its health is of before.
        pub standby: Option<bool> => gauge(Switch), public;
        /// What an NVMe disk warns of, as a sum: 1 few spare blocks, 2 temperature, 4 unreliable,
        /// 8 read-only, 16 no power for its volatile memory, 32 its persistent memory.
        pub critical_warning: Option<u64> => gauge(Count), public;
        /// What is left of an NVMe disk's spare blocks.
        pub available_spare_percent: Option<Percent> => gauge(Percent), public;
        /// Where the disk begins to warn of that.
        pub available_spare_threshold_percent: Option<Percent> => gauge(Percent), public;
        /// Share of its rated life that an NVMe disk has used, which may be more than 100; 255 for
        /// that and more.
        pub percentage_used: Option<u64> => gauge(Percent), public;
        /// Hours that it was on, over its life.
        pub power_on_hours: Option<u64> => counter(Count), public;
        /// How often it was switched on, over its life.
        pub power_cycles: Option<u64> => counter(Count), public;
        /// How often an NVMe disk lost power without a word before.
        pub unsafe_shutdowns: Option<u64> => counter(Count), public;
        /// Bytes read from an NVMe disk over its life.
        pub lifetime_read_bytes: Option<u64> => counter(Bytes), public;
        /// Bytes written to an NVMe disk over its life.
        pub lifetime_write_bytes: Option<u64> => counter(Bytes), public;
        /// Data that an NVMe disk could not give back as they were.
        pub media_errors: Option<u64> => counter(Count), public;
        /// Sectors of a SATA disk that others stand for (attribute 5).
        pub reallocated_sectors: Option<u64> => counter(Count), public;
        /// Errors that it could not mend (187).
        pub reported_uncorrectable: Option<u64> => counter(Count), public;
        /// Sectors that wait to be mended or replaced (197).
        pub pending_sectors: Option<u64> => gauge(Count), public;
        /// Sectors that its own scan could not read (198).
        pub offline_uncorrectable: Option<u64> => gauge(Count), public;
        /// Errors on the way to it, most by a cable (199).
        pub crc_errors: Option<u64> => counter(Count), public;
    }
}

part! {
    /// One mounted file system.
    #[derive(Eq)]
    pub struct Filesystem in "filesystems.{mount_point}" {
        /// Where it is mounted.
        pub mount_point: String => key("mount_point"), public;
        /// The source the kernel names: `/dev/sda1`, `tank/home`, `nas:/export`.
        pub device: String => label("device"), public;
        /// Type: `ext4`, `nfs4`.
        pub fstype: String => label("fstype"), public;
        /// Size of the file system.
        pub total: Option<u64> => gauge(Bytes), public;
        /// Bytes in use, blocks kept for root not counted.
        pub used: Option<u64> => gauge(Bytes), public;
        /// Bytes that an unprivileged process can still write.
        pub free: Option<u64> => gauge(Bytes), public;
        /// Share of its space in use: `used` of `used + free`, as `df` counts.
        pub usage_percent: Option<Percent> => gauge(Percent), public;
        /// File nodes, used and free; absent where the file system has no fixed number.
        pub inodes_total: Option<u64> => gauge(Count), public;
        /// File nodes in use.
        pub inodes_used: Option<u64> => gauge(Count), public;
        /// Errors that ext4 has noted in it since it was last checked by e2fsck.
        pub errors: Option<u64> => counter(Count), public;
        /// When the first of them was; absent without any.
        pub first_error: Option<u64> => gauge(UnixSeconds), public;
        /// When the last of them was.
        pub last_error: Option<u64> => gauge(UnixSeconds), public;
        /// Whether it is mounted read-only, or was turned so by an error.
        pub read_only: bool => gauge(Switch), public;
        /// Whether its space is another's, and no sum has it: a union or an encrypted view of
        /// other mounts, a file used as a disk, a cloud.
        pub view: bool => gauge(Switch), public, sparse;
        /// Whether the kernel did not answer about it in time; its figures are absent then.
        pub stuck: bool => gauge(Switch), public, sparse;
    }
}

part! {
    /// One device of raw flash under UBI, as routers have it.
    #[derive(Eq)]
    pub struct Flash in "flash.{device}" {
        /// Kernel name: `ubi0`.
        pub device: String => key("device"), public;
        /// Blocks that are bad.
        pub bad_blocks: Option<u64> => gauge(Count), public;
        /// Blocks kept for those that will be.
        pub spare_blocks: Option<u64> => gauge(Count), public;
        /// How often the block was erased that was erased most often.
        pub erase_count: Option<u64> => gauge(Count), public;
    }
}
