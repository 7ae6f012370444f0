//! The one conversation of an enrolment, over the same link as every other.

use std::io;

use kinglet_proto::enroll::{Enrolled, decode, upgrade};
use kinglet_proto::time::Instant;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::clock;
use crate::config::Enrollment;
use crate::limits::{CHECK_TIMEOUT, WAIT_MAX};
use crate::link::{Link, LinkError, LinkEvent, Target};

/// The close code of a conversation that came to its end.
const DONE: u16 = 1000;

/// Shows the code to the hub and returns what it gives.
pub(super) fn exchange(enrollment: &Enrollment) -> Result<Enrolled, LinkError> {
    let begun = clock::now().instant;
    let mut link = Link::new(Target {
        url: enrollment.url.clone(),
        trust: enrollment.trust.clone(),
        upgrade: upgrade(&enrollment.code, &enrollment.id, enrollment.prefix()),
    });
    link.dial(begun);
    let answer = listen(&mut link, begun.plus(CHECK_TIMEOUT));
    link.hang_up(DONE, clock::now().instant);
    while !link.is_idle() {
        wait(&mut link, begun.plus(CHECK_TIMEOUT))?;
    }
    answer
}

fn listen(link: &mut Link, until: Instant) -> Result<Enrolled, LinkError> {
    loop {
        while let Some(event) = link.poll_event() {
            match event {
                LinkEvent::Text(text) => {
                    return decode(&text).ok_or_else(|| {
                        LinkError::Protocol("it answered the code with something else".to_owned())
                    });
                }
                LinkEvent::Closed(error) => return Err(error),
                LinkEvent::Progress(_)
                | LinkEvent::Opened
                | LinkEvent::Pong
                | LinkEvent::Blocked
                | LinkEvent::Drained => {}
            }
        }
        if until <= clock::now().instant {
            let limit = CHECK_TIMEOUT.as_secs();
            return Err(LinkError::Protocol(format!("no answer to the code within {limit} s")));
        }
        wait(link, until)?;
    }
}

fn wait(link: &mut Link, until: Instant) -> Result<(), LinkError> {
    let now = clock::now().instant;
    let until = link.deadline().unwrap_or(until).min(until).min(now.plus(WAIT_MAX));
    let mut fds: Vec<PollFd<'_>> = Vec::new();
    link.register(&mut fds);
    match poll(&mut fds, PollTimeout::try_from(until.since(now)).unwrap_or(PollTimeout::ZERO)) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(error) => return Err(LinkError::Broken(io::Error::from(error))),
    }
    let ready = fds.iter().filter_map(PollFd::revents).fold(PollFlags::empty(), PollFlags::union);
    link.advance(ready, clock::now().instant);
    Ok(())
}
