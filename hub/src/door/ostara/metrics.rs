//! A host's figures as Spring's metrics endpoint tells them: by name, series told apart by tags.
//!
//! Of a host that is away there is none: a rule must not go by what was.

use std::collections::{BTreeMap, BTreeSet};

use kinglet_proto::sample::Sample;
use kinglet_proto::sample::metric::{Metric, Unit};
use kinglet_proto::sample::table::METRICS;
use serde_json::{Value, json};

use crate::fleet::Snapshot;
use crate::server::metric_name::{self, Asked, Series};

/// Names of Micrometer's that a host can answer to, and the program's first page asks for. What it
/// asks of Java (`jvm.*`, `http.*`) a host has not.
const MICROMETER: [&str; 6] = [
    "process.uptime",
    "process.cpu.usage",
    "system.cpu.usage",
    "system.cpu.count",
    "disk.total",
    "disk.free",
];

/// One series: its tags, and how much.
struct One {
    tags: Vec<(&'static str, String)>,
    value: f64,
}

/// The names under which this host has figures now.
pub(super) fn list(host: &Snapshot, public: bool) -> Value {
    let names = sample(host).map(|sample| names(sample, public));
    json!({ "names": names.unwrap_or_default() })
}

fn names(sample: &Sample, public: bool) -> Vec<&'static str> {
    let mut there = BTreeSet::new();
    sample.read(|figure| {
        there.insert(figure.metric.number);
    });
    let own = METRICS.iter().filter(|metric| there.contains(&metric.number));
    let own = own.filter(|metric| !(public && metric.private)).map(|metric| metric.name);
    let theirs = MICROMETER.into_iter().filter(|name| !all(sample, name).1.is_empty());
    theirs.chain(own).collect()
}

/// The figure of this name, of the series that have all these tags (`disk:sda`); `None` where the
/// host has none.
pub(super) fn find(host: &Snapshot, name: &str, tags: &[&str], public: bool) -> Option<Value> {
    let (metric, mut found) = all(sample(host)?, name);
    let metric = metric.filter(|metric| !(public && metric.private))?;
    // The first colon: there may be more in a value.
    let tags: Vec<_> = tags.iter().filter_map(|tag| tag.split_once(':')).collect();
    found.retain(|one| {
        let has = |(name, value)| one.tags.iter().any(|(n, v)| *n == name && v == value);
        tags.iter().all(|tag| has(*tag))
    });
    let mut others: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in found.iter().flat_map(|one| &one.tags) {
        others.entry(name).or_default().insert(value);
    }
    others.retain(|name, _| tags.iter().all(|(given, _)| given != name));
    let available: Vec<_> =
        others.into_iter().map(|(tag, values)| json!({ "tag": tag, "values": values })).collect();
    let value = together(metric.unit, &found)?;
    Some(json!({
        "name": name,
        "description": metric.help(),
        "baseUnit": base_unit(metric.unit),
        "measurements": [{ "statistic": "VALUE", "value": value }],
        "availableTags": available,
    }))
}

fn sample(host: &Snapshot) -> Option<&Sample> {
    host.sample.as_deref().filter(|_| host.online)
}

/// What a name means, and each of its series that the host has; where it has none, the first of
/// what stands in for it.
fn all(sample: &Sample, name: &str) -> (Option<&'static Metric>, Vec<One>) {
    // A name that means several things is an object elsewhere, and no number.
    let [asked] = &metric_name::read(name)[..] else { return (None, Vec::new()) };
    let found = series(sample, asked);
    if !found.is_empty() {
        return (Some(asked.metric), found);
    }
    let others = asked.otherwise.iter().flat_map(|name| metric_name::read(name));
    let first = others.filter_map(|other| series(sample, &other).into_iter().next()).next();
    (Some(asked.metric), first.into_iter().collect())
}

fn series(sample: &Sample, asked: &Asked) -> Vec<One> {
    let mut found = Vec::new();
    sample.read(|figure| {
        let is_asked = figure.metric.number == asked.metric.number
            && match &asked.series {
                Series::Only | Series::Every => true,
                Series::One(label) => {
                    figure.labels.first().is_some_and(|first| first.value.to_string() == *label)
                }
            };
        if is_asked {
            let tags = figure.labels.iter().map(|label| (label.name, label.value.to_string()));
            // Another's name stands for one series.
            let tags = if asked.alias.is_some() { Vec::new() } else { tags.collect() };
            found.push(One { tags, value: figure.value.get() * asked.scale });
        }
    });
    found
}

/// Several series as one number: what can be added is, of anything else it is the largest.
fn together(unit: Unit, all: &[One]) -> Option<f64> {
    let values = all.iter().map(|one| one.value);
    match unit {
        Unit::Count | Unit::Bytes | Unit::BytesPerSecond => (!all.is_empty()).then(|| values.sum()),
        Unit::Percent
        | Unit::MegabitsPerSecond
        | Unit::Seconds
        | Unit::Milliseconds
        | Unit::UnixSeconds
        | Unit::Megahertz
        | Unit::Celsius
        | Unit::RevolutionsPerMinute
        | Unit::Dbm
        | Unit::Switch => values.reduce(f64::max),
    }
}

/// The unit as Micrometer spells it; `None` for what has none.
const fn base_unit(unit: Unit) -> Option<&'static str> {
    match unit {
        Unit::Count | Unit::Switch => None,
        Unit::Percent => Some("percent"),
        Unit::Bytes => Some("bytes"),
        Unit::BytesPerSecond => Some("bytes/second"),
        Unit::MegabitsPerSecond => Some("megabits/second"),
        Unit::Seconds | Unit::UnixSeconds => Some("seconds"),
        Unit::Milliseconds => Some("milliseconds"),
        Unit::Megahertz => Some("megahertz"),
        Unit::Celsius => Some("celsius"),
        Unit::RevolutionsPerMinute => Some("rpm"),
        Unit::Dbm => Some("dbm"),
    }
}
