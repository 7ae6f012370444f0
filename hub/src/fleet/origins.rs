//! With which of the fleet's tokens a host was first seen: nobody with another takes its id.
//!
//! A token goes by its name in the configuration, not by its hash: so a token that is changed under
//! its name is as good as the one before it, and no host is locked out by that.

use std::collections::BTreeMap;

use kinglet_proto::host::HostId;
use kinglet_proto::time::WallTime;

use super::Fleet;
use crate::guard::TokenName;
use crate::limits::{FORGET_AFTER, HOSTS_MAX};

/// What is remembered of how a host came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The name of the fleet's token; `None` for a host of before such names were kept.
    pub token: Option<TokenName>,
    /// When it last counted: a host that never comes is forgotten.
    pub seen: WallTime,
}

/// Whether an id is free for who shows one of the fleet's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It was first seen with this token, or with none that is known.
    Own,
    /// Nobody had it.
    New,
    /// It was first seen with another token.
    Anothers,
}

/// The origins of all hosts, by id.
pub(super) type Origins = BTreeMap<HostId, Origin>;

impl Fleet {
    /// Takes over how hosts came before this start.
    pub fn restore_origins(&mut self, before: impl IntoIterator<Item = (HostId, Origin)>) {
        self.origins.extend(before.into_iter().take(HOSTS_MAX));
    }

    /// The name of the token with which a host was first seen.
    pub fn token_of(&self, id: &HostId) -> Option<&TokenName> {
        self.origins.get(id)?.token.as_ref()
    }

    /// Whether an id is free for who shows this token.
    pub fn claim(&self, id: &HostId, token: &TokenName, now: WallTime) -> Claim {
        let origin = self.origins.get(id).filter(|origin| self.is_there(id, origin, now));
        match origin.map(|origin| &origin.token) {
            Some(Some(first)) if first != token => Claim::Anothers,
            Some(_) => Claim::Own,
            None if self.hosts.contains_key(id) => Claim::Own,
            None => Claim::New,
        }
    }

    /// Whether one more id can be remembered.
    pub fn has_room_for_origin(&self) -> bool {
        self.origins.len() < 2 * HOSTS_MAX
    }

    /// Keeps with which token an id was seen, unless that is known.
    pub fn note_origin(&mut self, id: &HostId, token: &TokenName, now: WallTime) {
        let new = || Origin { token: None, seen: now };
        let origin = self.origins.entry(id.clone()).or_insert_with(new);
        origin.token.get_or_insert_with(|| token.clone());
        origin.seen = now;
    }

    /// Whether a host is known that has not come back since the start.
    pub fn is_awaited(&self, id: &str, now: WallTime) -> bool {
        let origin = self.origins.get_key_value(id);
        origin.is_some_and(|(id, origin)| self.is_there(id, origin, now))
    }

    /// Forgets those who were away for too long.
    pub(super) fn forget_origins(&mut self, now: WallTime) {
        let hosts = &self.hosts;
        self.origins.retain(|id, origin| hosts.contains_key(id) || !is_old(origin, now));
    }

    fn is_there(&self, id: &HostId, origin: &Origin, now: WallTime) -> bool {
        self.hosts.contains_key(id) || !is_old(origin, now)
    }
}

fn is_old(origin: &Origin, now: WallTime) -> bool {
    let silent = now.unix_millis().saturating_sub(origin.seen.unix_millis());
    u128::from(silent) >= FORGET_AFTER.as_millis()
}
