//! One family of a name's addresses, asked of the name servers over UDP and waited for.
//!
//! Beside libc, not instead of it: musl gives up a name whole when one family of it fails, and no
//! call of std's asks for one family alone. This asks as musl does, all name servers at once;
//! files, multicast and the rest stay libc's.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use kinglet_proto::time::Instant;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{SockType, SockaddrStorage, connect};
use ring::rand::{SecureRandom, SystemRandom};

use super::message::{self, Answer, Code, Family};
use super::open;
use super::resolv_conf::ResolvConf;
use crate::clock;
use crate::limits::{ASK_AGAIN, DATAGRAM_BYTES_MAX};

/// The addresses of one family, or why there are none.
pub(super) type Outcome = Result<Vec<IpAddr>, String>;

/// Asks until there is an answer, or the time given has come.
pub(super) fn ask(name: &str, family: Family, give_up_at: Instant) -> Outcome {
    let conf = ResolvConf::read();
    let mut outcome = Err("the name cannot be asked for".to_owned());
    for name in conf.names(name) {
        let Some(question) = message::question(number(), &name, family) else { continue };
        let mut round = Round::new(&conf.servers, question, family);
        outcome = match round.run(give_up_at) {
            Some(Found::Addresses(found)) if !found.is_empty() => return Ok(found),
            Some(Found::Addresses(_)) => Err("no address".to_owned()),
            Some(Found::NoName) => Err(format!("no such name ({})", Code::NO_NAME)),
            None => return Err(round.complaint()),
        };
    }
    outcome
}

/// A number that nobody can guess who does not see the question.
fn number() -> u16 {
    let mut bytes = [0; 2];
    // Without randomness any number serves: what answers from elsewhere is not taken anyway.
    let _ = SystemRandom::new().fill(&mut bytes);
    u16::from_be_bytes(bytes)
}

/// What ends a round: the answer of the first name server that has one.
enum Found {
    Addresses(Vec<IpAddr>),
    NoName,
}

/// One question, put to all name servers.
struct Round {
    question: Vec<u8>,
    family: Family,
    asked: Vec<Asked>,
}

/// One name server.
struct Asked {
    address: SocketAddr,
    socket: Option<UdpSocket>,
    /// It will not answer, and why.
    fault: Option<String>,
}

impl Round {
    fn new(servers: &[SocketAddr], question: Vec<u8>, family: Family) -> Self {
        Self { question, family, asked: servers.iter().copied().map(Asked::new).collect() }
    }

    /// The first answer that says something; `None` when none of them has any in time.
    fn run(&mut self, give_up_at: Instant) -> Option<Found> {
        let begun = clock::now().instant;
        let mut again = ASK_AGAIN.iter().map(|after| begun.plus(*after));
        let mut next_at = Some(begun);
        loop {
            let now = clock::now().instant;
            if next_at.is_some_and(|at| at <= now) {
                next_at = again.next();
                self.send();
            }
            if give_up_at <= now || self.asked.iter().all(|asked| asked.fault.is_some()) {
                return None;
            }
            self.wait(next_at.map_or(give_up_at, |at| at.min(give_up_at)).since(now));
            if let Some(found) = self.receive() {
                return Some(found);
            }
        }
    }

    fn send(&mut self) {
        for asked in self.asked.iter_mut().filter(|asked| asked.fault.is_none()) {
            if let Some(socket) = &asked.socket
                && let Err(error) = socket.send(&self.question)
            {
                asked.fault = Some(error.to_string());
            }
        }
    }

    fn wait(&self, longest: Duration) {
        let open = self.asked.iter().filter(|asked| asked.fault.is_none());
        let sockets = open.filter_map(|asked| asked.socket.as_ref());
        let mut fds: Vec<_> =
            sockets.map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN)).collect();
        // Rounded up, so that the time has come when this ends; an interrupted wait is a short one.
        let longest = longest + Duration::from_millis(1);
        let _ = poll(&mut fds, PollTimeout::try_from(longest).unwrap_or(PollTimeout::ZERO));
    }

    fn receive(&mut self) -> Option<Found> {
        let mut datagram = [0; DATAGRAM_BYTES_MAX];
        for asked in self.asked.iter_mut().filter(|asked| asked.fault.is_none()) {
            let Some(socket) = &asked.socket else { continue };
            match socket.recv(&mut datagram) {
                Ok(count) => {
                    match message::answer(&datagram[..count], &self.question, self.family) {
                        Some(Answer::Addresses(found)) => return Some(Found::Addresses(found)),
                        Some(Answer::Refused(Code::NO_NAME)) => return Some(Found::NoName),
                        Some(Answer::Refused(code)) => asked.fault = Some(code.to_string()),
                        None => {}
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => asked.fault = Some(error.to_string()),
            }
        }
        None
    }

    /// What each of them did wrong.
    fn complaint(&self) -> String {
        let each = self.asked.iter().map(|asked| {
            let fault = asked.fault.as_deref().unwrap_or("no answer");
            format!("{fault} from {}", asked.address.ip())
        });
        each.collect::<Vec<_>>().join(", ")
    }
}

impl Asked {
    /// A socket that hears nobody else.
    fn new(address: SocketAddr) -> Self {
        let socket = open(address, SockType::Datagram).and_then(|fd| {
            connect(fd.as_raw_fd(), &SockaddrStorage::from(address))?;
            Ok(UdpSocket::from(fd))
        });
        let fault = socket.as_ref().err().map(ToString::to_string);
        Self { address, socket: socket.ok(), fault }
    }
}
