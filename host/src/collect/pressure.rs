//! Pressure stall information: how long work waits for processor, memory and I/O.

use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Pressure, Sample, Stall};
use kinglet_proto::time::Instant;

use super::Collector;
use crate::kernel::psi;
use crate::read::{Buffer, HotFile};
use crate::setup::Setup;

/// Reads pressure stall information.
#[derive(Debug)]
pub(super) struct PressureCollector {
    cpu: HotFile,
    memory: HotFile,
    io: HotFile,
}

impl PressureCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        let file = |name: &str| setup.proc.file(format!("pressure/{name}"));
        Self { cpu: file("cpu"), memory: file("memory"), io: file("io") }
    }
}

impl Collector for PressureCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        let mut stall = |file: &mut HotFile| {
            let psi = file.read(now, buffer).map(psi::parse)?;
            let percent = |hundredths| Percent::of(hundredths, 10_000);
            psi.some_avg10.or(psi.full_avg10)?;
            Some(Stall {
                some_avg10: psi.some_avg10.map(percent),
                full_avg10: psi.full_avg10.map(percent),
            })
        };
        let cpu = stall(&mut self.cpu);
        let memory = stall(&mut self.memory);
        let io = stall(&mut self.io);
        let is_known = cpu.is_some() || memory.is_some() || io.is_some();
        sample.pressure = is_known.then_some(Pressure { cpu, memory, io });
    }
}
