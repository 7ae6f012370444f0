//! In what resolutions the past is kept, and how much of each lies in one block.

use std::time::Duration;

use super::bucket::start_of;

const SECOND: u64 = 1000;
const HOUR: u64 = 3600 * SECOND;
pub(super) const DAY: u64 = 24 * HOUR;

/// One resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    /// Every reading as it came, an hour a block.
    Raw,
    /// A minute a point, a day a block.
    Minute,
    /// A quarter of an hour a point, a week a block.
    Quarter,
    /// An hour a point, four weeks a block.
    Hour,
}

impl Tier {
    /// Those made of readings, the finest first.
    pub(super) const ROLLED: [Self; 3] = [Self::Minute, Self::Quarter, Self::Hour];

    /// Its number in the database.
    pub(super) const fn number(self) -> i64 {
        match self {
            Self::Raw => 0,
            Self::Minute => 1,
            Self::Quarter => 2,
            Self::Hour => 3,
        }
    }

    /// What one point stands for, milliseconds; of readings the least.
    pub(super) const fn step(self) -> u64 {
        match self {
            Self::Raw => SECOND,
            Self::Minute => 60 * SECOND,
            Self::Quarter => 900 * SECOND,
            Self::Hour => HOUR,
        }
    }

    /// What one block stands for, milliseconds.
    pub(super) const fn span(self) -> u64 {
        match self {
            Self::Raw => HOUR,
            Self::Minute => DAY,
            Self::Quarter => 7 * DAY,
            Self::Hour => 28 * DAY,
        }
    }

    /// The beginning of the block that a moment is in.
    pub(super) const fn block_of(self, at: u64) -> u64 {
        start_of(at, self.span())
    }
}

/// How long each resolution is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Every reading.
    pub raw: Duration,
    /// A point a minute.
    pub minute: Duration,
    /// A point a quarter of an hour.
    pub quarter: Duration,
    /// A point an hour.
    pub hour: Duration,
}

impl Retention {
    /// Milliseconds that a resolution is kept.
    pub(super) fn of(&self, tier: Tier) -> u64 {
        let kept = match tier {
            Tier::Raw => self.raw,
            Tier::Minute => self.minute,
            Tier::Quarter => self.quarter,
            Tier::Hour => self.hour,
        };
        u64::try_from(kept.as_millis()).unwrap_or(u64::MAX)
    }
}

const _: () = {
    assert!(DAY.is_multiple_of(Tier::Hour.step()) && Tier::Quarter.span().is_multiple_of(DAY));
    assert!(Tier::Hour.step().is_multiple_of(Tier::Quarter.step()));
    assert!(Tier::Quarter.step().is_multiple_of(Tier::Minute.step()));
};
