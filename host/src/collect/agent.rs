//! What the agent itself costs: resident memory and processor time.

use std::time::Duration;

use kinglet_proto::percent::Percent;
use kinglet_proto::sample::Sample;
use kinglet_proto::time::Instant;
use nix::unistd::{SysconfVar, sysconf};

use super::Collector;
use crate::kernel::statm;
use crate::processor;
use crate::read::{Buffer, HotFile, Root};

/// Reads the agent's cost; of this process, so from the real `/proc` whatever the roots are.
#[derive(Debug)]
pub(super) struct AgentCollector {
    file: HotFile,
    page_bytes: u64,
    cores: u64,
    before: Option<(Instant, Duration)>,
}

impl AgentCollector {
    pub(super) fn new() -> Self {
        let read = |variable| {
            let number = sysconf(variable).ok().flatten();
            number.and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0)
        };
        Self {
            file: Root::new("/proc/self").file("statm"),
            page_bytes: read(SysconfVar::PAGE_SIZE).unwrap_or(4096),
            cores: read(SysconfVar::_NPROCESSORS_ONLN).unwrap_or(1),
            before: None,
        }
    }
}

impl Collector for AgentCollector {
    /// The counters of the link are the run loop's to fill.
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        let cost = sample.agent.get_or_insert_default();
        if cost.version.is_empty() {
            cost.version.push_str(env!("CARGO_PKG_VERSION"));
        }
        let pages = self.file.read(now, buffer).and_then(statm::parse_resident);
        cost.rss = pages.map(|pages| pages.saturating_mul(self.page_bytes));
        let used = processor::of_program();
        let before = self.before.replace((now, used.unwrap_or_default()));
        cost.cpu_percent = before.zip(used).and_then(|((at, before), used)| {
            let micros = |time: Duration| u64::try_from(time.as_micros()).ok();
            let whole = micros(now.since(at))?.checked_mul(self.cores).filter(|us| *us > 0)?;
            Some(Percent::of(micros(used.saturating_sub(before))?, whole))
        });
    }

    /// It is what a budget goes by.
    fn apart(&self) -> Option<Duration> {
        None
    }
}
