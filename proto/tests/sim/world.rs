//! The clock and the network between agents and server; the faults in them are in `faults.rs`.
//!
//! `crate::server` is the only part that is not the same in both simulations.

#[path = "faults.rs"] // the file has two crates, whose other modules lie elsewhere
mod faults;

use std::collections::BTreeMap;
use std::time::Duration;

use kinglet_proto::limits::{BACKOFF_MAX, PONG_TIMEOUT};
use kinglet_proto::rng::Rng;
use kinglet_proto::session::{Input, Loss};

use crate::agent::{Agent, Link, ToAgent, ToServer, Who, Wish};
use crate::server::{Answer, PROTOCOLS, Server};

/// Simulated milliseconds with faults.
pub(crate) const TROUBLE_MS: u64 = 8 * 60 * 1000;
/// Machines with an id of their own; one more claims the first one's now and then.
const HOSTS: usize = 3;
/// An attempt that fails takes as long as this at worst, with its two steps.
const ATTEMPT: Duration = Duration::from_secs(20);
/// A server looks at the time this late at worst.
pub(crate) const TICK_LATE_MS: u64 = 250;

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
    /// The server has no time, and says until when.
    Busy,
}

/// Something that happens at a time.
#[derive(Debug)]
enum Happening {
    Wake(usize),
    /// Of one life: the next one has a rhythm of its own.
    Sample(usize, u64),
    Dialled(usize, u64, Result<(), Loss>),
    ToServer(usize, u64, ToServer),
    ToAgent(usize, u64, ToAgent),
    Closed(usize, u64, Loss),
    /// The agent's end of the connection was closed.
    Gone(usize, u64),
    /// The second machine of that id is switched off.
    Stop(usize),
    Fault,
    Clear(usize),
    ServerTick,
}

/// Everything.
pub(crate) struct World {
    now: u64,
    rng: Rng,
    queue: BTreeMap<(u64, u64), Happening>,
    order: u64,
    agents: Vec<Agent>,
    weather: Vec<Weather>,
    pub(crate) server: Server,
    server_tick_at: Option<u64>,
    /// The connections that still carry something, and whose they are.
    pipes: BTreeMap<u64, usize>,
    /// The last arrival of each connection and direction: a stream keeps its order.
    arrivals: BTreeMap<(u64, bool), u64>,
    server_down_until: u64,
    last_attempt: u64,
    last_life: u64,
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
            weather: vec![Weather::Clear; HOSTS + 1],
            server: Server::new(seed),
            server_tick_at: None,
            pipes: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            server_down_until: 0,
            last_attempt: 0,
            last_life: 0,
            faults: 0,
            rng: Rng::new(seed ^ 0x5eed),
        };
        for id in 0..=HOSTS {
            let spoken = PROTOCOLS.get(usize::try_from(rng.below(8)).expect("small"));
            let (protocol, logs_in) = *spoken.unwrap_or(&("kinglet", false));
            let cadence = 5_000 * (1 + rng.below(5));
            world.last_life += 1;
            let host = format!("host-{}", id % HOSTS);
            let life = world.last_life;
            let who = Who { host, life, boot: life, protocol, logs_in };
            world.agents.push(Agent::new(who, cadence, rng.next(), 0));
            let start = rng.below(3_000);
            if id < HOSTS {
                world.begin(id, start);
            } else {
                world.agents[id].stopped = true;
            }
        }
        world
    }

    fn begin(&mut self, id: usize, at: u64) {
        let life = self.agents[id].who.life;
        self.at(at, Happening::Wake(id));
        self.at(at, Happening::Sample(id, life));
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
        let deadline = notice + (BACKOFF_MAX + ATTEMPT).as_secs() * 1_000;
        while !self.agents.iter().all(|agent| agent.stopped || agent.session.is_up()) {
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
        let stays = |agent: &&Agent| agent.stopped && matches!(agent.link, Link::Open(_));
        assert!(!self.agents.iter().any(|agent| stays(&agent)), "told to stop, and still there");
        for agent in self.agents.iter().filter(|agent| !agent.stopped) {
            assert!(agent.session.is_up(), "down without a fault");
            let counts = agent.session.counts();
            if agent.who.protocol == "kinglet" && agent.fits_ring() {
                assert_eq!(counts.samples_dropped, 0, "there was room for all");
            }
            self.server.check_settled(agent, self.now);
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
            | Happening::Sample(id, _)
            | Happening::Dialled(id, ..)
            | Happening::ToAgent(id, ..)
            | Happening::Stop(id)
            | Happening::Closed(id, ..) => Some(*id),
            Happening::ToServer(..)
            | Happening::Gone(..)
            | Happening::Fault
            | Happening::Clear(_)
            | Happening::ServerTick => None,
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
            Happening::Sample(id, life) => self.take_sample(id, life),
            Happening::Dialled(id, attempt, outcome) => self.dialled(id, attempt, outcome),
            Happening::ToServer(id, conn, frame) => {
                if self.carries(id, conn) {
                    let answers = self.server.receive(conn, &frame, self.now);
                    self.answer(answers);
                }
            }
            Happening::ToAgent(id, conn, frame) => {
                if self.carries(id, conn) && self.agents[id].link == Link::Open(conn) {
                    match &frame {
                        ToAgent::Text(text) => self.feed(id, Input::Text(text)),
                        ToAgent::Pong => self.feed(id, Input::Pong),
                    }
                }
            }
            Happening::Gone(id, conn) => {
                if self.carries(id, conn) {
                    self.pipes.remove(&conn);
                    let answers = self.server.closed(conn, self.now);
                    self.answer(answers);
                }
            }
            Happening::Stop(id) => {
                if !self.agents[id].stopped {
                    self.feed(id, Input::Stop);
                }
            }
            Happening::ServerTick => {
                self.server_tick_at = None;
                let answers = self.server.tick(self.now);
                self.answer(answers);
            }
            Happening::Closed(id, conn, loss) => self.closed(id, conn, loss),
            Happening::Fault => self.fault(),
            Happening::Clear(id) => self.clear(id),
        }
    }

    fn take_sample(&mut self, id: usize, life: u64) {
        let agent = &mut self.agents[id];
        if agent.who.life == life && !agent.stopped {
            let wishes = agent.take_sample(self.now);
            self.fulfil(id, wishes);
            let next = self.now + self.agents[id].cadence;
            self.at(next, Happening::Sample(id, life));
        }
    }

    /// Whether anything still passes; a stream that lost something to a black hole is at its end.
    fn carries(&mut self, id: usize, conn: u64) -> bool {
        if self.weather[id] == Weather::BlackHole {
            self.pipes.remove(&conn);
        }
        self.pipes.contains_key(&conn)
    }

    fn feed(&mut self, id: usize, input: Input<'_>) {
        let wishes = self.agents[id].feed(input, self.now);
        self.fulfil(id, wishes);
    }

    fn fulfil(&mut self, id: usize, wishes: Vec<Wish>) {
        for wish in wishes {
            match wish {
                Wish::Dial => self.dial(id),
                Wish::HangUp(Link::Open(conn)) => self.leave(id, conn),
                Wish::HangUp(Link::Dialing(_) | Link::Down) => {}
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
            Weather::Busy => (soon, Err(Loss::Busy(Duration::from_millis(self.rng.below(90_000))))),
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
                self.pipes.insert(attempt, id);
                let answers = self.server.open(attempt, &self.agents[id].who, self.now);
                self.answer(answers);
                self.feed(id, Input::Opened);
            }
            Err(loss) => {
                if let Loss::Busy(pause) = loss {
                    let pause = u64::try_from(pause.as_millis()).unwrap_or_default();
                    self.agents[id].not_before = self.now + pause;
                }
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
            self.pipes.remove(&conn); // a stream with a hole carries nothing any more
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

    /// The agent's end is closed: the server learns of it once what was sent before has arrived,
    /// or not at all.
    fn leave(&mut self, id: usize, conn: u64) {
        if self.weather[id] == Weather::Clear {
            let at = self.arrival(conn, true);
            self.at(at, Happening::Gone(id, conn));
        } else {
            self.pipes.remove(&conn);
        }
    }

    /// Does what the server wants.
    fn answer(&mut self, answers: Vec<Answer>) {
        for answer in answers {
            let (Answer::Send(conn, _) | Answer::Close(conn, _)) = &answer;
            let conn = *conn;
            let Some(&id) = self.pipes.get(&conn) else { continue };
            let at = self.arrival(conn, false);
            match answer {
                Answer::Send(_, frame) => {
                    if let Some(frame) = self.distort(id, frame) {
                        self.at(at, Happening::ToAgent(id, conn, frame));
                    }
                }
                Answer::Close(_, loss) => self.at(at, Happening::Closed(id, conn, loss)),
            }
        }
        if let Some(at) = self.server.next_deadline()
            && self.server_tick_at.is_none_or(|planned| planned > at + TICK_LATE_MS)
        {
            let at = at + self.rng.below(TICK_LATE_MS);
            self.server_tick_at = Some(at.max(self.now));
            self.at(at, Happening::ServerTick);
        }
    }

    /// A mute server talks instead of answering a Ping; a server drops an acknowledgement that its
    /// agent is too slow to read, and relies on the next.
    fn distort(&mut self, id: usize, frame: ToAgent) -> Option<ToAgent> {
        match frame {
            ToAgent::Pong if self.weather[id] == Weather::Mute => {
                Some(ToAgent::Text(r#"{"type":"pong"}"#.to_owned()))
            }
            ToAgent::Text(text) if text.contains(r#""type":"ack""#) => {
                let lost = self.now < TROUBLE_MS && self.faults > 0 && self.rng.below(30) == 0;
                (!lost).then_some(ToAgent::Text(text))
            }
            ToAgent::Pong | ToAgent::Text(_) => Some(frame),
        }
    }

    fn closed(&mut self, id: usize, conn: u64, loss: Loss) {
        if self.carries(id, conn) {
            self.pipes.remove(&conn);
            if self.agents[id].link == Link::Open(conn) {
                self.agents[id].drop_link();
                self.feed(id, Input::Closed(loss));
            }
        }
    }
}
