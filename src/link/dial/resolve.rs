//! Names to addresses, on a thread of its own: `getaddrinfo` blocks and cannot be cancelled.
//!
//! A look-up that takes too long is not waited for; its thread ends when the resolver gives up, and
//! the next attempt takes over the same look-up instead of starting another thread.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::limits::{ADDRESSES_MAX, RESOLVE_STACK_BYTES};

/// One look-up under way.
pub(crate) struct Lookup {
    answer: Receiver<io::Result<Vec<SocketAddr>>>,
    answered: Arc<EventFd>,
}

impl Lookup {
    /// Asks for the addresses of a name.
    pub(crate) fn start(host: &str, port: u16) -> io::Result<Self> {
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let answered = Arc::new(EventFd::from_value_and_flags(0, flags)?);
        let (sender, answer) = channel();
        let (name, bell) = (host.to_owned(), Arc::clone(&answered));
        std::thread::Builder::new()
            .name("resolve".to_owned())
            .stack_size(RESOLVE_STACK_BYTES)
            .spawn(move || {
                let addresses = (name.as_str(), port).to_socket_addrs();
                // Nobody may be waiting any more; then there is nobody to tell.
                let _ = sender.send(addresses.map(Iterator::collect));
                let _ = bell.write(1);
            })?;
        Ok(Self { answer, answered })
    }

    /// Readable once the answer is there.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.answered.as_fd()
    }

    /// The answer, in the order to try; `None` while there is none.
    pub(crate) fn take(&self) -> Option<io::Result<Vec<SocketAddr>>> {
        match self.answer.try_recv() {
            Ok(answer) => Some(answer.map(|addresses| alternate(&addresses))),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }
}

/// The address that a host part already is, without asking anybody.
pub(crate) fn literal(host: &str, port: u16) -> Option<SocketAddr> {
    host.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, port))
}

/// The two families in turn, beginning with the one the resolver put first (RFC 8305 section 4).
fn alternate(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
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

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| literal(text, 1).unwrap()).collect()
    }

    #[test]
    fn families_take_turns_and_the_list_is_bounded() {
        let answer = addresses(&["::1", "::2", "::3", "192.0.2.1", "192.0.2.2"]);
        let order = addresses(&["::1", "192.0.2.1", "::2", "192.0.2.2", "::3"]);
        assert_eq!(alternate(&answer), order);
        let many: Vec<_> = (0..100).map(|n| literal(&format!("192.0.2.{n}"), 1).unwrap()).collect();
        assert_eq!(alternate(&many).len(), ADDRESSES_MAX);
        assert_eq!(alternate(&[]), []);
    }

    #[test]
    fn a_name_is_resolved_on_the_side() {
        let lookup = Lookup::start("localhost", 7).unwrap();
        let mut fds = [nix::poll::PollFd::new(lookup.fd(), nix::poll::PollFlags::POLLIN)];
        nix::poll::poll(&mut fds, 10_000_u16).unwrap();
        let found = lookup.take().expect("the bell rang").unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 7));
        assert!(!found.is_empty());
    }
}
