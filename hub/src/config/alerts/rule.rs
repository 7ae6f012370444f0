//! One `[[alert]]`: a rule of the owner's for the figures of all hosts or of some.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kinglet_proto::alert::{Level, Rule, Subject, Test, Words};
use kinglet_proto::limits::ALERT_HOLD_MAX;
use kinglet_proto::sample::metric::Metric;
use kinglet_proto::sample::table::METRICS;
use serde::Deserialize;
use toml::Spanned;

use super::super::drop_ins::{NAME_WORDS, is_name};
use super::super::{Fault, fault, history, spelling};
use crate::alert::{Scope, built_in_like};

/// The block as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct RawRule {
    pub(in super::super) name: Option<Spanned<String>>,
    metric: Spanned<String>,
    above: Option<f64>,
    below: Option<f64>,
    equals: Option<f64>,
    clear: Option<Spanned<f64>>,
    #[serde(rename = "for")]
    hold: Option<Spanned<String>>,
    level: Option<Spanned<String>>,
    title: Option<Spanned<String>>,
    message: Option<Spanned<String>>,
    #[serde(default)]
    labels: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
}

/// What it means.
pub(in super::super) fn rule(raw: &Spanned<RawRule>) -> Result<(Scope, Arc<Rule>), Fault> {
    let said = raw.get_ref();
    let name = said.name.as_ref().map(name).transpose()?;
    let metric = metric(&said.metric)?;
    let test = match (said.above, said.below, said.equals) {
        (Some(line), None, None) => Test::Above(line),
        (None, Some(line), None) => Test::Below(line),
        (None, None, Some(line)) => Test::Equals(line),
        (..) => return Err(fault(raw, "says one of `above`, `below` and `equals`")),
    };
    let allowed = Duration::ZERO..=ALERT_HOLD_MAX;
    let hold = said.hold.as_ref();
    let hold = history::read("for", hold, Duration::ZERO, allowed, "\"0s\" to \"24h\"")?;
    let usual = match test {
        Test::Above(_) => "{series} is {value}, above {threshold}",
        Test::Below(_) => "{series} is {value}, below {threshold}",
        Test::Equals(_) => "{series} is {value}",
    };
    let rule = Rule {
        // One with a name stays the same alert when its line is moved.
        own: name.is_none(),
        name: name.unwrap_or_else(|| metric.name.split('.').next().unwrap_or_default().into()),
        subject: Subject::Figure(metric),
        test,
        clear: clear(said.clear.as_ref(), test)?,
        hold,
        linger: Duration::ZERO,
        unless: None,
        labels: labels(&said.labels, metric)?,
        level: level(said.level.as_ref())?,
        title: words("title", said.title.as_ref(), metric, "{series} is {value}")?,
        message: words("message", said.message.as_ref(), metric, usual)?,
        suggestion: "".into(),
    };
    let (hosts, groups) = (said.hosts.clone(), said.groups.clone());
    Ok((Scope { hosts, groups, rules: Vec::new() }, Arc::new(rule)))
}

fn name(text: &Spanned<String>) -> Result<Cow<'static, str>, Fault> {
    let words = if !is_name(text.get_ref()) {
        NAME_WORDS.to_owned()
    } else if let Some(taken) = built_in_like(text.get_ref()) {
        format!("`name` is that of the rule `{taken}`, which is built in, or begins with it")
    } else {
        return Ok(text.get_ref().clone().into());
    };
    Err(fault(text, &words))
}

fn metric(name: &Spanned<String>) -> Result<&'static Metric, Fault> {
    let found = METRICS.iter().find(|metric| metric.name == name.get_ref());
    found.ok_or_else(|| {
        let names = METRICS.iter().map(|metric| metric.name);
        let meant = spelling::meant(name.get_ref(), names);
        fault(name, &format!("`metric` is a name of docs/metrics.md{meant}"))
    })
}

fn clear(clear: Option<&Spanned<f64>>, test: Test) -> Result<f64, Fault> {
    let line = test.threshold();
    let Some(clear) = clear else { return Ok(line) };
    match (test, *clear.get_ref()) {
        (Test::Above(_), at) if at > line => Err("at most what `above` says"),
        (Test::Below(_), at) if at < line => Err("at least what `below` says"),
        (Test::Equals(_), _) => Err("for `above` and `below` only"),
        (Test::Above(_) | Test::Below(_), at) => Ok(at),
    }
    .map_err(|allowed| fault(clear, &format!("`clear` is {allowed}")))
}

fn labels(
    given: &BTreeMap<Spanned<String>, String>,
    metric: &Metric,
) -> Result<Vec<(&'static str, String)>, Fault> {
    let label = |(name, pattern): (&Spanned<String>, &String)| {
        let found = metric.labels.iter().find(|label| *label == name.get_ref());
        let label = found.ok_or_else(|| {
            let allowed = allowed(metric, &[]);
            fault(name, &format!("no label of {}: {allowed}", metric.name))
        })?;
        Ok((*label, pattern.clone()))
    };
    given.iter().map(label).collect()
}

fn level(text: Option<&Spanned<String>>) -> Result<Level, Fault> {
    let Some(text) = text else { return Ok(Level::Warning) };
    let found = Level::ALL.into_iter().find(|level| level.name() == text.get_ref());
    found.ok_or_else(|| fault(text, "`level` must be \"warning\" or \"critical\""))
}

/// A text with places that the metric can fill.
fn words(
    key: &str,
    text: Option<&Spanned<String>>,
    metric: &Metric,
    usual: &'static str,
) -> Result<Cow<'static, str>, Fault> {
    let Some(text) = text else { return Ok(usual.into()) };
    match Words(text.get_ref()).unknown(metric) {
        None => Ok(text.get_ref().clone().into()),
        Some(place) => {
            let allowed = allowed(metric, &["value", "threshold", "series"]);
            Err(fault(text, &format!("nothing stands for {{{place}}} in `{key}`: {allowed}")))
        }
    }
}

fn allowed(metric: &Metric, more: &[&str]) -> String {
    let names: Vec<_> = more.iter().chain(metric.labels).copied().collect();
    if names.is_empty() {
        "it has none".to_owned()
    } else {
        format!("allowed: {}", names.join(", "))
    }
}
