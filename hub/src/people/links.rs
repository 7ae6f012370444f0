//! Links by which somebody may look who has no name here, as a wall's screen.

use kinglet_proto::time::WallTime;

use super::{LINK_PREFIX, Link, NewLink, NotChanged, People, Trace, UserName};
use crate::limits::people::SESSION_SEEN_S;

impl People {
    /// The link of this secret while it is good; it is used.
    pub fn link(&self, secret: &str, now: WallTime) -> Option<Link> {
        secret.starts_with(LINK_PREFIX).then_some(())?;
        self.with(|book| book.link(secret, now))?
    }

    /// The same for a page that comes by it, which is written down but for one that only comes
    /// again.
    pub fn enter(&self, secret: &str, from: &str, now: WallTime) -> Option<Link> {
        let link = self.link(secret, now)?;
        let quiet = u64::try_from(SESSION_SEEN_S).unwrap_or_default();
        let since = |seen: WallTime| now.unix_seconds().saturating_sub(seen.unix_seconds());
        if link.seen.is_none_or(|seen| since(seen) >= quiet) {
            self.note(&Trace::new(now, "", "came by link", &link.name).from(from));
        }
        Some(link)
    }

    /// Every link, those that expired in the last days too.
    pub fn links(&self) -> Vec<Link> {
        self.with(|book| book.links()).unwrap_or_default()
    }

    /// Makes a link that is good for so many seconds.
    ///
    /// # Errors
    /// There is one of this name, or no room, or no file.
    pub fn add_link(
        &self,
        name: &UserName,
        lasts: i64,
        now: WallTime,
    ) -> Result<NewLink, NotChanged> {
        self.change(|book| book.add_link(name, lasts, now))
    }

    /// Removes a link.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn remove_link(&self, name: &UserName) -> Result<(), NotChanged> {
        self.change(|book| book.remove_link(name))
    }
}
