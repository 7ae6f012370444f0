//! The clock, the network between sessions and fleet, and the faults in both.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kinglet_hub::fleet::{
    Command, ConnectionId, Fleet, HostId, Input as ToFleet, Settings, Update,
};
use kinglet_proto::dialect::Protocol;
use kinglet_proto::ingest::{self, Message};
use kinglet_proto::limits::{BACKOFF_MAX, OFFLINE_AFTER, PONG_TIMEOUT};
use kinglet_proto::rng::Rng;
use kinglet_proto::session::{Input, Loss};

use crate::agent::{Agent, Wish, clock};

const TROUBLE_MS: u64 = 10 * 60 * 1000;
const HOSTS: u64 = 3;

/// Something that happens at a time.
#[derive(Debug)]
enum Happening {
    Wake(usize),
    Sample(usize),
    Dialled(usize, u64),
    ToHub(usize, u64, Option<String>),
    ToAgent(usize, u64, Option<String>),
    Closed(usize, u64, Loss),
    /// The hub learns that a connection is gone.
    Gone(u64),
    Fault,
    Clear(usize),
}

pub(crate) struct World {
    now: u64,
    rng: Rng,
    queue: BTreeMap<(u64, u64), Happening>,
    order: u64,
    agents: Vec<Agent>,
    /// Frames vanish both ways, and attempts with them.
    black_hole: BTreeSet<usize>,
    /// Connections whose frames have begun to vanish: a stream with a hole carries nothing more.
    torn: BTreeSet<u64>,
    arrivals: BTreeMap<(u64, bool), u64>,
    next_link: u64,
    fleet: Fleet,
    /// What the fleet was told is open and has not closed.
    open: BTreeMap<u64, usize>,
    online: BTreeMap<HostId, bool>,
    pub(crate) offline: u64,
    pub(crate) kicked: u64,
    /// Readings that came after a newer one.
    pub(crate) late: u64,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let settings = Settings { offline_after: OFFLINE_AFTER, public: true, hosts: Vec::new() };
        let mut world = Self {
            now: 0,
            queue: BTreeMap::new(),
            order: 0,
            agents: Vec::new(),
            black_hole: BTreeSet::new(),
            torn: BTreeSet::new(),
            arrivals: BTreeMap::new(),
            next_link: 0,
            fleet: Fleet::new(settings),
            open: BTreeMap::new(),
            online: BTreeMap::new(),
            offline: 0,
            kicked: 0,
            late: 0,
            rng: Rng::new(seed ^ 0x5eed),
        };
        for number in 0..HOSTS {
            let protocol = match rng.below(4) {
                0 => Protocol::Vstats,
                1 => Protocol::SimpleServerStatus,
                _ => Protocol::Kinglet,
            };
            let cadence = 5_000 * (1 + rng.below(4));
            world.agents.push(Agent::new(number, protocol, cadence, rng.next()));
            let (id, start) = (world.agents.len() - 1, rng.below(3_000));
            world.at(start, Happening::Wake(id));
            world.at(start, Happening::Sample(id));
        }
        world
    }

    pub(crate) fn reconnects(&self) -> u64 {
        self.agents.iter().map(|agent| agent.session.counts().reconnects).sum()
    }

    /// Trouble, then peace, and then everybody is online and nothing is missing.
    pub(crate) fn run(&mut self) {
        let mut at = 0;
        while at < TROUBLE_MS - 45_000 {
            at += 5_000 + self.rng.below(40_000);
            self.at(at, Happening::Fault);
        }
        self.run_until(TROUBLE_MS);
        for id in 0..self.agents.len() {
            self.happen(Happening::Clear(id));
        }
        let limit = PONG_TIMEOUT + BACKOFF_MAX + Duration::from_secs(60);
        let deadline = self.now + u64::try_from(limit.as_millis()).unwrap();
        while !self.agents.iter().all(|agent| agent.session.is_up()) {
            assert!(self.now < deadline, "not everybody is back");
            self.run_until(self.now + 1_000);
        }
        self.run_until(self.now + 100_000);
        for agent in &self.agents {
            let (host, metrics) = self.fleet.view(&agent.id).unwrap();
            assert!(host.online && metrics.is_some(), "{} is not shown", agent.id);
            assert!(agent.shown + 2 >= agent.taken, "{} is behind", agent.id);
            if agent.protocol == Protocol::Kinglet {
                let missing = (1..agent.shown).filter(|seq| !agent.arrived.contains(seq)).count();
                let counts = agent.session.counts();
                let missing = u64::try_from(missing).unwrap();
                assert!(missing <= counts.samples_dropped, "{missing} lost, {counts:?}");
                assert!(counts.ring_bytes < 4_000, "{} bytes linger", counts.ring_bytes);
            }
        }
    }

    fn at(&mut self, at: u64, happening: Happening) {
        self.order += 1;
        self.queue.insert((at.max(self.now), self.order), happening);
    }

    fn run_until(&mut self, end: u64) {
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= end) {
            let ((at, _), happening) = entry.remove_entry();
            // The fleet's deadlines come first, as late as its shell would notice them.
            while self.fleet.poll_timeout().is_some_and(|due| due.as_millis() <= at) {
                let due = self.fleet.poll_timeout().unwrap().as_millis();
                self.now = self.now.max(due);
                self.tell_fleet(ToFleet::Tick);
            }
            self.now = self.now.max(at);
            self.happen(happening);
            self.check();
        }
        self.now = end;
    }

    /// Online means heard of within the limit, and each host has one connection at most.
    fn check(&self) {
        let limit = u64::try_from(OFFLINE_AFTER.as_millis()).unwrap();
        for agent in &self.agents {
            if !self.fleet.ids().any(|id| **id == *agent.id) {
                continue; // viewers hear of a host with its first report
            }
            let (host, _) = self.fleet.view(&agent.id).unwrap();
            let fresh = agent.heard.is_some_and(|heard| self.now < heard + limit);
            assert_eq!(host.online, fresh, "{} at {}", agent.id, self.now);
            let told = self.online.get(&*agent.id).copied();
            assert_eq!(told, Some(host.online), "viewers think otherwise of {}", agent.id);
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Wake(id) => {
                if self.agents[id].wake_at.is_some_and(|at| at <= self.now) {
                    self.feed(id, Input::Tick);
                }
            }
            Happening::Sample(id) => {
                let wishes = self.agents[id].take_sample(self.now);
                self.fulfil(id, wishes);
                self.at(self.now + self.agents[id].cadence_ms, Happening::Sample(id));
            }
            Happening::Dialled(id, link) => self.dialled(id, link),
            Happening::ToHub(id, link, text) => self.arrive_at_hub(id, link, text),
            Happening::ToAgent(id, link, text) => {
                if self.agents[id].link == Some(link) && !self.lost(id, link) {
                    match &text {
                        Some(text) => self.feed(id, Input::Text(text)),
                        None => self.feed(id, Input::Pong),
                    }
                }
            }
            Happening::Closed(id, link, loss) => {
                if self.agents[id].link == Some(link) {
                    self.agents[id].link = None;
                    self.feed(id, Input::Closed(loss));
                }
            }
            Happening::Gone(link) => {
                if self.open.remove(&link).is_some() {
                    self.tell_fleet(ToFleet::Left(ConnectionId(link)));
                }
            }
            Happening::Fault => self.fault(),
            Happening::Clear(id) => drop(self.black_hole.remove(&id)),
        }
    }

    fn feed(&mut self, id: usize, input: Input<'_>) {
        let wishes = self.agents[id].feed(input, self.now);
        self.fulfil(id, wishes);
    }

    fn fulfil(&mut self, id: usize, wishes: Vec<Wish>) {
        for wish in wishes {
            match wish {
                Wish::Dial => {
                    self.next_link += 1;
                    self.agents[id].link = Some(self.next_link);
                    let after = 20 + self.rng.below(400);
                    self.at(self.now + after, Happening::Dialled(id, self.next_link));
                }
                Wish::Text(text) => self.send(id, Some(text)),
                Wish::Ping => self.send(id, None),
                Wish::HangUp => {
                    // The hub hears of it, or the hole swallows that too.
                    let link = self.agents[id].link.take();
                    if let Some(link) = link.filter(|link| !self.lost(id, *link)) {
                        self.at(self.now + 100, Happening::Gone(link));
                    }
                }
            }
        }
        if let Some(at) = self.agents[id].wake_at {
            self.at(at, Happening::Wake(id));
        }
    }

    fn dialled(&mut self, id: usize, link: u64) {
        if self.agents[id].link != Some(link) {
            return;
        }
        if self.black_hole.contains(&id) {
            self.agents[id].link = None;
            return self.feed(id, Input::Closed(Loss::Broken));
        }
        self.open.insert(link, id);
        self.agents[id].heard = Some(self.now);
        let (connection, host) = (ConnectionId(link), HostId::from(&*self.agents[id].id));
        let greet = self.agents[id].protocol == Protocol::Kinglet;
        self.tell_fleet(ToFleet::Joined { connection, host, greet });
        self.feed(id, Input::Opened);
    }

    /// Whether what travels on this connection is lost; from then on all of it is.
    fn lost(&mut self, id: usize, link: u64) -> bool {
        if self.black_hole.contains(&id) {
            self.torn.insert(link);
        }
        self.torn.contains(&link)
    }

    fn send(&mut self, id: usize, text: Option<String>) {
        let link = self.agents[id].link.expect("a frame needs a link");
        if !self.lost(id, link) {
            let at = self.arrival(link, true);
            self.at(at, Happening::ToHub(id, link, text));
        }
    }

    /// When a frame sent now arrives: a lost packet costs time, never order.
    fn arrival(&mut self, link: u64, to_hub: bool) -> u64 {
        let again = if self.rng.below(20) == 0 { 1_000 } else { 0 };
        let delay = 5 + self.rng.below(150) + again;
        let before = self.arrivals.entry((link, to_hub)).or_default();
        *before = (*before).max(self.now + delay);
        *before
    }

    fn arrive_at_hub(&mut self, id: usize, link: u64, text: Option<String>) {
        if self.lost(id, link) || !self.open.contains_key(&link) {
            return;
        }
        self.agents[id].heard = Some(self.now);
        let connection = ConnectionId(link);
        let Some(text) = text else {
            let at = self.arrival(link, false);
            self.at(at, Happening::ToAgent(id, link, None));
            return self.tell_fleet(ToFleet::Heard(connection));
        };
        let message = match self.agents[id].protocol {
            Protocol::SimpleServerStatus => {
                Message::Report(Box::new(ingest::decode_server_info(&text).unwrap()))
            }
            Protocol::Kinglet | Protocol::Vstats => ingest::decode(&text).unwrap(),
        };
        match &message {
            Message::Report(report) => self.note(id, report.sample.uptime),
            Message::Batch(batch) => {
                batch.reports.iter().for_each(|report| self.note(id, report.sample.uptime));
            }
            Message::Login(login) => {
                let host = HostId::from(&*login.server_id);
                return self.tell_fleet(ToFleet::LoggedIn(connection, Some(host)));
            }
            Message::Heartbeat | Message::Ping | Message::Other => {}
        }
        self.tell_fleet(ToFleet::Received(connection, message));
    }

    fn note(&mut self, id: usize, number: Option<u64>) {
        let number = number.expect("the sample says which it is");
        let agent = &mut self.agents[id];
        self.late += u64::from(agent.arrived.last().is_some_and(|last| number < *last));
        agent.arrived.insert(number);
    }

    fn tell_fleet(&mut self, input: ToFleet) {
        self.fleet.handle_input(input, clock(self.now));
        while let Some(command) = self.fleet.poll_command() {
            match command {
                Command::Send(ConnectionId(link), text) => {
                    let id = *self.open.get(&link).expect("a text for a connection that is open");
                    let at = self.arrival(link, false);
                    self.at(at, Happening::ToAgent(id, link, Some(text)));
                }
                Command::Close(ConnectionId(link), reason) => {
                    let id = self.open.remove(&link).expect("closed twice");
                    self.kicked += u64::from(reason.code() == 1008);
                    if !self.lost(id, link) {
                        let loss = Loss::of_close_code(Some(reason.code()));
                        let at = self.arrival(link, false);
                        self.at(at, Happening::Closed(id, link, loss));
                    }
                }
                Command::Publish(update) => self.publish(&update),
                Command::Note(note) => assert!(note.to_string().len() < 200),
            }
        }
    }

    /// What viewers are told never goes back in time.
    fn publish(&mut self, update: &Update) {
        assert!(self.fleet.panel_message(update, clock(self.now)).is_some());
        match update {
            Update::Metrics(id) => {
                let sample = self.fleet.view(id).unwrap().1.unwrap().sample;
                let number = sample.uptime.unwrap();
                let agent = self.agents.iter_mut().find(|agent| *agent.id == **id).unwrap();
                assert!(number > agent.shown, "{id}: {number} after {}", agent.shown);
                agent.shown = number;
            }
            Update::Status(id) => {
                let online = self.fleet.view(id).unwrap().0.online;
                let before = self.online.insert(id.clone(), online);
                assert_ne!(before, Some(online), "{id}: told twice");
                self.offline += u64::from(!online);
            }
            Update::Added(_) => {}
            Update::Removed(id) => panic!("{id} was forgotten"),
        }
    }

    /// One of the things that befall hosts.
    fn fault(&mut self) {
        let id = usize::try_from(self.rng.below(HOSTS)).unwrap();
        match self.rng.below(4) {
            // Long enough for some to be noticed by the agent, some by the hub, some by nobody.
            0 | 1 => {
                if self.black_hole.insert(id) {
                    let lasting = 1_000 + self.rng.below(150_000);
                    self.at(self.now + lasting, Happening::Clear(id));
                }
            }
            2 => {
                if let Some(link) = self.agents[id].link {
                    self.at(self.now, Happening::Closed(id, link, Loss::Broken));
                    // The hub may learn of a lost connection much later than the agent.
                    let later = self.rng.below(90_000);
                    self.at(self.now + later, Happening::Gone(link));
                }
            }
            _ => self.feed(id, Input::NetworkChanged),
        }
    }
}
