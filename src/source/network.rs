//! Word from the kernel that an address, a route or a link of this host has changed (rtnetlink(7)).
//!
//! What changed is not looked at: the answer is the same for all of it, look again.

use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};

use kinglet_proto::time::Instant;
use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, socket,
};

use super::{News, Source};
use crate::limits::NEWS_PER_WAKE_MAX;

/// `RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE`
/// of linux/rtnetlink.h.
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

/// A subscription to the kernel's network changes.
pub(crate) struct NetWatch {
    fd: OwnedFd,
}

impl NetWatch {
    /// Subscribes; `None` where the kernel or a sandbox forbids it, and then the back-off alone
    /// decides when to dial again.
    pub(crate) fn start() -> Option<Self> {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let subscribed =
            socket(AddressFamily::Netlink, SockType::Raw, flags, SockProtocol::NetlinkRoute)
                .and_then(|fd| bind(fd.as_raw_fd(), &NetlinkAddr::new(0, GROUPS)).map(|()| fd));
        match subscribed {
            Ok(fd) => Some(Self { fd }),
            Err(error) => {
                log::debug!("the kernel does not tell of network changes: {error}");
                None
            }
        }
    }

    /// Empties the subscription; whether anything was in it.
    fn drain(&self) -> bool {
        let mut buffer = [0_u8; 512];
        let mut changed = false;
        for _ in 0..NEWS_PER_WAKE_MAX {
            match recv(self.fd.as_raw_fd(), &mut buffer, MsgFlags::MSG_TRUNC) {
                Ok(_) => changed = true,
                // So many changes that the kernel dropped some.
                Err(nix::errno::Errno::ENOBUFS) => return true,
                Err(_) => break,
            }
        }
        changed
    }
}

impl Source for NetWatch {
    fn register(&self) -> Option<PollFd<'_>> {
        Some(PollFd::new(self.fd.as_fd(), PollFlags::POLLIN))
    }

    fn advance(&mut self, ready: PollFlags, _: Instant) -> Option<News> {
        (!ready.is_empty() && self.drain()).then_some(News::Network)
    }
}
