//! `kinglet check --alerts`: what is watched, how it stands, and what would fire.

use std::io::{self, IsTerminal, Write};

use kinglet_host::Sampler;
use kinglet_host::limits::{BACKGROUND_PATIENCE_MAX, STATFS_TIMEOUT};
use kinglet_proto::alert::{Alert, Rule, Shown, Test, Watch};
use kinglet_proto::sample::metric::Unit;
use nix::poll::{PollTimeout, poll};

use crate::clock;
use crate::command::Outcome;
use crate::command::table::{Page, Row};
use crate::config::{Config, show};
use crate::limits::FIRST_WINDOW;
use crate::options::{Given, Table};

/// Takes two looks a short window apart, as `sample` does, and shows them to every rule.
pub fn alerts(config: &Config, given: &Given) -> io::Result<Outcome> {
    let mut sampler = Sampler::new(&config.roots, &config.collect);
    sampler.set_patience(BACKGROUND_PATIENCE_MAX);
    sampler.collect(clock::now());
    poll(&mut [], PollTimeout::try_from(FIRST_WINDOW).unwrap_or(PollTimeout::ZERO))?;
    sampler.collect(clock::now());
    sampler.wait(STATFS_TIMEOUT);
    let mut stdout = io::stdout().lock();
    let bold = stdout.is_terminal() && given.text(Table::Top, "no_color").is_none();
    let mut page = Page { out: &mut stdout, bold };
    let mut watch = Watch::new(config.alerts.clone(), clock::built());
    let mut seen: Vec<Vec<Alert>> = config.alerts.iter().map(|_| Vec::new()).collect();
    watch.glance(sampler.sample_mut(), clock::now(), |at, alert| {
        seen.get_mut(at).into_iter().for_each(|of_rule| of_rule.push(alert.clone()));
    });
    let rules = config.alerts.iter().zip(seen);
    let rows = rules.flat_map(|(rule, seen)| rows(rule, seen)).collect();
    page.block("ALERTS", &[], rows)?;
    stdout.flush().map(|()| Outcome::Good)
}

/// Of a rule every series that would fire; where none would, the one that is nearest to it.
fn rows(rule: &Rule, mut seen: Vec<Alert>) -> Vec<Row> {
    let is_met = |alert: &Alert| rule.test.is_met(alert.value);
    seen.sort_by(|one, other| distance(rule, one).total_cmp(&distance(rule, other)));
    let fires = seen.iter().filter(|alert| is_met(alert)).count();
    seen.truncate(fires.max(1));
    let head = |series: &str| {
        let (name, level) = (rule.name.to_string(), rule.level.name().to_owned());
        vec![name, series.to_owned(), level, condition(rule)]
    };
    let row = |alert: &Alert| {
        let verdict = match (is_met(alert), rule.hold.is_zero()) {
            (false, _) => "well".to_owned(),
            (true, true) => format!("WOULD FIRE: {}", alert.message),
            (true, false) => {
                format!("WOULD FIRE after {}: {}", show(rule.hold), alert.message)
            }
        };
        let mut row = head(if alert.series == rule.name { "" } else { &alert.series });
        row.extend([Shown(alert.value, rule.unit()).to_string(), verdict]);
        row
    };
    if seen.is_empty() {
        let mut row = head(rule.subject.metric().map_or("", |metric| metric.name));
        row.extend([String::new(), "this host has no such figure".to_owned()]);
        return vec![row];
    }
    seen.iter().map(row).collect()
}

/// How far a series is from firing: the less, the nearer.
fn distance(rule: &Rule, alert: &Alert) -> f64 {
    match rule.test {
        Test::Above(line) => line - alert.value,
        Test::Below(line) => alert.value - line,
        Test::Equals(wanted) => (wanted - alert.value).abs(),
    }
}

fn condition(rule: &Rule) -> String {
    let line = Shown(rule.test.threshold(), rule.unit());
    let when = match rule.test {
        Test::Above(_) => format!("above {line}"),
        Test::Below(_) => format!("below {line}"),
        Test::Equals(_) if rule.unit() == Unit::Switch => line.to_string(),
        Test::Equals(_) => format!("equal to {line}"),
    };
    if rule.hold.is_zero() { when } else { format!("{when} for {}", show(rule.hold)) }
}
