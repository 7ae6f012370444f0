//! What a hub remembers, as whoever asks sees it: a question, the lines that answer it, and the
//! events that were kept. Nothing here knows how it is kept.
//!
//! A store is one implementation of [`History`]; nobody else knows another name of it.

use std::fmt;
use std::time::Duration;

use kinglet_proto::host::HostId;
use kinglet_proto::sample::metric::Metric;
use kinglet_proto::time::WallTime;

use crate::alert::{Change, Entry, Kept as KeptAlerts};
use crate::fleet::Update;
use crate::limits::POINTS_MAX;

/// Keeps what happens, and is asked about the past. One that keeps nothing says only what it
/// answers.
pub trait History: Send + Sync {
    /// Whether what is kept outlives the program, so that agents may be told that it is safe.
    fn is_durable(&self) -> bool {
        false
    }

    /// Begins to keep; each time something is safe, or is not, it is told to `tell`.
    fn start(&self, _tell: Tell) {}

    /// Keeps an update, or what of it is worth it. Never waits for a disk.
    fn keep(&self, _update: &Update) {}

    /// Updates were lost on the way here: nothing that was kept after the last [`Kept::UpTo`] is
    /// all there is.
    fn missed(&self) {}

    /// Forgets all of a host up to when it is [removed](Update::Removed), which it will be right
    /// after this, and then says [`Kept::Forgotten`]. False where it is not the hub's to forget.
    fn forget(&self, _host: &HostId) -> bool {
        false
    }

    /// Whether it is.
    fn forgets(&self) -> bool {
        false
    }

    /// Writes what waits, and ends. Waits for the disk.
    fn stop(&self) {}

    /// The lines of one metric of one host, one for each of its series, in the order of their
    /// labels; empty when there is nothing in the range. This and [`events`](Self::events) wait for
    /// the disk: never from a task of the runtime.
    ///
    /// # Errors
    /// What cannot be answered, and why.
    fn lines(&self, query: &Query<'_>) -> Result<Vec<Line>, QueryError>;

    /// The kept events that match, newest first.
    ///
    /// # Errors
    /// Only [`QueryError::Failed`].
    fn events(&self, query: &EventQuery<'_>) -> Result<Vec<Event>, QueryError>;

    /// Keeps changes of alerts, silences and hosts, all of them or none. Waits for the disk, as do
    /// the next two.
    ///
    /// # Errors
    /// Only [`QueryError::Failed`].
    fn keep_alerts(&self, _changes: &[Change]) -> Result<(), QueryError> {
        Ok(())
    }

    /// What was kept of alerts that matters today.
    ///
    /// # Errors
    /// Only [`QueryError::Failed`].
    fn kept_alerts(&self) -> Result<KeptAlerts, QueryError> {
        Ok(KeptAlerts::default())
    }

    /// Alerts that are over, of a host or of all, which began in this range; newest first.
    ///
    /// # Errors
    /// Only [`QueryError::Failed`].
    fn past_alerts(&self, _query: &EventQuery<'_>) -> Result<Vec<Entry>, QueryError> {
        Ok(Vec::new())
    }

    /// How the store is.
    fn state(&self) -> State;
}

/// Who is told what is safe.
pub type Tell = Box<dyn Fn(Kept) + Send + Sync>;

/// What is safe, or gone for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Every reading up to this number of its kind ([`Reading::number`](crate::fleet::Reading)).
    UpTo(u64),
    /// Some that were not told to be safe are lost. Their agents still have them.
    Lost,
    /// Nothing is there of this host any more.
    Forgotten(HostId),
}

/// One question about one metric.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// Whose.
    pub host: &'a HostId,
    /// Of what.
    pub metric: &'static Metric,
    /// Only the series whose first label has this value; `None` for all.
    pub label: Option<&'a str>,
    /// From here on.
    pub from: WallTime,
    /// Up to here, this moment not included.
    pub to: WallTime,
    /// Seconds that one point stands for; `None` for the finest that there is for the whole range.
    pub step_s: Option<u32>,
}

/// One series over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it is.
    pub metric: &'static Metric,
    /// Which series of it: a value for each of the metric's labels, in their order.
    pub labels: Vec<String>,
    /// Seconds that one point stands for; 1 for the readings as they came.
    pub step_s: u32,
    /// In the order of time. Where nothing came there is no point.
    pub points: Vec<Point>,
}

/// What a metric was during one step. Of a counter all three are how much it rose in it, except
/// where each reading is a point of its own (a step of one second): there they are what was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When the step began, milliseconds since 1970-01-01 UTC; a multiple of the step.
    pub at_ms: u64,
    /// The mean of what was read.
    pub mean: f64,
    /// The lowest.
    pub min: f64,
    /// The highest.
    pub max: f64,
}

/// Which events are asked for.
#[derive(Debug, Clone, Copy)]
pub struct EventQuery<'a> {
    /// Whose; `None` for all hosts.
    pub host: Option<&'a HostId>,
    /// `alert`, `status`, `config`, `system` or `performance`; `None` for all.
    pub kind: Option<&'a str>,
    /// From here on.
    pub from: WallTime,
    /// Up to here, this moment not included.
    pub to: WallTime,
    /// So many of the newest at most.
    pub limit: usize,
}

/// Something an agent told beside its figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Whose.
    pub host: HostId,
    /// When it came, by the hub's clock.
    pub at: WallTime,
    /// Its type in the envelope.
    pub kind: String,
    /// Its `data`, a JSON object as text.
    pub data: String,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryError {
    /// Nothing was ever kept of this host.
    UnknownHost,
    /// More points than one answer holds; with the smallest step, in seconds, that fits.
    TooManyPoints(u32),
    /// The store cannot be read; in words.
    Failed(String),
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownHost => f.write_str("no such host"),
            Self::TooManyPoints(fits) => write!(f, "too many points: a step of {fits} s fits"),
            Self::Failed(what) => write!(f, "the history cannot be read: {what}"),
        }
    }
}

impl std::error::Error for QueryError {}

/// How a store is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// Why nothing has been written lately, in words; `None` while all is well.
    pub failing: Option<String>,
    /// How long what came last may wait until it is written.
    pub commit_interval: Duration,
}

/// A history without a past.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nothing;

impl History for Nothing {
    fn lines(&self, _: &Query<'_>) -> Result<Vec<Line>, QueryError> {
        Err(QueryError::UnknownHost)
    }

    fn events(&self, _: &EventQuery<'_>) -> Result<Vec<Event>, QueryError> {
        Ok(Vec::new())
    }

    fn state(&self) -> State {
        State::default()
    }
}

/// Steps that a person would choose, in seconds.
const STEPS: [u32; 16] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400];

/// The smallest step that answers a range with few enough points.
pub(crate) fn step_that_fits(range_ms: u64) -> u32 {
    let fits = |step: &u32| range_ms.div_ceil(u64::from(*step) * 1000) <= POINTS_MAX as u64;
    STEPS.into_iter().find(fits).unwrap_or_else(|| {
        u32::try_from(range_ms.div_ceil(1000 * POINTS_MAX as u64)).unwrap_or(u32::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_that_fits_is_one_a_person_would_choose() {
        let hour = 3_600_000;
        assert_eq!(step_that_fits(hour), 1);
        assert_eq!(step_that_fits(24 * hour), 10);
        assert_eq!(step_that_fits(7 * 24 * hour), 120);
        assert_eq!(step_that_fits(366 * 24 * hour), 3600);
        let ages = 100 * 366 * 24 * hour;
        assert!(ages.div_ceil(u64::from(step_that_fits(ages)) * 1000) <= POINTS_MAX as u64);
    }
}
