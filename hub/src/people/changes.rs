//! What owners change of users, and each of his own password.

use std::fmt;
use std::net::IpAddr;
use std::sync::PoisonError;

use kinglet_proto::time::{Instant, WallTime};
use tokio::task::spawn_blocking;
use tracing::warn;

use super::{Book, People, PeopleError, Refusal, Role, SignIn, UserName, password};

/// Why nothing was changed.
#[derive(Debug)]
pub enum NotChanged {
    /// Who asks is not let in, or it cannot be done now.
    Refused(Refusal),
    /// What was asked for cannot be done.
    Wrong(PeopleError),
}

impl fmt::Display for NotChanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(Refusal::Unavailable) => f.write_str("the file of people cannot be used"),
            Self::Refused(Refusal::Wrong) => f.write_str("the password is another"),
            Self::Refused(Refusal::TooMany) => f.write_str("too many passwords were tried"),
            Self::Wrong(error) => error.fmt(f),
        }
    }
}

impl From<Refusal> for NotChanged {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl People {
    /// Adds somebody.
    ///
    /// # Errors
    /// There is one of this name, or the password is none, or too many were asked for.
    pub async fn add(
        &self,
        name: &UserName,
        role: Role,
        password: &str,
        (from, now, at): (IpAddr, Instant, WallTime),
    ) -> Result<(), NotChanged> {
        let hash = self.hashed(password, from, now).await?;
        self.change(|book| book.add_hashed(name, role, &hash, at))
    }

    /// Gives somebody another password, and ends his sessions.
    ///
    /// # Errors
    /// There is nobody of this name, or the password is none, or too many were asked for.
    pub async fn set_password(
        &self,
        name: &UserName,
        password: &str,
        (from, now): (IpAddr, Instant),
    ) -> Result<(), NotChanged> {
        let hash = self.hashed(password, from, now).await?;
        self.change(|book| {
            book.set_hashed(name, &hash)?;
            book.end_all(name).map(drop)
        })
    }

    /// Gives somebody who shows his password another one, and ends his sessions but for that of
    /// this secret.
    ///
    /// # Errors
    /// The password is another, or the new one is none.
    pub async fn change_password(
        &self,
        shown: SignIn<'_>,
        password: &str,
        secret: &str,
    ) -> Result<(), NotChanged> {
        if let Some(fault) = password::fault(password) {
            return Err(NotChanged::Wrong(PeopleError::Wanted(fault)));
        }
        let name = self.checked(&shown, "was refused another password").await?;
        let hash = self.hash(password).await?;
        self.change(|book| {
            book.set_hashed(&name, &hash)?;
            book.end_others(&name, secret)
        })
    }

    /// Gives somebody another role, unless nobody would be an owner then.
    ///
    /// # Errors
    /// There is nobody of this name, or he is the last owner.
    pub fn set_role(&self, name: &UserName, role: Role) -> Result<(), NotChanged> {
        self.change(|book| book.change_role(name, role))
    }

    /// Removes somebody, unless nobody would be an owner then.
    ///
    /// # Errors
    /// There is nobody of this name, or he is the last owner.
    pub fn remove(&self, name: &UserName) -> Result<(), NotChanged> {
        self.change(|book| book.dismiss(name))
    }

    /// Ends all sessions of somebody.
    ///
    /// # Errors
    /// There is nobody of this name.
    pub fn end_sessions(&self, name: &UserName) -> Result<(), NotChanged> {
        self.change(|book| match book.password(name)? {
            Some(_) => book.end_all(name).map(drop),
            None => Err(PeopleError::Unknown(format!("there is no user {name}"))),
        })
    }

    /// The hash of a new password, where from there one may be made now.
    async fn hashed(
        &self,
        password: &str,
        from: IpAddr,
        now: Instant,
    ) -> Result<String, NotChanged> {
        if let Some(fault) = password::fault(password) {
            return Err(NotChanged::Wrong(PeopleError::Wanted(fault)));
        }
        if !self.lock_attempts().admit(from.into(), now) {
            return Err(NotChanged::Refused(Refusal::TooMany));
        }
        self.hash(password).await
    }

    pub(super) async fn hash(&self, password: &str) -> Result<String, NotChanged> {
        let unavailable = NotChanged::Refused(Refusal::Unavailable);
        let Ok(_turn) = self.hashes.acquire().await else { return Err(unavailable) };
        let text = password.to_owned();
        let hash = spawn_blocking(move || password::hash(&text)).await;
        hash.ok().flatten().ok_or(unavailable)
    }

    /// Changes the book, which is begun where there is none.
    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(&mut Book) -> Result<T, PeopleError>,
    ) -> Result<T, NotChanged> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.path.parent().unwrap_or(&self.path);
        let changed = match &mut *book {
            Some(book) => change(book),
            empty @ None => {
                Book::begin_in(folder, &self.path).and_then(|opened| change(empty.insert(opened)))
            }
        };
        changed.map_err(|error| match error {
            PeopleError::NotOurs | PeopleError::Database(_) | PeopleError::Io(_) => {
                warn!("{}: {error}", self.path.display());
                NotChanged::Refused(Refusal::Unavailable)
            }
            PeopleError::Wanted(_) | PeopleError::Unknown(_) | PeopleError::LastOwner => {
                NotChanged::Wrong(error)
            }
        })
    }
}
