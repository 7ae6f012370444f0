//! Word from the kernel that something was mounted or unmounted (proc_pid_mountinfo(5)).
//!
//! The kernel tells each open file once of what changed since. This one is the loop's own, opened
//! before the first sample: whoever reads the table has another.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::PathBuf;

use kinglet_host::limits::ABSENT_RETRY;
use kinglet_proto::time::Instant;
use nix::poll::{PollFd, PollFlags};

use super::{News, Source};

/// The mount table, waited on; an absent one is looked for again only now and then.
pub(crate) struct MountWatch {
    path: PathBuf,
    table: Option<File>,
    look_at: Instant,
}

impl MountWatch {
    /// Waits on the table at `path`.
    pub(crate) fn start(path: PathBuf, now: Instant) -> Self {
        let table = File::open(&path).ok();
        Self { path, table, look_at: now.plus(ABSENT_RETRY) }
    }
}

impl Source for MountWatch {
    fn register(&self) -> Option<PollFd<'_>> {
        self.table.as_ref().map(|table| PollFd::new(table.as_fd(), PollFlags::POLLPRI))
    }

    fn deadline(&self) -> Option<Instant> {
        self.table.is_none().then_some(self.look_at)
    }

    fn advance(&mut self, ready: PollFlags, now: Instant) -> Option<News> {
        if self.table.is_none() && self.look_at <= now {
            self.table = File::open(&self.path).ok();
            self.look_at = now.plus(ABSENT_RETRY);
            // What was mounted before it was there was not told.
            return self.table.as_ref().map(|_| News::Mounts);
        }
        (!ready.is_empty()).then_some(News::Mounts)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::path::Path;
    use std::{fs, io, thread};

    use nix::mount::{MntFlags, MsFlags, mount, umount2};
    use nix::poll::{PollTimeout, poll};
    use nix::sched::{CloneFlags, unshare};

    use super::*;

    const NOW: Instant = Instant::from_millis(1000);

    /// What the source makes of what poll(2) says now.
    fn news(watch: &mut MountWatch) -> Option<News> {
        let mut fds: Vec<_> = watch.register().into_iter().collect();
        poll(&mut fds, PollTimeout::ZERO).unwrap();
        let ready = fds.iter().filter_map(PollFd::revents).fold(PollFlags::empty(), |a, b| a | b);
        watch.advance(ready, NOW)
    }

    #[test]
    fn each_change_is_told_once_and_to_every_watch() {
        // On a thread of its own, which takes its mounts with it.
        let ended = thread::spawn(|| {
            if unshare(CloneFlags::CLONE_NEWNS).is_err() {
                return writeln!(io::stderr(), "skipped: a mount namespace needs root").unwrap();
            }
            let (none, folder) = (None::<&str>, Path::new("/proc"));
            mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).unwrap();
            let start = || MountWatch::start("/proc/thread-self/mountinfo".into(), NOW);
            let (mut watch, mut other) = (start(), start());
            assert_eq!(news(&mut watch), None);
            mount(Some("x"), folder, Some("tmpfs"), MsFlags::empty(), none).unwrap();
            assert_eq!(news(&mut watch), Some(News::Mounts));
            assert_eq!(news(&mut watch), None, "told once");
            assert_eq!(news(&mut other), Some(News::Mounts), "the other has not heard it yet");
            umount2(folder, MntFlags::empty()).unwrap();
            assert_eq!(news(&mut watch), Some(News::Mounts));
        });
        ended.join().unwrap();
    }

    #[test]
    fn an_absent_table_is_looked_for_now_and_then() {
        let path = std::env::temp_dir().join(format!("kinglet-mounts-{}", std::process::id()));
        let mut watch = MountWatch::start(path.clone(), NOW);
        assert!(watch.register().is_none());
        assert_eq!(watch.deadline(), Some(NOW.plus(ABSENT_RETRY)));
        fs::write(&path, "").unwrap();
        assert_eq!(watch.advance(PollFlags::empty(), NOW), None, "not yet");
        let later = NOW.plus(ABSENT_RETRY);
        assert_eq!(watch.advance(PollFlags::empty(), later), Some(News::Mounts));
        assert!(watch.register().is_some() && watch.deadline().is_none());
        assert_eq!(news(&mut watch), None, "a file that is no mount table never changes");
        fs::remove_file(&path).unwrap();
    }
}
