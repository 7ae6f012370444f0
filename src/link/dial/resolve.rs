//! Names to addresses, on threads: `getaddrinfo` blocks and cannot be cancelled.
//!
//! libc is asked first, as it knows files, multicast and more. Where it fails, or says nothing for
//! a moment, the name servers are asked for each family apart ([`super::ask`]), and what comes is
//! taken (RFC 8305 section 3): the second family gets a short wait, and joins the race later.
//!
//! libc is not waited for when it takes too long; its thread ends when it gives up, and the next
//! attempt takes over the same look-up instead of starting another thread.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{io, mem};

use kinglet_proto::time::Instant;
use nix::sys::eventfd::{EfdFlags, EventFd};

use super::ask::{Outcome, ask};
use super::message::Family;
use crate::limits::{
    ADDRESSES_MAX, ASK_APART_AFTER, ASK_STACK_BYTES, ASK_TIMEOUT, RESOLVE_STACK_BYTES,
    RESOLVE_TIMEOUT, SECOND_FAMILY_WAIT,
};

/// One look-up under way.
pub(crate) struct Lookup {
    host: String,
    port: u16,
    libc: Party,
    v6: Party,
    v4: Party,
    post: Arc<Post>,
    apart_at: Instant,
    apart_until: Instant,
    give_up_at: Instant,
    /// When the first address was there.
    found_at: Option<Instant>,
    /// The addresses told so far.
    told: Vec<SocketAddr>,
    over: bool,
}

/// Where the threads leave what they were told. Three at most do, so a channel of std's, which is
/// made for many, would be 5 kB for nothing.
struct Post {
    answers: Mutex<Vec<(Asked, Outcome)>>,
    /// Rung after an answer.
    bell: EventFd,
}

/// Who was asked.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Libc,
    Apart(Family),
}

/// What became of a question.
enum Party {
    Idle,
    Asked,
    Answered(Outcome),
}

/// How a look-up stands.
#[derive(Debug)]
pub(crate) enum Standing {
    /// Nothing new.
    Waiting,
    /// Addresses that were not told before, in the order to try, and what failed beside them.
    Found(Vec<SocketAddr>, Vec<String>),
    /// There is none, and why.
    Failed(String),
}

impl Lookup {
    /// Asks for the addresses of a name.
    pub(crate) fn start(host: &str, port: u16, now: Instant) -> io::Result<Self> {
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let bell = EventFd::from_value_and_flags(0, flags)?;
        let mut lookup = Self {
            host: host.to_owned(),
            port,
            libc: Party::Idle,
            v6: Party::Idle,
            v4: Party::Idle,
            post: Arc::new(Post { answers: Mutex::default(), bell }),
            apart_at: now,
            apart_until: now,
            give_up_at: now,
            found_at: None,
            told: Vec::new(),
            over: false,
        };
        lookup.renew(now)?;
        Ok(lookup)
    }

    /// Begins anew; who still thinks about the last time is not asked twice.
    pub(crate) fn renew(&mut self, now: Instant) -> io::Result<()> {
        for party in [&mut self.libc, &mut self.v6, &mut self.v4] {
            if matches!(party, Party::Answered(_)) {
                *party = Party::Idle;
            }
        }
        self.apart_at = now.plus(ASK_APART_AFTER);
        self.apart_until = now.plus(ASK_TIMEOUT);
        self.give_up_at = now.plus(RESOLVE_TIMEOUT);
        (self.found_at, self.over) = (None, false);
        self.told.clear();
        self.ask(Asked::Libc)
    }

    /// Readable once somebody has answered.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.post.bell.as_fd()
    }

    /// When to look again though nobody has answered; `None` when nothing more will come.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if self.over {
            return None;
        }
        let apart_at =
            matches!((&self.v6, &self.v4), (Party::Idle, Party::Idle)).then_some(self.apart_at);
        let settled_at = self.found_at.filter(|_| self.told.is_empty());
        let settled_at = settled_at.map(|at| at.plus(SECOND_FAMILY_WAIT));
        [apart_at, settled_at, Some(self.give_up_at)].into_iter().flatten().min()
    }

    /// Whether libc's thread is still there.
    pub(crate) const fn is_held(&self) -> bool {
        matches!(self.libc, Party::Asked)
    }

    /// Takes what was answered, asks whoever is to be asked, and tells what follows.
    pub(crate) fn advance(&mut self, now: Instant) -> Standing {
        let _ = self.post.bell.read(); // silent again
        let answers = mem::take(&mut *self.post.lock());
        for (asked, outcome) in answers {
            *self.party(asked) = Party::Answered(outcome);
        }
        if self.over {
            return Standing::Waiting;
        }
        if let Party::Answered(Ok(found)) = &self.libc {
            self.over = true;
            let found = alternate(found);
            return self.tell(found);
        }
        let failed = matches!(self.libc, Party::Answered(Err(_)));
        if failed || self.apart_at <= now {
            for asked in [Asked::Apart(Family::V6), Asked::Apart(Family::V4)] {
                if let Err(error) = self.ask(asked) {
                    *self.party(asked) = Party::Answered(Err(error.to_string()));
                }
            }
        }
        self.weigh(now)
    }

    /// Decides whether what there is of both families is enough.
    fn weigh(&mut self, now: Instant) -> Standing {
        let all = [&self.libc, &self.v6, &self.v4];
        self.over =
            all.iter().all(|party| matches!(party, Party::Answered(_))) || self.give_up_at <= now;
        let mut found = Vec::new();
        for party in [&self.v6, &self.v4] {
            if let Party::Answered(Ok(addresses)) = party {
                found.extend(addresses);
            }
        }
        if found.is_empty() {
            return if self.over { Standing::Failed(self.complaint()) } else { Standing::Waiting };
        }
        let found_at = *self.found_at.get_or_insert(now);
        let apart = [&self.v6, &self.v4];
        let both = apart.iter().all(|party| matches!(party, Party::Answered(_)));
        if both || self.over || found_at.plus(SECOND_FAMILY_WAIT) <= now {
            self.over |= both;
            return self.tell(alternate(&found));
        }
        Standing::Waiting
    }

    fn tell(&mut self, found: Vec<IpAddr>) -> Standing {
        let found = found.into_iter().map(|ip| SocketAddr::new(ip, self.port));
        let new: Vec<_> = found.filter(|address| !self.told.contains(address)).collect();
        if new.is_empty() {
            return Standing::Waiting;
        }
        self.told.extend(&new);
        let by_libc = matches!(self.libc, Party::Answered(Ok(_)));
        let missing = if by_libc { Vec::new() } else { self.missing() };
        Standing::Found(new, missing)
    }

    /// What each family lacks, in words.
    fn missing(&self) -> Vec<String> {
        let families = [(Family::V4, &self.v4), (Family::V6, &self.v6)];
        let missing = families.into_iter().filter_map(|(family, party)| match party {
            Party::Answered(Ok(_)) => None,
            Party::Answered(Err(fault)) => Some(format!("{family}: {fault}")),
            Party::Idle | Party::Asked => Some(format!("{family}: no answer")),
        });
        missing.collect()
    }

    fn complaint(&self) -> String {
        match (&self.v4, &self.v6) {
            (Party::Answered(Err(v4)), Party::Answered(Err(v6))) if v4 == v6 => v4.clone(),
            _ => self.missing().join("; "),
        }
    }

    const fn party(&mut self, asked: Asked) -> &mut Party {
        match asked {
            Asked::Libc => &mut self.libc,
            Asked::Apart(Family::V6) => &mut self.v6,
            Asked::Apart(Family::V4) => &mut self.v4,
        }
    }

    /// Asks somebody who was not asked yet, on a thread that ends with the answer.
    fn ask(&mut self, asked: Asked) -> io::Result<()> {
        let party = self.party(asked);
        if !matches!(party, Party::Idle) {
            return Ok(());
        }
        let before = mem::replace(party, Party::Asked);
        let (host, until) = (self.host.clone(), self.apart_until);
        let post = Arc::clone(&self.post);
        let stack = match asked {
            Asked::Libc => RESOLVE_STACK_BYTES,
            Asked::Apart(_) => ASK_STACK_BYTES,
        };
        let thread = std::thread::Builder::new().name("resolve".to_owned()).stack_size(stack);
        let spawned = thread.spawn(move || {
            let outcome = match asked {
                Asked::Libc => ask_libc(&host),
                Asked::Apart(family) => ask(&host, family, until),
            };
            post.lock().push((asked, outcome));
            let _ = post.bell.write(1);
        });
        if spawned.is_err() {
            *self.party(asked) = before;
        }
        spawned.map(|_| ())
    }
}

impl Post {
    fn lock(&self) -> MutexGuard<'_, Vec<(Asked, Outcome)>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ask_libc(host: &str) -> Outcome {
    match (host, 0).to_socket_addrs() {
        Ok(found) => Ok(found.map(|address| address.ip()).collect()),
        Err(error) => Err(error.to_string()),
    }
}

/// The address that a host part already is, without asking anybody.
pub(crate) fn literal(host: &str, port: u16) -> Option<SocketAddr> {
    host.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, port))
}

/// The two families in turn, beginning with the one that stands first (RFC 8305 section 4).
fn alternate(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let first_is_v6 = addresses.first().is_some_and(IpAddr::is_ipv6);
    let (mut first, mut second): (Vec<_>, Vec<_>) =
        addresses.iter().copied().partition(|address| address.is_ipv6() == first_is_v6);
    first.dedup();
    second.dedup();
    let mut order = Vec::with_capacity(addresses.len());
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    loop {
        let pair = (first.next(), second.next());
        if pair == (None, None) {
            break;
        }
        order.extend(pair.0);
        order.extend(pair.1);
    }
    order.truncate(ADDRESSES_MAX);
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns_and_the_list_is_bounded() {
        let answer = addresses(&["::1", "::2", "::3", "192.0.2.1", "192.0.2.2"]);
        let order = addresses(&["::1", "192.0.2.1", "::2", "192.0.2.2", "::3"]);
        assert_eq!(alternate(&answer), order);
        let many: Vec<_> = (0..100).map(|n| IpAddr::from([192, 0, 2, n])).collect();
        assert_eq!(alternate(&many).len(), ADDRESSES_MAX);
        assert_eq!(alternate(&[]), Vec::<IpAddr>::new());
    }

    #[test]
    fn a_name_is_resolved_on_the_side() {
        let mut lookup = Lookup::start("localhost", 7, clock::now().instant).unwrap();
        let mut fds = [nix::poll::PollFd::new(lookup.fd(), nix::poll::PollFlags::POLLIN)];
        nix::poll::poll(&mut fds, 10_000_u16).unwrap();
        let Standing::Found(found, missing) = lookup.advance(clock::now().instant) else {
            panic!("the bell rang");
        };
        assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 7));
        assert!(!found.is_empty() && missing.is_empty());
        assert!(lookup.deadline().is_none() && !lookup.is_held());
    }
}
