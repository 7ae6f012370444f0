//! What every host has: inventory, which changes rarely and is read at start and every ten minutes;
//! and uptime, load and tasks.
//!
//! The kernel's files and os-release are asked first, sysinfo's system calls where they are silent.

mod processes;
mod users;

use std::path::Path;
use std::time::Duration;

use kinglet_proto::sample::{LoadAverage, Processes, Sample};
use kinglet_proto::time::Instant;
use sysinfo::System;

use super::schedule::Schedule;
use super::{Change, Collector};
use crate::kernel::loadavg::Loadavg;
use crate::kernel::{arm, cpuinfo, loadavg, os_release, text, uptime};
use crate::limits::{INVENTORY_INTERVAL, TOPOLOGY_INTERVAL};
use crate::read::{Buffer, HotFile, Root};
use crate::setup::{Roots, Setup};
use processes::ProcessCounter;
use users::UserCounter;

/// Reads what every host has.
#[derive(Debug)]
pub(super) struct HostCollector {
    proc: Root,
    sys: Root,
    root: Root,
    roots: Roots,
    loadavg: HotFile,
    uptime: HotFile,
    uptime_due: Schedule,
    /// When it was asked last, and what it was.
    uptime_at: Option<(Instant, Duration)>,
    due: Schedule,
    processes: ProcessCounter,
    users: UserCounter,
    /// Whether a sample has its detail.
    detail: bool,
}

impl HostCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            proc: setup.proc.clone(),
            sys: setup.sys.clone(),
            root: setup.root.clone(),
            roots: setup.roots.clone(),
            loadavg: setup.proc.file("loadavg"),
            uptime: setup.proc.file("uptime"),
            uptime_due: Schedule::every(TOPOLOGY_INTERVAL),
            uptime_at: None,
            due: Schedule::every(INVENTORY_INTERVAL),
            processes: ProcessCounter::new(&setup.proc),
            users: UserCounter::new(setup),
            detail: setup.detail,
        }
    }

    fn fill_load(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        let load = self.loadavg.read(now, buffer).and_then(loadavg::parse);
        sample.load_average = load.map(|load| {
            let [one, five, fifteen] = load.hundredths.map(units);
            LoadAverage { one, five, fifteen }
        });
        let total = self.processes.count(now, buffer);
        // What they are at is told by another, and not at each sample.
        let states = sample.processes.unwrap_or_default();
        let tasks = |load: Loadavg| Processes {
            total,
            threads: Some(load.total),
            running: load.running,
            ..states
        };
        sample.processes = load.map(tasks);
    }

    /// Seconds since boot. What the file tells goes on as the clock of the samples does, which is
    /// the same clock: in between it is counted.
    fn read_uptime(&mut self, now: Instant, buffer: &mut Buffer) -> Option<u64> {
        if self.uptime_due.is_due(now) {
            let uptime = self.uptime.read(now, buffer).and_then(uptime::parse);
            self.uptime_at = uptime.map(|uptime| (now, uptime));
        }
        let (at, uptime) = self.uptime_at?;
        Some(uptime.saturating_add(now.since(at)).as_secs())
    }

    fn fill_os(&self, buffer: &mut Buffer, sample: &mut Sample) {
        let mut read = |path| self.proc.text(path, buffer);
        let kernel = read("sys/kernel/osrelease");
        // Since Linux 6.1; a container has its host's architecture.
        let arch = read("sys/kernel/arch");
        let release = ["etc/os-release", "usr/lib/os-release"]
            .iter()
            .filter_map(|path| self.root.read_inside(path, buffer).map(os_release::parse))
            .find(|release| !release.id.is_empty())
            .unwrap_or_default();
        let of_system = || System::host_name().ok();
        sample.hostname = self.roots.hostname().or_else(of_system).unwrap_or_default();
        let os = &mut sample.os;
        os.name = if release.id.is_empty() { "linux".to_owned() } else { release.id };
        os.version = release.version_id;
        os.kernel = kernel.or_else(|| System::kernel_version().ok()).unwrap_or_default();
        os.arch.0 = arch.unwrap_or_else(System::cpu_arch);
    }

    fn fill_cpu(&self, buffer: &mut Buffer, sample: &mut Sample) {
        let info = self.proc.read("cpuinfo", buffer).map(cpuinfo::parse).unwrap_or_default();
        let mhz = info.mhz.and_then(|mhz| u32::try_from(mhz).ok());
        sample.cpu.frequency = sample.cpu.frequency.or(mhz);
        let numbers = info.implementer.zip(info.part);
        let core = numbers.and_then(|(implementer, part)| arm::core_name(implementer, part));
        let (model, system) = (info.model.map(text::owned), info.system.map(text::owned));
        let board = || self.sys.text("firmware/devicetree/base/model", buffer);
        let brand = model.or_else(board).or_else(|| core.map(str::to_owned));
        sample.cpu.brand = brand.or(system).unwrap_or_default();
    }
}

/// Processors that are no threads of others; `None` where the kernel does not tell. Since Linux
/// 2.6.16.
fn count_physical_cores(sys: &Root, buffer: &mut Buffer) -> Option<u64> {
    let mut siblings = Vec::new();
    let folder = Path::new("devices/system/cpu");
    let is_core =
        |name: &String| name.strip_prefix("cpu").is_some_and(|id| id.parse::<u32>().is_ok());
    for name in sys.names(folder).iter().filter(|name| is_core(name)) {
        let list = sys.text(folder.join(name).join("topology/thread_siblings_list"), buffer);
        siblings.extend(list.filter(|list| !siblings.contains(list)));
    }
    Some(siblings.len() as u64).filter(|count| *count > 0)
}

impl Collector for HostCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        self.fill_load(now, buffer, sample);
        sample.uptime = self.read_uptime(now, buffer);
        sample.users = self.users.count(now, sample.timestamp, buffer);
        let is_due = self.due.is_due(now);
        if is_due {
            self.fill_os(buffer, sample);
            self.fill_cpu(buffer, sample);
        }
        if self.detail {
            let figures = sample.detail.get_mut();
            figures.distinct_users = self.users.distinct();
            if is_due {
                figures.physical_cores = count_physical_cores(&self.sys, buffer);
            }
        }
    }

    fn handle_change(&mut self, change: Change) {
        if change == Change::Late {
            self.due.hurry();
        }
    }

    /// Who the host is, and whether it was booted, is told with each sample; it costs little.
    fn apart(&self) -> Option<Duration> {
        None
    }
}

/// Hundredths as a number with two decimals.
fn units(hundredths: u64) -> f64 {
    // A load above four thousand million is not one.
    f64::from(u32::try_from(hundredths).unwrap_or(u32::MAX)) / 100.0
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_processes_are_at_is_left_to_who_looks_at_them() {
        let folder = std::env::temp_dir().join(format!("kinglet-load-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("loadavg"), "0.10 0.20 0.30 2/9 7\n").unwrap();
        let mut collector = HostCollector::new(&Setup::of(&folder));
        let told = Processes { sleeping: Some(5), running: 7, ..Processes::default() };
        let mut sample = Sample { processes: Some(told), ..Sample::default() };
        collector.fill_load(Instant::from_millis(1000), &mut Buffer::default(), &mut sample);
        let all = sample.processes.unwrap();
        assert_eq!((all.running, all.threads, all.sleeping), (2, Some(9), Some(5)));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn uptime_goes_on_between_two_looks() {
        let folder = std::env::temp_dir().join(format!("kinglet-uptime-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut collector = HostCollector::new(&Setup::of(&folder));
        let mut buffer = Buffer::default();
        let mut read = |text: &str, ms: u64| {
            fs::write(folder.join("uptime"), text).unwrap();
            collector.read_uptime(Instant::from_millis(ms), &mut buffer)
        };
        assert_eq!(read("12.95 9.00\n", 1000), Some(12));
        assert_eq!(read("not read", 1049), Some(12));
        assert_eq!(read("not read", 1050), Some(13));
        assert_eq!(read("not read", 11_000), Some(22));
        assert_eq!(read("500.10 9.00\n", 61_000), Some(500), "a container that was moved");
        assert_eq!(read("gone", 122_000), None);
        fs::remove_dir_all(&folder).unwrap();
    }
}
