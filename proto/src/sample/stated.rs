//! Puts the table of metrics together, while compiling, from what the parts state of their fields.

use super::metric::{Kind, Metric, Unit};

/// What a field adds to the table.
pub(super) enum Stated {
    /// It is no figure.
    Nothing,
    /// One metric, and what it is.
    Figure(Metric, &'static str),
    /// All of another part's.
    Part {
        metrics: &'static [Metric],
        help: &'static [&'static str],
        /// Other names for them; empty for their own.
        names: &'static [&'static str],
        /// Nobody without a token sees the part.
        private: bool,
    },
}

/// One metric; without labels of its own it has those of its part.
pub(super) const fn figure(
    kind: Kind,
    unit: Unit,
    name: &'static str,
    help: &'static str,
    private: bool,
) -> Stated {
    Stated::Figure(Metric { name, unit, kind, labels: &[], private, number: 0 }, help)
}

impl Stated {
    pub(super) const fn told_apart_by(self, labels: &'static [&'static str]) -> Self {
        match self {
            Self::Figure(metric, help) => Self::Figure(Metric { labels, ..metric }, help),
            other @ (Self::Nothing | Self::Part { .. }) => other,
        }
    }

    const fn count(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Figure(..) => 1,
            Self::Part { metrics, .. } => metrics.len(),
        }
    }

    /// The metric that is number `at` of what this field adds.
    const fn metric(&self, at: usize, labels: &'static [&'static str]) -> Metric {
        match self {
            Self::Nothing => panic!("it has none"),
            Self::Figure(metric, _) if metric.labels.is_empty() => Metric { labels, ..*metric },
            Self::Figure(metric, _) => *metric,
            Self::Part { metrics, names, private, .. } => {
                let metric = metrics[at];
                let name = if names.is_empty() { metric.name } else { names[at] };
                Metric { name, private: metric.private || *private, ..metric }
            }
        }
    }

    const fn help(&self, at: usize) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Figure(_, help) => help,
            Self::Part { help, .. } => help[at],
        }
    }
}

pub(super) const fn count(fields: &[Stated]) -> usize {
    let (mut at, mut count) = (0, 0);
    while at < fields.len() {
        count += fields[at].count();
        at += 1;
    }
    count
}

pub(super) const fn metrics<const N: usize>(
    fields: &[Stated],
    labels: &'static [&'static str],
) -> [Metric; N] {
    let Stated::Figure(nothing, _) = figure(Kind::Gauge, Unit::Count, "", "", true) else {
        panic!("a figure is one")
    };
    let mut all = [nothing; N];
    let (mut field, mut row, mut count) = (0, 0, 0);
    while field < fields.len() {
        if row < fields[field].count() {
            all[count] = fields[field].metric(row, labels);
            (row, count) = (row + 1, count + 1);
        } else {
            (field, row) = (field + 1, 0);
        }
    }
    all
}

pub(super) const fn help<const N: usize>(fields: &[Stated]) -> [&'static str; N] {
    let mut all = [""; N];
    let (mut field, mut row, mut count) = (0, 0, 0);
    while field < fields.len() {
        if row < fields[field].count() {
            all[count] = fields[field].help(row);
            (row, count) = (row + 1, count + 1);
        } else {
            (field, row) = (field + 1, 0);
        }
    }
    all
}

pub(super) const fn count_labels(found: &[Option<&'static str>]) -> usize {
    let (mut at, mut count) = (0, 0);
    while at < found.len() {
        count += found[at].is_some() as usize;
        at += 1;
    }
    count
}

pub(super) const fn labels<const N: usize>(found: &[Option<&'static str>]) -> [&'static str; N] {
    let mut labels = [""; N];
    let (mut at, mut count) = (0, 0);
    while at < found.len() {
        if let Some(label) = found[at] {
            labels[count] = label;
            count += 1;
        }
        at += 1;
    }
    labels
}
