//! Questions in MetricsQL, VictoriaMetrics's PromQL. A range there ends with a moment that counts
//! and begins with one that does not, so that each step is asked for a millisecond before it ends.
//!
//! Steps below a minute are made of the readings: of those its answers hold the last ones back.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kinglet_proto::host::HostId;
use serde::Deserialize;

use super::series::{All, Readings, Step, steps_of};
use super::{Ask, Language, Past, Range};
use crate::history::QueryError;
use crate::http::escaped;
use crate::influx::settings::Target;

/// MetricsQL.
pub(super) struct MetricsQl;

/// Milliseconds of the smallest step that it is asked for.
const STEP_LEAST: u64 = 60_000;
/// What it says of a step, and the label that tells which is which.
const FIGURES: [&str; 6] = ["avg", "min", "max", "first", "last", "count"];
const FIGURE: &str = "kinglet_figure";

impl Language for MetricsQl {
    fn readings(&self, ask: &Ask<'_>, range: Range) -> Result<All<Readings>, QueryError> {
        let Range { from, to } = range;
        let (from, to) = (seconds(from), seconds(to.saturating_sub(1)));
        let which = escaped(&selector(ask));
        let path = format!("/api/v1/export?match[]={which}&start={from}&end={to}");
        let body = ask.past.get(&path)?;
        let mut all = All::new();
        for line in body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let series: Exported = serde_json::from_slice(line).map_err(unread)?;
            let readings: &mut Readings = all.entry(labels(ask, &series.metric)).or_default();
            let values = series.timestamps.into_iter().zip(series.values);
            readings.extend(values.filter_map(|(at, value)| Some((at, value?))));
        }
        Ok(all)
    }

    fn steps(&self, ask: &Ask<'_>, range: Range, step: u64) -> Result<All<Vec<Step>>, QueryError> {
        if step < STEP_LEAST {
            let readings = self.readings(ask, range)?.into_iter();
            return Ok(readings.map(|(labels, all)| (labels, steps_of(&all, step))).collect());
        }
        let mut all: All<BTreeMap<u64, Step>> = All::new();
        for part in parts(range, step) {
            for (labels, steps) in evaluate(ask, &part)? {
                all.entry(labels).or_default().extend(steps);
            }
        }
        Ok(all.into_iter().map(|(labels, steps)| (labels, steps.into_values().collect())).collect())
    }

    fn last(&self, ask: &Ask<'_>, range: Range) -> Result<All<f64>, QueryError> {
        let Range { from, to } = range;
        // One answer for the whole range, and of a minute at least, which is not held back.
        let part = Part { at: from, from, to, step: (to - from).max(STEP_LEAST), count: 1 };
        let all = evaluate(ask, &part)?.into_iter();
        let last = |steps: BTreeMap<u64, Step>| steps.into_values().next_back();
        Ok(all.filter_map(|(labels, steps)| Some((labels, last(steps)?.last))).collect())
    }

    fn knows(&self, past: &Past, host: &HostId) -> Result<bool, QueryError> {
        let which = escaped(&format!("{{{}}}", of_host(past, host)));
        let body = past.get(&format!("/api/v1/series?match[]={which}&start=0&limit=1"))?;
        let found: Found = serde_json::from_slice(&body).map_err(unread)?;
        Ok(!found.data.is_empty())
    }
}

/// Steps of one length that are asked for together.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    /// When the first begins, as it is told.
    at: u64,
    /// From when on readings count in the first of them.
    from: u64,
    /// Up to when in the first of them, not included.
    to: u64,
    /// From the beginning of one to that of the next.
    step: u64,
    count: u64,
}

/// A range in steps: what of its first and its last lies within it, and whole ones between.
fn parts(range: Range, step: u64) -> Vec<Part> {
    let Range { from, to } = range;
    let (first, last) = (from - from % step, to - to % step);
    let mut parts = Vec::new();
    let whole_from = if first < from { first + step } else { first };
    if first < from {
        parts.push(Part { at: first, from, to: to.min(whole_from), step, count: 1 });
    }
    if whole_from < last {
        let count = (last - whole_from) / step;
        let (from, to) = (whole_from, whole_from + step);
        parts.push(Part { at: whole_from, from, to, step, count });
    }
    if last < to && last >= whole_from {
        parts.push(Part { at: last, from: last, to, step, count: 1 });
    }
    parts
}

fn evaluate(ask: &Ask<'_>, part: &Part) -> Result<All<BTreeMap<u64, Step>>, QueryError> {
    let Part { at, from, to, step, count } = *part;
    let (which, window) = (selector(ask), to - from);
    let mut query = "union(".to_owned();
    for (number, figure) in FIGURES.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        // Writing to a string does not fail.
        let _ = write!(
            query,
            "{comma}label_set({figure}_over_time({which}[{window}ms]),\"{FIGURE}\",\"{figure}\")"
        );
    }
    query.push(')');
    let (start, end) = (to - 1, to - 1 + (count - 1) * step);
    let path = format!(
        "/api/v1/query_range?query={}&start={}&end={}&step={}&nocache=1",
        escaped(&query),
        seconds(start),
        seconds(end),
        seconds(step)
    );
    let answer: Evaluated = serde_json::from_slice(&ask.past.get(&path)?).map_err(unread)?;
    let mut figures: BTreeMap<SeriesKey, [Option<f64>; FIGURES.len()]> = BTreeMap::new();
    for Row { mut metric, values } in answer.data.result {
        // Some figures keep the metric's name, and some do not.
        metric.remove("__name__");
        let name = metric.remove(FIGURE).unwrap_or_default();
        let Some(place) = FIGURES.iter().position(|figure| *figure == name) else { continue };
        for (when, value) in values {
            let moment = at + millis(when).saturating_sub(start) / step * step;
            let key = (metric.clone(), moment);
            if let Some(slot) = figures.entry(key).or_default().get_mut(place) {
                *slot = value.parse().ok();
            }
        }
    }
    Ok(merged(ask, figures))
}

/// A series with all its labels, and the beginning of a step.
type SeriesKey = (BTreeMap<String, String>, u64);

/// A host that was given another name has two series of each: what is told apart by nothing that
/// was asked for is one.
fn merged(
    ask: &Ask<'_>,
    figures: BTreeMap<SeriesKey, [Option<f64>; FIGURES.len()]>,
) -> All<BTreeMap<u64, Step>> {
    let mut all: All<BTreeMap<u64, (Step, f64)>> = All::new();
    for ((metric, at), figures) in figures {
        let [Some(mean), Some(min), Some(max), Some(first), Some(last), Some(count)] = figures
        else {
            continue;
        };
        let step = Step { at, mean, min, max, first, last };
        let of_series = all.entry(labels(ask, &metric)).or_default();
        let (there, before) = of_series.entry(at).or_insert((step, 0.0));
        *before += count;
        there.mean += (mean - there.mean) * count / *before;
        (there.min, there.max) = (there.min.min(min), there.max.max(max));
    }
    let plain = |steps: BTreeMap<u64, (Step, f64)>| {
        steps.into_iter().map(|(at, (step, _))| (at, step)).collect()
    };
    all.into_iter().map(|(labels, steps)| (labels, plain(steps))).collect()
}

fn selector(ask: &Ask<'_>) -> String {
    let name = format!("{}_{}", ask.column.measurement, ask.column.field);
    let mut out = format!("{{__name__={},{}", text(&name), of_host(ask.past, ask.host));
    if let Some((label, value)) = ask.metric.labels.first().zip(ask.label) {
        // Writing to a string does not fail.
        let _ = write!(out, ",{label}={}", text(value));
    }
    out.push('}');
    out
}

/// What all series of a host have; the name of a 1.x database is one of their labels.
fn of_host(past: &Past, host: &HostId) -> String {
    match &past.influx.shared.settings.target {
        Target::Database { name, .. } => format!("id={},db={}", text(host), text(name)),
        Target::Bucket { .. } => format!("id={}", text(host)),
    }
}

fn labels(ask: &Ask<'_>, metric: &BTreeMap<String, String>) -> Vec<String> {
    let value = |name: &&str| metric.get(*name).cloned().unwrap_or_default();
    ask.metric.labels.iter().map(value).collect()
}

/// A text in quotation marks: those of JSON are understood.
fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

/// `1795740000.999`
fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a moment since 1970")]
fn millis(seconds: f64) -> u64 {
    (seconds * 1000.0).round() as u64
}

fn unread(error: serde_json::Error) -> QueryError {
    QueryError::Failed(format!("its answer: {error}"))
}

#[derive(Deserialize)]
struct Exported {
    metric: BTreeMap<String, String>,
    values: Vec<Option<f64>>,
    timestamps: Vec<u64>,
}

#[derive(Deserialize)]
struct Found {
    data: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Evaluated {
    data: Matrix,
}

#[derive(Deserialize)]
struct Matrix {
    result: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    metric: BTreeMap<String, String>,
    values: Vec<(f64, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(from: u64, to: u64) -> Vec<(u64, u64, u64, u64)> {
        let parts = parts(Range { from, to }, 60_000);
        parts.iter().map(|part| (part.at, part.from, part.to, part.count)).collect()
    }

    #[test]
    fn a_range_is_cut_at_the_steps() {
        assert_eq!(cut(60_000, 180_000), [(60_000, 60_000, 120_000, 2)]);
        let ends = [(0, 30_000, 60_000, 1), (60_000, 60_000, 120_000, 1)];
        assert_eq!(cut(30_000, 120_000), ends);
        let both = [(0, 59_999, 60_000, 1), (60_000, 60_000, 60_001, 1)];
        assert_eq!(cut(59_999, 60_001), both);
        assert_eq!(cut(10_000, 20_000), [(0, 10_000, 20_000, 1)]);
        assert_eq!(cut(60_000, 70_000), [(60_000, 60_000, 70_000, 1)]);
    }

    #[test]
    fn moments_are_seconds_with_their_thousandths() {
        assert_eq!(seconds(1_795_740_000_009), "1795740000.009");
        assert_eq!(millis(1_795_740_000.999), 1_795_740_000_999);
    }
}
