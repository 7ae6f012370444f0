//! What happens to samples: sent live, kept for later, or counted as lost.

use std::time::Duration;

use super::state::{Action, Frame, State, Text, pause_for_bytes, pause_for_line};
use super::{Event, Session};

use crate::limits::LATE_PONG_AFTER;
use crate::output::{Backlog, Keep, Stamp};
use crate::sample::Sample;
use crate::time::Instant;

/// A report that found the line busy: it is encoded already.
#[derive(Debug)]
pub(super) struct Waiting {
    /// The sample for the ring, should it not be sent; empty in protocols that keep none.
    kept: String,
    taken: Instant,
    stamp: Stamp,
}

impl Session {
    pub(super) fn handle_sample(&mut self, sample: &Sample) {
        if matches!(self.state, State::Stopped) || !self.output.takes(sample) {
            return;
        }
        let Some(stamp) = self.delivery.take_due(self.now) else { return };
        self.output.handle_sample(sample, stamp);
        self.keep_waiting(); // it is not the newest any more
        let (now, patience) = (self.instant(), self.patience());
        match &self.state {
            State::Up { talk, .. } if talk.muted_until.is_some() => self.keep(sample, stamp),
            State::Up { line, .. } if line.is_clear(patience, now) => self.send_live(sample, stamp),
            State::Up { .. } => self.wait_for_line(sample, stamp),
            State::New
            | State::Waiting { .. }
            | State::Dialing { .. }
            | State::Login { .. }
            | State::Leaving { .. }
            | State::Stopped => self.keep(sample, stamp),
        }
    }

    /// How late a Pong may be before the line is a slow one.
    pub(super) fn patience(&self) -> Duration {
        (self.delivery.interval() / 2).min(LATE_PONG_AFTER)
    }

    /// The report that waits is not to be sent live any more.
    pub(super) fn keep_waiting(&mut self) {
        if let Some(Waiting { kept, taken, stamp }) = self.waiting.take() {
            self.output.handle_unsent();
            self.keep_encoded(&kept, taken, stamp);
        }
    }

    fn wait_for_line(&mut self, sample: &Sample, stamp: Stamp) {
        self.encode_live(sample, stamp);
        let mut kept = String::new();
        if self.output.keeps() != Keep::Nothing {
            self.output.encode_kept(sample, &mut kept);
        }
        self.waiting = Some(Waiting { kept, taken: sample.taken, stamp });
    }

    /// The line is free: sends the report that waits for it, unless a newer one comes sooner than
    /// this one is old.
    fn send_waiting(&mut self) {
        let now = self.instant();
        let State::Up { line, talk } = &self.state else { return };
        if talk.muted_until.is_some() {
            return self.keep_waiting();
        }
        let soon = now.plus(self.patience());
        let is_soon = self.delivery.due_at().is_some_and(|due_at| due_at <= soon);
        if is_soon || !line.is_clear(self.patience(), now) {
            return;
        }
        if let Some(waiting) = self.waiting.take() {
            self.send_encoded(waiting.taken, waiting.stamp);
        }
    }

    fn send_live(&mut self, sample: &Sample, stamp: Stamp) {
        self.encode_live(sample, stamp);
        self.send_encoded(sample.taken, stamp);
    }

    fn encode_live(&mut self, sample: &Sample, stamp: Stamp) {
        self.payload = self.output.encode_report(sample, stamp, &mut self.live);
    }

    fn send_encoded(&mut self, taken: Instant, stamp: Stamp) {
        let now = self.instant();
        let mut asks = false;
        if let State::Up { line, talk } = &mut self.state {
            // The first report shows how fast the line is, and on a slow one each is waited for.
            asks = line.pinged_at.is_none() && (line.slow || !talk.reported);
            if asks {
                line.handle_ping(now);
            }
            talk.reported = true;
            (talk.beaten_at, talk.not_taken) = (None, false);
            if !std::mem::take(&mut talk.slowed) {
                talk.needed = Duration::ZERO; // since the last report everything left at once
            }
            talk.backfilling = false;
            if self.output.keeps() == Keep::UntilAcked {
                let payload = self.live.get(self.payload.clone()).unwrap_or_default();
                self.delivery.keep(stamp, taken, payload);
                talk.frames += 1;
                self.delivery.ring_mut().handle_sent(stamp.seq, talk.frames);
            }
        }
        // Backfill that fell due in the same moment goes after it.
        let is_backfill = |action: &Action| matches!(action, Action::Frame(Frame::Oldest));
        let at = self.actions.iter().position(is_backfill).unwrap_or(self.actions.len());
        self.actions.insert(at, Action::Text(Text::Live, 0));
        if asks {
            self.actions.insert(at + 1, Action::Ping);
        }
        if self.output.has_message() {
            self.actions.push_back(Action::Frame(Frame::Message));
        }
        self.push_errand();
        self.handle_frame_sent();
        self.handle_traffic();
    }

    fn keep(&mut self, sample: &Sample, stamp: Stamp) {
        let mut kept = std::mem::take(&mut self.frame);
        if self.output.keeps() != Keep::Nothing {
            self.output.encode_kept(sample, &mut kept);
        }
        self.keep_encoded(&kept, sample.taken, stamp);
        self.frame = kept;
    }

    fn keep_encoded(&mut self, kept: &str, taken: Instant, stamp: Stamp) {
        if self.output.keeps() == Keep::Nothing {
            return self.delivery.lose();
        }
        self.delivery.keep(stamp, taken, kept);
        let now = self.instant();
        if let State::Up { talk, .. } = &mut self.state
            && talk.batch.is_none()
        {
            talk.backfill_at = talk.backfill_at.or(Some(now));
        }
    }

    /// Writes the oldest waiting samples and plans the next ones.
    pub(super) fn encode_oldest(&mut self) {
        let now = self.now;
        let State::Up { line, talk } = &mut self.state else { return };
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
        if line.slow && line.pinged_at.is_none() {
            line.handle_ping(now.instant);
            self.actions.push_front(Action::Ping); // right behind the frame
        }
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
        match &mut self.state {
            State::Login { line, .. } => line.blocked_since = None,
            State::Up { line, .. } => {
                let since = line.blocked_since.take();
                self.handle_free(since);
            }
            State::New
            | State::Waiting { .. }
            | State::Dialing { .. }
            | State::Leaving { .. }
            | State::Stopped => {}
        }
    }

    /// What was under way has left, or has arrived: `since` when, where that took any time.
    pub(super) fn handle_free(&mut self, since: Option<Instant>) {
        let now = self.instant();
        if let State::Up { talk, .. } = &mut self.state {
            talk.needed = since.map_or(talk.needed, |since| now.since(since));
            let paces = talk.backfilling && since.is_some();
            let pause = if paces { pause_for_line(talk.needed) } else { Duration::ZERO };
            talk.backfill_at = talk.backfill_at.map(|at| at.max(now.plus(pause)));
        }
        self.send_waiting();
    }
}
