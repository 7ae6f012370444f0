//! Containers that run, found by their control groups: no engine is asked, and no right needed,
//! unless the owner wants Docker's and podman's called by their names.
//!
//! The groups are walked when their number has changed or one is gone, and else now and then; the
//! figures of those that are known are a few files each. What is in a container (another host's
//! containers in an LXC) is part of it and no row of its own. A pod's container that only holds
//! its place is one too: nothing tells it from the others.

mod groups;
mod names;
mod watched;

use std::time::Duration;

use kinglet_proto::sample::{Container, Sample};
use kinglet_proto::time::Instant;

use super::schedule::{Allowance, Schedule};
use super::{Collector, set_text};
use crate::kernel::cgroup;
use crate::limits::{CONTAINER_INTERVAL, CONTAINERS_MAX, INVENTORY_INTERVAL};
use crate::read::{Buffer, HotFile, Root};
use crate::setup::Setup;
use groups::Version;
use names::Names;
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
    names: Names,
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
            names: Names::new(setup),
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
            let engine = known.found.engine.to_owned();
            Container { engine, ..Container::default() }
        };
        sample.containers = self.known.iter().map(row).collect();
        self.name(&mut sample.containers);
    }

    /// Writes what they are called. Who is not alone with a name keeps what its group is called.
    fn name(&self, rows: &mut [Container]) {
        for (at, (known, row)) in self.known.iter().zip(rows).enumerate() {
            let is_free = |name: &&str| {
                let (before, mut all) = (&self.known[..at], self.known.iter());
                !all.any(|other| other.found.name == *name)
                    && !before.iter().any(|other| other.name.as_deref() == Some(*name))
            };
            let name = known.name.as_deref().filter(is_free);
            set_text(&mut row.name, name.unwrap_or(&known.found.name));
        }
    }

    /// Reads what is due.
    fn read(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        if self.is_walk_due(now, buffer) {
            self.walk(buffer, sample);
        }
        let cores = sample.cpu.cores.map(u64::from);
        for (known, row) in self.known.iter_mut().zip(&mut sample.containers) {
            self.is_other |= !known.read(now, cores, buffer, row);
        }
    }
}

impl Collector for ContainerCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        if !self.is_on {
            return;
        }
        if self.due.is_due(now) {
            self.read(now, buffer, sample);
        }
        if self.names.look(now, &mut self.known, buffer) {
            self.name(&mut sample.containers);
        }
        if let Some((socket, errno)) = self.names.trouble() {
            buffer.note(socket, Some(errno));
        }
    }

    fn wait(&mut self, limit: Duration, sample: &mut Sample) {
        if self.names.lend(limit, sample.taken, &mut self.known) {
            self.name(&mut sample.containers);
        }
    }

    fn apart(&self) -> Option<Duration> {
        self.is_on.then_some(CONTAINER_INTERVAL)
    }
}

#[cfg(test)]
mod tests;
