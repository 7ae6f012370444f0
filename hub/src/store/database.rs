//! The file, and every statement that is run on it.

mod log;

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use log::Half;
pub(super) use log::LogRow;
use rusqlite::types::Type;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row as SqlRow};

use super::error::StoreError;
use super::schema;
use super::tier::Tier;

/// A connection to the file.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) sql: Connection,
    /// Where the next rows of the log go.
    half: Cell<Half>,
}

/// How far a host's rows are in blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Folded {
    /// Rows up to this number that are from before `at` are in blocks.
    pub(super) id: i64,
    pub(super) at: u64,
    /// What was before this is in the coarser blocks too.
    pub(super) rolled_at: u64,
}

/// Pages that may wait in the write-ahead log: 4 MiB.
const CHECKPOINT_PAGES: u32 = 1000;
/// KiB of pages that each connection keeps.
const CACHE_KIB: i32 = 2048;
/// How long to wait for who else has the file.
const PATIENCE: Duration = Duration::from_secs(5);

impl Database {
    /// Opens the file to write, and makes it one of this version.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut db = Connection::open(path)?;
        db.busy_timeout(PATIENCE)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        // What is committed survives the loss of power.
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        // What a checkpoint has emptied is given back to the system.
        db.pragma_update(None, "journal_size_limit", i64::from(CHECKPOINT_PAGES) * 4096)?;
        db.pragma_update(None, "cache_size", -CACHE_KIB)?;
        schema::migrate(&mut db)?;
        Self::with(db)
    }

    /// A history that ends with the program.
    pub(super) fn open_in_memory() -> Result<Self, StoreError> {
        let mut db = Connection::open_in_memory()?;
        schema::migrate(&mut db)?;
        Self::with(db)
    }

    /// Opens the file to read; it has to be there and of this version.
    pub(super) fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        db.busy_timeout(PATIENCE)?;
        db.pragma_update(None, "cache_size", -CACHE_KIB)?;
        schema::check(&db)?;
        Self::with(db)
    }

    fn with(sql: Connection) -> Result<Self, StoreError> {
        let db = Self { sql, half: Cell::new(Half::One) };
        db.half.set(db.newest_half()?);
        Ok(db)
    }

    /// Runs `work` in one transaction: all of it is in the file, or nothing.
    pub(super) fn write<T>(
        &mut self,
        work: impl FnOnce(&Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.within("BEGIN IMMEDIATE", work)
    }

    /// Runs `work` on the file as it is now, whatever is written meanwhile.
    pub(super) fn read<T>(
        &mut self,
        work: impl FnOnce(&Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.within("BEGIN", work)
    }

    fn within<T>(
        &mut self,
        begin: &str,
        work: impl FnOnce(&Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.sql.execute_batch(begin)?;
        let done =
            work(self).and_then(|done| Ok(self.sql.execute_batch("COMMIT").map(|()| done)?));
        if done.is_err() && !self.sql.is_autocommit() {
            // Where even this fails the connection has ended the transaction by itself.
            let _ = self.sql.execute_batch("ROLLBACK");
        }
        done
    }

    /// Numbers and names of a table.
    pub(super) fn names(&self, table: Names) -> Result<Vec<(u32, String)>, StoreError> {
        let mut statement =
            self.sql.prepare(&format!("SELECT id, name FROM {table} ORDER BY id"))?;
        let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(super) fn add_name(&self, table: Names, id: u32, name: &str) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO {table} (id, name) VALUES (?, ?)");
        self.sql.prepare_cached(&sql)?.execute((id, name))?;
        Ok(())
    }

    /// How far each host is in blocks.
    pub(super) fn folded(&self) -> Result<Vec<(u32, Folded)>, StoreError> {
        let mut statement =
            self.sql.prepare("SELECT id, folded_id, folded_at, rolled_at FROM host")?;
        let rows = statement.query_map((), |row| Ok((row.get(0)?, folded(row, 1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How far one host is in blocks.
    pub(super) fn folded_of(&self, host: u32) -> Result<Folded, StoreError> {
        let sql = "SELECT folded_id, folded_at, rolled_at FROM host WHERE id = ?";
        let found =
            self.sql.prepare_cached(sql)?.query_row([host], |row| folded(row, 0)).optional();
        Ok(found?.unwrap_or_default())
    }

    pub(super) fn set_folded(&self, host: u32, folded: Folded) -> Result<(), StoreError> {
        let sql = "UPDATE host SET folded_id = ?, folded_at = ?, rolled_at = ? WHERE id = ?";
        let (at, rolled_at) = (signed(folded.at), signed(folded.rolled_at));
        self.sql.prepare_cached(sql)?.execute((folded.id, at, rolled_at, host))?;
        Ok(())
    }

    /// The block of a host that begins at this moment.
    pub(super) fn block(
        &self,
        host: u32,
        tier: Tier,
        at: u64,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT cells FROM block WHERE host = ? AND tier = ? AND at = ?";
        let key = (host, tier.number(), signed(at));
        Ok(self.sql.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?)
    }

    /// The blocks of a host that begin in this range, in the order of time.
    pub(super) fn blocks(
        &self,
        host: u32,
        tier: Tier,
        from: u64,
        to: u64,
    ) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let sql = "SELECT at, cells FROM block WHERE host = ? AND tier = ? AND at >= ? AND at < ?
                   ORDER BY at";
        let mut statement = self.sql.prepare_cached(sql)?;
        let range = (host, tier.number(), signed(from), signed(to));
        let rows = statement.query_map(range, |row| Ok((unsigned(row, 0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When the first block of a host begins.
    pub(super) fn first_block(&self, host: u32, tier: Tier) -> Result<Option<u64>, StoreError> {
        let sql = "SELECT at FROM block WHERE host = ? AND tier = ? ORDER BY at LIMIT 1";
        let mut statement = self.sql.prepare_cached(sql)?;
        let found = statement.query_row((host, tier.number()), |row| unsigned(row, 0));
        Ok(found.optional()?)
    }

    /// Which numbers are in raw blocks that begin at this moment or later, by host.
    pub(super) fn each_seen(
        &self,
        from: u64,
        mut take: impl FnMut(u32, Vec<u8>),
    ) -> Result<(), StoreError> {
        let sql = "SELECT host, seen FROM block WHERE tier = 0 AND at >= ?";
        let mut statement = self.sql.prepare(sql)?;
        let mut rows = statement.query([signed(from)])?;
        while let Some(row) = rows.next()? {
            take(row.get(0)?, row.get(1)?);
        }
        Ok(())
    }

    pub(super) fn set_block(
        &self,
        host: u32,
        tier: Tier,
        at: u64,
        seen: &[u8],
        cells: &[u8],
    ) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO block (host, tier, at, seen, cells)
                   VALUES (?, ?, ?, ?, ?)";
        self.sql.prepare_cached(sql)?.execute((host, tier.number(), signed(at), seen, cells))?;
        Ok(())
    }

    /// Forgets the blocks of a host that begin before this.
    pub(super) fn cut_blocks(&self, host: u32, tier: Tier, before: u64) -> Result<(), StoreError> {
        let sql = "DELETE FROM block WHERE host = ? AND tier = ? AND at < ?";
        self.sql.prepare_cached(sql)?.execute((host, tier.number(), signed(before)))?;
        Ok(())
    }

    pub(super) fn add_event(
        &self,
        host: u32,
        at: u64,
        kind: &str,
        data: &str,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO event (host, at, kind, data) VALUES (?, ?, ?, ?)";
        self.sql.prepare_cached(sql)?.execute((host, signed(at), kind, data))?;
        Ok(())
    }

    /// Events of a host, or of all, newest first: host, time, kind, data.
    pub(super) fn events(&self, wanted: &Events<'_>) -> Result<Vec<EventRow>, StoreError> {
        let sql = "SELECT host.name, event.at, kind, data FROM event JOIN host
                   ON host.id = event.host
                   WHERE event.at >= ?1 AND event.at < ?2 AND (?3 IS NULL OR event.host = ?3)
                   AND (?4 IS NULL OR kind = ?4) ORDER BY event.at DESC, event.id DESC LIMIT ?5";
        let mut statement = self.sql.prepare_cached(sql)?;
        let limit = i64::try_from(wanted.limit).unwrap_or(i64::MAX);
        let values = (signed(wanted.from), signed(wanted.to), wanted.host, wanted.kind, limit);
        let event =
            |row: &SqlRow<'_>| Ok((row.get(0)?, unsigned(row, 1)?, row.get(2)?, row.get(3)?));
        let rows = statement.query_map(values, event)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets events from before this, and all but the newest so many. Figures that agents tell
    /// as events may be half of them: they come by the minute, and an alarm must not go for them.
    /// Looks at every event.
    pub(super) fn cut_events(&self, before: u64, most: usize) -> Result<(), StoreError> {
        self.sql.prepare_cached("DELETE FROM event WHERE at < ?")?.execute([signed(before)])?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let sql = "DELETE FROM event WHERE kind = 'performance' AND id <= (SELECT id FROM event
                   WHERE kind = 'performance' ORDER BY id DESC LIMIT 1 OFFSET ?)";
        self.sql.prepare_cached(sql)?.execute([most / 2])?;
        let sql = "DELETE FROM event WHERE id <=
                   (SELECT id FROM event ORDER BY id DESC LIMIT 1 OFFSET ?)";
        self.sql.prepare_cached(sql)?.execute([most])?;
        Ok(())
    }

    /// Writes the whole of it, as it is now, into a new file.
    pub(super) fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        self.sql.execute("VACUUM INTO ?", [path.to_string_lossy()])?;
        Ok(())
    }

    /// Looks at every page; what is wrong is [`StoreError::Damaged`].
    pub(super) fn check_all(&self) -> Result<(), StoreError> {
        let word: String = self.sql.query_row("PRAGMA integrity_check", (), |row| row.get(0))?;
        if word == "ok" { Ok(()) } else { Err(StoreError::Damaged) }
    }
}

/// Name, time, kind and data of an event.
pub(super) type EventRow = (String, u64, String, String);

/// Which events are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Events<'a> {
    pub(super) host: Option<u32>,
    pub(super) kind: Option<&'a str>,
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) limit: usize,
}

/// A table of numbered names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Names {
    Host,
    Boot,
    Series,
}

impl std::fmt::Display for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::Boot => "boot",
            Self::Series => "series",
        })
    }
}

fn folded(row: &SqlRow<'_>, from: usize) -> rusqlite::Result<Folded> {
    let (at, rolled_at) = (unsigned(row, from + 1)?, unsigned(row, from + 2)?);
    Ok(Folded { id: row.get(from)?, at, rolled_at })
}

/// Times are below 2^63 by far.
pub(super) fn signed(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
        .map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, Box::new(error))
        })
}

#[cfg(test)]
mod faults;
