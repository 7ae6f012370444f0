//! Units of systemd that have failed, where the owner asks for them.
//!
//! No file has them, so systemd is asked over the host's message bus: at one sample, and its answer
//! is taken at the next, so that nobody waits for it. Where the next sample would be too far away,
//! this one lends a moment. Any user may ask; nothing is changed, and nothing subscribed to.

mod talk;

use std::time::Duration;

use kinglet_proto::sample::Sample;
use kinglet_proto::time::Instant;
use nix::errno::Errno;

use super::Collector;
use super::schedule::Schedule;
use crate::limits::{
    UNITS_AGE_MAX, UNITS_INTERVAL, UNITS_PATIENCE, UNITS_PAUSE, UNITS_TIMEOUT, UNITS_WAITS,
};
use crate::read::{Buffer, Root};
use crate::setup::{Faults, Setup};
use talk::{Fault, Talk};

/// Where systemd says that it runs: sd_booted(3).
const RUNS: &str = "run/systemd/system";
/// Where the host's bus is.
const BUS: &str = "run/dbus/system_bus_socket";

/// Asks for them.
#[derive(Debug)]
pub(super) struct UnitCollector {
    is_on: bool,
    root: Root,
    faults: Faults,
    due: Schedule,
    talk: Option<Talk>,
    /// When the bus may be dialled again.
    dial_at: Instant,
    /// When that was asked for which is told.
    known_at: Option<Instant>,
    /// The fault that the owner knows of, and what kind it is.
    told: Option<(String, Errno)>,
}

impl UnitCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            is_on: setup.wanted.units,
            root: setup.root.clone(),
            faults: setup.faults.clone(),
            due: Schedule::every(UNITS_INTERVAL),
            talk: None,
            dial_at: Instant::default(),
            known_at: None,
            told: None,
        }
    }

    /// Asks, over the connection there is or a new one.
    fn ask(&mut self, now: Instant) {
        let asked = match &mut self.talk {
            Some(talk) => talk.ask(now),
            None => self.dial(now),
        };
        self.end_on(asked.err());
    }

    fn runs(&self) -> bool {
        self.root.inside(RUNS).is_some_and(|path| path.is_dir())
    }

    fn dial(&mut self, now: Instant) -> Result<(), Fault> {
        if now < self.dial_at || !self.runs() {
            return Ok(());
        }
        self.dial_at = now.plus(UNITS_PAUSE);
        let Some(path) = self.root.inside(BUS) else { return Ok(()) };
        self.talk = Some(Talk::dial(&path, now)?);
        Ok(())
    }

    /// Takes in what was said.
    fn listen(&mut self, now: Instant, sample: &mut Sample) {
        let Some(talk) = &mut self.talk else { return };
        match talk.listen(now) {
            Ok(true) => {
                talk.fill(sample.units.get_or_insert_default());
                self.known_at = Some(talk.asked_at());
                self.told = None;
            }
            Ok(false) => {}
            Err(fault) => self.end_on(Some(fault)),
        }
    }

    fn waits_since(&self) -> Option<Instant> {
        self.talk.as_ref().and_then(Talk::waits_since)
    }

    /// Waits for what is asked, for at most so long a piece.
    fn lend(&mut self, limit: Duration, now: Instant, sample: &mut Sample) {
        for _ in 0..UNITS_WAITS {
            let waits = |talk: &Talk| talk.waits_since().is_some() && talk.wait(limit);
            if !self.talk.as_ref().is_some_and(waits) {
                break;
            }
            self.listen(now, sample);
        }
    }

    /// Hangs up, and says once why.
    fn end_on(&mut self, fault: Option<Fault>) {
        let Some(fault) = fault else { return };
        self.talk = None;
        let told = (fault.to_string(), fault.errno());
        if self.told.as_ref() != Some(&told) {
            self.faults.tell(format!("units: /{BUS}: {}; tried again every minute", told.0));
            self.told = Some(told);
        }
    }

    /// Whether what is known is older than this.
    fn is_older(&self, now: Instant, age: Duration) -> bool {
        self.known_at.is_none_or(|at| now.since(at) > age)
    }
}

impl Collector for UnitCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        if !self.is_on {
            return;
        }
        let is_due = self.due.is_due(now);
        // Between two questions nobody says anything that matters.
        if is_due || self.waits_since().is_some() {
            self.listen(now, sample);
        }
        let mut since = self.waits_since();
        if since == Some(now) && self.is_older(now, UNITS_INTERVAL * 3 / 2) {
            // What has failed is asked for only now: its names belong to this sample.
            self.lend(UNITS_PATIENCE, now, sample);
            since = None;
        }
        if since.is_some_and(|since| now.since(since) >= UNITS_TIMEOUT) {
            self.end_on(Some(Fault::Silent));
        }
        if is_due {
            self.ask(now);
            if self.is_older(now, UNITS_INTERVAL * 3 / 2) {
                self.lend(UNITS_PATIENCE, now, sample);
            }
        }
        if self.is_older(now, UNITS_AGE_MAX) {
            sample.units = None;
        }
        buffer.note(self.root.path(BUS).as_ref(), self.told.as_ref().map(|(_, errno)| *errno));
    }

    fn wait(&mut self, limit: Duration, sample: &mut Sample) {
        self.lend(limit, sample.taken, sample);
    }

    fn apart(&self) -> Option<Duration> {
        self.is_on.then_some(UNITS_INTERVAL)
    }
}

#[cfg(test)]
mod tests;
