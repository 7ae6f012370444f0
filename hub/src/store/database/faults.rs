//! What tests do to a file, and what they ask of it.

use super::{Database, StoreError, unsigned};

impl Database {
    /// As if a page of the log had gone bad.
    pub(in crate::store) fn damage(&self) {
        let sql = "PRAGMA writable_schema = ON;
                   UPDATE sqlite_schema SET rootpage = 1000000 WHERE name = 'log';
                   PRAGMA writable_schema = RESET";
        self.sql.execute_batch(sql).unwrap();
    }

    /// Bytes of the blocks of each resolution.
    pub(in crate::store) fn sizes(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT tier, sum(length(cells) + length(seen)) FROM block GROUP BY tier";
        let mut statement = self.sql.prepare(sql)?;
        let rows = statement.query_map((), |row| {
            let tier: u8 = row.get(0)?;
            let name = ["raw", "1 min", "15 min", "1 h"][usize::from(tier)];
            Ok((name.to_owned(), unsigned(row, 1)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Rows of the log.
    pub(in crate::store) fn log_rows(&self) -> i64 {
        let sql = "SELECT (SELECT count(*) FROM log) + (SELECT count(*) FROM log_2)";
        self.sql.query_row(sql, (), |row| row.get(0)).unwrap()
    }

    /// As if the disk were full at so many pages.
    pub(in crate::store) fn limit_pages(&self, most: Option<u32>) {
        let sql = format!("PRAGMA max_page_count = {}", most.unwrap_or(1_000_000_000));
        self.sql.query_row(&sql, (), |_| Ok(())).unwrap();
    }
}
