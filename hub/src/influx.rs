//! InfluxDB, in its versions 1 to 3, and VictoriaMetrics: the fleet's readings go there, and the
//! past can be read from there.
//!
//! ```text
//! take -> lines -> queue on the disk -> request
//!        (memory)  interval, fsync      one at a time, tried again
//! ```
//! A reading is safe once it is in the queue: a restart loses nothing of it, and what is sent twice
//! is the same points. Nobody waits for the database.

mod health;
mod lines;
mod past;
mod request;
mod schema;
mod sender;
mod settings;
mod spool;
mod writer;

use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use health::Health;
pub use health::Report;
use lines::Lines;
pub(crate) use past::Past;
use request::Requests;
pub(crate) use schema::is_own_tag;
use sender::Sender;
pub use settings::{Engine, Settings, Target};
use spool::Spool;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio_rustls::TlsConnector;
use writer::Writer;

use crate::fleet::Update;
use crate::history::Tell;
use crate::limits::WAITING_BYTES_MAX;
use crate::tls_client::connector;

/// Why readings cannot go there.
#[derive(Debug)]
pub enum InfluxError {
    /// A file that was named cannot be used; in words.
    File(String),
    /// The queue's folder cannot be used.
    Queue(io::Error),
}

impl fmt::Display for InfluxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(what) => f.write_str(what),
            Self::Queue(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InfluxError {}

/// Takes readings in, keeps them until they are there, and sends them.
pub struct Influx {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    task: Mutex<Option<AbortHandle>>,
}

/// What the writing thread and the sending task share with whoever gives readings.
struct Shared {
    settings: Settings,
    tls: Option<TlsConnector>,
    pending: Mutex<Pending>,
    /// There is something in `pending` that does not wait for the interval.
    wake: Condvar,
    spool: Mutex<Spool>,
    /// There is something in the queue.
    fresh: Notify,
    health: Health,
}

/// What is not on the disk yet.
#[derive(Default)]
struct Pending {
    lines: Lines,
    /// The number of the last reading in it, or before it.
    number: u64,
    /// Something did not come in.
    lost: bool,
    stop: bool,
}

/// Whether the files that the settings name can be used.
///
/// # Errors
/// Which cannot, and why.
pub fn check(settings: &Settings) -> Result<(), InfluxError> {
    tls_of(settings)?;
    Requests::new(settings).map(drop).map_err(InfluxError::File)
}

fn tls_of(settings: &Settings) -> Result<Option<TlsConnector>, InfluxError> {
    let tls = settings.address.tls.then(|| connector(settings.ca_file.as_deref()));
    tls.transpose().map_err(InfluxError::File)
}

impl Influx {
    /// Opens the queue, and reads the files that the settings name.
    ///
    /// # Errors
    /// Which of them cannot be used, and why.
    pub fn open(settings: Settings) -> Result<Self, InfluxError> {
        check(&settings)?;
        let tls = tls_of(&settings)?;
        let spool = Spool::open(&settings.folder, settings.queue_bytes);
        let spool = spool.map_err(InfluxError::Queue)?;
        let health = Health::default();
        health.handle_queue(Ok(()), spool.bytes());
        let shared = Shared {
            pending: Mutex::new(Pending { lines: Lines::new(&settings), ..Pending::default() }),
            settings,
            tls,
            wake: Condvar::new(),
            spool: Mutex::new(spool),
            fresh: Notify::new(),
            health,
        };
        Ok(Self { shared: Arc::new(shared), thread: Mutex::default(), task: Mutex::default() })
    }

    /// Begins to write and to send; each time something is safe, or is not, it is told to `tell`.
    /// Needs a tokio runtime.
    pub(crate) fn start(&self, tell: Tell) {
        let writer = Writer::new(self.shared.clone(), tell);
        let thread = std::thread::Builder::new().name("influxdb".to_owned());
        match thread.spawn(move || writer.run()) {
            Ok(thread) => *held(&self.thread) = Some(thread),
            Err(error) => self.shared.health.handle_queue(Err(&error), 0),
        }
        let task = tokio::spawn(Sender::new(self.shared.clone()).run());
        *held(&self.task) = Some(task.abort_handle());
    }

    /// Takes a reading in; never waits for a disk.
    pub(crate) fn take(&self, update: &Update) {
        let Update::Reading(reading) = update else { return };
        let mut pending = held(&self.shared.pending);
        pending.number = reading.number;
        if pending.lines.bytes() >= WAITING_BYTES_MAX {
            drop(pending);
            return self.handle_lost(1);
        }
        pending.lines.write(reading);
        if pending.lines.is_full() {
            self.shared.wake.notify_all();
        }
    }

    /// So many were lost on the way here. Where the past is kept here, agents send them again.
    pub(crate) fn handle_lost(&self, count: u64) {
        if !self.is_history() {
            self.shared.health.handle_dropped(count);
        }
        held(&self.shared.pending).lost = true;
    }

    /// Puts what waits into the queue, and ends. Waits for the disk.
    pub(crate) fn stop(&self) {
        held(&self.shared.pending).stop = true;
        self.shared.wake.notify_all();
        if let Some(thread) = held(&self.thread).take() {
            // One that has died has told why.
            let _ = thread.join();
        }
        if let Some(task) = held(&self.task).take() {
            task.abort();
        }
    }

    /// Whether the past is read from there.
    pub(crate) fn is_history(&self) -> bool {
        self.shared.settings.is_history
    }

    /// How it goes.
    pub(crate) fn report(&self) -> Report {
        self.shared.health.report()
    }
}

/// A lock that a thread has died with guards nothing that is half done.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
