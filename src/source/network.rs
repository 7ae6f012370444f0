//! Word from the kernel that an address, a route or a link of this host has changed (rtnetlink(7)).
//!
//! What changed is not looked at: the answer is the same for all of it, look again.

use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};

use kinglet_proto::time::Instant;
use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::{
    AddressFamily, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, socket,
};

use super::{News, Source};
use crate::limits::NEWS_PAUSE;

/// `RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE`
/// of linux/rtnetlink.h.
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

/// A subscription to the kernel's network changes.
pub(crate) struct NetWatch {
    fd: OwnedFd,
    /// Until when nobody listens: one change comes as many messages, and the next one soon.
    deaf_until: Option<Instant>,
}

impl NetWatch {
    /// Subscribes; `None` where the kernel or a sandbox forbids it, and then the back-off alone
    /// decides when to dial again.
    pub(crate) fn start() -> Option<Self> {
        match subscribe() {
            Ok(fd) => Some(Self { fd, deaf_until: None }),
            Err(error) => {
                log::debug!("the kernel does not tell of network changes: {error}");
                None
            }
        }
    }
}

/// The error is std's: nix has texts of its own for all of them, 4 kB.
fn subscribe() -> io::Result<OwnedFd> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let fd = socket(AddressFamily::Netlink, SockType::Raw, flags, SockProtocol::NetlinkRoute)?;
    bind(fd.as_raw_fd(), &NetlinkAddr::new(0, GROUPS))?;
    Ok(fd)
}

impl Source for NetWatch {
    fn register(&self) -> Option<PollFd<'_>> {
        self.deaf_until.is_none().then(|| PollFd::new(self.fd.as_fd(), PollFlags::POLLIN))
    }

    fn deadline(&self) -> Option<Instant> {
        self.deaf_until
    }

    fn advance(&mut self, ready: PollFlags, now: Instant) -> Option<News> {
        self.deaf_until = self.deaf_until.filter(|until| now < *until);
        if ready.is_empty() || self.deaf_until.is_some() {
            return None;
        }
        // A new subscription costs less than reading what is in the old one. What comes between
        // them is part of this news.
        if let Ok(fd) = subscribe() {
            self.fd = fd;
        }
        self.deaf_until = Some(now.plus(NEWS_PAUSE));
        Some(News::Network)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use kinglet_proto::time::Instant;
    use nix::poll::{PollTimeout, poll};
    use nix::sched::{CloneFlags, unshare};

    use super::*;

    /// What the source makes of what poll(2) says now.
    fn news(watch: &mut NetWatch, now: Instant) -> Option<News> {
        let mut fds: Vec<_> = watch.register().into_iter().collect();
        poll(&mut fds, PollTimeout::ZERO).unwrap();
        let ready = fds.iter().filter_map(PollFd::revents).fold(PollFlags::empty(), |a, b| a | b);
        watch.advance(ready, now)
    }

    /// Takes the loopback interface of this thread's namespace up and down.
    #[expect(clippy::disallowed_methods, reason = "a test may execute")]
    fn change() {
        for word in ["up", "down"] {
            let ip = std::process::Command::new("ip").args(["link", "set", "lo", word]).status();
            assert!(ip.unwrap().success());
        }
    }

    #[test]
    fn many_messages_are_one_word_and_the_next_comes_after_a_pause() {
        // On a thread of its own, which takes its namespace with it; without root nothing to see.
        let ended = thread::spawn(|| {
            if unshare(CloneFlags::CLONE_NEWNET).is_err() {
                return;
            }
            let start = Instant::from_millis(1000);
            let mut watch = NetWatch::start().unwrap();
            assert_eq!(news(&mut watch, start), None);
            change();
            assert_eq!(news(&mut watch, start), Some(News::Network));
            let end = start.plus(NEWS_PAUSE);
            assert_eq!(watch.deadline(), Some(end));
            change();
            assert_eq!(news(&mut watch, start), None, "not yet");
            assert_eq!(news(&mut watch, end), None, "it listens again");
            assert_eq!(news(&mut watch, end), Some(News::Network));
            assert_eq!(news(&mut watch, end.plus(NEWS_PAUSE)), None);
            assert_eq!(news(&mut watch, end.plus(NEWS_PAUSE)), None, "told once");
        });
        ended.join().unwrap();
    }
}
