//! What each metric is called there: a measurement for each block of a sample, a field for each
//! figure, its labels as tags. Made from the table of metrics, with no line per figure.
//!
//! ```text
//! temperatures.{sensor}   kinglet_temperatures,sensor=cpu value=48.5
//! disks.{disk}.used       kinglet_disks,disk=sda used=1000
//! ```

use std::sync::LazyLock;

use kinglet_proto::sample::metric::Metric;
use kinglet_proto::sample::table::METRICS;
use kinglet_proto::wire::telegraf;

/// A metric's place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// `kinglet_disks`
    pub(super) measurement: String,
    /// `used`
    pub(super) field: String,
}

/// The column of each metric, by its number.
static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| METRICS.iter().map(named).collect());

/// The tag with the host's id, which the history goes by: two hosts may have one name.
pub(super) const ID: &str = "id";

/// Whether points have this tag of their own, so that none of the owner's may have its name.
pub(crate) fn is_own_tag(name: &str) -> bool {
    name == ID
        || name == telegraf::HOST
        || METRICS.iter().any(|metric| metric.labels.contains(&name))
        || telegraf::SERIES.iter().any(|series| series.tags.contains(&name))
}

/// Where a metric is.
pub(super) fn column(metric: &Metric) -> Option<&'static Column> {
    COLUMNS.get(usize::from(metric.number))
}

fn named(metric: &Metric) -> Column {
    let plain = without_label(metric.name);
    // `cpu.{core}.usage` would be `cpu.usage`, which is another.
    let is_taken = plain != metric.name && METRICS.iter().any(|other| other.name == plain);
    let name = if is_taken { metric.name.replace(['{', '}'], "") } else { plain };
    let (block, rest) = name.split_once('.').unwrap_or((&name, "value"));
    Column { measurement: format!("kinglet_{block}"), field: rest.replace('.', "_") }
}

fn without_label(name: &str) -> String {
    let words = name.split('.').filter(|word| !word.starts_with('{'));
    Vec::from_iter(words).join(".")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_metric_has_a_column_of_its_own_in_either_engine() {
        let columns: BTreeSet<_> =
            COLUMNS.iter().map(|column| (&*column.measurement, &*column.field)).collect();
        assert_eq!(columns.len(), METRICS.len());
        let join = |(one, other): &(&str, &str)| format!("{one}_{other}");
        let joined: BTreeSet<_> = columns.iter().map(join).collect();
        assert_eq!(joined.len(), METRICS.len());
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(joined.iter().all(|name| name.chars().all(plain)), "{joined:?}");
        let labels: BTreeSet<_> = METRICS.iter().flat_map(|metric| metric.labels).collect();
        assert!(!labels.contains(&ID) && !labels.contains(&telegraf::HOST), "{labels:?}");
    }

    #[test]
    fn names_are_the_tables() {
        for (name, measurement, field) in [
            ("cpu.usage", "kinglet_cpu", "usage"),
            ("cpu.{core}.usage", "kinglet_cpu", "core_usage"),
            ("disks.{disk}.used", "kinglet_disks", "used"),
            ("temperatures.{sensor}", "kinglet_temperatures", "value"),
            ("uptime", "kinglet_uptime", "value"),
            ("pressure.memory.full_avg10", "kinglet_pressure", "memory_full_avg10"),
        ] {
            let metric = METRICS.iter().find(|metric| metric.name == name).expect(name);
            let due = Column { measurement: measurement.to_owned(), field: field.to_owned() };
            assert_eq!(column(metric), Some(&due));
        }
    }
}
