//! How many messages one connection may send: a bucket that fills at a steady pace.

use std::time::Duration;

use kinglet_proto::time::Instant;

use crate::limits::{
    AGENT_BURST, AGENT_PACE, PACE_PAUSE, PACE_REFUSALS_MAX, PUBLISHER_BURST, PUBLISHER_PACE,
    STOMP_BURST, VIEWER_PACE,
};

/// The message budget of one connection.
#[derive(Debug)]
pub struct Pace {
    per_second: u32,
    /// The bucket's size and content, in thousandths of a message.
    size: u64,
    content: u64,
    filled: Instant,
    refused: u32,
    told: Option<Instant>,
}

/// What to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Take it.
    Take,
    /// Drop it and say when to try again.
    Refuse(Duration),
    /// Drop it silently: who was told less than a second ago did not know yet when it sent this.
    Drop,
    /// It does not listen: close.
    Close,
}

impl Pace {
    /// The budget of an agent.
    pub fn agent(now: Instant) -> Self {
        Self::new(AGENT_PACE, AGENT_BURST, now)
    }

    /// The budget of a viewer.
    pub fn viewer(now: Instant) -> Self {
        Self::new(VIEWER_PACE, VIEWER_PACE, now)
    }

    /// The budget of a client of the STOMP endpoint that watches: many subscriptions at once.
    pub fn subscriber(now: Instant) -> Self {
        Self::new(VIEWER_PACE, STOMP_BURST, now)
    }

    /// The budget of one that reports: a frame for each figure.
    pub fn publisher(now: Instant) -> Self {
        Self::new(PUBLISHER_PACE, PUBLISHER_BURST, now)
    }

    fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let size = u64::from(burst) * 1000;
        Self { per_second, size, content: size, filled: now, refused: 0, told: None }
    }

    /// Judges one message.
    pub fn take(&mut self, now: Instant) -> Verdict {
        let elapsed_ms = u64::try_from(now.since(self.filled).as_millis()).unwrap_or(u64::MAX);
        let gained = elapsed_ms.saturating_mul(u64::from(self.per_second));
        self.content = self.content.saturating_add(gained).min(self.size);
        self.filled = now;
        if self.content >= 1000 {
            self.content -= 1000;
            if self.content == self.size - 1000 {
                self.refused = 0;
            }
            return Verdict::Take;
        }
        self.refused += 1;
        if self.refused >= PACE_REFUSALS_MAX {
            return Verdict::Close;
        }
        if self.told.is_some_and(|told| now.since(told) < PACE_PAUSE) {
            return Verdict::Drop;
        }
        self.told = Some(now);
        Verdict::Refuse(PACE_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_a_flood_is_told_once_and_then_closed() {
        let mut pace = Pace::viewer(Instant::from_millis(0));
        let now = Instant::from_millis(1000);
        assert!((0..VIEWER_PACE).all(|_| pace.take(now) == Verdict::Take));
        assert_eq!(pace.take(now), Verdict::Refuse(Duration::from_secs(1)));
        assert_eq!(pace.take(now), Verdict::Drop);
        assert!((0..PACE_REFUSALS_MAX).any(|_| pace.take(now) == Verdict::Close));
    }

    #[test]
    fn who_waited_as_told_is_told_again() {
        let mut pace = Pace::viewer(Instant::from_millis(0));
        for second in 1..9 {
            let now = Instant::from_millis(second * 1000);
            assert!((0..VIEWER_PACE).all(|_| pace.take(now) == Verdict::Take));
            assert_eq!(pace.take(now), Verdict::Refuse(PACE_PAUSE), "nothing is lost unsaid");
        }
    }

    #[test]
    fn who_keeps_to_the_pace_is_never_refused() {
        let mut pace = Pace::agent(Instant::from_millis(0));
        for message in 0..10_000_u64 {
            let now = Instant::from_millis(message * 1000 / u64::from(AGENT_PACE));
            assert_eq!(pace.take(now), Verdict::Take);
        }
    }
}
