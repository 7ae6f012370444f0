//! All agents' halves of their conversations: what to keep, answer, tell everybody, and whom to
//! close. Pure: no socket, clock or thread; one input, then the commands until there are none.
//!
//! ```
//! use std::time::Duration;
//!
//! use kinglet_hub::fleet::{Command, ConnectionId, Fleet, Input, Settings, Update};
//! use kinglet_proto::host::HostId;
//! use kinglet_proto::ingest::decode;
//! use kinglet_proto::time::{Instant, Now, WallTime};
//!
//! let offline_after = Duration::from_secs(60);
//! let settings = Settings { offline_after, durable: false, hosts: Vec::new() };
//! let mut fleet = Fleet::new(settings);
//! let mut feed = |second: u64, input: Input| {
//!     let ms = second * 1000;
//!     let wall = WallTime::from_unix_millis(1_800_000_000_000 + ms);
//!     fleet.handle_input(input, Now { instant: Instant::from_millis(ms), wall });
//!     Vec::from_iter(std::iter::from_fn(|| fleet.poll_command()).map(|command| match command {
//!         Command::Send(_, answer) => format!("answer {answer:?}"),
//!         Command::Close(_, reason) => format!("close: {reason}"),
//!         Command::Publish(Update::Added(host)) => format!("there is {}", host.id),
//!         Command::Publish(Update::Status(host)) => {
//!             format!("{} online: {}", host.id, host.online)
//!         }
//!         Command::Publish(Update::Reading(reading)) => {
//!             format!("uptime {:?}, newest: {}", reading.sample.uptime, reading.newest)
//!         }
//!         Command::Publish(Update::Removed(id)) => format!("{id} is forgotten"),
//!         Command::Publish(Update::Told(told)) => format!("{} told: {}", told.kind, told.data),
//!         Command::Publish(Update::Aggregates(sums)) => format!("{} sums", sums.buckets.len()),
//!         Command::Note(note) => format!("log: {note}"),
//!     }))
//! };
//! let agent = ConnectionId(1);
//! let report = |seq: u64, age_ms: u64| {
//!     let text = format!(
//!         r#"{{"type":"metrics","data":{{"uptime":{seq}}},
//!             "meta":{{"boot_id":"b","seq":{seq},"age_ms":{age_ms}}}}}"#
//!     );
//!     Input::Received(agent, decode(&text).expect("a report"))
//! };
//!
//! // An agent comes with a token that is good for the host `pi`.
//! let host = HostId::parse("pi").expect("an id");
//! let joined = feed(1, Input::Joined { connection: agent, host, greet: true });
//! assert_eq!(joined[0], "log: host pi reports");
//! assert!(joined[1].starts_with("answer Connected("), "with what is known of its alerts");
//!
//! // With its first report the host is there for all.
//! let [there, online, reading, answer] = &feed(2, report(1, 0))[..] else { panic!() };
//! assert_eq!([there, online], ["there is pi", "pi online: true"]);
//! assert_eq!([reading, answer], ["uptime Some(1), newest: true", "answer Ack(1)"]);
//!
//! // Two readings found no way here. What comes next is shown, and not acknowledged: the agent
//! // still holds those two, and may not forget them.
//! assert_eq!(feed(17, report(4, 0)), ["uptime Some(4), newest: true"]);
//! assert_eq!(feed(18, report(2, 11_000)), ["uptime Some(2), newest: false", "answer Ack(2)"]);
//! assert_eq!(feed(19, report(3, 7_000)), ["uptime Some(3), newest: false", "answer Ack(4)"]);
//!
//! // It falls silent.
//! assert!(feed(78, Input::Tick).is_empty());
//! let silent = feed(79, Input::Tick);
//! assert_eq!(silent[..2], ["log: host pi is offline", "pi online: false"]);
//! assert_eq!(silent[2..], ["close: nothing was heard for too long"]);
//! ```

mod alerts;
mod command;
mod enroll;
mod host;
mod input;
mod login;
mod order;
mod origins;
mod pace;
mod report;
mod sight;
mod update;

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::ops::Bound;
use std::time::Duration;

use alerts::Alerts;
pub use command::{Command, Note, Reason};
use host::Host;
pub use input::Input;
use kinglet_proto::alert::book::{Greeting, Known};
use kinglet_proto::answer::{Answer, Welcome};
use kinglet_proto::host::HostId;
use kinglet_proto::ingest::Label;
use kinglet_proto::time::{Instant, Now};
use origins::Origins;
pub use origins::{Claim, Origin};
pub use pace::{Pace, Verdict};
pub use sight::Sight;
pub use update::{Aggregates, Reading, Snapshot, Told, Update};

use crate::limits::{FORGET_AFTER, HOSTS_MAX};

/// One connection of an agent, numbered by the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// What the owner decided.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A host not heard of for this long is offline.
    pub offline_after: Duration,
    /// Readings are safe when [`Input::Kept`] says so, and are acknowledged then; else at once.
    pub durable: bool,
    /// Hosts known from the start, with what the owner calls them.
    pub hosts: Vec<(HostId, Label)>,
}

/// Every host, its last reading, and the connection it reports on.
#[derive(Debug)]
pub struct Fleet {
    settings: Settings,
    hosts: BTreeMap<HostId, Host>,
    agents: BTreeMap<ConnectionId, HostId>,
    visitors: BTreeMap<ConnectionId, Instant>,
    commands: VecDeque<Command>,
    check_at: Option<Instant>,
    /// Inputs that may have changed a host.
    changes: u64,
    /// The number of the last reading.
    readings: u64,
    /// Alerts that agents told before this start and that were open, until their host comes.
    alerts_before: BTreeMap<HostId, Greeting>,
    /// With which of the fleet's tokens hosts were first seen, those of before this start too.
    origins: Origins,
    /// Answers that say something is safe, and the reading that has to be.
    unsafe_answers: VecDeque<(u64, ConnectionId, Answer)>,
}

impl Fleet {
    /// A fleet of the configured hosts, none of them heard of yet.
    pub fn new(mut settings: Settings) -> Self {
        let known = mem::take(&mut settings.hosts);
        let hosts = known.into_iter().map(|(id, label)| (id, Host::configured(label))).collect();
        Self {
            settings,
            hosts,
            agents: BTreeMap::new(),
            visitors: BTreeMap::new(),
            commands: VecDeque::new(),
            check_at: None,
            changes: 0,
            readings: 0,
            alerts_before: BTreeMap::new(),
            origins: Origins::new(),
            unsafe_answers: VecDeque::new(),
        }
    }

    /// Takes over which alerts of agents were open before this start, and how far their news was
    /// told: that is no news.
    pub fn restore_alerts(&mut self, before: Vec<(HostId, Greeting)>) {
        self.alerts_before = before.into_iter().collect();
    }

    /// Which alerts agents hold open, by host.
    pub fn alerts(&self) -> Vec<(HostId, Vec<Known>)> {
        let open = |(id, host): (&HostId, &Host)| (id.clone(), host.alerts().open);
        self.hosts.iter().map(open).collect()
    }

    /// Takes one input; what follows from it is in [`Fleet::poll_command`].
    pub fn handle_input(&mut self, input: Input, now: Now) {
        self.changes += u64::from(!matches!(input, Input::Tick) || self.is_due(now));
        match input {
            Input::Visited(connection) => self.visit(connection, now),
            Input::Joined { connection, host, greet } => {
                if self.join(connection, &host, now) && greet {
                    let alerts = self.hosts.get(&host).map(Host::alerts).unwrap_or_default();
                    let welcome = Box::new(Welcome { host, alerts });
                    self.send(connection, Answer::Connected(welcome));
                }
            }
            Input::LoggedIn(connection, host) => self.log_in(connection, host, now),
            Input::TooManyNew(connection, after) => self.put_off(connection, after, now),
            Input::Heard(connection) => self.hear(connection, now),
            Input::Received(connection, message) => self.receive(connection, message, now),
            Input::TooFast(connection, retry_after) => {
                self.hear(connection, now);
                self.send(connection, Answer::TooFast(retry_after));
            }
            Input::Parted(connection) => self.part(connection),
            Input::Left(connection) => self.leave(connection),
            Input::Enrolled(id, label) => self.enroll(id, label),
            Input::Labelled(id, label) => self.label(id, label),
            Input::Revoked(id) => self.revoke(&id),
            Input::Deleted(id) => self.delete(&id),
            Input::Kept(number) => self.keep(number),
            Input::Lost => self.lose(),
            Input::Alert(id, data) => self.tell_of(&id, data, now),
            Input::Tick => self.tick(now),
        }
    }

    /// The next thing to do; `None` when all is done.
    pub fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// When the next [`Input::Tick`] is due; `None` while nothing can fall due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.check_at
    }

    /// A host not heard of for this long is offline.
    pub fn offline_after(&self) -> Duration {
        self.settings.offline_after
    }

    /// Whether a connection reports as this host.
    pub fn is_reporting(&self, id: &HostId) -> bool {
        self.hosts.get(id).is_some_and(|host| host.connection.is_some())
    }

    /// How many hosts are known to viewers who see so much, and how many of them are online.
    pub fn counts(&self, sight: Sight) -> (usize, usize) {
        let seen = |host: &&Host| host.announced && (sight == Sight::All || !host.is_hidden());
        let announced = self.hosts.values().filter(seen);
        announced.fold((0, 0), |(all, online), host| (all + 1, online + usize::from(host.online)))
    }

    /// Every host that viewers know of, as it is now.
    pub fn snapshots(&self) -> impl Iterator<Item = Snapshot> {
        let announced = self.hosts.iter().filter(|(_, host)| host.announced);
        announced.map(|(id, host)| host.snapshot(id))
    }

    /// The same of the first `max` hosts behind this one, or of the first of all.
    pub fn snapshots_after(
        &self,
        after: Option<&HostId>,
        max: usize,
        sight: Sight,
    ) -> Vec<Snapshot> {
        let behind = after.map_or(Bound::Unbounded, Bound::Excluded);
        let hosts = self.hosts.range::<HostId, _>((behind, Bound::Unbounded));
        let announced = hosts.filter(|(_, host)| host.announced);
        let snapshots = announced.map(|(id, host)| host.snapshot(id));
        snapshots.filter(|host| sight.sees(host)).take(max).collect()
    }

    /// A number that is another one when a host may have changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// One host as it is now, be it announced or not; `None` for an unknown one.
    pub fn snapshot(&self, id: &str) -> Option<Snapshot> {
        self.hosts.get_key_value(id).map(|(id, host)| host.snapshot(id))
    }

    /// Whether the connection now reports as the host.
    fn join(&mut self, connection: ConnectionId, id: &HostId, now: Now) -> bool {
        self.visitors.remove(&connection);
        if !self.hosts.contains_key(id) && self.hosts.len() >= HOSTS_MAX {
            self.close(connection, Reason::TooManyHosts);
            return false;
        }
        let host = self.hosts.entry(id.clone()).or_default();
        if let Some(before) = self.alerts_before.remove(id) {
            host.alerts.get_or_insert_with(|| Box::new(Alerts::restored(before)));
        }
        host.alerts.iter_mut().for_each(|alerts| alerts.handle_joined());
        let older = host.connection.replace(connection);
        self.agents.insert(connection, id.clone());
        if let Some(older) = older {
            self.agents.remove(&older);
            self.close(older, Reason::Duplicate);
            self.commands.push_back(Command::Note(Note::Duplicate(id.clone())));
        }
        self.commands.push_back(Command::Note(Note::Joined(id.clone())));
        self.hear(connection, now);
        self.check_by(now.instant.plus(self.settings.offline_after));
        true
    }

    fn leave(&mut self, connection: ConnectionId) {
        self.visitors.remove(&connection);
        let Some(id) = self.agents.remove(&connection) else { return };
        if let Some(host) = self.hosts.get_mut(&id) {
            host.connection = None;
        }
    }

    /// Who says goodbye is waited for by nobody.
    fn part(&mut self, connection: ConnectionId) {
        let Some(id) = self.agents.get(&connection) else { return };
        if let Some(host) = self.hosts.get_mut(id).filter(|host| host.online) {
            go_offline(&mut self.commands, id, host, Note::Stopped(id.clone()));
        }
        self.leave(connection);
    }

    /// Every deadline in one pass: it runs about once a minute for the hosts of a busy fleet.
    fn tick(&mut self, now: Now) {
        if !self.is_due(now) {
            return;
        }
        self.check_at = None;
        let late: Vec<ConnectionId> = self
            .visitors
            .iter()
            .filter(|&(_, deadline)| *deadline <= now.instant)
            .map(|(connection, _)| *connection)
            .collect();
        for connection in late {
            self.visitors.remove(&connection);
            self.close(connection, Reason::NoCredentials);
        }
        self.silence(now);
        self.forget(now);
        self.forget_origins(now.wall);
        let deadlines = self.hosts.values().filter_map(|host| self.deadline(host));
        self.check_at = deadlines.chain(self.visitors.values().copied()).min();
    }

    fn is_due(&self, now: Now) -> bool {
        self.check_at.is_some_and(|at| at <= now.instant)
    }

    /// When a host falls silent or is forgotten.
    fn deadline(&self, host: &Host) -> Option<Instant> {
        let heard = host.heard?.instant;
        match (host.online, host.configured) {
            (true, _) => Some(heard.plus(self.settings.offline_after)),
            (false, false) => Some(heard.plus(FORGET_AFTER)),
            (false, true) => None,
        }
    }

    fn silence(&mut self, now: Now) {
        let limit = self.settings.offline_after;
        for (id, host) in &mut self.hosts {
            let silent = host.heard.is_some_and(|heard| heard.instant.plus(limit) <= now.instant);
            if !host.online || !silent {
                continue;
            }
            go_offline(&mut self.commands, id, host, Note::Offline(id.clone()));
            if let Some(connection) = host.connection.take() {
                self.agents.remove(&connection);
                self.commands.push_back(Command::Close(connection, Reason::Silent));
            }
        }
    }

    fn forget(&mut self, now: Now) {
        let commands = &mut self.commands;
        self.hosts.retain(|id, host| {
            let heard = host.heard.map_or(now.instant, |heard| heard.instant);
            let stays = host.configured || host.online || now.instant < heard.plus(FORGET_AFTER);
            if !stays && host.announced {
                publish(commands, Update::Removed(id.clone()));
            }
            stays
        });
    }

    fn check_by(&mut self, deadline: Instant) {
        self.check_at = Some(self.check_at.map_or(deadline, |at| at.min(deadline)));
    }

    fn send(&mut self, connection: ConnectionId, answer: Answer) {
        self.commands.push_back(Command::Send(connection, answer));
    }

    fn close(&mut self, connection: ConnectionId, reason: Reason) {
        self.commands.push_back(Command::Close(connection, reason));
    }
}

/// Viewers see that it is not there, and the log says why.
fn go_offline(commands: &mut VecDeque<Command>, id: &HostId, host: &mut Host, why: Note) {
    (host.online, host.stopped) = (false, matches!(why, Note::Stopped(_)));
    commands.push_back(Command::Note(why));
    if host.announced {
        publish(commands, Update::Status(host.snapshot(id)));
    }
}

/// Not a method: it is called while a host is borrowed.
fn publish(commands: &mut VecDeque<Command>, update: Update) {
    commands.push_back(Command::Publish(update));
}

#[cfg(test)]
mod tests;
