//! What comes on a connection that reports as a host: heard, placed, told and answered.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use kinglet_proto::answer::{Answer, BatchAck};
use kinglet_proto::host::HostId;
use kinglet_proto::ingest::{self, Batch, Bucket, Message, Report};
use kinglet_proto::time::Now;

use super::alerts::Word;
use super::host::{Host, Taken};
use super::{Aggregates, Command, ConnectionId, Fleet, Reading, Reason, Snapshot, Told, Update};

impl Fleet {
    /// A sign of life.
    pub(super) fn hear(&mut self, connection: ConnectionId, now: Now) {
        if let Some(mut host) = self.reporting(connection) {
            host.hear(now);
        }
    }

    /// A message. One of a connection that was told to close means nothing any more.
    pub(super) fn receive(&mut self, connection: ConnectionId, message: Message, now: Now) {
        if self.visitors.remove(&connection).is_some() {
            return self.close(connection, Reason::NoCredentials);
        }
        let Some(mut host) = self.reporting(connection) else { return };
        host.hear(now);
        let mut promised = None;
        let answer = match message {
            Message::Report(report) => {
                let age = report.age;
                let answer = host.take(*report, Some(age), now);
                promised = host.host.alerts.as_mut().and_then(|alerts| alerts.promise());
                answer
            }
            Message::Batch(batch) => Some(host.take_batch(batch, now)),
            Message::Told(told) => {
                host.tell(told, now);
                None
            }
            Message::Aggregates(buckets) => {
                host.take_sums(buckets, now);
                None
            }
            Message::Ping => Some(Answer::Pong),
            Message::Login(_) | Message::Heartbeat | Message::Other => None,
        };
        for answer in promised.map(Answer::AlertAck).into_iter().chain(answer) {
            self.answer(connection, answer);
        }
    }

    /// Answers at once, or when what it says is safe is safe.
    fn answer(&mut self, connection: ConnectionId, answer: Answer) {
        match (&answer, self.settings.durable) {
            (Answer::Ack(_) | Answer::AlertAck(_) | Answer::BatchAck(_), true) => {
                self.unsafe_answers.push_back((self.readings, connection, answer));
            }
            (Answer::AlertAck(number), false) => self.keep_alerts(connection, *number),
            (
                Answer::Ack(_)
                | Answer::BatchAck(_)
                | Answer::Connected(_)
                | Answer::Login(_)
                | Answer::Pong
                | Answer::TooFast(_)
                | Answer::TooManyNew(_),
                _,
            ) => self.send(connection, answer),
        }
    }

    /// Every reading up to this number is safe: whoever waits to hear so does.
    pub(super) fn keep(&mut self, number: u64) {
        // Of several acknowledgements the last one says all.
        let (mut acks, mut alerts) = (BTreeMap::new(), BTreeMap::new());
        while let Some((_, connection, answer)) =
            self.unsafe_answers.pop_front_if(|(of, ..)| *of <= number)
        {
            match answer {
                Answer::Ack(seq) => drop(acks.insert(connection, seq)),
                Answer::AlertAck(number) => drop(alerts.insert(connection, number)),
                Answer::BatchAck(_)
                | Answer::Connected(_)
                | Answer::Login(_)
                | Answer::Pong
                | Answer::TooFast(_)
                | Answer::TooManyNew(_) => self.send(connection, answer),
            }
        }
        for (connection, number) in alerts {
            self.keep_alerts(connection, number);
        }
        for (connection, seq) in acks {
            if let Some(host) = self.agents.get(&connection).and_then(|id| self.hosts.get_mut(id)) {
                host.kept(seq);
                self.send(connection, Answer::Ack(seq));
            }
        }
    }

    /// News of alerts is safe up to this number, and its agent is told so.
    fn keep_alerts(&mut self, connection: ConnectionId, number: u64) {
        let host = self.agents.get(&connection).and_then(|id| self.hosts.get_mut(id));
        if let Some(alerts) = host.and_then(|host| host.alerts.as_mut()) {
            alerts.kept(number);
            self.send(connection, Answer::AlertAck(number));
        }
    }

    /// Some readings are lost that nobody was told are safe. Their agents still have them, and send
    /// them again when they come back: all who wait to hear are asked to.
    pub(super) fn lose(&mut self) {
        let mut closing: BTreeSet<ConnectionId> =
            self.unsafe_answers.drain(..).map(|(_, connection, _)| connection).collect();
        for host in self.hosts.values_mut() {
            // One above a gap is not safe either, though nobody waits to hear that it is.
            if host.forget_unsafe() {
                closing.extend(host.connection);
            }
        }
        for connection in closing {
            let Some(id) = self.agents.remove(&connection) else { continue };
            if let Some(host) = self.hosts.get_mut(&id) {
                host.connection = None;
            }
            self.close(connection, Reason::NotKept);
        }
    }

    /// Tells of an alert of the hub's own. Its host may be none that viewers know: one that has not
    /// come back since the start, or the hub itself.
    pub(super) fn tell_of(&mut self, id: &HostId, data: String, now: Now) {
        let host = self.snapshot(id).unwrap_or_else(|| Host::default().snapshot(id));
        let (kind, age, place, again) = ("alert".to_owned(), Duration::ZERO, None, false);
        let told = Told { host, kind, data, received: now, age, place, again };
        self.commands.push_back(Command::Publish(Update::Told(told)));
    }

    /// The host of a connection, found once for all that is done with it.
    fn reporting(&mut self, connection: ConnectionId) -> Option<Reporting<'_>> {
        let id = self.agents.get(&connection)?;
        let host = self.hosts.get_mut(id)?;
        Some(Reporting { id, host, commands: &mut self.commands, readings: &mut self.readings })
    }
}

/// A host that says something.
struct Reporting<'a> {
    id: &'a HostId,
    host: &'a mut Host,
    commands: &'a mut VecDeque<Command>,
    readings: &'a mut u64,
}

impl Reporting<'_> {
    fn hear(&mut self, now: Now) {
        self.host.heard = Some(now);
        let was_online = mem::replace(&mut self.host.online, true);
        self.host.stopped = false;
        if !was_online && self.host.announced {
            self.publish(Update::Status(self.host.snapshot(self.id)));
        }
    }

    /// Takes a reading in; how far all are here, if that is to be said.
    fn take(&mut self, mut report: Report, age: Option<Duration>, now: Now) -> Option<Answer> {
        let renamed = self.host.rename(mem::take(&mut report.label), &report.sample.hostname);
        let Taken { sample, place, newest, ack } = self.host.take(report, now);
        let host = self.announce(renamed);
        let (number, received) = (self.next_number(), now);
        let reading = Reading { number, host, sample, place, received, age, newest };
        self.publish(Update::Reading(reading));
        ack.map(Answer::Ack)
    }

    /// Passes on what is told beside the figures. It is of this moment: but for which alerts are
    /// open, it is neither kept here nor told again to who comes later.
    fn tell(&mut self, told: ingest::Told, now: Now) {
        let mut again = false;
        if told.place.is_some() || told.alert.is_some() {
            let Some(word) = self.host.alerts.get_or_insert_default().take(&told) else {
                return; // it was here before, or comes again behind what is missing
            };
            again = word == Word::Again;
        }
        let ingest::Told { kind, data, age, place, alert: _ } = told;
        let (host, kind) = (self.announce(false), kind.to_owned());
        self.publish(Update::Told(Told { host, kind, data, received: now, age, place, again }));
    }

    fn take_sums(&mut self, buckets: Vec<Bucket>, now: Now) {
        let host = self.announce(false);
        let buckets = buckets.into();
        self.publish(Update::Aggregates(Aggregates { host, buckets, received: now }));
    }

    /// The host, told of before anything else is, and again when it has another name.
    fn announce(&mut self, renamed: bool) -> Snapshot {
        let first = !mem::replace(&mut self.host.announced, true);
        let host = self.host.snapshot(self.id);
        if first || renamed {
            self.publish(Update::Added(host.clone()));
        }
        if first {
            self.publish(Update::Status(host.clone()));
        }
        host
    }

    /// Kept readings are older than any live one. The last of them is the host's state where there
    /// has been none, and goes first: a host is told of before what it did earlier.
    fn take_batch(&mut self, mut batch: Batch, now: Now) -> Answer {
        let accepted = batch.reports.len();
        if self.host.sample.is_none()
            && let Some(last) = batch.reports.pop()
        {
            self.take(last, None, now);
        }
        let host = self.host.snapshot(self.id);
        for Report { sample, place, age: _, label: _ } in batch.reports {
            let (host, sample) = (host.clone(), Arc::new(sample));
            let (number, received, age, newest) = (self.next_number(), now, None, false);
            let reading = Reading { number, host, sample, place, received, age, newest };
            self.publish(Update::Reading(reading));
        }
        let ack = BatchAck { batch_id: batch.id, accepted, rejected: batch.rejected };
        Answer::BatchAck(Box::new(ack))
    }

    fn next_number(&mut self) -> u64 {
        *self.readings += 1;
        *self.readings
    }

    fn publish(&mut self, update: Update) {
        self.commands.push_back(Command::Publish(update));
    }
}
