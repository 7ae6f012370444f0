//! Pings without privileges: the kernel's own sockets for them (icmp(7), since Linux 3.0 and for
//! IPv6 3.11), open to the groups of `net.ipv4.ping_group_range`. One for each family is enough.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};

use kinglet_proto::probe::echo;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrStorage, recv, sendto,
    socket,
};

/// A packet that was sent: whether by IPv6, and its number.
pub(super) type Asked = (bool, u16);

/// The sockets.
pub(super) struct Echo {
    /// Of IPv4 and of IPv6, opened when first needed.
    sockets: [Option<OwnedFd>; 2],
    cookie: u64,
    sequence: u16,
}

impl Echo {
    /// Opens nothing; the cookie is in every packet.
    pub(super) const fn new(cookie: u64) -> Self {
        Self { sockets: [None, None], cookie, sequence: 0 }
    }

    pub(super) fn register<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        let open = self.sockets.iter().flatten();
        fds.extend(open.map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN)));
    }

    /// Sends a request.
    pub(super) fn send(&mut self, to: IpAddr) -> io::Result<Asked> {
        let v6 = to.is_ipv6();
        let kept = &mut self.sockets[usize::from(v6)];
        let socket = match kept {
            Some(socket) => socket,
            None => kept.insert(open(v6)?),
        };
        self.sequence = self.sequence.wrapping_add(1);
        let packet = echo::request(v6, self.sequence, self.cookie);
        let to = SockaddrStorage::from(SocketAddr::new(to, 0));
        sendto(socket.as_raw_fd(), &packet, &to, MsgFlags::empty())?;
        Ok((v6, self.sequence))
    }

    /// A reply of each family, where one is there. A second one wakes the loop again.
    pub(super) fn receive(&self) -> [Option<Asked>; 2] {
        [false, true].map(|v6| {
            let socket = self.sockets[usize::from(v6)].as_ref()?;
            let mut packet = [0; echo::LENGTH];
            let count = recv(socket.as_raw_fd(), &mut packet, MsgFlags::empty()).ok()?;
            echo::reply(v6, &packet[..count], self.cookie).map(|sequence| (v6, sequence))
        })
    }
}

fn open(v6: bool) -> io::Result<OwnedFd> {
    let (family, protocol) = if v6 {
        (AddressFamily::Inet6, SockProtocol::IcmpV6)
    } else {
        (AddressFamily::Inet, SockProtocol::Icmp)
    };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    socket(family, SockType::Datagram, flags, protocol).map_err(|error| {
        if error != Errno::EACCES {
            return error.into();
        }
        let words = "this kernel lets the agent's group not ping: see net.ipv4.ping_group_range";
        io::Error::other(words)
    })
}
