//! What happens to samples: sent live, kept for later, or counted as lost.

use std::time::Duration;

use super::state::{Action, Frame, State, pause_for_bytes, pause_for_line};
use super::{Event, Session};
use crate::delivery::ring;
use crate::output::{Backlog, Keep, Seat, Stamp};
use crate::sample::Sample;

impl Session {
    /// What another connection of this host takes from the one that is there.
    pub fn seat(&self) -> Seat {
        self.output.seat()
    }

    /// How long an outage may be of which the server misses nothing, by the last report's size;
    /// `None` in protocols that hand in nothing later.
    pub fn reach(&self) -> Option<Duration> {
        let keeps = self.output.keeps() != Keep::Nothing;
        keeps.then(|| ring::reach(self.payload.len(), self.interval()))
    }

    pub(super) fn handle_sample(&mut self, sample: &Sample) {
        if matches!(self.state, State::Stopped) || !self.output.takes(sample) {
            return;
        }
        let Some(stamp) = self.delivery.take_due(self.now) else { return };
        self.output.handle_sample(sample, stamp);
        if matches!(&self.state, State::Up { line, talk }
            if line.blocked_since.is_none() && talk.muted_until.is_none())
        {
            self.send_live(sample, stamp);
        } else {
            self.keep(sample, stamp);
        }
    }

    fn send_live(&mut self, sample: &Sample, stamp: Stamp) {
        self.payload = self.output.encode_report(sample, stamp, &mut self.live);
        if let State::Up { talk, .. } = &mut self.state {
            talk.reported = true;
            if !std::mem::take(&mut talk.slowed) {
                talk.needed = Duration::ZERO; // since the last report everything left at once
            }
            talk.backfilling = false;
            if self.output.keeps() == Keep::UntilAcked {
                let payload = self.live.get(self.payload.clone()).unwrap_or_default();
                self.delivery.keep(stamp, sample.taken, payload);
                talk.frames += 1;
                self.delivery.ring_mut().handle_sent(stamp.seq, talk.frames);
            }
        }
        // Backfill that fell due in the same moment goes after it.
        let is_backfill = |action: &Action| matches!(action, Action::Frame(Frame::Oldest));
        let at = self.actions.iter().position(is_backfill).unwrap_or(self.actions.len());
        self.actions.insert(at, Action::Live);
        if self.output.has_message() {
            self.actions.push_back(Action::Frame(Frame::Message));
        }
        self.push_errand();
        self.handle_frame_sent();
        self.handle_traffic();
    }

    fn keep(&mut self, sample: &Sample, stamp: Stamp) {
        if self.output.keeps() == Keep::Nothing {
            return self.delivery.lose();
        }
        self.output.encode_kept(sample, &mut self.frame);
        self.delivery.keep(stamp, sample.taken, &self.frame);
        if let State::Up { talk, .. } = &mut self.state
            && talk.batch.is_none()
        {
            talk.backfill_at = talk.backfill_at.or(Some(stamp.now.instant));
        }
    }

    /// Writes the oldest waiting samples and plans the next ones.
    pub(super) fn encode_oldest(&mut self) {
        let now = self.now;
        let State::Up { talk, .. } = &mut self.state else { return };
        let number = talk.frames + 1;
        let last = self.live.get(self.payload.clone()).unwrap_or_default();
        let backlog = Backlog { ring: self.delivery.ring(), frame: number, now, last };
        let count = self.output.encode_oldest(&backlog, &mut self.frame);
        if count == 0 {
            self.frame = String::new(); // the outage is over, and with it the need for the room
            return;
        }
        talk.frames = number;
        talk.backfilling = true;
        self.delivery.ring_mut().handle_oldest_sent(count, number);
        let next_at = now.instant.plus(pause_for_bytes(self.frame.len()));
        match self.output.keeps() {
            Keep::Outage => talk.batch = Some((number, next_at)),
            Keep::UntilAcked | Keep::Nothing => talk.backfill_at = Some(next_at),
        }
    }

    pub(super) fn handle_batch_ack(&mut self, frame: u64, rejected: u64) {
        self.delivery.ring_mut().handle_frame_ack(frame);
        let now = self.instant();
        if let State::Up { talk, .. } = &mut self.state
            && let Some((_, next_at)) = talk.batch.take_if(|(number, _)| *number == frame)
        {
            talk.backfill_at = Some(next_at.max(now));
            if rejected > 0 {
                self.say(Event::BackfillRejected { rejected });
            }
        }
    }

    /// Something was said: the sign of life can wait.
    pub(super) fn handle_frame_sent(&mut self) {
        let now = self.instant();
        if let State::Up { talk, .. } = &mut self.state {
            talk.heartbeat_at = self.output.heartbeat_interval().map(|interval| now.plus(interval));
        }
    }

    pub(super) fn handle_blocked(&mut self) {
        let now = self.instant();
        if let State::Up { talk, .. } = &mut self.state {
            talk.slowed = true;
        }
        if let State::Login { line, .. } | State::Up { line, .. } = &mut self.state {
            line.blocked_since = line.blocked_since.or(Some(now));
        }
    }

    pub(super) fn handle_drained(&mut self) {
        let now = self.instant();
        match &mut self.state {
            State::Login { line, .. } => line.blocked_since = None,
            State::Up { line, talk } => {
                let since = line.blocked_since.take();
                talk.needed = since.map_or(Duration::ZERO, |since| now.since(since));
                let sole =
                    talk.backfill_at.is_some() && self.delivery.ring().unsent().nth(1).is_none();
                if sole && talk.muted_until.is_none() {
                    // Only the report that could not leave when it was due: no backlog to pace.
                    talk.backfill_at = None;
                    self.actions.push_back(Action::Frame(Frame::Oldest));
                } else {
                    let pause =
                        if talk.backfilling { pause_for_line(talk.needed) } else { Duration::ZERO };
                    talk.backfill_at = talk.backfill_at.map(|at| at.max(now.plus(pause)));
                }
            }
            State::New | State::Waiting { .. } | State::Dialing { .. } | State::Stopped => {}
        }
    }
}
