//! One agent: a real session, a link that does as it is told, and the promises both keep.

use std::collections::VecDeque;
use std::time::Duration;

use kinglet_proto::host::{Host, HostId};
use kinglet_proto::limits::NEWS_AT_ONCE;
use kinglet_proto::limits::{PONG_TIMEOUT, RING_BYTES_MAX};
use kinglet_proto::output::{Account, Auth, Protocol, Setting, Settings};
use kinglet_proto::percent::Percent;
use kinglet_proto::sample::Sample;
use kinglet_proto::secret::Secret;
use kinglet_proto::session::{Command, Conversation, Input, Reason, Session};
use kinglet_proto::time::{Instant, Now, WallTime};

use crate::alerts::Eyes;

/// Who dials, as its credentials tell a server.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    /// The id of the host, which two machines may claim.
    pub(crate) host: String,
    /// One life of an agent: it counts from one in each.
    pub(crate) life: u64,
    /// Which boot of which machine it lives in.
    pub(crate) boot: u64,
    /// Its name in the table.
    pub(crate) protocol: &'static str,
    /// It logs in by its first message.
    pub(crate) logs_in: bool,
}

/// What travels from an agent.
#[derive(Debug, Clone)]
pub(crate) enum ToServer {
    Text(String),
    Ping,
}

/// What travels to an agent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ToAgent {
    Text(String),
    Pong,
}

/// What the agent's surroundings have to do about an output.
#[derive(Debug)]
pub(crate) enum Wish {
    Dial,
    Send(ToServer),
    /// Of what was there before.
    HangUp(Link),
}

/// The agent's link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Link {
    Down,
    Dialing(u64),
    Open(u64),
}

/// A host with its agent.
pub(crate) struct Agent {
    pub(crate) session: Session,
    pub(crate) who: Who,
    pub(crate) link: Link,
    /// Frames that wait in a link that cannot send.
    pub(crate) buffer: VecDeque<ToServer>,
    pub(crate) blocked: bool,
    /// Nothing happens on the host until then.
    pub(crate) asleep_until: u64,
    pub(crate) wall_offset: i64,
    pub(crate) cadence: u64,
    pub(crate) wake_at: Option<u64>,
    /// Samples taken in this life.
    pub(crate) taken: u64,
    /// Told to stop, or not begun.
    pub(crate) stopped: bool,
    /// Its host's clock began then.
    pub(crate) booted_at: u64,
    /// The server asked not to be asked before this.
    pub(crate) not_before: u64,
    last_pong: u64,
    dials: VecDeque<u64>,
    sample: Sample,
    /// What it sees of its host's troubles.
    pub(crate) eyes: Option<Eyes>,
}

/// What its owner chose: beats of a second, of ten, or none.
fn settings(protocol: &str, seed: u64) -> Settings {
    let mut settings = Settings::new();
    if protocol == "stomp" {
        let beats = ["0,0", "1000,1000", "10000,10000"][(seed % 3) as usize];
        settings.add("heartbeat", Setting::Text(beats.to_owned()));
    }
    settings
}

/// A sample with the counters that some protocols wait for.
fn counted(hostname: String) -> Sample {
    let mut sample = Sample { hostname, ..Sample::default() };
    sample.cpu.usage = Some(Percent::of(1, 8));
    (sample.network.total_rx, sample.network.total_tx) = (Some(7), Some(8));
    sample
}

/// Samples of two lives differ by this in their `uptime`, which says which sample it is.
pub(crate) const LIFE: u64 = 1_000_000;

impl Agent {
    pub(crate) fn new(who: Who, cadence: u64, seed: u64, booted_at: u64) -> Self {
        let Who { host: id, life: _, boot, protocol, logs_in } = who.clone();
        let server_id = logs_in.then(|| id.clone());
        let id = HostId::parse(&id).expect("the world's ids are ids");
        let host = Host { id, boot_id: format!("boot-{boot}"), ..Host::default() };
        let (token, auth) = (Secret::new("t"), Auth::Header);
        let settings = settings(protocol, seed);
        let account = Account { server_id, settings, ..Account::new(host, token, auth) };
        let protocol = Protocol::named(protocol).expect("it is in the table");
        let session = Session::new(protocol, account, Duration::from_millis(cadence), seed);
        let cadence = u64::try_from(session.interval().as_millis()).expect("an interval");
        // Long enough that a long outage overflows the ring.
        let hostname = "h".repeat(if seed.is_multiple_of(4) { 3000 } else { 200 });
        Self {
            session,
            who,
            link: Link::Down,
            buffer: VecDeque::new(),
            blocked: false,
            asleep_until: 0,
            wall_offset: 0,
            cadence,
            wake_at: Some(booted_at),
            taken: 0,
            stopped: false,
            booted_at,
            not_before: 0,
            last_pong: 0,
            dials: VecDeque::new(),
            eyes: Some(Eyes::new()),
            sample: counted(hostname),
        }
    }

    pub(crate) fn take_sample(&mut self, now: u64) -> Vec<Wish> {
        self.taken += 1;
        let mut sample = std::mem::take(&mut self.sample);
        sample.taken = Instant::from_millis(now - self.booted_at);
        sample.uptime = Some(self.newest());
        let mut wishes = self.look(now);
        wishes.extend(self.feed(Input::Sampled(&sample), now));
        self.sample = sample;
        wishes
    }

    /// Looks at the host's troubles, before the sample is reported.
    fn look(&mut self, now: u64) -> Vec<Wish> {
        let Some(mut eyes) = self.eyes.take() else { return Vec::new() };
        let clock = self.clock(now);
        let watch = eyes.look(&mut self.session, &self.who.host, now, clock);
        let wishes = self.feed(Input::Watched(watch), now);
        self.eyes = Some(eyes);
        wishes
    }

    fn clock(&self, now: u64) -> Now {
        let wall = u64::try_from(1_700_000_000_000 + self.wall_offset).unwrap_or_default();
        let wall = WallTime::from_unix_millis(wall.saturating_add(now));
        Now { instant: Instant::from_millis(now - self.booted_at), wall }
    }

    /// Which sample the last one is.
    pub(crate) fn newest(&self) -> u64 {
        self.who.life * LIFE + self.taken
    }

    /// Whether every sample ever taken fits the ring.
    pub(crate) fn fits_ring(&self) -> bool {
        let cost = self.sample.hostname.len() as u64 + 400;
        self.taken * cost < RING_BYTES_MAX as u64
    }

    /// Feeds one input, drains the outputs, and checks what holds at every step.
    pub(crate) fn feed(&mut self, input: Input<'_>, now: u64) -> Vec<Wish> {
        if matches!(input, Input::Opened | Input::Pong) {
            self.last_pong = now;
        }
        let clock = self.clock(now);
        self.session.handle_input(input, clock);
        // Only a deadline that passed before the close was heard finds no link.
        let gone = matches!(input, Input::Closed(_));
        let mut wishes = Vec::new();
        loop {
            match self.session.poll_command() {
                Command::Dial(_) => {
                    assert_eq!(self.link, Link::Down, "one dial in flight, no link forgotten");
                    assert!(now >= self.not_before, "a server with no time is asked");
                    self.note_dial(now);
                    self.link = Link::Dialing(u64::MAX);
                    wishes.push(Wish::Dial);
                }
                Command::Text(text) => {
                    assert!(!text.is_empty() && (gone || matches!(self.link, Link::Open(_))));
                    let is_short = text.contains("auth") || text.starts_with("DISCONNECT");
                    assert!(!self.blocked || is_short, "a report into a full buffer");
                    wishes.push(Wish::Send(ToServer::Text(text.to_owned())));
                }
                Command::Ping => {
                    assert!(gone || matches!(self.link, Link::Open(_)), "a ping without a link");
                    wishes.push(Wish::Send(ToServer::Ping));
                }
                Command::HangUp(reason) => {
                    assert!(gone || self.link != Link::Down, "nothing to hang up");
                    assert_eq!(reason == Reason::Stopping, matches!(input, Input::Stop));
                    wishes.push(Wish::HangUp(self.link));
                    self.drop_link();
                }
                Command::Ask(request) => panic!("a session asks for {request:?}"),
                // Nobody here answers one.
                Command::Errand(errand) => assert!(errand.request.body.is_some()),
                Command::Event(event) => assert!(event.to_string().len() < 300, "{event}"),
                Command::Wait(at) => {
                    self.wake_at = at.map(|at| at.as_millis() + self.booted_at);
                    break;
                }
            }
            assert!(wishes.len() <= 8 + NEWS_AT_ONCE, "no end of outputs");
        }
        self.stopped |= matches!(input, Input::Stop);
        let earliest = if matches!(input, Input::Tick) { now + 1 } else { now };
        let idle = self.wake_at.map_or(self.stopped, |at| at >= earliest);
        assert!(idle, "a busy loop after {input:?}");
        self.check(now);
        wishes
    }

    pub(crate) fn drop_link(&mut self) {
        self.link = Link::Down;
        self.buffer.clear();
        self.blocked = false;
    }

    fn check(&self, now: u64) {
        assert!(self.session.counts().ring_bytes <= RING_BYTES_MAX as u64, "the ring is bounded");
        assert!(self.buffer.len() <= 8, "the link's buffer is bounded");
        if let Link::Open(_) = self.link {
            let silent = Duration::from_millis(now - self.last_pong);
            assert!(silent < PONG_TIMEOUT, "deaf for {silent:?} and still there");
        }
    }

    /// No more than one attempt each 2.7 s, with one out of turn here and there.
    fn note_dial(&mut self, now: u64) {
        self.dials.push_back(now);
        while self.dials.front().is_some_and(|first| *first + 60_000 < now) {
            self.dials.pop_front();
        }
        assert!(self.dials.len() <= 22, "{} attempts in a minute", self.dials.len());
    }
}
