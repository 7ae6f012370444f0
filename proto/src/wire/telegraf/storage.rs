//! `disk`, space of file systems, and `diskio`, traffic of block devices.

use std::borrow::Cow;

use super::{Field, Series, count, float, share};
use crate::limits::INGEST_LIST_MAX;
use crate::percent::Percent;
use crate::sample::detail::BlockDevice;
use crate::sample::{Disk, Filesystem, Sample};
use crate::wire::line_protocol::Point;

/// File systems that telegraf's configuration leaves out: no storage of their own, or read-only.
const IGNORED: &[&str] = &["tmpfs", "devtmpfs", "devfs", "iso9660", "overlay", "aufs", "squashfs"];
const DEV: &str = "/dev/";

pub(super) static DISK: Series = Series {
    measurement: "disk",
    tags: &["path", "device", "fstype", "mode"],
    fields: DISK_FIELDS,
    rows: |sample| sample.filesystems.len(),
    tag: disk_tag,
    find: find_disk,
    settle: |_, _| {},
};

pub(super) static DISKIO: Series = Series {
    measurement: "diskio",
    tags: &["name"],
    fields: DISKIO_FIELDS,
    rows: |sample| sample.detail.get().map_or(sample.disks.len(), |it| it.block_devices.len()),
    tag: diskio_tag,
    find: find_diskio,
    settle: settle_diskio,
};

/// A figure of a file system.
macro_rules! space {
    ($name:literal, $field:ident) => {
        count(
            $name,
            |sample, row| sample.filesystems.get(row)?.$field,
            |sample, row, value| set_space(sample, row, |it| it.$field = Some(value)),
        )
    };
}

const DISK_FIELDS: &[Field] = &[
    space!("total", total),
    space!("free", free),
    space!("used", used),
    space!("inodes_total", inodes_total),
    count("inodes_free", inodes_free, |_, _, _| {}),
    space!("inodes_used", inodes_used),
    float("used_percent", used_percent, |sample, row, value| {
        set_space(sample, row, |it| it.usage_percent = Some(Percent::new(value)));
    }),
    float("inodes_used_percent", inodes_used_percent, |_, _, _| {}),
];

fn set_space(sample: &mut Sample, row: usize, set: impl FnOnce(&mut Filesystem)) {
    if let Some(filesystem) = sample.filesystems.get_mut(row) {
        set(filesystem);
    }
}

fn inodes_free(sample: &Sample, row: usize) -> Option<u64> {
    let filesystem = sample.filesystems.get(row)?;
    filesystem.inodes_total?.checked_sub(filesystem.inodes_used?)
}

fn used_percent(sample: &Sample, row: usize) -> Option<f64> {
    let filesystem = sample.filesystems.get(row)?;
    let (used, free) = (filesystem.used?, filesystem.free?);
    Some(share(used, used.saturating_add(free)))
}

fn inodes_used_percent(sample: &Sample, row: usize) -> Option<f64> {
    let filesystem = sample.filesystems.get(row)?;
    Some(share(filesystem.inodes_used?, filesystem.inodes_total?))
}

fn disk_tag<'a>(sample: &'a Sample, row: usize, name: &str) -> Option<Cow<'a, str>> {
    let filesystem = sample.filesystems.get(row)?;
    if IGNORED.contains(&filesystem.fstype.as_str()) {
        return None;
    }
    Some(Cow::Borrowed(match name {
        "path" => &filesystem.mount_point,
        "device" => filesystem.device.strip_prefix(DEV).unwrap_or(&filesystem.device),
        "fstype" => &filesystem.fstype,
        _ if filesystem.read_only => "ro",
        _ => "rw",
    }))
}

fn find_disk(sample: &mut Sample, point: &Point<'_>) -> Option<usize> {
    let (path, list) = (point.tag("path")?, &mut sample.filesystems);
    let row = match list.iter().position(|row| row.mount_point == path) {
        Some(row) => row,
        None if list.len() < INGEST_LIST_MAX => {
            list.push(Filesystem { mount_point: path.to_owned(), ..Filesystem::default() });
            list.len() - 1
        }
        None => return None,
    };
    let filesystem = list.get_mut(row)?;
    if let Some(device) = point.tag("device") {
        // A source that is no device has a name of its own: `tank/home`, `nas:/export`.
        let is_plain = !device.contains([':', '/']) || device.starts_with("mapper/");
        filesystem.device = format!("{}{device}", if is_plain { DEV } else { "" });
    }
    point.tag("fstype").unwrap_or_default().clone_into(&mut filesystem.fstype);
    filesystem.read_only = point.tag("mode") == Some("ro");
    Some(row)
}

/// A counter of a block device; of a sample without them, the disk's that stands for it.
macro_rules! counter {
    ($name:literal, $field:ident, $disk:expr) => {
        count(
            $name,
            |sample, row| match sample.detail.get() {
                Some(figures) => figures.block_devices.get(row).map(|device| device.$field),
                None => sample.disks.get(row).and_then($disk),
            },
            |sample, row, value| {
                if let Some(device) = sample.detail.get_mut().block_devices.get_mut(row) {
                    device.$field = value;
                }
            },
        )
    };
}

/// A figure of the last interval.
macro_rules! gauge {
    ($name:literal, $field:ident) => {
        float(
            $name,
            |sample, row| sample.detail.get()?.block_devices.get(row)?.$field,
            |sample, row, value| {
                if let Some(device) = sample.detail.get_mut().block_devices.get_mut(row) {
                    device.$field = Some(value);
                }
            },
        )
    };
}

const DISKIO_FIELDS: &[Field] = &[
    counter!("reads", reads, |_| None),
    counter!("writes", writes, |_| None),
    counter!("read_bytes", read_bytes, |disk: &Disk| disk.read_bytes),
    counter!("write_bytes", write_bytes, |disk: &Disk| disk.write_bytes),
    counter!("read_time", read_ms, |_| None),
    counter!("write_time", write_ms, |_| None),
    counter!("io_time", busy_ms, |_| None),
    counter!("weighted_io_time", weighted_ms, |_| None),
    counter!("iops_in_progress", in_flight, |_| None),
    counter!("merged_reads", merged_reads, |_| None),
    counter!("merged_writes", merged_writes, |_| None),
    gauge!("io_util", busy_percent),
    gauge!("io_await", await_ms),
    gauge!("io_svctm", service_ms),
];

fn diskio_tag<'a>(sample: &'a Sample, row: usize, _: &str) -> Option<Cow<'a, str>> {
    let name = match sample.detail.get() {
        Some(figures) => &figures.block_devices.get(row)?.name,
        None => &sample.disks.get(row)?.name,
    };
    Some(Cow::Borrowed(name))
}

fn find_diskio(sample: &mut Sample, point: &Point<'_>) -> Option<usize> {
    let name = point.tag("name")?;
    let devices = &mut sample.detail.get_mut().block_devices;
    if let Some(row) = devices.iter().position(|device| device.name == name) {
        return Some(row);
    }
    let has_room = devices.len() < INGEST_LIST_MAX;
    has_room.then(|| {
        devices.push(BlockDevice { name: name.to_owned(), ..BlockDevice::default() });
        devices.len() - 1
    })
}

/// A disk of its own, not a part of one or what lies on some, is one of the sample's.
fn settle_diskio(sample: &mut Sample, row: usize) {
    let device = sample.detail.get().and_then(|figures| figures.block_devices.get(row));
    let Some(device) = device.filter(|device| is_disk(&device.name)) else { return };
    let place = sample.disks.iter().position(|disk| disk.name == device.name);
    let place = place.unwrap_or_else(|| {
        sample.disks.push(Disk { name: device.name.clone(), ..Disk::default() });
        sample.disks.len() - 1
    });
    if let Some(disk) = sample.disks.get_mut(place) {
        disk.read_bytes = Some(device.read_bytes);
        disk.write_bytes = Some(device.write_bytes);
        disk.busy_percent = device.busy_percent.map(Percent::new);
    }
}

/// Whether a block device is a disk, by its name: `sda` and `mmcblk0` are, `sda1`, `mmcblk0p1`,
/// `mmcblk0boot0`, `dm-0` and `zram0` are not.
fn is_disk(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_letters = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase());
    if let Some(number) = name.strip_prefix("mmcblk") {
        return is_number(number);
    }
    if let Some((controller, number)) = name.strip_prefix("nvme").and_then(|it| it.split_once('n'))
    {
        return is_number(controller) && is_number(number);
    }
    ["sd", "vd", "xvd", "hd"].iter().any(|kind| name.strip_prefix(kind).is_some_and(is_letters))
}
