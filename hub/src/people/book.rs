//! The file of people, and every statement that is run on it.

use std::fmt;
use std::fs::{OpenOptions, Permissions, set_permissions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use kinglet_proto::time::WallTime;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::password;
use super::secret::{self, give, hash as hash_of};
use super::user::{Role, User, UserName};
use super::{SESSION_PREFIX, SignIn};
use crate::limits::people::{
    CLIENT_BYTES_MAX, SESSION_IDLE_S, SESSION_KEPT_S, SESSION_SEEN_S, SESSIONS_MAX, TRACES_MAX,
    USERS_MAX,
};

/// "king", so that no other database is taken for one of ours.
const APPLICATION: i64 = 0x6b69_6e67;
/// The tables of this version.
const VERSION: i64 = 1;
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
/// How long to wait for who else has the file.
const PATIENCE: Duration = Duration::from_secs(5);
/// Digits of a session's hash that name it.
const ID_DIGITS: usize = 16;

/// Why the people of a hub cannot be looked up or changed.
#[derive(Debug)]
pub enum PeopleError {
    /// The file is a database of something else, or of a later version.
    NotOurs,
    /// The database says no.
    Database(rusqlite::Error),
    /// The system does.
    Io(std::io::Error),
    /// What was asked for makes no sense; in words.
    Wanted(String),
}

impl fmt::Display for PeopleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs => f.write_str("not a list of people that this kinglet-hub knows"),
            Self::Database(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            Self::Wanted(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for PeopleError {}

impl From<rusqlite::Error> for PeopleError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<std::io::Error> for PeopleError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// A session that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// What the browser is to hold, and nobody else.
    pub secret: String,
    /// Seconds without use after which it ends.
    pub idle: i64,
}

/// A session as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names it, and is no secret.
    pub id: String,
    /// Since when.
    pub created: WallTime,
    /// When it was last used, give or take ten minutes.
    pub seen: WallTime,
    /// What the browser said it is.
    pub client: String,
}

/// That somebody changed something.
#[derive(Debug, Clone, Copy)]
pub struct Trace<'a> {
    at: WallTime,
    who: &'a str,
    what: &'a str,
    subject: &'a str,
}

impl<'a> Trace<'a> {
    /// `who` did `what` to `subject`; nothing of it may be a secret.
    pub fn new(at: WallTime, who: &'a str, what: &'a str, subject: &'a str) -> Self {
        Self { at, who, what, subject }
    }
}

/// The file.
#[derive(Debug)]
pub struct Book {
    sql: Connection,
}

impl Book {
    pub(super) fn open(path: &Path) -> Result<Self, PeopleError> {
        let sql = Connection::open(path)?;
        sql.busy_timeout(PATIENCE)?;
        sql.pragma_update(None, "foreign_keys", true)?;
        let number = |name| sql.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        match (number("application_id")?, number("user_version")?) {
            (APPLICATION, VERSION) => Ok(Self { sql }),
            _ => Err(PeopleError::NotOurs),
        }
    }

    /// Opens it, or makes it where there is none; it is for the state's owner alone.
    pub(super) fn begin_in(state_dir: &Path, path: &Path) -> Result<Self, PeopleError> {
        let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        match new {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Self::open(path);
            }
            Err(error) => return Err(error.into()),
        }
        set_permissions(path, Permissions::from_mode(0o600))?;
        give(path, state_dir)?;
        let sql = Connection::open(path)?;
        sql.execute_batch(&format!(
            "BEGIN; {TABLES} PRAGMA application_id = {APPLICATION}; \
             PRAGMA user_version = {VERSION}; COMMIT;"
        ))?;
        drop(sql);
        Self::open(path)
    }

    /// Adds somebody.
    ///
    /// # Errors
    /// There is one of this name, or the password is none.
    pub fn add(
        &mut self,
        name: &UserName,
        role: Role,
        password: &str,
        at: WallTime,
    ) -> Result<(), PeopleError> {
        let hash = hashed(password)?;
        if self.users()?.len() >= USERS_MAX {
            return wanted(format!("there are {USERS_MAX} users already"));
        }
        let sql = "INSERT OR IGNORE INTO user VALUES (?1, ?2, ?3, ?4)";
        let at = seconds(at);
        match self.sql.execute(sql, params![&**name, role.name(), hash, at])? {
            0 => wanted(format!("there is a user {name} already: `kinglet-hub user list`")),
            _ => Ok(()),
        }
    }

    /// Gives somebody another password, and ends his sessions.
    ///
    /// # Errors
    /// There is nobody of this name, or the password is none.
    pub fn set_password(&mut self, name: &UserName, password: &str) -> Result<(), PeopleError> {
        let hash = hashed(password)?;
        let sql = "UPDATE user SET password = ?2 WHERE name = ?1";
        found(name, self.sql.execute(sql, params![&**name, hash])?)?;
        self.end_all(name).map(drop)
    }

    /// Gives somebody another role, which holds at once.
    ///
    /// # Errors
    /// There is nobody of this name.
    pub fn set_role(&mut self, name: &UserName, role: Role) -> Result<(), PeopleError> {
        let sql = "UPDATE user SET role = ?2 WHERE name = ?1";
        found(name, self.sql.execute(sql, params![&**name, role.name()])?)
    }

    /// Removes somebody with his sessions.
    ///
    /// # Errors
    /// There is nobody of this name.
    pub fn remove(&mut self, name: &UserName) -> Result<(), PeopleError> {
        found(name, self.sql.execute("DELETE FROM user WHERE name = ?1", [&**name])?)
    }

    /// Everybody, by name, and how many sessions he has.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn users(&self) -> Result<Vec<(User, u32)>, PeopleError> {
        let sql = "SELECT name, role, (SELECT count(*) FROM session WHERE user = name) \
                   FROM user ORDER BY name";
        let mut statement = self.sql.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok((user(row)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Ends all sessions of somebody: how many there were.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn end_all(&mut self, name: &UserName) -> Result<usize, PeopleError> {
        Ok(self.sql.execute("DELETE FROM session WHERE user = ?1", [&**name])?)
    }

    /// Who changed what, the newest first: when, who, what, to what.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn traces(&self, most: usize) -> Result<Vec<(WallTime, [String; 3])>, PeopleError> {
        let sql = "SELECT at, who, what, subject FROM trace ORDER BY id DESC LIMIT ?1";
        let mut statement = self.sql.prepare_cached(sql)?;
        let row =
            |row: &Row<'_>| Ok((moment(row.get(0)?), [row.get(1)?, row.get(2)?, row.get(3)?]));
        let most = i64::try_from(most).unwrap_or(TRACES_MAX);
        Ok(statement.query_map([most], row)?.collect::<Result<_, _>>()?)
    }

    /// Writes down who changed what; the oldest make room.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note(&mut self, trace: &Trace<'_>) -> Result<(), PeopleError> {
        let Trace { at, who, what, subject } = *trace;
        let sql = "INSERT INTO trace (at, who, what, subject) VALUES (?1, ?2, ?3, ?4)";
        self.sql.execute(sql, params![seconds(at), who, what, short(subject)])?;
        let sql = "DELETE FROM trace WHERE id <= (SELECT max(id) FROM trace) - ?1";
        self.sql.execute(sql, [TRACES_MAX])?;
        Ok(())
    }

    pub(super) fn is_any(&self) -> Result<bool, PeopleError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM user)";
        Ok(self.sql.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    }

    pub(super) fn password(&self, name: &UserName) -> Result<Option<String>, PeopleError> {
        let mut statement = self.sql.prepare_cached("SELECT password FROM user WHERE name = ?1")?;
        Ok(statement.query_row([&**name], |row| row.get(0)).optional()?)
    }

    /// Begins a session of somebody, whose oldest ones make room; `None` where he is there no more,
    /// or there is no randomness.
    pub(super) fn begin(
        &mut self,
        name: &UserName,
        wanted: &SignIn<'_>,
    ) -> Result<Option<(User, Started)>, PeopleError> {
        let sql = "SELECT name, role FROM user WHERE name = ?1";
        let known = self.sql.prepare_cached(sql)?.query_row([&**name], user).optional()?;
        let (Some(user), Some(token)) = (known, secret::new()) else { return Ok(None) };
        let secret = format!("{SESSION_PREFIX}{token}");
        let idle = if wanted.remember { SESSION_KEPT_S } else { SESSION_IDLE_S };
        let now = seconds(wanted.at);
        let sql = "INSERT INTO session VALUES (?1, ?2, ?3, ?3, ?4, ?5)";
        let client = short(wanted.client);
        self.sql.execute(sql, params![hash_of(&secret), &**name, now, idle, client])?;
        self.sql.execute("DELETE FROM session WHERE seen + idle < ?1", [now])?;
        let sql = "DELETE FROM session WHERE user = ?1 AND hash NOT IN \
                   (SELECT hash FROM session WHERE user = ?1 ORDER BY seen DESC LIMIT ?2)";
        self.sql.execute(sql, params![&**name, SESSIONS_MAX])?;
        self.note(&Trace::new(wanted.at, name, "signed in", client))?;
        Ok(Some((user, Started { secret, idle })))
    }

    pub(super) fn visitor(
        &mut self,
        secret: &str,
        now: WallTime,
    ) -> Result<Option<User>, PeopleError> {
        let (hash, now) = (hash_of(secret), seconds(now));
        let sql = "SELECT name, role, seen FROM session JOIN user ON user = name \
                   WHERE hash = ?1 AND seen + idle >= ?2";
        let mut statement = self.sql.prepare_cached(sql)?;
        let row = |row: &Row<'_>| Ok((user(row)?, row.get::<_, i64>(2)?));
        let Some((user, seen)) = statement.query_row(params![hash, now], row).optional()? else {
            return Ok(None);
        };
        if now >= seen + SESSION_SEEN_S {
            self.sql.execute("UPDATE session SET seen = ?2 WHERE hash = ?1", params![hash, now])?;
        }
        Ok(Some(user))
    }

    /// Ends the session of this secret: whose it was.
    pub(super) fn end(&mut self, secret: &str) -> Result<Option<String>, PeopleError> {
        let sql = "DELETE FROM session WHERE hash = ?1 RETURNING user";
        let mut statement = self.sql.prepare_cached(sql)?;
        Ok(statement.query_row([hash_of(secret)], |row| row.get(0)).optional()?)
    }

    pub(super) fn sessions(
        &self,
        name: &UserName,
        now: WallTime,
    ) -> Result<Vec<Session>, PeopleError> {
        let sql = "SELECT hash, created, seen, client FROM session \
                   WHERE user = ?1 AND seen + idle >= ?2 ORDER BY seen DESC, created DESC";
        let mut statement = self.sql.prepare_cached(sql)?;
        let rows = statement.query_map(params![&**name, seconds(now)], |row| {
            let hash: String = row.get(0)?;
            let (created, seen) = (moment(row.get(1)?), moment(row.get(2)?));
            Ok(Session { id: id_of(&hash), created, seen, client: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(super) fn end_one(&mut self, name: &UserName, id: &str) -> Result<bool, PeopleError> {
        let sql = "DELETE FROM session WHERE user = ?1 AND substr(hash, 8, ?3) = ?2";
        let digits = i64::try_from(ID_DIGITS).unwrap_or(i64::MAX);
        Ok(self.sql.execute(sql, params![&**name, id, digits])? > 0)
    }
}

/// The name of a session that is in the file under this hash.
fn id_of(hash: &str) -> String {
    hash.chars().skip("sha256:".len()).take(ID_DIGITS).collect()
}

fn hashed(text: &str) -> Result<String, PeopleError> {
    if let Some(fault) = password::fault(text) {
        return wanted(fault);
    }
    password::hash(text).ok_or_else(|| PeopleError::Wanted("there is no randomness".to_owned()))
}

fn found(name: &UserName, rows: usize) -> Result<(), PeopleError> {
    match rows {
        0 => wanted(format!("there is no user {name}: `kinglet-hub user list`")),
        _ => Ok(()),
    }
}

fn wanted<T>(words: String) -> Result<T, PeopleError> {
    Err(PeopleError::Wanted(words))
}

/// A user of the columns `name` and `role`. Only an owner's word is his.
fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    let (name, role): (String, String) = (row.get(0)?, row.get(1)?);
    let name = UserName::parse(&name).map_err(|_| rusqlite::Error::InvalidQuery)?;
    Ok(User { name, role: Role::parse(&role).unwrap_or(Role::Viewer) })
}

fn seconds(at: WallTime) -> i64 {
    i64::try_from(at.unix_seconds()).unwrap_or(i64::MAX)
}

fn moment(seconds: i64) -> WallTime {
    WallTime::from_unix_millis(u64::try_from(seconds).unwrap_or_default().saturating_mul(1000))
}

fn short(text: &str) -> &str {
    &text[..text.floor_char_boundary(CLIENT_BYTES_MAX)]
}

#[cfg(test)]
mod tests;
