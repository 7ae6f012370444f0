//! Who may report as which host, and who may look.
//!
//! Tokens are 256 random bits, so one round of SHA-256 is enough to keep: nothing that could be
//! guessed stands behind the hash, and a slow hash would only make logins of a whole fleet slow.
//! Hashes are compared in constant time, every configured one for every login, so that the time
//! an answer takes says nothing of which host exists or how much of a token was right.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::sync::{Arc, PoisonError, RwLock};

use kinglet_proto::host::HostId;
use kinglet_proto::limits::TOKEN_BYTES_MAX;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::clock;
use crate::guard::TokenName;
use crate::people::{Link, People, Role, User};

/// What `[fleet] token_hash` is called.
pub const FLEET: &str = "fleet";

/// SHA-256 of a token, written `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of a token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// Reads the written form. Without the prefix it is none: a token of ours looks the same.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("sha256:")?;
        if digits.len() != 64 || !digits.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Not even a hash belongs into a log.
impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A new token of 256 random bits, 64 hexadecimal digits: it needs no escaping in a URL, a header
/// or a WebSocket subprotocol.
pub fn new_token() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    let mut token = String::with_capacity(64);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(token, "{byte:02x}");
    }
    Ok(token)
}

/// A host that credentials are good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// The host.
    pub host: HostId,
    /// The name of the fleet's token that was shown; `None` for the host's own.
    pub token: Option<TokenName>,
}

/// What credentials are good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// To report as this host.
    Host(Pass),
    /// The fleet's token without a host: the first message must name one.
    AnyHost,
    /// Nothing.
    Refused,
}

/// The hashes of every token.
#[derive(Debug, Default)]
pub struct Auth {
    /// Hosts with a token of their own; no other token is good for them.
    hosts: RwLock<BTreeMap<HostId, TokenHash>>,
    /// Ids of hosts that were revoked, or whose file is wrong: no token is good for them, the
    /// fleet's neither.
    barred: RwLock<BTreeSet<HostId>>,
    /// The tokens with which any other host joins, by name; one that is changed has two hashes.
    fleet: Vec<(TokenName, TokenHash)>,
    /// The viewers' token; `None` when anyone may look.
    viewers: Option<TokenHash>,
    /// The token of those who may acknowledge and silence alerts; `None`: the viewers'.
    operators: Option<TokenHash>,
    /// Only who signs in may look, or has a token where there is one.
    private: bool,
    /// Those who sign in.
    people: Option<Arc<People>>,
}

impl Auth {
    /// The tokens of a configuration.
    pub fn new(
        hosts: BTreeMap<HostId, TokenHash>,
        fleet: Option<TokenHash>,
        viewers: Option<TokenHash>,
    ) -> Self {
        let fleet = fleet.map(|hash| (FLEET.into(), hash)).into_iter().collect();
        let (hosts, barred) = (RwLock::new(hosts), RwLock::default());
        Self { hosts, barred, fleet, viewers, operators: None, private: false, people: None }
    }

    /// The same, with more tokens of the fleet's.
    pub fn with_fleet_tokens(mut self, more: Vec<(TokenName, TokenHash)>) -> Self {
        self.fleet.extend(more);
        self
    }

    /// Lets nobody report as this host, unless it gets a token of its own; whether somebody might.
    pub fn bar(&self, id: &HostId) -> bool {
        let had = self.hosts.write().unwrap_or_else(PoisonError::into_inner).remove(id).is_some();
        self.barred.write().unwrap_or_else(PoisonError::into_inner).insert(id.clone()) || had
    }

    /// Knows nothing of a host any more; whether it had a token of its own.
    pub fn forget(&self, id: &HostId) -> bool {
        self.barred.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.hosts.write().unwrap_or_else(PoisonError::into_inner).remove(id).is_some()
    }

    /// The name of the fleet's token that is called so; `None` where there is none any more.
    pub fn fleet_token(&self, name: &str) -> Option<TokenName> {
        self.fleet.iter().map(|(known, _)| known).find(|known| ***known == *name).cloned()
    }

    /// The same, with a token of those who may acknowledge and silence alerts.
    pub fn with_operators(self, operators: Option<TokenHash>) -> Self {
        Self { operators, ..self }
    }

    /// The same, where nobody may look who does not sign in or has a token.
    pub fn with_private(self, private: bool) -> Self {
        Self { private, ..self }
    }

    /// The same, with those who sign in.
    pub fn with_people(self, people: Option<Arc<People>>) -> Self {
        Self { people, ..self }
    }

    /// Those who sign in; `None` where the hub keeps no state.
    pub fn people(&self) -> Option<&Arc<People>> {
        self.people.as_ref()
    }

    /// Who is in the session that was shown in a token's place.
    pub fn user(&self, token: Option<&str>) -> Option<User> {
        self.people.as_ref()?.visitor(token?, clock::now().wall)
    }

    /// The link that was shown in a token's place, while it is good.
    pub fn link(&self, token: Option<&str>) -> Option<Link> {
        self.people.as_ref()?.link(token?, clock::now().wall)
    }

    /// Whether who shows this signed in, or came by a link.
    pub fn is_guest(&self, token: Option<&str>) -> bool {
        self.user(token).is_some() || self.link(token).is_some()
    }

    /// Gives a host a token of its own, in place of the one it had; good from now on. Whether it
    /// is another one.
    pub fn admit(&self, id: HostId, token: TokenHash) -> bool {
        self.barred.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        let before = self.hosts.write().unwrap_or_else(PoisonError::into_inner).insert(id, token);
        before != Some(token)
    }

    /// Whether a host has a token of its own.
    pub fn knows(&self, id: &str) -> bool {
        self.hosts.read().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }

    /// Whether any token is good for anything here.
    pub fn has_tokens(&self) -> bool {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        !hosts.is_empty() || self.is_open() || self.has_operators()
    }

    /// Whether hosts may join that nobody named: there is a fleet token.
    pub fn is_open(&self) -> bool {
        !self.fleet.is_empty()
    }

    /// What an agent's token is good for. Without an id the token names the host that has it.
    pub fn agent(&self, token: &str, id: Option<&HostId>) -> Grant {
        if token.len() > TOKEN_BYTES_MAX {
            return Grant::Refused;
        }
        let hash = TokenHash::of(token);
        let mut fleet = None;
        for (name, theirs) in &self.fleet {
            if theirs.matches(&hash) {
                fleet = Some(name);
            }
        }
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        let mut own = None;
        let mut owners = 0;
        let barred = self.barred.read().unwrap_or_else(PoisonError::into_inner);
        let mut configured = id.is_some_and(|id| barred.contains(id));
        for (host, theirs) in &*hosts {
            let named = id.is_none_or(|id| id == host);
            configured |= id.is_some() && named;
            if theirs.matches(&hash) && named {
                own = Some(host);
                owners += 1;
            }
        }
        let pass = |host: &HostId, token| Grant::Host(Pass { host: host.clone(), token });
        match (own, id, fleet) {
            (Some(host), _, _) if owners == 1 => pass(host, None),
            (None, Some(id), Some(name)) if !configured => pass(id, Some(name.clone())),
            (_, None, Some(_)) => Grant::AnyHost,
            _ => Grant::Refused,
        }
    }

    /// Whether a viewer with this token, in this session or by this link, may look.
    pub fn viewer(&self, token: Option<&str>) -> bool {
        let is = |theirs: Option<TokenHash>, hash| theirs.is_some_and(|it| it.matches(&hash));
        let is_token = |token| {
            let hash = TokenHash::of(token);
            is(self.viewers, hash) | is(self.operators, hash)
        };
        self.public() || token.is_some_and(is_token) || self.is_guest(token)
    }

    /// Whether there is a token, or somebody, by whom alerts may be acknowledged and silenced.
    pub fn has_operators(&self) -> bool {
        self.operators.or(self.viewers).is_some() || self.has_people()
    }

    /// Whether there is a token that is good for looking.
    pub fn has_viewers(&self) -> bool {
        self.operators.or(self.viewers).is_some()
    }

    /// Whether somebody can sign in.
    pub fn has_people(&self) -> bool {
        self.people.as_ref().is_some_and(|people| people.is_any())
    }

    /// Whether who has this token, or is in this session, may acknowledge and silence alerts. Where
    /// anyone may look, and no token was set for it, only an owner who signed in may.
    pub fn operator(&self, token: Option<&str>) -> bool {
        let theirs = self.operators.or(self.viewers);
        theirs.zip(token).is_some_and(|(theirs, token)| theirs.matches(&TokenHash::of(token)))
            || self.user(token).is_some_and(|user| user.role == Role::Owner)
    }

    /// Whether who has this token, or is in this session, may change the hub itself: its rules and
    /// whom it tells. The viewers' token, which hangs on walls, is never good for that.
    pub fn owner(&self, token: Option<&str>) -> bool {
        let theirs = self.operators.zip(token);
        theirs.is_some_and(|(theirs, token)| theirs.matches(&TokenHash::of(token)))
            || self.user(token).is_some_and(|user| user.role == Role::Owner)
    }

    /// Whether anybody can be one who may change the hub itself.
    pub fn has_owners(&self) -> bool {
        self.operators.is_some() || self.has_people()
    }

    /// Whether people sign in here to look: `[viewers] users`.
    pub fn is_for_people(&self) -> bool {
        self.private
    }

    /// Anyone may look.
    pub fn public(&self) -> bool {
        self.viewers.is_none() && !self.private
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> HostId {
        HostId::parse(text).unwrap()
    }

    fn own(name: &str) -> Grant {
        Grant::Host(Pass { host: id(name), token: None })
    }

    fn auth() -> Auth {
        let hosts = [("web", "w"), ("db", "d"), ("a", "shared"), ("b", "shared")];
        let hosts = hosts.map(|(host, token)| (id(host), TokenHash::of(token)));
        Auth::new(BTreeMap::from(hosts), Some(TokenHash::of("f")), Some(TokenHash::of("v")))
    }

    #[test]
    fn a_token_is_good_for_its_own_host_and_the_fleets_for_the_rest() {
        let host = |name: &str| own(name);
        let fleets = |name: &str| Grant::Host(Pass { host: id(name), token: Some(FLEET.into()) });
        for (token, named, grant) in [
            ("w", Some("web"), host("web")),
            ("w", None, host("web")),
            ("w", Some("db"), Grant::Refused),
            ("w", Some("new"), Grant::Refused),
            ("f", Some("new"), fleets("new")),
            ("f", Some("web"), Grant::Refused),
            ("f", None, Grant::AnyHost),
            ("shared", None, Grant::Refused),
            ("shared", Some("b"), host("b")),
            ("v", None, Grant::Refused),
            ("", Some("web"), Grant::Refused),
        ] {
            let named = named.map(id);
            assert_eq!(auth().agent(token, named.as_ref()), grant, "{token:?} {named:?}");
        }
        assert!(auth().viewer(Some("v")));
        assert!(!auth().viewer(Some("w")) && !auth().viewer(None));
    }

    #[test]
    fn who_may_look_need_not_be_who_may_silence() {
        assert!(auth().operator(Some("v")) && !auth().operator(Some("w")));
        let apart = auth().with_operators(Some(TokenHash::of("o")));
        assert!(apart.operator(Some("o")) && apart.viewer(Some("o")) && apart.viewer(Some("v")));
        assert!(!apart.operator(Some("v")) && !apart.operator(None));
        assert!(apart.owner(Some("o")) && !apart.owner(Some("v")) && !apart.owner(None));
        assert!(!auth().owner(Some("v")), "it is good for silences alone");
        let public = || Auth::new(BTreeMap::new(), None, None);
        assert!(!public().operator(Some("v")) && !public().operator(None));
        assert!(public().with_operators(Some(TokenHash::of("o"))).operator(Some("o")));
    }

    #[test]
    fn an_admitted_host_has_its_own_token_at_once() {
        let auth = auth();
        assert!(!auth.knows("new") && auth.knows("web"));
        auth.admit(id("new"), TokenHash::of("n"));
        auth.admit(id("web"), TokenHash::of("w2"));
        assert_eq!(auth.agent("n", None), own("new"));
        assert_eq!(auth.agent("f", Some(&id("new"))), Grant::Refused);
        assert_eq!(auth.agent("w", Some(&id("web"))), Grant::Refused);
        assert_eq!(auth.agent("w2", Some(&id("web"))), own("web"));
    }

    #[test]
    fn a_hash_is_written_read_and_never_shown() {
        let token = new_token().unwrap();
        assert_eq!(token.len(), 64);
        assert_ne!(token, new_token().unwrap());
        let hash = TokenHash::of(&token);
        assert_eq!(TokenHash::parse(&hash.to_string()), Some(hash));
        assert_eq!(TokenHash::parse("sha256:abc"), None);
        assert_eq!(TokenHash::parse(&format!("sha256:{}", "x".repeat(64))), None);
        assert_eq!(TokenHash::parse(&new_token().unwrap()), None, "a token");
        assert!(!format!("{:?}", auth()).contains(&hash.to_string()[7..]));
        // From FIPS 180-2's examples: the hash is SHA-256's.
        assert_eq!(
            TokenHash::of("abc").to_string(),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
