//! People who sign in at the page: who they are, what they may, and the sessions they are in.
//!
//! They are in a file of their own below the state's folder, `people.db`: the history beside it may
//! live in memory or elsewhere, is moved aside when it is damaged and comes back from backups, and
//! none of that may lose a user or bring back a session that was ended. Passwords are argon2id's
//! hashes there, sessions SHA-256 of what a browser holds.

mod attempts;
mod book;
mod changes;
mod first;
mod links;
mod password;
mod secret;
mod user;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use book::{Book, Link, NewLink, PeopleError, Session, Started, Trace, Traced};
pub use changes::NotChanged;
pub use first::NotFirst;
use kinglet_proto::time::{Instant, WallTime};
use tokio::sync::Semaphore;
use tracing::warn;
pub use user::{Role, User, UserName};

use crate::limits::people::HASHES_AT_ONCE;

/// What a session's secret begins with: no token of an agent or a viewer does.
pub const SESSION_PREFIX: &str = "ks_";

/// What a link's secret begins with.
pub const LINK_PREFIX: &str = "kl_";

/// The file, below the state's folder.
const FILE: &str = "people.db";

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The name or the password is another.
    Wrong,
    /// There were too many from that address.
    TooMany,
    /// It cannot be looked up now.
    Unavailable,
}

/// The people of a hub.
#[derive(Debug)]
pub struct People {
    path: PathBuf,
    book: Mutex<Option<Book>>,
    attempts: Mutex<attempts::Attempts>,
    /// The code by which somebody may become the first user.
    first: Mutex<Option<first::Code>>,
    /// Each hash takes 19 MiB while it is made.
    hashes: Semaphore,
}

impl People {
    /// Those of this state folder; there may be none yet.
    ///
    /// # Errors
    /// Their file is there and cannot be used.
    pub fn open(state_dir: &Path) -> Result<Self, PeopleError> {
        let path = state_dir.join(FILE);
        let book = path.exists().then(|| Book::open(&path)).transpose()?;
        let (attempts, hashes) = (Mutex::default(), Semaphore::new(HASHES_AT_ONCE));
        Ok(Self { path, book: Mutex::new(book), attempts, first: Mutex::default(), hashes })
    }

    /// Whether anybody can sign in.
    pub fn is_any(&self) -> bool {
        self.with(|book| book.is_any()).unwrap_or_default()
    }

    /// Who is in the session of this secret; it is used, and so lasts longer.
    pub fn visitor(&self, secret: &str, now: WallTime) -> Option<User> {
        secret.starts_with(SESSION_PREFIX).then_some(())?;
        self.with(|book| book.visitor(secret, now))?
    }

    /// Lets somebody in: the secret of a new session.
    ///
    /// # Errors
    /// Nobody is told whether it was the name or the password; both take as long.
    pub async fn sign_in(&self, wanted: SignIn<'_>) -> Result<(User, Started), Refusal> {
        let name = self.checked(&wanted, "was refused to sign in").await?;
        let begun = self.with(|book| book.begin(&name, &wanted.browser)).flatten();
        begun.ok_or(Refusal::Unavailable)
    }

    /// Whether somebody who comes from there may be looked at.
    pub fn may_try(&self, from: IpAddr, now: Instant) -> bool {
        self.lock_attempts().admit(from.into(), now)
    }

    /// Lets somebody in whom a provider knows; `None` where a user of this name has a password.
    ///
    /// # Errors
    /// The file cannot be used, or has no room.
    pub fn come_from_elsewhere(
        &self,
        name: &UserName,
        role: Role,
        browser: &Browser<'_>,
    ) -> Result<Option<(User, Started)>, NotChanged> {
        self.change(|book| book.begin_external(name, role, browser))
    }

    /// Writes down that somebody was refused whom a provider knows.
    pub fn refuse_from_elsewhere(&self, name: Option<&UserName>, browser: &Browser<'_>) {
        let tried = name.map_or("nobody known", |name| name);
        self.note_refusal(browser, "was refused to sign in elsewhere", tried);
    }

    /// Whose name and password it is; `what` is written down of who shows others.
    async fn checked(&self, wanted: &SignIn<'_>, what: &str) -> Result<UserName, Refusal> {
        if !self.may_try(wanted.browser.from, wanted.browser.now) {
            return Err(Refusal::TooMany);
        }
        let name = UserName::parse(wanted.name).ok();
        let known = name.as_ref().map(|name| self.with(|book| book.password(name)));
        let known = match known {
            Some(None) => return Err(Refusal::Unavailable),
            Some(Some(known)) => known,
            None => None,
        };
        // What is no user's name may be a password in the wrong field: it is written nowhere.
        let user = name.as_ref().filter(|_| known.is_some());
        if name.as_ref().is_some_and(|name| !self.lock_attempts().admit_name(name)) {
            return Err(Refusal::TooMany);
        }
        let tried = user.map_or_else(|| "an unknown name".to_owned(), ToString::to_string);
        let _turn = self.hashes.acquire().await.map_err(|_| Refusal::Unavailable)?;
        let (shown, hash) = (wanted.password.to_owned(), known.unwrap_or_default());
        // Who signs in elsewhere has none.
        let hash = if hash.is_empty() { password::nobodys() } else { hash };
        let checked = tokio::task::spawn_blocking(move || password::is(&shown, &hash)).await;
        let (true, Some(name)) = (checked.map_err(|_| Refusal::Unavailable)?, name) else {
            self.note_refusal(&wanted.browser, what, &tried);
            return Err(Refusal::Wrong);
        };
        Ok(name)
    }

    /// Ends the session of this secret.
    pub fn sign_out(&self, secret: &str, from: IpAddr, now: WallTime) {
        let ended = self.with(|book| book.end(secret));
        if let Some(Some(user)) = ended {
            self.note(&Trace::new(now, &user, "signed out", "").from(&from.to_string()));
        }
    }

    /// The sessions of somebody, the newest first.
    pub fn sessions(&self, name: &UserName, now: WallTime) -> Vec<Session> {
        self.with(|book| book.sessions(name, now)).unwrap_or_default()
    }

    /// Whether a session that is called so is the one of this secret.
    pub fn is_session(id: &str, secret: &str) -> bool {
        book::id_of(&secret::hash(secret)) == id
    }

    /// Ends one of somebody's sessions; false where there is none.
    pub fn end_session(&self, name: &UserName, id: &str) -> bool {
        self.with(|book| book.end_one(name, id)).unwrap_or_default()
    }

    /// Everybody who can sign in, and how many sessions he has.
    pub fn users(&self) -> Vec<(User, u32)> {
        self.with(|book| book.users()).unwrap_or_default()
    }

    /// Who changed what, the newest first.
    pub fn traces(&self, most: usize) -> Vec<Traced> {
        self.with(|book| book.traces(most)).unwrap_or_default()
    }

    /// Writes down who changed what.
    pub fn note(&self, trace: &Trace<'_>) {
        self.with(|book| book.note(trace));
    }

    fn note_refusal(&self, browser: &Browser<'_>, what: &str, tried: &str) {
        let refused = self.lock_attempts().refuse(browser.now);
        if let Some(count) = refused {
            let (what, from) =
                (format!("{what} ({count} such), last as"), browser.from.to_string());
            self.note(&Trace::new(browser.at, "", &what, tried).from(&from));
        }
    }

    fn lock_attempts(&self) -> MutexGuard<'_, attempts::Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks into the book, which a command may have begun meanwhile. `None` where there is none,
    /// or it cannot be read: then nobody is let in.
    fn with<T>(&self, look: impl FnOnce(&mut Book) -> Result<T, PeopleError>) -> Option<T> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let looked = match &mut *book {
            Some(book) => look(book),
            None if !self.path.exists() => return None,
            empty @ None => Book::open(&self.path).and_then(|opened| look(empty.insert(opened))),
        };
        looked.map_err(|error| warn!("{}: {error}", self.path.display())).ok()
    }
}

/// What somebody says who wants to be let in.
#[derive(Debug, Clone, Copy)]
pub struct SignIn<'a> {
    /// As it was written.
    pub name: &'a str,
    /// As it was written.
    pub password: &'a str,
    /// Where.
    pub browser: Browser<'a>,
}

/// The browser that somebody comes by.
#[derive(Debug, Clone, Copy)]
pub struct Browser<'a> {
    /// It is theirs: the session lasts longer.
    pub remember: bool,
    /// What the browser says it is.
    pub client: &'a str,
    /// From where.
    pub from: IpAddr,
    /// When, by the clock that attempts are counted by.
    pub now: Instant,
    /// When, as it is written down.
    pub at: WallTime,
}

/// Makes the file of people where there is none, for a command; it belongs to the state's owner.
///
/// # Errors
/// It cannot be made or used.
pub fn open_or_begin(state_dir: &Path) -> Result<Book, PeopleError> {
    Book::begin_in(state_dir, &state_dir.join(FILE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted<'a>(name: &'a str, password: &'a str) -> SignIn<'a> {
        let from = IpAddr::from([192, 0, 2, 1]);
        let (now, at) = (Instant::from_millis(1000), WallTime::from_unix_millis(1_700_000_000_000));
        SignIn {
            name,
            password,
            browser: Browser { remember: false, client: "test", from, now, at },
        }
    }

    fn state(name: &str) -> PathBuf {
        let path =
            std::env::temp_dir().join(format!("kinglet-people-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    #[tokio::test]
    async fn who_was_added_by_a_command_is_let_in_without_a_restart() {
        let state = state("added");
        let people = People::open(&state).unwrap();
        let at = wanted("", "").browser.at;
        assert!(!people.is_any());
        assert_eq!(people.sign_in(wanted("ada", "correct horse")).await, Err(Refusal::Unavailable));
        let mut book = open_or_begin(&state).unwrap();
        let ada = UserName::parse("ada").unwrap();
        book.add(&ada, Role::Owner, "correct horse", at).unwrap();
        assert!(people.is_any());
        let (user, started) = people.sign_in(wanted("Ada", "correct horse")).await.unwrap();
        assert_eq!((&*user.name, user.role), ("ada", Role::Owner));
        assert_eq!(people.visitor(&started.secret, at), Some(user));
        assert_eq!(people.sign_in(wanted("ada", "wrong horse")).await, Err(Refusal::Wrong));
        assert_eq!(people.sign_in(wanted("eve", "correct horse")).await, Err(Refusal::Wrong));
        people.sign_out(&started.secret, wanted("", "").browser.from, at);
        assert_eq!(people.visitor(&started.secret, at), None);
        let bytes = std::fs::read(state.join(FILE)).unwrap();
        let typed_as_name = people.sign_in(wanted("s3cret-typed-as-name", "")).await;
        assert_eq!(typed_as_name, Err(Refusal::Wrong));
        let bytes = [bytes, std::fs::read(state.join(FILE)).unwrap()].concat();
        for secret in ["correct horse", &started.secret, "s3cret-typed-as-name"] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
        }
        std::fs::remove_dir_all(state).unwrap();
    }

    #[tokio::test]
    async fn a_damaged_file_lets_nobody_in_and_is_not_begun_anew() {
        let state = state("damaged");
        std::fs::write(state.join(FILE), "not a database, and long enough to be looked at")
            .unwrap();
        assert!(People::open(&state).is_err());
        assert!(open_or_begin(&state).is_err());
        assert_eq!(std::fs::read(state.join(FILE)).unwrap().len(), 47);
        std::fs::remove_dir_all(state).unwrap();
    }
}
