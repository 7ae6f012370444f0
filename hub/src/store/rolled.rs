//! Buckets of all series of one host as a block.

use std::collections::{BTreeMap, BTreeSet};

use kinglet_proto::sample::metric::Kind;

use super::bucket::{Bucket, Buckets};
use super::column::Cell;
use super::decimal::{DECIMALS, decimals, rounded};
use super::series::SeriesId;
use super::sheet::{ColumnId, Sheet};
use super::varint::Damaged;

/// What was during each step, by series.
pub(super) type Rolled = BTreeMap<SeriesId, Buckets>;

const MEAN: u32 = 0;
const MIN: u32 = 1;
const MAX: u32 = 2;
const COUNT: u32 = 3;

const fn column(series: SeriesId, part: u32) -> ColumnId {
    ColumnId(series.0 << 2 | part)
}

/// How the figures of a series move.
pub(super) fn kind_of(kinds: &[Kind], series: SeriesId) -> Kind {
    (series.0 as usize).checked_sub(1).and_then(|at| kinds.get(at)).copied().unwrap_or(Kind::Gauge)
}

/// As bytes. Means are rounded to one decimal more than the readings had.
pub(super) fn encode(rolled: &Rolled, kinds: &[Kind]) -> Vec<u8> {
    let times: BTreeSet<u64> = rolled.values().flat_map(BTreeMap::keys).copied().collect();
    let mut sheet = Sheet { times: times.into_iter().collect(), columns: BTreeMap::new() };
    for (series, buckets) in rolled {
        let part = |of: &dyn Fn(&Bucket) -> f64| -> Vec<Cell> {
            sheet.times.iter().map(|time| buckets.get(time).map(of)).collect()
        };
        let places = match kind_of(kinds, *series) {
            Kind::Counter => DECIMALS,
            Kind::Gauge => mean_decimals(buckets),
        };
        let mean = part(&|bucket| rounded(bucket.mean, places));
        let (min, max) = (part(&|bucket| bucket.min), part(&|bucket| bucket.max));
        let count = part(&|bucket| bucket.count);
        // A figure that did not move within any step, and a counter, is one column.
        if kind_of(kinds, *series) == Kind::Gauge && (min != mean || max != mean) {
            sheet.columns.insert(column(*series, MIN), min);
            sheet.columns.insert(column(*series, MAX), max);
        }
        sheet.columns.insert(column(*series, MEAN), mean);
        sheet.columns.insert(column(*series, COUNT), count);
    }
    sheet.encode()
}

fn mean_decimals(buckets: &Buckets) -> usize {
    let of = |value: f64| decimals(value).unwrap_or(DECIMALS);
    let most = buckets.values().map(|bucket| of(bucket.min).max(of(bucket.max))).max();
    (most.unwrap_or(0) + 1).min(DECIMALS)
}

/// Reads the series that are wanted.
pub(super) fn decode(bytes: &[u8], wanted: impl Fn(SeriesId) -> bool) -> Result<Rolled, Damaged> {
    let sheet = Sheet::decode(bytes, |column| wanted(SeriesId(column.0 >> 2)))?;
    let mut rolled = Rolled::new();
    for (id, means) in sheet.columns.iter().filter(|(id, _)| id.0 & 3 == MEAN) {
        let series = SeriesId(id.0 >> 2);
        let part = |part: u32| sheet.columns.get(&column(series, part));
        let (mins, maxes) = (part(MIN).unwrap_or(means), part(MAX).unwrap_or(means));
        let counts = part(COUNT).ok_or(Damaged)?;
        let buckets = rolled.entry(series).or_default();
        let cells = means.iter().zip(mins).zip(maxes.iter().zip(counts));
        for (time, ((mean, min), (max, count))) in sheet.times.iter().zip(cells) {
            if let (Some(mean), Some(min), Some(max), Some(count)) = (*mean, *min, *max, *count) {
                buckets.insert(*time, Bucket { count, mean, min, max });
            }
        }
    }
    Ok(rolled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_come_back() {
        let gauge = Bucket { count: 12.0, mean: 1.0 / 3.0, min: 0.1, max: 0.7 };
        let rolled: Rolled = [
            (SeriesId(1), [(0, gauge), (60_000, Bucket::of(4.0))].into()),
            (SeriesId(2), [(60_000, Bucket { count: 12.0, ..Bucket::of(3.5e9) })].into()),
        ]
        .into();
        let kinds = [Kind::Gauge, Kind::Counter];
        let bytes = encode(&rolled, &kinds);
        let mut expected = rolled.clone();
        expected.get_mut(&SeriesId(1)).unwrap().get_mut(&0).unwrap().mean = 0.33;
        assert_eq!(decode(&bytes, |_| true), Ok(expected.clone()));
        let two = decode(&bytes, |series| series == SeriesId(2)).unwrap();
        assert_eq!(two, [(SeriesId(2), expected[&SeriesId(2)].clone())].into());
    }

    #[test]
    fn what_stood_still_is_one_column() {
        let still = |at: u64| (at * 60_000, Bucket { count: 12.0, ..Bucket::of(4e9) });
        let rolled: Rolled = [(SeriesId(1), (0..1440).map(still).collect())].into();
        assert!(encode(&rolled, &[Kind::Gauge]).len() < 40);
    }
}
