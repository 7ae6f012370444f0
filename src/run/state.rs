//! How the agent is, in the log, for an owner who asks by SIGUSR1: what no line said of late,
//! because nothing changed.

use kinglet_proto::quoted::Escaped;
use kinglet_proto::session::Seconds;
use kinglet_proto::time::Instant;

use super::Loop;

impl Loop<'_> {
    /// A line of the agent, one of each server, and one of each thing that cannot be read.
    pub(super) fn tell_state(&mut self, now: Instant) {
        let agent = self.sampler.sample_mut().agent.as_ref();
        let resident = agent.and_then(|agent| agent.rss).map(|bytes| bytes / 1024);
        let resident = resident.map(|kb| format!(", {kb} kB resident")).unwrap_or_default();
        let slowed = agent.and_then(|agent| agent.slowed).filter(|count| *count > 0);
        let slowed = slowed.map(|count| format!(", {count} collectors slowed")).unwrap_or_default();
        log::info!(
            "state: running for {}, a sample every {}{resident}{slowed}",
            Seconds(now.since(self.started)),
            Seconds(self.interval),
        );
        for peer in &self.peers {
            log::info!("state: {}", Escaped(&peer.state(now)));
        }
        for trouble in self.sampler.troubles() {
            log::info!("state: {}: {}", trouble.component, Escaped(&trouble.to_string()));
        }
    }
}
