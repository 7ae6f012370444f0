//! What a physical disk is: model, serial, kind, size, from sysfs without touching the disk.

use kinglet_proto::sample::DiskType;

use crate::kernel::block;
use crate::kernel::{text, udev};
use crate::read::{Buffer, HotFile, Root};

/// A sector of `size` and of the counters, whatever the disk's own.
pub(crate) const SECTOR: u64 = 512;

/// One physical disk.
#[derive(Debug)]
pub(crate) struct Medium {
    pub(crate) name: String,
    pub(crate) device: (u64, u64),
    pub(crate) model: String,
    pub(crate) serial: String,
    pub(crate) disk_type: DiskType,
    pub(crate) total: Option<u64>,
    /// Where an eMMC tells its wear.
    pub(crate) life_time: Option<HotFile>,
    /// Where it tells what is left of its spare blocks.
    pub(crate) pre_eol: Option<HotFile>,
}

impl Medium {
    pub(crate) fn read(name: &str, sys: &Root, root: &Root, buffer: &mut Buffer) -> Self {
        let at = |attribute: &str| format!("block/{name}/{attribute}");
        let vendor = sys.text(at("device/vendor"), buffer).unwrap_or_default();
        let model = read_model(name, &vendor, sys, buffer);
        let device = sys.read(at("dev"), buffer).and_then(block::parse_dev).unwrap_or_default();
        let rotational = sys.number(at("queue/rotational"), buffer);
        let (life_time, pre_eol) = (at("device/life_time"), at("device/pre_eol_info"));
        Self {
            name: block::plain(name),
            device,
            disk_type: kind(name, &vendor, &model, rotational),
            model,
            serial: read_serial(name, device, sys, root, buffer),
            total: sys.number(at("size"), buffer).map(|sectors| sectors.saturating_mul(SECTOR)),
            life_time: sys.exists(&life_time).then(|| sys.file(&life_time)),
            pre_eol: sys.exists(&pre_eol).then(|| sys.file(&pre_eol)),
        }
    }
}

impl Medium {
    /// Takes what only the path to a multipath device tells of it.
    pub(crate) fn take(&mut self, path: Self) {
        (self.model, self.serial) = (path.model, path.serial);
        self.disk_type = path.disk_type;
    }
}

/// `name` is what SD cards and eMMC call it; a vendor of virtio is a number.
fn read_model(name: &str, vendor: &str, sys: &Root, buffer: &mut Buffer) -> String {
    let mut read = |attribute| sys.text(format!("block/{name}/device/{attribute}"), buffer);
    let model = read("model").or_else(|| read("name")).unwrap_or_default();
    let is_plain = vendor.is_empty() || vendor == "ATA" || vendor.starts_with("0x");
    if is_plain || name.starts_with("nvme") || model.starts_with(vendor) {
        return model;
    }
    format!("{vendor} {model}").trim_end().to_owned()
}

fn read_serial(
    name: &str,
    device: (u64, u64),
    sys: &Root,
    root: &Root,
    buffer: &mut Buffer,
) -> String {
    for attribute in ["device/serial", "serial"] {
        if let Some(serial) = sys.text(format!("block/{name}/{attribute}"), buffer) {
            return serial;
        }
    }
    let page = sys.read(format!("block/{name}/device/vpd_pg80"), buffer);
    if let Some(serial) = page.and_then(block::parse_vpd_pg80) {
        return serial;
    }
    let record = root.read(format!("run/udev/data/b{}:{}", device.0, device.1), buffer);
    record.and_then(|record| udev::parse(record).serial).map(text::owned).unwrap_or_default()
}

fn kind(name: &str, vendor: &str, model: &str, rotational: Option<u64>) -> DiskType {
    let is_guest = name.starts_with("vd")
        || name.starts_with("xvd")
        || ["QEMU", "VBOX", "VMware", "Msft"]
            .iter()
            .any(|maker| vendor.starts_with(maker) || model.starts_with(maker));
    if is_guest {
        DiskType::Virtual
    } else if name.starts_with("nvme") {
        DiskType::Nvme
    } else if name.starts_with("mmcblk") {
        DiskType::Mmc
    } else {
        match rotational {
            Some(0) => DiskType::Ssd,
            Some(_) => DiskType::Hdd,
            None => DiskType::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_medium_is_told_by_what_hangs_where() {
        for (name, vendor, model, rotational, expected) in [
            ("sda", "ATA", "WDC WD40EFRX-68N", Some(1), DiskType::Hdd),
            ("sda", "ATA", "Samsung SSD 870", Some(0), DiskType::Ssd),
            ("sda", "QEMU", "QEMU HARDDISK", Some(1), DiskType::Virtual),
            ("sda", "ATA", "VBOX HARDDISK", Some(1), DiskType::Virtual),
            ("vda", "0x1af4", "", Some(1), DiskType::Virtual),
            ("nvme0n1", "", "Some SSD", Some(0), DiskType::Nvme),
            ("mmcblk0", "", "SC32G", Some(0), DiskType::Mmc),
            ("hda", "", "", None, DiskType::Unknown),
        ] {
            assert_eq!(kind(name, vendor, model, rotational), expected, "{name} {model}");
        }
    }
}
