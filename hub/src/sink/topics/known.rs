//! What was told of the fleet last, so that it is seen what of an update is an event. Pure.

use std::collections::{BTreeMap, HashSet};

use kinglet_proto::host::HostId;
use kinglet_proto::sample::Sample;
use kinglet_proto::time::Now;
use kinglet_proto::viewer::lifecycle::{
    self, Announcement, ApplicationStatus, Health, InstanceStatus, Lifecycle, Tally,
};
use kinglet_proto::viewer::public_part;
use serde_json::{Map, Value};

use crate::fleet::{Reading, Snapshot, Told, Update};

/// What the group is called of hosts that nobody put into one.
const NO_GROUP: &str = "Hosts";

/// Whether a sample has a part.
type Has = fn(&Sample) -> bool;

/// Parts of a sample: what a host can be asked for.
const ABILITIES: [(&str, Has); 16] = [
    ("cpu", |sample| sample.cpu.usage.is_some()),
    ("memory", |sample| sample.memory.total.is_some()),
    ("disks", |sample| !sample.disks.is_empty()),
    ("filesystems", |sample| !sample.filesystems.is_empty()),
    ("network", |sample| sample.network.total_rx.is_some()),
    ("load_average", |sample| sample.load_average.is_some()),
    ("processes", |sample| sample.processes.is_some()),
    ("users", |sample| sample.users.is_some()),
    ("sockets", |sample| sample.sockets.is_some()),
    ("pressure", |sample| sample.pressure.is_some()),
    ("temperatures", |sample| !sample.temperatures.is_empty()),
    ("fans", |sample| !sample.fans.is_empty()),
    ("battery", |sample| sample.battery.is_some()),
    ("power", |sample| sample.power.is_some()),
    ("wireless", |sample| !sample.wireless.is_empty()),
    ("probes", |sample| !sample.probes.is_empty()),
];

const _: () = assert!(ABILITIES.len() <= u16::BITS as usize, "a bit for each");

/// The fleet as it was told.
#[derive(Debug, Default)]
pub(super) struct Known {
    hosts: BTreeMap<HostId, Host>,
    groups: BTreeMap<String, Group>,
}

#[derive(Debug)]
struct Host {
    group: String,
    /// All else that its owner calls it: changed, it is another host to look at.
    label: [Option<String>; 3],
    health: Health<InstanceStatus>,
    hostname: String,
    version: String,
    /// Which of [`ABILITIES`], a bit for each.
    abilities: u16,
    /// A reading has come.
    is_read: bool,
}

#[derive(Debug)]
struct Group {
    /// Of its hosts; counted, for a group may be the whole fleet, and each of it comes by itself.
    tally: Tally,
    health: Health<ApplicationStatus>,
}

impl Known {
    /// These hosts, of which nothing is to be told.
    pub(super) fn new(hosts: Vec<Snapshot>, now: Now) -> Self {
        let mut known = Self::default();
        drop(known.catch_up(&hosts, now));
        known
    }

    /// What an update means. Of what agents tell everybody may know only a part.
    pub(super) fn apply(&mut self, update: &Update, now: Now, public: bool) -> Vec<Announcement> {
        let mut told = Vec::new();
        match update {
            Update::Added(host) => self.add(host, now, &mut told),
            Update::Status(host) => self.judge(host, now, &mut told),
            Update::Reading(Reading { host, sample, newest: true, .. }) => {
                self.read(&host.id, sample, &mut told);
            }
            Update::Removed(id) => self.remove(id, now, &mut told),
            Update::Told(Told { host, kind, data, .. }) if kind == "alert" => {
                told.extend(self.alert(&host.id, data, public));
            }
            Update::Reading(_) | Update::Told(_) | Update::Aggregates(_) => {}
        }
        told
    }

    /// What led from what was told to these hosts.
    pub(super) fn catch_up(&mut self, hosts: &[Snapshot], now: Now) -> Vec<Announcement> {
        let mut told = Vec::new();
        let there: HashSet<&HostId> = hosts.iter().map(|host| &host.id).collect();
        let gone: Vec<_> = self.hosts.keys().filter(|id| !there.contains(id)).cloned().collect();
        gone.iter().for_each(|id| self.remove(id, now, &mut told));
        for host in hosts {
            self.add(host, now, &mut told);
            self.judge(host, now, &mut told);
            if let Some(sample) = &host.sample {
                self.read(&host.id, sample, &mut told);
            }
        }
        told
    }

    /// A host is known, or is called otherwise.
    fn add(&mut self, host: &Snapshot, now: Now, told: &mut Vec<Announcement>) {
        let group = group_of(host);
        let label = &host.label;
        let label = [&label.name, &label.location, &label.country_code].map(Clone::clone);
        let id = &host.id;
        let Some(known) = self.hosts.get_mut(id) else {
            told.push(lifecycle::discovery(Lifecycle::AgentDiscoveryStart, id, None));
            let health = health(InstanceStatus::Pending, now);
            let (hostname, version, abilities) = (String::new(), String::new(), 0);
            let known = Host {
                group: group.clone(),
                label,
                health,
                hostname,
                version,
                abilities,
                is_read: false,
            };
            self.hosts.insert(id.clone(), known);
            self.join(&group, InstanceStatus::Pending, now, told);
            told.push(lifecycle::instance(Lifecycle::InstanceCreation, id, &group));
            return self.judge_group(&group, now, told);
        };
        let (is_moved, status) = (known.group != group, known.health.status);
        if !is_moved && known.label == label {
            return;
        }
        known.label = label;
        let before = std::mem::replace(&mut known.group, group.clone());
        if is_moved {
            self.join(&group, status, now, told);
        }
        told.push(lifecycle::instance(Lifecycle::InstanceUpdate, id, &group));
        if is_moved {
            self.leave(&before, status, now, told);
            self.judge_group(&group, now, told);
        }
    }

    /// A host may have come or gone.
    fn judge(&mut self, host: &Snapshot, now: Now, told: &mut Vec<Announcement>) {
        let Some(known) = self.hosts.get_mut(&host.id) else { return };
        let status = match (host.online, host.last_seen) {
            (true, _) => InstanceStatus::Up,
            (false, Some(_)) => InstanceStatus::Down,
            (false, None) => InstanceStatus::Pending,
        };
        if known.health.status == status {
            return;
        }
        let (old, new) = (known.health, health(status, now));
        known.health = new;
        let (version, sources) = (&known.version, &names(known.abilities));
        told.push(lifecycle::agent_health(&host.id, version, sources, old, new));
        told.push(lifecycle::instance_health(&host.id, &known.group, old, new));
        if status == InstanceStatus::Down && !known.is_read {
            let gone = Some("it went away before its first reading");
            let kind = Lifecycle::AgentDiscoveryFailure;
            told.push(lifecycle::discovery(kind, &host.id, gone));
        }
        let group = known.group.clone();
        if let Some(group) = self.groups.get_mut(&group) {
            group.tally.take(old.status);
            group.tally.add(status);
        }
        self.judge_group(&group, now, told);
    }

    /// A reading may show another host than the last.
    fn read(&mut self, id: &HostId, sample: &Sample, told: &mut Vec<Announcement>) {
        let Some(host) = self.hosts.get_mut(id) else { return };
        if !std::mem::replace(&mut host.is_read, true) {
            told.push(lifecycle::discovery(Lifecycle::AgentDiscoverySuccess, id, None));
        }
        if host.hostname != sample.hostname {
            host.hostname.clone_from(&sample.hostname);
            told.push(lifecycle::instance_hostname(id, &host.hostname));
        }
        if host.version != sample.version {
            host.version.clone_from(&sample.version);
            told.push(lifecycle::instance_metadata(id, &host.version));
        }
        let abilities =
            ABILITIES.iter().rev().fold(0, |bits, (_, has)| bits << 1 | u16::from(has(sample)));
        if host.abilities != abilities {
            host.abilities = abilities;
            told.push(lifecycle::instance_ability(id, &host.group, &names(abilities)));
        }
    }

    fn remove(&mut self, id: &HostId, now: Now, told: &mut Vec<Announcement>) {
        let Some(host) = self.hosts.remove(id) else { return };
        told.push(lifecycle::instance(Lifecycle::InstanceDeletion, id, &host.group));
        self.leave(&host.group, host.health.status, now, told);
    }

    fn alert(&self, id: &HostId, data: &str, public: bool) -> Option<Announcement> {
        let host = self.hosts.get(id)?;
        let mut alert: Map<String, Value> = serde_json::from_str(data).ok()?;
        if public {
            alert = public_part("alert", alert);
        }
        lifecycle::rule_trigger(id, &host.group, &alert)
    }

    fn join(&mut self, name: &str, status: InstanceStatus, now: Now, told: &mut Vec<Announcement>) {
        let is_new = !self.groups.contains_key(name);
        let empty =
            || Group { tally: Tally::default(), health: health(ApplicationStatus::Empty, now) };
        let group = self.groups.entry(name.to_owned()).or_insert_with(empty);
        group.tally.add(status);
        let kind =
            if is_new { Lifecycle::ApplicationCreation } else { Lifecycle::ApplicationUpdate };
        told.push(lifecycle::application(kind, name));
    }

    fn leave(
        &mut self,
        name: &str,
        status: InstanceStatus,
        now: Now,
        told: &mut Vec<Announcement>,
    ) {
        let Some(group) = self.groups.get_mut(name) else { return };
        group.tally.take(status);
        if group.tally.status() == ApplicationStatus::Empty {
            self.groups.remove(name);
            told.push(lifecycle::application(Lifecycle::ApplicationDeletion, name));
        } else {
            told.push(lifecycle::application(Lifecycle::ApplicationUpdate, name));
            self.judge_group(name, now, told);
        }
    }

    fn judge_group(&mut self, name: &str, now: Now, told: &mut Vec<Announcement>) {
        let Some(group) = self.groups.get_mut(name) else { return };
        let status = group.tally.status();
        if group.health.status != status {
            group.health = health(status, now);
            told.push(lifecycle::application_health(name, group.health));
        }
    }
}

fn names(abilities: u16) -> Vec<&'static str> {
    let has = |at: &usize| abilities >> at & 1 == 1;
    ABILITIES.iter().enumerate().filter(|(at, _)| has(at)).map(|(_, (name, _))| *name).collect()
}

fn group_of(host: &Snapshot) -> String {
    let group = host.label.group.as_deref().filter(|group| !group.is_empty());
    group.unwrap_or(NO_GROUP).to_owned()
}

fn health<S>(status: S, now: Now) -> Health<S> {
    let ms = now.wall.unix_millis();
    Health { status, updated_ms: ms, since_ms: ms }
}

#[cfg(test)]
mod tests;
