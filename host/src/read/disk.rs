//! Asking disks of their health, which the main thread never waits for.
//!
//! A disk that is about to fail may not answer for minutes, and nothing can interrupt the call. So
//! each round of questions is a thread of its own that asks one disk after the other and ends.
//! Where one keeps it for `DISK_PATIENCE`, another thread goes on with those behind it, and the
//! disk is asked again once its call has returned.

pub(crate) mod ask;

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

pub(crate) use ask::{Answer, Ask};
use kinglet_proto::time::Instant;

use crate::limits::{DISK_PATIENCE, DISK_STACK, DISK_THREADS_MAX};

/// A disk, and in which language it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
}

/// How a disk is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Nvme,
    Ata {
        /// Nothing rotates in it.
        is_flash: bool,
    },
}

/// A disk that may be asked, as the two threads share it.
#[derive(Debug)]
pub(crate) struct Disk {
    target: Target,
    state: Mutex<State>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum State {
    #[default]
    Idle,
    /// Some thread will ask it; only whether it sleeps, where nobody has used it since.
    Waiting { is_idle: bool },
    /// One does.
    Asked,
    /// Nobody has looked at it yet.
    Answered(Answer),
}

/// Who asks them.
pub(crate) struct Inquiry {
    ask: Ask,
    round: Vec<Arc<Disk>>,
    /// When the last thread was started, or a disk was seen to have answered.
    moved_at: Instant,
    waiting: usize,
    threads: Arc<Threads>,
}

/// How many ask.
#[derive(Default)]
struct Threads {
    count: Mutex<usize>,
    ended: Condvar,
}

impl Disk {
    pub(crate) fn new(target: Target) -> Arc<Self> {
        Arc::new(Self { target, state: Mutex::default() })
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Its answer is to come.
    pub(crate) fn is_out(&self) -> bool {
        matches!(*self.lock(), State::Waiting { .. } | State::Asked)
    }

    /// The answer, if one has come since.
    pub(crate) fn take(&self) -> Option<Answer> {
        let mut state = self.lock();
        match std::mem::take(&mut *state) {
            State::Answered(answer) => Some(answer),
            other @ (State::Idle | State::Waiting { .. } | State::Asked) => {
                *state = other;
                None
            }
        }
    }

    /// Puts it in the line; whether it was in none.
    fn enter(&self, is_idle: bool) -> bool {
        let mut state = self.lock();
        let is_free = *state == State::Idle;
        if is_free {
            *state = State::Waiting { is_idle };
        }
        is_free
    }

    /// Takes it out of the line to be asked; how, unless somebody else has.
    fn claim(&self) -> Option<bool> {
        let mut state = self.lock();
        let State::Waiting { is_idle } = *state else { return None };
        *state = State::Asked;
        Some(is_idle)
    }

    fn is_waiting(&self) -> bool {
        matches!(*self.lock(), State::Waiting { .. })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inquiry {
    pub(crate) fn new(ask: Ask) -> Self {
        let (moved_at, threads) = (Instant::default(), Arc::default());
        Self { ask, round: Vec::new(), moved_at, waiting: 0, threads }
    }

    /// Begins a round with these, of which some are idle; who is asked already is not asked twice.
    pub(crate) fn start(&mut self, disks: impl Iterator<Item = (Arc<Disk>, bool)>, now: Instant) {
        self.round.retain(|disk| disk.is_out());
        for (disk, is_idle) in disks {
            if disk.enter(is_idle) {
                self.round.push(disk);
            }
        }
        self.waiting = self.count_waiting();
        self.go_on(now);
    }

    /// Looks after a round: one disk must not keep the others from being asked.
    pub(crate) fn poll(&mut self, now: Instant) {
        if self.waiting == 0 {
            return;
        }
        let waiting = self.count_waiting();
        if waiting != self.waiting {
            (self.waiting, self.moved_at) = (waiting, now);
        } else if now.since(self.moved_at) >= DISK_PATIENCE {
            self.go_on(now);
        }
    }

    /// Waits until all are asked, and no longer than that.
    pub(crate) fn wait(&self, limit: Duration) {
        let count = self.threads.lock();
        drop(self.threads.ended.wait_timeout_while(count, limit, |count| *count > 0));
    }

    fn count_waiting(&self) -> usize {
        self.round.iter().filter(|disk| disk.is_waiting()).count()
    }

    /// Starts a thread for those who wait.
    fn go_on(&mut self, now: Instant) {
        self.moved_at = now;
        let mut count = self.threads.lock();
        if self.waiting == 0 || *count >= DISK_THREADS_MAX {
            return;
        }
        let (round, ask) = (self.round.clone(), Arc::clone(&self.ask));
        let threads = Arc::clone(&self.threads);
        let thread = thread::Builder::new().name("disks".into()).stack_size(DISK_STACK);
        let started = thread.spawn(move || {
            for disk in round {
                if let Some(is_idle) = disk.claim() {
                    let answer = ask(&disk.target, is_idle);
                    *disk.lock() = State::Answered(answer);
                }
            }
            *threads.lock() -= 1;
            threads.ended.notify_all();
        });
        *count += usize::from(started.is_ok());
    }
}

impl Threads {
    fn lock(&self) -> MutexGuard<'_, usize> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
