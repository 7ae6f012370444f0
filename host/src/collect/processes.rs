//! What the processes of the host are at, and which take most, where its owner asks.
//!
//! All of them are walked now and then, a part with each sample that is the larger the rarer these
//! are, and never so often that it takes more than a hundredth of a processor: where there are
//! many, the walks are farther apart, and where they would have to be too far apart there are none.

mod top;

use std::mem;
use std::time::Duration;

use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Process, Processes, Sample};
use kinglet_proto::time::Instant;
use nix::unistd::{SysconfVar, sysconf};

use super::{Collector, set_text};
use crate::kernel::pid_stat::{self, State};
use crate::limits::{
    PROCESS_INTERVAL, PROCESS_INTERVAL_MAX, PROCESS_SHARE, PROCESSES_AT_ONCE, PROCESSES_MAX,
    PROCESSES_PACE, TICKS_PER_SECOND,
};
use crate::processor;
use crate::read::{Buffer, Numbers, Root};
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
    walk: Option<Walk>,
    /// When they were walked last, and what each had used by then, by number.
    walked: Option<Instant>,
    before: Vec<Seen>,
    now: Vec<Seen>,
    states: Processes,
    top: Top,
    /// The owner knows that he is told of his own alone.
    is_told: bool,
}

/// A walk under way.
#[derive(Debug)]
struct Walk {
    numbers: Numbers,
    begun: Instant,
    /// When the last part of it was taken.
    went_on: Instant,
    /// What it has taken of a processor.
    cost: Duration,
    /// Those that sleep, are blocked, stopped and zombies.
    counts: [u64; 4],
    /// It has seen the first process, which only root and its own user see under hidepid.
    has_init: bool,
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
            walk: None,
            walked: None,
            before: Vec::new(),
            now: Vec::new(),
            states: Processes::default(),
            top: Top::default(),
            is_told: false,
        }
    }

    /// Goes on with a walk, or begins one.
    fn step(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        let begun = processor_time();
        let Some(mut walk) = self.walk.take().or_else(|| self.begin(now)) else { return };
        let apart = now.since(mem::replace(&mut walk.went_on, now)).as_secs();
        let parts = usize::try_from(apart / PROCESSES_PACE.as_secs()).unwrap_or(1).max(1);
        let is_over = self.look(&mut walk, parts.saturating_mul(PROCESSES_AT_ONCE), buffer);
        walk.cost += processor_time().saturating_sub(begun);
        match is_over {
            true => self.finish(&walk, sample),
            false => self.walk = Some(walk),
        }
    }

    fn begin(&mut self, now: Instant) -> Option<Walk> {
        self.top.clear();
        self.now.clear();
        self.due = now.plus(PROCESS_INTERVAL);
        let numbers = self.proc.numbers()?;
        let (cost, counts, has_init) = (Duration::ZERO, [0; 4], false);
        Some(Walk { numbers, begun: now, went_on: now, cost, counts, has_init })
    }

    /// Looks at so many more of them; whether these were the last.
    fn look(&mut self, walk: &mut Walk, count: usize, buffer: &mut Buffer) -> bool {
        let [sleeping, blocked, stopped, zombies] = &mut walk.counts;
        let mut looked_at = 0;
        for pid in walk.numbers.by_ref().take(count) {
            looked_at += 1;
            // One that has ended meanwhile is none.
            let file = self.proc.read(format!("{pid}/stat"), buffer);
            let Some(found) = file.and_then(pid_stat::parse) else { continue };
            match found.state {
                State::Running => {}
                State::Sleeping => *sleeping += 1,
                State::Blocked => *blocked += 1,
                State::Stopped => *stopped += 1,
                State::Zombie => *zombies += 1,
            }
            walk.has_init |= pid == 1;
            let seen = Seen { pid, start: found.start, ticks: found.ticks };
            let at = self.before.binary_search_by_key(&pid, |seen| seen.pid).ok();
            // A number that went to another is a new process.
            let known = at.and_then(|at| self.before.get(at));
            let known = known.filter(|old| old.start == found.start);
            let used = known.map(|old| found.ticks.saturating_sub(old.ticks));
            let memory = found.pages.saturating_mul(self.page_bytes);
            self.top.see(pid, found.name, used, memory);
            self.now.push(seen);
        }
        looked_at < count || self.now.len() >= PROCESSES_MAX
    }

    fn finish(&mut self, walk: &Walk, sample: &mut Sample) {
        self.now.sort_unstable_by_key(|seen| seen.pid);
        mem::swap(&mut self.before, &mut self.now);
        let [sleeping, blocked, stopped, zombies] = walk.counts.map(Some);
        self.states = Processes { sleeping, blocked, stopped, zombies, ..Processes::default() };
        if !walk.has_init && !mem::replace(&mut self.is_told, true) {
            self.faults.tell(
                "processes: /proc shows only this user's own (it is mounted with hidepid); what \
                 is told is of those alone"
                    .to_owned(),
            );
        }
        let before = self.walked.replace(walk.begun);
        self.tell(before.map(|before| walk.begun.since(before)), sample);
        self.plan(walk.begun, walk.cost, before.is_none());
        if !self.is_on {
            sample.top.clear();
        }
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

    /// When they are walked next, after one that began then and took so much of a processor.
    fn plan(&mut self, begun: Instant, cost: Duration, is_first: bool) {
        let apart = cost * PROCESS_SHARE;
        if apart > PROCESS_INTERVAL_MAX {
            self.is_on = false;
            self.states = Processes::default();
            let ms = cost.as_millis();
            self.faults.tell(format!(
                "processes: a walk took {ms} ms of a processor, too much for every ten minutes; \
                 they are looked at no more"
            ));
        }
        // What each takes is known with the second walk, which may come at once.
        let least = if is_first { Duration::ZERO } else { PROCESS_INTERVAL };
        self.due = begun.plus(least.max(apart));
    }
}

impl Collector for ProcessCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        if self.is_on && (self.walk.is_some() || now >= self.due) {
            self.step(now, buffer, sample);
        }
        // What `host` counts is its own.
        if let Some(all) = &mut sample.processes {
            let Processes { sleeping, blocked, stopped, zombies, .. } = self.states;
            *all = Processes { sleeping, blocked, stopped, zombies, ..*all };
        }
    }

    fn apart(&self) -> Option<Duration> {
        self.is_on.then_some(PROCESS_INTERVAL)
    }
}

/// Processor time of this thread.
fn processor_time() -> Duration {
    processor::of_thread().unwrap_or_default()
}

#[cfg(test)]
mod tests;
