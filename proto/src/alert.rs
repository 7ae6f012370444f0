//! Alerts: rules, what was seen of each series so far, and which of them fire now.
//!
//! A [`Watch`] is shown one sample after the other, with the time by the boottime clock, and says
//! what fired and what is over. It knows no server: who hears of it, and when, is a session's.
//!
//! ```
//! # use std::time::Duration;
//! # use kinglet_proto::alert::{Change, Watch, built_in};
//! # use kinglet_proto::percent::Percent;
//! # use kinglet_proto::sample::Sample;
//! # use kinglet_proto::time::{Instant, Now, WallTime};
//! let rules = built_in::rules(|name| name == "memory");
//! let mut watch = Watch::new(&rules, WallTime::default());
//! let mut sample = Sample::default();
//! let mut feed = |minute: u64, used: u64| {
//!     sample.memory.usage_percent = Some(Percent::of(used, 100));
//!     let instant = Instant::from_millis(minute * 60_000);
//!     let changes = watch.observe(&sample, Now { instant, wall: WallTime::default() });
//!     Vec::from_iter(changes.iter().map(|change| match change {
//!         Change::Fired(alert) => format!("fired: {}", alert.message),
//!         Change::Resolved { title, how, .. } => format!("{title}: {how}"),
//!     }))
//! };
//! for minute in 1..=5 {
//!     assert!(feed(minute, 97).is_empty(), "it may pass");
//! }
//! assert_eq!(feed(6, 98), ["fired: 98.0% of the memory is in use"]);
//! assert!(feed(7, 93).is_empty(), "not over the line, and not well either");
//! assert_eq!(feed(8, 60), ["Memory almost full: over"]);
//! ```
//!
//! What is decided for a series that is no longer there (a disk unplugged, an interface gone, a
//! collector that failed): for two minutes, and for three looks where looks are rare, nothing
//! follows, since a figure can be late; then what was held against it is dropped, and an alert
//! about it ends as [`Resolution::Gone`]. If it comes back, it is looked at afresh.
//!
//! An alert's id is made of the rule and the series alone: the same when it fires, when it ends,
//! and after the agent was restarted. What a server knows to be open from before is taken over by
//! [`Watch::adopt`]: it does not fire again, and ends when it is over or its rule is gone.
//!
//! Alerts that are about no figure of a sample, as a certificate's last days, are rules with a
//! [`Subject`] of their own beside [`Subject::Clock`], as is the traffic of a billing period once a
//! sample has it.

mod affected;
pub mod book;
pub mod built_in;
#[cfg(test)]
mod fixture;
mod message;
mod rule;
mod series;
mod watch;
mod words;

use std::fmt;
use std::sync::Arc;

pub(crate) use message::{write_fired, write_resolved};
pub use rule::{Level, Rule, Subject, Test};
pub use watch::Watch;
pub use words::{Shown, Words};

pub use crate::occurrence::IS_BUILT;
use crate::time::Now;

/// What one look brought about.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// An alert began.
    Fired(Arc<Alert>),
    /// It ended.
    Resolved {
        /// Its id.
        id: String,
        /// Its title; empty for one that was taken over and not seen since.
        title: String,
        /// Why.
        how: Resolution,
    },
}

/// One alert, as it was when it fired.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Made of rule and series: the same at every time and after every start.
    pub id: String,
    /// What it fired by.
    pub rule: Arc<Rule>,
    /// Which series: `filesystems./.usage_percent`.
    pub series: String,
    /// A few words.
    pub title: String,
    /// A sentence.
    pub message: String,
    /// What was seen.
    pub value: f64,
    /// The line that it was compared with: the rule's, or that of its own limit.
    pub threshold: f64,
    /// Names of the processes that took most of what it is about, when it fired; empty where the
    /// sample has none.
    pub processes: Vec<String>,
    /// When it fired.
    pub at: Now,
}

impl Alert {
    /// Whether its value is over the line, as it is in all that fired.
    pub fn is_met(&self) -> bool {
        match self.rule.test {
            Test::Above(_) => self.value > self.threshold,
            Test::Below(_) => self.value < self.threshold,
            test @ Test::Equals(_) => test.is_met(self.value),
        }
    }
}

/// Why an alert ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The figure is well again.
    Over,
    /// There is no such figure any more, or no such rule.
    Gone,
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Over => "over",
            Self::Gone => "no longer there",
        })
    }
}

#[cfg(test)]
mod tests;
