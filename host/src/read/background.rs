//! Files that may not answer, read by a thread that may wait for them.
//!
//! Behind a file in `/sys` there is often a device: a held bus, a busy controller or a firmware's
//! mailbox keeps its reader for seconds, or for ever, and nothing can interrupt it. So a worker
//! reads such files in turn, and the main thread waits for it a moment only
//! (`BACKGROUND_PATIENCE`). A worker that takes longer is left in its call, and another goes on
//! with the rest. What comes late is what the file said last; that is believed for
//! `BACKGROUND_AGE_MAX`. While the call lasts, and for a pause after it, neither this file nor its
//! like in that folder (`temp1_input`, `temp2_input`) is asked: behind them is the same device.

mod worker;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use kinglet_proto::time::Instant;
use nix::errno::Errno;
use worker::{Job, Outcome, Worker};

use super::Buffer;
#[cfg(feature = "router")]
use super::netlink::Question;
use crate::limits::{
    ABSENT_RETRY, BACKGROUND_AGE_MAX, BACKGROUND_LATE_MAX, BACKGROUND_ONCE_MAX,
    BACKGROUND_PATIENCE, BACKGROUND_PATIENCE_MAX, BACKGROUND_PAUSE, BACKGROUND_PAUSE_MAX,
    BACKGROUND_SHARE, BACKGROUND_STUCK, BACKGROUND_THREADS_MAX, BACKGROUND_WAITS,
};

/// Who reads files in the background; a clone is the same.
#[derive(Clone, Default)]
pub(crate) struct Background(Rc<RefCell<Desk>>);

/// A file that is read in the background, and what it said.
#[derive(Debug)]
pub(crate) struct Reading {
    job: Arc<Job>,
    /// When the answer was asked for that is looked at next.
    asked_at: Instant,
    /// When that was asked for which it said last; `None` before it said something.
    said_at: Option<Instant>,
    absent_until: Instant,
    /// What went wrong the last time.
    trouble: Option<Errno>,
}

struct Desk {
    now: Instant,
    patience: Duration,
    /// The patience is what somebody set.
    is_set: bool,
    /// How often this sample may still wait in vain.
    waits: u32,
    worker: Option<Arc<Worker>>,
    late: Vec<Late>,
    /// Files that were to be read once, and have not answered yet.
    once: Vec<Reading>,
    /// When whoever missed one of those should ask again.
    missed_until: Option<Instant>,
}

/// A file that did not answer in time, and its like.
struct Late {
    job: Arc<Job>,
    since: Instant,
    /// Nothing in it is asked before.
    again_at: Instant,
    pause: Duration,
    /// It was not asked anew since.
    is_out: bool,
    /// The call lasted so long that somebody should know.
    is_stuck: bool,
    /// It was told.
    is_named: bool,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            now: Instant::default(),
            patience: BACKGROUND_PATIENCE,
            is_set: false,
            waits: BACKGROUND_WAITS,
            worker: None,
            late: Vec::new(),
            once: Vec::new(),
            missed_until: None,
        }
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Background")
    }
}

impl Reading {
    pub(crate) fn new(path: PathBuf) -> Self {
        let (asked_at, absent_until) = (Instant::default(), Instant::default());
        Self { job: Job::new(path), asked_at, said_at: None, absent_until, trouble: None }
    }

    /// The same for what no file has: `name` stands for it.
    #[cfg(feature = "router")]
    pub(super) fn asking(name: PathBuf, question: Question) -> Self {
        Self { job: Job::asking(name.clone(), question), ..Self::new(name) }
    }

    /// Whether it was not allowed the last time.
    #[cfg(feature = "router")]
    pub(super) fn is_denied(&self) -> bool {
        matches!(self.trouble, Some(Errno::EPERM | Errno::EACCES))
    }

    /// Looks for it at the next reading, even if it was absent a moment ago.
    pub(super) fn look_again(&mut self) {
        self.absent_until = Instant::default();
    }

    /// Takes in an answer that has come; what it was.
    fn look(&mut self, now: Instant) -> Option<Outcome> {
        if self.job.is_asked() {
            return None;
        }
        let mut answer = self.job.answer();
        if !std::mem::take(&mut answer.is_new) {
            return None;
        }
        self.trouble = answer.trouble;
        match answer.outcome {
            Outcome::Said => self.said_at = Some(self.asked_at),
            Outcome::Failed => self.said_at = None,
            Outcome::Absent => {
                (self.said_at, self.absent_until) = (None, now.plus(ABSENT_RETRY));
            }
        }
        Some(answer.outcome)
    }

    /// What it said last, if that is still to be believed.
    fn last<'b>(&self, now: Instant, buffer: &'b mut Buffer) -> Option<&'b [u8]> {
        let said_at = self.said_at?;
        // What waits for an answer may be long: its bytes are nobody's until it has come.
        (now.since(said_at) <= BACKGROUND_AGE_MAX).then(|| buffer.copy(&self.job.answer().bytes))
    }
}

impl Background {
    /// A sample begins: waiting is allowed anew.
    pub(crate) fn begin(&self, now: Instant) {
        let desk = &mut *self.0.borrow_mut();
        if !desk.is_set && desk.now != Instant::default() {
            // What comes late would be too old for the next report.
            let share = now.since(desk.now) / BACKGROUND_SHARE;
            desk.patience = share.clamp(BACKGROUND_PATIENCE, BACKGROUND_PATIENCE_MAX);
        }
        (desk.now, desk.waits) = (now, BACKGROUND_WAITS);
        for late in &mut desk.late {
            late.is_stuck |= late.hangs() && now.since(late.since) >= BACKGROUND_STUCK;
        }
    }

    /// Waits this long for a file from now on: for one sample on a terminal.
    pub(crate) fn set_patience(&self, patience: Duration) {
        let mut desk = self.0.borrow_mut();
        (desk.patience, desk.is_set) = (patience, true);
    }

    /// Asks for a file that is about to be read, so that several are read with one wait.
    pub(crate) fn ask(&self, reading: &mut Reading) {
        self.0.borrow_mut().ask(reading);
    }

    /// Reads a file, or takes what it said last where it does not answer in time.
    pub(crate) fn read<'b>(
        &self,
        reading: &mut Reading,
        buffer: &'b mut Buffer,
    ) -> Option<&'b [u8]> {
        let mut desk = self.0.borrow_mut();
        desk.ask(reading);
        desk.wait(reading);
        buffer.note(&reading.job.path, reading.trouble.or_else(|| desk.silence(&reading.job.path)));
        reading.last(desk.now, buffer)
    }

    /// What comes of the last `ask`, or what it said before where that does not come in time.
    #[cfg(feature = "router")]
    pub(super) fn answer<'b>(
        &self,
        reading: &mut Reading,
        buffer: &'b mut Buffer,
    ) -> Option<&'b [u8]> {
        let mut desk = self.0.borrow_mut();
        desk.wait(reading);
        buffer.note(&reading.job.path, reading.trouble);
        reading.last(desk.now, buffer)
    }

    /// Reads a file that need not be read again soon.
    pub(crate) fn read_once<'b>(&self, path: PathBuf, buffer: &'b mut Buffer) -> Option<&'b [u8]> {
        let mut desk = self.0.borrow_mut();
        let known = desk.once.iter().position(|reading| reading.job.path == path);
        let mut reading = match known {
            Some(at) => desk.once.swap_remove(at),
            None => Reading::new(path),
        };
        reading.look(desk.now);
        if reading.said_at.is_none_or(|at| desk.now.since(at) > BACKGROUND_AGE_MAX) {
            desk.ask(&mut reading);
            desk.wait(&mut reading);
        }
        buffer.note(&reading.job.path, reading.trouble);
        let now = desk.now;
        let is_late = reading.job.is_asked() || desk.is_barred(&reading.job.path);
        if is_late {
            if reading.said_at.is_none() {
                desk.miss(&reading.job.path);
            }
            if desk.once.len() == BACKGROUND_ONCE_MAX {
                desk.once.remove(0);
            }
            desk.once.push(reading);
            return desk.once.last()?.last(now, buffer);
        }
        reading.last(now, buffer)
    }

    /// When to ask again for what was to be read once and did not come in time; `None` where all
    /// has come that was asked for since this was called last.
    pub(crate) fn take_missed(&self) -> Option<Instant> {
        self.0.borrow_mut().missed_until.take()
    }

    /// The next file that keeps its reader and was not named yet.
    pub(crate) fn poll_stuck(&self) -> Option<PathBuf> {
        let mut desk = self.0.borrow_mut();
        let late = desk.late.iter_mut().find(|late| late.is_stuck && !late.is_named)?;
        late.is_named = true;
        Some(late.job.path.clone())
    }
}

impl Late {
    /// Whether this is the file, or likely of the same device: beside it, and named alike but for
    /// numbers.
    fn is_like(&self, path: &Path) -> bool {
        let stem = |path: &Path| {
            let name = path.file_name().unwrap_or_default().as_encoded_bytes().to_vec();
            name.into_iter().filter(|byte| !byte.is_ascii_digit()).collect::<Vec<u8>>()
        };
        self.job.path.parent() == path.parent() && stem(&self.job.path) == stem(path)
    }

    /// Whether the call lasts.
    fn hangs(&self) -> bool {
        self.is_out && self.job.is_asked()
    }
}

impl Desk {
    fn ask(&mut self, reading: &mut Reading) {
        reading.look(self.now);
        let is_soon = self.now < reading.absent_until;
        if reading.job.is_asked() || is_soon || self.is_barred(&reading.job.path) {
            return;
        }
        if self.worker.is_none() {
            self.start(VecDeque::new());
        }
        if let Some(worker) = &self.worker {
            reading.asked_at = self.now;
            self.late.iter_mut().for_each(|late| late.is_out &= late.job.is_asked());
            worker.ask(&reading.job);
        }
    }

    /// Waits a moment for the answer. Who keeps it waiting is left behind.
    fn wait(&mut self, reading: &mut Reading) {
        let is_it = |late: &Late| late.hangs() && Arc::ptr_eq(&late.job, &reading.job);
        let hangs = self.late.iter().any(is_it);
        while !hangs && reading.job.is_asked() && self.waits > 0 {
            let Some(worker) = self.worker.clone() else { break };
            if worker.wait(&reading.job, self.patience) {
                break;
            }
            self.waits -= 1;
            if let Some((kept_by, rest)) = worker.leave() {
                let is_ours = Arc::ptr_eq(&kept_by, &reading.job);
                self.worker = None;
                self.be_late(kept_by);
                self.start(rest);
                if is_ours {
                    break;
                }
            }
        }
        if reading.look(self.now) == Some(Outcome::Said) && !self.late.is_empty() {
            let path = &reading.job.path;
            self.late.retain(|late| late.hangs() || !late.is_like(path));
        }
    }

    /// Notes that a file was not in time.
    fn be_late(&mut self, job: Arc<Job>) {
        let since = self.now;
        let known = self.late.iter().position(|late| late.is_like(&job.path));
        let before = known.map(|at| self.late.swap_remove(at));
        // What is only slow is asked as often as ever.
        let pause = match &before {
            Some(late) if late.is_stuck => (late.pause * 2).min(BACKGROUND_PAUSE_MAX),
            Some(_) | None => BACKGROUND_PAUSE,
        };
        let (again_at, is_named) = (since.plus(pause), before.is_some_and(|late| late.is_named));
        if self.late.len() == BACKGROUND_LATE_MAX {
            // Not one that hangs: their threads are counted here.
            let oldest = self.late.iter().position(|late| !late.hangs());
            self.late.remove(oldest.unwrap_or_default());
        }
        let (is_out, is_stuck) = (true, false);
        self.late.push(Late { job, since, again_at, pause, is_out, is_stuck, is_named });
    }

    /// Something to be read once has not come. Who asks for it again asks for much else, so that is
    /// after a pause as long as it has been silent.
    fn miss(&mut self, path: &Path) {
        let pause = |late: &Late| {
            let silent = self.now.since(late.since);
            late.pause.max(silent).min(BACKGROUND_PAUSE_MAX)
        };
        let late = self.late.iter().find(|late| late.is_like(path));
        let again_at = late.map_or(self.now, |late| late.again_at.max(self.now.plus(pause(late))));
        let until = self.missed_until.map_or(again_at, |until| until.min(again_at));
        self.missed_until = Some(until);
    }

    fn is_barred(&self, path: &Path) -> bool {
        let is_in = |late: &Late| late.hangs() || self.now < late.again_at;
        self.late.iter().any(|late| late.is_like(path) && is_in(late))
    }

    /// Whether this file, or one like it, keeps its reader for ever.
    fn silence(&self, path: &Path) -> Option<Errno> {
        let is_stuck = |late: &Late| late.is_stuck && late.hangs() && late.is_like(path);
        self.late.iter().any(is_stuck).then_some(Errno::ETIMEDOUT)
    }

    /// Starts a worker for these, but for those that would hang as others of their device do. None
    /// is started where so many hang that one more would hang too.
    fn start(&mut self, mut waiting: VecDeque<Arc<Job>>) {
        waiting.retain(|job| {
            let is_barred = self.is_barred(&job.path);
            if is_barred {
                job.withdraw();
            }
            !is_barred
        });
        let hanging = self.late.iter().filter(|late| late.hangs()).count();
        if hanging < BACKGROUND_THREADS_MAX {
            self.worker = Worker::start(&waiting);
        }
        if self.worker.is_none() {
            waiting.iter().for_each(|job| job.withdraw());
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(worker) = &self.worker {
            worker.end();
        }
    }
}

#[cfg(test)]
mod tests;
