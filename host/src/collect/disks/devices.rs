//! Every block device, partitions and what lies on disks included, with all its counters: what
//! telegraf's schema has of them.

use std::time::Duration;

use kinglet_proto::sample::detail::BlockDevice;

use crate::collect::set_text;
use crate::filter::Filter;
use crate::kernel::diskstats::{self, All, DiskStat};
use crate::kernel::text;
use crate::limits::NAME_BYTES_MAX;
use crate::storage::medium::SECTOR;

/// Major numbers of what is no storage: RAM disks, and loop devices, which come and go with snaps.
const LEFT_OUT: [u64; 2] = [1, 7];

/// Fills the list from the file; what stands in it is the last sample's, for the rates.
pub(super) fn fill(
    diskstats: &[u8],
    elapsed: Duration,
    filter: &Filter,
    devices: &mut Vec<BlockDevice>,
) {
    let mut count = 0;
    let stored = diskstats::parse(diskstats).filter(|stat| !LEFT_OUT.contains(&stat.device.0));
    for stat in stored {
        count += usize::from(fill_row(&stat, elapsed, filter, count, devices));
    }
    devices.truncate(count);
}

/// Writes the row at this place; whether there is one.
fn fill_row(
    stat: &DiskStat<'_>,
    elapsed: Duration,
    filter: &Filter,
    at: usize,
    devices: &mut Vec<BlockDevice>,
) -> bool {
    let name = stat.name().and_then(|name| text::name(name, NAME_BYTES_MAX));
    let (Some(name), Some(all)) = (name.filter(|name| filter.allows(name)), stat.all()) else {
        return false;
    };
    // Almost always at the same place as before.
    match devices.iter().skip(at).position(|device| device.name == name) {
        Some(0) => {}
        Some(ahead) => devices.swap(at, at + ahead),
        None => devices.insert(at, BlockDevice::default()),
    }
    if let Some(device) = devices.get_mut(at) {
        let is_known = device.name == name;
        set_text(&mut device.name, name);
        fill_device(device, &all, elapsed, is_known);
    }
    true
}

fn fill_device(device: &mut BlockDevice, all: &All, elapsed: Duration, is_known: bool) {
    let operations = grown(device.reads + device.writes, all.reads + all.writes);
    let operation_ms = grown(device.read_ms + device.write_ms, all.read_ms + all.write_ms);
    let busy_ms = grown(device.busy_ms, all.busy_ms);
    let elapsed_ms = u32::try_from(elapsed.as_millis()).unwrap_or(u32::MAX);
    let ratio = |ms: Option<u32>, of: Option<u32>| {
        let (ms, of) = (ms.filter(|_| is_known)?, of.filter(|of| *of > 0)?);
        Some(f64::from(ms) / f64::from(of))
    };
    device.busy_percent =
        ratio(busy_ms, Some(elapsed_ms)).map(|share| four_decimals(share * 100.0));
    device.await_ms = ratio(operation_ms, operations).map(four_decimals);
    device.service_ms = ratio(busy_ms, operations).map(four_decimals);
    device.reads = all.reads;
    device.writes = all.writes;
    device.read_bytes = all.sectors_read.saturating_mul(SECTOR);
    device.write_bytes = all.sectors_written.saturating_mul(SECTOR);
    device.read_ms = all.read_ms;
    device.write_ms = all.write_ms;
    device.busy_ms = all.busy_ms;
    device.weighted_ms = all.weighted_ms;
    device.in_flight = all.in_flight;
    device.merged_reads = all.merged_reads;
    device.merged_writes = all.merged_writes;
}

/// `None` for a counter that began anew.
fn grown(before: u64, after: u64) -> Option<u32> {
    after.checked_sub(before).and_then(|growth| u32::try_from(growth).ok())
}

/// More digits say nothing, and are only longer.
fn four_decimals(number: f64) -> f64 {
    (number * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn names(devices: &[BlockDevice]) -> Vec<&str> {
        devices.iter().map(|device| device.name.as_str()).collect()
    }

    #[test]
    fn partitions_count_and_what_is_no_storage_does_not() {
        let text = b"   1       0 ram0 0 0 0 0 0 0 0 0 0 0 0\n\
            \x20  7       0 loop0 9 0 9 0 0 0 0 0 0 0 0\n\
            \x20  8       0 sda 10 1 20 30 40 2 50 60 3 70 80 0 0 0 0 1 1\n\
            \x20  8       1 sda1 1 0 2 3 4 0 5 6 0 7 8\n 8 2 sda2 1 2 3 4\n";
        let mut devices = Vec::new();
        fill(text, SECOND, &Filter::default(), &mut devices);
        assert_eq!(names(&devices), ["sda", "sda1"]);
        let expected = BlockDevice {
            name: "sda".into(),
            reads: 10,
            writes: 40,
            read_bytes: 20 * 512,
            write_bytes: 50 * 512,
            read_ms: 30,
            write_ms: 60,
            busy_ms: 70,
            weighted_ms: 80,
            in_flight: 3,
            merged_reads: 1,
            merged_writes: 2,
            busy_percent: None,
            await_ms: None,
            service_ms: None,
        };
        assert_eq!(devices[0], expected, "no rates in the first sample");
        let only = Filter { include: vec!["sda1".into()], exclude: vec![] };
        fill(text, SECOND, &only, &mut devices);
        assert_eq!(names(&devices), ["sda1"]);
    }

    #[test]
    fn rates_are_over_the_interval_and_absent_without_traffic_or_after_a_reset() {
        let mut devices = Vec::new();
        let mut read = |text: &str| {
            fill(text.as_bytes(), SECOND, &Filter::default(), &mut devices);
            let device = &devices[0];
            (device.busy_percent, device.await_ms, device.service_ms)
        };
        read("8 0 sda 10 0 0 100 10 0 0 100 0 500 0\n");
        let (busy, wait, service) = read("8 0 sda 13 0 0 150 11 0 0 160 0 750 0\n");
        assert_eq!((busy, wait, service), (Some(25.0), Some(27.5), Some(62.5)));
        assert_eq!(read("8 0 sda 13 0 0 150 11 0 0 160 0 750 0\n"), (Some(0.0), None, None));
        assert_eq!(read("8 0 sda 1 0 0 1 1 0 0 1 0 1 0\n"), (None, None, None), "replaced");
    }

    #[test]
    fn a_device_that_comes_or_goes_moves_no_counters_to_another() {
        let mut devices = Vec::new();
        let line = |name: &str, busy: u64| format!("8 0 {name} 1 0 0 0 0 0 0 0 0 {busy} 0\n");
        let mut read = |lines: &[(&str, u64)]| {
            let text: String = lines.iter().map(|(name, busy)| line(name, *busy)).collect();
            fill(text.as_bytes(), SECOND, &Filter::default(), &mut devices);
            devices.iter().map(|it| (it.name.clone(), it.busy_percent)).collect::<Vec<_>>()
        };
        let row = |name: &str, busy| (name.to_owned(), busy);
        read(&[("sda", 100), ("sdc", 500)]);
        let came = read(&[("sda", 110), ("sdb", 900), ("sdc", 520)]);
        assert_eq!(came, [row("sda", Some(1.0)), row("sdb", None), row("sdc", Some(2.0))]);
        let went = read(&[("sdb", 930), ("sdc", 520)]);
        assert_eq!(went, [row("sdb", Some(3.0)), row("sdc", Some(0.0))]);
    }
}
