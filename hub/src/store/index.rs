//! What the store knows without asking the file: names, what of each host is in no block yet, and
//! which numbers have come.

use std::collections::HashMap;

use kinglet_proto::host::HostId;
use kinglet_proto::ingest::{Bucket, Spread};
use kinglet_proto::sample::metric::{Figure, Kind, Label, LabelValue, Value};
use kinglet_proto::sample::table::METRICS;

use super::database::{self, Database, Folded};
use super::decimal::rounded;
use super::error::StoreError;
use super::names::Names;
use super::row::{Seat, pack};
use super::seen::Seen;
use super::series::{Catalogue, SeriesId};
use super::tail::Tail;
use crate::fleet::{Aggregates, Reading, Told};
use crate::limits::{
    BOOTS_KEPT_MAX, BOOTS_NEW_A_DAY, CLOCK_AHEAD_MAX, FILL_MAX, HOSTS_KEPT_MAX, SEEN_FOR,
    SERIES_NEW_A_DAY,
};

const DAY_MS: u64 = 24 * 3600 * 1000;

/// The index of one file.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) series: Catalogue,
    pub(super) boots: Names,
    pub(super) hosts: Names,
    states: HashMap<u32, HostState>,
    /// The number of the next row of the log. None is used twice, even when the log is empty.
    pub(super) next_id: i64,
}

/// One host.
#[derive(Debug, Clone, Default)]
pub(super) struct HostState {
    pub(super) tail: Tail,
    pub(super) seen: Seen,
    pub(super) folded: Folded,
    /// The row that later ones of its hour say what is different from.
    pub(super) base: Option<Base>,
    left: Left,
}

/// How many names a host may still make today: they are kept for all time, and there is room for so
/// many of all hosts together.
#[derive(Debug, Clone, Copy, Default)]
struct Left {
    /// The day they are of, counted from 1970; 0 before the first.
    day: u64,
    series: u32,
    boots: u32,
}

impl Left {
    /// What is left at this time.
    fn on(&mut self, now: u64) -> &mut Self {
        let day = now / DAY_MS;
        if day != self.day {
            *self = Self { day, series: SERIES_NEW_A_DAY, boots: BOOTS_NEW_A_DAY };
        }
        self
    }
}

/// A row that is whole.
#[derive(Debug, Clone)]
pub(super) struct Base {
    pub(super) id: i64,
    /// When its hour began. A row of another hour is folded at another time, and needs another.
    pub(super) hour: u64,
    pub(super) figures: Vec<u8>,
}

/// A reading that waits to be written.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) host: u32,
    pub(super) at: u64,
    pub(super) place: Option<Seat>,
    /// It is as new as can be. Whatever came before, it is not that again, unless it is the same
    /// to the last figure.
    pub(super) live: bool,
    /// Only its own label tells when it was taken.
    pub(super) labelled: bool,
    /// It stands for so many milliseconds from `at` on, if nothing else does.
    pub(super) fills: Option<u64>,
    pub(super) figures: Vec<u8>,
}

/// An event that waits to be written.
#[derive(Debug, Clone)]
pub(super) struct WaitingEvent {
    pub(super) host: u32,
    pub(super) at: u64,
    pub(super) kind: String,
    pub(super) data: String,
}

impl Index {
    /// Reads what a file has.
    pub(super) fn restore(db: &Database, now: u64) -> Result<Self, StoreError> {
        let mut index = Self::default();
        for (id, name) in db.names(database::Names::Host)? {
            index.hosts.restore(id, name);
        }
        for (id, name) in db.names(database::Names::Boot)? {
            index.boots.restore(id, name);
        }
        for (id, key) in db.names(database::Names::Series)? {
            index.series.restore(SeriesId(id), &key);
        }
        for (id, folded) in db.folded()? {
            index.next_id = index.next_id.max(folded.id + 1);
            index.states.insert(id, HostState { folded, ..HostState::default() });
        }
        db.each_log_row(|row| {
            index.next_id = index.next_id.max(row.id + 1);
            let state = index.states.entry(row.host).or_default();
            if state.folded.has(row.id, row.at) {
                return;
            }
            state.tail.push(row.id);
            row.place.into_iter().for_each(|seat| state.seen.add(seat));
        })?;
        let mut damaged = Ok(());
        db.each_seen(now.saturating_sub(SEEN_FOR), |host, bytes| match Seen::decode(&bytes) {
            Ok(seen) => index.states.entry(host).or_default().seen.add_all(&seen),
            Err(error) => damaged = Err(error),
        })?;
        damaged?;
        Ok(index)
    }

    /// A host's state; an empty one for an unknown host.
    pub(super) fn state(&self, host: u32) -> Option<&HostState> {
        self.states.get(&host)
    }

    pub(super) fn state_mut(&mut self, host: u32) -> &mut HostState {
        self.states.entry(host).or_default()
    }

    /// Forgets a host of which nothing is in the file any more.
    pub(super) fn forget(&mut self, host: u32) {
        self.states.remove(&host);
    }

    /// The numbers of all hosts.
    pub(super) fn all(&self) -> Vec<u32> {
        self.states.keys().copied().collect()
    }

    /// The first row of the log that is in no block yet.
    pub(super) fn first_needed(&self) -> i64 {
        let firsts = self.states.values().filter_map(|state| state.tail.first());
        firsts.min().unwrap_or(self.next_id)
    }

    /// How the figures of each series move, by its number.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        let series = (0..).map_while(|id| self.series.get(SeriesId(id + 1)));
        series.map(|series| series.metric.map_or(Kind::Gauge, |metric| metric.kind)).collect()
    }

    /// A reading as it is written; `None` when there are too many hosts.
    pub(super) fn pack(&mut self, reading: &Reading) -> Option<Waiting> {
        let host = self.host(&reading.host.id)?;
        let received = reading.received.wall.unix_millis();
        let left = self.states.entry(host).or_default().left.on(received);
        let boots = &mut self.boots;
        let place = reading.place.as_ref().and_then(|place| {
            let boot = match boots.find(&place.boot_id) {
                Some(boot) => boot,
                None => {
                    left.boots = left.boots.checked_sub(1)?;
                    boots.number(&place.boot_id, BOOTS_KEPT_MAX)?
                }
            };
            Some(Seat { boot, seq: place.seq })
        });
        let at = match reading.age {
            Some(age) => received.saturating_sub(u64::try_from(age.as_millis()).unwrap_or(0)),
            None => match reading.sample.timestamp.unix_millis() {
                0 => received,
                label => label.min(received + CLOCK_AHEAD_MAX),
            },
        };
        let series = &mut self.series;
        let mut figures = Vec::with_capacity(64);
        reading.sample.read(|figure| {
            let id = series.number(figure, &mut left.series);
            figures.extend(id.map(|id| (id, figure.value.get())));
        });
        let live = reading.age.is_some_and(|age| age.is_zero());
        let labelled = reading.age.is_none();
        let figures = pack(&mut figures);
        Some(Waiting { host, at, place, live, labelled, fills: None, figures })
    }

    /// Sums of a time in which no readings came, the shortest first: each is one reading where
    /// there is none.
    pub(super) fn pack_sums(&mut self, sums: &Aggregates) -> Vec<Waiting> {
        let Some(host) = self.host(&sums.host.id) else { return Vec::new() };
        let disk = sums.host.sample.as_ref().and_then(|sample| sample.disks.first());
        let disk = disk.map(|disk| disk.name.as_str());
        let now = sums.received.wall.unix_millis();
        let mut buckets: Vec<&Bucket> = sums.buckets.iter().collect();
        buckets.sort_by_key(|bucket| (bucket.length_s, bucket.start_s));
        let mut rows = Vec::new();
        for bucket in buckets {
            let (at, length) = (bucket.start_s * 1000, u64::from(bucket.length_s) * 1000);
            if length > FILL_MAX || at.saturating_add(length) > now {
                continue; // Of an hour one point would say too little; the others have not ended.
            }
            let mut figures = self.figures_of(host, now, bucket, disk);
            let (place, live, labelled, fills) = (None, false, true, Some(length));
            let figures = pack(&mut figures);
            rows.push(Waiting { host, at, place, live, labelled, fills, figures });
        }
        rows
    }

    fn figures_of(
        &mut self,
        host: u32,
        now: u64,
        bucket: &Bucket,
        disk: Option<&str>,
    ) -> Vec<(SeriesId, f64)> {
        let left = self.states.entry(host).or_default().left.on(now);
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        let counter = |value: Option<u64>| value.map(|value| value as f64);
        let mean = |spread: &Option<Spread>| spread.as_ref().map(|spread| spread.mean);
        let figures = [
            ("cpu.usage", None, mean(&bucket.cpu_usage)),
            ("memory.usage_percent", None, mean(&bucket.memory_usage)),
            ("disks.{disk}.usage_percent", disk, disk.and(mean(&bucket.disk_usage))),
            ("network.total_rx", None, counter(bucket.total_rx)),
            ("network.total_tx", None, counter(bucket.total_tx)),
        ];
        let mut found = Vec::new();
        for (name, label, value) in figures {
            let metric = METRICS.iter().find(|metric| metric.name == name);
            let Some((metric, value)) = metric.zip(value) else { continue };
            let first = metric.labels.first().copied().zip(label);
            let labels = first.map(|(name, value)| Label { name, value: LabelValue::Text(value) });
            let value = rounded(value, 2);
            let figure = Figure { metric, labels: labels.as_slice(), value: Value::Float(value) };
            let id = self.series.number(&figure, &mut left.series);
            found.extend(id.map(|id| (id, value)));
        }
        found
    }

    /// An event as it is written; `None` when there are too many hosts.
    pub(super) fn pack_event(&mut self, told: &Told) -> Option<WaitingEvent> {
        let at = told.at().unix_millis();
        let (kind, data) = (told.kind.clone(), told.data.clone());
        Some(WaitingEvent { host: self.host(&told.host.id)?, at, kind, data })
    }

    fn host(&mut self, id: &HostId) -> Option<u32> {
        self.hosts.number(id.as_str(), HOSTS_KEPT_MAX)
    }
}

impl Folded {
    /// Whether this row of the log is in a block.
    pub(super) fn has(&self, id: i64, at: u64) -> bool {
        id <= self.id && at < self.at
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kinglet_proto::ingest::Place;
    use kinglet_proto::sample::{Disk, Sample};
    use kinglet_proto::time::{Now, WallTime};

    use super::*;
    use crate::fleet::Snapshot;

    /// A reading with a disk and a boot of this name.
    fn reading(host: &str, name: &str, at: u64) -> Reading {
        let (id, label) = (HostId::parse(host).unwrap(), Arc::default());
        let host =
            Snapshot { id, label, online: true, stopped: false, last_seen: None, sample: None };
        let mut sample = Sample::default();
        sample.disks.push(Disk { name: name.to_owned(), used: Some(1), ..Disk::default() });
        let received = Now { wall: WallTime::from_unix_millis(at), ..Now::default() };
        Reading {
            number: 1,
            host,
            sample: Arc::new(sample),
            place: Some(Place { boot_id: name.to_owned(), seq: 1 }),
            received,
            age: None,
            newest: true,
        }
    }

    #[test]
    fn a_host_that_makes_names_without_end_takes_none_from_others() {
        let mut index = Index::default();
        let mut count = |host: &str, at: u64| {
            let (mut series, mut boots) = (0, 0);
            for n in 0..10_000 {
                let row = index.pack(&reading(host, &format!("{host}-{at}-{n}"), at)).unwrap();
                series += u32::from(!row.figures.is_empty());
                boots += u32::from(row.place.is_some());
            }
            (series, boots)
        };
        let noon = 1_700_136_000_000;
        let bound = (SERIES_NEW_A_DAY, BOOTS_NEW_A_DAY);
        assert_eq!(count("bad", noon), bound);
        assert_eq!(count("bad", noon + 1), (0, 0), "not today");
        assert_eq!(count("good", noon), bound);
        assert_eq!(count("bad", noon + DAY_MS), bound);
        assert!(index.pack(&reading("bad", "bad-1700136000000-7", noon)).unwrap().place.is_some());
    }
}
