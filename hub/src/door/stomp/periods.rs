//! Signs of life: STOMP's beats as both sides agreed, and questions below them.

use std::time::Duration;

use kinglet_proto::wire::stomp::Beats;
use tokio::time::Instant;

use crate::limits::{SOCKJS_INTERVAL, STOMP_BEAT_MS, STOMP_BEATS_MISSED, STOMP_SILENCE_MAX};

/// When who has to say something.
pub(super) struct Periods {
    /// What the hub says of its beats: a side that does not want any gets none.
    pub(super) agreed: Beats,
    /// How often the hub beats; `None`: never.
    out: Option<Duration>,
    /// How long the client may be silent.
    silence_max: Duration,
    /// The client beats, and what comes below its messages is no sign of that.
    client_beats: bool,
    sent: Instant,
    came: Instant,
    asked: Instant,
}

impl Periods {
    /// Of a client that says so of its beats.
    pub(super) fn new(client: Beats, now: Instant) -> Self {
        let beat = |theirs: u32| if theirs > 0 { STOMP_BEAT_MS } else { 0 };
        let agreed = Beats { sends: beat(client.wants), wants: beat(client.sends) };
        let theirs = client.period(agreed);
        Self {
            agreed,
            out: agreed.period(client),
            silence_max: theirs.map_or(STOMP_SILENCE_MAX, |period| period * STOMP_BEATS_MISSED),
            client_beats: theirs.is_some(),
            sent: now,
            came: now,
            asked: now,
        }
    }

    /// Something was sent.
    pub(super) fn handle_sent(&mut self, now: Instant) {
        self.sent = now;
    }

    /// A message came, or a beat.
    pub(super) fn handle_message(&mut self, now: Instant) {
        self.came = now;
    }

    /// A sign of life below the messages came.
    pub(super) fn handle_sign(&mut self, now: Instant) {
        if !self.client_beats {
            self.came = now;
        }
    }

    /// When the next of the deadlines is.
    pub(super) fn next(&self) -> Instant {
        let beat = self.out.map(|period| self.sent + period);
        let others = [self.came + self.silence_max, self.asked + SOCKJS_INTERVAL];
        others.into_iter().chain(beat).min().unwrap_or(self.asked)
    }

    /// The client was silent for too long.
    pub(super) fn is_lost(&self, now: Instant) -> bool {
        now >= self.came + self.silence_max
    }

    /// The hub has to beat.
    pub(super) fn is_beat_due(&self, now: Instant) -> bool {
        self.out.is_some_and(|period| now >= self.sent + period)
    }

    /// Whether it is time to ask if the client is there.
    pub(super) fn ask(&mut self, now: Instant) -> bool {
        let is_due = now >= self.asked + SOCKJS_INTERVAL;
        if is_due {
            self.asked = now;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn periods(sends: u32, wants: u32, now: Instant) -> Periods {
        Periods::new(Beats { sends, wants }, now)
    }

    #[tokio::test]
    async fn beats_are_as_rare_as_either_side_wants_and_none_where_one_wants_none() {
        let now = Instant::now();
        for (sends, wants, agreed, out_s, silence_s) in [
            (10_000, 10_000, "10000,10000", Some(10), 30),
            (0, 0, "0,0", None, 75),
            (0, 1_000, "10000,0", Some(10), 75),
            (60_000, 20_000, "10000,10000", Some(20), 180),
        ] {
            let periods = periods(sends, wants, now);
            assert_eq!(periods.agreed.to_string(), agreed);
            assert_eq!(periods.out, out_s.map(Duration::from_secs));
            assert_eq!(periods.silence_max, Duration::from_secs(silence_s));
        }
    }

    #[tokio::test]
    async fn who_said_it_beats_and_does_not_is_lost() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut beating = periods(10_000, 10_000, start);
        beating.handle_sign(after(20));
        assert!(!beating.is_lost(after(29)) && beating.is_lost(after(30)), "a Pong is no beat");
        beating.handle_message(after(20));
        assert!(!beating.is_lost(after(49)) && beating.is_lost(after(50)));
        let mut silent = periods(0, 0, start);
        silent.handle_sign(after(60));
        assert!(!silent.is_lost(after(134)) && silent.is_lost(after(135)));
    }

    #[tokio::test]
    async fn whatever_is_sent_is_a_beat() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut periods = periods(10_000, 10_000, start);
        assert_eq!(periods.next(), after(10));
        periods.handle_sent(after(7));
        assert!(!periods.is_beat_due(after(16)) && periods.is_beat_due(after(17)));
        assert!(!periods.ask(after(24)) && periods.ask(after(25)) && !periods.ask(after(26)));
    }
}
