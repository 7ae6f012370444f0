//! The way down: how connections and attempts end, and when the next attempt is made.

use super::state::{Action, Frame, State};
use super::{Event, Loss, Reason, Session};
use crate::limits::{
    DIAL_TIMEOUT, DUPLICATE_WINDOW, GOODBYE_TIMEOUT, MOVED_RETRY, NETWORK_RETRY_MIN,
    RETRY_AFTER_MAX,
};
use crate::output::Seat;
use crate::time::Instant;

impl Session {
    pub(super) fn handle_closed(&mut self, loss: Loss) {
        let reason = match (&self.state, loss) {
            (State::New | State::Waiting { .. } | State::Stopped, _) => return,
            (State::Leaving { .. }, _) => return self.state = State::Stopped,
            (State::Up { .. }, Loss::Returned) => return self.go_over(),
            // Our hub closes the older of two connections with one id by 1008, too.
            (State::Up { talk, .. }, Loss::Refused) if talk.accepted => Reason::Closed,
            (_, Loss::Refused) => Reason::Refused(None),
            (State::Dialing { .. }, Loss::NotThere) if self.output.try_other_way() => {
                return self.dial_anew();
            }
            (State::Dialing { .. }, Loss::Busy(pause)) => {
                self.not_before = Some(self.instant().plus(pause.min(RETRY_AFTER_MAX)));
                Reason::Unreachable
            }
            (State::Dialing { .. }, _) => Reason::Unreachable,
            (_, Loss::Closed) => Reason::Closed,
            (_, Loss::Busy(_) | Loss::NotThere | Loss::Ended | Loss::Returned | Loss::Broken) => {
                Reason::Broken
            }
        };
        let cut = loss == Loss::Ended && self.output.is_replaced_by_a_cut();
        let replaced = cut || reason == Reason::Closed;
        self.lose(reason, replaced);
    }

    /// Asks the same server another way: it answered, so there is nothing to wait for.
    fn dial_anew(&mut self) {
        let moved = matches!(&self.state, State::Dialing { moved: true, .. });
        self.state = State::Dialing { give_up_at: self.instant().plus(DIAL_TIMEOUT), moved };
        self.actions.push_back(Action::Dial);
    }

    /// Goes on over a connection that is open already: nothing is lost, and nothing to wait for.
    fn go_over(&mut self) {
        self.let_go();
        self.dial();
    }

    /// What was under way on the connection is to be done again on the next.
    fn let_go(&mut self) {
        self.keep_waiting();
        self.delivery.ring_mut().handle_lost();
        self.alerts.handle_lost();
        self.output.handle_lost();
    }

    /// Gives the connection up ourselves.
    pub(super) fn hang_up(&mut self, reason: Reason) {
        self.actions.push_back(Action::HangUp(reason.clone()));
        self.lose(reason, false);
    }

    /// The connection or the attempt is gone, `replaced` by another as it seems: tells why and
    /// plans the next attempt.
    fn lose(&mut self, reason: Reason, replaced: bool) {
        let now = self.instant();
        let reason = self.blame_heartbeat(reason);
        let reported = matches!(&self.state, State::Up { talk, .. } if talk.reported);
        let moved =
            matches!(&self.state, State::Dialing { moved: true, .. }) || reason == Reason::Moved;
        if self.is_up() {
            self.down = Some((now, reason.clone()));
        }
        self.let_go();
        let refused = matches!(reason, Reason::Refused(_));
        if refused {
            self.backoff.handle_refused();
        }
        let mut retry_at = now.plus(self.backoff.next_wait());
        if moved && !refused {
            let out_of_turn = self.out_of_turn().max(now.plus(MOVED_RETRY));
            self.hurried_at = Some(out_of_turn);
            retry_at = retry_at.min(out_of_turn);
        }
        // Whatever our own reasons: a server that named a time is not asked before it.
        retry_at = self.not_before.map_or(retry_at, |at| at.max(retry_at));
        let retry_in = retry_at.since(now);
        self.state = State::Waiting { retry_at };
        if reported && replaced && self.output.seat() != Seat::Beside {
            self.handle_kick();
        }
        if refused && !std::mem::replace(&mut self.refusal_told, true) {
            let id = self.output.id().to_owned();
            self.say(Event::Refused { id, reason, retry_in });
        } else {
            self.say(Event::Down { reason, retry_in, attempts: self.attempts });
        }
    }

    /// A server that ends the connection right after our first sign of life failed on that.
    fn blame_heartbeat(&mut self, reason: Reason) -> Reason {
        let by_server = matches!(reason, Reason::Closed | Reason::Broken | Reason::Over(_));
        let blamed = by_server && self.has_failed_on_heartbeat();
        if blamed { Reason::Heartbeat } else { reason }
    }

    /// Whether the server failed on our first sign of life, and we can do without.
    pub(super) fn has_failed_on_heartbeat(&mut self) -> bool {
        matches!(&self.state, State::Up { talk, .. } if talk.has_just_beaten(self.instant()))
            && self.output.give_up_heartbeat()
    }

    /// The server ended a connection that worked: another host's may have taken its place.
    fn handle_kick(&mut self) {
        let now = self.instant();
        let before = self.kicked_at.replace(now);
        let again = before.is_some_and(|before| now.since(before) <= DUPLICATE_WINDOW);
        if again && !std::mem::replace(&mut self.duplicate_told, true) {
            let id = self.output.id().to_owned();
            self.say(Event::DuplicateId { id });
        }
    }

    pub(super) fn stop(&mut self) {
        match self.state {
            State::Up { .. } if self.output.has_goodbye() => {
                self.actions.push_back(Action::Frame(Frame::Goodbye));
                self.state = State::Leaving { until: self.instant().plus(GOODBYE_TIMEOUT) };
                return;
            }
            State::Dialing { .. } | State::Login { .. } | State::Up { .. } => {
                self.actions.push_back(Action::HangUp(Reason::Stopping));
            }
            State::Leaving { .. } => return self.leave(),
            State::New | State::Waiting { .. } | State::Stopped => {}
        }
        self.state = State::Stopped;
    }

    /// The goodbye is answered, or was waited for long enough.
    pub(super) fn leave(&mut self) {
        self.actions.push_back(Action::HangUp(Reason::Done));
        self.state = State::Stopped;
    }

    pub(super) fn handle_network_change(&mut self) {
        let now = self.instant();
        match &mut self.state {
            State::Waiting { retry_at } => {
                let planned = *retry_at;
                let out_of_turn = self.out_of_turn();
                if out_of_turn < planned {
                    self.hurried_at = Some(out_of_turn);
                    self.state = State::Waiting { retry_at: out_of_turn };
                }
                if !self.refusal_told {
                    self.backoff.reset(); // no other network makes a wrong token right
                }
                self.handle_deadlines();
            }
            State::Dialing { moved, .. } => *moved = true,
            State::Login { line, .. } | State::Up { line, .. } => {
                if line.probe(now) {
                    self.actions.push_back(Action::Ping);
                }
            }
            State::New | State::Leaving { .. } | State::Stopped => {}
        }
    }

    /// The earliest time for an attempt that does not wait for its turn.
    fn out_of_turn(&self) -> Instant {
        let hurried = self.hurried_at.map(|at| at.plus(NETWORK_RETRY_MIN));
        [hurried, self.not_before].into_iter().flatten().fold(self.instant(), Instant::max)
    }
}
