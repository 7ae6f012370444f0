//! What came last, from outside the hub: to see today what a rule would say.

use std::path::Path;

use kinglet_proto::sample::metric::Metric;

use super::database::Database;
use super::error::StoreError;
use super::index::Index;
use super::read::Question;
use crate::clock;
use crate::history::Point;
use crate::limits::CLOCK_AHEAD_MAX;

/// One series of one host.
#[derive(Debug, Clone, PartialEq)]
pub struct Recent {
    /// The host's id.
    pub host: String,
    /// A value for each of the metric's labels, in their order.
    pub labels: Vec<String>,
    /// The readings, the oldest first; at least one.
    pub points: Vec<Point>,
}

/// The readings of a metric since then, unix milliseconds, of every host that has any; of what the
/// hub has written, which is as old as its commit interval.
///
/// # Errors
/// The file cannot be read.
pub fn latest(path: &Path, metric: &'static Metric, from: u64) -> Result<Vec<Recent>, StoreError> {
    Database::open_to_read(path)?.read(|db| {
        let now = clock::now().wall.unix_millis();
        let index = Index::restore(db, now)?;
        let series = index.series.of(metric, None);
        let mut all = Vec::new();
        for (name, host) in index.hosts.all() {
            let tail = index.state(host).map(|state| state.tail.ids()).unwrap_or_default();
            let (kind, to) = (metric.kind, now + CLOCK_AHEAD_MAX);
            let question = Question { db, host, tail: &tail, series: &series, kind, from, to };
            for (id, points) in question.readings_or_finest()? {
                let labels = index.series.get(id).map(|series| series.labels.clone());
                if !points.is_empty() {
                    let (host, labels) = (name.to_owned(), labels.unwrap_or_default());
                    all.push(Recent { host, labels, points });
                }
            }
        }
        all.sort_by(|a, b| (&a.host, &a.labels).cmp(&(&b.host, &b.labels)));
        Ok(all)
    })
}
