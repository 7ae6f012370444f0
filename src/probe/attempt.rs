//! One attempt at a target.

use std::net::TcpStream;
use std::os::fd::AsFd as _;

use kinglet_proto::probe::{Kind, Outcome};
use kinglet_proto::time::Instant;
use nix::poll::{PollFd, PollFlags};

use super::echo::Asked;
use crate::clock;
use crate::link::{Link, Lookup};

/// An attempt under way.
pub(super) struct Attempt {
    /// Its number in the plan.
    pub(super) id: u32,
    pub(super) kind: Kind,
    /// When it was begun, in microseconds since boot; the look-up of the name is not counted.
    pub(super) began: u64,
    pub(super) give_up_at: Instant,
    pub(super) way: Way,
}

/// What an attempt waits for.
pub(super) enum Way {
    /// The address of the name.
    LookUp(Box<Lookup>),
    /// The reply to this packet.
    Echo(Asked),
    /// The connection.
    Connect(TcpStream),
    /// The head of a page.
    Ask(Box<Link>),
}

impl Attempt {
    /// When to look at it though nothing is ready.
    pub(super) fn deadline(&self) -> Instant {
        match &self.way {
            Way::LookUp(lookup) => lookup.deadline().unwrap_or(self.give_up_at),
            Way::Echo(_) | Way::Connect(_) | Way::Ask(_) => self.give_up_at,
        }
    }

    /// Adds the socket to wait for, where it has its own.
    pub(super) fn register<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        match &self.way {
            Way::LookUp(lookup) => fds.push(PollFd::new(lookup.fd(), PollFlags::POLLIN)),
            Way::Connect(stream) => fds.push(PollFd::new(stream.as_fd(), PollFlags::POLLOUT)),
            Way::Ask(link) => link.register(fds),
            Way::Echo(_) => {}
        }
    }

    /// It is answered, at this moment.
    pub(super) fn answered(&self) -> Outcome {
        let micros = clock::micros().saturating_sub(self.began);
        Outcome::Answered(u32::try_from(micros).unwrap_or(u32::MAX - 1))
    }
}
