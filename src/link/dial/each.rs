//! Every address of a name by itself, for who wants to know which of them answer.

use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::race::{begin_from, outcome};
use super::resolv_conf::ResolvConf;
use crate::clock;
use crate::limits::CONNECT_TIMEOUT;
use crate::link::egress::Source;
use crate::link::error::{LinkError, Step};

/// Whom this host asks for names.
pub(crate) fn name_servers() -> Vec<SocketAddr> {
    ResolvConf::read().servers
}

/// How long each takes to answer TCP from here, or why it does not.
pub(crate) fn each(
    addresses: &[SocketAddr],
    source: Option<&Source>,
) -> Vec<(SocketAddr, Result<Duration, LinkError>)> {
    let begun = clock::now().instant;
    let give_up_at = begun.plus(CONNECT_TIMEOUT);
    let (mut done, mut running) = (Vec::new(), Vec::new());
    for address in addresses {
        match begin_from(source, *address) {
            Ok(stream) => running.push((*address, stream)),
            Err(error) => done.push((*address, Err(error))),
        }
    }
    while !running.is_empty() {
        let now = clock::now().instant;
        running.retain(|(address, stream)| match outcome(stream) {
            Ok(false) if now < give_up_at => true,
            Ok(false) => {
                done.push((*address, Err(LinkError::TimedOut(Step::Connect, CONNECT_TIMEOUT))));
                false
            }
            Ok(true) => {
                done.push((*address, Ok(now.since(begun))));
                false
            }
            Err(error) => {
                done.push((*address, Err(LinkError::Connect(*address, error))));
                false
            }
        });
        wait(&running, give_up_at.since(now));
    }
    done
}

/// Waits until one of them has something to tell.
fn wait(running: &[(SocketAddr, TcpStream)], limit: Duration) {
    let mut fds: Vec<_> =
        running.iter().map(|(_, stream)| PollFd::new(stream.as_fd(), PollFlags::POLLOUT)).collect();
    if !fds.is_empty() {
        let limit = PollTimeout::try_from(limit).unwrap_or(PollTimeout::ZERO);
        // A signal in between only makes one more turn.
        let _ = poll(&mut fds, limit);
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn those_that_answer_are_told_from_those_that_do_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (good, bad) = (listener.local_addr().unwrap(), "127.0.0.1:1".parse().unwrap());
        let mut found = each(&[bad, good], None);
        found.sort_by_key(|(address, _)| *address != good);
        assert_eq!((found[0].0, found[1].0), (good, bad));
        assert!(found[0].1.as_ref().is_ok_and(|took| *took < CONNECT_TIMEOUT));
        let refused = found[1].1.as_ref().unwrap_err().to_string();
        assert!(refused.contains("refused"), "{refused}");
    }
}
