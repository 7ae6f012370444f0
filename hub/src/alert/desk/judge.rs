//! What the hub finds itself: hosts that are away, figures over a line, disks that fill, and its
//! own certificate.

use std::time::Duration;

use kinglet_proto::alert::{Change as Turned, Resolution};
use kinglet_proto::host::HostId;
use kinglet_proto::time::{Instant, Now, WallTime};

use super::super::entry::Entry;
use super::super::own::{self, CERTIFICATE, OFFLINE, TREND};
use super::super::trend::{Trend, Turn, days_left};
use super::super::watched::Watched;
use super::{Change, Desk, Seen};
use crate::fleet::{Reading, Snapshot};
use crate::limits::{CERTIFICATE_LEFT, FORGET_AFTER, OFFLINE_AFTER};

/// What ends an alert about a host that is there again.
const BACK: &str = "it is heard of again";
const GONE: &str = "it is no longer there, or no longer watched";

impl Desk {
    /// When the next tick is due; `None` while nothing can fall due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.check_at
    }

    /// What falls due by itself. Called about once a second.
    pub fn tick(&mut self, now: Now) {
        if self.check_at.is_none_or(|at| now.instant < at) {
            return;
        }
        self.check_at = None;
        self.check_certificate(now);
        self.drop_silences(now);
        let due = |host: &Watched| host.alarm_at.is_some_and(|at| at <= now.instant);
        let away: Vec<HostId> =
            self.hosts.iter().filter(|(_, host)| due(host)).map(|(id, _)| id.clone()).collect();
        away.iter().for_each(|id| self.miss(id, now));
        let old: Vec<HostId> = self
            .hosts
            .iter()
            .filter(|(_, host)| host.is_past && host.is_forgotten(now.wall))
            .map(|(id, _)| id.clone())
            .collect();
        old.iter().for_each(|id| self.forget(id, now));
        let next = self.hosts.values().filter_map(|host| host.alarm_at).min();
        let soon = now.instant.plus(std::time::Duration::from_secs(60));
        self.check_by(next.map_or(soon, |next| next.min(soon)));
    }

    /// Takes in what was kept of the use of a host's disks, in percent: a line for each mount, each
    /// point with its time in milliseconds.
    pub fn look_ahead(&mut self, id: &HostId, lines: &[(String, Vec<(u64, f64)>)], now: Now) {
        let Some(within) = self.settings.full_within else { return };
        let within = within.as_secs_f64() / 86_400.0;
        let Some(host) = self.hosts.get_mut(id).filter(|host| host.away.is_none()) else { return };
        let open = self.open.get(id);
        let mut turns = Vec::new();
        for (mount, points) in lines {
            let key = format!("{TREND}{:016x}", hash(mount));
            let trend = host.trends.entry(mount.clone()).or_insert_with(|| {
                let is_open = open.is_some_and(|open| open.contains_key(&key));
                if is_open { Trend::firing() } else { Trend::default() }
            });
            if let Some(turn) = trend.look(days_left(points), within) {
                turns.push((key, mount, turn));
            }
        }
        // One whose mount nothing is kept of any more.
        host.trends.retain(|mount, _| lines.iter().any(|(there, _)| there == mount));
        let keys: Vec<String> =
            lines.iter().map(|(mount, _)| format!("{TREND}{:016x}", hash(mount))).collect();
        let is_gone = |key: &&String| key.starts_with(TREND) && !keys.contains(key);
        let gone: Vec<String> =
            open.into_iter().flat_map(|open| open.keys()).filter(is_gone).cloned().collect();
        gone.iter().for_each(|key| self.end(id, key, GONE, now));
        for (key, mount, turn) in turns {
            match turn {
                Turn::Begins(days) => {
                    self.fire(own::trend(id, key, mount, days, within, now.wall));
                }
                Turn::Ends => self.end(id, &key, "it no longer fills so fast", now),
            }
        }
    }

    /// The hosts whose disks are worth a look.
    pub fn hosts_online(&self) -> Vec<HostId> {
        let there = self.hosts.iter().filter(|(_, host)| host.away.is_none());
        there.map(|(id, _)| id.clone()).collect()
    }

    /// A host that was there before this start is waited for, as long as it may be silent and then
    /// as long as any other.
    pub(super) fn expect(&mut self, seen: Seen, is_guest: bool, now: Now) {
        let Seen { host, away, told } = seen;
        let since = Now { instant: now.instant, wall: away.unwrap_or(now.wall) };
        let held = self.settings.offline_for;
        let alarm_at = held.map(|held| now.instant.plus(held).plus(OFFLINE_AFTER));
        self.hosts.insert(host, Watched::expected(since, alarm_at, told, is_guest));
    }

    /// What the owner does not have watched any more is no alert either.
    pub(super) fn end_unwatched(&mut self, now: Now) {
        let (away, trend) = (self.settings.offline_for, self.settings.full_within);
        let is_unwatched = |id: &str| {
            (away.is_none() && id == OFFLINE) || (trend.is_none() && id.starts_with(TREND))
        };
        let over: Vec<(HostId, String)> = self
            .open()
            .filter(|entry| is_unwatched(&entry.id))
            .map(|entry| (entry.host.clone(), entry.id.clone()))
            .collect();
        over.iter().for_each(|(host, id)| self.end(host, id, GONE, now));
    }

    /// Notes that and how a host is there.
    pub(super) fn note(&mut self, id: &HostId) {
        if let Some(Watched { away, told, .. }) = self.hosts.get(id) {
            let away = away.map(|since| since.wall);
            self.change(Change::Host(Seen { host: id.clone(), away, told: told.clone() }));
        }
    }

    /// A host went online or offline.
    pub(super) fn see(&mut self, snapshot: &Snapshot, now: Now) {
        let id = &snapshot.id;
        if !snapshot.online {
            return self.lose(id, now);
        }
        let held = self.settings.offline_for;
        let is_new = !self.hosts.contains_key(id);
        let host = self.hosts.entry(id.clone()).or_default();
        host.group = snapshot.label.group.clone().unwrap_or_default();
        (host.is_past, host.alarm_at) = (false, None);
        if host.away.take().is_some() || is_new {
            self.note(id);
        }
        let why = if held.is_some() { BACK } else { GONE };
        self.end(id, OFFLINE, why, now);
    }

    fn lose(&mut self, id: &HostId, now: Now) {
        let held = self.settings.offline_for;
        // One that was never seen is no loss.
        let Some(host) = self.hosts.get_mut(id).filter(|host| host.away.is_none()) else { return };
        host.away = Some(now);
        host.alarm_at = held.map(|held| now.instant.plus(held));
        let alarm_at = host.alarm_at;
        self.note(id);
        alarm_at.into_iter().for_each(|at| self.check_by(at));
    }

    /// A host has been away for long enough.
    fn miss(&mut self, id: &HostId, now: Now) {
        let (Some(host), Some(held)) = (self.hosts.get_mut(id), self.settings.offline_for) else {
            return;
        };
        host.alarm_at = None;
        if let Some(since) = host.away {
            self.fire(own::offline(id, held, since.wall, now.wall));
        }
    }

    pub(super) fn name(&mut self, snapshot: &Snapshot) {
        if let Some(host) = self.hosts.get_mut(&snapshot.id) {
            host.group = snapshot.label.group.clone().unwrap_or_default();
        }
    }

    /// A host is nobody's any more: its alerts end without a word, for there is no host to tell of.
    pub(super) fn forget(&mut self, id: &HostId, now: Now) {
        self.hosts.remove(id);
        let open = self.open.get(id).into_iter().flat_map(|open| open.keys().cloned());
        for key in open.collect::<Vec<_>>() {
            self.close(id, &key, "the host is forgotten", now);
        }
        self.change(Change::NoHost(id.clone()));
    }

    /// Looks at a reading by the hub's own rules. Who numbers readings says with the first live one
    /// whether it has rules itself: what waited and comes before that is not looked at.
    pub(super) fn judge(&mut self, reading: &Reading, now: Now) {
        let Reading { host: of, sample, place, age, .. } = reading;
        let is_live = *age == Some(Duration::ZERO);
        let foreign = match (place, of.label.has_rules) {
            (None, _) => true,
            (Some(_), Some(has_rules)) => !has_rules,
            (Some(_), None) if is_live => false, // it says nothing of its host, ever
            (Some(_), None) => return,
        };
        let Some(host) = self.hosts.get_mut(&of.id) else { return };
        let open = self.open.get(&of.id);
        let Some(watch) = host.watch(&of.id, foreign, sample, &self.settings, open, now) else {
            return;
        };
        let turned: Vec<Turned> = watch.observe(sample, now).to_vec();
        for turned in turned {
            match turned {
                Turned::Fired(alert) => self.fire(own::figure(&of.id, &alert, now.wall)),
                Turned::Resolved { id, title: _, how } => {
                    let why = match how {
                        Resolution::Over => "the figure is well again",
                        Resolution::Gone => GONE,
                    };
                    self.end(&of.id, &format!("hub-{id}"), why, now);
                }
            }
        }
    }

    fn check_certificate(&mut self, now: Now) {
        let Some(itself) = self.itself.clone() else { return };
        let left = |ends: &WallTime| ends.unix_millis().saturating_sub(now.wall.unix_millis());
        let is_short = |ends: &WallTime| u128::from(left(ends)) < CERTIFICATE_LEFT.as_millis();
        let wanted = self.certificate.filter(|_| self.settings.certificate);
        match wanted.filter(is_short) {
            Some(ends) => {
                #[expect(clippy::cast_precision_loss, reason = "at most 14 days")]
                let days = left(&ends) as f64 / 86_400_000.0;
                let entry: Entry = own::certificate(itself, ends, days, now.wall);
                self.fire(entry);
            }
            None => self.end(&itself, CERTIFICATE, "another is used", now),
        }
    }

    fn check_by(&mut self, at: Instant) {
        self.check_at = Some(self.check_at.map_or(at, |before| before.min(at)));
    }
}

impl Watched {
    fn is_forgotten(&self, now: WallTime) -> bool {
        let Some(away) = self.away else { return false };
        let silent = now.unix_millis().saturating_sub(away.wall.unix_millis());
        u128::from(silent) >= FORGET_AFTER.as_millis()
    }
}

/// FNV-1a: the same in every version.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |seed: u64, byte| {
        (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
