//! What owners decide of hosts takes effect.

use std::collections::BTreeSet;

use kinglet_proto::host::HostId;
use tracing::{info, warn};

use super::Hub;
use crate::config::stated::Stated;
use crate::enroll::record::Record;
use crate::fleet::{Input, Sight, Snapshot};
use crate::invite::Reach;
use crate::registry::{Change, Past, Registry};

impl Hub {
    /// The same hub, whose configuration says this of hosts, and which hosts reach this way.
    pub(crate) fn with_stated(mut self, stated: Stated, reach: Reach) -> Self {
        let registry = |folder| Registry::new(folder, stated).with_reach(reach);
        self.registry = self.state_dir.clone().map(registry);
        self
    }

    /// Whether a host is kept from who sees so much.
    pub(crate) fn is_hidden(&self, id: &HostId, sight: Sight) -> bool {
        let snapshot = self.with_fleet(|fleet, _| fleet.snapshot(id));
        snapshot.is_some_and(|host| !sight.sees(&host))
    }

    /// The hosts that are kept from strangers.
    pub(crate) fn hidden(&self) -> BTreeSet<String> {
        let hidden = |host: &Snapshot| !Sight::Public.sees(host);
        let ids = |host: Snapshot| host.id.to_string();
        self.with_fleet(|fleet, _| fleet.snapshots().filter(hidden).map(ids).collect())
    }

    /// Takes in what was decided since the last time. Waits for the disk.
    pub(crate) fn take_decisions(&self, is_thorough: bool) {
        let Some(registry) = &self.registry else { return };
        for change in registry.changes(is_thorough) {
            match change {
                Change::Decided(id, Record { label, token, revoked }) => {
                    let is_another = match token {
                        _ if revoked => self.auth.bar(&id),
                        Some(token) => self.auth.admit(id.clone(), token),
                        None => self.auth.forget(&id),
                    };
                    self.handle_input(Input::Labelled(id.clone(), label));
                    if is_another {
                        self.handle_input(Input::Revoked(id));
                    }
                }
                Change::Unread(id) => {
                    self.auth.bar(&id);
                    self.handle_input(Input::Revoked(id));
                }
                Change::Deleted(id, past) => {
                    self.auth.forget(&id);
                    // Before it goes, for the history forgets what came until then.
                    let goes = past == Past::Goes && self.history.forget(&id);
                    self.handle_input(Input::Deleted(id.clone()));
                    if !goes {
                        self.end_delete(&id, Past::Stays);
                    }
                }
                Change::Fault(words) => warn!("{words}"),
            }
        }
    }

    /// A host is deleted, and this has become of its history.
    pub(crate) fn end_delete(&self, id: &HostId, past: Past) {
        let Some(registry) = &self.registry else { return };
        match (registry.deleted(id), past) {
            (Ok(()), Past::Stays) => info!("host {id} is deleted"),
            (Ok(()), Past::Goes) => info!("host {id} is deleted, with its history"),
            (Err(error), _) => warn!("host {id} is deleted, and its file stays: {error}"),
        }
    }
}
