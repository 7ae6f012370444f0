//! `kinglet-hub alert`: the rules of alerts, as files that a running hub takes.

use std::sync::Arc;

use clap::{Args, Subcommand};
use kinglet_hub::alert::{Scope, fleet_rule_names};
use kinglet_hub::clock;
use kinglet_hub::config::{self, Config};
use kinglet_hub::drop_in::{self, Sort};
use kinglet_hub::history::Point;
use kinglet_hub::store::{self, Recent};
use kinglet_proto::alert::{Rule, Test as Threshold};
use kinglet_proto::pattern::matches;
use kinglet_proto::sample::metric::Metric;

use super::Failure;
use super::keys::{Set, Where, Which, named, place, print, show};

#[derive(Debug, Subcommand)]
pub(super) enum Alert {
    /// Name each rule of your own, what it looks at and where it stands, and those built in
    List(Where),
    /// Print the keys of one
    Show(Which),
    /// Add one, or change what is named
    Set(Set),
    /// Remove one that has a file of its own; its alerts are over
    Remove(Which),
    /// Say of which hosts it is met by what was kept last
    Test(Test),
}

#[derive(Debug, Args)]
pub(super) struct Test {
    #[command(flatten)]
    which: Which,
    /// Of this host alone
    #[arg(long, value_name = "ID")]
    host: Option<String>,
}

const SORT: Sort = Sort::Rule;
/// A figure that is older is none of now.
const RECENT_MS: u64 = 5 * 60 * 1000;

pub(super) fn alert(wanted: Alert) -> Result<(), Failure> {
    let file = match &wanted {
        Alert::List(place) => &place.config,
        Alert::Show(which) | Alert::Remove(which) => &which.place.config,
        Alert::Set(set) => &set.place.config,
        Alert::Test(test) => &test.which.place.config,
    };
    let config = config::read(file).map_err(Failure::Config)?;
    let (base, all) = (&config.base, &config.pieces.rules);
    match wanted {
        Alert::List(_) => list(&config),
        Alert::Show(which) => show(base, named(all, SORT, &which.name)?),
        Alert::Set(set) => {
            let before = named(all, SORT, set.name()).map(|piece| piece.keys.clone());
            set.set(base, SORT, before.unwrap_or_default())
        }
        Alert::Remove(which) => {
            drop_in::remove(base, SORT, &which.name).map_err(Failure::Refused)?;
            print(&format!("{}: removed", which.name))
        }
        Alert::Test(test) => {
            let piece = named(all, SORT, &test.which.name)?;
            try_rule(&config, &piece.means, test.host.as_deref())
        }
    }
}

fn list(config: &Config) -> Result<(), Failure> {
    for piece in &config.pieces.rules {
        let name = if piece.name.is_empty() { "(no name)" } else { &piece.name };
        let (_, rule) = &piece.means;
        let metric = rule.subject.metric().map_or("", |metric| metric.name);
        let (how, line) = (word(rule.test), rule.test.threshold());
        let at = place(&config.base, &piece.place);
        print(&format!("{name}: {metric} {how} {line}, {}, {at}", rule.level.name()))?;
    }
    let is_on = |name: &&str| config.alerts.fleet.iter().any(|rule| rule.name == *name);
    let on: Vec<_> = fleet_rule_names().filter(is_on).collect();
    print(&format!("built in, for hosts whose agents have none: {}", on.join(", ")))
}

/// Says where the rule is met. What is kept is as old as the history's last commit.
fn try_rule(
    config: &Config,
    (scope, rule): &(Scope, Arc<Rule>),
    only: Option<&str>,
) -> Result<(), Failure> {
    let (Some(path), Some(metric)) = (&config.store.path, rule.subject.metric()) else {
        let what = "the history is kept in memory only: the running hub alone knows the figures";
        return Err(Failure::History(what.to_owned()));
    };
    let group_of = |id: &str| {
        let known = config.settings.hosts.iter().find(|(known, _)| known.as_str() == id);
        known.and_then(|(_, label)| label.group.clone()).unwrap_or_default()
    };
    let now = clock::now().wall.unix_millis();
    let held = u64::try_from(rule.hold.as_millis()).unwrap_or(u64::MAX);
    let from = now.saturating_sub(held).saturating_sub(RECENT_MS);
    let all = store::latest(path, metric, from);
    let all = all.map_err(|error| Failure::Store(path.clone(), error))?;
    let is_meant = |one: &&Recent| {
        only.is_none_or(|id| id == one.host)
            && scope.covers_host(&one.host, &group_of(&one.host))
            && is_wanted(rule, metric, &one.labels)
    };
    let meant: Vec<&Recent> = all.iter().filter(is_meant).collect();
    let met: Vec<_> = meant.iter().filter(|one| is_met(rule, &one.points, now)).collect();
    for Recent { host, labels, points } in &met {
        let value = points.last().map(|point| point.mean).unwrap_or_default();
        let labels = labels.iter().map(|label| format!(" {label}")).collect::<String>();
        print(&format!("{host}: {}{labels} is {value}: it would fire", metric.name))?;
    }
    print(&format!("{} series were looked at, {} would fire", meant.len(), met.len()))
}

/// Whether a rule is for the series with these labels.
fn is_wanted(rule: &Rule, metric: &Metric, labels: &[String]) -> bool {
    rule.labels.iter().all(|(name, pattern)| {
        let mut named = metric.labels.iter().zip(labels);
        named.any(|(label, value)| label == name && matches(pattern, value))
    })
}

/// Whether it was met at every reading for as long as it has to be.
fn is_met(rule: &Rule, points: &[Point], now: u64) -> bool {
    let held = u64::try_from(rule.hold.as_millis()).unwrap_or(u64::MAX);
    let is_recent = points.last().is_some_and(|last| now.saturating_sub(last.at_ms) < RECENT_MS);
    let at = points.partition_point(|point| point.at_ms < now.saturating_sub(held));
    // The one before counts too; without it nobody knows for how long.
    let (is_long, at) = (held == 0 || at > 0, at.saturating_sub(1));
    is_recent && is_long && points[at..].iter().all(|point| rule.test.is_met(point.mean))
}

const fn word(test: Threshold) -> &'static str {
    match test {
        Threshold::Above(_) => "above",
        Threshold::Below(_) => "below",
        Threshold::Equals(_) => "equals",
    }
}
