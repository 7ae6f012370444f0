//! What the processes of the host are at, and which take most, where its owner asks.
//!
//! All of them are walked now and then, never so often that it takes more than a hundredth of a
//! processor: where there are many, the walks are farther apart, and where they would have to be
//! too far apart there are none.

mod top;

use std::time::Duration;

use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Process, Processes, Sample};
use kinglet_proto::time::Instant;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use nix::unistd::{SysconfVar, sysconf};

use super::{Collector, set_text};
use crate::kernel::pid_stat::{self, State};
use crate::limits::{
    PROCESS_INTERVAL, PROCESS_INTERVAL_MAX, PROCESS_SHARE, PROCESSES_MAX, TICKS_PER_SECOND,
};
use crate::read::{Buffer, Root};
use crate::setup::{Faults, Setup};
use top::{Seen, Top};

/// Walks them.
#[derive(Debug)]
pub(super) struct ProcessCollector {
    is_on: bool,
    proc: Root,
    faults: Faults,
    page_bytes: u64,
    due: Instant,
    /// When they were walked last, and what each had used by then, by number.
    walked: Option<Instant>,
    before: Vec<Seen>,
    now: Vec<Seen>,
    states: Processes,
    top: Top,
}

impl ProcessCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
        Self {
            is_on: setup.wanted.processes,
            proc: setup.proc.clone(),
            faults: setup.faults.clone(),
            page_bytes: page.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(4096),
            due: Instant::default(),
            walked: None,
            before: Vec::new(),
            now: Vec::new(),
            states: Processes::default(),
            top: Top::default(),
        }
    }

    /// Looks at each of them.
    fn walk(&mut self, buffer: &mut Buffer) {
        self.top.clear();
        self.now.clear();
        let [mut sleeping, mut blocked, mut stopped, mut zombies] = [0; 4];
        let (proc, before, page_bytes) = (&self.proc, &self.before, self.page_bytes);
        let (now, top) = (&mut self.now, &mut self.top);
        proc.each_number(PROCESSES_MAX, |pid| {
            // One that has ended meanwhile is none.
            let file = proc.read(format!("{pid}/stat"), buffer);
            let Some(found) = file.and_then(pid_stat::parse) else { return };
            match found.state {
                State::Running => {}
                State::Sleeping => sleeping += 1,
                State::Blocked => blocked += 1,
                State::Stopped => stopped += 1,
                State::Zombie => zombies += 1,
            }
            let seen = Seen { pid, start: found.start, ticks: found.ticks };
            let at = before.binary_search_by_key(&pid, |seen| seen.pid).ok();
            // A number that went to another is a new process.
            let known = at.and_then(|at| before.get(at)).filter(|old| old.start == found.start);
            let used = known.map(|old| found.ticks.saturating_sub(old.ticks));
            top.see(pid, found.name, used, found.pages.saturating_mul(page_bytes));
            now.push(seen);
        });
        self.now.sort_unstable_by_key(|seen| seen.pid);
        std::mem::swap(&mut self.before, &mut self.now);
        self.states = Processes {
            sleeping: Some(sleeping),
            blocked: Some(blocked),
            stopped: Some(stopped),
            zombies: Some(zombies),
            ..Processes::default()
        };
    }

    /// Says which take most.
    fn tell(&mut self, elapsed: Option<Duration>, sample: &mut Sample) {
        let cores = sample.cpu.cores.map_or(0, u64::from);
        let whole = elapsed.map_or(0, |elapsed| {
            u64::try_from(elapsed.as_millis()).unwrap_or(0) * TICKS_PER_SECOND * cores / 1000
        });
        let rows = self.top.rows();
        sample.top.resize_with(rows.len(), Process::default);
        for (row, of) in sample.top.iter_mut().zip(rows) {
            set_text(&mut row.name, &String::from_utf8_lossy(of.name()));
            row.pid = of.pid.into();
            row.cpu_percent = of.used.filter(|_| whole > 0).map(|used| Percent::of(used, whole));
            row.memory_used = Some(of.memory);
        }
    }

    /// When they are walked next, after a walk that took so much of a processor.
    fn plan(&mut self, now: Instant, cost: Duration, is_first: bool) {
        let apart = cost * PROCESS_SHARE;
        if apart > PROCESS_INTERVAL_MAX {
            self.is_on = false;
            let ms = cost.as_millis();
            self.faults.tell(format!(
                "processes: a walk took {ms} ms of a processor, too much for every ten minutes; \
                 they are looked at no more"
            ));
        }
        // What each takes is known with the second walk, which may come at once.
        let least = if is_first { Duration::ZERO } else { PROCESS_INTERVAL };
        self.due = now.plus(least.max(apart));
    }
}

impl Collector for ProcessCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        if self.is_on && now >= self.due {
            let begun = processor_time();
            self.walk(buffer);
            let before = self.walked.replace(now);
            self.tell(before.map(|before| now.since(before)), sample);
            let cost = processor_time().saturating_sub(begun);
            self.plan(now, cost, before.is_none());
            if !self.is_on {
                sample.top.clear();
            }
        }
        // `host` counts them all anew in each sample.
        if let Some(all) = sample.processes.as_mut().filter(|_| self.is_on) {
            let Processes { sleeping, blocked, stopped, zombies, .. } = self.states;
            *all = Processes { sleeping, blocked, stopped, zombies, ..*all };
        }
    }
}

/// Processor time of this thread.
fn processor_time() -> Duration {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_THREAD) else { return Duration::ZERO };
    let sum = usage.user_time() + usage.system_time();
    Duration::from_micros(u64::try_from(sum.num_microseconds()).unwrap_or(0))
}

#[cfg(test)]
mod tests;
