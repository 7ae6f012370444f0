//! What becomes of samples on their way to one server: at which pace they go, which of them wait,
//! and how many are lost. When one can go is the session's to know.

pub mod ring;

use std::time::Duration;

use ring::Ring;

use crate::limits::{EARLY_MAX, RING_BYTES_MAX};
use crate::time::{Instant, Now};

/// What stands on a report beside the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp {
    /// The moment it is encoded.
    pub now: Now,
    /// The sample's number: it rises by one per sample, over reconnects too.
    pub seq: u64,
}

/// The samples of one session.
#[derive(Debug)]
pub struct Delivery {
    interval: Duration,
    /// When the next report is due; `None` before the first of a connection.
    due_at: Option<Instant>,
    /// The last sample's number.
    seq: u64,
    dropped: u64,
    ring: Ring,
}

impl Delivery {
    /// One report an interval.
    pub const fn new(interval: Duration) -> Self {
        Self { interval, due_at: None, seq: 0, dropped: 0, ring: Ring::new(RING_BYTES_MAX) }
    }

    /// The interval between two reports.
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// When the next report is due; `None` when the next sample is wanted at once.
    pub const fn due_at(&self) -> Option<Instant> {
        self.due_at
    }

    /// The samples that wait.
    pub const fn ring(&self) -> &Ring {
        &self.ring
    }

    /// The samples that wait, for what the server says of them.
    pub const fn ring_mut(&mut self) -> &mut Ring {
        &mut self.ring
    }

    /// Samples that found no room, or no connection in a protocol that keeps none.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// A connection began: its server waits for a first report, not for our rhythm.
    pub const fn handle_up(&mut self) {
        self.due_at = None;
    }

    /// A number for the sample taken now; `None` while our own interval has not come.
    ///
    /// The next one is counted from when this one was due, so that samples a little late or early
    /// do not shift the rhythm.
    pub fn take_due(&mut self, now: Now) -> Option<Stamp> {
        let at = now.instant;
        let early = (self.interval / 8).min(EARLY_MAX);
        if self.due_at.is_some_and(|due_at| at.plus(early) < due_at) {
            return None;
        }
        let next = self.due_at.map(|due_at| due_at.plus(self.interval));
        self.due_at = next.filter(|next| *next > at).or(Some(at.plus(self.interval)));
        self.seq += 1;
        Some(Stamp { now, seq: self.seq })
    }

    /// Keeps a sample, encoded, until the server has it; what has to go for it is counted.
    pub fn keep(&mut self, stamp: Stamp, taken: Instant, payload: &str) {
        self.dropped += self.ring.push(stamp.seq, taken, stamp.now.wall, payload);
    }

    /// Counts a sample that cannot be handed in later.
    pub const fn lose(&mut self) {
        self.dropped += 1;
    }
}
