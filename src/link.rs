//! The only sockets: one link to one server, from name look-up to messages.
//!
//! A link does what it is told ([`Link::dial`], [`Link::send_text`], [`Link::hang_up`]) and tells
//! what happened ([`LinkEvent`]). It never blocks, every step of it has a time limit, and it knows
//! nothing of sessions: when to dial again is not decided here.

mod carrier;
mod dial;
mod egress;
mod error;
mod event;
#[cfg(fuzzing)]
pub mod fuzz;
#[cfg_attr(not(feature = "proxy"), path = "link/no_proxy.rs")]
mod proxy;
mod target;
mod tls;
mod transport;
mod url;

use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

pub use carrier::head::RetryAfter;
#[cfg(feature = "http")]
use carrier::http::Http;
use carrier::websocket::Handshake;
pub use carrier::websocket::upgrade::UpgradeError;
use carrier::{Carrier, Events};
#[cfg(feature = "terminal")]
pub(crate) use dial::each::{each, name_servers};
use dial::race::Race;
#[cfg(feature = "probe")]
pub(crate) use dial::race::{begin as begin_connect, outcome as outcome_of_connect};
use dial::resolve;
pub(crate) use dial::resolve::{Lookup, Standing};
pub use egress::{Egress, Family, Source};
pub use error::{LinkError, Step};
pub use event::{Answered, LinkEvent, Progress};
use kinglet_proto::limits::CLOSE_TIMEOUT;
use kinglet_proto::output::Request;
use kinglet_proto::time::Instant;
use nix::poll::{PollFd, PollFlags};
use proxy::tunnel::Tunnel;
pub use proxy::{Proxy, ProxyError};
pub use target::Target;
pub use tls::client_cert::ClientCert;
pub use tls::pin::Pin;
pub use tls::{Trust, TrustError};
pub use url::{ServerUrl, UrlError};

/// One link.
pub struct Link {
    target: Target,
    /// What the attempt shows at the door, credentials included.
    request: Request,
    /// Whether more requests are to go over its connection.
    keeps: bool,
    /// Whether only the head of an answer is asked for.
    #[cfg(feature = "probe")]
    heads: bool,
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
    Resolving,
    /// What the look-up still finds joins the race.
    Connecting(Race),
    /// TCP is connected to the proxy.
    Tunnelling(Box<Tunnel>),
    Connected(Box<dyn Carrier>),
    Closing {
        carrier: Box<dyn Carrier>,
        until: Instant,
    },
}

impl Link {
    /// A link that waits to be dialled.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            request: Request::default(),
            keeps: false,
            #[cfg(feature = "probe")]
            heads: false,
            state: State::Idle,
            lookup: None,
            events: Events::new(),
            bytes_sent: 0,
        }
    }

    /// Where it leads.
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// Starts a connection, with addresses looked up afresh; what was before is dropped.
    pub fn dial(&mut self, request: Request, now: Instant) {
        self.begin_dial(request, false, now);
    }

    /// Sends an HTTP request over the connection that is open; without one, over a new one that is
    /// kept for the next. Whether there was one.
    pub fn ask(&mut self, request: Request, now: Instant) -> bool {
        if let State::Connected(carrier) = &mut self.state
            && carrier.ask(&request, now)
        {
            self.advance_carrier(PollFlags::POLLOUT, now);
            return true;
        }
        self.begin_dial(request, true, now);
        false
    }

    /// Asks this address for the head of what is at the URL; its name is not looked up.
    #[cfg(feature = "probe")]
    pub(crate) fn head(&mut self, address: SocketAddr, now: Instant) {
        self.heads = true;
        self.state = State::Connecting(Race::new(vec![address], &self.target.egress, now));
        self.advance_dial(now);
    }

    /// Until when the certificate of the open connection is good.
    pub(crate) fn certificate_end(&self) -> Option<kinglet_proto::time::WallTime> {
        self.carrier()?.transport().certificate_end()
    }

    fn begin_dial(&mut self, request: Request, keeps: bool, now: Instant) {
        self.keeps = keeps;
        self.abandon();
        self.events.clear();
        self.request = request;
        let (host, port) = self.target.address();
        if let Some(address) = resolve::literal(host, port) {
            self.lookup = None;
            self.state = State::Connecting(Race::new(vec![address], &self.target.egress, now));
            return self.advance_dial(now);
        }
        let begun = match self.lookup.take().filter(Lookup::is_held) {
            Some(mut held) => held.renew(now).map(|()| held),
            None => Lookup::start(host, port, now),
        };
        match begun {
            Ok(lookup) => self.lookup = Some(lookup),
            Err(error) => return self.close(LinkError::Broken(error)),
        }
        self.state = State::Resolving;
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
        let looking_up =
            self.lookup.iter().map(|lookup| PollFd::new(lookup.fd(), PollFlags::POLLIN));
        let (fd, wants_write): (BorrowedFd<'a>, bool) = match &self.state {
            State::Idle => return,
            State::Resolving => return fds.extend(looking_up),
            State::Connecting(race) => {
                fds.extend(race.fds().map(|fd| PollFd::new(fd, PollFlags::POLLOUT)));
                return fds.extend(looking_up);
            }
            State::Tunnelling(tunnel) => (tunnel.as_fd(), tunnel.wants_write()),
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
            State::Resolving => self.lookup.as_ref().and_then(Lookup::deadline),
            State::Connecting(race) => {
                let lookup = self.lookup.as_ref().and_then(Lookup::deadline);
                [race.deadline(), lookup].into_iter().flatten().min()
            }
            State::Tunnelling(tunnel) => Some(tunnel.deadline()),
            State::Connected(carrier) => carrier.deadline(),
            State::Closing { until, .. } => Some(*until),
        }
    }

    /// Does what the sockets allow and the limits demand; `ready` is what poll(2) said of ours.
    pub fn advance(&mut self, ready: PollFlags, now: Instant) {
        match &mut self.state {
            State::Idle => {}
            State::Resolving | State::Connecting(_) => self.advance_dial(now),
            State::Tunnelling(_) => self.advance_tunnel(now),
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

    fn advance_dial(&mut self, now: Instant) {
        if let Some(lookup) = &mut self.lookup {
            let standing = lookup.advance(now);
            let finished = lookup.deadline().is_none() && !lookup.is_held();
            self.lookup.take_if(|_| finished);
            match standing {
                Standing::Waiting => {}
                Standing::Found(addresses, missing) => {
                    let found = Progress::Resolved(addresses.clone(), missing);
                    self.events.push_back(LinkEvent::Progress(found));
                    if let State::Connecting(race) = &mut self.state {
                        race.add(addresses);
                    } else {
                        self.state =
                            State::Connecting(Race::new(addresses, &self.target.egress, now));
                    }
                }
                Standing::Failed(reason) if matches!(self.state, State::Resolving) => {
                    let host = self.target.address().0.to_owned();
                    return self.close(LinkError::Resolve(host, reason));
                }
                Standing::Failed(_) => {}
            }
        }
        let more = self.lookup.as_ref().is_some_and(|lookup| lookup.deadline().is_some());
        let State::Connecting(race) = &mut self.state else { return };
        match race.advance(more, now) {
            Ok(None) => {}
            Ok(Some(stream)) => self.begin(stream, now),
            Err(error) => self.close(error),
        }
    }

    /// Begins what comes after TCP.
    fn begin(&mut self, stream: TcpStream, now: Instant) {
        if let Ok(peer) = stream.peer_addr() {
            let ours = stream.local_addr().ok();
            self.events.push_back(LinkEvent::Progress(Progress::Connected(peer, ours)));
        }
        let ServerUrl { host, port, .. } = &self.target.url;
        let Some(proxy) = self.target.proxy.as_ref() else {
            return self.begin_carrier(stream, now);
        };
        self.state = State::Tunnelling(Tunnel::new(stream, proxy, host, *port, now));
        self.advance_tunnel(now);
    }

    fn advance_tunnel(&mut self, now: Instant) {
        let State::Tunnelling(tunnel) = &mut self.state else { return };
        match tunnel.advance(now) {
            Ok(false) => {}
            Ok(true) => {
                self.events.push_back(LinkEvent::Progress(Progress::Tunnelled));
                if let State::Tunnelling(tunnel) = std::mem::replace(&mut self.state, State::Idle) {
                    self.begin_carrier(tunnel.into_stream(), now);
                }
            }
            Err(error) => self.close(error),
        }
    }

    /// Begins what comes after the way is open.
    fn begin_carrier(&mut self, stream: TcpStream, now: Instant) {
        match self.carry(stream, now) {
            Ok(carrier) => {
                self.state = State::Connected(carrier);
                self.advance_carrier(PollFlags::POLLOUT, now);
            }
            Err(error) => self.close(error),
        }
    }

    fn carry(&mut self, stream: TcpStream, now: Instant) -> Result<Box<dyn Carrier>, LinkError> {
        let (target, request) = (&self.target, std::mem::take(&mut self.request));
        #[cfg(feature = "probe")]
        if self.heads {
            return Ok(Box::new(Http::head(stream, target, now)?));
        }
        #[cfg(feature = "http")]
        if request.body.is_some() {
            return Ok(Box::new(Http::new(stream, target, self.keeps, &request, now)?));
        }
        Ok(Box::new(Handshake::new(stream, target, &request, now)?))
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
            State::Idle | State::Resolving | State::Connecting(_) | State::Tunnelling(_) => None,
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
