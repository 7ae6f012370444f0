//! A STOMP broker, with the moods that real ones were seen in.

use std::collections::BTreeMap;

use kinglet_proto::limits::{FRAME_OUT_MAX, STOMP_MESSAGE_MAX};
use kinglet_proto::rng::Rng;
use kinglet_proto::session::Loss;
use kinglet_proto::wire::stomp::{Beats, Command, Reader, Version, Writer};

use crate::agent::{ToAgent, ToServer};
use crate::server::Answer;

/// What a broker that has a scheduler offers and wants.
const SCHEDULED: Beats = Beats { sends: 10_000, wants: 10_000 };
/// How late a beat may be beside three periods: a lost packet, and the broker's own clock.
const LATE_MS: u64 = 1_500;

/// The broker.
#[derive(Debug)]
pub(crate) struct Broker {
    connections: BTreeMap<u64, Connection>,
    rng: Rng,
}

#[derive(Debug)]
struct Connection {
    reader: Reader,
    mood: Mood,
    version: Option<Version>,
    /// Its next beat, and how often.
    beat_at: Option<u64>,
    beat_every: u64,
    /// The client's last message, and how long it may be silent.
    heard_at: u64,
    patience: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    Good,
    IgnoresConnect,
    RefusesLogin,
    RefusesDestinations,
    FailsOnBeats,
    BeatsNoMore,
    AnswersNoReceipt,
    ClosesInstead,
}

const MOODS: [Mood; 8] = [
    Mood::Good,
    Mood::IgnoresConnect,
    Mood::RefusesLogin,
    Mood::RefusesDestinations,
    Mood::FailsOnBeats,
    Mood::BeatsNoMore,
    Mood::AnswersNoReceipt,
    Mood::ClosesInstead,
];

impl Broker {
    pub(crate) fn new(seed: u64) -> Self {
        Self { connections: BTreeMap::new(), rng: Rng::new(seed) }
    }

    /// A connection is open; in trouble it may be served badly.
    pub(crate) fn open(&mut self, conn: u64, in_trouble: bool, now: u64) {
        let which = usize::try_from(self.rng.below(MOODS.len() as u64)).expect("small");
        let mood = if in_trouble { MOODS[which] } else { Mood::Good };
        let reader = Reader::new(FRAME_OUT_MAX);
        let (version, beat_at, patience) = (None, None, None);
        let connection =
            Connection { reader, mood, version, beat_at, beat_every: 0, heard_at: now, patience };
        self.connections.insert(conn, connection);
    }

    pub(crate) fn closed(&mut self, conn: u64) {
        self.connections.remove(&conn);
    }

    pub(crate) fn restart(&mut self) {
        self.connections.clear();
    }

    pub(crate) fn receive(&mut self, conn: u64, frame: &ToServer, now: u64) -> Vec<Answer> {
        let Some(connection) = self.connections.get_mut(&conn) else { return Vec::new() };
        let text = match frame {
            ToServer::Ping => return vec![Answer::Send(conn, ToAgent::Pong)],
            ToServer::Text(text) => text,
        };
        let is_scheduled = conn.is_multiple_of(2);
        let said = connection.receive(text, is_scheduled, now);
        let closes = said.last().is_some_and(|text| text.contains("Session closed."));
        let mut answers = Vec::new();
        for text in said {
            // Anywhere, as a proxy may cut it.
            let at = usize::try_from(self.rng.below(text.len() as u64)).expect("small");
            for piece in [&text[..at], &text[at..]].into_iter().filter(|piece| !piece.is_empty()) {
                answers.push(Answer::Send(conn, ToAgent::Text(piece.to_owned())));
            }
        }
        if closes {
            self.connections.remove(&conn);
            answers.push(Answer::Close(conn, Loss::Broken));
        }
        answers
    }

    /// When it beats, or has waited long enough for a beat.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.connections.values().flat_map(|c| [c.beat_at, c.silent_at()]).flatten().min()
    }

    pub(crate) fn tick(&mut self, now: u64) -> Vec<Answer> {
        let mut answers = Vec::new();
        self.connections.retain(|&conn, connection| {
            let is_silent = connection.silent_at().is_some_and(|at| at <= now);
            if is_silent {
                answers.push(Answer::Close(conn, Loss::Closed));
            } else if connection.beat_at.is_some_and(|at| at <= now) {
                connection.beat_at = Some(now + connection.beat_every);
                answers.push(Answer::Send(conn, ToAgent::Text("\n".to_owned())));
            }
            !is_silent
        });
        answers
    }
}

impl Connection {
    fn silent_at(&self) -> Option<u64> {
        self.patience.map(|patience| self.heard_at + patience)
    }

    /// What is said to a message.
    fn receive(&mut self, text: &str, is_scheduled: bool, now: u64) -> Vec<String> {
        assert!(text.len() <= STOMP_MESSAGE_MAX, "a message of {} bytes", text.len());
        self.heard_at = now;
        let mut said = Vec::new();
        if text == "\n" {
            assert!(self.patience.is_some(), "a beat that nobody wants");
            if self.mood == Mood::FailsOnBeats {
                said.push(error("Session closed."));
            }
            return said;
        }
        self.reader.push(text.as_bytes());
        loop {
            let frame = self.reader.next_frame().expect("an agent speaks STOMP");
            let Some(frame) = frame else { return said };
            if frame.command == Command::Connect {
                assert_eq!(self.version, None, "it connects once");
                let theirs = frame.header("heart-beat").expect("it says so");
                let theirs = Beats::parse(&theirs).expect("two numbers");
                said.extend(self.connect(theirs, is_scheduled, now));
            } else if frame.command == Command::Send {
                assert!(self.version.is_some(), "a report before CONNECTED");
                let body: serde_json::Value = serde_json::from_slice(frame.body).expect("JSON");
                let name = body["name"].as_str().and_then(|name| name.strip_suffix("[VALUE]"));
                let destination = frame.header("destination").expect("somewhere");
                assert!(destination.contains(name.expect("a name")), "{destination} {body}");
                let is_refused = self.mood == Mood::RefusesDestinations;
                said.extend(is_refused.then(|| error("Invalid destination")));
            } else {
                assert_eq!(frame.command, Command::Disconnect, "of a client that only sends");
                said.extend(self.disconnect());
            }
        }
    }

    fn connect(&mut self, theirs: Beats, is_scheduled: bool, now: u64) -> Option<String> {
        if matches!(self.mood, Mood::IgnoresConnect | Mood::RefusesLogin) {
            return (self.mood == Mood::RefusesLogin).then(|| error("Bad CONNECT"));
        }
        let ours = if is_scheduled { SCHEDULED } else { theirs };
        let ms = |period: std::time::Duration| u64::try_from(period.as_millis()).expect("short");
        self.patience = theirs.period(ours).map(|period| 3 * ms(period) + LATE_MS);
        if let Some(every) = ours.period(theirs).map(ms)
            && self.mood != Mood::BeatsNoMore
        {
            (self.beat_at, self.beat_every) = (Some(now + every), every);
        }
        self.version = Some(Version::V12);
        self.reader.set_version(Version::V12);
        let mut text = String::new();
        Writer::new(&mut text, Version::V12, Command::Connected)
            .header("version", "1.2")
            .header("heart-beat", &ours.to_string())
            .end();
        Some(text)
    }

    fn disconnect(&self) -> Option<String> {
        if matches!(self.mood, Mood::AnswersNoReceipt | Mood::ClosesInstead) {
            return (self.mood == Mood::ClosesInstead).then(|| error("Session closed."));
        }
        Some("RECEIPT\nreceipt-id:bye\n\n\0\n".to_owned())
    }
}

fn error(message: &str) -> String {
    let mut text = String::new();
    Writer::new(&mut text, Version::V12, Command::Error).header("message", message).end();
    text
}
