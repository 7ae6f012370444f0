//! The store's bytes for `fuzz/`: what is read back is what was written, and what was not written
//! by us is told apart or read as something that can be written.

use std::collections::{BTreeMap, BTreeSet};

use kinglet_proto::sample::metric::Kind;

use super::bucket::{Rise, add};
use super::column::{Cell, column, put_column};
use super::row::{Row, Seat, apply, difference, pack, unpack};
use super::seen::Seen;
use super::series::SeriesId;
use super::sheet::Sheet;
use super::varint::Reader;
use super::{raw, rolled};

/// Rows of what is no block of ours: a few bytes can say a million, which is our own bound.
const ROWS: u64 = 4096;
/// Milliseconds of a step.
const STEP: u64 = 60_000;

/// Reads bytes that may not be ours.
pub fn read_any(bytes: &[u8]) {
    let rows = Reader::new(bytes).number().unwrap_or(u64::MAX);
    if rows <= ROWS
        && let Ok(sheet) = Sheet::decode(bytes, |_| true)
    {
        let written = sheet.encode();
        let again = Sheet::decode(&written, |_| true).expect("what was written can be read");
        assert_eq!(again.encode(), written);
        let _ = raw::decode_places(bytes).expect("a sheet has places");
        let _ = raw::last_figures(bytes).expect("a sheet has figures");
        let _ = raw::decode(bytes).expect("a sheet has rows");
        let _ = rolled::decode(bytes, |_| true);
    }
    let half = bytes.split_at(bytes.len() / 2);
    if let [Ok(base), Ok(new)] = [half.0, half.1].map(|bytes| unpack(bytes, |_| true)) {
        // Of a series that stands there twice the last counts.
        let once = |figures: Vec<(SeriesId, f64)>| {
            let figures: BTreeMap<_, _> = figures.into_iter().collect();
            pack(&mut Vec::from_iter(figures))
        };
        let (base, new) = (once(base), once(new));
        let difference = difference(&base, &new).expect("both can be read");
        assert_eq!(apply(&base, &difference), Ok(new));
    }
    let _ = apply(half.0, half.1);
    if let Ok(seen) = Seen::decode(bytes) {
        assert_eq!(Seen::decode(&seen.encode()).as_ref(), Ok(&seen));
    }
}

/// Writes rows made of these numbers and reads them back.
pub fn write_any(numbers: &[f64]) {
    let cells: Vec<Cell> = numbers.iter().map(|n| (n.to_bits() & 7 != 5).then_some(*n)).collect();
    let mut bytes = Vec::new();
    put_column(&mut bytes, &cells);
    let read = column(Reader::new(&bytes), cells.len()).expect("what was written can be read");
    let bits = |cells: &[Cell]| Vec::from_iter(cells.iter().map(|cell| cell.map(f64::to_bits)));
    assert_eq!(bits(&read), bits(&cells));
    let rows = rows(numbers);
    let (bytes, seen) = raw::encode(rows.clone());
    let read = raw::decode(&bytes).expect("what was written can be read");
    assert_eq!(shape(&read), shape(&rows));
    assert!(rows.iter().filter_map(|row| row.place).all(|place| seen.has(place)));
    roll(&rows);
}

/// Rows of up to four figures, in the order of time.
fn rows(numbers: &[f64]) -> Vec<Row> {
    let row = |(at, figures): (usize, &[f64])| {
        let at = at as u64;
        let figures = figures.iter().enumerate().map(|(series, value)| {
            let series = u32::try_from(series).expect("a few");
            (SeriesId(series * series + 1), *value)
        });
        let place = (at % 3 != 2).then_some(Seat { boot: 1, seq: at * 2 });
        Row { at: 1_700_000_000_000 + at * 700, place, figures: figures.collect() }
    };
    numbers.chunks(4).enumerate().map(row).collect()
}

type Shape = (u64, Option<Seat>, Vec<(SeriesId, u64)>);

fn shape(rows: &[Row]) -> Vec<Shape> {
    let bits = |(series, value): &(SeriesId, f64)| (*series, value.to_bits());
    rows.iter().map(|row| (row.at, row.place, row.figures.iter().map(bits).collect())).collect()
}

/// Makes buckets of them: finite figures stay finite, and within their bounds.
fn roll(rows: &[Row]) {
    let kinds = [Kind::Gauge, Kind::Counter, Kind::Gauge, Kind::Gauge, Kind::Counter];
    let mut all = rolled::Rolled::new();
    let mut rises: BTreeMap<SeriesId, Rise> = BTreeMap::new();
    for row in rows {
        for (series, value) in &row.figures {
            // What is kept is at most a counter of 64 bits.
            if !value.is_finite() || value.abs() > 2e19 {
                continue;
            }
            let kind = rolled::kind_of(&kinds, *series);
            let rise = rises.entry(*series).or_insert_with(|| Rise::new(kind, None));
            let bucket = rise.take(*value);
            add(all.entry(*series).or_default(), row.at, bucket, STEP, kind);
        }
    }
    let bytes = rolled::encode(&all, &kinds);
    let read = rolled::decode(&bytes, |_| true).expect("what was written can be read");
    let keys = |rolled: &rolled::Rolled| -> BTreeSet<(SeriesId, u64)> {
        rolled.iter().flat_map(|(id, all)| all.keys().map(|at| (*id, *at))).collect()
    };
    assert_eq!(keys(&read), keys(&all));
    for bucket in read.values().flat_map(BTreeMap::values) {
        assert!(bucket.count >= 1.0 && bucket.min <= bucket.max && bucket.mean.is_finite());
    }
}
