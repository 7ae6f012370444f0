//! Load, tasks, uptime, sockets, connection tracking and pressure: one small file each, and no
//! state between samples.

use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Conntrack, LoadAverage, Pressure, Processes, Sample, Sockets, Stall};
use kinglet_proto::time::Instant;

use super::schedule::Schedule;
use crate::kernel::root::{Buffer, HotFile, Root};
use crate::kernel::{loadavg, psi, sockstat, text, uptime};
use crate::limits::TOPOLOGY_INTERVAL;

/// Reads load, tasks and uptime.
#[derive(Debug)]
pub(super) struct LoadCollector {
    loadavg: HotFile,
    uptime: HotFile,
}

impl LoadCollector {
    pub(super) fn new(proc: &Root) -> Self {
        Self { loadavg: proc.file("loadavg"), uptime: proc.file("uptime") }
    }

    pub(super) fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        let load = self.loadavg.read(now, buffer).and_then(loadavg::parse);
        sample.load_average = load.map(|load| {
            let [one, five, fifteen] = load.hundredths.map(units);
            LoadAverage { one, five, fifteen }
        });
        sample.processes = load.map(|load| Processes { total: load.total, running: load.running });
        sample.uptime = self.uptime.read(now, buffer).and_then(uptime::parse);
    }
}

/// Reads sockets and the connection tracking table.
#[derive(Debug)]
pub(super) struct SocketCollector {
    sockstat: HotFile,
    sockstat6: HotFile,
    conntrack_count: HotFile,
    conntrack_max: HotFile,
    max_due: Schedule,
    max: Option<u64>,
}

impl SocketCollector {
    pub(super) fn new(proc: &Root, net: &Root) -> Self {
        Self {
            sockstat: net.file("sockstat"),
            sockstat6: net.file("sockstat6"),
            conntrack_count: proc.file("sys/net/netfilter/nf_conntrack_count"),
            conntrack_max: proc.file("sys/net/netfilter/nf_conntrack_max"),
            max_due: Schedule::every(TOPOLOGY_INTERVAL),
            max: None,
        }
    }

    pub(super) fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        let four = self.sockstat.read(now, buffer).map(sockstat::parse).unwrap_or_default();
        let six = self.sockstat6.read(now, buffer).map(sockstat::parse).unwrap_or_default();
        sample.sockets = four.tcp.map(|tcp| Sockets {
            tcp: tcp.saturating_add(six.tcp.unwrap_or(0)),
            tcp_time_wait: four.tcp_time_wait.unwrap_or(0),
            udp: four.udp.unwrap_or(0).saturating_add(six.udp.unwrap_or(0)),
        });
        let number = |value: &[u8]| text::number(text::trim(value));
        if self.max_due.is_due(now) {
            self.max = self.conntrack_max.read(now, buffer).and_then(number);
        }
        let used = self.conntrack_count.read(now, buffer).and_then(number);
        sample.conntrack = used.zip(self.max).map(|(used, max)| Conntrack { used, max });
    }
}

/// Reads pressure stall information.
#[derive(Debug)]
pub(super) struct PressureCollector {
    cpu: HotFile,
    memory: HotFile,
    io: HotFile,
}

impl PressureCollector {
    pub(super) fn new(proc: &Root) -> Self {
        let file = |name: &str| proc.file(format!("pressure/{name}"));
        Self { cpu: file("cpu"), memory: file("memory"), io: file("io") }
    }

    pub(super) fn collect(&mut self, now: Instant, buffer: &mut Buffer) -> Option<Pressure> {
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
        is_known.then_some(Pressure { cpu, memory, io })
    }
}

/// Hundredths as a number with two decimals.
fn units(hundredths: u64) -> f64 {
    // A load above four thousand million is not one.
    f64::from(u32::try_from(hundredths).unwrap_or(u32::MAX)) / 100.0
}
