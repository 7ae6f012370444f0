//! Upgrades and frames for `fuzz/`.

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use super::channel::{Channel, Heard};
use super::upgrade::{self, UpgradeError};
use crate::link::error::LinkError;
use crate::link::transport::Transport;

/// Reads the head of an answer to an upgrade.
pub fn upgrade(head: &[u8], key: [u8; 16]) -> Result<Option<usize>, UpgradeError> {
    upgrade::verify(head, key)
}

/// Reads what a server sends, the first part with the head of its answer and the rest after it;
/// each text goes to `take`. Nothing is read that a socket does not hold at once.
pub fn frames(head: &[u8], rest: &[u8], mut take: impl FnMut(&str)) -> Result<(), LinkError> {
    let broken = LinkError::Broken;
    let (near, mut far) = UnixStream::pair().map_err(broken)?;
    near.set_nonblocking(true).map_err(broken)?;
    far.set_nonblocking(true).map_err(broken)?;
    far.write_all(rest).map_err(broken)?;
    far.shutdown(Shutdown::Write).map_err(broken)?;
    let transport = Transport::new(TcpStream::from(OwnedFd::from(near)), None);
    let mut channel = Channel::new(transport, head.to_vec(), "hub.test");
    channel.set_readable();
    loop {
        match channel.receive()? {
            Some(Heard::Text(text)) => take(&text),
            Some(Heard::Pong | Heard::Other) => {}
            None => return Ok(()),
        }
        channel.set_readable();
    }
}
