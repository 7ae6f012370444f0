//! The last state of every host as viewers were told it. Pure: who locks it is elsewhere.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use kinglet_proto::host::HostId;
use kinglet_proto::time::Now;

use crate::fleet::{Reading, Sight, Snapshot, Update};

/// What a viewer that comes now must be told. Not sorted, because it is written far more often than
/// read: at 20,000 hosts a tree of their names is fifty cache misses for each report.
#[derive(Debug, Default)]
pub(super) struct Board(HashMap<HostId, Snapshot>);

impl Board {
    /// A board with these hosts on it.
    pub(super) fn new(hosts: Vec<Snapshot>) -> Self {
        Self(hosts.into_iter().map(|host| (host.id.clone(), host)).collect())
    }

    /// The ids of all hosts, in no order.
    fn ids(&self) -> impl Iterator<Item = &HostId> {
        self.0.keys()
    }

    /// All hosts, in no order.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &Snapshot> {
        self.0.values()
    }

    /// A host's last state.
    pub(super) fn get(&self, id: &HostId) -> Option<&Snapshot> {
        self.0.get(id)
    }

    /// Whether strangers were told of the host that an update is about.
    pub(super) fn is_seen(&self, update: &Update) -> bool {
        let id = match update {
            Update::Removed(id) => Some(id),
            Update::Reading(_)
            | Update::Status(_)
            | Update::Added(_)
            | Update::Told(_)
            | Update::Aggregates(_) => update.host().map(|host| &host.id),
        };
        id.and_then(|id| self.get(id)).is_some_and(|host| Sight::Public.sees(host))
    }

    /// Takes an update over; returns the state that it replaces, for the caller to drop when it
    /// holds no lock.
    pub(super) fn apply(&mut self, update: &Update) -> Option<Snapshot> {
        match update {
            Update::Reading(Reading { host, .. }) | Update::Status(host) | Update::Added(host) => {
                self.0.insert(host.id.clone(), host.clone())
            }
            Update::Removed(id) => self.0.remove(id),
            Update::Told(_) | Update::Aggregates(_) => None,
        }
    }

    /// What happened between this board and these hosts, all there are: each step that still
    /// means something, as if it had just been told.
    pub(super) fn changes(&self, hosts: Vec<Snapshot>, now: Now) -> Vec<Update> {
        let there: HashSet<&HostId> = hosts.iter().map(|host| &host.id).collect();
        let gone = self.ids().filter(|id| !there.contains(id));
        let mut updates: Vec<_> = gone.cloned().map(Update::Removed).collect();
        for host in hosts {
            let old = self.get(&host.id);
            if old.is_none_or(|old| old.label != host.label) {
                updates.push(Update::Added(host.clone()));
            }
            if old.is_none_or(|old| old.online != host.online) {
                updates.push(Update::Status(host.clone()));
            }
            let shown = old.and_then(|old| old.sample.as_ref());
            if let Some(sample) = &host.sample
                && shown.is_none_or(|shown| !Arc::ptr_eq(shown, sample))
            {
                let (sample, place, age) = (sample.clone(), None, None);
                let number = 0; // It was kept when it came.
                let reading =
                    Reading { number, host, sample, place, received: now, age, newest: true };
                updates.push(Update::Reading(reading));
            }
        }
        updates
    }
}

#[cfg(test)]
mod tests {
    use kinglet_proto::ingest::Label;
    use kinglet_proto::sample::Sample;

    use super::*;

    fn host(id: &str) -> Snapshot {
        Snapshot {
            id: HostId::parse(id).unwrap(),
            label: Arc::new(Label::default()),
            online: true,
            stopped: false,
            last_seen: None,
            sample: Some(Arc::new(Sample::default())),
        }
    }

    fn words(update: &Update) -> String {
        match update {
            Update::Reading(reading) => format!("{} is read", reading.host.id),
            Update::Status(host) => format!("{} online: {}", host.id, host.online),
            Update::Added(host) => format!("{} added", host.id),
            Update::Removed(id) => format!("{id} removed"),
            Update::Told(told) => format!("{} told", told.kind),
            Update::Aggregates(sums) => format!("{} sums", sums.buckets.len()),
        }
    }

    #[test]
    fn what_was_missed_is_told_by_what_it_led_to() {
        let [same, read, renamed, gone, silent] = ["a", "b", "c", "d", "e"].map(host);
        let board = Board::new([&same, &read, &renamed, &gone, &silent].map(Clone::clone).to_vec());
        let name = Label { name: Some("C".to_owned()), ..Label::default() };
        let hosts = vec![
            same.clone(),
            Snapshot { sample: host("b").sample, ..read },
            Snapshot { label: Arc::new(name), ..renamed },
            Snapshot { online: false, ..silent },
            host("f"),
        ];
        let changes = board.changes(hosts.clone(), Now::default());
        assert_eq!(
            Vec::from_iter(changes.iter().map(words)),
            [
                "d removed",
                "b is read",
                "c added",
                "e online: false",
                "f added",
                "f online: true",
                "f is read"
            ]
        );
        let mut board = board;
        changes.iter().for_each(|update| drop(board.apply(update)));
        assert!(board.changes(hosts, Now::default()).is_empty(), "now it knows all of it");
    }
}
