//! TCP to whichever address answers first (RFC 8305): each gets a short head start over the next.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use kinglet_proto::time::Instant;
use nix::errno::Errno;
use nix::sys::socket::sockopt::SndBuf;
use nix::sys::socket::{SockType, SockaddrStorage, connect, setsockopt};

use super::open;
use crate::limits::{CONNECT_STAGGER, CONNECT_TIMEOUT, PREFERRED_HEAD_START, SEND_BUFFER_BYTES};
use crate::link::egress::{Egress, Source};
use crate::link::error::{LinkError, Step};

/// Connection attempts under way to the addresses of one server.
pub(crate) struct Race {
    waiting: VecDeque<SocketAddr>,
    running: Vec<(SocketAddr, TcpStream)>,
    next_start: Instant,
    give_up_at: Instant,
    failure: Option<LinkError>,
    egress: Egress,
}

impl Race {
    /// Starts with the first address; at least one is given.
    pub(crate) fn new(addresses: Vec<SocketAddr>, egress: &Egress, now: Instant) -> Self {
        let mut race = Self {
            waiting: addresses.into(),
            running: Vec::new(),
            next_start: now,
            give_up_at: now.plus(CONNECT_TIMEOUT),
            failure: None,
            egress: egress.clone(),
        };
        race.put_in_order();
        race.start_next(now);
        race
    }

    /// The sockets to wait for, until writable.
    pub(crate) fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.running.iter().map(|(_, stream)| stream.as_fd())
    }

    /// When to call [`Race::advance`] though no socket became writable.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match (self.running.is_empty(), self.waiting.is_empty()) {
            (true, true) => None,
            (false, true) => Some(self.give_up_at),
            (_, false) => Some(self.next_start.min(self.give_up_at)),
        }
    }

    /// Lets addresses run that were found late, behind those that wait.
    pub(crate) fn add(&mut self, addresses: Vec<SocketAddr>) {
        self.waiting.extend(addresses);
        self.put_in_order();
    }

    /// Those of the preferred family first, each family as it was.
    fn put_in_order(&mut self) {
        let Some(family) = self.egress.prefer else { return };
        // Not by a sort, of which the standard library writes one for each type: 4 kB.
        let (first, rest): (Vec<_>, Vec<_>) =
            self.waiting.drain(..).partition(|address| family.has(address.ip()));
        self.waiting.extend(first);
        self.waiting.extend(rest);
    }

    /// How long this one has before the next begins: where one family is preferred, its last one
    /// has longer, so that a long way does not lose to a short one of the other.
    fn head_start(&self, address: SocketAddr) -> Duration {
        let is = |other: &SocketAddr| self.egress.prefer.is_some_and(|f| f.has(other.ip()));
        let next = self.waiting.front();
        let is_last = is(&address) && next.is_some_and(|next| !is(next));
        if is_last { PREFERRED_HEAD_START } else { CONNECT_STAGGER }
    }

    /// Looks at all attempts: the winner, `None` while undecided, or why all have failed; while
    /// `more` addresses may come, it is undecided.
    pub(crate) fn advance(
        &mut self,
        more: bool,
        now: Instant,
    ) -> Result<Option<TcpStream>, LinkError> {
        let mut index = 0;
        while let Some((address, stream)) = self.running.get(index) {
            match outcome(stream) {
                Ok(false) => index += 1,
                Ok(true) => return Ok(Some(self.running.swap_remove(index).1)),
                Err(error) => {
                    self.failure = Some(LinkError::Connect(*address, error));
                    self.running.remove(index);
                    self.next_start = now;
                }
            }
        }
        while self.next_start <= now && !self.waiting.is_empty() {
            self.start_next(now);
        }
        if self.running.is_empty() && self.waiting.is_empty() {
            if more {
                return Ok(None);
            }
            return Err(self.failure.take().unwrap_or_else(|| {
                let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
                LinkError::Connect(nowhere, io::ErrorKind::AddrNotAvailable.into())
            }));
        }
        if self.give_up_at <= now {
            return Err(LinkError::TimedOut(Step::Connect, CONNECT_TIMEOUT));
        }
        Ok(None)
    }

    fn start_next(&mut self, now: Instant) {
        let Some(address) = self.waiting.pop_front() else { return };
        match begin_from(self.egress.source.as_ref(), address) {
            Ok(stream) => {
                self.running.push((address, stream));
                self.next_start = now.plus(self.head_start(address));
            }
            // Of another family than ours: one of ours that failed says more.
            Err(LinkError::Source(source, error)) if error.kind() == ErrorKind::Unsupported => {
                self.failure.get_or_insert(LinkError::Source(source, error));
            }
            Err(error) => self.failure = Some(error),
        }
    }
}

/// Starts a connect from where its owner wants it, which does not block.
pub(super) fn begin_from(source: Option<&Source>, to: SocketAddr) -> Result<TcpStream, LinkError> {
    let failed = |error| LinkError::Connect(to, error);
    let stream = TcpStream::from(open(to, SockType::Stream).map_err(failed)?);
    if let Some(source) = source {
        source.bind(&stream, to).map_err(|error| LinkError::Source(source.clone(), error))?;
    }
    connect_to(stream, to).map_err(failed)
}

/// Starts a connect that does not block.
#[cfg(feature = "probe")]
pub(crate) fn begin(address: SocketAddr) -> io::Result<TcpStream> {
    connect_to(TcpStream::from(open(address, SockType::Stream)?), address)
}

fn connect_to(stream: TcpStream, address: SocketAddr) -> io::Result<TcpStream> {
    // A slow line is felt here, not in the kernel; one that disagrees is no reason to stay away.
    let _ = setsockopt(&stream, SndBuf, &SEND_BUFFER_BYTES);
    match connect(std::os::fd::AsRawFd::as_raw_fd(&stream), &SockaddrStorage::from(address)) {
        Ok(()) | Err(Errno::EINPROGRESS) => Ok(stream),
        Err(error) => Err(error.into()),
    }
}

/// Whether a connect has succeeded, is under way, or has failed.
pub(crate) fn outcome(stream: &TcpStream) -> io::Result<bool> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        Ok(_) => stream.set_nodelay(true).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
        Err(error) => Err(error),
    }
}
