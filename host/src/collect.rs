//! From kernel files to a [`Sample`]: one collector a topic, in a file named after its row in
//! [`COLLECTORS`].
//!
//! Each collector keeps its files open and what it counted last. It fills its own part of the
//! sample and knows no other collector; what one finds and another needs is in `Setup`. Nothing
//! here reads a clock: rates are over the instants handed in.

mod agent;
#[cfg(feature = "containers")]
mod containers;
mod cpu;
#[cfg(feature = "custom")]
mod custom;
mod disks;
mod filesystems;
mod host;
mod ip_addresses;
mod kernel;
#[cfg(feature = "router")]
mod leases;
mod memory;
mod network;
mod pressure;
#[cfg(feature = "processes")]
mod processes;
#[cfg(feature = "router")]
mod qdiscs;
mod rate;
mod sensors;
#[cfg(feature = "smart")]
mod smart;
mod sockets;
#[cfg(feature = "router")]
mod softnet;
#[cfg(feature = "router")]
mod stations;
mod table;
#[cfg(feature = "units")]
mod units;
mod wear;
#[cfg(feature = "router")]
mod wireguard;
mod wireless;

use std::time::Duration;

use kinglet_proto::sample::Sample;
use kinglet_proto::time::Instant;

use crate::read::Buffer;
use crate::schedule;
use crate::setup::Setup;
pub use table::COLLECTORS;
pub(crate) use table::{ENTRIES, in_step};

/// Fills one part of the sample; what it cannot read it leaves absent, and tries again.
pub(crate) trait Collector {
    /// Reads what is due, and fills this collector's part. Allocates nothing in the steady state.
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample);

    /// Something of the host changed: what depends on it is read again at the next sample.
    fn handle_change(&mut self, _change: Change) {}

    /// Waits, at most about `limit`, for what `collect` began and could not wait for.
    fn wait(&mut self, _limit: Duration, _sample: &mut Sample) {}

    /// How far apart its readings are by themselves; `None` for one that has to be asked at each
    /// sample, whatever that costs, or that reads nothing. A budget makes others rarer: what they
    /// said last stays in the sample, and a rate is over the time since.
    fn apart(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }
}

/// What can change on a host between two samples, as the kernel tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Links, addresses or routes.
    Network,
    /// Something was mounted or unmounted.
    Mounts,
    /// A file that was to be read once, and did not answer in time, may answer now.
    Late,
}

/// One collector, as configuration, documents and code know it.
pub struct Row {
    /// Its switch in `[collect]`, and its file.
    pub name: &'static str,
    /// What it gives, in Markdown.
    pub gives: &'static str,
    /// Where that is read, in Markdown.
    pub source: &'static str,
    /// Whether it has no switch there: one that is always on, or has a table of its own.
    pub always: bool,
    new: fn(&Setup) -> Box<dyn Collector>,
}

/// What the program needs of a row.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    always: bool,
    pub(crate) new: fn(&Setup) -> Box<dyn Collector>,
}

impl Row {
    const fn entry(&self) -> Entry {
        Entry { name: self.name, always: self.always, new: self.new }
    }
}

/// The names of the collectors that can be left out.
pub fn switches() -> impl Iterator<Item = &'static str> {
    ENTRIES.iter().filter(|entry| !entry.always).map(|entry| entry.name)
}

/// Writes only what differs: the texts of a sample stay where they are.
fn set_text(text: &mut String, value: &str) {
    if text != value {
        text.clear();
        text.push_str(value);
    }
}

#[cfg(feature = "router")]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Filter;
    use crate::setup::{Filters, Roots, Router};

    /// How often links were asked for by these collectors, after each of some samples.
    fn asked(names: &[&str], router: Option<Router>) -> Vec<u32> {
        let filters = Filters { interfaces: Filter::default(), ..Filters::default() };
        let mut setup = Setup::new(&Roots::default(), filters, std::sync::Arc::new(|_| None));
        setup.router = router;
        let made = ENTRIES.iter().filter(|entry| names.contains(&entry.name));
        let mut collectors: Vec<_> = made.map(|entry| (entry.new)(&setup)).collect();
        assert_eq!(collectors.len(), names.len());
        let mut sample = Sample::default();
        let mut counts = Vec::new();
        for second in [10, 20, 30, 700] {
            let now = Instant::from_millis(second * 1000);
            setup.background.begin(now);
            for collector in &mut collectors {
                collector.collect(now, &mut Buffer::default(), &mut sample);
            }
            counts.push(setup.numbered.borrow().asked());
            if second == 20 {
                collectors.iter_mut().for_each(|it| it.handle_change(Change::Network));
            }
        }
        counts
    }

    #[test]
    fn links_are_asked_for_once_a_sample_by_whoever_needs_them() {
        let counts = [1, 1, 2, 3];
        let router = || Some(Router::default());
        assert_eq!(asked(&["qdiscs", "wireguard"], router()), counts);
        assert_eq!(asked(&["qdiscs"], router()), counts);
        assert_eq!(asked(&["wireguard"], router()), counts);
        assert_eq!(asked(&["softnet", "stations"], router()), [0; 4]);
        assert_eq!(asked(&["qdiscs", "wireguard"], None), [0; 4]);
    }
}
