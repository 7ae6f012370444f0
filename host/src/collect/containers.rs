//! Containers that run, found by their control groups: no engine is asked, and no right needed.
//!
//! The groups are walked when their number has changed or one is gone, and else now and then; the
//! figures of those that are known are a few files each. What is in a container (another host's
//! containers in an LXC) is part of it and no row of its own. A pod's container that only holds
//! its place is one too: nothing tells it from the others.

mod groups;
mod watched;

use kinglet_proto::sample::{Container, Sample};
use kinglet_proto::time::Instant;

use super::Collector;
use super::schedule::{Allowance, Schedule};
use crate::kernel::cgroup;
use crate::limits::{CONTAINER_INTERVAL, CONTAINERS_MAX, INVENTORY_INTERVAL};
use crate::read::{Buffer, HotFile, Root};
use crate::setup::Setup;
use groups::Version;
use watched::Watched;

/// Reads them, where the owner asks for them.
#[derive(Debug)]
pub(super) struct ContainerCollector {
    is_on: bool,
    sys: Root,
    proc: Root,
    /// The host's own `/proc/net`.
    net: Root,
    due: Schedule,
    walk_due: Schedule,
    changes: Allowance,
    /// How many groups there are, of version 2.
    counts: HotFile,
    count: Option<u64>,
    /// One that was known did not answer.
    is_other: bool,
    known: Vec<Watched>,
}

impl ContainerCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            is_on: setup.wanted.containers,
            sys: setup.sys.clone(),
            proc: setup.proc.clone(),
            net: setup.net.clone(),
            due: Schedule::every(CONTAINER_INTERVAL),
            walk_due: Schedule::every(INVENTORY_INTERVAL),
            changes: Allowance::default(),
            counts: setup.sys.file("fs/cgroup/cgroup.stat"),
            count: None,
            is_other: false,
            known: Vec::new(),
        }
    }

    /// Whether the groups are to be walked again. Version 1 does not count them: there it is at the
    /// pace of changes.
    fn is_walk_due(&mut self, now: Instant, buffer: &mut Buffer) -> bool {
        let counts = self.counts.read(now, buffer);
        let count = counts.and_then(|text| cgroup::parse_keyed(text, b"nr_descendants"));
        self.is_other |= count.is_none() || count != self.count;
        if self.walk_due.is_due(now) || self.is_other && self.changes.take(now) {
            (self.count, self.is_other) = (count, false);
            return true;
        }
        false
    }

    /// Walks the groups; what was known is kept, so that its rates go on.
    fn walk(&mut self, buffer: &mut Buffer, sample: &mut Sample) {
        let Some(version) = Version::of(&self.sys) else {
            self.known.clear();
            sample.containers.clear();
            sample.containers_running = None;
            return;
        };
        let mut found = version.walk(&self.sys);
        found.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        found.dedup_by(|one, other| one.name == other.name);
        sample.containers_running = u64::try_from(found.len()).ok();
        found.truncate(CONTAINERS_MAX);
        let mut old = std::mem::take(&mut self.known);
        let of_host = self.net.inode("dev");
        for found in found {
            let at = old.iter().position(|known| known.found == found);
            let mut known = match at {
                Some(at) => old.swap_remove(at),
                None => {
                    // A rate needs two looks: the second is at the next sample.
                    self.due.hurry();
                    Watched::new(&self.sys, version, found)
                }
            };
            known.look(&self.sys, &self.proc, version, of_host, buffer);
            self.known.push(known);
        }
        let row = |known: &Watched| {
            let (name, engine) = (known.found.name.clone(), known.found.engine.to_owned());
            Container { name, engine, ..Container::default() }
        };
        sample.containers = self.known.iter().map(row).collect();
    }
}

impl Collector for ContainerCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        if !self.is_on || !self.due.is_due(now) {
            return;
        }
        if self.is_walk_due(now, buffer) {
            self.walk(buffer, sample);
        }
        let cores = sample.cpu.cores.map(u64::from);
        for (known, row) in self.known.iter_mut().zip(&mut sample.containers) {
            self.is_other |= !known.read(now, cores, buffer, row);
        }
    }
}

#[cfg(test)]
mod tests;
