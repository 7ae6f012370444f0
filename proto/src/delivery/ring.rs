//! Samples that wait for a server: encoded, bounded by bytes, oldest dropped first.
//!
//! An entry stays until the server says that it has it; what was sent on a connection that broke
//! before that is sent again on the next.

use std::collections::VecDeque;
use std::time::Duration;

use crate::limits::{RING_BYTES_MAX, RING_ENTRY_BYTES, RING_SLOT_BYTES};
use crate::time::{Instant, WallTime};

/// One encoded sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the sequence of this boot's samples.
    pub seq: u64,
    /// When it was taken, for its age.
    pub taken: Instant,
    /// The label it was given then.
    pub wall: WallTime,
    /// The protocol's form of it, in room of a round size: what one sample leaves fits the next,
    /// so that a ring that turns for months does not wear the heap into pieces.
    pub payload: String,
    /// The number of the frame that carried it on this connection; `None` before that.
    sent: Option<u64>,
}

/// The waiting samples of one session.
#[derive(Debug)]
pub struct Ring {
    entries: VecDeque<Entry>,
    bytes: usize,
    limit: usize,
    /// The server acknowledges: what it did not acknowledge it may not have.
    acknowledges: bool,
}

impl Ring {
    /// Empty, for at most this many bytes.
    pub const fn new(limit: usize) -> Self {
        Self { entries: VecDeque::new(), bytes: 0, limit, acknowledges: false }
    }

    /// Bytes taken up, entries' own cost included.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Entries held.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds the newest sample, not sent yet; how many had to go for it that the server may lack.
    ///
    /// Of a server that never acknowledged anything, what was sent counts as arrived. A sample
    /// larger than the whole ring counts as one that had to go.
    pub fn push(&mut self, seq: u64, taken: Instant, wall: WallTime, payload: &str) -> u64 {
        let cost = cost(payload.len());
        let room = cost - RING_ENTRY_BYTES;
        if cost > self.limit {
            return 1;
        }
        let mut lost = 0;
        while self.bytes + cost > self.limit
            && let Some(oldest) = self.entries.pop_front()
        {
            self.bytes -= oldest.cost();
            lost += u64::from(oldest.sent.is_none() || self.acknowledges);
        }
        self.bytes += cost;
        let mut kept = String::with_capacity(room);
        kept.push_str(payload);
        self.entries.push_back(Entry { seq, taken, wall, payload: kept, sent: None });
        lost
    }

    /// The oldest samples that were not sent on this connection, oldest first.
    pub fn unsent(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.sent.is_none())
    }

    /// Notes that frame number `frame` of this connection carried the sample `seq`.
    pub fn handle_sent(&mut self, seq: u64, frame: u64) {
        // Sequence numbers rise along the ring, because samples are only ever added at its end.
        if let Ok(at) = self.entries.binary_search_by_key(&seq, |entry| entry.seq)
            && let Some(entry) = self.entries.get_mut(at)
        {
            entry.sent = Some(frame);
        }
    }

    /// Notes that frame number `frame` carried the `count` oldest samples not sent before.
    pub fn handle_oldest_sent(&mut self, count: usize, frame: u64) {
        let unsent = self.entries.iter_mut().filter(|entry| entry.sent.is_none());
        for entry in unsent.take(count) {
            entry.sent = Some(frame);
        }
    }

    /// The server has `seq` and what was sent before it with a lower number.
    ///
    /// A sample with a lower number that was sent *later*, as backfill is, may still be on its way,
    /// and one that was not sent at all is certainly not there: both stay.
    /// Returns the frame that carried `seq`, if it was here.
    pub fn handle_ack(&mut self, seq: u64) -> Option<u64> {
        self.acknowledges = true;
        let found = self.entries.binary_search_by_key(&seq, |entry| entry.seq);
        let frame = found.ok().and_then(|at| self.entries.get(at)).and_then(|entry| entry.sent);
        if let Some(frame) = frame {
            self.remove(|entry| entry.seq <= seq && entry.sent.is_some_and(|sent| sent <= frame));
        }
        frame
    }

    /// How many samples frame number `frame` of this connection carried that are still here.
    pub fn count_sent(&self, frame: u64) -> u64 {
        self.entries.iter().filter(|entry| entry.sent == Some(frame)).count() as u64
    }

    /// The server has what frame number `frame` carried.
    pub fn handle_frame_ack(&mut self, frame: u64) {
        self.remove(|entry| entry.sent == Some(frame));
    }

    /// Nobody knows what arrived, or was taken: everything is to be sent again.
    pub fn handle_lost(&mut self) {
        for entry in &mut self.entries {
            entry.sent = None;
        }
    }

    fn remove(&mut self, gone: impl Fn(&Entry) -> bool) {
        self.entries.retain(|entry| !gone(entry));
        self.bytes = self.entries.iter().map(Entry::cost).sum();
        if self.entries.is_empty() {
            self.entries.shrink_to_fit(); // an outage's room is not kept for ever
        }
    }
}

impl Entry {
    fn cost(&self) -> usize {
        cost(self.payload.len())
    }
}

/// How long an outage may be of which nothing is lost, with samples of so many bytes.
pub fn reach(sample_bytes: usize, interval: Duration) -> Duration {
    let samples = RING_BYTES_MAX / cost(sample_bytes);
    interval.saturating_mul(u32::try_from(samples).unwrap_or(u32::MAX))
}

/// Bytes of memory that a sample of so many bytes takes.
const fn cost(sample_bytes: usize) -> usize {
    sample_bytes.next_multiple_of(RING_SLOT_BYTES) + RING_ENTRY_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a sample of ten bytes costs.
    const COST: usize = RING_SLOT_BYTES + RING_ENTRY_BYTES;

    fn ring_of(limit_entries: usize, seqs: std::ops::RangeInclusive<u64>) -> (Ring, u64) {
        let mut ring = Ring::new(limit_entries * COST);
        let mut lost = 0;
        for seq in seqs {
            lost += ring.push(seq, Instant::from_millis(seq), WallTime::default(), "0123456789");
        }
        (ring, lost)
    }

    fn seqs(ring: &Ring) -> Vec<u64> {
        ring.entries.iter().map(|entry| entry.seq).collect()
    }

    #[test]
    fn a_full_ring_drops_the_oldest_and_counts_it() {
        let (ring, lost) = ring_of(3, 1..=5);
        assert_eq!((seqs(&ring), lost), (vec![3, 4, 5], 2));
        assert_eq!(ring.bytes(), 3 * COST);
    }

    #[test]
    fn what_was_sent_counts_as_lost_only_where_the_server_acknowledges() {
        let (mut ring, _) = ring_of(3, 1..=3);
        ring.handle_sent(1, 1);
        ring.handle_sent(3, 2);
        let push = |ring: &mut Ring, seq| {
            ring.push(seq, Instant::default(), WallTime::default(), "0123456789")
        };
        assert_eq!([push(&mut ring, 4), push(&mut ring, 5)], [0, 1]);
        ring.handle_ack(99);
        assert_eq!(push(&mut ring, 6), 1);
    }

    #[test]
    fn a_sample_larger_than_the_ring_is_lost_alone() {
        let (mut ring, _) = ring_of(2, 1..=2);
        let lost = ring.push(3, Instant::default(), WallTime::default(), &"x".repeat(4096));
        assert_eq!((lost, seqs(&ring)), (1, vec![1, 2]));
    }

    #[test]
    fn an_ack_drops_what_was_sent_before_it_and_nothing_else() {
        let (mut ring, _) = ring_of(9, 1..=6);
        // The live sample 5 goes first, then backfill 1 and 2; 3, 4 and 6 have not been sent.
        for (seq, frame) in [(5, 1), (1, 2), (2, 3)] {
            ring.handle_sent(seq, frame);
        }
        for (ack, left) in [
            (5, vec![1, 2, 3, 4, 6]), // backfill sent after 5 may be on its way
            (5, vec![1, 2, 3, 4, 6]), // once more, and for one that is gone: nothing
            (6, vec![1, 2, 3, 4, 6]), // never sent: the server cannot have it
            (2, vec![3, 4, 6]),
            (99, vec![3, 4, 6]),
        ] {
            ring.handle_ack(ack);
            assert_eq!(seqs(&ring), left, "after ack {ack}");
        }
        ring.handle_sent(6, 4);
        ring.handle_ack(6);
        assert_eq!(seqs(&ring), [3, 4]);
        assert_eq!(ring.bytes(), 2 * COST);
    }

    #[test]
    fn a_lost_connection_makes_everything_unsent_again() {
        let (mut ring, _) = ring_of(9, 1..=3);
        ring.handle_sent(1, 1);
        ring.handle_sent(3, 2);
        assert_eq!(ring.unsent().map(|entry| entry.seq).collect::<Vec<_>>(), [2]);
        ring.handle_lost();
        assert_eq!(ring.unsent().count(), 3);
    }

    #[test]
    fn a_batch_is_acknowledged_as_one() {
        let (mut ring, _) = ring_of(9, 1..=4);
        ring.handle_oldest_sent(3, 7);
        ring.handle_frame_ack(8);
        assert_eq!(ring.len(), 4);
        ring.handle_frame_ack(7);
        assert_eq!(seqs(&ring), [4]);
        ring.handle_sent(4, 9);
        ring.handle_frame_ack(9);
        assert!(ring.is_empty() && ring.bytes() == 0);
    }
}
