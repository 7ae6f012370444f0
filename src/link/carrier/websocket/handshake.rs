//! TLS and upgrade on a fresh connection, until it is a WebSocket.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

use kinglet_proto::limits::UPGRADE_TIMEOUT;
use kinglet_proto::output::Request;
use kinglet_proto::time::Instant;
use nix::poll::PollFlags;
use ring::rand::{SecureRandom, SystemRandom};

use super::channel::Channel;
use super::{WebSocket, upgrade};
use crate::limits::HEAD_PIECE_BYTES;
use crate::link::Target;
use crate::link::carrier::{Carrier, Events, READABLE};
use crate::link::error::{LinkError, Step};
use crate::link::event::{LinkEvent, Progress};
use crate::link::transport::Transport;

/// A connection on its way from TCP to WebSocket.
pub(in crate::link) struct Handshake {
    transport: Transport,
    /// TLS is up, and that was said.
    secured: bool,
    request: Vec<u8>,
    written: usize,
    head: Vec<u8>,
    key: [u8; 16],
    host: String,
    give_up_at: Instant,
}

impl Handshake {
    /// Begins on a connected socket.
    pub(in crate::link) fn new(
        stream: std::net::TcpStream,
        target: &Target,
        asked: &Request,
        now: Instant,
    ) -> Result<Self, LinkError> {
        let url = &target.url;
        let mut key = [0; 16];
        SystemRandom::new()
            .fill(&mut key)
            .map_err(|_| LinkError::Broken(io::Error::other("the kernel gives no randomness")))?;
        let request = upgrade::request(url, &asked.path_and_query, &asked.headers, key);
        Ok(Self {
            transport: Transport::new(stream, target.tls()?),
            secured: false,
            request: request.into_bytes(),
            written: 0,
            head: Vec::new(),
            key,
            host: url.host.clone(),
            give_up_at: now.plus(UPGRADE_TIMEOUT),
        })
    }

    /// Moves on as far as the socket lets it; where the frames begin, once the upgrade is granted.
    fn exchange(&mut self) -> Result<Option<usize>, LinkError> {
        let moved = self.write().and_then(|()| self.read());
        // A server may answer and hang up at once: what it said counts more.
        let granted = upgrade::verify(&self.head, self.key).map_err(LinkError::Upgrade)?;
        match moved {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                Err(LinkError::from_io(error, &self.host))
            }
            Ok(()) | Err(_) => Ok(granted),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        self.transport.pump()?;
        while self.written < self.request.len() {
            self.written += self.transport.write(&self.request[self.written..])?;
        }
        self.transport.flush()
    }

    fn read(&mut self) -> io::Result<()> {
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

impl Carrier for Handshake {
    fn transport(&self) -> &Transport {
        &self.transport
    }

    fn wants_write(&self) -> bool {
        self.transport.wants_write()
            || (!self.transport.is_handshaking() && self.written < self.request.len())
    }

    fn deadline(&self) -> Option<Instant> {
        Some(self.give_up_at)
    }

    fn advance(
        mut self: Box<Self>,
        ready: PollFlags,
        now: Instant,
        events: &mut Events,
    ) -> Result<Box<dyn Carrier>, LinkError> {
        if ready.intersects(READABLE) {
            self.transport.set_readable();
        }
        let granted = self.exchange();
        if !self.secured
            && !self.transport.is_handshaking()
            && let Some(summary) = self.transport.tls_summary()
        {
            self.secured = true;
            events.push_back(LinkEvent::Progress(Progress::Secured(summary)));
        }
        match granted? {
            Some(length) => {
                let tail = self.head.split_off(length);
                let date = upgrade::date(&self.head).map(Progress::Dated);
                events.extend(date.map(LinkEvent::Progress));
                events.push_back(LinkEvent::Opened);
                let channel = Channel::new(self.transport, tail, &self.host);
                Ok(Box::new(WebSocket::new(channel)))
            }
            None if self.give_up_at <= now => {
                Err(LinkError::TimedOut(Step::Upgrade, UPGRADE_TIMEOUT))
            }
            None => Ok(self),
        }
    }
}

impl AsFd for Handshake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.transport.as_fd()
    }
}
