//! Wear that is no disk's own: errors that ext4 has noted, and raw flash under UBI. Disks tell
//! theirs with the rest of them.
//!
//! All of it moves over months, or is a sign of trouble that stays: it is read with the inventory.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use kinglet_proto::sample::{Flash, Sample};
use kinglet_proto::time::Instant;

use super::schedule::Schedule;
use super::{Change, Collector};
use crate::limits::{FLASH_MAX, INVENTORY_INTERVAL};
use crate::read::{Buffer, Root};
use crate::setup::Setup;
use crate::storage::mounts::{Volume, Volumes};

/// How many there were, when the first was, and when the last.
type Errors = [Option<u64>; 3];

/// Reads wear.
#[derive(Debug)]
pub(super) struct WearCollector {
    sys: Root,
    volumes: Rc<RefCell<Volumes>>,
    /// Which list of volumes was read.
    generation: u64,
    due: Schedule,
    /// Those of each volume, by its device.
    errors: Vec<((u64, u64), Errors)>,
}

impl WearCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            sys: setup.sys.clone(),
            volumes: Rc::clone(&setup.volumes),
            generation: 0,
            due: Schedule::every(INVENTORY_INTERVAL),
            errors: Vec::new(),
        }
    }

    /// What ext4 says of a volume (Documentation/ABI/testing/sysfs-fs-ext4).
    fn read_errors(&self, volume: &Volume, buffer: &mut Buffer) -> Errors {
        if volume.fstype != "ext4" {
            return [None; 3];
        }
        let (major, minor) = volume.device;
        let link = self.sys.target(format!("dev/block/{major}:{minor}"));
        let named = link.as_deref().and_then(|link| link.file_name()?.to_str());
        let Some(name) = named.or_else(|| volume.source.strip_prefix("/dev/")) else {
            return [None; 3];
        };
        let mut read = |attribute| self.sys.number(format!("fs/ext4/{name}/{attribute}"), buffer);
        let time = |time: &u64| *time > 0;
        let first = read("first_error_time").filter(time);
        [read("errors_count"), first, read("last_error_time").filter(time)]
    }

    /// Raw flash (Documentation/ABI/stable/sysfs-class-ubi); volumes, `ubi0_1`, lie on it.
    fn read_flash(&self, buffer: &mut Buffer, flash: &mut Vec<Flash>) {
        flash.clear();
        let mut names = self.sys.names("class/ubi");
        names.retain(|name| name.strip_prefix("ubi").is_some_and(is_number));
        for device in names.into_iter().take(FLASH_MAX) {
            let at = |attribute| format!("class/ubi/{device}/{attribute}");
            let mut read = |attribute| self.sys.number(at(attribute), buffer);
            let (bad_blocks, spare_blocks) = (read("bad_peb_count"), read("reserved_for_bad"));
            let erase_count = read("max_ec");
            flash.push(Flash { device, bad_blocks, spare_blocks, erase_count });
        }
    }
}

impl Collector for WearCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        let volumes = Rc::clone(&self.volumes);
        let volumes = volumes.borrow();
        let is_due = self.due.is_due(now);
        if is_due {
            self.read_flash(buffer, &mut sample.flash);
        }
        if is_due || self.generation != volumes.generation {
            self.generation = volumes.generation;
            // What is new is read when all are: mounts may come and go by the second.
            let read = |volume: &Volume| {
                let known = self.errors.iter().find(|(device, _)| *device == volume.device);
                let errors = match known {
                    Some((_, errors)) if !is_due => *errors,
                    None if !is_due => [None; 3],
                    Some(_) | None => self.read_errors(volume, buffer),
                };
                (volume.device, errors)
            };
            self.errors = volumes.list.iter().map(read).collect();
        }
        for ((_, errors), row) in self.errors.iter().zip(&mut sample.filesystems) {
            [row.errors, row.first_error, row.last_error] = *errors;
        }
    }

    fn handle_change(&mut self, change: Change) {
        if change == Change::Late {
            self.due.hurry();
        }
    }

    fn apart(&self) -> Option<Duration> {
        Some(INVENTORY_INTERVAL)
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use kinglet_proto::sample::Filesystem;

    use super::*;

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn errors_are_found_by_device_and_stay_with_their_rows() {
        let path = std::env::temp_dir().join(format!("kinglet-wear-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        write(&path, "fs/ext4/dm-0/errors_count", "2\n");
        write(&path, "fs/ext4/dm-0/first_error_time", "1795161000\n");
        write(&path, "fs/ext4/dm-0/last_error_time", "1795161600\n");
        write(&path, "fs/ext4/sda1/errors_count", "0\n");
        write(&path, "fs/ext4/sda1/first_error_time", "0\n");
        write(&path, "class/ubi/ubi0/bad_peb_count", "2\n");
        write(&path, "class/ubi/ubi0_0/bad_peb_count", "7\n");
        fs::create_dir_all(path.join("dev/block")).unwrap();
        std::os::unix::fs::symlink("../../block/dm-0", path.join("dev/block/254:0")).unwrap();
        let table = b"1 0 254:0 / / rw - ext4 /dev/mapper/vg-root rw\n\
                      2 1 8:1 / /boot rw - ext4 /dev/sda1 rw\n\
                      3 1 8:2 / /srv rw - xfs /dev/sda2 rw\n";
        let setup = Setup::of(&path);
        setup.background.set_patience(Duration::from_secs(5));
        // `/boot` comes last.
        let list = crate::storage::mounts::choose(table, &Default::default());
        *setup.volumes.borrow_mut() = Volumes { list, generation: 1 };
        let mut wear = WearCollector::new(&setup);
        let mut sample = Sample::default();
        for at in [5000, 10_000] {
            sample.filesystems = vec![Filesystem::default(); 3];
            wear.collect(Instant::from_millis(at), &mut Buffer::default(), &mut sample);
            let rows = sample.filesystems.iter().map(|row| (row.errors, row.last_error));
            let rows: Vec<_> = rows.collect();
            assert_eq!(rows, [(Some(2), Some(1_795_161_600)), (None, None), (Some(0), None)]);
        }
        // `/boot` is gone, another has come in the first place: it is read with the next inventory.
        let table = b"9 0 8:3 / / rw - ext4 /dev/sda3 rw\n\
                      1 0 254:0 / /var rw - ext4 /dev/mapper/vg-root rw\n";
        write(&path, "fs/ext4/sda3/errors_count", "5\n");
        let list = crate::storage::mounts::choose(table, &Default::default());
        *setup.volumes.borrow_mut() = Volumes { list, generation: 2 };
        for (at, first) in [(15_000, None), (700_000, Some(5))] {
            sample.filesystems = vec![Filesystem::default(); 2];
            wear.collect(Instant::from_millis(at), &mut Buffer::default(), &mut sample);
            let errors: Vec<_> = sample.filesystems.iter().map(|row| row.errors).collect();
            assert_eq!(errors, [first, Some(2)], "{at}");
        }
        let flash: Vec<_> = sample.flash.iter().map(|it| (&*it.device, it.bad_blocks)).collect();
        assert_eq!(flash, [("ubi0", Some(2))]);
        assert_eq!(sample.flash[0].erase_count, None);
        fs::remove_dir_all(&path).unwrap();
    }
}
