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
//! let mut watch = Watch::new(built_in::rules(|name| name == "memory"), WallTime::default());
//! let mut sample = Sample::default();
//! let mut feed = |minute: u64, used: u64| {
//!     sample.memory.usage_percent = Some(Percent::of(used, 100));
//!     let instant = Instant::from_millis(minute * 60_000);
//!     let changes = watch.observe(&sample, Now { instant, wall: WallTime::default() });
//!     Vec::from_iter(changes.iter().map(|change| match change {
//!         Change::Fired(alert) => format!("fired: {}", alert.message),
//!         Change::Resolved(alert, how) => format!("{}: {how}", alert.title),
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

pub use message::{Fired, Resolved};
pub use rule::{Level, Rule, Subject, Test};
pub use watch::Watch;
pub use words::{Shown, Words};

use crate::time::Now;

/// What one look brought about.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// An alert began.
    Fired(Arc<Alert>),
    /// It ended.
    Resolved(Arc<Alert>, Resolution),
}

/// One alert, as it was when it fired.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Made of rule and series: the same at every time and after every start.
    pub id: String,
    /// What it is about: the first word of the metric's name, or `clock`.
    pub kind: String,
    /// How bad it is.
    pub level: Level,
    /// The rule's name.
    pub rule: String,
    /// Which series: `filesystems./.usage_percent`; empty for an alert that was taken over.
    pub series: String,
    /// A few words.
    pub title: String,
    /// A sentence.
    pub message: String,
    /// What was seen.
    pub value: f64,
    /// The line it crossed.
    pub threshold: f64,
    /// What to do about it; empty where nothing is to be said.
    pub suggestion: String,
    /// When it fired.
    pub at: Now,
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
