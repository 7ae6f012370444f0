//! The agent's own budget: what it takes of a processor and of memory, held to what its owner
//! gives.
//!
//! What counts is the processor time of the whole program, over a window of a dozen samples or
//! more: the connections, the reports and the threads that read for it are in it. Only while that
//! is too much, or may be little enough for a collector to be read more often again, the thread's
//! time is asked around each collector. Memory is looked at only: what is read less often frees
//! none.

mod decider;
mod words;

use std::mem;
use std::time::Duration;

use kinglet_proto::percent::scaled;
use kinglet_proto::sample::Sample;
use kinglet_proto::time::Instant;

use self::decider::{Decider, Decision, Taken};
use self::words::{HUNDREDTH, Whole};
use crate::limits::{BUDGET_RSS_EIGHTHS, BUDGET_SAMPLES, BUDGET_START_SAMPLES};
use crate::processor;
use crate::setup::{Budget, Faults};

/// Makes collectors rarer that are too costly.
pub(crate) struct Throttle {
    budget: Budget,
    /// `None` where a processor has no bound.
    decider: Option<Decider>,
    collectors: Vec<Collected>,
    groups: Vec<Group>,
    /// Time from sample to sample, as it usually is.
    interval: Duration,
    spent: Spent,
    /// The thread's time when a collector was asked last.
    thread: Duration,
    /// Samples before the first window.
    start: u32,
    window: Option<Window>,
    is_over: IsOver,
    notes: Vec<String>,
}

/// What it knows of a collector.
pub(crate) struct Member {
    /// Its name.
    pub(crate) name: &'static str,
    /// Which one it goes in step with: that one's name, or its own.
    pub(crate) in_step: &'static str,
    /// How far apart its readings are by themselves; `None` for one that is always asked.
    pub(crate) apart: Option<Duration>,
}

/// What was used so far, as the kernel accounts it.
pub(crate) struct Spent {
    pub(crate) program: Box<dyn Fn() -> Duration>,
    pub(crate) thread: Box<dyn Fn() -> Duration>,
}

/// A collector: its group, and what it took in this window.
#[derive(Debug)]
struct Collected {
    name: &'static str,
    group: Option<usize>,
    cost: Duration,
}

/// Collectors that go in step.
#[derive(Debug)]
struct Group {
    name: &'static str,
    apart: Duration,
    /// Samples since it was asked.
    waited: u32,
    is_due: bool,
}

/// A window under way.
#[derive(Debug)]
struct Window {
    begun: Instant,
    /// What the program had used by then.
    used: Duration,
    samples: u32,
}

/// What is more than it may be; `None` before that is known.
#[derive(Debug, Clone, Copy, Default)]
struct IsOver {
    processor: Option<bool>,
    rss: Option<bool>,
}

impl Spent {
    fn of_kernel() -> Self {
        Self {
            program: Box::new(|| processor::of_program().unwrap_or_default()),
            thread: Box::new(|| processor::of_thread().unwrap_or_default()),
        }
    }
}

impl Throttle {
    /// Of these collectors, in the order in which they are asked, where samples are so far apart;
    /// `None` where nothing is bounded.
    pub(crate) fn new(
        budget: Option<Budget>,
        interval: Duration,
        members: impl Iterator<Item = Member>,
    ) -> Option<Self> {
        budget.map(|budget| Self::with(budget, interval, members, Spent::of_kernel()))
    }

    /// The same with another who says what was used.
    pub(crate) fn with(
        budget: Budget,
        interval: Duration,
        members: impl Iterator<Item = Member>,
        spent: Spent,
    ) -> Self {
        let (mut groups, mut collectors) = (Vec::<Group>::new(), Vec::new());
        for Member { name, in_step, apart } in members {
            let group = apart.map(|apart| {
                let at = groups.iter().position(|group| group.name == in_step);
                let at = at.unwrap_or_else(|| {
                    groups.push(Group { name: in_step, apart, waited: 0, is_due: true });
                    groups.len() - 1
                });
                groups[at].apart = groups[at].apart.min(apart);
                at
            });
            collectors.push(Collected { name, group, cost: Duration::ZERO });
        }
        let aparts = groups.iter().map(|group| group.apart);
        let decider = budget.processor.map(|_| Decider::new(bound(budget), aparts));
        Self {
            budget,
            decider,
            collectors,
            groups,
            interval,
            spent,
            thread: Duration::ZERO,
            start: BUDGET_START_SAMPLES,
            window: None,
            is_over: IsOver::default(),
            notes: Vec::new(),
        }
    }

    /// A sample begins.
    pub(crate) fn begin(&mut self) {
        let Some(decider) = &self.decider else { return };
        for (at, group) in self.groups.iter_mut().enumerate() {
            group.waited += 1;
            group.is_due = group.waited >= decider.every(at);
            if group.is_due {
                group.waited = 0;
            }
        }
        if decider.measures() {
            self.thread = (self.spent.thread)();
        }
    }

    /// Whether a collector is to be asked at this sample.
    pub(crate) fn is_due(&self, collector: usize) -> bool {
        let group = self.collectors.get(collector).and_then(|collected| collected.group);
        group.and_then(|group| self.groups.get(group)).is_none_or(|group| group.is_due)
    }

    /// A collector was asked, the last one so far.
    pub(crate) fn handle_asked(&mut self, collector: usize) {
        if self.decider.as_ref().is_some_and(Decider::measures)
            && let Some(collected) = self.collectors.get_mut(collector)
        {
            let thread = (self.spent.thread)();
            collected.cost += thread.saturating_sub(mem::replace(&mut self.thread, thread));
        }
    }

    /// A sample is whole: says in it what is made rarer, and looks whether that is enough.
    pub(crate) fn end(&mut self, now: Instant, sample: &mut Sample, faults: &Faults) {
        let Some(agent) = &mut sample.agent else { return };
        if self.start > 0 {
            self.start -= 1;
        } else if self.is_whole() {
            // What went on while the host slept was none of it the agent's.
            if let Some(elapsed) = self.elapsed(now) {
                self.judge_processor(elapsed, faults);
                self.judge_memory(agent.rss, faults);
            }
            self.window = None;
        }
        if self.start == 0 && self.window.is_none() {
            for collected in &mut self.collectors {
                collected.cost = Duration::ZERO;
            }
            self.window = Some(Window { begun: now, used: (self.spent.program)(), samples: 0 });
        }
        agent.slowed = self.decider.as_ref().map(|decider| self.count_rarer(decider));
        agent.over_budget = match (self.is_over.processor, self.is_over.rss) {
            (None, None) => None,
            (one, other) => Some(one == Some(true) || other == Some(true)),
        };
    }

    /// What the owner should know that is no fault.
    pub(crate) fn take_notes(&mut self) -> Vec<String> {
        mem::take(&mut self.notes)
    }

    fn count_rarer(&self, decider: &Decider) -> u64 {
        let groups = self.collectors.iter().filter_map(|collected| collected.group);
        groups.filter(|group| decider.is_rarer(*group)).count() as u64
    }

    /// Whether the window has enough samples, this one counted.
    fn is_whole(&mut self) -> bool {
        let Some(window) = &mut self.window else { return false };
        window.samples += 1;
        let round = |decider: &Decider| decider.round(self.interval);
        window.samples >= BUDGET_SAMPLES
            && self.decider.as_ref().is_none_or(|decider| window.samples >= round(decider))
    }

    /// How long the window was; `None` where that is much longer than its samples account for.
    fn elapsed(&self, now: Instant) -> Option<Duration> {
        let window = self.window.as_ref()?;
        let elapsed = now.since(window.begun);
        (elapsed <= self.interval * window.samples * 2).then_some(elapsed)
    }

    fn judge_processor(&mut self, elapsed: Duration, faults: &Faults) {
        let (Some(decider), Some(window)) = (&mut self.decider, &self.window) else { return };
        let all = a_second((self.spent.program)().saturating_sub(window.used), elapsed);
        let mut groups = vec![0; self.groups.len()];
        for collected in &self.collectors {
            if let Some(sum) = collected.group.and_then(|group| groups.get_mut(group)) {
                *sum += a_second(collected.cost, elapsed);
            }
        }
        self.is_over.processor = Some(decider.is_more(all));
        let decision = decider.judge(Taken { all, groups: &groups, interval: self.interval });
        let cost = |group: usize| groups.get(group).copied().unwrap_or(0);
        let names = |group| names(&self.collectors, group);
        let whole = Whole { took: all, may: bound(self.budget) };
        match decision {
            Decision::Stay => {}
            Decision::Rarer(group, after, before) => {
                let note = whole.rarer(&names(group), cost(group), after, before);
                self.notes.push(note);
            }
            Decision::Again(group, apart) => self.notes.push(whole.again(&names(group), apart)),
            Decision::Helpless => faults.tell(whole.helpless()),
        }
    }

    /// Nothing that the agent can leave for a while gives memory back, so it is said, and no more.
    fn judge_memory(&mut self, rss: Option<u64>, faults: &Faults) {
        let Some((most, rss)) = self.budget.rss.zip(rss) else { return };
        let was_over = self.is_over.rss == Some(true);
        let line = if was_over { most / 8 * BUDGET_RSS_EIGHTHS } else { most };
        let is_over = rss > line;
        self.is_over.rss = Some(is_over);
        if is_over && !was_over {
            faults.tell(words::too_large(rss, most));
        } else if was_over && !is_over {
            self.notes.push(words::small_again(rss, most));
        }
    }
}

/// What the program may take of a processor, in microseconds a second.
fn bound(budget: Budget) -> u64 {
    u64::from(budget.processor.unwrap_or(0)) * HUNDREDTH
}

/// The names of those of a group that take a part of it that matters.
fn names(collectors: &[Collected], group: usize) -> String {
    let of_group = || collectors.iter().filter(|collected| collected.group == Some(group));
    let sum: Duration = of_group().map(|collected| collected.cost).sum();
    let matter = of_group().filter(|collected| collected.cost * 10 >= sum);
    matter.map(|collected| collected.name).collect::<Vec<_>>().join(", ")
}

/// Microseconds of a processor a second.
fn a_second(used: Duration, elapsed: Duration) -> u64 {
    let us = u64::try_from(used.as_micros()).unwrap_or(u64::MAX);
    let ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    scaled(us, 1000, ms)
}
