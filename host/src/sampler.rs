//! Takes samples of one host: asks the collectors in turn, and owns what they fill.

use std::path::PathBuf;
use std::time::Duration;

use kinglet_proto::sample::Sample;
use kinglet_proto::time::{Instant, Now};

use crate::budget::{Member, Throttle};
use crate::collect::{Change, Collector, ENTRIES, in_step, switches};
use crate::health::{Health, Trouble};
use crate::read::Buffer;
use crate::read::background::Background;
use crate::setup::{Budget, Faults, Filters, Meter, Roots, Router, Setup, Wanted};
use crate::storage::statfs::{self, Ask};

/// What to collect: everything, but for what is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    off: Vec<&'static str>,
    /// Whether a sample has its detail, which not every server is told.
    detail: bool,
    /// Time from sample to sample.
    interval: Duration,
    /// What is left out of the lists of a sample.
    pub filters: Filters,
    /// The folder with the owner's own figures; empty for none.
    pub custom: PathBuf,
    /// The billing period of the host's traffic; `None` where none is counted.
    pub meter: Option<Meter>,
    /// What is asked of a router; `None` where the owner does not say that this is one.
    pub router: Option<Router>,
    /// What is read only where the owner asks for it.
    pub wanted: Wanted,
    /// What the agent itself may take; `None` for whatever it takes.
    pub budget: Option<Budget>,
}

impl Options {
    /// Leaves a collector out; `false` where none has this name that can be.
    pub fn leave_out(&mut self, name: &str) -> bool {
        let found = switches().find(|switch| *switch == name);
        self.off.extend(found);
        found.is_some()
    }

    /// The same, with the detail of a sample or without.
    #[must_use]
    pub fn with_detail(self, detail: bool) -> Self {
        Self { detail, ..self }
    }

    /// The same where samples are so far apart, which a budget has to know.
    #[must_use]
    pub fn with_interval(self, interval: Duration) -> Self {
        Self { interval, ..self }
    }

    /// Whether the collector of this name is asked.
    pub fn includes(&self, name: &str) -> bool {
        !self.off.contains(&name)
    }
}

/// Takes samples of one host.
///
/// The sample is one, filled in place, so that in the steady state nothing is allocated.
pub struct Sampler {
    collectors: Vec<(&'static str, Box<dyn Collector>)>,
    throttle: Option<Throttle>,
    health: Health,
    background: Background,
    faults: Faults,
    look_again_at: Option<Instant>,
    buffer: Buffer,
    sample: Sample,
}

impl Sampler {
    /// Opens nothing yet. Rates need two samples: the first has none.
    pub fn new(roots: &Roots, options: &Options) -> Self {
        Self::with_statfs(roots, options, statfs::kernel())
    }

    /// The same with another way to ask mounts for their space.
    pub fn with_statfs(roots: &Roots, options: &Options, ask: Ask) -> Self {
        let setup = Setup {
            detail: options.detail,
            custom: options.custom.clone(),
            meter: options.meter.clone(),
            router: options.router.clone(),
            wanted: options.wanted.clone(),
            ..Setup::new(roots, options.filters.clone(), ask)
        };
        let wanted = ENTRIES.iter().filter(|entry| options.includes(entry.name));
        let collectors = wanted.map(|entry| (entry.name, (entry.new)(&setup))).collect();
        Self::of(collectors, setup, options)
    }

    fn of(
        collectors: Vec<(&'static str, Box<dyn Collector>)>,
        setup: Setup,
        options: &Options,
    ) -> Self {
        let members = collectors.iter().map(member);
        Self {
            throttle: Throttle::new(options.budget, options.interval, members),
            collectors,
            health: Health::default(),
            background: setup.background,
            faults: setup.faults,
            look_again_at: None,
            buffer: Buffer::default(),
            sample: Sample::default(),
        }
    }

    /// Takes a sample; what cannot be read is absent. Never waits for a mount.
    pub fn collect(&mut self, now: Now) -> &Sample {
        self.sample.taken = now.instant;
        self.sample.timestamp = now.wall;
        self.background.begin(now.instant);
        if self.look_again_at.is_some_and(|at| at <= now.instant) {
            self.handle_change(Change::Late);
        }
        self.ask(now.instant);
        self.look_again_at = self.background.take_missed();
        &self.sample
    }

    /// Asks the collectors in turn, but for those that the agent's budget makes rarer: of these
    /// what they said last stays.
    fn ask(&mut self, now: Instant) {
        let Self { collectors, throttle, health, buffer, sample, .. } = self;
        if let Some(throttle) = throttle {
            throttle.begin();
        }
        for (at, (name, collector)) in collectors.iter_mut().enumerate() {
            if throttle.as_ref().is_some_and(|throttle| !throttle.is_due(at)) {
                continue;
            }
            buffer.begin();
            collector.collect(now, buffer, sample);
            health.see(name, buffer);
            if let Some(throttle) = throttle {
                throttle.handle_asked(at);
            }
        }
        if let Some(throttle) = throttle {
            throttle.end(now, sample, &self.faults);
        }
    }

    /// Waits this long for a file that does not answer, in place of a moment; for one sample on a
    /// terminal.
    pub fn set_patience(&self, patience: Duration) {
        self.background.set_patience(patience);
    }

    /// The next file that keeps its reader and was not named yet.
    pub fn poll_stuck(&self) -> Option<PathBuf> {
        self.background.poll_stuck()
    }

    /// What the owner should know of files of his own, each fault once.
    pub fn take_faults(&self) -> Vec<String> {
        self.faults.take()
    }

    /// What the owner may want to know that is no fault.
    pub fn take_notes(&mut self) -> Vec<String> {
        self.throttle.as_mut().map(Throttle::take_notes).unwrap_or_default()
    }

    /// What collectors could not read by the last sample, though it is there.
    pub fn troubles(&self) -> &[Trouble] {
        self.health.troubles()
    }

    /// The sample as it is, for what only the run loop knows (`agent`).
    pub fn sample_mut(&mut self) -> &mut Sample {
        &mut self.sample
    }

    /// Something of the host changed: what depends on it is read again at the next sample.
    pub fn handle_change(&mut self, change: Change) {
        for (_, collector) in &mut self.collectors {
            collector.handle_change(change);
        }
    }

    /// Waits for what the last sample began and could not wait for, at most about `limit` each;
    /// for one sample on a terminal.
    pub fn wait(&mut self, limit: Duration) {
        for (_, collector) in &mut self.collectors {
            collector.wait(limit, &mut self.sample);
        }
    }
}

/// What a budget has to know of a collector.
fn member((name, collector): &(&'static str, Box<dyn Collector>)) -> Member {
    Member { name, in_step: in_step(name), apart: collector.apart() }
}

#[cfg(test)]
mod tests;
