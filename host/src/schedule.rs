//! When what moves slowly is read again.

use std::time::Duration;

use kinglet_proto::time::Instant;

use crate::limits::{CHANGE_PACE, CHANGES_AT_ONCE};

/// Due at first, then after each interval, and whenever somebody says that something changed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    interval: Duration,
    next: Instant,
}

impl Schedule {
    pub(crate) const fn every(interval: Duration) -> Self {
        Self { interval, next: Instant::from_millis(0) }
    }

    /// Whether it is time; if so the next time is an interval from now.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        let due = now >= self.next;
        if due {
            // A sample that comes a moment early must not wait for the one after it.
            self.next = now.plus(self.interval - self.interval / 20);
        }
        due
    }

    /// Due at once.
    pub(crate) fn hurry(&mut self) {
        self.next = Instant::default();
    }
}

/// How often changes are followed by reading anew: a few at once, many of them at a pace, so that a
/// host on which containers come and go costs hardly more than a quiet one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Allowance {
    /// When all of it will be there again.
    whole_at: Instant,
}

impl Allowance {
    /// Whether one more change may be followed now.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let is_left = self.whole_at <= now.plus(CHANGE_PACE * (CHANGES_AT_ONCE - 1));
        if is_left {
            self.whole_at = self.whole_at.max(now).plus(CHANGE_PACE);
        }
        is_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_changes_are_followed_at_once_and_many_at_a_pace() {
        let mut allowance = Allowance::default();
        let start = Instant::from_millis(70_000);
        let followed =
            (0..100).filter(|second| allowance.take(start.plus(Duration::from_secs(*second))));
        assert_eq!(followed.count(), 3 + 5, "of a hundred, one each second");
        let later = start.plus(Duration::from_secs(300));
        assert_eq!((0..9).filter(|_| allowance.take(later)).count(), 4, "after some quiet");
    }

    #[test]
    fn due_first_then_every_interval_and_when_hurried() {
        let mut schedule = Schedule::every(Duration::from_secs(10));
        let at = |ms| Instant::from_millis(ms);
        assert!(schedule.is_due(at(5)));
        assert!(!schedule.is_due(at(9_504)));
        assert!(schedule.is_due(at(9_505)), "half a second early is in time");
        schedule.hurry();
        assert!(schedule.is_due(at(9_506)));
        assert!(!schedule.is_due(at(9_507)));
    }
}
