//! What one server was told of alerts and of what else happened, and what it has still to hear.
//!
//! Each piece of news has a number that rises in the course of a boot, over starts of the agent
//! too: the milliseconds since boot, or one more than the one before. It names the one before it,
//! so that a server sees when one is missing and takes none twice. What a server has not said that
//! it has is told again: on the next connection, or when it turns out that it was not taken.
//!
//! Nothing is said on a connection before the server greets, for its greeting says what it knows.

use std::sync::Arc;

use super::{Alert, IS_BUILT, Level, Resolution, Rule, Watch};
use crate::host::{BootCause, Host};
use crate::limits::{ALERT_NEWS_MAX, ALERTS_KNOWN_MAX, OCCURRENCES_MAX};
use crate::occurrence::Occurrence;
use crate::time::{Instant, Now, WallTime};

/// The news of one host at one server.
#[derive(Debug, Default)]
pub struct Book {
    /// Which boot this is; empty where nobody knows.
    boot_id: String,
    boot_cause: Option<BootCause>,
    /// When this agent began to look.
    began: Option<Instant>,
    /// The server was told that it did, or will be.
    has_begun: bool,
    /// Open there once all news has arrived.
    told: Vec<Known>,
    news: Vec<Entry>,
    /// The number of the last news.
    number: u64,
    /// The server has all up to here.
    heard: u64,
    /// The last that was told on this connection, or that the server had when it began.
    sent: u64,
    /// The server has said what it knows.
    greeted: bool,
    /// It says of news that it has them.
    answers: bool,
    /// It has said what it holds to be open, and who watches has not heard so.
    has_said: bool,
    /// What it was told and may have forgotten.
    forgotten: Vec<Known>,
}

/// An alert as far as a server's word for it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub kind: String,
    /// How bad it is.
    pub level: Level,
}

/// What a server says of a host's alerts when it greets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Greeting {
    /// The boot and the number of the last news it has; `None` where it has none.
    pub heard: Option<(String, u64)>,
    /// What it holds to be open.
    pub open: Vec<Known>,
}

/// Something to be told.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// An alert fires.
    Fired(Arc<Alert>),
    /// It is over.
    Resolved(Known, Resolution, WallTime),
    /// Something happened.
    Happened(Occurrence),
}

/// News with its place.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    /// What is to be told.
    pub news: &'a News,
    /// Its number.
    pub number: u64,
    /// The number of what was told before it; 0 for nothing.
    pub after: u64,
    /// When it happened.
    pub at: Instant,
}

#[derive(Debug)]
struct Entry {
    news: News,
    number: u64,
    at: Instant,
    /// How many reports went before it on this connection, once it is told.
    sent: Option<u64>,
}

impl News {
    /// The alert that it is about.
    fn alert_id(&self) -> Option<&str> {
        match self {
            Self::Fired(alert) => Some(&alert.id),
            Self::Resolved(known, ..) => Some(&known.id),
            Self::Happened(_) => None,
        }
    }

    const fn is_fired(&self) -> bool {
        matches!(self, Self::Fired(_))
    }
}

impl Entry {
    const fn is_of_alert(&self) -> bool {
        match self.news {
            News::Fired(_) | News::Resolved(..) => true,
            News::Happened(_) => false,
        }
    }
}

impl Known {
    pub(super) fn of(alert: &Alert) -> Self {
        let Rule { level, .. } = *alert.rule;
        Self { id: alert.id.clone(), kind: alert.rule.kind().to_owned(), level }
    }
}

impl Book {
    /// Of this boot of a host.
    pub fn new(host: &Host) -> Self {
        let Host { boot_id, boot_cause, .. } = host;
        Self { boot_id: boot_id.clone(), boot_cause: *boot_cause, ..Self::default() }
    }

    /// The server has heard of this start already, by another book.
    pub fn resume(&mut self) {
        self.has_begun = true;
    }

    /// Notes what happened.
    pub fn note(&mut self, occurrences: &[Occurrence], now: Now) {
        self.began.get_or_insert(now.instant);
        for occurrence in occurrences {
            self.push_occurrence(occurrence.clone(), now.instant);
        }
    }

    /// Notes what a look brought about: what fires and was not told, and what was told and is over.
    pub fn observe(&mut self, watch: &Watch, now: Now) {
        for alert in watch.open() {
            if self.told.len() < ALERTS_KNOWN_MAX && !has(&self.told, &alert.id) {
                self.told.push(Known::of(alert));
                self.push(News::Fired(alert.clone()), now.instant);
            }
        }
        for known in std::mem::take(&mut self.forgotten) {
            if !watch.holds(&known.id) && !has(&self.told, &known.id) {
                self.told.push(known);
            }
        }
        let mut at = 0;
        while let Some(known) = self.told.get(at) {
            if watch.holds(&known.id) {
                at += 1;
                continue;
            }
            let known = self.told.remove(at);
            let how = watch.ending(&known.id);
            self.push(News::Resolved(known, how, now.wall), now.instant);
        }
    }

    /// The server greets, and says what it knows where it can.
    pub fn handle_greeting(&mut self, greeting: Option<Box<Greeting>>, now: Now) {
        self.greeted = true;
        self.answers = greeting.is_some();
        self.began.get_or_insert(now.instant);
        let Some(greeting) = greeting.filter(|_| IS_BUILT) else { return self.begin(false) };
        let Greeting { heard, open } = *greeting;
        let before = std::mem::take(&mut self.heard);
        let ours = heard.as_ref().filter(|(boot, _)| !boot.is_empty() && *boot == self.boot_id);
        let is_anothers = heard.is_some() && ours.is_none();
        let is_known = |boot: &str| !boot.is_empty() && !self.boot_id.is_empty();
        let is_rebooted = is_anothers && heard.as_ref().is_some_and(|(boot, _)| is_known(boot));
        self.handle_ack(ours.map_or(0, |(_, number)| *number));
        self.number = self.number.max(self.heard);
        self.rewind();
        // What it holds to be open, and what becomes of that by the news that it may not have.
        let told = std::mem::replace(&mut self.told, open);
        self.told.truncate(ALERTS_KNOWN_MAX);
        for Entry { news, .. } in &self.news {
            match news {
                News::Fired(alert) if has(&self.told, &alert.id) => {}
                News::Fired(alert) => self.told.push(Known::of(alert)),
                News::Resolved(over, ..) => self.told.retain(|known| known.id != over.id),
                News::Happened(_) => {}
            }
        }
        self.begin(is_rebooted);
        self.has_said = true;
        if self.heard < before && !is_anothers {
            self.forgotten = told;
        }
    }

    /// What a server has just said to be open, to be taken over by who watches where that is from
    /// before this start.
    pub fn take_said(&mut self) -> &[Known] {
        if std::mem::take(&mut self.has_said) { &self.told } else { &[] }
    }

    /// The next that can be told; `None` while nothing can.
    pub fn next(&self) -> Option<Telling<'_>> {
        let Entry { news, number, at, .. } =
            self.news.iter().find(|entry| entry.sent.is_none()).filter(|_| self.greeted)?;
        Some(Telling { news, number: *number, after: self.sent, at: *at })
    }

    /// How much can be told.
    pub fn waiting(&self) -> usize {
        let waits = |entry: &&Entry| entry.sent.is_none();
        if self.greeted { self.news.iter().filter(waits).count() } else { 0 }
    }

    /// The next is told, after so many reports on this connection.
    pub fn handle_sent(&mut self, reports: u64) {
        if let Some(entry) = self.news.iter_mut().find(|entry| entry.sent.is_none()) {
            entry.sent = Some(reports);
            self.sent = entry.number;
        }
    }

    /// The server has all news up to this number.
    pub fn handle_ack(&mut self, number: u64) {
        self.heard = self.heard.max(number);
        self.news.retain(|entry| entry.number > number);
    }

    /// The server has the report of this place on the connection. What was told before it has come
    /// there too, if the server says nothing about news; else it was not taken, and is told again.
    pub fn handle_report_ack(&mut self, report: u64) {
        self.greeted = true; // not every server greets
        self.begin(false);
        let went_before = |entry: &Entry| entry.sent.is_some_and(|sent| sent < report);
        if !self.answers {
            self.news.retain(|entry| !went_before(entry));
        } else if self.news.iter().any(went_before) {
            self.rewind();
        }
    }

    /// Something was not taken, and the server does not say what: all is told again.
    pub fn handle_refused(&mut self) {
        self.rewind();
    }

    /// The connection is gone.
    pub fn handle_lost(&mut self) {
        self.greeted = false;
        self.rewind();
    }

    /// How many pieces of news the server is not known to have.
    pub fn len(&self) -> usize {
        self.news.len()
    }

    /// Whether the server has all news.
    pub fn is_empty(&self) -> bool {
        self.news.is_empty()
    }

    fn rewind(&mut self) {
        self.sent = self.heard;
        for entry in &mut self.news {
            entry.sent = None;
        }
    }

    /// Tells once that the agent was started, and whether the host was, since the server heard of
    /// it last: no agent lives longer than its host.
    fn begin(&mut self, is_rebooted: bool) {
        let Some(at) = self.began.filter(|_| IS_BUILT && !self.has_begun) else { return };
        self.has_begun = true;
        let uptime = at.as_millis() / 1000;
        self.push_occurrence(
            match is_rebooted {
                true => Occurrence::Rebooted(self.boot_cause, uptime),
                false => Occurrence::Started(uptime),
            },
            at,
        );
    }

    fn push_occurrence(&mut self, occurrence: Occurrence, at: Instant) {
        let mut others = self.news.iter().enumerate().filter(|(_, entry)| !entry.is_of_alert());
        if let Some((oldest, _)) = others.next()
            && others.count() + 1 >= OCCURRENCES_MAX
        {
            self.news.remove(oldest);
        }
        self.push(News::Happened(occurrence), at);
    }

    fn push(&mut self, news: News, at: Instant) {
        let of_alerts = self.news.iter().filter(|entry| entry.is_of_alert());
        if of_alerts.count() >= ALERT_NEWS_MAX {
            self.forget_one();
        }
        self.number = at.as_millis().max(self.number + 1);
        self.news.push(Entry { news, number: self.number, at, sent: None });
    }

    /// Leaves out two pieces of news that undo each other: the oldest such of one alert.
    fn forget_one(&mut self) {
        let later = |at: usize| {
            let first = &self.news.get(at)?.news;
            let undoes = |other: &Entry| {
                first.alert_id().is_some()
                    && other.news.alert_id() == first.alert_id()
                    && other.news.is_fired() != first.is_fired()
            };
            let second = at + 1 + self.news.iter().skip(at + 1).position(undoes)?;
            Some((at, second))
        };
        if let Some((first, second)) = (0..self.news.len()).find_map(later) {
            self.news.remove(second);
            self.news.remove(first);
        }
    }
}

fn has(list: &[Known], id: &str) -> bool {
    list.iter().any(|known| known.id == id)
}

#[cfg(test)]
mod tests;
