//! The agent's half of a conversation with one server: when to dial, report, ping and give up.
//!
//! ```text
//! New --Tick--> Dialing --Opened--> Login --accepted--> Up
//!                  ^ |                |                 |
//!            retry | +----- lost -----+------ lost -----+     Stop, from anywhere: Stopped
//!                 Waiting <-----------+
//! ```
//!
//! Feed one input, then drain [`Session::poll_output`] until it says [`Output::Wait`], and feed
//! [`Input::Tick`] at that time at the latest. A deadline that has passed wins over the input that
//! comes with it, so a chatty server can neither starve a report nor hide a missing Pong. An input
//! that is late or early for the state is a no-op.
//!
//! This file holds the way up; `loss.rs` the way down, `deadline.rs` what time alone brings about,
//! `report.rs` what happens to samples, `state.rs` the states, `port.rs` what goes in and out,
//! `event.rs` what the owner is told.

mod deadline;
mod event;
mod loss;
mod port;
mod report;
mod state;

use std::collections::VecDeque;
use std::time::Duration;

pub use event::{Event, Level, Reason};
pub use port::{Counts, Input, Loss, Output};
use state::{Action, Line, State, Talk};

use crate::backoff::Backoff;
use crate::delivery::ring::Ring;
use crate::limits::{AUTH_TIMEOUT, DIAL_TIMEOUT, RATE_LIMIT_MAX, RING_BYTES_MAX};
use crate::output::{Dialect, Heard, Keep, Restored};
use crate::time::{Instant, Now};

/// The agent's half of one conversation.
pub struct Session {
    dialect: Dialect,
    interval: Duration,
    state: State,
    now: Now,
    outputs: VecDeque<Action>,
    backoff: Backoff,
    /// The last attempt out of turn, for a change of the network.
    hurried_at: Option<Instant>,
    /// Since when reports do not flow, and why; `None` while they do and before they first did.
    down: Option<(Instant, Reason)>,
    /// Attempts since then, the current one included.
    attempts: u32,
    /// The owner was told that the credentials are refused.
    refusal_told: bool,
    /// When the server last closed a connection that reports flowed on.
    kicked_at: Option<Instant>,
    /// The owner was told that the id is used twice.
    duplicate_told: bool,
    /// Samples that wait for the server.
    ring: Ring,
    /// The last sample's number.
    seq: u64,
    /// When the next report is due; `None` before the first.
    due_at: Option<Instant>,
    /// Where the live report is encoded, and where in it the sample lies.
    live: String,
    payload: std::ops::Range<usize>,
    /// Where everything else is encoded, while outputs are drained.
    frame: String,
    connections: u64,
    dropped: u64,
}

/// Without the buffers: a login stands in one of them.
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Session");
        debug.field("protocol", &self.dialect.protocol()).field("state", &self.state);
        debug.field("seq", &self.seq).field("counts", &self.counts()).finish_non_exhaustive()
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
            now: Now::default(),
            outputs: VecDeque::new(),
            backoff: Backoff::new(seed),
            hurried_at: None,
            down: None,
            attempts: 0,
            refusal_told: false,
            kicked_at: None,
            duplicate_told: false,
            ring: Ring::new(RING_BYTES_MAX),
            seq: 0,
            due_at: None,
            live: String::new(),
            payload: 0..0,
            frame: String::new(),
            connections: 0,
            dropped: 0,
        }
    }

    /// The interval it reports at: samples are to be taken at least this often.
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// What it counted so far.
    pub const fn counts(&self) -> Counts {
        Counts {
            reconnects: self.connections.saturating_sub(1),
            samples_dropped: self.dropped,
            ring_bytes: self.ring.bytes() as u64,
        }
    }

    /// Whether reports flow.
    pub const fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    /// Takes one input.
    pub fn handle_input(&mut self, input: Input<'_>, now: Now) {
        self.now = now;
        if matches!(input, Input::Blocked) {
            self.handle_blocked(); // first: nothing that can wait goes into a full buffer
        }
        let moved = self.handle_deadlines();
        match input {
            Input::Stop => self.stop(),
            Input::Sampled(sample) => self.handle_sample(sample),
            Input::NetworkChanged => self.handle_network_change(),
            Input::Tick => {
                if matches!(self.state, State::New) {
                    self.dial();
                }
            }
            // These are about a connection that a deadline has just ended.
            Input::Opened | Input::Text(_) | Input::Pong | Input::Closed(_) | Input::Drained
                if moved => {}
            Input::Opened => self.handle_opened(),
            Input::Text(text) => self.handle_text(text),
            Input::Pong => self.handle_pong(),
            Input::Closed(loss) => self.handle_closed(loss),
            Input::Blocked => {}
            Input::Drained => self.handle_drained(),
        }
    }

    /// The next thing to do; drain until [`Output::Wait`].
    pub fn poll_output(&mut self) -> Output<'_> {
        while let Some(action) = self.outputs.pop_front() {
            match action {
                Action::Dial => return Output::Dial,
                Action::Ping => return Output::Ping,
                Action::HangUp(reason) => return Output::HangUp(reason),
                Action::Event(event) => return Output::Event(event),
                Action::Live => return Output::Text(&self.live),
                Action::Login => self.dialect.encode_login(&mut self.frame),
                Action::Heartbeat => self.dialect.encode_heartbeat(self.now, &mut self.frame),
                Action::Restored { reason, down_for, attempts } => {
                    let restored = Restored::new(reason.to_string(), down_for, attempts);
                    self.dialect.encode_restored(&restored, self.now, &mut self.frame);
                }
                Action::Oldest => self.encode_oldest(),
                Action::Aggregates => {
                    let last = self.live.get(self.payload.clone()).unwrap_or("{}");
                    self.dialect.encode_aggregates(last, &mut self.frame);
                }
            }
            if !self.frame.is_empty() {
                self.handle_frame_sent();
                return Output::Text(&self.frame);
            }
        }
        Output::Wait(self.next_deadline())
    }

    fn dial(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
        self.state = State::Dialing { give_up_at: self.instant().plus(DIAL_TIMEOUT), moved: false };
        self.outputs.push_back(Action::Dial);
    }

    fn handle_opened(&mut self) {
        if !matches!(self.state, State::Dialing { .. }) {
            return;
        }
        self.dialect.handle_opened();
        let line = Line::new(self.instant());
        if self.dialect.login_interval().is_some() {
            let answer_by = self.instant().plus(AUTH_TIMEOUT);
            self.state = State::Login { answer_by, line };
            self.outputs.push_back(Action::Login);
        } else {
            self.go_up(line);
        }
    }

    fn go_up(&mut self, line: Line) {
        let now = self.instant();
        let mut talk = Talk::new(now);
        talk.heartbeat_at = self.dialect.heartbeat_interval().map(|interval| now.plus(interval));
        talk.login_at = self.dialect.login_interval().map(|interval| now.plus(interval));
        talk.accepted = talk.login_at.is_some();
        talk.backfill_at = (!self.ring.is_empty()).then_some(now);
        self.state = State::Up { line, talk };
        self.connections += 1;
        self.due_at = None; // the server waits for a first report, not for our rhythm
        let attempts = std::mem::take(&mut self.attempts);
        let down = self.down.take().map(|(since, reason)| (now.since(since), reason));
        self.say(Event::Up { down_for: down.as_ref().map(|down| down.0), attempts });
        if let Some((down_for, reason)) = down {
            self.outputs.push_back(Action::Restored { reason, down_for, attempts });
        }
    }

    fn handle_text(&mut self, text: &str) {
        if !matches!(self.state, State::Login { .. } | State::Up { .. }) {
            return;
        }
        self.handle_traffic();
        match self.dialect.hear(text) {
            Heard::Nothing => {}
            Heard::LoggedIn => self.handle_logged_in(),
            Heard::Refused(words) => {
                let words = (!words.is_empty()).then_some(words);
                self.hang_up(Reason::Refused(words));
            }
            Heard::Ack(seq) => self.handle_ack(seq),
            Heard::BatchAck { frame, rejected } => self.handle_batch_ack(frame, rejected),
            Heard::RateLimit(pause) => self.handle_rate_limit(pause),
            Heard::Command(command) => self.repeat(Event::CommandRefused { command }),
            Heard::Fault(message) => self.repeat(Event::ServerError { message }),
        }
    }

    fn handle_ack(&mut self, seq: u64) {
        self.ring.handle_ack(seq);
        if let State::Up { talk, .. } = &mut self.state {
            talk.accepted = true;
        }
    }

    /// Says what the server makes us say, unless it does so too often.
    fn repeat(&mut self, event: Event) {
        if let State::Up { talk, .. } = &mut self.state
            && talk.take_saying(&event)
        {
            self.say(event);
        }
    }

    fn handle_logged_in(&mut self) {
        // In any other state it is the repeated login, or an answer nobody asked for.
        if matches!(self.state, State::Login { .. })
            && let State::Login { line, .. } = std::mem::replace(&mut self.state, State::New)
        {
            self.go_up(line);
        }
    }

    fn handle_rate_limit(&mut self, pause: Duration) {
        let until = self.instant().plus(pause.min(RATE_LIMIT_MAX));
        if let State::Up { talk, .. } = &mut self.state {
            let told = talk.muted_until.replace(until).is_some();
            if self.dialect.keeps() == Keep::UntilAcked {
                // Something we sent was not taken, and the server does not say what.
                self.ring.handle_lost();
                talk.backfill_at = (!self.ring.is_empty()).then_some(until);
            }
            if !told {
                self.say(Event::RateLimited { pause: pause.min(RATE_LIMIT_MAX) });
            }
        }
    }

    fn handle_pong(&mut self) {
        let now = self.instant();
        match &mut self.state {
            State::Login { line, .. } => line.handle_pong(now),
            State::Up { line, talk } => {
                line.handle_pong(now);
                talk.proven = true;
                self.handle_proven();
            }
            State::New | State::Waiting { .. } | State::Dialing { .. } | State::Stopped => {}
        }
    }

    /// The connection is a good one: what went wrong before it is over.
    fn handle_proven(&mut self) {
        self.backoff.reset();
        self.refusal_told = false;
        self.duplicate_told = false;
    }

    fn stop(&mut self) {
        if matches!(self.state, State::Dialing { .. } | State::Login { .. } | State::Up { .. }) {
            self.outputs.push_back(Action::HangUp(Reason::Stopping));
        }
        self.state = State::Stopped;
    }

    fn say(&mut self, event: Event) {
        self.outputs.push_back(Action::Event(event));
    }

    const fn instant(&self) -> Instant {
        self.now.instant
    }
}

#[cfg(test)]
mod tests;
