//! Bytes since local midnight, as far as they can be known.
//!
//! What is counted is what the counted links grew by from sample to sample: one that goes takes
//! nothing with it, one that comes begins when it is seen, one that starts over costs an interval.
//! An agent that starts in the middle of a day begins with all since the boot where that was today,
//! and with nothing where it was not.
//!
//! A day ends when its number changes and what was counted began before that midnight by the
//! boottime clock. So a board that wakes up in 1970 keeps its count when it learns the date, and a
//! clock set back over midnight ends no day a second time.

use std::time::Duration;

use kinglet_proto::time::{Instant, Now};

use crate::collect::schedule::Schedule;
use crate::limits::ZONE_INTERVAL;
use crate::read::{Buffer, Root};
use kinglet_proto::zone::{self, Offset};

const DAY: i64 = 86_400;

/// Counts bytes received and sent.
#[derive(Debug, Default)]
pub(super) struct Today {
    /// `None` before anything was.
    bytes: Option<[u64; 2]>,
    /// When counting began: at boot, then at the first sample of each day.
    since: Instant,
    day: i64,
}

impl Today {
    /// Adds what passed since the last call; `total` is all since boot, `None` where no link
    /// counts.
    pub(super) fn count(
        &mut self,
        now: Now,
        ahead: i64,
        total: Option<[u64; 2]>,
        grown: [u64; 2],
    ) -> Option<[u64; 2]> {
        let local = unix_seconds(now).saturating_add(ahead);
        let (day, of_day) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let is_first = self.bytes.is_none();
        let mut bytes = match self.bytes {
            Some([rx, tx]) => [rx.saturating_add(grown[0]), tx.saturating_add(grown[1])],
            None => total?,
        };
        if is_first || day != self.day {
            self.day = day;
            if now.instant.since(self.since) > Duration::from_secs(of_day.unsigned_abs()) {
                (bytes, self.since) = ([0; 2], now.instant);
            }
        }
        self.bytes = Some(bytes);
        self.bytes
    }
}

/// How far the host's local time is ahead of UTC: what `/etc/localtime` says, else `/etc/TZ`, else
/// not at all.
#[derive(Debug)]
pub(super) struct Zone {
    root: Root,
    offset: Offset,
    due: Schedule,
}

impl Zone {
    pub(super) fn new(root: &Root) -> Self {
        let due = Schedule::every(ZONE_INTERVAL);
        Self { root: root.clone(), offset: Offset::UTC, due }
    }

    /// In seconds. Reads when what it knows is old, or does not hold any more.
    pub(super) fn ahead(&mut self, now: Now, buffer: &mut Buffer) -> i64 {
        let unix = unix_seconds(now);
        let holds = (self.offset.from..self.offset.until).contains(&unix);
        if self.due.is_due(now.instant) || !holds {
            let mut read =
                |name| self.root.read_inside(name, buffer).and_then(|text| zone::parse(text, unix));
            self.offset = read("etc/localtime").or_else(|| read("etc/TZ")).unwrap_or(Offset::UTC);
        }
        self.offset.seconds
    }

    /// A file that was late may be there now.
    pub(super) fn hurry(&mut self) {
        self.due.hurry();
    }
}

fn unix_seconds(now: Now) -> i64 {
    now.wall.unix_seconds().cast_signed()
}

#[cfg(test)]
mod tests {
    use kinglet_proto::time::WallTime;

    use super::*;

    /// A host booted at `boot`, and its agent.
    struct Host {
        boot: u64,
        /// What its clock is wrong by.
        error: i64,
        today: Today,
        /// Seconds that local time is ahead.
        ahead: i64,
    }

    fn seconds(at: &str) -> u64 {
        WallTime::parse(&format!("2026-{at}Z")).unwrap().unix_seconds()
    }

    impl Host {
        fn booted(at: &str) -> Self {
            Self { boot: seconds(at), error: 0, today: Today::default(), ahead: 0 }
        }

        /// Bytes received today, at `at`, when since boot it were `total`, and `grown` of them new.
        fn count(&mut self, at: &str, total: u64, grown: u64) -> Option<u64> {
            let at = seconds(at);
            let wall = at.checked_add_signed(self.error).unwrap() * 1000;
            let instant = Instant::from_millis((at - self.boot) * 1000);
            let now = Now { instant, wall: WallTime::from_unix_millis(wall) };
            let [rx, tx] = self.today.count(now, self.ahead, Some([total, 0]), [grown, 0])?;
            assert_eq!(tx, 0);
            Some(rx)
        }
    }

    #[test]
    fn a_day_begins_with_nothing_at_local_midnight() {
        let mut host = Host::booted("03-01T00:00:00");
        host.ahead = 3600;
        assert_eq!(host.count("03-07T08:00:00", 9000, 0), Some(0), "not booted today");
        assert_eq!(host.count("03-07T22:59:59", 9500, 500), Some(500));
        assert_eq!(host.count("03-07T23:00:00", 9700, 200), Some(0));
        assert_eq!(host.count("03-07T23:00:05", 9710, 10), Some(10));
        assert_eq!(host.count("03-08T00:00:00", 9730, 20), Some(30), "midnight somewhere else");
        assert_eq!(host.count("03-09T12:00:00", 9730, 0), Some(0), "suspended over a midnight");
    }

    #[test]
    fn an_agent_that_starts_at_noon_knows_all_since_a_boot_of_today() {
        assert_eq!(Host::booted("03-07T00:00:01").count("03-07T12:00:00", 9000, 0), Some(9000));
        assert_eq!(Host::booted("03-06T23:59:59").count("03-07T12:00:00", 9000, 0), Some(0));
    }

    #[test]
    fn a_clock_that_learns_the_date_costs_nothing_of_today() {
        let mut host = Host::booted("03-07T10:00:00");
        host.error = -seconds("03-07T10:00:00").cast_signed();
        assert_eq!(host.count("03-07T10:00:20", 500, 0), Some(500));
        host.error = 0;
        assert_eq!(host.count("03-07T10:05:00", 700, 200), Some(700));
        assert_eq!(host.count("03-08T00:00:05", 800, 100), Some(0));
        // Learnt after midnight, it is not known what was before.
        let mut host = Host::booted("03-07T23:59:00");
        host.error = -seconds("03-07T23:59:00").cast_signed();
        assert_eq!(host.count("03-07T23:59:20", 500, 0), Some(500));
        host.error = 0;
        assert_eq!(host.count("03-08T00:00:05", 700, 200), Some(0));
    }

    #[test]
    fn a_clock_that_jumps_over_midnight_and_back_ends_one_day() {
        let mut host = Host::booted("03-01T00:00:00");
        assert_eq!(host.count("03-07T20:00:00", 0, 0), Some(0));
        assert_eq!(host.count("03-08T00:00:03", 50, 50), Some(0));
        host.error = -5;
        assert_eq!(host.count("03-08T00:00:04", 60, 10), Some(10), "23:59:59 again");
        assert_eq!(host.count("03-08T00:00:10", 80, 20), Some(0));
        // Pulled back slowly, all day long, midnight seems to lie behind the first sample.
        host.error = -40;
        assert_eq!(host.count("03-08T18:00:00", 90, 10), Some(10));
    }

    #[test]
    fn before_any_link_counts_nothing_is_said_and_nothing_overflows() {
        let mut today = Today::default();
        let now = Now::default();
        assert_eq!(today.count(now, 0, None, [0; 2]), None);
        assert_eq!(today.count(now, 0, Some([5, 6]), [0; 2]), Some([5, 6]));
        assert_eq!(today.count(now, 0, None, [1; 2]), Some([6, 7]), "kept while no link is there");
        assert_eq!(today.count(now, i64::MAX, None, [u64::MAX; 2]), Some([u64::MAX; 2]));
        assert!(today.count(now, i64::MIN, None, [1; 2]).is_some());
    }
}
