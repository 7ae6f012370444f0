//! The rows of links: who comes by one looks, until it expires or is removed.

use kinglet_proto::time::WallTime;
use rusqlite::{OptionalExtension as _, Row, params};

use super::{Book, PeopleError, moment, seconds, wanted};
use crate::limits::people::{LINK_FORGOTTEN_S, LINKS_MAX, SESSION_SEEN_S};
use crate::people::LINK_PREFIX;
use crate::people::secret::{self, hash as hash_of};
use crate::people::user::UserName;

/// A link by which somebody may look who has no name here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it is called: it has the form of a user's name.
    pub name: UserName,
    /// Since when.
    pub created: WallTime,
    /// Until when it is good.
    pub expires: WallTime,
    /// When it was last used, give or take ten minutes; `None` where it never was.
    pub seen: Option<WallTime>,
}

/// A link that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    /// What its address is to hold; it is told this once.
    pub secret: String,
    /// Until when it is good.
    pub expires: WallTime,
}

impl Book {
    /// Makes a link that is good for so many seconds.
    ///
    /// # Errors
    /// There is one of this name, or no room for more.
    pub fn add_link(
        &mut self,
        name: &UserName,
        lasts: i64,
        at: WallTime,
    ) -> Result<NewLink, PeopleError> {
        let now = seconds(at);
        let old = "DELETE FROM link WHERE expires + ?2 < ?1 OR (name = ?3 AND expires <= ?1)";
        self.sql.execute(old, params![now, LINK_FORGOTTEN_S, &**name])?;
        if self.links()?.len() >= LINKS_MAX {
            return wanted(format!("there are {LINKS_MAX} links already"));
        }
        let Some(token) = secret::new() else {
            return wanted("there is no randomness".to_owned());
        };
        let (secret, expires) = (format!("{LINK_PREFIX}{token}"), now.saturating_add(lasts));
        let sql = "INSERT OR IGNORE INTO link VALUES (?1, ?2, ?3, ?4, NULL)";
        match self.sql.execute(sql, params![&**name, hash_of(&secret), now, expires])? {
            0 => wanted(format!("there is a link {name} already: `kinglet-hub link list`")),
            _ => Ok(NewLink { secret, expires: moment(expires) }),
        }
    }

    /// Every link by name, those that expired in the last days too.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn links(&self) -> Result<Vec<Link>, PeopleError> {
        let sql = "SELECT name, created, expires, seen FROM link ORDER BY name";
        let mut statement = self.sql.prepare_cached(sql)?;
        Ok(statement.query_map([], link)?.collect::<Result<_, _>>()?)
    }

    /// Removes a link: who came by it looks no more.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn remove_link(&mut self, name: &UserName) -> Result<(), PeopleError> {
        match self.sql.execute("DELETE FROM link WHERE name = ?1", [&**name])? {
            0 => Err(PeopleError::Unknown(format!(
                "there is no link {name}: `kinglet-hub link list`"
            ))),
            _ => Ok(()),
        }
    }

    /// The link of this secret while it is good, as it was; from now on it is used.
    pub(in crate::people) fn link(
        &mut self,
        secret: &str,
        now: WallTime,
    ) -> Result<Option<Link>, PeopleError> {
        let (hash, at) = (hash_of(secret), seconds(now));
        let sql = "SELECT name, created, expires, seen FROM link WHERE hash = ?1 AND expires > ?2";
        let mut statement = self.sql.prepare_cached(sql)?;
        let found = statement.query_row(params![hash, at], link).optional()?;
        let is_news = |link: &Link| link.seen.is_none_or(|it| at >= seconds(it) + SESSION_SEEN_S);
        if found.as_ref().is_some_and(is_news) {
            self.sql.execute("UPDATE link SET seen = ?2 WHERE hash = ?1", params![hash, at])?;
        }
        Ok(found)
    }
}

fn link(row: &Row<'_>) -> rusqlite::Result<Link> {
    let name: String = row.get(0)?;
    let name = UserName::parse(&name).map_err(|_| rusqlite::Error::InvalidQuery)?;
    let (created, expires) = (moment(row.get(1)?), moment(row.get(2)?));
    Ok(Link { name, created, expires, seen: row.get::<_, Option<i64>>(3)?.map(moment) })
}
