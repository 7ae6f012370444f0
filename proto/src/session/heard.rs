//! What a server says, and what follows from it.

use std::time::Duration;

use super::state::State;
use super::{Event, Reason, Session};
use crate::limits::{BACKOFF_REFUSED, RATE_LIMIT_MAX};
use crate::output::{Heard, Keep};

impl Session {
    pub(super) fn handle_text(&mut self, text: &str) {
        if !self.is_listening() {
            return;
        }
        let now = self.instant();
        if let State::Up { talk, .. } = &mut self.state {
            talk.silent_at = self.output.silence_max().map(|silence| now.plus(silence));
        }
        self.handle_traffic();
        let mut heard = Some(self.output.hear(text));
        while let Some(one) = heard.filter(|_| self.is_listening()) {
            self.handle_heard(one);
            heard = self.output.hear_rest();
        }
    }

    /// Whether there is a connection of which something may be said.
    const fn is_listening(&self) -> bool {
        matches!(self.state, State::Login { .. } | State::Up { .. } | State::Leaving { .. })
    }

    pub(super) fn handle_heard(&mut self, heard: Heard) {
        if matches!(self.state, State::Leaving { .. }) {
            // What came before the answer was on its way already.
            if matches!(heard, Heard::Goodbye | Heard::Over(_)) {
                self.leave();
            }
            return;
        }
        match heard {
            Heard::Nothing => {}
            Heard::LoggedIn { unserved } => {
                self.handle_logged_in();
                if let Some(wish) = unserved {
                    self.repeat(Event::Unserved { wish });
                }
            }
            Heard::Refused(words) => {
                // No other network makes a wrong password right.
                self.not_before = Some(self.instant().plus(BACKOFF_REFUSED));
                let words = (!words.is_empty()).then_some(words);
                self.hang_up(Reason::Refused(words));
            }
            Heard::Greeted(alerts) => self.alerts.handle_greeting(alerts, self.now),
            Heard::AlertAck(number) => self.alerts.handle_ack(number),
            Heard::Ack(seq) => self.handle_ack(seq),
            Heard::BatchAck { frame, rejected } => self.handle_batch_ack(frame, rejected),
            Heard::RateLimit(pause) => self.handle_rate_limit(pause),
            Heard::Command(command) => self.repeat(Event::CommandRefused { command }),
            Heard::Unserved(wish) => self.repeat(Event::Unserved { wish }),
            Heard::Fault(message) => self.repeat(Event::ServerError { message }),
            Heard::NotTaken(words) => self.handle_not_taken(words),
            Heard::Over(words) => self.hang_up(Reason::Over(words)),
            Heard::Goodbye => {}
        }
        self.push_errand();
    }

    fn handle_ack(&mut self, seq: u64) {
        if let Some(frame) = self.delivery.ring_mut().handle_ack(seq) {
            self.alerts.handle_report_ack(frame);
        }
        if let State::Up { talk, .. } = &mut self.state {
            talk.accepted = true;
        }
    }

    /// Says what the server makes us say, unless it does so too often.
    pub(super) fn repeat(&mut self, event: Event) {
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
            if self.output.keeps() == Keep::UntilAcked {
                // Something we sent was not taken, and the server does not say what.
                self.delivery.ring_mut().handle_lost();
                self.alerts.handle_refused();
                talk.backfill_at = (!self.delivery.ring().is_empty()).then_some(until);
            }
            if !told {
                self.say(Event::RateLimited { pause: pause.min(RATE_LIMIT_MAX) });
            }
        }
    }

    /// Some of the last report was not taken. It is told once and counted for each report.
    fn handle_not_taken(&mut self, words: Option<String>) {
        if self.has_failed_on_heartbeat() {
            return self.hang_up(Reason::Heartbeat);
        }
        if let State::Up { talk, .. } = &mut self.state
            && !std::mem::replace(&mut talk.not_taken, true)
        {
            self.delivery.lose();
        }
        if let Some(words) = words {
            self.repeat(Event::NotTaken { words });
        }
    }
}
