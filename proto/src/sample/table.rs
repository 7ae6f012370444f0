//! Every figure a sample can hold, by name, and the one walk through a sample that yields them.
//!
//! What is made of figures one by one (a database's lines, an exposition, rules, charts, topics) is
//! made from here, so that none of it has a line per field. The table is put together from what
//! each part of the sample says of its fields (`part.rs`).

use super::Sample;
use super::field::Field;
use super::metric::{Figure, Labels, Metric, Take};
use super::wanted::Wanted;

/// Every metric, in the order of the walk.
pub static METRICS: [Metric; Sample::COUNT] = numbered(Sample::METRICS);

/// What each metric is, in a sentence or two: what stands at its field in the sample.
static HELP: [&str; Sample::COUNT] = Sample::HELP;

/// The metric of this name, found while compiling; a name that none has stops the compiler.
pub const fn metric(name: &str) -> &'static Metric {
    let mut at = 0;
    while at < METRICS.len() {
        if is_same(METRICS[at].name.as_bytes(), name.as_bytes()) {
            return &METRICS[at];
        }
        at += 1;
    }
    panic!("no metric has this name");
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

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
    pub fn read(&self, take: impl FnMut(&Figure<'_>)) {
        self.read_some(&Wanted::ALL, take);
    }

    /// The same of these metrics alone.
    pub fn read_some(&self, wanted: &Wanted, mut take: impl FnMut(&Figure<'_>)) {
        self.walk(0, &Labels::NONE, &mut Take { wanted, to: &mut take });
    }
}

/// Hands on a figure, if it is there.
pub(super) fn read_figure(field: &impl Field, at: usize, labels: &Labels<'_>, take: &mut Take<'_>) {
    if take.wanted.has(at)
        && let (Some(value), Some(metric)) = (field.figure(), METRICS.get(at))
    {
        (take.to)(&Figure { metric, labels: labels.list(), value });
    }
}

impl Metric {
    /// What it is, in a sentence or two.
    pub fn help(&self) -> &'static str {
        HELP.get(usize::from(self.number)).copied().unwrap_or_default().trim_start()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::percent::Percent;

    /// One of everything, and of some things more.
    fn full() -> Sample {
        let mut sample = Sample::full();
        sample.cpu.per_core.push(Percent::of(1, 4));
        sample.cpu.core_numbers = vec![0, 3];
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
            ("cpu.0.usage", 12.5),
            ("cpu.3.usage", 25.0),
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
