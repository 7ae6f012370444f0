//! From a name to a connected socket.

mod ask;
#[cfg(feature = "terminal")]
pub(super) mod each;
#[cfg(fuzzing)]
pub(super) mod fuzz;
mod message;
pub(super) mod race;
mod resolv_conf;
pub(super) mod resolve;

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

/// A socket that can reach the address, and never blocks.
pub(super) fn open(address: SocketAddr, kind: SockType) -> io::Result<OwnedFd> {
    let family = if address.is_ipv6() { AddressFamily::Inet6 } else { AddressFamily::Inet };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    Ok(socket(family, kind, flags, None)?)
}
