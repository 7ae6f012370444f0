//! Asking mounts for their space without ever waiting for one that does not answer.
//!
//! `statfs` on a dead NFS server or a hung FUSE daemon blocks for minutes and cannot be
//! interrupted, so one helper thread asks the mounts in turn and the main thread only looks at what
//! it has. When one mount has kept the helper for `STATFS_TIMEOUT`, the helper is given up: it
//! stays in its call, the mount is stuck, and a new helper goes on with the others. The mount is
//! asked again once its call has returned. With `STATFS_THREADS_MAX` helpers given up no more are
//! started.

use std::ffi::{CStr, CString};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use kinglet_proto::time::Instant;
use nix::sys::stat::{SFlag, major, minor, stat};
use nix::sys::statvfs::statvfs;

use crate::limits::{STATFS_STACK, STATFS_THREADS_MAX, STATFS_TIMEOUT};

/// Space of one file system, bytes and file nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Space {
    /// Size, bytes.
    pub total: u64,
    /// Bytes free, those kept for root included.
    pub free: u64,
    /// Bytes free to anybody.
    pub available: u64,
    /// File nodes; zero where the file system has no fixed number.
    pub inodes: u64,
    /// File nodes free.
    pub inodes_free: u64,
    /// Who answered.
    pub origin: Origin,
}

/// What stands at the path that was asked; device numbers are those of the files there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// Nobody knows.
    #[default]
    Unknown,
    /// A file.
    File,
    /// A folder where something is mounted.
    Mount((u64, u64)),
    /// A folder of what is mounted above it.
    Folder((u64, u64)),
}

/// How a mount is asked: `None` when it refuses. Tests put a table, or a wall, in its place.
pub type Ask = Arc<dyn Fn(&CStr) -> Option<Space> + Send + Sync>;

/// Asks the kernel.
pub(crate) fn kernel() -> Ask {
    Arc::new(|path| {
        // The types differ by C library and word size.
        fn wide(number: impl Into<u64>) -> u64 {
            number.into()
        }
        let origin = origin(path)?;
        let stat = statvfs(path).ok()?;
        let unit = wide(stat.fragment_size());
        Some(Space {
            total: wide(stat.blocks()).saturating_mul(unit),
            free: wide(stat.blocks_free()).saturating_mul(unit),
            available: wide(stat.blocks_available()).saturating_mul(unit),
            inodes: wide(stat.files()),
            inodes_free: wide(stat.files_free()),
            origin,
        })
    })
}

/// Who answers at a path.
fn origin(path: &CStr) -> Option<Origin> {
    let path = path.to_bytes();
    let there = stat(path).ok()?;
    if SFlag::from_bits_truncate(there.st_mode) & SFlag::S_IFMT != SFlag::S_IFDIR {
        return Some(Origin::File);
    }
    let device = (major(there.st_dev), minor(there.st_dev));
    // The number of a block device tells all; others are told from a folder by their parent's.
    let end = path.iter().rposition(|byte| *byte == b'/').unwrap_or_default().max(1);
    let is_folder = device.0 == 0
        && stat(&path[..end.min(path.len())])
            .is_ok_and(|above| above.st_dev == there.st_dev && above.st_ino != there.st_ino);
    Some(if is_folder { Origin::Folder(device) } else { Origin::Mount(device) })
}

/// What is known of one mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Answer {
    /// Not asked yet, or refused.
    #[default]
    None,
    /// Its space.
    Space(Space),
    /// Asked, and still silent.
    Stuck,
}

/// The mounts, their answers, and who asks.
pub(crate) struct Statfs {
    ask: Ask,
    paths: Arc<[CString]>,
    answers: Vec<Answer>,
    helper: Option<Arc<Helper>>,
    given_up: Vec<GivenUp>,
    /// The mount the helper was seen with, and since when.
    seen: Option<(usize, Instant)>,
    asked_at: Option<Instant>,
    answered_at: Option<Instant>,
    /// Rounds that came to their end.
    rounds: u64,
    /// Whether the round under way asks only who has not answered.
    keeps: bool,
}

/// A helper that does not come back, and the mount that keeps it.
struct GivenUp {
    helper: Arc<Helper>,
    path: CString,
}

/// What the main thread and one helper share; neither holds the lock across a system call.
#[derive(Default)]
struct Helper {
    round: Mutex<Round>,
    changed: Condvar,
}

#[derive(Default)]
struct Round {
    paths: Arc<[CString]>,
    answers: Vec<Answer>,
    /// The mount being asked, or to be asked next.
    at: usize,
    is_running: bool,
    /// The helper is to end when its call returns.
    is_over: bool,
    /// Its thread has ended.
    has_returned: bool,
    /// The main thread waits for the end of the round.
    has_waiter: bool,
}

impl Helper {
    fn lock(&self) -> MutexGuard<'_, Round> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The helper's life: waits for a round, asks each mount in turn.
    fn run(&self, ask: &Ask) {
        let mut round = self.lock();
        while !round.is_over {
            if !round.is_running {
                round = self.changed.wait(round).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let at = round.at;
            let paths = Arc::clone(&round.paths);
            if round.answers.get(at) == Some(&Answer::None)
                && let Some(path) = paths.get(at)
            {
                drop(round);
                let answer = ask(path).map_or(Answer::None, Answer::Space);
                round = self.lock();
                if let Some(slot) = round.answers.get_mut(at) {
                    *slot = answer;
                }
            }
            round.at = at + 1;
            round.is_running = round.at < paths.len();
            if !round.is_running && round.has_waiter {
                self.changed.notify_all();
            }
        }
        round.has_returned = true;
    }
}

impl Statfs {
    pub(crate) fn new(ask: Ask) -> Self {
        Self {
            ask,
            paths: Arc::new([]),
            answers: Vec::new(),
            helper: None,
            given_up: Vec::new(),
            seen: None,
            asked_at: None,
            answered_at: None,
            rounds: 0,
            keeps: false,
        }
    }

    /// What is known, one answer a path.
    pub(crate) fn answers(&self) -> &[Answer] {
        &self.answers
    }

    /// When the round began that the answers come from.
    pub(crate) fn answered_at(&self) -> Option<Instant> {
        self.answered_at
    }

    /// Grows with every round that ends.
    pub(crate) fn rounds(&self) -> u64 {
        self.rounds
    }

    /// From now on these mounts; of those known already the answers stand. Not while a round is
    /// under way.
    pub(crate) fn set_paths(&mut self, paths: Vec<CString>) {
        assert!(!self.is_running(), "the helper's list does not change under it");
        let known = |path| self.paths.iter().position(|known| known == path);
        let answer = |path| known(path).map_or(Answer::None, |at| self.answers[at]);
        self.answers = paths.iter().map(answer).collect();
        self.paths = paths.into();
    }

    /// Starts a round of questions, unless one is under way.
    pub(crate) fn start(&mut self, now: Instant) {
        if self.may_start() {
            self.asked_at = Some(now);
            self.keeps = false;
            self.start_at(0, now);
        }
    }

    /// Starts a round for the mounts that have not answered; the answers of the others stand.
    pub(crate) fn start_new(&mut self, now: Instant) {
        if self.may_start() {
            self.keeps = true;
            self.start_at(0, now);
        }
    }

    fn may_start(&mut self) -> bool {
        self.given_up.retain(|lost| !lost.helper.lock().has_returned);
        !self.paths.is_empty() && !self.is_running()
    }

    /// Takes what the helper has; gives it up when one mount has kept it too long.
    pub(crate) fn poll(&mut self, now: Instant) {
        let Some(helper) = self.helper.clone() else { return };
        let round = helper.lock();
        let (at, is_running) = (round.at, round.is_running);
        let done = at.min(self.answers.len()).min(round.answers.len());
        self.answers[..done].copy_from_slice(&round.answers[..done]);
        drop(round);
        if !is_running {
            if self.seen.take().is_some() {
                self.answered_at = self.asked_at;
                self.rounds += 1;
            }
            return;
        }
        match self.seen {
            Some((seen, since)) if seen == at => {
                if now.since(since) >= STATFS_TIMEOUT {
                    self.give_up();
                    self.start_at(at + 1, now);
                }
            }
            _ => self.seen = Some((at, now)),
        }
    }

    /// Waits for the round under way; only where nothing else waits for this thread.
    pub(crate) fn wait(&mut self, limit: Duration, now: Instant) {
        if let Some(helper) = self.helper.clone() {
            let mut round = helper.lock();
            round.has_waiter = true;
            let waited = helper.changed.wait_timeout_while(round, limit, |round| round.is_running);
            waited.unwrap_or_else(PoisonError::into_inner).0.has_waiter = false;
        }
        self.poll(now);
    }

    /// The mount that is asked now is stuck; the others may still answer.
    pub(crate) fn skip(&mut self, now: Instant) {
        if self.is_running() {
            let next = self.give_up() + 1;
            self.start_at(next, now);
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.helper.as_ref().is_some_and(|helper| helper.lock().is_running)
    }

    fn start_at(&mut self, at: usize, now: Instant) {
        let Some(helper) = self.helper.clone().or_else(|| self.spawn()) else {
            // Nobody asks any more: what was known grows old, and old figures are lies.
            for answer in self.answers.iter_mut().skip(at) {
                *answer = if *answer == Answer::Stuck { Answer::Stuck } else { Answer::None };
            }
            return;
        };
        let mut round = helper.lock();
        if !Arc::ptr_eq(&round.paths, &self.paths) {
            round.paths = Arc::clone(&self.paths);
        }
        round.answers.clear();
        round.answers.extend_from_slice(&self.answers);
        for (answer, path) in round.answers[at..].iter_mut().zip(&self.paths[at..]) {
            let is_stuck = self.given_up.iter().any(|lost| lost.path == *path);
            let stands = self.keeps && matches!(answer, Answer::Space(_));
            if is_stuck || !stands {
                *answer = if is_stuck { Answer::Stuck } else { Answer::None };
            }
        }
        round.at = at;
        round.is_running = at < round.paths.len();
        self.seen = Some((at, now));
        drop(round); // or the helper would wake only to wait for the lock
        helper.changed.notify_all();
    }

    /// Leaves the helper in its call; says with which mount.
    fn give_up(&mut self) -> usize {
        self.seen = None;
        let Some(helper) = self.helper.take() else { return 0 };
        let mut round = helper.lock();
        let at = round.at;
        (round.is_over, round.is_running) = (true, false);
        let path = round.paths.get(at).cloned().unwrap_or_default();
        drop(round);
        if self.paths.get(at) == Some(&path)
            && let Some(answer) = self.answers.get_mut(at)
        {
            *answer = Answer::Stuck;
        }
        self.given_up.push(GivenUp { helper, path });
        at
    }

    fn spawn(&mut self) -> Option<Arc<Helper>> {
        if self.given_up.len() >= STATFS_THREADS_MAX {
            return None;
        }
        let helper = Arc::new(Helper::default());
        let (theirs, ask) = (Arc::clone(&helper), Arc::clone(&self.ask));
        let thread = thread::Builder::new().name("statfs".into()).stack_size(STATFS_STACK);
        thread.spawn(move || theirs.run(&ask)).ok()?;
        self.helper = Some(Arc::clone(&helper));
        Some(helper)
    }
}

impl Drop for Statfs {
    fn drop(&mut self) {
        if let Some(helper) = &self.helper {
            helper.lock().is_over = true;
            helper.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests;
