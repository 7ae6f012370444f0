//! A table over time as one block of bytes: rows in the order of time, a column for each figure.
//! A single column is read without the others.

use std::collections::BTreeMap;

use super::column::{Cell, column, put_column};
use super::varint::{Damaged, Reader, put};
use crate::limits::BLOCK_ROWS_MAX;

/// Which column of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ColumnId(pub(super) u32);

/// Rows over time.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Sheet {
    /// When each row was, milliseconds since 1970; rising.
    pub(super) times: Vec<u64>,
    /// The figures, each as long as `times`.
    pub(super) columns: BTreeMap<ColumnId, Vec<Cell>>,
}

impl Sheet {
    /// As bytes: the number of rows and columns, which column has how many bytes, then all of
    /// them, the times first.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let mut head = Vec::new();
        put(&mut head, self.times.len() as u64);
        put(&mut head, self.columns.len() as u64);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds are below 2^53")]
        let times: Vec<Cell> = self.times.iter().map(|time| Some(*time as f64)).collect();
        put_column(&mut body, &times);
        put(&mut head, body.len() as u64);
        let mut last = 0;
        for (id, cells) in &self.columns {
            let before = body.len();
            put_column(&mut body, cells);
            put(&mut head, u64::from(id.0 - last));
            put(&mut head, (body.len() - before) as u64);
            last = id.0;
        }
        head.append(&mut body);
        head
    }

    /// Reads the columns that are wanted.
    pub(super) fn decode(bytes: &[u8], wanted: impl Fn(ColumnId) -> bool) -> Result<Self, Damaged> {
        let mut head = Reader::new(bytes);
        let rows = head.count()?;
        let columns = head.count()?;
        if rows > BLOCK_ROWS_MAX || columns > bytes.len() {
            return Err(Damaged);
        }
        let times_bytes = head.count()?;
        let mut sizes = Vec::with_capacity(columns);
        let mut id = 0_u32;
        for _ in 0..columns {
            let further = u32::try_from(head.number()?).map_err(|_| Damaged)?;
            id = id.checked_add(further).ok_or(Damaged)?;
            sizes.push((ColumnId(id), head.count()?));
        }
        let mut body = head;
        let times = column(Reader::new(body.take(times_bytes)?), rows)?;
        let times: Option<Vec<u64>> = times.into_iter().map(|time| time.and_then(whole)).collect();
        let mut sheet = Self { times: times.ok_or(Damaged)?, columns: BTreeMap::new() };
        for (id, size) in sizes {
            let bytes = body.take(size)?;
            if wanted(id) {
                sheet.columns.insert(id, column(Reader::new(bytes), rows)?);
            }
        }
        Ok(sheet)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in range")]
fn whole(number: f64) -> Option<u64> {
    (0.0..9e15).contains(&number).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let times = (0..60).map(|row| 1_800_000_000_000 + row * 5000).collect();
        let column = |factor: f64| Vec::from_iter((0..60).map(|row| Some(f64::from(row) * factor)));
        let columns = [(ColumnId(4), column(0.5)), (ColumnId(9), column(-2.0))].into();
        Sheet { times, columns }
    }

    #[test]
    fn one_column_is_read_alone() {
        let sheet = sheet();
        let bytes = sheet.encode();
        assert_eq!(Sheet::decode(&bytes, |_| true), Ok(sheet.clone()));
        let one = Sheet::decode(&bytes, |id| id == ColumnId(9)).unwrap();
        assert_eq!(one.times, sheet.times);
        assert_eq!(Vec::from_iter(one.columns.keys()), [&ColumnId(9)]);
        assert_eq!(one.columns[&ColumnId(9)], sheet.columns[&ColumnId(9)]);
    }

    #[test]
    fn damage_is_told() {
        let bytes = sheet().encode();
        for cut in 0..bytes.len() {
            assert_eq!(Sheet::decode(&bytes[..cut], |_| true), Err(Damaged), "{cut}");
        }
    }
}
