//! Processor time: shares of the interval from the counters of `/proc/stat`, and the clock.
//!
//! Idle includes iowait. A counter that went back (iowait does, idle may after a core slept) counts
//! as not having moved. Counters that moved farther than the clock did are noise. Without steal,
//! which is the hypervisor's word and jumps when a guest moves, the rest may be right: then it
//! counts; else that interval has no shares. A core that appears has no share before its second
//! sample, and says zero; one whose counters are noise is left out.

mod shares;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Cpu, Sample};
use kinglet_proto::time::Instant;

use super::Collector;
use super::schedule::Schedule;
use crate::kernel::stat::Times;
use crate::kernel::text;
use crate::limits::{FREQUENCY_FILES_MAX, SENSOR_INTERVAL, TICKS_PER_SECOND, TICKS_SPARE};
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
    /// Whether a sample has its detail.
    detail: bool,
}

impl CpuCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            stat: Rc::clone(&setup.stat),
            clocks: Vec::new(),
            clocks_due: Schedule::every(SENSOR_INTERVAL),
            clocks_of: 0,
            sys: setup.sys.clone(),
            detail: setup.detail,
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
        self.clocks.iter_mut().for_each(HotFile::ask);
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
        if self.detail {
            shares::fill(&stat, &mut sample.detail.get_mut().cpus);
        }
        drop(stat);
        if self.clocks_due.is_due(now) {
            self.open_clocks();
            // The kernel's own clock files win over what cpuinfo said once.
            cpu.frequency = self.read_clocks(now, buffer).or(cpu.frequency);
        }
    }
}

fn fill_shares(stat: &StatFile, cpu: &mut Cpu) {
    let room = room(stat.elapsed, stat.after.cores.len().max(1));
    let both = stat.before.total.as_ref().zip(stat.after.total.as_ref());
    let Some(spent) = both.and_then(|(before, after)| Spent::between(before, after, room)) else {
        cpu.usage = None;
        (cpu.user, cpu.system, cpu.nice) = (None, None, None);
        (cpu.iowait, cpu.irq, cpu.steal) = (None, None, None);
        return;
    };
    let share = |ticks| Percent::of(ticks, spent.all);
    cpu.usage = Some(spent.usage());
    cpu.user = Some(share(spent.times.user));
    cpu.system = Some(share(spent.times.system));
    cpu.nice = Some(share(spent.times.nice));
    cpu.iowait = Some(share(spent.times.iowait));
    cpu.irq = Some(share(spent.times.irq.saturating_add(spent.times.softirq)));
    cpu.steal = spent.is_steal_known.then(|| share(spent.times.steal));
}

fn fill_cores(stat: &StatFile, cpu: &mut Cpu) {
    let count = u32::try_from(stat.after.cores.len()).ok();
    cpu.cores = count.filter(|count| *count > 0);
    cpu.per_core.clear();
    cpu.core_numbers.clear();
    let room = room(stat.elapsed, 1);
    let mut is_plain = true;
    for (at, (id, after)) in stat.after.cores.iter().enumerate() {
        let share = match stat.core_before(at, *id) {
            Some(before) => Spent::between(before, after, room).map(|spent| spent.usage()),
            None => Some(Percent::default()),
        };
        if let (Some(share), Ok(number)) = (share, u32::try_from(*id)) {
            is_plain &= u64::try_from(cpu.per_core.len()) == Ok(*id);
            cpu.per_core.push(share);
            cpu.core_numbers.push(number);
        }
    }
    if is_plain {
        cpu.core_numbers.clear();
    }
}

/// Ticks that can pass on so many cores: what the time has room for and a quarter more, since a
/// sample's clock is read a moment before the counters are.
fn room(elapsed: Duration, cores: usize) -> u64 {
    let ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let ticks = ms.saturating_mul(TICKS_PER_SECOND) / 1000;
    let of_core = ticks.saturating_add(ticks / 4).saturating_add(TICKS_SPARE);
    of_core.saturating_mul(u64::try_from(cores).unwrap_or(u64::MAX))
}

/// What passed between two readings.
struct Spent {
    times: Times,
    all: u64,
    is_steal_known: bool,
}

impl Spent {
    /// `None` when more passed than there was room for.
    fn between(before: &Times, after: &Times, room: u64) -> Option<Self> {
        let mut times = Times {
            user: after.user.saturating_sub(before.user),
            nice: after.nice.saturating_sub(before.nice),
            system: after.system.saturating_sub(before.system),
            idle: after.idle.saturating_sub(before.idle),
            iowait: after.iowait.saturating_sub(before.iowait),
            irq: after.irq.saturating_sub(before.irq),
            softirq: after.softirq.saturating_sub(before.softirq),
            steal: after.steal.saturating_sub(before.steal),
            guest: after.guest.saturating_sub(before.guest),
            guest_nice: after.guest_nice.saturating_sub(before.guest_nice),
        };
        let irq = times.irq.saturating_add(times.softirq);
        let ours = [times.nice, times.system, times.idle, times.iowait, irq]
            .iter()
            .fold(times.user, |sum, ticks| sum.saturating_add(*ticks));
        let is_steal_known = ours.saturating_add(times.steal) <= room;
        if !is_steal_known {
            times.steal = 0;
        }
        let all = ours.saturating_add(times.steal);
        (all <= room).then_some(Self { times, all, is_steal_known })
    }

    fn busy(&self) -> u64 {
        self.all.saturating_sub(self.times.idle).saturating_sub(self.times.iowait)
    }

    fn usage(&self) -> Percent {
        Percent::of(self.busy(), self.all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::stat::{self, Places};

    /// What ten seconds between two readings come to.
    fn collected(before: &str, after: &str) -> Cpu {
        let mut stat = StatFile::new(&Root::new("/nowhere"));
        let parse = |text: &str, stat| {
            stat::parse(text.as_bytes(), stat, &mut Places::default());
        };
        parse(before, &mut stat.before);
        parse(after, &mut stat.after);
        stat.elapsed = Duration::from_secs(10);
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
    fn steal_that_outruns_the_clock_is_noise_and_the_rest_counts() {
        // A guest was moved to another machine: its steal counter is that one's.
        let moved = collected(
            "cpu  400 0 100 5000 0 0 0 7000000\ncpu0 400 0 100 5000 0 0 0 7000000\n",
            "cpu  600 0 200 5700 0 0 0 9123456\ncpu0 600 0 200 5700 0 0 0 9123456\n",
        );
        assert_eq!((moved.usage, moved.steal), (Some(Percent::of(30, 100)), None));
        assert_eq!(percents(&moved), [30.0]);
        let beside = collected("cpu  0 0 0 0 0 0 0 0\n", "cpu  250 0 0 750 0 0 0 900\n");
        assert_eq!((beside.usage, beside.steal), (Some(Percent::of(1, 4)), None), "no room for it");
        let stolen = collected("cpu  0 0 0 0 0 0 0 0\n", "cpu  100 0 0 400 0 0 0 500\n");
        assert_eq!(
            (stolen.usage, stolen.steal),
            (Some(Percent::of(6, 10)), Some(Percent::of(1, 2)))
        );
    }

    #[test]
    fn more_time_than_passed_is_no_share_of_it() {
        let wild = collected("cpu  0 0 0 0 0\n", "cpu  500 0 0 99000 0\n");
        assert_eq!((wild.usage, wild.user, wild.steal), (None, None, None), "idle ran away");
        // Each could be, all together could not: two cores have 2,000 ticks in ten seconds.
        let cores = "cpu0 0 0 0 0\ncpu1 0 0 0 0\n";
        let busy = format!("cpu  1500 0 1500 0\n{cores}");
        assert_eq!(collected(&format!("cpu  0 0 0 0\n{cores}"), &busy).usage, None);
        let late = format!("cpu  1100 0 1100 0\n{cores}");
        let usage = collected(&format!("cpu  0 0 0 0\n{cores}"), &late).usage;
        assert_eq!(usage, Some(Percent::of(1, 1)), "the second reading came late");
    }

    #[test]
    fn shares_say_whose_they_are_unless_every_core_has_one() {
        let (before, after) = ("cpu0 0 0 0 0\ncpu1 0 0 0 0\n", "cpu0 5 0 0 5\ncpu1 1 0 0 3\n");
        let plain = collected(before, after);
        assert_eq!((percents(&plain), plain.core_numbers), (vec![50.0, 25.0], vec![]));
        let offline = collected("cpu0 0 0 0 0\ncpu3 0 0 0 0\n", "cpu0 5 0 0 5\ncpu3 1 0 0 3\n");
        assert_eq!((percents(&offline), offline.core_numbers), (vec![50.0, 25.0], vec![0, 3]));
        let noise = collected(before, "cpu0 5 0 0 999999\ncpu1 1 0 0 3\n");
        assert_eq!((percents(&noise), noise.core_numbers), (vec![25.0], vec![1]));
        assert_eq!(noise.cores, Some(2));
    }

    #[test]
    fn what_the_kernel_does_not_say_is_absent() {
        let cpu = collected("", "");
        assert_eq!(cpu, Cpu::default());
        assert_eq!(collected("", "cpu  1 2 3 4\n").usage, None, "one reading has no share");
    }
}
