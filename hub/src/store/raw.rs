//! An hour of one host's readings as they came, as one block.

use std::collections::BTreeMap;

use super::column::Cell;
use super::database::LogRow;
use super::row::{Row, Seat, unpack};
use super::seen::Seen;
use super::series::SeriesId;
use super::sheet::{ColumnId, Sheet};
use super::varint::Damaged;

const BOOT: ColumnId = ColumnId(0);
const SEQ: ColumnId = ColumnId(1);

/// The column of a series.
pub(super) const fn column_of(series: SeriesId) -> ColumnId {
    ColumnId(series.0 << 2)
}

/// The series of a column; `None` for what is no figure.
pub(super) fn series_of(column: ColumnId) -> Option<SeriesId> {
    (column.0 > SEQ.0).then_some(SeriesId(column.0 >> 2))
}

/// A row of the log, read.
pub(super) fn row(row: &LogRow) -> Result<Row, Damaged> {
    Ok(Row { at: row.at, place: row.place, figures: unpack(&row.figures, |_| true)? })
}

/// Readings as a block, and which numbers are in it.
pub(super) fn encode(mut rows: Vec<Row>) -> (Vec<u8>, Seen) {
    rows.sort_by_key(|row| row.at);
    let mut sheet = Sheet { times: rows.iter().map(|row| row.at).collect(), ..Sheet::default() };
    let mut seen = Seen::default();
    let count = rows.len();
    for (number, row) in rows.into_iter().enumerate() {
        let mut set = |column: ColumnId, value: f64| {
            let cells = sheet.columns.entry(column).or_insert_with(|| vec![None; count]);
            if let Some(cell) = cells.get_mut(number) {
                *cell = Some(value);
            }
        };
        if let Some(seat) = row.place {
            seen.add(seat);
            set(BOOT, f64::from(seat.boot));
            // Above 2^53 the last digits are lost; who counts by one never gets there.
            #[expect(clippy::cast_precision_loss)]
            set(SEQ, seat.seq as f64);
        }
        row.figures.into_iter().for_each(|(series, value)| set(column_of(series), value));
    }
    (sheet.encode(), seen)
}

/// The readings of a block.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Row>, Damaged> {
    let sheet = Sheet::decode(bytes, |_| true)?;
    let places = places(&sheet);
    let mut rows: Vec<Row> = sheet
        .times
        .iter()
        .zip(places)
        .map(|(at, place)| Row { at: *at, place, figures: Vec::new() })
        .collect();
    for (column, cells) in &sheet.columns {
        let Some(series) = series_of(*column) else { continue };
        for (row, cell) in rows.iter_mut().zip(cells) {
            row.figures.extend(cell.map(|value| (series, value)));
        }
    }
    Ok(rows)
}

/// When each reading of a block was taken, and its number.
pub(super) fn decode_places(bytes: &[u8]) -> Result<Vec<(u64, Option<Seat>)>, Damaged> {
    let sheet = Sheet::decode(bytes, |column| column == BOOT || column == SEQ)?;
    let places = places(&sheet);
    Ok(sheet.times.into_iter().zip(places).collect())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "written from such")]
fn places(sheet: &Sheet) -> Vec<Option<Seat>> {
    let column = |id: ColumnId| sheet.columns.get(&id).map(Vec::as_slice).unwrap_or_default();
    let seat = |(boot, seq): (&Cell, &Cell)| {
        boot.zip(*seq).map(|(boot, seq)| Seat { boot: boot as u32, seq: seq as u64 })
    };
    let mut places: Vec<_> = column(BOOT).iter().zip(column(SEQ)).map(seat).collect();
    places.resize(sheet.times.len(), None);
    places
}

/// The last figure of each series in a block.
pub(super) fn last_figures(bytes: &[u8]) -> Result<BTreeMap<SeriesId, f64>, Damaged> {
    let sheet = Sheet::decode(bytes, |_| true)?;
    let last = |(column, cells): (&ColumnId, &Vec<Cell>)| {
        let value = cells.iter().rev().copied().flatten().next()?;
        Some((series_of(*column)?, value))
    };
    Ok(sheet.columns.iter().filter_map(last).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_comes_back_in_the_order_of_time() {
        let row = |at: u64, seq: Option<u64>, value: f64| Row {
            at,
            place: seq.map(|seq| Seat { boot: 3, seq }),
            figures: vec![(SeriesId(1), value), (SeriesId(9), -value)],
        };
        let mut rows = vec![row(9_000, Some(2), 2.5), row(4_000, None, 1.5), row(1, Some(1), 0.5)];
        let (bytes, seen) = encode(rows.clone());
        rows.reverse();
        assert_eq!(decode(&bytes), Ok(rows.clone()));
        let places = Vec::from_iter(rows.iter().map(|row| (row.at, row.place)));
        assert_eq!(decode_places(&bytes), Ok(places));
        assert_eq!(last_figures(&bytes).unwrap()[&SeriesId(9)], -2.5);
        assert!(seen.has(Seat { boot: 3, seq: 2 }) && !seen.has(Seat { boot: 3, seq: 3 }));
    }
}
