//! The word to stop: SIGTERM and SIGINT, the one to read the configuration anew: SIGHUP, and the
//! one to say how it is: SIGUSR1; or whatever else its caller makes readable.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use kinglet_proto::time::Instant;
use nix::poll::{PollFd, PollFlags};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::{News, Source};

/// Makes SIGTERM and SIGINT readable instead of deadly, for this thread and those it starts.
///
/// To be called before any thread starts, so that all of them inherit it. A blocked signal reaches
/// even PID 1 of a container.
pub(crate) fn subscribe() -> io::Result<OwnedFd> {
    readable(&[Signal::SIGTERM, Signal::SIGINT])
}

/// The same with SIGHUP and SIGUSR1.
#[cfg(feature = "reload")]
pub(crate) fn subscribe_to_words() -> io::Result<OwnedFd> {
    readable(&[Signal::SIGHUP, Signal::SIGUSR1])
}

fn readable(list: &[Signal]) -> io::Result<OwnedFd> {
    let mut signals = SigSet::empty();
    list.iter().for_each(|signal| signals.add(*signal));
    signals.thread_block()?;
    Ok(SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?.into())
}

/// A descriptor that says, each time something can be read from it, that the configuration may be
/// another, or that somebody wants to know how it is.
#[cfg(feature = "reload")]
pub(crate) struct Words<'a>(Option<BorrowedFd<'a>>);

#[cfg(feature = "reload")]
impl<'a> Words<'a> {
    pub(crate) const fn new(fd: BorrowedFd<'a>) -> Self {
        Self(Some(fd))
    }
}

#[cfg(feature = "reload")]
impl Source for Words<'_> {
    fn register(&self) -> Option<PollFd<'_>> {
        self.0.map(|fd| PollFd::new(fd, PollFlags::POLLIN))
    }

    fn advance(&mut self, ready: PollFlags, _: Instant) -> Option<News> {
        let fd = self.0.filter(|_| !ready.is_empty())?;
        let mut signal = [0; crate::limits::SIGNAL_BYTES];
        match nix::unistd::read(fd, &mut signal) {
            Ok(0) => self.0 = None, // nobody is left to say so
            Ok(_) => return Some(of_signal(signal)),
            Err(_) => {}
        }
        None
    }
}

/// A signal begins with its number (signalfd(2)); what else is read has none of ours.
#[cfg(feature = "reload")]
fn of_signal(signal: [u8; crate::limits::SIGNAL_BYTES]) -> News {
    let is_asked = signal.starts_with(&(Signal::SIGUSR1 as i32).to_ne_bytes());
    if is_asked { News::Asked } else { News::Reload }
}

/// A descriptor that says stop when it is readable or closed at its other end.
pub(crate) struct Stop<'a> {
    fd: BorrowedFd<'a>,
    is_told: bool,
}

impl<'a> Stop<'a> {
    pub(crate) fn new(fd: BorrowedFd<'a>) -> Self {
        Self { fd, is_told: false }
    }
}

impl Source for Stop<'_> {
    /// Nobody reads it, so it stays ready: once told, it would wake the loop for ever.
    fn register(&self) -> Option<PollFd<'_>> {
        (!self.is_told).then(|| PollFd::new(self.fd, PollFlags::POLLIN))
    }

    fn advance(&mut self, ready: PollFlags, _: Instant) -> Option<News> {
        if self.is_told || ready.is_empty() {
            return None;
        }
        self.is_told = true;
        Some(News::Stop)
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;

    use nix::poll::{PollTimeout, poll};

    use super::*;

    #[test]
    fn stop_is_told_once_when_the_other_end_closes() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut stop = Stop::new(ours.as_fd());
        let ready = |stop: &Stop<'_>, patience: PollTimeout| {
            let mut fds: Vec<_> = stop.register().into_iter().collect();
            poll(&mut fds, patience).unwrap();
            fds.first().and_then(PollFd::revents).unwrap_or(PollFlags::empty())
        };
        let flags = ready(&stop, PollTimeout::ZERO);
        assert_eq!(stop.advance(flags, Instant::default()), None);
        drop(theirs);
        // A process that another test is just starting holds it a moment longer.
        let flags = ready(&stop, PollTimeout::from(10_000_u16));
        assert_eq!(stop.advance(flags, Instant::default()), Some(News::Stop));
        assert!(stop.register().is_none(), "it would wake the loop for ever");
        assert_eq!(stop.advance(flags, Instant::default()), None, "told once");
    }
}
