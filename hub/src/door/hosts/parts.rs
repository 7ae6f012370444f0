//! The parts of a list: each is written once as long as its hosts are the same, and shared by all
//! who read the list meanwhile. When nobody does, nothing is kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use kinglet_proto::host::HostId;

use super::entries;
use crate::fleet::{Sight, Snapshot};
use crate::hub::Hub;
use crate::limits::{HOSTS_AT_ONCE, LIST_SHARED_BYTES_MAX};

/// What is written.
#[derive(Default)]
pub(super) struct Parts(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// By the host behind which they begin.
    parts: BTreeMap<Option<HostId>, Part>,
    bytes: usize,
    readers: usize,
}

/// Some hosts, one after the other.
#[derive(Clone)]
pub(super) struct Part {
    hosts: Arc<[Snapshot]>,
    /// As text, with a comma in front where others stand before them.
    pub(super) text: Bytes,
}

/// One that reads the list.
pub(super) struct Reader {
    hub: Arc<Hub>,
    parts: Arc<Parts>,
    sight: Sight,
}

impl Part {
    /// Whether these are all that are left.
    pub(super) fn is_short(&self) -> bool {
        self.hosts.len() < HOSTS_AT_ONCE
    }

    /// The last host in it; `None` in an empty one.
    pub(super) fn last(&self) -> Option<HostId> {
        self.hosts.last().map(|host| host.id.clone())
    }

    fn shows(&self, hosts: &[Snapshot]) -> bool {
        self.hosts.len() == hosts.len() && self.hosts.iter().zip(hosts).all(|(a, b)| is_same(a, b))
    }
}

/// Whether two say the same; a reading that is told apart by its place alone may.
fn is_same(one: &Snapshot, other: &Snapshot) -> bool {
    let Snapshot { id, label, online, stopped, last_seen, sample } = one;
    let sample = sample.as_ref().map(Arc::as_ptr) == other.sample.as_ref().map(Arc::as_ptr);
    sample
        && *id == other.id
        && Arc::ptr_eq(label, &other.label)
        && *online == other.online
        && *stopped == other.stopped
        && *last_seen == other.last_seen
}

impl Reader {
    /// One who sees so much: all who share the parts see the same.
    pub(super) fn new(hub: Arc<Hub>, parts: Arc<Parts>, sight: Sight) -> Self {
        parts.lock().readers += 1;
        Self { hub, parts, sight }
    }

    /// The part behind a host, or the first, as it is now. It is written while nothing is locked.
    pub(super) fn read(&self, after: Option<&HostId>) -> Part {
        let sight = self.sight;
        let hosts =
            self.hub.with_fleet(|fleet, _| fleet.snapshots_after(after, HOSTS_AT_ONCE, sight));
        let after = after.cloned();
        let kept = self.parts.lock().parts.get(&after).cloned();
        if let Some(part) = kept.filter(|part| part.shows(&hosts)) {
            return part;
        }
        let comma = if after.is_some() && !hosts.is_empty() { "," } else { "" };
        let text = format!("{comma}{}", entries(&hosts, self.hub.auth.public()));
        let part = Part { hosts: hosts.into(), text: text.into() };
        self.parts.lock().keep(after, &part);
        part
    }
}

impl Kept {
    fn keep(&mut self, after: Option<HostId>, part: &Part) {
        if let Some(before) = self.parts.remove(&after) {
            self.bytes -= before.text.len();
        }
        if self.bytes + part.text.len() <= LIST_SHARED_BYTES_MAX {
            self.bytes += part.text.len();
            self.parts.insert(after, part.clone());
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut kept = self.parts.lock();
        kept.readers -= 1;
        if kept.readers == 0 {
            *kept = Kept::default();
        }
    }
}

impl Parts {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use kinglet_proto::ingest::Message;

    use super::*;
    use crate::auth::Auth;
    use crate::fleet::{ConnectionId, Input, Settings};
    use crate::history::Nothing;

    fn report(hub: &Hub, connection: u64) {
        let message = Message::Report(Box::default());
        hub.handle_input(Input::Received(ConnectionId(connection), message));
    }

    fn hub(hosts: u64) -> Arc<Hub> {
        let offline_after = Duration::from_secs(60);
        let settings = Settings { offline_after, durable: false, hosts: Vec::new() };
        let auth = Auth::new(BTreeMap::new(), None, None);
        let hub = Hub::new(auth, settings, None, Arc::new(Nothing));
        for n in 0..hosts {
            let (connection, host) = (ConnectionId(n), HostId::parse(&format!("h{n}")).unwrap());
            hub.handle_input(Input::Joined { connection, host, greet: false });
            report(&hub, n);
        }
        Arc::new(hub)
    }

    #[test]
    fn who_reads_at_the_same_time_shares_what_is_the_same() {
        let (hub, parts) = (hub(10), Arc::<Parts>::default());
        let [one, two] = [(); 2].map(|()| Reader::new(hub.clone(), parts.clone(), Sight::All));
        let first = one.read(None);
        assert_eq!(two.read(None).text.as_ptr(), first.text.as_ptr(), "one text");
        let rest = one.read(first.last().as_ref());
        assert!(rest.is_short() && rest.text.starts_with(b",{") && !first.is_short());
        assert!(one.read(rest.last().as_ref()).text.is_empty());
        // A host of the second part reports: the first is the same, the second is another.
        report(&hub, 9);
        assert_eq!(two.read(None).text.as_ptr(), first.text.as_ptr());
        assert_ne!(two.read(first.last().as_ref()).text.as_ptr(), rest.text.as_ptr());
        drop(one);
        assert!(parts.lock().bytes > 0);
        drop(two);
        let kept = parts.lock();
        assert_eq!((kept.bytes, kept.parts.len()), (0, 0), "nobody reads");
    }

    #[test]
    fn what_is_kept_has_an_end() {
        let part = |bytes: usize| Part { hosts: [].into(), text: vec![b'x'; bytes].into() };
        let mut kept = Kept::default();
        let id = |n: usize| HostId::parse(&format!("h{n}")).ok();
        for n in 0..20 {
            kept.keep(id(n), &part(LIST_SHARED_BYTES_MAX / 8));
        }
        assert_eq!((kept.parts.len(), kept.bytes), (8, LIST_SHARED_BYTES_MAX));
        kept.keep(id(0), &part(1));
        assert_eq!((kept.parts.len(), kept.bytes), (8, LIST_SHARED_BYTES_MAX / 8 * 7 + 1));
    }
}
