//! How it goes, for `/healthz`, `/metrics` and the log, which is told once and not at each try.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::{error, info, warn};

/// What has happened since the start, and what is wrong now.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<Report>);

/// The same, to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Why nothing is sent at the moment, in words; `None` while all is well.
    pub failing: Option<String>,
    /// Why the queue cannot be written, in words; `None` while all is well.
    pub disk: Option<String>,
    /// Bytes that wait on the disk, packed.
    pub queue_bytes: u64,
    /// Batches that are safe.
    pub sent: u64,
    /// Points for which the queue had no room, and readings for which memory had none.
    pub dropped: u64,
    /// Points of batches that were refused for what they are, all or some of them.
    pub refused: u64,
}

impl Health {
    /// As it is.
    pub(super) fn report(&self) -> Report {
        self.held().clone()
    }

    /// A batch is safe.
    pub(super) fn handle_sent(&self) {
        let mut report = self.held();
        report.sent += 1;
        if report.failing.take().is_some() {
            info!("the database takes readings again");
        }
    }

    /// Nothing can be sent.
    pub(super) fn handle_failure(&self, words: &str) {
        let told = self.held().failing.replace(words.to_owned());
        if told.as_deref() != Some(words) {
            warn!("readings wait for the database: {words}; it is tried again and again");
        }
    }

    /// A batch was refused for what it is.
    pub(super) fn handle_refused(&self, points: u64, words: &str) {
        let mut report = self.held();
        if report.refused == 0 {
            error!("the database refuses points, all or some of {points}: {words}");
        }
        report.refused += points;
        report.failing = None;
    }

    /// The queue had no room for some.
    pub(super) fn handle_dropped(&self, points: u64) {
        let mut report = self.held();
        if report.dropped == 0 && points > 0 {
            error!(
                "the queue for the database is full: its oldest points are dropped, and counted"
            );
        }
        report.dropped += points;
    }

    /// The queue was written, or not; and its size.
    pub(super) fn handle_queue(&self, written: Result<(), &std::io::Error>, bytes: u64) {
        let mut report = self.held();
        report.queue_bytes = bytes;
        let words = written.err().map(ToString::to_string);
        let told = std::mem::replace(&mut report.disk, words.clone());
        match words {
            Some(words) if told.as_ref() != Some(&words) => {
                error!("the queue for the database cannot be written: {words}");
            }
            None if told.is_some() => info!("the queue for the database is written again"),
            Some(_) | None => {}
        }
    }

    fn held(&self) -> MutexGuard<'_, Report> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
