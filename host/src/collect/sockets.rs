//! Sockets in use, and the connection tracking table.

use kinglet_proto::sample::{Conntrack, Sample, Sockets};
use kinglet_proto::time::Instant;

use super::Collector;
use super::schedule::Schedule;
use crate::kernel::{sockstat, text};
use crate::limits::TOPOLOGY_INTERVAL;
use crate::read::{Buffer, HotFile};
use crate::setup::Setup;

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
    pub(super) fn new(setup: &Setup) -> Self {
        let Setup { proc, net, .. } = setup;
        Self {
            sockstat: net.file("sockstat"),
            sockstat6: net.file("sockstat6"),
            conntrack_count: proc.file("sys/net/netfilter/nf_conntrack_count"),
            conntrack_max: proc.file("sys/net/netfilter/nf_conntrack_max"),
            max_due: Schedule::every(TOPOLOGY_INTERVAL),
            max: None,
        }
    }
}

impl Collector for SocketCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
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
