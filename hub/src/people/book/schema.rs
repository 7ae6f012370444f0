//! The tables of the file, and the way to them from those of earlier versions.

use rusqlite::Connection;

use super::PeopleError;

/// "king", so that no other database is taken for one of ours.
const APPLICATION: i64 = 0x6b69_6e67;
/// The tables of this version.
pub(super) const VERSION: i64 = 2;
/// The tables of version 1.
const TABLES: &str = "
    CREATE TABLE user (
        name TEXT PRIMARY KEY,
        role TEXT NOT NULL,
        -- A PHC string.
        password TEXT NOT NULL,
        created INTEGER NOT NULL
    );
    CREATE TABLE session (
        -- SHA-256 of what the browser holds.
        hash TEXT PRIMARY KEY,
        user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
        created INTEGER NOT NULL,
        seen INTEGER NOT NULL,
        -- Seconds without use after which it ends.
        idle INTEGER NOT NULL,
        client TEXT NOT NULL
    );
    CREATE INDEX session_of_user ON session (user, seen);
    CREATE TABLE trace (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        who TEXT NOT NULL,
        what TEXT NOT NULL,
        subject TEXT NOT NULL
    );
";
/// What version 2 has besides.
const LINKS: &str = "
    CREATE TABLE link (
        name TEXT PRIMARY KEY,
        -- SHA-256 of what its address holds.
        hash TEXT NOT NULL UNIQUE,
        created INTEGER NOT NULL,
        expires INTEGER NOT NULL,
        -- When it was last used.
        seen INTEGER
    );
    ALTER TABLE trace ADD COLUMN place TEXT NOT NULL DEFAULT '';
";

/// Makes the tables in an empty file.
pub(super) fn make(sql: &Connection) -> Result<(), PeopleError> {
    Ok(sql.execute_batch(&format!(
        "BEGIN; {TABLES} {LINKS} PRAGMA application_id = {APPLICATION}; \
         PRAGMA user_version = {VERSION}; COMMIT;"
    ))?)
}

/// Brings a file to this version.
///
/// # Errors
/// It is none of ours, or a later one: it is left as it is.
pub(super) fn mend(sql: &Connection) -> Result<(), PeopleError> {
    let number = |name| sql.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if number("application_id")? != APPLICATION {
        return Err(PeopleError::NotOurs);
    }
    // A command may do the same at the same time: whoever comes second looks again.
    sql.execute_batch("BEGIN IMMEDIATE")?;
    let mended = match number("user_version") {
        Ok(VERSION) => Ok(()),
        Ok(1) => {
            let steps = format!("{LINKS} PRAGMA user_version = {VERSION};");
            sql.execute_batch(&steps).map_err(PeopleError::from)
        }
        Ok(_) => Err(PeopleError::NotOurs),
        Err(error) => Err(error.into()),
    };
    sql.execute_batch(if mended.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    mended
}
