//! Which collectors are made rarer, and which more frequent again. Pure: it is told what the agent
//! took, and of it each group of collectors.
//!
//! One step at a time, and each is looked at before the next: the costliest group is read half as
//! often, down to an eighth, and never less often than once a minute. Back it goes, the last first,
//! when the agent has been well below its budget for a while and would stay within it.

use std::mem;
use std::time::Duration;

use kinglet_proto::percent::scaled;

use crate::limits::{
    BUDGET_APART_MAX, BUDGET_CALM, BUDGET_CALM_LOOKS, BUDGET_REST_LOOKS, BUDGET_ROOM, BUDGET_SHARE,
    BUDGET_STEPS_MAX,
};

/// Holds what is taken of a processor to a bound.
#[derive(Debug)]
pub(super) struct Decider {
    /// Like all that is taken, in microseconds of a processor a second.
    bound: u64,
    groups: Vec<Group>,
    /// The groups that were made rarer, in this order: one that was so twice stands twice.
    rarer: Vec<usize>,
    /// Looks in a row that found the agent well below its bound.
    calm: u32,
    /// Looks until it is worth knowing again what each group takes.
    rest: u32,
    is_helpless: bool,
    measures: bool,
}

/// Collectors that go in step.
#[derive(Debug)]
struct Group {
    /// How far apart they read by themselves.
    apart: Duration,
    /// How often they were made rarer.
    step: u32,
    /// They are asked at every so many samples.
    every: u32,
}

/// What was taken since the last look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken<'a> {
    /// By the whole program.
    pub(super) all: u64,
    /// By each group, where that was measured.
    pub(super) groups: &'a [u64],
    /// Time from sample to sample.
    pub(super) interval: Duration,
}

/// What follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// All stays as it is.
    Stay,
    /// A group is read so far apart from now on, and no more as it was before.
    Rarer(usize, Duration, Duration),
    /// A group is read so far apart again.
    Again(usize, Duration),
    /// It is too much, and nothing that could be made rarer takes a part of it that matters.
    Helpless,
}

impl Decider {
    pub(super) fn new(bound: u64, aparts: impl Iterator<Item = Duration>) -> Self {
        let groups = aparts.map(|apart| Group { apart, step: 0, every: 1 }).collect();
        let (rarer, calm, rest, is_helpless) = (Vec::new(), 0, 0, false);
        // What a start finds is judged at once.
        Self { bound, groups, rarer, calm, rest, is_helpless, measures: true }
    }

    /// Whether it is to be measured what each group takes.
    pub(super) fn measures(&self) -> bool {
        self.measures
    }

    /// A group is asked at every so many samples.
    pub(super) fn every(&self, group: usize) -> u32 {
        self.groups.get(group).map_or(1, |group| group.every)
    }

    /// Whether a group is read less often than by itself.
    pub(super) fn is_rarer(&self, group: usize) -> bool {
        self.groups.get(group).is_some_and(|group| group.step > 0)
    }

    /// Samples in which every group is read once, those that are so rare by themselves apart.
    pub(super) fn round(&self, interval: Duration) -> u32 {
        let often = self.groups.iter().filter(|group| group.apart <= BUDGET_APART_MAX);
        often.map(|group| group.samples(group.step, interval)).max().unwrap_or(1)
    }

    /// Whether so much is too much.
    pub(super) fn is_more(&self, all: u64) -> bool {
        all > self.bound
    }

    /// Takes one step at most.
    pub(super) fn judge(&mut self, taken: Taken<'_>) -> Decision {
        let was_measured = mem::take(&mut self.measures);
        if self.is_more(taken.all) {
            self.calm = 0;
            self.judge_too_much(taken, was_measured)
        } else {
            self.rest = 0;
            let is_calm = is_below(taken.all, self.bound, BUDGET_CALM);
            self.calm = if is_calm { self.calm + 1 } else { 0 };
            self.judge_enough(taken, was_measured)
        }
    }

    fn judge_too_much(&mut self, taken: Taken<'_>, was_measured: bool) -> Decision {
        if !was_measured {
            self.rest = self.rest.saturating_sub(1);
            self.measures = self.rest == 0;
            return Decision::Stay;
        }
        let matters = |cost: u64| cost > 0 && cost.saturating_mul(BUDGET_SHARE) >= taken.all;
        let can = |at: &usize| self.groups[*at].rarer(taken.interval).is_some();
        let costs = taken.groups.iter().copied();
        let found =
            (0..self.groups.len()).zip(costs).filter(|(at, cost)| matters(*cost) && can(at));
        let Some((at, _)) = found.max_by_key(|(_, cost)| *cost) else {
            self.rest = BUDGET_REST_LOOKS;
            let was_helpless = mem::replace(&mut self.is_helpless, true);
            return if was_helpless { Decision::Stay } else { Decision::Helpless };
        };
        self.measures = true;
        self.rarer.push(at);
        let group = &mut self.groups[at];
        let before = group.samples(group.step, taken.interval);
        group.set_step(group.step + 1, taken.interval);
        Decision::Rarer(at, taken.interval * group.every, taken.interval * before)
    }

    fn judge_enough(&mut self, taken: Taken<'_>, was_measured: bool) -> Decision {
        let is_time = self.calm >= BUDGET_CALM_LOOKS;
        self.is_helpless &= !is_time;
        if self.rarer.is_empty() {
            return Decision::Stay;
        }
        if !is_time || !was_measured {
            self.measures = self.calm + 1 >= BUDGET_CALM_LOOKS;
            return Decision::Stay;
        }
        self.calm = 0;
        let fits = |at: &usize| {
            let cost = taken.groups.get(*at).copied().unwrap_or(0);
            let sum = taken.all.saturating_add(self.groups[*at].more(cost, taken.interval));
            is_below(sum, self.bound, BUDGET_ROOM)
        };
        let Some(place) = self.rarer.iter().rposition(fits) else { return Decision::Stay };
        let at = self.rarer.remove(place);
        let group = &mut self.groups[at];
        group.set_step(group.step - 1, taken.interval);
        Decision::Again(at, taken.interval * group.samples(group.step, taken.interval))
    }
}

impl Group {
    /// Samples from one reading to the next.
    fn samples(&self, step: u32, interval: Duration) -> u32 {
        let ms = interval.as_millis().max(1);
        // One that comes a moment early is in time.
        let by_itself = (self.apart - self.apart / 20).as_millis().div_ceil(ms).max(1);
        let most = (BUDGET_APART_MAX.as_millis() / ms).max(1);
        let samples =
            if step == 0 { by_itself } else { by_itself.saturating_mul(1 << step).min(most) };
        u32::try_from(samples).unwrap_or(u32::MAX)
    }

    /// Samples from one reading to the next after one step more; `None` where there is none.
    fn rarer(&self, interval: Duration) -> Option<u32> {
        let samples = self.samples(self.step + 1, interval);
        let is_rarer = samples > self.samples(self.step, interval);
        (self.step < BUDGET_STEPS_MAX && is_rarer).then_some(samples)
    }

    /// What it takes beyond this when it is read as often again as before its last step.
    fn more(&self, cost: u64, interval: Duration) -> u64 {
        let (now, then) = (self.every, self.samples(self.step.saturating_sub(1), interval));
        scaled(cost, now.saturating_sub(then).into(), then.into())
    }

    fn set_step(&mut self, step: u32, interval: Duration) {
        self.step = step;
        // What is read as often as by itself is asked at each sample, and knows.
        self.every = if step == 0 { 1 } else { self.samples(step, interval) };
    }
}

/// Whether it is less than so many hundredths of the bound.
fn is_below(all: u64, bound: u64, hundredths: u64) -> bool {
    all < scaled(bound, hundredths, 100)
}

#[cfg(test)]
mod tests;
