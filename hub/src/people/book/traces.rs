//! The rows of who changed what.

use kinglet_proto::time::WallTime;
use rusqlite::{Row, params};

use super::{Book, PeopleError, moment, seconds, short};
use crate::limits::people::TRACES_MAX;

/// That somebody changes something.
#[derive(Debug, Clone, Copy)]
pub struct Trace<'a> {
    at: WallTime,
    who: &'a str,
    what: &'a str,
    subject: &'a str,
    place: &'a str,
}

impl<'a> Trace<'a> {
    /// `who` did `what` to `subject`; nothing of it may be a secret.
    pub fn new(at: WallTime, who: &'a str, what: &'a str, subject: &'a str) -> Self {
        Self { at, who, what, subject, place: "" }
    }

    /// The same, done from this address.
    pub fn from(self, place: &'a str) -> Self {
        Self { place, ..self }
    }
}

/// That somebody changed something, as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// When.
    pub at: WallTime,
    /// A user, the number of one on this machine, "a token", or nobody who is known.
    pub who: String,
    /// What he did.
    pub what: String,
    /// To what; often nothing.
    pub subject: String,
    /// The address that he did it from; nothing for a command on the hub's machine, and for what
    /// was written down before addresses were.
    pub place: String,
}

impl Book {
    /// Who changed what, the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn traces(&self, most: usize) -> Result<Vec<Traced>, PeopleError> {
        let sql = "SELECT at, who, what, subject, place FROM trace ORDER BY id DESC LIMIT ?1";
        let mut statement = self.sql.prepare_cached(sql)?;
        let row = |row: &Row<'_>| {
            let (at, who, what) = (moment(row.get(0)?), row.get(1)?, row.get(2)?);
            Ok(Traced { at, who, what, subject: row.get(3)?, place: row.get(4)? })
        };
        let most = i64::try_from(most).unwrap_or(TRACES_MAX);
        Ok(statement.query_map([most], row)?.collect::<Result<_, _>>()?)
    }

    /// Writes down who changed what; the oldest make room.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note(&mut self, trace: &Trace<'_>) -> Result<(), PeopleError> {
        let Trace { at, who, what, subject, place } = *trace;
        let sql = "INSERT INTO trace (at, who, what, subject, place) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.sql.execute(sql, params![seconds(at), who, what, short(subject), place])?;
        let sql = "DELETE FROM trace WHERE id <= (SELECT max(id) FROM trace) - ?1";
        self.sql.execute(sql, [TRACES_MAX])?;
        Ok(())
    }
}
