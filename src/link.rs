//! The only sockets: one link to one server, from name look-up to messages.
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

use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

use carrier::http::Post;
use carrier::websocket::Handshake;
pub use carrier::websocket::upgrade::UpgradeError;
use carrier::{Carrier, Events};
use dial::race::Race;
use dial::resolve::{self, Lookup};
pub use error::{LinkError, Step};
pub use event::{LinkEvent, Progress};
use kinglet_proto::limits::CLOSE_TIMEOUT;
use kinglet_proto::output::Request;
use kinglet_proto::time::Instant;
use nix::poll::{PollFd, PollFlags};
use rustls::ClientConnection;
pub use tls::pin::Pin;
pub use tls::{Trust, TrustError};
pub use url::{ServerUrl, UrlError};

use crate::limits::RESOLVE_TIMEOUT;

/// Where a link leads.
#[derive(Debug, Clone)]
pub struct Target {
    /// The server.
    pub url: ServerUrl,
    /// Whom its certificate may come from; `None` for `ws://`.
    pub trust: Option<Trust>,
}

/// One link.
pub struct Link {
    target: Target,
    /// What the attempt shows at the door, credentials included.
    request: Request,
    state: State,
    /// A look-up that outlived its attempt, taken over by the next.
    lookup: Option<Lookup>,
    events: Events,
    /// Bytes sent over connections that are gone.
    bytes_sent: u64,
}

/// What a link is doing. Every time limit lives in the state it belongs to.
enum State {
    Idle,
    Resolving { give_up_at: Instant },
    Connecting(Race),
    Connected(Box<dyn Carrier>),
    Closing { carrier: Box<dyn Carrier>, until: Instant },
}

impl Target {
    /// Begins TLS, where the server wants it.
    fn tls(&self) -> Result<Option<ClientConnection>, LinkError> {
        let connect = |trust: &Trust| trust.connect(&self.url.host).map_err(LinkError::Tls);
        self.trust.as_ref().map(connect).transpose()
    }
}

impl Link {
    /// A link that waits to be dialled.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            request: Request::default(),
            state: State::Idle,
            lookup: None,
            events: Events::new(),
            bytes_sent: 0,
        }
    }

    /// Starts a connection, with addresses looked up afresh; what was before is dropped.
    pub fn dial(&mut self, request: Request, now: Instant) {
        self.abandon();
        self.events.clear();
        self.request = request;
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
        if let State::Connected(carrier) = &mut self.state
            && let Err(error) = carrier.send_text(text, now, &mut self.events)
        {
            self.close(error);
        }
    }

    /// Sends a Ping on an open link.
    pub fn ping(&mut self, now: Instant) {
        if let State::Connected(carrier) = &mut self.state
            && let Err(error) = carrier.ping(now, &mut self.events)
        {
            self.close(error);
        }
    }

    /// Says goodbye with a close code and drops the connection when that has left, or soon after.
    pub fn hang_up(&mut self, code: u16, now: Instant) {
        self.events.clear();
        if let State::Connected(mut carrier) = std::mem::replace(&mut self.state, State::Idle) {
            if carrier.hang_up(code) {
                self.state = State::Closing { carrier, until: now.plus(CLOSE_TIMEOUT) };
            } else {
                self.bytes_sent += carrier.transport().bytes_sent();
            }
        }
    }

    /// Whether nothing is under way: no connection, no attempt, no goodbye.
    pub fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    /// Bytes that sockets of this link have taken, frames and TLS included.
    pub fn bytes_sent(&self) -> u64 {
        let carrier = self.carrier();
        self.bytes_sent + carrier.map_or(0, |carrier| carrier.transport().bytes_sent())
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
            State::Connected(carrier) => (carrier.as_fd(), carrier.wants_write()),
            State::Closing { carrier, .. } => (carrier.as_fd(), true),
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
            State::Connected(carrier) => carrier.deadline(),
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
                Ok(Some(stream)) => self.begin(stream, now),
                Err(error) => self.close(error),
            },
            State::Connected(_) => self.advance_carrier(ready, now),
            State::Closing { carrier, until } => {
                let is_over = !carrier.flush().unwrap_or(false) || *until <= now;
                if is_over {
                    self.abandon();
                }
            }
        }
    }

    /// Drops the connection if this host no longer has the address it came from.
    pub fn check_address(&mut self) {
        let State::Connected(carrier) = &self.state else { return };
        let Ok(local) = carrier.transport().local_addr() else { return };
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
            Ok(Some(stream)) => self.begin(stream, now),
            Err(error) => self.close(error),
        }
    }

    /// Begins what comes after TCP.
    fn begin(&mut self, stream: TcpStream, now: Instant) {
        if let Ok(peer) = stream.peer_addr() {
            self.events.push_back(LinkEvent::Progress(Progress::Connected(peer)));
        }
        match self.carry(stream, now) {
            Ok(carrier) => {
                self.state = State::Connected(carrier);
                self.advance_carrier(PollFlags::POLLOUT, now);
            }
            Err(error) => self.close(error),
        }
    }

    fn carry(&self, stream: TcpStream, now: Instant) -> Result<Box<dyn Carrier>, LinkError> {
        let (target, request) = (&self.target, &self.request);
        Ok(match &request.body {
            Some(body) => Box::new(Post::new(stream, target, request, body, now)?),
            None => Box::new(Handshake::new(stream, target, request, now)?),
        })
    }

    fn advance_carrier(&mut self, ready: PollFlags, now: Instant) {
        let sent = self.bytes_sent();
        let State::Connected(carrier) = std::mem::replace(&mut self.state, State::Idle) else {
            return;
        };
        match carrier.advance(ready, now, &mut self.events) {
            Ok(carrier) => self.state = State::Connected(carrier),
            Err(error) => {
                self.bytes_sent = sent;
                self.close(error);
            }
        }
    }

    fn carrier(&self) -> Option<&dyn Carrier> {
        match &self.state {
            State::Connected(carrier) | State::Closing { carrier, .. } => Some(&**carrier),
            State::Idle | State::Resolving { .. } | State::Connecting(_) => None,
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
