//! Who was ever there: the fleet's hosts by id, with name and group, kept in a file, so that a hub
//! that was just started knows whom it has not heard of yet.
//!
//! A program that takes the fleet's list over and forgets whoever is not on it must never see a
//! short one: it asks first whether all are known.

mod file;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use kinglet_proto::host::HostId;
use kinglet_proto::ingest::Label;
use kinglet_proto::time::{Instant, WallTime};
use tokio::time::{Instant as Turn, sleep_until};
use tracing::warn;

use super::Sink;
use crate::clock;
use crate::fleet::{Origin, Reading, Snapshot, Update};
use crate::guard::TokenName;
use crate::hub::Hub;
use crate::hub::feed::{Feed, Next};
use crate::limits::{FORGET_AFTER, ROSTER_INTERVAL};

/// What is remembered of a host.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    name: Option<String>,
    group: Option<String>,
    /// When it was last heard of; `None` while it is online.
    last_seen: Option<WallTime>,
    /// It had a token of its own, without which it is nobody's host any more.
    own_token: bool,
    /// The name of the fleet's token with which it was first seen.
    token: Option<TokenName>,
}

/// The sink, and the list.
pub(crate) struct Roster {
    /// `None` where nothing outlives the hub.
    path: Option<PathBuf>,
    /// Before this whoever was there may not have come back; `None` where all are known.
    settled_at: Option<Instant>,
    entries: Mutex<BTreeMap<HostId, Entry>>,
}

/// The list as it was when the hub ended.
pub(super) fn open(hub: &Hub, _: Vec<Snapshot>) -> Arc<dyn Sink> {
    let kept = hub.history.is_durable();
    let path = hub.state_dir.as_ref().filter(|_| kept).map(|folder| folder.join(file::NAME));
    let read = path.as_deref().map(file::read);
    // Where only hosts with tokens of their own may report, all are in the configuration; and a hub
    // without state, a demo, was never there before.
    let may_be_others = hub.auth.is_open() && hub.state_dir.is_some();
    let unknown = || {
        let silence = hub.with_fleet(|fleet, _| fleet.offline_after());
        may_be_others.then(|| clock::now().instant.plus(silence))
    };
    let (entries, settled_at) = match read {
        Some(Ok(entries)) => (entries, None),
        Some(Err(error)) => {
            warn!("who was there before this start is not known: {error}");
            (BTreeMap::new(), unknown())
        }
        None => (BTreeMap::new(), unknown()),
    };
    let may_report =
        |id: &HostId, entry: &Entry| hub.auth.knows(id) || (hub.auth.is_open() && !entry.own_token);
    let mut entries: BTreeMap<_, _> =
        entries.into_iter().filter(|(id, entry)| may_report(id, entry)).collect();
    for entry in entries.values_mut() {
        // One that is gone from the configuration holds nothing any more.
        entry.token = entry.token.take().and_then(|name| hub.auth.fleet_token(&name));
    }
    hub.restore_origins(entries.iter().map(|(id, entry)| (id.clone(), entry.origin())));
    Arc::new(Roster { path, settled_at, entries: Mutex::new(entries) })
}

impl Roster {
    /// Whether all are known: at once where a file says who was there, else after as long as a host
    /// may be silent, for until then whoever was there may still come back.
    pub(crate) fn is_whole(&self) -> bool {
        self.settled_at.is_none_or(|at| at <= clock::now().instant)
    }

    /// Every host, those too that have not come back since the hub was started, by id.
    pub(crate) fn hosts(&self, hub: &Hub) -> Vec<Snapshot> {
        let (now, mut hosts) =
            hub.with_fleet(|fleet, now| (now.wall, Vec::from_iter(fleet.snapshots())));
        let entries = self.entries();
        for host in &mut hosts {
            entries.get(&host.id).iter().for_each(|entry| entry.fill(host));
        }
        let there: HashSet<_> = hosts.iter().map(|host| host.id.clone()).collect();
        let absent = entries.iter().filter(|(id, entry)| !there.contains(*id) && entry.counts(now));
        hosts.extend(absent.map(|(id, entry)| entry.snapshot(id)));
        hosts.sort_by(|one, other| one.id.cmp(&other.id));
        hosts
    }

    /// One of them; `None` for an unknown one.
    pub(crate) fn host(&self, hub: &Hub, id: &str) -> Option<Snapshot> {
        let (now, host) = hub.with_fleet(|fleet, now| (now.wall, fleet.snapshot(id)));
        let entries = self.entries();
        let entry = entries.get_key_value(id);
        match host {
            Some(mut host) => {
                entry.iter().for_each(|(_, entry)| entry.fill(&mut host));
                Some(host)
            }
            None => {
                entry.filter(|(_, entry)| entry.counts(now)).map(|(id, entry)| entry.snapshot(id))
            }
        }
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<HostId, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what happened; whether the file is another now.
    fn take(&self, hub: &Hub, update: &Update) -> bool {
        match update {
            Update::Added(host) | Update::Status(host) => self.note(hub, host),
            Update::Removed(id) => self.entries().remove(id).is_some(),
            Update::Reading(Reading { host, .. }) if !self.entries().contains_key(&host.id) => {
                self.note(hub, host)
            }
            Update::Reading(_) | Update::Told(_) | Update::Aggregates(_) => false,
        }
    }

    /// What a host is called it says with its first reading.
    fn note(&self, hub: &Hub, host: &Snapshot) -> bool {
        if host.sample.is_none() {
            return false;
        }
        let Label { name, group, .. } = &*host.label;
        let entry = Entry {
            name: name.clone(),
            group: group.clone(),
            last_seen: host.last_seen.filter(|_| !host.online),
            own_token: hub.auth.knows(&host.id),
            token: hub.with_fleet(|fleet, _| fleet.token_of(&host.id).cloned()),
        };
        let before = self.entries().insert(host.id.clone(), entry.clone());
        before.is_none_or(|before| before != entry)
    }

    /// Writes the file, and says so once when that begins to fail.
    async fn write(self: Arc<Self>, failing: &mut bool) {
        let written = tokio::task::spawn_blocking(move || {
            let Some(path) = &self.path else { return Ok(()) };
            let text = file::encode(&self.entries(), clock::now().wall);
            file::write(path, &text)
        });
        let error = match written.await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(error) = error.as_ref().filter(|_| !*failing) {
            warn!("who is there cannot be kept for the next start: {error}");
        }
        *failing = error.is_some();
    }
}

impl Sink for Roster {
    fn run(self: Arc<Self>, hub: Arc<Hub>, mut feed: Feed) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let (mut failing, mut changed, mut write_at) = (false, false, Turn::now());
            loop {
                let next = tokio::select! {
                    next = feed.next() => next,
                    () = sleep_until(write_at), if changed => {
                        self.clone().write(&mut failing).await;
                        (changed, write_at) = (failing, Turn::now() + ROSTER_INTERVAL);
                        continue;
                    }
                };
                changed |= match next {
                    Some(Next::Update(update)) => self.take(&hub, &update),
                    Some(Next::Lost(_)) => {
                        let hosts = hub.resync(&mut feed);
                        hosts.iter().filter(|host| self.note(&hub, host)).count() > 0
                    }
                    None => break,
                };
            }
            if changed {
                self.write(&mut failing).await;
            }
        })
    }
}

impl Entry {
    /// Adds what is remembered of a host that has not reported yet, where its owner said nothing.
    fn fill(&self, host: &mut Snapshot) {
        if host.sample.is_some() {
            return;
        }
        let label = Arc::make_mut(&mut host.label);
        label.name = label.name.take().or_else(|| self.name.clone());
        label.group = label.group.take().or_else(|| self.group.clone());
        host.last_seen = host.last_seen.or(self.last_seen);
    }

    /// How it came; one that is online now, was so at the start.
    fn origin(&self) -> Origin {
        let seen = self.last_seen.unwrap_or_else(|| clock::now().wall);
        Origin { token: self.token.clone(), seen }
    }

    fn snapshot(&self, id: &HostId) -> Snapshot {
        let (label, online, sample) = (Arc::default(), false, None);
        let mut host =
            Snapshot { id: id.clone(), label, online, stopped: false, last_seen: None, sample };
        self.fill(&mut host);
        host
    }

    /// Whether it is not forgotten yet.
    fn counts(&self, now: WallTime) -> bool {
        let Some(seen) = self.last_seen else { return true };
        let silent = now.unix_millis().saturating_sub(seen.unix_millis());
        u128::from(silent) < FORGET_AFTER.as_millis()
    }
}
