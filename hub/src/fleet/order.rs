//! The order of one host's readings, and how far they are all here.
//!
//! An acknowledgement covers everything up to a number, so it may only rise over numbers that came
//! or never will. A live reading after an outage leaves a gap below it, which the agent then
//! fills, oldest first: the first one to arrive says that all before it are lost.

use std::mem;

use kinglet_proto::ingest::Place;
use kinglet_proto::time::Instant;

use crate::limits::{GAP_PATIENCE, GAPS_MAX};

/// What has come of one boot's numbers.
#[derive(Debug, Default)]
pub(super) struct Order {
    boot_id: String,
    started: bool,
    /// Everything up to here came or is lost.
    done: u64,
    /// Runs that came above `done`, first and last number, rising, with gaps between.
    runs: Vec<(u64, u64)>,
    /// Since when gaps have been waited for: the newest began then, or one was being filled.
    waiting_since: Instant,
    /// The agent was told that everything up to here is safe.
    kept: u64,
    /// The last number that came, safe or not: what is sent again up to it is no news.
    shown: u64,
}

/// Where a reading belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    /// No later reading has come.
    pub(super) newest: bool,
    /// To be acknowledged up to here.
    pub(super) ack: Option<u64>,
}

impl Order {
    /// Notes a reading; `later` says whether it was taken after the last one, which decides where
    /// numbers of two boots cannot be compared.
    pub(super) fn place(&mut self, at: &Place, live: bool, later: bool, now: Instant) -> Placed {
        let seq = at.seq;
        if !self.started || self.boot_id != at.boot_id {
            if self.started && !later {
                return Placed { newest: false, ack: None };
            }
            return self.start(at, now);
        }
        let top = self.runs.last().map_or(self.done, |run| run.1);
        let before = self.done;
        if live && seq <= top {
            // A live reading is newer than all before it: the agent was restarted and counts anew.
            return self.start(at, now);
        }
        if self.has(seq) {
            return Placed { newest: false, ack: Some(before) };
        }
        if live {
            self.take_live(seq, now);
        } else {
            self.done = seq;
            self.waiting_since = now;
        }
        self.absorb();
        // A live one is news, also where an agent that was restarted begins to count again.
        let newest = live || seq > top.max(self.shown);
        self.shown = if live { seq } else { self.shown.max(seq) };
        Placed { newest, ack: (self.done > before).then_some(self.done) }
    }

    /// Begins with this reading. What lies below it nobody here can know of; an agent that still
    /// holds some sends it all the same, and may drop it after.
    fn start(&mut self, at: &Place, now: Instant) -> Placed {
        *self = Self {
            boot_id: at.boot_id.clone(),
            started: true,
            done: at.seq,
            runs: Vec::new(),
            waiting_since: now,
            kept: 0,
            shown: at.seq,
        };
        Placed { newest: true, ack: Some(at.seq) }
    }

    /// The agent is told that everything up to here is safe.
    pub(super) fn kept(&mut self, seq: u64) {
        self.kept = seq;
    }

    /// Goes back to what the agent was told: it has the rest, and will send it again.
    /// Whether there was anything it was not told of.
    pub(super) fn forget_unsafe(&mut self) -> bool {
        let unsafe_ones = self.done > self.kept || !self.runs.is_empty();
        self.runs.clear();
        self.done = self.kept;
        unsafe_ones
    }

    fn has(&self, seq: u64) -> bool {
        seq <= self.done || self.runs.iter().any(|&(first, last)| (first..=last).contains(&seq))
    }

    fn take_live(&mut self, seq: u64, now: Instant) {
        match self.runs.last_mut() {
            Some(run) if run.1.checked_add(1) == Some(seq) => run.1 = seq,
            Some(_) | None => {
                // A new gap: the agent was away, and could not fill the older ones meanwhile.
                self.runs.push((seq, seq));
                self.waiting_since = now;
            }
        }
        let patience_over = now.since(self.waiting_since) >= GAP_PATIENCE;
        if (patience_over || self.runs.len() > GAPS_MAX)
            && let Some(&(_, last)) = self.runs.first()
        {
            self.done = last;
        }
    }

    /// Takes the runs that `done` has reached.
    fn absorb(&mut self) {
        for (first, last) in mem::take(&mut self.runs) {
            if first <= self.done.saturating_add(1) {
                self.done = self.done.max(last);
            } else {
                self.runs.push((first, last));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Script {
        order: Order,
        now: Instant,
    }

    impl Script {
        fn new() -> Self {
            Self { order: Order::default(), now: Instant::from_millis(1_000_000) }
        }

        fn later(&mut self, seconds: u64) {
            self.now = self.now.plus(std::time::Duration::from_secs(seconds));
        }

        fn live(&mut self, seq: u64) -> (bool, Option<u64>) {
            self.at("a", seq, true, true)
        }

        fn kept(&mut self, seq: u64) -> (bool, Option<u64>) {
            self.at("a", seq, false, false)
        }

        fn at(&mut self, boot: &str, seq: u64, live: bool, later: bool) -> (bool, Option<u64>) {
            let place = Place { boot_id: boot.to_owned(), seq };
            let Placed { newest, ack } = self.order.place(&place, live, later, self.now);
            (newest, ack)
        }
    }

    #[test]
    fn a_steady_agent_is_acknowledged_at_once() {
        let mut script = Script::new();
        for seq in 1..5 {
            assert_eq!(script.live(seq), (true, Some(seq)));
        }
    }

    #[test]
    fn a_live_reading_does_not_acknowledge_what_the_agent_still_holds() {
        let mut script = Script::new();
        script.live(1);
        assert_eq!(script.live(10), (true, None), "2 to 9 are in the agent's ring");
        assert_eq!(script.kept(4), (false, Some(4)), "2 and 3 found no room in it");
        assert_eq!(script.live(11), (true, None));
        for seq in 5..9 {
            assert_eq!(script.kept(seq), (false, Some(seq)));
        }
        assert_eq!(script.kept(9), (false, Some(11)), "the gap is closed");
        assert_eq!(script.live(12), (true, Some(12)));
        assert_eq!(script.kept(7), (false, Some(12)), "sent twice, kept once");
    }

    #[test]
    fn a_hub_that_was_restarted_begins_where_the_agent_is() {
        let mut script = Script::new();
        assert_eq!(script.live(100), (true, Some(100)));
        assert_eq!(script.kept(90), (false, Some(100)), "from before our time");
        assert_eq!(script.live(101), (true, Some(101)));
    }

    #[test]
    fn a_gap_that_nothing_comes_to_fill_is_not_waited_for_for_ever() {
        let mut script = Script::new();
        script.live(1);
        assert_eq!(script.live(100), (true, None));
        script.later(30);
        assert_eq!(script.live(101), (true, None));
        script.later(30);
        assert_eq!(script.live(102), (true, Some(102)));
        assert_eq!(script.live(103), (true, Some(103)));
    }

    #[test]
    fn time_without_the_agent_is_no_patience() {
        let mut script = Script::new();
        script.live(1);
        assert_eq!(script.live(5), (true, None));
        script.later(90);
        assert_eq!(script.live(9), (true, None), "2 to 4 come now, with 6 to 8");
        script.later(5);
        assert_eq!(script.live(10), (true, None));
        for (kept, ack) in [(2, 2), (3, 3), (4, 5), (6, 6), (7, 7), (8, 10)] {
            assert_eq!(script.kept(kept), (false, Some(ack)));
        }
    }

    #[test]
    fn an_agent_or_host_that_was_restarted_counts_anew() {
        let mut script = Script::new();
        script.live(1);
        script.live(2);
        assert_eq!(script.live(1), (true, Some(1)), "the agent was restarted");
        assert_eq!(script.at("b", 1, true, true), (true, Some(1)), "the host was");
        assert_eq!(script.at("a", 3, false, false), (false, None), "too late");
        assert_eq!(script.at("b", 2, true, true), (true, Some(2)));
    }

    #[test]
    fn a_restarted_agent_is_seen_in_a_gap_too() {
        let mut script = Script::new();
        script.live(3);
        script.live(10);
        assert_eq!(script.live(5), (true, Some(5)), "no live reading is older than another");
        assert_eq!(script.live(6), (true, Some(6)));
    }

    #[test]
    fn gaps_are_bounded_and_the_end_of_numbers_is_no_end() {
        let mut script = Script::new();
        script.live(1);
        for gap in 1..100 {
            script.live(1 + gap * 10);
            assert!(script.order.runs.len() <= GAPS_MAX);
        }
        assert!(script.live(u64::MAX).0);
        script.kept(u64::MAX - 1);
        assert_eq!(script.kept(u64::MAX), (false, Some(u64::MAX)));
    }
}
