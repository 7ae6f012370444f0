//! The history of a fleet in one SQLite file.
//!
//! Readings are appended to a log, one transaction for all that came in an interval; once an hour
//! those of a host become a block, a day of blocks becomes points of a minute, a quarter and an
//! hour. One thread writes. Who asks has a connection to read of its own, and neither waits for the
//! other.
//!
//! ```text
//! keep -> waiting -> log -> raw blocks -> rolled blocks
//!          (memory)   5 s      1 h            1 day
//! ```

mod alerts;
mod bucket;
mod column;
mod database;
mod decimal;
mod error;
mod export;
mod file;
mod fold;
mod forget;
#[cfg(fuzzing)]
pub mod fuzz;
mod index;
mod latest;
mod names;
mod queue;
mod raw;
mod read;
mod rolled;
mod row;
mod schema;
mod seen;
mod series;
mod sheet;
mod tail;
mod tier;
mod varint;
mod writer;

use std::collections::BTreeSet;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use database::{Database, Events};
pub use error::StoreError;
pub use export::{ExportFormat, backup, export, restore};
use file::{create, lock, open_or_replace};
use index::Index;
use kinglet_proto::host::HostId;
use kinglet_proto::time::WallTime;
pub use latest::{Recent, latest};
use nix::fcntl::Flock;
use queue::Queue;
use read::{Failure, Question};
pub use tier::Retention;
use writer::Writer;

use crate::alert::{Change, Entry, Kept};
use crate::clock;
use crate::fleet::Update;
use crate::history::{Event, EventQuery, History, Line, Query, QueryError, State, Tell};
use crate::limits::{KEEP_HOUR, KEEP_MINUTE, KEEP_QUARTER, KEEP_RAW, READERS_MAX};

/// What the owner decided about the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The file; `None` for a history that ends with the program.
    pub path: Option<PathBuf>,
    /// How long what came may wait until it is written.
    pub commit_interval: Duration,
    /// How long each resolution is kept.
    pub retention: Retention,
}

impl Settings {
    /// A history that ends with the program.
    pub fn in_memory() -> Self {
        let retention = Retention {
            raw: KEEP_RAW,
            minute: KEEP_MINUTE,
            quarter: KEEP_QUARTER,
            hour: KEEP_HOUR,
        };
        Self { path: None, commit_interval: Duration::from_secs(1), retention }
    }
}

/// A history in a file, or in memory.
pub struct Store {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Nobody else writes to the file.
    _lock: Option<Flock<std::fs::File>>,
}

/// What the writing thread shares with all others.
struct Shared {
    settings: Settings,
    index: Mutex<Index>,
    queue: Mutex<Queue>,
    /// There is something in the queue that does not wait for the interval.
    wake: Condvar,
    database: Mutex<Database>,
    /// Connections that read, for the next question.
    readers: Mutex<Readers>,
    failing: Mutex<Option<String>>,
    /// Hosts of which all is to be forgotten once they are removed.
    leaving: Mutex<BTreeSet<HostId>>,
}

/// Connections that read one file.
#[derive(Default)]
struct Readers {
    free: Vec<Database>,
    /// Rises with each new file: who read the one before gives nothing back.
    file: u64,
}

impl Readers {
    fn begin_anew(&mut self) {
        self.free.clear();
        self.file += 1;
    }
}

impl Store {
    /// Opens the history, or makes a new one. A damaged file is moved aside, which is told in the
    /// log.
    ///
    /// # Errors
    /// The file cannot be used: a later version wrote it, another hub has it, its folder is not
    /// there or not ours.
    pub fn open(settings: Settings) -> Result<Self, StoreError> {
        let now = clock::now().wall.unix_millis();
        let (lock, database, index) = match &settings.path {
            None => (None, Database::open_in_memory()?, Index::default()),
            Some(path) => {
                if let Some(folder) = path.parent() {
                    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
                }
                let lock = lock(path)?;
                create(path)?;
                let (database, index) = open_or_replace(path, now)?;
                (Some(lock), database, index)
            }
        };
        let shared = Shared {
            settings,
            index: Mutex::new(index),
            queue: Mutex::default(),
            wake: Condvar::new(),
            database: Mutex::new(database),
            readers: Mutex::default(),
            failing: Mutex::default(),
            leaving: Mutex::default(),
        };
        Ok(Self { shared: Arc::new(shared), thread: Mutex::default(), _lock: lock })
    }
}

/// A lock that a thread has died with guards nothing that is half done.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl History for Store {
    fn is_durable(&self) -> bool {
        self.shared.settings.path.is_some()
    }

    fn start(&self, tell: Tell) {
        let writer = Writer::new(self.shared.clone(), tell);
        let thread = std::thread::Builder::new().name("history".to_owned());
        match thread.spawn(move || writer.run()) {
            Ok(thread) => *held(&self.thread) = Some(thread),
            Err(error) => {
                *held(&self.shared.failing) = Some(format!("no thread to write it: {error}"));
            }
        }
    }

    fn keep(&self, update: &Update) {
        match update {
            Update::Reading(reading) => {
                let mut index = held(&self.shared.index);
                let row = index.pack(reading);
                let mut queue = held(&self.shared.queue);
                queue.number = reading.number;
                // Of a host too many nothing is kept, and it is no use to ask for it again.
                row.into_iter().for_each(|row| queue.push(row));
            }
            Update::Told(told) => {
                let mut index = held(&self.shared.index);
                let event = index.pack_event(told);
                let mut queue = held(&self.shared.queue);
                event.into_iter().for_each(|event| queue.push_event(event));
            }
            Update::Aggregates(sums) => {
                let mut index = held(&self.shared.index);
                let rows = index.pack_sums(sums);
                let mut queue = held(&self.shared.queue);
                rows.into_iter().for_each(|row| queue.push(row));
            }
            Update::Removed(host) => {
                if held(&self.shared.leaving).remove(host) {
                    self.shared.forget(host);
                }
            }
            Update::Status(_) | Update::Added(_) => {}
        }
    }

    fn missed(&self) {
        held(&self.shared.queue).lost = true;
        // That one was removed may be among it.
        self.shared.forget_leaving();
    }

    fn forget(&self, host: &HostId) -> bool {
        held(&self.shared.leaving).insert(host.clone());
        true
    }

    fn forgets(&self) -> bool {
        true
    }

    fn stop(&self) {
        held(&self.shared.queue).stop = true;
        self.shared.wake.notify_all();
        if let Some(thread) = held(&self.thread).take() {
            // One that has died has told why.
            let _ = thread.join();
        }
    }

    fn lines(&self, query: &Query<'_>) -> Result<Vec<Line>, QueryError> {
        let index = held(&self.shared.index);
        let host = index.hosts.find(query.host.as_str()).ok_or(QueryError::UnknownHost)?;
        let series = index.series.of(query.metric, query.label);
        let tail = index.state(host).map(|state| state.tail.clone()).unwrap_or_default();
        drop(index);
        let (from, to) = (query.from.unix_millis(), query.to.unix_millis());
        let tail = tail.ids();
        let answer = self.shared.read(|db| {
            let (kind, tail, series) = (query.metric.kind, &tail[..], &series[..]);
            Question { db, host, tail, series, kind, from, to }.answer(query.step_s)
        });
        let (step_s, answer) = answer.map_err(|failure| match failure {
            Failure::Query(error) => error,
            Failure::Store(error) => QueryError::Failed(error.to_string()),
        })?;
        let index = held(&self.shared.index);
        let labels = |id| index.series.get(id).map(|series| series.labels.clone());
        let lines = answer.into_iter().map(|(id, points)| {
            let labels = labels(id).unwrap_or_default();
            Line { metric: query.metric, labels, step_s, points }
        });
        let mut lines: Vec<Line> = lines.collect();
        lines.sort_by(|one, other| one.labels.cmp(&other.labels));
        Ok(lines)
    }

    fn events(&self, query: &EventQuery<'_>) -> Result<Vec<Event>, QueryError> {
        let find = |host: &HostId| held(&self.shared.index).hosts.find(host.as_str());
        let host = match query.host.map(find) {
            Some(None) => return Ok(Vec::new()),
            Some(host) => host,
            None => None,
        };
        let (from, to) = (query.from.unix_millis(), query.to.unix_millis());
        let wanted = Events { host, kind: query.kind, from, to, limit: query.limit };
        let found = self.shared.read(|db| db.events(&wanted));
        let found = found.map_err(|error| QueryError::Failed(error.to_string()))?;
        let event = |(host, at, kind, data): database::EventRow| {
            let at = WallTime::from_unix_millis(at);
            Some(Event { host: HostId::parse(&host).ok()?, at, kind, data })
        };
        Ok(found.into_iter().filter_map(event).collect())
    }

    fn keep_alerts(&self, changes: &[Change]) -> Result<(), QueryError> {
        let written = held(&self.shared.database).write(|db| db.keep_alerts(changes));
        written.map_err(|error| QueryError::Failed(error.to_string()))
    }

    fn kept_alerts(&self) -> Result<Kept, QueryError> {
        let read = self.shared.read(Database::kept_alerts);
        read.map_err(|error: StoreError| QueryError::Failed(error.to_string()))
    }

    fn past_alerts(&self, query: &EventQuery<'_>) -> Result<Vec<Entry>, QueryError> {
        let read = self.shared.read(|db| db.past_alerts(query));
        read.map_err(|error: StoreError| QueryError::Failed(error.to_string()))
    }

    fn state(&self) -> State {
        let failing = held(&self.shared.failing).clone();
        State { failing, commit_interval: self.shared.settings.commit_interval }
    }
}

impl Shared {
    /// Runs a question on a connection of its own, or on the only one there is.
    fn read<T, E: From<StoreError>>(
        &self,
        ask: impl FnOnce(&Database) -> Result<T, E>,
    ) -> Result<T, E> {
        let Some(path) = &self.settings.path else {
            return ask(&held(&self.database));
        };
        let (free, file) = {
            let mut readers = held(&self.readers);
            (readers.free.pop(), readers.file)
        };
        let mut reader = match free {
            Some(reader) => reader,
            None => Database::open_to_read(path)?,
        };
        let answer = reader.read(|db| Ok(ask(db)));
        let mut readers = held(&self.readers);
        if readers.file == file && readers.free.len() < READERS_MAX {
            readers.free.push(reader);
        }
        answer?
    }
}

#[cfg(test)]
mod cost;
#[cfg(test)]
mod tests;
