//! When what moves slowly is read again.

use std::time::Duration;

use kinglet_proto::time::Instant;

/// Due at first, then after each interval, and whenever somebody says that something changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    interval: Duration,
    next: Instant,
}

impl Schedule {
    pub(super) const fn every(interval: Duration) -> Self {
        Self { interval, next: Instant::from_millis(0) }
    }

    /// Whether it is time; if so the next time is an interval from now.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let due = now >= self.next;
        if due {
            // A sample that comes a moment early must not wait for the one after it.
            self.next = now.plus(self.interval - self.interval / 20);
        }
        due
    }

    /// Due at once.
    pub(super) fn hurry(&mut self) {
        self.next = Instant::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
