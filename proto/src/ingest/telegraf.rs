//! What telegraf says: batches of points, of one host or several, as lines or as JSON.
//!
//! A batch is read point by point, and one that makes no sense costs nobody else anything. What
//! the points of a host mean, over batches, is a [`Host`]'s to know.

mod carried;
mod host;
mod json;

use std::collections::BTreeMap;

pub use host::Host;

use super::DecodeError;
use crate::host::HostId;
use crate::limits::{HOST_ID_MAX, INGEST_POINTS_MAX};
use crate::wire::line_protocol::{self, Point};
use crate::wire::telegraf::HOST;

/// Milliseconds since 1970-01-01 UTC.
type Millis = u64;

/// What a point's time is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Nobody said: its size tells, for a time of this century is one number in each unit.
    Guessed,
    /// Nanoseconds, where a request over HTTP says nothing.
    Nanoseconds,
    /// Microseconds.
    Microseconds,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
}

/// The points of a batch that could be read, each with its time in milliseconds since 1970-01-01
/// UTC; one without a time is of now.
#[derive(Debug, Default, PartialEq)]
pub struct Batch<'a> {
    /// The points, in their order.
    pub points: Vec<Point<'a>>,
    /// How many could not be read.
    pub rejected: usize,
    /// What is wrong with the first of them.
    pub fault: Option<String>,
}

impl Precision {
    /// By the name that InfluxDB 1.x or 2.x has for it.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "n" | "ns" => Self::Nanoseconds,
            "u" | "us" | "µ" => Self::Microseconds,
            "ms" => Self::Milliseconds,
            "s" => Self::Seconds,
            "m" => Self::Minutes,
            "h" => Self::Hours,
            _ => return None,
        })
    }

    /// A time in milliseconds, none from before 1970.
    fn millis(self, time: i64) -> i64 {
        let time = time.max(0);
        match self {
            Self::Nanoseconds => time / 1_000_000,
            Self::Microseconds => time / 1000,
            Self::Milliseconds => time,
            Self::Seconds => time.saturating_mul(1000),
            Self::Minutes => time.saturating_mul(60_000),
            Self::Hours => time.saturating_mul(3_600_000),
            Self::Guessed => Self::guess(time).millis(time),
        }
    }

    /// The unit in which this is a time between 1973 and 5138.
    const fn guess(time: i64) -> Self {
        match time {
            ..100_000_000_000 => Self::Seconds,
            100_000_000_000..100_000_000_000_000 => Self::Milliseconds,
            100_000_000_000_000..100_000_000_000_000_000 => Self::Microseconds,
            100_000_000_000_000_000.. => Self::Nanoseconds,
        }
    }
}

impl<'a> Batch<'a> {
    /// Reads a batch of lines.
    pub fn lines(text: &'a str, precision: Precision) -> Self {
        let mut batch = Self::default();
        for line in line_protocol::lines(text) {
            match line_protocol::parse(line) {
                Ok(point) => batch.take(point, precision),
                Err(error) => batch.reject(error.to_string()),
            }
        }
        batch
    }

    /// Reads a batch that is JSON if it begins as JSON does, else of lines. A measurement can
    /// begin with a brace, but none does.
    pub fn lines_or_json(text: &'a str, precision: Precision) -> Result<Self, DecodeError> {
        if text.trim_ascii_start().starts_with(['{', '[']) {
            json::decode(text, precision)
        } else {
            Ok(Self::lines(text, precision))
        }
    }

    /// The points of each host, by the name in their tags; `None` for those without one.
    pub fn by_host(self) -> BTreeMap<Option<String>, Vec<Point<'a>>> {
        let mut hosts: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for point in self.points {
            let host = point.tag(HOST).map(str::to_owned);
            hosts.entry(host).or_default().push(point);
        }
        hosts
    }

    fn take(&mut self, mut point: Point<'a>, precision: Precision) {
        if self.points.len() >= INGEST_POINTS_MAX {
            return self.reject(format!("more than {INGEST_POINTS_MAX} points at once"));
        }
        point.timestamp = point.timestamp.map(|time| precision.millis(time));
        self.points.push(point);
    }

    fn reject(&mut self, why: String) {
        self.rejected += 1;
        self.fault.get_or_insert(why);
    }
}

/// The id of the host that a tag names. What an id cannot have becomes a hyphen; `None` where
/// nothing is left.
pub fn host_id(tag: &str) -> Option<HostId> {
    if let Ok(id) = HostId::parse(tag) {
        return Some(id);
    }
    let is_good = |c: &char| HostId::parse(&format!("x{c}")).is_ok();
    let text: String = tag
        .trim()
        .trim_start_matches('.')
        .chars()
        .take(HOST_ID_MAX)
        .map(|c| if is_good(&c) { c } else { '-' })
        .collect();
    HostId::parse(&text[..text.floor_char_boundary(HOST_ID_MAX)]).ok()
}

#[cfg(test)]
mod tests;
