//! sysinfo as the oracle: on this machine its figures and ours agree.
//!
//! Two readers never read at one moment, so the oracle is asked before and after: what only grows
//! lies between its two answers, and what moves lies near them.

use std::io::Write as _;
use std::time::Duration;

use kinglet_host::{Options, Roots, Sampler};
use kinglet_proto::sample::Sample;
use kinglet_proto::time::{Instant, Now, WallTime};
use sysinfo::{CpuRefreshKind, Disks, MemoryRefreshKind, Networks, RefreshKind, System};

/// Memory and disk space that others on this machine may take or free between two readings.
const DRIFT_BYTES: u64 = 512 * 1024 * 1024;

fn sampled() -> Sample {
    let mut sampler = Sampler::new(&Roots::default(), &Options::default());
    sampler.collect(at(0));
    sampler.wait(Duration::from_secs(5));
    sampler.sample_mut().clone()
}

fn at(ms: u64) -> Now {
    Now { instant: Instant::from_millis(1000 + ms), wall: WallTime::default() }
}

fn near(ours: u64, before: u64, after: u64) -> bool {
    let (low, high) = (before.min(after), before.max(after));
    ours >= low.saturating_sub(DRIFT_BYTES) && ours <= high.saturating_add(DRIFT_BYTES)
}

#[test]
fn memory_agrees() {
    let kind = RefreshKind::nothing().with_memory(MemoryRefreshKind::everything());
    let mut oracle = System::new_with_specifics(kind).expect("sysinfo reads this machine");
    let before = oracle.available_memory();
    let ours = sampled().memory;
    oracle.refresh_memory();
    assert_eq!(ours.total, Some(oracle.total_memory()));
    assert_eq!(ours.swap_total, Some(oracle.total_swap()));
    let available = ours.available.expect("this machine tells what is available");
    assert!(near(available, before, oracle.available_memory()), "{available} {before}");
}

#[test]
fn the_boot_agrees() {
    let ours = sampled();
    let boot_time = ours.kernel.and_then(|kernel| kernel.boot_time);
    let theirs = System::boot_time().expect("sysinfo reads this machine");
    // A clock that is being set moves it.
    assert!(boot_time.is_some_and(|ours| ours.abs_diff(theirs) <= 1), "{boot_time:?} {theirs}");
    let uptime = System::uptime().expect("sysinfo reads this machine");
    assert!(ours.uptime.is_some_and(|ours| ours.abs_diff(uptime) <= 1), "{:?}", ours.uptime);
}

#[test]
fn space_of_file_systems_agrees() {
    let before = Disks::new_with_refreshed_list().expect("sysinfo reads this machine");
    let ours = sampled();
    let after = Disks::new_with_refreshed_list().expect("sysinfo reads this machine");
    let mut compared = 0;
    for row in &ours.filesystems {
        let find = |disks: &Disks| {
            let here = |disk: &&sysinfo::Disk| disk.mount_point() == row.mount_point.as_str();
            disks.iter().find(here).map(|disk| (disk.total_space(), disk.available_space()))
        };
        let (Some(before), Some(after)) = (find(&before), find(&after)) else { continue };
        assert_eq!(row.total, Some(after.0), "{}", row.mount_point);
        let free = row.free.expect("a file system with a size has free space");
        assert!(near(free, before.1, after.1), "{} {free} {before:?}", row.mount_point);
        compared += 1;
    }
    assert!(compared > 0, "no file system of {:?} in common", ours.filesystems);
}

#[test]
fn bytes_of_disks_agree() {
    let counters = |disks: &Disks, name: &str| {
        let device = format!("/dev/{name}");
        let disk = disks.iter().find(|disk| disk.name() == device.as_str())?;
        let usage = disk.usage();
        Some([usage.total_read_bytes, usage.total_written_bytes])
    };
    let before = Disks::new_with_refreshed_list().expect("sysinfo reads this machine");
    let ours = sampled();
    let after = Disks::new_with_refreshed_list().expect("sysinfo reads this machine");
    let mut compared = 0;
    for disk in &ours.disks {
        let both = counters(&before, &disk.name).zip(counters(&after, &disk.name));
        // The oracle lists what is mounted: a disk as a whole only where it has no partitions.
        let Some((before, after)) = both else { continue };
        for (way, bytes) in [disk.read_bytes, disk.write_bytes].into_iter().enumerate() {
            let bytes = bytes.expect("a disk counts");
            assert!((before[way]..=after[way]).contains(&bytes), "{} {bytes}", disk.name);
        }
        compared += 1;
    }
    if compared == 0 {
        skip("no disk of this machine is mounted as a whole");
    }
}

#[test]
fn traffic_agrees() {
    let before = Networks::new_with_refreshed_list().expect("sysinfo reads this machine");
    let ours = sampled().network;
    let after = Networks::new_with_refreshed_list().expect("sysinfo reads this machine");
    for row in &ours.interfaces {
        let name = std::ffi::OsStr::new(&row.name);
        let both = before.get(name).zip(after.get(name));
        let Some((before, after)) = both else { continue };
        let received = before.total_received()..=after.total_received();
        assert!(received.contains(&row.rx_bytes), "{} {}", row.name, row.rx_bytes);
        let sent = before.total_transmitted()..=after.total_transmitted();
        assert!(sent.contains(&row.tx_bytes), "{} {}", row.name, row.tx_bytes);
    }
    for name in before.keys().filter(|name| after.contains_key(*name) && *name != "lo") {
        let is_ours = ours.interfaces.iter().any(|row| name == row.name.as_str());
        assert!(is_ours, "{name:?} is missing");
    }
}

#[test]
fn processor_time_agrees() {
    let kind = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing().with_usage());
    let mut oracle = System::new_with_specifics(kind).expect("sysinfo reads this machine");
    let mut sampler = Sampler::new(&Roots::default(), &Options::default());
    let mut last = (0.0, 0.0);
    // The windows differ by the time between two reads; on a busy machine one pair may be off.
    for attempt in 0..5 {
        oracle.refresh_cpu_usage();
        sampler.collect(at(attempt * 2000));
        std::thread::park_timeout(Duration::from_millis(600));
        oracle.refresh_cpu_usage();
        let cpu = sampler.collect(at(attempt * 2000 + 600)).cpu.clone();
        assert_eq!(cpu.per_core.len(), oracle.cpus().len());
        assert_eq!(cpu.cores.map(u64::from), u64::try_from(oracle.cpus().len()).ok());
        let usage = cpu.usage.expect("two samples give a share").get();
        last = (usage, f64::from(oracle.global_cpu_usage()));
        if (last.0 - last.1).abs() < 5.0 {
            return;
        }
    }
    panic!("ours {} and the oracle's {} differ", last.0, last.1);
}

fn skip(why: &str) {
    // Past the test runner, which keeps what a passing test prints to itself.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
