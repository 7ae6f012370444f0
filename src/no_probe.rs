//! What stands in for probes in a build without the feature `probe`: there never are any.

use kinglet_proto::probe::{Done, Wanted};
use kinglet_proto::sample::Probe;
use kinglet_proto::time::Instant;
use nix::poll::{PollFd, PollFlags};

use crate::config::Probing;

/// Never there.
pub(crate) enum Probes {}

impl Probes {
    pub(crate) fn start(_: &Probing, _: impl FnOnce() -> u64, _: Instant) -> Option<Self> {
        None
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match *self {}
    }

    pub(crate) fn register<'a>(&'a self, _: &mut Vec<PollFd<'a>>) {
        match *self {}
    }

    pub(crate) fn advance(&mut self, _: PollFlags, _: Instant) {
        match *self {}
    }

    pub(crate) fn want(&mut self, _: usize, _: Wanted, _: Instant) {
        match *self {}
    }

    pub(crate) fn poll_done(&mut self) -> Option<Done> {
        match *self {}
    }

    pub(crate) fn fill(&mut self, _: &mut Vec<Probe>) {
        match *self {}
    }
}
