//! The file of people, and every statement that is run on it.

mod links;
mod schema;
mod sessions;
mod traces;

use std::fmt;
use std::fs::{OpenOptions, Permissions, set_permissions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use kinglet_proto::time::WallTime;
pub use links::{Link, NewLink};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
pub(super) use sessions::id_of;
pub use sessions::{Session, Started};
pub use traces::{Trace, Traced};

use super::password;
use super::secret::give;
use super::user::{Role, User, UserName};
use crate::limits::people::{CLIENT_BYTES_MAX, USERS_MAX};

/// How long to wait for who else has the file.
const PATIENCE: Duration = Duration::from_secs(5);

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
    /// Nobody and nothing is called so; in words.
    Unknown(String),
    /// It would leave nobody who may change anything.
    LastOwner,
}

impl fmt::Display for PeopleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs => f.write_str("not a list of people that this kinglet-hub knows"),
            Self::Database(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            Self::Wanted(words) | Self::Unknown(words) => f.write_str(words),
            Self::LastOwner => f.write_str("there must be an owner: make somebody else one first"),
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
        schema::mend(&sql)?;
        Ok(Self { sql })
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
        schema::make(&sql)?;
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
        self.add_hashed(name, role, &hashed(password)?, at)
    }

    /// The same with a password's hash.
    pub(super) fn add_hashed(
        &mut self,
        name: &UserName,
        role: Role,
        hash: &str,
        at: WallTime,
    ) -> Result<(), PeopleError> {
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

    /// Adds an owner where there is nobody yet; whether there was nobody.
    pub(super) fn add_first(
        &mut self,
        name: &UserName,
        hash: &str,
        at: WallTime,
    ) -> Result<bool, PeopleError> {
        let sql = "INSERT INTO user SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM user)";
        let values = params![&**name, Role::Owner.name(), hash, seconds(at)];
        Ok(self.sql.execute(sql, values)? > 0)
    }

    /// Gives somebody another password, and ends his sessions.
    ///
    /// # Errors
    /// There is nobody of this name, or the password is none.
    pub fn set_password(&mut self, name: &UserName, password: &str) -> Result<(), PeopleError> {
        self.set_hashed(name, &hashed(password)?)?;
        self.end_all(name).map(drop)
    }

    /// Gives somebody the password of this hash; his sessions stay.
    pub(super) fn set_hashed(&mut self, name: &UserName, hash: &str) -> Result<(), PeopleError> {
        let sql = "UPDATE user SET password = ?2 WHERE name = ?1";
        found(name, self.sql.execute(sql, params![&**name, hash])?)
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

    /// Gives somebody another role, unless nobody would be an owner then.
    pub(super) fn change_role(&mut self, name: &UserName, role: Role) -> Result<(), PeopleError> {
        let sql = "UPDATE user SET role = ?2 WHERE name = ?1 AND (?2 = 'owner' OR \
                   role <> 'owner' OR \
                   EXISTS (SELECT 1 FROM user WHERE role = 'owner' AND name <> ?1))";
        let rows = self.sql.execute(sql, params![&**name, role.name()])?;
        self.spared(name, rows)
    }

    /// Removes somebody with his sessions, unless nobody would be an owner then.
    pub(super) fn dismiss(&mut self, name: &UserName) -> Result<(), PeopleError> {
        let sql = "DELETE FROM user WHERE name = ?1 AND (role <> 'owner' OR \
                   EXISTS (SELECT 1 FROM user WHERE role = 'owner' AND name <> ?1))";
        let rows = self.sql.execute(sql, [&**name])?;
        self.spared(name, rows)
    }

    /// Why no row changed, where none did.
    fn spared(&self, name: &UserName, rows: usize) -> Result<(), PeopleError> {
        match rows {
            0 if self.password(name)?.is_some() => Err(PeopleError::LastOwner),
            rows => found(name, rows),
        }
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

    pub(super) fn is_any(&self) -> Result<bool, PeopleError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM user)";
        Ok(self.sql.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    }

    pub(super) fn password(&self, name: &UserName) -> Result<Option<String>, PeopleError> {
        let mut statement = self.sql.prepare_cached("SELECT password FROM user WHERE name = ?1")?;
        Ok(statement.query_row([&**name], |row| row.get(0)).optional()?)
    }
}

fn hashed(text: &str) -> Result<String, PeopleError> {
    if let Some(fault) = password::fault(text) {
        return wanted(fault);
    }
    password::hash(text).ok_or_else(|| PeopleError::Wanted("there is no randomness".to_owned()))
}

fn found(name: &UserName, rows: usize) -> Result<(), PeopleError> {
    match rows {
        0 => Err(PeopleError::Unknown(format!("there is no user {name}: `kinglet-hub user list`"))),
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
