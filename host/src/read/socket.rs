//! A connection to a program of the host, by a socket in its files: nobody waits for it longer than
//! he says.
//!
//! It is asked, and looked at again later; what is said on it is others' matter.

#[cfg(feature = "containers")]
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _};
#[cfg(feature = "containers")]
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};

use crate::limits::SOCKET_KEPT;

/// A connection, and what came of it that nobody has taken.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: UnixStream,
    received: Vec<u8>,
    /// Bytes of it that are kept at most.
    max: usize,
}

/// The number of the group that a file belongs to.
#[cfg(feature = "containers")]
pub(crate) fn group(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|meta| u64::from(meta.gid()))
}

impl Socket {
    /// Connects at once or not at all: where too many wait to be let in, one more does not. Who
    /// says more than `max` bytes that are not taken is not heard to the end.
    pub(crate) fn connect(path: &Path, max: usize) -> io::Result<Self> {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let socket = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
        connect(socket.as_raw_fd(), &UnixAddr::new(path)?)?;
        Ok(Self { stream: socket.into(), received: Vec::new(), max })
    }

    /// Sends all of it at once: there is room, where what was sent before has been read.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.stream.write(bytes)? {
            sent if sent == bytes.len() => Ok(()),
            _ => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// Takes in what has come.
    pub(crate) fn receive(&mut self) -> io::Result<()> {
        loop {
            let len = self.received.len();
            if len > self.max {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.received.resize(len + SOCKET_KEPT, 0);
            let read = self.stream.read(&mut self.received[len..]);
            let count = *read.as_ref().unwrap_or(&0);
            self.received.truncate(len + count);
            match read {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(SOCKET_KEPT..) => {}
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// What came and was not taken.
    pub(crate) fn received(&self) -> &[u8] {
        &self.received
    }

    /// The first so many bytes of it are done with.
    #[cfg(feature = "units")]
    pub(crate) fn take(&mut self, count: usize) {
        self.received.drain(..count);
        if self.received.is_empty() {
            self.received.shrink_to(2 * SOCKET_KEPT);
        }
    }

    /// Waits until something comes; `false` when nothing has.
    pub(crate) fn wait(&self, limit: Duration) -> bool {
        let mut fds = [PollFd::new(self.stream.as_fd(), PollFlags::POLLIN)];
        let limit = PollTimeout::try_from(limit).unwrap_or(PollTimeout::ZERO);
        poll(&mut fds, limit).is_ok_and(|ready| ready > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_without_an_end_is_not_kept() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let max = 1 << 20;
        let mut socket = Socket { stream: ours, received: Vec::new(), max };
        let talker = std::thread::spawn(move || theirs.write_all(&vec![7; 3 << 20]));
        let error = loop {
            match socket.receive() {
                Ok(()) => assert!(socket.received().len() <= max + SOCKET_KEPT),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        drop(socket);
        assert!(talker.join().unwrap().is_err(), "nobody listened to the end");
    }
}
