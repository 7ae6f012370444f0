//! The hub: its fleet and pace as they are, a shell around them, and what both must keep to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kinglet_hub::fleet::{
    Command, ConnectionId, Fleet, Input, Pace, Reason, Settings, Update, Verdict,
};
use kinglet_hub::limits::OFFLINE_AFTER;
use kinglet_proto::host::HostId;
use kinglet_proto::ingest::{self, Label, Message};
use kinglet_proto::session::Loss;
use kinglet_proto::time::{Instant, Now, WallTime};
use kinglet_proto::wire::envelope::Head;

use crate::agent::{Agent, LIFE, ToAgent, ToServer, Who};
use crate::alerts::Told;
use crate::desk::Alerts;
use crate::expected::{Shown, Truth, last_number};
use crate::store::Store;
use crate::viewer::Viewer;

/// What the hub's clock said when the world began.
const ORIGIN_MS: u64 = 7_000_000;

/// What the hub wants done.
#[derive(Debug)]
pub(crate) enum Answer {
    Send(u64, ToAgent),
    Close(u64, Loss),
}

/// What happened in a run that does not happen in a quiet one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Seen {
    pub(crate) duplicates: u64,
    pub(crate) silent: u64,
    pub(crate) late: u64,
    pub(crate) refused: u64,
    pub(crate) lost: u64,
}

/// The hub.
pub(crate) struct Server {
    fleet: Fleet,
    connections: BTreeMap<u64, Connection>,
    /// Told to close, and not gone yet: what comes on them in this moment must change nothing.
    closing: BTreeMap<u64, Who>,
    truths: BTreeMap<String, Truth>,
    viewer: Viewer,
    answered: u64,
    /// What was told of alerts, by host.
    told: BTreeMap<String, Told>,
    /// What else happened, by host, boot and number.
    happened: BTreeSet<(String, String, u64)>,
    /// Whose word is taken in.
    speaker: u64,
    /// Messages about alerts that came, those that come again too.
    news: u64,
    /// Some of them are refused: in every world in which anything is.
    refuses_news: bool,
    /// Something of what was told is lost, or forgotten: it is told again.
    forgetful: bool,
    /// The numbers that came of each agent's life.
    delivered: BTreeMap<u64, BTreeSet<u64>>,
    /// Those that the pace did not let through at first: an acknowledgement may pass over them,
    /// for the agent was told and sends them again.
    refused: BTreeSet<(u64, u64)>,
    store: Option<Store>,
    alerts: Alerts,
    pub(crate) seen: Seen,
}

/// One connection, as the hub's shell keeps it.
struct Connection {
    who: Who,
    pace: Pace,
    /// Until then something uses up its pace.
    flooded_until: u64,
    acked: u64,
}

/// Which of messages about alerts are refused, however slow they come: after each refusal another
/// number of them is let in, so that as many as wait never meet it in step.
const REFUSED_NEWS: [u64; 4] = [5, 9, 16, 20];

/// What agents speak here beside `kinglet`, and whether they log in by their first message.
pub(crate) const PROTOCOLS: &[(&str, bool)] =
    &[("vstats", true), ("vstats", false), ("simple-server-status", false)];

impl Server {
    pub(crate) fn new(seed: u64) -> Self {
        // Every other hub has a disk.
        let store = (seed % 2 == 1).then(|| Store::new(seed));
        let mut server = Self {
            fleet: new_fleet(store.is_some()),
            connections: BTreeMap::new(),
            closing: BTreeMap::new(),
            truths: BTreeMap::new(),
            viewer: Viewer::default(),
            answered: 0,
            told: BTreeMap::new(),
            happened: BTreeSet::new(),
            speaker: 0,
            news: 0,
            refuses_news: false,
            forgetful: false,
            delivered: BTreeMap::new(),
            refused: BTreeSet::new(),
            alerts: Alerts::new(store.is_some(), clock(0)),
            store,
            seen: Seen::default(),
        };
        server.restart(0);
        server
    }

    /// An agent's connection is open: it showed its credentials, or will do so in a message.
    pub(crate) fn open(&mut self, conn: u64, who: &Who, now: u64) -> Vec<Answer> {
        let pace = Pace::agent(clock(now).instant);
        let connection = Connection { who: who.clone(), pace, flooded_until: 0, acked: 0 };
        self.connections.insert(conn, connection);
        let connection = ConnectionId(conn);
        if who.logs_in {
            return self.input(Input::Visited(connection), now, Shown::Nothing);
        }
        let host = id(&who.host);
        let greet = who.protocol == "kinglet";
        self.join(conn, &who.host, Input::Joined { connection, host, greet }, now)
    }

    /// A frame came; what the shell does with it.
    pub(crate) fn receive(&mut self, conn: u64, frame: &ToServer, now: u64) -> Vec<Answer> {
        if let Some(who) = self.closing.remove(&conn) {
            return self.receive_late(conn, &who, frame, now);
        }
        let Some(connection) = self.connections.get_mut(&conn) else { return Vec::new() };
        let id = ConnectionId(conn);
        let mut verdict = connection.verdict(now);
        if let (Verdict::Take, ToServer::Text(text)) = (verdict, frame)
            && self.refuses_news
            && text.starts_with(r#"{"type":"alert""#)
        {
            self.news += 1;
            if REFUSED_NEWS.contains(&(self.news % 21)) {
                // What is behind it on the line is let in, with a gap before it.
                verdict = Verdict::Refuse(Duration::from_secs(1));
            }
        }
        if let (true, ToServer::Text(text)) = (verdict != Verdict::Take, frame) {
            let seq = last_number(text, "\"seq\":");
            self.refused.extend(seq.map(|seq| (connection.who.life, seq)));
        }
        let answers = match verdict {
            Verdict::Take => self.read(conn, frame, now),
            Verdict::Refuse(pause) if connection.who.protocol != "simple-server-status" => {
                self.seen.refused += 1;
                self.hear(conn, now);
                self.input(Input::TooFast(id, pause), now, Shown::Nothing)
            }
            Verdict::Refuse(_) | Verdict::Drop => Vec::new(),
            Verdict::Close => {
                let mut answers = self.closed(conn, now);
                answers.push(Answer::Close(conn, loss(Reason::TooFast)));
                answers
            }
        };
        let pong = matches!(frame, ToServer::Ping).then_some(Answer::Send(conn, ToAgent::Pong));
        pong.into_iter().chain(answers).chain(self.turn_of_store(now)).collect()
    }

    /// The disk has written something, or lost something, or nothing of the kind.
    fn turn_of_store(&mut self, now: u64) -> Vec<Answer> {
        let Some(input) = self.store.as_mut().and_then(|store| store.turn(now)) else {
            return Vec::new();
        };
        self.seen.lost += u64::from(matches!(input, Input::Lost));
        self.forgetful |= matches!(input, Input::Lost);
        let answers = self.input(input, now, Shown::Nothing);
        for conn in answers.iter().filter_map(Answer::closed) {
            for truth in self.truths.values_mut().filter(|truth| truth.current == Some(conn)) {
                truth.current = None;
            }
        }
        answers
    }

    fn read(&mut self, conn: u64, frame: &ToServer, now: u64) -> Vec<Answer> {
        let who = self.connections[&conn].who.clone();
        let ToServer::Text(text) = frame else {
            self.hear(conn, now);
            return self.input(Input::Heard(ConnectionId(conn)), now, Shown::Nothing);
        };
        let message = match who.protocol {
            "kinglet" | "vstats" => ingest::decode(text),
            "simple-server-status" => {
                ingest::decode_server_info(text).map(|report| Message::Report(Box::new(report)))
            }
            other => panic!("nobody here speaks {other}"),
        };
        let message = message.unwrap_or_else(|e| panic!("{e:?} {who:?} {text}"));
        if let Message::Login(login) = &message {
            assert_eq!(login.server_id, who.host);
            let host = id(&who.host);
            let input = Input::LoggedIn(ConnectionId(conn), Ok(host));
            return self.join(conn, &who.host, input, now);
        }
        self.hear(conn, now);
        self.speaker = who.life;
        let truth = self.truths.entry(who.host.clone()).or_default();
        assert_eq!(truth.current, Some(conn), "{who:?} talks on a connection that was replaced");
        let shown = truth.shown(&who, text);
        if let ("kinglet", Message::Report(report)) = (who.protocol, &message) {
            let place = report.place.as_ref().expect("a report is numbered");
            let live = report.age.is_zero();
            let first = self.delivered.entry(who.life).or_default().insert(place.seq);
            if first && !self.refused.contains(&(who.life, place.seq)) {
                let truth = self.truths.entry(who.host.clone()).or_default();
                truth.deliver(who.life, place.seq, live, now);
            }
            self.seen.late += u64::from(!live);
        }
        let readings = match &message {
            Message::Report(_) => 1,
            Message::Batch(batch) => batch.reports.len(),
            Message::Login(_)
            | Message::Heartbeat
            | Message::Ping
            | Message::Told(_)
            | Message::Aggregates(_)
            | Message::Other => 0,
        };
        let due = self.viewer.readings + readings;
        let answers = self.input(Input::Received(ConnectionId(conn), message), now, shown);
        assert_eq!(self.viewer.readings, due, "every reading is told, late ones too");
        answers
    }

    /// The connection's own thread had a frame in hand when it was told to close.
    fn receive_late(&mut self, conn: u64, who: &Who, frame: &ToServer, now: u64) -> Vec<Answer> {
        let input = match (frame, who.protocol) {
            (ToServer::Text(text), "kinglet") => {
                let message = ingest::decode(text).expect("the hub understands its agents");
                Input::Received(ConnectionId(conn), message)
            }
            (ToServer::Ping | ToServer::Text(_), _) => Input::Heard(ConnectionId(conn)),
        };
        let mut answers = self.input(input, now, Shown::Nothing);
        answers.extend(self.input(Input::Left(ConnectionId(conn)), now, Shown::Nothing));
        assert!(answers.is_empty(), "{who:?} was closed and is answered: {answers:?}");
        answers
    }

    fn hear(&mut self, conn: u64, now: u64) {
        let host = &self.connections[&conn].who.host;
        if let Some(truth) = self.truths.get_mut(host).filter(|truth| truth.current == Some(conn)) {
            truth.heard_at = Some(now);
        }
    }

    /// The connection reports as the host; the one that did before is closed as a duplicate.
    fn join(&mut self, conn: u64, host: &str, input: Input, now: u64) -> Vec<Answer> {
        let truth = self.truths.entry(host.to_owned()).or_default();
        truth.heard_at = Some(now);
        let older = truth.current.replace(conn).filter(|older| *older != conn);
        let answers = self.input(input, now, Shown::Nothing);
        let closed: Vec<u64> = answers.iter().filter_map(Answer::closed).collect();
        assert_eq!(closed, Vec::from_iter(older), "the newer of two wins");
        if older.is_some() {
            let kicked = Answer::Close(closed[0], Loss::Refused);
            assert!(answers.iter().any(|answer| format!("{answer:?}") == format!("{kicked:?}")));
            self.seen.duplicates += 1;
        }
        answers
    }

    /// The connection has ended.
    pub(crate) fn closed(&mut self, conn: u64, now: u64) -> Vec<Answer> {
        let Some(connection) = self.connections.remove(&conn) else { return Vec::new() };
        if let Some(truth) = self.truths.get_mut(&connection.who.host)
            && truth.current == Some(conn)
        {
            truth.current = None;
        }
        self.input(Input::Left(ConnectionId(conn)), now, Shown::Nothing)
    }

    pub(crate) fn next_deadline(&self) -> Option<u64> {
        let due = self.fleet.poll_timeout().into_iter().chain(self.alerts.poll_timeout()).min();
        due.map(|at| at.as_millis() - ORIGIN_MS)
    }

    pub(crate) fn tick(&mut self, now: u64) -> Vec<Answer> {
        for conn in std::mem::take(&mut self.closing).into_keys() {
            let answers = self.input(Input::Left(ConnectionId(conn)), now, Shown::Nothing);
            assert!(answers.is_empty(), "{answers:?} to one that left");
        }
        let answers = self.input(Input::Tick, now, Shown::Nothing);
        for conn in answers.iter().filter_map(Answer::closed) {
            self.seen.silent += 1;
            for truth in self.truths.values_mut().filter(|truth| truth.current == Some(conn)) {
                truth.current = None;
            }
        }
        answers
    }

    /// How many alerts of the hub's own were told.
    pub(crate) fn own_alerts(&self) -> u64 {
        self.alerts.own
    }

    /// Something uses up a connection's pace for a while.
    pub(crate) fn flood(&mut self, conn: u64, until: u64) {
        self.refuses_news = true;
        self.store.iter_mut().for_each(|store| store.troubled = true);
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.flooded_until = until;
        }
    }

    /// The hub is another, which knows what its owner wrote and nothing else.
    pub(crate) fn restart(&mut self, now: u64) {
        self.fleet = new_fleet(self.store.is_some());
        self.alerts.restart(&mut self.fleet, clock(now));
        self.forgetful |= now > 0;
        self.store.iter_mut().for_each(|store| store.restart(now));
        self.connections.clear();
        self.closing.clear();
        self.truths.clear();
        self.viewer = Viewer::default();
        for host in self.fleet.snapshots() {
            self.viewer.online.insert(host.id.to_string(), false);
        }
    }

    /// Feeds the fleet, does what it wants, and looks whether all of it is as it must be.
    fn input(&mut self, input: Input, now: u64, shown: Shown) -> Vec<Answer> {
        let clock = clock(now);
        if matches!(input, Input::Tick) {
            self.alerts.tick(clock);
        }
        self.fleet.handle_input(input, clock);
        let (mut answers, mut published) = (Vec::new(), Vec::new());
        loop {
            let Some(command) = self.fleet.poll_command() else {
                let own = self.alerts.settle();
                if own.is_empty() {
                    break;
                }
                own.into_iter().for_each(|input| self.fleet.handle_input(input, clock));
                continue;
            };
            match command {
                Command::Send(ConnectionId(conn), answer) => {
                    self.answered += 1;
                    let text = answer.encode(Head { id: self.answered, wall: clock.wall });
                    self.check_ack(conn, &text, now);
                    answers.push(Answer::Send(conn, ToAgent::Text(text)));
                }
                Command::Close(ConnectionId(conn), reason) => {
                    let connection = self.connections.remove(&conn).expect("closed twice");
                    self.closing.insert(conn, connection.who);
                    answers.push(Answer::Close(conn, loss(reason)));
                }
                Command::Publish(update) => {
                    self.store.iter_mut().for_each(|store| store.take(&update));
                    self.check_told(&update);
                    self.alerts.hear(&update, clock);
                    published.extend(self.viewer.hear(&update));
                }
                Command::Note(_) => {}
            }
            assert!(answers.len() + published.len() <= 8, "no end of commands");
        }
        self.check_published(&published, shown);
        self.check(now);
        answers
    }

    /// An alert begins that was not there, or ends that was.
    fn check_told(&mut self, update: &Update) {
        let Update::Told(told) = update else { return };
        let host = told.host.id.to_string();
        // Two machines of one id may both tell the end.
        let is_shared = host == "host-0";
        if let Some(place) = told.place.as_ref().filter(|_| told.kind == "system" && !told.again) {
            let is_news = self.happened.insert((host.clone(), place.boot_id.clone(), place.number));
            assert!(is_news || self.forgetful || is_shared, "told twice: {}", told.data);
        }
        if told.kind == "alert" && !told.data.contains("\"alert_id\":\"hub-") {
            let of_host = self.told.entry(host).or_default();
            let is_news = of_host.take(self.speaker, &told.data);
            assert!(is_news || self.forgetful || is_shared, "told twice: {}", told.data);
        }
    }

    /// An acknowledgement names what came, and never less than the one before.
    fn check_ack(&mut self, conn: u64, text: &str, now: u64) {
        if !text.contains(r#""type":"ack""#) || text.contains("\"alert\":") {
            return;
        }
        let seq = last_number(text, "\"seq\":").expect("an acknowledgement says of what");
        let connection = self.connections.get_mut(&conn).expect("of a connection that is there");
        let came = self.delivered.get(&connection.who.life).is_some_and(|seqs| seqs.contains(&seq));
        let restarted = connection.who.life != connection.who.boot; // counts of both may mix
        assert!(came || restarted, "{seq} is acknowledged and never came");
        assert!(connection.acked <= seq || restarted, "{seq} after {}", connection.acked);
        connection.acked = seq;
        if let Some(truth) = self.truths.get_mut(&connection.who.host)
            && !restarted
        {
            truth.acknowledge(connection.who.life, seq, now);
            let life = connection.who.life;
            let above = truth.not_promised();
            let waits = self.store.as_ref().and_then(|store| store.first_waiting(life, above));
            assert!(waits.is_none_or(|first| first > seq), "{waits:?} of {seq} is on no disk yet");
        }
    }

    /// Every new sample is shown once, and no old one ever.
    fn check_published(&mut self, published: &[(String, u64)], shown: Shown) {
        let samples: Vec<u64> = published.iter().map(|(_, sample)| *sample).collect();
        match shown {
            Shown::Nothing => assert!(samples.is_empty(), "{samples:?} is shown again"),
            Shown::Sample(sample) => assert_eq!(samples, [sample]),
            Shown::Perhaps(sample) => assert!(samples.is_empty() || samples == [sample]),
        }
        for (host, sample) in published {
            let truth = self.truths.entry(host.clone()).or_default();
            let before = truth.newest.replace(*sample);
            let back =
                before.is_some_and(|before| before / LIFE == sample / LIFE && before >= *sample);
            assert!(!back, "{sample} after {before:?}");
        }
    }

    /// Hosts are online for the fleet and for viewers when they are.
    fn check(&self, now: u64) {
        for (host, truth) in &self.truths {
            let view = self.fleet.snapshot(host).expect("known");
            // What a host says before its first report nobody hears.
            if let (Some(heard), true) = (truth.heard_at, self.viewer.online.contains_key(host)) {
                self.alerts.check(host, now - heard);
            }
            if let Some(online) = truth.online(now) {
                assert_eq!(view.online, online, "{host}: {truth:?} at {now}");
            }
            if let Some(told) = self.viewer.online.get(host) {
                assert_eq!(*told, view.online, "{host}: viewers think otherwise");
            } else {
                assert_eq!(truth.newest, None, "{host} reports and is not announced");
            }
            let sample = view.sample.and_then(|sample| sample.uptime);
            assert_eq!(sample, truth.newest, "{host}: the last state");
        }
        assert!(self.connections.len() <= 64, "connections are given back");
    }

    /// All that the agent has is here, but for what it says it dropped.
    pub(crate) fn check_settled(&self, agent: &Agent, now: u64) {
        let Who { host, life, protocol, .. } = &agent.who;
        let truth = &self.truths[host];
        assert_eq!((truth.online(now), self.viewer.online.get(host)), (Some(true), Some(&true)));
        let newest = truth.newest.expect("it reported");
        let last = agent.newest();
        assert!(newest <= last && newest + 1 >= last, "{newest} is shown, {last} was taken");
        if *protocol == "kinglet" {
            let boot = format!("boot-{}", agent.who.boot);
            let is_of_boot = |(of, one, _): &(String, String, u64)| of == host && *one == boot;
            assert!(self.happened.iter().any(is_of_boot), "{host}: {boot} has no beginning");
            let eyes = agent.eyes.as_ref().expect("it looks");
            let told = self.told.get(host);
            // A hub that has forgotten something is told what is open, not what was.
            let open = told.map(|told| told.open.clone()).unwrap_or_default();
            assert!(self.forgetful || open == eyes.open(), "{host}: {told:?}");
            if host != "host-0" {
                self.alerts.check_settled(host, &eyes.open());
            }
            // Of two machines with one id, what one told is no news from the other.
            if host != "host-0" {
                told.into_iter().for_each(|told| told.check(*life, eyes, !self.forgetful));
            }
            let came = &self.delivered[life];
            let newest = *came.last().expect("it reported");
            let missing: Vec<u64> = (1..=newest).filter(|seq| !came.contains(seq)).collect();
            let counts = agent.session.counts();
            let told = missing.len() as u64 <= counts.samples_dropped;
            assert!(told, "{missing:?} of {newest}, {counts:?}");
            // The last ones wait for the disk, and in the agent's ring.
            let written = |seq: &&u64| {
                self.store
                    .as_ref()
                    .is_none_or(|store| store.has(*life, **seq) || **seq + 5 > newest)
            };
            let unwritten = came.iter().filter(|seq| !written(seq)).count() as u64;
            assert!(unwritten <= counts.samples_dropped, "{unwritten} on no disk, {counts:?}");
        }
    }
}

impl Connection {
    fn verdict(&mut self, now: u64) -> Verdict {
        let instant = clock(now).instant;
        let mut verdict = self.pace.take(instant);
        while verdict == Verdict::Take && now < self.flooded_until {
            verdict = self.pace.take(instant);
        }
        verdict
    }
}

impl Answer {
    fn closed(&self) -> Option<u64> {
        match self {
            Self::Close(conn, _) => Some(*conn),
            Self::Send(..) => None,
        }
    }
}

fn new_fleet(durable: bool) -> Fleet {
    let hosts = vec![(id("host-0"), Label::default())];
    Fleet::new(Settings { offline_after: OFFLINE_AFTER, durable, hosts })
}

fn id(text: &str) -> HostId {
    HostId::parse(text).expect("the world's ids are ids")
}

fn clock(now: u64) -> Now {
    let wall = WallTime::from_unix_millis(1_800_000_000_000 + now);
    let instant = Instant::default().plus(Duration::from_millis(ORIGIN_MS + now));
    Now { instant, wall }
}

fn loss(reason: Reason) -> Loss {
    Loss::of_close_code(Some(reason.code()))
}
