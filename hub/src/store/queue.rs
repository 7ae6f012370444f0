//! What waits to be written, within a bound.

use kinglet_proto::host::HostId;

use super::index::{Waiting, WaitingEvent};
use crate::limits::WAITING_BYTES_MAX;

/// What waits to be written.
#[derive(Default)]
pub(super) struct Queue {
    pub(super) rows: Vec<Waiting>,
    pub(super) events: Vec<WaitingEvent>,
    pub(super) bytes: usize,
    /// The number of the last reading in it, or before it.
    pub(super) number: u64,
    /// Something did not come in.
    pub(super) lost: bool,
    pub(super) stop: bool,
    /// Hosts of which nothing is to stay, and their numbers.
    pub(super) forgotten: Vec<(HostId, Option<u32>)>,
    /// How many of those were there a turn ago. What alerts have to say of a host's end is kept by
    /// others, a moment after it.
    pub(super) ripe: usize,
}

/// What is written at once.
#[derive(Default)]
pub(super) struct Commit {
    pub(super) rows: Vec<Waiting>,
    pub(super) events: Vec<WaitingEvent>,
    pub(super) bytes: usize,
}

impl Queue {
    pub(super) fn push(&mut self, row: Waiting) {
        if self.bytes < WAITING_BYTES_MAX {
            self.bytes += row.figures.len() + size_of::<Waiting>();
            self.rows.push(row);
        } else {
            self.lost = true;
        }
    }

    /// Nobody sends an event again: one that finds no room is gone.
    pub(super) fn push_event(&mut self, event: WaitingEvent) {
        if self.bytes < WAITING_BYTES_MAX {
            self.bytes += event.data.len() + size_of::<WaitingEvent>();
            self.events.push(event);
        }
    }

    /// Takes out what waits, up to which number it reaches, and whether something is missing.
    pub(super) fn take(&mut self) -> (Commit, u64, bool) {
        let commit = Commit {
            rows: std::mem::take(&mut self.rows),
            events: std::mem::take(&mut self.events),
            bytes: std::mem::take(&mut self.bytes),
        };
        (commit, self.number, std::mem::take(&mut self.lost))
    }

    /// Puts back what could not be written, before what came meanwhile.
    pub(super) fn put_back(&mut self, mut commit: Commit, number: u64, lost: bool) {
        commit.rows.append(&mut self.rows);
        commit.events.append(&mut self.events);
        (self.rows, self.events) = (commit.rows, commit.events);
        self.bytes += commit.bytes;
        self.number = self.number.max(number);
        self.lost |= lost;
    }

    /// Nothing that waits of a host is written, and what is written goes.
    pub(super) fn forget_host(&mut self, host: &HostId, number: Option<u32>) {
        self.rows.retain(|row| Some(row.host) != number);
        self.events.retain(|event| Some(event.host) != number);
        self.forgotten.push((host.clone(), number));
    }

    /// Gives up what waits.
    pub(super) fn forget(&mut self) {
        // Their numbers are those of the old file: in the new one they may be others'.
        let forgotten = std::mem::take(&mut self.forgotten).into_iter();
        let forgotten = forgotten.map(|(host, _)| (host, None)).collect();
        let (number, stop, ripe) = (self.number, self.stop, self.ripe);
        *self = Self { number, lost: true, stop, forgotten, ripe, ..Self::default() };
    }

    /// So much waits that it is written before anything else is done.
    pub(super) fn is_urgent(&self) -> bool {
        self.bytes > WAITING_BYTES_MAX / 16
    }
}
