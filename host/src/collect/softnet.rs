//! Packets that the processors had no time for, where the owner calls this host a router.

use std::time::Duration;

use kinglet_proto::sample::{Sample, Softnet};
use kinglet_proto::time::Instant;

use super::Collector;
use crate::kernel::softnet;
use crate::read::{Buffer, HotFile};
use crate::setup::Setup;

/// Reads them.
#[derive(Debug)]
pub(super) struct SoftnetCollector {
    file: Option<HotFile>,
}

impl SoftnetCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self { file: setup.router.as_ref().map(|_| setup.net.file("softnet_stat")) }
    }
}

impl Collector for SoftnetCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        let Some(file) = &mut self.file else { return };
        let sums = file.read(now, buffer).and_then(softnet::parse);
        sample.softnet =
            sums.map(|sums| Softnet { drops: sums.drops, time_squeezes: sums.squeezes });
    }

    fn apart(&self) -> Option<Duration> {
        self.file.as_ref().map(|_| Duration::ZERO)
    }
}
