//! Processor time: shares of the interval from the counters of `/proc/stat`, and the clock.
//!
//! Idle includes iowait. A counter that went back (iowait does, idle may after a core slept) counts
//! as not having moved. A core that appears has no share before its second sample, and says zero.

use std::cell::RefCell;
use std::rc::Rc;

use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Cpu, Sample};
use kinglet_proto::time::Instant;

use super::Collector;
use super::schedule::Schedule;
use crate::kernel::stat::Times;
use crate::kernel::text;
use crate::limits::{FREQUENCY_FILES_MAX, SENSOR_INTERVAL};
use crate::read::{Buffer, HotFile, Root};
use crate::setup::Setup;
use crate::stat_file::StatFile;

/// Reads processor time.
#[derive(Debug)]
pub(super) struct CpuCollector {
    stat: Rc<RefCell<StatFile>>,
    clocks: Vec<HotFile>,
    clocks_due: Schedule,
    clocks_of: usize,
    sys: Root,
}

impl CpuCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            stat: Rc::clone(&setup.stat),
            clocks: Vec::new(),
            clocks_due: Schedule::every(SENSOR_INTERVAL),
            clocks_of: 0,
            sys: setup.sys.clone(),
        }
    }

    /// Opens the clock files of a few cores, evenly chosen, again when cores came or went.
    fn open_clocks(&mut self) {
        let stat = self.stat.borrow();
        let cores = &stat.after.cores;
        if self.clocks_of == cores.len() {
            return;
        }
        self.clocks_of = cores.len();
        let step = cores.len().div_ceil(FREQUENCY_FILES_MAX).max(1);
        let path = |id| format!("devices/system/cpu/cpu{id}/cpufreq/scaling_cur_freq");
        let chosen = cores.iter().step_by(step).map(|core| path(core.0));
        self.clocks =
            chosen.filter(|path| self.sys.exists(path)).map(|path| self.sys.file(path)).collect();
    }

    /// Mean of the clocks, MHz.
    fn read_clocks(&mut self, now: Instant, buffer: &mut Buffer) -> Option<u32> {
        let (mut sum, mut count) = (0_u64, 0);
        for clock in &mut self.clocks {
            let khz = clock.read(now, buffer).and_then(|value| text::number(text::trim(value)));
            if let Some(khz) = khz.filter(|khz| *khz > 0) {
                sum = sum.saturating_add(khz);
                count += 1;
            }
        }
        u32::try_from(sum.checked_div(count)? / 1000).ok()
    }
}

impl Collector for CpuCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        let cpu = &mut sample.cpu;
        let mut stat = self.stat.borrow_mut();
        stat.read(now, buffer);
        fill_shares(&stat, cpu);
        fill_cores(&stat, cpu);
        drop(stat);
        if self.clocks_due.is_due(now) {
            self.open_clocks();
            // The kernel's own clock files win over what cpuinfo said once.
            cpu.frequency = self.read_clocks(now, buffer).or(cpu.frequency);
        }
    }
}

fn fill_shares(stat: &StatFile, cpu: &mut Cpu) {
    let (Some(before), Some(after)) = (&stat.before.total, &stat.after.total) else {
        cpu.usage = None;
        (cpu.user, cpu.system, cpu.nice) = (None, None, None);
        (cpu.iowait, cpu.irq, cpu.steal) = (None, None, None);
        return;
    };
    let spent = Spent::between(before, after);
    let share = |ticks| Some(Percent::of(ticks, spent.all));
    cpu.usage = share(spent.busy());
    cpu.user = share(spent.times.user);
    cpu.system = share(spent.times.system);
    cpu.nice = share(spent.times.nice);
    cpu.iowait = share(spent.times.iowait);
    cpu.irq = share(spent.times.irq.saturating_add(spent.times.softirq));
    cpu.steal = share(spent.times.steal);
}

fn fill_cores(stat: &StatFile, cpu: &mut Cpu) {
    let count = u32::try_from(stat.after.cores.len()).ok();
    cpu.cores = count.filter(|count| *count > 0);
    cpu.per_core.clear();
    for (at, (id, after)) in stat.after.cores.iter().enumerate() {
        // Almost always at the same place as before.
        let same = stat.before.cores.get(at).filter(|core| core.0 == *id);
        let before = same.or_else(|| stat.before.cores.iter().find(|core| core.0 == *id));
        cpu.per_core.push(before.map_or_else(Percent::default, |(_, before)| {
            let spent = Spent::between(before, after);
            Percent::of(spent.busy(), spent.all)
        }));
    }
}

/// What passed between two readings.
struct Spent {
    times: Times,
    all: u64,
}

impl Spent {
    fn between(before: &Times, after: &Times) -> Self {
        let times = Times {
            user: after.user.saturating_sub(before.user),
            nice: after.nice.saturating_sub(before.nice),
            system: after.system.saturating_sub(before.system),
            idle: after.idle.saturating_sub(before.idle),
            iowait: after.iowait.saturating_sub(before.iowait),
            irq: after.irq.saturating_sub(before.irq),
            softirq: after.softirq.saturating_sub(before.softirq),
            steal: after.steal.saturating_sub(before.steal),
        };
        let irq = times.irq.saturating_add(times.softirq);
        let all = [times.nice, times.system, times.idle, times.iowait, irq, times.steal]
            .iter()
            .fold(times.user, |sum, ticks| sum.saturating_add(*ticks));
        Self { times, all }
    }

    fn busy(&self) -> u64 {
        self.all.saturating_sub(self.times.idle).saturating_sub(self.times.iowait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::stat::{self, Places};

    fn collected(before: &str, after: &str) -> Cpu {
        let mut stat = StatFile::new(&Root::new("/nowhere"));
        let parse = |text: &str, stat| {
            stat::parse(text.as_bytes(), stat, &mut Places::default());
        };
        parse(before, &mut stat.before);
        parse(after, &mut stat.after);
        let mut cpu = Cpu::default();
        fill_shares(&stat, &mut cpu);
        fill_cores(&stat, &mut cpu);
        cpu
    }

    fn percents(cpu: &Cpu) -> Vec<f64> {
        cpu.per_core.iter().map(|core| core.get()).collect()
    }

    #[test]
    fn idle_includes_iowait_and_guest_is_counted_once() {
        let cpu = collected(
            "cpu  100 0 100 1000 100 0 0 0 50 0\n",
            "cpu  110 5 110 1060 105 2 3 5 60 0\n",
        );
        assert_eq!(cpu.usage, Some(Percent::of(35, 100)));
        assert_eq!(cpu.user, Some(Percent::of(10, 100)));
        assert_eq!(cpu.nice, Some(Percent::of(5, 100)));
        assert_eq!(cpu.iowait, Some(Percent::of(5, 100)));
        assert_eq!(cpu.irq, Some(Percent::of(5, 100)));
        assert_eq!(cpu.steal, Some(Percent::of(5, 100)));
    }

    #[test]
    fn idle_that_jumps_back_is_time_that_did_not_pass() {
        let cpu = collected("cpu  100 0 0 1000 90 0 0\n", "cpu  150 0 0 990 80 0 0\n");
        assert_eq!(cpu.usage, Some(Percent::of(1, 1)));
        let still = collected("cpu  1 1 1 1\n", "cpu  1 1 1 1\n");
        assert_eq!(still.usage, Some(Percent::default()), "no time passed: zero, not NaN");
    }

    #[test]
    fn cores_are_compared_by_number() {
        let cpu = collected(
            "cpu  9 0 0 9\ncpu0 10 0 0 10\ncpu2 10 0 0 10\n",
            "cpu  9 0 0 9\ncpu0 10 0 0 20\ncpu1 900 0 0 100\ncpu2 20 0 0 20\n",
        );
        assert_eq!(percents(&cpu), [0.0, 0.0, 50.0]);
        assert_eq!(cpu.cores, Some(3));
        let unplugged = collected("cpu0 1 0 0 1\ncpu1 5 0 0 5\n", "cpu1 9 0 0 6\n");
        assert_eq!(percents(&unplugged), [80.0]);
    }

    #[test]
    fn what_the_kernel_does_not_say_is_absent() {
        let cpu = collected("", "");
        assert_eq!(cpu, Cpu::default());
        assert_eq!(collected("", "cpu  1 2 3 4\n").usage, None, "one reading has no share");
    }
}
