//! One agent: a real session, a link that does as it is told, and the promises both keep.

use std::collections::VecDeque;
use std::time::Duration;

use kinglet_proto::dialect::{Dialect, Protocol};
use kinglet_proto::host::Host;
use kinglet_proto::limits::{PONG_TIMEOUT, RING_BYTES_MAX};
use kinglet_proto::sample::Sample;
use kinglet_proto::secret::Secret;
use kinglet_proto::session::{Input, Output, Reason, Session};
use kinglet_proto::time::{Instant, Now, WallTime};

use crate::server::{Stored, ToServer};

/// What the agent's surroundings have to do about an output.
#[derive(Debug)]
pub(crate) enum Wish {
    Dial,
    Send(ToServer),
    HangUp,
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
    pub(crate) protocol: Protocol,
    pub(crate) link: Link,
    pub(crate) stored: Stored,
    /// Frames that wait in a link that cannot send.
    pub(crate) buffer: VecDeque<ToServer>,
    pub(crate) blocked: bool,
    /// Nothing happens on the host until then.
    pub(crate) asleep_until: u64,
    pub(crate) wall_offset: i64,
    pub(crate) cadence: u64,
    pub(crate) wake_at: Option<u64>,
    pub(crate) taken: u64,
    last_pong: u64,
    dials: VecDeque<u64>,
    sample: Sample,
}

impl Agent {
    pub(crate) fn new(id: usize, protocol: Protocol, cadence: u64, seed: u64) -> Self {
        let host = Host { id: format!("host-{id}"), boot_id: "b".into(), ..Host::default() };
        let server_id = (protocol == Protocol::Vstats).then(|| "s".to_owned());
        let dialect = Dialect::new(protocol, host, server_id, Secret::new("t"));
        let session = Session::new(dialect, Duration::from_millis(cadence), seed);
        // Long enough that a long outage overflows the ring.
        let hostname = "h".repeat(if seed.is_multiple_of(4) { 3000 } else { 200 });
        Self {
            session,
            protocol,
            link: Link::Down,
            stored: Stored::default(),
            buffer: VecDeque::new(),
            blocked: false,
            asleep_until: 0,
            wall_offset: 0,
            cadence,
            wake_at: Some(0),
            taken: 0,
            last_pong: 0,
            dials: VecDeque::new(),
            sample: Sample { hostname, ..Sample::default() },
        }
    }

    pub(crate) fn take_sample(&mut self, now: u64) -> Vec<Wish> {
        self.taken += 1;
        let mut sample = std::mem::take(&mut self.sample);
        sample.taken = Instant::from_millis(now);
        sample.uptime = Some(self.taken);
        let wishes = self.feed(Input::Sampled(&sample), now);
        self.sample = sample;
        wishes
    }

    /// Feeds one input, drains the outputs, and checks what holds at every step.
    pub(crate) fn feed(&mut self, input: Input<'_>, now: u64) -> Vec<Wish> {
        if matches!(input, Input::Opened | Input::Pong) {
            self.last_pong = now;
        }
        let wall = u64::try_from(1_700_000_000_000 + self.wall_offset).unwrap_or_default();
        let wall = WallTime::from_unix_millis(wall.saturating_add(now));
        self.session.handle_input(input, Now { instant: Instant::from_millis(now), wall });
        let mut wishes = Vec::new();
        loop {
            match self.session.poll_output() {
                Output::Dial => {
                    assert_eq!(self.link, Link::Down, "one dial in flight, no link forgotten");
                    self.note_dial(now);
                    self.link = Link::Dialing(u64::MAX);
                    wishes.push(Wish::Dial);
                }
                Output::Text(text) => {
                    assert!(!text.is_empty() && matches!(self.link, Link::Open(_)));
                    assert!(!self.blocked || text.contains("auth"), "a report into a full buffer");
                    wishes.push(Wish::Send(ToServer::Text(text.to_owned())));
                }
                Output::Ping => {
                    assert!(matches!(self.link, Link::Open(_)), "a ping without a link");
                    wishes.push(Wish::Send(ToServer::Ping));
                }
                Output::HangUp(reason) => {
                    // Only a deadline that passed before the close was heard finds no link.
                    let gone = matches!(input, Input::Closed(_));
                    assert!(gone || self.link != Link::Down, "nothing to hang up");
                    assert_ne!(reason, Reason::Stopping);
                    self.drop_link();
                    wishes.push(Wish::HangUp);
                }
                Output::Event(event) => assert!(event.to_string().len() < 300, "{event}"),
                Output::Wait(at) => {
                    self.wake_at = at.map(Instant::as_millis);
                    break;
                }
            }
            assert!(wishes.len() <= 8, "no end of outputs");
        }
        let earliest = if matches!(input, Input::Tick) { now + 1 } else { now };
        assert!(self.wake_at.is_some_and(|at| at >= earliest), "a busy loop after {input:?}");
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
