//! The engine: shows each figure to the rules that look at it, and keeps what follows from it.

use std::sync::Arc;

use super::rule::{series_key, text_key};
use super::series::{Phase, Series};
use super::{Alert, Change, IS_BUILT, Resolution, Rule, Subject};
use super::{affected, words};
use crate::limits::{
    ALERT_GAP_FACTOR, ALERT_GONE_AFTER, ALERT_GONE_LOOKS, ALERT_RULES_MAX, ALERT_SERIES_MAX,
    ALERTS_OPEN_MAX,
};
use crate::sample::Sample;
use crate::sample::metric::{Figure, LabelValue};
use crate::sample::table::METRICS;
use crate::sample::wanted::Wanted;
use crate::time::{Instant, Now, WallTime};

/// Every rule, and what was seen of the series they are for.
#[derive(Debug)]
pub struct Watch {
    rules: Vec<Watched>,
    /// What they look at.
    wanted: Wanted,
    /// Which of them look at each metric, by its number: a bit for each.
    looked_at: [u64; METRICS.len()],
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

/// What a figure is to a rule.
#[derive(Debug, Clone, Copy)]
struct Seen {
    value: f64,
    /// By how much its own limit moves the rule's line.
    shift: f64,
}

/// A rule as it is watched.
#[derive(Debug)]
struct Watched {
    rule: Arc<Rule>,
    seed: u64,
    /// Series of it that something is known of.
    series: u16,
    /// What came of the figures that are wanted together, and where the name of their row lies in
    /// the sample.
    row: usize,
    came: [Option<f64>; 3],
}

impl Watch {
    /// Of at most [`ALERT_RULES_MAX`] rules; `built` is a day that has surely passed.
    pub fn new(rules: &[Arc<Rule>], built: WallTime) -> Self {
        let mut watch = Self {
            rules: Vec::new(),
            wanted: Wanted::NONE,
            looked_at: [0; METRICS.len()],
            series: Vec::new(),
            unseen: 0,
            changes: Changes::default(),
            looked: None,
            built,
        };
        for (at, rule) in rules.iter().take(ALERT_RULES_MAX).enumerate() {
            for metric in rule.metrics().into_iter().flatten() {
                watch.wanted.add(metric);
                watch.looked_at[usize::from(metric.number)] |= 1 << at;
            }
            let (rule, seed) = (rule.clone(), rule.seed());
            watch.rules.push(Watched { rule, seed, series: 0, row: 0, came: [None; 3] });
        }
        watch
    }

    /// Looks at a sample; what fired and what is over by it.
    pub fn observe(&mut self, sample: &Sample, now: Now) -> &[Change] {
        self.changes.list.clear();
        if !IS_BUILT || self.rules.is_empty() && self.series.is_empty() {
            return &self.changes.list;
        }
        self.note_gap(now.instant);
        let wanted = self.wanted;
        sample.read_some(&wanted, |figure| self.look(figure, now));
        if let Some(rule) = self.clock() {
            self.judge(rule, None, Seen::flag(now.wall < self.built), now);
        }
        if !self.series.is_empty() {
            affected::name(&mut self.changes.list, &mut self.series, sample);
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
        self.series.iter().any(|series| series.alert_id() == Some(id))
    }

    /// Why an alert ended, by the last look.
    pub fn ending(&self, id: &str) -> Resolution {
        for change in &self.changes.list {
            if let Change::Resolved { id: ended, how, .. } = change
                && ended == id
            {
                return *how;
            }
        }
        Resolution::Gone
    }

    /// Series of which something is known: what fires, what may, and what has to be remembered.
    pub const fn series(&self) -> usize {
        self.series.len()
    }

    /// For each series that a rule looks at the alert that it would be: for owners who want to see.
    /// Nothing is judged, and nothing remembered.
    pub fn glance(&mut self, sample: &Sample, now: Now) -> Vec<Alert> {
        let mut seen = Vec::new();
        sample.read_some(&self.wanted, |figure| {
            let rules = self.looked_at[usize::from(figure.metric.number)];
            for (at, watched) in self.rules.iter_mut().enumerate() {
                if rules & 1 << at != 0
                    && watched.rule.wants(figure.labels)
                    && let Some(found) = watched.value(figure)
                {
                    let found = if watched.rule.remembers() { Seen::flag(false) } else { found };
                    seen.push(watched.alert(Some(figure), found, now));
                }
            }
        });
        if let Some(clock) = self.clock() {
            let is_wrong = Seen::flag(now.wall < self.built);
            seen.push(self.rules[clock].alert(None, is_wrong, now));
        }
        seen
    }

    /// Takes over an alert that a server knows to be open since before this start. One that fires
    /// already is left as it is.
    pub fn adopt(&mut self, id: &str, now: Now) {
        let key = id.rsplit_once('-').and_then(|(_, key)| u64::from_str_radix(key, 16).ok());
        // What is none of ours has a place, too, until it is given up.
        let key = key.unwrap_or_else(|| text_key(id));
        let found = self.series.binary_search_by_key(&key, |series| series.key);
        if found.is_ok_and(|at| self.series[at].alert_id().is_some())
            || self.changes.open >= ALERTS_OPEN_MAX
        {
            return;
        }
        let at = found.unwrap_or_else(|at| {
            self.series.insert(at, Series::new(key, 0.0, now.instant));
            at
        });
        self.series[at].phase = Phase::Unseen(id.to_owned());
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
    fn look(&mut self, figure: &Figure<'_>, now: Now) {
        let mut rules = self.looked_at[usize::from(figure.metric.number)];
        while rules != 0 {
            let at = rules.trailing_zeros() as usize;
            rules &= rules - 1;
            if let Some(seen) = self.rules[at].value(figure) {
                self.judge(at, Some(figure), seen, now);
            }
        }
    }

    /// The rule about the clock, which is no figure of a sample.
    fn clock(&self) -> Option<usize> {
        self.rules.iter().position(|watched| watched.rule.subject == Subject::Clock)
    }

    /// Judges one series of one rule by what is seen of it now.
    fn judge(&mut self, rule: usize, figure: Option<&Figure<'_>>, seen: Seen, now: Now) {
        let watched = &mut self.rules[rule];
        let labels = figure.map_or(&[][..], |figure| figure.labels);
        let begins = watched.rule.remembers() || watched.rule.test.is_met(seen.compared());
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
                self.series.insert(at, Series::new(key, seen.value, now.instant));
                at
            }
        };
        let series = &mut self.series[at];
        watched.series += u16::from(series.rule.is_none());
        let value = series.see(rule, &watched.rule, seen.value, now.instant);
        let seen = Seen { value, ..seen };
        let is_over = series.is_over(&watched.rule, seen.compared(), now.instant);
        let is_met = watched.rule.test.is_met(seen.compared());
        let phase = std::mem::replace(&mut series.phase, Phase::Well);
        self.unseen -= usize::from(matches!(phase, Phase::Unseen(_)));
        series.phase = match phase {
            Phase::Firing(_) | Phase::Unseen(_) if is_over => {
                self.changes.end(phase, Resolution::Over);
                Phase::Well
            }
            Phase::Firing(_) => phase,
            Phase::Unseen(_) => Phase::Firing(Arc::new(watched.alert(figure, seen, now))),
            Phase::Well | Phase::Pending(_) if !is_met => Phase::Well,
            Phase::Well | Phase::Pending(_) => {
                let since = if let Phase::Pending(since) = phase { since } else { now.instant };
                let is_held = now.instant.since(since) >= watched.rule.hold;
                if is_held && self.changes.open < ALERTS_OPEN_MAX {
                    let alert = Arc::new(watched.alert(figure, seen, now));
                    self.changes.open += 1;
                    self.changes.list.push(Change::Fired(alert.clone()));
                    Phase::Firing(alert)
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
            let watched = series.rule.and_then(|rule| rules.get_mut(rule));
            let matters = !matches!(series.phase, Phase::Well)
                || watched.as_ref().is_some_and(|watched| watched.rule.remembers());
            if matters && !series.is_gone(now.instant) {
                return true;
            }
            if let Some(watched) = watched {
                watched.series -= 1;
            }
            *unseen -= usize::from(matches!(series.phase, Phase::Unseen(_)));
            changes.end(std::mem::replace(&mut series.phase, Phase::Well), Resolution::Gone);
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
    /// Notes the end of the alert there is, if there is one.
    fn end(&mut self, phase: Phase, how: Resolution) {
        let (id, title) = match phase {
            Phase::Firing(alert) => (alert.id.clone(), alert.title.clone()),
            Phase::Unseen(id) => (id, String::new()),
            Phase::Well | Phase::Pending(_) => return,
        };
        self.open -= 1;
        self.list.push(Change::Resolved { id, title, how });
    }
}

impl Seen {
    fn flag(is_on: bool) -> Self {
        Self { value: f64::from(u8::from(is_on)), shift: 0.0 }
    }

    /// What the rule's own line is compared with.
    fn compared(self) -> f64 {
        moved(self.value, -self.shift)
    }
}

/// A figure and its limit have one decimal, and so has their difference; what is not moved stays.
fn moved(value: f64, shift: f64) -> f64 {
    if shift == 0.0 { value } else { ((value + shift) * 10.0).round() / 10.0 }
}

impl Watched {
    /// The alert that there is by what was seen.
    fn alert(&self, figure: Option<&Figure<'_>>, seen: Seen, now: Now) -> Alert {
        let labels = figure.map_or(&[][..], |figure| figure.labels);
        let key = series_key(self.seed, labels);
        // The figure that completed its row may be another of the rule's.
        let named = figure.zip(self.rule.subject.metric());
        let figure = named.map(|(figure, metric)| Figure { metric, ..*figure });
        let (rule, Seen { value, shift }) = (self.rule.clone(), seen);
        let threshold = moved(rule.test.threshold(), shift);
        let texts = words::of_alert(&rule, key, figure.as_ref(), value, threshold);
        let [id, series, title, message] = texts;
        let processes = Vec::new();
        Alert { id, rule, series, title, message, value, threshold, processes, at: now }
    }

    /// How much a figure is to the rule; `None` while another one of its row is missing, or where
    /// nothing is to be watched.
    fn value(&mut self, figure: &Figure<'_>) -> Option<Seen> {
        let row = row(figure);
        if row != self.row {
            (self.row, self.came) = (row, [None; 3]);
        }
        let metrics = self.rule.metrics();
        for (came, metric) in self.came.iter_mut().zip(metrics) {
            match metric {
                Some(metric) if metric.number == figure.metric.number => {
                    *came = Some(figure.value.get());
                }
                Some(_) => {}
                None => *came = Some(0.0),
            }
        }
        let [Some(value), other, Some(unless)] = self.came else { return None };
        let seen = match self.rule.subject {
            Subject::Share(..) => Seen { value: 100.0 * value / other?, shift: 0.0 },
            // It came before, or there is none.
            Subject::Limited(_, _, usual) => {
                Seen { value, shift: other.map_or(0.0, |limit| limit - usual) }
            }
            Subject::Figure(_) | Subject::Growth(..) | Subject::Turned(_) | Subject::Clock => {
                Seen { value, shift: 0.0 }
            }
        };
        self.came = [None; 3];
        (unless <= 0.0 && seen.value.is_finite()).then_some(seen)
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
