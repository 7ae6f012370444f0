//! The agent's half of a conversation with one server: when to dial, report, ping and give up.
//!
//! ```text
//! New -Tick-> Dialing -Opened-> Login -accepted-> Up
//!               ^ |               |               |
//!        retry  | +---- lost -----+---- lost -----+      Stop, from anywhere -> Stopped
//!               Waiting <---------+
//! ```
//!
//! Feed one input, then drain [`Session::poll_output`] until it says [`Output::Wait`], and feed
//! [`Input::Tick`] at that time at the latest. A deadline that has passed wins over the input that
//! comes with it, so a chatty server can neither starve a report nor hide a missing Pong. An input
//! that is late or early for the state is a no-op.

mod event;
mod state;

use std::collections::VecDeque;
use std::time::Duration;

pub use event::{Event, Level, Reason};
use state::{Line, State, Talk};

use crate::backoff::Backoff;
use crate::dialect::Dialect;
use crate::limits::RING_BYTES_MAX;
use crate::ring::Ring;
use crate::sample::Sample;
use crate::time::{Instant, Now};

/// What happens to a session.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The connection is open and upgraded.
    Opened,
    /// A text frame came.
    Text(&'a str),
    /// A Pong came.
    Pong,
    /// The connection is lost, or the attempt failed.
    Closed(Loss),
    /// A sample was taken: at the cadence of the server that wants them most often.
    Sampled(&'a Sample),
    /// The link holds bytes that did not leave yet.
    Blocked,
    /// The link's bytes have all left.
    Drained,
    /// The host's addresses or routes changed.
    NetworkChanged,
    /// Say goodbye.
    Stop,
    /// The time asked for has come, or any other time.
    Tick,
}

/// How a connection was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// HTTP 401 or 403, or close code 1008: the credentials are refused.
    Refused,
    /// The server closed an open connection in good order without leaving itself: what it does to
    /// the older of two connections with one id.
    Closed,
    /// Anything else.
    Broken,
}

/// What a session wants done.
#[derive(Debug, PartialEq, Eq)]
pub enum Output<'a> {
    /// Begin an attempt; what is left of the previous connection is dropped.
    Dial,
    /// Send this text frame.
    Text(&'a str),
    /// Send a Ping.
    Ping,
    /// Close the connection or end the attempt; a `Closed` about it is not needed.
    HangUp(Reason),
    /// Tell the owner.
    Event(Event),
    /// Nothing more now; come back then. `None`: only another input changes anything.
    Wait(Option<Instant>),
}

/// What a session counts, for the agent's account of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Connections made after the first.
    pub reconnects: u64,
    /// Samples that found no room, or no connection in a protocol that keeps none.
    pub samples_dropped: u64,
    /// Bytes of samples that wait.
    pub ring_bytes: u64,
}

/// The agent's half of one conversation.
#[derive(Debug)]
pub struct Session {
    dialect: Dialect,
    interval: Duration,
    state: State,
    backoff: Backoff,
    ring: Ring,
    outputs: VecDeque<Action>,
    now: Now,
    /// Where the live report is encoded.
    live: String,
    /// Where everything else is encoded, while outputs are drained.
    frame: String,
    seq: u64,
    due_at: Option<Instant>,
    counts: Counts,
}

/// An output before it is encoded.
#[derive(Debug)]
enum Action {
    Dial,
    Live,
}

impl Loss {
    /// What the server's close code means; `None` is a connection that ended without one.
    pub const fn of_close_code(code: Option<u16>) -> Self {
        match code {
            Some(1008) => Self::Refused,
            // 1001 and 1012: it goes away itself. 1006 and `None`: nobody said goodbye.
            Some(1000 | 1005 | 3000..=4999) => Self::Closed,
            Some(_) | None => Self::Broken,
        }
    }
}

impl Session {
    /// A session before its first tick. The interval is cut to what the protocol's servers bear;
    /// the seed decides the jitter.
    pub fn new(dialect: Dialect, interval: Duration, seed: u64) -> Self {
        let interval = interval.min(dialect.protocol().interval_max());
        Self {
            dialect,
            interval,
            state: State::New,
            backoff: Backoff::new(seed),
            ring: Ring::new(RING_BYTES_MAX),
            outputs: VecDeque::new(),
            now: Now::default(),
            live: String::new(),
            frame: String::new(),
            seq: 0,
            due_at: None,
            counts: Counts::default(),
        }
    }

    /// The interval it reports at: samples are to be taken at least this often.
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// What it counted so far.
    pub fn counts(&self) -> Counts {
        Counts { ring_bytes: self.ring.bytes() as u64, ..self.counts }
    }

    /// Takes one input.
    pub fn handle_input(&mut self, input: Input<'_>, now: Now) {
        self.now = now;
        if let (State::New, Input::Tick) = (&self.state, input) {
            self.outputs.push_back(Action::Dial);
        }
    }

    /// The next thing to do; drain until [`Output::Wait`].
    pub fn poll_output(&mut self) -> Output<'_> {
        match self.outputs.pop_front() {
            Some(Action::Dial) => Output::Dial,
            Some(Action::Live) => Output::Text(&self.live),
            None => Output::Wait(None),
        }
    }
}
