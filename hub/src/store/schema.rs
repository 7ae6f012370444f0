//! The tables, and how an older file becomes one of today.

use rusqlite::Connection;

use super::error::StoreError;

/// What makes each version from the one before; the first makes version 1 of an empty file. A
/// version that was released is never changed: what comes later is one more step.
const STEPS: &[&str] = &[
    "
    -- Hosts, boots and series by number.
    CREATE TABLE host (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        -- Rows of the log up to this number and from before this time are in blocks.
        folded_id INTEGER NOT NULL DEFAULT 0,
        folded_at INTEGER NOT NULL DEFAULT 0,
        -- What was before this time is in the coarser blocks too.
        rolled_at INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE boot (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    -- Readings as they came, all hosts in one, appended only.
    CREATE TABLE log (
        id INTEGER PRIMARY KEY,
        host INTEGER NOT NULL,
        at INTEGER NOT NULL,
        boot INTEGER,
        seq INTEGER,
        -- The row of the same host and hour from which this one says what is different; NULL: it
        -- is whole.
        base INTEGER,
        figures BLOB NOT NULL
    );
    -- Readings by host and time, packed; seen: which numbers of which boots are in a raw one.
    CREATE TABLE block (
        host INTEGER NOT NULL,
        tier INTEGER NOT NULL,
        at INTEGER NOT NULL,
        seen BLOB NOT NULL,
        cells BLOB NOT NULL,
        PRIMARY KEY (host, tier, at)
    ) WITHOUT ROWID;
    CREATE TABLE event (
        id INTEGER PRIMARY KEY,
        host INTEGER NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        data TEXT NOT NULL
    );
    CREATE INDEX event_of_host ON event (host, at);
    CREATE INDEX event_at ON event (at);
",
    "
    -- The log's other half: one is written to while the other is emptied.
    CREATE TABLE log_2 (
        id INTEGER PRIMARY KEY,
        host INTEGER NOT NULL,
        at INTEGER NOT NULL,
        boot INTEGER,
        seq INTEGER,
        base INTEGER,
        figures BLOB NOT NULL
    );
",
    "
    -- Alerts, open and over; said: JSON.
    CREATE TABLE alert (
        host TEXT NOT NULL,
        id TEXT NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER,
        said TEXT NOT NULL,
        PRIMARY KEY (host, id, since)
    ) WITHOUT ROWID;
    CREATE INDEX alert_since ON alert (since);
    CREATE INDEX alert_open ON alert (since) WHERE until IS NULL;
    CREATE TABLE silence (id INTEGER PRIMARY KEY, said TEXT NOT NULL);
    -- Hosts that were there, and since when they are away.
    CREATE TABLE watched (
        host TEXT PRIMARY KEY,
        away INTEGER,
        -- How far its agent's news of alerts was told.
        boot TEXT,
        number INTEGER
    ) WITHOUT ROWID;
",
];

/// Makes the file one of this version.
///
/// # Errors
/// [`StoreError::Newer`] for one that a later version has written; it is left as it is.
pub(super) fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    migrate_by(db, STEPS)
}

/// The version of a file; refused when it is not one of ours of today.
pub(super) fn check(db: &Connection) -> Result<(), StoreError> {
    match version(db)? {
        version if version == STEPS.len() => Ok(()),
        version if version > STEPS.len() => Err(StoreError::Newer(version, STEPS.len())),
        _ => Err(StoreError::NotOurs),
    }
}

fn version(db: &Connection) -> Result<usize, StoreError> {
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    usize::try_from(version).map_err(|_| StoreError::NotOurs)
}

fn migrate_by(db: &mut Connection, steps: &[&str]) -> Result<(), StoreError> {
    let found = version(db)?;
    if found > steps.len() {
        return Err(StoreError::Newer(found, steps.len()));
    }
    for (number, step) in steps.iter().enumerate().skip(found) {
        let change = db.transaction()?;
        change.execute_batch(step)?;
        change.pragma_update(None, "user_version", i64::try_from(number + 1).unwrap_or(0))?;
        change.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_file_is_brought_up_and_a_newer_one_refused() {
        let mut db = Connection::open_in_memory().unwrap();
        let one = "CREATE TABLE a (x); INSERT INTO a VALUES (1)";
        let two = "ALTER TABLE a ADD COLUMN y DEFAULT 2";
        migrate_by(&mut db, &[one]).unwrap();
        migrate_by(&mut db, &[one, two]).unwrap();
        migrate_by(&mut db, &[one, two]).unwrap();
        let row = db.query_row("SELECT x + y FROM a", (), |row| row.get::<_, i64>(0));
        assert_eq!(row, Ok(3));
        let refused = migrate_by(&mut db, &[one]);
        assert!(matches!(refused, Err(StoreError::Newer(2, 1))), "{refused:?}");
    }

    #[test]
    fn a_file_of_version_2_keeps_its_events_and_gets_the_tables_of_alerts() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate_by(&mut db, &STEPS[..2]).unwrap();
        let event = "INSERT INTO host (id, name) VALUES (1, 'pi');
                     INSERT INTO event (host, at, kind, data) VALUES (1, 5, 'alert', '{}')";
        db.execute_batch(event).unwrap();
        migrate(&mut db).unwrap();
        check(&db).unwrap();
        let count = |table: &str| {
            let sql = format!("SELECT count(*) FROM {table}");
            db.query_row(&sql, (), |row| row.get::<_, i64>(0)).unwrap()
        };
        assert_eq!(["event", "alert", "silence", "watched"].map(count), [1, 0, 0, 0]);
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate_by(&mut db, &["CREATE TABLE a (x)"]).unwrap();
        let steps = ["CREATE TABLE a (x)", "CREATE TABLE b (x); CREATE TABLE a (x)"];
        migrate_by(&mut db, &steps).unwrap_err();
        assert_eq!(version(&db).unwrap(), 1);
        db.execute_batch("CREATE TABLE b (y)").unwrap();
    }
}
