//! The log: readings as they came, all hosts in one, in two tables that take turns.
//!
//! Rows are not taken out of it one by one: each of their pages would be written once more, twice
//! with the write-ahead log. A table is emptied as a whole, which writes none of them, when every
//! row in it is in a block; the other one is written to meanwhile.

use rusqlite::{OptionalExtension, Row as SqlRow};

use super::{Database, StoreError, signed, unsigned};
use crate::store::row::{Seat, apply};

/// A row of the log.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct LogRow {
    pub(in crate::store) id: i64,
    pub(in crate::store) host: u32,
    pub(in crate::store) at: u64,
    pub(in crate::store) place: Option<Seat>,
    /// The row from which the figures say what is different; `None` for a whole one.
    pub(in crate::store) base: Option<i64>,
    pub(in crate::store) figures: Vec<u8>,
}

/// One of the two tables. Every number in one of them is smaller than every number in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    One,
    Two,
}

impl Half {
    const BOTH: [Self; 2] = [Self::One, Self::Two];

    const fn other(self) -> Self {
        match self {
            Self::One => Self::Two,
            Self::Two => Self::One,
        }
    }

    const fn table(self) -> &'static str {
        match self {
            Self::One => "log",
            Self::Two => "log_2",
        }
    }
}

impl Database {
    /// Every row without its figures, in the order of their numbers.
    pub(in crate::store) fn each_log_row(
        &self,
        mut take: impl FnMut(LogRow),
    ) -> Result<(), StoreError> {
        let newest = self.newest_half()?;
        for half in [newest.other(), newest] {
            let table = half.table();
            let sql = format!("SELECT id, host, at, boot, seq, NULL, x'' FROM {table} ORDER BY id");
            let mut statement = self.sql.prepare(&sql)?;
            let mut rows = statement.query(())?;
            while let Some(row) = rows.next()? {
                take(log_row(row)?);
            }
        }
        Ok(())
    }

    /// One row, whole; `None` when it is there no more.
    pub(in crate::store) fn log_row(&self, id: i64) -> Result<Option<LogRow>, StoreError> {
        let Some(mut row) = self.find_log_row(id)? else { return Ok(None) };
        if let Some(base) = row.base.take() {
            // It goes first where both are in a block, and their table is emptied.
            let base = self.find_log_row(base)?.filter(|base| base.base.is_none());
            let Some(base) = base else { return Ok(None) };
            row.figures = apply(&base.figures, &row.figures)?;
        }
        Ok(Some(row))
    }

    fn find_log_row(&self, id: i64) -> Result<Option<LogRow>, StoreError> {
        let sql = "SELECT id, host, at, boot, seq, base, figures FROM log WHERE id = ?1
                   UNION ALL
                   SELECT id, host, at, boot, seq, base, figures FROM log_2 WHERE id = ?1";
        Ok(self.sql.prepare_cached(sql)?.query_row([id], log_row).optional()?)
    }

    /// Adds rows whose numbers are larger than any before.
    pub(in crate::store) fn add_log_rows(&self, rows: &[LogRow]) -> Result<(), StoreError> {
        let table = self.half.get().table();
        let sql = format!(
            "INSERT INTO {table} (id, host, at, boot, seq, base, figures)
             VALUES (?, ?, ?, ?, ?, ?, ?)"
        );
        let mut statement = self.sql.prepare_cached(&sql)?;
        for row in rows {
            let (boot, seq) = row.place.map(|seat| (seat.boot, seat.seq.cast_signed())).unzip();
            let (at, figures) = (signed(row.at), row.figures.as_slice());
            statement.execute((row.id, row.host, at, boot, seq, row.base, figures))?;
        }
        Ok(())
    }

    pub(in crate::store) fn remove_log_row(&self, id: i64) -> Result<(), StoreError> {
        for half in Half::BOTH {
            let sql = format!("DELETE FROM {} WHERE id = ?", half.table());
            self.sql.prepare_cached(&sql)?.execute([id])?;
        }
        Ok(())
    }

    /// Empties each table of which no row is needed: `needed` is the first that is. Where rows
    /// from before `hour` would be added to, the other table has its turn, once it is empty.
    pub(in crate::store) fn turn_log(&self, needed: i64, hour: u64) -> Result<(), StoreError> {
        let half = self.half.get();
        let is_free = self.last_of(half.other())?.is_none();
        for half in Half::BOTH {
            if self.last_of(half)?.is_some_and(|last| last < needed) {
                // Without a condition: no row of it is looked at.
                self.sql.execute(&format!("DELETE FROM {}", half.table()), ())?;
            }
        }
        // What has just been emptied may come back with the transaction: it is not written to yet.
        if is_free && self.first_at(half)?.is_some_and(|at| at < hour) {
            self.half.set(half.other());
        }
        Ok(())
    }

    /// The table with the largest number.
    pub(super) fn newest_half(&self) -> Result<Half, StoreError> {
        let last = [self.last_of(Half::One)?, self.last_of(Half::Two)?];
        Ok(if last[1] > last[0] { Half::Two } else { Half::One })
    }

    fn last_of(&self, half: Half) -> Result<Option<i64>, StoreError> {
        let sql = format!("SELECT max(id) FROM {}", half.table());
        Ok(self.sql.prepare_cached(&sql)?.query_row((), |row| row.get(0))?)
    }

    fn first_at(&self, half: Half) -> Result<Option<u64>, StoreError> {
        let sql = format!("SELECT at FROM {} ORDER BY id LIMIT 1", half.table());
        let first = self.sql.prepare_cached(&sql)?.query_row((), |row| unsigned(row, 0));
        Ok(first.optional()?)
    }
}

fn log_row(row: &SqlRow<'_>) -> rusqlite::Result<LogRow> {
    let boot: Option<u32> = row.get(3)?;
    let seq: Option<i64> = row.get(4)?;
    let place = boot.zip(seq).map(|(boot, seq)| Seat { boot, seq: seq.cast_unsigned() });
    let at = unsigned(row, 2)?;
    let (base, figures) = (row.get(5)?, row.get(6)?);
    Ok(LogRow { id: row.get(0)?, host: row.get(1)?, at, place, base, figures })
}
