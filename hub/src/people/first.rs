//! The first user of a hub, made by who holds a code that its start prints.
//!
//! The code is nowhere but in the log: of it a hash is kept, in memory, until it was used, is too
//! old, or somebody can sign in.

use kinglet_proto::time::Instant;

use super::{People, Refusal, SignIn, Started, Trace, User, UserName, password, secret};
use crate::limits::people::FIRST_VALID;

/// A code that is not used yet.
#[derive(Debug)]
pub(super) struct Code {
    hash: String,
    until: Instant,
}

/// Why nobody became the first user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotFirst {
    /// As for whoever signs in; `Wrong` is the code.
    Refused(Refusal),
    /// There is somebody already.
    Late,
    /// The name or the password can be none, in words; the code stays good.
    Bad(String),
}

impl People {
    /// A new code for the first user, where nobody can sign in yet; the one before is void. `None`
    /// where somebody can, or there is no randomness.
    pub fn offer_first(&self, now: Instant) -> Option<String> {
        if self.is_any() {
            return None;
        }
        let code = secret::new()?;
        let offered = Code { hash: secret::hash(&code), until: now.plus(FIRST_VALID) };
        *self.lock_first() = Some(offered);
        Some(code)
    }

    /// Makes the first user, an owner, and lets him in.
    ///
    /// # Errors
    /// Nobody was made.
    pub async fn begin_first(
        &self,
        code: &str,
        wanted: SignIn<'_>,
    ) -> Result<(User, Started), NotFirst> {
        if !self.may_try(wanted.browser.from, wanted.browser.now) {
            return Err(NotFirst::Refused(Refusal::TooMany));
        }
        if self.is_any() {
            *self.lock_first() = None;
            return Err(NotFirst::Late);
        }
        let name = UserName::parse(wanted.name).map_err(|error| NotFirst::Bad(error.to_string()));
        // Who has no code is told nothing else.
        let taken =
            self.take_first(code, wanted.browser.now).ok_or(NotFirst::Refused(Refusal::Wrong))?;
        let made = match name {
            Ok(name) => self.make_first(name, &wanted).await,
            Err(error) => Err(error),
        };
        if matches!(made, Err(NotFirst::Bad(_) | NotFirst::Refused(_))) {
            *self.lock_first() = Some(taken);
        }
        made
    }

    async fn make_first(
        &self,
        name: UserName,
        wanted: &SignIn<'_>,
    ) -> Result<(User, Started), NotFirst> {
        if let Some(fault) = password::fault(wanted.password) {
            return Err(NotFirst::Bad(fault));
        }
        let unavailable = || NotFirst::Refused(Refusal::Unavailable);
        let hash = self.hash(wanted.password).await.map_err(|_| unavailable())?;
        let (at, from) = (wanted.browser.at, wanted.browser.from.to_string());
        let trace = Trace::new(at, &name, "made themselves the first user", "").from(&from);
        let made = self.change(|book| {
            let is_first = book.add_first(&name, &hash, at)?;
            if is_first {
                book.note(&trace)?;
            }
            Ok(is_first)
        });
        if !made.map_err(|_| unavailable())? {
            return Err(NotFirst::Late);
        }
        self.with(|book| book.begin(&name, &wanted.browser)).flatten().ok_or_else(unavailable)
    }

    /// Takes the code, if it is this one and still good: of two who show it one has it.
    fn take_first(&self, code: &str, now: Instant) -> Option<Code> {
        let mut first = self.lock_first();
        let hash = secret::hash(code);
        first.take_if(|offered| offered.hash == hash && now < offered.until)
    }

    fn lock_first(&self) -> std::sync::MutexGuard<'_, Option<Code>> {
        self.first.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::path::PathBuf;

    use kinglet_proto::time::WallTime;

    use super::*;
    use crate::limits::people::ATTEMPTS_EACH;
    use crate::people::Browser;
    use crate::people::Role;

    const WRONG: NotFirst = NotFirst::Refused(Refusal::Wrong);

    fn state(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("kinglet-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    fn wanted(name: &'static str, password: &'static str, last: u8, ms: u64) -> SignIn<'static> {
        let from = IpAddr::from([192, 0, 2, last]);
        let (now, at) = (Instant::from_millis(ms), WallTime::from_unix_millis(1_700_000_000_000));
        SignIn {
            name,
            password,
            browser: Browser { remember: false, client: "test", from, now, at },
        }
    }

    #[tokio::test]
    async fn the_first_user_is_made_once_by_who_holds_the_code() {
        let state = state("first");
        let people = People::open(&state).unwrap();
        let old = people.offer_first(Instant::from_millis(1)).unwrap();
        let code = people.offer_first(Instant::from_millis(2)).unwrap();
        let good = || wanted("ada", "correct horse", 1, 3);
        assert_eq!(people.begin_first(&old, good()).await, Err(WRONG));
        assert!(!state.join("people.db").exists(), "who has no code leaves nothing");
        for (name, password) in [("ada", "short"), ("a b", "correct horse")] {
            let made = people.begin_first(&code, wanted(name, password, 1, 3)).await;
            assert!(matches!(made, Err(NotFirst::Bad(_))), "{made:?}");
        }
        std::fs::remove_dir_all(&state).unwrap();
        let unavailable = Err(NotFirst::Refused(Refusal::Unavailable));
        assert_eq!(people.begin_first(&code, good()).await, unavailable, "no folder");
        std::fs::create_dir_all(&state).unwrap();
        let (user, started) = people.begin_first(&code, good()).await.unwrap();
        assert_eq!((&*user.name, user.role), ("ada", Role::Owner));
        assert_eq!(people.visitor(&started.secret, good().browser.at), Some(user));
        let again = people.begin_first(&code, wanted("eve", "correct horse", 1, 4)).await;
        assert_eq!(again, Err(NotFirst::Late));
        assert_eq!(people.offer_first(Instant::from_millis(5)), None);
        std::fs::remove_dir_all(state).unwrap();
    }

    #[tokio::test]
    async fn a_code_grows_old_and_dies_when_somebody_can_sign_in_and_is_not_guessed() {
        let state = state("first-old");
        let people = People::open(&state).unwrap();
        let code = people.offer_first(Instant::from_millis(0)).unwrap();
        let late = u64::try_from(FIRST_VALID.as_millis()).unwrap();
        let made = people.begin_first(&code, wanted("ada", "correct horse", 1, late)).await;
        assert_eq!(made, Err(WRONG));
        for _ in 0..ATTEMPTS_EACH {
            people.begin_first("guess", wanted("eve", "correct horse", 2, late)).await.unwrap_err();
        }
        let many = people.begin_first("guess", wanted("eve", "correct horse", 2, late)).await;
        assert_eq!(many, Err(NotFirst::Refused(Refusal::TooMany)));
        let code = people.offer_first(Instant::from_millis(late)).unwrap();
        let bob = UserName::parse("bob").unwrap();
        let mut book = super::super::open_or_begin(&state).unwrap();
        book.add(&bob, Role::Viewer, "correct horse", wanted("", "", 1, 0).browser.at).unwrap();
        let made = people.begin_first(&code, wanted("ada", "correct horse", 3, late)).await;
        assert_eq!(made, Err(NotFirst::Late));
        // Somebody was added by the command while the password was hashed.
        let ada = UserName::parse("ada").unwrap();
        let made = people.make_first(ada, &wanted("ada", "correct horse", 3, late)).await;
        assert_eq!((made, people.users().len()), (Err(NotFirst::Late), 1));
        std::fs::remove_dir_all(state).unwrap();
    }
}
