//! What is known of one series of one rule.

use std::sync::Arc;

use super::{Alert, Rule, Subject};
use crate::time::Instant;

/// One series, from when it matters until it is well again or gone.
#[derive(Debug)]
pub(super) struct Series {
    /// Rule and series as a number.
    pub(super) key: u64,
    /// The rule it is of; `None` until an alert that was taken over is seen.
    pub(super) rule: Option<usize>,
    pub(super) phase: Phase,
    /// When it was last seen.
    pub(super) seen: Instant,
    /// Looks since then.
    pub(super) missed: u8,
    /// A counter: what it was when it last stood still for long. A switch: 0 once it was off.
    base: f64,
    /// A counter: what it is, and since when.
    last: (f64, Instant),
    /// When it was last not well.
    bad: Instant,
}

/// Where it stands.
#[derive(Debug)]
pub(super) enum Phase {
    /// Nothing is wrong.
    Well,
    /// The rule is met since then, for too short to fire.
    Pending(Instant),
    /// There is an alert about it.
    Firing(Arc<Alert>),
    /// There is one of this id from before this start, and it was not seen since.
    Unseen(String),
}

impl Series {
    /// One that is seen for the first time.
    pub(super) const fn new(key: u64, value: f64, now: Instant) -> Self {
        Self {
            key,
            rule: None,
            phase: Phase::Well,
            seen: now,
            missed: 0,
            base: value,
            last: (value, now),
            bad: now,
        }
    }

    /// Whether an alert ends by this value, for the series has been well for long enough.
    pub(super) fn is_over(&mut self, rule: &Rule, value: f64, now: Instant) -> bool {
        if !rule.is_over(value) {
            self.bad = now;
            return false;
        }
        now.since(self.bad) >= rule.linger
    }

    /// The id of the alert about it.
    pub(super) fn alert_id(&self) -> Option<&str> {
        match &self.phase {
            Phase::Firing(alert) => Some(&alert.id),
            Phase::Unseen(id) => Some(id),
            Phase::Well | Phase::Pending(_) => None,
        }
    }

    /// It is seen: what it is to its rule, which may go by what it was.
    pub(super) fn see(&mut self, number: usize, rule: &Rule, value: f64, now: Instant) -> f64 {
        self.rule = Some(number);
        self.seen = now;
        match rule.subject {
            Subject::Figure(_) | Subject::Share(..) => value,
            Subject::Limited(..) | Subject::Clock => value,
            Subject::Growth(_, quiet) => {
                let (last, since) = self.last;
                if value < last {
                    self.base = value; // it begins anew
                }
                if value != last {
                    self.last = (value, now);
                } else if now.since(since) >= quiet {
                    self.base = value;
                }
                value - self.base
            }
            Subject::Turned(_) => {
                let is_known = matches!(self.phase, Phase::Firing(_) | Phase::Unseen(_));
                self.base = if is_known { 0.0 } else { self.base.min(value) };
                value - self.base
            }
        }
    }
}
