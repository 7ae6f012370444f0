//! TLS and upgrade on a fresh connection, until it is a WebSocket.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

use kinglet_proto::limits::UPGRADE_TIMEOUT;
use kinglet_proto::time::Instant;
use ring::rand::{SecureRandom, SystemRandom};

use super::upgrade;
use super::websocket::Channel;
use crate::limits::HEAD_PIECE_BYTES;
use crate::link::Target;
use crate::link::error::LinkError;
use crate::link::transport::Transport;

/// A connection on its way from TCP to WebSocket.
pub(crate) struct Handshake {
    transport: Transport,
    request: Vec<u8>,
    written: usize,
    head: Vec<u8>,
    key: [u8; 16],
    host: String,
    give_up_at: Instant,
}

impl Handshake {
    /// Begins on a connected socket.
    pub(crate) fn new(
        stream: std::net::TcpStream,
        target: &Target,
        now: Instant,
    ) -> Result<Self, LinkError> {
        let url = &target.url;
        let tls = match &target.trust {
            Some(trust) => Some(trust.connect(&url.host).map_err(LinkError::Tls)?),
            None => None,
        };
        let mut key = [0; 16];
        SystemRandom::new()
            .fill(&mut key)
            .map_err(|_| LinkError::Broken(io::Error::other("the kernel gives no randomness")))?;
        let asked = &target.upgrade;
        let request = upgrade::request(url, &asked.path_and_query, &asked.headers, key);
        Ok(Self {
            transport: Transport::new(stream, tls),
            request: request.into_bytes(),
            written: 0,
            head: Vec::new(),
            key,
            host: url.host.clone(),
            give_up_at: now.plus(UPGRADE_TIMEOUT),
        })
    }

    /// When the server has taken too long.
    pub(crate) fn deadline(&self) -> Instant {
        self.give_up_at
    }

    /// Whether to wait for the socket to become writable.
    pub(crate) fn wants_write(&self) -> bool {
        self.transport.wants_write()
            || (!self.transport.is_handshaking() && self.written < self.request.len())
    }

    /// Tells that poll(2) found the socket readable.
    pub(crate) fn set_readable(&mut self) {
        self.transport.set_readable();
    }

    /// TLS version and suite once TLS is up and before the answer is there.
    pub(crate) fn tls_summary(&self) -> Option<String> {
        if self.transport.is_handshaking() { None } else { self.transport.tls_summary() }
    }

    /// Moves on as far as the socket lets it; true once the upgrade is granted.
    pub(crate) fn advance(&mut self) -> Result<bool, LinkError> {
        match self.exchange() {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => {
                // A server may answer and hang up at once: what it said counts more.
                upgrade::verify(&self.head, self.key).map_err(LinkError::Upgrade)?;
                return Err(LinkError::from_io(error, &self.host));
            }
        }
        let granted = upgrade::verify(&self.head, self.key).map_err(LinkError::Upgrade)?;
        Ok(granted.is_some())
    }

    /// The WebSocket, after [`Handshake::advance`] said so.
    pub(crate) fn finish(mut self) -> Channel {
        let granted = upgrade::verify(&self.head, self.key).ok().flatten();
        let tail = self.head.split_off(granted.unwrap_or(self.head.len()));
        Channel::new(self.transport, tail, &self.host)
    }

    /// Sends the request and reads the answer, until the socket would block.
    fn exchange(&mut self) -> io::Result<()> {
        self.transport.pump()?;
        while self.written < self.request.len() {
            self.written += self.transport.write(&self.request[self.written..])?;
        }
        self.transport.flush()?;
        let mut piece = [0; HEAD_PIECE_BYTES];
        while let Ok(None) = upgrade::verify(&self.head, self.key) {
            match self.transport.read(&mut piece)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.head.extend_from_slice(&piece[..count]),
            }
        }
        Ok(())
    }
}

impl AsFd for Handshake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.transport.as_fd()
    }
}
