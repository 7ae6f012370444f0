//! Every figure a sample can hold, by name, and the one walk through a sample that yields them.
//!
//! What is made of figures one by one (a database's lines, an exposition, rules, charts, topics) is
//! made from here, so that none of it has a line per field. The table is put together from what
//! each part of the sample says of its fields (`part.rs`).

use std::fmt;

use super::Sample;
use super::field::Field;
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
    /// Its place in [`METRICS`].
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
pub(crate) type Take<'a> = dyn FnMut(&Figure<'_>) + 'a;

/// The labels on the way through a sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Labels<'a> {
    list: [Label<'a>; 3],
    count: usize,
}

/// Every metric, in the order of the walk.
pub static METRICS: [Metric; Sample::COUNT] = numbered(Sample::METRICS);

/// What each metric is, in a sentence or two: what stands at its field in the sample.
static HELP: [&str; Sample::COUNT] = Sample::HELP;

const fn numbered<const N: usize>(mut metrics: [Metric; N]) -> [Metric; N] {
    let mut at = 0;
    while at < N {
        assert!(at <= u16::MAX as usize);
        #[expect(clippy::cast_possible_truncation, reason = "asserted above")]
        let number = at as u16;
        metrics[at].number = number;
        at += 1;
    }
    metrics
}

impl Sample {
    /// Hands every figure of this sample to `take`, in the order of [`METRICS`]; what the host did
    /// not give is left out.
    pub fn read(&self, mut take: impl FnMut(&Figure<'_>)) {
        self.walk(0, &Labels::NONE, &mut take);
    }
}

/// Hands on a figure, if it is there.
pub(super) fn read_figure(field: &impl Field, at: usize, labels: &Labels<'_>, take: &mut Take<'_>) {
    if let (Some(value), Some(metric)) = (field.figure(), METRICS.get(at)) {
        take(&Figure { metric, labels: &labels.list[..labels.count], value });
    }
}

impl<'a> Labels<'a> {
    const NONE: Labels<'static> =
        Labels { list: [Label { name: "", value: LabelValue::Number(0) }; 3], count: 0 };

    /// These and one more.
    pub(super) fn with(mut self, name: &'static str, value: LabelValue<'a>) -> Self {
        self.list[self.count] = Label { name, value };
        self.count += 1;
        self
    }
}

impl Metric {
    /// What it is, in a sentence or two.
    pub fn help(&self) -> &'static str {
        HELP.get(usize::from(self.number)).copied().unwrap_or_default().trim_start()
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
        match (self.metric.name.split_once('{'), self.labels.first()) {
            (Some((before, rest)), Some(label)) => {
                let after = rest.split_once('}').map_or("", |(_, after)| after);
                write!(f, "{before}{}{after}", label.value)
            }
            _ => f.write_str(self.metric.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// One of everything, and of some things more.
    fn full() -> Sample {
        let mut sample = Sample::full();
        sample.cpu.per_core.push(Percent::of(1, 4));
        sample.disks[0].name = "sda".to_owned();
        sample.filesystems[0].mount_point = "/".to_owned();
        let memory = sample.pressure.as_mut().and_then(|pressure| pressure.memory.as_mut());
        memory.unwrap().full_avg10 = Some(Percent::of(1, 2));
        sample
    }

    fn figures(sample: &Sample) -> Vec<(String, u16, f64)> {
        let mut found = Vec::new();
        sample.read(|figure| {
            assert_eq!(figure.labels.len(), figure.metric.labels.len());
            found.push((figure.to_string(), figure.metric.number, figure.value.get()));
        });
        found
    }

    #[test]
    fn a_full_sample_has_every_metric_in_the_order_of_the_table() {
        let found = figures(&full());
        let mut numbers: Vec<_> = found.iter().map(|(_, number, _)| *number).collect();
        assert!(numbers.is_sorted());
        numbers.dedup();
        let all: Vec<_> = METRICS.iter().map(|metric| metric.number).collect();
        let missing: Vec<_> = METRICS.iter().filter(|m| !numbers.contains(&m.number)).collect();
        assert_eq!(numbers, all, "{missing:?}");
        for (series, value) in [
            ("cpu.usage", 12.5),
            ("cpu.1.usage", 25.0),
            ("disks.sda.used", 1.0),
            ("filesystems./.usage_percent", 12.5),
            ("network.x.rx_speed", 1.0),
            ("pressure.memory.full_avg10", 50.0),
            ("wireless.x.signal_dbm", -1.0),
            ("temperatures.x", 0.5),
        ] {
            assert!(found.iter().any(|f| f.0 == series && f.2 == value), "{series}: {found:?}");
        }
    }

    #[test]
    fn what_the_host_does_not_give_is_no_figure() {
        let found = figures(&Sample::default());
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn every_name_is_one_of_a_kind_and_says_its_label() {
        let names: BTreeSet<_> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), METRICS.len());
        for metric in &METRICS {
            let label = metric.name.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
            assert_eq!(label.map(|(label, _)| label), metric.labels.first().copied(), "{metric:?}");
            let plain =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._{}".contains(c);
            assert!(metric.name.chars().all(plain), "{metric:?}");
            assert!(metric.help().ends_with('.') && !metric.help().starts_with(' '), "{metric:?}");
        }
    }
}
