//! One viewer, who hears everything and remembers what it was told last.

use std::collections::BTreeMap;

use kinglet_hub::fleet::{Reading, Update};

/// What a viewer knows: it was told, or read it when it came.
#[derive(Debug, Default)]
pub(crate) struct Viewer {
    /// Who is online.
    pub(crate) online: BTreeMap<String, bool>,
    /// How many readings it has heard of, late ones too.
    pub(crate) readings: usize,
}

impl Viewer {
    /// Takes an update; the host and its new reading's `uptime`, if it is one.
    pub(crate) fn hear(&mut self, update: &Update) -> Option<(String, u64)> {
        match update {
            Update::Reading(Reading { host, sample, newest, .. }) => {
                self.readings += 1;
                let id = host.id.to_string();
                assert!(self.online.contains_key(&id), "figures of a host nobody announced");
                let uptime = sample.uptime.expect("it says which it is");
                newest.then_some((id, uptime))
            }
            Update::Status(host) => {
                let before = self.online.insert(host.id.to_string(), host.online);
                assert_ne!(before, Some(host.online), "told twice");
                None
            }
            Update::Told(_) | Update::Aggregates(_) => None,
            Update::Added(host) => {
                let id = host.id.to_string();
                let known = self.online.insert(id.clone(), false);
                // A new host is announced first and said to be online next.
                if let Some(online) = known {
                    assert_eq!(host.online, online, "renamed, nothing else");
                    self.online.insert(id, online);
                }
                None
            }
            Update::Removed(id) => panic!("{id} is removed"),
        }
    }
}
