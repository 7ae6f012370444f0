//! A conversation that hands in samples, whatever its kind: what the loop and a check ask of it.

use std::time::Duration;

use super::state::{Action, Frame};
use super::{Conversation, Counts, Session, Writer};
use crate::alert::book::Known;
use crate::delivery::ring;
use crate::output::{Account, Keep, Protocol, Seat};
use crate::probe::Wanted;

/// A conversation that hands in samples, whatever its kind.
pub trait Reporter: Conversation {
    /// The interval it reports at: samples are to be taken at least this often.
    fn interval(&self) -> Duration;

    /// What it counted so far.
    fn counts(&self) -> Counts;

    /// Whether samples are to have their detail.
    fn wants_detail(&self) -> bool;

    /// The alerts that the server holds to be open, once after each of its greetings.
    fn take_alerts(&mut self) -> &[Known] {
        &[]
    }

    /// It goes on for one that its server heard already: that the agent was started is no news.
    fn resume(&mut self) {}

    /// What another connection of this host takes from the one that is there; `None` for nothing.
    fn seat(&self) -> Option<Seat>;

    /// How long an outage may be of which the server misses nothing, by the last report's size;
    /// `None` in protocols that hand in nothing later.
    fn reach(&self) -> Option<Duration>;

    /// What the server wants probed, since this was asked last.
    fn poll_wanted(&mut self) -> Option<Wanted> {
        None
    }

    /// A task of the server's is done: whole milliseconds, `None` where there was no answer.
    fn handle_probed(&mut self, _task: u64, _millis: Option<u32>) {}
}

/// A conversation with a server of this protocol, of the kind that it is spoken in.
pub fn start(
    protocol: &Protocol,
    account: Account,
    interval: Duration,
    seed: u64,
) -> Box<dyn Reporter> {
    if cfg!(feature = "influxdb") && protocol.is_request_and_response() {
        return Box::new(Writer::new(protocol, account, interval, seed));
    }
    Box::new(Session::new(protocol, account, interval, seed))
}

impl Reporter for Session {
    fn interval(&self) -> Duration {
        Self::interval(self)
    }

    fn counts(&self) -> Counts {
        Self::counts(self)
    }

    fn wants_detail(&self) -> bool {
        self.output.wants_detail()
    }

    fn take_alerts(&mut self) -> &[Known] {
        Self::take_alerts(self)
    }

    fn resume(&mut self) {
        self.alerts.resume();
    }

    fn seat(&self) -> Option<Seat> {
        Some(self.output.seat())
    }

    fn reach(&self) -> Option<Duration> {
        let keeps = self.output.keeps() != Keep::Nothing;
        keeps.then(|| ring::reach(self.payload.len(), self.interval()))
    }

    fn poll_wanted(&mut self) -> Option<Wanted> {
        self.output.poll_wanted()
    }

    fn handle_probed(&mut self, task: u64, millis: Option<u32>) {
        self.output.handle_probed(task, millis);
        if self.is_up() && self.output.has_message() {
            self.actions.push_back(Action::Frame(Frame::Message));
        }
    }
}
