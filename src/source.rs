//! What the loop waits for beside its servers: one file each.

pub(crate) mod mounts;
pub(crate) mod network;
pub(crate) mod signals;

use std::os::fd::BorrowedFd;

use kinglet_proto::sample::Sample;
use kinglet_proto::time::Instant;
use nix::poll::{PollFd, PollFlags};

use crate::config::Config;
use mounts::MountWatch;
use network::NetWatch;
use signals::Stop;

/// Something the loop waits for. It never blocks: what may, does so on a thread of its own.
pub(crate) trait Source {
    /// What to poll, and for what; `None` while there is nothing that could become ready.
    fn register(&self) -> Option<PollFd<'_>>;

    /// When the loop has to come back, whatever becomes ready.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The loop has come round: takes what is there. `ready` is what poll(2) said, so it is empty
    /// when something else woke the loop.
    fn advance(&mut self, ready: PollFlags, now: Instant) -> Option<News>;

    /// A sample was taken: fills in what this source knows of it.
    fn fill(&mut self, _sample: &mut Sample) {}
}

/// What a source tells the loop, which hands it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// Something was mounted or unmounted.
    Mounts,
    /// Links, addresses or routes of this host changed.
    Network,
    /// Say goodbye and end.
    Stop,
    /// The configuration may be another.
    #[cfg(feature = "reload")]
    Reload,
    /// Somebody wants to know how the agent is.
    #[cfg(feature = "reload")]
    Asked,
}

/// Starts every source there is; the agent stops when `stop` is readable or closed at its other
/// end.
pub(crate) fn start<'a>(
    config: &Config,
    stop: BorrowedFd<'a>,
    now: Instant,
) -> Vec<Box<dyn Source + 'a>> {
    let mut sources: Vec<Box<dyn Source + 'a>> = Vec::new();
    sources.push(Box::new(MountWatch::start(config.roots.mount_table(), now)));
    if let Some(watch) = NetWatch::start() {
        sources.push(Box::new(watch));
    }
    sources.push(Box::new(Stop::new(stop)));
    sources
}
