//! What time alone brings about, and when the next such thing is due.

use super::state::{Action, Frame, State, Talk};
use super::{Reason, Session};
use crate::limits::{EARLY_MAX, PROVEN_AFTER};
use crate::time::Instant;

impl Session {
    /// Lets happen what is due; whether a connection or an attempt began or ended by it.
    pub(super) fn handle_deadlines(&mut self) -> bool {
        let now = self.instant();
        let ended = match &mut self.state {
            State::New | State::Stopped => return false,
            State::Leaving { until } => {
                let due = *until <= now;
                if due {
                    self.leave();
                }
                return due;
            }
            State::Waiting { retry_at } => {
                let due = *retry_at <= now;
                if due {
                    self.dial();
                }
                return due;
            }
            State::Dialing { give_up_at, .. } => {
                (*give_up_at <= now).then_some(Reason::DialTimeout)
            }
            State::Login { answer_by, line } => {
                let unanswered = Reason::AuthTimeout(self.output.unanswered());
                line.verdict(now).or((*answer_by <= now).then_some(unanswered))
            }
            State::Up { line, talk } => {
                let is_silent = talk.silent_at.is_some_and(|at| at <= now);
                line.verdict(now).or(is_silent.then_some(Reason::Silent))
            }
        };
        if let Some(reason) = ended {
            self.hang_up(reason);
            return true;
        }
        self.handle_line_deadlines();
        self.handle_talk_deadlines();
        false
    }

    fn handle_line_deadlines(&mut self) {
        let now = self.instant();
        if let State::Login { line, .. } | State::Up { line, .. } = &mut self.state
            && line.take_ping(now)
        {
            self.actions.push_back(Action::Ping);
        }
    }

    fn handle_talk_deadlines(&mut self) {
        let (now, patience) = (self.instant(), self.patience());
        let State::Up { line, talk } = &mut self.state else { return };
        let is_due = |at: &mut Instant| *at <= now;
        if talk.login_at.take_if(is_due).is_some() {
            talk.login_at = self.output.login_interval().map(|interval| now.plus(interval));
            self.actions.push_back(Action::Frame(Frame::Login));
        }
        talk.muted_until.take_if(is_due);
        let clear = line.is_clear(patience, now) && talk.muted_until.is_none();
        if talk.heartbeat_at.take_if(is_due).is_some() {
            talk.heartbeat_at = self.output.heartbeat_interval().map(|interval| now.plus(interval));
            if clear {
                self.actions.push_back(Action::Frame(Frame::Heartbeat));
            }
        }
        if clear && talk.backfill_at.take_if(is_due).is_some() {
            // On a slow line a frame begun now would stand in the way of the report due soon.
            let in_the_way = |due_at: &Instant| *due_at > now && now.plus(talk.needed) >= *due_at;
            talk.backfill_at =
                self.delivery.due_at().filter(in_the_way).map(|due_at| due_at.plus(EARLY_MAX));
            if talk.backfill_at.is_none() {
                self.actions.push_back(Action::Frame(Frame::Oldest));
            }
        }
    }

    /// When [`Session::handle_deadlines`] has something to do again; `None` once stopped.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        match &self.state {
            State::New => Some(self.instant()),
            State::Waiting { retry_at } => Some(*retry_at),
            State::Dialing { give_up_at, .. } => Some(*give_up_at),
            State::Leaving { until } => Some(*until),
            State::Login { answer_by, line } => {
                Some((*answer_by).min(line.ping_at).min(line.deaf_at))
            }
            State::Up { line, talk } => {
                let clear = line.is_clear(self.patience(), self.instant());
                let clear = clear && talk.muted_until.is_none();
                let backfill_at = talk.backfill_at.filter(|_| clear);
                let Talk { heartbeat_at, silent_at, login_at, muted_until, .. } = &**talk;
                [*heartbeat_at, *silent_at, *login_at, *muted_until, backfill_at]
                    .into_iter()
                    .flatten()
                    .chain([line.ping_at, line.deaf_at])
                    .min()
            }
            State::Stopped => None,
        }
    }

    /// What was sent before the Ping has arrived, and the line lives.
    pub(super) fn handle_pong(&mut self) {
        let now = self.instant();
        let patience = self.patience();
        match &mut self.state {
            State::Login { line, .. } => {
                line.handle_pong(patience, now);
            }
            State::Up { line, .. } => {
                let since = line.handle_pong(patience, now).filter(|_| line.slow);
                self.handle_traffic(); // the one behind the first report proves nothing yet
                self.handle_free(since);
            }
            State::New
            | State::Waiting { .. }
            | State::Dialing { .. }
            | State::Leaving { .. }
            | State::Stopped => {}
        }
    }

    /// Traffic flows: after a while of it, the connection is a good one.
    pub(super) fn handle_traffic(&mut self) {
        let now = self.instant();
        if let State::Up { line, talk } = &mut self.state
            && !talk.proven
            && line.blocked_since.is_none()
            && talk.since.plus(PROVEN_AFTER) <= now
        {
            talk.proven = true;
            self.handle_proven();
        }
    }
}
