//! The rows of sessions.

use kinglet_proto::time::WallTime;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::Serialize;

use super::{Book, PeopleError, Trace, moment, seconds, short, user};
use crate::limits::people::{
    SESSION_ELSEWHERE_S, SESSION_IDLE_S, SESSION_KEPT_S, SESSION_SEEN_S, SESSIONS_MAX,
};
use crate::people::secret::{self, hash as hash_of};
use crate::people::user::{Role, User, UserName};
use crate::people::{Browser, SESSION_PREFIX};

/// Sessions and their users, of those that have not ended at ?2; ?3 is [`SESSION_ELSEWHERE_S`].
const GOOD: &str = "FROM session JOIN user ON user = name \
                    WHERE seen + idle >= ?2 AND (password <> '' OR session.created + ?3 >= ?2)";

/// Digits of a session's hash that name it.
const ID_DIGITS: usize = 16;

/// A session that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// What the browser is to hold, and nobody else.
    pub secret: String,
    /// Seconds without use after which it ends.
    pub idle: i64,
}

/// A session as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

impl Book {
    /// Ends all sessions of somebody: how many there were.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn end_all(&mut self, name: &UserName) -> Result<usize, PeopleError> {
        Ok(self.sql.execute("DELETE FROM session WHERE user = ?1", [&**name])?)
    }

    /// Ends all sessions of somebody but the one of this secret.
    pub(in crate::people) fn end_others(
        &mut self,
        name: &UserName,
        secret: &str,
    ) -> Result<(), PeopleError> {
        let sql = "DELETE FROM session WHERE user = ?1 AND hash <> ?2";
        self.sql.execute(sql, params![&**name, hash_of(secret)])?;
        Ok(())
    }

    /// Begins a session of somebody, whose oldest ones make room; `None` where he is there no more,
    /// or there is no randomness.
    pub(in crate::people) fn begin(
        &mut self,
        name: &UserName,
        browser: &Browser<'_>,
    ) -> Result<Option<(User, Started)>, PeopleError> {
        let sql = "SELECT name, role FROM user WHERE name = ?1";
        let known = self.sql.prepare_cached(sql)?.query_row([&**name], user).optional()?;
        let (Some(user), Some(token)) = (known, secret::new()) else { return Ok(None) };
        let secret = format!("{SESSION_PREFIX}{token}");
        let idle = if browser.remember { SESSION_KEPT_S } else { SESSION_IDLE_S };
        let now = seconds(browser.at);
        let sql = "INSERT INTO session VALUES (?1, ?2, ?3, ?3, ?4, ?5)";
        let client = short(browser.client);
        self.sql.execute(sql, params![hash_of(&secret), &**name, now, idle, client])?;
        self.sql.execute("DELETE FROM session WHERE seen + idle < ?1", [now])?;
        let sql = "DELETE FROM session WHERE user = ?1 AND hash NOT IN \
                   (SELECT hash FROM session WHERE user = ?1 ORDER BY seen DESC LIMIT ?2)";
        self.sql.execute(sql, params![&**name, SESSIONS_MAX])?;
        self.note(
            &Trace::new(browser.at, name, "signed in", client).from(&browser.from.to_string()),
        )?;
        Ok(Some((user, Started { secret, idle })))
    }

    /// The same of somebody whom a provider knows, who is a user with this role from now on; `None`
    /// where one of this name has a password: he is another.
    pub(in crate::people) fn begin_external(
        &mut self,
        name: &UserName,
        role: Role,
        browser: &Browser<'_>,
    ) -> Result<Option<(User, Started)>, PeopleError> {
        match self.password(name)? {
            Some(hash) if !hash.is_empty() => return Ok(None),
            Some(_) => self.set_role(name, role)?,
            None => self.add_hashed(name, role, "", browser.at)?,
        }
        self.begin(name, browser)
    }

    pub(in crate::people) fn visitor(
        &mut self,
        secret: &str,
        now: WallTime,
    ) -> Result<Option<User>, PeopleError> {
        let (hash, now) = (hash_of(secret), seconds(now));
        let sql = format!("SELECT name, role, seen {GOOD} AND hash = ?1");
        let mut statement = self.sql.prepare_cached(&sql)?;
        let row = |row: &Row<'_>| Ok((user(row)?, row.get::<_, i64>(2)?));
        let asked = params![hash, now, SESSION_ELSEWHERE_S];
        let Some((user, seen)) = statement.query_row(asked, row).optional()? else {
            return Ok(None);
        };
        if now >= seen + SESSION_SEEN_S {
            self.sql.execute("UPDATE session SET seen = ?2 WHERE hash = ?1", params![hash, now])?;
        }
        Ok(Some(user))
    }

    /// Ends the session of this secret: whose it was.
    pub(in crate::people) fn end(&mut self, secret: &str) -> Result<Option<String>, PeopleError> {
        let sql = "DELETE FROM session WHERE hash = ?1 RETURNING user";
        let mut statement = self.sql.prepare_cached(sql)?;
        Ok(statement.query_row([hash_of(secret)], |row| row.get(0)).optional()?)
    }

    pub(in crate::people) fn sessions(
        &self,
        name: &UserName,
        now: WallTime,
    ) -> Result<Vec<Session>, PeopleError> {
        let sql = format!(
            "SELECT hash, session.created, seen, client {GOOD} AND user = ?1 \
             ORDER BY seen DESC, session.created DESC"
        );
        let mut statement = self.sql.prepare_cached(&sql)?;
        let asked = params![&**name, seconds(now), SESSION_ELSEWHERE_S];
        let rows = statement.query_map(asked, |row| {
            let hash: String = row.get(0)?;
            let (created, seen) = (moment(row.get(1)?), moment(row.get(2)?));
            Ok(Session { id: id_of(&hash), created, seen, client: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(in crate::people) fn end_one(
        &mut self,
        name: &UserName,
        id: &str,
    ) -> Result<bool, PeopleError> {
        let sql = "DELETE FROM session WHERE user = ?1 AND substr(hash, 8, ?3) = ?2";
        let digits = i64::try_from(ID_DIGITS).unwrap_or(i64::MAX);
        Ok(self.sql.execute(sql, params![&**name, id, digits])? > 0)
    }
}

/// The name of a session that is in the file under this hash.
pub(in crate::people) fn id_of(hash: &str) -> String {
    hash.chars().skip("sha256:".len()).take(ID_DIGITS).collect()
}
