//! What a figure of a sample is: what it means, which series of it, how much.

use std::fmt;

use super::wanted::Wanted;
use crate::percent::Percent;

/// One figure: its name, and what a number under that name means, whatever the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// `cpu.usage`; with a label in braces where there is one for each row: `disks.{disk}.used`.
    pub name: &'static str,
    /// What it is counted in.
    pub unit: Unit,
    /// Whether it goes up and down or only up.
    pub kind: Kind,
    /// What tells its series apart, the label in the name first; empty where there is one series.
    pub labels: &'static [&'static str],
    /// Kept from viewers who have shown no token.
    pub private: bool,
    /// Its place in [`METRICS`](super::table::METRICS).
    pub number: u16,
}

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things, events, ratios without a dimension.
    Count,
    /// 0 to 100.
    Percent,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerSecond,
    /// Bits a second, in millions.
    MegabitsPerSecond,
    /// Seconds.
    Seconds,
    /// Thousandths of a second.
    Milliseconds,
    /// Seconds since 1970-01-01 UTC.
    UnixSeconds,
    /// Clock of a processor.
    Megahertz,
    /// Degrees Celsius.
    Celsius,
    /// Revolutions a minute.
    RevolutionsPerMinute,
    /// Level of a radio signal.
    Dbm,
    /// 1 for yes, 0 for no.
    Switch,
}

/// How a figure moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Up and down.
    Gauge,
    /// Up only, from zero at a boot, a start or the appearance of what is counted.
    Counter,
}

/// A figure's number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A whole number.
    Integer(u64),
    /// A whole number that may be below zero.
    Signed(i64),
    /// A share with one decimal.
    Percent(Percent),
    /// Any other number.
    Float(f64),
    /// Yes or no.
    Switch(bool),
}

/// What tells one series of a metric from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label<'a> {
    /// `disk`
    pub name: &'static str,
    /// `sda`
    pub value: LabelValue<'a>,
}

/// A label's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelValue<'a> {
    /// A name.
    Text(&'a str),
    /// A place in a list.
    Number(usize),
}

/// One figure of one sample.
#[derive(Debug, Clone, Copy)]
pub struct Figure<'a> {
    /// What it is.
    pub metric: &'static Metric,
    /// Which series of it: a value for each of the metric's labels, in their order.
    pub labels: &'a [Label<'a>],
    /// How much.
    pub value: Value,
}

/// Who takes the figures of a walk.
pub(crate) struct Take<'a> {
    pub(super) wanted: &'a Wanted,
    pub(super) to: &'a mut dyn FnMut(&Figure<'_>),
}

/// The labels on the way through a sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Labels<'a> {
    list: [Label<'a>; 3],
    count: usize,
}

impl<'a> Labels<'a> {
    /// At the beginning.
    pub(super) const NONE: Labels<'static> =
        Labels { list: [Label { name: "", value: LabelValue::Number(0) }; 3], count: 0 };

    /// These and one more.
    pub(super) fn with(mut self, name: &'static str, value: LabelValue<'a>) -> Self {
        self.list[self.count] = Label { name, value };
        self.count += 1;
        self
    }

    /// All of them.
    pub(super) fn list(&self) -> &[Label<'a>] {
        &self.list[..self.count]
    }
}

impl Unit {
    /// Its sign beside a number; empty for what is only counted.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Count | Self::Switch => "",
            Self::Percent => "%",
            Self::Bytes => "B",
            Self::BytesPerSecond => "B/s",
            Self::MegabitsPerSecond => "Mbit/s",
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::UnixSeconds => "unix s",
            Self::Megahertz => "MHz",
            Self::Celsius => "°C",
            Self::RevolutionsPerMinute => "rpm",
            Self::Dbm => "dBm",
        }
    }
}

impl Value {
    /// As a number, for comparison and for what knows only one kind of number.
    pub fn get(self) -> f64 {
        // Above 2^53 the last digits are lost, as everywhere that numbers are floats.
        #[expect(clippy::cast_precision_loss)]
        match self {
            Self::Integer(value) => value as f64,
            Self::Signed(value) => value as f64,
            Self::Percent(value) => value.get(),
            Self::Float(value) => value,
            Self::Switch(value) => f64::from(u8::from(value)),
        }
    }
}

impl fmt::Display for LabelValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// The name of a series: the metric's, with the label in its place: `disks.sda.used`.
impl fmt::Display for Figure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.metric.name;
        let Some(label) = self.labels.first() else { return f.write_str(name) };
        let (before, rest) = name.split_once('{').unwrap_or((name, ""));
        let after = rest.split_once('}').map_or("", |(_, after)| after);
        f.write_str(before)?;
        if before.len() < name.len() {
            label.value.fmt(f)?;
        }
        f.write_str(after)
    }
}
