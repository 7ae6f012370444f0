//! The only sockets: one link to one server, from name look-up to WebSocket frames.
//!
//! A link does what it is told ([`Link::dial`], [`Link::send_text`], [`Link::hang_up`]) and tells
//! what happened ([`LinkEvent`]). It never blocks, every step of it has a time limit, and it knows
//! nothing of sessions: when to dial again is not decided here.

mod carrier;
mod dial;
mod error;
mod event;
mod tls;
mod transport;
mod url;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};

use carrier::handshake::Handshake;
pub use carrier::upgrade::UpgradeError;
use carrier::websocket::{Channel, Heard};
use dial::race::Race;
use dial::resolve::{self, Lookup};
pub use error::{LinkError, Step};
pub use event::{LinkEvent, Progress};
use kinglet_proto::limits::{CLOSE_TIMEOUT, WRITE_TIMEOUT};
use kinglet_proto::output::Upgrade;
use kinglet_proto::time::Instant;
use nix::poll::{PollFd, PollFlags};
pub use tls::pin::Pin;
pub use tls::{Trust, TrustError};
pub use url::{ServerUrl, UrlError};

use crate::limits::{FRAMES_PER_WAKE_MAX, RESOLVE_TIMEOUT};

/// Where a link leads and what it shows at the door.
pub struct Target {
    /// The server.
    pub url: ServerUrl,
    /// Whom its certificate may come from; `None` for `ws://`.
    pub trust: Option<Trust>,
    /// Path, query and headers of the upgrade, credentials included.
    pub upgrade: Upgrade,
}

/// One link.
pub struct Link {
    target: Target,
    state: State,
    /// A look-up that outlived its attempt, taken over by the next.
    lookup: Option<Lookup>,
    events: VecDeque<LinkEvent>,
    /// Bytes sent over connections that are gone.
    bytes_sent: u64,
}

/// What a link is doing. Every time limit lives in the state it belongs to.
enum State {
    Idle,
    Resolving { give_up_at: Instant },
    Connecting(Race),
    Upgrading { handshake: Box<Handshake>, secured: bool },
    Open { channel: Box<Channel>, stall: Option<Stall>, more: bool },
    Closing { channel: Box<Channel>, until: Instant },
}

/// Since when no byte has left though some wait.
struct Stall {
    since: Instant,
    bytes_sent: u64,
}

impl Link {
    /// A link that waits to be dialled.
    pub fn new(target: Target) -> Self {
        Self { target, state: State::Idle, lookup: None, events: VecDeque::new(), bytes_sent: 0 }
    }

    /// Starts a connection, with addresses looked up afresh; what was before is dropped.
    pub fn dial(&mut self, now: Instant) {
        self.abandon();
        self.events.clear();
        let url = &self.target.url;
        if let Some(address) = resolve::literal(&url.host, url.port) {
            self.connect(vec![address], now);
            return;
        }
        if self.lookup.is_none() {
            match Lookup::start(&url.host, url.port) {
                Ok(lookup) => self.lookup = Some(lookup),
                Err(error) => return self.close(LinkError::Broken(error)),
            }
        }
        self.state = State::Resolving { give_up_at: now.plus(RESOLVE_TIMEOUT) };
    }

    /// Sends a text frame on an open link; elsewhere it goes nowhere.
    pub fn send_text(&mut self, text: &str, now: Instant) {
        self.send(now, |channel| channel.send_text(text));
    }

    /// Sends a Ping on an open link.
    pub fn ping(&mut self, now: Instant) {
        self.send(now, Channel::send_ping);
    }

    /// Says goodbye with a close code and drops the connection when that has left, or soon after.
    pub fn hang_up(&mut self, code: u16, now: Instant) {
        self.events.clear();
        self.bytes_sent = self.bytes_sent();
        let state = std::mem::replace(&mut self.state, State::Idle);
        if let State::Open { mut channel, .. } = state {
            // A socket that is full now may have room for the goodbye soon.
            if channel.send_close(code).is_ok() && channel.has_unsent() {
                self.bytes_sent -= channel.transport().bytes_sent();
                self.state = State::Closing { channel, until: now.plus(CLOSE_TIMEOUT) };
            }
        }
    }

    /// Whether nothing is under way: no connection, no attempt, no goodbye.
    pub fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    /// Bytes that sockets of this link have taken, frames and TLS included.
    pub fn bytes_sent(&self) -> u64 {
        let current = match &self.state {
            State::Open { channel, .. } | State::Closing { channel, .. } => {
                channel.transport().bytes_sent()
            }
            State::Idle
            | State::Resolving { .. }
            | State::Connecting(_)
            | State::Upgrading { .. } => 0,
        };
        self.bytes_sent + current
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<LinkEvent> {
        self.events.pop_front()
    }

    /// Adds the sockets to wait for.
    pub fn register<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        let (fd, wants_write): (BorrowedFd<'a>, bool) = match &self.state {
            State::Idle => return,
            State::Resolving { .. } => match &self.lookup {
                Some(lookup) => (lookup.fd(), false),
                None => return,
            },
            State::Connecting(race) => {
                fds.extend(race.fds().map(|fd| PollFd::new(fd, PollFlags::POLLOUT)));
                return;
            }
            State::Upgrading { handshake, .. } => (handshake.as_fd(), handshake.wants_write()),
            State::Open { channel, .. } => (channel.as_fd(), channel.has_unsent()),
            State::Closing { channel, .. } => (channel.as_fd(), true),
        };
        let write = if wants_write { PollFlags::POLLOUT } else { PollFlags::empty() };
        fds.push(PollFd::new(fd, PollFlags::POLLIN | write));
    }

    /// When [`Link::advance`] has something to do though no socket is ready.
    pub fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Idle => None,
            State::Resolving { give_up_at } => Some(*give_up_at),
            State::Connecting(race) => Some(race.deadline()),
            State::Upgrading { handshake, .. } => Some(handshake.deadline()),
            State::Open { more: true, .. } => Some(Instant::from_millis(0)),
            State::Open { stall, .. } => {
                stall.as_ref().map(|stall| stall.since.plus(WRITE_TIMEOUT))
            }
            State::Closing { until, .. } => Some(*until),
        }
    }

    /// Does what the sockets allow and the limits demand; `ready` is what poll(2) said of ours.
    pub fn advance(&mut self, ready: PollFlags, now: Instant) {
        match &mut self.state {
            State::Idle => {}
            State::Resolving { give_up_at } => {
                let overdue = *give_up_at <= now;
                self.advance_lookup(overdue, now);
            }
            State::Connecting(race) => match race.advance(now) {
                Ok(None) => {}
                Ok(Some(stream)) => self.upgrade(stream, now),
                Err(error) => self.close(error),
            },
            State::Upgrading { .. } => self.advance_handshake(ready, now),
            State::Open { .. } => self.advance_open(ready, now),
            State::Closing { channel, until } => {
                let over = channel.flush().is_err() || !channel.has_unsent() || *until <= now;
                if over {
                    self.abandon();
                }
            }
        }
    }

    /// Drops the connection if this host no longer has the address it came from.
    pub fn check_address(&mut self) {
        let State::Open { channel, .. } = &self.state else { return };
        let Ok(local) = channel.transport().local_addr() else { return };
        let probe = SocketAddr::new(local.ip(), 0);
        let gone = std::net::UdpSocket::bind(probe)
            .is_err_and(|error| error.kind() == std::io::ErrorKind::AddrNotAvailable);
        if gone {
            self.close(LinkError::AddressGone);
        }
    }

    fn advance_lookup(&mut self, overdue: bool, now: Instant) {
        let answer = self.lookup.as_ref().and_then(Lookup::take);
        let host = || self.target.url.host.clone();
        match answer {
            Some(Ok(addresses)) if !addresses.is_empty() => {
                self.lookup = None;
                let found = addresses.clone();
                self.events.push_back(LinkEvent::Progress(Progress::Resolved(found)));
                self.connect(addresses, now);
            }
            Some(failed) => {
                let reason = match failed {
                    Ok(_) => "it has no address".to_owned(),
                    Err(error) => error.to_string(),
                };
                let error = LinkError::Resolve(host(), reason);
                self.lookup = None;
                self.close(error);
            }
            None if overdue => self.close(LinkError::TimedOut(Step::Resolve, RESOLVE_TIMEOUT)),
            None => {}
        }
    }

    fn connect(&mut self, addresses: Vec<SocketAddr>, now: Instant) {
        let mut race = Race::new(addresses, now);
        match race.advance(now) {
            Ok(None) => self.state = State::Connecting(race),
            Ok(Some(stream)) => self.upgrade(stream, now),
            Err(error) => self.close(error),
        }
    }

    fn upgrade(&mut self, stream: std::net::TcpStream, now: Instant) {
        if let Ok(peer) = stream.peer_addr() {
            self.events.push_back(LinkEvent::Progress(Progress::Connected(peer)));
        }
        match Handshake::new(stream, &self.target, now) {
            Ok(handshake) => {
                self.state = State::Upgrading { handshake: Box::new(handshake), secured: false };
                self.advance_handshake(PollFlags::POLLOUT, now);
            }
            Err(error) => self.close(error),
        }
    }

    fn advance_handshake(&mut self, ready: PollFlags, now: Instant) {
        let State::Upgrading { handshake, secured } = &mut self.state else { return };
        if ready.intersects(READABLE) {
            handshake.set_readable();
        }
        let outcome = handshake.advance();
        if !*secured && let Some(summary) = handshake.tls_summary() {
            *secured = true;
            self.events.push_back(LinkEvent::Progress(Progress::Secured(summary)));
        }
        let overdue = handshake.deadline() <= now;
        match outcome {
            Ok(true) => self.open(),
            Ok(false) if overdue => {
                let limit = kinglet_proto::limits::UPGRADE_TIMEOUT;
                self.close(LinkError::TimedOut(Step::Upgrade, limit));
            }
            Ok(false) => {}
            Err(error) => self.close(error),
        }
    }

    fn open(&mut self) {
        let State::Upgrading { handshake, .. } = std::mem::replace(&mut self.state, State::Idle)
        else {
            return;
        };
        let channel = Box::new(handshake.finish());
        // Frames may have come in one piece with the response head.
        self.state = State::Open { channel, stall: None, more: true };
        self.events.push_back(LinkEvent::Opened);
    }

    fn advance_open(&mut self, ready: PollFlags, now: Instant) {
        let State::Open { channel, stall, more } = &mut self.state else { return };
        if ready.intersects(READABLE) {
            channel.set_readable();
        }
        if ready.intersects(READABLE) || *more {
            *more = true;
            for _ in 0..FRAMES_PER_WAKE_MAX {
                match channel.receive() {
                    Ok(Some(Heard::Text(text))) => self.events.push_back(LinkEvent::Text(text)),
                    Ok(Some(Heard::Pong)) => self.events.push_back(LinkEvent::Pong),
                    Ok(Some(Heard::Other)) => {}
                    Ok(None) => {
                        *more = false;
                        break;
                    }
                    Err(error) => return self.close(error),
                }
            }
        }
        if stall.is_some() {
            let flushed = channel.flush();
            self.note_stall(flushed, now);
        }
    }

    fn send(&mut self, now: Instant, send: impl FnOnce(&mut Channel) -> Result<(), LinkError>) {
        if let State::Open { channel, .. } = &mut self.state {
            let sent = send(channel);
            self.note_stall(sent, now);
        }
    }

    /// Keeps book of a full socket after a write: blocked, moving again, drained, or dead.
    fn note_stall(&mut self, written: Result<(), LinkError>, now: Instant) {
        let State::Open { channel, stall, .. } = &mut self.state else { return };
        if let Err(error) = written {
            return self.close(error);
        }
        let bytes_sent = channel.transport().bytes_sent();
        match stall {
            _ if !channel.has_unsent() => {
                if stall.take().is_some() {
                    self.events.push_back(LinkEvent::Drained);
                }
            }
            None => {
                *stall = Some(Stall { since: now, bytes_sent });
                self.events.push_back(LinkEvent::Blocked);
            }
            Some(stalled) if stalled.bytes_sent != bytes_sent => {
                *stalled = Stall { since: now, bytes_sent };
            }
            Some(stalled) if stalled.since.plus(WRITE_TIMEOUT) <= now => {
                self.close(LinkError::TimedOut(Step::Write, WRITE_TIMEOUT));
            }
            Some(_) => {}
        }
    }

    fn close(&mut self, error: LinkError) {
        self.abandon();
        self.events.push_back(LinkEvent::Closed(error));
    }

    /// Drops what is under way without a word.
    fn abandon(&mut self) {
        self.bytes_sent = self.bytes_sent();
        self.state = State::Idle;
    }
}

/// What poll(2) sets when a read has something to tell, if only an error.
const READABLE: PollFlags = PollFlags::POLLIN.union(PollFlags::POLLHUP).union(PollFlags::POLLERR);
