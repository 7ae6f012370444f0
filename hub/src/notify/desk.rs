//! What of the fleet's alerts one channel tells, and when: pure, told the time.
//!
//! ```text
//! alert -> wanted? -> told already? -> room this hour? -> queue -> sent, one at a time
//!                                             no -> held back -> a digest
//! ```
//! Feed it, then ask [`Desk::poll`] what to do until when.

use std::collections::{BTreeMap, VecDeque};

use kinglet_proto::backoff::Backoff;
use kinglet_proto::host::HostId;
use kinglet_proto::time::{Instant, Now};
use serde::{Deserialize, Serialize};

use super::alert::Alert;
use super::fate::Fate;
use super::held::Held;
use super::notice::{Level, Notice, State};
use crate::limits::{
    NOTIFY_DIGEST_EVERY, NOTIFY_GOOD_FOR, NOTIFY_HOUR, NOTIFY_OPEN_MAX, NOTIFY_QUEUE_MAX,
};

/// What a channel tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The least level.
    pub level: Level,
    /// Hosts by id or name; empty for all.
    pub hosts: Vec<String>,
    /// Groups by name; empty for all.
    pub groups: Vec<String>,
    /// Also that an alert is over.
    pub resolved: bool,
    /// Notices in an hour; what is above is told in digests.
    pub per_hour: usize,
}

/// What to do next.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Send this, and say what became of it.
    Send(Box<Notice>),
    /// Nothing until then, or until something is fed; `None` for nothing by itself.
    Wait(Option<Instant>),
}

/// What has happened since the hub's start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Notices that are there.
    pub(crate) sent: u64,
    /// Notices that were refused, or too old when they could have been sent.
    pub(crate) failed: u64,
    /// Notices that were held back for a digest.
    pub(crate) held: u64,
}

/// One channel's.
#[derive(Debug)]
pub(super) struct Desk {
    rules: Rules,
    memory: Memory,
    /// When the notices of the last hour were taken in.
    recent: VecDeque<Instant>,
    /// The first of the queue is tried again then.
    retry_at: Option<Instant>,
    backoff: Backoff,
    counts: Counts,
    /// How often what outlives the hub has changed.
    changes: u64,
}

/// What outlives the hub.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    /// Alerts that were told and are not over, by key.
    open: BTreeMap<String, Open>,
    queue: VecDeque<Notice>,
    held: Held,
}

/// How an alert was told.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Open {
    level: Level,
    title: String,
}

impl Desk {
    /// That tells by these rules and knows what was told before. The seed spreads repetitions.
    pub(super) fn new(rules: Rules, mut memory: Memory, seed: u64, now: Now) -> Self {
        memory.queue.truncate(NOTIFY_QUEUE_MAX);
        memory.held.restart(now.instant);
        let (recent, counts) = (VecDeque::new(), Counts::default());
        let backoff = Backoff::new(seed);
        Self { rules, memory, recent, retry_at: None, backoff, counts, changes: 0 }
    }

    /// Tells by these rules from now on, and tries what waits at once.
    pub(super) fn change(&mut self, rules: Rules) {
        self.rules = rules;
        self.retry_at = None;
    }

    /// An alert fired or is over. One that is told already is not told again, unless it is worse.
    pub(super) fn handle_alert(&mut self, alert: Alert, now: Instant) {
        let key = alert.key();
        let Alert { notice, is_silenced } = alert;
        if notice.state == State::Resolved {
            let Some(Open { level, title }) = self.memory.open.remove(&key) else { return };
            self.changes += 1;
            if self.rules.resolved && !is_silenced {
                self.take(Notice { level, ..notice }.titled(&title), now);
            }
            return;
        }
        let is_told = self.memory.open.get(&key).is_some_and(|open| notice.level <= open.level);
        if is_told || is_silenced || !self.rules.want(&notice) {
            return;
        }
        self.changes += 1;
        let notice = notice.titled("");
        // One more is told all the same, and again if it comes again.
        if self.memory.open.len() < NOTIFY_OPEN_MAX || self.memory.open.contains_key(&key) {
            let (level, title) = (notice.level, notice.title.clone());
            self.memory.open.insert(key, Open { level, title });
        }
        self.take(notice, now);
    }

    /// A host is no longer known, nor are its alerts.
    pub(super) fn forget(&mut self, host: &HostId) {
        let whose = format!("{host} ");
        self.changes += 1;
        self.memory.open.retain(|key, _| !key.starts_with(&whose));
    }

    /// What is to be done now.
    pub(super) fn poll(&mut self, now: Now) -> Step {
        let has_room = self.memory.queue.len() < NOTIFY_QUEUE_MAX;
        let digest_at = self.memory.held.since().map(|since| since.plus(NOTIFY_DIGEST_EVERY));
        let digest_at = digest_at.filter(|_| has_room);
        if digest_at.is_some_and(|at| at <= now.instant) {
            self.changes += 1;
            self.memory.queue.extend(self.memory.held.take(now.wall));
            return self.poll(now);
        }
        let retry_at = self.retry_at.filter(|at| *at > now.instant);
        match (self.memory.queue.front(), retry_at) {
            (Some(notice), None) => Step::Send(Box::new(notice.clone())),
            (Some(_), Some(at)) => Step::Wait(Some(digest_at.map_or(at, |digest| digest.min(at)))),
            (None, _) => Step::Wait(digest_at),
        }
    }

    /// What became of the notice that was to be sent.
    pub(super) fn handle_fate(&mut self, fate: &Fate, now: Now) {
        self.retry_at = None;
        self.changes += 1;
        match fate {
            Fate::Taken | Fate::Partly(_) => self.counts.sent += 1,
            Fate::Refused(_) => self.counts.failed += 1,
            Fate::Later(wait, _) => {
                let wait = wait.unwrap_or_else(|| self.backoff.next_wait());
                self.retry_at = Some(now.instant.plus(wait));
                return self.drop_old(now);
            }
        }
        self.backoff.reset();
        self.memory.queue.pop_front();
    }

    /// How it goes.
    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// Notices that wait.
    pub(super) fn waiting(&self) -> usize {
        self.memory.queue.len()
    }

    /// Whether alerts are held back for a digest.
    pub(super) fn is_holding(&self) -> bool {
        self.memory.held.since().is_some()
    }

    /// A number that is another one once [`Self::memory`] is.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// What is to outlive the hub.
    pub(super) fn memory(&self) -> &Memory {
        &self.memory
    }

    fn take(&mut self, notice: Notice, now: Instant) {
        while self.recent.front().is_some_and(|at| now.since(*at) >= NOTIFY_HOUR) {
            self.recent.pop_front();
        }
        let is_full = self.memory.queue.len() >= NOTIFY_QUEUE_MAX;
        let is_much = self.recent.len() >= self.rules.per_hour;
        // What comes behind something that is held back is told with it, or it would come first.
        if is_full || is_much || self.memory.held.since().is_some() {
            self.counts.held += 1;
            return self.memory.held.push(&notice, now);
        }
        self.recent.push_back(now);
        self.memory.queue.push_back(notice);
    }

    /// News of yesterday is no news.
    fn drop_old(&mut self, now: Now) {
        let is_old = |notice: &Notice| {
            let age = now.wall.unix_millis().saturating_sub(notice.at.unix_millis());
            u128::from(age) > NOTIFY_GOOD_FOR.as_millis()
        };
        while self.memory.queue.front().is_some_and(is_old) {
            self.memory.queue.pop_front();
            self.counts.failed += 1;
        }
    }
}

impl Rules {
    fn want(&self, notice: &Notice) -> bool {
        let Self { level, hosts, groups, resolved: _, per_hour: _ } = self;
        let is_host = |name: &String| *name == notice.host || *name == notice.name;
        notice.level >= *level
            && (hosts.is_empty() || hosts.iter().any(is_host))
            && (groups.is_empty() || groups.contains(&notice.group))
    }
}

#[cfg(test)]
mod tests;
