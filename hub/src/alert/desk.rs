//! Where all alerts come together: which are open, who knows of them, what is silent, and what is
//! to be kept and told of all that.

mod decide;
mod judge;
mod rules;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::mem;

use kinglet_proto::alert::Level;
use kinglet_proto::alert::book::{Greeting, Known};
use kinglet_proto::host::HostId;
use kinglet_proto::time::{Instant, Now, WallTime};
use serde_json::{Map, Value};

use super::entry::{Entry, Said, is_own, rule_of};
use super::own::SELF;
use super::silence::{Silence, Window};
use super::watched::Watched;
use super::{Settings, message};
use crate::fleet::{Snapshot, Told, Update};
use crate::limits::{ALERT_CHANGES_MAX, ALERTS_OPEN_MAX};

/// All alerts of a fleet.
#[derive(Debug)]
pub struct Desk {
    settings: Settings,
    hosts: BTreeMap<HostId, Watched>,
    open: BTreeMap<HostId, BTreeMap<String, Entry>>,
    silences: Vec<Silence>,
    last_silence: u64,
    /// When the hub's certificate ends; `None` where it has none.
    certificate: Option<WallTime>,
    /// What the hub itself goes by.
    itself: Option<HostId>,
    check_at: Option<Instant>,
    changes: VecDeque<Change>,
    tells: Vec<Tell>,
}

/// Something to be kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// An alert as it is now.
    Alert(Entry),
    /// A silence as it is now.
    Silence(Silence),
    /// A silence is over.
    NoSilence(u64),
    /// A host is there, or away.
    Host(Seen),
    /// A host is nobody's any more.
    NoHost(HostId),
}

/// An alert of the hub's own, to be told to everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tell {
    /// About this host.
    pub host: HostId,
    /// `data` of the message.
    pub data: String,
}

/// What was kept before this start.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Alerts that were open.
    pub open: Vec<Entry>,
    /// Silences.
    pub silences: Vec<Silence>,
    /// Who was there.
    pub hosts: Vec<Seen>,
}

/// A host that was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which.
    pub host: HostId,
    /// Since when it is away; `None` while it is not.
    pub away: Option<WallTime>,
    /// How far its agent's news of alerts was told: the boot, and the number.
    pub told: Option<(String, u64)>,
}

/// What a host that was there before is today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is in the configuration: never forgotten.
    Named,
    /// It may report, and is forgotten when it stays away.
    Guest,
    /// It may not report any more.
    Nobody,
}

/// How many alerts are open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// That can wait until tomorrow.
    pub warning: usize,
    /// That cannot.
    pub critical: usize,
}

impl Desk {
    /// A desk with what was kept; `standing` says what its hosts are today.
    pub fn new(
        settings: Settings,
        certificate: Option<WallTime>,
        kept: Kept,
        standing: impl Fn(&HostId) -> Standing,
        now: Now,
    ) -> Self {
        let last_silence = kept.silences.iter().map(|silence| silence.id).max().unwrap_or(0);
        let mut desk = Self {
            settings,
            hosts: BTreeMap::new(),
            open: BTreeMap::new(),
            silences: kept.silences,
            last_silence,
            certificate,
            itself: HostId::parse(SELF).ok(),
            check_at: Some(now.instant),
            changes: VecDeque::new(),
            tells: Vec::new(),
        };
        for entry in kept.open {
            desk.open.entry(entry.host.clone()).or_default().insert(entry.id.clone(), entry);
        }
        for seen in kept.hosts {
            match standing(&seen.host) {
                Standing::Named => desk.expect(seen, false, now),
                Standing::Guest => desk.expect(seen, true, now),
                Standing::Nobody => desk.forget(&seen.host, now),
            }
        }
        desk.end_unwatched(now);
        desk
    }

    /// The hub has a certificate that ends then; `None` where that cannot be read.
    pub fn renew_certificate(&mut self, ends: Option<WallTime>) {
        self.certificate = ends;
    }

    /// What agents told and is open, and how far all of it goes: it is no news when it comes again.
    pub fn told_by_agents(&self) -> Vec<(HostId, Greeting)> {
        let known = |entry: &Entry| {
            let is_critical = entry.said.level == Level::Critical.name();
            let level = if is_critical { Level::Critical } else { Level::Warning };
            Known { id: entry.id.clone(), kind: entry.said.kind.clone(), level }
        };
        let of_agents = |open: &BTreeMap<String, Entry>| {
            open.values().filter(|entry| !is_own(&entry.id)).map(known).collect()
        };
        let greeting = |(id, host): (&HostId, &Watched)| {
            let open = self.open.get(id).map(of_agents).unwrap_or_default();
            (id.clone(), Greeting { heard: host.told.clone(), open })
        };
        self.hosts.iter().map(greeting).collect()
    }

    /// Takes in what happened in the fleet.
    pub fn handle(&mut self, update: &Update, now: Now) {
        match update {
            Update::Reading(reading) if reading.newest => self.judge(reading, now),
            Update::Status(host) => self.see(host, now),
            Update::Added(host) => self.name(host),
            Update::Removed(id) => self.forget(id, now),
            Update::Told(told) if told.kind != "alert" => self.note_told(told),
            Update::Told(told) if !told.again => self.hear(told),
            // It may have another value now.
            Update::Told(told) if told.place.is_none() => self.hear(told),
            Update::Reading(_) | Update::Told(_) | Update::Aggregates(_) => {}
        }
    }

    /// Updates were lost: takes over how the fleet is, and which alerts its agents hold open.
    pub fn resume(&mut self, hosts: &[Snapshot], told: &[(HostId, Vec<Known>)], now: Now) {
        let there: HashSet<&HostId> = hosts.iter().map(|host| &host.id).collect();
        let known = self.hosts.iter().filter(|(id, host)| !host.is_past && !there.contains(id));
        let gone: Vec<HostId> = known.map(|(id, _)| id.clone()).collect();
        gone.iter().for_each(|id| self.forget(id, now));
        for host in hosts {
            self.name(host);
            self.see(host, now);
        }
        for (host, known) in told {
            let held = self.open.get(host).into_iter().flat_map(BTreeMap::keys);
            let is_over = |id: &&String| !is_own(id) && known.iter().all(|one| one.id != **id);
            let over: Vec<String> = held.filter(is_over).cloned().collect();
            over.iter().for_each(|id| self.end(host, id, "", now));
            for Known { id, kind, level } in known {
                if !self.holds(host, id) {
                    let rule = rule_of(id).to_owned();
                    let (kind, level) = (kind.clone(), level.name().to_owned());
                    let said = Said { kind, level, rule, ..Said::default() };
                    let (host, id) = (host.clone(), id.clone());
                    self.begin(Entry { host, id, since: now.wall, until: None, said });
                }
            }
        }
    }

    /// What is to be kept, in order; to be given back by [`Desk::give_back`] if it cannot be.
    pub fn take_changes(&mut self) -> Vec<Change> {
        mem::take(&mut self.changes).into()
    }

    /// Takes back what could not be kept, before what came meanwhile.
    pub fn give_back(&mut self, changes: Vec<Change>) {
        for change in changes.into_iter().rev() {
            self.changes.push_front(change);
        }
        while self.changes.len() > ALERT_CHANGES_MAX {
            self.changes.pop_front();
        }
    }

    /// Whether there is nothing to be kept or told.
    pub fn is_settled(&self) -> bool {
        self.changes.is_empty() && self.tells.is_empty()
    }

    /// What is to be told, in order.
    pub fn take_tells(&mut self) -> Vec<Tell> {
        mem::take(&mut self.tells)
    }

    /// What is open, by host and id.
    pub fn open(&self) -> impl Iterator<Item = &Entry> {
        self.open.values().flat_map(BTreeMap::values)
    }

    /// How many of each level are open.
    pub fn counts(&self) -> Counts {
        self.open().fold(Counts::default(), |mut counts, entry| {
            let is_critical = entry.said.level == "critical";
            *if is_critical { &mut counts.critical } else { &mut counts.warning } += 1;
            counts
        })
    }

    /// Until when alerts of this id are silent on this host; `None` when they are not.
    pub fn silenced(&self, host: &str, group: &str, id: &str, now: WallTime) -> Option<WallTime> {
        let rule = rule_of(id);
        let silences = self.silences.iter().filter(|one| one.scope.covers(host, group, rule));
        let windows = self.settings.windows.iter();
        let windows = windows.filter(|one| one.scope().covers(host, group, rule));
        let windows = windows.filter_map(|window: &Window| window.until_at(now));
        silences.filter_map(|silence| silence.until_at(now)).chain(windows).max()
    }

    /// What is open and was silent when it began, or is now: nobody may have been told of it.
    pub fn silent(&self, now: WallTime) -> impl Iterator<Item = &Entry> {
        self.open().filter(move |Entry { host, id, since, said, .. }| {
            let is_silent = |at| self.silenced(host, &said.group, id, at).is_some();
            is_silent(*since) || is_silent(now)
        })
    }

    fn holds(&self, host: &HostId, id: &str) -> bool {
        self.open.get(host).is_some_and(|open| open.contains_key(id))
    }

    /// Notes how far an agent's news goes.
    fn note_told(&mut self, told: &Told) {
        let host = &told.host.id;
        if let (Some(place), Some(watched)) = (&told.place, self.hosts.get_mut(host)) {
            watched.told = Some((place.boot_id.clone(), place.number));
            self.note(host);
        }
    }

    /// An agent told of an alert.
    fn hear(&mut self, told: &Told) {
        let Ok(data) = serde_json::from_str::<Map<String, Value>>(&told.data) else { return };
        let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default();
        let (host, id) = (&told.host.id, text("alert_id"));
        if id.is_empty() || is_own(id) {
            return; // nothing to know it by, or what was told here
        }
        self.note_told(told);
        let at = Now { wall: told.at(), ..told.received };
        if text("status") == "resolved" {
            return self.end(host, id, text("resolution"), at);
        }
        let mut said = Said::read(id, &data);
        let open = self.open.get(host).and_then(|open| open.get(id));
        said.acknowledged = open.and_then(|entry| entry.said.acknowledged.clone());
        let since = open.map_or(at.wall, |entry| entry.since);
        self.begin(Entry { host: host.clone(), id: id.to_owned(), since, until: None, said });
    }

    /// An alert of an agent begins, or has other words.
    fn begin(&mut self, mut entry: Entry) {
        let group = self.hosts.get(&entry.host).map(|host| host.group.clone());
        entry.said.group = group.unwrap_or_default();
        let open = self.open.entry(entry.host.clone()).or_default();
        if open.len() < 2 * ALERTS_OPEN_MAX || open.contains_key(&entry.id) {
            open.insert(entry.id.clone(), entry.clone());
            self.change(Change::Alert(entry));
        }
    }

    /// One of the hub's own begins: it is told, unless it is open.
    fn fire(&mut self, entry: Entry) {
        if !self.holds(&entry.host, &entry.id) {
            let (host, data) = (entry.host.clone(), message::fired(&entry));
            self.begin(entry);
            self.tells.push(Tell { host, data });
        }
    }

    /// An alert is over; one of the hub's own is told so.
    fn end(&mut self, host: &HostId, id: &str, why: &str, now: Now) {
        let Some(entry) = self.close(host, id, why, now) else { return };
        if is_own(id) {
            let data = message::resolved(&entry, now.wall);
            self.tells.push(Tell { host: entry.host, data });
        }
    }

    fn close(&mut self, host: &HostId, id: &str, why: &str, now: Now) -> Option<Entry> {
        let open = self.open.get_mut(host)?;
        let mut entry = open.remove(id)?;
        if open.is_empty() {
            self.open.remove(host);
        }
        entry.until = Some(now.wall.max(entry.since));
        entry.said.resolution = why.to_owned();
        self.change(Change::Alert(entry.clone()));
        Some(entry)
    }

    fn change(&mut self, change: Change) {
        self.changes.push_back(change);
        if self.changes.len() > ALERT_CHANGES_MAX {
            self.changes.pop_front();
        }
    }
}
