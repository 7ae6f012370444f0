//! The clock, the network between agents and server, and the faults in both.

use std::collections::BTreeMap;

use kinglet_proto::dialect::Protocol;
use kinglet_proto::limits::{BACKOFF_MAX, CONNECT_TIMEOUT, PONG_TIMEOUT};
use kinglet_proto::rng::Rng;
use kinglet_proto::session::{Input, Loss};

use crate::agent::{Agent, Link, Wish};
use crate::server::{Connection, ToAgent, ToServer};

/// Simulated milliseconds with faults.
const TROUBLE_MS: u64 = 10 * 60 * 1000;

/// What the network does to one agent now.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Weather {
    Clear,
    /// Frames vanish both ways and attempts run into their limit.
    BlackHole,
    /// What the agent sends stays in its buffer; what the server sends arrives.
    Stall,
    /// The name cannot be looked up.
    NoName,
    /// The server refuses the token.
    Refused,
    /// The server answers no Ping, and talks.
    Mute,
}

/// Something that happens at a time.
#[derive(Debug)]
enum Happening {
    Wake(usize),
    Sample(usize),
    Dialled(usize, u64, Result<(), Loss>),
    ToServer(usize, u64, ToServer),
    ToAgent(usize, u64, ToAgent),
    Closed(usize, u64, Loss),
    Fault,
    Clear(usize),
}

/// Everything.
pub(crate) struct World {
    now: u64,
    rng: Rng,
    queue: BTreeMap<(u64, u64), Happening>,
    order: u64,
    agents: Vec<Agent>,
    weather: Vec<Weather>,
    connections: BTreeMap<u64, Connection>,
    /// The last arrival of each connection and direction: a stream keeps its order.
    arrivals: BTreeMap<(u64, bool), u64>,
    server_down_until: u64,
    last_attempt: u64,
    pub(crate) faults: u64,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut world = Self {
            now: 0,
            queue: BTreeMap::new(),
            order: 0,
            agents: Vec::new(),
            weather: Vec::new(),
            connections: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            server_down_until: 0,
            last_attempt: 0,
            faults: 0,
            rng: Rng::new(seed ^ 0x5eed),
        };
        for id in 0..2 {
            let protocol = match rng.below(4) {
                0 => Protocol::Vstats,
                1 => Protocol::SimpleServerStatus,
                _ => Protocol::Kinglet,
            };
            let cadence = 5_000 * (1 + rng.below(4));
            world.agents.push(Agent::new(id, protocol, cadence, rng.next()));
            world.weather.push(Weather::Clear);
            let start = rng.below(3_000);
            world.at(start, Happening::Wake(id));
            world.at(start, Happening::Sample(id));
        }
        world
    }

    pub(crate) fn reconnects(&self) -> u64 {
        self.agents.iter().map(|agent| agent.session.counts().reconnects).sum()
    }

    /// Trouble, then peace, and then everything must be well.
    pub(crate) fn run(&mut self) {
        let mut at = 0;
        while at < TROUBLE_MS {
            at += 5_000 + self.rng.below(55_000);
            self.at(at, Happening::Fault);
        }
        self.run_until(TROUBLE_MS);
        self.heal();
        let peace = self.now.max(self.agents.iter().map(|a| a.asleep_until).max().unwrap_or(0));
        // A link that died in the trouble is noticed within the deaf limit, and then dialled again.
        let notice = peace + PONG_TIMEOUT.as_secs() * 1_000 + 1_000;
        self.run_until(notice);
        let deadline = notice + (BACKOFF_MAX + CONNECT_TIMEOUT * 2).as_secs() * 1_000;
        while !self.agents.iter().all(|agent| agent.session.is_up()) {
            assert!(self.now < deadline, "not everybody is back");
            self.run_until(self.now + 1_000);
        }
        self.settle();
    }

    pub(crate) fn run_quietly(&mut self) {
        self.run_until(TROUBLE_MS);
        self.settle();
    }

    /// Backfill drains within the pause after a stall and 16 s at its pace, and nothing is missing.
    fn settle(&mut self) {
        self.run_until(self.now + 100_000);
        for agent in &self.agents {
            assert!(agent.session.is_up(), "down without a fault");
            let counts = agent.session.counts();
            if agent.protocol == Protocol::Kinglet {
                let newest = agent.stored.newest_live;
                let stored = |seq: &u64| !agent.stored.samples.contains_key(seq);
                let missing: Vec<u64> = (1..=newest).filter(stored).collect();
                let dropped = counts.samples_dropped;
                assert!(missing.len() as u64 <= dropped, "{missing:?} of {newest}, {counts:?}");
            }
            let in_flight = 4_000; // the newest sample, not acknowledged yet
            assert!(counts.ring_bytes < in_flight, "{} bytes linger", counts.ring_bytes);
        }
    }

    fn at(&mut self, at: u64, happening: Happening) {
        self.order += 1;
        self.queue.insert((at.max(self.now), self.order), happening);
    }

    fn run_until(&mut self, end: u64) {
        let mut steps = 0;
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= end) {
            let ((at, _), happening) = entry.remove_entry();
            self.now = self.now.max(at);
            self.happen(happening);
            steps += 1;
            assert!(steps < 1_000_000, "no end of happenings");
        }
        self.now = end;
    }

    fn happen(&mut self, happening: Happening) {
        // What happens to a host that sleeps happens when it wakes.
        let host = match &happening {
            Happening::Wake(id)
            | Happening::Sample(id)
            | Happening::Dialled(id, ..)
            | Happening::ToAgent(id, ..)
            | Happening::Closed(id, ..) => Some(*id),
            Happening::ToServer(..) | Happening::Fault | Happening::Clear(_) => None,
        };
        if let Some(until) = host.map(|id| self.agents[id].asleep_until).filter(|at| *at > self.now)
        {
            return self.at(until, happening);
        }
        match happening {
            Happening::Wake(id) => {
                if self.agents[id].wake_at.is_some_and(|at| at <= self.now) {
                    self.feed(id, Input::Tick);
                }
            }
            Happening::Sample(id) => {
                let wishes = self.agents[id].take_sample(self.now);
                self.fulfil(id, wishes);
                let next = self.now + self.agents[id].cadence;
                self.at(next, Happening::Sample(id));
            }
            Happening::Dialled(id, attempt, outcome) => self.dialled(id, attempt, outcome),
            Happening::ToServer(id, conn, frame) => self.arrive_at_server(id, conn, &frame),
            Happening::ToAgent(id, conn, frame) => {
                if self.agents[id].link == Link::Open(conn) {
                    match &frame {
                        ToAgent::Text(text) => self.feed(id, Input::Text(text)),
                        ToAgent::Pong => self.feed(id, Input::Pong),
                    }
                }
            }
            Happening::Closed(id, conn, loss) => self.closed(id, conn, loss),
            Happening::Fault => self.fault(),
            Happening::Clear(id) => self.clear(id),
        }
    }

    fn feed(&mut self, id: usize, input: Input<'_>) {
        let wishes = self.agents[id].feed(input, self.now);
        self.fulfil(id, wishes);
    }

    fn fulfil(&mut self, id: usize, wishes: Vec<Wish>) {
        for wish in wishes {
            match wish {
                Wish::Dial => self.dial(id),
                Wish::HangUp => {} // a server learns of it, or not, by its own means
                Wish::Send(frame) => self.send(id, frame),
            }
        }
        let agent = &mut self.agents[id];
        if !agent.buffer.is_empty() && !agent.blocked {
            agent.blocked = true;
            self.feed(id, Input::Blocked);
        }
        if let Some(at) = self.agents[id].wake_at {
            self.at(at, Happening::Wake(id));
        }
    }

    fn dial(&mut self, id: usize) {
        self.last_attempt += 1;
        let attempt = self.last_attempt;
        self.agents[id].link = Link::Dialing(attempt);
        let soon = 20 + self.rng.below(400);
        let refused = self.server_down_until > self.now;
        let (after, outcome) = match self.weather[id] {
            Weather::BlackHole => (10_000, Err(Loss::Broken)),
            Weather::NoName => (soon, Err(Loss::Broken)),
            Weather::Refused => (soon, Err(Loss::Refused)),
            Weather::Clear | Weather::Stall | Weather::Mute if refused => (soon, Err(Loss::Broken)),
            Weather::Clear | Weather::Stall | Weather::Mute => (soon, Ok(())),
        };
        self.at(self.now + after, Happening::Dialled(id, attempt, outcome));
    }

    fn dialled(&mut self, id: usize, attempt: u64, outcome: Result<(), Loss>) {
        if self.agents[id].link != Link::Dialing(attempt) {
            return;
        }
        match outcome {
            Ok(()) => {
                self.agents[id].link = Link::Open(attempt);
                self.connections.insert(attempt, Connection::new(self.agents[id].protocol));
                self.feed(id, Input::Opened);
            }
            Err(loss) => {
                self.agents[id].drop_link();
                self.feed(id, Input::Closed(loss));
            }
        }
    }

    fn send(&mut self, id: usize, frame: ToServer) {
        let Link::Open(conn) = self.agents[id].link else { return };
        if self.weather[id] == Weather::Stall || self.agents[id].blocked {
            self.agents[id].buffer.push_back(frame);
        } else if self.weather[id] == Weather::BlackHole {
            self.connections.remove(&conn); // a stream with a hole carries nothing any more
        } else {
            let at = self.arrival(conn, true);
            self.at(at, Happening::ToServer(id, conn, frame));
        }
    }

    /// When a frame sent now arrives: a lost packet costs time, never order.
    fn arrival(&mut self, conn: u64, to_server: bool) -> u64 {
        let lost = self.rng.below(20) == 0;
        let delay = 5 + self.rng.below(150) + if lost { 1_000 } else { 0 };
        let before = self.arrivals.entry((conn, to_server)).or_default();
        *before = (*before).max(self.now + delay);
        *before
    }

    fn arrive_at_server(&mut self, id: usize, conn: u64, frame: &ToServer) {
        if self.weather[id] == Weather::BlackHole {
            self.connections.remove(&conn);
        }
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        let answer = connection.receive(frame, &mut self.agents[id].stored);
        let mute = self.weather[id] == Weather::Mute;
        let answer = if mute && answer == Some(ToAgent::Pong) {
            Some(ToAgent::Text(r#"{"type":"pong"}"#.to_owned()))
        } else {
            answer
        };
        if let Some(answer) = answer {
            let at = self.arrival(conn, false);
            self.at(at, Happening::ToAgent(id, conn, answer));
        }
    }

    fn closed(&mut self, id: usize, conn: u64, loss: Loss) {
        self.connections.remove(&conn);
        if self.agents[id].link == Link::Open(conn) {
            self.agents[id].drop_link();
            self.feed(id, Input::Closed(loss));
        }
    }

    /// One of the things that befall agents.
    fn fault(&mut self) {
        if self.now >= TROUBLE_MS {
            return;
        }
        self.faults += 1;
        let id = usize::from(self.rng.below(2) == 1);
        let lasting = 1_000 + self.rng.below(120_000);
        let weather = match self.rng.below(12) {
            0 | 1 => Weather::BlackHole,
            2 | 3 => Weather::Stall,
            4 => Weather::NoName,
            5 => Weather::Refused,
            6 => Weather::Mute,
            other => return self.sudden(other, id),
        };
        if self.weather[id] == Weather::Clear {
            self.weather[id] = weather;
            self.at(self.now + lasting, Happening::Clear(id));
        }
    }

    /// The faults that do not last.
    fn sudden(&mut self, which: u64, id: usize) {
        match which {
            7 => self.cut(id, Loss::Broken),
            8 => self.cut(id, Loss::Closed), // another host with the same id
            9 => {
                let step = self.rng.below(2_000_000_000_000);
                self.agents[id].wall_offset =
                    i64::try_from(step).unwrap_or_default() - 1_700_000_000_000;
            }
            10 => {
                let until = self.now + self.rng.below(600_000);
                self.agents[id].asleep_until = self.agents[id].asleep_until.max(until);
            }
            _ => {
                // A restart: every connection ends, and for a while nobody answers.
                self.server_down_until = self.now + self.rng.below(30_000);
                for id in 0..self.agents.len() {
                    self.cut(id, Loss::Broken);
                }
            }
        }
        if self.rng.below(3) == 0 && self.agents[id].asleep_until <= self.now {
            self.feed(id, Input::NetworkChanged);
        }
    }

    fn cut(&mut self, id: usize, loss: Loss) {
        if let Link::Open(conn) = self.agents[id].link {
            self.connections.remove(&conn);
            self.at(self.now, Happening::Closed(id, conn, loss));
        }
    }

    /// The weather clears; a link that stalled sends what it holds.
    fn clear(&mut self, id: usize) {
        let before = std::mem::replace(&mut self.weather[id], Weather::Clear);
        if before != Weather::Stall || self.agents[id].asleep_until > self.now {
            // A host that sleeps cannot send: what it holds goes when it wakes.
            if before == Weather::Stall {
                self.weather[id] = Weather::Stall;
                let until = self.agents[id].asleep_until;
                self.at(until, Happening::Clear(id));
            }
            return;
        }
        let held: Vec<ToServer> = self.agents[id].buffer.drain(..).collect();
        let blocked = std::mem::take(&mut self.agents[id].blocked);
        for frame in held {
            self.send(id, frame);
        }
        if blocked {
            self.feed(id, Input::Drained);
        }
    }

    fn heal(&mut self) {
        self.server_down_until = 0;
        for id in 0..self.agents.len() {
            self.clear(id);
        }
    }
}
