//! The engine: shows each figure to the rules that look at it, and keeps what follows from it.

use std::sync::Arc;

use super::rule::{series_key, text_key};
use super::series::{Phase, Series};
use super::{Alert, Change, Level, Resolution, Rule, Subject};
use crate::limits::{
    ALERT_GAP_FACTOR, ALERT_GONE_AFTER, ALERT_GONE_LOOKS, ALERT_RULES_MAX, ALERT_SERIES_MAX,
    ALERTS_OPEN_MAX,
};
use crate::sample::Sample;
use crate::sample::metric::{Figure, LabelValue};
use crate::sample::table::METRICS;
use crate::time::{Instant, Now, WallTime};

/// Every rule, and what was seen of the series they are for.
#[derive(Debug)]
pub struct Watch {
    rules: Vec<Watched>,
    /// Which rules look at which metric, by its number: first all of one metric, then the next.
    links: Vec<Link>,
    /// Where in `links` each metric's begin, counted from 1; 0 for one that no rule looks at.
    first: [u8; METRICS.len()],
    /// What is known of series, by their keys, in order.
    series: Vec<Series>,
    /// Alerts that were taken over and not seen yet.
    unseen: usize,
    changes: Changes,
    /// The last look, and how long it was after the one before.
    looked: Option<(Instant, u64)>,
    /// The clock cannot be right before this.
    built: WallTime,
}

/// A rule as it is watched.
#[derive(Debug)]
struct Watched {
    rule: Rule,
    seed: u64,
    /// Series of it that something is known of.
    series: u16,
    /// Of two figures that are wanted together the one that came first: where its row's name lies
    /// in the sample, and how much it was.
    half: Option<(usize, f64)>,
}

#[derive(Debug, Clone, Copy)]
struct Link {
    metric: u16,
    rule: u8,
}

impl Watch {
    /// Of at most [`ALERT_RULES_MAX`] rules; `built` is a day that has surely passed.
    pub fn new(mut rules: Vec<Rule>, built: WallTime) -> Self {
        rules.truncate(ALERT_RULES_MAX);
        let mut links = Vec::new();
        for (rule, at) in rules.iter().zip(0_u8..) {
            links.extend(rule.subject.metrics().map(|metric| (metric.number, at)));
        }
        links.sort_unstable();
        let mut first = [0; METRICS.len()];
        for (&(metric, _), at) in links.iter().zip(1_u8..) {
            let first = &mut first[usize::from(metric)];
            if *first == 0 {
                *first = at;
            }
        }
        let watched = |rule: Rule| Watched { seed: rule.seed(), rule, series: 0, half: None };
        Self {
            rules: rules.into_iter().map(watched).collect(),
            links: links.into_iter().map(|(metric, rule)| Link { metric, rule }).collect(),
            first,
            series: Vec::new(),
            unseen: 0,
            changes: Changes::default(),
            looked: None,
            built,
        }
    }

    /// The rules, in their order.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|watched| &watched.rule)
    }

    /// Looks at a sample; what fired and what is over by it.
    pub fn observe(&mut self, sample: &Sample, now: Now) -> &[Change] {
        self.changes.list.clear();
        if self.rules.is_empty() && self.series.is_empty() {
            return &self.changes.list;
        }
        self.note_gap(now.instant);
        sample.read(|figure| {
            let at = self.first.get(usize::from(figure.metric.number)).copied().unwrap_or(0);
            if at > 0 {
                self.look(usize::from(at) - 1, figure, now);
            }
        });
        self.look_at_clock(now);
        if !self.series.is_empty() {
            self.sweep(now);
        }
        &self.changes.list
    }

    /// What fires now, in no order that means anything. What was taken over is among it once it
    /// was seen.
    pub fn open(&self) -> impl Iterator<Item = &Arc<Alert>> {
        self.series.iter().filter_map(|series| match &series.phase {
            Phase::Firing(alert) => Some(alert),
            Phase::Unseen(_) | Phase::Well | Phase::Pending(_) => None,
        })
    }

    /// Whether this alert fires, or was taken over and may.
    pub fn holds(&self, id: &str) -> bool {
        self.series.iter().filter_map(Series::alert).any(|alert| alert.id == id)
    }

    /// Why an alert ended, by the last look.
    pub fn ending(&self, id: &str) -> Resolution {
        let found = self.changes.list.iter().find_map(|change| match change {
            Change::Resolved(alert, how) if alert.id == id => Some(*how),
            Change::Resolved(..) | Change::Fired(_) => None,
        });
        found.unwrap_or(Resolution::Gone)
    }

    /// Series of which something is known: what fires, what may, and what has to be remembered.
    pub const fn series(&self) -> usize {
        self.series.len()
    }

    /// Hands what each rule looks at to `take`, by the rule's place and with the alert it would
    /// be: for owners who want to see. Nothing is judged, and nothing remembered.
    pub fn glance(&mut self, sample: &Sample, now: Now, mut take: impl FnMut(usize, Alert)) {
        let mut show = |at: usize, of: &Watched, figure: Option<&Figure<'_>>, seen: f64| {
            let labels = figure.map_or(&[][..], |figure| figure.labels);
            if of.rule.wants(labels) {
                let value = if of.rule.remembers() { 0.0 } else { seen };
                take(at, of.rule.alert(series_key(of.seed, labels), figure, value, now));
            }
        };
        sample.read(|figure| {
            for (at, watched) in self.rules.iter_mut().enumerate() {
                let number = figure.metric.number;
                if watched.rule.subject.metrics().any(|metric| metric.number == number)
                    && let Some(value) = watched.value(figure)
                {
                    show(at, watched, Some(figure), value);
                }
            }
        });
        for (at, watched) in self.rules.iter().enumerate() {
            if watched.rule.subject == Subject::Clock {
                show(at, watched, None, f64::from(u8::from(now.wall < self.built)));
            }
        }
    }

    /// Takes over an alert that a server knows to be open since before this start. One that fires
    /// already is left as it is.
    pub fn adopt(&mut self, id: &str, kind: &str, level: Level, now: Now) {
        let key = id.rsplit('-').next().and_then(|key| u64::from_str_radix(key, 16).ok());
        // What is none of ours has a place, too, until it is given up.
        let key = key.unwrap_or_else(|| text_key(id));
        let found = self.series.binary_search_by_key(&key, |series| series.key);
        if found.is_ok_and(|at| self.series[at].alert().is_some())
            || self.changes.open >= ALERTS_OPEN_MAX
        {
            return;
        }
        let alert = Alert {
            id: id.to_owned(),
            kind: kind.to_owned(),
            level,
            rule: String::new(),
            series: String::new(),
            title: String::new(),
            message: String::new(),
            value: 0.0,
            threshold: 0.0,
            suggestion: String::new(),
            at: now,
        };
        let at = found.unwrap_or_else(|at| {
            self.series.insert(at, Series::new(key, 0.0, now.instant));
            at
        });
        self.series[at].phase = Phase::Unseen(Arc::new(alert));
        self.changes.open += 1;
        self.unseen += 1;
    }

    /// After a pause in which nobody looked, as when the host slept, nothing is known of the time
    /// between: what was about to fire is held against its series anew.
    fn note_gap(&mut self, now: Instant) {
        let Some((last, usual)) = self.looked else {
            self.looked = Some((now, 0));
            return;
        };
        let step = now.as_millis().saturating_sub(last.as_millis());
        if usual > 0 && step / ALERT_GAP_FACTOR > usual {
            for series in &mut self.series {
                if let Phase::Pending(since) = &mut series.phase {
                    *since = now;
                }
            }
        }
        self.looked = Some((now, step));
    }

    /// Shows a figure to every rule that looks at it.
    fn look(&mut self, from: usize, figure: &Figure<'_>, now: Now) {
        let number = figure.metric.number;
        for at in from..self.links.len() {
            let Link { metric, rule } = self.links[at];
            if metric != number {
                return;
            }
            let watched = &mut self.rules[usize::from(rule)];
            if let Some(value) = watched.value(figure) {
                self.judge(rule, Some(figure), value, now);
            }
        }
    }

    /// The clock is no figure of a sample.
    fn look_at_clock(&mut self, now: Now) {
        let clock = self.rules.iter().position(|watched| watched.rule.subject == Subject::Clock);
        if let Some(rule) = clock.and_then(|rule| u8::try_from(rule).ok()) {
            let is_wrong = now.wall < self.built;
            self.judge(rule, None, f64::from(u8::from(is_wrong)), now);
        }
    }

    /// Judges one series of one rule by what is seen of it now.
    fn judge(&mut self, number: u8, figure: Option<&Figure<'_>>, seen: f64, now: Now) {
        let Some(watched) = self.rules.get_mut(usize::from(number)) else { return };
        let labels = figure.map_or(&[][..], |figure| figure.labels);
        let begins = watched.rule.remembers() || watched.rule.test.is_met(seen);
        // Most figures are well, and nothing is known of any of their rule.
        let matters = begins || watched.series > 0 || self.unseen > 0;
        if !matters || !watched.rule.wants(labels) {
            return;
        }
        let key = series_key(watched.seed, labels);
        let at = match self.series.binary_search_by_key(&key, |series| series.key) {
            Ok(at) => at,
            Err(_) if !begins || self.series.len() >= ALERT_SERIES_MAX => return,
            Err(at) => {
                self.series.insert(at, Series::new(key, seen, now.instant));
                at
            }
        };
        let series = &mut self.series[at];
        watched.series += u16::from(series.rule.is_none());
        let value = series.see(number, &watched.rule, seen, now.instant);
        let alert = || Arc::new(watched.rule.alert(key, figure, value, now));
        let is_over = watched.rule.is_over(value);
        series.phase = match std::mem::replace(&mut series.phase, Phase::Well) {
            Phase::Firing(alert) if is_over => self.changes.end(alert, Resolution::Over),
            firing @ Phase::Firing(_) => firing,
            Phase::Unseen(alert) if is_over => {
                self.unseen -= 1;
                self.changes.end(alert, Resolution::Over)
            }
            Phase::Unseen(_) => {
                self.unseen -= 1;
                Phase::Firing(alert())
            }
            Phase::Well | Phase::Pending(_) if !watched.rule.test.is_met(value) => Phase::Well,
            phase @ (Phase::Well | Phase::Pending(_)) => {
                let since = if let Phase::Pending(since) = phase { since } else { now.instant };
                let is_held = now.instant.since(since) >= watched.rule.hold;
                if is_held && self.changes.open < ALERTS_OPEN_MAX {
                    self.changes.begin(alert())
                } else {
                    Phase::Pending(since)
                }
            }
        };
    }

    /// Forgets what is well, and what has not been seen for long.
    fn sweep(&mut self, now: Now) {
        let Self { rules, series, unseen, changes, .. } = self;
        series.retain_mut(|series| {
            let watched = series.rule.and_then(|rule| rules.get_mut(usize::from(rule)));
            let matters = !matches!(series.phase, Phase::Well)
                || watched.as_ref().is_some_and(|watched| watched.rule.remembers());
            if matters && !series.is_gone(now.instant) {
                return true;
            }
            if let Some(watched) = watched {
                watched.series -= 1;
            }
            match std::mem::replace(&mut series.phase, Phase::Well) {
                Phase::Firing(alert) => drop(changes.end(alert, Resolution::Gone)),
                Phase::Unseen(alert) => {
                    *unseen -= 1;
                    drop(changes.end(alert, Resolution::Gone));
                }
                Phase::Well | Phase::Pending(_) => {}
            }
            false
        });
    }
}

/// What a look brought about so far.
#[derive(Debug, Default)]
struct Changes {
    list: Vec<Change>,
    /// Alerts that are open by now, among them those that were taken over and not seen yet.
    open: usize,
}

impl Changes {
    fn begin(&mut self, alert: Arc<Alert>) -> Phase {
        self.open += 1;
        self.list.push(Change::Fired(alert.clone()));
        Phase::Firing(alert)
    }

    fn end(&mut self, alert: Arc<Alert>, how: Resolution) -> Phase {
        self.open -= 1;
        self.list.push(Change::Resolved(alert, how));
        Phase::Well
    }
}

impl Watched {
    /// How much a figure is to the rule; `None` while the other one of two is missing.
    fn value(&mut self, figure: &Figure<'_>) -> Option<f64> {
        let value = figure.value.get();
        let Subject::Share(part, _) = self.rule.subject else { return Some(value) };
        let row = row(figure);
        let Some((_, other)) = self.half.take_if(|(of, _)| *of == row) else {
            self.half = Some((row, value));
            return None;
        };
        self.half = None;
        let (part, whole) =
            if figure.metric.number == part.number { (value, other) } else { (other, value) };
        (whole > 0.0).then_some(100.0 * part / whole)
    }
}

/// Where the name of a figure's row lies in the sample, which is one place for all of its figures.
fn row(figure: &Figure<'_>) -> usize {
    match figure.labels.first().map(|label| label.value) {
        Some(LabelValue::Text(text)) => text.as_ptr() as usize,
        Some(LabelValue::Number(number)) => number,
        None => 0,
    }
}

impl Series {
    /// Whether it was not there for long.
    fn is_gone(&mut self, now: Instant) -> bool {
        if self.seen == now {
            self.missed = 0;
            return false;
        }
        self.missed = self.missed.saturating_add(1);
        self.missed >= ALERT_GONE_LOOKS && now.since(self.seen) >= ALERT_GONE_AFTER
    }
}
