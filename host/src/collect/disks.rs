//! Physical disks: rates from `/proc/diskstats`, usage from the file systems that lie on them.

mod devices;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use kinglet_proto::percent::{Percent, scaled};
use kinglet_proto::sample::detail::BlockDevice;
use kinglet_proto::sample::{Disk, Filesystem, Sample};
use kinglet_proto::time::Instant;

use super::rate::{self, Width};
use super::schedule::{Allowance, Schedule};
use super::{Change, Collector};
use crate::filter::Filter;
use crate::kernel::block;
use crate::kernel::diskstats::{self, Counters};
use crate::limits::INVENTORY_INTERVAL;
use crate::read::{Buffer, HotFile, Root};
use crate::setup::Setup;
use crate::storage::block::{BlockMap, Host, Share};
use crate::storage::medium::SECTOR;
use crate::storage::mounts::{Volume, Volumes};

/// Major number of the loop devices, which are no disks and come and go with snaps.
const LOOP: u64 = 7;

/// Reads disks.
#[derive(Debug)]
pub(super) struct DiskCollector {
    proc: Root,
    sys: Root,
    root: Root,
    filter: Filter,
    volumes: Rc<RefCell<Volumes>>,
    file: HotFile,
    map: BlockMap,
    /// For each disk of the sample its place in the map.
    order: Vec<usize>,
    /// For each disk of the map.
    readings: Vec<Readings>,
    /// For each volume the disks under it.
    shares: Vec<Vec<Share>>,
    due: Schedule,
    allowance: Allowance,
    /// What devices there were, and which volumes.
    fingerprint: u64,
    generation: u64,
    /// How many of them have members that sysfs names only while they are mounted.
    groups: usize,
    before_at: Instant,
    /// Whether a sample has its detail.
    detail: bool,
}

/// What a disk counted at the last sample and at this one; `None` when it was not there.
#[derive(Debug, Clone, Copy, Default)]
struct Readings {
    before: Option<Counters>,
    after: Option<Counters>,
}

impl DiskCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            proc: setup.proc.clone(),
            sys: setup.sys.clone(),
            root: setup.root.clone(),
            filter: setup.filters.disks.clone(),
            volumes: Rc::clone(&setup.volumes),
            file: setup.proc.file("diskstats"),
            map: BlockMap::default(),
            order: Vec::new(),
            readings: Vec::new(),
            shares: Vec::new(),
            due: Schedule::every(INVENTORY_INTERVAL),
            allowance: Allowance::default(),
            fingerprint: 0,
            generation: 0,
            groups: 0,
            before_at: Instant::default(),
            detail: setup.detail,
        }
    }

    /// The volumes, from which the shares come, and the file systems of the sample go in step.
    fn fill_usage(&self, filesystems: &[Filesystem], disks: &mut [Disk]) {
        for (place, disk) in self.order.iter().zip(disks) {
            fill_usage(disk, *place, &self.shares, filesystems);
        }
    }

    /// Reads the counters of the known disks, and of everything where there is a list for it; gives
    /// a number that changes with the devices.
    fn read_counters(
        &mut self,
        now: Instant,
        buffer: &mut Buffer,
        list: Option<&mut Vec<BlockDevice>>,
    ) -> u64 {
        for reading in &mut self.readings {
            reading.after = None;
        }
        let text = self.file.read(now, buffer).unwrap_or_default();
        if let Some(list) = list {
            devices::fill(text, now.since(self.before_at), &self.filter, list);
        }
        let mut fingerprint = 0_u64;
        for stat in diskstats::parse(text) {
            let (major, minor) = stat.device;
            if major == LOOP {
                continue;
            }
            fingerprint = (fingerprint ^ (major << 20) ^ minor).wrapping_mul(0x100_0000_01b3) ^ 1;
            let known = self.map.disks.iter().position(|disk| disk.device == stat.device);
            if let Some(reading) = known.and_then(|place| self.readings.get_mut(place)) {
                reading.after = stat.counters();
            }
        }
        fingerprint
    }

    fn groups(&self) -> usize {
        let volumes = &self.volumes.borrow().list;
        volumes.iter().filter(|v| v.fstype == "btrfs" || v.fstype == "zfs").count()
    }

    /// Reads what block devices there are.
    fn read_topology(&mut self, buffer: &mut Buffer) {
        let with_pools = self.volumes.borrow().list.iter().any(|v| v.pool().is_some());
        let Self { proc, sys, root, filter, .. } = &*self;
        let map = BlockMap::read(Host { proc, sys, root, filter }, with_pools, buffer);
        let known = std::mem::replace(&mut self.map, map);
        let readings = std::mem::take(&mut self.readings);
        self.readings.extend(self.map.disks.iter().map(|disk| {
            let place = known.disks.iter().position(|old| old.name == disk.name);
            place.and_then(|place| readings.get(place)).copied().unwrap_or_default()
        }));
    }

    /// Lays the volumes on the disks, which needs no reading.
    fn lay_volumes(&mut self, disks: &mut Vec<Disk>, filesystems: &mut [Filesystem]) {
        let volumes = &mut self.volumes.borrow_mut().list;
        let is_in_a_file = volumes.iter().any(|v| v.is_root() && self.map.is_in_a_file(v));
        for (volume, row) in volumes.iter_mut().zip(filesystems) {
            // A host that lives in a file itself has nothing else to count.
            volume.is_view |= !is_in_a_file && self.map.is_in_a_file(volume);
            row.view = volume.is_view;
        }
        self.shares = volumes.iter().map(|volume| self.map.shares(volume)).collect();
        let root = volumes.iter().position(Volume::is_root);
        let first = root.and_then(|root| self.shares[root].first()).map(|share| share.disk);
        // In a container the disks are its engine's host's, and nothing of ours on them.
        let are_ours = !is_container(volumes) || self.shares.iter().any(|all| !all.is_empty());
        let count = if are_ours { self.map.disks.len() } else { 0 };
        let rank = |place: usize| (Some(place) != first, &self.map.disks[place].name);
        self.order.clear();
        for place in 0..count {
            let at = self.order.partition_point(|other| rank(*other) <= rank(place));
            self.order.insert(at, place);
        }
        disks.clear();
        disks.extend(self.order.iter().map(|place| {
            let medium = &self.map.disks[*place];
            Disk {
                name: medium.name.clone(),
                model: medium.model.clone(),
                serial: medium.serial.clone(),
                disk_type: medium.disk_type,
                total: medium.total,
                mount_points: mount_points(*place, &self.shares, volumes),
                ..Disk::default()
            }
        }));
    }

    /// Wear moves over months; it is read with the inventory.
    fn fill_wear(&mut self, now: Instant, buffer: &mut Buffer, disks: &mut [Disk]) {
        for (place, disk) in self.order.iter().zip(disks) {
            let Some(medium) = self.map.disks.get_mut(*place) else { continue };
            let mut read = |file: &mut Option<HotFile>| {
                file.as_mut().and_then(|file| file.read(now, buffer)).map(ToOwned::to_owned)
            };
            let life_time = read(&mut medium.life_time);
            disk.wear_percent = life_time.and_then(|text| block::parse_life_time(&text));
            let pre_eol = read(&mut medium.pre_eol);
            disk.pre_eol = pre_eol.and_then(|text| block::parse_pre_eol(&text));
        }
    }
}

impl Collector for DiskCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        let Sample { disks, filesystems, detail, .. } = sample;
        for reading in &mut self.readings {
            reading.before = reading.after;
        }
        let list = self.detail.then(|| &mut detail.get_mut().block_devices);
        let fingerprint = self.read_counters(now, buffer, list);
        let (generation, groups) = (self.volumes.borrow().generation, self.groups());
        let is_other = fingerprint != self.fingerprint || groups != self.groups;
        let is_read = self.due.is_due(now) || is_other && self.allowance.take(now);
        if is_read {
            (self.fingerprint, self.groups) = (fingerprint, groups);
            self.read_topology(buffer);
            self.read_counters(now, buffer, None);
        }
        if is_read || generation != self.generation {
            self.generation = generation;
            self.lay_volumes(disks, filesystems);
            self.fill_wear(now, buffer, disks);
        }
        let elapsed = now.since(self.before_at);
        self.before_at = now;
        for (place, disk) in self.order.iter().zip(disks.iter_mut()) {
            if let Some(readings) = self.readings.get(*place) {
                fill_rates(disk, readings, elapsed);
                disk.written_per_day = disk.write_bytes.and_then(|bytes| per_day(bytes, now));
            }
        }
        self.fill_usage(filesystems, disks);
    }

    fn handle_change(&mut self, change: Change) {
        if change == Change::Late {
            self.due.hurry();
        }
    }

    /// The file systems may have told more.
    fn wait(&mut self, _: Duration, sample: &mut Sample) {
        self.fill_usage(&sample.filesystems, &mut sample.disks);
    }
}

/// Whether the root is a container engine's overlay; OpenWrt's has storage of its own below it.
fn is_container(volumes: &[Volume]) -> bool {
    let mut volumes = volumes.iter();
    volumes.any(|v| v.mount_point == "/" && v.fstype == "overlay" && v.storage == v.source)
}

/// The mount points of what lies on a disk; `volumes` have `/` first.
fn mount_points(place: usize, shares: &[Vec<Share>], volumes: &[Volume]) -> Vec<String> {
    let on_disk = |shares: &Vec<Share>| shares.iter().any(|share| share.disk == place);
    let found = shares.iter().zip(volumes).filter(|pair| on_disk(pair.0));
    found.map(|pair| pair.1.mount_point.clone()).collect()
}

fn fill_rates(disk: &mut Disk, readings: &Readings, elapsed: Duration) {
    let bytes = |sectors: u64| sectors.saturating_mul(SECTOR);
    disk.read_bytes = readings.after.map(|count| bytes(count.sectors_read));
    disk.write_bytes = readings.after.map(|count| bytes(count.sectors_written));
    let both = readings.before.zip(readings.after);
    let speed = |of: fn(&Counters) -> u64| {
        let (before, after) = both?;
        let sectors = rate::growth(of(&before), of(&after), Width::NATIVE)?;
        rate::per_second(bytes(sectors), elapsed)
    };
    disk.read_speed = speed(|count| count.sectors_read);
    disk.write_speed = speed(|count| count.sectors_written);
    disk.busy_percent = both.and_then(|(before, after)| {
        // Milliseconds are 32 bits wide on every kernel.
        let busy = rate::growth(before.busy_ms, after.busy_ms, Width::Narrow)?;
        let elapsed_ms = u64::try_from(elapsed.as_millis()).ok().filter(|ms| *ms > 0)?;
        Some(Percent::of(busy, elapsed_ms))
    });
}

/// What is a day of it, if it is since boot.
fn per_day(bytes: u64, now: Instant) -> Option<u64> {
    let seconds = now.as_millis() / 1000;
    (seconds >= 3600).then(|| bytes.saturating_mul(24) / (seconds / 3600))
}

fn fill_usage(disk: &mut Disk, place: usize, shares: &[Vec<Share>], filesystems: &[Filesystem]) {
    let (mut used, mut held, mut is_known) = (0_u64, 0_u64, false);
    for (shares, filesystem) in shares.iter().zip(filesystems) {
        let Some((fs_used, fs_free)) = filesystem.used.zip(filesystem.free) else { continue };
        for share in shares.iter().filter(|share| share.disk == place) {
            used = used.saturating_add(part_of(fs_used, share));
            held = held.saturating_add(part_of(fs_used.saturating_add(fs_free), share));
            is_known = true;
        }
    }
    disk.used = is_known.then_some(used);
    disk.usage_percent = is_known.then(|| Percent::of(used, held));
}

fn part_of(amount: u64, share: &Share) -> u64 {
    scaled(amount, share.part, share.of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(sectors_read: u64, sectors_written: u64, busy_ms: u64) -> Option<Counters> {
        Some(Counters { sectors_read, sectors_written, busy_ms })
    }

    #[test]
    fn rates_are_absent_when_a_disk_was_replaced_and_never_spike() {
        let mut disk = Disk::default();
        let second = Duration::from_secs(1);
        let mut rates = |before, after| {
            fill_rates(&mut disk, &Readings { before, after }, second);
            (disk.read_speed, disk.write_speed, disk.busy_percent.map(Percent::get))
        };
        assert_eq!(rates(count(0, 2, 0), count(4, 2, 250)), (Some(2048), Some(0), Some(25.0)));
        assert_eq!(rates(None, count(4, 2, 250)), (None, None, None));
        assert_eq!(rates(count(4, 2, 250), None), (None, None, None));
        assert_eq!(rates(count(90, 90, 9000), count(1, 1, 10)), (None, None, None));
        let wrapped = rates(count(0, 0, (1 << 32) - 100), count(0, 0, 400));
        assert_eq!(wrapped, (Some(0), Some(0), Some(50.0)));
        assert_eq!(rates(count(0, 0, 0), count(0, 0, 5000)).2, Some(100.0));
    }

    #[test]
    fn a_day_of_writing_needs_an_hour() {
        assert_eq!(per_day(500, Instant::from_millis(3_599_999)), None);
        assert_eq!(per_day(500, Instant::from_millis(3_600_000)), Some(12_000));
        assert_eq!(per_day(500, Instant::from_millis(48 * 3_600_000)), Some(250));
    }

    #[test]
    fn usage_follows_the_shares_and_is_absent_without_any() {
        let row = |used, free| Filesystem { used, free, ..Filesystem::default() };
        let rows = [row(Some(100), Some(300)), row(None, None), row(Some(50), Some(50))];
        let shares = [
            vec![Share { disk: 0, part: 1, of: 1 }, Share { disk: 1, part: 1, of: 1 }],
            vec![Share { disk: 0, part: 1, of: 1 }],
            vec![Share { disk: 1, part: 1, of: 2 }],
        ];
        let usage = |place| {
            let mut disk = Disk::default();
            fill_usage(&mut disk, place, &shares, &rows);
            (disk.used, disk.usage_percent.map(Percent::get))
        };
        assert_eq!(usage(0), (Some(100), Some(25.0)));
        assert_eq!(usage(1), (Some(125), Some(27.8)));
        assert_eq!(usage(2), (None, None));
    }
}
