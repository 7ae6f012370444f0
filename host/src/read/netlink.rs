//! Questions to the kernel by netlink, asked in the background.
//!
//! An answer is written before the question's send(2) returns; but for it the kernel waits for a
//! lock that whoever sets an interface up may hold for seconds, and for stations it asks a radio's
//! firmware. So a worker asks, as it reads files with a device behind them. It keeps one socket for
//! each protocol and one buffer, and makes lines of each datagram as it comes: an answer about
//! sixty stations is 100 kB, and what is told of them 300 bytes.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::sockopt::ReceiveTimeout;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, setsockopt, socket,
};
use nix::sys::time::{TimeVal, TimeValLike as _};

use super::Buffer;
use super::background::{Background, Reading};
use crate::kernel::netlink::{Heard, Message, address, family_question, hear, parse_family};
use crate::limits::{
    NETLINK_ATTEMPTS, NETLINK_DATAGRAM_MAX, NETLINK_LINES_MAX, NETLINK_READS_MAX, NETLINK_TIMEOUT,
};

/// Whom a question is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    /// rtnetlink.
    Route,
    /// A family of generic netlink. To ask for one may load its module.
    Generic(&'static str),
}

/// What is asked, and what becomes of the answer.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) whom: Whom,
    /// As `kernel::netlink::question` makes it.
    pub(crate) bytes: Vec<u8>,
    /// Writes the lines of a message.
    pub(crate) tell: fn(&Message<'_>, &mut Vec<u8>),
}

/// A question that is asked again and again.
pub(crate) struct Dump {
    background: Background,
    reading: Reading,
    /// How often.
    #[cfg(test)]
    pub(crate) asked: u32,
}

impl Dump {
    /// `name` is what the owner reads where the kernel does not answer.
    pub(crate) fn new(background: &Background, name: &str, question: Question) -> Self {
        let path = format!("netlink/{name}").into();
        Self {
            background: background.clone(),
            reading: Reading::asking(path, question),
            #[cfg(test)]
            asked: 0,
        }
    }

    /// Asks; what else is to be asked comes before the answer is looked at.
    pub(crate) fn ask(&mut self) {
        #[cfg(test)]
        {
            self.asked += 1;
        }
        self.background.ask(&mut self.reading);
    }

    /// The lines of the answer, or those of the last where it does not come in time; `None` where
    /// the kernel has none.
    pub(crate) fn answer<'b>(&mut self, buffer: &'b mut Buffer) -> Option<&'b [u8]> {
        self.background.answer(&mut self.reading, buffer)
    }

    /// Whether the kernel did not allow it the last time.
    pub(crate) fn is_denied(&self) -> bool {
        self.reading.is_denied()
    }
}

/// The sockets of a worker, and what it asks with.
#[derive(Debug, Default)]
pub(super) struct Asker {
    route: Option<OwnedFd>,
    generic: Option<OwnedFd>,
    /// Their numbers, as the kernel gave them when it had loaded their modules.
    families: Vec<(&'static str, u16)>,
    seq: u32,
    question: Vec<u8>,
    room: Vec<u8>,
    lines: Vec<u8>,
}

impl Asker {
    /// The lines of the answer.
    pub(super) fn ask(&mut self, question: &Question) -> io::Result<&[u8]> {
        for _ in 0..NETLINK_ATTEMPTS {
            match self.ask_once(question) {
                Ok(true) => return Ok(&self.lines),
                Ok(false) => {}
                Err(error) => {
                    // What is left of this answer would be in the way of the next; and a module
                    // that was loaded again has another number.
                    (self.route, self.generic) = (None, None);
                    self.families.clear();
                    return Err(error);
                }
            }
        }
        Err(io::ErrorKind::Interrupted.into())
    }

    /// Whether the answer is whole.
    fn ask_once(&mut self, question: &Question) -> io::Result<bool> {
        let family = match question.whom {
            Whom::Route => None,
            Whom::Generic(name) => Some(self.family(name)?),
        };
        self.question.clear();
        self.question.extend_from_slice(&question.bytes);
        let mut lines = std::mem::take(&mut self.lines);
        lines.clear();
        let is_whole = self.exchange(family, question.whom, &mut |message| {
            if lines.len() < NETLINK_LINES_MAX {
                (question.tell)(&message, &mut lines);
            }
        });
        self.lines = lines;
        is_whole
    }

    /// The number of a family.
    fn family(&mut self, name: &'static str) -> io::Result<u16> {
        if let Some((_, number)) = self.families.iter().find(|(other, _)| *other == name) {
            return Ok(*number);
        }
        self.question = family_question(name);
        let mut found = None;
        self.exchange(None, Whom::Generic(name), &mut |message| found = parse_family(&message))?;
        let number = found.ok_or(Errno::ENOENT)?;
        self.families.push((name, number));
        Ok(number)
    }

    /// Sends the question and reads to the end of the answer; whether it is whole.
    fn exchange(
        &mut self,
        family: Option<u16>,
        whom: Whom,
        take: &mut dyn FnMut(Message<'_>),
    ) -> io::Result<bool> {
        let (socket, protocol) = match whom {
            Whom::Route => (&mut self.route, SockProtocol::NetlinkRoute),
            Whom::Generic(_) => (&mut self.generic, SockProtocol::NetlinkGeneric),
        };
        let fd = match socket {
            Some(fd) => fd,
            None => socket.insert(open(protocol)?),
        };
        self.seq = self.seq.wrapping_add(1);
        address(&mut self.question, family, self.seq);
        send(fd.as_raw_fd(), &self.question, MsgFlags::empty())?;
        self.room.resize(NETLINK_DATAGRAM_MAX, 0);
        // With this flag it says how long the datagram was, not how much of it is here.
        let fd = fd.as_raw_fd();
        let receive = |room: &mut [u8]| recv(fd, room, MsgFlags::MSG_TRUNC);
        listen(self.seq, &mut self.room, receive, take)
    }
}

/// Receives to the end of an answer; whether it is whole.
fn listen(
    seq: u32,
    room: &mut [u8],
    mut receive: impl FnMut(&mut [u8]) -> nix::Result<usize>,
    take: &mut dyn FnMut(Message<'_>),
) -> io::Result<bool> {
    let mut torn = false;
    for _ in 0..NETLINK_READS_MAX {
        let count = match receive(room) {
            Err(Errno::EINTR) => continue,
            other => other?,
        };
        // One that was longer than there is room for is cut.
        let Some(datagram) = room.get_mut(..count) else { break };
        let heard = hear(datagram, seq, &mut torn, take);
        // There are keys in some.
        datagram.fill(0);
        match heard {
            Heard::More => {}
            Heard::All => return Ok(true),
            Heard::Torn => return Ok(false),
            Heard::Refused(error) => return Err(io::Error::from_raw_os_error(error)),
            Heard::Broken => break,
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

fn open(protocol: SockProtocol) -> io::Result<OwnedFd> {
    let fd = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, protocol)?;
    let seconds = i64::try_from(NETLINK_TIMEOUT.as_secs()).unwrap_or(1);
    setsockopt(&fd, ReceiveTimeout, &TimeVal::seconds(seconds))?;
    Ok(fd)
}

/// Whether the kernel does not allow what was asked.
pub(super) fn is_denial(error: &io::Error) -> bool {
    matches!(known(error), Some(Errno::EPERM | Errno::EACCES))
}

/// Whether the same question would have no other answer soon.
pub(super) fn is_absence(error: &io::Error) -> bool {
    is_denial(error)
        || matches!(
            known(error),
            Some(
                Errno::ENOENT
                    | Errno::ENODEV
                    | Errno::EOPNOTSUPP
                    | Errno::EAFNOSUPPORT
                    | Errno::EPROTONOSUPPORT
            )
        )
}

fn known(error: &io::Error) -> Option<Errno> {
    error.raw_os_error().map(Errno::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::netlink::question;

    /// A message of this kind and these flags that answers question 1.
    fn message(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes = question(kind, false, body, &[]);
        bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        address(&mut bytes, None, 1);
        bytes
    }

    /// What comes of these datagrams, the last of them again and again: and how many were taken.
    fn listened(datagrams: &[nix::Result<Vec<u8>>]) -> (Result<bool, io::ErrorKind>, usize) {
        let (mut room, mut at, mut taken) = (vec![0; 64], 0, 0);
        let receive = |room: &mut [u8]| {
            at += 1;
            let datagram = datagrams[at.min(datagrams.len()) - 1].clone()?;
            let here = datagram.len().min(room.len());
            room[..here].copy_from_slice(&datagram[..here]);
            Ok(datagram.len())
        };
        let ended = listen(1, &mut room, receive, &mut |_| taken += 1);
        assert!(ended.is_err() || room == [0; 64], "wiped");
        (ended.map_err(|error| error.kind()), taken)
    }

    #[test]
    fn an_answer_is_received_to_its_end_and_no_farther() {
        let (row, done) = (message(36, 2, b"row."), message(3, 2, &[0; 4]));
        let torn = message(36, 0x12, b"row.");
        let both = [row.clone(), done.clone()].concat();
        let refused = message(2, 0, &(-1_i32).to_ne_bytes());
        let broken = Err(io::ErrorKind::InvalidData);
        for (datagrams, expected, taken) in [
            (vec![Ok(row.clone()), Err(Errno::EINTR), Ok(done.clone())], Ok(true), 1),
            (vec![Ok(both)], Ok(true), 1),
            (vec![Ok(torn), Ok(done)], Ok(false), 1),
            (vec![Ok(refused)], Err(io::ErrorKind::PermissionDenied), 0),
            (vec![Ok(row.clone()), Err(Errno::EAGAIN)], Err(io::ErrorKind::WouldBlock), 1),
            (vec![Ok(row.clone()), Ok(vec![0; 65])], broken, 1),
            (vec![Ok(Vec::new())], broken, 0),
            (vec![Ok(row)], broken, NETLINK_READS_MAX),
        ] {
            assert_eq!(listened(&datagrams), (expected, taken), "{datagrams:02x?}");
        }
    }

    #[test]
    fn a_refusal_is_a_denial_an_absence_or_neither() {
        for (error, expected) in [
            (Errno::EPERM, (true, true)),
            (Errno::ENOENT, (false, true)),
            (Errno::EOPNOTSUPP, (false, true)),
            (Errno::EBUSY, (false, false)),
        ] {
            let error = io::Error::from(error);
            assert_eq!((is_denial(&error), is_absence(&error)), expected, "{error}");
        }
        assert!(!is_absence(&io::ErrorKind::InvalidData.into()));
    }
}
