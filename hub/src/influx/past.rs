//! The history that is read from the database. What agents tell beside their figures stays in the
//! hub's own file: VictoriaMetrics keeps no texts, and events are few.

mod influxql;
mod metricsql;
mod series;

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use kinglet_proto::host::HostId;
use kinglet_proto::sample::metric::{Kind, Metric};
use series::{All, Readings, Step, points_of, readings_as_points};
use tokio::runtime::Handle;

use super::request::Requests;
use super::schema::{Column, column};
use super::settings::Engine;
use super::{Influx, held};
use crate::alert::{Change, Entry, Kept};
use crate::fleet::Update;
use crate::history::{
    Event, EventQuery, History, Line, Point, Query, QueryError, State, Tell, step_that_fits,
};
use crate::http::{Client, ClientError, said};
use crate::limits::{INFLUX_ANSWER_BYTES_MAX, INFLUX_READERS_MAX, POINTS_MAX};
use crate::store::Store;

/// A counter's reading so long before a range says from where it rose. Milliseconds.
const BEFORE: u64 = 3_600_000;

/// The history.
pub(crate) struct Past {
    influx: Arc<Influx>,
    /// What is no figure.
    events: Store,
    runtime: Handle,
    /// Connections for the next question.
    free: Mutex<Vec<Client>>,
    /// Who answers; `None` until it was found out.
    engine: Mutex<Option<Engine>>,
}

/// One question, in the terms of the database.
struct Ask<'a> {
    past: &'a Past,
    column: &'static Column,
    host: &'a HostId,
    metric: &'static Metric,
    /// Only the series whose first label has this value.
    label: Option<&'a str>,
}

/// A part of the time, milliseconds since 1970, the end not included.
#[derive(Debug, Clone, Copy)]
struct Range {
    from: u64,
    to: u64,
}

/// How one engine is asked. Every answer is told apart by the values of the metric's labels.
trait Language {
    /// The readings as they came, in the order of time; of a series not many more than fit.
    fn readings(&self, ask: &Ask<'_>, range: Range) -> Result<All<Readings>, QueryError>;

    /// What the readings were in each step that has some; the steps begin at multiples of it.
    fn steps(&self, ask: &Ask<'_>, range: Range, step: u64) -> Result<All<Vec<Step>>, QueryError>;

    /// The last reading in a range.
    fn last(&self, ask: &Ask<'_>, range: Range) -> Result<All<f64>, QueryError>;

    /// Whether anything was ever kept of a host.
    fn knows(&self, past: &Past, host: &HostId) -> Result<bool, QueryError>;
}

impl Past {
    /// A history that is not asked yet. Needs a tokio runtime.
    pub(crate) fn new(influx: Arc<Influx>, events: Store) -> Self {
        let engine = Mutex::new(influx.shared.settings.engine);
        Self { influx, events, runtime: Handle::current(), free: Mutex::default(), engine }
    }

    /// Asks, and waits for the answer. Never on a thread of the runtime's own.
    fn get(&self, path: &str) -> Result<Vec<u8>, QueryError> {
        let answer = self.ask(path)?;
        if answer.0 == StatusCode::OK {
            return Ok(answer.1);
        }
        Err(QueryError::Failed(format!("{}: {}", answer.0, said(&answer.1))))
    }

    fn ask(&self, path: &str) -> Result<(StatusCode, Vec<u8>), QueryError> {
        let shared = &self.influx.shared;
        let requests = Requests::new(&shared.settings).map_err(QueryError::Failed)?;
        let free = held(&self.free).pop();
        let mut client = free.unwrap_or_else(|| {
            Client::new(&shared.settings.address, shared.tls.clone(), INFLUX_ANSWER_BYTES_MAX)
        });
        let answer = self.runtime.block_on(client.send(|| requests.get(path)));
        let answer = answer.map_err(|error: ClientError| QueryError::Failed(error.to_string()))?;
        let mut free = held(&self.free);
        if free.len() < INFLUX_READERS_MAX {
            free.push(client);
        }
        Ok((answer.status, answer.body))
    }

    /// Its own words, or those of the engine that is found there: only one of them has PromQL's
    /// paths.
    fn language(&self) -> Result<&'static dyn Language, QueryError> {
        let known = *held(&self.engine);
        let engine = match known {
            Some(engine) => engine,
            None => {
                let (status, _) = self.ask("/api/v1/query?query=1")?;
                let is_victoria = status == StatusCode::OK;
                let engine = if is_victoria { Engine::VictoriaMetrics } else { Engine::Influxdb };
                *held(&self.engine) = Some(engine);
                engine
            }
        };
        Ok(match engine {
            Engine::Influxdb => &influxql::InfluxQl,
            Engine::VictoriaMetrics => &metricsql::MetricsQl,
        })
    }
}

impl History for Past {
    fn is_durable(&self) -> bool {
        true
    }

    fn start(&self, tell: Tell) {
        self.influx.start(tell);
        // Readings alone are acknowledged.
        self.events.start(Box::new(|_| ()));
    }

    fn keep(&self, update: &Update) {
        match update {
            Update::Reading(_) => self.influx.take(update),
            Update::Told(_) => self.events.keep(update),
            // An agent's sums fill gaps, and what is a gap only a store knows that looks.
            Update::Aggregates(_) | Update::Status(_) | Update::Added(_) | Update::Removed(_) => {}
        }
    }

    fn keep_alerts(&self, changes: &[Change]) -> Result<(), QueryError> {
        self.events.keep_alerts(changes)
    }

    fn kept_alerts(&self) -> Result<Kept, QueryError> {
        self.events.kept_alerts()
    }

    fn past_alerts(&self, query: &EventQuery<'_>) -> Result<Vec<Entry>, QueryError> {
        self.events.past_alerts(query)
    }

    fn missed(&self) {
        self.influx.handle_lost(1);
    }

    fn stop(&self) {
        self.influx.stop();
        self.events.stop();
    }

    fn lines(&self, query: &Query<'_>) -> Result<Vec<Line>, QueryError> {
        let Query { host, metric, label, from, to, step_s } = *query;
        let range = Range { from: from.unix_millis(), to: to.unix_millis() };
        let span = range.to.saturating_sub(range.from);
        let too_many = || QueryError::TooManyPoints(step_that_fits(span));
        let step = u64::from(step_s.unwrap_or(1).max(1)) * 1000;
        if step_s.is_some() && span.div_ceil(step) > POINTS_MAX as u64 {
            return Err(too_many());
        }
        let language = self.language()?;
        let Some(column) = column(metric) else { return Ok(Vec::new()) };
        let ask = Ask { past: self, column, host, metric, label };
        let answer = if span == 0 {
            All::new()
        } else if step == 1000 {
            readings_as_points(language.readings(&ask, range)?)
        } else {
            rolled(language, &ask, range, step)?
        };
        if answer.values().any(|points| points.len() > POINTS_MAX) {
            return Err(too_many());
        }
        if answer.is_empty() && !language.knows(self, host)? {
            return Err(QueryError::UnknownHost);
        }
        let step_s = step_s.unwrap_or(1).max(1);
        let line = |(labels, points)| Line { metric, labels, step_s, points };
        Ok(answer.into_iter().map(line).collect())
    }

    fn events(&self, query: &EventQuery<'_>) -> Result<Vec<Event>, QueryError> {
        self.events.events(query)
    }

    fn state(&self) -> State {
        let failing = self.influx.report().disk.or_else(|| self.events.state().failing);
        State { failing, commit_interval: self.influx.shared.settings.interval }
    }
}

/// Readings as points of a step. Of counters also what was read before the range, for what they
/// rose by at its beginning.
fn rolled(
    language: &dyn Language,
    ask: &Ask<'_>,
    range: Range,
    step: u64,
) -> Result<All<Vec<Point>>, QueryError> {
    let steps = language.steps(ask, range, step)?;
    let before = match ask.metric.kind {
        Kind::Counter if !steps.is_empty() => {
            let before = Range { from: range.from.saturating_sub(BEFORE), to: range.from };
            language.last(ask, before)?
        }
        Kind::Counter | Kind::Gauge => All::new(),
    };
    let kind = ask.metric.kind;
    let points = steps.into_iter().map(|(labels, steps)| {
        let before = before.get(&labels).copied();
        let points = points_of(kind, before, &steps);
        (labels, points)
    });
    Ok(points.collect())
}
