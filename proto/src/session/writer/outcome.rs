//! What becomes of a request: each answer has its fate, and so has none.

use std::time::Duration;

use super::{State, Writer};
use crate::limits::{RETRY_AFTER_MAX, WRITE_RETRY_MAX, WRITE_STEPS_MAX};
use crate::output::{Answer, Verdict};
use crate::session::{Event, Reason};

impl Writer {
    pub(super) fn handle_answered(&mut self, answer: &Answer<'_>) {
        if !matches!(self.state, State::Asking { .. } | State::Stopping { .. }) {
            return;
        }
        self.is_kept = true;
        let verdict = self.output.judge(answer);
        self.steps = if verdict == Verdict::Again { self.steps + 1 } else { 0 };
        match verdict {
            Verdict::Taken => self.handle_taken(),
            Verdict::Rejected(words) => self.handle_rejected(words),
            Verdict::TooLarge(words) => self.handle_too_large(words),
            Verdict::Refused(words) => self.fail(Reason::Refused(Some(words)), None),
            Verdict::Later(pause, words) => self.fail(Reason::Answered(words), pause),
            Verdict::Again if self.steps > WRITE_STEPS_MAX => {
                self.fail(Reason::Answered("the same again and again".to_owned()), None);
            }
            Verdict::Again => {
                self.release();
                self.go_on();
            }
        }
    }

    /// After an answer: what came meanwhile goes, unless this was the last.
    fn go_on(&mut self) {
        if matches!(self.state, State::Stopping { .. }) {
            return self.end();
        }
        self.ask();
    }

    fn handle_taken(&mut self) {
        self.delivery.ring_mut().handle_frame_ack(self.request);
        self.carried = 0;
        self.rejection_told.clear();
        self.handle_alive();
        let attempts = std::mem::take(&mut self.attempts);
        if !std::mem::replace(&mut self.is_up, true) {
            self.comebacks += 1;
            let down_for = self.down.take().map(|(since, _)| self.instant().since(since));
            self.say(Event::Up { down_for, attempts });
        }
        self.go_on();
    }

    /// The server understood the request.
    fn handle_alive(&mut self) {
        self.backoff.reset();
        self.refusal_told = false;
    }

    fn handle_rejected(&mut self, words: String) {
        self.delivery.ring_mut().handle_frame_ack(self.request);
        let samples = std::mem::take(&mut self.carried);
        for _ in 0..samples {
            self.delivery.lose();
        }
        self.handle_alive();
        if self.rejection_told != words {
            self.rejection_told.clone_from(&words);
            self.say(Event::SamplesRejected { samples, words });
        }
        self.go_on();
    }

    fn handle_too_large(&mut self, words: String) {
        if self.carried <= 1 {
            return self.handle_rejected(words);
        }
        self.batch = self.body_bytes / 2;
        self.release();
        self.go_on();
    }

    /// What the request carried is to be sent again; what had to go meanwhile is lost.
    pub(super) fn release(&mut self) {
        let carried = std::mem::take(&mut self.carried);
        let gone = carried.saturating_sub(self.delivery.ring().count_sent(self.request));
        for _ in 0..gone {
            self.delivery.lose();
        }
        self.delivery.ring_mut().handle_lost();
    }

    /// Nothing is stored for now: tells why and plans the next attempt.
    pub(super) fn fail(&mut self, reason: Reason, pause: Option<Duration>) {
        self.output.handle_lost();
        self.release();
        if matches!(self.state, State::Stopping { .. }) {
            return self.end();
        }
        let now = self.instant();
        let is_refused = matches!(reason, Reason::Refused(_));
        if is_refused {
            self.backoff.handle_refused();
        }
        let planned = self.backoff.next_wait();
        let longest = if is_refused { planned } else { planned.min(WRITE_RETRY_MAX) };
        let retry_in = pause.map_or(longest, |pause| pause.min(RETRY_AFTER_MAX).max(longest));
        let is_answered = matches!(reason, Reason::Answered(_) | Reason::Refused(_));
        self.state = State::Waiting { retry_at: now.plus(retry_in), is_answered };
        let was_up = std::mem::take(&mut self.is_up);
        if was_up {
            self.down = Some((now, reason.clone()));
            self.attempts = 0;
        }
        if is_refused && !std::mem::replace(&mut self.refusal_told, true) {
            let id = self.output.id().to_owned();
            self.say(Event::Refused { id, reason, retry_in });
        } else {
            self.say(Event::Down { reason, retry_in, attempts: self.attempts });
        }
    }
}
