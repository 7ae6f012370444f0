//! What the owner decides of hosts while the fleet runs: who joins it for good, what each is
//! called, and who is no part of it any more.

use kinglet_proto::host::HostId;
use kinglet_proto::ingest::Label;

use super::{Command, Fleet, Note, Reason, Update, go_offline};
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

    /// Calls a host so from now on. Who sees it now and did not before hears how it is, too.
    pub(super) fn label(&mut self, id: HostId, label: Label) {
        if !self.knows(&id) && !self.has_room() {
            return;
        }
        let host = self.hosts.entry(id.clone()).or_default();
        let before = host.announced.then(|| host.is_hidden());
        if !host.adopt(label) {
            return;
        }
        let snapshot = host.snapshot(&id);
        let is_seen_anew = before != Some(snapshot.label.hidden);
        self.commands.push_back(Command::Publish(Update::Added(snapshot.clone())));
        if is_seen_anew {
            self.commands.push_back(Command::Publish(Update::Status(snapshot)));
        }
    }

    /// Ends the connection of a host whose tokens are good for nothing now.
    pub(super) fn revoke(&mut self, id: &HostId) {
        let Some(host) = self.hosts.get_mut(id) else { return };
        if host.online {
            go_offline(&mut self.commands, id, host, Note::Offline(id.clone()));
        }
        if let Some(connection) = host.connection.take() {
            self.agents.remove(&connection);
            self.close(connection, Reason::LoginRefused);
        }
    }

    /// Forgets a host. One that may still report comes as a new one.
    pub(super) fn delete(&mut self, id: &HostId) {
        self.revoke(id);
        self.hosts.remove(id);
        self.origins.remove(id);
        self.alerts_before.remove(id);
        self.commands.push_back(Command::Publish(Update::Removed(id.clone())));
    }
}
