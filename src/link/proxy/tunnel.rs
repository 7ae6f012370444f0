//! A connection to a proxy, until the way through it is open.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};

use kinglet_proto::time::Instant;

use super::{Next, Proxy, ProxyError, Talk};
use crate::limits::{HEAD_PIECE_BYTES, PROXY_TIMEOUT};
use crate::link::error::{LinkError, Step};

/// What is under way.
pub(in crate::link) struct Tunnel {
    stream: TcpStream,
    talk: Talk,
    unsent: Vec<u8>,
    heard: Vec<u8>,
    give_up_at: Instant,
}

impl Tunnel {
    /// Begins on a socket that is connected to the proxy.
    pub(in crate::link) fn new(
        stream: TcpStream,
        proxy: &Proxy,
        host: &str,
        port: u16,
        now: Instant,
    ) -> Box<Self> {
        let (unsent, talk) = proxy.begin(host, port);
        let give_up_at = now.plus(PROXY_TIMEOUT);
        Box::new(Self { stream, talk, unsent, heard: Vec::new(), give_up_at })
    }

    /// Whether to wait for the socket to become writable.
    pub(in crate::link) fn wants_write(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// When it is given up.
    pub(in crate::link) fn deadline(&self) -> Instant {
        self.give_up_at
    }

    /// Moves on as far as the socket lets it; whether the way is open.
    pub(in crate::link) fn advance(&mut self, now: Instant) -> Result<bool, LinkError> {
        let moved = self.exchange();
        match moved {
            Ok(Next::Open) => Ok(true),
            Ok(_) if self.give_up_at <= now => Err(LinkError::TimedOut(Step::Proxy, PROXY_TIMEOUT)),
            Ok(_) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The connection, once the way is open.
    pub(in crate::link) fn into_stream(self) -> TcpStream {
        self.stream
    }

    fn exchange(&mut self) -> Result<Next, LinkError> {
        loop {
            if !self.write().map_err(LinkError::Broken)? || !self.read()? {
                return Ok(Next::Wait);
            }
            match self.talk.hear(&self.heard).map_err(LinkError::Proxy)? {
                Next::Wait => {}
                Next::Say(words) => (self.unsent, self.heard) = (words, Vec::new()),
                Next::Open => return Ok(Next::Open),
            }
        }
    }

    /// Whether all has left.
    fn write(&mut self) -> io::Result<bool> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(written) => drop(self.unsent.drain(..written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Whether something came.
    fn read(&mut self) -> Result<bool, LinkError> {
        let mut piece = [0; HEAD_PIECE_BYTES];
        match self.stream.read(&mut piece) {
            Ok(0) => Err(LinkError::Proxy(ProxyError::Refused("it hung up".to_owned()))),
            Ok(length) => {
                self.heard.extend_from_slice(&piece[..length]);
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            // It is asked for again.
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            Err(error) => Err(LinkError::Broken(error)),
        }
    }
}

impl AsFd for Tunnel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
