//! The thread that reads: one file after the other, whatever that takes.

use std::collections::VecDeque;
use std::fs::File;
use std::mem;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;

use crate::limits::BACKGROUND_STACK;
use crate::read::Buffer;
use crate::read::buffer::is_short;
use crate::read::errors::{trouble, will_not_answer};
#[cfg(feature = "custom")]
use crate::read::folder;
#[cfg(feature = "router")]
use crate::read::netlink::{self, Asker, Question};

/// One file, as the two threads share it. Nobody holds its lock across a system call.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) path: PathBuf,
    /// What is asked in place of a file.
    #[cfg(feature = "router")]
    question: Option<Question>,
    /// Its answer is to come.
    is_asked: AtomicBool,
    answer: Mutex<Answer>,
}

/// What came of the last reading.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Open between two readings.
    file: Option<File>,
    /// What it said when it last said something.
    pub(super) bytes: Vec<u8>,
    pub(super) outcome: Outcome,
    /// Nobody has looked at it yet.
    pub(super) is_new: bool,
    /// What went wrong, where somebody should know.
    pub(super) trouble: Option<Errno>,
}

/// What a worker reads with.
#[derive(Default)]
struct Tools {
    buffer: Buffer,
    #[cfg(feature = "router")]
    asker: Asker,
}

/// How a reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Outcome {
    /// It said something.
    Said,
    /// Not now.
    #[default]
    Failed,
    /// It is not there, or nothing is behind it: not soon.
    Absent,
}

impl Job {
    pub(super) fn new(path: PathBuf) -> Arc<Self> {
        Arc::new(Self {
            path,
            #[cfg(feature = "router")]
            question: None,
            is_asked: AtomicBool::new(false),
            answer: Mutex::default(),
        })
    }

    #[cfg(feature = "router")]
    pub(super) fn asking(path: PathBuf, question: Question) -> Arc<Self> {
        let (is_asked, answer) = (AtomicBool::new(false), Mutex::default());
        Arc::new(Self { path, question: Some(question), is_asked, answer })
    }

    pub(super) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Acquire)
    }

    pub(super) fn answer(&self) -> MutexGuard<'_, Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It has answered, or nobody is going to read it: it may be asked for anew.
    pub(super) fn withdraw(&self) {
        self.is_asked.store(false, Ordering::Release);
    }

    /// Reads it: what may never return.
    fn run(&self, tools: &mut Tools) {
        #[cfg(test)]
        super::tests::pass_gate(&self.path);
        #[cfg(feature = "router")]
        if let Some(question) = &self.question {
            return self.ask(question, &mut tools.asker);
        }
        self.read(&mut tools.buffer);
    }

    #[cfg(feature = "router")]
    fn ask(&self, question: &Question, asker: &mut Asker) {
        let result = asker.ask(question);
        let mut answer = self.answer();
        answer.is_new = true;
        answer.trouble = result.as_ref().err().and_then(trouble);
        answer.outcome = match &result {
            Ok(_) => Outcome::Said,
            Err(error) if netlink::is_absence(error) => Outcome::Absent,
            Err(_) => Outcome::Failed,
        };
        if let Ok(lines) = result {
            answer.bytes.clear();
            answer.bytes.extend_from_slice(lines);
        }
    }

    fn read(&self, buffer: &mut Buffer) {
        let open = self.answer().file.take();
        #[cfg(feature = "custom")]
        let mut list = Vec::new();
        let (file, result) = match open.map_or_else(|| File::open(&self.path), Ok) {
            Ok(file) => {
                let read = |bytes: &mut [u8], offset| file.read_at(bytes, offset);
                let result = buffer.fill(read, &mut is_short);
                #[cfg(feature = "custom")]
                let result = folder::or_list(result, &self.path, &mut list);
                (Some(file), result)
            }
            Err(error) => (None, Err(error)),
        };
        let mut answer = self.answer();
        answer.is_new = true;
        answer.trouble = result.as_ref().err().and_then(trouble);
        answer.outcome = match &result {
            Ok(_) => Outcome::Said,
            Err(error) if file.is_none() || will_not_answer(error) => Outcome::Absent,
            Err(_) => Outcome::Failed,
        };
        if answer.outcome != Outcome::Absent {
            answer.file = file;
        }
        if let Ok(bytes) = result {
            answer.bytes.clear();
            answer.bytes.extend_from_slice(bytes);
        }
    }
}

/// What the main thread and one worker share.
#[derive(Debug, Default)]
pub(super) struct Worker {
    line: Mutex<Line>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<Arc<Job>>,
    current: Option<Arc<Job>>,
    /// The main thread waits for this one.
    awaited: Option<Arc<Job>>,
    /// The worker is to end when its call returns.
    is_over: bool,
}

impl Worker {
    /// A worker with this before it; `None` where the system gives no thread.
    pub(super) fn start(waiting: &VecDeque<Arc<Job>>) -> Option<Arc<Self>> {
        let line = Line { waiting: waiting.clone(), ..Line::default() };
        let worker = Arc::new(Self { line: Mutex::new(line), changed: Condvar::new() });
        let theirs = Arc::clone(&worker);
        let thread = thread::Builder::new().name("files".into()).stack_size(BACKGROUND_STACK);
        thread.spawn(move || theirs.run()).ok()?;
        Some(worker)
    }

    /// Puts a file at the end of the line.
    pub(super) fn ask(&self, job: &Arc<Job>) {
        job.is_asked.store(true, Ordering::Release);
        let mut line = self.lock();
        line.waiting.push_back(Arc::clone(job));
        let is_idle = line.current.is_none() && line.waiting.len() == 1;
        drop(line); // or the worker would wake only to wait for the lock
        if is_idle {
            self.changed.notify_all();
        }
    }

    /// Waits until this file is read, and no longer than that; whether it was.
    pub(super) fn wait(&self, job: &Arc<Job>, limit: Duration) -> bool {
        let mut line = self.lock();
        line.awaited = Some(Arc::clone(job));
        let waited = self.changed.wait_timeout_while(line, limit, |_| job.is_asked());
        waited.unwrap_or_else(PoisonError::into_inner).0.awaited = None;
        !job.is_asked()
    }

    /// Leaves the worker in its call, to end after it: what it is at, and what it was to do. `None`
    /// where it is in none, for the system has not let it begin.
    pub(super) fn leave(&self) -> Option<(Arc<Job>, VecDeque<Arc<Job>>)> {
        let mut line = self.lock();
        let current = line.current.clone()?;
        line.is_over = true;
        Some((current, mem::take(&mut line.waiting)))
    }

    /// It is to end.
    pub(super) fn end(&self) {
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    fn run(&self) {
        let mut tools = Tools::default();
        let mut line = self.lock();
        while !line.is_over {
            let Some(job) = line.waiting.pop_front() else {
                line = self.changed.wait(line).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            line.current = Some(Arc::clone(&job));
            drop(line);
            job.run(&mut tools);
            line = self.lock();
            line.current = None;
            job.withdraw();
            if line.awaited.as_ref().is_some_and(|awaited| Arc::ptr_eq(awaited, &job)) {
                self.changed.notify_all();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
