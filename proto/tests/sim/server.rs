//! The other side: accepts, stores, acknowledges, answers Pings, and kicks an older duplicate.

use std::collections::BTreeMap;

use kinglet_proto::session::Loss;

use crate::agent::{Agent, ToAgent, ToServer, Who};
use crate::alerts::Told;
use crate::broker::Broker;
use crate::world::TROUBLE_MS;

/// What a server wants done.
#[derive(Debug)]
pub(crate) enum Answer {
    Send(u64, ToAgent),
    Close(u64, Loss),
}

/// A server that remembers everything.
#[derive(Debug)]
pub(crate) struct Server {
    broker: Broker,
    /// Something went wrong already.
    in_trouble: bool,
    connections: BTreeMap<u64, Connection>,
    /// Which connection each host reports on.
    hosts: BTreeMap<String, u64>,
    /// What came of each life.
    stored: BTreeMap<u64, Stored>,
}

/// What the server knows of one machine from boot to boot.
#[derive(Debug, Default)]
struct Stored {
    /// The sample each number belongs to.
    samples: BTreeMap<u64, u64>,
    /// The newest number seen live.
    newest_live: u64,
    told: Told,
}

#[derive(Debug)]
struct Connection {
    who: Who,
    logged_in: bool,
    live_here: u64,
    /// When a message came last, or the connection.
    heard_at: u64,
}

/// What agents speak here beside `kinglet`, and whether they log in by their first message.
pub(crate) const PROTOCOLS: &[(&str, bool)] = &[
    ("vstats", true),
    ("vstats", false),
    ("simple-server-status", false),
    ("komari", false),
    ("stomp", false),
];

/// A Komari server hangs up on who is silent for this long, whatever Pings came.
const KOMARI_SILENCE_MS: u64 = 11_000;

impl Server {
    pub(crate) fn new(seed: u64) -> Self {
        let (connections, hosts, stored) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { broker: Broker::new(seed), in_trouble: false, connections, hosts, stored }
    }

    /// A connection is open; the older one of the same host is not, any more.
    pub(crate) fn open(&mut self, conn: u64, who: &Who, now: u64) -> Vec<Answer> {
        if who.protocol == "stomp" {
            self.broker.open(conn, self.in_trouble && now < TROUBLE_MS, now);
            return Vec::new();
        }
        let connection =
            Connection { who: who.clone(), logged_in: !who.logs_in, live_here: 0, heard_at: now };
        self.connections.insert(conn, connection);
        let older = self.hosts.insert(who.host.clone(), conn);
        let older = older.filter(|older| self.connections.remove(older).is_some());
        older.map(|older| Answer::Close(older, Loss::Closed)).into_iter().collect()
    }

    /// A frame came.
    pub(crate) fn receive(&mut self, conn: u64, frame: &ToServer, now: u64) -> Vec<Answer> {
        let Some(connection) = self.connections.get_mut(&conn) else {
            return self.broker.receive(conn, frame, now);
        };
        let stored = self.stored.entry(connection.who.life).or_default();
        if matches!(frame, ToServer::Text(_)) {
            connection.heard_at = now;
        }
        let answer = connection.receive(frame, stored);
        answer.map(|answer| Answer::Send(conn, answer)).into_iter().collect()
    }

    /// A connection has ended.
    pub(crate) fn closed(&mut self, conn: u64, _now: u64) -> Vec<Answer> {
        self.in_trouble = true;
        self.connections.remove(&conn);
        self.broker.closed(conn);
        Vec::new()
    }

    /// When somebody has been silent for too long.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        let impatient = self.connections.values().filter(|c| c.who.protocol == "komari");
        let silence = impatient.map(|connection| connection.heard_at + KOMARI_SILENCE_MS).min();
        [silence, self.broker.next_deadline()].into_iter().flatten().min()
    }

    pub(crate) fn tick(&mut self, now: u64) -> Vec<Answer> {
        let is_silent =
            |c: &Connection| c.who.protocol == "komari" && c.heard_at + KOMARI_SILENCE_MS <= now;
        let silent = self.connections.iter().filter(|(_, connection)| is_silent(connection));
        let silent: Vec<u64> = silent.map(|(conn, _)| *conn).collect();
        self.connections.retain(|conn, _| !silent.contains(conn));
        let silent = silent.into_iter().map(|conn| Answer::Close(conn, Loss::Broken));
        silent.chain(self.broker.tick(now)).collect()
    }

    /// Takes nothing for a while, as a server that thinks it is flooded.
    pub(crate) fn flood(&mut self, _conn: u64, _until: u64) {}

    /// Every connection is gone; what was stored is not.
    pub(crate) fn restart(&mut self, _now: u64) {
        self.in_trouble = true;
        self.connections.clear();
        self.broker.restart();
    }

    /// Nothing is missing but what the agent says it dropped.
    pub(crate) fn check_settled(&self, agent: &Agent, _now: u64) {
        let stored = self.stored.get(&agent.who.life);
        let ("kinglet", Some(stored)) = (agent.who.protocol, stored) else { return };
        let counts = agent.session.counts();
        let newest = stored.newest_live;
        let lacks = |seq: &u64| !stored.samples.contains_key(seq);
        let missing: Vec<u64> = (1..=newest).filter(lacks).collect();
        let dropped = counts.samples_dropped;
        assert!(missing.len() as u64 <= dropped, "{missing:?} of {newest}, {counts:?}");
        // This server does not say what it knows of alerts: it may be told twice, and misses none.
        let eyes = agent.eyes.as_ref().expect("it looks");
        stored.told.check(agent.who.life, eyes, false);
        assert_eq!(stored.told.open, eyes.open(), "what fires is known to");
    }
}

impl Connection {
    /// Takes a frame, and answers.
    fn receive(&mut self, frame: &ToServer, stored: &mut Stored) -> Option<ToAgent> {
        match frame {
            ToServer::Ping => Some(ToAgent::Pong),
            ToServer::Text(text) => match self.who.protocol {
                "kinglet" => self.receive_kinglet(text, stored).map(ToAgent::Text),
                "vstats" => self.receive_vstats(text).map(ToAgent::Text),
                "simple-server-status" => {
                    assert!(text.len() < 10_240 && text.contains("\"hostInfo\""));
                    None
                }
                "komari" => {
                    assert!(text.contains("agent.report") || text.contains("agent.basicInfo"));
                    None
                }
                other => panic!("nobody here speaks {other}"),
            },
        }
    }

    fn receive_kinglet(&mut self, text: &str, stored: &mut Stored) -> Option<String> {
        if text.contains("\"type\":\"heartbeat\"") || text.contains("\"link_restored\"") {
            return None;
        }
        if text.contains("\"type\":\"alert\"") {
            stored.told.take(self.who.life, text);
            return None;
        }
        let seq = number(text, "\"seq\":").expect("a report is numbered");
        let sample = number(text, "\"uptime\":").expect("the sample says which it is");
        let live = number(text, "\"age_ms\":") == Some(0);
        let before = stored.samples.insert(seq, sample);
        assert!(before.is_none_or(|before| before == sample), "number {seq} has two samples");
        if live {
            assert!(seq > self.live_here, "live {seq} after {} here", self.live_here);
            assert!(seq > stored.newest_live, "live {seq} after {}", stored.newest_live);
            self.live_here = seq;
            stored.newest_live = seq;
        }
        Some(format!(r#"{{"type":"ack","data":{{"seq":{seq}}}}}"#))
    }

    fn receive_vstats(&mut self, text: &str) -> Option<String> {
        if text.contains("\"type\":\"auth\"") {
            self.logged_in = true;
            return Some(r#"{"type":"auth","status":"ok"}"#.to_owned());
        }
        assert!(self.logged_in, "{text:.60} before the login was answered");
        let batch = number(text, "\"batch_id\":\"")?;
        Some(format!(r#"{{"type":"batch_ack","batch_id":"{batch}","accepted":1,"rejected":0}}"#))
    }
}

/// The number that follows a key.
fn number(text: &str, key: &str) -> Option<u64> {
    let rest = &text[text.find(key)? + key.len()..];
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}
