//! `request_data`: the figures of now, and of the past what the history has.

use std::collections::BTreeMap;
use std::sync::Arc;

use kinglet_proto::ingest::Question;
use kinglet_proto::sample::Sample;
use kinglet_proto::sample::metric;
use kinglet_proto::time::{Now, WallTime};
use serde_json::{Map, Value, json};

use crate::fleet::{Fleet, Sight, Snapshot};
use crate::history::{History, Line, Query, QueryError};
use crate::hub::Hub;
use crate::limits::{ANSWER_POINTS_MAX, QUESTION_METRICS_MAX};
use crate::server::metric_name::{self, Asked, Series};

/// The parts of `network_io`, in the order in which its name asks for them.
const PARTS: [&str; 2] = ["bytes_sent", "bytes_recv"];

/// Why there is no answer: a code, and words.
pub(super) type Refusal = (&'static str, String);

/// A question about hosts that are there and metrics that exist.
struct Checked {
    hosts: Vec<Snapshot>,
    metrics: Vec<(String, Vec<Asked>)>,
    from: WallTime,
    to: WallTime,
    /// Seconds of one point that leave room for all series; `None` for the finest.
    step_s: Option<u32>,
    /// Points of one series at most.
    points_max: usize,
}

/// The `data` of the answer. The history is read by a thread of its own, of which there are few.
pub(super) async fn answer(
    hub: Arc<Hub>,
    question: Question,
    sight: Sight,
) -> Result<Value, Refusal> {
    let place = hub.questions().acquire_owned().await;
    let look = |fleet: &Fleet, now| check(fleet, question, (hub.auth.public(), sight), now);
    let checked = hub.with_fleet(look).map_err(|why| ("INVALID_MESSAGE", why))?;
    let history = hub.history.clone();
    let answered = tokio::task::spawn_blocking(move || {
        let _place = place;
        checked.answer(&*history)
    });
    let answered = answered.await.unwrap_or_else(|error| Err(error.to_string()));
    answered.map_err(|why| ("HISTORY_FAILED", why))
}

fn check(
    fleet: &Fleet,
    question: Question,
    (public, sight): (bool, Sight),
    now: Now,
) -> Result<Checked, String> {
    let Question { metrics, minutes, server_id } = question;
    if metrics.len() > QUESTION_METRICS_MAX {
        return Err("too many metrics".to_owned());
    }
    let read = |name: String| {
        let asked = metric_name::read(&name);
        let is_hidden = public && asked.iter().any(|asked| asked.metric.private);
        if asked.is_empty() || is_hidden {
            return Err("no such metric".to_owned());
        }
        Ok((name, asked))
    };
    let metrics: Vec<_> = metrics.into_iter().map(read).collect::<Result<_, _>>()?;
    let hosts = match server_id {
        None => fleet.snapshots().filter(|host| sight.sees(host)).collect(),
        Some(id) => {
            let host = fleet.snapshot(&id).filter(|host| sight.sees(host));
            vec![host.ok_or("no such host")?]
        }
    };
    let parts: usize = metrics.iter().map(|(_, asked)| asked.len()).sum();
    let series = (parts * hosts.len()).max(1);
    let points_max = ANSWER_POINTS_MAX / series;
    let to_ms = now.wall.unix_millis();
    // As far back as there are clocks.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let from_ms = to_ms.saturating_sub((minutes * 60_000.0) as u64);
    if points_max == 0 && from_ms < to_ms {
        return Err("too many hosts and metrics for a history: name a server_id".to_owned());
    }
    let from = WallTime::from_unix_millis(from_ms);
    let step_s = step((to_ms - from_ms).div_ceil(1000), points_max.max(1));
    Ok(Checked { hosts, metrics, from, to: now.wall, step_s, points_max })
}

/// Seconds of one point: so many points of it span the range. Above a minute whole minutes.
fn step(range_s: u64, points_max: usize) -> Option<u32> {
    let step = range_s.div_ceil(u64::try_from(points_max).unwrap_or(u64::MAX));
    let step = if step > 60 { step.next_multiple_of(60) } else { step };
    u32::try_from(step).ok().filter(|step| *step > 1)
}

impl Checked {
    fn answer(&self, history: &dyn History) -> Result<Value, String> {
        let mut present = Map::new();
        let mut past = Map::new();
        for (name, asked) in &self.metrics {
            let figures = self.hosts.iter().filter_map(|host| {
                let figure = present_of(host.sample.as_ref()?, asked)?;
                Some((host.id.to_string(), figure))
            });
            present.insert(name.clone(), figures.collect());
            if self.from == self.to {
                continue;
            }
            let mut lines = Map::new();
            for host in &self.hosts {
                let points = self.past_of(host, asked, history)?;
                if !points.is_empty() {
                    lines.insert(host.id.to_string(), points.into());
                }
            }
            past.insert(name.clone(), lines.into());
        }
        Ok(json!({ "metrics": present, "history": past }))
    }

    /// `[[unix ms, value],...]`; the value of a name of several parts is an object.
    fn past_of(
        &self,
        host: &Snapshot,
        asked: &[Asked],
        history: &dyn History,
    ) -> Result<Vec<Value>, String> {
        if let [asked] = asked {
            let points = self.line(host, asked, history)?;
            return Ok(points.into_iter().map(|(at, value)| json!([at, number(value)])).collect());
        }
        let mut joined: BTreeMap<u64, Map<String, Value>> = BTreeMap::new();
        for (part, asked) in PARTS.iter().zip(asked) {
            for (at, value) in self.line(host, asked, history)? {
                joined.entry(at).or_default().insert((*part).to_owned(), number(value));
            }
        }
        Ok(joined.into_iter().map(|(at, value)| json!([at, value])).collect())
    }

    /// The newest points of a series, or of what stands in for it where the host has none.
    fn line(
        &self,
        host: &Snapshot,
        asked: &Asked,
        history: &dyn History,
    ) -> Result<Vec<(u64, f64)>, String> {
        let mut found = self.ask(host, asked, history)?;
        for other in asked.otherwise.iter().flat_map(|name| metric_name::read(name)) {
            if found.is_none() {
                found = self.ask(host, &other, history)?;
            }
        }
        let points = found.map(|line| line.points).unwrap_or_default();
        let newest = points.iter().skip(points.len().saturating_sub(self.points_max));
        Ok(newest.map(|point| (point.at_ms, point.mean * asked.scale)).collect())
    }

    fn ask(
        &self,
        host: &Snapshot,
        asked: &Asked,
        history: &dyn History,
    ) -> Result<Option<Line>, String> {
        let label = match &asked.series {
            Series::One(label) => Some(label.as_str()),
            Series::Only | Series::Every => None,
        };
        let (from, to, step_s) = (self.from, self.to, self.step_s);
        let query = Query { host: &host.id, metric: asked.metric, label, from, to, step_s };
        let lines = match history.lines(&query) {
            Err(QueryError::TooManyPoints(fits)) => {
                history.lines(&Query { step_s: Some(fits), ..query })
            }
            answered => answered,
        };
        match lines {
            Ok(lines) => Ok(lines.into_iter().find(|line| !line.points.is_empty())),
            Err(QueryError::UnknownHost) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The value of now; of a name of several parts an object.
fn present_of(sample: &Sample, asked: &[Asked]) -> Option<Value> {
    if let [asked] = asked {
        return figure(sample, asked);
    }
    let parts = PARTS.iter().zip(asked);
    let parts =
        parts.filter_map(|(part, asked)| Some(((*part).to_owned(), figure(sample, asked)?)));
    let parts: Map<String, Value> = parts.collect();
    (!parts.is_empty()).then(|| parts.into())
}

/// The figure of a series, or of what stands in for it where the host has none.
fn figure(sample: &Sample, asked: &Asked) -> Option<Value> {
    let found = first(sample, asked);
    let mut others = asked.otherwise.iter().flat_map(|name| metric_name::read(name));
    let found = found.or_else(|| others.find_map(|other| first(sample, &other)))?;
    let is_own = (asked.scale - 1.0).abs() < f64::EPSILON;
    if let (metric::Value::Integer(whole), true) = (found, is_own) {
        return Some(whole.into());
    }
    Some(number(found.get() * asked.scale))
}

fn first(sample: &Sample, asked: &Asked) -> Option<metric::Value> {
    let mut found = None;
    sample.read(|figure| {
        let is_asked = figure.metric.number == asked.metric.number
            && match &asked.series {
                Series::Only | Series::Every => true,
                Series::One(label) => {
                    figure.labels.first().is_some_and(|first| first.value.to_string() == *label)
                }
            };
        if is_asked && found.is_none() {
            found = Some(figure.value);
        }
    });
    found
}

/// With three decimals, which a mean of percents or of bytes does not need more of; whole numbers
/// without.
fn number(value: f64) -> Value {
    let rounded = (value * 1000.0).round() / 1000.0;
    #[expect(clippy::cast_possible_truncation, reason = "in range")]
    if rounded.fract() == 0.0 && rounded.abs() < 9e15 {
        Value::from(rounded as i64)
    } else {
        Value::from(rounded)
    }
}

#[cfg(test)]
mod tests;
