//! All agents' halves of their conversations: what to keep, answer, tell the viewers, and whom to
//! close. Pure: no socket, clock or thread; one input, then the commands until there are none.

mod command;
mod enroll;
mod host;
mod order;
mod pace;

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::time::Duration;

pub use command::{Command, Note, Reason, Update};
use host::Host;
use kinglet_proto::host::HostId;
use kinglet_proto::ingest::{self, Batch, Head, Label, LoginError, Message, Report};
use kinglet_proto::limits::AUTH_TIMEOUT;
use kinglet_proto::time::{Instant, Now};
use kinglet_proto::viewer;
pub use pace::{Pace, Verdict};

use crate::limits::{FORGET_AFTER, HOSTS_MAX, VISITORS_MAX};

/// One connection of an agent, numbered by the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// What the owner decided.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A host not heard of for this long is offline.
    pub offline_after: Duration,
    /// Anyone may look: viewers get no serial numbers and addresses.
    pub public: bool,
    /// Hosts known from the start, with what the owner calls them.
    pub hosts: Vec<(HostId, Label)>,
}

/// Something happened to an agent's connection, or time went by.
#[derive(Debug)]
pub enum Input {
    /// A connection that has shown no credential yet; it may by its first message.
    Visited(ConnectionId),
    /// A connection that may report as this host.
    Joined {
        /// The connection.
        connection: ConnectionId,
        /// The host its credentials are for.
        host: HostId,
        /// It speaks the envelope and expects to be told that it is connected.
        greet: bool,
    },
    /// Credentials came in a message; with the host they are good for.
    LoggedIn(ConnectionId, Result<HostId, LoginError>),
    /// A frame without a message in it: a Ping, a Pong, or one that made no sense.
    Heard(ConnectionId),
    /// A message.
    Received(ConnectionId, Message),
    /// A message came too soon; the agent may try again after this.
    TooFast(ConnectionId, Duration),
    /// The connection is gone.
    Left(ConnectionId),
    /// A host was enrolled, with what the owner calls it. Who reported as it so far may not.
    Enrolled(HostId, Label),
    /// A deadline may have passed.
    Tick,
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
    messages: u64,
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
            messages: 0,
        }
    }

    /// Takes one input; what follows from it is in [`Fleet::poll_command`].
    pub fn handle_input(&mut self, input: Input, now: Now) {
        match input {
            Input::Visited(connection) => self.visit(connection, now),
            Input::Joined { connection, host, greet } => {
                if self.join(connection, &host, now) && greet {
                    let head = self.head(now);
                    self.send(connection, ingest::connected(head, &host, None));
                }
            }
            Input::LoggedIn(connection, host) => self.log_in(connection, host, now),
            Input::Heard(connection) => self.hear(connection, now),
            Input::Received(connection, message) => self.receive(connection, message, now),
            Input::TooFast(connection, retry_after) => self.slow_down(connection, retry_after, now),
            Input::Left(connection) => self.leave(connection),
            Input::Enrolled(id, label) => self.enroll(id, label),
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

    /// How many hosts are known to viewers, and how many of them are online.
    pub fn counts(&self) -> (usize, usize) {
        let announced = self.hosts.values().filter(|host| host.announced);
        announced.fold((0, 0), |(all, online), host| (all + 1, online + usize::from(host.online)))
    }

    /// The ids of all hosts that viewers know of.
    pub fn ids(&self) -> impl Iterator<Item = &HostId> {
        self.hosts.iter().filter(|(_, host)| host.announced).map(|(id, _)| id)
    }

    /// A host as viewers know it, with its last reading.
    pub fn view(&self, id: &str) -> Option<(viewer::Host<'_>, Option<viewer::Metrics<'_>>)> {
        let (id, host) = self.hosts.get_key_value(id)?;
        let public = self.settings.public;
        let metrics = host.sample.as_ref().map(|sample| viewer::Metrics { sample, public });
        Some((host.view(id), metrics))
    }

    /// The message of `/ws` for an update; `None` when there is nothing to tell.
    pub fn panel_message(&mut self, update: &Update, now: Now) -> Option<String> {
        let head = self.head(now);
        match update {
            Update::Metrics(id) => {
                let (_, metrics) = self.view(id)?;
                Some(viewer::metrics(head, id, metrics?))
            }
            Update::Status(id) => Some(viewer::status(head, &self.view(id)?.0)),
            Update::Added(id) => Some(viewer::added(head, &self.view(id)?.0)),
            Update::Removed(id) => Some(viewer::removed(head, id)),
        }
    }

    /// The object of `/ws-frontend` for a host; `None` before its first reading.
    pub fn frontend_message(&self, id: &str) -> Option<String> {
        let (id, host) = self.hosts.get_key_value(id)?;
        let sample = host.sample.as_ref()?;
        Some(viewer::server_info(&host.view(id), host.ip(), sample))
    }

    /// The next message's number and time.
    pub fn head(&mut self, now: Now) -> Head {
        self.messages += 1;
        Head { id: self.messages, wall: now.wall }
    }

    fn visit(&mut self, connection: ConnectionId, now: Now) {
        if self.visitors.len() >= VISITORS_MAX {
            return self.close(connection, Reason::TooManyVisitors);
        }
        let deadline = now.instant.plus(AUTH_TIMEOUT);
        self.visitors.insert(connection, deadline);
        self.check_by(deadline);
    }

    /// Whether the connection now reports as the host.
    fn join(&mut self, connection: ConnectionId, id: &HostId, now: Now) -> bool {
        self.visitors.remove(&connection);
        if !self.hosts.contains_key(id) && self.hosts.len() >= HOSTS_MAX {
            self.close(connection, Reason::TooManyHosts);
            return false;
        }
        let host = self.hosts.entry(id.clone()).or_default();
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

    fn log_in(&mut self, connection: ConnectionId, host: Result<HostId, LoginError>, now: Now) {
        self.hear(connection, now);
        let taken = host.and_then(|host| {
            let granted = match self.agents.get(&connection) {
                Some(joined) => *joined == host,
                None => {
                    self.visitors.contains_key(&connection) && self.join(connection, &host, now)
                }
            };
            if granted { Ok(()) } else { Err(LoginError::Refused) }
        });
        self.send(connection, ingest::login_answer(taken));
        let reason = match taken {
            Ok(()) => return,
            Err(LoginError::Refused) => Reason::LoginRefused,
            Err(LoginError::BadId(_)) => Reason::BadId,
        };
        if self.visitors.remove(&connection).is_some() {
            self.close(connection, reason);
        }
    }

    fn hear(&mut self, connection: ConnectionId, now: Now) {
        let Some(id) = self.agents.get(&connection) else { return };
        let Some(host) = self.hosts.get_mut(id) else { return };
        host.heard = Some(now);
        if !host.online {
            host.online = true;
            if host.announced {
                self.commands.push_back(Command::Publish(Update::Status(id.clone())));
            }
        }
    }

    fn receive(&mut self, connection: ConnectionId, message: Message, now: Now) {
        if self.visitors.remove(&connection).is_some() {
            return self.close(connection, Reason::NoCredentials);
        }
        self.hear(connection, now);
        match message {
            Message::Report(report) => self.report(connection, *report, now),
            Message::Batch(batch) => self.batch(connection, batch, now),
            Message::Ping => {
                let head = self.head(now);
                self.send(connection, ingest::pong(head));
            }
            Message::Login(_) | Message::Heartbeat | Message::Other => {}
        }
    }

    fn report(&mut self, connection: ConnectionId, mut report: Report, now: Now) {
        let Some(id) = self.agents.get(&connection).cloned() else { return };
        let Some(host) = self.hosts.get_mut(&id) else { return };
        let renamed = host.rename(mem::take(&mut report.label), &report.sample.hostname);
        let taken = host.take(report, now);
        if !host.announced {
            host.announced = true;
            self.commands.push_back(Command::Publish(Update::Added(id.clone())));
            self.commands.push_back(Command::Publish(Update::Status(id.clone())));
        } else if renamed {
            self.commands.push_back(Command::Publish(Update::Added(id.clone())));
        }
        if taken.newest {
            self.commands.push_back(Command::Publish(Update::Metrics(id)));
        }
        if let Some(seq) = taken.ack {
            let head = self.head(now);
            self.send(connection, ingest::ack(head, seq));
        }
    }

    fn batch(&mut self, connection: ConnectionId, batch: Batch, now: Now) {
        let accepted = batch.reports.len();
        let answer = ingest::batch_ack(&batch.id, accepted, batch.rejected);
        // Kept readings are older than any live one: the last of them counts only where there
        // has been none.
        let fresh = |host: &Host| host.sample.is_none();
        let id = self.agents.get(&connection);
        if id.and_then(|id| self.hosts.get(id)).is_some_and(fresh)
            && let Some(last) = batch.reports.into_iter().next_back()
        {
            self.report(connection, last, now);
        }
        self.send(connection, answer);
    }

    fn slow_down(&mut self, connection: ConnectionId, retry_after: Duration, now: Now) {
        self.hear(connection, now);
        let head = self.head(now);
        let ms = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
        let text = "more messages than the pace allows";
        self.send(connection, ingest::error(head, "RATE_LIMIT_EXCEEDED", text, Some(ms)));
    }

    fn leave(&mut self, connection: ConnectionId) {
        self.visitors.remove(&connection);
        let Some(id) = self.agents.remove(&connection) else { return };
        if let Some(host) = self.hosts.get_mut(&id) {
            host.connection = None;
        }
    }

    /// Every deadline in one pass: it runs about once a minute for the hosts of a busy fleet.
    fn tick(&mut self, now: Now) {
        if self.check_at.is_none_or(|at| now.instant < at) {
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
        let deadlines = self.hosts.values().filter_map(|host| self.deadline(host));
        self.check_at = deadlines.chain(self.visitors.values().copied()).min();
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
            host.online = false;
            self.commands.push_back(Command::Note(Note::Offline(id.clone())));
            if host.announced {
                self.commands.push_back(Command::Publish(Update::Status(id.clone())));
            }
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
                commands.push_back(Command::Publish(Update::Removed(id.clone())));
            }
            stays
        });
    }

    fn check_by(&mut self, deadline: Instant) {
        self.check_at = Some(self.check_at.map_or(deadline, |at| at.min(deadline)));
    }

    fn send(&mut self, connection: ConnectionId, text: String) {
        self.commands.push_back(Command::Send(connection, text));
    }

    fn close(&mut self, connection: ConnectionId, reason: Reason) {
        self.commands.push_back(Command::Close(connection, reason));
    }
}

#[cfg(test)]
mod tests;
