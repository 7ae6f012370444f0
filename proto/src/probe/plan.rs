//! Whose turn it is: the targets of the owner and of his servers, and what came of the attempts.
//!
//! Whoever has the sockets asks [`Plan::begin`] which attempt to make, says by
//! [`Plan::handle_outcome`] what came of it, and comes back at [`Plan::deadline`].

use std::net::IpAddr;
use std::time::Duration;

use super::address::is_private;
use super::target::{Kind, Target, Wanted};
use super::window::Window;
use crate::limits::{TARGET_ADDRESS_AGE, TARGET_NAME_PAUSE, TARGET_SPREAD, TARGETS_MAX};
use crate::rng::Rng;
use crate::sample::Probe;
use crate::time::Instant;

/// All targets.
#[derive(Debug)]
pub struct Plan {
    rows: Vec<Row>,
    bounds: Bounds,
    rng: Rng,
    last_id: u32,
    done: Vec<Done>,
    /// Something is to be told that no sample has.
    is_news: bool,
}

/// What the owner lets happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Time between two attempts at one target.
    pub interval: Duration,
    /// Targets that servers may have probed, at most [`TARGETS_MAX`] with the owner's.
    pub count: usize,
    /// Of private addresses too.
    pub private: bool,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered after so many microseconds.
    Answered(u32),
    /// It was not.
    Lost,
    /// It could not be made, or was refused, in words.
    Failed(String),
    /// The name has no address, in words.
    NoAddress(String),
}

/// The result of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Which server asked.
    pub server: usize,
    /// Its number there.
    pub task: u64,
    /// Whole milliseconds; `None` when it was not answered, or not asked.
    pub millis: Option<u32>,
}

#[derive(Debug)]
struct Row {
    /// Never used again, so that what comes late is nobody's.
    id: u32,
    target: Target,
    asker: Asker,
    /// `None` while an attempt is under way.
    due: Option<Instant>,
    /// And until when it is believed.
    address: Option<(IpAddr, Instant)>,
    /// Attempts that were not answered: of several addresses the next one's turn comes.
    turn: usize,
    window: Window,
    fault: String,
    certificate_days: Option<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asker {
    Owner,
    Server(usize),
    Task(usize, u64),
}

impl Plan {
    /// A plan for the owner's targets; what else comes is servers', within these bounds.
    pub fn new(targets: &[Target], bounds: Bounds, seed: u64, now: Instant) -> Self {
        let (rng, done) = (Rng::new(seed), Vec::new());
        let (rows, last_id, is_news) = (Vec::new(), 0, false);
        let mut plan = Self { rows, bounds, rng, last_id, done, is_news };
        for target in targets {
            plan.add(Asker::Owner, target.clone(), now);
        }
        plan
    }

    /// Takes in what a server wants; how much of that has no room, or no name of its own.
    pub fn want(&mut self, server: usize, wanted: Wanted, now: Instant) -> usize {
        match wanted {
            Wanted::Targets(targets) => self.replace(server, targets, now),
            Wanted::Task(task, target) => {
                let has_room = self.add(Asker::Task(server, task), target, now);
                if !has_room {
                    self.done.push(Done { server, task, millis: None });
                }
                usize::from(!has_room)
            }
        }
    }

    /// What stays is not probed anew.
    fn replace(&mut self, server: usize, targets: Vec<Target>, now: Instant) -> usize {
        let stays = |row: &Row| targets.contains(&row.target);
        self.rows.retain(|row| row.asker != Asker::Server(server) || stays(row));
        self.is_news = true;
        let mut refused = 0;
        for target in targets {
            let is_there = self.rows.iter().any(|row| row.is_series() && row.target == target);
            refused += usize::from(!is_there && !self.add(Asker::Server(server), target, now));
        }
        refused
    }

    fn add(&mut self, asker: Asker, target: Target, now: Instant) -> bool {
        let is_task = matches!(asker, Asker::Task(..));
        let alike = || self.rows.iter().filter(|row| row.is_series() != is_task);
        let is_taken = !is_task && alike().any(|row| row.target.name == target.name);
        let theirs = alike().filter(|row| row.asker != Asker::Owner).count();
        let is_full = asker != Asker::Owner && theirs >= self.bounds.count;
        if is_taken || is_full || alike().count() >= TARGETS_MAX {
            return false;
        }
        let spread = if is_task { 0 } else { millis(TARGET_SPREAD.min(self.bounds.interval)) };
        let after = Duration::from_millis(self.rng.below(spread));
        self.last_id += 1;
        self.rows.push(Row {
            id: self.last_id,
            target,
            asker,
            due: Some(now.plus(after)),
            address: None,
            turn: 0,
            window: Window::default(),
            fault: String::new(),
            certificate_days: None,
        });
        true
    }

    /// When the next attempt is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.rows.iter().filter_map(|row| row.due).min()
    }

    /// The next attempt to be made now, under its number: the target, and its address where that is
    /// known.
    pub fn begin(&mut self, now: Instant) -> Option<(u32, &Target, Option<IpAddr>)> {
        let row = self.rows.iter_mut().find(|row| row.due.is_some_and(|due| due <= now))?;
        row.due = None;
        row.address.take_if(|(_, until)| *until <= now);
        Some((row.id, &row.target, row.address.map(|(address, _)| address)))
    }

    /// What the attempt is at.
    pub fn target(&self, id: u32) -> Option<&Target> {
        self.rows.iter().find(|row| row.id == id).map(|row| &row.target)
    }

    /// Which of several addresses the attempt is at: the one behind that which was silent.
    pub fn turn(&self, id: u32) -> usize {
        self.rows.iter().find(|row| row.id == id).map_or(0, |row| row.turn)
    }

    /// Whether who asked for this attempt may have that address probed; then it is remembered.
    pub fn take_address(&mut self, id: u32, address: IpAddr, now: Instant) -> bool {
        let private = self.bounds.private;
        let Some(row) = self.row(id) else { return false };
        let may = row.asker == Asker::Owner || private || !is_private(address);
        row.address = may.then(|| (address, now.plus(TARGET_ADDRESS_AGE)));
        may
    }

    /// A certificate was shown that is good for so many days.
    pub fn handle_certificate(&mut self, id: u32, days: i32) {
        if let Some(row) = self.row(id) {
            row.certificate_days = Some(days);
        }
    }

    /// An attempt is over.
    pub fn handle_outcome(&mut self, id: u32, outcome: Outcome, now: Instant) {
        // A tenth to either side: hosts that started together do not stay so.
        let Bounds { interval, .. } = self.bounds;
        let tenth = interval / 10;
        let jitter = Duration::from_millis(self.rng.below(millis(tenth * 2)));
        let mut next = now.plus(interval - tenth + jitter);
        let Some(row) = self.row(id) else { return };
        row.fault.clear();
        if !matches!(outcome, Outcome::Answered(_)) {
            row.address = None;
            row.turn = row.turn.wrapping_add(1);
        }
        let micros = match outcome {
            Outcome::Answered(micros) => Some(micros),
            Outcome::Lost => None,
            Outcome::Failed(fault) => {
                row.fault = fault;
                None
            }
            Outcome::NoAddress(fault) => {
                next = next.max(now.plus(TARGET_NAME_PAUSE));
                row.fault = fault;
                None
            }
        };
        row.window.push(micros);
        row.due = Some(next);
        if let Asker::Task(server, task) = row.asker {
            let millis = micros.map(|micros| micros.div_ceil(1000));
            self.done.push(Done { server, task, millis });
            self.rows.retain(|row| row.id != id);
        } else {
            self.is_news = true;
        }
    }

    /// A task that is over.
    pub fn poll_done(&mut self) -> Option<Done> {
        self.done.pop()
    }

    /// Writes what is known of each target, if anything of it is new.
    pub fn fill(&mut self, probes: &mut Vec<Probe>) {
        if std::mem::take(&mut self.is_news) {
            probes.clear();
            let tried = self.rows.iter().filter(|row| row.is_series() && row.window.sent() > 0);
            probes.extend(tried.map(Row::told));
        }
    }

    fn row(&mut self, id: u32) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.id == id)
    }
}

impl Row {
    const fn is_series(&self) -> bool {
        !matches!(self.asker, Asker::Task(..))
    }

    fn told(&self) -> Probe {
        let Self { target, window, fault, certificate_days, .. } = self;
        let mut probe = Probe {
            name: target.name.clone(),
            kind: target.kind.name().to_owned(),
            target: target.host.clone(),
            port: (target.kind != Kind::Icmp).then(|| u32::from(target.port)),
            fault: fault.clone(),
            certificate_days: *certificate_days,
            ..Probe::default()
        };
        window.tell(&mut probe);
        probe
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
