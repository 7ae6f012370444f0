//! What the kernel counts since boot: switches, interrupts, forks, kills, swapping.

use std::cell::RefCell;
use std::rc::Rc;

use kinglet_proto::sample::{Kernel, Sample};
use kinglet_proto::time::Instant;

use super::Collector;
use crate::kernel::stat::Stat;
use crate::kernel::vmstat::{self, Places, Vmstat};
use crate::read::{Buffer, HotFile};
use crate::setup::Setup;
use crate::stat_file::StatFile;

/// Reads the kernel's counters.
#[derive(Debug)]
pub(super) struct KernelCollector {
    stat: Rc<RefCell<StatFile>>,
    vmstat: HotFile,
    places: Places,
}

impl KernelCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            stat: Rc::clone(&setup.stat),
            vmstat: setup.proc.file("vmstat"),
            places: Places::default(),
        }
    }

    fn read_vmstat(&mut self, now: Instant, buffer: &mut Buffer) -> Vmstat {
        let mut found = Vmstat::default();
        self.vmstat.read_until(now, buffer, &mut |text| {
            found = vmstat::parse(text, &mut self.places);
            found.oom_kills.is_some()
        });
        found
    }
}

impl Collector for KernelCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        self.stat.borrow_mut().read(now, buffer);
        let vmstat = self.read_vmstat(now, buffer);
        let kernel = account(&self.stat.borrow().after, &vmstat);
        sample.kernel = (kernel != Kernel::default()).then_some(kernel);
    }
}

fn account(stat: &Stat, vmstat: &Vmstat) -> Kernel {
    Kernel {
        // Of a board without a clock the kernel says that it booted in 1970.
        boot_time: stat.boot_time.filter(|seconds| *seconds > 0),
        context_switches: stat.context_switches,
        interrupts: stat.interrupts,
        forks: stat.forks,
        running: stat.running,
        blocked: stat.blocked,
        oom_kills: vmstat.oom_kills,
        pages_swapped_in: vmstat.swapped_in,
        pages_swapped_out: vmstat.swapped_out,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_the_kernel_counts_is_found_beyond_the_first_page() {
        let folder = std::env::temp_dir().join(format!("kinglet-kernel-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut collector = KernelCollector::new(&Setup::of(&folder));
        let (mut buffer, mut sample) = (Buffer::default(), Sample::default());
        let mut collect = |second: u64| {
            collector.collect(Instant::from_millis(second * 1000), &mut buffer, &mut sample);
            sample.kernel
        };
        assert_eq!(collect(1), None, "a host without either file");
        // A page ends within the number.
        let before = format!("pswpin 7\n{}\n", "x".repeat(4096 - "pswpin 7\n\noom_kill 12".len()));
        fs::write(folder.join("vmstat"), format!("{before}oom_kill 123\nmore 5\n")).unwrap();
        fs::write(folder.join("stat"), "intr 5\nctxt 6\nbtime 0\nprocesses 8\n").unwrap();
        let kernel = Kernel {
            interrupts: Some(5),
            context_switches: Some(6),
            forks: Some(8),
            pages_swapped_in: Some(7),
            oom_kills: Some(123),
            ..Kernel::default()
        };
        assert_eq!(collect(100), Some(kernel), "booted before its clock was set");
        fs::remove_dir_all(&folder).unwrap();
    }
}
