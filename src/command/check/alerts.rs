//! `kinglet check --alerts`: what is watched, how it stands, and what would fire.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

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
    let mut watch = Watch::new(&config.alerts, clock::built());
    let seen = watch.glance(sampler.sample_mut(), clock::now());
    let mut rows = Vec::new();
    for rule in &config.alerts {
        add_rows(&mut rows, rule, &seen);
    }
    page.block("ALERTS", &[], rows)?;
    stdout.flush().map(|()| Outcome::Good)
}

/// Of a rule every series that would fire; where none would, the one that is nearest to it.
fn add_rows(rows: &mut Vec<Row>, rule: &Arc<Rule>, seen: &[Alert]) {
    let mut nearest: Option<&Alert> = None;
    for alert in seen.iter().filter(|alert| Arc::ptr_eq(&alert.rule, rule)) {
        if alert.is_met() {
            rows.push(row(rule, Some(alert)));
        }
        if nearest.is_none_or(|nearest| distance(rule, alert) < distance(rule, nearest)) {
            nearest = Some(alert);
        }
    }
    if !nearest.is_some_and(Alert::is_met) {
        rows.push(row(rule, nearest));
    }
}

/// One series of a rule, or that there is none.
fn row(rule: &Rule, seen: Option<&Alert>) -> Row {
    let hold = |word: &str| match rule.hold {
        Duration::ZERO => String::new(),
        hold => format!(" {word} {}", show(hold)),
    };
    let threshold = seen.map_or(rule.test.threshold(), |alert| alert.threshold);
    let line = Shown(threshold, rule.unit());
    let way = match rule.test {
        Test::Above(_) => "above ",
        Test::Below(_) => "below ",
        Test::Equals(_) if rule.unit() == Unit::Switch => "",
        Test::Equals(_) => "equal to ",
    };
    let mut series = rule.subject.metric().map_or("", |metric| metric.name);
    let (mut value, mut verdict) = (String::new(), "this host has no such figure".to_owned());
    if let Some(alert) = seen {
        series = &alert.series;
        value = Shown(alert.value, rule.unit()).to_string();
        verdict = if alert.is_met() {
            format!("WOULD FIRE{}: {}", hold("after"), alert.message)
        } else {
            "well".to_owned()
        };
    }
    let condition = format!("{way}{line}{}", hold("for"));
    let (name, level) = (rule.name.to_string(), rule.level.name().to_owned());
    vec![name, series.to_owned(), level, condition, value, verdict]
}

/// How far a series is from firing: the less, the nearer.
fn distance(rule: &Rule, alert: &Alert) -> f64 {
    match rule.test {
        Test::Above(_) => alert.threshold - alert.value,
        Test::Below(_) => alert.value - alert.threshold,
        Test::Equals(wanted) => (wanted - alert.value).abs(),
    }
}
