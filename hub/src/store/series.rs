//! The names of all series, each with a number: rows and columns say the number.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use kinglet_proto::sample::metric::{Figure, Label, LabelValue, Metric};
use kinglet_proto::sample::table::METRICS;

use crate::limits::SERIES_MAX;

/// The number of a series, from 1 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SeriesId(pub(super) u32);

/// Between a metric's name and its labels' values in a key. No text of a sample has it: control
/// characters are taken out where samples come in.
const BETWEEN: char = '\u{1f}';

/// What a number stands for.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// `None` for a metric that this version does not know.
    pub(super) metric: Option<&'static Metric>,
    /// The values of its labels.
    pub(super) labels: Vec<String>,
}

impl Series {
    fn is_of(&self, figure: &Figure<'_>) -> bool {
        let is_same = |(own, label): (&String, &Label<'_>)| match label.value {
            LabelValue::Text(text) => own == text,
            LabelValue::Number(place) => own.parse() == Ok(place),
        };
        self.metric.is_some_and(|metric| std::ptr::eq(metric, figure.metric))
            && self.labels.len() == figure.labels.len()
            && self.labels.iter().zip(figure.labels).all(is_same)
    }
}

/// Every series there is.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    ids: HashMap<Arc<str>, SeriesId>,
    series: Vec<Series>,
    of_metric: HashMap<&'static str, Vec<SeriesId>>,
    /// What is not in the database yet.
    fresh: Vec<(SeriesId, Arc<str>)>,
    /// Behind each series the one that was asked for next the last time.
    next: Vec<u32>,
    /// The series that was asked for last.
    last: usize,
    /// The key that is looked up, kept for its room.
    key: String,
}

impl Catalogue {
    /// Takes over what a database has, in the order of the numbers.
    pub(super) fn restore(&mut self, id: SeriesId, key: &str) {
        while self.series.len() + 1 < id.0 as usize {
            self.series.push(Series { metric: None, labels: Vec::new() });
        }
        self.insert(key.into());
    }

    /// The number of a figure's series; `None` when there are too many, or this would be a new one
    /// and `left` says that no more may be made.
    ///
    /// Figures come in the order of the one walk through samples, and names of hosts are mostly
    /// those of others: so the next is mostly the one that came behind this the last time, and a
    /// look at its name is a tenth of looking it up.
    pub(super) fn number(&mut self, figure: &Figure<'_>, left: &mut u32) -> Option<SeriesId> {
        let guess = self.next.get(self.last).copied().map(SeriesId);
        let id = match guess.filter(|id| self.get(*id).is_some_and(|series| series.is_of(figure))) {
            Some(id) => id,
            None => self.look_up(figure, left)?,
        };
        if let Some(next) = self.next.get_mut(self.last) {
            *next = id.0;
        }
        self.last = id.0 as usize;
        Some(id)
    }

    fn look_up(&mut self, figure: &Figure<'_>, left: &mut u32) -> Option<SeriesId> {
        self.key.clear();
        self.key.push_str(figure.metric.name);
        for label in figure.labels {
            // Writing to a string does not fail.
            let _ = write!(self.key, "{BETWEEN}{}", label.value);
        }
        if let Some(id) = self.ids.get(self.key.as_str()) {
            return Some(*id);
        }
        if self.series.len() >= SERIES_MAX {
            return None;
        }
        *left = left.checked_sub(1)?;
        let key: Arc<str> = self.key.as_str().into();
        let id = self.insert(key.clone());
        self.fresh.push((id, key));
        Some(id)
    }

    fn insert(&mut self, key: Arc<str>) -> SeriesId {
        let id = SeriesId(u32::try_from(self.series.len() + 1).unwrap_or(u32::MAX));
        let mut parts = key.split(BETWEEN);
        let name = parts.next().unwrap_or_default();
        let metric = METRICS.iter().find(|metric| metric.name == name);
        self.series.push(Series { metric, labels: parts.map(str::to_owned).collect() });
        if let Some(metric) = metric {
            self.of_metric.entry(metric.name).or_default().push(id);
        }
        self.ids.insert(key, id);
        // Number 0 is no series: what stands there is the first of a walk.
        self.next.resize(self.series.len() + 1, 0);
        id
    }

    /// What is not in the database yet; it is once the caller has put it there.
    pub(super) fn fresh(&self) -> &[(SeriesId, Arc<str>)] {
        &self.fresh
    }

    /// So many of the first fresh ones are in the database.
    pub(super) fn saved(&mut self, count: usize) {
        self.fresh.drain(..count.min(self.fresh.len()));
    }

    /// What a number stands for.
    pub(super) fn get(&self, id: SeriesId) -> Option<&Series> {
        self.series.get((id.0 as usize).checked_sub(1)?)
    }

    /// The series of a metric, of those only the ones whose first label has this value if it is
    /// given.
    pub(super) fn of(&self, metric: &Metric, label: Option<&str>) -> Vec<SeriesId> {
        let all = self.of_metric.get(metric.name).map(Vec::as_slice).unwrap_or_default();
        let first =
            |id: &SeriesId| self.get(*id).and_then(|s| s.labels.first()).map(String::as_str);
        all.iter().copied().filter(|id| label.is_none() || first(id) == label).collect()
    }
}

#[cfg(test)]
mod tests {
    use kinglet_proto::sample::Sample;

    use super::*;

    fn sample() -> Sample {
        let mut sample = Sample { uptime: Some(1), ..Sample::default() };
        for name in ["sda", "sdb"] {
            let disk = kinglet_proto::sample::Disk { name: name.to_owned(), ..Default::default() };
            sample.disks.push(disk);
        }
        for disk in &mut sample.disks {
            disk.used = 7.into();
        }
        sample
    }

    #[test]
    fn a_series_keeps_its_number_over_a_restart() {
        let mut catalogue = Catalogue::default();
        let numbers = |catalogue: &mut Catalogue| {
            let mut found = Vec::new();
            sample()
                .read(|figure| found.push((figure.to_string(), catalogue.number(figure, &mut 99))));
            found
        };
        let first = numbers(&mut catalogue);
        assert!(first.iter().all(|(_, id)| id.is_some()));
        let mut restored = Catalogue::default();
        for (id, key) in catalogue.fresh().to_vec() {
            restored.restore(id, &key);
        }
        assert_eq!(numbers(&mut restored), first);
        assert!(restored.fresh().is_empty());
    }

    #[test]
    fn hosts_of_other_names_get_none_of_each_others_series() {
        let mut catalogue = Catalogue::default();
        let numbers = |catalogue: &mut Catalogue, disks: [&str; 2]| {
            let (mut sample, mut found) = (sample(), Vec::new());
            sample.disks.iter_mut().zip(disks).for_each(|(disk, name)| disk.name = name.to_owned());
            sample.read(|figure| found.extend(catalogue.number(figure, &mut 99).map(|id| id.0)));
            found
        };
        let hosts = [["sda", "sdb"], ["sdb", "sda"], ["nvme0n1", "sda"]];
        let first = hosts.map(|disks| numbers(&mut catalogue, disks));
        assert_eq!(first[0][0..2], [first[1][1], first[1][0]]);
        assert_eq!(hosts.map(|disks| numbers(&mut catalogue, disks)), first);
        // Each is guessed from the one before, and the first from the last.
        numbers(&mut catalogue, hosts[0]);
        let behind = |id: &u32| catalogue.next[*id as usize];
        let (all, rest) = (&first[0], &first[0][1..]);
        assert_eq!(Vec::from_iter(all.iter().map(behind).take(rest.len())), rest);
    }

    #[test]
    fn one_of_a_metric_is_found_by_its_label() {
        let mut catalogue = Catalogue::default();
        sample().read(|figure| assert!(catalogue.number(figure, &mut 99).is_some()));
        let used = METRICS.iter().find(|metric| metric.name == "disks.{disk}.used").unwrap();
        assert_eq!(catalogue.of(used, None).len(), 2);
        let one = catalogue.of(used, Some("sdb"));
        assert_eq!(catalogue.get(one[0]).unwrap().labels, ["sdb"]);
        assert_eq!(one.len(), 1);
        assert!(catalogue.of(used, Some("sdc")).is_empty());
    }
}
