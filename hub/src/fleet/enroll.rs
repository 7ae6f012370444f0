//! Hosts that join the fleet for good while it runs.

use kinglet_proto::host::HostId;
use kinglet_proto::ingest::Label;

use super::{Command, Fleet, Reason, Update};
use crate::limits::HOSTS_MAX;

impl Fleet {
    /// Whether a host with this id is known, if only by its name in the configuration.
    pub fn knows(&self, id: &str) -> bool {
        self.hosts.contains_key(id)
    }

    /// Whether there is room for one more host.
    pub fn has_room(&self) -> bool {
        self.hosts.len() < HOSTS_MAX
    }

    /// Takes a host in, or over from who reported as it so far.
    pub(super) fn enroll(&mut self, id: HostId, label: Label) {
        let host = self.hosts.entry(id.clone()).or_default();
        host.adopt(label);
        let snapshot = host.snapshot(&id);
        if let Some(connection) = host.connection.take() {
            self.agents.remove(&connection);
            self.close(connection, Reason::LoginRefused);
        }
        self.commands.push_back(Command::Publish(Update::Added(snapshot.clone())));
        self.commands.push_back(Command::Publish(Update::Status(snapshot)));
    }
}
