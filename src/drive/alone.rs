//! One conversation driven alone, as commands on a terminal do.

use std::io;

use kinglet_proto::session::{Conversation, Input};
use kinglet_proto::time::{Instant, Now};
use nix::poll::{PollFd, PollFlags};

use super::{Drive, Observer, wait};
use crate::clock;
use crate::link::LinkError;

impl<C: Conversation, O: Observer> Drive<C, O> {
    /// One wake-up, at `until` at the latest.
    pub(crate) fn turn(&mut self, until: Instant) -> io::Result<()> {
        let deadline = self.feed(Input::Tick, clock::now());
        let mut fds = Vec::new();
        self.register(&mut fds);
        wait(&mut fds, deadline.map_or(until, |deadline| deadline.min(until)))?;
        let raised = fds.iter().filter_map(PollFd::revents);
        let ready = raised.fold(PollFlags::empty(), PollFlags::union);
        drop(fds);
        self.advance(ready, clock::now());
        Ok(())
    }

    /// Sends a Ping that the conversation did not ask for.
    pub(crate) fn ping(&mut self, now: Now) {
        self.glue.ways.link().ping(now.instant);
    }

    /// Why the connection was lost last, where no conversation has told of it.
    pub(crate) fn take_fault(&mut self) -> Option<LinkError> {
        self.glue.fault.take()
    }
}
