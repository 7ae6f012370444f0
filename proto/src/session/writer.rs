//! The agent's half of a conversation by request and response: samples wait, the oldest go in one
//! request, and stay until its answer says what became of them.
//!
//! ```text
//! New --Tick--> Idle --sampled--> Asking --stored--> Idle, or Asking for those that came meanwhile
//!                                  ^  |
//!                            retry |  | lost, refused, not now      Stop: the answer is waited for
//!                                Waiting
//! ```
//!
//! One request is under way at a time. A connection is kept between two; one that the server ended
//! meanwhile is no fault, and the request goes again at once. What was sent and never answered is
//! sent again: a point with the same tags and time is the same point. A server that is away is
//! asked every ten seconds at the latest, since each of them may be the one that it is back in, and
//! then what waits is in with the second request or third.

mod outcome;

use std::collections::VecDeque;
use std::time::Duration;

use super::{Command, Conversation, Counts, Event, Input, Loss, Reason, Reporter};
use crate::backoff::Backoff;
use crate::delivery::{Delivery, ring};
use crate::limits::{
    CLOSE_TIMEOUT, DIAL_TIMEOUT, NETWORK_RETRY_MIN, PROBE_SLOW_TIMEOUT, WRITE_BYTES_MAX,
};
use crate::output::{Account, Output, Protocol, Request, Seat};
use crate::sample::Sample;
use crate::time::{Instant, Now};

/// The agent's half of one conversation.
pub struct Writer {
    output: Box<dyn Output>,
    delivery: Delivery,
    state: State,
    now: Now,
    actions: VecDeque<Action>,
    backoff: Backoff,
    /// Bytes of samples in one request, above the first.
    batch: usize,
    /// The number of the request under way, or of the last one, and how many samples it carries.
    request: u64,
    carried: u64,
    body_bytes: usize,
    /// The connection of the last answer stands, as far as we know.
    is_kept: bool,
    /// Answers in a row that were not about samples.
    steps: u32,
    /// The last attempt out of turn, for a change of the network.
    hurried_at: Option<Instant>,
    /// Since when nothing is stored, and why; `None` while it is and before it first was.
    down: Option<(Instant, Reason)>,
    /// Attempts since then, the current one included.
    attempts: u32,
    /// Times that samples began to be stored.
    comebacks: u64,
    is_up: bool,
    /// The owner was told that the credentials are refused.
    refusal_told: bool,
    /// The words with which samples were rejected, of which the owner was told.
    rejection_told: String,
    /// Where a sample is encoded.
    kept: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing waits.
    Idle,
    /// A request is under way.
    Asking {
        give_up_at: Instant,
    },
    /// The last one failed: by an answer, or for want of one.
    Waiting {
        retry_at: Instant,
        is_answered: bool,
    },
    /// The last answer is waited for.
    Stopping {
        until: Instant,
    },
    Stopped,
}

enum Action {
    Ask(Request),
    HangUp(Reason),
    Event(Event),
}

/// A token stands in the requests.
impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Writer");
        debug.field("id", &self.output.id()).field("state", &self.state);
        debug.field("counts", &self.counts()).finish_non_exhaustive()
    }
}

impl Conversation for Writer {
    fn handle_input(&mut self, input: Input<'_>, now: Now) {
        self.now = now;
        let ended = self.handle_deadlines();
        match input {
            Input::Stop => self.stop(),
            Input::Sampled(sample) => self.handle_sample(sample),
            Input::NetworkChanged => self.handle_network_change(),
            // These are about a request that a deadline has just ended.
            Input::Answered(_) | Input::Closed(_) if ended => {}
            Input::Answered(answer) => self.handle_answered(&answer),
            Input::Closed(loss) => self.handle_closed(loss),
            Input::Tick
            | Input::Opened
            | Input::Text(_)
            | Input::Pong
            | Input::Blocked
            | Input::Drained
            | Input::ErrandDone(_)
            | Input::Watched(_)
            | Input::Happened(_) => {}
        }
    }

    fn poll_command(&mut self) -> Command<'_> {
        match self.actions.pop_front() {
            Some(Action::Ask(request)) => Command::Ask(request),
            Some(Action::HangUp(reason)) => Command::HangUp(reason),
            Some(Action::Event(event)) => Command::Event(event),
            None => Command::Wait(self.next_deadline()),
        }
    }
}

impl Reporter for Writer {
    fn interval(&self) -> Duration {
        self.delivery.interval()
    }

    fn counts(&self) -> Counts {
        Counts {
            reconnects: self.comebacks.saturating_sub(1),
            samples_dropped: self.delivery.dropped(),
            ring_bytes: self.delivery.ring().bytes() as u64,
        }
    }

    fn wants_detail(&self) -> bool {
        self.output.wants_detail()
    }

    /// Whoever writes takes nobody's place.
    fn seat(&self) -> Option<Seat> {
        None
    }

    fn reach(&self) -> Option<Duration> {
        Some(ring::reach(self.kept.len(), self.interval()))
    }
}

impl Writer {
    /// A conversation before its first sample; the seed decides the jitter.
    pub fn new(protocol: &Protocol, account: Account, interval: Duration, seed: u64) -> Self {
        Self {
            output: (protocol.new)(account),
            delivery: Delivery::new(interval.min(protocol.interval_max)),
            state: State::Idle,
            now: Now::default(),
            actions: VecDeque::new(),
            backoff: Backoff::new(seed),
            batch: WRITE_BYTES_MAX,
            request: 0,
            carried: 0,
            body_bytes: 0,
            is_kept: false,
            steps: 0,
            hurried_at: None,
            down: None,
            attempts: 0,
            comebacks: 0,
            is_up: false,
            refusal_told: false,
            rejection_told: String::new(),
            kept: String::new(),
        }
    }

    const fn instant(&self) -> Instant {
        self.now.instant
    }

    fn say(&mut self, event: Event) {
        self.actions.push_back(Action::Event(event));
    }

    fn handle_sample(&mut self, sample: &Sample) {
        if matches!(self.state, State::Stopping { .. } | State::Stopped)
            || !self.output.takes(sample)
        {
            return;
        }
        let Some(stamp) = self.delivery.take_due(self.now) else { return };
        self.output.encode_kept(sample, &mut self.kept);
        self.delivery.keep(stamp, sample.taken, &self.kept);
        if self.state == State::Idle {
            self.attempts = self.attempts.saturating_add(1);
            self.ask();
        }
    }

    /// Sends what is to be sent next, if anything waits.
    fn ask(&mut self) {
        self.state = State::Idle;
        if self.delivery.ring().is_empty() {
            return;
        }
        let request = self.output.prepare().unwrap_or_else(|| self.write());
        self.state = State::Asking { give_up_at: self.instant().plus(DIAL_TIMEOUT) };
        self.actions.push_back(Action::Ask(request));
    }

    /// A request with the oldest samples.
    fn write(&mut self) -> Request {
        let mut body = String::new();
        let ring = self.delivery.ring();
        let count = self.output.encode_batch(ring, self.now, self.batch, &mut body);
        self.request += 1;
        self.carried = count as u64;
        self.body_bytes = body.len();
        self.delivery.ring_mut().handle_oldest_sent(count, self.request);
        Request { body: Some(body), ..self.output.request() }
    }

    fn handle_closed(&mut self, _: Loss) {
        let was_kept = std::mem::take(&mut self.is_kept);
        match self.state {
            // The server ended a connection that was kept before it could hear of the request.
            State::Asking { .. } if was_kept => {
                self.output.handle_lost();
                self.release();
                self.ask();
            }
            State::Asking { .. } => self.fail(Reason::Unreachable, None),
            State::Stopping { .. } => self.end(),
            State::Idle | State::Waiting { .. } | State::Stopped => {}
        }
    }

    fn handle_network_change(&mut self) {
        let now = self.instant();
        match self.state {
            // It may lead nowhere by now, and nothing tells but a request that is not answered.
            State::Idle => {
                if std::mem::take(&mut self.is_kept) {
                    self.actions.push_back(Action::HangUp(Reason::Moved));
                }
            }
            State::Asking { give_up_at } => {
                let give_up_at = give_up_at.min(now.plus(PROBE_SLOW_TIMEOUT));
                self.state = State::Asking { give_up_at };
            }
            State::Waiting { is_answered: true, .. } => {} // the network is no matter
            State::Waiting { retry_at, is_answered } => {
                let out_of_turn = self.hurried_at.map_or(now, |at| at.plus(NETWORK_RETRY_MIN));
                let retry_at = retry_at.min(out_of_turn.max(now));
                self.hurried_at = Some(retry_at);
                self.state = State::Waiting { retry_at, is_answered };
                self.handle_deadlines();
            }
            State::Stopping { .. } | State::Stopped => {}
        }
    }

    fn stop(&mut self) {
        match self.state {
            State::Asking { .. } => {
                self.state = State::Stopping { until: self.instant().plus(CLOSE_TIMEOUT) };
            }
            State::Idle | State::Waiting { .. } => self.end(),
            State::Stopping { .. } | State::Stopped => {}
        }
    }

    fn end(&mut self) {
        self.state = State::Stopped;
        self.actions.push_back(Action::HangUp(Reason::Stopping));
    }

    /// Lets happen what is due; whether a request began or ended by it.
    fn handle_deadlines(&mut self) -> bool {
        let now = self.instant();
        match self.state {
            State::Asking { give_up_at } if give_up_at <= now => {
                self.is_kept = false;
                self.actions.push_back(Action::HangUp(Reason::DialTimeout));
                self.fail(Reason::DialTimeout, None);
                true
            }
            State::Waiting { retry_at, .. } if retry_at <= now => {
                self.attempts = self.attempts.saturating_add(1);
                self.ask();
                true
            }
            State::Stopping { until } if until <= now => {
                self.end();
                true
            }
            State::Idle
            | State::Asking { .. }
            | State::Waiting { .. }
            | State::Stopping { .. }
            | State::Stopped => false,
        }
    }

    /// When [`Writer::handle_deadlines`] has something to do; far off while nothing waits.
    fn next_deadline(&self) -> Option<Instant> {
        match self.state {
            State::Idle => Some(self.instant().plus(DIAL_TIMEOUT)),
            State::Asking { give_up_at } => Some(give_up_at),
            State::Waiting { retry_at, .. } => Some(retry_at),
            State::Stopping { until } => Some(until),
            State::Stopped => None,
        }
    }
}

#[cfg(test)]
mod tests;
