//! What happens to samples: sent live, kept for later, or counted as lost.

use std::time::Duration;

use super::state::{Action, State, pause_for_bytes, pause_for_line};
use super::{Event, Session};
use crate::limits::EARLY_MAX;
use crate::output::{Keep, Stamp};
use crate::sample::Sample;

impl Session {
    pub(super) fn handle_sample(&mut self, sample: &Sample) {
        if matches!(self.state, State::Stopped) || !self.take_due() {
            return;
        }
        self.seq += 1;
        let stamp = Stamp { now: self.now, seq: self.seq };
        self.dialect.handle_sample(sample, stamp);
        if matches!(&self.state, State::Up { line, talk }
            if line.blocked_since.is_none() && talk.muted_until.is_none())
        {
            self.send_live(sample, stamp);
        } else {
            self.keep(sample);
        }
    }

    /// Whether our own interval has come; the next one is counted from when this one was due, so
    /// that samples a little late or early do not shift the rhythm.
    fn take_due(&mut self) -> bool {
        let now = self.instant();
        let early = (self.interval / 8).min(EARLY_MAX);
        if self.due_at.is_some_and(|due_at| now.plus(early) < due_at) {
            return false;
        }
        let next = self.due_at.map(|due_at| due_at.plus(self.interval));
        self.due_at = next.filter(|next| *next > now).or(Some(now.plus(self.interval)));
        true
    }

    fn send_live(&mut self, sample: &Sample, stamp: Stamp) {
        self.payload = self.dialect.encode_report(sample, stamp, &mut self.live);
        if let State::Up { talk, .. } = &mut self.state {
            talk.reported = true;
            if !std::mem::take(&mut talk.slowed) {
                talk.needed = Duration::ZERO; // since the last report everything left at once
            }
            talk.backfilling = false;
            if self.dialect.keeps() == Keep::UntilAcked {
                let payload = self.live.get(self.payload.clone()).unwrap_or_default();
                self.dropped += self.ring.push(stamp.seq, sample.taken, stamp.now.wall, payload);
                talk.frames += 1;
                self.ring.handle_sent(stamp.seq, talk.frames);
            }
        }
        // Backfill that fell due in the same moment goes after it.
        let is_backfill = |action: &Action| matches!(action, Action::Oldest);
        let at = self.outputs.iter().position(is_backfill).unwrap_or(self.outputs.len());
        self.outputs.insert(at, Action::Live);
        if self.dialect.has_aggregates() {
            self.outputs.push_back(Action::Aggregates);
        }
        self.handle_frame_sent();
        self.handle_traffic();
    }

    fn keep(&mut self, sample: &Sample) {
        if self.dialect.keeps() == Keep::Nothing {
            self.dropped += 1;
            return;
        }
        let now = self.now;
        self.dialect.encode_kept(sample, &mut self.frame);
        self.dropped += self.ring.push(self.seq, sample.taken, now.wall, &self.frame);
        if let State::Up { talk, .. } = &mut self.state
            && talk.batch.is_none()
        {
            talk.backfill_at = talk.backfill_at.or(Some(now.instant));
        }
    }

    /// Writes the oldest waiting samples and plans the next ones.
    pub(super) fn encode_oldest(&mut self) {
        self.frame.clear();
        let now = self.now;
        let State::Up { talk, .. } = &mut self.state else { return };
        let number = talk.frames + 1;
        let count = self.dialect.encode_oldest(&self.ring, number, now, &mut self.frame);
        if count == 0 {
            self.frame = String::new(); // the outage is over, and with it the need for the room
            return;
        }
        talk.frames = number;
        talk.backfilling = true;
        self.ring.handle_oldest_sent(count, number);
        let next_at = now.instant.plus(pause_for_bytes(self.frame.len()));
        match self.dialect.keeps() {
            Keep::Outage => talk.batch = Some((number, next_at)),
            Keep::UntilAcked | Keep::Nothing => talk.backfill_at = Some(next_at),
        }
    }

    pub(super) fn handle_batch_ack(&mut self, frame: u64, rejected: u64) {
        self.ring.handle_frame_ack(frame);
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
            talk.heartbeat_at =
                self.dialect.heartbeat_interval().map(|interval| now.plus(interval));
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
                let sole = talk.backfill_at.is_some() && self.ring.unsent().nth(1).is_none();
                if sole && talk.muted_until.is_none() {
                    // Only the report that could not leave when it was due: no backlog to pace.
                    talk.backfill_at = None;
                    self.outputs.push_back(Action::Oldest);
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
